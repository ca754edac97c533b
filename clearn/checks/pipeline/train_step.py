"""One step of training with two views."""

import copy
import functools

import torch
import torch.nn.functional as F

from clearn import models
from clearn.checks.exercise import Case, Changed, Exercise, NothingReturned, as_tensor, same
from clearn.checks.pipeline.shared import Log, Noted, drawn, drawn_once, encoder, remembered
from clearn.losses import nt_xent


class Setting:
    """All that a training step needs: an encoder, a head, an optimiser, a loss, and pairs of views for two steps."""

    def __init__(self, rng, n, shape=(1, 2, 3), dim=5, out=3, lr=0.1, momentum=0.0, loss=nt_xent):
        self.encoder = encoder(rng, torch.Size(shape), dim)
        with torch.random.fork_rng(devices=()):
            self.head = drawn(rng, Noted("a head", models.projection_head(dim, 2 * dim, out), dim=out))
        self.pairs = [[torch.rand(n, *shape, generator=rng) for _ in range(2)] for _ in range(2)]
        self.lr, self.momentum, self.loss = lr, momentum, loss

    def __repr__(self):
        views = f"views of shape {tuple(self.pairs[0][0].shape)}"
        return f"an encoder, a head, SGD{' with momentum' if self.momentum else ''}, {views} and {self.loss.__name__}"


def lopsided(z0, z1):
    """A loss that is another one where its arguments are exchanged or normalised."""
    return (z0 - 0.5 * z1 - 1).square().sum(1).mean()


lopsided.__name__ = "a loss that is not symmetric"


def played(solution, setting):
    """Two steps: what they return and leave, and notes on the way."""
    encoder, head = copy.deepcopy(setting.encoder), copy.deepcopy(setting.head)
    encoder.log, head.log, compared, backward, stepped = Log(), Log(), [], [], []
    parameters = [*encoder.parameters(), *head.parameters()]
    optimizer = torch.optim.SGD(parameters, setting.lr, setting.momentum)
    optimizer.register_step_post_hook(lambda *_: stepped.append(1))

    def loss(z0, z1):
        compared.append((z0, z1))
        value = setting.loss(z0, z1)
        if value.requires_grad:
            value.register_hook(lambda slope: backward.append(1))
        return value

    returned = []
    for pair in setting.pairs:
        views = [view.clone() for view in pair]
        returned.append(solution(encoder, head, optimizer, *views, loss))
        if not all(map(torch.equal, views, pair)):
            raise Changed
    before = [*setting.encoder.parameters(), *setting.head.parameters()]
    left = {"changed": not all(map(torch.equal, parameters, before)), "encoder": encoder.log, "head": head.log,
            "compared": compared, "backward": len(backward), "steps": len(stepped), "returned": returned}  # fmt: skip
    numbers = {"losses": [torch.zeros(()) if value is None else as_tensor(value).float() for value in returned],
               "the encoder afterwards": parameters[: len(list(encoder.parameters()))],
               "the head afterwards": list(head.parameters()),
               "running averages": [*encoder.buffers(), *head.buffers()]}  # fmt: skip
    return {what: torch.cat([x.detach().flatten().float() for x in xs]) for what, xs in numbers.items()}, left


@functools.lru_cache(64)
def asked_for(setting):
    return played(train_step.right, setting)[0]


def observe_step(solution, args):
    """Two steps, one thing at a time: all is right but for the first fault that is found."""
    (setting,) = args
    numbers, left = played(solution, setting)
    flags = ("in training mode", "both views in one pass", "loss of projections", "both views with gradient",
             "steps of the optimiser", "a number")  # fmt: skip
    wanted = asked_for(setting)
    right = {flag: torch.tensor(1) for flag in flags} | wanted
    flag = first_fault(left, setting)
    if flag:
        return right | {flag[0]: torch.tensor(flag[1])}
    if not all(same(numbers[what], wanted[what]) for what in wanted):
        return right | numbers
    if any(isinstance(value, torch.Tensor) and value.requires_grad for value in left["returned"]):
        return right | {"a number": torch.tensor(0)}
    return right


