"""The methods, one file each, to be read beside their paper."""

from clearn.methods.simclr import SimCLR
from clearn.methods.supervised import Supervised
from clearn.methods.triplet import Triplet

__all__ = ["SimCLR", "Supervised", "Triplet"]
