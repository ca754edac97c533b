"""The projection head of SimCLR."""

import functools

import torch
import torch.nn.functional as F
from torch import nn

from clearn import models
from clearn.course.checks.exercise import Case, Exercise, NothingReturned, as_tensor
from clearn.course.checks.pipeline.shared import drawn_once, remembered


def pattern(shape):
    """Fixed numbers for a parameter, by its shape alone, so that it does not matter what it is called. A matrix and its
    transpose get the same, so that it does not matter how it is stored."""
    if len(shape) == 1:
        return torch.cos(2.0 * torch.arange(shape[0])) + 0.4
    most, least = max(shape), min(shape)
    x = torch.sin(1 + 1.7 * torch.arange(most * least)).reshape(most, least) / least**0.5
    return x if tuple(shape) == (most, least) else x.T


def observe_head(solution, args):
    """Its outputs with fixed parameters, in either mode, and the sizes of its parameters."""
    head = solution(*args)
    if head is None:
        raise NothingReturned("it returned nothing")
    if not isinstance(head, nn.Module):
        raise TypeError(f"it returned {type(head).__name__} in place of an nn.Module")
    x = torch.sin(torch.arange(9.0 * args[0]) ** 2).reshape(9, args[0]).requires_grad_()
    head.eval()(x)  # lazy layers get their parameters now; no running average moves
    parameters = list(head.parameters())
    if not parameters:
        return {"in training mode": torch.zeros(0), "in evaluation mode": torch.zeros(0), "parameters": torch.zeros(0)}
    with torch.no_grad():
        for p in parameters:
            p.copy_(pattern(p.shape))
    trained = head.train()(x)
    seen = {"in training mode": as_tensor(trained), "in evaluation mode": as_tensor(head.eval()(x)),
            "parameters": torch.tensor(sorted(p.numel() for p in parameters))}  # fmt: skip
    if trained.requires_grad:
        (slope,) = torch.autograd.grad((trained * torch.linspace(0.5, 1.5, trained.numel()).view_as(trained)).sum(), x,
                                       allow_unused=True)  # fmt: skip
        seen |= {"gradient": torch.zeros_like(x) if slope is None else slope}
    return seen


def sizes(rng, low, high):
    """Three different sizes, all from low to high."""
    return tuple((low + torch.randperm(high - low + 1, generator=rng)[:3]).tolist())


projection_head = Exercise("projection_head", drawn_once(lambda rng: [
    Case((3, 4, 2)), Case(sizes(rng, 3, 8)), Case(sizes(rng, 5, 12)), Case((128, 256, 64)),
]), remembered(observe_head))  # fmt: skip


@projection_head.reference
def _(dim, hidden, out):
    return models.projection_head(dim, hidden, out)


def wrong_head(name, why, see, *heads):
    """Three mistakes in one: as written, with a bias before batch norm as well, and with no bias at the end as well."""

    def keep(layers):
        for before, last in ((False, True), (True, True), (False, False)):
            projection_head.mistake(name, why, see, functools.partial(build, layers, before, last))

    for layers in heads:
        keep(layers)
    return keep


def build(layers, before, last, *sizes):
    return nn.Sequential(*layers(*sizes, before, last))


def first_half(dim, hidden, before):
    return nn.Linear(dim, hidden, bias=before), nn.BatchNorm1d(hidden), nn.ReLU()


projection_head.mistake("bias before batch norm", "Batch norm subtracts the mean, and with it any bias: the "
    "parameter can do nothing. It has a shift of its own.", "07, section 1",
    lambda dim, hidden, out: nn.Sequential(*first_half(dim, hidden, True), nn.Linear(hidden, out)))  # fmt: skip
projection_head.mistake("no bias at the end", "After the last linear layer comes no batch norm, so nothing else can "
    "shift the outputs.", "07, section 1",
    lambda dim, hidden, out:
        nn.Sequential(*first_half(dim, hidden, False), nn.Linear(hidden, out, bias=False)))  # fmt: skip
