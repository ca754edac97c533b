"""How similar positive pairs are, and how similar negative ones."""

import torch

from clearn import style
from clearn.course.pictures import WIDTH, Picture, styled

KINDS = (("positive pairs", style.POSITIVE, "-"), ("negative pairs", style.NEGATIVE, "--"))


@styled
def pair_distributions(positive, negative, xlabel, *, span=None, bins=40, alt=None):
    """The distributions of a measure over positive pairs and over negative pairs, one over the other.

    Args: positive (P,), negative (Q,), the measure for each pair; span, (low, high), by default that of all values;
    alt, the picture in words. Heights are shares of a kind: both areas are equal, whatever their number.
    """
    positive, negative = torch.as_tensor(positive).cpu(), torch.as_tensor(negative).cpu()
    if span is None:
        both = torch.cat([positive, negative])
        span = both.min().item(), both.max().item()
    picture = Picture(WIDTH * 0.8, 2.6, alt or f"Distributions of the {xlabel} of positive and of negative pairs")
    axes = picture.subplots()
    draw_distributions(axes, positive, negative, span, bins)
    axes.set_xlabel(xlabel)
    return picture


def draw_distributions(axes, positive, negative, span, bins):
    """Two histograms on `axes`, as shares of their kind, and their names above."""
    low, high = span
    edges = torch.linspace(low, high, bins + 1).tolist()
    shares = [torch.histc(x, bins, low, high) / len(x) for x in (positive, negative)]
    for share, (name, colour, _), x in zip(shares, KINDS, (0.0, 0.22)):
        axes.stairs(share.tolist(), edges, fill=True, color=colour, alpha=0.25)
        axes.stairs(share.tolist(), edges, color=colour, linewidth=1.5)
        axes.text(x, 1.05, name, color=colour, fontweight="bold", transform=axes.transAxes)
    axes.set(xlim=(low, high), ylim=(0, 1.05 * max(share.max().item() for share in shares)), yticks=[])
    axes.spines["left"].set_visible(False)
