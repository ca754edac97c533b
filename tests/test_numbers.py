"""Numbers as the course writes them: what is read is what was measured, to the last place shown."""

import re
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from clearn.course.numbers import RAISED, say

PROFILE = settings(derandomize=True, deadline=None, max_examples=200)
VALUES = st.one_of(st.floats(-2, 2), st.floats(-1e300, 1e300), st.integers(),
                   st.floats(0.9, 1.1), st.floats(-1e-6, 1e-6), st.floats(5, 2000))  # fmt: skip
DIGITS = st.integers(0, 5)
LOWERED = {raised: plain for plain, raised in RAISED.items()}


def read(words):
    """What `say` said, as the exact number that is written there and half a unit of its last place."""
    mark, whole, places, exponent, percent = re.fullmatch(
        r"([+−]?)(\d{1,3}(?:,\d{3})*|)(?:\.(\d+))?(?:·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?( %)?", words).groups()  # fmt: skip
    places = places or ""
    scale = Fraction(10) ** (int(exponent.translate(LOWERED)) if exponent else 0) / (100 if percent else 1)
    size = Fraction(int(whole.replace(",", "") + places), 10 ** len(places)) * scale
    return -size if mark == "−" else size, Fraction(1, 2 * 10 ** len(places)) * scale


@PROFILE
@given(VALUES, st.sampled_from(["", "%"]), DIGITS, st.booleans())
def test_what_is_said_is_the_value_to_half_the_last_place(value, unit, digits, sign):
    written, half = read(say(value, unit, digits, sign))
    rounding = abs(Fraction(value)) * Fraction(1, 2**52) + Fraction(5e-324)  # of 100 times the value
    assert abs(written - Fraction(value)) <= half + rounding
    if 0 < abs(value) < 1:
        assert half <= Fraction(1, 2 * 10**digits)  # so many digits are shown at least


@PROFILE
@given(VALUES, st.sampled_from(["", "%"]), DIGITS)
def test_only_nothing_reads_as_nothing_and_only_all_as_all(value, unit, digits):
    written, _ = read(say(value, unit, digits))
    assert (written == 0) == (value == 0)
    if unit and 0 < abs(value) < 1:
        assert abs(written) < 1


@PROFILE
@given(st.floats(-1e6, 1e6), DIGITS, st.booleans())
def test_signs(value, digits, sign):
    words = say(value, digits=digits, sign=sign)
    assert words[:1] == "−" if value < 0 else words[:1] == "+" if value > 0 and sign else words[:1] not in "+−"
    assert "-" not in words and not re.search(r"(^|\D)0\.", words)  # no hyphen, no zero before the point


@pytest.mark.parametrize(("value", "words"), [
    (torch.tensor(0.25), ".25"), (torch.tensor([[12]]), "12"), (torch.tensor(float("nan")), "unknown"),
    (np.float32(0.25), ".25"), (np.array([7]), "7"), (np.int64(7), "7"), (Fraction(1, 4), ".25"), (float("-inf"), "−∞"),
    (9.96, "9.96"), (9.996, "10.0"), (99.99, "100"), (0.999, "1.00"), (0.0099, ".0099"), (0.00999, ".01"),
    (-0.001, "−.0010"), (0, "0"), (3e9, "3.0·10⁹"),
])  # fmt: skip
def test_what_is_taken_and_where_the_form_changes(value, words):
    assert say(value) == words


@pytest.mark.parametrize(("share", "words"), [
    (0.0, "0 %"), (1, "100 %"), (0.5, "50 %"), (0.0996, "10 %"), (0.986, "99 %"), (0.9996, "99.96 %"),
    (1.003, "100.3 %"), (1.23, "123 %"), (3.1e-7, "3.1·10⁻⁵ %"), (float("nan"), "unknown"),
])  # fmt: skip
def test_percent(share, words):
    assert say(share, "%") == words


OTHER = [[0.5], [0.5, 0.6], torch.zeros(2), np.zeros(0), "0.5", None, True, torch.tensor(True), 1j]


@pytest.mark.parametrize("value", OTHER, ids=repr)
def test_other_things_are_refused(value):
    with pytest.raises(TypeError, match="^value must be one number, got "):
        say(value)
    with pytest.raises(ValueError, match='^unit must be "" or "%"'):
        say(0.5, "px")
