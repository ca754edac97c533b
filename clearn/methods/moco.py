"""MoCo: He, Fan, Wu, Xie, Girshick 2020, "Momentum contrast for unsupervised visual representation learning"."""

import torch
from torch import nn

from clearn.distributed import gather
from clearn.losses import info_nce
from clearn.methods.base import Method
from clearn.methods.momentum import Queue, frozen_copy, momentum_schedule, update_average
from clearn.models import projection_head, split_batch_norm
from clearn.similarity import unit
from clearn.validate import number, whole
from clearn.validate import temperature as tau_of


class MoCo(Method):
    """A query must find its key among the keys of earlier batches, which wait in a queue (algorithm 1).

    Args: encoder f_q, with attribute `dim`; queue_size K; momentum m of the key encoder f_k, with `schedule` rising to
    1 along a cosine; temperature τ; symmetric, whether each view is query once, at twice the cost; splits, into how
    many parts a batch is cut for batch norm, as if it lay on so many GPUs, and shuffle, whether keys are shuffled first
    so that a query and its key do not share a part (§3.3; with one part it changes nothing); hidden and out, widths of
    the projection heads. ``MoCo(encoder)(view0, view1)`` is the InfoNCE loss of views (N, C, H, W).

    The paper's ImageNet runs: K = 65536, m = 0.999, τ = 0.07, batch 256, 200 epochs, the head one linear layer (in v2,
    Chen et al. 2020, an MLP without batch norm and τ = 0.2). In a few hundred steps a key encoder of m = 0.999 would
    hardly leave its random start, so m is 0.99 here, K is 4096, the head that of `SimCLR`, and the optimiser AdamW.
    """

    def __init__(self, encoder, queue_size=4096, momentum=0.99, temperature=0.2, *, schedule=False, symmetric=False,
                 splits=1, shuffle=True, hidden=256, out=64):  # fmt: skip
        super().__init__()
        self.encoder, self.head = encoder, projection_head(encoder.dim, hidden, out)
        if whole("splits", splits) > 1:
            split_batch_norm(self, splits)
        self.key_network = frozen_copy(nn.Sequential(self.encoder, self.head))
        self.queue = Queue(queue_size, out)
        self.temperature = tau_of(temperature)
        self.momentum = number("momentum", momentum, least=0, most=1)
        self.schedule, self.symmetric, self.splits, self.shuffle = schedule, symmetric, splits, shuffle
        self.new_keys = None  # they join the queue only after the step: no loss may meet its own positives there

    def forward(self, view0, view1):
        loss, self.new_keys = self.contrast(view0, view1)
        if self.symmetric:
            other, more = self.contrast(view1, view0)
            loss, self.new_keys = (loss + other) / 2, torch.cat([self.new_keys, more])
        return loss

    def contrast(self, query_view, key_view):
        q = self.head(self.encoder(query_view))  # (N, out)   queries
        k = unit(self.keys(key_view)).detach()  # (N, out)   keys, as the queue keeps them: no gradient
        return info_nce(q, k, self.queue.keys, self.temperature), k

    def keys(self, view):
        """The keys of a view (N, C, H, W), by the key encoder; its batch norm sees them shuffled."""
        shuffled = self.splits > 1 and self.shuffle
        order = torch.randperm(len(view), device=view.device) if shuffled else slice(None)
        k = torch.empty(len(view), self.queue.keys.shape[1], device=view.device)
        k[order] = self.key_network(view[order]).float()  # shuffled, and back
        return k

    def after_step(self, step, steps):
        m = momentum_schedule(step, steps, self.momentum) if self.schedule else self.momentum
        update_average(self.key_network, nn.Sequential(self.encoder, self.head), m)
        if self.new_keys is not None:
            self.queue.enqueue(gather(self.new_keys))  # where several processes train: of all of them
            self.new_keys = None

    def extra_repr(self):
        return (f"momentum={self.momentum}, temperature={self.temperature}, schedule={self.schedule}, "
                f"symmetric={self.symmetric}, splits={self.splits}, shuffle={self.shuffle}")  # fmt: skip
