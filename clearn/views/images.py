"""Two random views of each image, as in SimCLR: parameters drawn on the CPU, the work done on the images' device."""

import math
from dataclasses import KW_ONLY, dataclass

import torch

from clearn.validate import number, whole
from clearn.views import image_ops as ops


@dataclass
class Parameters:
    """What was drawn for N views, all on the CPU. Change an entry and apply again to see what it does.

    Neutral are: flip and gray False, angle 0, factors 1, hue 0, sigma 0, threshold above 1.
    """

    boxes: torch.Tensor  # (N, 4), integers: top, left, height, width in pixels of the source
    flip: torch.Tensor  # (N,), bool
    angle: torch.Tensor  # (N,), degrees, counter-clockwise
    brightness: torch.Tensor  # (N,), factor
    contrast: torch.Tensor  # (N,), factor
    saturation: torch.Tensor  # (N,), factor
    hue: torch.Tensor  # (N,), turns of the colour wheel
    order: torch.Tensor  # (N, 4), integers: 0 brightness, 1 contrast, 2 saturation, 3 hue, the first one first
    gray: torch.Tensor  # (N,), bool
    sigma: torch.Tensor  # (N,), of the blur, pixels of the view
    threshold: torch.Tensor  # (N,), of the solarisation

    def __len__(self):
        return len(self.boxes)


