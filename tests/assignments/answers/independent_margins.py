"""Answers to margins, written from the exercises alone, without a look at the checks."""

import math

import torch
import torch.nn.functional as F

from answers import right, wrong


def _distances(z):   # a sound matrix of distances, for answers whose mistake lies elsewhere
    return (z[:, None] - z[None]).norm(dim=2)


# ---------------------------------------------------------------- contrastive_loss


@wrong("labels the other way round")  # y and 1 - y are swapped: pushes the same, pulls the different
def contrastive_loss(z0, z1, same, margin):
    y = same.float()
    d = (z0 - z1).norm(dim=1)
    return 0.5 * ((1 - y) * d ** 2 + y * torch.clamp(margin - d, min=0) ** 2).mean()


@wrong("½ on one term only")  # the factor 1/2 stands only before the first term: missing brackets
def contrastive_loss(z0, z1, same, margin):
    y = same.float()
    d = torch.linalg.vector_norm(z0 - z1, dim=1)
    per_pair = 0.5 * y * d.pow(2) + (1 - y) * F.relu(margin - d).pow(2)
    return per_pair.mean()


@wrong("sum in place of mean")  # the sum over the pairs, not the mean
def contrastive_loss(z0, z1, same, margin):
    total = 0.0
    for a, b, s in zip(z0, z1, same):
        d = (a - b).norm()
        if s:
            total = total + d ** 2 / 2
        elif d < margin:
            total = total + (margin - d) ** 2 / 2
        else:
            total = total + 0 * d
    return total


@wrong("no hinge")  # no max(0, .): different pairs beyond the margin are pulled back
def contrastive_loss(z0, z1, same, margin):
    y = same.to(z0.dtype)
    d = F.pairwise_distance(z0, z1)
    return torch.mean(0.5 * (y * d**2 + (1 - y) * (margin - d)**2))


@wrong("NaN gradient at distance 0")  # sqrt of a bare sum of squares: gradients are nan where two points lie on one spot
def contrastive_loss(z0, z1, same, margin):
    same = same.float()
    d = ((z0 - z1) ** 2).sum(dim=1).sqrt()
    return ((same * d ** 2 + (1 - same) * torch.relu(margin - d) ** 2) / 2).mean()


@wrong("stops on True and False")  # computes 1 - same with truth values, which torch refuses
def contrastive_loss(z0, z1, same, margin):
    d = (z0 - z1).norm(dim=1)
    pull = same * d ** 2
    push = (1 - same) * (margin - d).clamp(min=0) ** 2
    return 0.5 * (pull + push).mean()


# averages the same and the different pairs apart and adds the two means, not the mean over all N
@wrong("means of the two kinds added")
def contrastive_loss(z0, z1, same, margin):
    same = same.bool()
    d = (z0 - z1).norm(dim=1)
    loss = z0.sum() * 0 + z1.sum() * 0
    if same.any():
        loss = loss + 0.5 * (d[same] ** 2).mean()
    if (~same).any():
        loss = loss + 0.5 * ((margin - d[~same]).clamp(min=0) ** 2).mean()
    return loss


@wrong("margin on the squared distance")  # the push is max(0, m - d^2), the square inside, in place of max(0, m - d)^2
def contrastive_loss(z0, z1, same, margin):
    y = same.float()
    d2 = (z0 - z1).square().sum(1)
    return 0.5 * torch.mean(y * d2 + (1 - y) * torch.clamp(margin - d2, min=0))


@right
def contrastive_loss(z0, z1, same, margin):
    values = []
    for a, b, s in zip(z0.unbind(), z1.unbind(), same.tolist()):
        gap = a - b
        if s:
            values.append(0.5 * gap.dot(gap))
        else:
            values.append(0.5 * F.relu(margin - torch.linalg.vector_norm(gap)) ** 2)
    return torch.stack(values).mean()


@right
def contrastive_loss(z0, z1, same, margin):
    squared = (z0 - z1).square().sum(-1)
    d = squared.clamp(min=1e-16).sqrt()
    return torch.where(same.bool(), squared, (margin - d).clamp(min=0).square()).sum() / (2 * same.numel())


