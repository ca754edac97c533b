"""Two processes that hold different images take the step that one process would take with all of them."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from clearn import distributed, methods
from clearn.models import tiny_encoder
from clearn.training import pretrain

N = 12


def images(n=2 * N, seed=0):
    """Images that are darker towards the end: no two shares of them have the same statistics."""
    rising = torch.linspace(0.1, 1, n).view(-1, 1, 1, 1)
    return rising * torch.rand(n, 3, 28, 28, generator=torch.Generator().manual_seed(seed))


def make(name):
    torch.manual_seed(0)
    options = {"SimCLR": {"temperature": 0.5}, "MoCo": {"queue_size": 40}, "BYOL": {"hidden": 32, "out": 16},
               "SimSiam": {"hidden": 32, "out": 16}}[name]  # fmt: skip
    method = getattr(methods, name)(tiny_encoder(3), **options).double()
    for norm in (m for m in method.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)):
        norm.eps = 1e-3
    return method


def state_after_one_step(name, share):
    """Gradients, the loss and the buffers after a step on both views of the images of this share."""
    method = make(name)
    distributed.prepare(method)
    view0, view1 = (images(seed=s)[share].double() for s in (0, 1))
    loss = method(view0, view1)
    loss.backward()
    distributed.average_gradients(method)
    method.after_step(0, 10)
    gradient = torch.cat([p.grad.flatten() for p in method.parameters() if p.grad is not None])
    buffers = {n: b for n, b in method.named_buffers() if "running" in n}
    queue = method.queue.keys if name == "MoCo" else torch.zeros(1)
    return {"gradient": gradient, "loss": distributed.agree(loss.item())[0], "buffers": buffers, "queue": queue}


def alike(a, b):
    return torch.nn.functional.cosine_similarity(a, b, dim=0).item(), (a.norm() / b.norm()).item()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def torchrun(*command, processes=2, timeout=240):
    environment = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.run([sys.executable, "-m", "torch.distributed.run", f"--nproc-per-node={processes}",
                           f"--master-port={free_port()}", *map(str, command)],
                          env=environment, capture_output=True, text=True, timeout=timeout)  # fmt: skip


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """What two processes found, {method: state}, written by the first."""
    path = tmp_path_factory.mktemp("two") / "state.pt"
    result = torchrun(Path(__file__).resolve(), path)
    assert result.returncode == 0, result.stderr[-3000:]
    return torch.load(path)


@pytest.mark.long
@pytest.mark.parametrize("name", ["SimCLR", "MoCo", "BYOL", "SimSiam"])
def test_two_processes_have_the_gradient_of_one(name, two):
    one = state_after_one_step(name, slice(None))
    direction, length = alike(two[name]["gradient"], one["gradient"])
    print(f"{name}: cosine {1 - direction:.1e} below 1, norm ratio {length - 1:+.1e}")
    assert direction > 1 - 1e-6 and abs(length - 1) < 1e-5
    assert two[name]["loss"] == pytest.approx(one["loss"], abs=1e-6)
    for buffer, value in one["buffers"].items():
        torch.testing.assert_close(two[name]["buffers"][buffer], value, atol=1e-6, rtol=1e-5)
    if name == "MoCo":  # every key arrived, process by process
        torch.testing.assert_close(two[name]["queue"], one["queue"], atol=1e-5, rtol=1e-4)


@pytest.mark.long
def test_each_process_alone_would_have_another_gradient(two):
    """The check above can fail: the shares differ, and the loss of a share is not the loss of all."""
    alone = state_after_one_step("SimCLR", slice(0, N))
    assert alike(alone["gradient"], two["SimCLR"]["gradient"])[0] < 0.9


@pytest.mark.long
def test_gather_that_cuts_the_gradient_would_be_noticed(two):
    assert two["cut"] < 0.99 and two["unequal"].startswith("x has")


@pytest.mark.long
def test_all_processes_begin_with_the_weights_of_the_first(two):
    assert two["together"] == 0 != two["apart"]


def test_alone_nothing_changes():
    method = make("SimCLR")
    x = torch.rand(3, 2, requires_grad=True)
    assert distributed.place() == (0, 1) and distributed.gather(x) is x
    distributed.prepare(method)
    method(images(4).double(), images(4, seed=1).double()).backward()
    before = [p.grad.clone() for p in method.parameters()]
    distributed.average_gradients(method)
    assert all(map(torch.equal, before, (p.grad for p in method.parameters())))
    assert not any(isinstance(m, distributed.SynchronisedBatchNorm) for m in method.modules())
    assert distributed.agree(1.5, 2) == (1.5, 2)
    with distributed.group() as device:
        assert device is None


def test_a_batch_that_cannot_be_shared_is_refused(monkeypatch):
    monkeypatch.setattr(distributed, "place", lambda: (0, 3))
    with pytest.raises(ValueError, match="batch_size 16 is no multiple of the 3 processes"):
        pretrain(make("SimCLR"), images(), None, steps=1, batch_size=16)


def worker(path):
    with distributed.group() as device:
        rank, world = distributed.place()
        assert (device.type, world) == ("cpu", 2)
        share = slice(rank * N, (rank + 1) * N)
        found = {name: state_after_one_step(name, share) for name in ("SimCLR", "MoCo", "BYOL", "SimSiam")}
        whole, distributed._Sum.backward = distributed._Sum.backward, staticmethod(lambda ctx, grad: grad)
        cut = state_after_one_step("SimCLR", share)["gradient"]
        distributed._Sum.backward = whole
        found["cut"] = alike(cut, found["SimCLR"]["gradient"])[0]
        torch.manual_seed(rank)
        unlike = tiny_encoder(3).to(memory_format=torch.channels_last)
        weight = next(unlike.parameters())
        found["apart"] = distributed.agree(weight.sum().item())[0] - weight.sum().item()
        distributed.prepare(unlike)
        found["together"] = distributed.agree(weight.sum().item())[0] - weight.sum().item()
        try:
            distributed.gather(torch.zeros(2 + rank, 1))
        except ValueError as error:
            found["unequal"] = str(error)
        if rank == 0:
            torch.save(found, path)


if __name__ == "__main__":
    worker(sys.argv[1])
