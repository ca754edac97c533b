"""What all methods share: features for images, and a place for what happens after a step."""

import torch
from torch import nn


class Method(nn.Module):
    """A method is a module: ``method(view0, view1)`` is its loss. It has an `encoder`, which is what we keep."""

    constant_rate = ()  # names of parts whose learning rate stays as it is, while that of the rest rises and falls

    @torch.no_grad()
    def embed(self, images, batch_size=100):
        """Features h = f(x), before any head, of images (N, C, H, W), uint8 or float in [0, 1].

        Runs in evaluation mode and puts every module back into the mode it was in, so that no running average
        moves. Returns float32 (N, dim) on the CPU.
        """
        if not isinstance(images, torch.Tensor) or images.ndim != 4 or not len(images):
            given = tuple(images.shape) if isinstance(images, torch.Tensor) else type(images).__name__
            raise ValueError(f"images must be a tensor of shape (N, C, H, W) with N ≥ 1, got {given}")
        modes = {module: module.training for module in self.modules()}
        device = next(self.encoder.parameters()).device
        self.eval()
        try:
            return torch.cat(
                [self.encoder(as_float(batch.to(device))).float().cpu() for batch in images.split(batch_size)]
            )
        finally:
            for module, training in modes.items():
                module.training = training

    def after_step(self, step, steps):
        """Called after each optimiser step, `step` of `steps`: here a method moves its averages. Nothing by default."""


def as_float(images):
    """Images as float32 in [0, 1], in the memory layout that convolutions prefer."""
    images = images.float() / 255 if images.dtype == torch.uint8 else images.float()
    return images.contiguous(memory_format=torch.channels_last)
