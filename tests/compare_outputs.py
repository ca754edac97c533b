"""What sets the outputs of a code cell, executed now, apart from the saved ones, in words.

    differences(now, saved, cell.metadata)
    -> [], or ['stdout: "kNN .64": the number .64 was saved, now .41 (tolerance 0.05)']

All that a cell prints and shows is compared to the letter: streams, results, errors, and the words that pictures carry
(their alternative text, the caption of a panel). Pictures may differ in a few pixels. Widgets are left out, for their
ids are random, and so is how a front end stores outputs: a stream whole or in parts, a text as a string or as lines.
The line that stands before the outputs of a folded cell until it is run (FOLD) is no output of its code.

Tags of the cell:
- `picture-varies`: pictures and their words may look otherwise (what training made), but must be as many.
- `numbers-vary`: the words must be the same, and each number within a tolerance. With `picture-varies` as well, pixels
  may differ, and the words of the pictures are compared like all others.
- `nbval-ignore-output`: nothing is compared.

A number x matches the saved y if |x - y| <= tolerance * max(1, |y|). A number with a percent sign, `64 %` or `64%`, is
that many hundredths: 64 % and 61 % are .03 apart. The tolerance is 0.05 unless the cell's metadata has another:
`{"tags": ["numbers-vary"], "tolerance": 0.02}`. Numbers look like `.64`, `0.64`, `1,234`, `3e-4` or `3.1·10⁻⁴`, and may
have a sign `-`, `−` or `+`. Digits in a name belong to it (`SimCLR-2`, `conv1`), and a hyphen in a word or between
numbers (`t-SNE`, `10-20`) is no sign; `nan` and `inf` are words. There must be as many numbers as before, between the
same words. A run of blanks counts as one, because a number with one more digit shifts the columns of a table.
In HTML, `numbers-vary` compares the tags with all attributes but `style`, since the shade of a cell follows its value.
A row that is missing or in another place is a change.
"""

import base64
import html
import io
import math
import os
import re
from decimal import Decimal
from html.parser import HTMLParser

import numpy as np
from PIL import Image

TOLERANCE = 0.05
CLEARLY = 0.2  # of full brightness: a pixel that differs by less is rounding
FEW = 1e-4  # of the pixels may differ clearly: less than one changed digit in a title

WIDGETS = "application/vnd.jupyter.widget"
PICTURES = ("image/png", "image/jpeg")
ALT = "alternative text"
MARK = "\0"
# JupyterLab shows the first line of a folded cell's first output beside the dots: this one tells nothing of the answer.
FOLD = "Predict first, then run this cell"
RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
TOKEN = re.compile(r"""
    [^\W\d]\w*+ (?: (?<=\d)\.\d++ | -\w++(?!\.\d) )*+  # a word or a name, with the digits in it
  | (?P<number>
      (?P<sign> (?<![\w)\]%])[-−+] )?
      (?P<digits>
        (?: (?: \d{1,3}(?:,\d{3})++(?!\d) | \d++ )
            (?: \.\d++ | \.(?=[\]),]|\ [-−+.\d]) )?  # 1. in an array, but no full stop
          | (?<!\d)\.\d++ )
        (?: [eE][-−+]?\d{1,3}(?!\w) )? )
      (?: \ ?[·×]\ ?10(?P<power>⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}) )? )
    (?P<percent> (?=\ ?%) )?""", re.VERBOSE)  # fmt: skip


def differences(now, saved, metadata):
    """Compare two lists of nbformat outputs (dicts) of one code cell; metadata, the cell's.

    Returns a list of str, one for each difference, empty if they are equal. Neither list is changed.
    """
    tags = metadata.get("tags", [])
    if problem := tolerance_problem(metadata):
        return [problem]
    if "nbval-ignore-output" in tags:
        return []
    tolerance = metadata.get("tolerance", TOLERANCE) if "numbers-vary" in tags else None
    pictures_vary = "picture-varies" in tags
    now, saved = (by_kind(outputs, pictures_vary and tolerance is None) for outputs in (now, saved))
    found = {}  # {a difference: where}: an alternative text is often the plain text, too, and is reported once
    for kind in sorted(now | saved):
        values, before = now.get(kind, []), saved.get(kind, [])
        if len(values) != len(before):
            name = "pictures" if kind in PICTURES else "outputs"
            found[f"{len(before)} {name} were saved, {len(values)} are shown now"] = kind
            continue
        for number, pair in enumerate(zip(values, before, strict=True), 1):
            for difference in differences_in(kind, *pair, pictures_vary, tolerance):
                found.setdefault(difference, kind if len(before) == 1 else f"{kind} {number}")
    return [f"{where}: {difference}" for difference, where in found.items()]


