"""Answers to pairs, written from the exercises alone, without a look at the checks."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from answers import right, wrong


# ---------------------------------------------------------------- cosine


@wrong("divided by squared lengths")  # divides by the product of the sums of squares: forgot both square roots
def cosine(a, b):
    dot, aa, bb = 0.0, 0.0, 0.0
    for x, y in zip(a, b):
        dot += x * y
        aa += x * x
        bb += y * y
    if aa == 0 or bb == 0:
        return 0.0
    return dot / (aa * bb)


@wrong("a row of zeros gives NaN")  # handles a zero vector only when it is a; b = 0 divides by 0 and gives nan
def cosine(a, b):
    if a.norm() == 0:
        return torch.tensor(0.0)
    return (a @ b) / (a.norm() * b.norm())


@wrong("an epsilon that counts")  # adds a large epsilon (1e-2) to the denominator, so short vectors get too small a cosine
def cosine(a, b):
    return (a * b).sum() / (a.norm() * b.norm() + 1e-2)


@wrong("lengths added")  # takes the sum of the two lengths in place of their product in the denominator
def cosine(a, b):
    na = math.sqrt(sum(float(x) ** 2 for x in a))
    nb = math.sqrt(sum(float(x) ** 2 for x in b))
    if na == 0 or nb == 0:
        return 0.0
    return float(torch.dot(a, b)) / (na + nb)


@wrong("cosine distance")  # returns the cosine distance 1 - cos (as in scipy) in place of the cosine
def cosine(a, b):
    n = torch.linalg.norm(a) * torch.linalg.norm(b)
    if n == 0:
        return 0.0
    return 1 - torch.dot(a, b) / n


@wrong("sum in place of length")  # zero vector check by the sum of the entries: vectors that sum to 0 but are not zero get 0
def cosine(a, b):
    if a.sum() == 0 or b.sum() == 0:
        return 0.0
    return (a @ b / torch.sqrt((a ** 2).sum() * (b ** 2).sum())).item()


@right
def cosine(a, b):
    # numpy style, scaled by the largest entry first
    a, b = np.asarray(a.tolist(), dtype=np.float64), np.asarray(b.tolist(), dtype=np.float64)
    na, nb = np.sqrt(np.dot(a, a)), np.sqrt(np.dot(b, b))
    with np.errstate(divide="ignore", invalid="ignore"):
        c = np.dot(a / na, b / nb)
    return float(np.nan_to_num(c))


# ---------------------------------------------------------------- cosine_matrix


@wrong("normalised along the wrong axis")  # normalises along dim 0 (columns) in place of the rows
def cosine_matrix(a, b):
    a = F.normalize(a, dim=0)
    b = F.normalize(b, dim=0)
    return a @ b.T


@wrong("one length for the whole matrix")  # divides by the norm of the whole matrix (norm without dim)
def cosine_matrix(a, b):
    na, nb = a.norm(), b.norm()
    na = na if na > 0 else torch.ones(())
    nb = nb if nb > 0 else torch.ones(())
    return (a / na) @ (b / nb).T


@wrong("a row of zeros gives NaN")  # rows of zeros give nan: divides by the length without a guard
def cosine_matrix(a, b):
    a = a / a.norm(dim=1, keepdim=True)
    b = b / b.norm(dim=1, keepdim=True)
    return torch.matmul(a, b.t())


@wrong("lengths detached")  # detaches the lengths (no_grad), so the gradient is that of a scaled dot product only
def cosine_matrix(a, b):
    with torch.no_grad():
        na = a.norm(dim=1, keepdim=True).clamp(min=1e-12)
        nb = b.norm(dim=1, keepdim=True).clamp(min=1e-12)
    return (a / na) @ (b / nb).T


@wrong("normalised on one side only")  # normalises only a, b keeps its lengths
def cosine_matrix(a, b):
    a_hat = torch.nn.functional.normalize(a, dim=-1)
    return torch.einsum("nd,md->nm", a_hat, b)


# repairs nan afterwards with nan_to_num, so values are right but the gradient is nan at rows of zeros
@wrong("a row of zeros gives NaN, backwards")
def cosine_matrix(a, b):
    lengths = a.norm(dim=1)[:, None] * b.norm(dim=1)[None, :]
    return torch.nan_to_num(a @ b.T / lengths, nan=0.0)


@right
def cosine_matrix(a, b):
    # safe-where, outer product of inverse lengths
    def inverse(x):
        sq = torch.einsum("nd,nd->n", x, x)
        zero = sq == 0
        return torch.where(zero, torch.zeros_like(sq), torch.rsqrt(torch.where(zero, torch.ones_like(sq), sq)))
    return torch.einsum("nd,md,n,m->nm", a, b, inverse(a), inverse(b))


# ---------------------------------------------------------------- cosine_of_distance


@wrong("distance not squared")  # does not square the distance: 1 - d/2
def cosine_of_distance(d):
    return 1 - d / 2


@wrong("a factor 2 missing")  # forgot the factor 1/2: 1 - d^2
def cosine_of_distance(d):
    return 1.0 - d.pow(2)


@wrong("the angle is not the distance")  # took the distance for the angle: cos(d)
def cosine_of_distance(d):
    return torch.cos(d)


@wrong("sign flipped")  # sign slip while solving: d^2/2 - 1
def cosine_of_distance(d):
    return (d ** 2 - 2) / 2


@wrong("negative cosines cut off")  # clamps the result at 0, thinking a cosine cannot be negative
def cosine_of_distance(d):
    return torch.clamp(1 - d ** 2 / 2, min=0.0, max=1.0)


@wrong("half the angle")  # took half the angle: returns sqrt(1 - d^2/4), the cosine of half the angle
def cosine_of_distance(d):
    half_sine = d / 2
    return torch.sqrt((1 - half_sine ** 2).clamp(min=0))


@right
def cosine_of_distance(d):
    # by trigonometry: angle = 2 asin(d/2)
    return torch.cos(2 * torch.asin((d.double() / 2).clamp(0, 1))).to(d.dtype)


# ---------------------------------------------------------------- positive_pairs


@wrong("a sample paired with itself")  # forgot to exclude the diagonal: a sample is its own positive
def positive_pairs(labels):
    return labels[:, None] == labels[None, :]


@wrong("each pair only once")  # only the upper triangle (i < j), so the table is not symmetric
def positive_pairs(labels):
    n = len(labels)
    table = torch.zeros(n, n, dtype=torch.bool)
    for i in range(n):
        for j in range(i + 1, n):
            table[i, j] = labels[i] == labels[j]
    return table


@wrong("numbers in place of truth values")  # returns numbers 0/1 (float) in place of truth values
def positive_pairs(labels):
    same = (labels.unsqueeze(0) == labels.unsqueeze(1)).float()
    same.fill_diagonal_(0)
    return same


@wrong("positives and negatives exchanged")  # inverts: true where the labels differ (negatives)
def positive_pairs(labels):
    return labels.view(-1, 1) != labels.view(1, -1)


# multiplies the labels (l_i * l_j == l_i**2): pairs of label 0 with anything count as positive
@wrong("classes taken for numbers")
def positive_pairs(labels):
    square = labels[:, None] ** 2
    product = labels[:, None] * labels[None, :]
    return (product == square) & ~torch.eye(len(labels), dtype=torch.bool)


# multiplies the table by the labels and takes the result for truth values: class 0 has no positives
@wrong("classes taken for numbers")
def positive_pairs(labels):
    same = (labels[:, None] == labels[None, :]) * labels[:, None]   # keep the label where same
    same = same.bool()
    return same & ~torch.eye(len(labels)).bool()


@right
def positive_pairs(labels):
    _, code = torch.unique(labels, return_inverse=True)
    onehot = F.one_hot(code).float()
    return ((onehot @ onehot.T) - torch.eye(len(labels))) > 0.5


# ---------------------------------------------------------------- nearest_other


def _cos(a, b):
    return F.normalize(a, dim=1) @ F.normalize(b, dim=1).T


@wrong("each row finds itself")  # forgot to exclude the row itself: returns itself
def nearest_other(x):
    return _cos(x, x).argmax(dim=1)


@wrong("mask of 0")  # fills the diagonal with 0 in place of -inf: wrong where all other cosines are negative
def nearest_other(x):
    c = _cos(x, x)
    c.fill_diagonal_(0)
    return c.argmax(1)


@wrong("not normalised")  # uses the dot product, without normalising: long rows win
def nearest_other(x):
    s = x @ x.T
    s = s.masked_fill(torch.eye(len(x), dtype=torch.bool), float("-inf"))
    return s.argmax(dim=1)


# takes the second of topk by cosine, assuming the first is always the row itself: wrong with duplicates/parallel rows
@wrong("a copy")
def nearest_other(x):
    return _cos(x, x).topk(2, dim=1).indices[:, 1]


@wrong("similarity in place of its index")  # returns the largest cosine itself (max values) in place of its row number
def nearest_other(x):
    c = _cos(x, x)
    c.fill_diagonal_(-float("inf"))
    return c.max(dim=1).values


@wrong("Euclidean distance")  # uses the Euclidean distance of the unnormalised rows
def nearest_other(x):
    best = []
    for i in range(len(x)):
        d = [(x[i] - x[j]).norm().item() if j != i else float("inf") for j in range(len(x))]
        best.append(d.index(min(d)))
    return torch.tensor(best)


@right
def nearest_other(x):
    # drop the own entry from each row, then shift the numbers back
    n = len(x)
    keep = ~torch.eye(n, dtype=torch.bool)
    others = torch.arange(n).expand(n, n)[keep].view(n, n - 1)
    best = _cos(x, x)[keep].view(n, n - 1).sort(dim=1, descending=True, stable=True).indices[:, :1]
    return others.gather(1, best).squeeze(1)


# ---------------------------------------------------------------- neighbour_accuracy


def _nearest(x):
    return _cos(x, x).fill_diagonal_(-torch.inf).argmax(1)


@wrong("each row finds itself")  # the neighbour may be the row itself: always 1
def neighbour_accuracy(x, labels):
    nearest = _cos(x, x).argmax(1)
    return (labels[nearest] == labels).float().mean()


@wrong("count in place of a share")  # returns the count, not the share
def neighbour_accuracy(x, labels):
    nearest = _nearest(x)
    right = 0
    for i in range(len(x)):
        if labels[nearest[i]] == labels[i]:
            right += 1
    return right


# compares the row numbers of the neighbours with the labels, forgot to look up labels[nearest]
@wrong("index compared with label")
def neighbour_accuracy(x, labels):
    return (_nearest(x) == labels).double().mean().item()


@wrong("percent in place of a share")  # returns percent, 0 to 100
def neighbour_accuracy(x, labels):
    return 100 * (labels[_nearest(x)] == labels).float().mean().item()


@wrong("share of errors")  # returns the error rate (share that is wrong)
def neighbour_accuracy(x, labels):
    found = labels[_nearest(x)]
    return torch.mean((found != labels).float())


@wrong("divided by another number")  # divides by N - 1 (as if the own row did not count)
def neighbour_accuracy(x, labels):
    hits = (labels[_nearest(x)] == labels).sum().item()
    return hits / (len(x) - 1)


@right
def neighbour_accuracy(x, labels):
    hits = np.equal(labels.numpy()[_nearest(x).numpy()], labels.numpy())
    return np.count_nonzero(hits) / hits.size
