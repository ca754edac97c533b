"""The gradient of the triplet loss in closed form."""

from unittest import mock

import torch
import torch.nn.functional as F

from clearn import losses
from clearn.course.checks.exercise import Exercise, values_only
from clearn.course.checks.margins.shared import WHOLE, apart, triplet_cases
from clearn.similarity import unit


def by_formula(solution, args):
    """Watch the values, and whether autograd was asked for them."""
    with (mock.patch.object(torch.autograd, "grad", wraps=torch.autograd.grad) as grad,
          mock.patch.object(torch.autograd, "backward", wraps=torch.autograd.backward) as backward):  # fmt: skip
        seen = values_only(solution, args)
    return seen | {"autograd": torch.tensor(grad.called or backward.called)}


triplet_gradient = Exercise("triplet_gradient", triplet_cases("0/0 at distance 0"), by_formula)
triplet_gradient.edge("0/0 at distance 0", "A difference of 0 has no direction, and 0/0 is NaN. By agreement its part "
                      "is 0: divide by `d.clamp(min=1e-12)`.", "03, section 3")  # fmt: skip


def active(a, p, n, margin):
    return (apart(a, p) - apart(a, n) + margin > 0)[:, None]


@triplet_gradient.reference
def _(a, p, n, margin):
    return (unit(a - p) - unit(a - n)).where(active(a, p, n, margin), 0) / len(a)


@triplet_gradient.mistake("autograd in place of the formula", "The numbers are right. Asked for is the formula: now "
                          "compute them yourself.", "04, section 3")  # fmt: skip
def _(a, p, n, margin):
    a = a.clone().requires_grad_()
    return torch.autograd.grad(losses.triplet_loss(a, p, n, margin), a)[0]


triplet_gradient.mistake("force in place of gradient", "The force is −∂L/∂a. Asked for is the gradient: it points "
    "away from the positive and towards the negative.", "04, section 3",
    lambda a, p, n, margin: (unit(a - n) - unit(a - p)) * active(a, p, n, margin) / len(a))  # fmt: skip
triplet_gradient.mistake("positive and negative exchanged", "The distance to the positive has the plus, in the loss "
    "and in the condition.", "04, section 1",
    lambda a, p, n, margin: (unit(a - n) - unit(a - p)) * active(a, n, p, margin) / len(a))  # fmt: skip
triplet_gradient.mistake("not divided by the distances", "∂d/∂a = (a − p)/d: a direction has length 1.",
    "03, section 3", lambda a, p, n, margin: (n - p) * active(a, p, n, margin) / len(a))  # fmt: skip
triplet_gradient.mistake("squared distances", "2(a − p) is the gradient of d². Here the distances are not squared.",
    "04, section 4", lambda a, p, n, margin: 2 * (n - p) * active(a, p, n, margin) / len(a))  # fmt: skip
triplet_gradient.mistake("squared distances", "2(a − p) is the gradient of d². Here the distances are not squared, "
    "nor are they in the condition.", "04, section 4",
    lambda a, p, n, margin:
        2 * (n - p) * (apart(a, p) ** 2 - apart(a, n) ** 2 + margin > 0)[:, None] / len(a))  # fmt: skip


@triplet_gradient.mistake("divided by squared distances", "`((a - p) ** 2).sum(1)` is d²: a root is missing.",
                          "03, section 3")  # fmt: skip
def _(a, p, n, margin):
    pull, push = (a - p) / apart(a, p)[:, None] ** 2, (a - n) / apart(a, n)[:, None] ** 2
    return (pull - push) * active(a, p, n, margin) / len(a)


triplet_gradient.mistake("satisfied triplets not zero", "Where the loss is 0 the gradient is 0.", "04, section 3",
    lambda a, p, n, margin: (unit(a - p) - unit(a - n)) / len(a))  # fmt: skip
triplet_gradient.mistake("active and satisfied exchanged", "The gradient is 0 where the loss is 0, and only there.",
    "04, section 3",
    lambda a, p, n, margin: (unit(a - p) - unit(a - n)) * ~active(a, p, n, margin) / len(a))  # fmt: skip
triplet_gradient.mistake("semi-hard triplets left out", "A triplet in the right order still has a loss, until the "
    "margin is met.", "04, section 3",
    lambda a, p, n, margin: (unit(a - p) - unit(a - n)) * active(a, p, n, 0) / len(a))  # fmt: skip
triplet_gradient.mistake("1/N missing", "The loss is a mean, so each triplet has a share of 1/N in it.",
    "04, section 2", lambda a, p, n, margin: (unit(a - p) - unit(a - n)) * active(a, p, n, margin))  # fmt: skip
