"""The loss of candidates with labels: every sample of the anchor's class is a partner."""

import torch

from clearn.similarity import unchecked_unit as unit
from clearn.validate import features, full_precision
from clearn.validate import labels as class_labels
from clearn.validate import temperature as tau_of


@full_precision
def sup_con(z, labels, temperature=0.1):
    """Supervised contrast: all samples of the anchor's class are positives, all others negatives (L_out).

        L = mean over anchors i of  −1/|P(i)| Σ_{p ∈ P(i)} log  exp(s_ip / τ) / Σ_{a ≠ i} exp(s_ia / τ)

    Args: z (N, D); labels (N,), integers; temperature τ > 0. Rows are normalised inside. The mean is over the anchors
    that have a positive; ValueError if none has. Khosla et al. 2020, "Supervised contrastive learning", eq. 2.

    >>> from clearn.losses import nt_xent
    >>> z = torch.eye(2).repeat(2, 1)                     # two views of two images, each image a class of its own:
    >>> sup_con(z, torch.tensor([0, 1, 0, 1]), 0.5) == nt_xent(z[:2], z[2:], 0.5)
    tensor(True)
    """
    z = unit(features("z", z))
    labels = class_labels("labels", labels, len(z), of="z").to(z.device)
    tau = tau_of(temperature)
    itself = torch.eye(len(z), dtype=torch.bool, device=z.device)
    positives = (labels[:, None] == labels) & ~itself
    count = positives.sum(1)
    if not count.any():
        raise ValueError(f"no two of the {len(z)} labels are equal, so no anchor has a positive; did you mean to pass "
                         "both views, torch.cat([z0, z1]), with labels.repeat(2)?")  # fmt: skip
    log_p = ((z / tau) @ z.T).masked_fill(itself, float("-inf")).log_softmax(1)
    per_anchor = -log_p.where(positives, 0).sum(1) / count.clamp_min(1)
    return per_anchor[count > 0].mean()