# ---------------------------------------------------------------- triplet_loss


@wrong("squared distances")  # squared distances
def triplet_loss(anchor, positive, negative, margin):
    dp = (anchor - positive).pow(2).sum(1)
    dn = (anchor - negative).pow(2).sum(1)
    return F.relu(dp - dn + margin).mean()


@wrong("sign flipped")  # positive and negative swapped: d(a,n) - d(a,p) + m
def triplet_loss(anchor, positive, negative, margin):
    d_ap = (anchor - positive).norm(dim=1)
    d_an = (anchor - negative).norm(dim=1)
    return torch.clamp(d_an - d_ap + margin, min=0).mean()


@wrong("mean over the active triplets")  # the mean over the triplets with a positive loss only, not over all N
def triplet_loss(anchor, positive, negative, margin):
    d_ap = (anchor - positive).norm(dim=1)
    d_an = (anchor - negative).norm(dim=1)
    loss = (d_ap - d_an + margin).clamp(min=0)
    active = (loss > 0).sum().clamp(min=1)
    return loss.sum() / active


@wrong("hinge after the mean")  # the mean first and max(0, .) of it afterwards: satisfied triplets make up for the others
def triplet_loss(anchor, positive, negative, margin):
    dp = torch.linalg.norm(anchor - positive, dim=1)
    dn = torch.linalg.norm(anchor - negative, dim=1)
    return torch.relu((dp - dn + margin).mean())


# sqrt of a bare sum of squares: nan gradients where an anchor lies on its positive or negative
@wrong("NaN gradient at distance 0")
def triplet_loss(anchor, positive, negative, margin):
    def dist(u, v):
        return torch.sqrt(torch.sum((u - v) ** 2, dim=1))
    return torch.mean(torch.maximum(dist(anchor, positive) - dist(anchor, negative) + margin, torch.tensor(0.0)))


@wrong("negative measured from the positive")  # the distance from the positive to the negative in place of the anchor to the negative
def triplet_loss(anchor, positive, negative, margin):
    d_ap = (anchor - positive).norm(dim=1)
    d_pn = (positive - negative).norm(dim=1)
    return (d_ap - d_pn + margin).clamp(min=0).mean()


@wrong("margin outside the hinge")  # the margin is added outside max(0, .)
def triplet_loss(anchor, positive, negative, margin):
    n = len(anchor)
    total = 0
    for i in range(n):
        difference = (anchor[i] - positive[i]).norm() - (anchor[i] - negative[i]).norm()
        total = total + torch.clamp(difference, min=0) + margin
    return total / n


@wrong("margin not used")  # does not use the margin given: torch's own loss with its default margin of 1
def triplet_loss(anchor, positive, negative, margin):
    return F.triplet_margin_loss(anchor, positive, negative)


@right
def triplet_loss(anchor, positive, negative, margin):
    return F.triplet_margin_loss(anchor, positive, negative, margin=margin, p=2)


@right
def triplet_loss(anchor, positive, negative, margin):
    each = []
    for a, p, n in zip(anchor, positive, negative):
        hinge = torch.dist(a, p) - torch.dist(a, n) + margin
        each.append(hinge if hinge > 0 else 0 * hinge)
    return sum(each) / len(each)


# ---------------------------------------------------------------- triplet_kinds


# the border of easy: strictly greater, so a negative further by exactly the margin counts as semi-hard
@wrong("border of easy")
def triplet_kinds(d_ap, d_an, margin):
    kinds = torch.ones(len(d_ap), dtype=torch.long)
    kinds[d_an > d_ap + margin] = 0
    kinds[d_an <= d_ap] = 2
    return kinds


@wrong("border of hard")  # the border of hard: strictly less, so equal distances count as semi-hard
def triplet_kinds(d_ap, d_an, margin):
    return torch.where(d_an >= d_ap + margin, 0, torch.where(d_an < d_ap, 2, 1))


