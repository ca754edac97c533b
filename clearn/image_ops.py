"""Image operations on a batch, each image with its own parameters, on the images' own device.

Each equals the operation of the same name in `torchvision.transforms.v2.functional` on the same parameters; a loop
over images is what they save. Images are (N, C, H, W) with C = 1 or 3, uint8 or floating in [0, 1]; results are new
float32 tensors in [0, 1], without gradient. A parameter is one number for all images or a tensor (N,); keep parameters
on the CPU, where checking them does not make a GPU wait. A name that ends in `_` works in place and checks nothing,
as in torch: it is for float32 images that passed `as_images` and that the caller owns.

TypeError or ValueError: images or parameters of a wrong type, shape or range.
"""

import math

import torch
import torch.nn.functional as F

from clearn.validate import whole

RED, GREEN, BLUE = 0.2989, 0.587, 0.114  # how bright each colour looks: ITU-R BT.601, digits as in torchvision
BRIGHTNESS, CONTRAST, SATURATION, HUE = range(4)  # the entries of an order


def as_images(images, name="images"):
    """Return `images` as checked float32 in [0, 1]; uint8 is divided by 255. Float input costs one reduction.

    >>> as_images(torch.tensor([[[[0, 51, 255]]]], dtype=torch.uint8))
    tensor([[[[0.0000, 0.2000, 1.0000]]]])
    """
    check_images(images, name)
    return unit_range(images)


def unit_range(images):
    """`images` that passed the check, as float32 in [0, 1]."""
    x = images.detach()
    return x.float().div_(255) if x.dtype == torch.uint8 else x.float().clamp(0, 1)


def check_images(images, name="images"):
    """Raise TypeError or ValueError unless `images` are a batch that this module can work on."""
    if not isinstance(images, torch.Tensor):
        hint = "; try torch.as_tensor(...)" if hasattr(images, "__array__") else ""
        raise TypeError(f"{name} must be a torch.Tensor, got {type(images).__name__}{hint}")
    if images.dtype != torch.uint8 and not images.is_floating_point():
        raise TypeError(f"{name} must be uint8 or floating point in [0, 1], got {images.dtype}")
    shape = tuple(images.shape)
    if images.ndim != 4 or shape[1] not in (1, 3):
        hint = ""
        if images.ndim == 4 and shape[3] in (1, 3):
            hint = f"; the channels seem to come last: {name}.permute(0, 3, 1, 2)"
        elif images.ndim == 3:
            hint = f"; for one image use {name}.unsqueeze(0)" if shape[0] in (1, 3) else f"; use {name}.unsqueeze(1)"
        raise ValueError(f"{name} must have shape (N, C, H, W) with C = 1 or 3, got {shape}{hint}")
    if images.numel() == 0:
        raise ValueError(f"{name} must hold at least one image of at least one pixel, got shape {shape}")
    if images.is_floating_point():
        low, high = (v.item() for v in torch.aminmax(images.detach()))  # passes a NaN on
        if math.isnan(low):
            raise ValueError(f"{name} holds NaN, expected values in [0, 1]")
        if low < -1e-5 or high > 1 + 1e-5:
            hint = "; normalise after the views, not before" if low < 0 else ""
            if low >= 0 and 1 < high <= 255:
                hint = "; divide by 255, or pass uint8"
            raise ValueError(f"{name} must lie in [0, 1], got values from {low:.4g} to {high:.4g}{hint}")


def crop_resize(images, boxes, size, flip=False, angle=0.0):
    """Cut a box out of each image, resize it to size × size, rotate and flip it: all in one bilinear interpolation.

    Output column j shows source position  x = left + clamp((j + ½) · width / size − ½, 0, width − 1), rows alike:
    torchvision's `resized_crop` with antialias=False (with True too, where the crop is not made smaller). With an
    angle these positions are then turned about the crop's centre *in the source image*: as if the whole image had been
    rotated about that point before the crop, so that what was outside the box comes in at its corners, and zeros only
    from outside the image. The flip comes last.

    Args: boxes (N, 4), integers: top, left, height, width, inside the image; size in pixels; flip (N,) bool;
    angle (N,) in degrees, counter-clockwise. Returns (N, C, size, size).

    >>> image = torch.arange(16.0).reshape(1, 1, 4, 4) / 16
    >>> crop_resize(image, torch.tensor([[1, 1, 2, 2]]), 2, flip=True) * 16
    tensor([[[[ 6.,  5.],
              [10.,  9.]]]])
    """
    images, size = as_images(images), whole("size", size)
    n, (height, width) = len(images), images.shape[2:]
    boxes = integers("boxes", boxes, n)
    if (boxes[:, 2:] < 1).any() or (boxes[:, :2] < 0).any() or (boxes[:, :2] > torch.tensor([height, width], device=boxes.device) - boxes[:, 2:]).any():
        raise ValueError(f"boxes must lie inside the images")
    return sample_crops(images, boxes, size, booleans("flip", flip, n), numbers("angle", angle, n))


