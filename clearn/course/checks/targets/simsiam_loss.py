"""SimSiam's loss, with the stop-gradient in its place."""

import copy

import torch
import torch.nn.functional as F

from clearn.course.checks.exercise import Case, Changed, Exercise, as_tensor, copied, weights
from clearn.course.checks.inputs import rows, turned
from clearn.course.checks.targets.shared import double, is_changed, linear, network
from clearn.losses import negative_cosine
from clearn.similarity import unit


def loss_and_slopes(solution, args):
    """Watch a loss of networks: its value, and what flows back to each parameter of f and h."""
    f, h = (copy.deepcopy(network.module) for network in args[:2])
    views = [copied(view, gradient=False) for view in args[2:]]
    loss = solution(f, h, *views)
    if is_changed(views, args[2:]):
        raise Changed
    seen = {"value": as_tensor(loss)}
    if isinstance(loss, torch.Tensor) and loss.requires_grad:
        f.zero_grad()
        h.zero_grad()
        (loss * weights(loss)).sum().backward()
        for name, p in [*f.named_parameters("f"), *h.named_parameters("h")]:
            seen[f"gradient of {name}"] = torch.zeros_like(p) if p.grad is None else p.grad
    return seen


simsiam_loss = Exercise("simsiam_loss", lambda rng: [
    Case((linear([[1.0, 1.0], [0.0, 1.0]]), linear([[2.0, 1.0], [0.0, 1.0]]),
          torch.tensor([[1.0, 0.0], [1.0, 2.0]]), torch.tensor([[1.0, 1.0], [-2.0, 1.0]]))),
    Case((network(rng, 4, 6, 3), network(rng, 3, 5, 3), rows(rng, 5, 4), rows(rng, 5, 4))),
    Case((network(rng, 3, 4), network(rng, 4, 2, 4), rows(rng, 1, 3), rows(rng, 1, 3))),
    Case((network(rng, 6, 3), network(rng, 3, 3), turned(rows(rng, 4, 6)), turned(rows(rng, 4, 6)))),
    Case((double(rng, 2, 5, 5), double(rng, 5, 3, 5), *(rows(rng, 7, 2, dtype=torch.float64) for _ in range(2)))),
    Case((network(rng, 4, 6, 3, batches=3), network(rng, 3, 5, 3), rows(rng, 6, 4), 2 + rows(rng, 6, 4)),
         edge="both views in one batch"),
], loss_and_slopes)  # fmt: skip
simsiam_loss.edge("both views in one batch", "Batch norm in f then measures each view by the other one, too. SimSiam, unlike "
    "SimCLR, sends each through f by itself.", "11, section 2")  # fmt: skip


def both_ways(D, f, h, view0, view1):
    """The mean of D(prediction, target), unstopped, of both directions."""
    z0, z1 = f(view0), f(view1)
    return D(h(z0), z1) / 2 + D(h(z1), z0) / 2


def stopped(p, z):
    return negative_cosine(p, z.detach())


@simsiam_loss.reference
def _(*given):
    return both_ways(stopped, *given)


simsiam_loss.mistake("detach missing", "The loss is right, but it moves the targets, too: the network may learn to "
    "say only what is easily predicted.", "11, section 3",
    lambda *given: both_ways(negative_cosine, *given))  # fmt: skip


@simsiam_loss.mistake("detach missing on one side", "The loss is right, and one target is stopped; the other one still "
                      "moves.", "11, section 3")  # fmt: skip
