"""Views per second: clearn beside torchvision, image by image, and kornia, batched; the same operations and ranges.

    python -m tests.benchmarks.bench_views

Crop, flip, rotation, colour jitter with hue, gray: 512 views of 32×32 RGB. The contenders take turns; the best turn
counts, because other work on the machine only ever makes a turn slower.
"""

import json
import sys

import torch

from tests.benchmarks.common import Row, in_a_process, interleaved, peak_memory, table

SIZE, BATCH, ROTATION, TURNS = 32, 256, 15, 7


def pixels():
    return torch.randint(0, 256, (BATCH, 3, SIZE, SIZE), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def clearn():
    from clearn.views import simclr_views

    views, images = simclr_views(SIZE, rotation=ROTATION), pixels()
    return lambda: views(images)


def torchvision(version, kind):
    """A function that makes 2 × 256 views one by one, from PIL images or uint8 tensors made beforehand."""
    from torchvision.transforms import transforms as v1
    from torchvision.transforms import v2

    t = {"v1": v1, "v2": v2}[version]
    to_float = {
        ("v1", "PIL"): [v1.ToTensor()],
        ("v1", "tensor"): [v1.ConvertImageDtype(torch.float32)],
        ("v2", "PIL"): [v2.ToImage(), v2.ToDtype(torch.float32, scale=True)],
        ("v2", "tensor"): [v2.ToDtype(torch.float32, scale=True)],
    }[version, kind]
    transform = t.Compose([
        t.RandomRotation(ROTATION, t.InterpolationMode.BILINEAR), t.RandomResizedCrop(SIZE), t.RandomHorizontalFlip(),
        t.RandomApply([t.ColorJitter(0.8, 0.8, 0.8, 0.2)], p=0.8), t.RandomGrayscale(0.2), *to_float])  # fmt: skip
    images = [v1.ToPILImage()(x) for x in pixels()] if kind == "PIL" else list(pixels())
    threads = torch.get_num_threads()

    def run():
        torch.set_num_threads(1)  # one small image gains nothing from a second thread, and may wait for it
        views = torch.stack([transform(x) for x in images * 2])
        torch.set_num_threads(threads)
        return views

    return run


def kornia(cropping):
    import kornia.augmentation as k

    transform = k.AugmentationSequential(
        k.RandomRotation(ROTATION, p=1.0), k.RandomResizedCrop((SIZE, SIZE), scale=(0.08, 1.0), cropping_mode=cropping),
        k.RandomHorizontalFlip(), k.ColorJitter(0.8, 0.8, 0.8, 0.2, p=0.8), k.RandomGrayscale(p=0.2))  # fmt: skip
    images = pixels().float().div(255).repeat(2, 1, 1, 1)
    return lambda: transform(images)


CONTENDERS = {
    "clearn": clearn,
    "torchvision v1 on PIL images, one by one": lambda: torchvision("v1", "PIL"),
    "torchvision v1 on tensors, one by one": lambda: torchvision("v1", "tensor"),
    "torchvision v2 on PIL images, one by one": lambda: torchvision("v2", "PIL"),
    "torchvision v2 on tensors, one by one": lambda: torchvision("v2", "tensor"),
    "kornia, crops by slicing": lambda: kornia("slice"),
    "kornia, crops by resampling": lambda: kornia("resample"),
}


def rows():
    """Yield the rows; the ratio says how many times as fast clearn is."""
    torch.ones(7_500_000)  # 30 MB freed once, as any training step does: from then on glibc keeps what it is given
    runs = {}
    for name, make in CONTENDERS.items():
        try:
            runs[name] = make()
        except ImportError:
            continue
    best = dict(zip(runs, map(min, interleaved(runs.values(), TURNS, warmup=1)), strict=True))
    for name, seconds in best.items():
        memory = in_a_process("tests.benchmarks.bench_views", name)
        speed, ratio = 2 * BATCH / seconds, seconds / best["clearn"]
        yield Row(f"views: {name}", speed, "views/s", ratio, memory, "ratio: clearn's speed over this")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        run = CONTENDERS[sys.argv[1]]()
        run(), run()
        print(json.dumps(peak_memory()))
    else:
        for line in table(rows()):
            print(line, flush=True)
