"""NT-Xent, forward and backward, beside the least that it could be, and beside lightly's.

python -m tests.benchmarks.bench_losses
"""

import json
import sys
from statistics import median

import torch
import torch.nn.functional as F

from clearn.losses import nt_xent
from tests.benchmarks.common import Row, in_a_process, interleaved, peak_memory, table

TEMPERATURE, D = 0.5, 128


def least(z0, z1):
    """One matmul and a cross-entropy, for rows that somebody else has normalised; nothing checked."""
    z = torch.cat([z0, z1])
    logits = (z / TEMPERATURE) @ z.T
    logits.fill_diagonal_(float("-inf"))
    return F.cross_entropy(logits, torch.arange(len(z), device=z.device).roll(len(z0)))


def contenders():
    yield "one matmul + cross_entropy", least
    yield "nt_xent", lambda z0, z1: nt_xent(z0, z1, TEMPERATURE)
    try:
        from lightly.loss import NTXentLoss
    except ImportError:
        return
    yield "lightly NTXentLoss", NTXentLoss(TEMPERATURE)


def step(loss, n):
    """`loss` of two views of n images, forward and backward, as a function of nothing."""
    z = F.normalize(torch.randn(2 * n, D, generator=torch.Generator().manual_seed(0)), dim=1)
    z0, z1 = (view.clone().requires_grad_() for view in z.split(n))
    return lambda: torch.autograd.grad(loss(z0, z1), (z0, z1))


def rows(repeats=5):
    """Medians, of each repeat and over the repeats; the note has the least and the greatest ratio."""
    for n, turns in ((256, 100), (1024, 15)):
        names, losses = zip(*contenders(), strict=True)
        steps = [step(loss, n) for loss in losses]
        medians = [[median(times) for times in interleaved(steps, turns)] for _ in range(repeats)]
        for i, name in enumerate(names):
            ratios = sorted(m[i] / m[0] for m in medians)
            note = f"forward + backward; {repeats} repeats: {ratios[0]:.2f} to {ratios[-1]:.2f}"
            milliseconds = 1000 * median(m[i] for m in medians)
            memory = in_a_process(__spec__.name, i, n)
            yield Row(f"{name}, N={n}, D={D}", milliseconds, "ms", median(ratios), memory, note)


if __name__ == "__main__":
    if len(sys.argv) > 1:  # the memory of one contender, in a process of its own
        contender, n = map(int, sys.argv[1:])
        step(list(contenders())[contender][1], n)()
        print(json.dumps(peak_memory()))
    else:
        print(*table(rows()), sep="\n")
