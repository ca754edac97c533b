"""An interval for an accuracy."""

import functools

import torch

from clearn.course.checks.exercise import Case, Exercise
from clearn.course.checks.measuring.shared import answers_only


def exactly(rng, n, low, high):
    """Truth values (n,), a share of them between low and high true."""
    count = int(n * low) + int(torch.randint(int(n * (high - low)), (), generator=rng))
    return torch.randperm(n, generator=rng) < count


interval = Exercise("interval", lambda rng: [
    Case((torch.tensor([True, True, False, True]),)),
    *(Case((exactly(rng, *sizes),)) for sizes in ((12, 0.6, 0.9), (50, 0.15, 0.4), (300, 0.6, 0.95))),
    Case((exactly(rng, 1000, 0.6, 0.95),)),
], answers_only)  # fmt: skip


def half_width(right, formula, correction=0):
    """(p, a formula of p, the spread of the answers and their number)."""
    right = right.double()
    return right.mean(), formula(right.mean(), right.std(correction=correction), len(right))


@interval.reference
def _(right):
    return half_width(right, lambda p, s, n: 1.96 * s / n**0.5)


WIDTHS = (
    ("root missing", "p(1 − p)/n is the variance of the mean. The standard error is its root.",
     lambda p, s, n: 1.96 * s**2 / n),
    ("n missing", "√(p(1 − p)) is the spread of one answer. That of a mean of n is √n times smaller.",
     lambda p, s, n: 1.96 * s),
    ("divided by n in place of its root", "The *variance* is divided by n, and so its root by √n.",
     lambda p, s, n: 1.96 * s / n),
    ("standard error in place of the half-width", "One standard error holds about 68 times in 100. For 95 take 1.96 of "
     "them.", lambda p, s, n: s / n**0.5),
    ("whole width", "From p to either end it is half of that.", lambda p, s, n: 2 * 1.96 * s / n**0.5),
    ("1.96 under the root", "1.96 standard errors: multiply after you have taken the root.",
     lambda p, s, n: (1.96 / n) ** 0.5 * s),
    ("2 in place of 1.96", "A good rule of thumb, but asked for is 1.96.", lambda p, s, n: 2 * s / n**0.5),
    ("90 % in place of 95 %", "±1.645 standard errors hold 90 times in 100. For 95 it is 1.96, since 2.5 % are left "
     "out at *either* end.", lambda p, s, n: 1.645 * s / n**0.5),
    ("90 % in place of 95 %", "±1.64 standard errors hold 90 times in 100. For 95 it is 1.96, since 2.5 % are left out "
     "at *either* end.", lambda p, s, n: 1.64 * s / n**0.5),
    ("the widest interval", "p(1 − p) = 1/4 is the worst case. You have p: use it.",
     lambda p, s, n: 1.96 * 0.5 / n**0.5),
    ("1 − p missing", "The variance of a yes or no is p(1 − p): none where all is right, and none where all is wrong.",
     lambda p, s, n: 1.96 * (p / n) ** 0.5),
    ("p missing", "The variance of a yes or no is p(1 − p), and not 1 − p.",
     lambda p, s, n: 1.96 * ((1 - p) / n) ** 0.5),
    ("upper end in place of the half-width", "Asked for is how far it is from p to an end, not where the end lies.",
     lambda p, s, n: p + 1.96 * s / n**0.5),
)  # fmt: skip
for correction in (0, 1):  # whichever of the two standard deviations goes with it: the larger mistake is named
    for name, why, formula in WIDTHS:
        program = functools.partial(half_width, formula=formula, correction=correction)
        interval.mistake(name, why, "12, section 3")(program)


interval.mistake("n − 1 in place of n", "`.std()` and `.var()` divide by n − 1 unless you say `correction=0`. For "
    "thousands of pictures nobody sees it; asked for is the formula with n.", "12, section 3",
    lambda right: half_width(right, lambda p, s, n: 1.96 * s / n**0.5, correction=1))  # fmt: skip
interval.mistake("percent in place of a share", "Both numbers should be shares, from 0 to 1.", "12, section 3",
    lambda right: tuple(100 * x for x in interval.right(right)))  # fmt: skip


@interval.mistake("percent in place of a share", "Both numbers should be shares, from 0 to 1.", "12, section 3")
def _(right):
    p, half = interval.right(right)
    return p, 100 * half


@interval.mistake(
    "percent in place of a share", "p(1 − p) needs p as a share. In percent, it is p(100 − p).", "12, section 3"
)
def _(right):
    p, half = interval.right(right)
    return 100 * p, half


@interval.mistake(
    "ends in place of centre and half-width", "You return p − h and p + h. Asked for are p and h.", "12, section 3"
)
def _(right):
    p, half = interval.right(right)
    return p - half, p + half


@interval.mistake("share of errors", "Count those that are true: the right answers.", "12, section 3")
def _(right):
    p, half = interval.right(right)
    return 1 - p, half


interval.mistake("count in place of a share", "Divide the number of right answers by n.", "12, section 3",
    lambda right: (right.sum(), interval.right(right)[1]))  # fmt: skip
interval.mistake("results exchanged", "First the accuracy, then the half-width.", "12, section 3",
    lambda right: interval.right(right)[::-1])  # fmt: skip
