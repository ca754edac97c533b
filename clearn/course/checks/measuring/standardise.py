"""Features standardised by the training rows."""

import torch

from clearn.course.checks.exercise import Case, Exercise
from clearn.course.checks.inputs import turned
from clearn.course.checks.measuring.shared import answers_only


def table(rng, n, d, dtype=torch.float32):
    """Rows (n, d) whose columns have means and spreads of their own, which the next table will not have."""
    mean, spread = 8 * torch.rand(2, d, generator=rng, dtype=dtype) - 4
    return torch.randn(n, d, generator=rng, dtype=dtype) * (spread.abs() + 0.5) + mean


def train_and_test(rng, n, m, d, dtype=torch.float32):
    return table(rng, n, d, dtype), table(rng, m, d, dtype)


standardise = Exercise("standardise", lambda rng: [
    Case((torch.tensor([[1.0, 10.0], [2.0, 20.0], [3.0, 60.0]]), torch.tensor([[2.0, 40.0], [5.0, 30.0]]))),
    *(Case(train_and_test(rng, *sizes)) for sizes in ((6, 4, 3), (5, 12, 2), (20, 7, 5))),
    Case(tuple(map(turned, train_and_test(rng, 8, 6, 4)))),
    Case(train_and_test(rng, 5, 9, 2, torch.float64)),
    Case((torch.tensor([[1.0, 2.0], [5.0, 2.0]]), torch.tensor([[3.0, 2.0], [1.0, 2.0]])),
         edge="a constant column gives NaN"),
    Case((torch.tensor([[1.0, 2.0], [5.0, 2.0]]), torch.tensor([[3.0, 2.5], [1.0, 2.0]])),
         edge="a constant column explodes"),
    Case((torch.tensor([[8189.0], [8191.0], [8193.0], [8195.0]]), torch.tensor([[8190.0], [8198.0]])),
         edge="the spread rounded away"),
], answers_only)  # fmt: skip
standardise.edge("a constant column gives NaN", "A pixel that is black in every training picture has spread 0, and 0/0 "
                 "is NaN. Divide such a column by 1.", "12, section 2")  # fmt: skip
standardise.edge("a constant column explodes", "Divided by a tiny number, a small difference in a test row becomes a "
                 "huge one. Where the spread is 0, divide by 1.", "12, section 2")  # fmt: skip
standardise.edge("the spread rounded away", "The mean of the squares less the square of the mean: in float32 the "
                 "squares of large numbers have no digits left for it. Subtract the mean first, then square.",
                 "02, section 6")  # fmt: skip


@standardise.reference
def _(train, test):
    mean, spread = train.mean(0), train.std(0, correction=0)
    spread = spread.where(spread > 1e-6, 1)
    return (train - mean) / spread, (test - mean) / spread


def alike_scaled(train, test, mean, spread):
    return (train - mean) / spread, (test - mean) / spread


def each(train, test, scale):
    return scale(train), scale(test)


