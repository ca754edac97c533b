"""One step of training with two views."""

import torch
import torch.nn.functional as F

from clearn.course.checks.exercise import Case, Exercise
from clearn.course.checks.pipeline.shared import drawn_once, remembered
from clearn.course.checks.pipeline.step_watched import Setting, lopsided, watched


def step(encoder, head, optimizer, view0, view1, loss):
    z0, z1 = head(encoder(torch.cat([view0, view1]))).chunk(2)
    return finish(optimizer, loss(z0, z1))


def finish(optimizer, value):
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.item()


train_step = Exercise("train_step", drawn_once(lambda rng: [
    Case((Setting(rng, 3),)),
    Case((Setting(rng, 6, shape=(3, 2, 2), dim=7, out=4, momentum=0.9, lr=0.05),)),
    Case((Setting(rng, 8, dim=4, out=6),)),
    Case((Setting(rng, 5, lr=0.02, loss=lopsided),)),
]), remembered(watched(step)))  # fmt: skip


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
