"""The collapse laboratory against plain loops in NumPy."""

import math
import time
from itertools import product

import numpy as np
import pytest
import torch
from oracles import numbers, rank, spread, unit_rows

from clearn.course.widgets import collapse_laboratory
from clearn.course.widgets.collapse import CLOUDS as COLOURS
from clearn.course.widgets.collapse import in_the_plane, name, verdict

COMBINATIONS, N, D, STEPS = list(product((True, False), repeat=3)), 30, 6, (0, 5, 20)
CLOUDS = "projection", "prediction", "target"


def runs(steps=STEPS, n=N, d=D):
    """Eight runs whose losses and clouds all differ; the films are not in the order of their steps."""
    rng = torch.Generator().manual_seed(0)
    return {parts: (torch.rand(steps[-1], generator=rng).tolist(),
                    {step: {cloud: torch.randn(n, d, generator=rng) + torch.rand(1, generator=rng) for cloud in CLOUDS}
                     for step in reversed(steps)})
            for parts in COMBINATIONS}  # fmt: skip


@pytest.fixture
def panel():
    return collapse_laboratory(runs())


def set_to(panel, parts, snapshot):
    for control, value in zip(panel.controls.values(), (*parts, snapshot), strict=True):
        control.value = value
    return panel.draw(**{key: control.value for key, control in panel.controls.items()})


SETTINGS = [((True, True, True), 2), ((True, False, False), 1), ((False, True, False), 0)]


@pytest.mark.parametrize("parts, snapshot", SETTINGS)
def test_the_caption_says_what_loops_find(panel, parts, snapshot):
    picture, (losses, film) = set_to(panel, parts, snapshot), runs()[parts]
    step = STEPS[snapshot]
    assert panel.caption == picture.alt
    assert picture.alt.startswith(f"{name(parts)}, after {step} steps: loss")
    found = numbers(picture.alt)
    assert found[0] == step and found[1] == pytest.approx(losses[max(step - 1, 0)], abs=5.1e-3)
    for place, cloud in enumerate(CLOUDS):
        assert f"{cloud} " in picture.alt
        assert found[2 + 2 * place] == pytest.approx(spread(film[step][cloud]), abs=5.1e-3)
        assert found[3 + 2 * place] == pytest.approx(rank(film[step][cloud]), abs=5.1e-2)


def test_each_cloud_has_its_curve_and_its_colour(panel):
    chosen = (True, False, True)
    picture, film = set_to(panel, chosen, 1), runs()[chosen][1]
    for axes, measure in zip(picture.axes[:2], (spread, rank)):
        for place, (cloud, colour) in enumerate(COLOURS.items()):
            line, dot = axes.lines[2 * place : 2 * place + 2]
            of_step = [measure(film[step][cloud]) for step in STEPS]
            np.testing.assert_allclose(line.get_xydata(), np.stack([STEPS, of_step], axis=1), atol=1e-5)
            np.testing.assert_allclose(dot.get_xydata(), [[5, of_step[1]]], atol=1e-5)
            assert line.get_color() == dot.get_color() == colour
    assert [text.get_text() for text in picture.texts] == [f"● {cloud}s" for cloud in COLOURS]
    assert [text.get_color() for text in picture.texts] == list(COLOURS.values())


def test_points_lie_along_the_two_main_directions_of_all(panel):
    drawn = set_to(panel, (False, False, True), 2).axes[2].collections
    u = [unit_rows(runs()[False, False, True][1][20][cloud]) for cloud in COLOURS]
    values, vectors = np.linalg.eigh(np.concatenate(u).T @ np.concatenate(u))
    places = [points.get_offsets() for points in drawn]
    for here, rows in zip(places, u, strict=True):
        np.testing.assert_allclose(np.abs(here), np.abs(rows @ vectors[:, [-1, -2]]), atol=1e-5)
        assert (np.linalg.norm(here, axis=1) <= 1 + 1e-6).all()
    assert (sum(here.sum(0) for here in places) >= 0).all()


def test_one_direction_for_all_is_one_point_on_the_rim():
    places = in_the_plane({"target": torch.nn.functional.normalize(torch.ones(5, 4), dim=1)})
    np.testing.assert_allclose(places["target"], [[1, 0]] * 5, atol=1e-6)


