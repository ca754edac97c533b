"""Answers to pairs, written from the exercises alone, without a look at the checks."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from answers import right, wrong


def _cos(x):   # a sound matrix of cosines, for answers whose mistake lies elsewhere
    u = F.normalize(x.float(), dim=1)
    return u @ u.T


# ---------------------------------------------------------------- cosine


@wrong("divided by squared lengths")  # divides by the squared lengths: the square roots are forgotten
def cosine(a, b):
    dot = aa = bb = 0.0
    for x, y in zip(a, b):
        dot += x * y
        aa += x * x
        bb += y * y
    if aa == 0 or bb == 0:
        return 0.0
    return dot / (aa * bb)


@wrong("divided by one length only")  # divides by the length of a only; b's length is left in
def cosine(a, b):
    length = a.norm()
    if length == 0:
        return 0.0
    return float(torch.dot(a, b) / length)


@wrong("a row of zeros gives NaN")  # no care for vectors of zeros: 0 / 0 gives nan
def cosine(a, b):
    return (a @ b) / (torch.linalg.norm(a) * torch.linalg.norm(b))


@wrong("sum of absolute values as length")  # lengths are sums of absolute values (L1), not Euclidean
def cosine(a, b):
    na = a.abs().sum()
    nb = b.abs().sum()
    if na == 0 or nb == 0:
        return 0.0
    return ((a * b).sum() / (na * nb)).item()


# tests for the zero vector by the sum of the components, so vectors whose components cancel give 0
@wrong("sum in place of length")
def cosine(a, b):
    if a.sum() == 0 or b.sum() == 0:
        return 0.0
    return (a @ b / (a.norm() * b.norm())).item()


@wrong("a component left out")  # the loop begins at 1 and leaves out the first component
def cosine(a, b):
    dot, aa, bb = 0.0, 0.0, 0.0
    for i in range(1, len(a)):
        dot += float(a[i]) * float(b[i])
        aa += float(a[i]) ** 2
        bb += float(b[i]) ** 2
    if aa == 0 or bb == 0:
        return 0.0
    return dot / (math.sqrt(aa) * math.sqrt(bb))


@wrong("lengths added")  # adds the two lengths in the denominator in place of multiplying them
def cosine(a, b):
    a, b = np.asarray(a), np.asarray(b)
    bottom = np.sqrt((a ** 2).sum()) + np.sqrt((b ** 2).sum())
    if not a.any() or not b.any():
        return 0.0
    return float((a * b).sum() / bottom)


@wrong("brackets missing")  # missing brackets: divides by |a| and then multiplies by |b|
def cosine(a, b):
    na, nb = a.pow(2).sum().sqrt(), b.pow(2).sum().sqrt()
    if na == 0 or nb == 0:
        return 0.0
    return float(torch.sum(a * b) / na * nb)


@right
def cosine(a, b):
    a, b = a.tolist(), b.tolist()
    la, lb = math.hypot(*a), math.hypot(*b)
    if la == 0 or lb == 0:
        return 0
    return math.fsum((x / la) * (y / lb) for x, y in zip(a, b))


@right
def cosine(a, b):
    return F.normalize(a, dim=0) @ F.normalize(b, dim=0)


# ---------------------------------------------------------------- cosine_matrix


@wrong("normalised along the wrong axis")  # normalises the columns (dim=0), not the rows
def cosine_matrix(a, b):
    a = F.normalize(a, dim=0)
    b = F.normalize(b, dim=0)
    return a @ b.T


@wrong("a row of zeros gives NaN")  # rows of zeros give nan: 0 / 0
def cosine_matrix(a, b):
    a = a / a.norm(dim=1, keepdim=True)
    b = b / b.norm(dim=1, keepdim=True)
    return a @ b.T


@wrong("transposed")  # the product is the other way round: (M, N), b's rows against a's
def cosine_matrix(a, b):
    ua = a / a.norm(dim=-1, keepdim=True).clamp(min=1e-12)
    ub = b / b.norm(dim=-1, keepdim=True).clamp(min=1e-12)
    return torch.matmul(ub, ua.transpose(0, 1))


@wrong("no gradient to one side")  # computes b's unit rows under no_grad, so that no gradient flows to b
def cosine_matrix(a, b):
    with torch.no_grad():
        b = F.normalize(b, dim=1)
    return F.normalize(a, dim=1) @ b.T


# divides by lengths of shape (N,) and (M,) multiplied with each other, without giving them an axis: fails where N != M
@wrong("lengths without an axis")
def cosine_matrix(a, b):
    na = a.norm(dim=1).clamp(min=1e-12)
    nb = b.norm(dim=1).clamp(min=1e-12)
    return a @ b.T / (na * nb)


@wrong("changes its input")  # normalises in place and so changes the caller's a and b
def cosine_matrix(a, b):
    a /= a.norm(dim=1, keepdim=True).clamp(min=1e-12)
    b /= b.norm(dim=1, keepdim=True).clamp(min=1e-12)
    return a @ b.T


# mends the nan of zero rows afterwards, with torch.where: the values are right but gradients are nan for zero rows
@wrong("a row of zeros gives NaN, backwards")
def cosine_matrix(a, b):
    na = a.norm(dim=1, keepdim=True)
    nb = b.norm(dim=1, keepdim=True)
    cos = (a @ b.T) / (na * nb.T)
    return torch.where(torch.isnan(cos), torch.zeros_like(cos), cos)


@wrong("normalised on one side only")  # normalises only a; the lengths of b's rows are left in
def cosine_matrix(a, b):
    lengths = torch.sqrt((a * a).sum(1, keepdim=True) + 1e-16)
    return (a / lengths) @ b.t()


@right
def cosine_matrix(a, b):
    return F.cosine_similarity(a[:, None, :], b[None, :, :], dim=2)


@right
def cosine_matrix(a, b):
    ra = a.square().sum(1).clamp(min=1e-24).rsqrt()
    rb = b.square().sum(1).clamp(min=1e-24).rsqrt()
    return torch.einsum("nd,md,n,m->nm", a, b, ra, rb)


# ---------------------------------------------------------------- cosine_of_distance


@wrong("distance not squared")  # forgets to square the distance: 1 - d / 2
def cosine_of_distance(d):
    return 1 - d / 2


@wrong("a factor 2 missing")  # forgets to halve: 1 - d^2
def cosine_of_distance(d):
    return 1 - d ** 2


@wrong("distance not squared")  # takes the Euclidean distance for the cosine distance: 1 - d
def cosine_of_distance(d):
    return torch.ones_like(d) - d


@wrong("sign flipped")  # sign mistake in solving: d^2 / 2 - 1
def cosine_of_distance(d):
    squared = d.pow(2)
    return (squared - 2) / 2


@wrong("the angle is not the distance")  # takes the distance (the chord) for the angle (the arc): cos(d)
def cosine_of_distance(d):
    return torch.cos(d)


@wrong("negative cosines cut off")  # cuts negative cosines off at 0, so that distances above sqrt(2) come out wrong
def cosine_of_distance(d):
    return torch.clamp(1 - d * d / 2, min=0, max=1)


# loops over the first axis and makes a tensor of the numbers: works for one axis only, fails for other shapes
@wrong("one axis only")
def cosine_of_distance(d):
    out = []
    for x in d:
        out.append(1 - x.item() ** 2 / 2)
    return torch.tensor(out)


@wrong("wrong factor")  # uses cos t = 1 - 2 sin^2(t/2) with d in the place of d/2: 1 - 2 d^2
def cosine_of_distance(d):
    half_sine = d
    return 1 - 2 * half_sine.square()


@right
def cosine_of_distance(d):
    return torch.cos(2 * torch.asin((d / 2).clamp(-1, 1)))


@right
def cosine_of_distance(d):
    s = d / math.sqrt(2)
    return (1 - s) * (1 + s)


# ---------------------------------------------------------------- positive_pairs


@wrong("a sample paired with itself")  # the diagonal is left in: every sample is its own positive
def positive_pairs(labels):
    return labels.unsqueeze(0) == labels.unsqueeze(1)


@wrong("numbers in place of truth values")  # returns floats, not truth values
def positive_pairs(labels):
    n = len(labels)
    same = (labels[:, None] == labels[None, :]).float()
    return same - torch.eye(n)


@wrong("each pair only once")  # each pair only once, above the diagonal: the table is not symmetric
def positive_pairs(labels):
    n = len(labels)
    table = torch.zeros(n, n, dtype=torch.bool)
    for i in range(n):
        for j in range(i + 1, n):
            if labels[i] == labels[j]:
                table[i, j] = True
    return table


# compares labels with labels.T, which for a vector is the vector itself: shape (N,), every label with itself
@wrong("each label compared with itself")
def positive_pairs(labels):
    return labels == labels.t()


@wrong("a class left out")  # loops over range(labels.max()) and so leaves out the last class
def positive_pairs(labels):
    n = len(labels)
    table = torch.zeros((n, n), dtype=torch.bool)
    for c in range(int(labels.max())):
        mask = labels == c
        table |= mask[:, None] & mask[None, :]
    table.fill_diagonal_(False)
    return table


# joins the two conditions by 'or' in place of 'and': all pairs of different samples are True
@wrong("or in place of and")
def positive_pairs(labels):
    same = labels[:, None] == labels[None, :]
    different_sample = ~torch.eye(len(labels), dtype=torch.bool)
    return same | different_sample


@wrong("diagonal removed")  # takes the diagonal out of the table, as in SimCLR code: shape (N, N - 1)
def positive_pairs(labels):
    n = labels.shape[0]
    same = labels.view(-1, 1) == labels.view(1, -1)
    return same[~torch.eye(n, dtype=torch.bool)].view(n, n - 1)


@wrong("positives and negatives exchanged")  # the table of negatives: True where the classes differ
def positive_pairs(labels):
    table = np.not_equal.outer(labels.numpy(), labels.numpy())
    np.fill_diagonal(table, False)
    return torch.from_numpy(table)


@right
def positive_pairs(labels):
    _, c = torch.unique(labels, return_inverse=True)
    one = F.one_hot(c).float()
    return (one @ one.T - torch.eye(len(labels))) > 0.5


@right
def positive_pairs(labels):
    ls = labels.tolist()
    return torch.tensor([[i != j and p == q for j, q in enumerate(ls)] for i, p in enumerate(ls)])


# ---------------------------------------------------------------- nearest_other


@wrong("each row finds itself")  # does not leave out the row itself, which always wins
def nearest_other(x):
    return _cos(x).argmax(dim=1)


@wrong("mask of 0")  # sets the diagonal to 0, which wins where all the other cosines are negative
def nearest_other(x):
    sim = _cos(x)
    sim.fill_diagonal_(0)
    return sim.argmax(dim=1)


@wrong("Euclidean distance")  # nearest by Euclidean distance, not by cosine
def nearest_other(x):
    d = torch.cdist(x, x)
    d.fill_diagonal_(float("inf"))
    return torch.argmin(d, dim=1)


@wrong("not normalised")  # dot products of rows that are not normalised
def nearest_other(x):
    s = x @ x.T
    s[torch.arange(len(x)), torch.arange(len(x))] = -float("inf")
    return s.max(1).indices


# takes the second of the top two, trusting that the row itself is first: where a row has a copy it may name itself
@wrong("a copy")
def nearest_other(x):
    return _cos(x).topk(2, dim=1).indices[:, 1]


@wrong("search begins at 0")  # the search begins with best = 0 (number 0), so a row with only negative cosines gets row 0
def nearest_other(x):
    cos = _cos(x)
    out = []
    for i in range(len(x)):
        best, where = 0.0, 0
        for j in range(len(x)):
            if i != j and cos[i, j] > best:
                best, where = cos[i, j], j
        out.append(where)
    return torch.tensor(out)


# takes out the diagonal but does not put the numbers right: from the diagonal on they are one too small
@wrong("numbers shifted by the diagonal")
def nearest_other(x):
    n = len(x)
    others = _cos(x)[~torch.eye(n, dtype=torch.bool)].reshape(n, n - 1)
    return others.argmax(dim=1)


@wrong("furthest in place of nearest")  # sorts in ascending order and takes the second: nearly the least similar row
def nearest_other(x):
    order = torch.argsort(_cos(x), dim=1)
    return order[:, 1]


@right
def nearest_other(x):
    rows = [F.normalize(r, dim=0) for r in x]
    n = len(rows)
    return torch.tensor([max((j for j in range(n) if j != i), key=lambda j: float(rows[i] @ rows[j])) for i in range(n)])


@right
def nearest_other(x):
    return (_cos(x) - 3 * torch.eye(len(x))).max(dim=0)[1]


# ---------------------------------------------------------------- neighbour_accuracy


def _nearest(x):
    return _cos(x).fill_diagonal_(-float("inf")).argmax(1)


@wrong("count in place of a share")  # the number of hits, not divided by the number of rows
def neighbour_accuracy(x, labels):
    return (labels[_nearest(x)] == labels).sum().item()


@wrong("percent in place of a share")  # a percentage from 0 to 100
def neighbour_accuracy(x, labels):
    hits = (labels[_nearest(x)] == labels).float()
    return 100 * hits.mean().item()


@wrong("each row finds itself")  # each row finds itself as its neighbour, so the share is always 1
def neighbour_accuracy(x, labels):
    sim = _cos(x)
    found = sim.max(dim=1).indices
    return float((labels[found] == labels).float().mean())


@wrong("Euclidean distance")  # the neighbour is the nearest by Euclidean distance, not by cosine
def neighbour_accuracy(x, labels):
    d = torch.cdist(x, x).fill_diagonal_(torch.inf)
    near = d.argmin(1)
    return (labels[near] == labels).float().mean().item()


@wrong("mean over the classes")  # the mean of the classes' accuracies (balanced), not the share of rows
def neighbour_accuracy(x, labels):
    right_ones = labels[_nearest(x)] == labels
    per_class = [right_ones[labels == c].float().mean() for c in labels.unique()]
    return torch.stack(per_class).mean().item()


@wrong("index compared with label")  # compares the neighbour's row number with the label, not the neighbour's label
def neighbour_accuracy(x, labels):
    near = _nearest(x)
    count = 0
    for i in range(len(x)):
        if near[i] == labels[i]:
            count += 1
    return count / len(x)


@wrong("share of errors")  # the share of errors, not of hits
def neighbour_accuracy(x, labels):
    near = _nearest(x).numpy()
    y = labels.numpy()
    return float(np.mean(y[near] != y))


@wrong("whole-number division")  # whole-number division: always 0 unless every neighbour is right
def neighbour_accuracy(x, labels):
    near = _nearest(x)
    hits = 0
    for i, j in enumerate(near):
        hits += int(labels[i] == labels[j])
    return hits // len(labels)


@right
def neighbour_accuracy(x, labels):
    pairs = zip(labels.tolist(), labels[_nearest(x)].tolist())
    hits = [mine == theirs for mine, theirs in pairs]
    return sum(hits) / len(hits)


@right
def neighbour_accuracy(x, labels):
    same = labels[:, None] == labels[None, :]
    return same.double().gather(1, _nearest(x)[:, None]).mean()