def first_fault(left, setting):
    """(flag, what it is in place of 1), or None."""
    nothing = all(value is None for value in left["returned"])
    if nothing and not left["changed"] and not left["encoder"]:
        raise NothingReturned("it returned nothing")
    n, out = len(setting.pairs[0][0]), setting.head.dim
    if not all(training for log in ("encoder", "head") for *_, training, _ in left[log]):
        return "in training mode", 0
    if any(rows <= n and not gradients for rows, *_, gradients in left["encoder"]):  # a pass of its own
        return "both views with gradient", 0
    for code, log in enumerate(("encoder", "head")):
        if left[log] and max(rows for rows, *_ in left[log]) <= n:
            return "both views in one pass", -code
    if any(z.shape[-1] != out for pair in left["compared"] for z in pair):
        return "loss of projections", 0
    if any(z0.requires_grad != z1.requires_grad for z0, z1 in left["compared"]):
        return "both views with gradient", 0
    if left["changed"] and not left["steps"]:
        return "steps of the optimiser", -1
    if not left["changed"]:
        codes = {(False, False): -2, (False, True): -2, (True, True): -3}  # (backward, step): who has forgotten what
        return "steps of the optimiser", codes.get((bool(left["backward"]), bool(left["steps"])), 0)
    if nothing:
        return "a number", -1
    return None


train_step = Exercise("train_step", drawn_once(lambda rng: [
    Case((Setting(rng, 3),)),
    Case((Setting(rng, 6, shape=(3, 2, 2), dim=7, out=4, momentum=0.9, lr=0.05),)),
    Case((Setting(rng, 8, dim=4, out=6),)),
    Case((Setting(rng, 5, lr=0.02, loss=lopsided),)),
]), remembered(observe_step))  # fmt: skip


def step(encoder, head, optimizer, view0, view1, loss):
    z0, z1 = head(encoder(torch.cat([view0, view1]))).chunk(2)
    return finish(optimizer, loss(z0, z1))


def finish(optimizer, value):
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.item()


@train_step.reference
def _(encoder, head, optimizer, view0, view1, loss):
    return step(encoder, head, optimizer, view0, view1, loss)


@train_step.mistake("gradients not cleared", "`backward` adds to what is there. Without `zero_grad` the gradients of "
                    "all steps so far go on pushing.", "07, section 8")  # fmt: skip
def _(encoder, head, optimizer, view0, view1, loss):
    value = loss(*head(encoder(torch.cat([view0, view1]))).chunk(2))
    value.backward()
    optimizer.step()
    return value.item()


for part in (0, 1):

    @train_step.mistake("gradients of one part not cleared", "Encoder and head have gradients, and `backward` adds to "
                        "both. `optimizer.zero_grad()` clears all that it moves.", "07, section 8")  # fmt: skip
    def _(encoder, head, optimizer, view0, view1, loss, part=part):
        (encoder, head)[part].zero_grad()
        value = loss(*head(encoder(torch.cat([view0, view1]))).chunk(2))
        value.backward()
        optimizer.step()
        return value.item()


@train_step.mistake("no step", "The gradients are there, and nobody follows them: `optimizer.step()` is missing.",
                    "07, section 2")  # fmt: skip
def _(encoder, head, optimizer, view0, view1, loss):
    value = loss(*head(encoder(torch.cat([view0, view1]))).chunk(2))
    optimizer.zero_grad()
    value.backward()
    return value.item()


@train_step.mistake("no backward", "Without `backward` there are no gradients, and the optimiser has nothing to "
                    "follow.", "07, section 2")  # fmt: skip
