"""Collect: from what a learning platform gives, one notebook for each student."""

import re
import shutil
import time

MOODLE = re.compile(r"_\d+_assignsubmission_\w+$")


def collect(folder, course, name):
    """Copy what students handed in of assignment `name` from `folder` to the course; return ([taken], [left]), in words.

    It may hold a folder for each student with one notebook in it, as Moodle makes them, or files STUDENT.ipynb or
    STUDENT_NAME.ipynb. Blanks in a name become hyphens. A file that takes the place of another one moves that to
    COURSE/earlier. Raises OSError if the folder cannot be read, ValueError if nothing in it is a notebook.
    """
    taken, left, whose = [], [], {}
    for path in sorted(folder.iterdir()):
        student, found, problem = who(path, name)
        if not problem and student in whose:
            problem = f"{student} has handed in {whose[student]} as well"
        if problem:
            left.append(f"{path.name}: {problem}")
            continue
        whose[student] = path.name
        taken.append(student if student == path.stem.removesuffix(f"_{name}") else f"{student} (from {path.name})")
        taken[-1] += keep(found, course.submission(student, name), course.root / "earlier" / student / name)
    if not taken:
        raise ValueError("\n".join([f"no notebook of {name} was found in {folder}", *left]))
    return taken, left


def who(path, name):
    """(student, notebook, what is wrong with it) of one entry of the folder."""
    if path.name.startswith("."):
        return "", None, "hidden"
    notebooks = sorted(path.glob("*.ipynb")) if path.is_dir() else [path]
    named = [found for found in notebooks if found.stem == name] or notebooks
    if len(named) != 1 or named[0].suffix != ".ipynb" or not named[0].is_file():
        many = path.is_dir() and len(named) > 1
        return "", None, f"{len(named)} notebooks, none called {name}.ipynb" if many else "no notebook"
    student = MOODLE.sub("", path.name) if path.is_dir() else path.stem.removesuffix(f"_{name}")
    student = re.sub(r"\s+", "-", student.strip())
    if not re.fullmatch(r"[\w.@'-]+", student) or student == name:
        return "", None, "whose is it? Call it STUDENT.ipynb, or put it into a folder STUDENT"
    return student, named[0], ""


def keep(found, place, earlier):
    """Copy a notebook to its place, and what was there before to `earlier`; say what happened, or "" if it is new."""
    said = ""
    if place.exists():
        if place.read_bytes() == found.read_bytes():
            return ", as before"
        earlier.mkdir(parents=True, exist_ok=True)
        place.rename(earlier / f"{time.strftime('%Y-%m-%d-%H%M%S')}-{len(list(earlier.iterdir()))}.ipynb")
        said = ", handed in anew"
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(found, place)
    return said
