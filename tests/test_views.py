"""The views as a whole: against torchvision on the drawn parameters, and what is drawn against its distribution."""

import dataclasses
import math
import pickle

import pytest
import torch
import torchvision.transforms.v2 as tv2
import torchvision.transforms.v2.functional as tv
from hypothesis import given, settings
from hypothesis import strategies as st

from clearn.views import Parameters, simclr_views

OFF = {"strength": 0, "scale": (1, 1), "ratio": (1, 1), "flip": 0, "gray": 0}
ALL = {"rotation": 20, "blur": 0.5, "solarize": 0.3}
N = 20000
DRAWN = simclr_views(32, **ALL).draw(N, 32, 48, torch.Generator().manual_seed(0))


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def images(*shape, seed=0):
    return torch.rand(shape, generator=seeded(seed))


def rate_is(mask, p):
    """Within 5 standard deviations of a binomial with this p."""
    n = len(mask)
    assert abs(mask.sum().item() - n * p) < 5 * math.sqrt(n * p * (1 - p)) + 1e-9, (mask.float().mean().item(), p)


def uniform_over(values, low, high, slack=1e-6):
    """The Kolmogorov-Smirnov distance to the uniform distribution stays under its 1e-6 quantile."""
    ranks = (torch.arange(len(values)) + 0.5) / len(values)
    assert values.min() >= low - slack and values.max() <= high + slack
    assert ((values.sort()[0] - low) / (high - low) - ranks).abs().max() < 2.7 / math.sqrt(len(values))


def test_equal_to_torchvision_on_the_drawn_parameters():
    x, views = images(40, 3, 30, 44), simclr_views(24, blur=0.5, solarize=0.3)
    p = views.draw(40, 30, 44, seeded())
    for i, view in enumerate(views.apply(x, p)):
        e = tv.resized_crop(x[i], *p.boxes[i].tolist(), [24, 24], antialias=False)
        e = tv.horizontal_flip(e) if p.flip[i] else e
        for k in p.order[i].tolist():
            name = ["brightness", "contrast", "saturation", "hue"][k]
            e = getattr(tv, f"adjust_{name}")(e, getattr(p, name)[i].item())
        e = tv.rgb_to_grayscale(e, 3) if p.gray[i] else e
        e = tv.gaussian_blur(e, [3, 3], [p.sigma[i].item()] * 2) if p.sigma[i] > 0 else e
        solarized = tv.solarize(e, p.threshold[i].item()) if p.threshold[i] <= 1 else e
        near = (e - 0.5).abs() < 1e-4  # there rounding decides which side of the threshold
        torch.testing.assert_close(view.where(~near, 0), solarized.where(~near, 0), atol=3e-5, rtol=0)


@pytest.mark.parametrize("shape", [(16, 3, 32, 32), (16, 1, 28, 28), (1, 3, 5, 9), (3, 1, 1, 1)], ids=str)
@pytest.mark.parametrize("kind", [torch.uint8, torch.float32, torch.float16])
def test_two_views_of_any_images(shape, kind):
    pixels = (255 * images(*shape)).to(torch.uint8)
    x = pixels if kind == torch.uint8 else (pixels / 255).to(kind)
    before, views = x.clone(), simclr_views(20, **ALL)
    view0, view1 = views(x, seeded())
    assert view0.shape == view1.shape == (*shape[:2], 20, 20) and view0.dtype == torch.float32
    assert min(view0.min(), view1.min()) >= 0 and max(view0.max(), view1.max()) <= 1
    assert torch.equal(x, before)
    if shape[2] > 1:
        assert not torch.isclose(view0, view1).flatten(1).all(1).any(), "no image has the same view twice"
    if kind != torch.float16:
        for view, other in zip((view0, view1), views(pixels / 255, seeded()), strict=True):
            assert torch.equal(view, other), "uint8 and float are one path"


def test_equal_images_in_a_batch_get_different_views():
    view0, view1 = simclr_views(16, jitter=1)(images(1, 3, 24, 24).expand(32, -1, -1, -1), seeded())
    together = torch.cat([view0, view1]).flatten(1)
    distance = torch.cdist(together, together) + torch.eye(64)
    assert distance.min() > 0.05


def test_seeds():
    x, views = images(8, 3, 32, 32), simclr_views(32, **ALL)
    first = views(x, seeded(1))
    assert all(map(torch.equal, first, views(x, seeded(1))))
    assert not any(map(torch.equal, first, views(x, seeded(2))))
    torch.manual_seed(1)
    assert all(map(torch.equal, first, views(x))), "torch's global generator serves as well"
    generator = seeded(1)
    p0, p1 = views.draw(8, 32, 32, generator), views.draw(8, 32, 32, generator)
    assert torch.equal(views.apply(x, p0), first[0]) and torch.equal(views.apply(x, p1), first[1])
    state = torch.get_rng_state()
    views(x, seeded(1))
    assert torch.equal(state, torch.get_rng_state()), "a given generator leaves the global one alone"


