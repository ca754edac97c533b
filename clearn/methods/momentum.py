"""Networks that follow another one slowly, and the queue of keys that such slowness makes possible."""

import copy
import math

import torch
from torch import nn

from clearn.validate import features, number, place, whole


def frozen_copy(module):
    """A copy of `module` that no gradient and no optimiser changes, in float32.

    In bfloat16, with its 3 digits, a step of (1 − m) = 0.001 of the difference would be rounded away: the copy would
    never move.
    """
    return copy.deepcopy(module).float().requires_grad_(False)


@torch.no_grad()
def update_average(average, module, momentum):
    """Move each parameter and buffer a of `average` a little towards p of `module`:  a ← m a + (1 − m) p.

    Args: average, a `frozen_copy` of the module; momentum m in [0, 1]: 1 leaves it as it is, 0 copies.
    Running means and variances of batch norm move likewise; whole numbers (counts) are copied.
    A tensor that the module holds under two names moves once.
    After n steps with p held still, a = p + (a₀ − p) mⁿ. He et al. 2020, "MoCo", eq. 2.
    Raises ValueError for modules of different make.

    >>> module, average = nn.Linear(1, 1), nn.Linear(1, 1)
    >>> _ = nn.init.zeros_(average.weight), nn.init.ones_(module.weight)
    >>> update_average(average, module, momentum=0.75)
    >>> average.weight.item()
    0.25
    """
    m = number("momentum", momentum, least=0, most=1)
    slow, fast = (dict([*it.named_parameters(), *it.named_buffers()]) for it in (average, module))
    if {name: x.shape for name, x in slow.items()} != {name: x.shape for name, x in fast.items()}:
        raise ValueError("average and module are of different make: make the average by frozen_copy")
    for name, a in slow.items():
        if a.is_floating_point() or a.is_complex():
            a.lerp_(fast[name].to(a), 1 - m)
        else:
            a.copy_(fast[name])


def momentum_schedule(step, steps, base):
    """The momentum at `step` of `steps`: from `base` to 1 along a cosine,  m = 1 − (1 − base) · (1 + cos(π k / K)) / 2.

    Args: step k from 0 to K; base in [0, 1]. Grill et al. 2020, "BYOL", §3.3.
    Raises ValueError for a step past the end, where the cosine would fall again.

    >>> [round(momentum_schedule(step, 10, base=0.9), 3) for step in (0, 5, 10)]
    [0.9, 0.95, 1.0]
    """
    share = place("step", step, "steps", steps)
    return 1 - (1 - number("base", base, least=0, most=1)) * (1 + math.cos(math.pi * share)) / 2


class Queue(nn.Module):
    """The last `size` keys, first in, first out, for batches of any size; saved with the state_dict.

    Args: size K, dim D. ``queue.keys`` (K, D), float32, are the negatives, in no particular order. They begin as random
    unit vectors, as in the code of He et al. 2020, "MoCo" (algorithm 1).

    >>> queue = Queue(3, dim=1)
    >>> queue.enqueue(torch.tensor([[1.0], [2.0]]))
    >>> queue.enqueue(torch.tensor([[3.0], [4.0]]))
    >>> queue.oldest_first().flatten()
    tensor([2., 3., 4.])
    """

    def __init__(self, size, dim):
        super().__init__()
        keys = torch.randn(whole("size", size), whole("dim", dim))
        self.register_buffer("keys", nn.functional.normalize(keys))
        self.register_buffer("oldest", torch.zeros((), dtype=torch.long))  # the row that the next key replaces

    @torch.no_grad()
    def enqueue(self, keys):
        """Put keys (N, D) in; as many of the oldest fall out."""
        keys = features("keys", keys, like=("queue", self.keys), paired=False)
        size = len(self.keys)
        rows = (self.oldest + torch.arange(len(keys), device=self.keys.device)) % size
        self.keys[rows[-size:]] = keys[-size:].to(self.keys)  # of a batch larger than the queue, the last
        self.oldest.add_(len(keys)).remainder_(size)

    def oldest_first(self):
        """The keys (K, D) in the order in which they came."""
        return self.keys.roll(-int(self.oldest), 0)

    def extra_repr(self):
        return f"size={len(self.keys)}, dim={self.keys.shape[1]}"
