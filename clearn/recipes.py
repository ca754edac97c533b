"""The long runs: each method with the settings that we chose for small pictures, and the encoders that came out."""

import json
import os
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors.torch import load_file, save

import clearn
from clearn import datasets, devices, distributed, evaluation, methods, models, training
from clearn.methods.base import Method
from clearn.views import simclr_views

CHECKPOINTS = datasets.DATA / "checkpoints"
DATA = {"scattered": 3, "fashion": 1}  # channels of the pictures
VIEWS = simclr_views(24, scale=(0.3, 1.0), rotation=30, hue=0.5, gray=0.4)


def labelled_view(batch):
    """One view of each image, and the labels: what the supervised network is trained on."""
    return VIEWS(batch.images)[0], batch.labels


@dataclass(frozen=True)
class Recipe:
    """A method and how it is trained: `method`, a class; options of the class; options of `training.pretrain`; views."""

    method: type
    options: dict = field(default_factory=dict)
    training: dict = field(default_factory=dict)
    views: Callable = VIEWS


SMALL_STEPS = {"batch_size": 128, "lr": 2e-3}  # without negatives, many small steps teach more than few large ones
RECIPES = {
    "simclr": Recipe(methods.SimCLR),
    "moco": Recipe(methods.MoCo),
    "byol": Recipe(methods.BYOL, {"momentum": 0.97}, training=SMALL_STEPS),  # slower than the default: it has the time
    "simsiam": Recipe(methods.SimSiam, training=SMALL_STEPS),
    "supervised": Recipe(methods.Supervised, {"classes": 10}, views=labelled_view),  # to compare with
}


def make(name, data="scattered", seed=0):
    """The method of this name with a tiny encoder for the pictures of `data`, its weights drawn from the seed."""
    recipe, channels = _find(name, RECIPES, "method"), _find(data, DATA, "data set")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return recipe.method(models.tiny_encoder(channels), **recipe.options)


def train(name, data="scattered", *, steps, out, seed=0, device=None, checkpoint_every=30.0):
    """Train a method by its recipe and write the encoder to `out`, a .safetensors file, with a card, .json, beside it.

    The card says what was done: recipe, seed, versions, device, seconds; and what came of it: `measure` on the test
    pictures. While it runs, `out` with ".part" added holds the state: after an interruption the same call goes on from
    there, and ends with the same bits. Returns the card, or None if the run was interrupted.
    Raises FileExistsError for an `out` that is there already, ValueError for another name or kind of file.
    """
    recipe, out = _find(name, RECIPES, "method"), Path(out)
    if out.suffix != ".safetensors":
        raise ValueError(f"out must be the name of a .safetensors file, got {str(out)!r}")
    if out.exists():
        raise FileExistsError(f"{out} is there already; delete it or choose another name")
    method = make(name, data, seed)
    images = datasets.load(data)
    images = images if recipe.views is labelled_view else images.images
    state = out.with_name(out.name + ".part")
    history = training.pretrain(method, images, recipe.views, steps=steps, seed=seed, device=device, checkpoint=state,
                                checkpoint_every=checkpoint_every, **recipe.training)  # fmt: skip
    if history.interrupted:
        return None
    card = {
        "method": name, "options": recipe.options, "training": recipe.training, "views": asdict(VIEWS), "data": data,
        "steps": steps, "seed": seed, "encoder": "tiny_encoder", "seconds": round(history.seconds),
        "final_loss": sum(history.losses[-100:]) / len(history.losses[-100:]), "device": _device(method),
        "processes": distributed.place()[1], "metrics": measure(method, data),
        "versions": versions(),
    }  # fmt: skip
    if distributed.place()[0] == 0:
        write_whole(out.with_suffix(".json"), lambda path: path.write_text(json.dumps(card, indent=1) + "\n"))
        weights = {key: value.cpu().contiguous() for key, value in method.encoder.state_dict().items()}
        write_whole(out, lambda path: path.write_bytes(save(weights)))  # last: where it stands, all stands
        state.unlink()
    return card


def measure(method, data="scattered"):
    """The encoder on test pictures: {name: value}.

    knn_10000, kNN with 10,000 labels, and probe_100, the mean of five probes on 100 labels, are accuracies on all of
    them; alignment of two views, uniformity and effective_rank are those of the first 2,000.
    """
    bank, test = datasets.load(data)[:10_000], datasets.load(data, "test")
    known, asked = method.embed(bank.images), method.embed(test.images)
    probes = evaluation.few_label_curve(known, bank.labels, asked, test.labels, counts=(100,))[100]
    view0, view1 = map(method.embed, VIEWS(test.images[:2000], generator=torch.Generator().manual_seed(0)))
    return {"knn_10000": evaluation.knn_accuracy(known, bank.labels, asked, test.labels),
            "probe_100": sum(probes) / len(probes),
            "alignment": evaluation.alignment(view0, view1).item(),
            "uniformity": evaluation.uniformity(asked[:2000]).item(),
            "effective_rank": evaluation.effective_rank(asked[:2000]).item()}  # fmt: skip


class Pretrained(Method):
    """An encoder from a long run: ``embed(images)`` gives its features; `card` says how it was trained."""

    def __init__(self, encoder, card):
        super().__init__()
        self.encoder, self.card = encoder, card


def pretrained(name):
    """The encoder of a long run of "simclr", "moco", "byol" or "simsiam" on "scattered", shipped in data/checkpoints;
    or, to compare with, of "supervised", which has seen all labels.

    Returns a `Pretrained`, in evaluation mode. Raises ValueError for another name, FileNotFoundError for a missing file.
    """
    _find(name, RECIPES, "method")
    path = CHECKPOINTS / f"{name}.safetensors"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing; restore it with `git checkout -- data`, or make it anew with "
                                f"python -m clearn pretrain {name} --out {path}")  # fmt: skip
    card = json.loads(path.with_suffix(".json").read_text())
    encoder = getattr(models, card["encoder"])(DATA[card["data"]])
    encoder.load_state_dict(load_file(path))
    return Pretrained(encoder, card).eval()


def _find(name, among, kind):
    if name not in among:
        raise ValueError(f"unknown {kind} {name!r}; choose one of {', '.join(among)}")
    return among[name]


def _device(method):
    device = next(method.parameters()).device
    kind = (
        torch.cuda.get_device_name(device)
        if device.type == "cuda"
        else f"{device.type}, {torch.get_num_threads()} threads"
    )
    return f"{kind}, {str(devices.fast_dtype(device) or torch.float32).removeprefix('torch.')}"


def versions():
    """Of what a run depends on: {name: version}."""
    return {"clearn": clearn.__version__, "torch": torch.__version__, "python": platform.python_version()}


def write_whole(path, write):
    """Call write(beside) and move what it wrote to `path`: whoever kills us leaves the old file or the new one."""
    part = path.with_name(path.name + ".new")
    write(part)
    os.replace(part, path)
