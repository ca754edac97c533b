"""The panels of chapter 02 say what plane geometry and the sphere's area say."""

import math
import re
import time

import numpy as np
import pytest
import torch
from scipy.integrate import quad

from clearn.course.widgets import random_cosines, two_vectors
from clearn.course.widgets.vectors import cosine_density, cosines_of_random_pairs, power_of_ten, share_above

NUMBER = r"(−?[\d.]+\d)"


def stated(panel):
    """Dot product, cosine, distance, and dot product and distance after scaling, as the caption has them."""
    pattern = (f"Dot product {NUMBER}, cosine {NUMBER}, distance {NUMBER}. Scaled to length 1: dot product {NUMBER}, "
               f"distance {NUMBER}")  # fmt: skip
    return [float(x.replace("−", "-")) for x in re.search(pattern, panel.caption).groups()]


@pytest.mark.parametrize(("a", "b"), [((15, 1.6), (75, 1.2)), ((-180, 2), (180, 0.5)), ((0, 1), (90, 1.3)),
                                      ((130, 0.7), (-50, 2)), ((-95, 1.1), (20, 0.1))])  # fmt: skip
def test_two_vectors_by_plane_geometry(a, b):
    panel = two_vectors()
    for name, value in zip(("angle_of_a", "length_of_a", "angle_of_b", "length_of_b"), (*a, *b)):
        panel.controls[name].value = value
    cos = math.cos(math.radians(a[0] - b[0]))
    third_side = math.sqrt(a[1] ** 2 + b[1] ** 2 - 2 * a[1] * b[1] * cos)
    expected = a[1] * b[1] * cos, cos, third_side, cos, 2 * abs(math.sin(math.radians(a[0] - b[0]) / 2))
    assert stated(panel) == pytest.approx(expected, abs=0.0051)
    assert "-" not in panel.caption and not re.search(r"−\.00\b", panel.caption)
    assert f"a: {a[0]}°, length {a[1]:.1f}; b: ".replace("-", "−").replace(" 0.", " .") in panel.caption


def test_a_zero_vector_is_told():
    panel = two_vectors()
    panel.controls["length_of_b"].value = 0
    dot, cos, distance, *_ = stated(panel)
    assert (dot, cos, distance) == (0, 0, 1.6) and "zero vector" in panel.caption
    panel.controls["length_of_b"].value = 0.1
    assert "zero vector" not in panel.caption


@pytest.mark.parametrize(("make", "values"), [
    (two_vectors, {"angle_of_a": 50, "length_of_a": 0.5, "angle_of_b": -75, "length_of_b": 2.0}),
    (random_cosines, {"exponent": 6, "mark": 0.5}),
])  # fmt: skip
def test_each_control_changes_the_picture(make, values):
    panel, started = make(), time.perf_counter()
    for name, value in values.items():
        before, caption, panel.controls[name].value = panel._png, panel.caption, value
        assert panel._png != before and panel.caption != caption and "cannot be drawn" not in panel._words.value, name
    print(f"{panel.name}: {(time.perf_counter() - started) / len(values):.3f} s a change")


@pytest.mark.parametrize("exponent", range(1, 11))
def test_random_cosines_are_as_wide_as_the_theory_says(exponent):
    panel, d = random_cosines(), 2**exponent
    panel.controls["exponent"].value = exponent
    pattern = f"(\\d+) dimensions.* deviation {NUMBER}; 1/√d = {NUMBER}.* is {NUMBER} standard"
    dimension, measured, theory, off = (float(x) for x in re.search(pattern, panel.caption).groups())
    assert dimension == d and theory == pytest.approx(1 / math.sqrt(d), abs=5.1e-4)
    assert measured == pytest.approx(1 / math.sqrt(d), rel=0.04, abs=5e-4)
    assert off == pytest.approx(0.3 * math.sqrt(d), abs=0.051)


@pytest.mark.parametrize("d", [2, 3, 4, 8, 64, 512])
def test_the_density_is_one(d):
    def density(turn):  # with c = sin t no end is infinite
        return cosine_density(torch.tensor(math.sin(turn), dtype=torch.float64), d).item() * math.cos(turn)

    assert quad(density, -math.pi / 2, math.pi / 2, points=[0])[0] == pytest.approx(1, abs=1e-6)
    spread = quad(lambda t: density(t) * math.sin(t) ** 2, -math.pi / 2, math.pi / 2, points=[0])[0]
    assert spread == pytest.approx(1 / d, rel=1e-5)
    if d < 100:
        above = quad(density, math.asin(0.3), math.pi / 2)[0]
        assert share_above(0.3, d) == pytest.approx(above, abs=1e-7)


def test_shares_by_other_means():
    assert share_above(0.5, 2) == pytest.approx(math.acos(0.5) / math.pi)  # an arc of the circle
    assert share_above(0.3, 3) == pytest.approx(0.35)  # Archimedes
    assert share_above(0, 17) == pytest.approx(0.5) and share_above(1, 17) == 0
    x = np.random.default_rng(0).standard_normal((200_000, 8))
    assert share_above(0.3, 8) == pytest.approx((x[:, 0] / np.linalg.norm(x, axis=1) > 0.3).mean(), abs=4e-3)
    assert power_of_ten(share_above(0.3, 512)) == "10^11"


def test_random_pairs_are_pairs_of_two():
    cosines = cosines_of_random_pairs(2, n=20_000)
    assert len(cosines) == 20_000 and abs(cosines.mean()) < 0.02
    assert (cosines > 0.5).float().mean().item() == pytest.approx(1 / 3, abs=0.02)


@pytest.mark.parametrize(("call", "name"), [
    (lambda: share_above(1.5, 3), "c"), (lambda: share_above(-0.1, 3), "c"), (lambda: share_above(0.5, 1), "d"),
    (lambda: cosine_density(torch.zeros(1), 1), "d"), (lambda: cosines_of_random_pairs(0), "d"),
    (lambda: cosines_of_random_pairs(4, n=0), "n"),
])  # fmt: skip
def test_bad_input_is_named(call, name):
    with pytest.raises(ValueError, match=f"^{name} must be"):
        call()
