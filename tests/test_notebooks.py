"""Each notebook says what its code says: executed anew, here and as on another machine, and saved clean."""

import base64
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from compare_outputs import is_fold
from machine import browser, threads
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

TESTS = Path(__file__).resolve().parent
CHAPTERS = sorted((TESTS.parent / "notebooks").glob("[0-9][0-9]_*[a-z].ipynb"))
NOTEBOOKS = CHAPTERS + sorted((TESTS.parent / "notebooks/assignments/source").glob("*/*.ipynb"))
ELSEWHERE = {"OMP_NUM_THREADS": "1", "ATEN_CPU_CAPABILITY": "avx2"}  # sums in another order, and no bfloat16
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def nbval(path, tmp_path, limit=300, **settings):
    """Run strict nbval on one notebook: the report as text, and the number of (all, failed, skipped) cells."""
    ours = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "OMP_NUM_THREADS", "ATEN_CPU_CAPABILITY")
    environment = {key: value for key, value in os.environ.items() if key not in ours}
    environment |= {"OMP_NUM_THREADS": str(threads())} | settings
    tmp_path.mkdir(exist_ok=True)
    xml = tmp_path / "nbval.xml"
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", f"--nbval-cell-timeout={limit}",
               "-p", "strict_nbval", "-p", "no:cacheprovider", "-o", "addopts=", "-o", "junit_family=xunit2",
               f"--junitxml={xml}", "--color=no", "-q", str(path)]  # fmt: skip
    done = subprocess.run(command, cwd=TESTS, env=environment, capture_output=True, text=True, check=False)
    suite = ElementTree.parse(xml).getroot().find("testsuite").attrib
    cells, failed, errors, skipped = (int(suite[key]) for key in ("tests", "failures", "errors", "skipped"))
    assert (done.returncode == 0) == (failed + errors == 0 and cells > 0), done.stdout + done.stderr
    return done.stdout + done.stderr, (cells, failed + errors, skipped)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def check(path, report, counts):
    assert counts == (len(code_cells(nbformat.read(path, 4))), 0, 0), report


# Where there is a browser, a chapter is run, and what it shows compared, in JupyterLab: tests/browser/test_panels.py.
@pytest.mark.notebooks
@pytest.mark.parametrize(
    "path", [path for path in NOTEBOOKS if path not in CHAPTERS or not browser()], ids=lambda path: path.stem
)
def test_says_what_its_code_says(path, tmp_path):
    check(path, *nbval(path, tmp_path))


@pytest.mark.elsewhere
@each_notebook
def test_says_the_same_elsewhere(path, tmp_path):
    check(path, *nbval(path, tmp_path, **ELSEWHERE))


# Saved clean

UNSTABLE = {
    "an address": r"0x[0-9a-fA-F]{6,}",
    "an absolute path": r"(?<![\w.:/<])/(?:home|Users|root|tmp|usr|opt|var|mnt|srv|content|data)/|\b[A-Z]:\\",
    "a time": r"\b\d+:\d\d\b|\b\d+(?:\.\d+)? ?(?:s|ms|µs|secs?|seconds?|min|minutes?|it/s)\b",
}


def unclean(notebook, path):
    """All that is wrong with a saved notebook, in words."""
    cells = code_cells(notebook)
    if [cell.execution_count for cell in cells] != list(range(1, len(cells) + 1)):
        yield "its cells were not executed in order, 1 to n"
    if "widgets" in notebook.metadata:
        yield "it keeps the state of widgets"
    if path.stat().st_size > 1.5e6:
        yield f"it is {path.stat().st_size / 1e6:.1f} MB, at most 1.5"
    lines = [
        sum(not line.lstrip().startswith("### ") for line in cell.source.splitlines()) for cell in cells
    ]  # nbgrader's marks
    if lines and (max(lines) > 25 or statistics.median(lines) > 6):
        yield f"code cells of {max(lines)} lines, at most 25, with median {statistics.median(lines)}, at most 6"
    for number, cell in enumerate(cells, 1):
        following = notebook.cells[notebook.cells.index(cell) + 1 :][:1]
        for problem in unclean_cell(cell, following[0] if following else None):
            yield f"code cell {number}: {problem}"
    for cell in notebook.cells:
        for target in re.findall(r"\]\(([^)\s]+)\)", cell.source) if cell.cell_type == "markdown" else ():
            if not re.match(r"[a-z]+:|#", target) and not (path.parent / target.partition("#")[0]).exists():
                yield f"a link to {target}, which does not exist"


