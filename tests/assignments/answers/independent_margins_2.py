"""Answers to margins, written from the exercises alone, without a look at the checks."""

import numpy as np
import torch
import torch.nn.functional as F

from answers import right, wrong


def _dist(a, b):
    """Distances with a finite gradient at 0."""
    sq = (a - b).pow(2).sum(1)
    zero = sq == 0
    return torch.where(zero, torch.zeros_like(sq), torch.where(zero, torch.ones_like(sq), sq).sqrt())


# ---------------------------------------------------------------- contrastive_loss


@wrong("labels the other way round")  # labels exchanged: pushes the same pairs and pulls the different ones (Hadsell's Y)
def contrastive_loss(z0, z1, same, margin):
    y = same.float()
    d = _dist(z0, z1)
    return 0.5 * ((1 - y) * d ** 2 + y * torch.clamp(margin - d, min=0) ** 2).mean()


@wrong("margin term not squared")  # forgot the square of the hinge: max(0, m - d) not squared
def contrastive_loss(z0, z1, same, margin):
    y = same.to(z0.dtype)
    d = _dist(z0, z1)
    return (0.5 * (y * d ** 2 + (1 - y) * F.relu(margin - d))).mean()


@wrong("margin on the squared distance")  # hinge on the squared distance: max(0, m - d^2), to avoid the root
def contrastive_loss(z0, z1, same, margin):
    y = same.float()
    sq = ((z0 - z1) ** 2).sum(dim=1)
    return (y * sq + (1 - y) * F.relu(margin - sq)).mean() / 2


# averages the same and the different pairs separately and adds, not the mean over the N pairs
@wrong("means of the two kinds added")
def contrastive_loss(z0, z1, same, margin):
    same = same.bool()
    d = _dist(z0, z1)
    pull = d[same].pow(2)
    push = torch.relu(margin - d[~same]).pow(2)
    loss = 0.0 * d.sum()
    if len(pull):
        loss = loss + 0.5 * pull.mean()
    if len(push):
        loss = loss + 0.5 * push.mean()
    return loss


# the plain norm: value right, but the gradient of the hinge part is nan where two points coincide
@wrong("NaN gradient at distance 0")
def contrastive_loss(z0, z1, same, margin):
    y = same.float()
    d = torch.sqrt(((z0 - z1) ** 2).sum(-1))
    return torch.mean(0.5 * (y * d ** 2 + (1 - y) * torch.clamp(margin - d, min=0.0) ** 2))


@wrong("no hinge")  # hinge never cut: (m - d)^2 also beyond the margin
def contrastive_loss(z0, z1, same, margin):
    total = 0.0
    d = _dist(z0, z1)
    for i in range(len(z0)):
        if same[i]:
            total = total + 0.5 * d[i] ** 2
        else:
            total = total + 0.5 * (margin - d[i]) ** 2
    return total / len(z0)


@right
def contrastive_loss(z0, z1, same, margin):
    # one where, gradient made safe by the subgradient of linalg.vector_norm
    d = torch.linalg.vector_norm(z0 - z1, dim=-1)
    residual = torch.where(same.bool(), d, (margin - d).clamp_min(0))
    return residual.square().sum().div(2 * z0.shape[0])


# ---------------------------------------------------------------- triplet_loss


@wrong("squared distances")  # squared distances
def triplet_loss(anchor, positive, negative, margin):
    d_ap = ((anchor - positive) ** 2).sum(1)
    d_an = ((anchor - negative) ** 2).sum(1)
    return F.relu(d_ap - d_an + margin).mean()


@wrong("mean over the active triplets")  # averages only over the active triplets
def triplet_loss(anchor, positive, negative, margin):
    loss = F.relu(_dist(anchor, positive) - _dist(anchor, negative) + margin)
    active = loss > 0
    if active.sum() == 0:
        return 0 * loss.sum()
    return loss[active].mean()


@wrong("sign flipped")  # positive and negative exchanged: d_an - d_ap + m
def triplet_loss(anchor, positive, negative, margin):
    pos = _dist(anchor, positive)
    neg = _dist(anchor, negative)
    return torch.clamp(neg - pos + margin, min=0).mean()


@wrong("hinge after the mean")  # hinge after the mean: max(0, mean(...)), so easy triplets offset the others
def triplet_loss(anchor, positive, negative, margin):
    d_ap = _dist(anchor, positive)
    d_an = _dist(anchor, negative)
    return torch.relu((d_ap - d_an + margin).mean())


# epsilon 1e-12 outside the root's argument: sqrt(sum) + eps; gradient nan where points coincide
@wrong("NaN gradient at distance 0")
def triplet_loss(anchor, positive, negative, margin):
    eps = 1e-12
    d_ap = torch.sqrt(torch.sum((anchor - positive) ** 2, dim=1)) + eps
    d_an = torch.sqrt(torch.sum((anchor - negative) ** 2, dim=1)) + eps
    return torch.mean(torch.maximum(d_ap - d_an + margin, torch.zeros_like(d_ap)))


