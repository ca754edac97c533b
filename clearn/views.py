"""Two random views of each image, as in SimCLR: parameters drawn on the CPU, work done on the images' device."""

import math
from dataclasses import dataclass

import torch

from clearn import image_ops as ops


@dataclass
class Parameters:
    """What was drawn for N images, on the CPU: change an entry and apply again to see what it does.

    The neutral values (the whole image, False, 0 degrees, factor 1, hue 0, sigma 0) leave an image as it was.
    """

    boxes: torch.Tensor  # (N, 4): top, left, height, width in pixels of the source
    flip: torch.Tensor  # (N,) bool
    angle: torch.Tensor  # (N,) degrees, counter-clockwise
    brightness: torch.Tensor  # (N,) factors
    contrast: torch.Tensor
    saturation: torch.Tensor
    hue: torch.Tensor  # (N,) turns of the colour wheel
    order: torch.Tensor  # (N, 4): which of brightness 0, contrast 1, saturation 2, hue 3 comes first, second, ...
    gray: torch.Tensor  # (N,) bool
    sigma: torch.Tensor  # (N,) of the blur, in pixels
    solarize: torch.Tensor  # (N,) bool

    def __len__(self):
        return len(self.boxes)


class simclr_views:
    def __init__(self, size, strength=1.0, *, scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3), flip=0.5, rotation=0.0,
                 jitter=0.8, brightness=0.8, contrast=0.8, saturation=0.8, hue=0.2, gray=0.2, blur=0.0, solarize=0.0):  # fmt: skip
        self.__dict__.update({k: v for k, v in locals().items() if k != "self"})

    def __call__(self, images, generator=None):
        ops.check_images(images)
        n, _, height, width = images.shape
        return tuple(self._apply(images, self.draw(n, height, width, generator)) for _ in range(2))

    def draw(self, n, height, width, generator=None):
        """Draw the parameters of n views of images of height × width pixels."""
        u = torch.rand(n, 37, generator=generator, dtype=torch.float64)
        (area, aspect, place, order, flip, angle, jitter, factors, gray, blur, solarize) = u.split(
            [10, 10, 2, 4, 1, 1, 1, 4, 1, 2, 1], dim=1)  # fmt: skip
        jitter = jitter[:, 0] < self.jitter
        spread = torch.tensor([self.brightness, self.contrast, self.saturation]).double() * self.strength
        low = (1 - spread).clamp(min=0)
        factor = torch.where(jitter[:, None], low + (1 + spread - low) * factors[:, :3], 1).float()
        return Parameters(
            boxes=self._boxes(area, aspect, place, height, width), flip=flip[:, 0] < self.flip,
            angle=(2 * angle[:, 0] - 1).mul(self.rotation).float(),
            brightness=factor[:, 0], contrast=factor[:, 1], saturation=factor[:, 2],
            hue=(2 * factors[:, 3] - 1).mul(self.hue * self.strength).mul(jitter).float(),
            order=order.argsort(1), gray=gray[:, 0] < self.gray,
            sigma=torch.where(blur[:, 0] < self.blur, 0.1 + 1.9 * blur[:, 1], 0).float(), solarize=solarize[:, 0] < self.solarize)  # fmt: skip

    def _boxes(self, area, aspect, place, height, width):
        low, high = self.scale
        area = height * width * (low + (high - low) * area)
        low, high = (math.log(r) for r in self.ratio)
        aspect = (low + (high - low) * aspect).exp()
        w, h = (area * aspect).sqrt().round(), (area / aspect).sqrt().round()  # (N, 10) candidates
        fits = (w > 0) & (w <= width) & (h > 0) & (h <= height)
        first = fits.byte().argmax(1, keepdim=True)
        w, h = w.gather(1, first)[:, 0], h.gather(1, first)[:, 0]
        central_w, central_h = min(width, round(height * self.ratio[1])), min(height, round(width / self.ratio[0]))
        none = ~fits.any(1)
        w, h = w.masked_fill(none, central_w), h.masked_fill(none, central_h)
        place = place.masked_fill(none[:, None], 0.5 - 1e-9)
        top, left = (place[:, 0] * (height - h + 1)).floor(), (place[:, 1] * (width - w + 1)).floor()
        return torch.stack([top, left, h, w], 1).long()

    def apply(self, images, parameters):
        ops.check_images(images)
        return self._apply(images, parameters)

    def _apply(self, images, p):
        x = ops.sample_crops(ops.unit_range(images), p.boxes, self.size, p.flip, p.angle)
        if self.strength and self.jitter:
            ops.color_jitter_(x, p.brightness, p.contrast, p.saturation, p.hue, p.order)
        which = p.gray.nonzero()[:, 0].to(x.device, non_blocking=True)
        if len(which) and x.shape[1] == 3:
            x[which] = ops.gray_of(x[which]).expand(-1, 3, -1, -1)
        return x
