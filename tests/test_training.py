"""The loop: schedule, batches, decay, precision, Ctrl-C, NaN, and checkpoints."""

import math
import signal
import threading
import warnings
from collections import Counter

import numpy as np
import pytest
import torch
from torch import nn

from clearn.datasets import ImageSet
from clearn.methods import BYOL, SimCLR, SimSiam
from clearn.methods.base import Method
from clearn.models import tiny_encoder
from clearn.training import checkpoints, loop, optimizer, pretrain, schedule
from clearn.views import simclr_views


def images(n=128, seed=0):
    return torch.randint(0, 256, (n, 1, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


def noisy(batch):
    x = batch.float() / 255
    return x + 0.1 * torch.rand_like(x), x + 0.1 * torch.rand_like(x)


class TinyNet(nn.Sequential):
    dim = 6

    def __init__(self):
        super().__init__(nn.Conv2d(1, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def method(seed=0):
    torch.manual_seed(seed)
    return SimCLR(TinyNet(), hidden=8, out=4)


def bits(module):
    return [value.clone() for value in module.state_dict().values()]


def same(a, b):
    return all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def test_schedule_warms_up_then_falls_to_zero():
    rates = [schedule(step, 100, warmup=0.1) for step in range(100)]
    assert rates[:10] == pytest.approx([0.1 * i for i in range(1, 11)])
    assert rates[10] == 1 and rates[55] == pytest.approx(0.5) and rates[-1] < 1e-3
    assert all(a > b for a, b in zip(rates[10:], rates[11:]))
    assert schedule(0, 1) == 1 and schedule(0, 10, warmup=0) == 1


@pytest.mark.parametrize("step, steps, warmup, word", [
    (20, 10, 0.1, "step must be at most steps = 10, the end of the schedule, got 20"), (-5, 10, 0.1, "step must be"),
    (0, 0, 0.1, "steps must be"), (1, 10, 1.5, "warmup must be"),
])  # fmt: skip
def test_schedule_has_an_end(step, steps, warmup, word):
    with pytest.raises(ValueError, match=word):
        schedule(step, steps, warmup)


def test_schedule_is_stepped_per_step():
    history = pretrain(method(), images(), noisy, steps=10, batch_size=64, lr=0.01, warmup=0.2)
    assert history.learning_rates == [0.01 * schedule(step, 10, 0.2) for step in range(10)]
    assert len(history.losses) == 10 and not history.interrupted and history.seconds > 0


def test_no_decay_on_parameters_of_one_dimension():
    groups = optimizer.adamw(method(), lr=1e-3, weight_decay=0.5).param_groups
    assert {p.ndim for p in groups[0]["params"]} == {2, 4} and groups[0]["weight_decay"] == 0.5
    assert {p.ndim for p in groups[1]["params"]} == {1} and groups[1]["weight_decay"] == 0
    assert len(groups[0]["params"]) + len(groups[1]["params"]) == len(list(method().parameters()))


def test_every_epoch_sees_each_image_once_in_a_new_order():
    epochs = [torch.cat([loop._batch(100, 10, step, seed=3) for step in range(e * 10, e * 10 + 10)]) for e in range(2)]
    assert all(sorted(epoch.tolist()) == list(range(100)) for epoch in epochs)
    assert not torch.equal(*epochs)
    counts = Counter(len(loop._batch(105, 10, step, 0)) for step in range(30))
    assert counts == {10: 30}  # the last five of each epoch are left out


def test_seed_decides_everything_and_the_callers_random_state_stays():
    runs = []
    for seed, noise in ((0, 1), (0, 2), (1, 1)):
        torch.manual_seed(noise)
        net = method()
        torch.manual_seed(noise)
        state = torch.get_rng_state()
        pretrain(net, images(), noisy, steps=4, batch_size=32, seed=seed)
        assert torch.equal(torch.get_rng_state(), state)
        runs.append(bits(net))
    assert same(runs[0], runs[1]) and not same(runs[0], runs[2])


class Recorder(Method):
    """Counts what the loop does to a method."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(64, 4)
        self.calls, self.dtypes = [], set()

    def forward(self, view0, view1):
        h = self.encoder(view0.flatten(1))
        self.dtypes.add(h.dtype)
        self.before = self.encoder.weight.detach().clone()
        return h.float().square().mean()

    def after_step(self, step, steps):
        assert not torch.equal(self.before, self.encoder.weight), "after_step must come after the optimiser's step"
        self.calls.append((step, steps))


@pytest.mark.parametrize("dtype", [None, torch.bfloat16])
def test_after_step_and_mixed_precision(dtype, monkeypatch):
    monkeypatch.setattr(loop, "fast_dtype", lambda device: dtype)
    recorder = Recorder()
    pretrain(recorder, images(), noisy, steps=3, batch_size=32)
    assert recorder.calls == [(0, 3), (1, 3), (2, 3)] and recorder.training
    assert recorder.dtypes == {dtype or torch.float32}
    assert all(p.dtype == torch.float32 for p in recorder.parameters())


@pytest.mark.long
def test_training_learns():
    """Images of four kinds: after a few steps, two views of an image are closer than images of different kinds."""
    torch.manual_seed(0)
    kinds = torch.rand(4, 1, 8, 8).repeat_interleave(64, 0)
    data = ((kinds + 0.05 * torch.randn_like(kinds)).clamp(0, 1) * 255).to(torch.uint8)
    history = pretrain(method(), data, noisy, steps=60, batch_size=64, lr=1e-2)
    assert sum(history.losses[-5:]) < sum(history.losses[:5]) - 0.5


def test_interrupt_finishes_the_step_and_can_be_resumed(tmp_path):
    """Ctrl-C in the middle of a step: the step is finished, the state saved, and the end is the same to the bit."""
    straight = method()
    pretrain(straight, images(), noisy, steps=12, batch_size=32)
    calls = []

    def interrupting(batch):
        calls.append(1)
        if len(calls) == 5:
            signal.raise_signal(signal.SIGINT)
        return noisy(batch)

    interrupting.__qualname__, net, path = "noisy", method(), tmp_path / "run.pt"
    before = signal.getsignal(signal.SIGINT)
    history = pretrain(net, images(), Named(interrupting), steps=12, batch_size=32, checkpoint=path)
    assert history.interrupted and len(history.losses) == 5 and signal.getsignal(signal.SIGINT) is before
    assert net.embed(images()).isfinite().all()
    again = method(seed=9)
    history = pretrain(again, images(), Named(noisy), steps=12, batch_size=32, checkpoint=path)
    assert not history.interrupted and len(history.losses) == len(history.learning_rates) == 12
    assert same(bits(again), bits(straight))


class Named:
    """Views with a repr that does not name the function inside, so that two of them count as one recipe."""

    def __init__(self, function):
        self.function = function

    def __call__(self, batch):
        return self.function(batch)

    def __repr__(self):
        return "Named views"


def test_second_interrupt_stops_at_once():
    def twice(batch):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        return noisy(batch)

    with pytest.raises(KeyboardInterrupt):
        pretrain(method(), images(), twice, steps=3, batch_size=32)


def test_trains_outside_the_main_thread():
    result = []
    thread = threading.Thread(target=lambda: result.append(pretrain(method(), images(), noisy, steps=2, batch_size=32)))
    thread.start()
    thread.join()
    assert len(result[0].losses) == 2


def test_divergence_is_diagnosed():
    with pytest.raises(
        FloatingPointError, match=r"not finite at step \d of 50 .*lower the learning rate \(now 1e\+16\)"
    ):
        pretrain(method(), images(), noisy, steps=50, batch_size=32, lr=1e16, warmup=0)


def test_bad_views_are_diagnosed_and_parameters_stay_good():
    calls = []

    def breaking(batch):
        calls.append(1)
        view0, view1 = noisy(batch)
        return (view0 * float("nan") if len(calls) > 2 else view0), view1

    net = method()
    with pytest.raises(FloatingPointError, match="step 3 of 5.*The views hold NaN"):
        pretrain(net, images(), breaking, steps=5, batch_size=32)
    assert all(p.isfinite().all() for p in net.parameters())


class BadLoss(Recorder):
    def forward(self, view0, view1):
        return super().forward(view0, view1) * math.inf


def test_a_loss_that_is_not_finite_stops_at_the_first_step():
    with pytest.raises(FloatingPointError, match="step 1 of 5.*before: none.*The parameters are finite"):
        pretrain(BadLoss(), images(), noisy, steps=5, batch_size=32)


def test_a_mistake_of_the_method_is_not_called_divergence():
    with pytest.raises(ValueError, match="same shape"):
        pretrain(method(), images(), lambda b: (noisy(b)[0], noisy(b)[1][:3]), steps=5, batch_size=31)


class Complaining(Recorder):
    def forward(self, view0, view1):
        if len(self.calls) == 2:
            raise ValueError("no anchor has a positive")
        return super().forward(view0, view1)


def test_what_a_method_complains_of_later_keeps_its_words():
    with pytest.raises(ValueError, match="^no anchor has a positive$"):
        pretrain(Complaining(), images(), noisy, steps=5, batch_size=32)


@pytest.mark.parametrize("make", [BYOL, SimSiam, SimCLR])
def test_a_compiled_method_is_trained_as_it_would_be_without(make, tmp_path):
    bare, compiled = (make(Flat()) for _ in range(2))
    compiled.load_state_dict(bare.state_dict())
    one = pretrain(bare, images(), noisy, steps=4, batch_size=32, checkpoint=tmp_path / "bare.pt")
    other = pretrain(torch.compile(compiled, backend="eager"), images(), noisy, steps=4, batch_size=32,
                     checkpoint=tmp_path / "compiled.pt")  # fmt: skip
    assert one.losses == other.losses and same(bits(bare), bits(compiled))
    again = pretrain(torch.compile(make(Flat()), backend="eager"), images(), noisy, steps=4, batch_size=32,
                     checkpoint=tmp_path / "bare.pt")  # fmt: skip
    assert again.losses == one.losses


class Flat(nn.Sequential):
    dim = 8

    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(64, 8))


def test_what_is_no_method_is_refused():
    with pytest.raises(TypeError, match="method must be a clearn.methods.Method, got Linear"):
        pretrain(nn.Linear(2, 2), images(), noisy, steps=1, batch_size=32)
    with pytest.raises(TypeError, match="got DataParallel; hand over the method itself"):
        pretrain(nn.DataParallel(method()), images(), noisy, steps=1, batch_size=32)


@pytest.mark.parametrize("change, error, word", [
    ({"steps": 0}, ValueError, "steps must be at least 1"),
    ({"steps": 2.5}, TypeError, "steps must be a whole number"),
    ({"batch_size": 1000}, ValueError, "batch_size 1000 is more than the 128 images"),
    ({"lr": 0.0}, ValueError, "lr must be"),
    ({"lr": float("nan")}, ValueError, "lr must be"),
    ({"weight_decay": -1.0}, ValueError, "weight_decay must be"),
    ({"warmup": 5}, ValueError, "warmup must be"),
    ({"seed": 1.5}, TypeError, "seed must be a whole number"),
    ({"images": [1, 2]}, TypeError, r"images must be a torch.Tensor, got list; try torch.as_tensor"),
    ({"images": np.zeros((128, 1, 8, 8))}, TypeError, r"images must be a torch.Tensor, got ndarray; try torch.as_tensor"),
    ({"images": torch.zeros(128, 8, 8)}, ValueError, r"shape \(N, C, H, W\), got \(128, 8, 8\); .* try images.unsqueeze\(1\)"),
])  # fmt: skip
def test_bad_arguments(change, error, word):
    arguments = {"images": images(), "steps": 2, "batch_size": 32} | change
    with pytest.raises(error, match=word):
        pretrain(method(), views=noisy, **arguments)


def test_finished_run_is_loaded_not_repeated(tmp_path):
    net, again, path = method(), method(seed=1), tmp_path / "deep" / "run.pt"
    first = pretrain(net, images(), noisy, steps=3, batch_size=32, checkpoint=path)
    second = pretrain(again, images(), noisy, steps=3, batch_size=32, checkpoint=path)
    assert second.losses == first.losses and second.seconds == first.seconds and same(bits(net), bits(again))


def test_checkpoint_of_another_run_is_refused_and_kept(tmp_path):
    path = tmp_path / "run.pt"
    pretrain(method(), images(), noisy, steps=2, batch_size=32, checkpoint=path)
    content = path.read_bytes()
    for change, word in (
        ({"seed": 1}, "seed was 0, now 1"),
        ({"steps": 5}, "steps was 2, now 5"),
        ({"lr": 1.0}, "lr was"),
    ):
        with pytest.raises(ValueError, match=f"belongs to another run: {word}.*Delete it or choose another name"):
            pretrain(method(), images(), noisy, **{"steps": 2, "batch_size": 32, "checkpoint": path} | change)
    with pytest.raises(ValueError, match="images was"):
        pretrain(method(), images(seed=1), noisy, steps=2, batch_size=32, checkpoint=path)
    assert path.read_bytes() == content


def test_numbers_of_numpy_go_through_a_checkpoint(tmp_path):
    """A sweep hands over np.float64 and np.int64: what is saved are plain numbers, and the run goes on to the bit."""
    given = {"lr": np.geomspace(1e-3, 1e-1, 3)[1], "weight_decay": np.float32(0.5), "seed": np.int64(3), "warmup": np.float64(0.2),
             "steps": np.int64(4), "batch_size": np.int32(32)}  # fmt: skip
    straight, stopped, path = method(), method(), tmp_path / "run.pt"
    pretrain(straight, images(), noisy, **{name: value.item() for name, value in given.items()})
    calls = []

    def stopping(batch):
        calls.append(1)
        if len(calls) == 2:
            signal.raise_signal(signal.SIGINT)
        return noisy(batch)

    stopping.__qualname__ = "noisy"
    assert pretrain(stopped, images(), stopping, checkpoint=path, **given).interrupted
    saved = torch.load(path, weights_only=True)
    assert all(type(value) in (str, int, float) for value in [*saved["recipe"].values(), *saved["history"]["losses"]])
    pretrain(stopped, images(), noisy, checkpoint=path, **given)
    assert same(bits(straight), bits(stopped))


def test_a_checkpoint_knows_its_data(tmp_path):
    path, data = tmp_path / "run.pt", images()
    labelled = ImageSet(data, torch.arange(128) % 4, ("a", "b", "c", "d"))
    pretrain(method(), labelled, of_images, steps=2, batch_size=32, checkpoint=path)
    pretrain(method(), labelled, of_images, steps=2, batch_size=32, checkpoint=path)
    for other in (labelled[torch.arange(127, -1, -1)], ImageSet(data, labelled.labels.flip(0), labelled.classes),
                  ImageSet(data.flip(3), labelled.labels, labelled.classes)):  # fmt: skip
        with pytest.raises(ValueError, match="belongs to another run: images was .* checksum"):
            pretrain(method(), other, of_images, steps=2, batch_size=32, checkpoint=path)


def test_a_checksum_needs_no_second_copy_of_the_data(monkeypatch):
    monkeypatch.setattr(checkpoints, "PART", 1000)
    read = []
    monkeypatch.setattr(checkpoints.hashlib, "blake2b", lambda **options: Digest(read))
    data = torch.arange(40 * 192, dtype=torch.float32).reshape(40, 3, 8, 8).transpose(2, 3)  # not contiguous
    assert checkpoints.fingerprint(data).startswith("(40, 3, 8, 8) torch.float32, checksum ")
    assert b"".join(read) == data.contiguous().numpy().tobytes() and max(map(len, read)) <= 1000


class Digest:
    def __init__(self, read):
        self.update, self.hexdigest = lambda part: read.append(part.tobytes()), lambda: "0"


def test_views_that_cannot_be_compared_are_said_to_be_so(tmp_path):
    path, told = tmp_path / "run.pt", simclr_views(8)
    for views in (lambda batch: noisy(batch), told):
        pretrain(method(), images().repeat(1, 3, 1, 1)[:, :1], views, steps=1, batch_size=32, checkpoint=path)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            pretrain(method(), images(), views, steps=1, batch_size=32, checkpoint=path)
        assert [str(it.message) for it in said if "cannot be told" in str(it.message)] == [] or views is not told
        assert said or views is told
        path.unlink()


def of_images(batch):
    return noisy(batch.images)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 half of one"])
def test_damaged_checkpoint_is_named(content, tmp_path):
    path = tmp_path / "run.pt"
    path.write_bytes(content)
    with pytest.raises(
        ValueError, match=r"run.pt cannot be read as a checkpoint of pretrain \(.+\); choose another name"
    ):
        pretrain(method(), images(), noisy, steps=2, batch_size=32, checkpoint=path)


def test_failed_write_leaves_the_checkpoint_before_it(tmp_path, monkeypatch):
    path = tmp_path / "run.pt"
    net = method()
    monkeypatch.setattr(checkpoints.os, "fsync", lambda fd: (_ for _ in ()).throw(OSError("No space left on device")))
    path.write_bytes(b"precious")
    with pytest.raises(OSError, match="could not write the checkpoint .*run.pt: No space left"):
        checkpoints.save(path, {}, net, optimizer.adamw(net, 1e-3, 0.0), {})
    assert path.read_bytes() == b"precious" and list(tmp_path.iterdir()) == [path]


def test_same_line_at_the_end_on_every_machine(capsys):
    pretrain(method(), images(), noisy, steps=3, batch_size=32)
    assert capsys.readouterr().out == "SimCLR: 3 steps of 32 images\n"


def test_terminal_gets_plain_lines_when_it_is_a_file(capsys):
    pretrain(method(), images(), noisy, steps=20, batch_size=32)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10 and lines[-1].startswith("SimCLR: step 20 of 20, loss ")


def test_tiny_encoder_trains_in_channels_last():
    net = SimCLR(tiny_encoder(1))
    pretrain(net, images(), noisy, steps=1, batch_size=32)
    assert net.encoder[0].weight.is_contiguous(memory_format=torch.channels_last)
