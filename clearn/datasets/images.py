"""Images to learn from: two faces of Fashion-MNIST, shipped in data/, and larger sets for those online."""

from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.nn.functional as F

from clearn.datasets.files import DATA, read_idx

GARMENTS = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
CANVAS = 32  # side of a scattered picture, in pixels
VALIDATION = 10_000  # so many of the training pictures, the last, are for choosing


@dataclass(frozen=True)
class ImageSet:
    """Images with their labels; slice it like a tensor: ``train[:1000]``, ``train[mask]``.

    images: uint8 (N, C, H, W). labels: int64 (N,), −1 where unknown. classes: a name for each label.
    factors: for "scattered", what was done to each image, a tensor of length N for each name.
    """

    images: torch.Tensor
    labels: torch.Tensor
    classes: tuple[str, ...]
    factors: dict[str, torch.Tensor] = field(default_factory=dict)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        factors = {name: values[index] for name, values in self.factors.items()}
        return ImageSet(self.images[index], self.labels[index], self.classes, factors)

    def to(self, device):
        factors = {name: values.to(device) for name, values in self.factors.items()}
        return ImageSet(self.images.to(device), self.labels.to(device), self.classes, factors)

    def __repr__(self):
        return f"ImageSet({len(self)} images {tuple(self.images.shape[1:])}, {len(self.classes)} classes)"


def load(name, split="train", *, seed=0, root=None, download=False):
    """Load an image set.

    "fashion": Fashion-MNIST as published, 60,000 train and 10,000 test garments of (1, 28, 28), centred and upright.
    "scattered": the same photographs, each at a random place, scale, angle, tint and flip on a black (3, 32, 32)
    canvas: `scatter` with `draw_factors` from `seed`. The factors come with it.
    "cifar10", "stl10": through torchvision, from files below `root`; `download=True` fetches them first. The split
    may be "train" or "test", for "stl10" also "unlabeled".

    The split "validation" is the last 10,000 training pictures of "fashion" or "scattered": to choose settings by, so that
    the test pictures choose nothing. "train" is all 60,000; whoever judges on "validation" learns from ``train[:50_000]``.

    Args: root, the folder that holds the data, by default the course's own data/. Returns an ImageSet.
    Raises FileNotFoundError or ValueError, naming file and mend, for a missing, truncated or altered file.
    Xiao, Rasul, Vollgraf 2017, "Fashion-MNIST"; Krizhevsky 2009; Coates, Lee, Ng 2011.

    >>> load("scattered", "validation")
    ImageSet(10000 images (3, 32, 32), 10 classes)
    """
    splits = {"fashion": ("train", "validation", "test"), "scattered": ("train", "validation", "test"),
              "cifar10": ("train", "test"), "stl10": ("train", "test", "unlabeled")}  # fmt: skip
    if name not in splits:
        raise ValueError(f"unknown data set {name!r}; choose one of {', '.join(splits)}")
    if split not in splits[name]:
        raise ValueError(f"{name!r} has no split {split!r}; choose one of {', '.join(splits[name])}")
    root = Path(root or DATA)
    if name in ("cifar10", "stl10"):
        return _torchvision(name, split, root, download)
    kind = "t10k" if split == "test" else "train"
    held_out = slice(-VALIDATION if split == "validation" else 0, None)
    images = read_idx(root, f"fashion-mnist/{kind}-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28)
    labels = read_idx(root, f"fashion-mnist/{kind}-labels-idx1-ubyte.gz", 8).long()
    if name == "fashion":
        return ImageSet(images, labels, GARMENTS)[held_out]
    factors = draw_factors(len(images), seed=2 * seed + (split == "test"))
    garments = ImageSet(images, labels, GARMENTS, factors)[held_out]
    return ImageSet(scatter(garments.images, garments.factors), garments.labels, GARMENTS, garments.factors)


def draw_factors(n, seed):
    """How to scatter `n` garments: uniform random factors, the same for one seed on any machine.

    scale in [.5, 1], 1 = 28 px; angle in [−.5, .5] rad, counter-clockwise; x, y: the garment's centre in px right of
    and below the canvas's, so that it stays inside; flip, True = mirrored; tint (n, 3), a gain in [.3, 1] for each
    of red, green and blue.
    """
    rng = torch.Generator().manual_seed(seed)

    def uniform(low, high, *shape):
        return low + (high - low) * torch.rand(n, *shape, generator=rng, dtype=torch.float64)

    scale, angle = uniform(0.5, 1), uniform(-0.5, 0.5)
    room = (CANVAS - 28 * scale) / 2
    return {
        "scale": scale,
        "angle": angle,
        "x": uniform(-1, 1) * room,
        "y": uniform(-1, 1) * room,
        "flip": uniform(0, 1) < 0.5,
        "tint": (uniform(0.3, 1, 3) * 256).round() / 256,
    }


def scatter(images, factors):
    """Place each garment on its canvas: uint8 (N, 1, 28, 28) -> uint8 (N, 3, 32, 32), bilinear.

    The same picture on any machine, bit by bit: positions are rounded to 1/64 px and coefficients to 1/8192, so that
    every product and sum below is exact in float32 and no order of operations can change it.
    """

    def dyadic(x, steps=8192):
        return (x * steps).round() / steps

    scale, angle, mirror = factors["scale"], factors["angle"], 1 - 2 * factors["flip"].double()
    cos, sin = dyadic(angle.cos() / scale), dyadic(angle.sin() / scale)
    x, y = dyadic(factors["x"], 64), dyadic(factors["y"], 64)
    offset = torch.arange(CANVAS) - (CANVAS - 1) / 2  # of a pixel's centre from the canvas's
    margin = (CANVAS - 28) // 2
    canvases = torch.empty(len(images), 3, CANVAS, CANVAS, dtype=torch.uint8)
    for part in torch.arange(len(images)).split(2000):  # the grid of 60,000 pictures at once would take 1 GB
        c, s, m = (v[part, None, None].float() for v in (cos, sin, mirror))
        dx = offset.view(1, 1, -1) - x[part, None, None].float()
        dy = offset.view(1, -1, 1) - y[part, None, None].float()
        source = torch.stack([m * (c * dx - s * dy), s * dx + c * dy], dim=-1)  # (n, 32, 32, 2), from the centre
        grid = dyadic(source, 64) / (CANVAS / 2)
        garment = F.pad(images[part].float(), [margin] * 4)
        placed = F.grid_sample(garment, grid, mode="bilinear", align_corners=False).round()
        canvases[part] = (placed * factors["tint"][part, :, None, None].float()).round().to(torch.uint8)
    return canvases


def _torchvision(name, split, root, download):
    from torchvision import datasets

    try:
        if name == "cifar10":
            found = datasets.CIFAR10(root, train=split == "train", download=download)
            images, labels = torch.from_numpy(found.data).permute(0, 3, 1, 2).contiguous(), found.targets
        else:
            found = datasets.STL10(root, split=split, download=download)
            images, labels = torch.from_numpy(found.data), found.labels
    except OSError as error:  # no network, no disk space, no permission
        raise OSError(f"could not fetch {name!r} into {root}: {error}") from error
    except RuntimeError as error:  # torchvision: not found or corrupted
        raise FileNotFoundError(f'{name!r} is not complete below {root}; fetch it with load("{name}", '
                                f"download=True), about {'170 MB' if name == 'cifar10' else '2.6 GB'}") from error  # fmt: skip
    return ImageSet(images, torch.as_tensor(labels).long(), tuple(found.classes))
