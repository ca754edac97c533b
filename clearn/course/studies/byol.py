"""Chapter 10: BYOL without its parts, in fast motion: spread and rank of what the loss compares, and of what it does not."""

import copy

import torch
from torch import nn

from clearn import evaluation, methods, models
from clearn.course.studies import runs
from clearn.recipes import VIEWS
from clearn.similarity import unit

SEEDS = (0, 1, 2)
PARTS = {  # which of predictor, stop-gradient and moving average are there
    "BYOL, whole": (True, True, True),
    "without average": (True, True, False),
    "without stop-gradient": (True, False, True),
    "without predictor": (False, True, True),
    "predictor alone": (True, False, False),
    "average alone": (False, False, True),
    "nothing": (False, False, False),
}
AVERAGES = {"0.9 → 1": {}, "0.9": {"schedule": False}, "0.99": {"momentum": 0.99, "schedule": False}}
ROWS = {
    f"{name}{', m = ' + m if parts[2] else ''}, {steps} steps": {"parts": parts, "steps": steps} | options
    for steps in (40, 200)
    for name, parts in PARTS.items()
    for m, options in (AVERAGES if parts[2] else {"": {}}).items()
} | {
    f"predictor alone, {last}, {steps} steps": {
        "parts": PARTS["predictor alone"],
        "steps": steps,
        "norm": True,
        "affine": affine,
    }
    for steps in (60, 400)
    for last, affine in {"batch norm": True, "batch norm without scale and shift": False}.items()
}


def small_encoder():
    """Three convolutions, each with batch norm, and a mean over all places."""

    def halve(a, b):
        return nn.Conv2d(a, b, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU()

    return models.Encoder(*halve(3, 16), *halve(16, 32), *halve(32, 64),
                          nn.AdaptiveAvgPool2d(1), nn.Flatten(), dim=64)  # fmt: skip


def build(parts, seed, kind=methods.BYOL, norm=False, affine=True, **options):
    """BYOL with some of its parts, on a small encoder.

    norm, whether the projector ends with batch norm; affine, whether that learns a scale and a shift.
    """
    torch.manual_seed(seed)
    predictor, stop_gradient, moving_average = parts
    method = kind(small_encoder(), hidden=128, out=64, predictor=predictor, stop_gradient=stop_gradient,
                  moving_average=moving_average, **options)  # fmt: skip
    if not (norm and affine):
        for network in [method.online] + ([method.target] if moving_average else []):
            network[1][-1] = nn.BatchNorm1d(64, affine=False) if norm else nn.Identity()
    return method


@torch.no_grad()
def clouds(method, view):
    """What the three networks make of a view, as unit vectors: {"z": projections, "p": predictions, "t": targets}.

    With batch norm in training mode, as the loss sees them, and in a copy, so that no running average moves.
    """
    seen = copy.deepcopy(method).train()
    z = seen.online(view)
    target = seen.target if seen.moving_average else seen.online
    return {name: unit(x.float()).cpu() for name, x in {"z": z, "p": seen.predictor(z), "t": target(view)}.items()}


def train(seed, parts, steps, **options):
    """std·√d and effective rank of all three, the loss, and the kNN accuracy of h."""
    method = build(parts, seed, **options)
    loss = runs.pretrain(method, seed, steps=steps, batch_size=64, lr=0.02)
    view, _ = VIEWS(runs.pictures()[1].images[:256], torch.Generator().manual_seed(0))
    found = {"loss": loss, "kNN": runs.knn(method, known=2000, asked=1000)}
    for name, x in clouds(method, view).items():
        found[f"std·√d of {name}"] = evaluation.feature_std(x).item() * x.shape[1] ** 0.5
        found[f"rank of {name}"] = evaluation.effective_rank(x).item()
    return found
