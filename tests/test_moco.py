"""MoCo against its algorithm written out, and the traps of its public implementations."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from clearn.methods import MoCo
from clearn.models import SplitBatchNorm, split_batch_norm, tiny_encoder
from clearn.training.optimizer import adamw


def views(n=8, seed=0):
    return torch.rand(2, n, 3, 28, 28, generator=torch.Generator().manual_seed(seed))


def moco(**options):
    torch.manual_seed(0)
    return MoCo(tiny_encoder(3), **{"queue_size": 12, "temperature": 0.3} | options)


def by_hand(method, query_view, key_view):
    """Algorithm 1, a query at a time."""
    q = F.normalize(method.head(method.encoder(query_view)))
    k = F.normalize(method.key_network(key_view))
    terms = []
    for i in range(len(q)):
        logits = (
            torch.stack([q[i] @ k[i], *[q[i] @ key for key in F.normalize(method.queue.keys)]]) / method.temperature
        )
        terms.append(-torch.log_softmax(logits, 0)[0])
    return torch.stack(terms).mean()


def test_moco_is_its_algorithm():
    method = moco().eval()
    with torch.no_grad():
        next(iter(method.key_network.parameters())).mul_(1.3)  # the key encoder is another network, and it matters
    loss = method(*views())
    assert loss.item() == pytest.approx(by_hand(method, *views()).item(), abs=1e-5)
    assert loss.item() != pytest.approx(by_hand(method, *views().flip(0)).item(), abs=1e-4)


def test_symmetric_moco_is_the_mean_of_both_directions_and_queues_both():
    method = moco(symmetric=True).eval()
    view0, view1 = views()
    expected = (by_hand(method, view0, view1) + by_hand(method, view1, view0)) / 2
    assert method(view0, view1).item() == pytest.approx(expected.item(), abs=1e-5)
    keys = torch.cat([method.key_network(view1), method.key_network(view0)]).detach()[-12:]
    method.after_step(0, 10)
    torch.testing.assert_close(method.queue.oldest_first(), keys / keys.norm(dim=1, keepdim=True))


def test_no_loss_meets_its_own_keys_in_the_queue():
    """To enqueue before the second of two losses makes a false negative; before backward, it is an error in autograd."""
    method = moco()
    before = method.queue.keys.clone()
    loss = method(*views())
    assert torch.equal(method.queue.keys, before)
    loss.backward()
    method.after_step(0, 10)
    assert (method.queue.keys != before).any(1).sum() == 8 and method.new_keys is None
    moved = method.queue.oldest_first()
    method.after_step(1, 10)  # no batch, no keys
    assert torch.equal(method.queue.oldest_first(), moved)


def test_gradient_reaches_the_query_network_only():
    method = moco()
    method(*views()).backward()
    query = [*method.encoder.parameters(), *method.head.parameters()]
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in query)
    assert all(p.grad is None for p in method.key_network.parameters()) and method.queue.keys.grad is None
    optimised = {id(p) for group in adamw(method, 0.1, 0.1).param_groups for p in group["params"]}
    assert optimised == {id(p) for p in query}


def test_constant_features_give_the_log_of_all_candidates():
    method = moco().eval()
    for head in (method.head, method.key_network[1]):
        nn.init.zeros_(head[-1].weight)
        nn.init.ones_(head[-1].bias)
    method.queue.keys.fill_(1)
    assert method(*views()).item() == pytest.approx(torch.tensor(13.0).log().item(), abs=1e-5)


@pytest.mark.parametrize("schedule, expected", [(False, 0.9), (True, 0.95)])
def test_the_key_network_follows_with_the_momentum(schedule, expected):
    method = moco(momentum=0.9, schedule=schedule)
    with torch.no_grad():
        for p in method.encoder.parameters():
            p.add_(1)
    before, online = (copy.deepcopy(m.state_dict()) for m in (method.key_network[0], method.encoder))
    method.after_step(5, 10)
    for name, a in method.key_network[0].state_dict().items():
        if a.is_floating_point():
            torch.testing.assert_close(a, expected * before[name] + (1 - expected) * online[name])


def test_momentum_zero_makes_the_key_network_a_copy():
    method = moco(momentum=0.0)
    with torch.no_grad():
        method.head[0].weight.add_(1)
    method.after_step(0, 10)
    assert torch.equal(method.key_network[1][0].weight, method.head[0].weight)


def test_queue_is_saved_with_the_method():
    method, other = moco(), moco()
    method(*views())
    method.after_step(0, 10)
    assert not torch.equal(other.queue.keys, method.queue.keys)
    other.load_state_dict(method.state_dict())
    assert torch.equal(other.queue.oldest_first(), method.queue.oldest_first())


def test_split_batch_norm_is_batch_norm_of_each_part():
    torch.manual_seed(0)
    x, plain = torch.randn(12, 5, 4, 4), nn.BatchNorm2d(5)
    split = split_batch_norm(copy.deepcopy(nn.Sequential(plain)), 3)
    assert type(split[0]) is SplitBatchNorm
    torch.testing.assert_close(split(x), torch.cat([plain(part) for part in x.split(4)]))
    torch.testing.assert_close(split[0].norm.running_var, plain.running_var)
    torch.testing.assert_close(split.eval()(x), plain.eval()(x))
    with pytest.raises(ValueError, match="a batch of 10 cannot be cut into 3 equal parts"):
        split.train()(x[:10])


def test_shuffling_gives_each_key_back_to_its_query():
    """Without batch statistics the order cannot matter; with split ones it does."""
    torch.manual_seed(0)
    plain, shuffled = moco(splits=2, shuffle=False), moco(splits=2)
    torch.testing.assert_close(plain.eval().keys(views()[0]), shuffled.eval().keys(views()[0]))
    assert (plain.train().keys(views()[0]) - shuffled.train().keys(views()[0])).abs().max() > 1e-3


def test_unshuffled_parts_tell_query_and_key_apart_from_the_rest():
    """The leak of §3.3: key i depends on the images of its own part only, unless the batch is shuffled."""
    view = views(n=8)[0]
    other = view.clone()
    other[4:] = torch.rand(4, 3, 28, 28)  # the second part changes
    plain = moco(splits=2, shuffle=False)
    torch.testing.assert_close(plain.keys(view)[:4], plain.keys(other)[:4])
    shuffled = moco(splits=2)
    torch.manual_seed(1)
    first = shuffled.keys(view)[:4]
    torch.manual_seed(1)
    assert (first - shuffled.keys(other)[:4]).abs().max() > 1e-3


def test_split_batch_norm_reaches_every_layer():
    method = moco(splits=2)
    norms = [m for m in method.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    assert len([m for m in method.modules() if isinstance(m, SplitBatchNorm)]) == len(norms) > 10


@pytest.mark.parametrize("options, word", [({"queue_size": 0}, "size"), ({"momentum": 1.5}, "momentum"),
                                           ({"temperature": 0}, "temperature"), ({"splits": 0}, "splits")])  # fmt: skip
def test_bad_settings_are_refused(options, word):
    with pytest.raises(ValueError, match=f"{word} must be"):
        moco(**options)


def test_repr_names_the_settings():
    text = repr(moco(splits=2, symmetric=True))
    for part in ("momentum=0.99", "temperature=0.3", "symmetric=True", "splits=2", "shuffle=True", "size=12"):
        assert part in text
