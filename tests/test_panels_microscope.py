"""The panel of chapter 07 against plain loops in NumPy."""

import math
import time

import numpy as np
import pytest
import torch
from oracles import numbers

from clearn.course.widgets import step_microscope
from clearn.course.widgets.microscope import TALLEST

N = 4


def batch(n=N, seed=0):
    """Views of n images, and two snapshots, not in the order of their steps."""
    rng = torch.Generator().manual_seed(seed)
    view0, view1 = torch.rand(2, n, 3, 6, 6, generator=rng)
    snapshots = {
        step: (torch.rand(2 * n, 12, generator=rng), torch.randn(2 * n, 5, generator=rng)) for step in (40, 0, 7)
    }
    return view0, view1, snapshots


@pytest.fixture
def panel():
    return step_microscope(*batch())


def rows(z, temperature):
    """Cosines, probabilities and losses, one view after the other."""
    z, both = z.double().numpy(), len(z)
    cosine = [[float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)) for b in z] for a in z]
    p = np.zeros((both, both))
    for i in range(both):
        weights = {k: math.exp(cosine[i][k] / temperature) for k in range(both) if k != i}
        for k, weight in weights.items():
            p[i, k] = weight / sum(weights.values())
    return np.array(cosine), p, [-math.log(p[i, (i + both // 2) % both]) for i in range(both)]


SETTINGS = [(0, 1, 0.2), (1, 6, 0.05), (2, 8, 1.0), (2, 4, 0.5)]


@pytest.mark.parametrize("snapshot, anchor, temperature", SETTINGS)
def test_the_caption_says_what_loops_find(panel, snapshot, anchor, temperature):
    for name, value in (("snapshot", snapshot), ("anchor", anchor), ("temperature", temperature)):
        panel.controls[name].value = value
    step = (0, 7, 40)[snapshot]
    cosine, p, paid = rows(batch()[2][step][1], temperature)
    i, j = anchor - 1, (anchor - 1 + N) % (2 * N)
    expected = [
        step,
        temperature,
        i // N,
        i % N + 1,
        cosine[i, j],
        p[i, j],
        paid[i],
        2 * N,
        np.mean(paid),
        math.log(2 * N - 1),
    ]
    assert numbers(panel.caption) == pytest.approx(expected, abs=5.1e-3, rel=5e-3)


@pytest.mark.parametrize("snapshot, anchor, temperature", SETTINGS)
def test_the_picture_shows_what_loops_find(panel, snapshot, anchor, temperature):
    h, z = batch()[2][(0, 7, 40)[snapshot]]
    axes = panel.draw(snapshot, anchor, temperature).axes[0]
    cosine, p, _ = rows(z, temperature)
    by_width = {image.get_array().shape[1]: image.get_array() for image in axes.images if image.get_array().ndim == 2}
    np.testing.assert_allclose(by_width[12], h)
    np.testing.assert_allclose(by_width[5], z / z.norm(dim=1, keepdim=True), atol=1e-6)
    np.testing.assert_allclose(by_width[8], cosine, atol=1e-6)
    heights = [-bar.get_height() / TALLEST for bar in axes.containers[0]]
    np.testing.assert_allclose(heights, p[anchor - 1], atol=1e-6)


def test_the_views_stand_in_the_order_of_the_rows(panel):
    view0, view1, _ = batch()
    down, across = (image.get_array() for image in panel.draw(0, 1, 0.2).axes[0].images if image.get_array().ndim == 3)
    for row, view in enumerate([*view0, *view1]):
        part = slice(6 * row, 6 * row + 6)
        np.testing.assert_allclose(down[part], view.permute(1, 2, 0))
        np.testing.assert_allclose(across[:, part], view.permute(1, 2, 0))


def test_the_anchor_is_framed_blue_and_its_partner_green(panel):
    frames = [patch for patch in panel.draw(0, 3, 0.2).axes[0].patches if not patch.get_fill()]
    table = max(frames, key=lambda frame: frame.get_width())
    side = table.get_height()
    tops = {colour: {round(frame.get_y() / side, 3) for frame in frames if frame.get_edgecolor() == colour}
            for colour in {frame.get_edgecolor() for frame in frames}}  # fmt: skip
    anchor, partner = tops.pop(table.get_edgecolor()), tops.popitem()[1]
    assert len(anchor) == 1 and partner - anchor == {round(anchor.copy().pop() + N, 3)}


@pytest.mark.parametrize("name", ["snapshot", "anchor", "temperature"])
def test_each_control_changes_the_picture_and_the_words(panel, name):
    control, seen = panel.controls[name], []
    for value in (control.min, control.min + control.step, control.min + 2 * control.step):
        control.value = value
        seen.append((panel.caption, panel._png))
    assert len({words for words, _ in seen}) == 3 and len({png for _, png in seen}) == 3


def test_it_begins_where_it_is_told():
    panel = step_microscope(*batch(), anchor=5, temperature=0.5)
    assert panel.caption.startswith("After 40 steps, τ = .50. The anchor, view 1 of image 1,")


@pytest.mark.parametrize("n", [2, 10])
def test_small_and_large_batches_can_be_drawn(n):
    assert f"Mean loss of the {2 * n} rows" in step_microscope(*batch(n)).caption


def test_bad_input_is_named():
    view0, view1, snapshots = batch()
    h, z = snapshots[0]
    for arguments, message in [
        (
            (view0, view1[:3], snapshots),
            r"^view0 and view1 must be two views \(N, C, H, W\) of 2 to 10 images, got \(4, ",
        ),
        ((view0[:1], view1[:1], snapshots), "^view0 and view1 must"),
        ((view0.repeat(3, 1, 1, 1), view1.repeat(3, 1, 1, 1), snapshots), "^view0 and view1 must"),
        ((view0.flatten(1), view1.flatten(1), snapshots), "^view0 and view1 must"),
        ((view0, view1, {}), "^snapshots must hold at least one"),
        ((view0, view1, {3: (h, z[:N])}), r"^snapshots\[3\] must have 8 rows of projections, .*, got 4"),
        ((view0, view1, {3: (h[:7], z)}), r"^snapshots\[3\] must have 8 rows of features, .*, got 7"),
    ]:
        with pytest.raises(ValueError, match=message):
            step_microscope(*arguments)
    with pytest.raises(ValueError, match="holds NaN"):
        step_microscope(view0, view1, {0: (h, z * torch.nan)})


def test_how_fast_it_answers():
    panel = step_microscope(*batch(8))
    began = time.perf_counter()
    panel.controls["anchor"].value = 9
    print(f"a change takes {time.perf_counter() - began:.2f} s")
