"""Image operations on a batch, each image with its own parameters, on the images' own device.

Each equals the function of the same name in `torchvision.transforms.v2.functional`, looped over the images. Images are
(N, C, H, W) with C = 1 or 3, uint8 or floating in [0, 1]; results are new float32 tensors in [0, 1], without gradient.
A parameter is one value for all images or a tensor (N,). Keep parameters on the CPU: there a check makes no GPU wait.
Where C = 1, saturation, hue and grayscale change nothing, as in torchvision.

Raises TypeError or ValueError for images or parameters of a wrong type, shape or range. `operation.unchecked` skips
the look at the images, and may return them as they are: for the output of another operation.
"""

import functools
import math

import torch
import torch.nn.functional as F

from clearn.validate import whole

RGB_TO_GRAY = 0.2989, 0.587, 0.114  # how bright each primary looks: ITU-R BT.601, to the digits of torchvision
BRIGHTNESS, CONTRAST, SATURATION, HUE = range(4)  # how an order names them


def as_images(images):
    """Return `images`, checked, as a new float32 tensor in [0, 1]; uint8 is divided by 255.

    The range of float images is checked by one reduction; uint8 needs none.

    >>> as_images(torch.tensor([[[[0, 51, 255]]]], dtype=torch.uint8))
    tensor([[[[0.0000, 0.2000, 1.0000]]]])
    """
    if not isinstance(images, torch.Tensor):
        hint = "; try torch.as_tensor(...)" if hasattr(images, "__array__") else ""
        raise TypeError(f"images must be a torch.Tensor, got {type(images).__name__}{hint}")
    if images.dtype != torch.uint8 and not images.is_floating_point():
        raise TypeError(f"images must be uint8, or floating point in [0, 1], got {images.dtype}")
    shape = tuple(images.shape)
    if images.ndim != 4 or shape[1] not in (1, 3):
        hints = {
            (4, True): "; the channels come last: permute(0, 3, 1, 2)",
            (3, True): "; did you mean permute(2, 0, 1)[None]?",
            (3, False): "; for one image use unsqueeze(0), for gray images unsqueeze(1)",
        }
        hint = hints.get((images.ndim, images.ndim > 0 and shape[-1] in (1, 3)), "")
        raise ValueError(f"images must have shape (N, C, H, W) with C = 1 or 3, got {shape}{hint}")
    if images.numel() == 0:
        raise ValueError(f"images must hold at least one image of at least one pixel, got shape {shape}")
    if images.dtype == torch.uint8:
        return images.float().div_(255)
    images = images.detach().float()
    low, high = torch.stack(torch.aminmax(images)).tolist()  # a NaN is passed on
    if math.isnan(low):
        raise ValueError("images hold NaN, expected values in [0, 1]")
    if low < -1e-5 or high > 1 + 1e-5:
        hint = "; normalise after augmenting, not before" if low < 0 else "; divide by 255, or pass uint8"
        raise ValueError(f"images must lie in [0, 1], got values from {low:.4g} to {high:.4g}{hint}")
    return images.clamp(0, 1)


def _operation(function):
    """Decorate an operation on float32 images in [0, 1] so that it takes, and checks, images of any kind."""

    @functools.wraps(function)
    def operation(images, *args, **kwargs):
        return function(as_images(images), *args, **kwargs)

    operation.unchecked = function
    return operation


@_operation
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
    x = torch.where(_booleans("flip", flip, n)[:, None], -x, x)
    return _sample(images, x, y, left + (width - 1) / 2, top + (height - 1) / 2, _numbers("angle", angle, n))


@_operation
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
    x0, y0 = (_numbers("center", c, n)[:, None] - 0.5 for c in center.unbind(-1))
    return _sample(images, torch.arange(width) - x0, torch.arange(height) - y0, x0, y0, _numbers("angle", angle, n))


def _sample(images, x, y, x0, y0, angle):
    """Read the images at columns x (N, w) and rows y (N, h) about the point x0, y0 (N, 1), turned by the angle (N,)."""
    height, width = images.shape[2:]
    turn = torch.deg2rad(angle.double())[:, None]
    cos, sin = turn.cos().float(), turn.sin().float()
    across = torch.stack([(2 * (x0 + x * cos) + 1) / width - 1, (2 * (y0 + x * sin) + 1) / height - 1])
    down = torch.stack([-2 * y * sin / width, 2 * y * cos / height])  # grid_sample's unit: from edge to edge is -1 to 1
    across, down = _move(across, images)[..., None, :], _move(down, images)[..., None]
    return F.grid_sample(images, torch.stack([*(across + down)], dim=3), align_corners=False).clamp_(0, 1)


