"""What two views share is what plain loops measure; what features know is what a brute-force ridge finds."""

import math

import numpy as np
import pytest
import torch

from clearn import datasets, evaluation, views
from clearn.evaluation import factors


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def by_loops(image):
    """The properties of one image (C, H, W), pixel by pixel."""
    c, h, w = image.shape
    value = image.double().tolist()
    gray = {(i, j): sum(value[k][i][j] for k in range(c)) / c for i in range(h) for j in range(w)}
    light = sum(gray.values())
    squares = sum(g * g for g in gray.values())
    across = sum(g * (j - (w - 1) / 2) for (i, j), g in gray.items()) / light
    down = sum(g * (i - (h - 1) / 2) for (i, j), g in gray.items()) / light
    xx = xy = yy = 0.0
    for (i, j), g in gray.items():
        dx, dy = j - (w - 1) / 2 - across, i - (h - 1) / 2 - down
        xx, xy, yy = xx + g * dx * dx, xy + g * dx * dy, yy + g * dy * dy
    channel = [sum(map(sum, value[k])) for k in range(c)]
    return {"colour": [x / sum(channel) for x in channel], "brightness": [squares / light], "size": [light**2 / squares],
            "across": [across], "down": [down], "tilt": [2 * xy / (xx + yy)]}  # fmt: skip


def test_properties_are_what_loops_measure():
    images = torch.rand(5, 3, 6, 9, generator=rng()) * (torch.rand(5, 1, 6, 9, generator=rng(1)) < 0.4)
    found = factors.properties(images)
    for n, image in enumerate(images):
        expected = by_loops(image)
        assert list(found) == list(expected)
        for name, value in expected.items():
            assert found[name][n].tolist() == pytest.approx(value, abs=1e-6), name


def test_each_property_sees_its_own_change_and_no_other():
    image = torch.zeros(1, 3, 12, 12)
    image[:, :, 3:7, 4:6] = torch.rand(1, 3, 4, 2, generator=rng())
    before = factors.properties(image)
    tint = torch.tensor([0.3, 0.9, 0.6]).view(1, 3, 1, 1)
    alone = image[:, :1].expand(-1, 3, -1, -1)
    changes = {"darker": (image, image / 2, {"brightness"}), "moved": (image, image.roll(2, 3), {"across"}),
               "lowered": (image, image.roll(1, 2), {"down"}), "mirrored": (image, image.flip(3), {"across", "tilt"}),
               "tinted": (alone, alone * tint, {"colour", "brightness"})}  # fmt: skip
    for change, (old, new, expected) in changes.items():
        old, new = factors.properties(old), factors.properties(new)
        assert {name for name in old if not torch.allclose(old[name], new[name], atol=1e-5)} == expected, change
    moved, mirrored = factors.properties(image.roll(2, 3)), factors.properties(image.flip(3))
    torch.testing.assert_close(moved["across"], before["across"] + 2)
    torch.testing.assert_close(mirrored["tilt"], -before["tilt"])


def test_a_black_image_is_neutral():
    found = factors.properties(torch.zeros(1, 3, 8, 8))
    assert found.pop("colour").tolist() == [pytest.approx([1 / 3] * 3)]
    assert all(value.tolist() == [[0.0]] for value in found.values())


def test_shared_is_the_correlation():
    images = datasets.load("scattered", "test").images[:100]
    view0, view1 = views.simclr_views(24, rotation=30)(images, rng())
    first, second = factors.properties(view0), factors.properties(view1)
    for name, r in factors.shared(view0, view1).items():
        columns = zip(first[name].T.numpy(), second[name].T.numpy())
        assert r == pytest.approx(np.mean([np.corrcoef(a, b)[0, 1] for a, b in columns])), name
    assert factors.shared(view0, view0) == pytest.approx(dict.fromkeys(first, 1.0))


def test_what_does_not_vary_is_not_shared():
    gray = torch.rand(9, 1, 6, 6, generator=rng()).expand(-1, 3, -1, -1)
    assert factors.shared(gray, gray)["colour"] == 0


@pytest.mark.parametrize("other", [torch.zeros(3, 3, 8, 8), torch.zeros(4, 3, 8, 9)])
def test_views_of_other_images_are_named(other):
    with pytest.raises(ValueError, match="^view0 and view1 must be views of the same N ≥ 2 images"):
        factors.shared(torch.zeros(4, 3, 8, 8), other)
    with pytest.raises(ValueError, match="^view0 and view1 must be views"):
        factors.shared(other[:1], other[:1])


# How well features predict

RIDGES = (0.01, 0.3, 10)


def ridge(x, y, penalty, at):
    """Ridge regression with an intercept that is not penalised, by the normal equations."""
    mean = x.mean(0)
    weights = np.linalg.solve((x - mean).T @ (x - mean) + penalty * np.eye(x.shape[1]), (x - mean).T @ (y - y.mean(0)))
    return (at - mean) @ weights + y.mean(0)


