"""What every public function asks of its input: a helpful error, never a silent NaN."""

import functools
import math
import operator

import torch

# Squares of larger values overflow float32; features that large mean that training has diverged.
LARGEST = 1e15

FLOATING = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
INTEGER = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.uint16, torch.uint32, torch.uint64)


def features(name, x, like=None, paired=True):
    """Return `x`, a matrix of features of shape (N, D), in float32 or better.

    `like` is another feature matrix, as ``(name, tensor)``, on whose device `x` must be and whose shape it must
    share; with ``paired=False``, only the length of its rows.

    Raises TypeError for anything but a floating tensor; ValueError for a wrong shape, an empty batch, NaN,
    infinity, or a magnitude over 1e15.

    >>> features("z", torch.ones(2, 3, dtype=torch.float16)).dtype
    torch.float32
    """
    floating(name, x)
    if x.ndim != 2:
        slip = {0: "", 1: f"; for one sample use {name}.unsqueeze(0)"}.get(x.ndim, f"; did you mean {name}.flatten(1)?")
        raise ValueError(f"{name} must have shape (N, D), got {tuple(x.shape)}{slip}")
    if x.numel() == 0:
        raise ValueError(f"{name} is empty: shape {tuple(x.shape)}, expected at least one row and one column")
    if like is not None:
        other, y = like
        if paired and x.shape != y.shape:
            raise ValueError(
                f"{name} and {other} must have the same shape, got {tuple(x.shape)} and {tuple(y.shape)}; "
                "row i of one is paired with row i of the other"
            )
        if x.shape[1] != y.shape[1]:
            raise ValueError(f"{name} and {other} must have rows of one length, got {x.shape[1]} and {y.shape[1]}")
        same_device(name, x, other, y)
    finite(name, x)
    return upcast(x)


def dense(name, x):
    """Raise TypeError unless `x` is an ordinary tensor: neither sparse nor nested, and with data."""
    if not isinstance(x, torch.Tensor):
        hint = "; try torch.as_tensor(...)" if hasattr(x, "__array__") or isinstance(x, (list, tuple)) else ""
        raise TypeError(f"{name} must be a torch.Tensor, got {type(x).__name__}{hint}")
    if x.layout != torch.strided or x.is_nested or x.is_meta:
        kind = "meta" if x.is_meta else "nested" if x.is_nested else x.layout
        raise TypeError(f"{name} must be a dense tensor that holds data, got a {kind} tensor")


def floating(name, x):
    """Raise TypeError unless `x` is a dense tensor in float16, bfloat16, float32 or float64."""
    dense(name, x)
    if x.dtype not in FLOATING:
        hint = "" if x.is_complex() else f"; try {name}.float()"
        raise TypeError(f"{name} must be a floating-point tensor (float16 to float64), got {x.dtype}{hint}")


def same_device(name, x, other, y):
    """Raise ValueError unless the tensors `x` and `y` are on one device."""
    if x.device != y.device:
        raise ValueError(f"{name} is on {x.device} and {other} on {y.device}, expected one device; try "
                         f"{name}.to({other}.device)")  # fmt: skip


class NotFinite(ValueError):
    """NaN, infinity or values so large that they soon will be: in training, a sign of divergence."""


def finite(name, x):
    """Raise NotFinite, a ValueError, if `x` holds NaN, infinity or magnitudes over 1e15 (one reduction, one synchronisation)."""
    largest = x.detach().abs().amax().item()  # amax passes a NaN on
    if math.isnan(largest):
        raise NotFinite(f"{name} must be finite, but holds NaN; look for a division by zero or a learning rate that is too "
                        "high")  # fmt: skip
    if largest > LARGEST:
        raise NotFinite(f"{name} must stay within ±{LARGEST:.0e}, but holds {largest:.1e}; has training diverged?")


def upcast(x):
    """`x` in float32, or in float64 if it is that already."""
    return x if x.dtype == torch.float64 else x.float()


