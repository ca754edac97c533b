"""SimCLR is its algorithm box: checked against the steps written out."""

import pytest
import torch

from clearn import losses
from clearn.datasets import load
from clearn.methods import SimCLR, Supervised
from clearn.models import tiny_encoder
from clearn.training import pretrain


def views(n=6, seed=0):
    return torch.rand(2, n, 3, 32, 32, generator=torch.Generator().manual_seed(seed))


def test_simclr_is_encoder_head_nt_xent():
    method = SimCLR(
        tiny_encoder(3), temperature=0.3
    ).eval()  # no batch statistics: views may then be encoded one by one
    view0, view1 = views()
    z0, z1 = (torch.cat([method.head(method.encoder(x[None])) for x in view]) for view in (view0, view1))
    expected = 0.0
    z = torch.nn.functional.normalize(torch.cat([z0, z1]))
    for i in range(12):
        others = [k for k in range(12) if k != i]
        expected -= (
            torch.log_softmax(torch.stack([z[i] @ z[k] / 0.3 for k in others]), 0)[others.index((i + 6) % 12)] / 12
        )
    assert method(view0, view1).item() == pytest.approx(expected.item(), abs=1e-5)


def test_simclr_batch_norm_sees_both_views_at_once():
    """One pass over 2N views: an encoder called twice would normalise each view by itself, and leak which is which."""
    method = SimCLR(tiny_encoder(3))
    sizes = []
    method.encoder.register_forward_hook(lambda _m, inputs, _o: sizes.append(len(inputs[0])))
    method(*views())
    assert sizes == [12]


def test_simclr_gradient_reaches_every_parameter():
    method = SimCLR(tiny_encoder(3))
    method(*views()).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in method.parameters())
    assert sum(p.grad.abs().sum() > 0 for p in method.parameters()) == len(list(method.parameters()))


def test_simclr_swapping_views_changes_nothing_shuffling_one_does():
    method = SimCLR(tiny_encoder(3)).eval()
    view0, view1 = views()
    loss = method(view0, view1)
    assert method(view1, view0).item() == pytest.approx(loss.item(), abs=1e-5)
    assert abs(method(view0, view1.roll(1, 0)).item() - loss.item()) > 1e-6


def test_collapsed_simclr_has_the_loss_of_chance():
    method = SimCLR(tiny_encoder(3)).eval()
    torch.nn.init.zeros_(method.head[-1].weight)
    torch.nn.init.ones_(method.head[-1].bias)
    assert method(*views()).item() == pytest.approx(torch.tensor(11.0).log().item(), abs=1e-5)


def test_embed_gives_features_not_projections():
    method = SimCLR(tiny_encoder(3), out=64)
    assert method.embed(views()[0]).shape == (6, 128)


@pytest.mark.parametrize("temperature, error", [(0, ValueError), (-1.0, ValueError), ("hot", TypeError)])
def test_bad_temperature_is_refused_when_the_method_is_made(temperature, error):
    with pytest.raises(error, match="temperature must be"):
        SimCLR(tiny_encoder(3), temperature=temperature)


def test_repr_names_the_temperature():
    assert "temperature=0.2" in repr(SimCLR(tiny_encoder(3)))
    assert losses.nt_xent is SimCLR.forward.__globals__["nt_xent"]


@pytest.mark.long
def test_supervised_network_learns_labels_in_the_same_loop():
    train = load("fashion")[:500]
    network = Supervised(tiny_encoder(1), classes=10)
    before = network.accuracy(train.images, train.labels)
    pretrain(network, train, lambda batch: (batch.images / 255, batch.labels), steps=60, batch_size=100, show=False)
    after = network.accuracy(train.images, train.labels)
    logits = network.classifier(network.embed(train.images))
    assert after == pytest.approx((logits.argmax(1) == train.labels).double().mean().item())
    assert before < 0.3 and after > 0.6
