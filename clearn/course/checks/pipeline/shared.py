"""What the exercises of the assignment share: inputs, and words for mistakes."""

import functools

import torch
from torch import nn


def drawn_once(cases):
    """Cases that are the same objects for the same seed, so that `remembered` knows them again."""
    of_seed = functools.lru_cache(8)(lambda seed: cases(torch.Generator().manual_seed(seed)))
    return lambda rng: of_seed(rng.initial_seed())


def remembered(observe):
    """What the wrong programs below do is observed once for each case: it is always the same, and there are many."""
    kept = functools.lru_cache(4096)(observe)

    def watched(solution, args):
        ours = str(getattr(getattr(solution, "func", solution), "__module__", "")).startswith("clearn.course.checks.")
        return (kept if ours else observe)(solution, args)

    return watched


def pictures(rng, *shape):
    """Bytes, none of them the largest there is: so that 255 is not the maximum of the batch."""
    return torch.randint(0, 200, shape, generator=rng, dtype=torch.uint8)


def drawn(rng, module):
    """The module with parameters and running averages from `rng`."""
    with torch.no_grad():
        for p in module.parameters():
            x = torch.randn(p.shape, generator=rng)
            p.copy_(x if p.ndim > 1 else 1 + 0.3 * x)
        for average in module.buffers():
            if average.is_floating_point():
                average.copy_(0.5 + torch.rand(average.shape, generator=rng))
    return module


class Log(list):
    """Notes that stay one list when the module that takes them is copied."""

    def __deepcopy__(self, memo):
        return self


class Noted(nn.Module):
    """Layers that note each call: (rows, any in training mode, all in training mode, gradients on)."""

    def __init__(self, name, *layers, dim):
        super().__init__()
        self.name, self.dim, self.layers, self.log = name, dim, nn.Sequential(*layers), Log()

    def forward(self, x):
        modes = [module.training for module in self.modules()]
        self.log.append((len(x), any(modes), all(modes), torch.is_grad_enabled()))
        return self.layers(x)

    def __repr__(self):
        return f"{self.name} in {'training' if self.training else 'evaluation'} mode"


def encoder(rng, shape, dim):
    with torch.random.fork_rng(devices=()):  # a check draws nothing from the learner's random numbers
        layers = nn.Flatten(), nn.Linear(shape.numel(), dim), nn.BatchNorm1d(dim)
        return drawn(rng, Noted("an encoder", *layers, dim=dim))
