"""SimSiam: Chen, He 2021, "Exploring simple Siamese representation learning"."""

from torch import nn

from clearn.losses import negative_cosine
from clearn.methods.base import Method
from clearn.models import prediction_head, projection_head


class SimSiam(Method):
    """Predict one view's projection from the other's, and let no gradient through the target (algorithm 1).

    Args: encoder, with attribute `dim`; hidden and out, widths of the projector; bottleneck, hidden width of the
    predictor h. For the collapse laboratory, the `predictor` and the `stop_gradient` can be taken out.
    ``SimSiam(encoder)(view0, view1)`` is the mean of both directions of the negative cosine, in [−1, 1].

    The paper's ImageNet runs: a projector of three layers of 2048 with batch norm also on its output, a predictor of
    512, and SGD; two layers on CIFAR-10. Here the projector has two layers, of 512 and 256, the predictor 128, and the
    optimiser is AdamW. As in the paper the learning rate of the predictor does not decay, for it should always be able
    to follow the newest projections (§4.2, table 1c).
    """

    constant_rate = ("predictor",)

    def __init__(self, encoder, hidden=512, out=256, bottleneck=128, *, predictor=True, stop_gradient=True):
        super().__init__()
        self.encoder = encoder
        self.projector = projection_head(encoder.dim, hidden, out, output_norm=True)
        self.predictor = prediction_head(out, bottleneck) if predictor else nn.Identity()
        self.stop_gradient = stop_gradient

    def forward(self, view0, view1):
        z0, z1 = (self.projector(self.encoder(view)) for view in (view0, view1))  # (N, out) projections
        p0, p1 = self.predictor(z0), self.predictor(z1)  # (N, out) predictions
        if self.stop_gradient:
            z0, z1 = z0.detach(), z1.detach()
        return negative_cosine(p0, z1) / 2 + negative_cosine(p1, z0) / 2

    def extra_repr(self):
        return f"stop_gradient={self.stop_gradient}"
