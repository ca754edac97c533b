"""Answers to pipeline, written from the exercises alone, without a look at the checks."""

import torch
import torch.nn.functional as F
from torch import nn

from answers import right, wrong


# ---------------------------------------------------------- adjust_brightness
# one dimension short: factors as (N, 1, 1) lie along the channels, so each channel (not each picture) gets a factor, or the shapes do not fit
@wrong("factor along the wrong axis")
def adjust_brightness(images, factors):
    return (images * factors[:, None, None]).clamp(max=1)


@wrong("changes its input")  # writes into images itself: `out = images` is no copy
def adjust_brightness(images, factors):
    out = images
    for i in range(len(images)):
        out[i] = torch.clamp(factors[i] * images[i], 0, 1)
    return out


@wrong("not clamped")  # does not clip at 1
def adjust_brightness(images, factors):
    result = torch.empty_like(images)
    for i, f in enumerate(factors):
        result[i] = f * images[i]
    return result


@wrong("rescaled in place of clamped")  # rescales a picture that goes above 1 by its maximum, instead of clipping its pixels at 1
def adjust_brightness(images, factors):
    y = images * factors.reshape(-1, 1, 1, 1)
    top = y.amax(dim=(1, 2, 3), keepdim=True).clamp(min=1)
    return y / top


@wrong("factor clamped, not the picture")  # clips the factors at 1 instead of the pixels: no picture can become brighter
def adjust_brightness(images, factors):
    f = torch.clamp(factors, 0, 1)
    return f.view(-1, 1, 1, 1) * images


@wrong("not clamped")  # clips at 255, as if pixels were bytes, instead of at 1
def adjust_brightness(images, factors):
    y = torch.einsum("n,nchw->nchw", factors, images)
    return torch.clip(y, 0, 255)


@right
def adjust_brightness(images, factors):
    n, *rest = images.shape
    flat = torch.diag(factors) @ images.reshape(n, -1)
    return torch.where(flat > 1, torch.ones_like(flat), flat).reshape(n, *rest)


# ------------------------------------------------------------------ two_views
# divides by the largest value in the batch instead of by 255: a dark batch becomes too bright
@wrong("scaled by the batch's own range")
def two_views(images, augment):
    x = images.float()
    x = x / x.max()
    return augment(x), augment(x)


@wrong("same view twice")  # calls augment once and gives the same view twice
def two_views(images, augment):
    view = augment(images.float() / 255)
    return view, view.clone()


# stacks the batch twice (one half below the other) but takes the views apart by even and odd rows: rows of the pair show different pictures
@wrong("views of different pictures")
def two_views(images, augment):
    x = images.float() / 255
    both = augment(torch.cat([x, x]))
    return both[0::2], both[1::2]


@wrong("second view made from the first")  # makes the second view from the first one, not from the picture: augmented twice
def two_views(images, augment):
    x = images.to(torch.float32).div(255)
    view0 = augment(x)
    view1 = augment(view0)
    return view0, view1


@wrong("seed set inside")  # sets seeds before each call, so the views are the same in every call
def two_views(images, augment):
    x = images.float() / 255.0
    torch.manual_seed(0)
    view0 = augment(x)
    torch.manual_seed(1)         # another seed, so that the views differ
    view1 = augment(x)
    return view0, view1


@wrong("one view not augmented")  # gives the picture itself as the first view: only the second one is augmented
def two_views(images, augment):
    originals = images / 255
    return originals, augment(originals.clone())


@right
def two_views(images, augment):
    x = images.double().mul(1 / 255).float()
    pairs = augment(x.repeat_interleave(2, dim=0))       # a a b b c c ...
    pairs = pairs.unflatten(0, (len(images), 2))
    return pairs[:, 0], pairs[:, 1]


# ------------------------------------------------------------ projection_head
@wrong("batch norm after the ReLU")  # batch norm after the ReLU instead of before it
def projection_head(dim, hidden, out):
    return nn.Sequential(
        nn.Linear(dim, hidden, bias=False),
        nn.ReLU(),
        nn.BatchNorm1d(hidden),
        nn.Linear(hidden, out),
    )