def test_recipes_share_the_draws_that_they_share():
    plain = simclr_views(32).draw(50, 32, 32, seeded())
    rich = simclr_views(32, 0.5, gray=1, **ALL).draw(50, 32, 32, seeded())
    for name in ("boxes", "flip", "order"):
        assert torch.equal(getattr(plain, name), getattr(rich, name))
    few = simclr_views(32).draw(20, 32, 32, seeded())
    assert len(few) == 20 and torch.equal(few.hue, plain.hue[:20])


@pytest.mark.parametrize("channels", [1, 3])
def test_identity_at_strength_0_with_everything_else_off(channels):
    x = images(6, channels, 32, 32)
    for view in simclr_views(32, **OFF)(x):
        torch.testing.assert_close(view, x, atol=2e-6, rtol=0)
    assert (simclr_views(32, **OFF | {"scale": (0.1, 0.5)})(x)[0] - x).abs().mean() > 0.05


def test_rates():
    rate_is(DRAWN.flip, 0.5)
    rate_is(DRAWN.gray, 0.2)
    rate_is(DRAWN.sigma > 0, 0.5)
    rate_is(DRAWN.threshold <= 1, 0.3)
    rate_is((DRAWN.brightness != 1) | (DRAWN.hue != 0), 0.8)
    for p in (0, 1):
        q = simclr_views(8, flip=p, jitter=p, gray=p, blur=p, solarize=p).draw(500, 8, 8)
        for seen in (q.flip, q.hue != 0, q.gray, q.sigma > 0, q.threshold <= 1):
            assert (seen == bool(p)).all()


def test_ranges_are_filled_evenly():
    jittered = DRAWN.brightness != 1
    for factor in (DRAWN.brightness, DRAWN.contrast, DRAWN.saturation):
        uniform_over(factor[jittered], 0.2, 1.8)
        assert (factor[~jittered] == 1).all()
    uniform_over(DRAWN.hue[jittered], -0.2, 0.2)
    uniform_over(DRAWN.angle, -20, 20)
    uniform_over(DRAWN.sigma[DRAWN.sigma > 0], 0.1, 2)
    strong = simclr_views(8, 2.0).draw(2000, 8, 8)
    uniform_over(strong.contrast[strong.hue != 0], 0, 2.6)
    together = torch.stack([DRAWN.brightness, DRAWN.contrast, DRAWN.saturation, DRAWN.hue])[:, jittered]
    together = torch.cat([together, torch.stack([DRAWN.angle, DRAWN.flip.float(), DRAWN.gray.float()])[:, jittered]])
    assert (together.corrcoef() - torch.eye(7)).abs().max() < 5 / math.sqrt(0.8 * N), "nothing is drawn twice"


def test_all_24_orders_are_as_frequent():
    names, counts = DRAWN.order.unique(dim=0, return_counts=True)
    assert len(names) == 24
    for count in counts:
        assert abs(count - N / 24) < 5 * math.sqrt(N / 24)


def test_crops_have_the_drawn_area_and_shape():
    top, left, h, w = simclr_views(8).draw(N, 320, 320, seeded()).boxes.T
    assert (top >= 0).all() and (left >= 0).all() and (top + h <= 320).all() and (left + w <= 320).all()
    area, ratio = h * w / 320**2, w / h
    assert 0.075 < area.min() < 0.09 and 0.98 < area.max() <= 1
    assert 0.73 < ratio.min() < 0.77 and 1.3 < ratio.max() < 1.36
    small = area < 0.5  # these always fit: uniform, as drawn
    uniform_over(area[small], 0.08, 0.5, slack=0.002)  # sides are rounded to pixels
    uniform_over(ratio[small].log(), math.log(3 / 4), math.log(4 / 3), slack=0.02)
    down, across = ((top + 0.5) / (321 - h))[small], ((left + 0.5) / (321 - w))[small]
    uniform_over(down, 0, 1)
    uniform_over(across, 0, 1)
    assert torch.stack([down, across]).corrcoef()[0, 1].abs() < 5 / math.sqrt(len(down))


@pytest.mark.parametrize("height, width", [(32, 32), (24, 40), (200, 20), (10, 100)])
def test_crops_are_distributed_as_torchvisions(height, width):
    """Two samples, the same quartiles: of area and shape, also where few of the ten candidates fit."""
    torch.manual_seed(0)
    theirs = tv2.RandomResizedCrop(8)
    size = [torch.empty(3, height, width)]
    theirs = torch.tensor([[p["height"], p["width"]] for p in (theirs.make_params(size) for _ in range(3000))]).double()
    ours = simclr_views(8).draw(12000, height, width, seeded()).boxes[:, 2:].double()
    for of in (lambda b: b[:, 0] * b[:, 1], lambda b: b[:, 1] / b[:, 0]):
        for level in of(theirs).quantile(torch.tensor([0.25, 0.5, 0.75]).double()):
            p, q = (of(theirs) <= level).double().mean(), (of(ours) <= level).double().mean()
            assert abs(p - q) < 5 * math.sqrt(0.25 / 3000 + 0.25 / 12000)


