"""What the exercises of the assignment share: inputs, and words for mistakes."""

import torch
import torch.nn.functional as F

from clearn.course.checks.exercise import Case
from clearn.course.checks.inputs import turned
from clearn.similarity import unit

OVERFLOW = ("overflow", "At a temperature of 0.001 the scores reach 1000, and exp(1000) is infinite in any precision. "
            "Subtract the largest score of each row first.", "05, section 8")  # fmt: skip
UNDERFLOW = ("underflow", "A probability, or a sum of exponentials, is 0 to the last digit, and log 0 is −∞; a small number "
             "added inside the logarithm only hides it. Take the log-sum-exp of the candidates, and only them, minus the score.",
             "05, section 8")  # fmt: skip
ALONE = ("a batch of one", "The only candidate is the right one: log 1 = 0, with no gradient. A `squeeze` may have "
         "taken away an axis of length 1.", "05, section 3")  # fmt: skip


def vectors(rng, n, d, dtype=torch.float32):
    """Rows of lengths from ½ to 2: a forgotten division shows, and no exponential of a dot product overflows."""
    x = torch.randn(n, d, generator=rng, dtype=dtype)
    return x / x.norm(dim=1, keepdim=True) * (0.5 + 1.5 * torch.rand(n, 1, generator=rng, dtype=dtype))


def batches(rng):
    """Pairs of views with a temperature, from two images on."""
    return [
        Case((torch.tensor([[1.0, 0.0], [0.0, 2.0]]), torch.tensor([[1.0, 1.0], [0.0, 1.0]]), 0.5)),
        *(Case((vectors(rng, n, d), vectors(rng, n, d), t)) for n, d, t in ((3, 5, 0.5), (5, 3, 0.2), (8, 2, 1.0))),
        Case((turned(vectors(rng, 6, 4)), turned(vectors(rng, 6, 4)), 0.3)),
        Case((vectors(rng, 4, 7, torch.float64), vectors(rng, 4, 7, torch.float64), 2.0)),
    ]


def alone(rng):
    return Case((vectors(rng, 1, 4), vectors(rng, 1, 4), 0.5), edge="a batch of one")


def cold(rng):
    """Cosines near 1 at a temperature at which even float64 overflows."""
    z0, z1 = (1 + 0.05 * torch.randn(4, 6, generator=rng, dtype=torch.float64) for _ in range(2))
    return Case((z0, z1, 0.001), edge="overflow")


VANISHED = Case((torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([[-1.0, 0.0], [1.0, 0.0]]), 0.001),
                edge="underflow")  # fmt: skip
NO_DIRECTION = Case((torch.tensor([[0.0, 0.0], [1.0, 2.0]]), torch.tensor([[2.0, 0.0], [1.0, 1.0]]), 0.5),
                    edge="a row of zeros gives NaN")  # fmt: skip


def scores(query, positive, temperature):
    return unit(query) @ unit(positive).T / temperature


def diagonal_is_right(s):
    """Cross-entropy of the scores (N, M) where the right answer of row i is column i."""
    return F.cross_entropy(s, torch.arange(len(s)))


def without_diagonal(s):
    return s.masked_fill(torch.eye(len(s), dtype=torch.bool), -torch.inf)
