"""SimCLR: Chen, Kornblith, Norouzi, Hinton 2020, "A simple framework for contrastive learning of visual representations"."""

import torch

from clearn.distributed import gather
from clearn.losses import nt_xent
from clearn.methods.base import Method
from clearn.models import projection_head
from clearn.validate import temperature as tau_of


class SimCLR(Method):
    """Two views of an image attract; every other view in the batch repels (algorithm 1).

    Args: encoder f, with attribute `dim`; temperature τ; hidden and out, widths of the projection head g.
    ``SimCLR(encoder)(view0, view1)`` is the NT-Xent loss of views (N, C, H, W), float in [0, 1].

    The paper's ImageNet runs: τ = 0.1, batch 4096, a head of 2048 and 128, LARS. For batches of a few
    hundred small images we keep τ at 0.2 and the head at 256 and 64, and train with AdamW.
    """

    def __init__(self, encoder, temperature=0.2, hidden=256, out=64):
        super().__init__()
        self.encoder = encoder
        self.head = projection_head(encoder.dim, hidden, out)
        self.temperature = tau_of(temperature)

    def forward(self, view0, view1):
        h = self.encoder(torch.cat([view0, view1]))  # (2N, dim)   one pass (07, section 4)
        z = self.head(h)  # (2N, out)
        z0, z1 = z.split([len(view0), len(view1)])
        return nt_xent(gather(z0), gather(z1), self.temperature)  # of all processes, if several train

    def extra_repr(self):
        return f"temperature={self.temperature}"
