"""The judge: run a learner's program, and say in one sentence what is wrong with it, as precisely as can be known."""

import torch

from clearn.course.checks.exercise import Changed, NotATensor, NothingReturned, same


class Mistake(AssertionError):
    """What is wrong with an answer: the `exercise`, the `name` of the mistake, and a sentence. A notebook shows these only."""

    def __init__(self, exercise, name, why, see=""):
        self.exercise, self.name = exercise, name
        super().__init__(f"{exercise}: {name}. {why}" + (f" See chapter {see}." if see else ""))

    def _render_traceback_(self):  # IPython asks for it, and then shows no traceback
        return [str(self)]


UNWRITTEN = ("not written yet", "Put your program in place of `raise NotImplementedError`, run its cell, and then this one "
             "again.")  # fmt: skip
NOTHING = (
    "returns nothing",
    "The last line must be a `return` with the result, and every way through the program must end in one.",
)
CHANGED = ("changes its input", "The caller still needs what it gave you, and so may autograd. Write `x = x / n` in place of "
           "`x /= n`, `sorted(x)` in place of `x.sort()`, or work on a copy.")  # fmt: skip
CONSTANT = ("hard-coded answer", "It returns the same for every input. Compute it from the arguments.")
CUT = ("cut off from autograd", "The values are right, but no gradient flows back. `.item()`, `.tolist()`, `.numpy()`, `.data`, "
       "`torch.tensor(…)` and `no_grad` cut it off.")  # fmt: skip
KIND = {torch.bool: ("numbers in place of truth values", "The values are right, but they are no truth values: as a mask, or behind "
                     "`~` and `&`, they go wrong. Let a comparison make them, or add `.bool()`."),
        torch.long: ("not whole numbers", "The values are right, but as floats or truth values they cannot serve as row numbers "
                     "or labels. Add `.long()`.")}  # fmt: skip
SLOPE = ("wrong gradient", "The values are right, but what flows back is not: something on the way is detached that should not "
         "be, or the other way round.")  # fmt: skip


def judge(exercise, solution, seed=0):
    """Raise the `Mistake` of `solution`, a learner's program; return the number of cases if there is none."""
    cases = exercise.cases(torch.Generator().manual_seed(seed))
    wanted = [watch(exercise, exercise.right, case) for case in cases]
    seen = [watch(exercise, solution, case) for case in cases]
    if unwritten(seen[0]):
        raise Mistake(exercise.name, *UNWRITTEN)
    if isinstance(seen[0], NothingReturned):
        raise Mistake(exercise.name, *NOTHING)
    if any(isinstance(s, Changed) for s in seen):
        raise Mistake(exercise.name, *CHANGED)
    wrong = [i for i, case in enumerate(cases) if not (passes if case.edge else alike)(seen[i], wanted[i])]
    if not wrong:
        for s, w in zip(seen, wanted, strict=True):
            refuse_other_kind(exercise, s, w)
        return len(cases)
    plain = [i for i in range(len(cases)) if not cases[i].edge]
    if not set(wrong) & set(plain):
        slip = exercise.edges[cases[wrong[0]].edge]
        if alike(values(seen[wrong[0]]), values(wanted[wrong[0]])):
            slip = exercise.edges.get(f"{slip.name}, backwards", slip)
        raise Mistake(exercise.name, slip.name, slip.why, slip.see)
    for slip in exercise.mistakes:
        if made(exercise, slip, [(cases[i], seen[i], wanted[i]) for i in plain]):
            raise Mistake(exercise.name, slip.name, slip.why, slip.see)
    first = next(i for i in wrong if not cases[i].edge)
    if all(alike(values(seen[i]), values(wanted[i])) for i in plain):
        raise Mistake(exercise.name, *(CUT if len(seen[first]) < len(wanted[first]) else SLOPE))
    ran = [values(seen[i]) for i in plain if not isinstance(seen[i], Exception)]
    if len(ran) > 2 and all(alike(run, ran[0]) for run in ran):
        raise Mistake(exercise.name, *CONSTANT)
    raise Mistake(exercise.name, *difference(values(seen[first]), values(wanted[first]), cases[first].args))


