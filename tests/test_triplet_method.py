"""The triplet network is encoder, unit sphere, miner, loss; and a batch that holds no triplet does no harm."""

from functools import partial

import pytest
import torch

from clearn.datasets import load
from clearn.methods import Triplet
from clearn.mining import hard_triplets, random_triplets, semi_hard_triplets
from clearn.models import tiny_encoder
from clearn.training import pretrain


def images(n=12, seed=0):
    return torch.rand(n, 1, 28, 28, generator=torch.Generator().manual_seed(seed)), torch.arange(n) % 3


@pytest.mark.parametrize("normalise", [True, False])
def test_loss_is_that_of_the_hardest_triplets_written_out(normalise):
    method = Triplet(tiny_encoder(1), hard_triplets, margin=0.3, normalise=normalise).eval()
    x, y = images()
    z = torch.cat([method.encoder(image[None]) for image in x]).detach().double()
    z = z / z.norm(dim=1, keepdim=True) if normalise else z
    expected = 0.0
    for i in range(12):
        same = max((z[i] - z[j]).norm().item() for j in range(12) if j != i and y[j] == y[i])
        other = min((z[i] - z[k]).norm().item() for k in range(12) if y[k] != y[i])
        expected += max(0.0, same - other + 0.3) / 12
    assert method(x, y).item() == pytest.approx(expected, abs=1e-5)


def test_the_miner_sees_embeddings_without_a_gradient_and_labels():
    seen = []

    def mine(z, labels):
        seen.append((z, labels))
        return hard_triplets(z, labels)

    x, y = images()
    Triplet(tiny_encoder(1), mine)(x, y)
    z, labels = seen[0]
    assert not z.requires_grad and labels is y
    torch.testing.assert_close(z.norm(dim=1), torch.ones(12))


def test_no_triplet_gives_a_zero_loss_that_goes_backward():
    method = Triplet(tiny_encoder(1), lambda z, labels: (torch.zeros(0, dtype=torch.int64),) * 3)
    loss = method(*images())
    loss.backward()
    assert loss.item() == 0 and loss.ndim == 0
    assert all(p.grad is not None and not p.grad.any() for p in method.encoder.parameters())


@pytest.mark.parametrize("mine", [random_triplets, partial(semi_hard_triplets, margin=0.2), hard_triplets])
def test_gradient_reaches_every_parameter(mine):
    method = Triplet(tiny_encoder(1), mine)
    method(*images(24)).backward()
    assert all(p.grad.isfinite().all() and p.grad.abs().sum() > 0 for p in method.parameters())


def test_collapsed_network_has_the_margin_as_its_loss():
    method = Triplet(tiny_encoder(1), hard_triplets, margin=0.4).eval()
    x, y = images()
    assert method(x[:1].expand(12, -1, -1, -1), y).item() == pytest.approx(0.4, abs=1e-6)


@pytest.mark.long
def test_it_learns_in_the_same_loop():
    train = load("fashion")[:500]
    torch.manual_seed(0)
    method = Triplet(tiny_encoder(1), partial(semi_hard_triplets, margin=0.2))

    def nearest_agree():
        z = torch.nn.functional.normalize(method.embed(train.images))
        same = train.labels[(z @ z.T).fill_diagonal_(-2).argmax(1)] == train.labels
        return same.float().mean().item()

    before = nearest_agree()
    pretrain(method, train, lambda batch: (batch.images / 255, batch.labels), steps=40, batch_size=100, show=False)
    assert nearest_agree() > before + 0.1


@pytest.mark.parametrize("kwargs, error, words", [
    ({"mine": "hard"}, TypeError, "mine must be a function"),
    ({"mine": hard_triplets, "margin": 0}, ValueError, "margin must be"),
    ({"mine": hard_triplets, "margin": "wide"}, TypeError, "margin must be")])  # fmt: skip
def test_what_is_refused(kwargs, error, words):
    with pytest.raises(error, match=f"^{words}"):
        Triplet(tiny_encoder(1), **kwargs)


def test_repr_names_what_a_checkpoint_must_agree_in():
    method = Triplet(tiny_encoder(1), partial(semi_hard_triplets, margin=0.2), margin=0.2)
    assert "mine=semi_hard_triplets, margin=0.2, normalise=True" in repr(method)


def test_two_different_margins_are_refused():
    with pytest.raises(ValueError, match=r"margin is 0.3, but mine looks for triplets within 0.2"):
        Triplet(tiny_encoder(1), partial(semi_hard_triplets, margin=0.2), margin=0.3)
