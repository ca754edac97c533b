"""A step of MoCo, from the views to the queue."""

import copy
from dataclasses import dataclass
from types import SimpleNamespace

import torch

from clearn.course.checks.exercise import Case, Changed, Exercise, as_tensor
from clearn.course.checks.targets.shared import Network, double, is_changed, joined, normal64
from clearn.losses import info_nce
from clearn.methods.momentum import update_average as follow
from clearn.similarity import unit


@dataclass(frozen=True)
class Training:
    """Some steps of MoCo: two networks, views (steps, 2, N, C), a queue, and the settings."""

    f_q: Network
    f_k: Network
    views: torch.Tensor
    queue: torch.Tensor
    momentum: float
    temperature: float

    def __str__(self):
        steps, _, n, _ = self.views.shape
        return f"{steps} steps of {n} pictures with a queue of {len(self.queue)}"


def after_each_step(solution, args):
    """Watch a step as it is repeated: after each the queue, the query network and the key network."""
    run, queue, seen = args[0], args[0].queue.clone(), {}
    f_q, f_k = copy.deepcopy(run.f_q.module), copy.deepcopy(run.f_k.module).requires_grad_(False)
    optimizer = torch.optim.SGD(f_q.parameters(), lr=0.5)
    for step, views in enumerate(run.views, 1):
        given = *views.clone(), queue
        before = [x.detach().clone() for x in given]
        found = solution(f_q, f_k, *given, optimizer, run.momentum, run.temperature)
        if is_changed(given, before):
            raise Changed
        queue = queue if found is None else as_tensor(found)
        seen[f"queue after step {step}"] = torch.zeros(0) if found is None else queue
        for name, module in (("f_q", f_q), ("f_k", f_k)):
            seen |= {f"{name}'s {key} after step {step}": x.clone() for key, x in module.state_dict().items()}
    return seen


moco_step = Exercise("moco_step", lambda rng: [  # in float64, for several steps magnify what is rounded in one
    Case((Training(double(rng, 2, 2), double(rng, 2, 2), normal64(rng, 2, 2, 2, 2), normal64(rng, 5, 2), 0.75, 0.5),)),
    Case((Training(double(rng, 3, 4), double(rng, 3, 4), normal64(rng, 2, 2, 4, 3), normal64(rng, 9, 4), 0.6, 0.3),)),
    Case((Training(double(rng, 2, 4, 3), double(rng, 2, 4, 3), normal64(rng, 3, 2, 3, 2), normal64(rng, 8, 3),
                   0.9, 0.4),)),
], after_each_step)  # fmt: skip


def push(queue, keys):
    return joined(queue, keys)[-len(queue) :]


def learn(n):
    n.optimizer.zero_grad()
    info_nce(n.q, n.k, n.queue, n.temperature).backward()
    n.optimizer.step()


def move(n):
    follow(n.f_k, n.f_q, n.momentum)


def nothing(n):
    pass


PARTS = {
    "keys": lambda n: n.f_k(n.x_k).detach(),
    "queries": lambda n: n.f_q(n.x_q),
    "learn": learn,
    "average": move,
    "queue": lambda n: push(n.queue, n.k),
}


