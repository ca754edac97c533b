"""Chapter 07: SimCLR with its head and without; what features h and projections z know. Judged on validation pictures."""

import torch

from clearn import evaluation, methods
from clearn.course.studies import runs
from clearn.evaluation import factors

SEEDS = (0, 1, 2)
ROWS = {"with a head": {"head": True}, "without a head": {"head": False}}


def train(seed, head, steps=110):
    """Of h and, where there is a head, of z: kNN with 10,000 labels, probes, and R² of the factors with 3,000."""
    method = runs.build(methods.SimCLR, seed)
    if not head:
        method.head = torch.nn.Identity()
    found = {"loss": runs.pretrain(method, seed, steps=steps, batch_size=256)}
    train, validation = runs.pictures()
    bank, queries = train[:10_000], validation[:3000]
    vectors = {"h": [method.embed(part.images) for part in (bank, queries)]}
    if head:
        with torch.no_grad():
            vectors["z"] = [method.head.eval()(part) for part in vectors["h"]]
    for name, (known, asked) in vectors.items():
        found[f"{name}: kNN"] = evaluation.knn_accuracy(known, bank.labels, asked, queries.labels)
        curve = evaluation.few_label_curve(known, bank.labels, asked, queries.labels, counts=(100, 1000), repeats=3)
        found |= {f"{name}: {count:,} labels": sum(draws) / 3 for count, draws in curve.items()}
        for factor, values in bank.factors.items():
            r2 = factors.predictability(known[:3000], values[:3000], asked, queries.factors[factor])
            found[f"{name}: R² of {factor}"] = r2
    return found