@wrong("positive and negative exchanged")  # the roles of d_ap and d_an are swapped
def triplet_kinds(d_ap, d_an, margin):
    kinds = []
    for i in range(len(d_ap)):
        if d_ap[i] >= d_an[i] + margin:
            kinds.append(0)
        elif d_ap[i] <= d_an[i]:
            kinds.append(2)
        else:
            kinds.append(1)
    return torch.tensor(kinds)


@wrong("not whole numbers")  # returns floats: the tensor is made like the distances
def triplet_kinds(d_ap, d_an, margin):
    kinds = torch.zeros_like(d_ap)
    kinds[d_an < d_ap + margin] = 1
    kinds[d_an <= d_ap] = 2
    return kinds


# wrong order of assignments: semi-hard, written last without its lower bound, overwrites hard
@wrong("hard counted as semi-hard")
def triplet_kinds(d_ap, d_an, margin):
    kinds = torch.zeros(d_ap.shape, dtype=torch.int64)
    kinds[d_an <= d_ap] = 2
    kinds[d_an < d_ap + margin] = 1
    return kinds


# adds two tensors of truth values, which torch joins by 'or': the result is True/False, hard is not 2
@wrong("hard counted as semi-hard")
def triplet_kinds(d_ap, d_an, margin):
    return (d_an < d_ap + margin) + (d_an <= d_ap)


# semi-hard wherever the distances differ by less than the margin in either direction: hard ones close to the border become 1
@wrong("absolute difference")
def triplet_kinds(d_ap, d_an, margin):
    gap = d_an - d_ap
    kinds = torch.zeros(len(gap), dtype=torch.long)
    kinds[gap <= 0] = 2
    kinds[gap.abs() < margin] = 1
    kinds[gap == 0] = 2
    return kinds


@wrong("margin measured from the anchor")  # easy is decided by d_an against the margin alone, not against d_ap + margin
def triplet_kinds(d_ap, d_an, margin):
    hard = d_an <= d_ap
    easy = d_an >= margin
    kinds = torch.full((d_ap.numel(),), 1)
    kinds[easy] = 0
    kinds[hard] = 2
    return kinds


@right
def triplet_kinds(d_ap, d_an, margin):
    return torch.stack([d_an < d_ap + margin, d_an <= d_ap]).sum(0, dtype=torch.int32)


@right
def triplet_kinds(d_ap, d_an, margin):
    def kind(p, n):
        return 2 if n <= p else 1 if n < p + margin else 0
    return torch.tensor([kind(p, n) for p, n in zip(d_ap.tolist(), d_an.tolist())], dtype=torch.uint8)


# ---------------------------------------------------------------- triplet_gradient


def _unit(v):
    return F.normalize(v, dim=1)


@wrong("1/N missing")  # the share of 1/N is forgotten
def triplet_gradient(anchor, positive, negative, margin):
    ap, an = anchor - positive, anchor - negative
    active = (ap.norm(dim=1) - an.norm(dim=1) + margin > 0).float()[:, None]
    return active * (_unit(ap) - _unit(an))


@wrong("force in place of gradient")  # the force, the negative of the gradient
def triplet_gradient(anchor, positive, negative, margin):
    to_p, to_n = positive - anchor, negative - anchor
    active = (to_p.norm(dim=1) - to_n.norm(dim=1) + margin > 0).float().unsqueeze(1)
    return active * (_unit(to_p) - _unit(to_n)) / len(anchor)


@wrong("satisfied triplets not zero")  # satisfied triplets get a gradient too: there is no test whether the loss is positive
def triplet_gradient(anchor, positive, negative, margin):
    grad = _unit(anchor - positive) - _unit(anchor - negative)
    return grad / anchor.shape[0]


@wrong("squared distances")  # the gradient of squared distances: 2 (n - p), no unit vectors
def triplet_gradient(anchor, positive, negative, margin):
    dp = (anchor - positive).norm(dim=1)
    dn = (anchor - negative).norm(dim=1)
    grad = 2 * (anchor - positive) - 2 * (anchor - negative)
    grad[dp - dn + margin <= 0] = 0
    return grad / len(anchor)