def by_brute_force(x, y, test_x, test_y):
    mean, spread = x.mean(0), x.std(0) * math.sqrt(x.shape[1])
    x, test_x = (x - mean) / spread, (test_x - mean) / spread

    def left_out(penalty):
        wrong = 0.0
        for i in range(len(x)):
            others = np.arange(len(x)) != i
            wrong += np.square(y[i] - ridge(x[others], y[others], penalty, x[i : i + 1])).sum()
        return wrong

    best = min(RIDGES, key=left_out)
    guess = ridge(x, y, best, test_x)
    return best, np.mean(1 - np.square(test_y - guess).sum(0) / np.square(test_y - test_y.mean(0)).sum(0))


@pytest.mark.parametrize(("noise", "best"), [(0.01, 0.01), (1.0, 0.3), (6.0, 10)])
def test_predictability_is_what_brute_force_finds(noise, best):
    x = torch.randn(90, 6, generator=rng()) * torch.tensor([1, 10, 0.1, 1, 1, 3]) + 5
    y = x[:, :2] / torch.tensor([1, 10]) + noise * torch.randn(90, 2, generator=rng(1))
    parts = x[:30], y[:30], x[30:], y[30:]
    chosen, expected = by_brute_force(*(part.double().numpy() for part in parts))
    assert chosen == best  # the three cases ask for different ridges
    assert factors.predictability(*parts, ridges=RIDGES) == pytest.approx(expected, abs=1e-6)


def test_predictability_goes_from_nothing_to_one():
    x = torch.randn(2000, 8, generator=rng())
    known, unknown = x @ torch.randn(8, 3, generator=rng(1)) - 7, torch.randn(2000, generator=rng(2))
    assert factors.predictability(x[:1000], known[:1000], x[1000:], known[1000:]) > 0.9999
    assert abs(factors.predictability(x[:1000], unknown[:1000], x[1000:], unknown[1000:])) < 0.02
    half = known[:, 0] + known[:, 0].std() * unknown
    assert factors.predictability(x[:1000], half[:1000], x[1000:], half[1000:]) == pytest.approx(0.5, abs=0.05)


def test_predictability_ignores_units_and_takes_booleans_and_constant_columns():
    x = torch.randn(300, 4, generator=rng())
    y = x[:, 0] + torch.randn(300, generator=rng(1))
    r2 = factors.predictability(x[:150], y[:150], x[150:], y[150:])
    assert factors.predictability(x[:150], 100 * y[:150] + 3, x[150:], 100 * y[150:] + 3) == pytest.approx(r2)
    wider = torch.cat([9 * x - 2, torch.ones(300, 4)], 1)  # √D grows, so every ridge counts as another
    assert factors.predictability(wider[:150], y[:150], wider[150:], y[150:]) == pytest.approx(r2, abs=5e-3)
    yes = y > 0
    assert factors.predictability(x[:150], yes[:150], x[150:], yes[150:]) == pytest.approx(
        factors.predictability(x[:150], yes[:150].float(), x[150:], yes[150:].float()))  # fmt: skip


def test_nothing_is_fitted_on_the_test_set():
    x, y = torch.randn(100, 4, generator=rng()), torch.randn(100, generator=rng(1))
    x_test, y_test = torch.randn(40, 4, generator=rng(2)), torch.randn(40, generator=rng(3))
    both = [factors.predictability(x, y, x_test[i : i + 20], y_test[i : i + 20]) for i in (0, 20)]
    unexplained = [(1 - r) * (part - part.mean()).square().sum() for r, part in zip(both, y_test.split(20))]
    whole = 1 - sum(unexplained) / (y_test - y_test.mean()).square().sum()
    assert factors.predictability(x, y, x_test, y_test) == pytest.approx(whole.item(), abs=1e-6)


def test_it_agrees_with_the_probe_on_what_is_easy():
    images = datasets.load("scattered", "train")[:600]
    x, y = images.images.flatten(2).double().mean(2), images.factors["tint"].argmax(1)
    assert evaluation.linear_probe(x[:300], y[:300], x[300:], y[300:]) > 0.7
    share = images.factors["tint"] / images.factors["tint"].sum(1, keepdim=True)
    x = torch.nn.functional.normalize(x, p=1)
    assert factors.predictability(x[:300], share[:300], x[300:], share[300:]) > 0.95


X = torch.eye(4)
Y = torch.arange(4.0)


@pytest.mark.parametrize(("change", "error", "message"), [
    ({"train_features": X[0]}, ValueError, "train_features must have shape"),
    ({"test_features": torch.ones(4, 3)}, ValueError, "test_features and train_features must have rows of one length"),
    ({"train_values": Y[:3]}, ValueError, "train_values must have shape"),
    ({"test_values": Y[None]}, ValueError, "test_values must have shape"),
    ({"test_values": torch.stack([Y, Y], 1)}, ValueError, "train_values and test_values must have as many columns"),
    ({"train_values": torch.ones(4)}, ValueError, "train_values must be finite and vary"),
    ({"test_values": Y / 0}, ValueError, "test_values must be finite and vary"),
    ({"train_values": [0, 1, 2, 3]}, TypeError, "train_values must be a torch.Tensor"),
    ({"ridges": (0,)}, ValueError, "ridges must be a finite number above 0"),
])  # fmt: skip
def test_bad_input_is_named(change, error, message):
    given = {"train_features": X, "train_values": Y, "test_features": X, "test_values": Y} | change
    with pytest.raises(error, match=f"^{message}"):
        factors.predictability(**given)
