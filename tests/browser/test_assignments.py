"""An assignment in JupyterLab: a learner opens it, is wrong, is told so, and gets it right."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
RELEASE = Path(__file__).resolve().parents[2] / "notebooks/assignments/release/pairs/pairs.ipynb"
HEAD = "def cosine(a, b):\n    "
ANSWERS = {  # the line that follows the head: what the check says
    "return a @ b": "cosine: not normalised. The dot product grows with the lengths of the vectors. Divide by both. "
                    "See chapter 02, section 1.",
    "return a @ b / a.norm() / b.norm()": "cosine: a row of zeros gives NaN. It has no direction, and 0/0 spoils every sum it "
                                          "meets. By agreement its cosine is 0. See chapter 02, section 6.",
    "return a @ b / (a.norm() * b.norm()).clamp(min=1e-12)": "cosine: right, on ",
}  # fmt: skip


def test_a_wrong_and_then_a_right_answer(lab, open_notebook):
    notebook = open_notebook(lab.copy(RELEASE, "assignment"))
    (stop,) = notebook.run()
    assert stop.startswith("Mistake: cosine: not written yet. Put your program in place of")
    cell = notebook.page.locator(".jp-CodeCell", has_text="def cosine(a, b)")
    check = notebook.page.locator(".jp-CodeCell", has_text="check(cosine, SEED)")
    assert "Traceback" not in check.inner_text()
    for answer, said in ANSWERS.items():
        cell.locator(".cm-content").click()
        notebook.page.keyboard.press("Control+a")
        notebook.page.keyboard.insert_text(HEAD + answer)
        notebook.page.keyboard.press("Shift+Enter")  # runs it, and goes on to the check
        notebook.page.keyboard.press("Shift+Enter")
        check.locator(".jp-OutputArea-output", has_text=said).wait_for(timeout=20_000)
        notebook.shoot(f"assignment-{len(said)}")
        assert "Traceback" not in check.inner_text()
    assert not notebook.problems and not notebook.elsewhere
