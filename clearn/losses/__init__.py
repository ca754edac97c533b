"""The losses of contrastive learning, one family a file: pure functions, each with its equation as one visible line.

All take floating tensors (float16 to float64), compute in float32, or in float64 where one is that, return a scalar
of that precision, and are differentiable. A wrong shape, dtype, device or range, NaN, or an empty batch raises a
TypeError or a ValueError that says what was given and what was expected.
"""

from clearn.losses.infonce import info_nce, nt_xent
from clearn.losses.pairs import contrastive_loss
from clearn.losses.prediction import negative_cosine
from clearn.losses.supervised import sup_con
from clearn.losses.triplets import triplet_loss

__all__ = ["contrastive_loss", "info_nce", "negative_cosine", "nt_xent", "sup_con", "triplet_loss"]
