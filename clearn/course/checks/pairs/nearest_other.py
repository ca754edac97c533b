"""For each row, the nearest other one."""

import torch
import torch.nn.functional as F

from clearn.course.checks.exercise import Case, Exercise, values_only
from clearn.course.checks.inputs import rows, turned
from clearn.similarity import pairwise_cosine


def spread_out(rng):
    """Rows of which each has a negative cosine with all others: the corners of a simplex, unequally long."""
    return (torch.eye(4) - 0.25) * torch.tensor([[1.0], [3.0], [0.5], [2.0]]) + 0.01 * torch.randn(4, 4, generator=rng)


COPIES = torch.tensor([[1.0, 0.0], [0.2, 1.0], [1.0, 0.0], [0.0, 2.0]])
nearest_other = Exercise("nearest_other", lambda rng: [
    Case((torch.tensor([[1.0, 0.0], [5.0, 4.0], [0.0, 1.0], [2.0, 1.0]]),)),
    *(Case((rows(rng, n, d),)) for n, d in ((6, 3), (12, 4), (30, 2))),
    Case((turned(rows(rng, 9, 5)),)),
    Case((spread_out(rng),)),
    Case((COPIES,), edge="a copy"),
], values_only)  # fmt: skip
nearest_other.edge("a copy", "Where a row has a copy, it need not be the first of its own neighbours: the second "
    "place may be itself. Take the row out before you look, with −∞ on the diagonal.", "01, section 3")  # fmt: skip


@nearest_other.reference
def _(x):
    return pairwise_cosine(x).fill_diagonal_(-torch.inf).argmax(1)


nearest_other.mistake("mask of 0", "A 0 on the diagonal wins where all other cosines are negative. Use −∞.",
    "01, section 3", lambda x: pairwise_cosine(x).fill_diagonal_(0).argmax(1))  # fmt: skip
nearest_other.mistake("each row finds itself", "Nothing is nearer to a row than itself: take the diagonal out before "
    "you look.", "01, section 3",
    lambda x: pairwise_cosine(x).argmax(1))  # fmt: skip
nearest_other.mistake("not normalised", "By dot products long rows are everybody's neighbours.", "02, section 7",
    lambda x: (x @ x.T).fill_diagonal_(-torch.inf).argmax(1))  # fmt: skip
nearest_other.mistake("Euclidean distance", "Without normalisation the nearest by distance is not the nearest by "
    "angle.", "02, section 3",
    lambda x: torch.cdist(x, x).fill_diagonal_(torch.inf).argmin(1))  # fmt: skip
nearest_other.mistake("furthest in place of nearest", "A large cosine means near.", "02, section 2",
    lambda x: pairwise_cosine(x).fill_diagonal_(torch.inf).argmin(1))  # fmt: skip
nearest_other.mistake("similarity in place of its index", "Asked for is *which* row, so `argmax`.", "01, section 3",
    lambda x: pairwise_cosine(x).fill_diagonal_(-torch.inf).amax(1))  # fmt: skip
nearest_other.mistake("third place", "Without the diagonal the nearest is first; with it, second.", "01, section 3",
    lambda x: pairwise_cosine(x).fill_diagonal_(-torch.inf).argsort(1, descending=True)[:, 1])  # fmt: skip
nearest_other.mistake("opposite counts as near", "The absolute value makes a cosine of −1 the best. It is the worst.",
    "02, section 2", lambda x: pairwise_cosine(x).abs().fill_diagonal_(-torch.inf).argmax(1))  # fmt: skip
nearest_other.mistake("search begins at 0", "Where all cosines are negative, none is larger than the 0 with which "
    "the search began. Begin with −∞.", "01, section 3",
    lambda x: (c := pairwise_cosine(x).fill_diagonal_(0)).argmax(1) * (c > 0).any(1))  # fmt: skip
nearest_other.mistake("furthest in place of nearest", "Sorted from small to large, the nearest stand at the end: "
    "`descending=True`.", "02, section 2",
    lambda x: pairwise_cosine(x).argsort(1)[:, 1],
    lambda x: pairwise_cosine(x).argmin(1))  # fmt: skip
nearest_other.mistake("Euclidean distance", "Without normalisation the nearest by distance is not the nearest by "
    "angle. And the second smallest distance is only then another row's if none is a copy.", "02, section 3",
    lambda x: torch.cdist(x, x).argsort(1)[:, 1])  # fmt: skip
nearest_other.mistake("normalised along the wrong axis", "With `dim=0` each column gets length 1. A sample is a row.",
    "02, section 7",
    lambda x: (F.normalize(x, dim=0) @ F.normalize(x, dim=0).T).fill_diagonal_(-torch.inf).argmax(1))  # fmt: skip
nearest_other.mistake("one place for all rows", "Without `dim` there is one largest entry of the whole table. Each "
    "row has its own.", "02, section 7",
    lambda x: pairwise_cosine(x).fill_diagonal_(-torch.inf).argmax())  # fmt: skip
nearest_other.mistake("the table itself", "These are all cosines. Asked for is, for each row, which other one is the "
    "largest.", "01, section 3",
    lambda x: pairwise_cosine(x),
    lambda x: pairwise_cosine(x).fill_diagonal_(-torch.inf))  # fmt: skip


@nearest_other.mistake("numbers shifted by the diagonal", "Without the diagonal a row has N − 1 places, and those "
    "from the diagonal on count one too low. Keep the table whole, with −∞ there.", "01, section 3")  # fmt: skip
def _(x):
    others = ~torch.eye(len(x), dtype=torch.bool)
    return pairwise_cosine(x)[others].view(len(x), -1).argmax(1)
