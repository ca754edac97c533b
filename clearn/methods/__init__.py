"""The methods, one file each, to be read beside their paper."""

from clearn.methods.simclr import SimCLR

__all__ = ["SimCLR"]
