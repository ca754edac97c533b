"""NT-Xent, forward and backward, beside the least that it could be, and beside lightly's.

    python tests/benchmarks/bench_losses.py
"""

import statistics
import time

import torch
import torch.nn.functional as F

from clearn.losses import nt_xent

TEMPERATURE, D = 0.5, 128


def least(z0, z1):
    """One matmul and a cross-entropy, for rows that somebody else has normalised; nothing checked."""
    z = torch.cat([z0, z1])
    logits = (z / TEMPERATURE) @ z.T
    logits.fill_diagonal_(float("-inf"))
    return F.cross_entropy(logits, torch.arange(len(z), device=z.device).roll(len(z0)))


def contenders():
    yield "nt_xent", lambda z0, z1: nt_xent(z0, z1, TEMPERATURE)
    yield "one matmul + cross_entropy", least
    try:
        from lightly.loss import NTXentLoss
    except ImportError:
        return
    yield "lightly NTXentLoss", NTXentLoss(TEMPERATURE)


def interleaved(functions, turns):
    """Of each function, its times in seconds; they take turns, so that a busy moment meets them all."""
    times = [[] for _ in functions]
    for turn in range(turns + 5):
        for mine, function in zip(times, functions):
            start = time.perf_counter()
            function()
            if turn >= 5:  # the first turns warm up
                mine.append(time.perf_counter() - start)
    return times


def rows(repeats=5):
    """Yield (what, milliseconds, ratio to one matmul + cross_entropy, note); medians, of each repeat and over them."""
    for n, turns in ((256, 100), (1024, 15)):
        z0, z1 = F.normalize(torch.randn(2, n, D, generator=torch.Generator().manual_seed(0)), dim=-1).unbind()
        z0, z1 = z0.requires_grad_(), z1.requires_grad_()
        names, losses = zip(*contenders())
        steps = [lambda loss=loss: torch.autograd.grad(loss(z0, z1), (z0, z1)) for loss in losses]
        medians = [[statistics.median(t) for t in interleaved(steps, turns)] for _ in range(repeats)]
        for i, name in enumerate(names):
            ratios = sorted(m[i] / m[1] for m in medians)
            milliseconds = 1000 * statistics.median(m[i] for m in medians)
            note = f"N={n}, D={D}, forward + backward, {repeats} runs: {ratios[0]:.2f} to {ratios[-1]:.2f}"
            yield name, milliseconds, statistics.median(ratios), note


if __name__ == "__main__":
    for what, milliseconds, ratio, note in rows():
        print(f"{what:28} {milliseconds:8.2f} ms   x{ratio:.2f}   {note}")
