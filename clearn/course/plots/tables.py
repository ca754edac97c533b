"""A table of numbers whose cells are shaded by their values."""

import math
from html import escape

from matplotlib.colors import to_rgb

from clearn import style
from clearn.course.numbers import number, say

DEEPEST = 0.6  # the opacity of the deepest shade: the text of a light and of a dark page stays readable on it
LINE = "1px solid rgba(128,128,128,0.7)"  # seen on white and on black
TABLE = (
    f"border-collapse:collapse;border-top:{LINE};border-bottom:{LINE};margin:8px 0px;"
    "font-variant-numeric:tabular-nums"
)  # fmt: skip  an untrusted notebook's page drops this one property
CAPTION, UNSEEN = "text-align:left;padding:4px 0px", "position:absolute;opacity:0"  # read aloud all the same
ROW = "background-color:transparent"  # not the page's stripes, which would look like shades
CELL = "padding:5px 12px;text-align:right;vertical-align:middle"
HEAD = "padding:5px 12px;text-align:right;vertical-align:bottom;white-space:pre-line"  # a name's own line breaks stay
NAME = "padding:5px 12px 5px 0px;text-align:left;font-weight:normal;max-width:24em"


class Table:
    """A table that shows itself in a notebook as HTML, and in a console in aligned columns."""

    def __init__(self, html, text):
        self.html, self.text = html, text

    def __repr__(self):
        return self.text

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self.html, "text/plain": self.text}


def value_table(rows, *, span=(0.0, 1.0), title="", unit=""):
    """Numbers as a `Table`, the larger the bluer; with a span that begins below 0, the further below 0 the more orange.

    Args: rows, {name: {column: value}}, from the top down, all with the columns of the first; a value is a float, where
    NaN leaves its cell empty, or an int or a string, which are not shaded; span, the values with no shade and with the
    deepest, or None for no shades; title, above; unit, "%" if the floats are shares.
    Raises ValueError for rows with other columns, or for none, and TypeError for another value.
    """
    columns = list(next(iter(rows.values()), ()))
    if not columns or any(list(row) != columns for row in rows.values()):
        raise ValueError(f"rows must be one or more, each with the columns {columns}")
    values = [[value if isinstance(value, str) else number(value) for value in row.values()] for row in rows.values()]
    words = [[in_words(value, unit) for value in row] for row in values]
    names, heads = ([" ".join(name.split()) for name in each] for each in (rows, columns))
    caption = element("caption", title or f"Table: {', '.join(heads)}", CAPTION if title else f"{CAPTION};{UNSEEN}")
    top = "".join(element("th", column, HEAD, ' scope="col"') for column in columns)
    html = [f'<table style="{TABLE}">', caption, f'<thead style="border-bottom:{LINE}">',
            f'<tr style="{ROW}"><td></td>{top}</tr>', "</thead>", "<tbody>"]  # fmt: skip
    for name, row, texts in zip(names, values, words):
        cells = "".join(element("td", text, CELL + shade(value, span)) for value, text in zip(row, texts))
        html.append(f'<tr style="{ROW}">' + element("th", name, NAME, ' scope="row"') + cells + "</tr>")
    return Table("\n".join([*html, "</tbody>", "</table>"]), aligned(title, heads, names, words))


def in_words(value, unit):
    """What a cell says: nothing for NaN."""
    if isinstance(value, str):
        return value
    return say(value) if isinstance(value, int) else "" if math.isnan(value) else say(value, unit)


def element(tag, text, css, more=""):
    """HTML of one cell. For who listens an empty one says that it is empty."""
    return f'<{tag}{more} style="{css}">{escape(text) or """<span style="opacity:0">none</span>"""}</{tag}>'


def shade(value, span):
    """The CSS of a cell's background: none for what is no measured number."""
    if span is None or isinstance(value, (int, str)) or math.isnan(value):
        return ""
    low, high = span
    share = value / max(-low, high) if low < 0 else (value - low) / (high - low)
    if low >= 0:
        share = max(share, 0.0)
    red, green, blue = (round(255 * part) for part in to_rgb(style.ANCHOR if share > 0 else style.NEGATIVE))
    return f";background-color:rgba({red},{green},{blue},{DEEPEST * min(abs(share), 1.0):.2f})"


def aligned(title, heads, names, words):
    """The table in a font of one width: numbers end where their column ends."""
    grid = [["", *heads], *([name, *(text or "–" for text in row)] for name, row in zip(names, words))]
    first, *widths = (max(map(len, column)) for column in zip(*grid))
    lines = ("  ".join([name.ljust(first), *(text.rjust(width) for text, width in zip(texts, widths))])
             for name, *texts in grid)  # fmt: skip
    return "\n".join([title] * bool(title) + [line.rstrip() for line in lines])
