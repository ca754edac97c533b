"""The embedding explorer as a learner meets it: the canvas, by mouse and by keyboard, with WebGL and without."""

import hashlib
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from test_panels import check_panel, check_reopened

pytestmark = pytest.mark.browser
TESTS = Path(__file__).resolve().parents[1]
CELLS = ["""
import torch
from clearn import datasets
from clearn.course import widgets
from clearn.course.widgets.explorer import data_uri
test = datasets.load("scattered", "test")[:300]
x = test.images.flatten(1).float()
u, s, _ = torch.pca_lowrank(x, q=2)
""".strip(), """
explorer = widgets.embedding_explorer(u * s, test.images, test.labels, test.classes, x,
                                      {name: test.factors[name] for name in ("scale", "angle")})
explorer
""".strip()]  # fmt: skip
NO_WEBGL = """() => { const get = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
        return kind.includes('webgl') ? null : get.call(this, kind, ...more) } }"""


@pytest.fixture(scope="session")
def notebook(lab, tmp_path_factory):
    path = tmp_path_factory.mktemp("explorer") / "explorer.ipynb"
    nbformat.write(new_notebook(cells=[*map(new_code_cell, CELLS)]), path)
    subprocess.run([sys.executable, TESTS / "execute_notebooks.py", path], check=True, capture_output=True)
    return path


def seen(canvas):
    """A fingerprint of what is painted on the canvas, once it has come to rest."""
    last, still = None, 0
    for _ in range(40):
        now = hashlib.sha256(canvas.screenshot()).hexdigest()
        still = still + 1 if now == last else 0
        if still == 2:
            return now
        last = now
        time.sleep(0.1)
    raise TimeoutError("the canvas does not come to rest")


def test_the_canvas_answers_mouse_and_keyboard(notebook, lab, open_notebook):
    path = lab.copy(notebook, "explorer")
    live = open_notebook(path)
    assert live.run() == []
    check_panel(live, 0, "explorer")
    panel = live.panels.first
    canvas, words = panel.locator("canvas").first, panel.locator("[role=status]")
    garment, coloured_by = panel.locator(".noUi-handle").all()
    canvas.wait_for()
    panel.scroll_into_view_if_needed()
    views = [seen(canvas)]

    for handle, caption in ((coloured_by, "Coloured by scale."), (garment, "Garment 2:")):
        handle.focus()
        live.page.keyboard.press("ArrowRight")
        words.get_by_text(caption).wait_for()
        views.append(seen(canvas))

    thumbnail = panel.locator("[style*=background-image]")
    picture = f'url("{live.ask("print(data_uri(test.images[7]))")}")'
    for _ in range(10):  # on a busy machine the page may still move when the mouse is on its way
        box = canvas.bounding_box()
        x, y = canvas.evaluate("canvas => canvas.parentElement.parentElement.api.getScreenPosition(7)")
        live.page.mouse.move(box["x"] + x, box["y"] + y)
        live.page.mouse.move(box["x"] + x + 1, box["y"] + y)
        thumbnail.wait_for()
        live.page.wait_for_timeout(500)  # it fades in
        if (shown := thumbnail.evaluate("it => it.style.backgroundImage")) == picture:
            break
        live.page.mouse.move(box["x"] + 5, box["y"] + 300)
    assert shown == picture
    live.shoot("explorer-tooltip")
    live.page.mouse.click(box["x"] + x, box["y"] + y)
    words.get_by_text("Garment 8:").wait_for()
    live.page.mouse.move(box["x"] + 5, box["y"] + 300)
    views.append(seen(canvas))
    assert len(set(views)) == len(views)
    assert live.ask("print(explorer.controls['garment'].value, explorer.scatter.widget.selection[0])") == "8 7"

    assert live.cut_off() == [] == live.problems and live.elsewhere == []
    live.reopen()
    check_reopened(live, 1, 0, "explorer")


def test_without_webgl_the_sliders_and_the_picture_remain(notebook, lab, open_notebook):
    live = open_notebook(lab.copy(notebook, "no-webgl"))
    live.page.evaluate(NO_WEBGL)
    assert live.run() == []
    panel = live.panels.first
    for handle, caption in zip(panel.locator(".noUi-handle").all(), ("Garment 2:", "Coloured by scale.")):
        handle.focus()
        live.page.keyboard.press("ArrowRight")
        panel.get_by_text(caption).wait_for()
    live.shoot("explorer-no-webgl", panel)
    assert live.cut_off() == [] == live.elsewhere
    assert live.problems and all("getExtension" in problem for problem in live.problems)