@wrong("normalised first")  # normalises the embeddings to unit length first
def triplet_loss(anchor, positive, negative, margin):
    a, p, n = (F.normalize(t, dim=1) for t in (anchor, positive, negative))
    return F.relu(_dist(a, p) - _dist(a, n) + margin).mean()


@right
def triplet_loss(anchor, positive, negative, margin):
    # a loop, with the zero distance handled by hand
    losses = []
    for a, p, n in zip(anchor, positive, negative):
        ap = (a - p).norm() if (a != p).any() else 0.0 * (a - p).sum()
        an = (a - n).norm() if (a != n).any() else 0.0 * (a - n).sum()
        value = ap - an + margin
        losses.append(value if value > 0 else value * 0)
    return sum(losses) / len(losses)


# ---------------------------------------------------------------- triplet_kinds


@wrong("border of hard")  # border: equal distances counted as semi-hard (d_an >= d_ap)
def triplet_kinds(d_ap, d_an, margin):
    kinds = torch.full(d_ap.shape, 2)
    kinds[d_an >= d_ap] = 1
    kinds[d_an >= d_ap + margin] = 0
    return kinds


@wrong("border of easy")  # border: negative further by exactly the margin counted as semi-hard (> in place of >=)
def triplet_kinds(d_ap, d_an, margin):
    out = []
    for p, n in zip(d_ap.tolist(), d_an.tolist()):
        if n > p + margin:
            out.append(0)
        elif n > p:
            out.append(1)
        else:
            out.append(2)
    return torch.tensor(out)


@wrong("easy and hard exchanged")  # numbers reversed: 0 hard, 1 semi-hard, 2 easy
def triplet_kinds(d_ap, d_an, margin):
    return (d_an > d_ap).long() + (d_an >= d_ap + margin).long()


# overwrites in the wrong order: easy set first, then semi-hard (d_an > d_ap) overwrites the easy ones, so none is easy
@wrong("no easy ones")
def triplet_kinds(d_ap, d_an, margin):
    kinds = torch.zeros(len(d_ap), dtype=torch.long)
    kinds[d_an >= d_ap + margin] = 0
    kinds[d_an > d_ap] = 1
    kinds[d_an <= d_ap] = 2
    return kinds


@wrong("positive and negative exchanged")  # d_ap and d_an exchanged throughout
def triplet_kinds(d_ap, d_an, margin):
    easy = d_ap >= d_an + margin
    hard = d_ap <= d_an
    return torch.where(easy, 0, torch.where(hard, 2, 1))


# margin on the wrong side: hard taken to be d_an <= d_ap - m, semi-hard all within m of d_ap either side
@wrong("margin on both sides")
def triplet_kinds(d_ap, d_an, margin):
    gap = d_an - d_ap
    return torch.where(gap >= margin, 0, torch.where(gap > -margin, 1, 2))


@right
def triplet_kinds(d_ap, d_an, margin):
    conditions = [(d_an >= d_ap + margin).numpy(), (d_an <= d_ap).numpy()]
    return torch.from_numpy(np.select(conditions, [0, 2], default=1)).int()


# ---------------------------------------------------------------- triplet_gradient


def _unit(v):
    n = v.norm(dim=1, keepdim=True)
    return torch.where(n > 0, v / n.clamp(min=1e-30), torch.zeros_like(v))


def _active(a, p, n, margin):
    return ((a - p).norm(dim=1) - (a - n).norm(dim=1) + margin > 0).to(a.dtype)[:, None]


@wrong("force in place of gradient")  # sign: returns the force (minus the gradient)
def triplet_gradient(anchor, positive, negative, margin):
    g = _unit(positive - anchor) - _unit(negative - anchor)
    return g * _active(anchor, positive, negative, margin) / len(anchor)


@wrong("1/N missing")  # forgot the 1/N of the mean
def triplet_gradient(anchor, positive, negative, margin):
    g = _unit(anchor - positive) - _unit(anchor - negative)
    return g * _active(anchor, positive, negative, margin)


@wrong("satisfied triplets not zero")  # no hinge: satisfied triplets also get a gradient
def triplet_gradient(anchor, positive, negative, margin):
    return (_unit(anchor - positive) - _unit(anchor - negative)) / anchor.shape[0]


@wrong("squared distances")  # derivative of the squared distances: 2(n - p)/N, directions not normalised
def triplet_gradient(anchor, positive, negative, margin):
    mask = _active(anchor, positive, negative, margin)
    return 2 * (negative - positive) * mask / len(anchor)


@wrong("0/0 at distance 0")  # divides by 0 where the anchor lies on positive or negative: nan
def triplet_gradient(anchor, positive, negative, margin):
    N, D = anchor.shape
    grad = torch.zeros(N, D)
    for i in range(N):
        ap, an = anchor[i] - positive[i], anchor[i] - negative[i]
        d_ap, d_an = ap.norm(), an.norm()
        if d_ap - d_an + margin > 0:
            grad[i] = (ap / d_ap - an / d_an) / N
    return grad


