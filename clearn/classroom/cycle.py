"""Release, collect, grade and return an assignment, by nbgrader, which keeps the scores in a data base, gradebook.db."""

import os
import re
import shutil
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import nbformat

from clearn.classroom.submission import faults, stopped

ASSIGNMENTS = Path(__file__).resolve().parents[2] / "notebooks" / "assignments"
CLASS = re.compile(r"^CLASS = .*$", re.MULTILINE)


class Course:
    """A teacher's folder: source, release, submitted, autograded and feedback, as nbgrader names them.

    Args: root, the folder; timeout, seconds that one cell of a submission may take. Needs the extra `grading`.
    """

    def __init__(self, root, timeout=60):
        self.root, self.timeout = Path(root).resolve(), timeout

    def source(self, name):
        return self.root / "source" / name / f"{name}.ipynb"

    def submission(self, student, name, stage="submitted"):
        return self.root / stage / student / name / f"{name}.ipynb"

    def students(self, name):
        """Who has handed it in. Raises ValueError if nobody has."""
        found = sorted(path.parent.name for path in (self.root / "submitted").glob(f"*/{name}"))
        if not found:
            raise ValueError(f"nobody has handed in {name!r}: there is no {self.root / 'submitted'}/STUDENT/{name}")
        return found

    def release(self, name, seed):
        """Make the students' version, with the numbers of the class `seed`; return its path. A source that is there stays."""
        if not self.source(name).exists():
            ours = ASSIGNMENTS / "source" / name / f"{name}.ipynb"
            if not ours.exists():
                raise ValueError(f"there is no assignment {name!r}; there are: {', '.join(available())}")
            notebook = nbformat.read(ours, 4)
            for cell in notebook.cells:
                cell.source = CLASS.sub(f"CLASS = {seed}", cell.source)
            self.source(name).parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, self.source(name))
        shutil.copyfile(ASSIGNMENTS / "nbgrader_config.py", self.root / "nbgrader_config.py")  # for nbgrader's own commands
        self._run("generate_assignment", name, create=True)
        return self.root / "release" / name / f"{name}.ipynb"

    def collect(self, folder, name):
        """Copy what students handed in from `folder`; return ({student: path}, [what was not understood]).

        It may hold a folder for each student with the notebook in it, or files STUDENT.ipynb or STUDENT_NAME.ipynb.
        """
        taken, left = {}, []
        for path in sorted(Path(folder).iterdir()):
            handed_in = path / f"{name}.ipynb" if path.is_dir() else path
            student = path.name if path.is_dir() else path.stem.removesuffix(f"_{name}")
            if not handed_in.exists() or handed_in.suffix != ".ipynb" or not re.fullmatch(r"[\w.@-]+", student):
                left.append(path.name)
                continue
            taken[student] = self.submission(student, name)
            taken[student].parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(handed_in, taken[student])
        return taken, left

    def grade(self, name):
        """Grade each submission anew; yield (student, seconds, what is wrong with it), in words, one after the other."""
        for student in self.students(name):
            begun = time.monotonic()
            fatal, mended = faults(self.submission(student, name), self.source(name))
            if not fatal:
                os.environ["CLEARN_STUDENT"] = student
                try:
                    self._run("autograde", name, student, create=True)
                    mended += filter(None, [stopped(self.submission(student, name, "autograded"))])
                except RuntimeError as error:
                    fatal = [str(error)]
                finally:
                    del os.environ["CLEARN_STUDENT"]
            yield student, time.monotonic() - begun, fatal, mended

    def feedback(self, name):
        """Write a page for each student that was graded; return the paths."""
        graded = [student for student in self.students(name) if self.submission(student, name, "autograded").exists()]
        for student in graded:
            self._run("generate_feedback", name, student)
        return [self.submission(student, name, "feedback").with_suffix(".html") for student in graded]

    def gradebook(self):
        return self._nbgrader().gradebook

    def _run(self, step, *names, **options):
        with as_nbgrader_needs_it():
            done = getattr(self._nbgrader(), step)(*names, force=True, **options)
        if not done["success"]:
            raise RuntimeError(reason(done["log"] or done["error"] or ""))

    def _nbgrader(self):
        from nbgrader.apps import NbGraderAPI

        return NbGraderAPI(config=settings(self.root, self.timeout))


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


def reason(log):
    """The line of a log that says what went wrong."""
    errors = re.findall(r"^\s*(?:[\w.]+\.)?(\w*(?:Error|Exception): .*)$", log, re.MULTILINE)
    return next((error for error in reversed(errors) if "see the the above" not in error), "nbgrader failed and did not say why")
