"""Answers to assignment 4, the SimCLR pipeline."""

import copy
from collections import OrderedDict

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from . import right, wrong

# adjust_brightness ---------------------------------------------------------------------------------


@right
def adjust_brightness(images, factors):
    views = torch.empty_like(images)
    for i in range(len(images)):
        for c in range(images.shape[1]):
            for y in range(images.shape[2]):
                for x in range(images.shape[3]):
                    views[i, c, y, x] = min(1.0, float(factors[i] * images[i, c, y, x]))
    return views


@right
def adjust_brightness(images, factors):
    return torch.einsum("n,nchw->nchw", factors, images).clamp(max=1)


@right
def adjust_brightness(images, factors):
    brighter = images.numpy() * factors.numpy().reshape(-1, 1, 1, 1)
    return torch.from_numpy(np.clip(brighter, 0, 1))


@right
def adjust_brightness(images, factors):
    return torch.stack([torch.clip(image * factor, 0.0, 1.0) for image, factor in zip(images, factors)])


@wrong("not clamped")
def adjust_brightness(images, factors):
    return images * factors.view(-1, 1, 1, 1)


@wrong("not clamped")
def adjust_brightness(images, factors):
    return images.clamp(0, 1) * factors.reshape(len(images), 1, 1, 1)


@wrong("not clamped")
def adjust_brightness(images, factors):
    return torch.stack([(image * factor).clip(0, 255) for image, factor in zip(images, factors)])


@wrong("one factor for the batch")
def adjust_brightness(images, factors):
    return torch.clamp(factors[0].item() * images, min=0.0, max=1.0)


@wrong("one factor for the batch")
def adjust_brightness(images, factors):
    return torch.clamp(sum(factors) / len(factors) * images, min=0.0, max=1.0)


@wrong("every factor on every picture")
def adjust_brightness(images, factors):
    result = images.clone()
    for i in range(len(factors)):
        result = torch.minimum(result * factors[i], torch.ones_like(result))
    return result


@wrong("factor along the wrong axis")
def adjust_brightness(images, factors):
    return torch.mul(images, factors).clip(0, 1)


@wrong("factor along the wrong axis")
def adjust_brightness(images, factors):
    return factors * images


@wrong("factor along the wrong axis")
def adjust_brightness(images, factors):
    return (images * factors.view(-1, 1, 1)).clip(0, 1)


@wrong("factor along the wrong axis")
def adjust_brightness(images, factors):
    return (images * factors.unsqueeze(1)).clamp(0, 1)


@wrong("factor added")
def adjust_brightness(images, factors):
    return (images + factors.view(-1, 1, 1, 1)).clip(0, 1)


@wrong("factor added")
def adjust_brightness(images, factors):
    return torch.stack([(image + (factor - 1)).clip(0, 1) for image, factor in zip(images, factors)])


@wrong("divided by the factor")
def adjust_brightness(images, factors):
    return torch.clip(images / factors.view(-1, 1, 1, 1), 0, 1)


@wrong("factor clamped, not the picture")
def adjust_brightness(images, factors):
    return images * torch.minimum(factors, torch.ones_like(factors)).view(-1, 1, 1, 1)


@wrong("rescaled in place of clamped")
def adjust_brightness(images, factors):
    brighter = images * factors.view(-1, 1, 1, 1)
    if brighter.max() > 1:
        brighter = brighter / brighter.max()
    return brighter


@wrong("rescaled in place of clamped")
def adjust_brightness(images, factors):
    brighter = [image * factor for image, factor in zip(images, factors)]
    return torch.stack([b / b.max() if b.max() > 1 else b for b in brighter])


@wrong("contrast")
def adjust_brightness(images, factors):
    middle = images.flatten(1).mean(1).view(-1, 1, 1, 1)
    return torch.lerp(middle.expand_as(images), images, factors.view(-1, 1, 1, 1)).clip(0, 1)


@wrong("rounded to bytes")
def adjust_brightness(images, factors):
    brighter = (images * factors.view(-1, 1, 1, 1) * 255).clip(0, 255)
    return brighter.to(torch.uint8).to(images.dtype) / 255


@wrong("changes its input")
def adjust_brightness(images, factors):
    for i in range(len(images)):
        images[i] = (images[i] * factors[i]).clamp(0, 1)
    return images


@wrong("changes its input")
def adjust_brightness(images, factors):
    images *= factors[:, None, None, None]
    return images.clamp_(0, 1)


@wrong("wrong shape")
def adjust_brightness(images, factors):
    for image, factor in zip(images, factors):
        return (image * factor).clamp(0, 1)


@wrong("stops with RuntimeError")
def adjust_brightness(images, factors):
    rows = images.view(len(images), -1)  # the pixels of a strided batch do not stand in a row
    return (rows * factors[:, None]).clamp(0, 1).view(images.shape)