def unclean_cell(cell, following):
    tags = cell.metadata.get("tags", [])
    if (width := max(map(len, cell.source.splitlines()), default=0)) > 107:
        yield f"a line of {width} characters; after 107 it is cut off on a page of 1280 pixels"
    if re.search(r"^# ?%%", cell.source, re.MULTILINE):
        yield "a cell marker, # %%"
    for output in cell.outputs:
        if output.output_type == "error":
            yield f"an error was saved: {output.ename}"
        if output.get("name") == "stderr" and "stderr-expected" not in tags:
            yield f"stderr was saved: {output.text[:200]}"
        if (width := max(map(len, output.get("text", "").splitlines()), default=0)) > 106:
            yield f"it prints a line of {width} characters; after 106 it goes on in the next on a page of 1280 pixels"
        data = output.get("data", {})
        words = "" if "nbval-ignore-output" in tags else output.get("text", "") + "".join(
            value for kind, value in data.items() if kind.startswith("text/") and isinstance(value, str))  # fmt: skip
        yield from (f"{what} in its output: {found[0]!r}" for what, pattern in UNSTABLE.items()
                    if (found := re.search(pattern, words)))  # fmt: skip
        if "image/png" in data and not has_words(output, following):
            yield ("a picture without words: give it an `alt` (plots.Picture has one), or begin the next cell, "
                   "markdown, with a caption in *italics*")  # fmt: skip


def has_words(output, following):
    alt = output.metadata.get("image/png", {}).get("alt") or ""
    caption = following.source if following is not None and following.cell_type == "markdown" else ""
    return len(alt) >= 20 or bool(re.match(r"\*[^*].{20,}", caption))


@each_notebook
def test_saved_clean(path):
    assert not list(unclean(nbformat.read(path, 4), path))


def test_there_are_notebooks():
    assert NOTEBOOKS, "no notebook was found: the tests above checked nothing"


# The checks can fail

