"""BYOL and SimSiam against their equations, what each part does, and what becomes of them without it."""

import pytest
import torch
from torch import nn
from torch.nn.functional import cosine_similarity

from clearn.evaluation import feature_std
from clearn.losses import negative_cosine
from clearn.methods import BYOL, SimSiam
from clearn.methods.base import Method
from clearn.models import tiny_encoder
from clearn.training import pretrain
from clearn.training.optimizer import adamw


def views(n=8, seed=0):
    return torch.rand(2, n, 3, 28, 28, generator=torch.Generator().manual_seed(seed))


def make(kind, **options):
    torch.manual_seed(0)
    return kind(tiny_encoder(3), hidden=32, out=16, **options)


def test_byol_is_its_equation():
    method = make(BYOL).eval()
    with torch.no_grad():
        for p in method.target.parameters():
            p.mul_(1.1)
    view0, view1 = views()
    p0, p1 = (method.predictor(method.projector(method.encoder(v))) for v in (view0, view1))
    t0, t1 = method.target(view0), method.target(view1)
    squared = [(p / p.norm(dim=1, keepdim=True) - t / t.norm(dim=1, keepdim=True)).square().sum(1).mean()
               for p, t in ((p0, t1), (p1, t0))]  # fmt: skip
    assert method(view0, view1).item() == pytest.approx(sum(squared).item(), abs=1e-5)


def test_simsiam_is_its_algorithm():
    method = make(SimSiam).eval()
    z0, z1 = (method.projector(method.encoder(v)) for v in views())
    expected = -(cosine_similarity(method.predictor(z0), z1) + cosine_similarity(method.predictor(z1), z0)).mean() / 2
    assert method(*views()).item() == pytest.approx(expected.item(), abs=1e-5)


@pytest.mark.parametrize("kind", [BYOL, SimSiam])
def test_swapping_the_views_changes_nothing(kind):
    method = make(kind)
    assert method(*views()).item() == pytest.approx(method(*views().flip(0)).item(), abs=1e-5)


@pytest.mark.parametrize("kind, options", [(BYOL, {}), (BYOL, {"moving_average": False}), (SimSiam, {})])
def test_each_view_has_batch_statistics_of_its_own(kind, options):
    method, sizes = make(kind, **options), []
    method.encoder.register_forward_hook(lambda _m, inputs, _o: sizes.append(len(inputs[0])))
    method(*views())
    assert set(sizes) == {8}


def test_gradient_goes_through_the_prediction_only():
    """With the targets held as constants the gradient is the same; without stop-gradient it is another one."""
    gradients = {}
    for stop in (True, False):
        method = make(SimSiam, stop_gradient=stop)
        method(*views()).backward()
        gradients[stop] = method.encoder[0].weight.grad.clone()
    method = make(SimSiam)
    with torch.no_grad():
        targets = [method.projector(method.encoder(v)) for v in views()]
    p0, p1 = (method.predictor(method.projector(method.encoder(v))) for v in views())
    (negative_cosine(p0, targets[1]) / 2 + negative_cosine(p1, targets[0]) / 2).backward()
    torch.testing.assert_close(method.encoder[0].weight.grad, gradients[True])
    assert cosine_similarity(gradients[True].flatten(), gradients[False].flatten(), dim=0) < 0.99


def test_byols_target_is_not_trained_but_follows():
    method = make(BYOL, momentum=0.5)
    method(*views()).backward()
    assert all(p.grad is None and not p.requires_grad for p in method.target.parameters())
    trained = {id(p) for group in adamw(method, 0.1, 0.1).param_groups for p in group["params"]}
    online = [*method.encoder.parameters(), *method.projector.parameters(), *method.predictor.parameters()]
    assert trained == {id(p) for p in online} and all(p.grad.abs().sum() > 0 for p in online)
    with torch.no_grad():
        method.encoder[0].weight.add_(1)
    method.after_step(0, 100)
    torch.testing.assert_close(method.target[0][0].weight, method.encoder[0].weight - 0.5)
    method.after_step(100, 100)  # at the end of the schedule it stands still
    torch.testing.assert_close(method.target[0][0].weight, method.encoder[0].weight - 0.5)


def test_byol_without_stop_gradient_trains_its_target():
    method = make(BYOL, stop_gradient=False)
    method(*views()).backward()
    assert all(p.grad is not None for p in method.target.parameters())
    shared = make(BYOL, stop_gradient=False, moving_average=False)
    shared(*views()).backward()
    stopped = make(BYOL, moving_average=False)
    stopped(*views()).backward()
    assert not hasattr(shared, "target")
    assert cosine_similarity(*(m.encoder[0].weight.grad.flatten() for m in (shared, stopped)), dim=0) < 0.99
    shared.after_step(0, 10)


