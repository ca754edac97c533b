"""A class hands in, as classes do: everything is graded that can be, what cannot is named, and nothing is lost."""

import copy
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_output

from clearn.course.classroom import report
from clearn.course.classroom.collect import collect
from clearn.course.classroom.cycle import ASSIGNMENTS, Course, available

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
    gone = "setup", "cosine", "cosine-check", "positive-pairs", "experiment-data"
    notebook.cells = [cell for cell in notebook.cells if cell.id not in gone]


def same_cells_twice(notebook, cells, answers):
    """As JupyterLab leaves them: an answer was split in two, and a check was copied."""
    solved(notebook, cells, answers)
    head, body = cells["cosine"].source.split("\n", 1)
    cells["cosine"].source = "import math"
    for name, source in (("cosine", f"{head}\n{body}"), ("cosine-check", cells["cosine-check"].source)):
        again = copy.deepcopy(cells[name])
        again.id, again.source = f"{name}-again", source
        notebook.cells.insert(notebook.cells.index(cells[name]) + 1, again)


def another_assignment(notebook, cells, answers):
    notebook.cells = nbformat.read(ASSIGNMENTS / "release" / "margins" / "margins.ipynb", 4).cells


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
    "syntax": (instead("cosine-matrix", "def cosine_matrix(a, b)\n    return a @ b.T"), 12, ""),  # the experiment needs it, too
    "loop": (instead("cosine", "def cosine(a, b):\n    while True:\n        pass"), 16, ""),
    "edited": (edited_tests, 0, ""),
    "missing": (missing_cells, 13, "a cell is missing, setup: put back; a cell is missing, cosine: no points; "
                "a cell is missing, cosine-check: put back; a cell is missing, positive-pairs: no points; "
                "a cell is missing, experiment-data: put back"),
    "large": (large, 18, "50 MB, nearly all of it output: dropped"),
    "copied": (somebody_elses, 18, "STUDENT is 'perfect', but this was handed in by 'copied'"),
    "twice": (same_cells_twice, 18, "an answer in two cells, cosine: both are run; "
              "a cell occurs twice, cosine-check: the second is left out"),
    "shadow": (instead("cosine", "def cosine(a, b):\n    return 1.0\n\ndef check(*anything):\n    pass"), 16, ""),
    "wrong": (another_assignment, None, "it is another notebook, or its cells have lost nbgrader's marks"),
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
    (inbox / "partly").rename(inbox / "partly_4711_assignsubmission_file")  # as Moodle calls it
    (inbox / "readme.txt").write_text("from the platform")
    for step in (
        ("collect-folder", NAME, inbox),
        ("grade", NAME, "--timeout", 10),
        ("feedback", NAME),
        ("report", NAME),
    ):
        said[step[0]] = classroom(root, *step)
    return Course(root), inbox, said


@pytest.mark.notebooks
def test_the_release_has_neither_answers_nor_hidden_tests(graded):
    course, _, said = graded
    assert said["release"][0] == 0
    text = (course.root / "release" / NAME / f"{NAME}.ipynb").read_text("utf8")
    assert "SOLUTION" not in text and "HIDDEN" not in text and "SEED + 1" not in text and "CLASS = 2027" in text
    assert "SEED + 1" in course.source(NAME).read_text("utf8")


@pytest.mark.notebooks
def test_all_are_collected_as_they_were(graded):
    course, inbox, (code, said) = graded[0], graded[1], graded[2]["collect-folder"]
    assert code == 1 and "not understood: readme.txt: no notebook" in said
    assert "partly (from partly_4711_assignsubmission_file)" in said
    for student in SUBMISSIONS:
        (folder,) = inbox.glob(f"{student}*")
        assert course.submission(student, NAME).read_bytes() == (folder / f"{NAME}.ipynb").read_bytes()


@pytest.mark.notebooks
@pytest.mark.parametrize("student", SUBMISSIONS)
def test_points_and_remarks_are_as_expected(graded, student):
    _, points, remark = SUBMISSIONS[student]
    (row,) = [row for row in report.scores(graded[0], NAME) if row["student"] == student]
    assert row["remarks"] == remark
    assert row["points"] == points


@pytest.mark.notebooks
def test_the_time_for_each_is_said(graded):
    code, said = graded[2]["grade"]
    times = re.findall(r"^\d+ of 13  (\w+): (graded|NOT GRADED) in \d+\.\d s$", said, re.MULTILINE)
    assert code == 1 and {student for student, _ in times} == set(SUBMISSIONS)
    assert {student for student, how in times if how == "NOT GRADED"} == {"wrong", "damaged"}
    print(said)


@pytest.mark.notebooks
def test_common_mistakes_are_named(graded):
    found, students = report.mistakes(graded[0], NAME)
    assert students == 11
    assert found["cosine-matrix"]["not normalised"] == 1 and found["cosine"]["does not come to an end"] == 1
    assert found["cosine-matrix"]["SyntaxError"] == 1 and found["nearest-other"].keys() == {"not written yet"}
    assert "not normalised" in graded[2]["report"][1]


@pytest.mark.notebooks
def test_feedback_says_what_was_wrong(graded):
    page = graded[0].submission("partly", NAME, "feedback").with_suffix(".html").read_text("utf8")
    assert "not normalised" in page and "See chapter 02, section 1" in page
    assert not graded[0].submission("damaged", NAME, "feedback").exists()