def sample_crops(images, boxes, size, flip, angle):
    """`crop_resize` of checked arguments; boxes, flip and angle on the CPU."""
    top, left, height, width = boxes.float().unsqueeze(2).unbind(1)
    steps = (torch.arange(size) + 0.5) / size
    x = (width * steps - 0.5).clamp_(min=torch.zeros_like(width), max=width - 1) - (width - 1) / 2
    y = (height * steps - 0.5).clamp_(min=torch.zeros_like(height), max=height - 1) - (height - 1) / 2
    x = torch.where(flip[:, None], -x, x)
    return _sample(images, x, y, left + (width - 1) / 2, top + (height - 1) / 2, angle)


def _sample(images, x, y, center_x, center_y, angle):
    """Read the images at the grid of columns x (N, w) and rows y (N, h), turned by the angle about their centre."""
    height, width = images.shape[2:]
    turn = torch.deg2rad(angle.double())[:, None]
    cos, sin = turn.cos().float(), turn.sin().float()
    # in grid_sample's units: the image from edge to edge is -1 to 1
    across = torch.stack([(2 * x * cos + 2 * center_x + 1) / width - 1, (2 * x * sin + 2 * center_y + 1) / height - 1])
    down = torch.stack([-2 * y * sin / width, 2 * y * cos / height])
    across, down = across.to(images.device, non_blocking=True), down.to(images.device, non_blocking=True)
    grid = torch.stack([across[0, :, None] + down[0, :, :, None], across[1, :, None] + down[1, :, :, None]], dim=3)
    return F.grid_sample(images, grid, align_corners=False).clamp_(0, 1)


def gray_of(images):
    """How bright each pixel looks, (N, 1, H, W): .2989 R + .587 G + .114 B."""
    if images.shape[1] == 1:
        return images.clone()
    r, g, b = images.split(1, dim=1)
    return (r * RED).add_(g, alpha=GREEN).add_(b, alpha=BLUE)


def color_jitter_(x, brightness, contrast, saturation, hue, order):
    n, channels = x.shape[:2]
    weight = 1 - torch.stack([brightness, contrast, saturation, torch.ones(n)], 1).gather(1, order)
    if channels == 1:
        weight[order == SATURATION] = 0
    table = torch.stack([weight, order == SATURATION, order == CONTRAST]).to(x.device, non_blocking=True)[..., None, None, None]
    for t in range(4):
        if (weight[:, t] != 0).any():
            w, keeps_gray, takes_mean = table[:, :, t]
            reference = gray_of(x)
            mean = reference.mean((2, 3), keepdim=True)
            x.lerp_(reference.mul_(keeps_gray).add_(mean.mul_(takes_mean)), w).clamp_(0, 1)
        shifted = ((order[:, t] == HUE) & (hue != 0)).nonzero()[:, 0]
        if channels == 3 and len(shifted):
            i = shifted.to(x.device, non_blocking=True)
            x[i] = _shift_hue(x[i], hue[shifted].to(x.device, non_blocking=True))
    return x


def _shift_hue(x, shift):
    r, g, b = x.unbind(1)
    v, low = torch.maximum(torch.maximum(r, g), b), torch.minimum(torch.minimum(r, g), b)
    c = v - low
    h = torch.where(v == r, g - b, torch.where(v == g, (b - r).add_(c, alpha=2), (r - g).add_(c, alpha=4)))
    h = h.div_(c.clamp(min=1e-12)).add_(6 * shift[:, None, None]).remainder_(6)[:, None]
    wave = (h - torch.tensor([3.0, 2.0, 4.0], device=x.device)[:, None, None]).abs_().clamp_(1, 2)
    base = torch.stack([low - c, v + c, v + c], 1)
    slope = torch.stack([c, -c, -c], 1)
    return base.addcmul_(slope, wave)


def numbers(name, value, n, least=-math.inf, most=math.inf):
    """`value`, one number or one for each of n images, as float32 (n,)."""
    try:
        x = torch.as_tensor(value)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{name} must be a number or a tensor of shape ({n},), got {type(value).__name__}") from None
    return x.float().expand(n)


def booleans(name, value, n):
    return torch.as_tensor(value).expand(n)


def integers(name, value, n):
    return value
