"""The panel of chapter 06 says what was drawn and what is shared, and each of its sliders does what it says."""

import re
import time

import numpy as np
import pytest
import torch

from clearn import datasets, views
from clearn.course.widgets import augmentation_studio
from clearn.course.widgets.studio import crop_corners, studio_recipe
from clearn.views import image_ops

NAMES = ("colour", "brightness", "size", "across", "down", "tilt")
NOTHING = {"crop": 0, "rotation": 0, "flip": 0, "colour": 0, "hue": 0, "gray": 0, "blur": 0, "solarize": 0}
RECIPES = {  # settings of the panel: the same recipe, written by hand
    "as it begins": ({}, {"scale": (0.3, 1.0), "rotation": 30, "hue": 0.5, "gray": 0.4}),
    "crop alone": (NOTHING | {"crop": 0.9}, {"strength": 0, "scale": (0.1, 1.0), "flip": 0, "gray": 0}),
    "colour alone": (NOTHING | {"colour": 0.5, "hue": 0.2, "gray": 0.6},
                     {"scale": (1, 1), "ratio": (1, 1), "flip": 0, "brightness": 0.4, "contrast": 0.4,
                      "saturation": 0.4, "hue": 0.2, "gray": 0.6}),
    "the rest": (NOTHING | {"rotation": 90, "flip": 1, "blur": 0.5, "solarize": 1},
                 {"strength": 0, "scale": (1, 1), "ratio": (1, 1), "rotation": 90, "flip": 1, "gray": 0, "blur": 0.5,
                  "solarize": 1}),
}  # fmt: skip


@pytest.fixture(scope="module")
def images():
    return datasets.load("scattered", "test").images[:60]


def number(words):
    return float(words.replace("−", "-").rstrip(".,;"))


def measured(view):
    """The share of light in each channel, and the centre of the light, of one view: by NumPy."""
    x = view.double().numpy()
    gray, (h, w) = x.mean(0), x.shape[1:]
    colour = (x.sum((1, 2)) + 1e-9) / (x.sum() + 3e-9)
    light = max(gray.sum(), 1e-9)
    return (
        *colour,
        (gray * (np.arange(w) - (w - 1) / 2)).sum() / light,
        (gray.T * (np.arange(h) - (h - 1) / 2)).sum() / light,
    )


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize(("picture", "seed"), [(3, 1), (24, 7)])
def test_the_caption_says_what_was_drawn_and_what_is_shared(images, name, picture, seed):
    settings, recipe = RECIPES[name]
    panel = augmentation_studio(images)
    for key, value in (settings | {"picture": picture, "seed": seed}).items():
        panel.controls[key].value = value
    recipe = views.simclr_views(24, **recipe)
    view0, view1 = recipe(images, torch.Generator().manual_seed(seed))
    a, b = (view[picture - 1].flatten().double().numpy() for view in (view0, view1))
    cosine = a @ b / np.sqrt((a @ a) * (b @ b))
    assert abs(number(re.search(r"Cosine of their pixels (\S+)", panel.caption)[1]) - cosine) < 0.00501

    first, second = np.array([measured(v) for v in view0]), np.array([measured(v) for v in view1])
    r = [np.corrcoef(x, y)[0, 1] if min(x.std(), y.std()) > 1e-4 else 0 for x, y in zip(first.T, second.T)]
    for key, expected in zip(("colour", "across", "down"), (np.mean(r[:3]), *r[3:])):
        assert abs(number(re.search(rf"{key} (\S+),", panel.caption.split("share:")[1])[1]) - expected) < 0.00501, key

    drawn = recipe.draw(120, 32, 32, torch.Generator().manual_seed(seed))
    for view, row in enumerate((picture - 1, 60 + picture - 1)):
        words = re.search(rf"View {view}: (.*?)\. (View|Cosine)", panel.caption)[1]
        h, w = drawn.boxes[row, 2:].tolist()
        assert words.startswith(f"{100 * h * w / 1024:.0f} % of the picture")
        assert ("mirrored" in words) == bool(drawn.flip[row]) and ("gray" in words) == bool(drawn.gray[row])
        assert ("blur" in words) == bool(drawn.sigma[row]) and ("solarised" in words) == bool(drawn.threshold[row] < 1)
        turned = re.search(r"turned (\S+)°", words)
        assert abs((number(turned[1]) if turned else 0) - drawn.angle[row].item()) <= 0.5
        bright = re.search(r"brightness ×(\S+)", words)
        assert abs((number(bright[1]) if bright else 1) - drawn.brightness[row].item()) <= 0.00501


def test_it_begins_with_the_recipe_of_the_course():
    assert studio_recipe(24, 0.7, 30, 0.5, 1.0, 0.5, 0.4, 0.0, 0.0) == views.simclr_views(
        24, scale=(0.3, 1.0), rotation=30, hue=0.5, gray=0.4)  # fmt: skip


def test_with_nothing_allowed_both_views_are_the_picture(images):
    panel = augmentation_studio(images, size=32)
    for key, value in NOTHING.items():
        panel.controls[key].value = value
    assert "View 0: 100 % of the picture. View 1: 100 % of the picture. Cosine of their pixels 1.00." in panel.caption
    assert all(f"{name} 1.00" in panel.caption for name in NAMES)


@pytest.mark.long
def test_each_key_press_changes_the_picture_and_the_words(images):
    panel = augmentation_studio(images)
    for name, control in panel.controls.items():
        step = control.step if control.value + 2 * control.step <= control.max + 1e-9 else -control.step
        start, captions = control.value, {panel.caption}
        for presses in (1, 2, 1, 0):
            before, control.value = panel._png, start + presses * step
            assert panel._png != before, name
            captions.add(panel.caption)
        assert len(captions) == 3 and control.value == start, name


@pytest.mark.long
def test_every_setting_can_be_drawn(images):
    panel = augmentation_studio(images[:5])
    for end in ("max", "min"):
        for control in panel.controls.values():
            control.value = getattr(control, end)
            assert "cannot be drawn" not in panel._words.value


@pytest.mark.parametrize("angle", [-160.0, -30.0, 0.0, 20.0, 90.0])
def test_the_outline_is_where_the_view_comes_from(angle):
    """An image whose values are its own coordinates: the corners of a crop show where they were read."""
    line = (torch.arange(64) + 0.5) / 64  # centres of the pixels
    x, y = line.expand(64, 64), line[:, None].expand(64, 64)
    box = torch.tensor([22, 20, 16, 24])  # top, left, height, width
    view = image_ops.crop_resize(torch.stack([x, y, x])[None], box[None], 96, angle=angle)[0, :2] * 64
    seen = torch.stack([view[:, 0, 0], view[:, 0, -1], view[:, -1, -1], view[:, -1, 0]])
    torch.testing.assert_close(seen, crop_corners(box, torch.tensor(angle)), atol=0.8, rtol=0)


@pytest.mark.parametrize("bad", [torch.zeros(3, 8, 8), torch.zeros(1, 3, 8, 8), "images"])
def test_bad_images_are_named(bad):
    with pytest.raises(ValueError, match="^images must be a tensor of shape"):
        augmentation_studio(bad)


def test_how_long_it_takes(images):
    panel, started = augmentation_studio(images), time.perf_counter()
    for seed in (2, 3, 4, 5):
        panel.controls["seed"].value = seed
    print(f"augmentation studio: {(time.perf_counter() - started) / 4:.3f} s a change")
