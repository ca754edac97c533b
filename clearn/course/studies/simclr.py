"""Chapter 08: temperatures and batches; and networks with labels, of several lengths. Judged on validation pictures."""

from clearn import methods
from clearn.course.studies import runs

SEEDS = (0, 1, 2)
ROWS = {
    "τ = 0.05": {"temperature": 0.05, "steps": 40, "batch_size": 256},
    "τ = 0.2": {"temperature": 0.2, "steps": 40, "batch_size": 256},
    "τ = 1.0": {"temperature": 1.0, "steps": 40, "batch_size": 256},
    "τ = 0.05, 120 steps": {"temperature": 0.05, "steps": 120, "batch_size": 256},
    "τ = 0.2, 120 steps": {"temperature": 0.2, "steps": 120, "batch_size": 256},
    "τ = 1.0, 120 steps": {"temperature": 1.0, "steps": 120, "batch_size": 256},
    "batch 64, 160 steps": {"steps": 160, "batch_size": 64},
    "batch 512, 20 steps": {"steps": 20, "batch_size": 512},
    "batch 512, 20 steps, rate × 2": {"steps": 20, "batch_size": 512, "lr": 1e-2},
    "batch 64, 40 steps": {"steps": 40, "batch_size": 64},
} | {f"supervised, {steps} steps": {"labels": 3000, "steps": steps, "batch_size": 128} for steps in (80, 240, 480, 960)}


def train(seed, labels=0, temperature=0.2, **options):
    if labels:
        network = runs.build(methods.Supervised, seed, classes=10)
        runs.supervise(network, runs.pictures()[0][:labels], seed, **options)
        return {"kNN": runs.knn(network)}
    network = runs.build(methods.SimCLR, seed, temperature=temperature)
    loss = runs.pretrain(network, seed, **options)
    return {"kNN": runs.knn(network), "loss": loss}
