"""Miners: which triplets of a batch shall teach? Pure functions from embeddings and labels to indices.

All take z (N, D), any floating dtype, and integer labels (N,), and return (anchors, positives, negatives): int64
indices of shape (T,) each, on the device of z, so that ``triplet_loss(z[a], z[p], z[n])`` trains on them. No gradient
runs through the choice. Order: by anchor, then by positive. Of equally good candidates the lowest index wins.
Memory: a few (N, N) matrices and the result, at most N² triplets; never (N, N, N).

TypeError, ValueError: as in `losses`; and ValueError if the labels hold one class only, or no class twice.
"""

import torch

from clearn.similarity import pairwise_distance
from clearn.validate import LARGEST, features, number
from clearn.validate import labels as class_labels


@torch.no_grad()
def random_triplets(z, labels, generator=None):
    """Every pair of one class, each with a negative drawn uniformly from all samples of other classes:

        { (i, j, k) : y_i = y_j, i ≠ j },   k ~ Uniform{ k : y_k ≠ y_i }

    Args: z (N, D); labels (N,); generator, a torch.Generator on the CPU, or None: then torch's global one.
    Returns T = Σ_c n_c (n_c − 1) triplets, n_c the size of class c.
    ValueError if the labels hold one class only, or no class twice.

    >>> random_triplets(torch.rand(3, 2), torch.tensor([7, 7, 4]))
    (tensor([0, 1]), tensor([1, 0]), tensor([2, 2]))
    """
    z, labels, positive = _batch(z, labels)
    anchors, positives = positive.nonzero().T
    # Sorted by label a class is one block; a draw among the others steps over it.
    order = labels.argsort(stable=True)
    start, end = (torch.searchsorted(labels[order], labels[anchors], right=right) for right in (False, True))
    draw = torch.randint(2**62, anchors.shape, generator=generator).to(z.device)  # from the CPU: one seed, one result
    place = draw % (len(z) - (end - start))
    return anchors, positives, order[torch.where(place < start, place, place + (end - start))]


@torch.no_grad()
def semi_hard_triplets(z, labels, margin):
    """Every pair of one class, with the nearest negative beyond the positive, but by less than the margin:

        k = argmin { d_ik : y_k ≠ y_i,  d_ij < d_ik < d_ij + m },   d Euclidean

    Args: z (N, D); labels (N,); margin m > 0, in units of distance: that of the loss.
    Returns T triplets, at most one for each pair. A pair with no such negative is left out, so **T may be 0**, and will
    be once all negatives are out of reach. The mean loss over no triplets does not exist, and `losses.triplet_loss`
    refuses it: skip such a step, or use ``0 * z.sum()``, as `methods.Triplet` does, whose gradient is zero.
    Of equals the lowest index wins. ValueError if the labels hold one class only, or no class twice.

    Schroff, Kalenichenko, Philbin 2015, "FaceNet", §3.2, which squares d, and leaves open which of several to take.

    >>> z = torch.tensor([[0.0], [1.0], [1.5], [1.8], [0.5]])  # from 0: the positive at 1, negatives at 0.5, 1.5, 1.8
    >>> a, p, n = semi_hard_triplets(z, torch.tensor([0, 0, 1, 1, 1]), margin=1.0)
    >>> n[(a == 0) & (p == 1)]
    tensor([2])
    """
    z, labels, positive = _batch(z, labels)
    margin = number("margin", margin, above=0, most=LARGEST)
    d = pairwise_distance(z)
    # From each anchor the negatives by distance; the first beyond the positive is the only one that can qualify.
    distance, order = d.masked_fill(_same(labels), float("inf")).sort(dim=1, stable=True)
    first = torch.searchsorted(distance, d, right=True)  # below N: the anchor itself stands last, at infinity
    chosen = positive & (distance.gather(1, first) < d + margin)
    anchors, positives = chosen.nonzero().T
    return anchors, positives, order.gather(1, first)[chosen]


@torch.no_grad()
def hard_triplets(z, labels):
    """Each anchor with its furthest positive and its nearest negative ("batch hard"):

        j = argmax { d_ij : y_j = y_i, j ≠ i },   k = argmin { d_ik : y_k ≠ y_i },   d Euclidean

    Args: z (N, D); labels (N,). Returns one triplet for each anchor whose class has another, T ≤ N.
    Of equals the lowest index wins. ValueError if the labels hold one class only, or no class twice.
    Hermans, Beyer, Leibe 2017, "In defense of the triplet loss for person re-identification", §2.

    >>> hard_triplets(torch.tensor([[0.0], [1.0], [2.0], [9.0]]), torch.tensor([0, 0, 0, 1]))
    (tensor([0, 1, 2]), tensor([2, 0, 0]), tensor([3, 3, 3]))
    """
    z, labels, positive = _batch(z, labels)
    d = pairwise_distance(z)
    anchors = positive.any(1).nonzero().squeeze(1)
    furthest = d.masked_fill(~positive, -1).argmax(1)  # argmax and argmin return the first of equals
    nearest = d.masked_fill(_same(labels), float("inf")).argmin(1)
    return anchors, furthest[anchors], nearest[anchors]


def _batch(z, labels):
    """z, labels, and who is a positive of whom (N, N), of a batch that has at least one triplet."""
    z = features("z", z)
    labels = class_labels("labels", labels, len(z), of="z").to(z.device)
    if (labels == labels[0]).all():
        raise ValueError(f"labels hold one class only ({labels[0].item()}, {len(z)} times), so no sample has a "
                         "negative; does the data come sorted by class? Shuffle it")  # fmt: skip
    positive = _same(labels).fill_diagonal_(False)
    if not positive.any():
        raise ValueError(f"labels hold none of their {len(z)} classes twice, so no anchor has a positive; take "
                         "a larger batch, or several samples of each class")  # fmt: skip
    return z, labels, positive


def _same(labels):
    return labels[:, None] == labels
