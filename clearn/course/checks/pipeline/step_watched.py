"""What can be seen of a training step: what it returns, what it leaves, and how it came about."""

import copy
import functools

import torch

from clearn import models
from clearn.course.checks.exercise import Changed, NothingReturned, as_tensor, same
from clearn.course.checks.pipeline.shared import Log, Noted, drawn, encoder
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


def watched(right_step):
    """How to watch two steps, one thing at a time: all is as with `right_step` but for the first fault that is found."""
    asked_for = functools.lru_cache(64)(lambda setting: played(right_step, setting)[0])

    def observe_step(solution, args):
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

    return observe_step
