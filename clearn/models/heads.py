"""The small heads that stand on an encoder while training: projection and prediction."""

from itertools import pairwise

from torch import nn

from clearn.validate import whole


def projection_head(dim, hidden=256, out=64, layers=2, output_norm=False):
    """The MLP g between the features h and the loss, z = g(h): thrown away after training.

    Linear-BN-ReLU, `layers` − 1 times, then Linear, with a last BN if `output_norm`. Returns (N, dim) -> (N, out).
    Chen et al. 2020, "SimCLR", §4.2 (one hidden layer); Chen, He 2021, "SimSiam", §3 (three layers, last BN).

    >>> [type(layer).__name__ for layer in projection_head(128)]
    ['Linear', 'BatchNorm1d', 'ReLU', 'Linear']
    """
    widths = [whole("dim", dim), *[whole("hidden", hidden)] * (whole("layers", layers) - 1)]
    steps = []
    for before, after in pairwise(widths):
        steps += [nn.Linear(before, after, bias=False), nn.BatchNorm1d(after), nn.ReLU()]  # BN has its own bias
    steps += [nn.Linear(widths[-1], whole("out", out), bias=not output_norm)]
    return nn.Sequential(*steps, *[nn.BatchNorm1d(out)] * bool(output_norm))


def prediction_head(dim, hidden):
    """The MLP that guesses one view's projection from the other's: Linear-BN-ReLU-Linear, (N, dim) -> (N, dim).

    Grill et al. 2020, "BYOL", §3.3 (hidden wider than dim); Chen, He 2021, "SimSiam", §3 (narrower, a bottleneck).

    >>> prediction_head(64, hidden=16)[-1].out_features
    64
    """
    return projection_head(dim, hidden, out=dim)
