"""Chapter 00: SimCLR's features with few labels, and networks trained on just these labels, of several lengths."""

from clearn import datasets, evaluation, methods
from clearn.course.studies import runs

SEEDS = (0, 1, 2, 3, 4)
ROWS = {"SimCLR": {"steps": 220, "batch_size": 256}} | {
    f"supervised, {labels} labels, {steps} steps": {"labels": labels, "steps": steps, "batch_size": min(labels, 128)}
    for labels, lengths in {
        10: (60, 120, 240, 480, 960, 1920, 3840),
        100: (240, 480, 960),
        1000: (640, 1280, 2560),
    }.items()
    for steps in lengths
}


def train(seed, steps, batch_size, labels=0):
    """Accuracies on validation pictures, to choose the length by, and on test pictures."""
    train, validation = runs.pictures()
    bank, parts = train[:10_000], {"validation": validation[:3000], "test": datasets.load("scattered", "test")[:3000]}
    if labels:
        network = runs.build(methods.Supervised, seed, classes=10)
        few = bank[evaluation.few_labels(bank.labels, labels, seed)]
        runs.supervise(network, few, seed, steps=steps, batch_size=batch_size)
        return {name: network.accuracy(part.images, part.labels) for name, part in parts.items()}
    network = runs.build(methods.SimCLR, seed)
    runs.pretrain(network, seed, steps=steps, batch_size=batch_size)
    known, found, counts = network.embed(bank.images), {}, (10, 100, 1000)
    for name, part in parts.items():
        curve = evaluation.few_label_curve(known, bank.labels, network.embed(part.images), part.labels, counts)
        found |= {f"{name}, {count} labels": sum(draws) / 5 for count, draws in curve.items()}
    return found
