"""What every public function asks of its input: a helpful error, never a silent NaN."""

import functools
import math

import torch

# Squares of larger values overflow float32; features that large mean that training has diverged.
LARGEST = 1e15


def features(name, x, like=None):
    """Return `x`, a matrix of features of shape (N, D), in float32 or better.

    `like` is another feature matrix, as ``(name, tensor)``, whose shape `x` must share.

    Raises TypeError for anything but a floating tensor; ValueError for a wrong shape, an empty batch, NaN,
    infinity, or a magnitude over 1e15.

    >>> features("z", torch.ones(2, 3, dtype=torch.float16)).dtype
    torch.float32
    """
    floating(name, x)
    if x.ndim != 2:
        slip = {1: f"; for one sample use {name}.unsqueeze(0)"}.get(x.ndim, f"; did you mean {name}.flatten(1)?")
        raise ValueError(f"{name} must have shape (N, D), got {tuple(x.shape)}{slip if x.ndim else ''}")
    if x.numel() == 0:
        raise ValueError(f"{name} is empty: shape {tuple(x.shape)}, expected at least one row and one column")
    if like is not None and x.shape != like[1].shape:
        raise ValueError(
            f"{name} and {like[0]} must have the same shape, got {tuple(x.shape)} and {tuple(like[1].shape)}; "
            "row i of one is paired with row i of the other"
        )
    finite(name, x)
    return upcast(x)


def floating(name, x):
    """Raise TypeError unless `x` is a real floating-point tensor."""
    if not isinstance(x, torch.Tensor):
        hint = "; try torch.as_tensor(...)" if hasattr(x, "__array__") or isinstance(x, (list, tuple)) else ""
        raise TypeError(f"{name} must be a torch.Tensor, got {type(x).__name__}{hint}")
    if not x.is_floating_point():
        raise TypeError(f"{name} must be a floating-point tensor, got {x.dtype}; try {name}.float()")


def finite(name, x):
    """Raise ValueError if `x` holds NaN, infinity or magnitudes over 1e15 (one reduction, one synchronisation)."""
    largest = x.detach().abs().amax().item()  # amax passes a NaN on
    if math.isnan(largest):
        raise ValueError(f"{name} holds NaN; look for a division by zero, or a learning rate that is too high")
    if largest > LARGEST:
        raise ValueError(f"{name} holds values as large as {largest:.1e}; has training diverged?")


def upcast(x):
    """`x` in float32, or in float64 if it is that already."""
    return x if x.dtype == torch.float64 else x.float()


def labels(name, y, n, of):
    """Return `y` as int64 class labels of shape (n,), one for each row of `of` (a name, for the message)."""
    if not isinstance(y, torch.Tensor):
        raise TypeError(f"{name} must be a torch.Tensor, got {type(y).__name__}; try torch.as_tensor(...)")
    if y.is_floating_point() or y.is_complex() or y.dtype == torch.bool:
        raise TypeError(f"{name} must hold integer class labels, got {y.dtype}; try {name}.long()")
    if y.shape != (n,):
        slip = f"; did you mean {name}.argmax(1)?" if y.ndim == 2 and y.shape[1] > 1 else ""
        raise ValueError(f"{name} must have shape ({n},), one label for each row of {of}, got {tuple(y.shape)}{slip}")
    return y.long()


def number(name, value, above=None, least=None, most=None):
    """Return `value`, a finite real number in the range asked for, as a float."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        if not hasattr(value, "item") or getattr(value, "size", None) is None:
            raise TypeError(f"{name} must be a number, got {type(value).__name__}")
        if isinstance(value, torch.Tensor) and value.numel() != 1:
            raise TypeError(f"{name} must be a single number, got a tensor of shape {tuple(value.shape)}")
        value = value.item()
    low = f"above {above}" if above is not None else f"at least {least}" if least is not None else ""
    wanted = " and ".join(filter(None, [low, f"at most {most}" if most is not None else ""]))
    if (
        not math.isfinite(value)
        or (above is not None and value <= above)
        or (least is not None and value < least)
        or (most is not None and value > most)
    ):
        raise ValueError(f"{name} must be a finite number {wanted}".rstrip() + f", got {value}")
    return float(value)


def whole(name, value, least=1):
    """Return `value`, a whole number of at least `least`, as an int."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be a whole number, got {type(value).__name__}")
    if int(value) < least:
        raise ValueError(f"{name} must be at least {least}, got {int(value)}")
    return int(value)


def full_precision(function):
    """Decorate `function` so that mixed precision (autocast) is off inside: a similarity in bf16 has 3 digits."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        tensors = (a for a in (*args, *kwargs.values()) if isinstance(a, torch.Tensor))
        device = next((t.device.type for t in tensors), "cpu")
        with torch.autocast(device, enabled=False):
            return function(*args, **kwargs)

    return wrapper