@wrong("returns nothing")
def adjust_brightness(images, factors):
    pass


# two_views -----------------------------------------------------------------------------------------


@right
def two_views(images, augment):
    pictures = images.to(torch.float32).div(255)
    return tuple(augment(pictures) for _ in range(2))


@right
def two_views(images, augment):
    x = images / 255
    view0, view1 = augment(torch.cat([x, x])).chunk(2)
    return view0, view1


@right
def two_views(images, augment):
    first, second = [], []
    for image in images:
        x = image[None].float() / 255
        first.append(augment(x)[0])
        second.append(augment(x)[0])
    return torch.stack(first), torch.stack(second)


@right
def two_views(images, augment):
    views = augment(images.repeat_interleave(2, dim=0).float() / 255)
    return [views[0::2], views[1::2]]


@right
def two_views(images, augment):
    view1 = augment(torch.from_numpy(images.numpy().astype("float32") / 255))
    return augment(torch.from_numpy(images.numpy().astype("float32") / 255)), view1


@wrong("same view twice")
def two_views(images, augment):
    view = augment(images.float() / 255)
    return view, view.clone()


@wrong("same view twice")
def two_views(images, augment):
    view0 = augment(images.float() / 255)
    view1 = augment(images.float() / 255)
    return view0, view0


@wrong("seed set between the views")
def two_views(images, augment):
    views = []
    for _ in range(2):
        torch.manual_seed(42)
        views.append(augment(images.float() / 255))
    return views


@wrong("seed set inside")
def two_views(images, augment):
    torch.random.manual_seed(2026)
    x = images.float() / 255
    view0 = augment(x)
    return view0, augment(x)


@wrong("seed set inside")
def two_views(images, augment):
    views = []
    for seed in range(2):
        torch.manual_seed(seed)
        views.append(augment(images.float() / 255))
    return views


@wrong("second view made from the first")
def two_views(images, augment):
    x = images.float() / 255
    x = view0 = augment(x)
    x = view1 = augment(x)
    return view0, view1


@wrong("one view not augmented")
def two_views(images, augment):
    pictures = images.float() / 255
    return pictures, augment(pictures)


@wrong("one view not augmented")
def two_views(images, augment):
    return augment(images.float() / 255), images


@wrong("not augmented")
def two_views(images, augment):
    x = images.float() / 255
    return x, x.clone()


@wrong("bytes not scaled to [0, 1]")
def two_views(images, augment):
    return augment(images), augment(images)


@wrong("bytes not scaled to [0, 1]")
def two_views(images, augment):
    images = images.to(torch.float32)
    view0 = augment(images)
    return view0, augment(images)


@wrong("bytes not scaled to [0, 1]")
def two_views(images, augment):
    views = augment(torch.cat([images, images]).float())
    return views[: len(images)], views[len(images) :]


@wrong("scaled after augmenting")
def two_views(images, augment):
    return tuple(view / 255 for view in (augment(images.float()), augment(images.float())))


@wrong("scaled twice")
def two_views(images, augment):
    images = images.float() / 255
    return augment(images / 255), augment(images / 255)


@wrong("divided by 256")
def two_views(images, augment):
    x = images.float() / 256.0
    return augment(x), augment(x)


@wrong("scaled by the batch's own range")
def two_views(images, augment):
    x = images.float()
    x /= x.max()
    return augment(x), augment(x)


