"""The two towers against plain loops, and what they say and draw in each of their settings."""

import math
import re
import time
from itertools import product

import numpy as np
import pytest
import torch
from matplotlib.patches import FancyArrow
from oracles import rank, spread, unit_rows

from clearn import style
from clearn.course.numbers import say
from clearn.course.widgets import towers, two_towers

COMBINATIONS, N, D, STEPS = list(product((True, False), repeat=2)), 20, 6, (0, 10, 30)


def runs(steps=STEPS, n=N, d=D):
    """Four runs in which every number is another; not in the order of their steps."""
    rng = torch.Generator().manual_seed(0)

    def pulls(k):
        return (0.1 + 1.8 * torch.rand(k, generator=rng)).tolist()

    def snapshot(stop):
        loss, z = -torch.rand(1, generator=rng).item(), torch.randn(n, d, generator=rng) + 0.3
        return loss, z, pulls(3), [0.0, 0.0] if stop else pulls(2)

    return {parts: {step: snapshot(parts[0]) for step in reversed(steps)} for parts in COMBINATIONS}


@pytest.fixture
def panel():
    return two_towers(runs())


def set_to(panel, stop, predictor, snapshot):
    for control, value in zip(panel.controls.values(), (stop, predictor, snapshot), strict=True):
        control.value = value
    return panel.draw(**{key: control.value for key, control in panel.controls.items()})


@pytest.mark.parametrize("stop, predictor", COMBINATIONS)
@pytest.mark.parametrize("snapshot", [0, 2])
def test_the_caption_says_what_was_recorded_and_what_loops_find(panel, stop, predictor, snapshot):
    picture, step = set_to(panel, stop, predictor, snapshot), STEPS[snapshot]
    loss, z, left, right = runs()[stop, predictor][step]
    found = [float(x) for x in re.findall(r"−?\d*\.?\d+", picture.alt)[: 1 + 2 + predictor + 2 * (not stop) + 3]
             for x in [x.replace("−", "-")]]  # fmt: skip
    expected = [step, *left[not predictor :], *([] if stop else right), loss, spread(z), rank(z)]
    np.testing.assert_allclose(found, expected, atol=0.051)
    assert panel.caption == picture.alt and ("none, it is cut off" in picture.alt) == stop
    assert ("at the prediction" in picture.alt) == predictor


def test_what_is_missing_is_named(panel):
    begins = [set_to(panel, *parts, 1).alt.split(", after")[0] for parts in COMBINATIONS]
    assert begins == ["SimSiam, whole", "Without predictor", "Without stop-gradient",
                      "Without stop-gradient and predictor"]  # fmt: skip


def arrows(picture):
    """Of each gradient arrow: the middle, the width of its shaft, and whether it is dashed."""
    found = []
    for patch in picture.axes[0].patches:
        if isinstance(patch, FancyArrow):
            corners = np.unique(np.round(np.sort(patch.get_xy()[:, 0]), 6))  # head, shaft, tip
            found.append((corners.mean(), corners[-2] - corners[1], patch.get_facecolor()[3] == 0))
    return found


@pytest.mark.parametrize("stop, predictor", COMBINATIONS)
def test_an_arrow_is_as_wide_as_its_pull(panel, stop, predictor):
    picture, (_, _, left, right) = set_to(panel, stop, predictor, 1), runs()[stop, predictor][10]
    drawn = arrows(picture)
    middle = (towers.LEFT + towers.RIGHT) / 2
    pulls = left[not predictor :] + ([] if stop else right)
    solid = [width for _, width, dashed in drawn if not dashed]
    np.testing.assert_allclose(solid, [0.03 + 0.37 * pull / 2 for pull in pulls], atol=1e-5)
    assert [x < middle for x, _, _ in drawn] == [True] * (2 + predictor) + [False] * 2
    assert [dashed for _, _, dashed in drawn] == [False] * (2 + predictor) + [stop] * 2


@pytest.mark.parametrize("stop, predictor", COMBINATIONS)
def test_the_right_tower_is_crossed_out_with_stop_gradient_and_numbers_stand_at_the_arrows(panel, stop, predictor):
    axes = set_to(panel, stop, predictor, 1).axes[0]
    left, right = runs()[stop, predictor][10][2:]
    assert [line.get_color() for line in axes.lines] == [style.NEGATIVE] * 2 * stop
    words = [text.get_text() for text in axes.texts]
    names = {"p₀": left[0], "z₀": left[1], "h₀": left[2], "z₁": right[0], "h₁": right[1]}
    for name, pull in names.items():
        said = [word for word in words if word.startswith(f"{name}  ")]
        expected = (
            [] if name == "p₀" and not predictor else [f"{name}  0" if pull == 0 else f"{name}  {say(round(pull, 2))}"]
        )
        assert said == expected
    assert words.count("predictor") == predictor and words.count("projector") == words.count("encoder") == 2
    assert any(word.startswith(f"loss = −cos({'p' if predictor else 'z'}₀, z₁)") for word in words)


