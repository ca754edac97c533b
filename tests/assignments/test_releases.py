"""The students' versions, as a learner first meets them: they run until something is to be written, and say so kindly."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from clearn.course import checks

RELEASES = Path(__file__).resolve().parents[2] / "notebooks" / "assignments" / "release"


def release(name):
    return nbformat.read(RELEASES / name / f"{name}.ipynb", 4)


def test_there_is_one_for_each_assignment():
    assert {path.stem for path in RELEASES.glob("*/*.ipynb")} == checks.ASSIGNMENTS.keys()


@pytest.mark.notebooks
@pytest.mark.parametrize("name", checks.ASSIGNMENTS)
def test_it_runs_to_the_first_unfinished_exercise(name):
    notebook, first = release(name), checks.ASSIGNMENTS[name].EXERCISES[0]
    folder = {"metadata": {"path": str(RELEASES / name)}}
    with pytest.raises(CellExecutionError):
        NotebookClient(notebook, timeout=60, kernel_name="python3", resources=folder).execute()
    (cell,) = [cell for cell in notebook.cells if any(o.output_type == "error" for o in cell.get("outputs", ()))]
    assert cell.source.startswith(f"check({first.name}, SEED)")
    (error,) = cell.outputs
    assert error.traceback == [error.evalue] and error.evalue.startswith(
        f"{first.name}: not written yet. Put your program in place of `raise NotImplementedError`"
    )


@pytest.mark.parametrize("name", checks.ASSIGNMENTS)
def test_every_exercise_is_asked_once_and_explained(name):
    cells = release(name).cells
    asked = [cell.source for cell in cells if cell.cell_type == "code" and cell.source.startswith("check(")]
    assert asked == [f"check({exercise.name}, SEED)" for exercise in checks.ASSIGNMENTS[name].EXERCISES]
    heads = [cell.source for cell in cells if cell.cell_type == "markdown" and cell.source.startswith("## ")]
    assert heads and all("minutes · " in head and "mportance ●" in head for head in heads)


@pytest.mark.parametrize("name", checks.ASSIGNMENTS)
def test_it_keeps_the_answers_and_hidden_tests_to_itself(name):
    text = (RELEASES / name / f"{name}.ipynb").read_text("utf8")
    source = (RELEASES.parent / "source" / name / f"{name}.ipynb").read_text("utf8")
    for word in ("BEGIN SOLUTION", "HIDDEN TESTS", "SEED + 1", "What is looked for"):
        assert word in source and word not in text
    assert all(not cell.get("outputs") for cell in release(name).cells)
