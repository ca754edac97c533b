"""The panel of chapter 04 against closed forms, and the dot plot that shows its results."""

import itertools
import math

import numpy as np
import pytest
import torch
from oracles import numbers

from clearn.course import plots
from clearn.course.widgets import triplet_regions
from clearn.course.widgets.triplets import draw_triplet, region, triplet_forces


def by_hand(positive, x, y, margin):
    """Region, loss and the three forces as vectors, from the derivatives of a distance."""
    d = math.hypot(x, y)
    loss = positive - d + margin
    if loss <= 0:
        return "Easy", 0.0, np.zeros((3, 2))
    away = np.array([x, y]) / d if d else np.zeros(2)
    along = np.array([1.0, 0.0])
    return "Hard" if d <= positive else "Semi-hard", loss, np.array([along - away, -along, away])


SETTINGS = [s for s in itertools.product((0.3, 0.9, 1.4), (-1.7, 0.0, 0.4, 1.0), (-0.8, 0.0, 1.9), (0.2, 0.7, 1.0))
            if abs(s[0] - math.hypot(*s[1:3])) > 1e-6 and abs(s[0] + s[3] - math.hypot(*s[1:3])) > 1e-6]  # fmt: skip


def test_caption_says_what_is_so():
    seen = set()
    for positive, x, y, margin in SETTINGS:
        name, loss, force = by_hand(positive, x, y, margin)
        caption = draw_triplet(positive, x, y, margin).alt
        seen.add(name)
        sizes = np.linalg.norm(force, axis=1)
        expected = [positive, math.hypot(x, y), margin, loss, *(sizes if sizes.any() else [])]
        assert caption.startswith(f"{name}:") and ("No force" in caption) == (name == "Easy")
        assert numbers(caption) == pytest.approx(expected, abs=5.1e-3), caption
    assert seen == {"Hard", "Semi-hard", "Easy"}


def test_forces_are_unit_vectors_along_the_sides():
    for positive, x, y, margin in SETTINGS:
        _, loss, force = by_hand(positive, x, y, margin)
        points = torch.tensor([[0.0, 0.0], [positive, 0.0], [x, y]], dtype=torch.float64)
        value, forces = triplet_forces(points, margin)
        assert value == pytest.approx(loss, abs=1e-12)
        np.testing.assert_allclose(forces, force, atol=1e-12)
        np.testing.assert_allclose(forces.sum(0), 0, atol=1e-12)  # the triplet as a whole is not moved


@pytest.mark.parametrize("positive, d, margin", [(0.8, 1.3, 0.5), (0.1, 0.3, 0.2), (0.7, 0.8, 0.1), (0.9, 1.6, 0.7)])
def test_at_the_margin_the_negative_is_easy_whatever_the_rounding(positive, d, margin):
    for x, y in ((d, 0.0), (-d, 0.0), (0.0, d)):
        assert (
            draw_triplet(positive, x, y, margin).alt.startswith("Easy")
            and "No force" in draw_triplet(positive, x, y, margin).alt
        )
        assert draw_triplet(d, x, y, margin).alt.startswith("Hard")


def test_region_has_its_borders_as_in_the_paper():
    assert [region(1.0, d, 0.25) for d in (0.0, 1.0, 1.0625, 1.25, 7.0)] == [
        "hard",
        "hard",
        "semi-hard",
        "easy",
        "easy",
    ]


def test_a_negative_on_the_anchor_has_no_direction():
    assert "Force 1.00 on the anchor, 1.00 on the positive, .00 on the negative" in draw_triplet(1.0, 0.0, 0.0, 0.5).alt


def test_every_control_changes_picture_and_caption():
    panel = triplet_regions()
    for name in ("x", "y", "positive", "margin"):
        before = panel._image.value, panel.caption
        panel.controls[name].value += 0.1
        assert panel._image.value != before[0] and panel.caption != before[1]


def test_the_first_look_is_semi_hard():
    assert triplet_regions().caption.startswith("Semi-hard")


@pytest.mark.parametrize(
    "name, value", [("positive", 0), ("positive", -1.0), ("margin", 0), ("x", math.nan), ("y", math.inf)]
)
def test_bad_input_is_named(name, value):
    with pytest.raises(ValueError, match=f"^{name} must be"):
        draw_triplet(**{"positive": 1.0, "x": 1.0, "y": 1.0, "margin": 0.5} | {name: value})


def test_dots_names_the_means_and_draws_every_run():
    picture = plots.dots({"a": [0.1, 0.3], "b": [0.5]}, "recall", highlight=["b"])
    assert picture.alt == "recall: a .20, b .50"
    axes = picture.axes[0]
    drawn = [line.get_xdata() for line in axes.lines if line.get_marker() == "o"]
    assert [list(x) for x in drawn] == [[0.1, 0.3], [0.5]]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["a", "b"]
    assert axes.yaxis_inverted()
