"""SimCLR end to end, in images a second: ours, the network alone, and lightly's on the same network, batch and operations.

    python -m tests.benchmarks.bench_simclr
"""

import functools
import json
import statistics
import sys
import time

import torch

from clearn import datasets, training, views
from clearn.devices import best_device, fast_dtype
from clearn.methods import SimCLR
from clearn.models import tiny_encoder
from tests.benchmarks.common import Row, in_a_process, peak_memory, table

BATCH, STEPS, WARM = 256, 24, 4
SIZE, OPERATIONS = 24, {"scale": (0.3, 1.0), "rotation": 30, "hue": 0.5, "gray": 0.4}  # those of notebook 00
CONTENDERS = {
    "network alone": "forward + backward + AdamW on two batches of ready views",
    "clearn": "training.pretrain",
    "lightly, 2 workers": "its transform, loss and head on the same encoder",
}


@functools.cache
def scattered():
    return datasets.load("scattered").images


def ours(method, dtype):
    """The public training loop, show and all; only the precision may be overruled."""
    training.fast_dtype = lambda device: dtype
    images = scattered()[:20000]
    marks = []

    def timed(batch, make_views=views.simclr_views(SIZE, **OPERATIONS)):
        marks.append(time.perf_counter())
        return make_views(batch)

    training.pretrain(method, images, timed, steps=STEPS, batch_size=BATCH, show=False)
    return BATCH * (STEPS - WARM - 1) / (marks[-1] - marks[WARM])


def network_alone(method, dtype):
    """What no training can be faster than: the same model and optimiser on views that are there already."""
    device = best_device()
    method.to(device, memory_format=torch.channels_last)
    optimizer = training._adamw(method, 1e-3, 1e-4)
    view0, view1 = torch.rand(2, BATCH, 3, SIZE, SIZE, device=device).unbind()
    for step in range(STEPS):
        if step == WARM:
            start = time.perf_counter()
        with torch.autocast(device.type, dtype, enabled=dtype is not None):
            loss = method(view0, view1)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
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


def lightlys(method, dtype, workers):
    """lightly's transform, projection head and loss around the same encoder, in the loop of its tutorial."""
    from lightly.loss import NTXentLoss
    from lightly.models.modules import SimCLRProjectionHead
    from lightly.transforms import SimCLRTransform

    device = best_device()
    model = torch.nn.Sequential(method.encoder, SimCLRProjectionHead(method.encoder.dim, 256, 64)).to(device)
    transform = SimCLRTransform(input_size=SIZE, min_scale=0.3, cj_hue=0.5, random_gray_scale=0.4, gaussian_blur=0.0,
                                rr_prob=1.0, rr_degrees=30, normalize=None)  # fmt: skip
    data = Pictures(scattered()[: BATCH * STEPS], transform)
    loader = torch.utils.data.DataLoader(data, BATCH, shuffle=True, num_workers=workers, drop_last=True)
    criterion, optimizer = NTXentLoss(0.2), torch.optim.AdamW(model.parameters(), 1e-3)
    for step, (view0, view1) in enumerate(loader):
        if step == WARM:
            start = time.perf_counter()
        with torch.autocast(device.type, dtype, enabled=dtype is not None):
            z0, z1 = model(view0.to(device)), model(view1.to(device))
        loss = criterion(z0.float(), z1.float())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return BATCH * (STEPS - WARM) / (time.perf_counter() - start)


def measure(name, precision):
    """Images a second of one contender, from a fresh network."""
    torch.manual_seed(0)
    dtype = fast_dtype(best_device()) if precision == "mixed" else None
    method = SimCLR(tiny_encoder(3))
    if name == "network alone":
        return network_alone(method, dtype)
    return ours(method, dtype) if name == "clearn" else lightlys(method, dtype, workers=2)


def rows(rounds=5):
    """The contenders take turns in one process, since a machine's speed drifts; ratio to the network alone, turn by turn.

    Memory is that of a process of its own for each.
    """
    for precision in ("mixed", "float32") if fast_dtype(best_device()) else ("float32",):
        turns = [{name: measure(name, precision) for name in CONTENDERS} for _ in range(rounds)]
        for name, note in CONTENDERS.items():
            speed = statistics.median(turn[name] for turn in turns)
            ratio = statistics.median(turn[name] / turn["network alone"] for turn in turns)
            memory = in_a_process(__spec__.name, name, precision)["memory"]
            yield Row(f"SimCLR, {precision}: {name}", speed, "images/s", ratio, memory, note)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps({"speed": measure(*sys.argv[1:]), "memory": peak_memory()}))
    else:
        print(*table(rows()), sep="\n")
