"""Checks for the exercises: `check` runs what you wrote and names the mistake; `hint` helps a little, on request."""

import hashlib
import inspect
import sys
import tomllib
from contextlib import contextmanager
from importlib.resources import files

from clearn.course.checks import infonce, margins, measuring, pairs, pipeline, targets
from clearn.course.checks.judge import Mistake as Mistake  # for those who catch it
from clearn.course.checks.judge import judge

ASSIGNMENTS = {
    "pairs": pairs, "margins": margins, "infonce": infonce, "pipeline": pipeline, "targets": targets, "measuring": measuring,
}  # fmt: skip
EXERCISES = {exercise.name: exercise for assignment in ASSIGNMENTS.values() for exercise in assignment.EXERCISES}


def check(solution, seed=0):
    """Run `solution`, a function or class that bears an exercise's name: say that it is right, or raise the `Mistake`.

    `seed` chooses the random inputs. Raises KeyError for a name that no exercise has. What has two exercises' names is
    tried as both.
    """
    for exercise in asked(solution, sys._getframe(1).f_globals):
        with others_right(solution, exercise):
            count = judge(exercise, solution, seed)
        print(f"{exercise.name}: right, on {count} inputs.")


def asked(solution, scope):
    """The exercises whose names `solution` bears, as a variable of the caller's or its own."""
    names = [name for name in EXERCISES if scope.get(name) is solution]
    return [named(name) for name in names] or [named(getattr(solution, "__name__", str(solution)))]


@contextmanager
def others_right(solution, exercise):
    """Meanwhile the assignment's other exercises are replaced by what is right: nobody pays twice for one mistake."""
    program = inspect.unwrap(solution)
    scope = getattr(program, "__globals__", None) or vars(sys.modules[program.__module__])
    (exercises,) = [module.EXERCISES for module in ASSIGNMENTS.values() if exercise in module.EXERCISES]
    others = {
        other.name: other.right for other in exercises if other is not exercise and not is_ours(scope.get(other.name))
    }
    before = {name: scope[name] for name in others if name in scope}
    scope.update(others)
    try:
        yield
    finally:
        for name in others:
            del scope[name]
        scope.update(before)


def is_ours(thing):
    """Whether something is the course's own, as `losses.info_nce` is."""
    return str(getattr(thing, "__module__", "")).startswith("clearn.")


def hint(exercise, level=1):
    """Print a hint for an exercise, by its name: 1, a nudge; 2, the idea; 3, nearly the program.

    Raises KeyError for a name that no exercise has, ValueError for another level.
    """
    name = named(getattr(exercise, "__name__", exercise)).name
    folder = files("clearn.course") / "checks"
    hints = (tomllib.loads((folder / assignment / "hints.toml").read_text("utf8")) for assignment in ASSIGNMENTS)
    texts = next(found[name] for found in hints if name in found)
    if level not in (1, 2, 3):
        raise ValueError(f"level must be 1, 2 or 3, got {level!r}")
    print(texts[level - 1] + ("" if level == 3 else f'\n(More: hint("{name}", {level + 1}).)'))


def seed(course, student=""):
    """The seed of one learner's numbers and pictures. Args: course, the number of a class; student, a user name, in any case.

    >>> seed(2027, "Ada") == seed(2027, " ada ") != seed(2028, "ada")
    True
    """
    return int.from_bytes(hashlib.sha256(f"{course} {student.strip().casefold()}".encode()).digest()[:4], "big")


def draw(name, seed, low, high, digits=2):
    """A number from low to high for the question `name`, the same on every machine.

    >>> 0.2 <= draw("distance", 0, 0.2, 1.9) == draw("distance", 0, 0.2, 1.9) != draw("distance", 1, 0.2, 1.9)
    True
    """
    share = int.from_bytes(hashlib.sha256(f"{name} {seed}".encode()).digest()[:6], "big") / 2**48
    return round(low + share * (high - low), digits)


def named(name):
    """The exercise of that name. Raises KeyError if there is none."""
    if name not in EXERCISES:
        raise KeyError(f"there is no exercise {name!r}; there are: {', '.join(EXERCISES)}")
    return EXERCISES[name]
