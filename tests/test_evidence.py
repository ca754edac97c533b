"""A notebook shows what it measured: the number itself, never only True, an assertion alone, or far less than was found."""

import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("[0-9][0-9]_*[a-z].ipynb"))
NUMBER = r"[−-]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)"


def said(cell):
    """All that a code cell's outputs say in words, pictures' alternative texts included."""
    texts = []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        texts += [output.get("text", ""), data.get("text/plain", ""), text_of(data.get("text/html", ""))]
        texts += [about.get("alt", "") for about in output.get("metadata", {}).values() if isinstance(about, dict)]
    return "\n".join(texts)


def text_of(html):
    """The text of HTML, without tags and style sheets."""
    parser, found = HTMLParser(), []
    parser.handle_data = lambda text: found.append(text) if parser.cdata_elem is None else None
    parser.feed(html)
    return " ".join(found)


def silent(cells):
    """All places where cells hide what they measured, in words."""
    for index, cell in enumerate(cells):
        if cell.cell_type == "code":
            yield from (f"it prints {line.strip()!r}: show the number" for line in said(cell).splitlines()
                        if re.search(r"(?:^|[\s:])(?:True|False)[.;]?\s*$", line))  # fmt: skip
            above = cells[index - 1] if index else None
            shown = said(cell) + (said(above) if above is not None and above.cell_type == "code" else "")
            if re.search(r"\bassert\b|assert_close\(", cell.source) and not re.search(r"\d", shown):
                yield f"it asserts and shows no number, nor does the cell above: {cell.source[:60]!r}"
        else:
            around = [said(c) for c in cells[max(0, index - 2) : index + 2] if c.cell_type == "code"]
            yield from understated(cell.source, around)


def understated(text, outputs):
    """Where a text says "more than N" of something that the cells around measured as over 1.5 times that."""
    for found in re.finditer(rf"(?:more than|at least|over) ({NUMBER})\s*(%|points?|times)?", text, re.IGNORECASE):
        claimed, unit = value(found[1]), (found[2] or "").rstrip("s")
        measured = [number for output in outputs for line in output.splitlines() for number in numbers(line, unit)]
        larger = [number for number in measured if number > claimed]
        if claimed > 0 and larger and min(larger) > 1.5 * claimed:
            yield f"{found[0]!r}, where {min(larger):g} was measured"


def numbers(line, unit):
    """The numbers of a line in that unit; points are also the differences of its shares."""
    found = [(value(n), u) for n, u in re.findall(rf"(?<![\w.])({NUMBER})\s*(%|points?|times)?", line)]
    if unit in ("%", "point"):
        percents = [100 * n if not u and 0 <= n <= 1 else n for n, u in found if u == "%" or (not u and 0 <= n <= 1)]
        if unit == "%":
            return percents
        return [n for n, u in found if u.startswith("point")] + [abs(a - b) for a in percents for b in percents]
    return [n for n, u in found if u.startswith("time")] if unit == "time" else []


def value(number):
    return float(number.replace("−", "-").replace(",", ""))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_was_measured_is_shown(path):
    assert list(silent(nbformat.read(path, 4).cells)) == []


def shows(text, source="measure()", **data):
    outputs = [new_output("display_data", data)] if data else [new_output("stream", text=text)]
    return new_code_cell(source, outputs=outputs)


ALT = new_code_cell(
    "assert a > b", outputs=[new_output("display_data", {"image/png": ""}, metadata={"image/png": {"alt": "kNN .64"}})]
)


@pytest.mark.parametrize("cells, problem", [
    ([shows("kNN .64, raw pixels .51")], None),
    ([shows("better than raw pixels: True\n")], "show the number"),
    ([shows("flip [True, False]\n    x.amax(1, keepdim=True)")], None),
    ([shows("kNN .64", "assert knn > raw")], None),
    ([shows("kNN .64"), new_code_cell("assert knn > raw")], None),
    ([shows("", "assert a", **{"text/html": "<table><tr><td style='width:3px'>.64</td></tr></table>"})], None),
    ([ALT], None),
    ([new_code_cell("assert knn > raw")], "shows no number"),
    ([shows("kNN .64"), new_markdown_cell("So:"), new_code_cell("assert knn > raw")], "shows no number"),
    ([shows("all is well", "assert knn > raw")], "shows no number"),
    ([shows("", "torch.testing.assert_close(a, b)", **{"text/html": "<style>p {margin: 3px}</style>equal"})], "shows no number"),
    ([shows("kNN .81, raw pixels .55"), new_markdown_cell("It is more than 10 points ahead.")], "where 26 was measured"),
    ([shows("kNN .81, raw pixels .55"), new_markdown_cell("It is more than 20 points ahead.")], None),
    ([shows("found 41 %"), new_markdown_cell("More than 15 % are found.")], "where 41 was measured"),
    ([shows("3.2 times as fast"), new_markdown_cell("That is more than 3 times as fast.")], None),
    ([shows("9.5 times as fast"), new_markdown_cell("That is at least 3 times as fast.")], "where 9.5 was measured"),
    ([shows("step 500"), new_markdown_cell("A network has more than 3 layers.")], None),
])  # fmt: skip
def test_what_is_hidden_is_seen(cells, problem):
    found = list(silent(cells))
    assert not found if problem is None else len(found) == 1 and problem in found[0]
