"""The cosine of every row with every other, as one matrix."""

import torch
import torch.nn.functional as F

from clearn.course.checks.exercise import Case, Exercise, a_function
from clearn.course.checks.inputs import ZERO, ZERO_BACK, rows, turned
from clearn.similarity import pairwise_cosine, unit

cosine_matrix = Exercise("cosine_matrix", lambda rng: [
    Case((torch.tensor([[1.0, 2.0], [3.0, 0.0]]), torch.tensor([[2.0, 1.0], [0.0, 5.0], [1.0, 1.0]]))),
    Case((rows(rng, 4, 3), rows(rng, 4, 3))),
    Case((rows(rng, 3, 3), rows(rng, 3, 3))),
    Case((rows(rng, 1, 6), rows(rng, 5, 6))),
    Case((turned(rows(rng, 6, 8)), turned(rows(rng, 3, 8)))),
    Case((rows(rng, 5, 2, dtype=torch.float64), rows(rng, 7, 2, dtype=torch.float64))),
    Case((torch.tensor([[0.0, 0.0], [1.0, 1.0]]), torch.tensor([[1.0, 0.0]])), edge="a row of zeros gives NaN"),
], a_function)  # fmt: skip
cosine_matrix.edge(*ZERO)
cosine_matrix.edge(*ZERO_BACK)


def norms(x):
    return x.norm(dim=1, keepdim=True)


@cosine_matrix.reference
def _(a, b):
    return pairwise_cosine(a, b)


cosine_matrix.mistake("not normalised", "These are dot products: long rows win. Divide each row by its length.",
    "02, section 1", lambda a, b: a @ b.T)  # fmt: skip
cosine_matrix.mistake("normalised on one side only", "The other rows still have their lengths.", "02, section 1",
    lambda a, b: unit(a) @ b.T,
    lambda a, b: a @ unit(b).T)  # fmt: skip
cosine_matrix.mistake("normalised along the wrong axis", "With `dim=0` each column gets length 1. A sample is a row.",
    "02, section 7", lambda a, b: F.normalize(a, dim=0) @ F.normalize(b, dim=0).T)  # fmt: skip
cosine_matrix.mistake("one length for the whole matrix", "`x.norm()` without `dim` is one number; each row needs its "
    "own.", "02, section 7",
    lambda a, b: a / a.norm() @ (b / b.norm()).T)  # fmt: skip
cosine_matrix.mistake("transposed", "Row i belongs to a_i and column j to b_j; yours has it the other way round.",
    "02, section 1", lambda a, b: pairwise_cosine(b, a))  # fmt: skip
cosine_matrix.mistake("row by row", "This compares a_i with b_i only, and where the counts differ it stops. Asked "
    "for is every a_i with every b_j.", "02, section 7",
    lambda a, b: F.cosine_similarity(a, b))  # fmt: skip
cosine_matrix.mistake("squared lengths", "`(x * x).sum(1)` is the square of the length: a root is missing.",
    "02, section 1", lambda a, b: a / (a * a).sum(1, keepdim=True) @ (b / (b * b).sum(1, keepdim=True)).T)  # fmt: skip
cosine_matrix.mistake("lengths without an axis", "The lengths of a belong to the rows, those of b to the columns: "
    "`na[:, None] * nb`, or `keepdim=True`. As they are they meet column by column, or do not fit.", "02, section 7",
    lambda a, b: a @ b.T / (a.norm(dim=1) * b.norm(dim=1)),
    lambda a, b: a / a.norm(dim=1) @ (b / b.norm(dim=1)).T)  # fmt: skip
cosine_matrix.mistake("no gradient to one side", "The values are right, but one of the two is cut off: by `detach`, "
    "`no_grad` or `.data`. Both should learn.", "02, section 1",
    lambda a, b: pairwise_cosine(a.detach(), b),
    lambda a, b: pairwise_cosine(a, b.detach()))  # fmt: skip
cosine_matrix.mistake("not transposed", "(N, D) @ (M, D) does not fit, or mixes rows with components where M = D. "
    "The rows of b become columns: `@ b.T`.", "02, section 7",
    lambda a, b: unit(a) @ unit(b))  # fmt: skip
cosine_matrix.mistake("distance in place of cosine", "Asked for is the cosine, not how far apart the rows are.",
    "02, section 3",
    lambda a, b: torch.cdist(a, b),
    lambda a, b: torch.cdist(unit(a), unit(b)),
    lambda a, b: 1 - pairwise_cosine(a, b))  # fmt: skip
cosine_matrix.mistake("sign lost", "A cosine is negative where the angle is larger than 90 degrees.", "02, section 2",
    lambda a, b: pairwise_cosine(a, b).abs(),
    lambda a, b: pairwise_cosine(a, b).clamp(min=0))  # fmt: skip
cosine_matrix.mistake("brackets missing", "`s / na * nb` divides by na and then multiplies by nb. Write `s / (na * "
    "nb)`.", "02, section 1",
    lambda a, b: a @ b.T / a.norm(dim=1)[:, None] * b.norm(dim=1))  # fmt: skip
cosine_matrix.mistake("a only", "b is not used: these are the cosines of the rows of a with one another.",
    "02, section 7", lambda a, b: pairwise_cosine(a, a))  # fmt: skip
cosine_matrix.mistake("lengths detached", "The values are right, but the lengths depend on the rows, too, and that "
    "part of the gradient is cut off.", "02, section 1",
    lambda a, b: a / norms(a).detach() @ (b / norms(b).detach()).T,
    lambda a, b: unit(a) @ (b / norms(b).detach()).T,
    lambda a, b: a / norms(a).detach() @ unit(b).T)  # fmt: skip
cosine_matrix.mistake("an epsilon that counts", "It keeps 0/0 away, but 0.01 is no small number beside short rows: "
    "take 1e-12.", "02, section 6",
    lambda a, b: a / (norms(a) + 1e-2) @ (b / (norms(b) + 1e-2)).T,
    lambda a, b: a @ b.T / (norms(a) * norms(b).T + 1e-2))  # fmt: skip