def test_a_collapse_behind_wide_projections_is_called_by_its_name():
    films, same = runs(), torch.ones(N, D)
    wide = films[True, True, True][1][0]["projection"]
    films[True, False, True] = (
        films[True, False, True][0],
        {
            0: dict.fromkeys(CLOUDS, wide),
            5: {"projection": wide, "prediction": same, "target": wide},
            20: {"projection": wide, "prediction": same, "target": same},
        },
    )
    panel = collapse_laboratory(films)
    for snapshot, words in enumerate(["Not collapsed", "predictions have collapsed", "which the loss compares"]):
        assert words in set_to(panel, (True, False, True), snapshot).alt


def test_the_limits_between_the_verdicts():
    # projection, prediction, target; the rank of the projections
    values = {(0.099, 0.9, 0.9, 9): "Collapsed: one", (0.1, 0.149, 0.149, 9): "Collapsed in prediction",
              (0.1, 0.15, 0.1, 9): "Half collapsed", (0.299, 0.1, 0.15, 9): "Half collapsed",
              (0.3, 0.15, 0.15, 2.49): "Collapsed in dimension", (0.3, 0.149, 0.15, 2.5): "The predictions",
              (0.3, 0.15, 0.15, 2.5): "Not collapsed"}  # fmt: skip
    for (*spreads, of_projection), words in values.items():
        said = verdict(dict(zip(CLOUDS, spreads, strict=True)), {"projection": of_projection})
        assert said.startswith(words), (spreads, said)


def test_what_is_missing_is_named():
    assert name((True, True, True)) == "BYOL, whole" and name((True, True, False)) == "Without moving average"
    assert name((False, False, True)) == "Without predictor and stop-gradient"
    assert name((False, False, False)) == "Without all three parts"
    assert len({name(parts) for parts in COMBINATIONS}) == 8


def test_it_begins_with_the_whole_at_its_end_and_each_control_changes_picture_and_words(panel):
    assert panel.caption.startswith("BYOL, whole, after 20 steps")
    for control in panel.controls.values():
        before, value = (panel.caption, panel._png), control.value
        control.value = value - 1 if control is panel.controls["snapshot"] else not value
        assert panel.caption != before[0] and panel._png != before[1]
        control.value = value
        assert panel.caption == before[0]


@pytest.mark.parametrize("change, message", [
    (lambda r: r.pop((True, True, True)), "^runs must hold the eight combinations .*, got "),
    (lambda r: r.update({(True, True): r[True, True, True]}), "^runs must hold the eight"),
    (lambda r: r[True, False, True][1].pop(5), r"^all films must have the same steps; .* has \[0, 20\]"),
    (lambda r: r[True, True, False][1].clear(), r"^runs\[\(True, True, False\)\] must .*, got 20 losses and 0 steps"),
    (lambda r: r[True, True, False][0].clear(), "must have losses and a film, got 0 losses and 3 steps"),
    (lambda r: r[True, True, True][0].pop(), "has 19 losses, but its film a step 20"),
    (lambda r: r[True, True, True][1][5].pop("target"), "step 5 must hold prediction, projection, target, got "),
    (lambda r: r[True, True, True][1][5].update(target=torch.ones(N)), r"step 5, target must have shape \(N, D\)"),
    (lambda r: r[True, True, True][1][5].update(target=torch.full((N, D), math.nan)), "step 5, target must be finite"),
    (lambda r: r[True, True, True][1][5].update(prediction=torch.ones(1, D)), "needs at least two rows"),
    (lambda r: r[True, True, True][1][5].update(projection=torch.zeros(N, D)), "undefined for features that are all zero"),
])  # fmt: skip
def test_bad_input_is_named(change, message):
    broken = runs()
    change(broken)
    with pytest.raises(ValueError, match=message):
        collapse_laboratory(broken)


def test_how_fast_it_answers():
    panel = collapse_laboratory(runs(steps=tuple(range(0, 101, 5)), n=128, d=64))
    began = time.perf_counter()
    panel.controls["predictor"].value = False
    print(f"a change takes {time.perf_counter() - began:.2f} s")
