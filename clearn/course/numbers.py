"""How a number is written, wherever the course shows one: in tables, in captions, on figures."""

import math
from numbers import Real

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def say(value, unit="", digits=2, sign=False):
    """One number, or a tensor or array of one element, in the course's form.

    An int is written in full. Of other numbers `digits` places after the point are shown: fewer from 10 on, where they
    mean nothing, and more, up to `digits` significant ones, for a small number that would read as zero.

    >>> say(12345), say(0.636), say(1.0), say(2.345), say(12.34), say(1234.5)
    ('12,345', '.64', '1.00', '2.35', '12.3', '1,234')
    >>> say(-0.2), say(-0.0), say(0.00031), say(-3.1e-7), say(float("nan"))
    ('−.20', '.00', '.00031', '−3.1·10⁻⁷', 'unknown')
    >>> say(0.12, sign=True), say(-0.12, sign=True), say(0.0, sign=True)
    ('+.12', '−.12', '.00')

    With the unit "%" a share is written in percent, with `digits` significant digits, and with more near 100 %, so that
    only what is all reads as all.

    >>> say(0.043, "%"), say(0.6427, "%"), say(0.997, "%"), say(1.0, "%"), say(0.0039, "%"), say(-0.05, "%", sign=True)
    ('4.3 %', '64 %', '99.7 %', '100 %', '0.39 %', '−5.0 %')

    Raises TypeError for what is not one number, ValueError for another unit.
    """
    value = number(value)
    if unit not in ("", "%"):
        raise ValueError(f'unit must be "" or "%", got {unit!r}')
    if math.isnan(value):
        return "unknown"
    mark = "−" if value < 0 else "+" if sign and value > 0 else ""
    if unit:
        return mark + decimal(100 * abs(float(value)), digits, percent=True) + " %"
    words = f"{abs(value):,}" if isinstance(value, int) else decimal(abs(float(value)), digits)
    return mark + (words[1:] if words.startswith("0.") else words)


def number(value):
    """The Python number that `value` is or holds; raises TypeError for everything else, booleans too."""
    if hasattr(value, "item") and getattr(value, "shape", None) is not None and math.prod(value.shape) == 1:
        value = value.item()
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"value must be one number, got {type(value).__name__}")
    return value


def decimal(size, digits, percent=False):
    """`size`, at least 0, rounded for `say`."""
    if math.isinf(size):
        return "∞"
    if size and not 1e-4 <= size < 1e9:
        mantissa, exponent = f"{size:.{max(digits - 1, 0)}e}".split("e")
        return f"{mantissa}·10{str(int(exponent)).translate(RAISED)}"
    significant = max(digits, 1)
    places = 0 if percent and not size else significant - 1 - order(size, significant)
    if percent and 0 < abs(100 - size) < 1:
        places = max(places, -order(abs(100 - size), 1))
    elif not percent and order(size, significant) >= -digits:
        places = min(digits, digits - order(size, digits + 1))
    return f"{size:,.{max(places, 0)}f}"


def order(size, digits):
    """The power of ten of the first digit of `size`, rounded to so many significant ones."""
    return int(f"{size:.{digits - 1}e}".split("e")[1])