def test_a_huge_pull_stays_inside_its_tower():
    films = runs()
    films[False, True][30] = (-0.5, films[False, True][30][1], [9.0, 2.0, 1e6], [3.0, 0.0])
    drawn = arrows(set_to(two_towers(films), False, True, 2))
    np.testing.assert_allclose([width for _, width, _ in drawn], [0.4, 0.4, 0.4, 0.4, 0.03], atol=1e-5)


def test_the_curves_are_of_the_chosen_run_and_the_others_are_pale(panel):
    axes = set_to(panel, False, True, 1).axes[2]
    line, dot = axes.lines
    film = {parts: [spread(run[step][1]) for step in STEPS] for parts, run in runs().items()}
    np.testing.assert_allclose(line.get_xydata(), np.stack([STEPS, film[False, True]], axis=1), atol=1e-5)
    np.testing.assert_allclose(dot.get_xydata(), [[10, film[False, True][1]]], atol=1e-5)
    pale = [segment[:, 1] for segment in axes.collections[0].get_segments()]
    np.testing.assert_allclose(pale, [film[parts] for parts in COMBINATIONS if parts != (False, True)], atol=1e-5)


def test_the_cloud_is_that_of_the_snapshot(panel):
    places = set_to(panel, False, False, 2).axes[1].collections[0].get_offsets()
    u = unit_rows(runs()[False, False][30][1])
    _, vectors = np.linalg.eigh(u.T @ u)
    np.testing.assert_allclose(np.abs(places), np.abs(u @ vectors[:, [-1, -2]]), atol=1e-5)


def test_collapse_is_called_by_its_name():
    films, same = runs(), torch.ones(N, D)
    films[False, True][30] = (-1.0, same, [0.0, 0.0, 0.0], [0.0, 0.0])
    alt = set_to(two_towers(films), False, True, 2).alt
    assert "Loss −1.00, std·√d .00, effective rank 1.0. Collapsed: one direction for every picture." in alt


def test_it_begins_whole_at_the_end_and_each_control_changes_picture_and_words(panel):
    assert panel.caption.startswith("SimSiam, whole, after 30 steps")
    for control in panel.controls.values():
        before, value = (panel.caption, panel._png), control.value
        control.value = value - 1 if control is panel.controls["snapshot"] else not value
        assert panel.caption != before[0] and panel._png != before[1]
        control.value = value
        assert panel.caption == before[0]


def replaced(stop, **entries):
    """A change to the snapshot at step 10: its loss, z, left or right."""
    names = ("loss", "z", "left", "right")

    def change(films):
        row = dict(zip(names, films[stop, True][10])) | entries
        films[stop, True][10] = tuple(row[name] for name in names)

    return change


@pytest.mark.parametrize("change, message", [
    (lambda r: r.pop((True, True)), r"^runs must hold the four combinations \(stop_gradient, predictor\) .*, got "),
    (lambda r: r.update({(1, 2): r[True, True]}), "^runs must hold the four"),
    (lambda r: r[False, True].pop(10), r"^all runs must have the same steps; runs\[\(False, True\)\] has \[0, 30\]"),
    (lambda r: [film.clear() for film in r.values()], r"^all runs must have the same steps; .* has \[\]"),
    (replaced(False, left=[1.0, 1.0]), r"^runs\[\(False, True\)\], step 10 must have pulls .* got \[1.0, 1.0\]"),
    (replaced(False, right=[1.0, -1.0]), "must have pulls of at least 0"),
    (replaced(False, right=[1.0, math.nan]), "must have pulls of at least 0"),
    (replaced(True, right=[0.0, 0.1]), r"with stop-gradient no .* reach the right tower, got pulls \[0.0, 0.1\]"),
    (replaced(True, z=torch.ones(N)), r"step 10 must have shape \(N, D\)"),
    (replaced(True, z=torch.full((N, D), math.nan)), "step 10 must be finite"),
    (replaced(True, z=torch.ones(1, D)), "needs at least two rows"),
])  # fmt: skip
def test_bad_input_is_named(change, message):
    broken = runs()
    change(broken)
    with pytest.raises(ValueError, match=message):
        two_towers(broken)


def test_how_fast_it_answers():
    panel = two_towers(runs(steps=tuple(range(0, 101, 5)), n=256, d=64))
    began = time.perf_counter()
    panel.controls["stop_gradient"].value = False
    print(f"a change takes {time.perf_counter() - began:.2f} s")