triplet_gradient.mistake("mean over the active triplets", "The loss is the mean over all N: divide by N.",
    "04, section 5",
    lambda a, p, n, margin:
        (unit(a - p) - unit(a - n)) * active(a, p, n, margin) / active(a, p, n, margin).sum())  # fmt: skip
triplet_gradient.mistake("divided by N·D", "The mean runs over the N triplets, not over the coordinates.",
    "04, section 2",
    lambda a, p, n, margin: (unit(a - p) - unit(a - n)) * active(a, p, n, margin) / a.numel())  # fmt: skip
triplet_gradient.mistake("only the half of the positive", "The anchor stands in both distances: −(a − n)/d(a, n) is "
    "missing.", "04, section 3",
    lambda a, p, n, margin: unit(a - p) * active(a, p, n, margin) / len(a))  # fmt: skip
triplet_gradient.mistake("only the half of the negative", "The anchor stands in both distances: (a − p)/d(a, p) is "
    "missing.", "04, section 3",
    lambda a, p, n, margin: -unit(a - n) * active(a, p, n, margin) / len(a))  # fmt: skip
triplet_gradient.mistake("gradient of the positive", "This is ∂L/∂p. Asked for is ∂L/∂a, which has two parts.",
    "04, section 3", lambda a, p, n, margin: -unit(a - p) * active(a, p, n, margin) / len(a))  # fmt: skip
triplet_gradient.mistake("gradient of the negative", "This is ∂L/∂n. Asked for is ∂L/∂a, which has two parts.",
    "04, section 3", lambda a, p, n, margin: unit(a - n) * active(a, p, n, margin) / len(a))  # fmt: skip
triplet_gradient.mistake("halves added", "d(a, n) has a minus in the loss, and keeps it.", "04, section 3",
    lambda a, p, n, margin: (unit(a - p) + unit(a - n)) * active(a, p, n, margin) / len(a))  # fmt: skip
triplet_gradient.mistake("one direction in place of two", "The difference of two directions is no direction: its "
    "length lies between 0 and 2.", "04, section 3",
    lambda a, p, n, margin: unit(n - p) * active(a, p, n, margin) / len(a),
    lambda a, p, n, margin: unit(unit(a - p) - unit(a - n)) * active(a, p, n, margin) / len(a))  # fmt: skip


@triplet_gradient.mistake("weighted with the loss", "How wrong a triplet is changes nothing: the slope of max(0, x) "
                          "is 0 or 1.", "04, section 3")  # fmt: skip
def _(a, p, n, margin):
    missing = F.relu(apart(a, p) - apart(a, n) + margin)[:, None]
    return (unit(a - p) - unit(a - n)) * missing / len(a)


triplet_gradient.mistake("one distance for the whole batch", "`(a - p).norm()` without `dim` is one number. Each "
    "triplet has distances of its own.", "04, section 2",
    lambda a, p, n, margin:
        ((a - p) / (a - p).norm() - (a - n) / (a - n).norm()) * active(a, p, n, margin) / len(a))  # fmt: skip
triplet_gradient.mistake("distance along the wrong axis", "With `dim=0` each column gets length 1. A sample is a "
    "row.", "04, section 2",
    lambda a, p, n, margin:
        (F.normalize(a - p, dim=0) - F.normalize(a - n, dim=0)) * active(a, p, n, margin) / len(a))  # fmt: skip
triplet_gradient.mistake("(N, D) meets (N,)", "This stops, or where N = D divides columns in place of rows. Make the "
    "distances a column: `d[:, None]`.", "04, section 2",
    lambda a, p, n, margin:
        ((a - p) / apart(a, p) - (a - n) / apart(a, n)) * active(a, p, n, margin) / len(a))  # fmt: skip
triplet_gradient.mistake("(N, D) meets (N,)", "This stops, or where N = D divides columns in place of rows. Make "
    "both a column: `[:, None]`.", "04, section 2",
    lambda a, p, n, margin:
        ((a - p) / apart(a, p) - (a - n) / apart(a, n)) * active(a, p, n, margin)[:, 0] / len(a))  # fmt: skip
triplet_gradient.mistake("(N, D) meets (N,)", "This stops, or where N = D switches columns off in place of rows. "
    "Make it a column: `[:, None]`.", "04, section 2",
    lambda a, p, n, margin: (unit(a - p) - unit(a - n)) * active(a, p, n, margin)[:, 0] / len(a))  # fmt: skip


@triplet_gradient.mistake(*WHOLE, "04, section 3")
def _(a, p, n, margin):
    return unit(a - p) - unit(a - n) if active(a, p, n, margin) else torch.zeros_like(a)


triplet_gradient.mistake("summed over the batch", "Each anchor has a gradient of its own: a row for each, (N, D).",
    "04, section 3",
    lambda a, p, n, margin: ((unit(a - p) - unit(a - n)) * active(a, p, n, margin)).sum(0) / len(a))  # fmt: skip