@pytest.mark.parametrize("height, width, expected", [
    (32, 32, [0, 0, 32, 32]), (10, 100, [0, 43, 10, 13]), (100, 10, [43, 0, 13, 10]), (1, 1, [0, 0, 1, 1]),
    (1, 9, [0, 4, 1, 1]),
])  # fmt: skip
def test_where_no_candidate_fits_the_crop_is_central(height, width, expected):
    """As torchvision's: no box of all the area and a ratio other than the image's fits in the image."""
    boxes = simclr_views(8, scale=(1, 1), ratio=(3 / 4, 4 / 3)).draw(300, height, width).boxes
    assert (boxes == torch.tensor(expected)).all(1).float().mean() > 0.9


def test_parameters_can_be_changed_and_applied_again():
    x, views = images(4, 3, 32, 32), simclr_views(32, **ALL)
    p = views.draw(4, 32, 32, seeded())
    turned = dataclasses.replace(p, angle=p.angle + 30)
    assert isinstance(p, Parameters) and not torch.isclose(views.apply(x, p), views.apply(x, turned)).all()
    assert all(v.device.type == "cpu" for v in vars(p).values())


def test_a_recipe_shows_itself_and_travels():
    views = simclr_views(32, 0.5, rotation=15)
    assert repr(views).startswith("simclr_views(size=32, strength=0.5, scale=(0.08, 1.0), ratio=(0.75, 1.33")
    assert eval(repr(views)) == views == pickle.loads(pickle.dumps(views))


@pytest.mark.parametrize("name, value, error, says", [
    ("size", 0, ValueError, "size"), ("size", 2.5, TypeError, "size"), ("size", (8, 8), TypeError, "size"),
    ("strength", -1, ValueError, "strength"), ("strength", 3, ValueError, "strength times hue"),
    ("strength", math.nan, ValueError, "strength"), ("strength", "strong", TypeError, "strength"),
    ("flip", 1.5, ValueError, "flip, a probability"), ("gray", -0.1, ValueError, "gray, a probability"),
    ("jitter", None, TypeError, "jitter"), ("rotation", -5, ValueError, "rotation"),
    ("scale", (0, 1), ValueError, r"scale\[0\]"), ("scale", (0.5, 1.5), ValueError, "end at 1"),
    ("scale", (0.9, 0.1), ValueError, "rise"), ("scale", 0.5, TypeError, "pair"),
    ("ratio", (2, 1), ValueError, "rise"), ("ratio", "ab", TypeError, "pair"),
])  # fmt: skip
def test_bad_settings_are_explained(name, value, error, says):
    with pytest.raises(error, match=says):
        simclr_views(**{"size": 8, name: value})


def test_bad_calls_are_explained():
    views, x = simclr_views(8), images(2, 3, 8, 8)
    with pytest.raises(ValueError, match="divide by 255"):
        views(255 * x)
    with pytest.raises(ValueError, match="permute"):
        views(x.permute(0, 2, 3, 1))
    with pytest.raises(TypeError, match="generator must be"):
        views(x, 42)
    with pytest.raises(TypeError, match=r"draw\(\)"):
        views.apply(x, {"flip": True})
    with pytest.raises(ValueError, match="one entry an image"):
        views.apply(x, views.draw(3, 8, 8))
    with pytest.raises(ValueError, match="boxes .* inside"):
        views.apply(x, simclr_views(8, **OFF).draw(2, 9, 9))
    with pytest.raises(ValueError, match="n must be at least 1"):
        views.draw(0, 8, 8)


NUMBER = st.one_of(st.floats(0, 1), st.floats(), st.integers(-3, 300), st.none(), st.text(max_size=1), st.booleans())


@settings(max_examples=150, deadline=None)
@given(
    size=st.integers(-1, 20) | NUMBER.filter(lambda v: not isinstance(v, int)),
    chosen=st.dictionaries(st.sampled_from(["strength", "flip", "rotation", "jitter", "brightness", "contrast",
                                            "saturation", "hue", "gray", "blur", "solarize"]), NUMBER, max_size=4),
    pairs=st.dictionaries(st.sampled_from(["scale", "ratio"]), st.tuples(NUMBER, NUMBER) | NUMBER, max_size=2),
    shape=st.tuples(st.integers(0, 4), st.sampled_from([1, 3, 2]), st.integers(1, 9), st.integers(1, 9)),
    dtype=st.sampled_from([torch.uint8, torch.float32, torch.float64, torch.bfloat16, torch.int32]),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_views_in_range_or_a_helpful_error(size, chosen, pairs, shape, dtype, seed):
    x = images(*shape, seed=seed)
    x = (255 * x).to(dtype) if dtype in (torch.uint8, torch.int32) else x.to(dtype)
    try:
        views = simclr_views(size, **chosen, **pairs)(x, seeded(seed))
    except (TypeError, ValueError) as error:
        assert len(str(error)) > 20
    else:
        for view in views:
            assert view.shape == (*shape[:2], size, size) and view.min() >= 0 and view.max() <= 1