def tolerance_problem(metadata):
    """What is wrong with the tolerance of a cell, or None."""
    tolerance = metadata.get("tolerance", TOLERANCE)
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float) or not 0 <= tolerance < math.inf:
        return f"the tolerance of the cell must be a number of at least 0, got {tolerance!r}"
    if "tolerance" in metadata and "numbers-vary" not in metadata.get("tags", []):
        return "the cell has a tolerance, but not the tag numbers-vary"
    return None


def by_kind(outputs, drop_words):
    """{kind: its values in order}. A kind is the name of a stream, "error", a MIME type or ALT.

    The order is kept within a kind only, as streams and displays overtake each other. With drop_words the words of
    pictures are empty.
    """
    kinds = {"stdout": [""], "stderr": [""]}
    for output in outputs[is_fold(outputs) :]:
        match output["output_type"]:
            case "stream":
                kinds[output["name"]][0] += text_of(output["text"])
            case "error":
                kinds.setdefault("error", []).append(f"{output['ename']}: {output['evalue']}")
            case "display_data" | "execute_result":
                for kind, value in shown(output, drop_words).items():
                    kinds.setdefault(kind, []).append(value)
    for stream in ("stdout", "stderr"):  # a line printed over another replaces it, as on the page
        kinds[stream] = [re.sub(r"^.*\r(?=[^\n])", "", kinds[stream][0], flags=re.MULTILINE)]
    return kinds


def is_fold(outputs):
    """Whether outputs begin with what stands there until a folded cell is run."""
    data = outputs[0].get("data", {}) if outputs else {}
    return list(data) == ["text/plain"] and text_of(data["text/plain"]) == FOLD


def shown(output, drop_words):
    """{MIME type or ALT: value} of a display, without widgets."""
    data = {kind: text_of(value) for kind, value in output["data"].items() if not kind.startswith(WIDGETS)}
    pictures = [kind for kind in PICTURES if kind in data]
    if alts := [alt for kind in pictures if (alt := output.get("metadata", {}).get(kind, {}).get("alt"))]:
        data[ALT] = alts[0]
    if drop_words and (pictures or "clearn-still" in data.get("text/html", "")):
        data = {kind: "" if kind == ALT or kind.startswith("text/") else value for kind, value in data.items()}
    return data


def text_of(value):
    """The text that a front end stored as a string or as a list of lines; anything else as it is."""
    return "".join(value) if isinstance(value, list) and all(isinstance(line, str) for line in value) else value


def differences_in(kind, now, saved, pictures_vary, tolerance):
    """What sets two values of one kind apart, a list of str."""
    if now == saved or (pictures_vary and kind in PICTURES):
        return []
    if kind in PICTURES:
        return [difference] if (difference := difference_of_pictures(now, saved)) else []
    words = kind in ("stdout", "stderr", "error", ALT) or kind.startswith("text/")
    if not words or tolerance is None:
        now, saved = (value if isinstance(value, str) else repr(value) for value in (now, saved))
        at = len(os.path.commonprefix([now, saved]))
        return [changed(now, saved, at, at)]
    parts_of = parts_of_html if kind == "text/html" else parts_of_text
    return differences_of_words(read(parts_of(now)), read(parts_of(saved)), Decimal(str(tolerance)))


