"""Answers to assignment 1, pairs and cosine."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from . import right, wrong

# cosine --------------------------------------------------------------------------------------------


@right
def cosine(a, b):
    dot = sum(x * y for x, y in zip(a.tolist(), b.tolist()))
    length_a, length_b = (math.sqrt(sum(x * x for x in v.tolist())) for v in (a, b))
    return dot / (length_a * length_b) if length_a and length_b else 0.0


@right
def cosine(a, b):
    return F.cosine_similarity(a, b, dim=0)


@right
def cosine(a, b):
    return (F.normalize(a, dim=0) * F.normalize(b, dim=0)).sum()


@wrong("not normalised")
def cosine(a, b):
    total = 0
    for i in range(len(a)):
        total = total + a[i] * b[i]
    return total


@wrong("divided by one length only")
def cosine(a, b):
    return torch.dot(a / torch.linalg.vector_norm(a).clamp(min=1e-9), b)


@wrong("divided by squared lengths")
def cosine(a, b):
    return (a * b).sum() / ((a**2).sum() * (b**2).sum()).clamp(min=1e-12)


@wrong("lengths added")
def cosine(a, b):
    return torch.dot(a, b) / (a.norm(p=2) + b.norm(p=2))


@wrong("a row of zeros gives NaN")
def cosine(a, b):
    return torch.dot(a, b) / a.square().sum().sqrt() / b.square().sum().sqrt()


@wrong("cosine distance")
def cosine(a, b):
    return 1 - F.cosine_similarity(a[None], b[None])[0]


@wrong("angle")
def cosine(a, b):
    return math.acos(F.cosine_similarity(a, b, dim=0).item())


@wrong("sum of absolute values as length")
def cosine(a, b):
    return F.normalize(a, p=1, dim=0) @ F.normalize(b, p=1, dim=0)


@wrong("hard-coded answer")
def cosine(a, b):
    return 0.8


@wrong("changes its input")
def cosine(a, b):
    a /= a.norm()
    b /= b.norm()
    return a @ b


@wrong("not written yet")
def cosine(a, b):
    raise NotImplementedError


# cosine_matrix -------------------------------------------------------------------------------------


@right
def cosine_matrix(a, b):
    rows = [[F.cosine_similarity(x, y, dim=0) for y in b] for x in a]
    return torch.stack([torch.stack(row) for row in rows])


@right
def cosine_matrix(a, b):
    return F.cosine_similarity(a[:, None, :], b[None, :, :], dim=-1)


@right
def cosine_matrix(a, b):
    lengths = a.norm(dim=1)[:, None] * b.norm(dim=1)[None, :]
    return a.matmul(b.transpose(0, 1)) / lengths.clamp(min=1e-12)


@wrong("not normalised")
def cosine_matrix(a, b):
    return torch.einsum("nd,md->nm", a, b)


@wrong("normalised on one side only")
def cosine_matrix(a, b):
    return F.normalize(a) @ b.T


@wrong("normalised on one side only")
def cosine_matrix(a, b):
    return torch.mm(a, b.t()) / b.norm(dim=1)


@wrong("normalised along the wrong axis")
def cosine_matrix(a, b):
    a = a / a.norm(dim=0).clamp(min=1e-9)
    b = b / b.norm(dim=0).clamp(min=1e-9)
    return a @ b.T


@wrong("one length for the whole matrix")
def cosine_matrix(a, b):
    return (a @ b.T) / (torch.norm(a) * torch.norm(b))


@wrong("transposed")
def cosine_matrix(a, b):
    return F.normalize(b) @ F.normalize(a).T


@wrong("row by row")
def cosine_matrix(a, b):
    return (F.normalize(a, dim=1) * F.normalize(b, dim=1)).sum(1)


@wrong("squared lengths")
def cosine_matrix(a, b):
    return (a @ b.T) / (a**2).sum(dim=1, keepdim=True) / (b**2).sum(dim=1)


@wrong("a row of zeros gives NaN")
def cosine_matrix(a, b):
    return (a @ b.T) / a.norm(dim=1, keepdim=True) / b.norm(dim=1)


@wrong("cut off from autograd")
def cosine_matrix(a, b):
    out = torch.zeros(len(a), len(b))
    for i in range(len(a)):
        for j in range(len(b)):
            out[i, j] = F.cosine_similarity(a[i], b[j], dim=0).item()
    return out


@wrong("changes its input")
def cosine_matrix(a, b):
    a /= a.norm(dim=1, keepdim=True) + 1e-12
    return a @ F.normalize(b).T


@wrong("not transposed")
def cosine_matrix(a, b):
    return F.normalize(a) @ F.normalize(b)


# cosine_of_distance --------------------------------------------------------------------------------


@right
def cosine_of_distance(d):
    return (2 - d.square()) / 2


@right
def cosine_of_distance(d):
    return torch.stack([1 - 0.5 * x * x for x in d.reshape(-1)]).reshape(d.shape)


@right
def cosine_of_distance(d):
    return torch.cos(2 * torch.asin(d / 2))


@wrong("distance not squared")
def cosine_of_distance(d):
    return (2 - d) / 2


@wrong("distance not squared")
def cosine_of_distance(d):
    return 1 - d


@wrong("a factor 2 missing")
def cosine_of_distance(d):
    return 1 - d * d


@wrong("cosine distance")
def cosine_of_distance(d):
    return 0.5 * d.pow(2)


@wrong("the angle is not the distance")
def cosine_of_distance(d):
    return d.cos()


@wrong("the other way round")
def cosine_of_distance(d):
    return torch.sqrt(F.relu(2 * (1 - d)))


@wrong("hard-coded answer")
def cosine_of_distance(d):
    return torch.tensor([1.0, 0.5, -1.0])


# positive_pairs ------------------------------------------------------------------------------------


@right
def positive_pairs(labels):
    n = len(labels)
    found = torch.zeros(n, n, dtype=torch.bool)
    for i in range(n):
        for j in range(n):
            found[i, j] = i != j and labels[i] == labels[j]
    return found


@right
def positive_pairs(labels):
    same = labels.unsqueeze(0) == labels.unsqueeze(1)
    return same & ~torch.eye(len(labels), dtype=torch.bool)


@right
def positive_pairs(labels):
    one_hot = F.one_hot(torch.unique(labels, return_inverse=True)[1])
    return (one_hot @ one_hot.T - torch.eye(len(labels), dtype=torch.long)).bool()


@wrong("a sample paired with itself")
def positive_pairs(labels):
    return torch.stack([labels == y for y in labels])


@wrong("positives and negatives exchanged")
def positive_pairs(labels):
    return labels.view(-1, 1) != labels.view(1, -1)


@wrong("each pair only once")
def positive_pairs(labels):
    found = torch.zeros(len(labels), len(labels), dtype=torch.bool)
    for i in range(len(labels)):
        for j in range(i + 1, len(labels)):
            found[i, j] = labels[i] == labels[j]
    return found


@wrong("each pair only once")
def positive_pairs(labels):
    return torch.tril(labels[None] == labels[:, None], diagonal=-1)


@wrong("classes taken for numbers")
def positive_pairs(labels):
    return (torch.outer(labels, labels) > 0) & ~torch.eye(len(labels), dtype=torch.bool)


@wrong("neighbours in the batch only")
def positive_pairs(labels):
    found = torch.zeros(len(labels), len(labels), dtype=torch.bool)
    for i in range(len(labels) - 1):
        found[i, i + 1] = found[i + 1, i] = labels[i] == labels[i + 1]
    return found


@wrong("wrong shape")
def positive_pairs(labels):
    i, j = torch.combinations(torch.arange(len(labels))).T if len(labels) > 1 else torch.zeros(2, 0, dtype=torch.long)
    return labels[i] == labels[j]


# nearest_other -------------------------------------------------------------------------------------


@right
def nearest_other(x):
    best = []
    for i in range(len(x)):
        others = [(F.cosine_similarity(x[i], x[j], dim=0).item(), j) for j in range(len(x)) if j != i]
        best.append(max(others)[1])
    return torch.tensor(best)


@right
def nearest_other(x):
    u = F.normalize(x)
    return (u @ u.T - 3 * torch.eye(len(x))).argmax(dim=1)


@right
def nearest_other(x):
    u = F.normalize(x)
    return torch.cdist(u, u).fill_diagonal_(9).argmin(dim=1)


@wrong("each row finds itself")
def nearest_other(x):
    u = x / x.norm(dim=1, keepdim=True)
    return torch.argmax(u @ u.t(), dim=1)


@wrong("not normalised")
def nearest_other(x):
    similarity = x @ x.T
    similarity[torch.arange(len(x)), torch.arange(len(x))] = float("-inf")
    return similarity.argmax(1)


@wrong("Euclidean distance")
def nearest_other(x):
    distance = (x[:, None] - x[None]).norm(dim=2)
    return (distance + 1e9 * torch.eye(len(x))).argmin(1)


@wrong("furthest in place of nearest")
def nearest_other(x):
    u = F.normalize(x)
    return (u @ u.T + 9 * torch.eye(len(x))).min(dim=1).indices


@wrong("similarity in place of its index")
def nearest_other(x):
    u = F.normalize(x)
    return (u @ u.T - 9 * torch.eye(len(x))).max(dim=1)[0]


@wrong("mask of 0")
def nearest_other(x):
    u = F.normalize(x)
    return ((u @ u.T) * (1 - torch.eye(len(x)))).argmax(1)


@wrong("third place")
def nearest_other(x):
    u = F.normalize(x)
    return (u @ u.T - 9 * torch.eye(len(x))).topk(2).indices[:, 1]


@wrong("opposite counts as near")
def nearest_other(x):
    u = F.normalize(x)
    return ((u @ u.T) ** 2 - 9 * torch.eye(len(x))).argmax(1)


# neighbour_accuracy --------------------------------------------------------------------------------


def _nearest(x):
    u = F.normalize(x)
    return (u @ u.T - 9 * torch.eye(len(x))).argmax(1)


@right
def neighbour_accuracy(x, labels):
    right = 0
    for i, j in enumerate(_nearest(x)):
        right += int(labels[i] == labels[j])
    return right / len(labels)


@right
def neighbour_accuracy(x, labels):
    return (labels == labels[_nearest(x)]).float().mean()


@right
def neighbour_accuracy(x, labels):
    return float(np.mean(labels.numpy()[_nearest(x).numpy()] == labels.numpy()))


@wrong("each row finds itself")
def neighbour_accuracy(x, labels):
    u = F.normalize(x)
    return (labels[(u @ u.T).argmax(1)] == labels).float().mean()


@wrong("count in place of a share")
def neighbour_accuracy(x, labels):
    return int((labels == labels[_nearest(x)]).sum())


@wrong("percent in place of a share")
def neighbour_accuracy(x, labels):
    return 100.0 * (labels == labels[_nearest(x)]).sum() / len(x)


@wrong("index compared with label")
def neighbour_accuracy(x, labels):
    return (_nearest(x) == labels).float().mean()


@wrong("share of errors")
def neighbour_accuracy(x, labels):
    return 1 - (labels == labels[_nearest(x)]).float().mean()


@wrong("mean over the classes")
def neighbour_accuracy(x, labels):
    right = labels == labels[_nearest(x)]
    return sum(right[labels == y].float().mean() for y in set(labels.tolist())) / len(set(labels.tolist()))


@wrong("not normalised")
def neighbour_accuracy(x, labels):
    return (labels == labels[(x @ x.T - 1e9 * torch.eye(len(x))).argmax(1)]).float().mean()


@wrong("one answer for each row")
def neighbour_accuracy(x, labels):
    return (labels == labels[_nearest(x)]).float()