def same_precision(*tensors):
    """The tensors, in the highest precision among them: a matrix product asks for one dtype."""
    dtype = functools.reduce(torch.promote_types, (t.dtype for t in tensors))
    return [t.to(dtype) for t in tensors]


def labels(name, y, n, of):
    """Return `y` as int64 class labels of shape (n,), one for each row of `of` (a name, for the message)."""
    dense(name, y)
    if y.dtype not in INTEGER:
        raise TypeError(f"{name} must hold integer class labels, got {y.dtype}; try {name}.long()")
    if y.shape != (n,):
        slip = f"; did you mean {name}.argmax(1)?" if y.ndim == 2 and y.shape[1] > 1 else ""
        raise ValueError(f"{name} must have shape ({n},), one label for each row of {of}, got {tuple(y.shape)}{slip}")
    return y.long()


def zero_or_one(name, y, n):
    """Return `y`, boolean or 0 and 1, as booleans of shape (n,)."""
    dense(name, y)
    if y.dtype not in (torch.bool, *INTEGER, *FLOATING):
        raise TypeError(f"{name} must be boolean or hold 0 and 1, got {y.dtype}")
    if y.shape != (n,):
        raise ValueError(f"{name} must have shape ({n},), one entry a pair, got {tuple(y.shape)}")
    if not ((y == 0) | (y == 1)).all():
        raise ValueError(f"{name} must hold only 0 and 1 (1: same); for class labels pass labels0 == labels1")
    return y == 1


def number(name, value, above=None, least=None, most=None):
    """Return `value`, a finite real number in the range asked for, as a float."""
    if isinstance(value, torch.Tensor):
        dense(name, value)
        if value.requires_grad:
            raise TypeError(f"{name} must be a plain number, got a tensor that requires a gradient and would get none")
    if hasattr(value, "item") and hasattr(value, "shape"):  # a tensor, a NumPy scalar or array
        if math.prod(value.shape) != 1:
            raise TypeError(f"{name} must be a single number, got shape {tuple(value.shape)}")
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}")
    try:
        value = float(value)
    except OverflowError:  # an int of more than 308 digits
        value = math.inf
    low = f"above {above:g}" if above is not None else f"at least {least:g}" if least is not None else ""
    wanted = " and ".join(filter(None, [low, f"at most {most:g}" if most is not None else ""]))
    if (
        not math.isfinite(value)
        or (above is not None and value <= above)
        or (least is not None and value < least)
        or (most is not None and value > most)
    ):
        raise ValueError(f"{name} must be a finite number {wanted}".rstrip() + f", got {value}")
    return value


def temperature(value):
    """A temperature τ of at least 1e-6: below, the rounding of a cosine decides, and 1/τ overflows in the end."""
    return number("temperature", value, least=1e-6)


def whole(name, value, least=1):
    """Return `value`, a whole number of at least `least`, as an int."""
    if isinstance(value, torch.Tensor):
        dense(name, value)
    try:
        n = operator.index(value)
    except TypeError:
        n = None
    if n is None or isinstance(value, bool) or str(getattr(value, "dtype", "")).endswith("bool"):
        raise TypeError(f"{name} must be a whole number, got {type(value).__name__}")
    if n < least:
        raise ValueError(f"{name} must be at least {least}, got {n}")
    return n


def place(name, value, end, of):
    """How far `value` is on the way from 0 to `of`, a share in [0, 1]."""
    last = number(end, of, above=0)
    value = number(name, value, least=0)
    if value > last:
        raise ValueError(f"{name} must be at most {end} = {last:g}, the end of the schedule, got {value:g}")
    return value / last


def full_precision(function):
    """Decorate `function` so that mixed precision (autocast) is off inside: a similarity in bf16 has 3 digits."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        tensors = (a for a in (*args, *kwargs.values()) if isinstance(a, torch.Tensor) and a.is_floating_point())
        device = next((t.device.type for t in tensors), "cpu")
        with torch.autocast(device if torch.amp.is_autocast_available(device) else "cpu", enabled=False):
            return function(*args, **kwargs)

    return wrapper
