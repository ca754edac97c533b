"""The moving average of a network."""

import copy

import torch

from clearn.course.checks.exercise import Case, Exercise
from clearn.course.checks.targets.shared import is_changed, linear, network
from clearn.methods.momentum import update_average as follow


def both_networks(solution, args):
    """Watch a change of modules: what is in the average afterwards, and what has been done to the module."""
    average, module = (copy.deepcopy(network.module) for network in args[:2])
    average.requires_grad_(False)
    tensors = list(module.state_dict().values())
    before = [x.clone() for x in tensors]
    solution(average, module, *args[2:])
    after = {f"average's {name}": x.clone() for name, x in average.state_dict().items()}
    seen = {
        "module changed": is_changed(tensors, before),
        "module frozen": not all(p.requires_grad for p in module.parameters()),
        "gradient recorded": any(x.requires_grad for x in [*average.parameters(), *average.buffers()]),
    }
    for x in module.state_dict().values():
        x.add_(1)
    seen["memory shared"] = is_changed(average.state_dict().values(), after.values())
    return after | {what: torch.tensor(found) for what, found in seen.items()}


update_average = Exercise("update_average", lambda rng: [
    Case((linear([[1.0]]), linear([[5.0]]), 0.75)),
    Case((network(rng, 3, 2), network(rng, 3, 2), 0.9)),
    Case((network(rng, 4, 5, 2, batches=0), network(rng, 4, 5, 2, batches=7), 0.6)),
    Case((*(network(rng, 2, 3, 3, batches=batches, dtype=torch.float64) for batches in (2, 9)), 0.8)),
    Case((network(rng, 3, 4, 1, batches=0), network(rng, 3, 4, 1, batches=3), 0.0)),
], both_networks)  # fmt: skip


def keep(a, p):
    return a


def replace(a, p):
    return p


def towards(m):
    return lambda a, p: m * a + (1 - m) * p


def change(average, module, parameters, buffers=None, whole=replace):
    """Put parameters(a, p) in place of every parameter a, and likewise for floating buffers and for whole numbers."""
    fast, names = module.state_dict(), {name for name, _ in average.named_parameters()}
    for name, a in average.state_dict().items():
        rule = parameters if name in names else (buffers or parameters) if a.is_floating_point() else whole
        a.copy_(rule(a, fast[name]))


@update_average.reference
def _(average, module, momentum):
    follow(average, module, momentum)


@update_average.mistake("the wrong way round", "The old value counts m, and the new one 1 − m. A momentum near 1 is a "
                        "slow average.", "09, section 3")  # fmt: skip
def _(average, module, momentum):
    change(average, module, towards(1 - momentum))


@update_average.mistake("the wrong way round", "The old value counts m, and the new one 1 − m. (And the buffers are "
                        "missing, too.)", "09, section 3")  # fmt: skip
def _(average, module, momentum):
    change(average, module, towards(1 - momentum), keep, keep)


@update_average.mistake("buffers forgotten", "`parameters()` leaves out what batch norm has measured. Go through "
                        "`state_dict()`, or `buffers()` as well.", "09, section 3")  # fmt: skip
def _(average, module, momentum):
    change(average, module, towards(momentum), keep, keep)


@update_average.mistake("buffers copied", "Floating buffers move as slowly as the weights do: only whole numbers are "
                        "copied.", "09, section 3")  # fmt: skip
def _(average, module, momentum):
    change(average, module, towards(momentum), replace)


@update_average.mistake("whole numbers averaged", "A count of batches is no quantity to average: the result is no "
                        "whole number. Copy it.", "09, section 3")  # fmt: skip
def _(average, module, momentum):
    change(average, module, towards(momentum), whole=towards(momentum))


@update_average.mistake("whole numbers averaged", "A count of batches cannot be scaled in place, so it stops there. "
                        "Copy whole numbers.", "09, section 3")  # fmt: skip
def _(average, module, momentum):
    change(average, module, towards(momentum), whole=lambda a, p: a.mul_(momentum))


