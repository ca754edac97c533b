"""The loop: images, views and a method go in, a trained method comes out."""

import functools
import math
import re
import signal
import threading
import time
import warnings
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import torch

from clearn import distributed
from clearn.datasets import ImageSet
from clearn.devices import best_device, fast_dtype
from clearn.training import checkpoints
from clearn.training.monitor import monitor
from clearn.training.optimizer import adamw, schedule
from clearn.validate import NotFinite, dense, number, whole

ADDRESS = r" at 0x\w+"  # in the repr of what has none of its own


@dataclass
class History:
    """What happened: a loss and a learning rate for each step, the seconds it took, and whether it was cut short."""

    steps: int
    losses: list = field(default_factory=list)
    learning_rates: list = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = False


def pretrain(method, images, views, *, steps, batch_size=256, lr=5e-3, weight_decay=1e-4, warmup=0.1, seed=0,
             device=None, checkpoint=None, checkpoint_every=30.0, show=True):  # fmt: skip
    """Train `method` on two random views of each image, with AdamW; return the History.

    Args: images (N, C, H, W), uint8 or float in [0, 1], moved to the device once, whole; views, a callable that turns a
    batch of images into (view0, view1), on which the method is called; steps and batch_size, whole numbers; lr, the
    highest learning rate: it rises linearly for the share `warmup` of the steps, then falls along a cosine to 0;
    weight_decay, on weights but not on biases and batch norm; the parts that `method.constant_rate` names keep `lr`
    throughout; seed, which fixes order and views (step s draws the same whatever happened before it; the caller's own
    random state is left as it was); device, by default the best one;
    show, whether to show progress. `images` may be an ImageSet; then `views` gets slices of that, with their labels.

    checkpoint: a file, written every `checkpoint_every` seconds and at the end, in one atomic move. If it exists,
    training goes on from it, and ends with the same bits as a run that was never stopped (on the same machine). It is
    refused for other data, by their checksum, and for other settings; views that do not say what they are (a function,
    an object without a __repr__) cannot be compared, and a warning says so.

    Interrupt it (Ctrl-C, the stop button) and it finishes its step and returns. A loss that is not finite raises
    FloatingPointError with a diagnosis, before the bad gradient reaches the parameters; what else a method complains of
    keeps its own words. Mixed precision is used where the hardware gains from it (`devices.fast_dtype`). A method that
    went through ``torch.compile`` is trained as it would be without.

    Inside `distributed.group()`, each of W processes takes its share of every batch, and the first one shows progress
    and writes the checkpoint; `batch_size` is that of all together, a multiple of W.
    """
    rank, world = distributed.place()
    pixels = images.images if isinstance(images, ImageSet) else images
    steps, batch_size, warmup = _check(pixels, steps, batch_size, warmup, world)
    lr, weight_decay = number("lr", lr, above=0), number("weight_decay", weight_decay, least=0)
    seed, bare = whole("seed", seed, least=0), _bare(method)
    device = torch.device(device or best_device())
    method.to(device, memory_format=torch.channels_last).train()
    dtype = fast_dtype(device)
    optimizer = adamw(bare, lr, weight_decay)
    history = History(steps)
    if checkpoint is not None:
        checkpoint = Path(checkpoint)
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        recipe = {
            "method": repr(bare), "views": re.sub(ADDRESS, "", repr(views)), "precision": str(dtype),
            "images": checkpoints.fingerprint(images),
            "steps": steps, "batch_size": batch_size, "lr": lr, "weight_decay": weight_decay, "warmup": warmup,
            "seed": seed, "processes": world}  # fmt: skip
        if checkpoint.exists():
            history = History(**checkpoints.resume(checkpoint, recipe, bare, optimizer, device))
            if re.search(ADDRESS, repr(views)):
                warnings.warn(f"{checkpoint} goes on with {recipe['views']}. Whether that still does what it did cannot be told: "
                              "only views with a __repr__ of their own, as simclr_views, are compared", stacklevel=2)  # fmt: skip
    distributed.prepare(method)
    images = images.to(device)  # once and whole, so that no step waits for data
    started, saved = time.perf_counter() - history.seconds, time.perf_counter()
    progress = monitor(type(bare).__name__, steps, batch_size, history.losses) if show and rank == 0 else nullcontext()
    with _own_random_state(device), _stop_requested() as stop, progress as live:
        for step in range(len(history.losses), steps):
            batch = _batch(len(images), batch_size, step, seed)[rank::world].to(device)
            torch.manual_seed(_mix(seed, step * world + rank))
            rate = schedule(step, steps, warmup) * lr
            for group in optimizer.param_groups:
                group["lr"] = lr if group["constant"] else rate
            with torch.no_grad():
                view0, view1 = views(images[batch])
            try:
                with torch.autocast(device.type, dtype, enabled=dtype is not None):
                    loss = method(view0, view1)
            except NotFinite as error:  # the losses refuse NaN and infinity
                if step == 0:
                    raise
                raise FloatingPointError(_diagnosis(method, (view0, view1), history, step, lr)) from error
            # agreed on: a process that makes one step more than another would wait for ever
            value, stopping = distributed.agree(loss.item(), stop.is_set())
            if not math.isfinite(value):
                raise FloatingPointError(_diagnosis(method, (view0, view1), history, step, lr))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            distributed.average_gradients(method)
            optimizer.step()
            bare.after_step(step, steps)
            history.losses.append(value)
            history.learning_rates.append(rate)
            now = time.perf_counter()
            history.seconds = now - started
            if live is not None:
                live.update()
            last = step + 1 == steps or stopping > 0
            if checkpoint is not None and rank == 0 and (last or now - saved > checkpoint_every):
                checkpoints.save(checkpoint, recipe, bare, optimizer, vars(history))
                saved = now
            if last:
                break
        history.interrupted = len(history.losses) < steps
    return history


