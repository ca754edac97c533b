"""BYOL: Grill et al. 2020, "Bootstrap your own latent: a new approach to self-supervised learning"."""

import torch
from torch import nn

from clearn.losses import negative_cosine
from clearn.methods.base import Method
from clearn.methods.momentum import frozen_copy, momentum_schedule, update_average
from clearn.models import prediction_head, projection_head
from clearn.validate import number


class BYOL(Method):
    """Predict, from one view, what a slowly moving average of oneself says of the other; no negatives (§3.1).

    Args: encoder f_θ, with attribute `dim`; momentum τ_base of the target network ξ, with `schedule` rising to 1 along a
    cosine; hidden and out, widths of the projector g; hidden is also the predictor's. For the collapse laboratory three parts
    can be taken out: the `predictor`, the `stop_gradient` (then the target network is trained by the loss, too), the
    `moving_average` (then the target network is the online network itself).
    ``BYOL(encoder)(view0, view1)`` is the sum of both directions of 2 − 2cos, from 0 to 8 (eq. 2).

    The paper's ImageNet runs: τ_base = 0.996, batch 4096, 1000 epochs, heads of 4096 and 256, LARS. In a few hundred
    steps the average must move faster, τ_base = 0.9; the heads are 512 and 256, and the projector ends with a batch
    norm, which our runs needed to learn quickly; the optimiser is AdamW. The learning rate of the predictor does not
    decay, as in SimSiam: that made the features of our short runs clearly better.
    """

    constant_rate = ("predictor",)

    def __init__(self, encoder, momentum=0.9, hidden=512, out=256, *, schedule=True, predictor=True,
                 stop_gradient=True, moving_average=True):  # fmt: skip
        super().__init__()
        self.encoder = encoder
        self.projector = projection_head(encoder.dim, hidden, out, output_norm=True)
        self.predictor = prediction_head(out, hidden) if predictor else nn.Identity()
        self.momentum = number("momentum", momentum, least=0, most=1)
        self.schedule, self.stop_gradient, self.moving_average = schedule, stop_gradient, moving_average
        if moving_average:
            self.target = frozen_copy(self.online).requires_grad_(not stop_gradient)

    @property
    def online(self):
        """Encoder and projector, which the target network follows."""
        return nn.Sequential(self.encoder, self.projector)

    def forward(self, view0, view1):
        p0, p1 = (self.predictor(self.online(view)) for view in (view0, view1))  # (N, out)   predictions
        with torch.set_grad_enabled(not self.stop_gradient and torch.is_grad_enabled()):
            target = self.target if self.moving_average else self.online
            z0, z1 = target(view0), target(view1)  # (N, out)   what is to be predicted
        return (2 + 2 * negative_cosine(p0, z1)) + (2 + 2 * negative_cosine(p1, z0))

    def after_step(self, step, steps):
        if self.moving_average:
            m = momentum_schedule(step, steps, self.momentum) if self.schedule else self.momentum
            update_average(self.target, self.online, m)

    def extra_repr(self):
        return (f"momentum={self.momentum}, schedule={self.schedule}, stop_gradient={self.stop_gradient}, "
                f"moving_average={self.moving_average}")  # fmt: skip
