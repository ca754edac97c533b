"""The collapse laboratory against plain loops in NumPy."""

import math
import time
from itertools import product

import numpy as np
import pytest
import torch
from oracles import numbers, rank, spread, unit_rows

from clearn.course.widgets import collapse_laboratory
from clearn.course.widgets.collapse import in_the_plane, name, verdict

COMBINATIONS, N, D, STEPS = list(product((True, False), repeat=3)), 30, 6, (0, 5, 20)


def runs(steps=STEPS, n=N, d=D):
    """Eight runs whose losses and projections all differ; the films are not in the order of their steps."""
    rng = torch.Generator().manual_seed(0)
    return {parts: (torch.rand(steps[-1], generator=rng).tolist(),
                    {step: torch.randn(n, d, generator=rng) + torch.rand(1, generator=rng) for step in reversed(steps)})
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
    assert picture.alt.startswith(f"{name(parts)}, after {step} steps: std·√d")
    expected = [step, spread(film[step]), rank(film[step]), losses[max(step - 1, 0)]]
    assert numbers(picture.alt)[:1] == [step]
    assert numbers(picture.alt)[1] == pytest.approx(expected[1], abs=5.1e-3)
    assert numbers(picture.alt)[2] == pytest.approx(expected[2], abs=5.1e-2)
    assert numbers(picture.alt)[3] == pytest.approx(expected[3], abs=5.1e-3)


def test_the_curves_are_of_the_chosen_run_and_the_others_are_pale(panel):
    chosen = (True, False, True)
    picture, all_runs = set_to(panel, chosen, 1), runs()
    for axes, measure in zip(picture.axes[:2], (spread, rank)):
        line, dot = axes.lines[:2]
        of_step = [measure(all_runs[chosen][1][step]) for step in STEPS]
        np.testing.assert_allclose(line.get_xydata(), np.stack([STEPS, of_step], axis=1), atol=1e-5)
        np.testing.assert_allclose(dot.get_xydata(), [[5, of_step[1]]], atol=1e-5)
        pale = [segment[:, 1] for segment in axes.collections[0].get_segments()]
        others = [[measure(film[step]) for step in STEPS] for parts, (_, film) in all_runs.items() if parts != chosen]
        np.testing.assert_allclose(pale, others, atol=1e-5)


def test_points_lie_along_the_two_main_directions(panel):
    places = set_to(panel, (False, False, True), 2).axes[2].collections[0].get_offsets()
    u = unit_rows(runs()[False, False, True][1][20])
    values, vectors = np.linalg.eigh(u.T @ u)
    np.testing.assert_allclose(np.abs(places), np.abs(u @ vectors[:, [-1, -2]]), atol=1e-5)
    assert (places.sum(0) >= 0).all() and (np.linalg.norm(places, axis=1) <= 1 + 1e-6).all()


def test_one_direction_for_all_is_one_point_on_the_rim():
    places = in_the_plane(torch.nn.functional.normalize(torch.ones(5, 4), dim=1))
    np.testing.assert_allclose(places, [[1, 0]] * 5, atol=1e-6)


def test_collapse_of_either_kind_is_called_by_its_name():
    films = runs()
    rng, same = torch.Generator().manual_seed(1), torch.ones(N, D)
    opposite = (torch.randint(2, (N, 1), generator=rng) * 2 - 1) * same
    half = same + 0.4 * torch.randn(N, D, generator=rng)
    films[False, False, False] = films[False, False, False][0], {0: same, 5: half, 20: opposite}
    panel = collapse_laboratory(films)
    expected = ["std·√d .00, effective rank 1.00, loss", "Half collapsed", "Collapsed in dimension: 1 of 6"]
    for snapshot, words in enumerate(expected):
        assert words in set_to(panel, (False, False, False), snapshot).alt
    assert "Collapsed: one direction for every picture." in set_to(panel, (False, False, False), 0).alt
    assert "Not collapsed" in set_to(panel, (True, True, True), 0).alt


def test_the_limits_between_the_verdicts():
    values = (0.099, 1), (0.1, 9), (0.499, 9), (0.5, 2.49), (0.5, 2.5)
    expected = ["Collapsed: one", "Half collapsed", "Half collapsed", "Collapsed in d", "Not collapsed,"]
    assert [verdict(s, r, 64)[:14] for s, r in values] == expected


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
    (lambda r: r[True, True, True][1].update({5: torch.ones(N)}), r"step 5 must have shape \(N, D\)"),
    (lambda r: r[True, True, True][1].update({5: torch.full((N, D), math.nan)}), "step 5 must be finite"),
    (lambda r: r[True, True, True][1].update({5: torch.ones(1, D)}), "needs at least two rows"),
    (lambda r: r[True, True, True][1].update({5: torch.zeros(N, D)}), "undefined for features that are all zero"),
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
