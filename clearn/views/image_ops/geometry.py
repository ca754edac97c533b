"""Operations that move pixels."""

import torch
import torch.nn.functional as F

from clearn.validate import whole
from clearn.views.image_ops.inputs import booleans, integers, move, numbers, operation


@operation
def crop_resize(images, boxes, size, flip=False, angle=0.0):
    """Cut a box out of each image, resize it to size × size, rotate, flip: all in one bilinear interpolation.

    Column j shows the source at  x = left + clamp((j + ½) · width / size − ½, 0, width − 1), row i alike: torchvision's
    `resized_crop` with antialias=False (and with True, where nothing is made smaller). The angle then turns these
    positions about the crop's centre *in the source image*, as if that image had been rotated about this point before
    the crop: what was outside the box comes in at its corners, zeros only from outside the image. The flip is last.

    Args: boxes (N, 4), integers, top, left, height, width, inside the image; size in pixels; flip (N,) bool;
    angle (N,) in degrees, counter-clockwise. Returns (N, C, size, size).

    >>> image = torch.arange(16.0).reshape(1, 1, 4, 4) / 16
    >>> crop_resize(image, torch.tensor([[1, 1, 2, 2]]), size=2, flip=True) * 16
    tensor([[[[ 6.,  5.],
              [10.,  9.]]]])
    """
    n, size = len(images), whole("size", size)
    top, left, height, width = _boxes(boxes, images).float().T[..., None]  # each (N, 1)
    position = (torch.arange(size).float() + 0.5) / size
    x = torch.minimum((width * position - 0.5).clamp_(min=0), width - 1) - (width - 1) / 2  # from the crop's centre
    y = torch.minimum((height * position - 0.5).clamp_(min=0), height - 1) - (height - 1) / 2
    x = torch.where(booleans("flip", flip, n)[:, None], -x, x)
    return _sample(images, x, y, left + (width - 1) / 2, top + (height - 1) / 2, numbers("angle", angle, n))


@operation
def rotate(images, angle, center=None):
    """Rotate each image counter-clockwise, bilinear; zeros come in from outside.

    Args: angle (N,) in degrees; center (N, 2) or a pair, x and y in pixels from the upper left corner, by default
    the middle of the image.

    >>> rotate(torch.tensor([[[[0.0, 1.0], [0.0, 0.0]]]]), 90).round()
    tensor([[[[1., 0.],
              [0., 0.]]]])
    """
    n, _, height, width = images.shape
    center = torch.as_tensor((width / 2, height / 2) if center is None else center)
    if center.shape not in ((2,), (n, 2)):
        raise ValueError(f"center must be a pair (x, y) or have shape ({n}, 2), got shape {tuple(center.shape)}")
    x0, y0 = (numbers("center", c, n)[:, None] - 0.5 for c in center.unbind(-1))
    return _sample(images, torch.arange(width) - x0, torch.arange(height) - y0, x0, y0, numbers("angle", angle, n))


def _sample(images, x, y, x0, y0, angle):
    """Read the images at columns x (N, w) and rows y (N, h) about the point x0, y0 (N, 1), turned by the angle (N,)."""
    height, width = images.shape[2:]
    turn = torch.deg2rad(angle.double())[:, None]
    cos, sin = turn.cos().float(), turn.sin().float()
    across = torch.stack([(2 * (x0 + x * cos) + 1) / width - 1, (2 * (y0 + x * sin) + 1) / height - 1])
    down = torch.stack([-2 * y * sin / width, 2 * y * cos / height])  # grid_sample's unit: from edge to edge is -1 to 1
    across, down = move(across, images)[..., None, :], move(down, images)[..., None]
    return F.grid_sample(images, torch.stack([*(across + down)], dim=3), align_corners=False).clamp_(0, 1)


@operation
def horizontal_flip(images, which=True):
    """Mirror the images chosen by `which` (N,), bool, left to right.

    >>> horizontal_flip(torch.tensor([[[[0.0, 1.0]]], [[[0.0, 1.0]]]]), torch.tensor([True, False]))[:, 0, 0]
    tensor([[1., 0.],
            [0., 1.]])
    """
    which = move(booleans("which", which, len(images)), images)[:, None, None, None]
    return torch.where(which, images.flip(3), images)


def _boxes(boxes, images):
    boxes, sides = integers("boxes", boxes, len(images)), torch.tensor(images.shape[2:])
    start, extent = boxes[:, :2], boxes[:, 2:]
    wrong = ((start < 0) | (extent < 1) | (extent > sides) | (start > sides - extent)).any(1)
    if wrong.any():
        box, (height, width) = boxes[wrong][0].tolist(), sides.tolist()
        raise ValueError(f"boxes (top, left, height, width) must lie inside the {height} × {width} images, got {box}")
    return boxes
