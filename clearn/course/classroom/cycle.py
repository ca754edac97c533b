"""Release, grade and return an assignment, by nbgrader, which keeps the scores in a data base, gradebook.db."""

import contextlib
import json
import os
import re
import shutil
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import nbformat

from clearn.course.classroom.submission import Unusable, mended, signed, stopped

ASSIGNMENTS = Path(__file__).resolve().parents[3] / "notebooks" / "assignments"
CLASS = re.compile(r"^CLASS = (.*)$", re.MULTILINE)


class Course:
    """A teacher's folder: source, release, submitted, autograded and feedback, as nbgrader names them.

    `mended` holds copies of what was submitted that nbgrader can grade; `grading` says what was found, student by
    student. Args: root, the folder; timeout, seconds that one cell of a submission may take. Needs the extra `grading`.
    """

    def __init__(self, root, timeout=60):
        self.root, self.timeout = Path(root).resolve(), timeout

    def source(self, name):
        """The path of an assignment's source."""
        return self.root / "source" / name / f"{name}.ipynb"

    def submission(self, student, name, stage="submitted"):
        """The path of a student's notebook, as submitted, mended or autograded; for feedback, without its suffix .html."""
        return self.root / stage / student / name / f"{name}.ipynb"

    def students(self, name):
        """Who has handed it in. Raises ValueError if nobody has, or if it was not released here."""
        if not self.source(name).exists():
            again = f"python -m clearn classroom release {name} --course {self.root}"
            raise ValueError(f"{name!r} was not released in {self.root}: {again}")
        found = sorted(path.parent.name for path in (self.root / "submitted").glob(f"*/{name}"))
        if not found:
            raise ValueError(f"nobody has handed in {name!r}: there is no {self.root / 'submitted'}/STUDENT/{name}")
        return found

    def release(self, name, seed=None):
        """Make the students' version; return its path.

        The first time the course's own source is copied here, with the numbers of the class `seed` (default 0); a
        source that is there stays. Raises ValueError if there is no such assignment, or it was released with another
        seed; RuntimeError if nbgrader fails.
        """
        if not self.source(name).exists():
            ours = ASSIGNMENTS / "source" / name / f"{name}.ipynb"
            if not ours.exists():
                raise ValueError(f"there is no assignment {name!r}; there are: {', '.join(available())}")
            notebook = nbformat.read(ours, 4)
            for cell in notebook.cells:
                cell.source = CLASS.sub(f"CLASS = {seed or 0}", cell.source)
            self.source(name).parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, self.source(name))
        there = CLASS.search("\n".join(cell.source for cell in nbformat.read(self.source(name), 4).cells))
        if seed is not None and there and there[1] != str(seed):
            raise ValueError(f"{self.source(name)} has the numbers of class {there[1]}, not {seed}. For another class "
                             "take another folder, or change CLASS there and leave out --seed.")  # fmt: skip
        shutil.copyfile(
            ASSIGNMENTS / "nbgrader_config.py", self.root / "nbgrader_config.py"
        )  # for nbgrader's own commands
        self._run("generate_assignment", name, create=True)
        return self.root / "release" / name / f"{name}.ipynb"

    def grade(self, name, again=False):
        """Grade what is new, or with `again` everything; yield (student, seconds, [remark], whether it could be graded).

        Seconds are None for what was graded before. What cannot be graded has no points, whatever it had before.
        Interrupt it (Ctrl-C) and it finishes this one, and raises KeyboardInterrupt.
        """
        found = self.findings(name)
        with interrupts_noted() as interrupted:
            for student in self.students(name):
                if not again and self._is_graded(student, name):
                    yield student, None, found.get(student, []), True
                    continue
                begun = time.monotonic()
                remarks, usable = self._grade(student, name)
                found[student] = remarks
                path = self.root / "grading" / f"{name}.json"
                path.parent.mkdir(exist_ok=True)
                path.write_text(json.dumps(found, indent=1, ensure_ascii=False), "utf8")
                yield student, time.monotonic() - begun, remarks, usable
                if interrupted:
                    raise KeyboardInterrupt

    def findings(self, name):
        """{student: [remark]} of the last grading."""
        path = self.root / "grading" / f"{name}.json"
        return json.loads(path.read_text("utf8")) if path.exists() else {}

    def _grade(self, student, name):
        remarks = []
        try:
            released = nbformat.read(self.root / "release" / name / f"{name}.ipynb", 4)
            notebook, remarks = mended(self.submission(student, name), released)
            if (said := signed(notebook)) and said.casefold() != student.casefold():
                remarks.append(f"STUDENT is {said!r}, but this was handed in by {student!r}")
            place = self.submission(student, name, "mended")
            place.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, place)
            self._run("autograde", name, student, create=True)
        except (Unusable, RuntimeError) as error:
            self._forget(student, name)
            return [str(error), *remarks], False
        return [*remarks, *filter(None, [stopped(self.submission(student, name, "autograded"))])], True

    def _is_graded(self, student, name):
        graded = self.submission(student, name, "autograded")
        made_from = self.submission(student, name), self.source(name)
        return graded.exists() and all(path.stat().st_mtime < graded.stat().st_mtime for path in made_from)

    def _forget(self, student, name):
        """Remove what an earlier file of the student has earned."""
        from nbgrader.api import MissingEntry

        for stage in ("autograded", "feedback"):
            shutil.rmtree(self.root / stage / student / name, ignore_errors=True)
        with self.gradebook() as book, contextlib.suppress(MissingEntry):
            book.remove_submission(name, student)

    def feedback(self, name):
        """Write a page for each student that was graded; yield its path, or in words why there is none."""
        for student in self.students(name):
            if self.submission(student, name, "autograded").exists():
                try:
                    self._run("generate_feedback", name, student)
                    yield self.submission(student, name, "feedback").with_suffix(".html")
                except RuntimeError as error:
                    yield f"{student}: no page, {error}"

    def gradebook(self):
        """nbgrader's data base; use it in a `with`."""
        with as_nbgrader_needs_it():
            return self._nbgrader().gradebook

    def _run(self, step, *names, **options):
        """One step of nbgrader. Raises RuntimeError with the reason it gives."""
        # Not in the main thread, where it would take Ctrl-C for a student's failure.
        with as_nbgrader_needs_it(), ThreadPoolExecutor(1) as thread:
            done = thread.submit(lambda: getattr(self._nbgrader(), step)(*names, force=True, **options)).result()
        if not done["success"]:
            log = done["log"] or done["error"] or ""
            path = self.root / "grading" / ("-".join((step, *names)) + ".log")
            path.parent.mkdir(exist_ok=True)
            path.write_text(log, "utf8")
            raise RuntimeError(f"{reason(log)} (more in {path})")

    def _nbgrader(self):
        from nbgrader.apps import NbGraderAPI

        config = settings(self.root, self.timeout)
        config.CourseDirectory.submitted_directory = "mended"
        return NbGraderAPI(config=config)


