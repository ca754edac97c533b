"""The methods, one file each, to be read beside their paper."""

from clearn.methods.simclr import SimCLR
from clearn.methods.supervised import Supervised

__all__ = ["SimCLR", "Supervised"]
