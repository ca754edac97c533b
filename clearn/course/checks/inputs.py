"""Inputs that many exercises are tried on, and what is said of a row of zeros."""

import torch

ZERO = ("a row of zeros gives NaN", "It has no direction, and 0/0 spoils every sum it meets. By agreement its cosine is 0.",
        "02, section 6")  # fmt: skip

ZERO_BACK = ("a row of zeros gives NaN, backwards", "The values are right. But a 0/0 that is covered up afterwards, or a root "
             "at 0, whose slope is infinite, sends NaN to every weight. Make the length safe "
             "before you divide: `x.norm(…).clamp(min=1e-12)`.",
             "02, section 6")  # fmt: skip


def rows(rng, *shape, dtype=torch.float32):
    """Rows of very different lengths, so that a forgotten division shows."""
    x = torch.randn(shape, generator=rng, dtype=dtype)
    return x * torch.exp(torch.randn((*shape[:-1], 1), generator=rng, dtype=dtype))


def turned(x):
    """The same values with other strides: a transpose of a transpose."""
    return x.T.contiguous().T


def labelled(rng, n, classes):
    """Labels (n,) in which every class occurs, in no order."""
    return torch.arange(n)[torch.randperm(n, generator=rng)] % classes