@_operation
def horizontal_flip(images, which=True):
    """Mirror the images chosen by `which` (N,), bool, left to right.

    >>> horizontal_flip(torch.tensor([[[[0.0, 1.0]]], [[[0.0, 1.0]]]]), torch.tensor([True, False]))[:, 0, 0]
    tensor([[1., 0.],
            [0., 1.]])
    """
    which = _move(_booleans("which", which, len(images)), images)[:, None, None, None]
    return torch.where(which, images.flip(3), images)


@_operation
def adjust_brightness(images, factor):
    """clamp(factor · x), factor (N,), not negative: 0 black, 1 unchanged.

    >>> adjust_brightness(torch.full((1, 1, 1, 1), 0.5), 1.5).item()
    0.75
    """
    return _blend(images, torch.zeros_like(images[:, :1]), _numbers("factor", factor, len(images), least=0))


@_operation
def adjust_contrast(images, factor):
    """clamp(m + factor · (x − m)), m the mean of the image in gray; factor (N,), not negative: 0 flat, 1 unchanged.

    >>> adjust_contrast(torch.tensor([[[[0.25, 0.75]]]]), 2)
    tensor([[[[0., 1.]]]])
    """
    gray = _gray(images)
    mean = gray.mean((2, 3), keepdim=True).expand_as(gray)
    return _blend(images, mean, _numbers("factor", factor, len(images), least=0))


@_operation
def adjust_saturation(images, factor):
    """clamp(g + factor · (x − g)), g the pixel in gray; factor (N,), not negative: 0 gray, 1 unchanged.

    >>> adjust_saturation(torch.tensor([1.0, 0.0, 0.0]).reshape(1, 3, 1, 1), 0).flatten()
    tensor([0.2989, 0.2989, 0.2989])
    """
    return _blend(images, _gray(images), _numbers("factor", factor, len(images), least=0))


@_operation
def adjust_hue(images, shift):
    """Turn the colour wheel (HSV) by `shift` (N,), in turns, −½ to ½: red becomes green at ⅓.

    >>> adjust_hue(torch.tensor([1.0, 0.0, 0.0]).reshape(1, 3, 1, 1), 1 / 3).flatten().round(decimals=3).abs()
    tensor([0., 1., 0.])
    """
    shift = _numbers("shift", shift, len(images), least=-0.5, most=0.5)
    return _shift_hue_(images.clone(), _move(shift, images)) if images.shape[1] == 3 else images


@_operation
def color_jitter(images, brightness, contrast, saturation, hue, order):
    """Adjust brightness, contrast, saturation and hue, in an order of its own for each image.

    Args: brightness, contrast, saturation (N,), factors, 1 is neutral; hue (N,), in turns, 0 is neutral;
    order (N, 4), integers, a permutation of 0 brightness, 1 contrast, 2 saturation, 3 hue, the first one first.
    Chen et al. 2020, "SimCLR", appendix A, with the order of torchvision's ColorJitter.

    >>> twice = torch.tensor([0.25, 0.75]).expand(2, 1, 1, 2)
    >>> color_jitter(twice, 2.0, 0.5, 1.0, 0.0, torch.tensor([[0, 1, 2, 3], [1, 0, 2, 3]]))[:, 0, 0]
    tensor([[0.6250, 0.8750],
            [0.7500, 1.0000]])
    """
    n, channels = images.shape[:2]
    factors = [_numbers(name, value, n, least=0) for name, value in
               (("brightness", brightness), ("contrast", contrast), ("saturation", saturation))]  # fmt: skip
    hue, order = _numbers("hue", hue, n, least=-0.5, most=0.5), _order(order, n)
    if channels == 1:
        factors[SATURATION], hue = torch.ones_like(hue), torch.zeros_like(hue)
    # Hue is the costly one. Sorted by how many of the three blends come before it, longest first, the images take their
    # early blends, then all at once the hue, then their late blends, each time as one slice of the batch.
    before = (order == HUE).byte().argmax(1)
    blends = order.gather(1, torch.arange(3) + (torch.arange(3) >= before[:, None]))  # (N, 3): the order without hue
    away = 1 - torch.stack(factors, dim=1).gather(1, blends)  # how far each blend goes to its reference
    before = before.masked_fill(hue == 0, 4).masked_fill((away == 0).all(1) & (hue == 0), 5)  # no hue, nothing at all
    by = before.argsort(descending=True)
    more = [(before > k).sum().item() for k in range(5)]
    idle, no_hue = more[4], more[3]
    if idle == n:
        return images
    table = _move(torch.stack([away, blends == SATURATION, blends == CONTRAST])[:, by], images)[..., None, None, None]
    x, hue = images.index_select(0, _move(by, images)), _move(hue[by], images)
    for k in range(3):
        _blend_step_(x[idle : more[k]], *table[:, idle : more[k], k])
    if no_hue < n:
        _shift_hue_(x[no_hue:], hue[no_hue:])
    for k in range(3):
        _blend_step_(x[more[k] :], *table[:, more[k] :, k])
    return x.index_select(0, _move(by.argsort(), images))


