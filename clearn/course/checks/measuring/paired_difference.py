"""The difference of two classifiers on the same test rows."""

import functools

import torch

from clearn.course.checks.exercise import Case, Exercise
from clearn.course.checks.measuring.shared import answers_only


def two_answers(rng, n, ahead):
    """Truth values of two on the same n pictures, the first (ahead = 1) or the second (−1) clearly ahead."""
    both, fewer = (n // part + int(torch.randint(n // 8, (), generator=rng)) for part in (4, 8))
    won, lost = (fewer + n // 6, fewer)[::ahead]
    order = torch.randperm(n, generator=rng)
    return order < both + won, (order < both) | (order >= n - lost)


def by_case(*rows):
    return tuple(torch.tensor(row, dtype=torch.bool) for row in rows)


paired_difference = Exercise("paired_difference", lambda rng: [
    Case(by_case([1, 1, 1, 0, 1, 0], [0, 1, 0, 0, 1, 1])),
    *(Case(two_answers(rng, n, ahead)) for n, ahead in ((24, 1), (40, -1), (150, 1), (1000, -1))),
    Case(by_case([1, 1, 1, 1, 1], [0, 1, 1, 0, 1]), edge="NaN where one of them is always right"),
    Case(by_case([1, 0, 1, 1, 0, 1, 1], [1, 0, 1, 1, 0, 1, 1]), edge="NaN where the two always agree"),
], answers_only)  # fmt: skip
paired_difference.edge("NaN where one of them is always right", "Who is always right does not vary, and a correlation "
                       "with it is 0/0. Work with the differences, picture by picture.", "12, section 3")  # fmt: skip
paired_difference.edge("NaN where the two always agree", "Then both results are 0. A division by the number of "
                       "disagreements is 0/0, and rounding can leave a variance below 0: work with the differences, "
                       "picture by picture.",
                       "12, section 3")  # fmt: skip


@paired_difference.reference
def _(right_a, right_b):
    d = right_a.double() - right_b.double()
    return d.mean(), d.std(correction=0) / len(d) ** 0.5


def errors(std):
    """Wrong standard errors, with one kind of standard deviation: (name, why, formula of a, b and a − b)."""
    yield ("unpaired error", "Var(a)/n + Var(b)/n would be right for two sets of pictures. These are the same "
           "pictures: take the differences first, and then their spread.",
           lambda a, b, d: (std(a) ** 2 / len(a) + std(b) ** 2 / len(b)) ** 0.5)  # fmt: skip
    yield ("standard errors added", "Not even unpaired do standard errors add up, only variances. Take the spread of "
           "the differences.",
           lambda a, b, d: (std(a) + std(b)) / len(a) ** 0.5)  # fmt: skip
    yield ("standard errors subtracted", "The error of a difference is not the difference of the errors. Take the "
           "spread of the differences.",
           lambda a, b, d: (std(a) - std(b)) / len(a) ** 0.5)  # fmt: skip
    yield ("spread not divided by √n", "This is the spread of one difference. That of the mean is √n times smaller.",
           lambda a, b, d: std(d))  # fmt: skip
    yield ("divided by n in place of its root", "The *variance* of a mean is divided by n, and so its root by √n.",
           lambda a, b, d: std(d) / len(d))  # fmt: skip
    yield ("variance in place of the standard error", "A root is missing.", lambda a, b, d: std(d) ** 2 / len(d))
    yield ("half-width in place of the standard error", "Leave the 1.96 to whoever wants an interval.",
           lambda a, b, d: 1.96 * std(d) / len(d) ** 0.5)  # fmt: skip
    yield ("spread of the disagreement", "|a − b| forgets who won. Take the spread of a − b.",
           lambda a, b, d: std(d.abs()) / len(d) ** 0.5)  # fmt: skip


def as_shares(right_a, right_b, error):
    a, b = right_a.double(), right_b.double()
    return (a - b).mean(), error(a, b, a - b)


for correction in (0, 1):
    for name, why, error in errors(lambda x, c=correction: x.std(correction=c)):
        paired_difference.mistake(name, why, "12, section 3")(functools.partial(as_shares, error=error))


paired_difference.mistake("n − 1 in place of n", "`.std()` divides by n − 1 unless you say `correction=0`. For "
    "thousands of pictures nobody sees it; asked for is the formula with n.", "12, section 3",
    lambda right_a, right_b: as_shares(right_a, right_b, lambda a, b, d: d.std() / len(d) ** 0.5))  # fmt: skip
paired_difference.mistake("the mean not subtracted", "The root of the mean of d² is the spread only where neither is "
    "better. Here one may be: square dᵢ − d̄, and not dᵢ.", "12, section 3",
    lambda right_a, right_b: as_shares(right_a, right_b, lambda a, b, d: d.square().sum() ** 0.5 / len(d)))  # fmt: skip


@paired_difference.mistake(
    "absolute value", "The sign says who is ahead: a negative difference is a result, too.", "12, section 3"
)
def _(right_a, right_b):
    difference, error = paired_difference.right(right_a, right_b)
    return difference.abs(), error


@paired_difference.mistake(
    "a and b exchanged", "The difference is a − b: positive where the first is ahead.", "12, section 3"
)
def _(right_a, right_b):
    difference, error = paired_difference.right(right_a, right_b)
    return -difference, error


def of_disagreement(right_a, right_b, correction=0):
    d = (right_a ^ right_b).double()
    return d.mean(), d.std(correction=correction) / len(d) ** 0.5


for correction in (0, 1):
    paired_difference.mistake(
        "share of disagreement", "|a − b| counts the pictures on which the two differ, whoever won. Leave the sign.",
        "12, section 3")(functools.partial(of_disagreement, correction=correction))  # fmt: skip


paired_difference.mistake("share of disagreement", "|a − b| counts the pictures on which the two differ, whoever "
    "won. Leave the sign.", "12, section 3",
    lambda right_a, right_b:
        ((right_a ^ right_b).double().mean(), paired_difference.right(right_a, right_b)[1]))  # fmt: skip
paired_difference.mistake("counts in place of shares", "w − l and its error are numbers of pictures. Divide both by "
    "n.", "12, section 3",
    lambda right_a, right_b: tuple(len(right_a) * x for x in paired_difference.right(right_a, right_b)))  # fmt: skip


@paired_difference.mistake(
    "counts in place of shares", "w − l is a number of pictures. Divide it by n.", "12, section 3"
)
def _(right_a, right_b):
    difference, error = paired_difference.right(right_a, right_b)
    return len(right_a) * difference, error


paired_difference.mistake("percent in place of a share", "Both numbers should be shares.", "12, section 3",
    lambda right_a, right_b: tuple(100 * x for x in paired_difference.right(right_a, right_b)))  # fmt: skip


@paired_difference.mistake("only the disagreements counted as n", "(w − l)/(w + l) is the lead among the pictures on "
                           "which they differ. n is the number of all.", "12, section 3")  # fmt: skip
def _(right_a, right_b):
    apart = right_a != right_b
    return paired_difference.right(right_a[apart], right_b[apart])


@paired_difference.mistake("255 in place of −1", "Unsigned whole numbers have no −1: 0 − 1 is 255. Convert to floats "
                           "first.",
                           "12, section 3")  # fmt: skip
def _(right_a, right_b):
    d = (right_a.byte() - right_b.byte()).double()
    return d.mean(), d.std(correction=0) / len(d) ** 0.5


paired_difference.mistake("results exchanged", "First the difference, then its standard error.", "12, section 3",
    lambda right_a, right_b: paired_difference.right(right_a, right_b)[::-1])  # fmt: skip