def settings(root, timeout=60):
    """nbgrader's settings for a course in `root`."""
    from traitlets.config import Config

    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.course_id = "clearn"
    config.ClearSolutions.code_stub = {"python": "raise NotImplementedError"}
    config.ClearSolutions.text_stub = "*Your answer.*"
    config.OverwriteCells.add_missing_cells = True
    config.ExecutePreprocessor.timeout = timeout
    config.ExecutePreprocessor.iopub_timeout = 30  # a long calculation notices an interrupt late
    config.ExecutePreprocessor.interrupt_on_timeout = True
    return config


def available():
    """The names of the assignments that the course brings."""
    return sorted(path.parent.name for path in (ASSIGNMENTS / "source").glob("*/*.ipynb"))


@contextmanager
def as_nbgrader_needs_it():
    """The environment's programs on the path, since nbgrader calls alembic by its bare name; and no chatter of kernels."""
    path, stderr = os.environ.get("PATH", ""), os.dup(2)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{path}"
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.environ["PATH"] = path
        os.dup2(stderr, 2)
        os.close(stderr)


@contextmanager
def interrupts_noted():
    """A list to which each Ctrl-C in the meantime is added, and nothing else happens."""
    came, before = [], signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, lambda *args: came.append(args))
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, before)


def reason(log):
    """The line of a log that says what went wrong."""
    errors = re.findall(r"^\s*(?:[\w.]+\.)?(\w*(?:Error|Exception): .*)$", log, re.MULTILINE)
    told = [error for error in errors if "see the the above" not in error]
    return told[-1] if told else "nbgrader failed and did not say why"