def _(encoder, head, optimizer, view0, view1, loss):
    value = loss(*head(encoder(torch.cat([view0, view1]))).chunk(2))
    optimizer.zero_grad()
    optimizer.step()
    return value.item()


@train_step.mistake("cleared before the step", "Between `backward` and `step` the gradients are needed. Clear them "
                    "before `backward`.", "07, section 2")  # fmt: skip
def _(encoder, head, optimizer, view0, view1, loss):
    value = loss(*head(encoder(torch.cat([view0, view1]))).chunk(2))
    value.backward()
    optimizer.zero_grad()
    optimizer.step()
    return value.item()


@train_step.mistake("own update in place of the optimiser's", "SGD alone may do so; momentum, Adam and weight decay "
                    "live in `optimizer.step()`.", "07, section 3")  # fmt: skip
def _(encoder, head, optimizer, view0, view1, loss):
    value = loss(*head(encoder(torch.cat([view0, view1]))).chunk(2))
    parameters = [*encoder.parameters(), *head.parameters()]
    with torch.no_grad():
        for p, slope in zip(parameters, torch.autograd.grad(value, parameters), strict=True):
            p -= 0.1 * slope
    return value.item()


@train_step.mistake("evaluation mode", "Batch norm then uses running averages that belong to no batch at hand. Train "
                    "in training mode.", "07, section 8")  # fmt: skip
def _(encoder, head, optimizer, view0, view1, loss):
    return step(encoder.eval(), head.eval(), optimizer, view0, view1, loss)


@train_step.mistake("two passes", "Then batch norm measures each view by a yardstick of its own. Put both into one "
                    "batch, `torch.cat([view0, view1])`.", "07, section 4")  # fmt: skip
def _(encoder, head, optimizer, view0, view1, loss):
    return finish(optimizer, loss(head(encoder(view0)), head(encoder(view1))))


@train_step.mistake("one view detached", "Each view is the other's partner, and the encoder learns from both. "
                    "Stopping the gradient of one is another method.", "08, section 1")  # fmt: skip
def _(encoder, head, optimizer, view0, view1, loss):
    z0, z1 = head(encoder(torch.cat([view0, view1]))).chunk(2)
    return finish(optimizer, loss(z0, z1.detach()))


for side in (0, 1):

    @train_step.mistake("one view detached", "The features of one view are cut off, so the encoder learns from the "
                        "other one only.", "08, section 1")  # fmt: skip
    def _(encoder, head, optimizer, view0, view1, loss, side=side):
        h = list(encoder(torch.cat([view0, view1])).chunk(2))
        h[side] = h[side].detach()
        return finish(optimizer, loss(*head(torch.cat(h)).chunk(2)))


@train_step.mistake("encoder cut off", "The features are detached before the head, so only the head learns; and it is "
                    "the encoder that you keep.", "07, section 2")  # fmt: skip
def _(encoder, head, optimizer, view0, view1, loss):
    return finish(optimizer, loss(*head(encoder(torch.cat([view0, view1])).detach()).chunk(2)))


@train_step.mistake("loss of the features", "The loss compares the projections z = g(h). Without the head in between, "
                    "h itself has to do the forgetting.", "07, section 7")  # fmt: skip
def _(encoder, head, optimizer, view0, view1, loss):
    return finish(optimizer, loss(*encoder(torch.cat([view0, view1])).chunk(2)))


@train_step.mistake("partners mixed up", "`cat` puts all first views on top of all second ones: the partner of row i "
                    "stands N places further, and not in the next row.", "08, section 1")  # fmt: skip
def _(encoder, head, optimizer, view0, view1, loss):
    z = head(encoder(torch.cat([view0, view1])))
    return finish(optimizer, loss(z[0::2], z[1::2]))


@train_step.mistake("partners mixed up", "With both views of a picture side by side in the batch, its halves are no "
                    "longer the two views.", "08, section 1")  # fmt: skip
