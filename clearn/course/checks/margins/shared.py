"""What the exercises of the assignment share: inputs, and words for mistakes."""

import torch

from clearn.course.checks.exercise import Case
from clearn.course.checks.inputs import turned
from clearn.similarity import unit

WHOLE = ("max or if on a whole tensor", "Python's `max` and `if` want one number, and the tensor holds one for each "
         "row. Use `.clamp(min=0)`, `torch.where`, or a product with 0 and 1.")  # fmt: skip
AT_ZERO = ("NaN gradient at distance 0", "The slope of a square root at 0 is infinite, and one pair of equal rows then "
           "spoils a whole network. Take a norm: `(a - b).norm(dim=1)`.", "03, section 3")  # fmt: skip


def uniform(rng, n, low, high, dtype=torch.float32):
    return low + (high - low) * torch.rand(n, generator=rng, dtype=dtype)


def beside(rng, x, d):
    """For each row of x (N, D) another one, at the distance d (N,) in a random direction."""
    return x + d[:, None] * unit(torch.randn(x.shape, generator=rng, dtype=x.dtype))


def strided(a, b, *others):
    return turned(a), turned(b), *others


def apart(z0, z1):
    return (z0 - z1).norm(dim=1)


def distances(rng, n, margin, kinds=(0, 1, 2), dtype=torch.float32):
    """d(a, p) and d(a, n) of triplets that are in turn of these kinds, none of them near a border."""
    kind = torch.tensor(kinds).repeat(n)[:n]
    d_ap, share = uniform(rng, n, 0.5, 1.5, dtype), uniform(rng, n, 0.2, 0.8, dtype)
    beyond = d_ap + margin * (share + (kind == 0))
    return d_ap, torch.where(kind == 2, share * d_ap, beyond)


def triplets(rng, n, dim, margin, kinds=(0, 1, 2), dtype=torch.float32):
    """(anchor, positive, negative, margin)."""
    d_ap, d_an = distances(rng, n, margin, kinds, dtype)
    a = torch.randn(n, dim, generator=rng, dtype=dtype)
    return a, beside(rng, a, d_ap), beside(rng, a, d_an), margin


def triplet_cases(edge):
    """The first: one triplet at the distances 5 and 2, one at 1 and 9."""
    p, n = torch.tensor([[3.0, 4.0], [1.0, 0.0]]), torch.tensor([[0.0, 2.0], [0.0, 9.0]])
    one_spot = torch.tensor([[1.0, 1.0], [2.0, 0.0]])
    return lambda rng: [
        Case((torch.zeros(2, 2), p, n, 0.5)),
        Case(triplets(rng, 3, 3, 0.3)),
        Case(triplets(rng, 7, 2, 1.5)),
        Case(triplets(rng, 6, 4, 0.4, kinds=(0, 0, 1, 0, 0, 0))),  # the mean without a hinge is negative
        Case(strided(*triplets(rng, 5, 6, 0.7))),
        Case(triplets(rng, 9, 5, 0.5, dtype=torch.float64)),
        Case(triplets(rng, 1, 2, 1.0, kinds=(1,))),
        Case((one_spot, one_spot, one_spot + torch.tensor([[0.0, 0.5], [0.3, 0.4]]), 1.0), edge=edge),
        Case((one_spot, one_spot + 1, one_spot, 1.0), edge=edge),
    ]
