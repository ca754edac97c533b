"""How alike are two vectors? Cosine similarity and Euclidean distance, row by row or all pairs."""

import torch

from clearn.validate import features, finite, floating, full_precision, same_device, same_precision, upcast

# The gradient of a direction grows as 1/‖x‖: for rows smaller than this it would overflow float32.
SMALLEST = 1e-31


def unit(x):
    """Scale each row to length 1:  u = x / ‖x‖.

    Args: x, floating, (..., D). Returns float32 or better, same shape.

    A row of zeros has no direction: it stays zero, with gradient zero, so it has cosine 0 with everything. Rows whose
    largest value is at most 1e-31 count as zero. Raises TypeError, ValueError for NaN, infinity or no vector at all.

    >>> unit(torch.tensor([[3.0, 4.0], [0.0, 0.0]]))
    tensor([[0.6000, 0.8000],
            [0.0000, 0.0000]])
    """
    return unchecked_unit(_vectors("x", x))


def unchecked_unit(x):
    """`unit` for features that have been looked at."""
    largest = x.detach().abs().amax(-1, keepdim=True)
    has_direction = largest > SMALLEST
    x = x / torch.where(has_direction, largest, 1)  # now squares neither overflow nor vanish
    length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
    # where, and not clamp_min, which cuts the gradient at a tie
    return x * (has_direction / torch.where(has_direction, length, 1))


@full_precision
def cosine_similarity(a, b):
    """Cosine of the angle between `a` and `b` along the last dimension:  cos = a·b / (‖a‖ ‖b‖).

    Args: a, b, floating, (..., D), of shapes that broadcast. Returns (...), in [-1, 1], float32 or better.
    A zero vector has cosine 0 with everything. Raises TypeError, ValueError for NaN or shapes that do not broadcast.

    >>> cosine_similarity(torch.tensor([1.0, 0.0]), torch.tensor([5.0, 5.0]))
    tensor(0.7071)
    """
    a, b = _vectors("a", a), _vectors("b", b)
    same_device("b", b, "a", a)
    if a.shape[-1] != b.shape[-1]:
        raise ValueError(f"a and b must have the same last dimension, got {a.shape[-1]} and {b.shape[-1]}")
    try:
        torch.broadcast_shapes(a.shape, b.shape)
    except RuntimeError:
        raise ValueError(f"shapes {tuple(a.shape)} and {tuple(b.shape)} do not broadcast; for all pairs of rows use "
                         "pairwise_cosine") from None  # fmt: skip
    return (unchecked_unit(a) * unchecked_unit(b)).sum(-1).clamp(-1, 1)


@full_precision
def pairwise_cosine(a, b=None):
    """Cosine similarity of every row of `a` with every row of `b`:  S_ij = cos(a_i, b_j).

    Args: a (N, D); b (M, D), by default `a` itself. Returns (N, M), in [-1, 1], float32 or better.

    >>> pairwise_cosine(torch.eye(2), torch.tensor([[1.0, 1.0]]))
    tensor([[0.7071],
            [0.7071]])
    """
    a, b = _two(a, b)
    a = unchecked_unit(a)
    return (a @ (a if b is None else unchecked_unit(b)).T).clamp(-1, 1)


@full_precision
def pairwise_distance(a, b=None):
    """Euclidean distance of every row of `a` to every row of `b`:  D_ij = ‖a_i − b_j‖.

    Args: a (N, D); b (M, D), by default `a` itself. Returns (N, M), float32 or better.
    The gradient at distance 0 is 0. Differences are taken before squaring, because the shortcut
    ‖a‖² + ‖b‖² − 2 a·b loses every digit of a small distance between long vectors.

    >>> pairwise_distance(torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0], [0.0, 1.0]]))
    tensor([[5., 1.]])
    """
    a, b = _two(a, b)
    return torch.cdist(a, a if b is None else b, compute_mode="donot_use_mm_for_euclid_dist")


def _vectors(name, x):
    """`x`, of shape (..., D), in float32 or better."""
    floating(name, x)
    if x.ndim == 0 or x.numel() == 0:
        raise ValueError(f"{name} must hold at least one vector along its last dimension, got {tuple(x.shape)}")
    finite(name, x)
    return upcast(x)


def _two(a, b):
    """`a` and, unless it is None, `b`: matrices with rows of one length, in one precision."""
    a = features("a", a)
    return (a, None) if b is None else same_precision(a, features("b", b, like=("a", a), paired=False))
