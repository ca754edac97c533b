"""The moving average against its closed form, the queue against a deque."""

from collections import deque

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from clearn.methods import BYOL
from clearn.methods.momentum import Queue, frozen_copy, momentum_schedule, update_average


def network(seed):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))


def floats(module):
    return [x for x in module.state_dict().values() if x.is_floating_point()]


@pytest.mark.parametrize("m", [0.3, 0.9, 0.996])
@pytest.mark.parametrize("n", [1, 7, 200])
def test_after_n_steps_the_average_is_the_closed_form(m, n):
    module, average = network(0), frozen_copy(network(1))
    module(torch.randn(9, 3))  # moves the running mean and variance
    start = [x.clone() for x in floats(average)]
    for _ in range(n):
        update_average(average, module, m)
    for a, a0, p in zip(floats(average), start, floats(module), strict=True):
        torch.testing.assert_close(a, p + (a0 - p) * m**n, atol=3e-6, rtol=1e-4)


def test_momentum_one_freezes_and_zero_copies_to_the_bit():
    module, average = network(0), frozen_copy(network(1))
    before = [x.clone() for x in floats(average)]
    update_average(average, module, 1)
    assert all(map(torch.equal, floats(average), before))
    update_average(average, module, 0)
    assert all(map(torch.equal, floats(average), floats(module)))


def test_buffers_follow_and_counts_are_copied():
    module = network(0)
    average = frozen_copy(module)
    for _ in range(3):
        module(torch.randn(9, 3) + 5)
    update_average(average, module, 0.5)
    assert average[1].num_batches_tracked == 3
    torch.testing.assert_close(average[1].running_mean, module[1].running_mean / 2)
    torch.testing.assert_close(average[1].running_var, (1 + module[1].running_var) / 2)


def test_a_frozen_copy_shares_nothing_and_learns_nothing():
    module = network(0)
    average = frozen_copy(module)
    assert not any(p.requires_grad for p in average.parameters()) and all(p.requires_grad for p in module.parameters())
    with torch.no_grad():
        module[0].weight.add_(1)
    torch.testing.assert_close(average[0].weight, module[0].weight - 1)


def test_the_average_of_a_bfloat16_network_is_float32_and_moves():
    """In bfloat16 itself it would not: half of its 3 digits is more than (1 − m) of the difference."""
    module = nn.Linear(1, 1, bias=False)
    nn.init.constant_(module.weight, 1)
    average = frozen_copy(module.bfloat16())
    nn.init.constant_(module.weight, 2)
    for _ in range(1000):
        update_average(average, module, 0.999)
    assert average.weight.dtype == torch.float32 and average.weight.item() == pytest.approx(2 - 0.999**1000, abs=1e-3)
    stuck = torch.ones(1, dtype=torch.bfloat16)
    assert torch.equal(stuck.clone().lerp_(torch.full_like(stuck, 2), 0.001), stuck)


def test_a_tensor_with_two_names_moves_once():
    """As in ``self.net = resnet; self.body = nn.Sequential(*resnet.children())``, or with tied weights."""
    module = network(0)
    module.again, module.weight = module[0], module[0].weight
    average = frozen_copy(module)
    with torch.no_grad():
        module[0].weight.add_(1)
        module[1].running_mean.add_(1)
    update_average(average, module, 0.9)
    torch.testing.assert_close(average[0].weight, module[0].weight - 0.9)
    torch.testing.assert_close(average[1].running_mean, module[1].running_mean - 0.9)
    assert average.weight is average[0].weight is average.again.weight


def test_the_target_of_a_network_with_two_names_follows_at_the_momentum_asked_for():
    class Twice(nn.Module):
        dim = 4

        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Flatten(), nn.Linear(9, 4))
            self.body = nn.Sequential(*self.net.children())

        def forward(self, x):
            return self.body(x)

    method = BYOL(Twice(), momentum=0.9)
    before = method.target[0].net[1].weight.clone()
    with torch.no_grad():
        method.encoder.net[1].weight.add_(1)
    method.after_step(0, 10**9)
    torch.testing.assert_close(method.target[0].net[1].weight, before + 0.1)