def _blend_step_(x, away, is_saturation, is_contrast):
    """Move x in place towards the reference of each image: its gray, or the mean of that, or (brightness) black."""
    if len(x):
        reference = _gray(x)
        mean = reference.mean((2, 3), keepdim=True)
        x.lerp_(reference.mul_(is_saturation).add_(mean.mul_(is_contrast)), away).clamp_(0, 1)


@_operation
def grayscale(images, which=True):
    """Turn the images chosen by `which` (N,), bool, to gray, .2989 R + .587 G + .114 B in each channel.

    >>> grayscale(torch.tensor([0.0, 1.0, 0.0]).reshape(1, 3, 1, 1)).flatten()
    tensor([0.5870, 0.5870, 0.5870])
    """
    which = _booleans("which", which, len(images))
    if images.shape[1] == 1 or not which.any():
        return images
    return images.lerp(_gray(images), _move(which.float(), images)[:, None, None, None])  # exact at 0 and at 1


@_operation
def gaussian_blur(images, sigma, kernel_size):
    """Blur with weights ∝ exp(−i² / 2σ²), |i| ≤ (kernel_size − 1) / 2, along each axis; the border is reflected.

    Args: sigma (N,) in pixels, 0 leaves an image sharp; kernel_size, odd, below twice the image's sides.

    >>> gaussian_blur(torch.tensor([[[[0.0, 1.0, 0.0]] * 3]]), 100.0, 3)[0, 0, 0].round(decimals=3)
    tensor([0.6670, 0.3330, 0.6670])
    """
    n, _, height, width = images.shape
    sigma, size = _numbers("sigma", sigma, n, least=0), whole("kernel_size", kernel_size)
    if size % 2 == 0 or size >= 2 * min(height, width):
        raise ValueError(f"kernel_size must be odd and below twice the sides, {height} × {width}, got {size}")
    if not sigma.any():
        return images
    i = torch.arange(size) - size // 2
    kernel = (-0.5 * (i / sigma.clamp(min=1e-3)[:, None]) ** 2).softmax(1)
    kernel = _move(kernel, images)[:, :, None, None, None]
    x = F.pad(images, [size // 2] * 4, mode="reflect")
    for dim, length in ((2, height), (3, width)):
        x = sum(x.narrow(dim, i, length) * kernel[:, i] for i in range(size))
    return x.clamp_(0, 1)


@_operation
def solarize(images, threshold):
    """Invert, x → 1 − x, the values of at least `threshold` (N,), not negative; above 1 it leaves an image as it is.

    >>> solarize(torch.tensor([[[[0.25, 0.75]]]]), 0.5)
    tensor([[[[0.2500, 0.2500]]]])
    """
    threshold = _numbers("threshold", threshold, len(images), least=0)
    if not (threshold <= 1).any():
        return images
    return torch.where(images >= _move(threshold, images)[:, None, None, None], 1 - images, images)


def _gray(x):
    """The images in gray, (N, 1, H, W), a new tensor."""
    if x.shape[1] == 1:
        return x.clone()
    (r, g, b), (wr, wg, wb) = x.split(1, dim=1), RGB_TO_GRAY
    return (r * wr).add_(g, alpha=wg).add_(b, alpha=wb)


def _blend(x, reference, factor):
    return reference.lerp(x, _move(factor, x)[:, None, None, None]).clamp_(0, 1)


def _shift_hue_(x, shift):
    """Turn the hue of x (N, 3, H, W) in place: torchvision's way over HSV, without the branches of its six sectors."""
    r, g, b = x.unbind(1)
    tilt, upper, lower = g - b, torch.maximum(g, b), torch.minimum(g, b)
    value, least = torch.maximum(r, upper), torch.minimum(r, lower)
    chroma = value - least
    # In sixths of a turn, red is at 0 and h is positive towards green, negative towards blue:
    # |h| · chroma = |g − b| + relu(max(g, b) − r) + 2 relu(min(g, b) − r)
    h = (value - r).add_(lower.sub_(least), alpha=2).add_(tilt.abs())
    h = h.div_(chroma.clamp(min=1e-12)).copysign_(tilt).add_(6 * shift[:, None, None])
    h.sub_((h / 6).floor_(), alpha=6)  # now in [0, 6]; three times as fast as remainder
    torch.addcmul(value, chroma, (h - 3).abs_().neg_().add_(2).clamp_(0, 1), value=-1, out=x[:, 0])
    torch.addcmul(value, chroma, (h - 2).abs_().sub_(1).clamp_(0, 1), value=-1, out=x[:, 1])
    torch.addcmul(value, chroma, (h - 4).abs_().sub_(1).clamp_(0, 1), value=-1, out=x[:, 2])
    return x


def _move(parameter, images):
    """`parameter` on the device of the images; that device is not waited for."""
    return parameter.to(images.device, non_blocking=True)


def _parameter(name, value, shape):
    """`value` as a tensor of that shape on the CPU; one value serves for all images."""
    try:
        value = torch.as_tensor(value).detach().cpu()
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{name} must be a tensor of shape {shape}, got {type(value).__name__}") from None
    if value.shape not in (shape, shape[1:]):
        raise ValueError(f"{name} must have shape {shape}, one entry an image, got {tuple(value.shape)}")
    return value.expand(shape)


def _numbers(name, value, n, least=-math.inf, most=math.inf):
    x = _parameter(name, value, (n,))
    if x.dtype == torch.bool or x.is_complex():
        raise TypeError(f"{name} must hold real numbers, got {x.dtype}")
    x = x.float()
    low, high = x.min().item(), x.max().item()
    if not (math.isfinite(low) and math.isfinite(high) and least <= low and high <= most):
        limits = f", from {least} to {most}" if math.isfinite(most) else f", at least {least}" if least == 0 else ""
        raise ValueError(f"{name} must hold finite numbers{limits}, got values from {low:.4g} to {high:.4g}")
    return x


def _booleans(name, value, n):
    x = _parameter(name, value, (n,))
    if x.dtype != torch.bool:
        raise TypeError(f"{name} must hold booleans, got {x.dtype}; for a random half use torch.rand({n}) < 0.5")
    return x


def _integers(name, value, n):
    x = _parameter(name, value, (n, 4))
    if x.is_floating_point() or x.is_complex() or x.dtype == torch.bool:
        raise TypeError(f"{name} must hold integers, got {x.dtype}")
    return x.long()


def _boxes(boxes, images):
    boxes, sides = _integers("boxes", boxes, len(images)), torch.tensor(images.shape[2:])
    start, extent = boxes[:, :2], boxes[:, 2:]
    wrong = ((start < 0) | (extent < 1) | (extent > sides) | (start > sides - extent)).any(1)
    if wrong.any():
        box, (height, width) = boxes[wrong][0].tolist(), sides.tolist()
        raise ValueError(f"boxes (top, left, height, width) must lie inside the {height} × {width} images, got {box}")
    return boxes


def _order(order, n):
    order = _integers("order", order, n)
    wrong = (order.sort(1)[0] != torch.arange(4)).any(1)
    if wrong.any():
        raise ValueError(f"each row of order must be a permutation of 0, 1, 2, 3, got {order[wrong][0].tolist()}")
    return order
