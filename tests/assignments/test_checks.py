"""The checks, checked: every wrong answer is rejected, nearly all by the right name, and no right one is."""

import inspect
import re
import tomllib
from collections import Counter
from pathlib import Path

import nbformat
import pytest
import torch
from answers import RIGHT, WRONG

from clearn.course import checks
from clearn.course.checks.judge import alike, judge, values, watch

ROOT = Path(__file__).resolve().parents[2]
SEEDS = (0, 2026)
each_seed = pytest.mark.parametrize("seed", SEEDS)
each_exercise = pytest.mark.parametrize("name", checks.EXERCISES)


def named(solution, seed):
    """The mistake that the check names, or None if it finds none."""
    try:
        judge(checks.EXERCISES[solution.__name__], solution, seed)
    except checks.Mistake as mistake:
        return mistake.name


def place(solution):
    return f"{solution.__module__}, line {inspect.unwrap(solution).__code__.co_firstlineno}: {solution.__name__}"


@each_seed
def test_right_answers_are_right(seed):
    found = {place(solution): named(solution, seed) for solution in RIGHT}
    assert not {answer: mistake for answer, mistake in found.items() if mistake}


@pytest.mark.long
@pytest.mark.parametrize("seed", [SEEDS[0], pytest.param(SEEDS[1], marks=pytest.mark.elsewhere)])
def test_wrong_answers_are_rejected_and_named(seed, tell):
    found = [(solution, mistake, named(solution, seed)) for solution, mistake in WRONG]
    tell(table(found))
    assert not [f"{place(solution)}: {mistake}" for solution, mistake, said in found if said is None]
    misnamed = [f"{place(solution)}: {said!r}, is {mistake!r}" for solution, mistake, said in found if said != mistake]
    assert len(misnamed) <= len(WRONG) / 10, misnamed


def table(found):
    wrong, well = (
        Counter(s.__name__ for s, *_ in found),
        Counter(s.__name__ for s, mistake, said in found if mistake == said),
    )
    right = Counter(s.__name__ for s in RIGHT)
    lines = [f"{name:24}{wrong[name]:8}{well[name]:8}{right[name]:8}" for name in checks.EXERCISES]
    total = f"{'all':24}{wrong.total():8}{well.total():8}{right.total():8}"
    return "\n".join([f"{'exercise':24}{'wrong':>8}{'named':>8}{'right':>8}", *lines, total])


@each_exercise
def test_there_are_enough_answers(name):
    assert sum(solution.__name__ == name for solution in RIGHT) >= 3
    assert sum(solution.__name__ == name for solution, _ in WRONG) >= 6
    assert len({mistake for solution, mistake in WRONG if solution.__name__ == name}) >= 5


@each_exercise
@each_seed
def test_mistakes_can_be_told_from_what_is_right_and_from_each_other(name, seed):
    exercise = checks.EXERCISES[name]
    cases = [case for case in exercise.cases(torch.Generator().manual_seed(seed)) if not case.edge]
    wanted = [watch(exercise, exercise.right, case) for case in cases]
    runs = [(slip.name, [watch(exercise, slip.solution, case) for case in cases]) for slip in exercise.mistakes]
    assert not any(isinstance(run, Exception) for run in wanted)
    for i, (mistake, theirs) in enumerate(runs):
        assert not all(map(alike, theirs, wanted)), f"{mistake} is right"
        assert not all(isinstance(run, Exception) for run in theirs), f"{mistake} stops on every input"
        only_gradient = all(alike(values(t), values(w)) for t, w in zip(theirs, wanted, strict=True))
        for other, others in runs[:i]:
            one = all(alike(values(t), values(o)) for t, o in zip(theirs, others, strict=True))
            assert mistake == other or not one or only_gradient, (mistake, other)


@each_exercise
def test_every_explanation_leads_to_a_section(name):
    exercise = checks.EXERCISES[name]
    for slip in [*exercise.mistakes, *exercise.edges.values()]:
        chapter, section = re.fullmatch(r"(\d\d), section (\d+)", slip.see).groups()
        (path,) = (ROOT / "notebooks").glob(f"{chapter}_*.ipynb")
        heads = [cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "markdown"]
        assert any(re.search(rf"^## {section} · ", head, re.MULTILINE) for head in heads), f"{name}: {slip.see}"


@each_exercise
def test_hints_come_in_three_steps(name, capsys):
    for level in (1, 2, 3):
        checks.hint(name, level)
    said = capsys.readouterr().out
    assert said.count("(More: hint(") == 2 and len(said) > 150


def test_no_hint_is_for_nothing():
    for assignment, module in checks.ASSIGNMENTS.items():
        path = ROOT / "clearn" / "course" / "checks" / assignment / "hints.toml"
        assert set(tomllib.loads(path.read_text("utf8"))) == {exercise.name for exercise in module.EXERCISES}


# How a solution is found and run


def cell(source, **names):
    """What running `source` as a cell of a notebook says; names are what other cells have defined."""
    scope = {"check": checks.check, **names}
    try:
        exec(source, scope)
    except checks.Mistake as mistake:
        return mistake.name
    return "right"


def test_an_answer_may_have_any_form_and_must_be_of_this_exercise():
    right = "import torch\ncosine_of_distance = lambda d: 1 - d**2 / 2\n"
    assert cell(right + "check(cosine_of_distance)") == "right"
    assert cell(right + "positive_pairs = cosine_of_distance\ncheck(positive_pairs)") != "right"
    with pytest.raises(KeyError, match="there is no exercise 'mine'"):
        cell("def mine(d):\n    return d\ncheck(mine)")


@pytest.mark.parametrize("decorator", ["", "@torch.no_grad()"])
@pytest.mark.parametrize("other", ["", "def cosine_matrix(a, b):\n    return 0"])  # not written for a slip, or wrong
def test_an_answer_is_judged_with_right_versions_of_the_others(decorator, other):
    program = "def nearest_other(x):\n    return cosine_matrix(x, x).fill_diagonal_(-torch.inf).argmax(1)"
    scope = {}
    assert (
        cell(
            f"import torch\n{other}\n{decorator}\n{program}\ncheck(nearest_other)\nleft = globals().get('cosine_matrix')"
        )
        == "right"
    )
    exec(other, scope)
    assert ("cosine_matrix" in scope) == bool(other)


def test_what_the_learner_or_the_course_calls_by_an_exercises_name_stays():
    helper = "def push(queue, keys):\n    return torch.cat([queue, keys])[-len(queue):]\n"
    assert (
        cell(f"import torch\n{helper}def enqueue(queue, keys):\n    return push(queue, keys).detach()\ncheck(enqueue)")
        == "right"
    )
    program = "def moco_loss(query, key, queue, t):\n    return info_nce(query, key.detach(), queue.detach(), t)\n"
    assert cell(f"from clearn.losses import info_nce\n{program}check(moco_loss)") == "right"


def test_nothing_written_and_nothing_returned_are_two_things():
    assert cell("def spread(z):\n    raise NotImplementedError\ncheck(spread)") == "not written yet"
    assert cell("def spread(z):\n    z.std(0).mean()\ncheck(spread)") == "returns nothing"
    assert cell("def nearest_other(x):\n    return [0] * len(x)\ncheck(nearest_other)") == "a list in place of a tensor"


def test_seeds_and_draws_are_the_learners_own():
    assert len({checks.seed(course, student) for course in (0, 1) for student in ("", "ada", "li.wei")}) == 6
    assert len({checks.draw("angle", checks.seed(0, f"s{i}"), 0, 1, 6) for i in range(50)}) == 50