def _(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    return stopped(h(z0), z1) / 2 + negative_cosine(h(z1), z0) / 2


@simsiam_loss.mistake("detach missing on one side", "The loss is right, and one target is stopped; the other one still "
                      "moves.", "11, section 3")  # fmt: skip
def _(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    return negative_cosine(h(z0), z1) / 2 + stopped(h(z1), z0) / 2


simsiam_loss.mistake("the wrong side detached", "The loss is right, but the predictions stand still and the targets "
    "come to meet them. Detach z, not p.", "11, section 6",
    lambda *given: both_ways(lambda p, z: stopped(z, p), *given))  # fmt: skip


@simsiam_loss.mistake("encoder gets no gradient", "Only the predictor learns: the predictions were made from "
                      "projections that autograd does not know. Stop the targets only.", "11, section 8")  # fmt: skip
def _(f, h, view0, view1):
    z0, z1 = f(view0).detach(), f(view1).detach()
    return stopped(h(z0), z1) / 2 + stopped(h(z1), z0) / 2


@simsiam_loss.mistake("encoder learns from one view only", "The other projection was made without gradient, and the "
                      "prediction from it teaches only the predictor.", "11, section 8")  # fmt: skip
def _(f, h, view0, view1):
    z0, z1 = f(view0), f(view1).detach()
    return stopped(h(z0), z1) / 2 + stopped(h(z1), z0) / 2


@simsiam_loss.mistake("encoder learns from one view only", "The other projection was made without gradient, and the "
                      "prediction from it teaches only the predictor.", "11, section 8")  # fmt: skip
def _(f, h, view0, view1):
    z0, z1 = f(view0).detach(), f(view1)
    return stopped(h(z0), z1) / 2 + stopped(h(z1), z0) / 2


@simsiam_loss.mistake("predictor gets no gradient", "Only the encoder learns. The predictor has to be trained, too: "
                      "frozen, it is no use.", "11, section 4")  # fmt: skip
def _(f, h, view0, view1):
    frozen = copy.deepcopy(h).requires_grad_(False)
    return both_ways(stopped, f, frozen, view0, view1)


simsiam_loss.mistake("one direction only", "Each view predicts the other: add the same with the views exchanged, and "
    "halve.", "11, section 2",
    lambda f, h, view0, view1: stopped(h(f(view0)), f(view1)))  # fmt: skip
simsiam_loss.mistake("one direction only", "Each view predicts the other: add the same with the views exchanged.",
    "11, section 2", lambda f, h, view0, view1: stopped(h(f(view0)), f(view1)) / 2)  # fmt: skip
simsiam_loss.mistake("one direction only", "This is view 1 predicting view 0. The other way belongs to it, too.",
    "11, section 2", lambda f, h, view0, view1: stopped(h(f(view1)), f(view0)))  # fmt: skip
simsiam_loss.mistake("minus forgotten", "This is +cos, and to make it small would turn predictions away from their "
    "targets.", "11, section 2",
    lambda *given: -both_ways(stopped, *given))  # fmt: skip
simsiam_loss.mistake("a constant added", "1 − cos has the same gradient, but asked for is −cos, from −1 to 1.",
    "11, section 2", lambda *given: 1 + both_ways(stopped, *given))  # fmt: skip
simsiam_loss.mistake("BYOL's scale", "This is 2 − 2cos, a squared distance. SimSiam counts −cos.", "10, section 2",
    lambda *given: 2 + 2 * both_ways(stopped, *given))  # fmt: skip
simsiam_loss.mistake("BYOL's scale", "This is BYOL's loss: 4 + 4 times SimSiam's.", "10, section 2",
    lambda *given: 4 + 4 * both_ways(stopped, *given))  # fmt: skip
simsiam_loss.mistake("sum of both directions", "Asked for is their mean, from −1 to 1: halve it.", "11, section 2",
    lambda *given: 2 * both_ways(stopped, *given))  # fmt: skip


@simsiam_loss.mistake("a view predicts itself", "p₀ is compared with z₀. It has to say something of the *other* view, "
                      "z₁.", "11, section 2")  # fmt: skip
def _(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    return stopped(h(z0), z0) / 2 + stopped(h(z1), z1) / 2


@simsiam_loss.mistake("predictor on both sides", "The target is the projection z itself. Only the side that learns has "
                      "a predictor.", "11, section 2")  # fmt: skip
def _(f, h, view0, view1):
    p0, p1 = h(f(view0)), h(f(view1))
    return stopped(p0, p1) / 2 + stopped(p1, p0) / 2


simsiam_loss.mistake("predictor forgotten", "Without h the stop-gradient only halves the gradient, and all "
    "collapses.", "11, section 4",
    lambda f, h, view0, view1: both_ways(stopped, f, lambda z: z, view0, view1))  # fmt: skip
simsiam_loss.mistake("not normalised", "These are dot products, which grow with the vectors and have no floor. "
    "Divide by both lengths.", "11, section 2",
    lambda *given: both_ways(lambda p, z: -(p * z.detach()).sum(1).mean(), *given))  # fmt: skip
simsiam_loss.mistake("normalised on one side only", "The prediction has its length still, and the loss has no floor.",
    "11, section 2", lambda *given: both_ways(lambda p, z: -(p * unit(z).detach()).sum(1).mean(), *given))  # fmt: skip
simsiam_loss.mistake("normalised on one side only", "The target has its length still: long ones count more.",
    "11, section 2", lambda *given: both_ways(lambda p, z: -(unit(p) * z.detach()).sum(1).mean(), *given))  # fmt: skip
simsiam_loss.mistake("normalised along the wrong axis", "A picture is a row: its vector lies along `dim=1`.",
    "02, section 7",
    lambda *given: both_ways(lambda p, z: -F.cosine_similarity(p, z, dim=0).mean(), *given),
    lambda *given:
        both_ways(lambda p, z: -(F.normalize(p, dim=0) * F.normalize(z, dim=0)).sum(1).mean(), *given))  # fmt: skip
simsiam_loss.mistake("one length for the whole batch", "`p.norm()` without `dim` is one number; each row needs its "
    "own.", "02, section 7",
    lambda *given: both_ways(lambda p, z: -(p * z).sum(1).mean() / p.norm() / z.norm(), *given))  # fmt: skip
simsiam_loss.mistake("one length for the whole batch", "This is one cosine of two whole tables. Each row has a "
    "cosine of its own.", "02, section 7",
    lambda *given: both_ways(lambda p, z: -F.cosine_similarity(p.flatten(), z.flatten(), dim=0), *given))  # fmt: skip
simsiam_loss.mistake("mean over the columns, too", "A cosine is a *sum* over the columns. The mean is over the rows "
    "only.", "02, section 1",
    lambda *given: both_ways(lambda p, z: -(unit(p) * unit(z)).mean(), *given))  # fmt: skip
simsiam_loss.mistake("sum in place of mean", "Asked for is the mean over the N rows.", "11, section 2",
    lambda f, h, view0, view1: len(view0) * both_ways(stopped, f, h, view0, view1))  # fmt: skip
simsiam_loss.mistake("squared distance", "Without unit length this is not −cos, and a smaller z makes it small.",
    "11, section 2",
    lambda *given: both_ways(F.mse_loss, *given),
    lambda *given: both_ways(lambda p, z: (p - z).square().sum(1).mean(), *given))  # fmt: skip