def difference_of_pictures(now, saved):
    """What sets two pictures (base64) apart, in words, or None."""
    now, saved = (np.asarray(Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB")) / 255
                  for picture in (now, saved))  # fmt: skip
    if now.shape != saved.shape:
        return f"saved {saved.shape[1]} x {saved.shape[0]} pixels, now {now.shape[1]} x {now.shape[0]}"
    share = (np.abs(now - saved).max(-1) > CLEARLY).mean()
    return f"{share:.3%} of its pixels clearly" if share > FEW else None


def differences_of_words(now, saved, tolerance):
    """Compare the words exactly and, if they are the same, each number within the tolerance; now, saved: see `read`."""
    (now, numbers), (saved, before) = now, saved
    words, words_before = words_between(now, numbers), words_between(saved, before)
    if words != words_before:
        at = len(os.path.commonprefix([MARK.join(words), MARK.join(words_before)]))
        rows = [text.count("<tr") for text in (saved, now)]
        lost = "{} rows were saved, {} are shown now; ".format(*rows) if rows[0] != rows[1] else ""
        return [lost + changed(now, saved, place(at, numbers), place(at, before))]
    return [
        f"{excerpt(saved, i, j)}: the number {saved[i:j]} was saved, now {now[start:end]} (tolerance {tolerance})"
        for (start, end, x), (i, j, y) in zip(numbers, before, strict=True)
        if abs(x - y) > tolerance * max(1, abs(y))
    ]


def parts_of_text(text):
    """[(text, True)], the parts of which numbers are read if True: here all of it, with runs of blanks as one."""
    text = re.sub(r"[^\S\n]+", " ", text)
    # A blank that begins or ends a line, or comes after a bracket, leaves room for a digit or for a sign.
    return [(re.sub(r"\A | \Z|(?<=\n) | (?=\n)|(?<=[\[(]) ", "", text), True)]


def parts_of_html(text):
    """[(tag or text, whether it is text)] of HTML, without `style` attributes, and with white space as one blank."""
    parser = Parts()
    parser.feed(text)
    parser.close()
    return parser.parts


class Parts(HTMLParser):
    def __init__(self):
        super().__init__()
        self.parts = []

    def handle_starttag(self, tag, attrs):
        words = [name if value is None else f'{name}="{value}"' for name, value in attrs if name != "style"]
        self.parts.append((f"<{' '.join([tag, *sorted(words)])}>", False))

    def handle_endtag(self, tag):
        self.parts.append((f"</{tag}>", False))

    def handle_data(self, data):
        if self.cdata_elem:  # a style sheet or a script
            self.parts.append((data, False))
        else:
            self.parts += parts_of_text(html.escape(data.replace("\n", " "), quote=False))

    def handle_comment(self, data):
        self.parts.append((f"<!--{data}-->", False))


def read(parts):
    """The parts as one text, and the numbers in it as a list of (start, end, value)."""
    whole, numbers = "", []
    for text, has_numbers in parts:
        for found in TOKEN.finditer(text) if has_numbers else ():
            if found["number"]:
                numbers.append((len(whole) + found.start("number"), len(whole) + found.end("number"), value_of(found)))
        whole += text
    return whole, numbers


def value_of(number):
    """The value of a match of TOKEN, exactly: in binary .64 - .59 would be more than .05."""
    sign = "-" if number["sign"] in ("-", "−") else ""
    value = Decimal(sign + number["digits"].replace(",", "").replace("−", "-"))
    power = int((number["power"] or "0").translate(RAISED)) - (2 if number["percent"] is not None else 0)
    return value.scaleb(power)


def words_between(text, numbers):
    """What stands before, between and after the numbers of a text."""
    edges = [0, *(edge for start, end, _ in numbers for edge in (start, end)), len(text)]
    return [text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]


def place(at, numbers):
    """The place in a text of place `at` in that text with one MARK for each number."""
    for start, end, _ in numbers:
        at += end - start - len(MARK) if start < at else 0
    return at


def changed(now, saved, at_now, at_saved):
    return f"{excerpt(saved, at_saved, at_saved + 20)} was saved, now {excerpt(now, at_now, at_now + 20)}"


def excerpt(text, start, end):
    """A part of a text in quotes, with some of what is around it."""
    start, end = max(0, start - 30), end + 20
    return f'"{"…" * (start > 0)}{text[start:end]}{"…" * (end < len(text))}"'.replace("\n", "\\n")
