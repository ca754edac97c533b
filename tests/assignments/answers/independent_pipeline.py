"""Answers to pipeline, written from the exercises alone, without a look at the checks."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from answers import right, wrong


# ---------------------------------------------------------- adjust_brightness


# factors (N,) are not reshaped: they are broadcast along the width (stops, or, where N = W, one factor per column)
@wrong("factor along the wrong axis")
def adjust_brightness(images, factors):
    return (images * factors).clamp(max=1)


# factors are reshaped to (N, 1, 1): one dimension short, they fall on the channels instead of the pictures
@wrong("factor along the wrong axis")
def adjust_brightness(images, factors):
    return torch.clamp(images * factors[:, None, None], 0, 1)


@wrong("not clamped")  # clamps at 255 as for bytes: values above 1 stay
def adjust_brightness(images, factors):
    out = images * factors.view(-1, 1, 1, 1)
    return torch.clamp(out, 0, 255)


@wrong("changes its input")  # works in place: the given images are changed
def adjust_brightness(images, factors):
    for i in range(len(images)):
        images[i] *= factors[i]
    images.clamp_(0, 1)
    return images


@wrong("factor clamped, not the picture")  # clamps the factors at 1 instead of the result: nothing is ever made brighter
def adjust_brightness(images, factors):
    f = torch.minimum(factors, torch.ones_like(factors))
    return images * f.reshape(-1, 1, 1, 1)


@wrong("factor added")  # adds instead of multiplying: shifts each picture by f - 1
def adjust_brightness(images, factors):
    return torch.clamp(images + (factors - 1)[:, None, None, None], 0, 1)


@wrong("rescaled in place of clamped")  # instead of cutting off at 1, rescales each picture that exceeds 1 by its maximum
def adjust_brightness(images, factors):
    out = []
    for x, f in zip(images, factors):
        y = x * f
        if y.max() > 1:
            y = y / y.max()
        out.append(y)
    return torch.stack(out)


# three channels are built in (range(3)): stops for one channel, leaves any further ones black
@wrong("number of channels built in")
def adjust_brightness(images, factors):
    result = torch.zeros_like(images)
    for i in range(images.shape[0]):
        for c in range(3):
            result[i, c] = (images[i, c] * factors[i]).clamp(max=1.0)
    return result


@right
def adjust_brightness(images, factors):
    return torch.einsum("nchw,n->nchw", images, factors).clamp(0, 1)


@right
def adjust_brightness(images, factors):
    y = (images.permute(1, 2, 3, 0) * factors).permute(3, 0, 1, 2)
    return torch.where(y > 1, torch.ones_like(y), y)


# ------------------------------------------------------------------ two_views


@wrong("same view twice")  # augments once and returns the same view twice
def two_views(images, augment):
    view = augment(images.float() / 255)
    return view, view.clone()


@wrong("one view not augmented")  # the first view is the picture itself, not augmented
def two_views(images, augment):
    x = images / 255
    return x, augment(x)


@wrong("bytes not scaled to [0, 1]")  # only converts to float and forgets to divide by 255: augment gets values from 0 to 255
def two_views(images, augment):
    x = images.float()
    view0 = augment(x)
    view1 = augment(x)
    return view0, view1


@wrong("second view made from the first")  # the second view is made of the first one: a view of a view
def two_views(images, augment):
    x = images.to(torch.float32).div(255)
    view0 = augment(x)
    view1 = augment(view0)
    return view0, view1


# augments the doubled batch at once, but splits it into even and odd rows, although the copies stand below each other: rows do not match
@wrong("views of different pictures")
def two_views(images, augment):
    x = images.float() / 255
    both = augment(torch.cat([x, x]))
    return both[0::2], both[1::2]


@wrong("seed set inside")  # sets a seed inside: each call gives the same views
def two_views(images, augment):
    x = images.float() / 255
    torch.manual_seed(0)
    view0 = augment(x)
    torch.manual_seed(1)
    view1 = augment(x)
    return view0, view1


@wrong("scaled by the batch's own range")  # divides by the largest value found in the batch instead of 255: dark batches get brighter
def two_views(images, augment):
    x = images.float()
    x = x / x.max().clamp(min=1)
    return augment(x), augment(x)


@wrong("one tensor in place of a pair")  # returns one tensor of 2N views (concatenated), not a pair
def two_views(images, augment):
    x = images.float() / 255.0
    return torch.cat([augment(x), augment(x)], dim=0)


@right
def two_views(images, augment):
    return augment(images.mul(1 / 255).repeat(2, 1, 1, 1)).tensor_split(2)


@right
def two_views(images, augment):
    pairs = []
    for picture in images:
        x = picture.unsqueeze(0) / 255.0
        pairs.append((augment(x)[0], augment(x)[0]))
    a, b = zip(*pairs)
    return torch.stack(a), torch.stack(b)


# ------------------------------------------------------------ projection_head


@wrong("bias before batch norm")  # the first linear layer has a bias
def projection_head(dim, hidden, out):
    return nn.Sequential(nn.Linear(dim, hidden), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, out))


@wrong("no batch norm")  # the batch norm is missing
def projection_head(dim, hidden, out):
    return nn.Sequential(
        nn.Linear(dim, hidden, bias=False),
        nn.ReLU(),
        nn.Linear(hidden, out),
    )


@wrong("batch norm after the ReLU")  # the ReLU stands before the batch norm instead of after it
def projection_head(dim, hidden, out):
    layers = [nn.Linear(dim, hidden, bias=False)]
    layers.append(nn.ReLU(inplace=True))
    layers.append(nn.BatchNorm1d(hidden))
    layers.append(nn.Linear(hidden, out, bias=True))
    return nn.Sequential(*layers)


@wrong("ReLU at the end")  # a second ReLU follows the last layer: no negative outputs
def projection_head(dim, hidden, out):
    return nn.Sequential(nn.Linear(dim, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(),
                         nn.Linear(hidden, out), nn.ReLU())


@wrong("no bias at the end")  # the last linear layer has no bias
def projection_head(dim, hidden, out):
    class Head(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1 = nn.Linear(dim, hidden, bias=False)
            self.bn = nn.BatchNorm1d(hidden)
            self.fc2 = nn.Linear(hidden, out, bias=False)
        def forward(self, x):
            return self.fc2(F.relu(self.bn(self.fc1(x))))
    return Head()


@wrong("parameters not registered")  # the layers stand in a plain Python list, so parameters() does not find them
def projection_head(dim, hidden, out):
    class Head(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Linear(dim, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, out)]
        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return x
    return Head()


@wrong("layer norm")  # layer norm instead of batch norm: normalises each row, not each column over the batch
def projection_head(dim, hidden, out):
    return nn.Sequential(nn.Linear(dim, hidden, bias=False), nn.LayerNorm(hidden), nn.ReLU(), nn.Linear(hidden, out))


# the outputs are scaled to length 1 at the end, although nothing should follow the last layer
@wrong("projections normalised")
def projection_head(dim, hidden, out):
    class Head(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(dim, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, out))
        def forward(self, h):
            return F.normalize(self.net(h), dim=1)
    return Head()


@right
def projection_head(dim, hidden, out):
    class Head(nn.Module):
        def __init__(self):
            super().__init__()
            self.w1 = nn.Parameter(torch.randn(dim, hidden) / dim ** 0.5)
            self.bn = nn.BatchNorm1d(hidden)
            self.w2 = nn.Parameter(torch.randn(hidden, out) / hidden ** 0.5)
            self.b2 = nn.Parameter(torch.zeros(out))
        def forward(self, h):
            return self.bn(h @ self.w1).clamp(min=0) @ self.w2 + self.b2
    return Head()


@right
def projection_head(dim, hidden, out):
    lower = nn.Sequential()
    lower.add_module("linear", nn.Linear(dim, hidden, bias=False))
    lower.add_module("norm", nn.BatchNorm1d(hidden))
    upper = nn.ModuleDict({"act": nn.ReLU(), "linear": nn.Linear(hidden, out)})
    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = nn.ModuleList([lower, upper])
        def forward(self, h):
            return self.parts[1]["linear"](self.parts[1]["act"](self.parts[0](h)))
    return Both()


# ---------------------------------------------------------------------- embed


# never calls eval(): runs in the mode it came in, batch norm uses (and updates) the batch's statistics
@wrong("in training mode")
def embed(encoder, images, batch_size):
    feats = []
    with torch.no_grad():
        for i in range(0, len(images), batch_size):
            feats.append(encoder(images[i:i + batch_size].float() / 255))
    return torch.cat(feats)


@wrong("mode not restored")  # puts the encoder into evaluation mode and leaves it there
def embed(encoder, images, batch_size):
    encoder.eval()
    with torch.no_grad():
        return torch.cat([encoder(b.float() / 255) for b in images.split(batch_size)])


@wrong("always back to training mode")  # always calls train() at the end, also where the encoder came in evaluation mode
def embed(encoder, images, batch_size):
    encoder.eval()
    out = []
    with torch.no_grad():
        for start in range(0, images.shape[0], batch_size):
            batch = images[start:start + batch_size] / 255.0
            out.append(encoder(batch))
    encoder.train()
    return torch.cat(out, dim=0)


@wrong("last batch dropped")  # number of batches by whole division: the last, smaller batch is dropped
def embed(encoder, images, batch_size):
    was = encoder.training
    encoder.eval()
    n = max(len(images) // batch_size, 1)
    with torch.no_grad():
        out = [encoder(images[k * batch_size:(k + 1) * batch_size].float() / 255) for k in range(n)]
    encoder.train(was)
    return torch.cat(out)


@wrong("bytes not scaled to [0, 1]")  # forgets to divide the bytes by 255: the encoder sees floats from 0 to 255
def embed(encoder, images, batch_size):
    mode = encoder.training
    encoder.eval()
    with torch.no_grad():
        feats = torch.cat([encoder(chunk.float()) for chunk in torch.split(images, batch_size)])
    encoder.train(mode)
    return feats


@wrong("gradients kept")  # no torch.no_grad(), evaluation mode only: the features carry a graph
def embed(encoder, images, batch_size):
    training = encoder.training
    encoder.eval()
    feats = []
    for i in range(0, len(images), batch_size):
        x = images[i:i + batch_size].float().div(255)
        feats.append(encoder(x))
    encoder.train(training)
    return torch.cat(feats)


@wrong("encoder frozen")  # switches requires_grad of the encoder's parameters off and never on again
def embed(encoder, images, batch_size):
    was_training = encoder.training
    encoder.eval()
    for p in encoder.parameters():
        p.requires_grad = False
    result = []
    for batch in images.split(batch_size):
        result.append(encoder(batch.float() / 255))
    if was_training:
        encoder.train()
    return torch.cat(result)


@wrong("all at once")  # ignores batch_size: all pictures go through the encoder at once
def embed(encoder, images, batch_size):
    mode = encoder.training
    encoder.eval()
    with torch.no_grad():
        features = encoder(images.float() / 255)
    encoder.train(mode)
    return features


@right
@torch.no_grad()
def embed(encoder, images, batch_size):
    modes = {m: m.training for m in encoder.modules()}
    try:
        loader = torch.utils.data.DataLoader(images, batch_size=batch_size, shuffle=False)
        return torch.cat([encoder.eval()(b.to(torch.get_default_dtype()).div_(255)) for b in loader])
    finally:
        for m, t in modes.items():
            m.training = t


@right
def embed(encoder, images, batch_size):
    before, result, start = encoder.training, None, 0
    encoder.train(False)
    while start < len(images):
        stop = min(start + batch_size, len(images))
        h = encoder(images[start:stop] / 255).detach()
        if result is None:
            result = h.new_empty(len(images), h.shape[1])
        result[start:stop] = h
        start = stop
    encoder.train(before)
    return result


# ----------------------------------------------------------------- train_step


@wrong("two passes")  # two passes, one for each view, instead of one batch of 2N: batch norm sees each half alone
def train_step(encoder, head, optimizer, view0, view1, loss):
    z0 = head(encoder(view0))
    z1 = head(encoder(view1))
    value = loss(z0, z1)
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.item()


@wrong("gradients not cleared")  # zero_grad is missing: gradients of earlier steps are added
def train_step(encoder, head, optimizer, view0, view1, loss):
    z = head(encoder(torch.cat([view0, view1])))
    z0, z1 = z.chunk(2)
    l = loss(z0, z1)
    l.backward()
    optimizer.step()
    return l.detach()


# zero_grad stands between backward and step: the gradients are gone before the optimiser uses them, nothing moves
@wrong("cleared before the step")
def train_step(encoder, head, optimizer, view0, view1, loss):
    n = view0.shape[0]
    z = head(encoder(torch.cat([view0, view1], dim=0)))
    value = loss(z[:n], z[n:])
    value.backward()
    optimizer.zero_grad()
    optimizer.step()
    return value.item()


# one pass through the encoder, but the head is run on each half alone: its batch norm sees N rows at a time
@wrong("the head in two passes")
def train_step(encoder, head, optimizer, view0, view1, loss):
    h0, h1 = encoder(torch.cat([view0, view1])).chunk(2)
    l = loss(head(h0), head(h1))
    optimizer.zero_grad()
    l.backward()
    optimizer.step()
    return float(l)


# stops the gradient at the second view (z1 detached, as in SimSiam): it flows back through view 0 only
@wrong("one view detached")
def train_step(encoder, head, optimizer, view0, view1, loss):
    optimizer.zero_grad()
    z0, z1 = head(encoder(torch.cat((view0, view1)))).split(len(view0))
    out = loss(z0, z1.detach())
    out.backward()
    optimizer.step()
    return out.item()


@wrong("loss still attached")  # returns the loss tensor with its graph still attached
def train_step(encoder, head, optimizer, view0, view1, loss):
    optimizer.zero_grad()
    z = head(encoder(torch.cat([view0, view1])))
    value = loss(z[:len(view0)], z[len(view0):])
    value.backward()
    optimizer.step()
    return value


# normalises the projections to length 1 before the loss, instead of handing them over as the head gives them
@wrong("projections normalised")
def train_step(encoder, head, optimizer, view0, view1, loss):
    z = F.normalize(head(encoder(torch.cat([view0, view1]))), dim=1)
    z0, z1 = torch.chunk(z, 2, dim=0)
    l = loss(z0, z1)
    optimizer.zero_grad()
    l.backward()
    optimizer.step()
    return l.item()


# splits the joint batch as if views were interleaved (N, 2, out), though they stand below each other: partners do not match
@wrong("partners mixed up")
def train_step(encoder, head, optimizer, view0, view1, loss):
    x = torch.cat([view0, view1])
    z = head(encoder(x))
    z0, z1 = z.reshape(len(view0), 2, -1).unbind(dim=1)
    value = loss(z0, z1)
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.item()


@right
def train_step(encoder, head, optimizer, view0, view1, loss):
    # views interleaved, gradients by hand
    x = torch.stack([view0, view1], dim=1).flatten(0, 1)
    z = head(encoder(x))
    value = loss(z[0::2], z[1::2])
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for p, g in zip(parameters, torch.autograd.grad(value, parameters, allow_unused=True)):
        p.grad = g
    optimizer.step()
    return value.detach()


@right
def train_step(encoder, head, optimizer, view0, view1, loss):
    network = nn.Sequential(encoder, head)
    def closure():
        optimizer.zero_grad(set_to_none=False)
        value = loss(*network(torch.cat([view0, view1])).split(len(view0)))
        value.backward()
        return value
    return float(optimizer.step(closure))
