"""A table whose cells are coloured by their values."""

import math

from matplotlib.colors import LinearSegmentedColormap

from clearn import style
from clearn.pictures import WIDTH, Picture, styled

SHADES = LinearSegmentedColormap.from_list("shades", ["#FFFFFF", style.ANCHOR])


@styled
def value_table(rows, *, span=(0.0, 1.0), title="", alt=None):
    """Numbers as a table, the darker the larger.

    Args: rows, {name: {column: value}}, from the top down, all with the columns of the first, where NaN leaves a cell
    empty; span, the values that are white and darkest; title, above; alt, the picture in words, by default all values.
    Raises ValueError for rows with other columns, or for none.
    """
    columns = list(next(iter(rows.values()), ()))
    if not columns or any(list(row) != columns for row in rows.values()):
        raise ValueError(f"rows must be one or more, each with the columns {columns}")
    words = "; ".join(f"{name}: " + ", ".join(f"{c} {two_digits(v)}" for c, v in row.items()) for name, row in rows.items())
    left, line = 0.1 + 0.085 * max(map(len, rows)), 0.42  # inches: room for the names, height of a row
    top = 0.32 + 0.2 * max(column.count("\n") for column in columns) + 0.3 * bool(title)
    width = min(WIDTH, left + 1.05 * len(columns))
    picture = Picture(width, top + line * len(rows) + 0.05, alt or " ".join(words.split()))
    picture.set_layout_engine("none")
    height = picture.get_figheight()
    axes = picture.add_axes((left / width, 0.05 / height, 1 - left / width, line * len(rows) / height))
    low, high = span
    for i, (name, row) in enumerate(rows.items()):
        axes.text(-0.08, i + 0.5, name, ha="right", va="center", color=style.INK)
        for j, value in enumerate(row.values()):
            if not math.isnan(value):
                share = min(max((value - low) / (high - low), 0.0), 1.0)  # a colour map takes 1 for its second colour
                axes.fill_between([j + 0.03, j + 0.97], i + 0.05, i + 0.95, color=SHADES(share), linewidth=0)
                ink = "white" if share > 0.55 else style.INK
                axes.text(j + 0.5, i + 0.5, two_digits(value), ha="center", va="center", color=ink)
    for j, column in enumerate(columns):
        axes.text(j + 0.5, -0.12, column, ha="center", va="bottom", color=style.INK, fontweight="bold", fontsize=10)
    if title:
        picture.text(0.02, 1 - 0.08 / height, title, va="top", color=style.INK, fontsize=11)
    axes.set(xlim=(0, len(columns)), ylim=(len(rows), 0))
    axes.set_axis_off()
    return picture


def two_digits(value):
    """A number for the page: two digits, a true minus, and no minus before nothing.

    >>> two_digits(-0.001), two_digits(-0.25), two_digits(float("nan"))
    ('0.00', '−0.25', 'unknown')
    """
    return "unknown" if math.isnan(value) else f"{round(value, 2) + 0:.2f}".replace("-", "−")
