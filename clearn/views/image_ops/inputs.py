"""What the operations take: images of any kind, and one parameter for each."""

import functools
import math

import torch


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


def operation(function):
    """Decorate an operation on float32 images in [0, 1] so that it takes, and checks, images of any kind."""

    @functools.wraps(function)
    def operation(images, *args, **kwargs):
        return function(as_images(images), *args, **kwargs)

    operation.unchecked = function
    return operation


def move(parameter, images):
    """`parameter` on the device of the images; that device is not waited for."""
    return parameter.to(images.device, non_blocking=True)


def parameter(name, value, shape):
    """`value` as a tensor of that shape on the CPU; one value serves for all images."""
    try:
        value = torch.as_tensor(value).detach().cpu()
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{name} must be a tensor of shape {shape}, got {type(value).__name__}") from None
    if value.shape not in (shape, shape[1:]):
        raise ValueError(f"{name} must have shape {shape}, one entry an image, got {tuple(value.shape)}")
    return value.expand(shape)


def numbers(name, value, n, least=-math.inf, most=math.inf):
    x = parameter(name, value, (n,))
    if x.dtype == torch.bool or x.is_complex():
        raise TypeError(f"{name} must hold real numbers, got {x.dtype}")
    x = x.float()
    low, high = x.min().item(), x.max().item()
    if not (math.isfinite(low) and math.isfinite(high) and least <= low and high <= most):
        limits = f", from {least} to {most}" if math.isfinite(most) else f", at least {least}" if least == 0 else ""
        raise ValueError(f"{name} must hold finite numbers{limits}, got values from {low:.4g} to {high:.4g}")
    return x


def booleans(name, value, n):
    x = parameter(name, value, (n,))
    if x.dtype != torch.bool:
        raise TypeError(f"{name} must hold booleans, got {x.dtype}; for a random half use torch.rand({n}) < 0.5")
    return x


def integers(name, value, n):
    x = parameter(name, value, (n, 4))
    if x.is_floating_point() or x.is_complex() or x.dtype == torch.bool:
        raise TypeError(f"{name} must hold integers, got {x.dtype}")
    return x.long()
