"""Easy, semi-hard and hard triplets told apart."""

import torch
import torch.nn.functional as F

from clearn.course.checks.exercise import Case, Exercise, values_only
from clearn.course.checks.margins.shared import distances

triplet_kinds = Exercise("triplet_kinds", lambda rng: [  # the first two have distances on the borders
    Case((torch.ones(5), torch.tensor([2.0, 1.5, 1.25, 1.0, 0.25]), 0.5)),
    Case((torch.tensor([0.5, 0.5, 4.0, 4.0]), torch.tensor([1.0, 2.5, 3.0, 5.0]), 2.0)),
    Case((torch.tensor([1.0]), torch.tensor([1.2]), 0.5)),
    *(Case((*distances(rng, n, margin), margin)) for n, margin in ((7, 0.3), (20, 1.0))),
    Case((*(d[::2] for d in distances(rng, 12, 0.4)), 0.4)),
    Case((*distances(rng, 10, 0.6, dtype=torch.float64), 0.6)),
], values_only)  # fmt: skip


def kinds(d_ap, d_an, margin):
    return (d_an < d_ap + margin).long() + (d_an <= d_ap)


@triplet_kinds.reference
def _(d_ap, d_an, margin):
    return kinds(d_ap, d_an, margin)


triplet_kinds.mistake("easy and hard exchanged", "Easy is 0: the negative is far, and there is nothing to learn.",
    "04, section 3", lambda d_ap, d_an, margin: 2 - kinds(d_ap, d_an, margin))  # fmt: skip
triplet_kinds.mistake("semi-hard and hard exchanged", "Hard, 2, is the wrong order; semi-hard, 1, is the right order "
    "without the margin.", "04, section 3",
    lambda d_ap, d_an, margin: torch.tensor([0, 2, 1])[kinds(d_ap, d_an, margin)])  # fmt: skip
triplet_kinds.mistake("numbered from 1", "The kinds are 0 (easy), 1 (semi-hard) and 2 (hard).", "04, section 3",
    lambda d_ap, d_an, margin: kinds(d_ap, d_an, margin) + 1)  # fmt: skip
triplet_kinds.mistake("hard counted as semi-hard", "Hard triplets have a positive loss, too, so `d_an < d_ap + "
    "margin` holds for both. Set the 2 last. (And True + True is True: make numbers of truth values before you add.)",
    "04, section 3", lambda d_ap, d_an, margin: (d_an < d_ap + margin).long())  # fmt: skip
triplet_kinds.mistake("semi-hard counted as hard", "Hard means the wrong order: d(a, n) ≤ d(a, p).", "04, section 3",
    lambda d_ap, d_an, margin: 2 * (d_an < d_ap + margin))  # fmt: skip
triplet_kinds.mistake("margin forgotten", "In order is not yet easy: the negative must be further by the margin.",
    "04, section 3",
    lambda d_ap, d_an, margin: 2 * (d_an <= d_ap),
    lambda d_ap, d_an, margin: 2 * (d_an < d_ap))  # fmt: skip
triplet_kinds.mistake("margin forgotten", "Semi-hard is a whole ring, from d(a, p) to d(a, p) + m, and not only its "
    "inner circle.", "04, section 3",
    lambda d_ap, d_an, margin: (d_an <= d_ap).long() + (d_an < d_ap))  # fmt: skip
triplet_kinds.mistake("border of hard", "Where both distances are equal the order is not right: d(a, n) ≤ d(a, p) is "
    "hard.", "04, section 3",
    lambda d_ap, d_an, margin: (d_an < d_ap + margin).long() + (d_an < d_ap))  # fmt: skip
triplet_kinds.mistake("border of easy", "Where d(a, n) = d(a, p) + m the loss is 0: that is easy.", "04, section 3",
    lambda d_ap, d_an, margin: (d_an <= d_ap + margin).long() + (d_an <= d_ap))  # fmt: skip
triplet_kinds.mistake("both borders", "Equal distances are hard, and a negative further by exactly the margin is "
    "easy.", "04, section 3",
    lambda d_ap, d_an, margin: (d_an <= d_ap + margin).long() + (d_an < d_ap))  # fmt: skip
triplet_kinds.mistake("positive and negative exchanged", "A triplet is easy if the *negative* is far.",
    "04, section 3", lambda d_ap, d_an, margin: kinds(d_an, d_ap, margin))  # fmt: skip
triplet_kinds.mistake("ring inside the positive", "The ring of the semi-hard lies *beyond* the positive: from d(a, "
    "p) to d(a, p) + m.", "04, section 3",
    lambda d_ap, d_an, margin: (d_an < d_ap).long() + (d_an <= d_ap - margin),
    lambda d_ap, d_an, margin: (d_an <= d_ap).long() + (d_an <= d_ap - margin))  # fmt: skip
triplet_kinds.mistake("margin measured from the anchor", "The margin begins at the positive: compare with d(a, p) + "
    "m.", "04, section 3",
    lambda d_ap, d_an, margin: torch.where(d_an <= d_ap, 2, (d_an < margin).long()))  # fmt: skip
triplet_kinds.mistake("squared distances", "The margin is in units of distance, not of its square.", "04, section 4",
    lambda d_ap, d_an, margin: kinds(d_ap**2, d_an**2, margin))  # fmt: skip
triplet_kinds.mistake("loss in place of its kind", "This is max(0, d(a, p) − d(a, n) + m). Asked for is a 0, 1 or 2.",
    "04, section 3", lambda d_ap, d_an, margin: F.relu(d_ap - d_an + margin))  # fmt: skip
triplet_kinds.mistake("if on a whole tensor", "`if` and `and` want one truth value, and the tensor holds one for "
    "each triplet. Use `torch.where`, or go through it in a loop.", "04, section 3",
    lambda d_ap, d_an, margin: 2 if d_an <= d_ap else 1 if d_an < d_ap + margin else 0)  # fmt: skip
triplet_kinds.mistake("if on a whole tensor", "`if` and `and` want one truth value, and the tensor holds one for "
    "each triplet. Use `torch.where`, or `&` with brackets.", "04, section 3",
    lambda d_ap, d_an, margin: kinds(d_ap, d_an, margin) if d_an > d_ap else kinds(d_ap, d_an, margin))  # fmt: skip


@triplet_kinds.mistake("absolute difference", "Semi-hard is between two bounds, d_ap < d_an < d_ap + margin. A hard "
    "triplet, with d_an just below d_ap, does not belong there.", "04, section 3")  # fmt: skip
def _(d_ap, d_an, margin):
    return kinds(d_ap, d_an, margin).masked_fill((d_an < d_ap) & (d_ap - d_an < margin), 1)


@triplet_kinds.mistake("no easy ones", "Semi-hard has an upper bound, too: from d_ap + margin on a triplet is easy.",
    "04, section 3")  # fmt: skip
def _(d_ap, d_an, margin):
    return 1 + (d_an <= d_ap).long()


@triplet_kinds.mistake("margin on both sides", "Hard begins at d_ap: every negative that is not further than the "
    "positive is hard.", "04, section 3")  # fmt: skip
def _(d_ap, d_an, margin):
    return (d_an < d_ap + margin).long() + (d_an <= d_ap - margin)
