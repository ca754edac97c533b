"""Answers to assignment 2, margin losses."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from . import right, wrong

# contrastive_loss ----------------------------------------------------------------------------------


@right
def contrastive_loss(z0, z1, same, margin):
    total = 0
    for a, b, y in zip(z0, z1, same):
        d = torch.norm(a - b)
        if y:
            total = total + d**2 / 2
        else:
            total = total + torch.clamp(margin - d, min=0) ** 2 / 2
    return total / len(z0)


@right
def contrastive_loss(z0, z1, same, margin):
    d = F.pairwise_distance(z0, z1)
    return torch.where(same.bool(), d.pow(2), F.relu(margin - d).pow(2)).mean() / 2


@right
def contrastive_loss(z0, z1, same, margin):
    d = torch.linalg.norm(z0 - z1, dim=-1)
    partners, strangers = d[same == 1], d[same == 0]
    return ((partners**2).sum() + (torch.relu(margin - strangers) ** 2).sum()) / (2 * len(d))


@right
def contrastive_loss(z0, z1, same, margin):
    y = same.to(z0.dtype)
    squared = ((z0 - z1) ** 2).sum(1)
    d = torch.sqrt(squared + 1e-12)
    hinge = torch.maximum(margin - d, torch.zeros_like(d))
    return torch.mean(0.5 * (y * squared + (1 - y) * hinge.square()))


@right
def contrastive_loss(z0, z1, same, margin):
    d = torch.linalg.vector_norm(z1 - z0, dim=1)
    push = (torch.abs(margin - d) + margin - d) / 2
    return 0.5 * torch.cat([d[same > 0].square(), push[same < 1].square()]).mean()


@wrong("labels the other way round")
def contrastive_loss(z0, z1, same, margin):
    y = same.float()
    d = F.pairwise_distance(z0, z1)
    return torch.mean((1 - y) * d.pow(2) + y * torch.clamp(margin - d, min=0.0).pow(2)) / 2


@wrong("~ of 0 and 1")
def contrastive_loss(z0, z1, same, margin):
    d = torch.sqrt(((z0 - z1) ** 2).sum(dim=1) + 1e-12)
    hinge = torch.clamp(margin - d, min=0)
    return torch.mean(same * d * d + (~same) * hinge * hinge) * 0.5


@wrong("0 and 1 taken for row numbers")
def contrastive_loss(z0, z1, same, margin):
    d = (z0 - z1).norm(dim=1)
    positives, negatives = d[same], d[~same]
    return (positives.pow(2).sum() + F.relu(margin - negatives).pow(2).sum()) / (2 * len(same))


@wrong("0 and 1 taken for row numbers")
def contrastive_loss(z0, z1, same, margin):
    d = F.pairwise_distance(z0, z1)
    return torch.cat([d[same] ** 2, (margin - d[1 - same]).clamp(min=0) ** 2]).sum() / len(z0) / 2


@wrong("distance not squared")
def contrastive_loss(z0, z1, same, margin):
    d = torch.linalg.norm(z0 - z1, dim=1)
    return 0.5 * torch.where(same == 1, d, torch.relu(margin - d) ** 2).mean()


@wrong("margin term not squared")
def contrastive_loss(z0, z1, same, margin):
    total = 0
    for i in range(len(z0)):
        d = (z0[i] - z1[i]).norm()
        total = total + (d**2 if same[i] else max(torch.tensor(0.0), margin - d))
    return 0.5 * total / len(z0)


@wrong("neither term squared")
def contrastive_loss(z0, z1, same, margin):
    d = F.pairwise_distance(z0, z1)
    return (same * d + (1 - same) * F.relu(margin - d)).mean() / 2


@wrong("margin on the squared distance")
def contrastive_loss(z0, z1, same, margin):
    d = ((z0 - z1) ** 2).sum(1)
    return 0.5 * torch.mean(same * d + (1 - same) * torch.clamp(margin - d, min=0))


@wrong("margin on the squared distance")
def contrastive_loss(z0, z1, same, margin):
    squared = (z0 - z1).square().sum(dim=1)
    return torch.where(same.bool(), squared, F.relu(margin - squared).square()).mean() / 2


@wrong("½ missing")
def contrastive_loss(z0, z1, same, margin):
    d = F.pairwise_distance(z0, z1)
    return torch.where(same == 1, d**2, F.relu(margin - d) ** 2).mean()


@wrong("½ on one term only")
def contrastive_loss(z0, z1, same, margin):
    d = F.pairwise_distance(z0, z1)
    return torch.mean(1 / 2 * same * d**2 + (1 - same) * torch.clamp(margin - d, min=0) ** 2)


@wrong("½ on one term only")
def contrastive_loss(z0, z1, same, margin):
    total = 0
    for a, b, y in zip(z0, z1, same):
        d = torch.dist(a, b)
        total = total + (d * d if y == 1 else F.relu(margin - d) ** 2 / 2)
    return total / len(same)


@wrong("sum in place of mean")
def contrastive_loss(z0, z1, same, margin):
    total = 0
    for a, b, y in zip(z0, z1, same):
        d = torch.dist(a, b)
        total = total + 0.5 * (d * d if y == 1 else F.relu(margin - d) ** 2)
    return total


@wrong("mean missing")
def contrastive_loss(z0, z1, same, margin):
    d = F.pairwise_distance(z0, z1)
    return torch.where(same > 0, d**2, F.relu(margin - d) ** 2) / 2


@wrong("means of the two kinds added")
def contrastive_loss(z0, z1, same, margin):
    y = same.float()
    d = F.pairwise_distance(z0, z1)
    pull = (y * d**2).sum() / y.sum()
    push = ((1 - y) * F.relu(margin - d) ** 2).sum() / (1 - y).sum()
    return (pull + push) / 2


@wrong("no hinge")
def contrastive_loss(z0, z1, same, margin):
    d = F.pairwise_distance(z0, z1)
    return 0.5 * (same * d**2 + (1 - same) * torch.clamp((margin - d) ** 2, min=0)).mean()


@wrong("hinge the wrong way")
def contrastive_loss(z0, z1, same, margin):
    d = F.pairwise_distance(z0, z1)
    return 0.5 * (same * d**2 + (1 - same) * torch.clamp(margin - d, max=0) ** 2).mean()


@wrong("positives pushed, too")
def contrastive_loss(z0, z1, same, margin):
    total = 0
    for a, b, y in zip(z0, z1, same):
        d = torch.dist(a, b)
        if y:
            total = total + d**2
        total = total + F.relu(margin - d) ** 2
    return total / 2 / len(z0)


@wrong("negatives pulled, too")
def contrastive_loss(z0, z1, same, margin):
    d = F.pairwise_distance(z0, z1)
    push = F.relu(margin - d) ** 2
    push[same == 1] = 0
    return (d**2 + push).mean() / 2


@wrong("margin not used")
def contrastive_loss(z0, z1, same, margin):
    margin = 1
    d = F.pairwise_distance(z0, z1)
    return torch.where(same == 1, d**2, F.relu(margin - d) ** 2).mean() / 2


@wrong("mean over the coordinates")
def contrastive_loss(z0, z1, same, margin):
    squared = F.mse_loss(z0, z1, reduction="none").mean(dim=1)
    push = F.relu(margin - squared.sqrt()) ** 2
    return 0.5 * (same * squared + (1 - same) * push).mean()


@wrong("distance along the wrong axis")
def contrastive_loss(z0, z1, same, margin):
    d = ((z0 - z1) ** 2).sum(0).sqrt()
    return 0.5 * (same * d**2 + (1 - same) * F.relu(margin - d) ** 2).mean()


@wrong("one distance for the whole batch")
def contrastive_loss(z0, z1, same, margin):
    d = torch.dist(z0, z1)
    return (0.5 * same * d**2 + 0.5 * (1 - same) * max(margin - d, torch.zeros(())) ** 2).mean()


@wrong("(N, 1) meets (N,)")
def contrastive_loss(z0, z1, same, margin):
    d = F.pairwise_distance(z0, z1, keepdim=True)
    return torch.where(same == 1, d.square(), F.relu(margin - d).square()).mean() / 2


@wrong("city-block distance")
def contrastive_loss(z0, z1, same, margin):
    d = F.pairwise_distance(z0, z1, p=1)
    return torch.where(same == 1, d.square(), F.relu(margin - d).square()).mean() / 2


@wrong("cosine distance")
def contrastive_loss(z0, z1, same, margin):
    d = 1 - (F.normalize(z0) * F.normalize(z1)).sum(1)
    return torch.where(same == 1, d.square(), F.relu(margin - d).square()).mean() / 2


@wrong("normalised first")
def contrastive_loss(z0, z1, same, margin):
    d = F.pairwise_distance(F.normalize(z0), F.normalize(z1))
    return torch.where(same == 1, d.square(), F.relu(margin - d).square()).mean() / 2


@wrong("NaN gradient at distance 0")
def contrastive_loss(z0, z1, same, margin):
    d = ((z0 - z1) ** 2).sum(dim=1).sqrt()
    y = same.float()
    return 0.5 * (y * d**2 + (1 - y) * F.relu(margin - d) ** 2).mean()


@wrong("NaN gradient at distance 0")
def contrastive_loss(z0, z1, same, margin):
    total = 0
    for a, b, y in zip(z0, z1, same):
        squared = sum((p - q) ** 2 for p, q in zip(a, b))
        total = total + (squared if y else F.relu(margin - squared**0.5) ** 2)
    return total / (2 * len(z0))


@wrong("stops on True and False")
def contrastive_loss(z0, z1, same, margin):
    d = (z0 - z1).norm(dim=1)
    return 0.5 * (same * d**2 + (1 - same) * (margin - d).clamp(min=0) ** 2).mean()


@wrong("cut off from autograd")
def contrastive_loss(z0, z1, same, margin):
    values = []
    for a, b, y in zip(z0.tolist(), z1.tolist(), same.tolist()):
        d = math.dist(a, b)
        values.append(0.5 * d**2 if y else 0.5 * max(0.0, margin - d) ** 2)
    return torch.tensor(values).mean()


@wrong("wrong gradient")
def contrastive_loss(z0, z1, same, margin):
    d = (z0 - z1.detach()).norm(dim=1)
    return 0.5 * torch.where(same == 1, d**2, F.relu(margin - d) ** 2).mean()


@wrong("changes its input")
def contrastive_loss(z0, z1, same, margin):
    z0 -= z1
    d = z0.norm(dim=1)
    return 0.5 * torch.where(same == 1, d**2, F.relu(margin - d) ** 2).mean()


@wrong("hard-coded answer")
def contrastive_loss(z0, z1, same, margin):
    return torch.tensor(6.8125)


@wrong("returns nothing")
def contrastive_loss(z0, z1, same, margin):
    d = (z0 - z1).norm(dim=1)
    loss = 0.5 * torch.where(same == 1, d**2, F.relu(margin - d) ** 2).mean()  # noqa: F841  (never returned)


@wrong("wrong shape")
def contrastive_loss(z0, z1, same, margin):
    d = torch.cdist(z0, z1)
    return 0.5 * (same * d**2 + (1 - same) * F.relu(margin - d) ** 2)


@wrong("every z0 with every z1")
def contrastive_loss(z0, z1, same, margin):
    d = (z0[:, None] - z1[None]).norm(dim=2)
    return 0.5 * torch.where(same == 1, d**2, F.relu(margin - d) ** 2).mean()


@wrong("stops with IndexError")
def contrastive_loss(z0, z1, same, margin):
    d = (z0 - z1).norm(dim=2)
    return 0.5 * torch.where(same == 1, d**2, F.relu(margin - d) ** 2).mean()


@wrong("max or if on a whole tensor")
def contrastive_loss(z0, z1, same, margin):
    d = (z0 - z1).norm(dim=1)
    return 0.5 * (same * d**2 + (1 - same) * max(0, margin - d) ** 2).mean()


# triplet_loss --------------------------------------------------------------------------------------


@right
def triplet_loss(anchor, positive, negative, margin):
    total = 0
    for a, p, n in zip(anchor, positive, negative):
        missing = torch.linalg.norm(a - p) - torch.linalg.norm(a - n) + margin
        if missing > 0:
            total = total + missing
    return total / len(anchor)


@right
def triplet_loss(anchor, positive, negative, margin):
    return F.triplet_margin_loss(anchor, positive, negative, margin=margin)


@right
def triplet_loss(anchor, positive, negative, margin):
    both = torch.stack([positive, negative])
    d = torch.linalg.vector_norm(anchor - both, dim=2)
    return torch.maximum(d[0] - d[1] + margin, torch.zeros(())).sum() / d.shape[1]


@right
def triplet_loss(anchor, positive, negative, margin):
    d_ap, d_an = (((anchor - x) ** 2).sum(1).add(1e-12).sqrt() for x in (positive, negative))
    return F.margin_ranking_loss(d_an, d_ap, torch.ones_like(d_ap), margin=margin)


@wrong("sign flipped")
def triplet_loss(anchor, positive, negative, margin):
    near, far = F.pairwise_distance(anchor, positive), F.pairwise_distance(anchor, negative)
    return torch.clamp(far - near + margin, min=0).mean()


@wrong("sign flipped")
def triplet_loss(anchor, positive, negative, margin):
    return F.triplet_margin_loss(anchor, negative, positive, margin=margin)


@wrong("squared distances")
def triplet_loss(anchor, positive, negative, margin):
    d_ap = ((anchor - positive) ** 2).sum(1)
    d_an = ((anchor - negative) ** 2).sum(1)
    return F.relu(d_ap - d_an + margin).mean()


@wrong("no hinge")
def triplet_loss(anchor, positive, negative, margin):
    return (F.pairwise_distance(anchor, positive) - F.pairwise_distance(anchor, negative)).mean() + margin


@wrong("hinge after the mean")
def triplet_loss(anchor, positive, negative, margin):
    total = 0
    for a, p, n in zip(anchor, positive, negative):
        total = total + torch.dist(a, p) - torch.dist(a, n) + margin
    return torch.clamp(total / len(anchor), min=0)


@wrong("hinge the wrong way")
def triplet_loss(anchor, positive, negative, margin):
    missing = F.pairwise_distance(anchor, positive) - F.pairwise_distance(anchor, negative) + margin
    return torch.minimum(missing, torch.zeros_like(missing)).mean()


@wrong("margin subtracted")
def triplet_loss(anchor, positive, negative, margin):
    d_ap, d_an = F.pairwise_distance(anchor, positive), F.pairwise_distance(anchor, negative)
    return F.relu(d_ap - (d_an + margin)).mean()


@wrong("margin forgotten")
def triplet_loss(anchor, positive, negative, margin):
    d_ap, d_an = F.pairwise_distance(anchor, positive), F.pairwise_distance(anchor, negative)
    return torch.clamp(d_ap - d_an, min=0).mean()


@wrong("margin not used")
def triplet_loss(anchor, positive, negative, margin):
    return F.triplet_margin_loss(anchor, positive, negative)


@wrong("margin outside the hinge")
def triplet_loss(anchor, positive, negative, margin):
    d_ap, d_an = F.pairwise_distance(anchor, positive), F.pairwise_distance(anchor, negative)
    return margin + torch.clamp(d_ap - d_an, min=0).mean()


@wrong("clamped at the margin")
def triplet_loss(anchor, positive, negative, margin):
    d_ap, d_an = F.pairwise_distance(anchor, positive), F.pairwise_distance(anchor, negative)
    return torch.clamp(d_ap - d_an, margin).mean()


@wrong("hinge squared")
def triplet_loss(anchor, positive, negative, margin):
    return F.triplet_margin_loss(anchor, positive, negative, margin=margin, reduction="none").pow(2).mean()


@wrong("½ added")
def triplet_loss(anchor, positive, negative, margin):
    return F.triplet_margin_loss(anchor, positive, negative, margin=margin) / 2


@wrong("softplus in place of the hinge")
def triplet_loss(anchor, positive, negative, margin):
    d_ap, d_an = F.pairwise_distance(anchor, positive), F.pairwise_distance(anchor, negative)
    return torch.log(1 + torch.exp(d_ap - d_an + margin)).mean()


@wrong("mean over the active triplets")
def triplet_loss(anchor, positive, negative, margin):
    missing = F.pairwise_distance(anchor, positive) - F.pairwise_distance(anchor, negative) + margin
    return missing[missing > 0].mean()


@wrong("mean over the active triplets")
def triplet_loss(anchor, positive, negative, margin):
    found = []
    for a, p, n in zip(anchor, positive, negative):
        missing = torch.dist(a, p) - torch.dist(a, n) + margin
        if missing > 0:
            found.append(missing)
    return sum(found) / len(found)


@wrong("sum in place of mean")
def triplet_loss(anchor, positive, negative, margin):
    return F.triplet_margin_loss(anchor, positive, negative, margin=margin, reduction="sum")


@wrong("mean missing")
def triplet_loss(anchor, positive, negative, margin):
    return F.triplet_margin_loss(anchor, positive, negative, margin=margin, reduction="none")


@wrong("(N, 1) meets (N,)")
def triplet_loss(anchor, positive, negative, margin):
    d_ap = (anchor - positive).norm(dim=1, keepdim=True)
    d_an = (anchor - negative).norm(dim=1)
    return torch.clamp(d_ap - d_an + margin, min=0).mean()


@wrong("(N, 1) meets (N,)")
def triplet_loss(anchor, positive, negative, margin):
    d_ap = F.pairwise_distance(anchor, positive)
    d_an = F.pairwise_distance(anchor, negative, keepdim=True)
    return torch.clamp(d_ap - d_an + margin, min=0).mean()


@wrong("negative measured from the positive")
def triplet_loss(anchor, positive, negative, margin):
    return F.relu(F.pairwise_distance(anchor, positive) - F.pairwise_distance(positive, negative) + margin).mean()


@wrong("negative measured from the nearer end")
def triplet_loss(anchor, positive, negative, margin):
    return F.triplet_margin_loss(anchor, positive, negative, margin=margin, swap=True)


@wrong("mean over the coordinates")
def triplet_loss(anchor, positive, negative, margin):
    d_ap = torch.sqrt(((anchor - positive) ** 2).mean(dim=1))
    d_an = torch.sqrt(((anchor - negative) ** 2).mean(dim=1))
    return F.relu(d_ap - d_an + margin).mean()


@wrong("distance along the wrong axis")
def triplet_loss(anchor, positive, negative, margin):
    d_ap = (anchor - positive).pow(2).sum(0).sqrt()
    d_an = (anchor - negative).pow(2).sum(0).sqrt()
    return F.relu(d_ap - d_an + margin).mean()


@wrong("one distance for the whole batch")
def triplet_loss(anchor, positive, negative, margin):
    return F.relu(torch.dist(anchor, positive) - torch.dist(anchor, negative) + margin)


@wrong("city-block distance")
def triplet_loss(anchor, positive, negative, margin):
    return F.triplet_margin_loss(anchor, positive, negative, margin=margin, p=1)


@wrong("cosine distance")
def triplet_loss(anchor, positive, negative, margin):
    s_ap, s_an = F.cosine_similarity(anchor, positive), F.cosine_similarity(anchor, negative)
    return torch.clamp(s_an - s_ap + margin, min=0).mean()


@wrong("similarity in place of distance")
def triplet_loss(anchor, positive, negative, margin):
    a, p, n = (F.normalize(x) for x in (anchor, positive, negative))
    return F.relu((a * p).sum(1) - (a * n).sum(1) + margin).mean()


@wrong("normalised first")
def triplet_loss(anchor, positive, negative, margin):
    return F.triplet_margin_loss(F.normalize(anchor), F.normalize(positive), F.normalize(negative), margin=margin)


@wrong("NaN gradient at distance 0")
def triplet_loss(anchor, positive, negative, margin):
    d_ap = torch.sqrt(torch.sum((anchor - positive) ** 2, dim=1))
    d_an = torch.sqrt(torch.sum((anchor - negative) ** 2, dim=1))
    return torch.mean(F.relu(d_ap - d_an + margin))


@wrong("cut off from autograd")
def triplet_loss(anchor, positive, negative, margin):
    total = 0.0
    for a, p, n in zip(anchor, positive, negative):
        total += max(0.0, (a - p).norm().item() - (a - n).norm().item() + margin)
    return total / len(anchor)


@wrong("wrong gradient")
def triplet_loss(anchor, positive, negative, margin):
    return F.triplet_margin_loss(anchor, positive, negative.detach(), margin=margin)


@wrong("changes its input")
def triplet_loss(anchor, positive, negative, margin):
    d_ap = positive.sub_(anchor).norm(dim=1)
    d_an = negative.sub_(anchor).norm(dim=1)
    return F.relu(d_ap - d_an + margin).mean()


@wrong("hard-coded answer")
def triplet_loss(anchor, positive, negative, margin):
    return 1.75


@wrong("not written yet")
def triplet_loss(anchor, positive, negative, margin):
    raise NotImplementedError


@wrong("stops with AttributeError")
def triplet_loss(anchor, positive, negative, margin):
    missing = F.pairwise_distance(anchor, positive) - F.pairwise_distance(anchor, negative) + margin
    return torch.max(missing, 0).mean()


@wrong("max or if on a whole tensor")
def triplet_loss(anchor, positive, negative, margin):
    d_ap, d_an = F.pairwise_distance(anchor, positive), F.pairwise_distance(anchor, negative)
    return max(0.0, d_ap - d_an + margin).mean()


@wrong("max or if on a whole tensor")
def triplet_loss(anchor, positive, negative, margin):
    missing = (anchor - positive).norm(dim=1) - (anchor - negative).norm(dim=1) + margin
    return missing.mean() if missing > 0 else 0.0


# triplet_kinds -------------------------------------------------------------------------------------


@right
def triplet_kinds(d_ap, d_an, margin):
    kinds = []
    for p, n in zip(d_ap.tolist(), d_an.tolist()):
        if n <= p:
            kinds.append(2)
        elif n < p + margin:
            kinds.append(1)
        else:
            kinds.append(0)
    return torch.tensor(kinds)


@right
def triplet_kinds(d_ap, d_an, margin):
    kinds = torch.ones(len(d_ap), dtype=torch.long)
    kinds[d_an >= d_ap + margin] = 0
    kinds[d_an <= d_ap] = 2
    return kinds


@right
def triplet_kinds(d_ap, d_an, margin):
    loss = F.relu(d_ap - d_an + margin)
    return torch.where(loss == 0, 0, torch.where(loss < margin, 1, 2))


@right
def triplet_kinds(d_ap, d_an, margin):
    gap = (d_an - d_ap).numpy()
    return torch.from_numpy(np.select([gap <= 0, gap < margin], [2, 1], default=0))


@right
def triplet_kinds(d_ap, d_an, margin):
    borders = torch.tensor([torch.finfo(d_an.dtype).tiny, margin], dtype=d_an.dtype)
    return 2 - torch.bucketize(d_an - d_ap, borders, right=True)


@wrong("easy and hard exchanged")
def triplet_kinds(d_ap, d_an, margin):
    kinds = torch.ones_like(d_ap).int()
    kinds[d_an >= d_ap + margin] = 2
    kinds[d_an <= d_ap] = 0
    return kinds


@wrong("semi-hard and hard exchanged")
def triplet_kinds(d_ap, d_an, margin):
    kinds = torch.zeros(len(d_ap))
    kinds[d_an < d_ap + margin] = 2
    kinds[d_an <= d_ap] = 1
    return kinds


@wrong("numbered from 1")
def triplet_kinds(d_ap, d_an, margin):
    return torch.where(d_an <= d_ap, 3, torch.where(d_an < d_ap + margin, 2, 1))


@wrong("hard counted as semi-hard")
def triplet_kinds(d_ap, d_an, margin):
    kinds = torch.zeros(len(d_ap), dtype=torch.long)
    kinds[d_an <= d_ap] = 2
    kinds[d_an < d_ap + margin] = 1
    return kinds


@wrong("hard counted as semi-hard")
def triplet_kinds(d_ap, d_an, margin):
    return (F.relu(d_ap - d_an + margin) > 0).int()


@wrong("semi-hard counted as hard")
def triplet_kinds(d_ap, d_an, margin):
    return torch.where(d_ap - d_an + margin > 0, 2, 0)


@wrong("margin forgotten")
def triplet_kinds(d_ap, d_an, margin):
    kinds = torch.zeros(len(d_ap), dtype=torch.long)
    kinds[d_an < d_ap] = 2
    return kinds


@wrong("margin forgotten")
def triplet_kinds(d_ap, d_an, margin):
    return torch.where(d_an > d_ap, 0, 2)


@wrong("margin forgotten")
def triplet_kinds(d_ap, d_an, margin):
    kinds = []
    for p, n in zip(d_ap, d_an):
        kinds.append(0 if n > p else 1 if n == p else 2)
    return torch.tensor(kinds)


@wrong("border of hard")
def triplet_kinds(d_ap, d_an, margin):
    kinds = [2 if n < p else 1 if n < p + margin else 0 for p, n in zip(d_ap, d_an)]
    return torch.tensor(kinds)


@wrong("border of easy")
def triplet_kinds(d_ap, d_an, margin):
    kinds = torch.ones(len(d_ap))
    kinds[d_an > d_ap + margin] = 0
    kinds[d_an <= d_ap] = 2
    return kinds


@wrong("both borders")
def triplet_kinds(d_ap, d_an, margin):
    easy, hard = d_an > d_ap + margin, d_an < d_ap
    return 1 - easy.long() + hard.long()


@wrong("positive and negative exchanged")
def triplet_kinds(d_ap, d_an, margin):
    kinds = torch.ones(len(d_ap))
    kinds[d_ap >= d_an + margin] = 0
    kinds[d_ap <= d_an] = 2
    return kinds


@wrong("ring inside the positive")
def triplet_kinds(d_ap, d_an, margin):
    kinds = torch.zeros(len(d_ap))
    kinds[(d_an > d_ap - margin) & (d_an < d_ap)] = 1
    kinds[d_an <= d_ap - margin] = 2
    return kinds


@wrong("margin measured from the anchor")
def triplet_kinds(d_ap, d_an, margin):
    kinds = torch.zeros(len(d_ap))
    kinds[d_an < margin] = 1
    kinds[d_an <= d_ap] = 2
    return kinds


@wrong("squared distances")
def triplet_kinds(d_ap, d_an, margin):
    loss = d_ap.square() - d_an.square() + margin
    return (loss > 0).long() + (loss >= margin).long()


@wrong("loss in place of its kind")
def triplet_kinds(d_ap, d_an, margin):
    return torch.clamp(d_ap - d_an + margin, min=0)


@wrong("if on a whole tensor")
def triplet_kinds(d_ap, d_an, margin):
    if d_an >= d_ap + margin:
        return 0
    elif d_an > d_ap:
        return 1
    else:
        return 2


@wrong("if on a whole tensor")
def triplet_kinds(d_ap, d_an, margin):
    semi_hard = d_ap < d_an and d_an < d_ap + margin
    return torch.where(semi_hard, 1, torch.where(d_an <= d_ap, 2, 0))


@wrong("hard-coded answer")
def triplet_kinds(d_ap, d_an, margin):
    return torch.tensor([0, 0, 1, 2, 2])


@wrong("changes its input")
def triplet_kinds(d_ap, d_an, margin):
    d_an -= d_ap
    return (d_an < margin).long() + (d_an <= 0).long()


@wrong("a list in place of a tensor")
def triplet_kinds(d_ap, d_an, margin):
    return [2 if n <= p else 1 if n < p + margin else 0 for p, n in zip(d_ap.tolist(), d_an.tolist())]


@wrong("returns nothing")
def triplet_kinds(d_ap, d_an, margin):
    pass


# triplet_gradient ----------------------------------------------------------------------------------


@right
def triplet_gradient(anchor, positive, negative, margin):
    gradient = torch.zeros_like(anchor)
    for i in range(len(anchor)):
        to_p, to_n = anchor[i] - positive[i], anchor[i] - negative[i]
        d_ap, d_an = to_p.norm(), to_n.norm()
        if d_ap - d_an + margin > 0:
            if d_ap > 0:
                gradient[i] += to_p / d_ap
            if d_an > 0:
                gradient[i] -= to_n / d_an
    return gradient / len(anchor)


@right
def triplet_gradient(anchor, positive, negative, margin):
    missing = F.pairwise_distance(anchor, positive) - F.pairwise_distance(anchor, negative) + margin
    gradient = F.normalize(anchor - positive) - F.normalize(anchor - negative)
    gradient[missing <= 0] = 0
    return gradient / anchor.shape[0]


@right
def triplet_gradient(anchor, positive, negative, margin):
    offsets = anchor - torch.stack([positive, negative])
    d = torch.linalg.vector_norm(offsets, dim=2, keepdim=True)
    directions = torch.where(d > 0, offsets / d, 0)
    return torch.where(d[0] + margin > d[1], directions[0] - directions[1], 0) / len(anchor)


@right
def triplet_gradient(anchor, positive, negative, margin):
    a, p, n = (x.numpy().astype(np.float64) for x in (anchor, positive, negative))
    d_ap, d_an = np.linalg.norm(a - p, axis=1), np.linalg.norm(a - n, axis=1)
    on = (d_an < d_ap + margin) / len(a)
    away, towards = (on / np.maximum(d, 1e-12) for d in (d_ap, d_an))
    return torch.from_numpy(away[:, None] * (a - p) - towards[:, None] * (a - n))


@wrong("autograd in place of the formula")
def triplet_gradient(anchor, positive, negative, margin):
    anchor = anchor.detach().clone().requires_grad_(True)
    F.triplet_margin_loss(anchor, positive, negative, margin=margin).backward()
    return anchor.grad


@wrong("autograd in place of the formula")
def triplet_gradient(anchor, positive, negative, margin):
    return torch.func.grad(lambda a: F.triplet_margin_loss(a, positive, negative, margin=margin))(anchor)


@wrong("force in place of gradient")
def triplet_gradient(anchor, positive, negative, margin):
    on = (F.pairwise_distance(anchor, positive) - F.pairwise_distance(anchor, negative) + margin > 0).float()
    return on.unsqueeze(1) * (F.normalize(positive - anchor) - F.normalize(negative - anchor)) / len(anchor)


@wrong("positive and negative exchanged")
def triplet_gradient(anchor, positive, negative, margin):
    d_ap, d_an = F.pairwise_distance(anchor, positive)[:, None], F.pairwise_distance(anchor, negative)[:, None]
    on = d_an - d_ap + margin > 0
    return on * ((anchor - negative) / d_an - (anchor - positive) / d_ap) / len(anchor)


@wrong("not divided by the distances")
def triplet_gradient(anchor, positive, negative, margin):
    gradient = torch.zeros_like(anchor)
    for i, (a, p, n) in enumerate(zip(anchor, positive, negative)):
        if torch.dist(a, p) - torch.dist(a, n) + margin > 0:
            gradient[i] = (a - p) - (a - n)
    return gradient / len(anchor)


@wrong("squared distances")
def triplet_gradient(anchor, positive, negative, margin):
    on = F.pairwise_distance(anchor, positive) + margin > F.pairwise_distance(anchor, negative)
    return on[:, None] * (2 * (anchor - positive) - 2 * (anchor - negative)) / len(anchor)


@wrong("squared distances")
def triplet_gradient(anchor, positive, negative, margin):
    on = ((anchor - positive) ** 2).sum(1) - ((anchor - negative) ** 2).sum(1) + margin > 0
    return on[:, None] * 2 * (negative - positive) / len(anchor)


@wrong("divided by squared distances")
def triplet_gradient(anchor, positive, negative, margin):
    to_p, to_n = anchor - positive, anchor - negative
    on = (to_p.norm(dim=1) - to_n.norm(dim=1) + margin > 0)[:, None]
    return on * (to_p / to_p.pow(2).sum(1, keepdim=True) - to_n / to_n.pow(2).sum(1, keepdim=True)) / len(anchor)


@wrong("satisfied triplets not zero")
def triplet_gradient(anchor, positive, negative, margin):
    return (F.normalize(anchor - positive) - F.normalize(anchor - negative)) / len(anchor)


@wrong("active and satisfied exchanged")
def triplet_gradient(anchor, positive, negative, margin):
    missing = F.pairwise_distance(anchor, positive) - F.pairwise_distance(anchor, negative) + margin
    gradient = F.normalize(anchor - positive) - F.normalize(anchor - negative)
    gradient[missing > 0] = 0
    return gradient / len(anchor)


@wrong("semi-hard triplets left out")
def triplet_gradient(anchor, positive, negative, margin):
    gradient = F.normalize(anchor - positive) - F.normalize(anchor - negative)
    gradient[F.pairwise_distance(anchor, positive) < F.pairwise_distance(anchor, negative)] = 0
    return gradient / len(anchor)


@wrong("1/N missing")
def triplet_gradient(anchor, positive, negative, margin):
    rows = []
    for a, p, n in zip(anchor, positive, negative):
        d_ap, d_an = torch.dist(a, p), torch.dist(a, n)
        rows.append((a - p) / d_ap - (a - n) / d_an if d_ap - d_an + margin > 0 else torch.zeros_like(a))
    return torch.stack(rows)


@wrong("mean over the active triplets")
def triplet_gradient(anchor, positive, negative, margin):
    on = F.pairwise_distance(anchor, positive) + margin > F.pairwise_distance(anchor, negative)
    gradient = torch.zeros_like(anchor)
    gradient[on] = F.normalize(anchor[on] - positive[on]) - F.normalize(anchor[on] - negative[on])
    return gradient / len(anchor[on])


@wrong("divided by N·D")
def triplet_gradient(anchor, positive, negative, margin):
    on = F.pairwise_distance(anchor, positive) + margin > F.pairwise_distance(anchor, negative)
    n, d = anchor.shape
    return on.view(-1, 1) * (F.normalize(anchor - positive) - F.normalize(anchor - negative)) / (n * d)


@wrong("only the half of the positive")
def triplet_gradient(anchor, positive, negative, margin):
    on = F.pairwise_distance(anchor, positive) + margin > F.pairwise_distance(anchor, negative)
    return on.view(-1, 1) * F.normalize(anchor - positive) / len(anchor)


@wrong("only the half of the negative")
def triplet_gradient(anchor, positive, negative, margin):
    on = F.pairwise_distance(anchor, positive) + margin > F.pairwise_distance(anchor, negative)
    return on.view(-1, 1) * F.normalize(negative - anchor) / len(anchor)


@wrong("gradient of the positive")
def triplet_gradient(anchor, positive, negative, margin):
    on = F.pairwise_distance(anchor, positive) + margin > F.pairwise_distance(anchor, negative)
    return on.view(-1, 1) * (positive - anchor) / (positive - anchor).norm(dim=1)[:, None] / len(anchor)


@wrong("gradient of the negative")
def triplet_gradient(anchor, positive, negative, margin):
    on = F.pairwise_distance(anchor, positive) + margin > F.pairwise_distance(anchor, negative)
    return on.view(-1, 1) * F.normalize(anchor - negative) / len(anchor)


@wrong("halves added")
def triplet_gradient(anchor, positive, negative, margin):
    on = F.pairwise_distance(anchor, positive) + margin > F.pairwise_distance(anchor, negative)
    return on.view(-1, 1) * (F.normalize(anchor - positive) + F.normalize(anchor - negative)) / len(anchor)


@wrong("one direction in place of two")
def triplet_gradient(anchor, positive, negative, margin):
    on = F.pairwise_distance(anchor, positive) + margin > F.pairwise_distance(anchor, negative)
    return on.view(-1, 1) * F.normalize(negative - positive) / len(anchor)


@wrong("weighted with the loss")
def triplet_gradient(anchor, positive, negative, margin):
    missing = F.triplet_margin_loss(anchor, positive, negative, margin=margin, reduction="none")
    return missing.view(-1, 1) * (F.normalize(anchor - positive) - F.normalize(anchor - negative)) / len(anchor)


@wrong("one distance for the whole batch")
def triplet_gradient(anchor, positive, negative, margin):
    on = F.pairwise_distance(anchor, positive) + margin > F.pairwise_distance(anchor, negative)
    away, towards = anchor - positive, anchor - negative
    return on[:, None] * (away / torch.norm(away) - towards / torch.norm(towards)) / len(anchor)


@wrong("distance along the wrong axis")
def triplet_gradient(anchor, positive, negative, margin):
    on = F.pairwise_distance(anchor, positive) + margin > F.pairwise_distance(anchor, negative)
    return on[:, None] * (F.normalize(anchor - positive, dim=0) - F.normalize(anchor - negative, dim=0)) / len(anchor)


@wrong("summed over the batch")
def triplet_gradient(anchor, positive, negative, margin):
    on = F.pairwise_distance(anchor, positive) + margin > F.pairwise_distance(anchor, negative)
    return (on[:, None] * (F.normalize(anchor - positive) - F.normalize(anchor - negative))).mean(0)


@wrong("0/0 at distance 0")
def triplet_gradient(anchor, positive, negative, margin):
    d_ap = (anchor - positive).norm(dim=1, keepdim=True)
    d_an = (anchor - negative).norm(dim=1, keepdim=True)
    return ((anchor - positive) / d_ap - (anchor - negative) / d_an) * (d_ap - d_an + margin > 0) / len(anchor)


@wrong("hard-coded answer")
def triplet_gradient(anchor, positive, negative, margin):
    return torch.tensor([[-0.3, 0.1], [0.0, 0.0]])


@wrong("changes its input")
def triplet_gradient(anchor, positive, negative, margin):
    on = F.pairwise_distance(anchor, positive) + margin > F.pairwise_distance(anchor, negative)
    anchor[~on] = positive[~on] = negative[~on] = 0
    return (F.normalize(anchor - positive) - F.normalize(anchor - negative)) / len(anchor)


@wrong("not written yet")
def triplet_gradient(anchor, positive, negative, margin):
    raise NotImplementedError


@wrong("(N, D) meets (N,)")
def triplet_gradient(anchor, positive, negative, margin):
    d_ap, d_an = (anchor - positive).norm(dim=1), (anchor - negative).norm(dim=1)
    return ((anchor - positive) / d_ap - (anchor - negative) / d_an) * (d_ap - d_an + margin > 0) / len(anchor)


@wrong("(N, D) meets (N,)")
def triplet_gradient(anchor, positive, negative, margin):
    on = F.pairwise_distance(anchor, positive) + margin > F.pairwise_distance(anchor, negative)
    return on * (F.normalize(anchor - positive) - F.normalize(anchor - negative)) / len(anchor)


@wrong("stops with RuntimeError")
def triplet_gradient(anchor, positive, negative, margin):
    F.triplet_margin_loss(anchor, positive, negative, margin=margin).backward()
    return anchor.grad


@wrong("max or if on a whole tensor")
def triplet_gradient(anchor, positive, negative, margin):
    if (anchor - positive).norm(dim=1) - (anchor - negative).norm(dim=1) + margin <= 0:
        return torch.zeros_like(anchor)
    return (F.normalize(anchor - positive) - F.normalize(anchor - negative)) / len(anchor)


@wrong("wrong shape")
def triplet_gradient(anchor, positive, negative, margin):
    d_ap, d_an = (anchor - positive).norm(dim=1), (anchor - negative).norm(dim=1)
    return (d_ap - d_an + margin > 0) / len(anchor)


# hardest_triplets ----------------------------------------------------------------------------------


@right
def hardest_triplets(z, labels):
    found = []
    for i in range(len(z)):
        p, n = None, None
        for j in range(len(z)):
            d = torch.dist(z[i], z[j])
            if labels[j] == labels[i] and j != i and (p is None or d > torch.dist(z[i], z[p])):
                p = j
            if labels[j] != labels[i] and (n is None or d < torch.dist(z[i], z[n])):
                n = j
        if p is not None:
            found.append((i, p, n))
    return torch.tensor(found)


@right
def hardest_triplets(z, labels):
    d = torch.cdist(z, z)
    same = labels.unsqueeze(0) == labels.unsqueeze(1)
    positive = same & ~torch.eye(len(z), dtype=torch.bool)
    triplets = torch.stack([torch.arange(len(z)), (d * positive).argmax(1), (d + 1e9 * same).argmin(1)], dim=1)
    return triplets[positive.any(1)]


@right
def hardest_triplets(z, labels):
    x, y = z.double().numpy(), labels.numpy()
    d = np.linalg.norm(x[:, None] - x[None], axis=2)
    rows = np.arange(len(x))
    found = []
    for i in rows:
        mates, strangers = rows[(y == y[i]) & (rows != i)], rows[y != y[i]]
        if len(mates):
            found.append([i, mates[d[i, mates].argmax()], strangers[d[i, strangers].argmin()]])
    return torch.from_numpy(np.array(found))


@right
def hardest_triplets(z, labels):
    squared = (z[:, None] - z[None, :]).square().sum(-1)
    triplets = []
    for i, y in enumerate(labels.tolist()):
        mates = [j for j, other in enumerate(labels.tolist()) if other == y and j != i]
        strangers = [j for j, other in enumerate(labels.tolist()) if other != y]
        if mates:
            triplets.append([i, max(mates, key=lambda j: squared[i, j]), min(strangers, key=lambda j: squared[i, j])])
    return torch.tensor(triplets)


def _tables(z, labels):
    same = labels.view(-1, 1) == labels.view(1, -1)
    return torch.cdist(z, z), same, same ^ torch.eye(len(z), dtype=torch.bool)


@wrong("nearest positive")
def hardest_triplets(z, labels):
    d, same, mates = _tables(z, labels)
    p, n = (d + 1e9 * ~mates).argmin(1), (d + 1e9 * same).argmin(1)
    return torch.stack([torch.arange(len(z)), p, n], 1)[mates.any(1)]


@wrong("furthest negative")
def hardest_triplets(z, labels):
    d, same, mates = _tables(z, labels)
    rows = [[i, (d[i] * mates[i]).argmax(), (d[i] * ~same[i]).argmax()] for i in range(len(z)) if mates[i].any()]
    return torch.tensor(rows)


@wrong("easiest in place of hardest")
def hardest_triplets(z, labels):
    d, same, mates = _tables(z, labels)
    p, n = (d + 1e9 * ~mates).min(1).indices, (d - 1e9 * same).max(1).indices
    return torch.stack([torch.arange(len(z)), p, n], 1)[mates.any(1)]


@wrong("anchor as its own positive")
def hardest_triplets(z, labels):
    d, same, _ = _tables(z, labels)
    rows = [[i, (d[i] - 1e9 * ~same[i]).argmax(), (d[i] + 1e9 * same[i]).argmin()] for i in range(len(z))]
    return torch.tensor(rows)


@wrong("anchor as its own positive")
def hardest_triplets(z, labels):
    d, same, _ = _tables(z, labels)
    return torch.stack([torch.arange(len(z)), (d + 1e9 * ~same).argmin(1), (d + 1e9 * same).argmin(1)], dim=1)


@wrong("anchor without a positive kept")
def hardest_triplets(z, labels):
    d, same, mates = _tables(z, labels)
    return torch.stack([torch.arange(len(z)), (d * mates).argmax(1), (d + 1e9 * same).argmin(1)], dim=1)


@wrong("anchor without a positive kept")
def hardest_triplets(z, labels):
    d, same, mates = _tables(z, labels)
    p = torch.where(mates.any(1), (d * mates).argmax(1), -1)
    return torch.stack([torch.arange(len(z)), p, (d + 1e9 * same).argmin(1)], dim=1)


@wrong("negative nearest to the positive")
def hardest_triplets(z, labels):
    d, same, mates = _tables(z, labels)
    rows = []
    for i in mates.any(1).nonzero()[:, 0]:
        p = (d[i] * mates[i]).argmax()
        rows.append([i, p, (d[p] + 1e9 * same[p]).argmin()])
    return torch.tensor(rows)


@wrong("negative of the anchor's class")
def hardest_triplets(z, labels):
    d, same, mates = _tables(z, labels)
    p, n = (d * mates).argmax(1), d.topk(2, largest=False).indices[:, 1]
    return torch.stack([torch.arange(len(z)), p, n], dim=1)[mates.any(1)]


@wrong("negative of the anchor's class")
def hardest_triplets(z, labels):
    d, same, mates = _tables(z, labels)
    rows = [[i, (d[i] * mates[i]).argmax(), (d[i] + 1e9 * ~mates[i]).argmin()] for i in range(len(z)) if mates[i].any()]
    return torch.tensor(rows)


@wrong("anchor as its own negative")
def hardest_triplets(z, labels):
    d, same, mates = _tables(z, labels)
    rows = [[i, (d[i] * mates[i]).argmax(), (d[i] + 1e9 * mates[i]).argmin()] for i in range(len(z)) if mates[i].any()]
    return torch.tensor(rows)


@wrong("mask of 0")
def hardest_triplets(z, labels):
    d, same, mates = _tables(z, labels)
    positives, negatives = torch.where(mates, d, 0), torch.where(same, 0, d)
    return torch.stack([torch.arange(len(z)), positives.argmax(1), negatives.argmin(1)], dim=1)[mates.any(1)]


@wrong("positive of any class")
def hardest_triplets(z, labels):
    d, same, mates = _tables(z, labels)
    rows = [[i, d[i].argmax(), (d[i] + 1e9 * same[i]).argmin()] for i in range(len(z)) if mates[i].any()]
    return torch.tensor(rows)


@wrong("positives and negatives exchanged")
def hardest_triplets(z, labels):
    d, same, mates = _tables(z, labels)
    rows = [[i, (d[i] * ~same[i]).argmax(), (d[i] + 1e9 * ~mates[i]).argmin()] for i in range(len(z)) if mates[i].any()]
    return torch.tensor(rows)


@wrong("columns exchanged")
def hardest_triplets(z, labels):
    d, same, mates = _tables(z, labels)
    rows = [[i, (d[i] + 1e9 * same[i]).argmin(), (d[i] * mates[i]).argmax()] for i in range(len(z)) if mates[i].any()]
    return torch.tensor(rows)


@wrong("transposed")
def hardest_triplets(z, labels):
    d, same, mates = _tables(z, labels)
    keep = mates.any(1)
    p, n = (d * mates).argmax(1), (d + 1e9 * same).argmin(1)
    return torch.vstack([torch.arange(len(z))[keep], p[keep], n[keep]])


@wrong("by another measure")
def hardest_triplets(z, labels):
    _, same, mates = _tables(z, labels)
    alike = torch.einsum("id,jd->ij", z, z)
    p, n = (alike + 1e9 * ~mates).argmin(1), (alike - 1e9 * same).argmax(1)
    return torch.stack([torch.arange(len(z)), p, n], dim=1)[mates.any(1)]


@wrong("normalised first")
def hardest_triplets(z, labels):
    d, same, mates = _tables(F.normalize(z), labels)
    p, n = (d * mates).argmax(1), (d + 1e9 * same).argmin(1)
    return torch.stack([torch.arange(len(z)), p, n], dim=1)[mates.any(1)]


@wrong("similarity taken for a distance")
def hardest_triplets(z, labels):
    _, same, mates = _tables(z, labels)
    s = F.cosine_similarity(z[:, None], z[None], dim=2)
    p, n = (s - 9 * ~mates).argmax(1), (s + 9 * same).argmin(1)
    return torch.stack([torch.arange(len(z)), p, n], dim=1)[mates.any(1)]


@wrong("every positive in place of the furthest")
def hardest_triplets(z, labels):
    d, same, mates = _tables(z, labels)
    n = (d + 1e9 * same).argmin(1)
    return torch.tensor([[i, j, n[i]] for i in range(len(z)) for j in range(len(z)) if mates[i, j]])


@wrong("one triplet for the whole batch")
def hardest_triplets(z, labels):
    d, same, mates = _tables(z, labels)
    furthest, nearest = (d * mates).max(1), (d + 1e9 * same).min(1)
    i = (furthest.values - nearest.values).masked_fill(~mates.any(1), -1e9).argmax()
    return torch.stack([i, furthest.indices[i], nearest.indices[i]]).unsqueeze(0)


@wrong("distances in place of row numbers")
def hardest_triplets(z, labels):
    d, same, mates = _tables(z, labels)
    p, n = (d * mates).max(1).values, (d + 1e9 * same).min(1).values
    return torch.stack([torch.arange(len(z)), p, n], dim=1)[mates.any(1)]


@wrong("place within a selection")
def hardest_triplets(z, labels):
    d, same, mates = _tables(z, labels)
    rows = [[i, d[i][mates[i]].argmax(), d[i][~same[i]].argmin()] for i in range(len(z)) if mates[i].any()]
    return torch.tensor(rows)


@wrong("place within a selection")
def hardest_triplets(z, labels):
    d, rows = torch.cdist(z, z), []
    for i in range(len(z)):
        same = labels == labels[i]
        if same.sum() > 1:
            rows.append([i, d[i][same].argmax(), d[i][~same].argmin()])
    return torch.tensor(rows)


@wrong("rows by class")
def hardest_triplets(z, labels):
    d, same, mates = _tables(z, labels)
    rows = []
    for y in labels.unique():
        for i in (labels == y).nonzero().flatten():
            if mates[i].any():
                rows.append([i, (d[i] * mates[i]).argmax(), (d[i] + 1e9 * same[i]).argmin()])
    return torch.tensor(rows)


@wrong("semi-hard in place of hardest")
def hardest_triplets(z, labels):
    d, same, mates = _tables(z, labels)
    rows = []
    for i in range(len(z)):
        if mates[i].any():
            p = (d[i] * mates[i]).argmax()
            beyond = ~same[i] & (d[i] > d[i, p])
            if beyond.any():
                rows.append([i, p, (d[i] + 1e9 * ~beyond).argmin()])
    return torch.tensor(rows).reshape(-1, 3)


@wrong("wrong shape")
def hardest_triplets(z, labels):
    d, same, mates = _tables(z, labels)
    return torch.stack([(d * mates).argmax(1), (d + 1e9 * same).argmin(1)], dim=1)[mates.any(1)]


@wrong("a list in place of a tensor")
def hardest_triplets(z, labels):
    d, same, mates = _tables(z, labels)
    a = mates.any(1).nonzero()[:, 0]
    return a, (d * mates).argmax(1)[a], (d + 1e9 * same).argmin(1)[a]


@wrong("hard-coded answer")
def hardest_triplets(z, labels):
    return torch.tensor([[0, 2, 1], [1, 3, 0], [2, 0, 1], [3, 1, 0]])


@wrong("changes its input")
def hardest_triplets(z, labels):
    rows = []
    for i in range(len(z)):
        mine, d = labels[i].item(), (z - z[i]).norm(dim=1)
        labels[i] = 10**6  # so that it is not its own positive
        if (labels == mine).any():
            taken = (labels == mine) | (labels == 10**6)
            rows.append([i, (d * (labels == mine)).argmax(), (d + 1e9 * taken).argmin()])
    return torch.tensor(rows)


@wrong("not written yet")
def hardest_triplets(z, labels):
    raise NotImplementedError
