"""Chapter 09: momenta, queues, batches and shuffled batch norm; judged on validation pictures."""

import copy

import torch

from clearn import methods
from clearn.course.studies import runs
from clearn.recipes import VIEWS

SEEDS = (0, 1, 2)
MOCO = {"method": "MoCo", "steps": 200, "batch_size": 64}
SPLIT = {"method": "MoCo", "steps": 100, "batch_size": 64, "queue_size": 256, "splits": 8}
ROWS = {
    "untrained": {"method": "SimCLR", "steps": 0, "batch_size": 64},
    "MoCo, m = 0.0, queue 4096": MOCO | {"momentum": 0.0},
    "MoCo, m = 0.9, queue 4096": MOCO | {"momentum": 0.9},
    "MoCo, m = 0.99, queue 4096": MOCO | {"momentum": 0.99},
    "MoCo, m = 0.99, queue 1024": MOCO | {"momentum": 0.99, "queue_size": 1024},
    "MoCo, m = 0.99, queue 256": MOCO | {"momentum": 0.99, "queue_size": 256},
    "SimCLR, batch 64": {"method": "SimCLR", "steps": 200, "batch_size": 64},
    "SimCLR, batch 256": {"method": "SimCLR", "steps": 50, "batch_size": 256},
    "trained with shuffle": SPLIT | {"shuffle": True},
    "trained without shuffle": SPLIT | {"shuffle": False},
}


@torch.no_grad()
def quiz(method, shuffle, batches=16):
    """The loss on new pairs, in training mode, with and without shuffled keys."""
    seen, paid = copy.deepcopy(method).train().cpu(), []
    seen.shuffle = shuffle
    torch.manual_seed(0)
    for number in range(batches):
        images = runs.pictures()[1].images[64 * number :][:64]
        paid.append(seen(*VIEWS(images, torch.Generator().manual_seed(number))).item())
    return sum(paid) / len(paid)


def train(seed, method, steps, batch_size, **options):
    """The kNN accuracy, the loss at the end, and with several parts of batch norm what the quiz costs."""
    network = runs.build(getattr(methods, method), seed, **options)
    found = {"loss": runs.pretrain(network, seed, steps=steps, batch_size=batch_size)} if steps else {}
    if options.get("splits"):
        found |= {"keys shuffled": quiz(network, True), "not shuffled": quiz(network, False)}
    return {"kNN": runs.knn(network)} | found