def refuse_other_kind(exercise, seen, wanted):
    """Raise a `Mistake` where truth values or whole numbers are wanted, and others of the same value were returned."""
    for what in () if isinstance(wanted, Exception) else wanted:
        kind = wanted[what].dtype
        if kind in KIND and (
            seen[what].is_floating_point() or (kind == torch.bool) != (seen[what].dtype == torch.bool)
        ):
            raise Mistake(exercise.name, *KIND[kind])


def watch(exercise, solution, case):
    """What can be seen of one run: {what: tensor}, or the exception that ended it."""
    try:
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(0)
            return exercise.observe(solution, case.args)
    except Exception as error:  # noqa: BLE001  a learner's program may raise anything
        return error


def unwritten(seen):
    """Whether the stub still stands there (torch's own NotImplementedError has a message)."""
    return isinstance(seen, NotImplementedError) and not str(seen)


def made(exercise, slip, runs):
    """Whether runs [(case, seen, wanted)] are those of a wrong program. Its values decide; its gradients where these are right."""
    theirs = []
    for case, seen, _ in runs:
        theirs.append(watch(exercise, slip.solution, case))
        if not alike(values(seen), values(theirs[-1])):
            return False
    if all(alike(values(t), values(wanted)) for t, (_, _, wanted) in zip(theirs, runs, strict=True)):
        return all(alike(t, seen) for t, (_, seen, _) in zip(theirs, runs, strict=True))
    return True


def values(seen):
    """Of a run, what it returned, without gradients."""
    return (
        seen
        if isinstance(seen, Exception)
        else {what: x for what, x in seen.items() if not what.startswith("gradient")}
    )


def alike(a, b):
    """Whether two runs look the same. Two that stopped do, whatever they said."""
    if isinstance(a, Exception) or isinstance(b, Exception):
        return isinstance(a, Exception) and isinstance(b, Exception)
    return a.keys() == b.keys() and all(same(a[what], b[what]) for what in a)


def passes(seen, wanted):
    """Whether a run is right where the gradient is a matter of taste, as at a row of zeros: its values are, and nothing is NaN."""
    return alike(values(seen), values(wanted)) and (
        isinstance(seen, Exception) or all(x.isfinite().all() for x in seen.values())
    )


def difference(seen, wanted, args):
    """(name, why) of a mistake that nobody foresaw: what differs, and for which input."""
    given = "For " + ", ".join(map(words, args))
    if isinstance(seen, NotATensor):
        return "not a tensor", f"{given}: {seen}."
    if isinstance(seen, Exception):
        return f"stops with {type(seen).__name__}", f"{given}: {str(seen).strip() or 'no message'}."
    if isinstance(wanted, Exception):
        return "accepts what it should refuse", f"{given} it should raise {type(wanted).__name__}."
    if wanted.keys() == {"value"} != seen.keys():
        what = f"{given} it returns {len(seen)} things, expected one tensor: `torch.tensor(…)` or `torch.stack(…)`."
        return "a list in place of a tensor", what
    if seen.keys() != wanted.keys():
        return "wrong number of results", f"{given} it returns {len(seen)}, expected {len(wanted)}."
    what = next(what for what in wanted if not same(seen[what], wanted[what]))
    if seen[what].shape != wanted[what].shape:
        return "wrong shape", f"{given} it returns {words(seen[what])}, expected shape {tuple(wanted[what].shape)}."
    if what.startswith("value"):
        return "wrong value", f"{given} it returns {first_difference(seen[what], wanted[what])}."
    return "wrong value", f"{given}, {what}: {first_difference(seen[what], wanted[what])}."


def first_difference(seen, wanted):
    """Both values if they are small, or else the first entries that differ."""
    if seen.numel() <= 12 and seen.ndim <= 2:
        return f"{words(seen)}, expected {words(wanted)}"
    for place in seen.isnan().logical_or(wanted.isnan()).logical_or(seen != wanted).nonzero().tolist():
        one, other = seen[tuple(place)], wanted[tuple(place)]
        if not same(one, other):
            return f"{words(one)} at [{', '.join(map(str, place))}], expected {words(other)}"
    return "numbers that are a little off"


def words(x):
    """A value for the page: small tensors in full, others by their shape."""
    if isinstance(x, torch.Tensor):
        return str(rounded(x.tolist())) if x.numel() <= 12 and x.ndim <= 2 else f"a tensor of shape {tuple(x.shape)}"
    return f"{x:g}" if isinstance(x, float) else str(x)


def rounded(x):
    return [rounded(value) for value in x] if isinstance(x, list) else round(x, 3)
