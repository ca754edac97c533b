"""What the exercises of the assignment share: inputs, and words for mistakes."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import nn

from clearn.course.checks.exercise import same


@dataclass(frozen=True)
class Network:
    """A module as an argument, and the words that a message has for it."""

    module: nn.Module
    words: str

    def __str__(self):
        return self.words


def linear(weight):
    """A layer x ↦ W x, small enough to be shown."""
    layer = nn.utils.skip_init(nn.Linear, len(weight[0]), len(weight), bias=False)  # the caller's random state stays
    layer.state_dict()["weight"].copy_(torch.tensor(weight))
    return Network(layer, f"a linear layer with weight {weight}")


def network(rng, *widths, batches=None, dtype=torch.float32):
    """Linear layers with a tanh between them, all numbers drawn; batch norm, too, if it has seen so many `batches`."""
    layers = []
    for before, after in pairwise(widths):
        norm = [] if batches is None else [nn.BatchNorm1d(after)]
        layers += [nn.utils.skip_init(nn.Linear, before, after), *norm, nn.Tanh()]
    module = nn.Sequential(*layers[:-1]).to(dtype)
    for x in module.state_dict().values():
        x.copy_(0.7 * torch.randn(x.shape, generator=rng) if x.is_floating_point() else torch.tensor(batches))
    return Network(module, f"a network of widths {widths}")


def double(rng, *widths):
    return network(rng, *widths, dtype=torch.float64)


def normal(rng, *shape, dtype=torch.float32):
    return torch.randn(shape, generator=rng, dtype=dtype)


def normal64(rng, *shape):
    return normal(rng, *shape, dtype=torch.float64)


def is_changed(tensors, before):
    return any(not same(a.detach(), b, exactly=True) for a, b in zip(tensors, before, strict=True))


def joined(*parts):
    return torch.cat(parts).detach()
