"""Measures of an embedding's geometry, without labels: alignment, uniformity, rank and spread."""

import torch

from clearn.similarity import unchecked_unit as unit
from clearn.validate import features, full_precision, number


@full_precision
def alignment(z0, z1):
    """Mean squared distance of positive pairs on the sphere:  mean ‖u0 − u1‖², u = z / ‖z‖, in [0, 4]; lower is closer.

    Args: z0, z1 (N, D), row by row two views of one thing. Wang, Isola 2020, "Understanding contrastive representation
    learning through alignment and uniformity on the hypersphere", §4.1, α = 2.

    >>> alignment(torch.eye(2), torch.eye(2).flip(1))
    tensor(2.)
    """
    z0 = features("z0", z0)
    z1 = features("z1", z1, like=("z0", z0))
    return (unit(z0) - unit(z1)).square().sum(1).mean()


@full_precision
def uniformity(z, t=2):
    """Log of the mean Gaussian potential of all pairs:  log mean_{i<j} exp(−t ‖u_i − u_j‖²), u = z / ‖z‖; lower is more even.

    Args: z (N, D), N ≥ 2; t > 0. In [−4t, 0]: 0 when all coincide. Wang, Isola 2020, §4.1.

    >>> uniformity(torch.tensor([[1.0, 0.0], [-1.0, 0.0]]))
    tensor(-8.)
    """
    z = unit(features("z", z))
    if len(z) < 2:
        raise ValueError("uniformity needs at least two rows, got 1")
    squared = torch.pdist(z).square() * -number("t", t, above=0)
    return squared.logsumexp(0) - torch.tensor(float(len(squared))).log().to(z)


@full_precision
def effective_rank(z):
    """How many directions the features use:  exp(−Σ p_k log p_k), p_k = σ_k / Σ σ, σ the singular values of z.

    Args: z (N, D), not all zero. In [1, min(N, D)]: 1 when all rows are parallel, D when isotropic. Not centred.
    Roy, Vetterli 2007, "The effective rank"; Garrido et al. 2023, "RankMe".

    >>> effective_rank(torch.eye(3))
    tensor(3.)
    """
    sigma = torch.linalg.svdvals(features("z", z))
    if not sigma.any():
        raise ValueError("effective_rank is undefined for features that are all zero")
    p = sigma / sigma.sum()
    return torch.special.entr(p).sum().exp()


@full_precision
def feature_std(z):
    """Standard deviation of each column of u = z / ‖z‖, averaged: 0 when collapsed, about 1/√D when isotropic.

    Args: z (N, D), N ≥ 2. Chen, He 2021, "SimSiam", §4.1 and fig. 2.

    >>> feature_std(torch.ones(4, 3))
    tensor(0.)
    """
    z = unit(features("z", z))
    if len(z) < 2:
        raise ValueError("feature_std needs at least two rows, got 1")
    return z.std(0, correction=0).mean()
