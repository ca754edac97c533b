"""Encoders that turn things into features, one file a kind of data, and the small heads that stand on them while training."""

from clearn.models.batch_norm import SplitBatchNorm, split_batch_norm
from clearn.models.heads import prediction_head, projection_head
from clearn.models.images import Encoder, ResidualBlock, resnet18_encoder, tiny_encoder

__all__ = ["Encoder", "ResidualBlock", "SplitBatchNorm", "prediction_head", "projection_head", "resnet18_encoder",
           "split_batch_norm", "tiny_encoder"]  # fmt: skip