@dataclass(frozen=True)
class simclr_views:
    """Two random views of each image: random resized crop, flip, rotation, colour jitter, gray, blur, solarisation.

    `views(images, generator=None)` -> (view0, view1), each (N, C, size, size), float32 in [0, 1]; images (N, C, H, W),
    uint8 or float in [0, 1], C = 1 or 3. Each image has parameters of its own, in each view. They are drawn on the CPU,
    by the generator or else by torch's global one, and nothing else is random: one seed, the same views on any device.
    `views.draw(n, height, width)` shows what is drawn, and `views.apply(images, parameters)` makes one view of it.

    Args: size of the views in pixels; strength of the colour jitter. scale: the crop's area as a fraction of the image,
    from, to; ratio: its width / height, from, to. rotation: up to so many degrees either way. brightness, contrast,
    saturation: factors from 1 − strength · b to 1 + strength · b, not below 0; hue: up to strength · h of a turn either
    way, at most ½. flip, jitter, gray, blur, solarize: the probability of each, for an image. The blur's sigma is drawn
    from .1 to 2 pixels, its kernel is a tenth of the size; solarisation inverts values from ½ up.

    Chen et al. 2020, "SimCLR", appendix A (for ImageNet with blur=0.5; for CIFAR with strength=0.5); solarize: Grill et
    al. 2020, "BYOL", appendix B. Raises TypeError or ValueError for settings or images of a wrong type, shape or range.

    >>> views = simclr_views(size=24, strength=0.5, rotation=15)
    >>> view0, view1 = views(torch.rand(8, 3, 32, 32), torch.Generator().manual_seed(0))
    >>> view0.shape, torch.equal(view0, view1)
    (torch.Size([8, 3, 24, 24]), False)
    """

    size: int
    strength: float = 1.0
    _: KW_ONLY
    scale: tuple = (0.08, 1.0)
    ratio: tuple = (3 / 4, 4 / 3)
    flip: float = 0.5
    rotation: float = 0.0
    jitter: float = 0.8
    brightness: float = 0.8
    contrast: float = 0.8
    saturation: float = 0.8
    hue: float = 0.2
    gray: float = 0.2
    blur: float = 0.0
    solarize: float = 0.0

    def __post_init__(self):
        whole("size", self.size)
        _pair("scale", self.scale, most=1)
        _pair("ratio", self.ratio)
        number("rotation", self.rotation, least=0, most=180)
        for name in ("flip", "jitter", "gray", "blur", "solarize"):
            number(f"{name}, a probability,", getattr(self, name), least=0, most=1)
        for name in ("strength", "brightness", "contrast", "saturation", "hue"):
            number(name, getattr(self, name), least=0, most=1e3)
        number("strength times hue", self.strength * self.hue, most=0.5)

    def __call__(self, images, generator=None):
        x = ops.as_images(images)
        n, _, height, width = x.shape
        parameters = self.draw(2 * n, height, width, generator)  # first those of view0
        return self._apply(x.repeat(2, 1, 1, 1), parameters).split(n)

    def apply(self, images, parameters):
        """One view of the images (N, C, H, W), as the parameters of N views say."""
        if not isinstance(parameters, Parameters):
            raise TypeError(f"parameters must be what draw() returns, got {type(parameters).__name__}")
        return self._apply(ops.as_images(images), parameters)

    def _apply(self, x, p):
        x = ops.crop_resize.unchecked(x, p.boxes, self.size, p.flip, p.angle)
        x = ops.color_jitter.unchecked(x, p.brightness, p.contrast, p.saturation, p.hue, p.order)
        x = ops.grayscale.unchecked(x, p.gray)
        tenth = max(3, self.size // 20 * 2 + 1)  # odd
        x = ops.gaussian_blur.unchecked(x, p.sigma, min(tenth, 2 * self.size - 1))
        return ops.solarize.unchecked(x, p.threshold)

    def draw(self, n, height, width, generator=None):
        """Draw the `Parameters` of n views of images of height × width pixels.

        As many numbers are drawn whatever the settings: two recipes with one seed take the same crops.
        """
        n, height, width = whole("n", n), whole("height", height), whole("width", width)
        if generator is not None and (not isinstance(generator, torch.Generator) or generator.device.type != "cpu"):
            given = getattr(generator, "device", type(generator).__name__)
            raise TypeError(f"generator must be a torch.Generator on the CPU, torch.Generator(), got {given}")
        u = torch.rand(n, 37, generator=generator, dtype=torch.float64)  # a row an image, in [0, 1)
        area, aspect, place, order, factors, single = u.split([10, 10, 2, 4, 4, 7], dim=1)
        flip, angle, jitter, gray, blur, sigma, solarize = single.T
        jitter = jitter < self.jitter
        spread = self.strength * torch.tensor([self.brightness, self.contrast, self.saturation], dtype=torch.float64)
        low, turn = (1 - spread).clamp(min=0), 2 * factors[:, 3] - 1
        factors = low + (1 + spread - low) * factors[:, :3]
        brightness, contrast, saturation = torch.where(jitter[:, None], factors, 1.0).float().T
        return Parameters(
            boxes=self._boxes(area, aspect, place, height, width),
            flip=flip < self.flip,
            angle=(self.rotation * (2 * angle - 1)).float(),
            brightness=brightness,
            contrast=contrast,
            saturation=saturation,
            hue=(self.strength * self.hue * turn * jitter).float(),
            order=order.argsort(1),
            gray=gray < self.gray,
            sigma=torch.where(blur < self.blur, 0.1 + 1.9 * sigma, 0.0).float(),
            threshold=torch.where(solarize < self.solarize, 0.5, 2.0).float(),
        )

    def _boxes(self, area, aspect, place, height, width):
        """Crops as torchvision's RandomResizedCrop draws them: the first of ten that fits, else a central one."""
        (least, most), ratio = self.scale, self.ratio
        area = height * width * (least + (most - least) * area)
        aspect = ratio[0] * (aspect * math.log(ratio[1] / ratio[0])).exp()  # uniform in log
        w, h = (area * aspect).sqrt().round(), (area / aspect).sqrt().round()  # (N, 10)
        fits = (0 < w) & (w <= width) & (0 < h) & (h <= height)
        first = fits.byte().argmax(1, keepdim=True)
        w, h = w.gather(1, first)[:, 0], h.gather(1, first)[:, 0]
        top, left = (place[:, 0] * (height - h + 1)).floor(), (place[:, 1] * (width - w + 1)).floor()
        boxes = torch.stack([top, left, h, w], dim=1)
        # the largest box of an allowed shape: all of the image, unless the image is longer than that
        w = min(width, max(1, round(height * ratio[1])))
        h = min(height, max(1, round(width / ratio[0])))
        central = torch.tensor([(height - h) // 2, (width - w) // 2, h, w], dtype=boxes.dtype)
        return boxes.where(fits.any(1, keepdim=True), central).long()


def _pair(name, pair, most=math.inf):
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise TypeError(f"{name} must be a pair (from, to), got {pair!r}")
    low, high = (number(f"{name}[{i}]", value, above=0) for i, value in enumerate(pair))
    if not low <= high <= most:
        raise ValueError(f"{name} must rise{'' if math.isinf(most) else f' and end at {most} at most'}, got {pair}")
