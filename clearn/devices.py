"""Where to compute, and in which precision."""

import torch


def best_device():
    """The fastest device at hand: an NVIDIA or AMD GPU ("cuda"), Apple's ("mps"), else the CPU.

    >>> best_device().type in ("cuda", "mps", "cpu")
    True
    """
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def fast_dtype(device):
    """`torch.bfloat16` where the hardware multiplies it natively, else None: bf16 that is emulated is slower.

    Two bytes a number instead of four, the range of float32, 3 significant digits: enough for the network, while
    parameters, losses and statistics stay in float32.

    >>> fast_dtype("cpu") in (torch.bfloat16, None)
    True
    """
    device = torch.device(device)
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else None
    if device.type == "cpu":
        asks = (getattr(torch.cpu, f"_is_{name}_supported", bool) for name in ("avx512_bf16", "amx_tile"))
        return torch.bfloat16 if any(ask() for ask in asks) else None
    return None