@pytest.mark.notebooks
def test_nbgraders_own_command_gives_the_same_points(graded):
    root = graded[0].root
    command = [Path(sys.executable).with_name("nbgrader"), "autograde", NAME, "--student", "partly", "--force"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        command, cwd=root, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (row,) = [row for row in report.scores(graded[0], NAME) if row["student"] == "partly"]
    assert row["points"] == SUBMISSIONS["partly"][1]


@pytest.mark.notebooks
def test_the_table_for_spreadsheets(graded):
    lines = (graded[0].root / f"{NAME}.csv").read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("student,points,of,to grade by hand,remarks,cosine,") and len(lines) == 1 + len(
        SUBMISSIONS
    )


@pytest.mark.long
@pytest.mark.parametrize("name", available())
def test_the_students_versions_in_the_repository_are_those_of_the_sources(name, tmp_path):
    made = Course(tmp_path).release(name, seed=0)
    kept = ASSIGNMENTS / "release" / name / f"{name}.ipynb"
    assert made.read_text("utf8") == kept.read_text("utf8"), "tests/make_releases.py makes them anew"


@pytest.mark.notebooks
def test_grading_again_asks_only_about_what_is_new(graded):
    course, inbox, _ = graded
    assert "handed in anew" in handed_in_anew(course, inbox, "large", "{ no notebook")
    code, said = classroom(course.root, "grade", NAME)
    assert code == 1 and "perfect: graded before" in said and "large: NOT GRADED" in said
    (row,) = [row for row in report.scores(course, NAME) if row["student"] == "large"]
    assert row["points"] is None and row["remarks"] == "it is not a notebook"  # and not what the file before it earned
    assert not course.submission("large", NAME, "feedback").exists()
    assert len(list((course.root / "earlier" / "large" / NAME).iterdir())) == 1


def handed_in_anew(course, inbox, student, text):
    folder = inbox.parent / "again" / student
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_text(text)
    return classroom(course.root, "collect-folder", NAME, folder.parent)[1]


@pytest.mark.notebooks
def test_an_interruption_ends_the_grading_and_loses_nothing(graded, tmp_path):
    root = graded[0].root
    before = {
        student: graded[0].submission(student, NAME, "autograded").read_bytes() for student in ("partly", "perfect")
    }
    at_work = graded[0].submission("edited", NAME, "mended")  # after copied and damaged: it is written, then graded
    made = at_work.stat().st_mtime_ns
    command = [sys.executable, "-m", "clearn", "classroom", "grade", NAME, "--again", "--course", root]
    said = tmp_path / "said.txt"
    with said.open("w") as out:
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, text=True)
    while at_work.stat().st_mtime_ns == made:
        assert child.poll() is None
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    err = child.communicate(timeout=60)[1]
    assert child.returncode == 130 and "interrupted: the same command goes on" in err and "Traceback" not in err
    lines = [line.split(":")[0] for line in said.read_text().splitlines() if line[0] != " "]
    assert lines == ["1 of 13  copied", "2 of 13  damaged", "3 of 13  edited"]  # the one at work is finished
    assert all(
        graded[0].submission(student, NAME, "autograded").read_bytes() == kept for student, kept in before.items()
    )


def test_a_platforms_names(tmp_path):
    inbox, course = tmp_path / "in", Course(tmp_path / "course")
    for name in ("Ada Lovelace_4711_assignsubmission_file/work.ipynb", "two/a.ipynb", "two/b.ipynb",
                 "o'brien_pairs.ipynb", "pairs.ipynb",
                 ".hidden.ipynb", "li.wei.ipynb", "li.wei_pairs.ipynb", "empty/note.txt"):  # fmt: skip
        (inbox / name).parent.mkdir(parents=True, exist_ok=True)
        (inbox / name).write_text(name)
    taken, left = collect(inbox, course, NAME)
    assert taken == ["Ada-Lovelace (from Ada Lovelace_4711_assignsubmission_file)", "li.wei", "o'brien"]
    assert len(left) == 5 and any("li.wei has handed in li.wei.ipynb as well" in why for why in left)
    assert course.submission("Ada-Lovelace", NAME).read_text().endswith("work.ipynb")


@pytest.mark.long
def test_what_a_teacher_does_wrong_is_said_in_a_line(tmp_path):
    assert classroom(tmp_path, "release", "nothing") == (
        1,
        f"there is no assignment 'nothing'; there are: {', '.join(available())}\n",
    )
    for step in ("grade", "report", "feedback"):
        assert "was not released in" in classroom(tmp_path, step, NAME)[1]
    assert classroom(tmp_path, "release", NAME, "--seed", 5)[0] == 0
    assert "nobody has handed in" in classroom(tmp_path, "grade", NAME)[1]
    assert "has the numbers of class 5, not 6" in classroom(tmp_path, "release", NAME, "--seed", 6)[1]
    assert "needs the folder" in classroom(tmp_path, "collect-folder", NAME)[1]
    (tmp_path / "nobody").mkdir()
    assert "no notebook of pairs was found" in classroom(tmp_path, "collect-folder", NAME, tmp_path / "nobody")[1]
