"""The losses of contrastive learning: six functions, each with its equation as one visible line.

All take floating tensors (float16 to float64), compute in float32, or in float64 where one is that, return a scalar
of that precision, and are differentiable. A wrong shape, dtype, device or range, NaN, or an empty batch raises a
TypeError or a ValueError that says what was given and what was expected.
"""

import torch
import torch.nn.functional as F

from clearn.similarity import unit as checked_unit
from clearn.validate import LARGEST, features, full_precision, number, same_precision, zero_or_one
from clearn.validate import labels as class_labels

unit = checked_unit.unchecked  # the functions below look at their input themselves


@full_precision
def contrastive_loss(z0, z1, same, margin=1.0):
    """Pull pairs that are the same together, push others out to the margin:

        L = mean of ½ [ y d² + (1 − y) max(0, m − d)² ],   d = ‖z0 − z1‖,   y = 1: same

    Args: z0, z1 (N, D); same (N,), bool or 0/1, where 1 means *same* (the paper's Y is the other way
    round); margin m > 0, in units of distance.
    Hadsell, Chopra, LeCun 2006, "Dimensionality reduction by learning an invariant mapping", eq. 4.

    >>> z0, z1 = torch.zeros(2, 1), torch.tensor([[0.5], [0.5]])
    >>> contrastive_loss(z0, z1, torch.tensor([True, False]), margin=2.0)  # (½·0.5² + ½·1.5²) / 2
    tensor(0.6250)
    """
    z0 = features("z0", z0)
    z1 = features("z1", z1, like=("z0", z0))
    margin = number("margin", margin, above=0, most=LARGEST)
    y = zero_or_one("same", same, len(z0)).to(z0)
    difference = z0 - z1
    d = torch.linalg.vector_norm(difference, dim=1)  # its gradient at 0 is 0, that of a root NaN
    return 0.5 * (y * difference.square().sum(1) + (1 - y) * F.relu(margin - d).square()).mean()


@full_precision
def triplet_loss(anchor, positive, negative, margin=1.0):
    """Ask that the positive be nearer to the anchor than the negative is, by a margin:

        L = mean of max(0, d(a, p) − d(a, n) + m),   d Euclidean, not squared

    Args: anchor, positive, negative (N, D); margin m > 0, in units of distance.
    Schroff, Kalenichenko, Philbin 2015, "FaceNet", eq. 3, which squares d; here, as in
    torch.nn.TripletMarginLoss, it is not: Balntas et al. 2016, "Learning local feature descriptors with
    triplets".

    >>> triplet_loss(torch.tensor([[0.0]]), torch.tensor([[1.0]]), torch.tensor([[1.5]]), margin=1.0)
    tensor(0.5000)
    """
    a = features("anchor", anchor)
    p = features("positive", positive, like=("anchor", a))
    n = features("negative", negative, like=("anchor", a))
    margin = number("margin", margin, above=0, most=LARGEST)
    d_positive = torch.linalg.vector_norm(a - p, dim=1)
    d_negative = torch.linalg.vector_norm(a - n, dim=1)
    return F.relu(d_positive - d_negative + margin).mean()


@full_precision
def info_nce(query, positive, negatives=None, temperature=0.1):
    """Pick the positive out among the negatives: cross-entropy over cosine similarities, in one direction.

        L = mean over i of  −log  exp(q_i·p_i / τ) / ( exp(q_i·p_i / τ) + Σ_k exp(q_i·n_k / τ) )

    Args: query, positive (N, D); negatives (K, D), shared by all queries, or None: then the negatives of query i are
    the other positives p_j, j ≠ i, of the batch; temperature τ > 0. Rows are normalised inside.
    van den Oord, Li, Vinyals 2018, "Representation learning with contrastive predictive coding", eq. 4;
    with a queue as negatives: He et al. 2020, "MoCo", eq. 1.

    >>> round(info_nce(torch.eye(4), torch.eye(4), temperature=1.0).item(), 4)  # log(1 + 3/e)
    0.7437
    """
    query = features("query", query)
    positive = features("positive", positive, like=("query", query))
    tau = _tau(temperature)
    if negatives is None:
        q, p = same_precision(unit(query), unit(positive))
        return F.cross_entropy((q / tau) @ p.T, torch.arange(len(q), device=q.device))
    negatives = features("negatives", negatives, like=("query", query), paired=False)
    q, p, n = same_precision(unit(query), unit(positive), unit(negatives))
    q = q / tau
    logits = torch.cat([(q * p).sum(1, keepdim=True), q @ n.T], dim=1)  # (N, 1 + K), the positive first
    return F.cross_entropy(logits, torch.zeros(len(q), dtype=torch.long, device=q.device))