def test_counts_alone_and_complex_weights_follow():
    module, average = nn.Module(), nn.Module()
    for it, count in ((module, 7), (average, 3)):
        it.register_buffer("count", torch.tensor(count))
    update_average(average, module, 0.5)
    assert average.count == 7
    module.wave, average.wave = nn.Parameter(torch.tensor(1 + 2j)), nn.Parameter(torch.tensor(0j))
    update_average(average, module, 0.75)
    assert average.wave == 0.25 + 0.5j


@pytest.mark.parametrize("other", [nn.Linear(3, 4), nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4))])
def test_modules_of_different_make_are_refused(other):
    average = frozen_copy(network(0))
    before = [x.clone() for x in floats(average)]
    with pytest.raises(ValueError, match="average and module are of different make"):
        update_average(average, other, 0.5)
    assert all(map(torch.equal, floats(average), before))


@pytest.mark.parametrize("momentum", [-0.1, 1.1, float("nan")])
def test_momentum_outside_the_unit_interval_is_refused(momentum):
    with pytest.raises(ValueError, match="momentum must be"):
        update_average(frozen_copy(network(0)), network(0), momentum)


def test_the_schedule_rises_from_the_base_to_one():
    values = [momentum_schedule(step, 50, 0.9) for step in range(51)]
    assert values[0] == pytest.approx(0.9) and values[25] == pytest.approx(0.95) and values[-1] == 1
    assert all(a < b for a, b in zip(values, values[1:]))


@pytest.mark.parametrize("step, steps, base, word", [
    (15, 10, 0.9, r"step must be at most steps = 10, the end of the schedule, got 15"), (-1, 10, 0.9, "step must be"),
    (0, 0, 0.9, "steps must be"), (1, 10, 5, "base must be"), (1, 10, -0.1, "base must be"),
])  # fmt: skip
def test_the_schedule_has_an_end(step, steps, base, word):
    with pytest.raises(ValueError, match=word):
        momentum_schedule(step, steps, base)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.lists(st.integers(1, 30), min_size=1, max_size=8))
def test_queue_is_a_deque(size, batches):
    """For batches of any size: not only those that divide the queue's, and also those larger than it."""
    queue = Queue(size, dim=2)
    torch.testing.assert_close(queue.keys.norm(dim=1), torch.ones(size))
    oracle = deque(map(tuple, queue.keys.tolist()), maxlen=size)
    counter = 0
    for n in batches:
        keys = torch.arange(counter, counter + n, dtype=torch.float32)[:, None].expand(n, 2).contiguous()
        counter += n
        queue.enqueue(keys)
        oracle.extend(map(tuple, keys.tolist()))
        assert list(map(tuple, queue.oldest_first().tolist())) == list(oracle)


def test_queue_survives_its_state_dict():
    queue, other = Queue(5, 2), Queue(5, 2)
    queue.enqueue(torch.ones(3, 2))
    other.load_state_dict(queue.state_dict())
    for q in (queue, other):
        q.enqueue(2 * torch.ones(4, 2))
    assert torch.equal(queue.oldest_first(), other.oldest_first()) and queue.oldest == other.oldest == 2


def test_queue_keeps_no_graph_and_stays_float32():
    queue = Queue(4, 2)
    queue.enqueue(torch.ones(2, 2, dtype=torch.bfloat16, requires_grad=True))
    assert not queue.keys.requires_grad and queue.keys.dtype == torch.float32


@pytest.mark.parametrize("keys", [torch.ones(3, 5), torch.ones(0, 2), torch.full((2, 2), float("nan")), torch.ones(2)])
def test_bad_keys_are_refused_and_the_queue_stays(keys):
    queue = Queue(4, 2)
    before = queue.oldest_first()
    with pytest.raises(ValueError, match="keys"):
        queue.enqueue(keys)
    assert torch.equal(queue.oldest_first(), before)
