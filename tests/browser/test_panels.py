"""A notebook as a learner meets it: run all, compare, press a key, look; and what is left without a kernel."""

import json
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from compare_outputs import FOLD, differences
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
TESTS = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((TESTS.parent / "notebooks").glob("[0-9][0-9]_*[a-z].ipynb"))
IMPORTS = """
import ipywidgets, time, torch
from clearn import datasets
from clearn.course import plots, widgets
test = datasets.load("scattered", "test")[:500]
features = {"raw pixels": test.images.flatten(1).float(), "tint": test.images.float().amax((2, 3))}
""".strip()
QUESTION = 'widgets.predict("contrastive", "force")'
NEIGHBOURS = "widgets.neighbour_panel(test.images, test.labels, test.classes, features, range(40))"
SLOW = """
drawn = []
def slow(n):
    time.sleep(0.3)
    drawn.append(n)
    if n == 25:
        raise ValueError("no picture of 25")
    picture = plots.Picture(4, 2, f"This is number {n}.")
    picture.suptitle(n)
    return picture
widgets.PlotPanel(slow, "a slow panel", n=ipywidgets.IntSlider(0, 0, 40))
""".strip()
TABLE = """
plots.value_table({"raw pixels, flattened and standardised, by cosine": {"kNN": 0.51, "tint": -0.12},
                   "encoder": {"kNN": 0.64, "tint": 0.81}}, span=(-1, 1), title="What a table looks like")
""".strip()
LOOP = """
from IPython.display import display
handle = display(plots.Picture(4, 2, "begin"), display_id=True)
for step in range(3):
    handle.update(plots.Picture(4, 2, f"step {step}"))
""".strip()


@pytest.fixture(scope="session")
def scratch(lab, tmp_path_factory):
    """A small notebook with every ingredient of a chapter, executed and saved."""
    path = tmp_path_factory.mktemp("scratch") / "scratch.ipynb"
    answer = new_code_cell(
        "print('half of them')", metadata={"tags": ["answers-force"], "jupyter": {"outputs_hidden": True}}
    )
    sources = [IMPORTS, "print(len(test))", LOOP, NEIGHBOURS, TABLE, QUESTION, SLOW]
    cells = [new_markdown_cell("# Scratch"), *map(new_code_cell, sources)]
    cells.insert(1 + sources.index(SLOW), answer)
    nbformat.write(new_notebook(cells=cells), path)
    subprocess.run([sys.executable, TESTS / "execute_notebooks.py", path], check=True, capture_output=True)
    return path


@pytest.fixture(params=[None, *NOTEBOOKS], ids=lambda path: path.stem if path else "scratch")
def notebook(request):
    return request.param or request.getfixturevalue("scratch")


PANELS = """
import json, ipywidgets.widgets.widget, clearn.course.widgets
live = [w for w in ipywidgets.widgets.widget._instances.values() if "clearn-live" in getattr(w, "_dom_classes", ())]
panels = [w for w in live if isinstance(w, clearn.course.widgets.PlotPanel)]
questions = [w for w in live if isinstance(w, clearn.course.widgets.Question)]
"""


def state(live, number):
    """Of a panel in the kernel: {control: value}, and the caption that these values ought to have, drawn anew."""
    values, caption = json.loads(
        live.ask(f"""{PANELS}
values = {{key: control.value for key, control in panels[{number}].controls.items()}}
print(json.dumps([values, panels[{number}].draw(**values).alt]))""")
    )
    return values, caption


def test_it_says_what_its_code_says_and_every_widget_answers_the_keyboard(notebook, lab, open_notebook, request):
    name = request.node.callspec.id
    path, saved = lab.copy(notebook, f"run-{name}"), nbformat.read(notebook, 4).cells
    live = open_notebook(path)
    check_fresh(live, saved, name)
    answer = check_folds(live, sum(map(is_folded, saved)), name)
    assert live.run() == []
    if answer:
        live.shoot(f"{name}-unfolded", answer)
    assert live.folds.count() == 0, "an answer stays folded although its cell was run"
    live.save()
    check_outputs(lab.root / path, notebook)
    panels, questions = json.loads(live.ask(f"{PANELS}print(json.dumps([len(panels), len(questions)]))"))
    assert live.panels.count() == panels >= 1 and live.questions.count() == questions
    assert not live.stills.filter(visible=True).count(), "a still shows beside its living widget"
    for number in range(panels):
        check_panel(live, number, name)
    for number in range(questions):
        check_question(live, live.questions.nth(number), number, name)
    check_looks(live, name)
    assert live.cut_off() == []
    assert live.problems == [] and live.elsewhere == []
    live.reopen()
    check_reopened(live, panels, questions, name)


def is_folded(cell):
    """Whether a cell's output is saved folded, as that of a cell that answers a question is."""
    return bool(cell.metadata.get("jupyter", {}).get("outputs_hidden") and cell.get("outputs"))


