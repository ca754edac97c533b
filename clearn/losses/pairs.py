"""The loss of pairs: together what is the same, a margin apart what is not."""

import torch
import torch.nn.functional as F

from clearn.validate import LARGEST, features, full_precision, number, zero_or_one


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