@wrong("mean over the active triplets")  # divides by the number of active triplets, not by N
def triplet_gradient(anchor, positive, negative, margin):
    ap, an = anchor - positive, anchor - negative
    active = (ap.norm(dim=1) - an.norm(dim=1) + margin) > 0
    grad = torch.zeros_like(anchor)
    grad[active] = _unit(ap[active]) - _unit(an[active])
    return grad / max(int(active.sum()), 1)


@wrong("halves added")  # sign of the negative's part: the two unit vectors are added
def triplet_gradient(anchor, positive, negative, margin):
    n = len(anchor)
    rows = []
    for a, p, q in zip(anchor, positive, negative):
        dp, dn = (a - p).norm(), (a - q).norm()
        row = torch.zeros_like(a)
        if dp - dn + margin > 0:
            if dp > 0:
                row = row + (a - p) / dp
            if dn > 0:
                row = row + (a - q) / dn
        rows.append(row / n)
    return torch.stack(rows)


# nan_to_num over the whole row: where an anchor lies on its positive the negative's part is set to 0 as well
@wrong("0/0 at distance 0")
def triplet_gradient(anchor, positive, negative, margin):
    d_ap = (anchor - positive).norm(dim=1, keepdim=True)
    d_an = (anchor - negative).norm(dim=1, keepdim=True)
    grad = (anchor - positive) / d_ap - (anchor - negative) / d_an
    grad = torch.nan_to_num(grad, nan=0.0)
    return torch.where(d_ap - d_an + margin > 0, grad, torch.zeros_like(grad)) / len(anchor)


@wrong("autograd in place of the formula")  # uses autograd, which the task forbids
def triplet_gradient(anchor, positive, negative, margin):
    a = anchor.detach().clone().requires_grad_(True)
    loss = F.relu((a - positive).norm(dim=1) - (a - negative).norm(dim=1) + margin).mean()
    loss.backward()
    return a.grad


@right
def triplet_gradient(anchor, positive, negative, margin):
    n, out = len(anchor), []
    for a, p, q in zip(anchor.tolist(), positive.tolist(), negative.tolist()):
        dp, dq = math.dist(a, p), math.dist(a, q)
        on = dp - dq + margin > 0
        out.append([on * ((x - y) / (dp or 1) - (x - w) / (dq or 1)) / n for x, y, w in zip(a, p, q)])
    return torch.tensor(out)


@right
def triplet_gradient(anchor, positive, negative, margin):
    sides = torch.stack([anchor - positive, negative - anchor])         # (2, N, D)
    lengths = sides.norm(dim=2, keepdim=True)
    units = sides / lengths.masked_fill(lengths == 0, 1)
    return units.sum(0).masked_fill(lengths[0] + margin <= lengths[1], 0).div(len(anchor))


# ---------------------------------------------------------------- hardest_triplets


@wrong("nearest positive")  # the nearest positive (the easiest), not the furthest
def hardest_triplets(z, labels):
    d = _distances(z)
    same = labels[:, None] == labels[None]
    eye = torch.eye(len(z), dtype=torch.bool)
    positive = d.masked_fill(~same | eye, torch.inf).argmin(1)
    negative = d.masked_fill(same, torch.inf).argmin(1)
    has = (same & ~eye).any(1)
    return torch.stack([torch.arange(len(z)), positive, negative], 1)[has]


@wrong("anchor as its own positive")  # anchors that are alone in their class are kept, with themselves as positive
def hardest_triplets(z, labels):
    d = torch.cdist(z, z)
    same = labels.unsqueeze(0) == labels.unsqueeze(1)
    positive = torch.where(same, d, torch.tensor(-1.0)).argmax(dim=1)
    negative = torch.where(same, torch.tensor(float("inf")), d).argmin(dim=1)
    return torch.stack((torch.arange(len(z)), positive, negative), dim=1)


