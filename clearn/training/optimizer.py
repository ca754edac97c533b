"""AdamW, as every method is trained with it, and the schedule of its learning rate."""

import math

import torch

from clearn.validate import number, place


def schedule(step, steps, warmup=0.1):
    """The share of the highest learning rate at `step` of `steps`: linear warm-up, then a cosine to 0.

    `step` is at least 0 and at most `steps`, `warmup` a share of the steps. Loshchilov, Hutter 2017, "SGDR", eq. 5, with
    one period. Raises ValueError for a step past the end, where the cosine would rise again.

    >>> [round(schedule(step, 10, warmup=0.2), 2) for step in (0, 1, 2, 6, 10)]
    [0.5, 1.0, 1.0, 0.5, 0.0]
    """
    place("step", step, "steps", steps)
    rising = max(1, round(number("warmup", warmup, least=0, most=1) * steps))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))


def adamw(method, lr, weight_decay):
    """AdamW that leaves biases and batch norm (the parameters with one dimension) undecayed.

    The parts that ``method.constant_rate`` names are in groups of their own, with ``constant`` true.
    """
    groups, parts = {}, getattr(method, "constant_rate", ())
    for name, parameter in method.named_parameters():
        if parameter.requires_grad:
            groups.setdefault((parameter.ndim > 1, name.split(".")[0] in parts), []).append(parameter)
    return torch.optim.AdamW([{"params": parameters, "weight_decay": weight_decay * decayed, "constant": constant}
                              for (decayed, constant), parameters in groups.items()], lr=lr, fused=True)  # fmt: skip
