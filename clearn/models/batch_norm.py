"""Batch norm that sees a part of the batch at a time, as if the parts lay on several GPUs."""

import torch
from torch import nn

from clearn.validate import whole


class SplitBatchNorm(nn.Module):
    """Batch norm as on several GPUs: in training, each of `splits` equal parts of a batch is normalised by itself."""

    def __init__(self, norm, splits):
        super().__init__()
        self.norm, self.splits = norm, splits

    def forward(self, x):
        if not self.training:
            return self.norm(x)
        if len(x) % self.splits:
            raise ValueError(f"a batch of {len(x)} cannot be cut into {self.splits} equal parts")
        return torch.cat([self.norm(part) for part in x.chunk(self.splits)])

    def extra_repr(self):
        return f"splits={self.splits}"


def split_batch_norm(module, splits):
    """Replace every batch norm inside `module`, in place, by a `SplitBatchNorm` of it; return the module."""
    splits = whole("splits", splits)
    for name, layer in module.named_children():
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            setattr(module, name, SplitBatchNorm(layer, splits))
        else:
            split_batch_norm(layer, splits)
    return module