# masks the negatives by multiplying with 0/1 before argmin: the zeros of its own class win, so the 'negative' is of the class
@wrong("mask of 0")
def hardest_triplets(z, labels):
    d = _distances(z)
    same = labels[:, None] == labels
    pos = (same & ~torch.eye(len(z), dtype=torch.bool))
    positive = (d * pos.float()).argmax(1)
    negative = (d * (~same).float()).argmin(1)
    anchors = torch.nonzero(pos.any(1)).squeeze(1)
    return torch.stack([anchors, positive[anchors], negative[anchors]], dim=1)


# argmax and argmin over the chosen subset, whose places are returned in place of row numbers of the batch
@wrong("place within a selection")
def hardest_triplets(z, labels):
    rows = []
    for i in range(len(z)):
        pos = labels == labels[i]
        pos[i] = False
        neg = labels != labels[i]
        if not pos.any():
            continue
        d = (z - z[i]).norm(dim=1)
        rows.append([i, int(d[pos].argmax()), int(d[neg].argmin())])
    return torch.tensor(rows)


@wrong("anchors numbered anew")  # after leaving out lone anchors the anchors are numbered anew, 0 to T - 1
def hardest_triplets(z, labels):
    d = _distances(z)
    same = labels[:, None] == labels[None]
    pos = same.clone().fill_diagonal_(False)
    keep = pos.any(1)
    p = d.masked_fill(~pos, -1).argmax(1)[keep]
    n = d.masked_fill(same, torch.inf).argmin(1)[keep]
    return torch.stack([torch.arange(len(p)), p, n], dim=1)


@wrong("rows by class")  # class by class, so that the rows are not in the order of the anchors
def hardest_triplets(z, labels):
    d = _distances(z)
    triplets = []
    for c in labels.unique():
        inside = (labels == c).nonzero().flatten().tolist()
        outside = (labels != c).nonzero().flatten().tolist()
        if len(inside) < 2:
            continue
        for i in inside:
            p = max((j for j in inside if j != i), key=lambda j: d[i, j].item())
            n = min(outside, key=lambda j: d[i, j].item())
            triplets.append((i, p, n))
    return torch.tensor(triplets)


@wrong("every positive in place of the furthest")  # a row for every positive of an anchor, not only the furthest
def hardest_triplets(z, labels):
    d = _distances(z)
    same = labels[:, None] == labels[None]
    negative = d.masked_fill(same, torch.inf).argmin(1)
    anchors, positives = same.fill_diagonal_(False).nonzero(as_tuple=True)
    return torch.stack([anchors, positives, negative[anchors]], dim=1)


@wrong("normalised first")  # normalises the embeddings first
def hardest_triplets(z, labels):
    d = _distances(F.normalize(z, dim=1))
    same = labels[:, None] == labels[None]
    pos = same & ~torch.eye(len(z), dtype=torch.bool)
    p = d.masked_fill(~pos, -1.0).argmax(1)
    n = d.masked_fill(same, 1e9).argmin(1)
    return torch.stack([torch.arange(len(z)), p, n], 1)[pos.any(1)]


@right
def hardest_triplets(z, labels):
    pts, ls = z.tolist(), labels.tolist()
    out = []
    for i, c in enumerate(ls):
        far = [(math.dist(pts[i], pts[j]), j) for j, k in enumerate(ls) if k == c and j != i]
        near = [(math.dist(pts[i], pts[j]), j) for j, k in enumerate(ls) if k != c]
        if far:
            out.append([i, max(far)[1], min(near)[1]])
    return torch.tensor(out)


@right
def hardest_triplets(z, labels):
    _, cls, counts = labels.unique(return_inverse=True, return_counts=True)
    d = torch.cdist(z, z, compute_mode="donot_use_mm_for_euclid_dist")
    big = d.max() + 1
    alike = F.one_hot(cls).float() @ F.one_hot(cls).float().T
    far = (d + big * alike - 2 * big * torch.eye(len(z))).argmax(1)
    near = (d + big * alike).argmin(1)
    return torch.column_stack((torch.arange(len(z)), far, near))[counts[cls] > 1]
