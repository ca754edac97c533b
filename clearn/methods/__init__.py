"""The methods, one file each, to be read beside their paper."""

from clearn.methods.byol import BYOL
from clearn.methods.moco import MoCo
from clearn.methods.simclr import SimCLR
from clearn.methods.simsiam import SimSiam
from clearn.methods.supervised import Supervised
from clearn.methods.triplet import Triplet

__all__ = ["BYOL", "MoCo", "SimCLR", "SimSiam", "Supervised", "Triplet"]