@wrong("whole-number division")
def two_views(images, augment):
    x = (images // 255).float()
    return augment(x), augment(x)


@wrong("normalised before augmenting")
def two_views(images, augment):
    x = 2 * (images.float() / 255) - 1
    return augment(x), augment(x)


@wrong("normalised before augmenting")
def two_views(images, augment):
    x = images.float() / 255
    x -= x.mean()
    x /= x.std()
    return augment(x), augment(x)


@wrong("views changed afterwards")
def two_views(images, augment):
    x = images.float() / 255
    return (augment(x) * 255).byte(), (augment(x) * 255).byte()


@wrong("views changed afterwards")
def two_views(images, augment):
    x = images.float() / 255
    return augment(x).permute(0, 2, 3, 1), augment(x).permute(0, 2, 3, 1)


@wrong("one tensor in place of a pair")
def two_views(images, augment):
    x = images.float() / 255
    return torch.stack((augment(x), augment(x)), dim=1).flatten(0, 1)


@wrong("one tensor in place of a pair")
def two_views(images, augment):
    return torch.stack([augment(images / 255) for _ in range(2)])


@wrong("only one view")
def two_views(images, augment):
    for _ in range(2):
        view = augment(images.float() / 255)
    return view


@wrong("not two results")
def two_views(images, augment):
    x = images.float() / 255
    return [augment(x), augment(x), x]


@wrong("views of different pictures")
def two_views(images, augment):
    x = images.float() / 255
    return augment(x), augment(torch.cat([x[1:], x[:1]]))


@wrong("views of different pictures")
def two_views(images, augment):
    x = images.float() / 255
    return augment(x), augment(x[torch.arange(len(x) - 1, -1, -1)])


@wrong("views of different pictures")
def two_views(images, augment):
    x = images.float() / 255
    views = augment(torch.cat([x, x]))
    return views[0::2], views[1::2]


@wrong("pictures in another order")
def two_views(images, augment):
    order = torch.arange(len(images)).roll(1)
    return augment(images[order] / 255), augment(images[order] / 255)


@wrong("stops with RuntimeError")
def two_views(images, augment):
    images /= 255
    return augment(images), augment(images)


@wrong("stops with ValueError")
def two_views(images, augment):
    return [augment(x / 255) for x in images], [augment(x / 255) for x in images]


@wrong("changes its input")
def two_views(images, augment):
    x = images.float() / 255
    images.zero_()
    return augment(x), augment(x)


@wrong("not written yet")
def two_views(images, augment):
    raise NotImplementedError


# projection_head -----------------------------------------------------------------------------------


class Head(nn.Module):
    """As a class, with the layers registered in another order."""

    def __init__(self, dim, hidden, out):
        super().__init__()
        self.last = nn.Linear(hidden, out)
        self.norm = nn.BatchNorm1d(hidden)
        self.first = nn.Linear(dim, hidden, bias=False)

    def forward(self, h):
        return self.last(F.relu(self.norm(self.first(h))))


class ByHand(nn.Module):
    """With parameters and no layers."""

    def __init__(self, dim, hidden, out):
        super().__init__()
        self.w0, self.w1 = nn.Parameter(torch.randn(dim, hidden)), nn.Parameter(torch.randn(hidden, out))
        self.scale, self.shift = nn.Parameter(torch.ones(hidden)), nn.Parameter(torch.zeros(hidden))
        self.bias = nn.Parameter(torch.zeros(out))
        self.register_buffer("mean", torch.zeros(hidden))
        self.register_buffer("var", torch.ones(hidden))

    def forward(self, h):
        h = F.batch_norm(h @ self.w0, self.mean, self.var, self.scale, self.shift, self.training)
        return h.clamp(min=0) @ self.w1 + self.bias


@right
def projection_head(dim, hidden, out):
    return Head(dim, hidden, out)


@right
def projection_head(dim, hidden, out):
    return ByHand(dim, hidden, out)


@right
def projection_head(dim, hidden, out):
    head = nn.Sequential()
    head.append(nn.Linear(dim, hidden, bias=False))
    for layer in (nn.BatchNorm1d(num_features=hidden), nn.ReLU(inplace=True)):
        head.append(layer)
    return head.append(nn.Linear(hidden, out))


@right
def projection_head(dim, hidden, out):
    layers = {"first": nn.Linear(dim, hidden, bias=False), "norm": nn.BatchNorm1d(hidden), "relu": nn.Threshold(0, 0)}
    return nn.Sequential(nn.Sequential(OrderedDict(layers)), nn.Linear(hidden, out))


@wrong("bias before batch norm")
def projection_head(dim, hidden, out):
    return nn.Sequential(nn.Linear(dim, hidden), nn.BatchNorm1d(hidden), nn.ReLU(inplace=True), nn.Linear(hidden, out))


@wrong("no bias at the end")
def projection_head(dim, hidden, out):
    head = Head(dim, hidden, out)
    head.last = nn.Linear(hidden, out, bias=False)
    return head


@wrong("biases exchanged")
def projection_head(dim, hidden, out):
    head = Head(dim, hidden, out)
    head.first, head.last = nn.Linear(dim, hidden), nn.Linear(hidden, out, bias=False)
    return head


@wrong("no ReLU")
def projection_head(dim, hidden, out):
    return nn.Sequential(nn.Linear(dim, hidden), nn.BatchNorm1d(hidden), nn.Linear(hidden, out))


@wrong("no ReLU")
def projection_head(dim, hidden, out):
    class Linear(Head):
        def forward(self, h):
            return self.last(self.norm(self.first(h)))

    return Linear(dim, hidden, out)


@wrong("ReLU at the end")
def projection_head(dim, hidden, out):
    return nn.Sequential(Head(dim, hidden, out), nn.ReLU())


@wrong("ReLU at the end")
def projection_head(dim, hidden, out):
    layers = []
    for a, b in ((dim, hidden), (hidden, out)):
        layers += [nn.Linear(a, b), nn.BatchNorm1d(b), nn.ReLU()]
    del layers[4]
    return nn.Sequential(*layers)


@wrong("ReLU at the end only")
def projection_head(dim, hidden, out):
    class Late(Head):
        def forward(self, h):
            return self.last(self.norm(self.first(h))).relu()

    return Late(dim, hidden, out)


@wrong("batch norm at the end")
def projection_head(dim, hidden, out):
    return nn.Sequential(Head(dim, hidden, out), nn.BatchNorm1d(out))


@wrong("batch norm and ReLU at the end")
def projection_head(dim, hidden, out):
    def layer(a, b):
        return nn.Sequential(nn.Linear(a, b), nn.BatchNorm1d(b), nn.ReLU())

    return nn.Sequential(layer(dim, hidden), layer(hidden, out))


@wrong("batch norm after the ReLU")
def projection_head(dim, hidden, out):
    class Exchanged(Head):
        def forward(self, h):
            return self.last(self.norm(torch.relu(self.first(h))))

    return Exchanged(dim, hidden, out)


@wrong("batch norm before the first layer")
def projection_head(dim, hidden, out):
    head = nn.Sequential(nn.Linear(dim, hidden), nn.ReLU(), nn.Linear(hidden, out))
    head.insert(0, nn.BatchNorm1d(dim))
    return head


@wrong("no batch norm")
def projection_head(dim, hidden, out):
    return nn.Sequential(nn.Linear(dim, hidden), nn.ReLU(), nn.Linear(hidden, out))


@wrong("no batch norm")
def projection_head(dim, hidden, out):
    head = Head(dim, hidden, out)
    head.norm = nn.Identity()
    return head


@wrong("layer norm")
def projection_head(dim, hidden, out):
    head = Head(dim, hidden, out)
    head.norm = nn.LayerNorm(hidden)
    return head


@wrong("no running averages")
def projection_head(dim, hidden, out):
    class Batch(ByHand):
        def forward(self, h):
            h = F.batch_norm(h @ self.w0, None, None, self.scale, self.shift, training=True)
            return F.linear(F.relu(h), self.w1.T, self.bias)

    return Batch(dim, hidden, out)


@wrong("batch norm without scale and shift")
def projection_head(dim, hidden, out):
    head = Head(dim, hidden, out)
    head.norm = nn.BatchNorm1d(hidden, affine=False)
    return head


@wrong("another activation")
def projection_head(dim, hidden, out):
    class Modern(Head):
        def forward(self, h):
            return self.last(F.gelu(self.norm(self.first(h))))

    return Modern(dim, hidden, out)


@wrong("another activation")
def projection_head(dim, hidden, out):
    return nn.Sequential(nn.Linear(dim, hidden), nn.BatchNorm1d(hidden), nn.LeakyReLU(), nn.Linear(hidden, out))


@wrong("no hidden layer")
def projection_head(dim, hidden, out):
    return nn.Linear(dim, out)


@wrong("two hidden layers")
def projection_head(dim, hidden, out):
    def block(a):
        return nn.Sequential(nn.Linear(a, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU())

    return nn.Sequential(block(dim), block(hidden), nn.Linear(hidden, out))


@wrong("hidden and out exchanged")
def projection_head(dim, hidden, out):
    return Head(dim, hidden=out, out=hidden)


@wrong("hidden as wide as the features")
def projection_head(dim, hidden, out):
    return nn.Sequential(nn.Linear(dim, dim), nn.BatchNorm1d(dim), nn.ReLU(), nn.Linear(dim, out))


@wrong("back to the width of the features")
def projection_head(dim, hidden, out):
    return Head(dim, hidden, dim)


@wrong("hard-coded sizes")
def projection_head(dim, hidden, out):
    return Head(128, 256, 64)


@wrong("projections normalised")
def projection_head(dim, hidden, out):
    class Unit(Head):
        def forward(self, h):
            z = super().forward(h)
            return z / z.norm(dim=1, keepdim=True)

    return Unit(dim, hidden, out)


@wrong("parameters not registered")
def projection_head(dim, hidden, out):
    class Hidden(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Linear(dim, hidden), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, out)]

        def forward(self, h):
            for layer in self.layers:
                h = layer(h)
            return h

    return Hidden()


@wrong("cut off from autograd")
def projection_head(dim, hidden, out):
    class Cut(Head):
        def forward(self, h):
            return super().forward(h).detach()

    return Cut(dim, hidden, out)


@wrong("wrong gradient")
def projection_head(dim, hidden, out):
    class Cut(Head):
        def forward(self, h):
            return super().forward(h.data)

    return Cut(dim, hidden, out)


@wrong("stops with TypeError")
def projection_head(dim, hidden, out):
    return [nn.Linear(dim, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, out)]


@wrong("stops with RuntimeError")
def projection_head(dim, hidden, out):
    return nn.Sequential(nn.Linear(hidden, dim, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(out, hidden))


@wrong("stops with RuntimeError")
def projection_head(dim, hidden, out):
    return nn.Sequential(nn.Linear(dim, hidden, bias=False), nn.BatchNorm1d(dim), nn.ReLU(), nn.Linear(hidden, out))


@wrong("returns nothing")
def projection_head(dim, hidden, out):
    pass


# embed ---------------------------------------------------------------------------------------------


@right
@torch.no_grad()
def embed(encoder, images, batch_size):
    was = encoder.training
    encoder.train(False)
    features = []
    for start in range(0, len(images), batch_size):
        batch = images[start : start + batch_size].float() / 255
        features.append(encoder(batch))
    encoder.train(was)
    return torch.cat(features)


@right
def embed(encoder, images, batch_size):
    judge = copy.deepcopy(encoder).eval()  # a copy: the encoder itself is never touched
    features = torch.zeros(len(images), encoder.dim)
    for rows in torch.arange(len(images)).split(batch_size):
        features[rows] = judge(images[rows] / 255).detach()
    return features


@right
def embed(encoder, images, batch_size):
    modes = [(module, module.training) for module in encoder.modules()]
    encoder.eval()
    with torch.inference_mode():
        loader = DataLoader(TensorDataset(images), batch_size=batch_size)
        h = torch.vstack([encoder(x.to(torch.float32).mul(1 / 255)) for (x,) in loader])
    for module, mode in modes:
        module.training = mode
    return h


@right
def embed(encoder, images, batch_size):
    was_training = encoder.training
    encoder.eval()
    try:
        h = []
        with torch.no_grad():
            for batch in images.chunk(-(-len(images) // batch_size)):
                h.extend(encoder(batch / 255.0))
        return torch.stack(h)
    finally:
        if was_training:
            encoder.train()


@wrong("in training mode")
def embed(encoder, images, batch_size):
    with torch.no_grad():
        return torch.cat([encoder(batch / 255) for batch in images.split(batch_size)])


@wrong("in training mode")
def embed(encoder, images, batch_size):
    h = []
    for i in range(0, len(images), batch_size):
        h.append(encoder(images[i : i + batch_size].float() / 255))
    return torch.cat(h)


@wrong("in training mode")
def embed(encoder, images, batch_size):
    was = encoder.training
    encoder.training = False  # and what is inside it?
    with torch.no_grad():
        h = torch.cat([encoder(batch / 255) for batch in images.split(batch_size)])
    encoder.training = was
    return h


@wrong("gradients kept")
def embed(encoder, images, batch_size):
    encoder.eval()
    return torch.cat([encoder(batch / 255) for batch in images.split(batch_size)])


@wrong("gradients kept")
def embed(encoder, images, batch_size):
    was = encoder.training
    encoder.eval()
    h = torch.cat([encoder(batch / 255) for batch in images.split(batch_size)])
    with torch.no_grad():
        encoder.train(was)
    return h


@wrong("mode not restored")
@torch.no_grad()
def embed(encoder, images, batch_size):
    encoder.eval()
    return torch.cat([encoder(batch / 255) for batch in images.split(batch_size)])


@wrong("only the outer module restored")
@torch.no_grad()
def embed(encoder, images, batch_size):
    mode = encoder.training
    h = [encoder.eval()(batch / 255) for batch in images.split(batch_size)]
    encoder.training = mode
    return torch.cat(h)


@wrong("always back to training mode")
@torch.no_grad()
def embed(encoder, images, batch_size):
    encoder.eval()
    h = [encoder(batch.float() / 255) for batch in images.split(batch_size)]
    encoder.train()
    return torch.cat(h)


@wrong("gradients off for good")
def embed(encoder, images, batch_size):
    torch.autograd.set_grad_enabled(False)
    was = encoder.training
    h = [encoder.eval()(batch / 255) for batch in images.split(batch_size)]
    encoder.train(was)
    return torch.cat(h)


@wrong("encoder frozen")
def embed(encoder, images, batch_size):
    was = encoder.training
    for p in encoder.parameters():
        p.requires_grad = False
    h = [encoder.eval()(batch / 255) for batch in images.split(batch_size)]
    encoder.train(was)
    return torch.cat(h)


def _evaluated(encoder, batches):
    """Right in all but what it is given."""
    with torch.no_grad():
        return [copy.deepcopy(encoder).eval()(batch) for batch in batches]


@wrong("bytes not scaled to [0, 1]")
def embed(encoder, images, batch_size):
    return torch.cat(_evaluated(encoder, images.float().split(batch_size)))


@wrong("bytes not scaled to [0, 1]")
@torch.no_grad()
def embed(encoder, images, batch_size):
    encoder.eval()
    return torch.cat([encoder(images[i : i + batch_size].float()) for i in range(0, len(images), batch_size)])


@wrong("scaled twice")
def embed(encoder, images, batch_size):
    images = images / 255
    return torch.cat(_evaluated(encoder, [batch / 255 for batch in images.split(batch_size)]))


@wrong("divided by 256")
def embed(encoder, images, batch_size):
    return torch.cat(_evaluated(encoder, [batch.float().mul(1 / 256) for batch in images.split(batch_size)]))


@wrong("scaled by its own range")
def embed(encoder, images, batch_size):
    return torch.cat(_evaluated(encoder, (images / images.amax()).split(batch_size)))


@wrong("scaled by its own range")
def embed(encoder, images, batch_size):
    return torch.cat(_evaluated(encoder, [b.float() / b.float().amax() for b in images.split(batch_size)]))


@wrong("last batch dropped")
def embed(encoder, images, batch_size):
    batches = [images[i * batch_size : (i + 1) * batch_size] / 255 for i in range(len(images) // batch_size)]
    return torch.cat(_evaluated(encoder, batches))


@wrong("last batch dropped")
@torch.no_grad()
def embed(encoder, images, batch_size):
    encoder.eval()
    loader = DataLoader(TensorDataset(images), batch_size=batch_size, drop_last=True)
    return torch.cat([encoder(x / 255) for (x,) in loader])


@wrong("last batch dropped")
def embed(encoder, images, batch_size):
    features = torch.zeros(len(images), encoder.dim)
    for i in range(len(images) // batch_size):
        rows = slice(i * batch_size, (i + 1) * batch_size)
        features[rows] = _evaluated(encoder, [images[rows] / 255])[0]
    return features


@wrong("last batch dropped")
def embed(encoder, images, batch_size):
    starts = range(0, len(images) - batch_size, batch_size)
    return torch.cat(_evaluated(encoder, [images[i : i + batch_size] / 255 for i in starts]))


@wrong("one batch only")
def embed(encoder, images, batch_size):
    for batch in images.split(batch_size):
        (features,) = _evaluated(encoder, [batch / 255])
    return features


@wrong("one batch only")
@torch.no_grad()
def embed(encoder, images, batch_size):
    encoder.eval()
    for batch in images.split(batch_size):
        features = encoder(batch / 255)
        return features


@wrong("stacked in place of joined")
def embed(encoder, images, batch_size):
    return torch.stack(_evaluated(encoder, (images / 255).split(batch_size)))


@wrong("order lost")
def embed(encoder, images, batch_size):
    loader = DataLoader(TensorDataset(images / 255), batch_size=batch_size, shuffle=True)
    return torch.cat(_evaluated(encoder, [x for (x,) in loader]))


@wrong("order lost")
@torch.no_grad()
def embed(encoder, images, batch_size):
    encoder.eval()
    h = torch.zeros(0, encoder.dim)
    for batch in images.flip(0).split(batch_size):
        h = torch.cat([h, encoder(batch / 255)])
    return h


@wrong("features normalised")
def embed(encoder, images, batch_size):
    h = torch.cat(_evaluated(encoder, (images / 255).split(batch_size)))
    return h / h.norm(dim=1, keepdim=True)


@wrong("all at once")
def embed(encoder, images, batch_size):
    return _evaluated(encoder, [images / 255])[0]


@wrong("all at once")
@torch.no_grad()
def embed(encoder, images, batch_size):
    encoder.eval()
    return encoder(images.float() / 255)


@wrong("one picture at a time")
def embed(encoder, images, batch_size):
    return torch.cat(_evaluated(encoder, [image[None] / 255 for image in images]))


@wrong("stops with RuntimeError")
def embed(encoder, images, batch_size):
    return torch.cat(_evaluated(encoder, images.split(batch_size)))


@wrong("not a tensor")
def embed(encoder, images, batch_size):
    return _evaluated(encoder, (images / 255).split(batch_size))


@wrong("wrong shape")
def embed(encoder, images, batch_size):
    return torch.cat(_evaluated(encoder, (images / 255).split(batch_size))).mean(1)


@wrong("not written yet")
def embed(encoder, images, batch_size):
    raise NotImplementedError


# train_step ----------------------------------------------------------------------------------------


@right
def train_step(encoder, head, optimizer, view0, view1, loss):
    optimizer.zero_grad()
    n = len(view0)
    h = encoder(torch.cat((view0, view1), dim=0))
    z = head(h)
    value = loss(z[:n], z[n:])
    value.backward()
    optimizer.step()
    return value.detach()


@right
def train_step(encoder, head, optimizer, view0, view1, loss):
    def closure():
        optimizer.zero_grad(set_to_none=False)
        z = nn.Sequential(encoder, head)(torch.stack([view0, view1]).flatten(0, 1))
        value = loss(*z.unflatten(0, (2, -1)))
        value.backward()
        return value

    return optimizer.step(closure).item()


@right
def train_step(encoder, head, optimizer, view0, view1, loss):
    encoder.train()
    head.train()
    z0, z1 = torch.tensor_split(head(encoder(torch.vstack([view0, view1]))), 2)
    value = loss(z0, z1)
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for p, slope in zip(parameters, torch.autograd.grad(value, parameters)):
        p.grad = slope
    optimizer.step()
    return float(value.detach())


@right
def train_step(encoder, head, optimizer, view0, view1, loss):
    both = torch.stack([view0, view1], dim=1).flatten(0, 1)  # the paper's order: partners side by side
    z = head(encoder(both))
    value = loss(z[0::2], z[1::2])
    value.backward()
    optimizer.step()
    encoder.zero_grad()
    head.zero_grad()
    return value.item()


def _projected(encoder, head, view0, view1):
    z = head(encoder(torch.cat([view0, view1])))
    return z[: len(view0)], z[len(view0) :]


@wrong("gradients not cleared")
def train_step(encoder, head, optimizer, view0, view1, loss):
    value = loss(*_projected(encoder, head, view0, view1))
    value.backward()
    optimizer.step()
    return value


@wrong("gradients not cleared")
def train_step(encoder, head, optimizer, view0, view1, loss):
    optimizer.zero_grad  # noqa: B018  the brackets are missing
    value = loss(*_projected(encoder, head, view0, view1))
    value.backward()
    optimizer.step()
    return float(value.detach())


@wrong("gradients of one part not cleared")
def train_step(encoder, head, optimizer, view0, view1, loss):
    encoder.zero_grad()
    value = loss(*_projected(encoder, head, view0, view1))
    value.backward()
    optimizer.step()
    return value.item()


@wrong("no step")
def train_step(encoder, head, optimizer, view0, view1, loss):
    optimizer.zero_grad()
    value = loss(*_projected(encoder, head, view0, view1))
    value.backward()
    optimizer.step  # noqa: B018
    return value.item()


@wrong("no step")
def train_step(encoder, head, optimizer, view0, view1, loss):
    value = loss(*_projected(encoder, head, view0, view1))
    value.backward()
    optimizer.zero_grad()
    return value.item()


@wrong("no backward")
def train_step(encoder, head, optimizer, view0, view1, loss):
    optimizer.zero_grad()
    z0, z1 = _projected(encoder, head, view0, view1)
    value = loss(z0, z1)
    optimizer.step()
    return value.item()


@wrong("no backward")
def train_step(encoder, head, optimizer, view0, view1, loss):
    with torch.no_grad():
        return loss(*_projected(encoder, head, view0, view1)).item()


@wrong("cleared before the step")
def train_step(encoder, head, optimizer, view0, view1, loss):
    value = loss(*_projected(encoder, head, view0, view1))
    value.backward()
    encoder.zero_grad()
    head.zero_grad()
    optimizer.step()
    return value.item()


@wrong("stops with RuntimeError")  # the step has changed what backward still needs
def train_step(encoder, head, optimizer, view0, view1, loss):
    z0, z1 = _projected(encoder, head, view0, view1)
    optimizer.step()
    optimizer.zero_grad()
    value = loss(z0, z1)
    value.backward()
    return value.detach()


@wrong("own update in place of the optimiser's")
def train_step(encoder, head, optimizer, view0, view1, loss):
    optimizer.zero_grad()
    value = loss(*_projected(encoder, head, view0, view1))
    value.backward()
    for p in [*encoder.parameters(), *head.parameters()]:
        p.data -= optimizer.param_groups[0]["lr"] * p.grad
    return value.item()


@wrong("evaluation mode")
def train_step(encoder, head, optimizer, view0, view1, loss):
    encoder.eval()
    optimizer.zero_grad()
    value = loss(*_projected(encoder, head, view0, view1))
    value.backward()
    optimizer.step()
    encoder.train()
    return value.item()


def _one_step(optimizer, value):
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.detach()


@wrong("two passes")
def train_step(encoder, head, optimizer, view0, view1, loss):
    model = nn.Sequential(encoder, head)
    z0, z1 = model(view0), model(view1)
    return _one_step(optimizer, loss(z0, z1))


@wrong("the head in two passes")
def train_step(encoder, head, optimizer, view0, view1, loss):
    h0, h1 = encoder(torch.cat([view0, view1])).chunk(2)
    return _one_step(optimizer, loss(head(h0), head(h1)))


@wrong("two passes")
def train_step(encoder, head, optimizer, view0, view1, loss):
    h = torch.cat([encoder(view0), encoder(view1)])
    return _one_step(optimizer, loss(*head(h).chunk(2)))


@wrong("one view detached")
def train_step(encoder, head, optimizer, view0, view1, loss):
    z0, z1 = _projected(encoder, head, view0, view1)
    return _one_step(optimizer, loss(z0.data, z1))


@wrong("one view detached")
def train_step(encoder, head, optimizer, view0, view1, loss):
    z0 = head(encoder(view0))
    with torch.no_grad():
        z1 = head(encoder(view1))
    return _one_step(optimizer, loss(z0, z1))


@wrong("encoder cut off")
def train_step(encoder, head, optimizer, view0, view1, loss):
    with torch.no_grad():
        h = encoder(torch.cat([view0, view1]))
    return _one_step(optimizer, loss(*head(h).chunk(2)))


@wrong("loss of the features")
def train_step(encoder, head, optimizer, view0, view1, loss):
    h = encoder(torch.cat([view0, view1]))
    z = head(h)
    return _one_step(optimizer, loss(h[: len(view0)], h[len(view0) :]))


@wrong("loss of the features")
def train_step(encoder, head, optimizer, view0, view1, loss):
    h0, h1 = encoder(torch.vstack([view0, view1])).split(len(view0))
    return _one_step(optimizer, loss(h0, h1)).item()


@wrong("partners mixed up")
def train_step(encoder, head, optimizer, view0, view1, loss):
    z = head(encoder(torch.cat([view0, view1])))
    z0, z1 = z.view(len(view0), 2, -1).unbind(1)
    return _one_step(optimizer, loss(z0, z1))


@wrong("partners mixed up")
def train_step(encoder, head, optimizer, view0, view1, loss):
    both = torch.cat([torch.stack(pair) for pair in zip(view0, view1)])
    z0, z1 = head(encoder(both)).split(len(view0))
    return _one_step(optimizer, loss(z0, z1))


@wrong("one view against itself")
def train_step(encoder, head, optimizer, view0, view1, loss):
    z0, z1 = _projected(encoder, head, view1, view1)
    return _one_step(optimizer, loss(z0, z1))


@wrong("one view against itself")
def train_step(encoder, head, optimizer, view0, view1, loss):
    z = head(encoder(torch.cat([view0, view1])))
    z0, z1 = z[: len(view0)], z[: len(view1)]
    return _one_step(optimizer, loss(z0, z1))


@wrong("views exchanged")
def train_step(encoder, head, optimizer, view0, view1, loss):
    z1, z0 = _projected(encoder, head, view0, view1)
    return _one_step(optimizer, loss(z0, z1))


@wrong("projections normalised")
def train_step(encoder, head, optimizer, view0, view1, loss):
    z = head(encoder(torch.cat([view0, view1])))
    z = z / z.norm(dim=1, keepdim=True)
    return _one_step(optimizer, loss(*z.chunk(2)))


@wrong("two steps in one")
def train_step(encoder, head, optimizer, view0, view1, loss):
    for _ in range(2):
        value = _one_step(optimizer, loss(*_projected(encoder, head, view0, view1)))
    return value


@wrong("loss after the step")
def train_step(encoder, head, optimizer, view0, view1, loss):
    _one_step(optimizer, loss(*_projected(encoder, head, view0, view1)))
    return loss(*_projected(encoder, head, view0, view1)).detach()


@wrong("loss still attached")
def train_step(encoder, head, optimizer, view0, view1, loss):
    optimizer.zero_grad()
    value = loss(*_projected(encoder, head, view0, view1))
    value.backward()
    optimizer.step()
    return value


@wrong("nothing returned")
def train_step(encoder, head, optimizer, view0, view1, loss):
    value = loss(*_projected(encoder, head, view0, view1))
    optimizer.zero_grad()
    value.backward()
    optimizer.step()


@wrong("loss divided by the batch")
def train_step(encoder, head, optimizer, view0, view1, loss):
    return float(_one_step(optimizer, loss(*_projected(encoder, head, view0, view1)))) / len(view1)


@wrong("changes its input")
def train_step(encoder, head, optimizer, view0, view1, loss):
    view0 -= view0.mean()
    view1 -= view1.mean()
    return _one_step(optimizer, loss(*_projected(encoder, head, view0, view1)))


@wrong("stops with AttributeError")
def train_step(encoder, head, optimizer, view0, view1, loss):
    value = loss(*_projected(encoder, head, view0, view1)).item()
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value


@wrong("stops with RuntimeError")
def train_step(encoder, head, optimizer, view0, view1, loss):
    with torch.no_grad():
        z0, z1 = _projected(encoder, head, view0, view1)
    return _one_step(optimizer, loss(z0, z1))


@wrong("returns nothing")
def train_step(encoder, head, optimizer, view0, view1, loss):
    pass
