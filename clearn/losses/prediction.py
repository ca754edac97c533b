"""The loss without negatives: one view's prediction against the other's projection."""

from clearn.similarity import unchecked_unit as unit
from clearn.validate import features, full_precision


@full_precision
def negative_cosine(p, z):
    """Make the prediction point where the target points:  L = −mean cos(p_i, z_i), in [−1, 1].

    Args: p, predictions (N, D); z, targets (N, D). The caller detaches z, in plain sight:
    `negative_cosine(p, z.detach())`.
    Chen, He 2021, "SimSiam", eq. 1; up to 2 − 2cos the regression loss of Grill et al. 2020, "BYOL", eq. 2.

    >>> import torch
    >>> negative_cosine(torch.eye(2), 3 * torch.eye(2))
    tensor(-1.)
    """
    p = features("p", p)
    z = features("z", z, like=("p", p))
    return -(unit(p) * unit(z)).sum(1).mean()
