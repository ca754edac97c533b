"""The loss of triplets: the positive nearer than the negative, by a margin."""

import torch
import torch.nn.functional as F

from clearn.validate import LARGEST, features, full_precision, number


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