@full_precision
def nt_xent(z0, z1, temperature=0.5):
    """Normalised temperature-scaled cross-entropy: each of the 2N views must find its partner among 2N − 1 others.

        L = mean over the 2N anchors i of  −log  exp(s_ij / τ) / Σ_{k ≠ i} exp(s_ik / τ),   s = cosine, j partner of i

    Args: z0, z1 (N, D), two views of the same N images, row by row; temperature τ > 0. Rows are normalised inside.
    Equal embeddings give log(2N − 1). Chen et al. 2020, "SimCLR", eq. 1 and algorithm 1.

    >>> round(nt_xent(torch.ones(4, 3), torch.ones(4, 3)).item(), 4)  # log 7
    1.9459
    """
    z0 = features("z0", z0)
    z1 = features("z1", z1, like=("z0", z0))
    n, tau = len(z0), _tau(temperature)
    z = unit(torch.cat([z0, z1]))
    logits = (z / tau) @ z.T  # (2N, 2N)
    logits.fill_diagonal_(float("-inf"))  # no view is its own candidate
    partner = torch.arange(2 * n, device=z.device).roll(n)
    return F.cross_entropy(logits, partner)


@full_precision
def negative_cosine(p, z):
    """Make the prediction point where the target points:  L = −mean cos(p_i, z_i), in [−1, 1].

    Args: p, predictions (N, D); z, targets (N, D). The caller detaches z, in plain sight:
    `negative_cosine(p, z.detach())`.
    Chen, He 2021, "SimSiam", eq. 1; up to 2 − 2cos the regression loss of Grill et al. 2020, "BYOL", eq. 2.

    >>> negative_cosine(torch.eye(2), 3 * torch.eye(2))
    tensor(-1.)
    """
    p = features("p", p)
    z = features("z", z, like=("p", p))
    return -(unit(p) * unit(z)).sum(1).mean()


@full_precision
def sup_con(z, labels, temperature=0.1):
    """Supervised contrast: all samples of the anchor's class are positives, all others negatives (L_out).

        L = mean over anchors i of  −1/|P(i)| Σ_{p ∈ P(i)} log  exp(s_ip / τ) / Σ_{a ≠ i} exp(s_ia / τ)

    Args: z (N, D); labels (N,), integers; temperature τ > 0. Rows are normalised inside. The mean is over the anchors
    that have a positive; ValueError if none has. Khosla et al. 2020, "Supervised contrastive learning", eq. 2.

    >>> z = torch.eye(2).repeat(2, 1)                     # two views of two images, each image a class of its own:
    >>> sup_con(z, torch.tensor([0, 1, 0, 1]), 0.5) == nt_xent(z[:2], z[2:], 0.5)
    tensor(True)
    """
    z = unit(features("z", z))
    labels = class_labels("labels", labels, len(z), of="z").to(z.device)
    tau = _tau(temperature)
    itself = torch.eye(len(z), dtype=torch.bool, device=z.device)
    positives = (labels[:, None] == labels) & ~itself
    count = positives.sum(1)
    if not count.any():
        raise ValueError(f"no two of the {len(z)} labels are equal, so no anchor has a positive; did you mean to pass "
                         "both views, torch.cat([z0, z1]), with labels.repeat(2)?")  # fmt: skip
    log_p = ((z / tau) @ z.T).masked_fill(itself, float("-inf")).log_softmax(1)
    per_anchor = -log_p.where(positives, 0).sum(1) / count.clamp_min(1)
    return per_anchor[count > 0].mean()


def _tau(temperature):
    """A number of at least 1e-6: below, the rounding of a cosine decides, and 1/τ overflows in the end."""
    return number("temperature", temperature, least=1e-6)