projection_head.mistake("biases exchanged", "No bias before batch norm, which has its own; a bias at the end, where "
    "none follows.", "07, section 1",
    lambda dim, hidden, out:
        nn.Sequential(*first_half(dim, hidden, True), nn.Linear(hidden, out, bias=False)))  # fmt: skip


@wrong_head("no ReLU", "Without it, two linear layers can do no more than one, however wide.", "07, section 1")
def _(dim, hidden, out, before, last):
    return nn.Linear(dim, hidden, bias=before), nn.BatchNorm1d(hidden), nn.Linear(hidden, out, bias=last)


@wrong_head("ReLU at the end", "Projections without a negative number all lie in one corner of the sphere, and "
            "cosines cannot fall below 0.", "07, section 1")  # fmt: skip
def _(dim, hidden, out, before, last):
    return *first_half(dim, hidden, before), nn.Linear(hidden, out, bias=last), nn.ReLU()


@wrong_head("ReLU at the end only", "It belongs between the two linear layers: at the end it forbids negative "
            "numbers.", "07, section 1")  # fmt: skip
def _(dim, hidden, out, before, last):
    yield from (nn.Linear(dim, hidden, bias=before), nn.BatchNorm1d(hidden))
    yield from (nn.Linear(hidden, out, bias=last), nn.ReLU())


@wrong_head("batch norm at the end", "SimSiam's head ends so; SimCLR's ends with the linear layer.", "07, section 1")
def _(dim, hidden, out, before, last):
    return *first_half(dim, hidden, before), nn.Linear(hidden, out, bias=last), nn.BatchNorm1d(out)


@wrong_head("batch norm and ReLU at the end", "A hidden layer ends so. The last layer is linear, and nothing follows "
            "it.", "07, section 1")  # fmt: skip
def _(dim, hidden, out, before, last):
    yield from (*first_half(dim, hidden, before), nn.Linear(hidden, out, bias=last))
    yield from (nn.BatchNorm1d(out), nn.ReLU())


@wrong_head("batch norm after the ReLU", "Batch norm comes first: then about half of the values are negative, and the "
            "ReLU has something to do.", "07, section 1")  # fmt: skip
def _(dim, hidden, out, before, last):
    yield from (nn.Linear(dim, hidden, bias=before), nn.ReLU(), nn.BatchNorm1d(hidden))
    yield nn.Linear(hidden, out, bias=last)


@wrong_head("batch norm before the first layer", "It normalises what the first linear layer gives, not what it gets.",
            "07, section 1")  # fmt: skip
def _(dim, hidden, out, before, last):
    return nn.BatchNorm1d(dim), nn.Linear(dim, hidden, bias=before), nn.ReLU(), nn.Linear(hidden, out, bias=last)


@wrong_head("no batch norm", "The head of this course has one, between the first linear layer and the ReLU.",
            "07, section 1")  # fmt: skip
def _(dim, hidden, out, before, last):
    return nn.Linear(dim, hidden, bias=before), nn.ReLU(), nn.Linear(hidden, out, bias=last)


@wrong_head("layer norm", "It normalises each row by itself. Batch norm normalises each column over the batch.",
            "07, section 4")  # fmt: skip
def _(dim, hidden, out, before, last):
    yield from (nn.Linear(dim, hidden, bias=before), nn.LayerNorm(hidden), nn.ReLU())
    yield nn.Linear(hidden, out, bias=last)


@wrong_head("no running averages", "In evaluation mode a picture's projection must not depend on its company. Keep "
            "`track_running_stats`.", "07, section 4")  # fmt: skip
def _(dim, hidden, out, before, last):
    yield from (nn.Linear(dim, hidden, bias=before), nn.BatchNorm1d(hidden, track_running_stats=False), nn.ReLU())
    yield nn.Linear(hidden, out, bias=last)


@wrong_head("batch norm without scale and shift", "Its scale and shift are parameters, too; the shift is the bias of "
            "the first layer.", "07, section 1")  # fmt: skip
