"""The spread of embeddings, which falls to 0 in a collapse."""

import torch
import torch.nn.functional as F

from clearn.course.checks.exercise import Case, Exercise, values_only
from clearn.course.checks.inputs import rows, turned
from clearn.course.checks.targets.shared import normal
from clearn.evaluation import feature_std
from clearn.similarity import unit


def collapsed(rng, n, dim):
    """One direction, rows of different lengths."""
    return normal(rng, 1, dim) * (0.5 + torch.rand(n, 1, generator=rng))


spread = Exercise("spread", lambda rng: [
    Case((torch.tensor([[3.0, 4.0], [4.0, 3.0], [0.0, 2.0]]),)),
    Case((rows(rng, 6, 3),)),
    Case((rows(rng, 40, 8),)),
    Case((turned(rows(rng, 9, 5) + 1),)),
    Case((rows(rng, 12, 4, dtype=torch.float64),)),
    Case((torch.tensor([[0.0, 0.0], [3.0, 4.0], [2.0, 0.0]]),), edge="a row of zeros gives NaN"),
    Case((collapsed(rng, 7, 48),), edge="a collapse is not 0"),
], values_only)  # fmt: skip
spread.edge("a row of zeros gives NaN", "It has no direction, and 0/0 spoils every column. By agreement it stays "
            "zeros.", "02, section 6")  # fmt: skip
spread.edge("a collapse is not 0", "Where all rows point one way, E x² − (E x)² is nothing but rounding. Subtract the "
            "mean first, and square then.", "10, section 3")  # fmt: skip


@spread.reference
def _(z):
    return feature_std(z) * z.shape[1] ** 0.5


spread.mistake("divided by N − 1", "Of N rows that are all there is, the variance is the mean of N squares: "
    "`correction=0`.", "10, section 3",
    lambda z: unit(z).std(0).mean() * z.shape[1] ** 0.5)  # fmt: skip


for c in (0, 1):  # who makes another mistake may have left the default of `std`, which divides by N − 1, as well
    spread.mistake("not normalised", "Scale each row to length 1 first: it is the directions that may collapse.",
        "10, section 3", lambda z, c=c: z.std(0, correction=c).mean() * z.shape[1] ** 0.5)  # fmt: skip
    spread.mistake("normalised along the wrong axis", "With `dim=0` each column gets length 1, and its spread with "
        "it. A picture is a row.", "02, section 7",
        lambda z, c=c: F.normalize(z, dim=0).std(0, correction=c).mean() * z.shape[1] ** 0.5)  # fmt: skip
    spread.mistake("one length for the whole matrix", "`z.norm()` without `dim` is one number; each row needs its "
        "own.", "02, section 7",
        lambda z, c=c: (z / z.norm()).std(0, correction=c).mean() * z.shape[1] ** 0.5)  # fmt: skip
    spread.mistake("std over the wrong axis", "Ask each *column* how much it differs from row to row, `std(0)`. "
        "Within a row numbers differ even after a collapse.", "10, section 3",
        lambda z, c=c: unit(z).std(1, correction=c).mean() * z.shape[1] ** 0.5)  # fmt: skip
    spread.mistake("one std of all numbers", "It can be 1/√D even if all rows are equal. Take one std for each "
        "column.", "10, section 3",
        lambda z, c=c: unit(z).std(correction=c) * z.shape[1] ** 0.5)  # fmt: skip
    spread.mistake("√D missing", "Even an even cloud has about 1/√D in each column. Times √D it becomes 1.",
        "10, section 3", lambda z, c=c: unit(z).std(0, correction=c).mean())  # fmt: skip
    spread.mistake("divided by √D", "Even an even cloud has about 1/√D in each column. *Times* √D it becomes 1.",
        "10, section 3", lambda z, c=c: unit(z).std(0, correction=c).mean() / z.shape[1] ** 0.5)  # fmt: skip
    spread.mistake("D in place of √D", "The std of a column is about 1/√D, so √D undoes it.", "10, section 3",
        lambda z, c=c: unit(z).std(0, correction=c).mean() * z.shape[1])  # fmt: skip
    spread.mistake("√N in place of √D", "D is the number of columns, `z.shape[1]`; `len(z)` is the number of rows.",
        "10, section 3", lambda z, c=c: unit(z).std(0, correction=c).mean() * len(z) ** 0.5)  # fmt: skip
    spread.mistake("variance in place of std", "A root is missing: the std is the root of the variance.",
        "10, section 3",
        lambda z, c=c: unit(z).var(0, correction=c).mean() * z.shape[1] ** 0.5,
        lambda z, c=c: unit(z).var(0, correction=c).mean() * z.shape[1])  # fmt: skip
    spread.mistake("mean before the root", "First the std of each column, and then the mean of these. The root of "
        "the mean variance is another number.", "10, section 3",
        lambda z, c=c: (unit(z).var(0, correction=c).mean() * z.shape[1]).sqrt())  # fmt: skip
    spread.mistake("sum over the columns", "Asked for is their mean, times √D.", "10, section 3",
        lambda z, c=c: unit(z).std(0, correction=c).sum() * z.shape[1] ** 0.5)  # fmt: skip
    spread.mistake("one std per column", "Asked for is one number, the mean over the columns.", "10, section 3",
        lambda z, c=c: unit(z).std(0, correction=c) * z.shape[1] ** 0.5)  # fmt: skip
