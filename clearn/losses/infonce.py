"""The losses of candidates: find the partner among all others, a classification without labels."""

import torch
import torch.nn.functional as F

from clearn.similarity import unchecked_unit as unit
from clearn.validate import features, full_precision, same_precision
from clearn.validate import temperature as tau_of


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
    tau = tau_of(temperature)
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
    n, tau = len(z0), tau_of(temperature)
    z = unit(torch.cat([z0, z1]))
    logits = (z / tau) @ z.T  # (2N, 2N)
    logits.fill_diagonal_(float("-inf"))  # no view is its own candidate
    partner = torch.arange(2 * n, device=z.device).roll(n)
    return F.cross_entropy(logits, partner)