PICTURE = """
from IPython.display import display, HTML, Image
from matplotlib.figure import Figure
import io, ipywidgets
def picture(title, width=5, alt="A picture that has nothing but a title"):
    figure, png = Figure(figsize=(width, 3), dpi=96), io.BytesIO()
    figure.subplots().set_title(title)
    figure.savefig(png)
    return Image(png.getvalue(), alt=alt)
class Panel(ipywidgets.IntSlider):
    def _repr_mimebundle_(self, **kwargs):
        png, words = picture(self.description)._repr_mimebundle_()
        return super()._repr_mimebundle_(**kwargs) | png | {"text/plain": "Panel"}, words
""".strip()
LIVE = """
handle = display(picture('begin'), display_id=True)
for step in range(3):
    handle.update(picture(f'step {step}', alt=f'A picture that says step {step}'))
""".strip()
TABLE = "HTML('<table>' + ''.join(f'<tr><td>{x}</td></tr>' for x in (.64, .61)) + '</table>')"
FOLDED = {"jupyter": {"outputs_hidden": True}}
VARIES, NUMBERS = {"tags": ["picture-varies"]}, {"tags": ["numbers-vary"]}
ALL_WELL = None
CASES = {  # name: (source, metadata, the change to it, what strict nbval then says)
    "unchanged": ("print('two')\nprint('lines')", {}, ("", ""), ALL_WELL),
    "printed": ("print('two')\nprint('rows')", {}, ("rows", "columns"), "Cell outputs differ"),
    "one digit": ("picture('1')", {}, ("1", "2"), "of its pixels clearly"),
    "size": ("picture('size')", {}, ("size'", "size', 6"), "saved 480 x 288 pixels, now 576 x 288"),
    "last update": (LIVE, {}, ("range(3)", "range(2)"), "of its pixels clearly"),
    "panel": ("Panel(description='panel')", {}, ("panel", "panes"), "of its pixels clearly"),
    "semicolon": ("picture('hidden');", {}, ("", ""), ALL_WELL),
    "no picture": ("picture('gone')", {}, (")", ");"), "1 pictures were saved, 0 are"),
    "may vary": ("picture('a map')", VARIES, ("a map", "another"), ALL_WELL),
    "one more": ("picture('a map')", VARIES, ("pic", "display(picture('more'))\npic"), "1 pictures were saved, 2 are"),
    "words of a picture": ("picture('a', alt='The kNN of SimCLR: .64')", {}, ("CLR", "Siam"), "alternative text: .*SimSiam"),
    "a number within tolerance": ("print('kNN .64')", NUMBERS, (".64", ".61"), ALL_WELL),
    "a number out of tolerance": ("print('kNN .64')", NUMBERS, (".64", ".58"), r"the number \.64 was saved, now \.58"),
    "another tolerance": ("print('kNN .64')", NUMBERS | {"tolerance": 0.1}, (".64", ".58"), ALL_WELL),
    "a lone tolerance": ("print('a')", {"tags": ["nbval-ignore-output"]}, ("", ""), "not the tag numbers-vary"),
    "a changed word under numbers-vary": ("print('kNN .64')", NUMBERS, ("kNN", "loss"), "kNN .64.* was saved, now .*loss"),
    "a missing table row": (TABLE, NUMBERS, (", .61", ","), "2 rows were saved, 1 are shown now"),
    "folded": ("print('an answer')", FOLDED, ("", ""), ALL_WELL),
    "changed below a fold": ("print('an answer')", FOLDED, ("an a", "another a"), "an answer.* was saved, now .*another answer"),
    "not executed": ("print('never')", {}, ("", ""), "has no execution count"),
    "dies": ("print('here')", {}, ("print('here')", "import os; os._exit(1)"), "The kernel died in this cell"),
}  # fmt: skip


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """A small notebook that has been executed twice; its bytes after each time."""
    path = tmp_path_factory.mktemp("small") / "small.ipynb"
    cells = [new_code_cell(PICTURE), *(new_code_cell(source, metadata=tags) for source, tags, _, _ in CASES.values())]
    nbformat.write(new_notebook(cells=cells, metadata={"widgets": {}}), path)
    versions = []
    for _ in range(2):
        assert "small.ipynb: executed" in execute(path)[0]
        versions.append(path.read_bytes())
    return path, versions


