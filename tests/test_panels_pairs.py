"""The panel of chapter 01 says what is true of its pictures, and each of its controls does what it says."""

import re
import time

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from clearn import datasets, views
from clearn.course import plots
from clearn.course.widgets import pair_maker
from clearn.course.widgets.pairs import how_often_above, pair_recipe


@pytest.fixture(scope="module")
def images():
    return datasets.load("scattered", "test").images[:60]


def numbers(panel):
    """The two cosines and the count that the caption states."""
    pattern = r"two views (\S+), of the first view .* picture (\S+)\. Over (\d+) .* (\d+) times in 100\."
    own, other, crowd, count = re.search(pattern, panel.caption).groups()
    return float(own), float(other), int(crowd), int(count)


def cosine(a, b):
    a, b = (np.asarray(x, dtype=np.float64).ravel() for x in (a, b))
    return a @ b / np.sqrt((a @ a) * (b @ b)) if a.any() and b.any() else 0.0


RECIPES = {  # settings of the panel: the same recipe, written by hand
    "all": ({}, {"strength": 1.0, "scale": (0.3, 1.0), "rotation": 30, "flip": 0.5, "gray": 0.4}),
    "colour": ({"crop": False, "rotation": False, "mirror": False},
               {"strength": 1.0, "scale": (1, 1), "ratio": (1, 1), "flip": 0, "gray": 0.4}),
    "weak crop": ({"strength": 0.5, "rotation": False, "mirror": False, "colour": False},
                  {"strength": 0.0, "scale": (0.65, 1.0), "ratio": (7 / 8, 8 / 7), "flip": 0, "gray": 0.0}),
    "nothing": ({"crop": False, "rotation": False, "mirror": False, "colour": False},
                {"strength": 0.0, "scale": (1, 1), "ratio": (1, 1), "flip": 0, "gray": 0.0}),
}  # fmt: skip


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize(("picture", "seed"), [(3, 1), (24, 7)])
def test_the_caption_counts_right(images, name, picture, seed):
    settings, recipe = RECIPES[name]
    panel = pair_maker(images)
    for key, value in ({"picture": picture, "seed": seed} | settings).items():
        panel.controls[key].value = value
    view0, view1 = views.simclr_views(24, hue=0.5, **recipe)(images, torch.Generator().manual_seed(seed))
    positive = [cosine(a, b) for a, b in zip(view0, view1)]
    negative = [cosine(view0[i], view1[(i + 1) % 60]) for i in range(60)]
    own, other, crowd, count = numbers(panel)
    assert abs(own - positive[picture - 1]) < 0.00501 and abs(other - negative[picture - 1]) < 0.00501 and crowd == 60
    expected = roc_auc_score([1] * 60 + [0] * 60, np.round(positive + negative, 6))
    assert abs(count - 100 * expected) < 0.6


def test_at_full_strength_it_is_the_recipe_of_the_course():
    ours = views.simclr_views(24, scale=(0.3, 1.0), rotation=30, hue=0.5, gray=0.4)
    for name, value in vars(pair_recipe(24, 1.0)).items():
        assert value == pytest.approx(getattr(ours, name)), name


def test_each_control_changes_the_picture(images):
    panel = pair_maker(images)
    for name, value in {"picture": 2, "seed": 3, "strength": 0.5, "crop": False, "rotation": False, "mirror": False,
                        "colour": False}.items():  # fmt: skip
        before, caption, panel.controls[name].value = panel._png, panel.caption, value
        assert panel._png != before and panel.caption != caption, name
    assert "May change: nothing" in panel.caption and "the two views 1.00" in panel.caption
    assert "100 times in 100" in panel.caption


def test_what_is_not_allowed_does_not_change(images):
    rng = torch.Generator().manual_seed(0)
    drawn = pair_recipe(24, 1.0, crop=False, rotation=False).draw(100, 32, 32, rng)
    assert (drawn.boxes == torch.tensor([0, 0, 32, 32])).all() and not drawn.angle.any() and drawn.flip.any()
    drawn = pair_recipe(24, 1.0, mirror=False, colour=False).draw(100, 32, 32, rng)
    assert not drawn.flip.any() and not drawn.gray.any() and not drawn.hue.any() and (drawn.brightness == 1).all()
    assert len(drawn.boxes.unique(dim=0)) > 50 and drawn.angle.any()


def test_how_often_above_is_the_area_under_the_curve():
    rng = torch.Generator().manual_seed(0)
    a, b = (torch.randint(0, 9, (n,), generator=rng).double() for n in (40, 70))  # many ties
    assert how_often_above(a, b) == pytest.approx(roc_auc_score([1] * 40 + [0] * 70, torch.cat([a, b])))


@pytest.mark.parametrize("bad", [torch.zeros(3, 8, 8), torch.zeros(1, 3, 8, 8), "images"])
def test_bad_images_are_named(bad):
    with pytest.raises(ValueError, match="^images must be a tensor of shape"):
        pair_maker(bad)


def test_few_pictures_are_enough(images):
    assert pair_maker(images[:2]).controls["picture"].max == 2


def test_distributions_show_equal_weights():
    picture = plots.pair_distributions(torch.rand(500), torch.rand(90), "cosine", span=(0, 1), bins=10)
    heights = [patch.get_data().values.sum() for patch in picture.axes[0].patches if patch.get_fill()]
    assert heights == pytest.approx([1, 1]) and "cosine" in picture.alt


def test_theory_needs_a_curve_for_its_points():
    with pytest.raises(ValueError, match="^points has b"):
        plots.theory_and_points({"a": ([1, 2], [1, 2])}, "x", "y", points={"b": ([1], [1])}, alt="a line")
    curves, points = {"a": ([1, 2], [1, 2])}, {"a": ([1], [3])}
    picture = plots.theory_and_points(curves, "x", "y", points=points, log="x", alt="a line")
    line, points = picture.axes[0].lines
    assert line.get_ydata().tolist() == [1, 2] and points.get_ydata().tolist() == [3] and picture.alt == "a line"


@pytest.mark.parametrize("log", ["", "x", "y", "xy"])
def test_theory_shows_all_of_its_points(log):
    x, y = [2, 64, 2048], [0.7, 0.1, 0.02]
    axes = plots.theory_and_points({"a": (x, y)}, "x", "y", points={"a": (x, y)}, log=log, alt="a line").axes[0]
    for values, (low, high) in ((x, axes.get_xlim()), (y, axes.get_ylim())):
        assert low <= min(values) and max(values) <= high and high / max(values) < 2


def test_how_long_it_takes(images):
    panel, started = pair_maker(images), time.perf_counter()
    for seed in (2, 3, 4, 5):
        panel.controls["seed"].value = seed
    print(f"pair maker: {(time.perf_counter() - started) / 4:.3f} s a change")