@update_average.mistake("whole numbers averaged", "A count of batches is no quantity to average: it has become a "
                        "fraction. Copy it.", "09, section 3")  # fmt: skip
def _(average, module, momentum):
    change(average, module, towards(momentum), whole=keep)
    for a, p in zip(average.buffers(), module.buffers(), strict=True):
        if not a.is_floating_point():
            a.data = momentum * a.data + (1 - momentum) * p.data


@update_average.mistake("whole numbers not copied", "The floating buffers move; the count of batches, an integer, "
                        "should be the module's.", "09, section 3")  # fmt: skip
def _(average, module, momentum):
    change(average, module, towards(momentum), whole=keep)


@update_average.mistake("nothing changes", "`a = m * a + …` gives a new tensor the name a, and the module never "
    "hears of it, nor of what you put into the dictionary of `state_dict()`. Change in place: `a.copy_(…)`.",
    "09, section 3")  # fmt: skip
def _(average, module, momentum):
    pass


@update_average.mistake("copied outright", "The average is now the module itself. Let it go a share of 1 − m of the "
                        "way.", "09, section 3")  # fmt: skip
def _(average, module, momentum):
    change(average, module, replace)


@update_average.mistake("weights do not sum to 1", "The old value must shrink to m a before (1 − m) p is added; else "
                        "the average grows without end.", "09, section 3")  # fmt: skip
def _(average, module, momentum):
    change(average, module, lambda a, p: a + (1 - momentum) * p)


@update_average.mistake("weights do not sum to 1", "The new value counts 1 − m, not 1; else the average grows without "
                        "end.", "09, section 3")  # fmt: skip
def _(average, module, momentum):
    change(average, module, lambda a, p: momentum * a + p)


@update_average.mistake("away from the module", "The step is (1 − m)(p − a): from the average to the module.",
                        "09, section 3")  # fmt: skip
def _(average, module, momentum):
    change(average, module, lambda a, p: a + (1 - momentum) * (a - p))


@update_average.mistake("the module follows the average", "It is the average that moves. The module is changed by its "
                        "optimiser only.", "09, section 3")  # fmt: skip
def _(average, module, momentum):
    follow(module, average, momentum)


@update_average.mistake("changes the module", "The average is right, but the module has been changed in place on the "
                        "way. Write `(1 - m) * p`, which makes a new tensor.", "09, section 3")  # fmt: skip
def _(average, module, momentum):
    follow(average, module, momentum)
    change(module, module, lambda a, p: (1 - momentum) * a)


@update_average.mistake("changes the module", "The average is right, but the module has been changed in place on the "
                        "way. Write `p - a`, which makes a new tensor.", "09, section 3")  # fmt: skip
def _(average, module, momentum):
    follow(average, module, momentum)
    change(module, module, lambda a, p: a + 1)


@update_average.mistake("freezes the module", "The values are right, but after this the module gets no gradient. Put "
                        "the change under `no_grad`.", "09, section 3")  # fmt: skip
def _(average, module, momentum):
    follow(average, module, momentum)
    module.requires_grad_(False)


@update_average.mistake("shares memory with the module", "The values are right, but something of the average *is* the "
                        "module's tensor, and will move with it. Copy: `a.copy_(p)`.", "09, section 3")  # fmt: skip
def _(average, module, momentum):
    follow(average, module, momentum)
    for slow, fast in zip(average.modules(), module.modules(), strict=True):
        slow._buffers.update({name: x for name, x in fast._buffers.items() if not x.is_floating_point()})


@update_average.mistake("gradient recorded", "The values are right, but autograd was watching: the average now hangs "
                        "on all steps so far. Put it under `torch.no_grad()`.", "09, section 3")  # fmt: skip
def _(average, module, momentum):
    change(average, module, keep, towards(momentum))
    for a, p in zip(average.parameters(), module.parameters(), strict=True):
        a.mul_(momentum).add_((1 - momentum) * p)