def step(**other):
    """The program whose parts are `PARTS`, but for some others; each part is a function of all that the step has, `n`."""
    parts = PARTS | other

    def program(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
        n = SimpleNamespace(f_q=f_q, f_k=f_k, x_q=x_q, x_k=x_k, queue=queue, optimizer=optimizer, momentum=momentum,
                            temperature=temperature)  # fmt: skip
        n.k, n.q = parts["keys"](n), parts["queries"](n)
        parts["learn"](n)
        parts["average"](n)
        return parts["queue"](n)

    return program


def fill_first(n):
    n.queue = push(n.queue, n.k)
    learn(n)


def move_first(n):
    move(n)
    learn(n)


def move_then_ask(n):
    move(n)
    return n.f_k(n.x_k).detach()


def learn_without_zero_grad(n):
    info_nce(n.q, n.k, n.queue, n.temperature).backward()
    n.optimizer.step()


def learn_from_the_batch(n):
    n.optimizer.zero_grad()
    info_nce(n.q, n.k, temperature=n.temperature).backward()
    n.optimizer.step()


moco_step.reference(step())
moco_step.mistake("queue filled before the loss", "Then each query meets its own key among the negatives: a push where "
    "there should be a pull.", "09, section 8",
    step(learn=fill_first, queue=lambda n: n.queue))  # fmt: skip
moco_step.mistake("average before the optimiser's step", "It follows weights that are one step old. First the "
    "optimiser, then the average.", "09, section 8",
    step(learn=move_first, average=nothing))  # fmt: skip
moco_step.mistake("average before the optimiser's step", "You move the key network first and ask it then. Ask it for "
    "the keys, let the optimiser make its step, and then move it.", "09, section 8",
    step(keys=move_then_ask, average=nothing))  # fmt: skip
moco_step.mistake("average forgotten", "The key network stays as it was born. Move it after the optimiser's step.",
    "09, section 4", step(average=nothing))  # fmt: skip
moco_step.mistake("average the wrong way round", "The key network keeps m of itself, and takes 1 − m of the query "
    "network.", "09, section 3",
    step(average=lambda n: follow(n.f_k, n.f_q, 1 - n.momentum)))  # fmt: skip
moco_step.mistake("the query network follows the key network", "It is the key network that moves: it is the average, "
    "and f_q the module.", "09, section 3",
    step(average=lambda n: follow(n.f_q, n.f_k, n.momentum)))  # fmt: skip
moco_step.mistake("queue forgotten", "The keys of this step have not come in: the queue that you return is the old "
    "one.", "09, section 4",
    step(queue=lambda n: n.queue))  # fmt: skip
moco_step.mistake("queue not returned", "The new queue is a new tensor: if you do not return it, the caller goes on "
    "with the old one.", "09, section 4",
    step(queue=nothing))  # fmt: skip
moco_step.mistake("queries into the queue", "The queue holds keys, made by the slow network, so that they stay "
    "comparable.", "09, section 4",
    step(queue=lambda n: push(n.queue, n.q)))  # fmt: skip
moco_step.mistake("keys made anew after the step", "Put in the keys that the loss has seen. To make them a second "
    "time is another forward pass, with another network.", "09, section 4",
    step(queue=lambda n: push(n.queue, n.f_k(n.x_k))))  # fmt: skip
moco_step.mistake("keys by the query network", "The keys are the slow network's, else they grow stale in the queue "
    "within a few steps.", "09, section 5",
    step(keys=lambda n: n.f_q(n.x_k).detach()))  # fmt: skip
moco_step.mistake("keys by the query network", "Here the loss trains the keys as well, by the query network. They are "
    "made by the slow one, without gradient.", "09, section 4",
    step(keys=lambda n: n.f_q(n.x_k)))  # fmt: skip
moco_step.mistake("zero_grad forgotten", "The first step is right; from the second on the old gradients push along.",
    "07, section 8", step(learn=learn_without_zero_grad))  # fmt: skip
moco_step.mistake("nothing is learned", "The query network has not moved: it takes `backward()` and then `step()`, "
    "with no `zero_grad()` between them.", "09, section 4",
    step(learn=nothing))  # fmt: skip
moco_step.mistake("views exchanged", "x_q goes through the query network, and x_k through the key network.",
    "09, section 4",
    step(keys=lambda n: n.f_k(n.x_q).detach(), queries=lambda n: n.f_q(n.x_k)))  # fmt: skip
moco_step.mistake("one view for both", "Query and key come from two views of the picture: with one there is nothing "
    "to recognise.", "09, section 4",
    step(keys=lambda n: n.f_k(n.x_q).detach()))  # fmt: skip
moco_step.mistake("negatives from the batch", "The queue is filled and never asked. The negatives are the queue, as "
    "it was before this step.", "09, section 4",
    step(learn=learn_from_the_batch))  # fmt: skip
moco_step.mistake("queue and keys exchanged", "You put the queue into the keys: `enqueue(queue, keys)` keeps as many "
    "rows as its first argument has.", "09, section 2",
    step(queue=lambda n: push(n.k, n.queue)))  # fmt: skip
moco_step.mistake("keys normalised on their way in", "The keys enter the queue as they are; the loss normalises.",
    "09, section 2", step(queue=lambda n: push(n.queue, unit(n.k))))  # fmt: skip
