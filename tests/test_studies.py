"""The tables that chapters show: complete, as their sources say, resumable, and made again to the same figures."""

import hashlib
import importlib
import json
import subprocess
import sys

import pytest
import torch

from clearn.course import studies
from clearn.course.studies import byol, moco, runs
from clearn.datasets import DATA


@pytest.mark.parametrize("name", studies.NAMES)
def test_a_shipped_table_is_whole_and_as_its_source_says(name):
    source = importlib.import_module(f"clearn.course.studies.{name}")
    table = json.loads((DATA / f"studies/{name}.json").read_text("utf8"))
    assert table["command"] == f"python -m clearn study {name}" and table["study"] == source.__doc__.splitlines()[0]
    assert set(table["rows"]) == set(source.ROWS)
    for row, settings in source.ROWS.items():
        assert table["rows"][row]["settings"] == json.loads(json.dumps(settings)), row
        assert [run["seed"] for run in table["rows"][row]["runs"]] == list(source.SEEDS), row
    for row, measures in studies.load(name).items():
        for measure, values in measures.items():
            assert len(values) == len(source.SEEDS) and all(value == value for value in values), (row, measure)
            if measure in ("kNN", "validation", "test"):
                assert all(0.1 < value < 0.9 for value in values), (row, measure)


@pytest.mark.parametrize("name", studies.NAMES)
def test_the_readme_of_the_data_knows_each_table(name):
    path = DATA / f"studies/{name}.json"
    line = f"| `studies/{name}.json` | {path.stat().st_size} | `{hashlib.sha256(path.read_bytes()).hexdigest()}` |"
    assert line in (DATA / "README.md").read_text("utf8")


def test_no_study_learns_from_the_pictures_that_judge():
    train, validation = runs.pictures()
    assert len(train) == 50_000 and len(validation) == 10_000
    seen = {image.numpy().tobytes() for image in train.images}
    assert sum(image.numpy().tobytes() in seen for image in validation.images) == 0


def test_a_run_made_again_has_the_figures_of_the_table():
    row = "without stop-gradient, m = 0.9 → 1, 40 steps"
    again, shipped = (
        byol.train(0, **byol.ROWS[row]),
        {key: values[0] for key, values in studies.load("byol")[row].items()},
    )
    assert set(again) == set(shipped)
    for key, value in again.items():
        assert value == pytest.approx(shipped[key], abs=2.0 if "rank" in key else 0.12), key


def test_parts_that_are_missing_leave_clouds_that_are_equal():
    view = torch.rand(8, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    whole, no_average, no_predictor = (byol.clouds(byol.build(byol.PARTS[name], seed=0), view)
                                       for name in ("BYOL, whole", "without average", "without predictor"))  # fmt: skip
    assert torch.equal(no_average["z"], no_average["t"]) and torch.equal(no_predictor["z"], no_predictor["p"])
    assert not torch.allclose(whole["z"], whole["p"], atol=0.1)
    for x in whole.values():
        torch.testing.assert_close(x.norm(dim=1), torch.ones(8))


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A study of four runs that train nothing, of which the second is interrupted once, and where its table goes."""
    monkeypatch.setattr(moco, "ROWS", {"one": {"factor": 1}, "two": {"factor": 2}})
    monkeypatch.setattr(moco, "SEEDS", (0, 1))
    made = []

    def train(seed, factor):
        made.append((factor, seed))
        if made == [(1, 0), (1, 1)]:
            raise KeyboardInterrupt
        return {"kNN": factor * (seed + 1) / 10}

    monkeypatch.setattr(moco, "train", train)
    return made, tmp_path / "moco.json"


def test_interrupted_it_goes_on_and_makes_nothing_twice(small, monkeypatch):
    made, path = small
    with pytest.raises(KeyboardInterrupt):
        studies.run("moco", path, say=lambda line: None)
    said = []
    studies.run("moco", path, say=said.append)
    assert made == [(1, 0), (1, 1), (1, 1), (2, 0), (2, 1)]
    assert said == ["one, seed 1: kNN 0.200", "two, seed 0: kNN 0.200", "two, seed 1: kNN 0.400"]
    monkeypatch.setattr(studies, "STUDIES", path.parent)
    assert studies.load("moco") == {"one": {"kNN": [0.1, 0.2]}, "two": {"kNN": [0.2, 0.4]}}


def test_a_table_of_other_settings_is_not_mixed_with_these(small, monkeypatch):
    made, path = small
    made.append(None)
    studies.run("moco", path, say=lambda line: None)
    before = path.read_text("utf8")
    monkeypatch.setattr(moco, "ROWS", {"one": {"factor": 3}})
    with pytest.raises(
        ValueError, match="'one' was made with other settings; delete the file, or choose another --out"
    ):
        studies.run("moco", path)
    assert path.read_text("utf8") == before


def test_what_is_missing_or_unknown_is_named(monkeypatch, tmp_path):
    with pytest.raises(ValueError, match="unknown study 'nothing'; choose one of start, head, simclr, moco, byol"):
        studies.load("nothing")
    monkeypatch.setattr(studies, "STUDIES", tmp_path)
    with pytest.raises(FileNotFoundError, match="git checkout -- data.*python -m clearn study moco"):
        studies.load("moco")
    command = [sys.executable, "-m", "clearn", "study", "nothing"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (
        done.returncode == 1
        and done.stderr == "unknown study 'nothing'; choose one of start, head, simclr, moco, byol\n"
    )