def fits(std):
    """Wrong ways to standardise, with one kind of standard deviation: (name, why, see, program)."""
    yield ("fitted on test", "Mean and spread of the test rows are knowledge about the test. Take those of the "
           "training rows.",
           "12, section 11", lambda a, b: alike_scaled(a, b, b.mean(0), std(b)))  # fmt: skip
    yield ("fitted on both together", "The test rows have a say in mean and spread. Take those of the training rows "
           "alone.",
           "12, section 2",
           lambda a, b: alike_scaled(a, b, torch.cat([a, b]).mean(0), std(torch.cat([a, b]))))  # fmt: skip
    yield ("each by its own", "Then nobody notices that the test pictures have grown dark, and a single one cannot be "
           "asked. The test rows need the mean and the spread of the training rows.",
           "12, section 11", lambda a, b: each(a, b, lambda x: (x - x.mean(0)) / std(x)))  # fmt: skip
    yield ("test centred by its own mean", "The test rows need the mean of the training rows, too, not only their "
           "spread.",
           "12, section 11", lambda a, b: ((a - a.mean(0)) / std(a), (b - b.mean(0)) / std(a)))  # fmt: skip
    yield ("test left as it was", "The classifier gets its questions in other units than its lessons. (Or did you "
           "overwrite the training rows, and measure them afterwards? Then their mean is 0 and their spread 1.)",
           "12, section 2", lambda a, b: ((a - a.mean(0)) / std(a), b))  # fmt: skip
    yield ("training rows left as they were", "The classifier gets its lessons in other units than its questions. "
           "Scale both.",
           "12, section 2", lambda a, b: (a, (b - a.mean(0)) / std(a)))  # fmt: skip
    yield ("one mean for all columns", "`x.mean()` is one number. Each column needs its own: `dim=0`.",
           "12, section 2", lambda a, b: alike_scaled(a, b, a.mean(), std(a.reshape(-1))))  # fmt: skip
    yield ("one mean for all columns", "`x.mean()` is one number. Each column needs its own: `dim=0`.",
           "12, section 2", lambda a, b: alike_scaled(a, b, a.mean(), std(a)))  # fmt: skip
    yield ("one spread for all columns", "`x.std()` without `dim` is one number, and wide columns still drown the "
           "others.",
           "12, section 2", lambda a, b: alike_scaled(a, b, a.mean(0), std(a.reshape(-1))))  # fmt: skip
    yield ("per row", "Means along `dim=1` are those of a picture. Asked for are those of a column, over all pictures: "
           "`dim=0`.",
           "12, section 2", lambda a, b: each(a, b, lambda x: ((x.T - x.mean(1)) / std(x.T)).T))  # fmt: skip
    yield ("not centred", "Subtract the mean of the column before you divide.",
           "12, section 2", lambda a, b: alike_scaled(a, b, 0, std(a)))  # fmt: skip
    yield ("variance in place of the spread", "The spread is the root of the variance; only so is the result free of "
           "units.",
           "12, section 2", lambda a, b: alike_scaled(a, b, a.mean(0), std(a) ** 2))  # fmt: skip
    yield ("brackets missing", "`x - mean / spread` divides only the mean. Write `(x - mean) / spread`.",
           "12, section 2", lambda a, b: each(a, b, lambda x: x - a.mean(0) / std(a)))  # fmt: skip
    yield ("divided before centring", "The mean is in the old units, and x/spread is not. Subtract first, then divide.",
           "12, section 2", lambda a, b: each(a, b, lambda x: x / std(a) - a.mean(0)))  # fmt: skip
    yield ("small spreads left as they are", "Only a spread of exactly 0 is replaced by 1. `clamp(min=1)` replaces all below 1.",
           "12, section 2", lambda a, b: alike_scaled(a, b, a.mean(0), std(a).clamp(min=1)))  # fmt: skip
    yield ("results exchanged", "First the training rows, then the test rows.",
           "12, section 2", lambda a, b: alike_scaled(b, a, a.mean(0), std(a)))  # fmt: skip
    for width in (lambda x: x.shape[1], lambda x: 128):
        yield ("divided by a root of the width, too", "That is the probe's way to make one penalty fit any width. "
               "Asked for are columns of spread 1.", "12, section 2",
               lambda a, b, width=width: alike_scaled(a, b, a.mean(0), std(a) * width(a) ** 0.5))  # fmt: skip


for correction in (0, 1):  # whichever of the two standard deviations goes with it: the larger mistake is named
    for *said, program in fits(lambda x, c=correction: x.std(0, correction=c)):
        standardise.mistake(*said)(program)


standardise.mistake("n − 1 in place of n", "`x.std(0)` divides by n − 1 unless you say `correction=0`. Asked for is "
    "the spread of these rows, with n.", "12, section 2",
    lambda train, test: alike_scaled(train, test, train.mean(0), train.std(0)))  # fmt: skip
standardise.mistake("not divided", "Columns with a large spread still drown the others. Divide by the spread.",
    "12, section 2", lambda train, test: alike_scaled(train, test, train.mean(0), 1))  # fmt: skip
standardise.mistake("scaled from 0 to 1", "This maps the smallest value to 0 and the largest to 1. Asked for are "
    "mean 0 and spread 1.", "12, section 2",
    lambda train, test: alike_scaled(train, test, train.amin(0), train.amax(0) - train.amin(0)))  # fmt: skip