# makes a new batch norm in every forward: its scale and shift are not in parameters() and never learn, and it has no memory for evaluation
@wrong("parameters not registered")
def projection_head(dim, hidden, out):
    class Head(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1 = nn.Linear(dim, hidden, bias=False)
            self.fc2 = nn.Linear(hidden, out)
        def forward(self, h):
            h = nn.BatchNorm1d(hidden)(self.fc1(h))
            return self.fc2(torch.relu(h))
    return Head()


# normalises the projections to length 1 at the end, though nothing should follow the last layer
@wrong("projections normalised")
def projection_head(dim, hidden, out):
    class ProjectionHead(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(dim, hidden, bias=False), nn.BatchNorm1d(hidden),
                                     nn.ReLU(inplace=True), nn.Linear(hidden, out))
        def forward(self, x):
            return F.normalize(self.net(x), dim=1)
    return ProjectionHead()


@wrong("layer norm")  # layer norm, over each row, instead of batch norm, over each column
def projection_head(dim, hidden, out):
    layers = [nn.Linear(dim, hidden, bias=False), nn.LayerNorm(hidden), nn.ReLU(), nn.Linear(hidden, out)]
    return nn.Sequential(*layers)


@wrong("bias before batch norm")  # the first linear layer keeps its bias
def projection_head(dim, hidden, out):
    return nn.Sequential(nn.Linear(dim, hidden), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, out))


@wrong("no bias at the end")  # the last linear layer has no bias
def projection_head(dim, hidden, out):
    head = nn.Sequential()
    head.add_module("first", nn.Linear(dim, hidden, bias=False))
    head.add_module("norm", nn.BatchNorm1d(hidden))
    head.add_module("relu", nn.ReLU())
    head.add_module("last", nn.Linear(hidden, out, bias=False))
    return head


@right
def projection_head(dim, hidden, out):
    class Head(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.randn(dim, hidden) / dim ** 0.5)
            self.norm = nn.BatchNorm1d(hidden)
            self.v = nn.Parameter(torch.randn(hidden, out) / hidden ** 0.5)
            self.b = nn.Parameter(torch.zeros(out))
        def forward(self, h):
            middle = self.norm(h @ self.w)
            return middle.clamp(min=0) @ self.v + self.b
    return Head()


# ---------------------------------------------------------------------- embed
# asks for the mode after eval() has been called, so it always finds False: an encoder that was training stays in evaluation mode
@wrong("mode not restored")
def embed(encoder, images, batch_size):
    encoder.eval()
    was_training = encoder.training
    features = []
    with torch.no_grad():
        for start in range(0, len(images), batch_size):
            features.append(encoder(images[start:start + batch_size].float() / 255))
    encoder.train(was_training)
    return torch.cat(features)


@wrong("encoder frozen")  # switches requires_grad of the encoder's parameters off and never on again
def embed(encoder, images, batch_size):
    was_training = encoder.training
    encoder.eval()
    for p in encoder.parameters():
        p.requires_grad = False
    out = [encoder(batch.float() / 255) for batch in images.split(batch_size)]
    encoder.train(was_training)
    return torch.cat(out, dim=0)