def execute(*paths):
    command = [sys.executable, TESTS / "execute_notebooks.py", *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr, done.returncode


@pytest.mark.long
def test_executing_again_changes_no_byte(executed):
    path, (once, again) = executed
    assert once == again
    notebook = nbformat.read(path, 4)
    cell = code_cells(notebook)[1 + list(CASES).index("panel")]
    assert cell.outputs[0].data["application/vnd.jupyter.widget-view+json"]["model_id"] == f"{cell.id}-0"
    assert not list(unclean(notebook, path))


@pytest.mark.long
def test_a_notebook_that_does_not_run_clean_is_left_as_it_was(tmp_path):
    sources = {"warns": "import warnings; warnings.warn('careful')", "raises": "1 / 0"}
    paths = [tmp_path / f"{name}.ipynb" for name in sources]
    for path, source in zip(paths, sources.values(), strict=True):
        nbformat.write(new_notebook(cells=[new_code_cell(source)]), path)
    before = [path.read_bytes() for path in paths]
    said, code = execute(*paths)
    assert code == 1 and said.count("FAILED, left as it was") == 2 and "careful" in said and "ZeroDivision" in said
    assert [path.read_bytes() for path in paths] == before


@pytest.mark.long
def test_executing_keeps_what_a_cell_says_of_itself_and_can_check_what_was_saved(tmp_path):
    metadata = NUMBERS | FOLDED | {"tolerance": 0.02}
    nbformat.write(new_notebook(cells=[new_code_cell("print('kNN .64')", metadata=metadata)]), tmp_path / "near.ipynb")
    assert execute(tmp_path / "near.ipynb")[1] == 0
    notebook = nbformat.read(tmp_path / "near.ipynb", 4)
    assert notebook.cells[0].metadata == metadata
    assert is_fold(notebook.cells[0].outputs) and len(notebook.cells[0].outputs) == 2
    paths = [tmp_path / "near.ipynb", tmp_path / "far.ipynb"]
    for path, source in zip(paths, ("print('kNN .63')", "print('kNN .41')"), strict=True):
        notebook.cells[0].source = source
        nbformat.write(notebook, path)
    before = [path.read_bytes() for path in paths]
    said, code = execute("--check", *paths)
    assert code == 1 and "near.ipynb: the same as saved" in said and "far.ipynb: DIFFERS" in said
    assert "code cell 1: stdout: " in said and "the number .64 was saved, now .41 (tolerance 0.02)" in said
    assert [path.read_bytes() for path in paths] == before


@pytest.mark.long
def test_strict_nbval_passes_what_is_as_it_was(executed, tmp_path):
    report, counts = nbval(executed[0], tmp_path, limit=60)
    assert counts == (1 + len(CASES), 0, 0), report


@pytest.mark.long
def test_strict_nbval_sees_each_change(executed, tmp_path):
    notebook = nbformat.read(executed[0], 4)
    for cell, (_, _, (old, new), _) in zip(code_cells(notebook)[1:], CASES.values(), strict=True):
        cell.source = cell.source.replace(old, new)
    code_cells(notebook)[1 + list(CASES).index("a lone tolerance")].metadata.tolerance = 0.1
    unexecuted = code_cells(notebook)[1 + list(CASES).index("not executed")]
    unexecuted.outputs, unexecuted.execution_count = [], None
    nbformat.write(notebook, tmp_path / "changed.ipynb")
    report, _ = nbval(tmp_path / "changed.ipynb", tmp_path, limit=60)
    said = dict(re.findall(r"^_+ [^\n]*::Cell (\d+) _+$(.*?)(?=^_+ |^=+ )", report, re.MULTILINE | re.DOTALL))
    for number, (name, (_, _, _, words)) in enumerate(CASES.items(), 1):
        found = said.get(str(number))
        assert (found is None) if words is ALL_WELL else re.search(words, found or ""), f"{name}: {found}"


@pytest.mark.parametrize("text", ["at 0x7f3a2b1c>", "/home/me/file.py", r"C:\me", "3.2 s", "00:12", "12 ms"])
def test_hygiene_sees_unstable_text(text):
    cell = new_code_cell("f()", execution_count=1, outputs=[new_output("stream", text=text)])
    assert len(list(unclean_cell(cell, None))) == 1
    cell.metadata.tags = ["nbval-ignore-output"]
    assert not list(unclean_cell(cell, None))


def test_hygiene_sees_the_rest(tmp_path):
    path = tmp_path / "dirty.ipynb"
    png = new_output("display_data", {"image/png": base64.b64encode(os.urandom(1_200_000)).decode()})
    outputs = [
        new_output("error", ename="ValueError"),
        new_output("stream", name="stderr", text="careful"),
        png,
        new_output("stream", text="z" * 107),
    ]
    cells = [new_code_cell("x\n" * 26 + "y" * 108 + "\n# %%", execution_count=2, outputs=outputs),
             new_markdown_cell("[gone](gone.png) [page](https://x.org)")]  # fmt: skip
    nbformat.write(new_notebook(cells=cells, metadata={"widgets": {}}), path)
    found = "\n".join(unclean(nbformat.read(path, 4), path))
    for words in ("in order", "state of widgets", "1.6 MB", "at most 25", "108 characters", "107 characters", "# %%",
                  "ValueError", "careful", "without words", "gone.png"):  # fmt: skip
        assert words in found
    assert "x.org" not in found