def check_fresh(live, saved, name):
    """A notebook that came from elsewhere is not trusted: JupyterLab shows no widget of it, but pictures and texts."""
    outputs = [output for cell in saved if not is_folded(cell) for output in cell.get("outputs", [])]
    widths = {output.metadata["image/png"].width for output in outputs if "image/png" in output.get("data", {})
              and output.metadata.get("image/png", {}).get("width")}  # fmt: skip
    words = [output for output in outputs if "clearn-still" in output.get("data", {}).get("text/html", "")]
    pictures = sum("image/png" in output.get("data", {}) for output in outputs)
    images = live.page.locator(".jp-OutputArea-output img")
    expect(images).to_have_count(pictures, timeout=30_000)
    expect(live.stills).to_have_count(len(words), timeout=30_000)
    live.page.wait_for_function("[...document.images].every(image => image.complete && image.naturalWidth)")
    shown = images.evaluate_all("images => images.map(image => image.naturalWidth && image.clientWidth)")
    images.last.scroll_into_view_if_needed()
    live.shoot(f"{name}-still")
    assert widths and widths <= set(shown), f"pictures are saved {widths} px wide, the page shows {shown}"
    assert words and live.stills.filter(visible=True).count() == len(words)
    bare = live.page.locator(".jp-OutputArea-output").get_by_text(re.compile("Panel: |Error displaying widget"))
    assert bare.count() == 0
    assert live.problems == [] and live.elsewhere == []


def check_folds(live, folded, name):
    """What is saved folded is folded, and the line beside its dots tells nothing; the first such cell, or None."""
    expect(live.folds).to_have_count(folded, timeout=30_000)
    assert live.folds.all_inner_texts() == folded * [FOLD], "a fold shows more than its line"
    if not folded:
        return None
    answer = live.folds.first.element_handle().evaluate_handle("fold => fold.closest('.jp-Cell')").as_element()
    live.shoot(f"{name}-folded", answer)
    return answer


