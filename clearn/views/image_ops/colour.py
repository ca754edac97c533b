"""Operations that change what colour a pixel has, and how sharp the image is."""

import torch
import torch.nn.functional as F

from clearn.validate import whole
from clearn.views.image_ops.inputs import booleans, integers, move, numbers, operation

RGB_TO_GRAY = 0.2989, 0.587, 0.114  # how bright each primary looks: ITU-R BT.601, to the digits of torchvision
BRIGHTNESS, CONTRAST, SATURATION, HUE = range(4)  # how an order names them


@operation
def adjust_brightness(images, factor):
    """clamp(factor · x), factor (N,), not negative: 0 black, 1 unchanged.

    >>> adjust_brightness(torch.full((1, 1, 1, 1), 0.5), 1.5).item()
    0.75
    """
    black = torch.zeros_like(images[:, :1])
    return _blend(images, black, numbers("factor", factor, len(images), least=0))


@operation
def adjust_contrast(images, factor):
    """clamp(m + factor · (x − m)), m the mean of the image in gray; factor (N,), not negative: 0 flat, 1 unchanged.

    >>> adjust_contrast(torch.tensor([[[[0.25, 0.75]]]]), 2)
    tensor([[[[0., 1.]]]])
    """
    gray = _gray(images)
    mean = gray.mean((2, 3), keepdim=True).expand_as(gray)
    return _blend(images, mean, numbers("factor", factor, len(images), least=0))


@operation
def adjust_saturation(images, factor):
    """clamp(g + factor · (x − g)), g the pixel in gray; factor (N,), not negative: 0 gray, 1 unchanged.

    >>> adjust_saturation(torch.tensor([1.0, 0.0, 0.0]).reshape(1, 3, 1, 1), 0).flatten()
    tensor([0.2989, 0.2989, 0.2989])
    """
    return _blend(images, _gray(images), numbers("factor", factor, len(images), least=0))


@operation
def adjust_hue(images, shift):
    """Turn the colour wheel (HSV) by `shift` (N,), in turns, −½ to ½: red becomes green at ⅓.

    >>> adjust_hue(torch.tensor([1.0, 0.0, 0.0]).reshape(1, 3, 1, 1), 1 / 3).flatten().round(decimals=3).abs()
    tensor([0., 1., 0.])
    """
    shift = numbers("shift", shift, len(images), least=-0.5, most=0.5)
    return _shift_hue_(images.clone(), move(shift, images)) if images.shape[1] == 3 else images


@operation
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
    factors = [numbers(name, value, n, least=0) for name, value in
               (("brightness", brightness), ("contrast", contrast), ("saturation", saturation))]  # fmt: skip
    hue, order = numbers("hue", hue, n, least=-0.5, most=0.5), _order(order, n)
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
    table = move(torch.stack([away, blends == SATURATION, blends == CONTRAST])[:, by], images)[..., None, None, None]
    x, hue = images.index_select(0, move(by, images)), move(hue[by], images)
    for k in range(3):
        _blend_step_(x[idle : more[k]], *table[:, idle : more[k], k])
    if no_hue < n:
        _shift_hue_(x[no_hue:], hue[no_hue:])
    for k in range(3):
        _blend_step_(x[more[k] :], *table[:, more[k] :, k])
    return x.index_select(0, move(by.argsort(), images))


def _blend_step_(x, away, is_saturation, is_contrast):
    """Move x in place towards the reference of each image: its gray, or the mean of that, or (brightness) black."""
    if len(x):
        reference = _gray(x)
        mean = reference.mean((2, 3), keepdim=True)
        x.lerp_(reference.mul_(is_saturation).add_(mean.mul_(is_contrast)), away).clamp_(0, 1)


@operation
def grayscale(images, which=True):
    """Turn the images chosen by `which` (N,), bool, to gray, .2989 R + .587 G + .114 B in each channel.

    >>> grayscale(torch.tensor([0.0, 1.0, 0.0]).reshape(1, 3, 1, 1)).flatten()
    tensor([0.5870, 0.5870, 0.5870])
    """
    which = booleans("which", which, len(images))
    if images.shape[1] == 1 or not which.any():
        return images
    return images.lerp(_gray(images), move(which.float(), images)[:, None, None, None])  # exact at 0 and at 1


@operation
def gaussian_blur(images, sigma, kernel_size):
    """Blur with weights ∝ exp(−i² / 2σ²), |i| ≤ (kernel_size − 1) / 2, along each axis; the border is reflected.

    Args: sigma (N,) in pixels, 0 leaves an image sharp; kernel_size, odd, below twice the image's sides.

    >>> gaussian_blur(torch.tensor([[[[0.0, 1.0, 0.0]] * 3]]), 100.0, 3)[0, 0, 0].round(decimals=3)
    tensor([0.6670, 0.3330, 0.6670])
    """
    n, _, height, width = images.shape
    sigma, size = numbers("sigma", sigma, n, least=0), whole("kernel_size", kernel_size)
    if size % 2 == 0 or size >= 2 * min(height, width):
        raise ValueError(f"kernel_size must be odd and below twice the sides, {height} × {width}, got {size}")
    if not sigma.any():
        return images
    i = torch.arange(size) - size // 2
    kernel = (-0.5 * (i / sigma.clamp(min=1e-3)[:, None]) ** 2).softmax(1)
    kernel = move(kernel, images)[:, :, None, None, None]
    x = F.pad(images, [size // 2] * 4, mode="reflect")
    for dim, length in ((2, height), (3, width)):
        x = sum(x.narrow(dim, i, length) * kernel[:, i] for i in range(size))
    return x.clamp_(0, 1)


@operation
def solarize(images, threshold):
    """Invert, x → 1 − x, the values of at least `threshold` (N,), not negative; above 1 it leaves an image as it is.

    >>> solarize(torch.tensor([[[[0.25, 0.75]]]]), 0.5)
    tensor([[[[0.2500, 0.2500]]]])
    """
    threshold = numbers("threshold", threshold, len(images), least=0)
    if not (threshold <= 1).any():
        return images
    return torch.where(images >= move(threshold, images)[:, None, None, None], 1 - images, images)


def _gray(x):
    """The images in gray, (N, 1, H, W), a new tensor."""
    if x.shape[1] == 1:
        return x.clone()
    (r, g, b), (wr, wg, wb) = x.split(1, dim=1), RGB_TO_GRAY
    return (r * wr).add_(g, alpha=wg).add_(b, alpha=wb)


def _blend(x, reference, factor):
    return reference.lerp(x, move(factor, x)[:, None, None, None]).clamp_(0, 1)


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


def _order(order, n):
    order = integers("order", order, n)
    wrong = (order.sort(1)[0] != torch.arange(4)).any(1)
    if wrong.any():
        raise ValueError(f"each row of order must be a permutation of 0, 1, 2, 3, got {order[wrong][0].tolist()}")
    return order