@wrong("mean over the active triplets")  # divides by the number of active triplets in place of N
def triplet_gradient(anchor, positive, negative, margin):
    mask = _active(anchor, positive, negative, margin)
    g = (_unit(anchor - positive) - _unit(anchor - negative)) * mask
    return g / mask.sum().clamp(min=1)


@right
def triplet_gradient(anchor, positive, negative, margin):
    a, p, n = (t.detach().double().numpy() for t in (anchor, positive, negative))
    out = np.zeros_like(a)
    for i in range(a.shape[0]):
        u, v = a[i] - p[i], a[i] - n[i]
        du, dv = np.linalg.norm(u), np.linalg.norm(v)
        if du + margin <= dv:
            continue
        if du:
            out[i] += u / du
        if dv:
            out[i] -= v / dv
    return torch.tensor(out / a.shape[0], dtype=anchor.dtype)


# ---------------------------------------------------------------- hardest_triplets


def _d(z):
    return (z[:, None] - z[None]).norm(dim=2)


@wrong("anchor without a positive kept")  # keeps anchors that are alone in their class (their positive is row 0 or so)
def hardest_triplets(z, labels):
    d = _d(z)
    same = labels[:, None] == labels[None, :]
    eye = torch.eye(len(z), dtype=torch.bool)
    p = d.masked_fill(~same | eye, -1).argmax(1)
    n = d.masked_fill(same, torch.inf).argmin(1)
    return torch.stack([torch.arange(len(z)), p, n], dim=1)


@wrong("easiest in place of hardest")  # easiest: takes the nearest positive and the furthest negative
def hardest_triplets(z, labels):
    d = _d(z)
    same = labels[:, None] == labels[None, :]
    positive = same & ~torch.eye(len(z), dtype=torch.bool)
    p = d.masked_fill(~positive, torch.inf).argmin(1)
    n = d.masked_fill(same, -torch.inf).argmax(1)
    a = torch.nonzero(positive.any(1)).flatten()
    return torch.stack([a, p[a], n[a]], 1)


# masks by multiplication: d * different puts 0 at the same-class entries, so the argmin for the negative finds a sample of the anchor's own class (often itself)
@wrong("mask of 0")
def hardest_triplets(z, labels):
    d = _d(z)
    same = (labels[:, None] == labels[None, :]).float()
    pos = same - torch.eye(len(z))
    p = (d * pos).argmax(1)
    n = (d * (1 - same)).argmin(1)
    a = torch.arange(len(z))[pos.sum(1) > 0]
    return torch.stack([a, p[a], n[a]], dim=1)


@wrong("transposed")  # returns shape (3, T): a row of anchors, a row of positives, a row of negatives
def hardest_triplets(z, labels):
    d = _d(z)
    same = labels[:, None] == labels[None, :]
    positive = same & ~torch.eye(len(z), dtype=torch.bool)
    a = positive.any(1).nonzero().squeeze(1)
    p = d.masked_fill(~positive, -torch.inf).argmax(1)[a]
    n = d.masked_fill(same, torch.inf).argmin(1)[a]
    return torch.stack([a, p, n])


@wrong("columns exchanged")  # columns in the order anchor, negative, positive
def hardest_triplets(z, labels):
    rows = []
    d = torch.cdist(z, z)
    for i in range(len(z)):
        pos = [j for j in range(len(z)) if labels[j] == labels[i] and j != i]
        neg = [j for j in range(len(z)) if labels[j] != labels[i]]
        if not pos:
            continue
        p = max(pos, key=lambda j: d[i, j].item())
        n = min(neg, key=lambda j: d[i, j].item())
        rows.append([i, n, p])
    return torch.tensor(rows)


# the negatives are looked up by the position in the compressed list, not by the row number: index within negatives only
@wrong("place within a selection")
def hardest_triplets(z, labels):
    rows = []
    for i in range(len(z)):
        others = torch.arange(len(z)) != i
        pos = (labels == labels[i]) & others
        if not pos.any():
            continue
        neg = labels != labels[i]
        p = pos.nonzero().flatten()[(z[pos] - z[i]).norm(dim=1).argmax()]
        n = (z[neg] - z[i]).norm(dim=1).argmin()
        rows.append(torch.stack([torch.tensor(i), p, n]))
    return torch.stack(rows)


@right
def hardest_triplets(z, labels):
    points, classes = z.detach().double().numpy(), labels.numpy()
    chosen = []
    for i, here in enumerate(points):
        distance = np.sqrt(((points - here) ** 2).sum(axis=1))
        mates = np.setdiff1d(np.flatnonzero(classes == classes[i]), [i])
        strangers = np.flatnonzero(classes != classes[i])
        if mates.size:
            chosen.append((i, mates[distance[mates].argmax()], strangers[distance[strangers].argmin()]))
    return torch.from_numpy(np.array(chosen, dtype=np.int64))
