"""What notebook 00 promises, over seeds: its own cells are run, with nothing replaced but the seed.

Slow (three live runs), and the heart of it: SimCLR learns on this machine, in under a minute. The notebook itself shows
seed 0, and asserts what is asserted here, each time it is executed.
"""

from pathlib import Path

import nbformat
import pytest

from clearn.evaluation import few_label_curve, knn_accuracy

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "00_start_here.ipynb"


@pytest.mark.notebooks
@pytest.mark.elsewhere
@pytest.mark.parametrize("seed", range(3))
def test_live_run_beats_raw_pixels(seed, tell):
    source = {cell.id: cell.source for cell in nbformat.read(NOTEBOOK, 4).cells if cell.cell_type == "code"}
    assert source["build"].startswith("seed = 0\n")
    learner = {}
    for name in ("imports", "load", "views", "build", "train"):
        exec(source[name].replace("seed = 0\n", f"seed = {seed}\n").split("plots.")[0], learner)
    method, train, test, history = (learner[name] for name in ("method", "train", "test", "history"))
    bank = train[:10_000]
    h_bank, h = method.embed(bank.images), method.embed(test.images)
    x_bank, x = bank.images.flatten(1) / 255, test.images.flatten(1) / 255
    knn, raw_knn = (knn_accuracy(b, bank.labels, q, test.labels) for b, q in ((h_bank, h), (x_bank, x)))
    probe, raw_probe = (sum(few_label_curve(b, bank.labels, q, test.labels, counts=[100])[100]) / 5
                        for b, q in ((h_bank, h), (x_bank, x)))  # fmt: skip
    tell(f"notebook 00, seed {seed}: kNN {knn:.3f}, raw pixels {raw_knn:.3f}; probe on 100 labels {probe:.3f}, raw pixels "
         f"{raw_probe:.3f}, ratio {probe / raw_probe:.2f}; {history.seconds:.0f} s")  # fmt: skip
    assert knn >= raw_knn + 0.08
    assert probe >= 2.3 * raw_probe
