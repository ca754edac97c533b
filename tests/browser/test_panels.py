"""Panels as a learner meets them: run all, press a key, look; and what is left without a kernel."""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

TESTS = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((TESTS.parent / "notebooks").glob("*.ipynb"))
IMPORTS = """
import ipywidgets, time, torch
from clearn import datasets, plots, widgets
test = datasets.load("scattered", "test")[:500]
features = {"raw pixels": test.images.flatten(1).float(), "tint": test.images.float().amax((2, 3))}
""".strip()
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
    cells = [new_markdown_cell("# Scratch"), *map(new_code_cell, [IMPORTS, "print(len(test))", LOOP, NEIGHBOURS, SLOW])]
    nbformat.write(new_notebook(cells=cells), path)
    subprocess.run([sys.executable, TESTS / "execute_notebooks.py", path], check=True, capture_output=True)
    return path


@pytest.fixture(params=[None, *NOTEBOOKS], ids=lambda path: path.stem if path else "scratch")
def notebook(request, scratch):
    return request.param or scratch


PANELS = """
import json, ipywidgets.widgets.widget, clearn.widgets
panels = [w for w in ipywidgets.widgets.widget._instances.values() if isinstance(w, clearn.widgets.PlotPanel)]
key = [[k for k, control in panel.controls.items() if hasattr(control, "step")][0] for panel in panels]
"""


def expected(live, number, value):
    """The caption that a panel ought to show with its first slider at `value`, computed in the kernel."""
    return json.loads(live.ask(f"""{PANELS}
panel, key = panels[{number}], key[{number}]
print(json.dumps(panel.draw(**{{k: c.value for k, c in panel.controls.items()}} | {{key: {value}}}).alt))"""))


def test_every_panel_answers_the_keyboard(notebook, lab, open_notebook, request):
    name = request.node.callspec.id
    live = open_notebook(lab.copy(notebook, f"run-{name}"))
    assert live.run() == []
    assert live.panels.count() == int(live.ask(f"{PANELS}print(len(panels))")) >= 1
    for number in range(live.panels.count()):
        panel = live.panels.nth(number)
        panel.scroll_into_view_if_needed()
        check_keyboard(live, panel, number)
        for theme in ("JupyterLab Light", "JupyterLab Dark"):
            live.theme(theme)
            live.shoot(f"{name}-{number}-{theme.split()[1].lower()}")
        live.theme("JupyterLab Light")
    assert live.problems == [] and live.elsewhere == []


def check_keyboard(live, panel, number):
    image, words, handle = panel.locator("img"), panel.locator("[role=status]"), panel.locator(".noUi-handle").first
    assert image.evaluate("i => i.complete && i.naturalWidth > 1.5 * i.clientWidth && i.clientWidth > 200")
    assert image.get_attribute("alt") == words.inner_text()
    handle.focus()
    latencies = []
    for _ in range(6):
        before, at = image.get_attribute("src"), float(handle.get_attribute("aria-valuenow"))
        begin = time.monotonic()
        live.page.keyboard.press("ArrowRight")
        live.page.wait_for_function("([panel, src]) => panel.querySelector('img').src !== src",
                                    arg=[panel.element_handle(), before])  # fmt: skip
        latencies.append(time.monotonic() - begin)
        now = float(handle.get_attribute("aria-valuenow"))
        assert now > at
        caption = expected(live, number, int(now) if now == int(now) else now)
        assert words.inner_text() == caption == image.get_attribute("alt")
        assert handle.evaluate("handle => handle === document.activeElement"), "the slider lost the focus"
    print(f"panel {number}: a key press shows after {statistics.median(latencies):.2f} s (median)")


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


def test_without_a_kernel_the_picture_stays(notebook, lab, open_notebook, request):
    name = request.node.callspec.id
    live = open_notebook(lab.copy(notebook, f"still-{name}"))
    outputs = [output for cell in nbformat.read(notebook, 4).cells for output in cell.get("outputs", [])]
    saved = [output.metadata["image/png"].width for output in outputs
             if output.get("data", {}).get("text/plain", "").startswith("Panel: ")]  # fmt: skip
    images = live.page.locator(".jp-OutputArea-output img")
    widths = [images.nth(i).evaluate("i => i.naturalWidth && i.clientWidth") for i in range(images.count())]
    images.last.scroll_into_view_if_needed()
    live.shoot(f"{name}-still")
    assert saved and set(saved) <= set(widths), f"panels are saved {saved} px wide, the page shows {widths}"
    assert live.page.get_by_text("Error displaying widget").count() == 0
    assert live.problems == [] and live.elsewhere == []