def _check(images, steps, batch_size, warmup, world):
    steps, batch_size = whole("steps", steps), whole("batch_size", batch_size)
    dense("images", images)
    if images.ndim != 4:
        slip = "; for gray images try images.unsqueeze(1)" if images.ndim == 3 else ""
        raise ValueError(f"images must have shape (N, C, H, W), got {tuple(images.shape)}{slip}")
    if len(images) < batch_size:
        raise ValueError(f"batch_size {batch_size} is more than the {len(images)} images")
    if batch_size % world:
        raise ValueError(f"batch_size {batch_size} is no multiple of the {world} processes")
    return steps, batch_size, number("warmup", warmup, least=0, most=1)


def _bare(method):
    """The method itself, if `method` is one that went through ``torch.compile``; TypeError for what is no method."""
    bare = getattr(method, "_orig_mod", method)
    if not hasattr(bare, "after_step"):
        hint = ""
        if isinstance(bare, torch.nn.DataParallel):
            hint = "; hand over the method itself: several devices are for `distributed.group()`"
        raise TypeError(f"method must be a clearn.methods.Method, got {type(bare).__name__}{hint}")
    return bare


def _batch(n, batch_size, step, seed):
    """Indices of the images of `step`: every epoch a new order, without replacement, its last, smaller batch left out."""
    epoch, turn = divmod(step, n // batch_size)
    return _epoch_order(n, _mix(seed, -1 - epoch))[turn * batch_size :][:batch_size]


@functools.lru_cache(maxsize=1)
def _epoch_order(n, seed):
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))


def _mix(seed, step):
    return (int(seed) * 1_000_003 + step) % 2**63


def _own_random_state(device):
    """Whatever is seeded inside, the caller's random state is the same afterwards."""
    index = torch.cuda.current_device() if device.type == "cuda" and device.index is None else device.index
    return torch.random.fork_rng(devices=[index] if device.type == "cuda" else [])


@contextmanager
def _stop_requested():
    """An event that the first Ctrl-C sets, so that training ends between two steps; a second one interrupts at once."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def on_interrupt(signum, frame):
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _diagnosis(method, views, history, step, lr):
    """Say where the first bad number is: in the views, in the parameters, or only in the loss."""
    recent = ", ".join(f"{value:.3g}" for value in history.losses[-3:]) or "none"
    bad = [name for name, p in method.named_parameters() if not p.isfinite().all()]
    if not all(view.isfinite().all() for view in views):
        why = "The views hold NaN or infinity: look at the images and the augmentations."
    elif bad:
        why = f"{len(bad)} parameters hold NaN or infinity, first {bad[0]}: lower the learning rate (now {lr:g})."
    else:
        largest = max(p.abs().max().item() for p in method.parameters())
        why = f"The parameters are finite, up to {largest:.1g}: lower the learning rate (now {lr:g}), or look at the loss."
    return f"The loss is not finite at step {step + 1} of {history.steps} (the losses before: {recent}). {why}"