def check_outputs(now, saved):
    """What a notebook shows, run here and now, is what it was saved with: nbval's question, asked of JupyterLab."""
    cells = [[cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"] for path in (now, saved)]
    found = {old.id: problems for new, old in zip(*cells, strict=True)
             if (problems := differences(new.outputs, old.outputs, old.metadata))}  # fmt: skip
    assert found == {}


def check_panel(live, number, name):
    """Each control, by keyboard: the picture changes, and its caption is what the kernel computes for the new values."""
    panel = live.panels.nth(number)
    panel.scroll_into_view_if_needed()
    image, words = panel.locator("img"), panel.locator("[role=status]")
    assert image.evaluate("i => i.complete && i.naturalWidth > 1.5 * i.clientWidth && i.clientWidth > 200")
    values, caption = state(live, number)
    assert image.get_attribute("alt") == words.inner_text() == caption
    latencies = []
    for position, key in enumerate(values):
        control = panel.locator("> *").nth(position)
        focus = control.locator(".noUi-handle, input[type=checkbox]").first
        # There and back, so that the next control finds the panel as it was.
        there, back = (
            ("Space", "Space") if control.locator("input[type=checkbox]").count() else ("ArrowRight", "ArrowLeft")
        )
        if there != "Space" and focus.get_attribute("aria-valuenow") == focus.get_attribute("aria-valuemax"):
            there, back = back, there
        begin, forth = caption, 0
        # On until the words change, at most two steps, and as many back.
        while forth < 2 and (forth == 0 or caption == begin):
            values, caption = check_press(live, panel, number, focus, there, key, values, latencies)
            forth += 1
        assert caption != begin, f"{key} changes no word of the caption"
        for _ in range(1 if there == "Space" else forth):
            values, caption = check_press(live, panel, number, focus, back, key, values, latencies)
    print(f"{name}, panel {number}: a key press shows after {statistics.median(latencies):.2f} s "
          f"(median of {len(latencies)}, longest {max(latencies):.2f})")  # fmt: skip


def check_press(live, panel, number, focus, press, key, values, latencies):
    """One press: the picture changes, this control alone has another value, the words are those of the new one; (values, words)."""
    image, words = panel.locator("img"), panel.locator("[role=status]")
    before = image.get_attribute("src")
    focus.focus()
    begin = time.monotonic()
    live.page.keyboard.press(press)
    live.page.wait_for_function("([panel, src]) => panel.querySelector('img').src !== src",
                                arg=[panel.element_handle(), before])  # fmt: skip
    latencies.append(time.monotonic() - begin)
    now, caption = state(live, number)
    assert [k for k in now if now[k] != values[k]] == [key], f"{press} on {key} changed {values} to {now}"
    assert press not in ("ArrowRight", "ArrowLeft") or (now[key] > values[key]) == (press == "ArrowRight")
    assert words.inner_text() == caption == image.get_attribute("alt")
    assert focus.evaluate("it => it === document.activeElement"), f"{key} lost the focus"
    return now, caption


def check_question(live, question, number, name):
    """Tab to an answer, press Enter: the explanation shows; then the next answer, by Space."""
    question.scroll_into_view_if_needed()
    buttons, words = question.locator("button"), question.locator("[role=status]")
    right, whys = json.loads(
        live.ask(f"""{PANELS}
print(json.dumps([questions[{number}].right, [a["why"] for a in questions[{number}].answers]]))""")
    )
    buttons.first.focus()
    for position, why in enumerate(whys):
        live.page.keyboard.press("Enter" if position == 0 else "Space")
        words.get_by_text(why).wait_for()
        begin = "Right." if position == right else "No." if position else "Not so."
        assert words.inner_text() == f"{begin} {why}"
        live.page.keyboard.press("Tab")
    assert buttons.first.inner_text().startswith("▸") and not buttons.nth(1).inner_text().startswith("▸")
    for button in buttons.all():
        assert button.evaluate("b => b.scrollWidth <= b.clientWidth && b.scrollHeight <= b.clientHeight"), (
            "an answer is cut off"
        )
    live.shoot(f"{name}-question{number}")


def check_looks(live, name):
    """In either theme what a table says is read easily on its shade: a contrast of 4.5 to 1; each cell has a header."""
    tables = live.page.locator(".jp-OutputArea-output table:has(caption)")
    for table in tables.all():
        assert table.locator("caption").inner_text() and table.locator("th[scope=col]").count()
        assert table.locator("tbody tr").count() == table.locator("th[scope=row]").count()
    for theme in ("Dark", "Light"):  # light is how a page begins
        live.theme(f"JupyterLab {theme}")
        assert all(contrast >= 4.5 for contrast in live.page.evaluate(CONTRASTS)), theme
        for kind, elements in {"panel": live.panels, "table": tables}.items():
            for number, element in enumerate(elements.all()):
                live.shoot(f"{name}-{kind}{number}-{theme.lower()}", element)


CONTRASTS = """() => {
    const parse = css => css.match(/[\\d.]+/g).map(Number);
    const over = (top, below) => { const a = top[3] ?? 1; return [0, 1, 2].map(i => a * top[i] + (1 - a) * below[i]) };
    const light = rgb => { const [r, g, b] = rgb.map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b };
    const ground = cell => { const layers = [];
        for (let it = cell; it; it = it.parentElement) layers.push(parse(getComputedStyle(it).backgroundColor));
        return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]) };
    return [...document.querySelectorAll('.jp-OutputArea-output table:has(caption) :is(td, th)')].map(cell => {
        const back = ground(cell), ink = over(parse(getComputedStyle(cell).color), back);
        const [a, b] = [light(ink), light(back)].sort((x, y) => y - x);
        return (a + .05) / (b + .05) }) }"""


def check_reopened(still, panels, questions, name):
    """Saved by a learner, closed, opened again and not run: the pictures and questions stand there, and no error."""
    still.page.wait_for_function("n => document.querySelectorAll('.clearn-still').length >= n", arg=panels + questions)
    for _ in range(100):  # a dead widget takes two seconds to find out, and says so
        if len(not_found := [p for p in still.problems if "model not found" in p]) >= panels + questions:
            break
        still.page.wait_for_timeout(100)
    assert len(not_found) == panels + questions
    assert still.panels.count() == 0 == still.questions.count()
    assert still.stills.filter(visible=True).count() == panels + questions
    assert still.page.get_by_text("Error displaying widget").filter(visible=True).count() == 0
    shown = still.page.locator(".jp-OutputArea-child:has(+ .jp-OutputArea-child .clearn-pictured) img")
    assert shown.count() == panels
    for image in shown.all():
        assert image.is_visible() and image.evaluate("i => i.naturalWidth > 200 && i.clientWidth > 200")
    shown.last.scroll_into_view_if_needed()
    still.shoot(f"{name}-reopened")
    assert still.elsewhere == [] and still.problems == not_found


def test_a_slow_panel_skips_to_the_last_value_and_says_what_fails(scratch, lab, open_notebook):
    live = open_notebook(lab.copy(scratch, "slow"))
    assert live.run() == []
    panel = live.panels.nth(1)
    handle, words = panel.locator(".noUi-handle"), panel.locator("[role=status]")
    handle.focus()
    for _ in range(20):
        live.page.keyboard.press("ArrowRight")
    words.get_by_text("This is number 20.").wait_for()
    assert len(json.loads(live.ask("print(drawn)"))) <= 8  # the first, and a few of the twenty
    for _ in range(5):
        live.page.keyboard.press("ArrowRight")
    words.get_by_text("This setting cannot be drawn: ValueError: no picture of 25").wait_for()
    assert panel.locator("img").get_attribute("alt") != words.inner_text()
    live.shoot("failed", panel)
    live.page.keyboard.press("ArrowRight")
    words.get_by_text("This is number 26.").wait_for()
    assert live.problems == [] and live.elsewhere == []