def _(dim, hidden, out, before, last):
    yield from (nn.Linear(dim, hidden, bias=before), nn.BatchNorm1d(hidden, affine=False), nn.ReLU())
    yield nn.Linear(hidden, out, bias=last)


for activation in (nn.GELU, nn.LeakyReLU, nn.Tanh, nn.Sigmoid, nn.ELU, nn.SiLU):

    @wrong_head("another activation", "Asked for is the ReLU, max(0, x).", "07, section 1")
    def _(dim, hidden, out, before, last, activation=activation):
        yield from (nn.Linear(dim, hidden, bias=before), nn.BatchNorm1d(hidden), activation())
        yield nn.Linear(hidden, out, bias=last)


wrong_head("no hidden layer", "A single linear layer is not the MLP of the method: `hidden` is not used.",
    "07, section 1", lambda dim, hidden, out, before, last: (nn.Linear(dim, out, bias=last),))  # fmt: skip
wrong_head("no hidden layer", "`hidden` is not used: asked for are two linear layers.", "07, section 1",
    lambda dim, hidden, out, before, last:
        (nn.Linear(dim, out, bias=before), nn.BatchNorm1d(out), nn.ReLU()))  # fmt: skip


@wrong_head("two hidden layers", "Three linear layers are the authors' later code. Asked for are two.", "08, section 1")
def _(dim, hidden, out, before, last):
    yield from (*first_half(dim, hidden, before), *first_half(hidden, hidden, before))
    yield nn.Linear(hidden, out, bias=last)


wrong_head("hidden and out exchanged", "The hidden layer is `hidden` wide, and the projections are `out` wide.",
    "07, section 1",
    lambda dim, hidden, out, before, last:
        (*first_half(dim, out, before), nn.Linear(out, hidden, bias=last)))  # fmt: skip
wrong_head("hidden as wide as the features", "The first layer leads from `dim` to `hidden`.", "07, section 1",
    lambda dim, hidden, out, before, last: (*first_half(dim, dim, before), nn.Linear(dim, out, bias=last)))  # fmt: skip
wrong_head("back to the width of the features", "The projections are `out` wide. A head that leads back to `dim` is "
    "a predictor.", "07, section 1",
    lambda dim, hidden, out, before, last:
        (*first_half(dim, hidden, before), nn.Linear(hidden, dim, bias=last)))  # fmt: skip
wrong_head("hard-coded sizes", "128, 256 and 64 are the sizes of the chapter. Use the arguments.", "07, section 1",
    lambda dim, hidden, out, before, last: (*first_half(128, 256, before), nn.Linear(256, 64, bias=last)))  # fmt: skip


class UnitHead(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return F.normalize(self.layers(x))


projection_head.mistake("projections normalised", "The loss does that itself. Return them as the last layer gives "
    "them.", "07, section 1",
    lambda dim, hidden, out: UnitHead(*first_half(dim, hidden, False), nn.Linear(hidden, out)),
    lambda dim, hidden, out: UnitHead(*first_half(dim, hidden, True), nn.Linear(hidden, out)))  # fmt: skip


class ForgetfulHead(nn.Module):
    """A batch norm that is made anew in each forward pass."""

    def __init__(self, dim, hidden, out, bias):
        super().__init__()
        self.first, self.last = nn.Linear(dim, hidden, bias=bias), nn.Linear(hidden, out)

    def forward(self, x):
        x = self.first(x)
        return self.last(nn.BatchNorm1d(x.shape[1])(x).relu())


projection_head.mistake("parameters not registered", "Layers in a plain list, or made anew in `forward`, are unknown "
    "to `parameters()`: no optimiser trains them. Use `nn.Sequential`.", "07, section 1",
    lambda dim, hidden, out: nn.Identity(),
    lambda dim, hidden, out: ForgetfulHead(dim, hidden, out, False),
    lambda dim, hidden, out: ForgetfulHead(dim, hidden, out, True))  # fmt: skip