def _(encoder, head, optimizer, view0, view1, loss):
    z = head(encoder(torch.stack([view0, view1], dim=1).flatten(0, 1)))
    return finish(optimizer, loss(*z.chunk(2)))


for side in (0, 1):

    @train_step.mistake("one view against itself", "The loss gets the same projections twice, and partners agree from "
                        "the start.", "06, section 7")  # fmt: skip
    def _(encoder, head, optimizer, view0, view1, loss, side=side):
        z = head(encoder(torch.cat([view0, view1]))).chunk(2)[side]
        return finish(optimizer, loss(z, z))

    @train_step.mistake("one view against itself", "The same view stands in the batch twice, and partners agree from "
                        "the start.", "06, section 7")  # fmt: skip
    def _(encoder, head, optimizer, view0, view1, loss, side=side):
        view = (view0, view1)[side]
        return step(encoder, head, optimizer, view, view, loss)


@train_step.mistake("views exchanged", "`loss(z0, z1)`, in this order: not every loss treats both alike.",
                    "07, section 1")  # fmt: skip
def _(encoder, head, optimizer, view0, view1, loss):
    return step(encoder, head, optimizer, view0, view1, lambda z0, z1: loss(z1, z0))


@train_step.mistake("projections normalised", "NT-Xent does that itself, and another loss may need the lengths. Hand "
                    "z on as it is.", "07, section 1")  # fmt: skip
def _(encoder, head, optimizer, view0, view1, loss):
    return step(encoder, head, optimizer, view0, view1, lambda z0, z1: loss(F.normalize(z0), F.normalize(z1)))


@train_step.mistake("two steps in one", "One call is one step: one `backward`, one `optimizer.step()`.",
                    "07, section 2")  # fmt: skip
def _(encoder, head, optimizer, view0, view1, loss):
    step(encoder, head, optimizer, view0, view1, loss)
    return step(encoder, head, optimizer, view0, view1, loss)


@train_step.mistake("two steps in one", "One call is one step: one `backward`, one `optimizer.step()`.",
                    "07, section 2")  # fmt: skip
def _(encoder, head, optimizer, view0, view1, loss):
    value = step(encoder, head, optimizer, view0, view1, loss)
    step(encoder, head, optimizer, view0, view1, loss)
    return value


@train_step.mistake("loss after the step", "Asked for is the loss that the step was made from. Another pass also "
                    "moves the running averages.", "07, section 2")  # fmt: skip
def _(encoder, head, optimizer, view0, view1, loss):
    step(encoder, head, optimizer, view0, view1, loss)
    with torch.no_grad():
        return loss(*head(encoder(torch.cat([view0, view1]))).chunk(2)).item()


@train_step.mistake("loss still attached", "Who keeps such losses in a list keeps the graph of every step. Return "
                    "`value.item()` or `value.detach()`.", "07, section 3")  # fmt: skip
def _(encoder, head, optimizer, view0, view1, loss):
    value = loss(*head(encoder(torch.cat([view0, view1]))).chunk(2))
    finish(optimizer, value)
    return value


@train_step.mistake("nothing returned", "The step is made, but the caller wants to see the loss: `return "
                    "value.item()`.", "07, section 3")  # fmt: skip
def _(encoder, head, optimizer, view0, view1, loss):
    step(encoder, head, optimizer, view0, view1, loss)


@train_step.mistake("loss divided by the batch", "The loss is a mean already.", "07, section 1")
def _(encoder, head, optimizer, view0, view1, loss):
    return step(encoder, head, optimizer, view0, view1, loss) / len(view0)


@train_step.mistake("the head in two passes", "The encoder sees both views in one batch, but the head has a batch "
    "norm, too. Cut in two behind the head.", "07, section 4")  # fmt: skip
def _(encoder, head, optimizer, view0, view1, loss):
    h0, h1 = encoder(torch.cat([view0, view1])).chunk(2)
    return finish(optimizer, loss(head(h0), head(h1)))
