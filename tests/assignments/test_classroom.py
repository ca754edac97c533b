"""A class hands in, as classes do: everything is graded that can be, what cannot is named, and nothing is lost."""

import copy
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_output

from clearn.classroom import report
from clearn.classroom.cycle import ASSIGNMENTS, Course, available

NAME = "pairs"


def classroom(root, *arguments):
    """The command as a teacher types it: (exit code, what it said)."""
    command = [sys.executable, "-m", "clearn", "classroom", *map(str, arguments), "--course", root]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout + done.stderr


def solved(notebook, cells, answers):
    for name, cell in cells.items():
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = answers[name]


def instead(name, source):
    """A perfect submission but for one answer."""

    def edit(notebook, cells, answers):
        solved(notebook, cells, answers)
        cells[name].source = source

    return edit


def empty(notebook, cells, answers):
    pass


def edited_tests(notebook, cells, answers):
    for cell in cells.values():
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source = "pass"


def missing_cells(notebook, cells, answers):
    solved(notebook, cells, answers)
    notebook.cells = [cell for cell in notebook.cells if cell.id not in ("cosine-check", "positive-pairs")]


def same_cell_twice(notebook, cells, answers):
    solved(notebook, cells, answers)
    again = copy.deepcopy(cells["cosine"])
    again.id = "another"
    notebook.cells.append(again)


def large(notebook, cells, answers):
    solved(notebook, cells, answers)
    cells["setup"].outputs = [new_output("stream", text="x" * 50_000_000)]


def somebody_elses(notebook, cells, answers):
    solved(notebook, cells, answers)
    cells["student"].source = 'STUDENT = "perfect"'


SUBMISSIONS = {  # student: (what was handed in, the points from the machine, what is said of it)
    "perfect": (solved, 18, ""),
    "partly": (instead("cosine-matrix", "def cosine_matrix(a, b):\n    return a @ b.T"), 14, ""),
    "empty": (empty, 0, ""),
    "syntax": (instead("positive-pairs", "def positive_pairs(labels)\n    return labels"), 15, ""),
    "loop": (instead("cosine", "def cosine(a, b):\n    while True:\n        pass"), 16, ""),
    "edited": (edited_tests, 0, ""),
    "missing": (missing_cells, 15, "a cell is missing, cosine-check: put back; a cell is missing, positive-pairs: no points"),
    "large": (large, 18, "50 MB, nearly all of it output: dropped"),
    "copied": (somebody_elses, 0, "the given cell setup stops: ValueError: STUDENT is 'perfect', but this was handed in by 'copied'"),
    "twice": (same_cell_twice, None, "cells occur twice: cosine"),
    "damaged": (None, None, "it is not a notebook"),
}  # fmt: skip


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The course after one cycle, and what each step said."""
    root, inbox = tmp_path_factory.mktemp("course"), tmp_path_factory.mktemp("inbox")
    said = {"release": classroom(root, "release", NAME, "--seed", 2027)}
    source, release = (nbformat.read(root / stage / NAME / f"{NAME}.ipynb", 4) for stage in ("source", "release"))
    answers = {cell.id: cell.source for cell in source.cells}
    for student, (edit, _, _) in SUBMISSIONS.items():
        notebook = copy.deepcopy(release)
        if edit:
            edit(notebook, {cell.id: cell for cell in notebook.cells}, answers)
        (inbox / student).mkdir()
        (inbox / student / f"{NAME}.ipynb").write_text(nbformat.writes(notebook) if edit else "{ no notebook", "utf8")
    (inbox / "readme.txt").write_text("from the platform")
    for step in (("collect-folder", NAME, inbox), ("grade", NAME, "--timeout", 8), ("feedback", NAME), ("report", NAME)):
        said[step[0]] = classroom(root, *step)
    return Course(root), inbox, said


def test_the_release_has_neither_answers_nor_hidden_tests(graded):
    course, _, said = graded
    assert said["release"][0] == 0
    text = (course.root / "release" / NAME / f"{NAME}.ipynb").read_text("utf8")
    assert "SOLUTION" not in text and "HIDDEN" not in text and "SEED + 1" not in text and "CLASS = 2027" in text
    assert "SEED + 1" in course.source(NAME).read_text("utf8")


def test_all_are_collected_as_they_were(graded):
    course, inbox, (code, said) = graded[0], graded[1], graded[2]["collect-folder"]
    assert code == 1 and "not understood: readme.txt" in said
    for student in SUBMISSIONS:
        assert course.submission(student, NAME).read_bytes() == (inbox / student / f"{NAME}.ipynb").read_bytes()


@pytest.mark.parametrize("student", SUBMISSIONS)
def test_points_and_remarks_are_as_expected(graded, student):
    _, points, remark = SUBMISSIONS[student]
    (row,) = [row for row in report.scores(graded[0], NAME) if row["student"] == student]
    assert row["remarks"] == remark
    assert row["points"] == points


def test_the_time_for_each_is_said(graded):
    code, said = graded[2]["grade"]
    times = re.findall(r"^\d+ of 11  (\w+): (graded|NOT GRADED) in \d+\.\d s$", said, re.MULTILINE)
    assert code == 1 and {student for student, _ in times} == set(SUBMISSIONS)
    assert {student for student, how in times if how == "NOT GRADED"} == {"twice", "damaged"}
    print(said)


def test_common_mistakes_are_named(graded):
    found = report.mistakes(graded[0], NAME)
    assert found["cosine-matrix"]["not normalised"] == 1 and found["cosine"]["does not come to an end"] == 1
    assert found["positive-pairs"]["SyntaxError"] == 1 and found["nearest-other"].keys() <= {"not written yet", "NameError"}
    assert "not normalised" in graded[2]["report"][1]


def test_feedback_says_what_was_wrong(graded):
    page = graded[0].submission("partly", NAME, "feedback").with_suffix(".html").read_text("utf8")
    assert "not normalised" in page and "See chapter 02, section 1" in page
    assert not graded[0].submission("damaged", NAME, "feedback").exists()


def test_nbgraders_own_command_gives_the_same_points(graded):
    root = graded[0].root
    command = [Path(sys.executable).with_name("nbgrader"), "autograde", NAME, "--student", "partly", "--force"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(command, cwd=root, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    (row,) = [row for row in report.scores(graded[0], NAME) if row["student"] == "partly"]
    assert row["points"] == SUBMISSIONS["partly"][1]


def test_the_table_for_spreadsheets(graded):
    lines = (graded[0].root / f"{NAME}.csv").read_text("utf8").splitlines()
    assert lines[0].startswith("student,points,of,to grade by hand,remarks,cosine,") and len(lines) == 1 + len(SUBMISSIONS)


@pytest.mark.parametrize("name", available())
def test_the_students_versions_in_the_repository_are_those_of_the_sources(name, tmp_path):
    made = Course(tmp_path).release(name, seed=0)
    kept = ASSIGNMENTS / "release" / name / f"{name}.ipynb"
    assert made.read_text("utf8") == kept.read_text("utf8"), "tests/make_releases.py makes them anew"


def test_what_a_teacher_does_wrong_is_said_in_a_line(tmp_path):
    assert classroom(tmp_path, "release", "nothing") == (1, f"there is no assignment 'nothing'; there are: {', '.join(available())}\n")
    assert "nobody has handed in" in classroom(tmp_path, "grade", NAME)[1]
    assert "needs the folder" in classroom(tmp_path, "collect-folder", NAME)[1]