@wrong("last batch dropped")  # only whole batches: the last, smaller batch is dropped
def embed(encoder, images, batch_size):
    mode = encoder.training
    encoder.eval()
    result = []
    with torch.no_grad():
        for b in range(len(images) // batch_size):
            chunk = images[b * batch_size:(b + 1) * batch_size]
            result.append(encoder(chunk.float() / 255))
    encoder.train(mode)
    return torch.cat(result)


# does not put the encoder into evaluation mode: batch norm uses the batch and moves its running averages
@wrong("in training mode")
@torch.no_grad()
def embed(encoder, images, batch_size):
    x = images.float() / 255
    return torch.cat([encoder(x[i:i + batch_size]) for i in range(0, len(x), batch_size)])


@wrong("features normalised")  # normalises the features to length 1 instead of giving them as the encoder does
def embed(encoder, images, batch_size):
    training = encoder.training
    encoder.eval()
    feats = []
    with torch.no_grad():
        for batch in torch.split(images, batch_size):
            h = encoder(batch.float().div(255))
            feats.append(F.normalize(h, dim=1))
    encoder.train(training)
    return torch.cat(feats)


@wrong("all at once")  # ignores batch_size: gives the encoder all pictures at once
def embed(encoder, images, batch_size):
    before = encoder.training
    encoder.eval()
    try:
        with torch.no_grad():
            return encoder(images.float() / 255)
    finally:
        encoder.train(before)


@right
def embed(encoder, images, batch_size):
    modes = [(module, module.training) for module in encoder.modules()]
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(images), batch_size=batch_size)
    features = None
    first = 0
    encoder.eval()
    try:
        for (batch,) in loader:
            with torch.no_grad():
                h = encoder(batch / 255)
            if features is None:
                features = h.new_empty((len(images), h.shape[1]))
            features[first:first + len(h)] = h
            first += len(h)
    finally:
        for module, mode in modes:
            module.training = mode
    return features


# ----------------------------------------------------------------- train_step
# one pass through the encoder, but the head gets each half on its own: two passes there, with the batch norm of N rows each
@wrong("the head in two passes")
def train_step(encoder, head, optimizer, view0, view1, loss):
    h = encoder(torch.cat([view0, view1]))
    h0, h1 = h.chunk(2)
    z0, z1 = head(h0), head(h1)
    value = loss(z0, z1)
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.item()


@wrong("gradients of one part not cleared")  # clears only the encoder's gradients: those of the head are left over from earlier steps
def train_step(encoder, head, optimizer, view0, view1, loss):
    encoder.zero_grad()
    z0, z1 = head(encoder(torch.cat((view0, view1), dim=0))).chunk(2)
    l = loss(z0, z1)
    l.backward()
    optimizer.step()
    return l.item()


@wrong("cleared before the step")  # clears the gradients between backward and step, so that the step has none to use
def train_step(encoder, head, optimizer, view0, view1, loss):
    z = head(encoder(torch.cat([view0, view1])))
    n = len(view0)
    value = loss(z[:n], z[n:])
    value.backward()
    optimizer.zero_grad()
    optimizer.step()
    return float(value)


@wrong("loss still attached")  # returns the loss with its graph still attached
def train_step(encoder, head, optimizer, view0, view1, loss):
    optimizer.zero_grad()
    z0, z1 = head(encoder(torch.cat([view0, view1]))).split(len(view0))
    total = loss(z0, z1)
    total.backward()
    optimizer.step()
    return total


# normalises the projections before the loss, though it should get them as the head gives them
@wrong("projections normalised")
def train_step(encoder, head, optimizer, view0, view1, loss):
    n = view0.shape[0]
    z = F.normalize(head(encoder(torch.cat([view0, view1]))), dim=1)
    L = loss(z[:n], z[n:])
    optimizer.zero_grad(set_to_none=True)
    L.backward()
    optimizer.step()
    return L.detach()


# returns the loss after the step, from a second pass through the changed networks, not the loss of this step
@wrong("loss after the step")
def train_step(encoder, head, optimizer, view0, view1, loss):
    def forward():
        z0, z1 = head(encoder(torch.cat([view0, view1]))).chunk(2)
        return loss(z0, z1)
    optimizer.zero_grad()
    forward().backward()
    optimizer.step()
    with torch.no_grad():
        return forward().item()


@right
def train_step(encoder, head, optimizer, view0, view1, loss):
    network = nn.Sequential(encoder, head)
    both = torch.stack([view0, view1]).flatten(0, 1)
    def closure():
        optimizer.zero_grad(set_to_none=False)
        value = loss(*network(both).unflatten(0, (2, -1)))
        value.backward()
        return value
    return optimizer.step(closure).item()