@pytest.mark.parametrize("kind", [BYOL, SimSiam])
def test_the_predictor_keeps_its_learning_rate(kind, monkeypatch):
    seen, draw = [], torch.optim.AdamW.step
    monkeypatch.setattr(
        torch.optim.AdamW, "step", lambda self: (seen.append([dict(g) for g in self.param_groups]), draw(self))
    )
    method = make(kind)
    history = pretrain(
        method, views(32)[0], lambda x: (x, x.flip(3)), steps=5, batch_size=16, lr=0.01, device="cpu", show=False
    )
    predictor = {id(p) for p in method.predictor.parameters()}
    for groups, rate in zip(seen, history.learning_rates, strict=True):
        for group in groups:
            mine = {id(p) in predictor for p in group["params"]}
            assert len(mine) == 1 and group["lr"] == (0.01 if mine.pop() else rate)
    assert min(history.learning_rates) < 0.01


def test_byol_without_average_is_simsiam():
    """Up to the scale of the loss: 2 − 2cos, twice, against −cos/2, twice."""
    byol, simsiam = make(BYOL, moving_average=False), make(SimSiam, bottleneck=32)
    assert byol(*views()).item() == pytest.approx(4 + 4 * simsiam(*views()).item(), abs=1e-5)


@pytest.mark.parametrize("kind", [BYOL, SimSiam])
def test_without_predictor_the_projection_is_the_prediction(kind):
    method = make(kind, predictor=False)
    assert isinstance(method.predictor, nn.Identity) and torch.isfinite(method(*views()))
    same = views()[0]
    method.eval()
    assert method(same, same).item() == pytest.approx({BYOL: 0, SimSiam: -1}[kind], abs=1e-5)


def test_momentum_is_checked():
    with pytest.raises(ValueError, match="momentum must be"):
        make(BYOL, momentum=1.5)


@pytest.mark.parametrize("kind", [BYOL, SimSiam])
def test_repr_tells_the_ablations_apart(kind):
    """A checkpoint of one must not be taken for one of the other."""
    options = ["predictor", "stop_gradient"] + ["moving_average"] * (kind is BYOL)
    texts = {repr(make(kind))} | {repr(make(kind, **{option: False})) for option in options}
    assert len(texts) == 1 + len(options)


class Points(Method):
    """A small network on 8×8 noise: collapse shows within seconds."""

    dim = 16

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 16))

    def forward(self, x):
        return self.layers(x)


def two_noisy(batch):
    """So much noise that views are hard to align, but for a constant."""
    return batch + torch.randn_like(batch), batch + torch.randn_like(batch)


@pytest.mark.long
@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("kind, options", [(SimSiam, {}), (BYOL, {"moving_average": False})])
def test_stop_gradient_is_what_prevents_collapse(kind, options, seed):
    """With it the spread of the projections stays; without it the loss reaches its end and the spread goes to 0."""
    images, spread, loss = torch.rand(256, 1, 8, 8, generator=torch.Generator().manual_seed(9)), {}, {}
    for stop in (True, False):
        torch.manual_seed(seed)
        method = kind(Points(), hidden=32, out=16, stop_gradient=stop, **options)
        loss[stop] = pretrain(
            method, images, two_noisy, steps=200, batch_size=64, seed=seed, lr=0.02, show=False
        ).losses
        with torch.no_grad():
            spread[stop] = feature_std(method.projector(method.encoder(images))) * 16**0.5
    assert spread[False] < 0.1 < 0.4 < spread[True]
    assert loss[False][-1] == pytest.approx({SimSiam: -1, BYOL: 0}[kind], abs=0.02)


def test_without_a_schedule_the_average_keeps_its_momentum():
    for schedule in (True, False):
        torch.manual_seed(0)
        method = BYOL(tiny_encoder(1), momentum=0.9, schedule=schedule)
        with torch.no_grad():
            for parameter in method.online.parameters():
                parameter.add_(1.0)
        before = next(method.target.parameters()).clone()
        method.after_step(10, 10)  # at the end: the schedule is at 1
        moved = next(method.target.parameters()) - before
        torch.testing.assert_close(moved, torch.full_like(moved, 0.0 if schedule else 0.1))
