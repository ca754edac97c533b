"""One training run in several processes, started by torchrun: the same gradient as in one process, to rounding.

Each process takes its share of every batch. Three things make the gradient exact: batch norm takes its statistics over
all shares (`synchronise_batch_norm`), a contrastive loss sees the embeddings of all shares (`gather`), and
`average_gradients` takes the mean between backward and the optimiser's step. That mean is what PyTorch's
DistributedDataParallel takes, too. We do without it because it leaks the process group: gloo's threads then outlive the
group, and now and then one of them aborts the process as Python exits.
"""

import os
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def place():
    """(rank, number of processes): (0, 1) unless `group` is open."""
    return (dist.get_rank(), dist.get_world_size()) if dist.is_available() and dist.is_initialized() else (0, 1)


@contextmanager
def group():
    """Join the other processes that torchrun started; yields this one's device, or None where it is the only one.

    nccl between GPUs, one a process; gloo between CPUs.
    """
    if int(os.environ.get("WORLD_SIZE", 1)) == 1:
        yield None
        return
    cuda = torch.cuda.is_available()
    device = torch.device("cuda", int(os.environ["LOCAL_RANK"])) if cuda else torch.device("cpu")
    if cuda:
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if cuda else "gloo")
    try:
        yield device
    finally:
        dist.destroy_process_group()


class _Sum(torch.autograd.Function):
    """The sum over all processes; backwards, the sum of what all processes ask for."""

    @staticmethod
    def forward(ctx, x):
        x = x.clone()
        dist.all_reduce(x)
        return x

    @staticmethod
    def backward(ctx, grad):
        grad = grad.clone()
        dist.all_reduce(grad)
        return grad


def gather(x):
    """The rows of x (N, …) of all processes, (W · N, …), process by process; x itself where there is only one.

    Differentiable: process r's rows receive the gradient that all W losses ask for. When each process computes the loss
    of all rows, that is W times the gradient of one loss, and the mean that `average_gradients` takes is exact. To
    cut the gradient at the gather, or to keep only the own loss's share of it, gives another direction.
    Raises ValueError where processes hold different numbers of rows.
    """
    if place()[1] == 1:
        return x
    sizes = torch.tensor([len(x), -len(x)], device=x.device)
    dist.all_reduce(sizes, dist.ReduceOp.MAX)
    if sizes[0] != -sizes[1]:
        raise ValueError(
            f"x has {len(x)} rows in this process, but from {-sizes[1]} to {sizes[0]} elsewhere; give all the same"
        )
    return _stack(x).flatten(0, 1)


def _stack(x):
    """x of all processes, (W, …), one after the other; differentiable."""
    rank, world = place()
    padded = x.new_zeros(world, *x.shape)
    padded[rank] = x
    return _Sum.apply(padded)


class SynchronisedBatchNorm(_BatchNorm):
    """Batch norm over the samples of all processes, on CPU and GPU (torch.nn.SyncBatchNorm knows GPUs only)."""

    def _check_input_dim(self, x):
        """Rows or images, both are welcome."""

    def forward(self, x):
        if not self.training or place()[1] == 1:
            return super().forward(x)
        axes = [0, *range(2, x.ndim)]
        shape = [1, -1] + [1] * (x.ndim - 2)
        full = x.to(self.running_mean)  # means in float32, whatever the network runs in
        count = x.numel() // x.shape[1] * place()[1]
        own = full.mean(axes)
        centred = full - own.view(shape)
        means, variances = _stack(torch.stack([own, centred.square().mean(axes)])).unbind(1)
        mean = means.mean(0)
        var = (variances + (means - mean).square()).mean(0)  # within the shares and between them
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(var * count / (count - 1), self.momentum)  # unbiased, as torch does it
        scale = self.weight / (var + self.eps).sqrt()
        shift = self.bias + (own - mean) * scale
        return (centred * scale.view(shape) + shift.view(shape)).to(x.dtype)


def synchronise_batch_norm(module):
    """Let every batch norm inside `module` see all processes; parameters, buffers and their names stay."""
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            layer.__class__ = SynchronisedBatchNorm
    return module


def prepare(method):
    """Let all processes begin with the first one's parameters and buffers, and batch norm see all of them."""
    if place()[1] == 1:
        return
    synchronise_batch_norm(method)
    with torch.no_grad():
        for tensor in method.state_dict(keep_vars=True).values():
            first = tensor.contiguous()  # the layout that every backend takes
            dist.broadcast(first, 0)
            tensor.copy_(first)


def average_gradients(method):
    """After backward: replace every gradient by its mean over the processes."""
    if place()[1] == 1:
        return
    gradients = [p.grad for p in method.parameters() if p.grad is not None]
    flat = torch.cat([g.flatten() for g in gradients])  # one message is quicker than one for every layer
    dist.all_reduce(flat)
    for gradient, mean in zip(gradients, (flat / place()[1]).split([g.numel() for g in gradients])):
        gradient.copy_(mean.view_as(gradient))


def agree(*numbers):
    """The mean of each number over the processes, the same bits in all of them."""
    if place()[1] == 1:
        return numbers
    values = torch.tensor(numbers, dtype=torch.float64)
    if dist.get_backend() == "nccl":
        values = values.cuda()
    dist.all_reduce(values)
    return (values / place()[1]).tolist()
