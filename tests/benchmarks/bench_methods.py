"""The methods end to end, in images a second: ours, the network alone, and lightly's on the same encoder, batch and views.

python -m tests.benchmarks.bench_methods
"""

import copy
import functools
import json
import statistics
import sys
import time

import torch

from clearn import datasets, methods, training, views
from clearn.devices import best_device, fast_dtype
from clearn.models import tiny_encoder
from tests.benchmarks.common import Row, in_a_process, peak_memory, table

BATCH, STEPS, WARM = 256, 24, 4
SIZE, OPERATIONS = 24, {"scale": (0.3, 1.0), "rotation": 30, "hue": 0.5, "gray": 0.4}  # those of notebook 00
OTHERS = ("MoCo", "BYOL", "SimSiam")
CONTENDERS = {
    "network alone": "forward + backward + AdamW, and what the method does after a step, on ready views",
    "clearn": "training.pretrain",
    "lightly, 2 workers": "its transform, heads and loss on the same encoder",
}


@functools.cache
def scattered():
    return datasets.load("scattered").images


def ours(method, dtype):
    """The public training loop, show and all; only the precision may be overruled."""
    training.loop.fast_dtype = lambda device: dtype
    images = scattered()[:20000]
    marks = []

    make_views = views.simclr_views(SIZE, **OPERATIONS)

    def timed(batch):
        marks.append(time.perf_counter())
        return make_views(batch)

    training.pretrain(method, images, timed, steps=STEPS, batch_size=BATCH, show=False)
    return BATCH * (STEPS - WARM - 1) / (marks[-1] - marks[WARM])


def network_alone(method, dtype):
    """What no training can be faster than: the same model and optimiser on views that are there already."""
    device = best_device()
    method.to(device, memory_format=torch.channels_last)
    optimizer = training.optimizer.adamw(method, 1e-3, 1e-4)
    view0, view1 = torch.rand(2, BATCH, 3, SIZE, SIZE, device=device).unbind()
    for step in range(STEPS):
        if step == WARM:
            start = time.perf_counter()
        with torch.autocast(device.type, dtype, enabled=dtype is not None):
            loss = method(view0, view1)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        method.after_step(step, STEPS)
        loss.item()
    return BATCH * (STEPS - WARM) / (time.perf_counter() - start)


class Pictures(torch.utils.data.Dataset):
    """The same images as PIL pictures, which is what lightly's transform takes."""

    def __init__(self, images, transform):
        from torchvision.transforms.functional import to_pil_image

        self.pictures, self.transform = [to_pil_image(image) for image in images], transform

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, index):
        return self.transform(self.pictures[index])


class Lightlys(torch.nn.Module):
    """A method from lightly's heads, loss and helpers around our encoder, as its documentation puts them together."""

    def __init__(self, name, encoder):
        from lightly.loss import NegativeCosineSimilarity, NTXentLoss
        from lightly.models import modules
        from lightly.models.utils import deactivate_requires_grad

        super().__init__()
        self.name, self.encoder = name, encoder
        if name in ("SimCLR", "MoCo"):
            head = modules.SimCLRProjectionHead if name == "SimCLR" else modules.MoCoProjectionHead
            self.head = head(encoder.dim, 256, 64, **({"batch_norm": True} if name == "MoCo" else {}))
            self.criterion = NTXentLoss(0.2, memory_bank_size=(4096, 64) if name == "MoCo" else 0)
        elif name == "BYOL":
            self.head = modules.BYOLProjectionHead(encoder.dim, 512, 256)
            self.predictor = modules.BYOLPredictionHead(256, 512, 256)
            self.criterion = NegativeCosineSimilarity()
        else:
            self.head = modules.SimSiamProjectionHead(encoder.dim, 512, 256)
            self.predictor = modules.SimSiamPredictionHead(256, 128, 256)
            self.criterion = NegativeCosineSimilarity()
        if name in ("MoCo", "BYOL"):
            self.slow = copy.deepcopy(torch.nn.Sequential(self.encoder, self.head))
            deactivate_requires_grad(self.slow)

    def forward(self, view0, view1):
        """What the loss compares: embeddings, or predictions and targets for both directions."""
        if self.name == "MoCo":
            with torch.no_grad():
                keys = self.slow(view1)
            return [(self.head(self.encoder(view0)), keys)]
        z0, z1 = (self.head(self.encoder(view)) for view in (view0, view1))
        if self.name == "SimCLR":
            return [(z0, z1)]
        p0, p1 = self.predictor(z0), self.predictor(z1)
        if self.name == "BYOL":
            with torch.no_grad():
                z0, z1 = self.slow(view0), self.slow(view1)
        return [(p0, z1.detach()), (p1, z0.detach())]

    def loss(self, pairs):
        return sum(self.criterion(a.float(), b.float()) for a, b in pairs) / len(pairs)

    def after_step(self):
        from lightly.models.utils import update_momentum

        if hasattr(self, "slow"):
            update_momentum(torch.nn.Sequential(self.encoder, self.head), self.slow, 0.99)


def lightlys(name, dtype, workers):
    """lightly's transform and its method around the same encoder, in the loop of its tutorials."""
    from lightly.transforms import SimCLRTransform

    device = best_device()
    model = Lightlys(name, tiny_encoder(3)).to(device)
    transform = SimCLRTransform(input_size=SIZE, min_scale=0.3, cj_hue=0.5, random_gray_scale=0.4, gaussian_blur=0.0,
                                rr_prob=1.0, rr_degrees=30, normalize=None)  # fmt: skip
    data = Pictures(scattered()[: BATCH * STEPS], transform)
    loader = torch.utils.data.DataLoader(data, BATCH, shuffle=True, num_workers=workers, drop_last=True)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], 1e-3)
    for step, (view0, view1) in enumerate(loader):
        if step == WARM:
            start = time.perf_counter()
        with torch.autocast(device.type, dtype, enabled=dtype is not None):
            pairs = model(view0.to(device), view1.to(device))
        model.loss(pairs).backward()
        optimizer.step()
        optimizer.zero_grad()
        model.after_step()
    return BATCH * (STEPS - WARM) / (time.perf_counter() - start)


def measure(name, contender, precision):
    """Images a second of one contender, from a fresh network."""
    torch.manual_seed(0)
    dtype = fast_dtype(best_device()) if precision == "mixed" else None
    if contender.startswith("lightly"):
        return lightlys(name, dtype, workers=2)
    method = getattr(methods, name)(tiny_encoder(3))
    return network_alone(method, dtype) if contender == "network alone" else ours(method, dtype)


def rows(rounds=5):
    """The contenders take turns in one process, since a machine's speed drifts; ratio to the network alone, turn by turn.

    SimCLR in both precisions, the others in the hardware's best. Memory is that of a process of its own for each.
    """
    mixed = ["mixed"] * bool(fast_dtype(best_device()))
    for name, precision in [("SimCLR", p) for p in [*mixed, "float32"]] + [
        (n, (mixed or ["float32"])[0]) for n in OTHERS
    ]:
        turns = [{contender: measure(name, contender, precision) for contender in CONTENDERS} for _ in range(rounds)]
        for contender, note in CONTENDERS.items():
            speed = statistics.median(turn[contender] for turn in turns)
            ratio = statistics.median(turn[contender] / turn["network alone"] for turn in turns)
            memory = in_a_process(__spec__.name, name, contender, precision)["memory"]
            yield Row(f"{name}, {precision}: {contender}", speed, "images/s", ratio, memory, note)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps({"speed": measure(*sys.argv[1:]), "memory": peak_memory()}))
    else:
        print(*table(rows()), sep="\n")
