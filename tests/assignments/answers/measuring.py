"""Answers to assignment 6, evaluate and report honestly."""

import math
import random
from collections import Counter

import numpy as np
import torch
import torch.nn.functional as F

from . import right, wrong

# standardise ---------------------------------------------------------------------------------------


@right
def standardise(train, test):
    train_columns, test_columns = [], []
    for j in range(train.shape[1]):
        column = train[:, j].tolist()
        mean = sum(column) / len(column)
        spread = math.sqrt(sum((x - mean) ** 2 for x in column) / len(column))
        if spread == 0:
            spread = 1
        train_columns.append((train[:, j] - mean) / spread)
        test_columns.append((test[:, j] - mean) / spread)
    return torch.stack(train_columns, dim=1), torch.stack(test_columns, dim=1)


@right
def standardise(train, test):
    variance, mean = torch.var_mean(train, dim=0, unbiased=False, keepdim=True)
    spread = torch.sqrt(variance)
    spread[spread == 0] = 1.0
    return [(x - mean) / spread for x in (train, test)]


@right
def standardise(train, test):
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(train.numpy())
    return torch.from_numpy(scaler.transform(train.numpy())), torch.from_numpy(scaler.transform(test.numpy()))


@right
def standardise(train, test):
    centred = train - train.mean(dim=0)
    spread = centred.pow(2).mean(dim=0).sqrt()
    spread = torch.where(spread == 0, torch.ones_like(spread), spread)
    return centred / spread, (test - train.mean(dim=0)) / spread


@wrong("fitted on test")
def standardise(train, test):
    variance, mean = torch.var_mean(test, dim=0, correction=0)
    return (train - mean) / (variance.sqrt() + 1e-9), (test - mean) / (variance.sqrt() + 1e-9)


@wrong("fitted on test")
def standardise(train, test):
    m, s = test.mean(axis=0), test.std(axis=0)
    return (train - m) / s, (test - m) / s


@wrong("fitted on both together")
def standardise(train, test):
    both = np.concatenate([train.numpy(), test.numpy()])
    both = (both - both.mean(axis=0)) / (both.std(axis=0) + 1e-9)
    return torch.tensor(both[: len(train)]), torch.tensor(both[len(train) :])


@wrong("each by its own")
def standardise(train, test):
    def scale(x):
        return (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False).clamp(min=1e-6)

    return scale(train), scale(test)


@wrong("each by its own")
def standardise(train, test):
    return tuple(F.batch_norm(x, None, None, training=True, eps=1e-9) for x in (train, test))


@wrong("test centred by its own mean")
def standardise(train, test):
    scale = train.std(dim=0, correction=0)
    return (train - train.mean(dim=0)) / scale, (test - test.mean(dim=0)) / scale


@wrong("training rows left as they were")
def standardise(train, test):
    for row in (test := test.clone()):
        row -= train.mean(0)
        row /= train.var(0, correction=0) ** 0.5
    return train, test


@wrong("test left as it was")
def standardise(train, test):
    train = (train - train.mean(0)) / train.std(0, correction=0)
    test = (test - train.mean(0)) / train.std(0, correction=0)
    return train, test


@wrong("test left as it was")
def standardise(train, test):
    m, s = train.mean(0), train.std(0)
    return (train - m) / s, test


@wrong("one mean for all columns")
def standardise(train, test):
    m, s = np.mean(train.numpy()), np.std(train.numpy())
    return (train - m) / s, (test - m) / s


@wrong("one spread for all columns")
def standardise(train, test):
    centre = train.mean(0, keepdim=True)
    return (train - centre) / train.std(), (test - centre) / train.std()


@wrong("per row")
def standardise(train, test):
    return tuple((x - x.mean(1, keepdim=True)) / x.std(1, correction=0, keepdim=True) for x in (train, test))


@wrong("per row")
def standardise(train, test):
    return F.layer_norm(train, train.shape[1:], eps=0), F.layer_norm(test, test.shape[1:], eps=0)


@wrong("not divided")
def standardise(train, test):
    mean = train.sum(0) / len(train)
    return train - mean, test - mean


@wrong("not centred")
def standardise(train, test):
    spread = train.std(0, correction=0)
    return train / spread, test / spread


@wrong("variance in place of the spread")
def standardise(train, test):
    variance, mean = torch.var_mean(train, 0, correction=0)
    return (train - mean) / variance, (test - mean) / variance


@wrong("n − 1 in place of n")
def standardise(train, test):
    spread = (((train - train.mean(0)) ** 2).sum(0) / (len(train) - 1)) ** 0.5
    return (train - train.mean(0)) / spread, (test - train.mean(0)) / spread


@wrong("brackets missing")
def standardise(train, test):
    mean, spread = train.mean(0), train.std(0, correction=0)
    return train - mean / spread, test - mean / spread


@wrong("divided before centring")
def standardise(train, test):
    s, m = train.std(0, correction=0), train.mean(0)
    return train / s - m, test / s - m


@wrong("scaled from 0 to 1")
def standardise(train, test):
    low, high = train.min(0).values, train.max(0).values
    return (train - low) / (high - low), (test - low) / (high - low)


@wrong("results exchanged")
def standardise(train, test):
    m, s = train.mean(0), train.std(0, correction=0)
    train, test = ((x - m) / s for x in (train, test))
    return test, train


@wrong("divided by a root of the width, too")
def standardise(train, test):
    mean, scale = train.mean(0), train.std(0, correction=0) * 128**0.5
    return (train - mean) / scale, (test - mean) / scale


@wrong("a constant column gives NaN")
def standardise(train, test):
    mean, std = train.mean(0), train.var(0, correction=0).sqrt()
    return (train - mean) / std, (test - mean) / std


@wrong("a constant column explodes")
def standardise(train, test):
    mean, std = train.mean(0), train.std(0, correction=0).clamp_min(1e-12)
    return (train - mean) / std, (test - mean) / std


@wrong("the spread rounded away")
def standardise(train, test):
    mean = train.mean(0)
    spread = ((train**2).mean(0) - mean**2).clamp(min=0).sqrt()
    spread[spread == 0] = 1
    return (train - mean) / spread, (test - mean) / spread


@wrong("changes its input")
def standardise(train, test):
    mean, spread = train.mean(0), train.std(0, correction=0)
    train -= mean
    train /= spread
    return train, (test - mean) / spread


@wrong("wrong number of results")
def standardise(train, test):
    mean, spread = train.mean(0), train.std(0, correction=0)
    return (test - mean) / spread


@wrong("hard-coded answer")
def standardise(train, test):
    return torch.zeros(3, 2), torch.zeros(2, 2)


@wrong("not written yet")
def standardise(train, test):
    raise NotImplementedError


# knn_predict ---------------------------------------------------------------------------------------


@right
def knn_predict(bank, labels, queries, k, temperature):
    answers = []
    for query in queries:
        cosines = [F.cosine_similarity(query, row, dim=0).item() for row in bank]
        nearest = sorted(range(len(bank)), key=lambda i: cosines[i], reverse=True)[:k]
        votes = Counter()
        for i in nearest:
            votes[int(labels[i])] += math.exp((cosines[i] - cosines[nearest[0]]) / temperature)
        answers.append(votes.most_common(1)[0][0])
    return torch.tensor(answers)


@right
def knn_predict(bank, labels, queries, k, temperature):
    best, nearest = (F.normalize(queries) @ F.normalize(bank).T).topk(k, dim=1)
    share = torch.softmax(best / temperature, dim=1)
    return torch.einsum("nk,nkc->nc", share, F.one_hot(labels[nearest]).to(share)).argmax(1)


@right
def knn_predict(bank, labels, queries, k, temperature):
    from sklearn.neighbors import KNeighborsClassifier

    def weigh(distance):
        return np.exp((distance.min(axis=1, keepdims=True) - distance) / temperature)

    knn = KNeighborsClassifier(k, metric="cosine", algorithm="brute", weights=weigh)
    return torch.from_numpy(knn.fit(bank.numpy(), labels.numpy()).predict(queries.numpy()))


@right
def knn_predict(bank, labels, queries, k, temperature):
    bank, queries = F.normalize(bank), F.normalize(queries)
    cosine = queries @ bank.T
    cosine[cosine < cosine.sort(dim=1, descending=True).values[:, k - 1 : k]] = -math.inf
    classes = labels.unique()
    votes = [torch.logsumexp(cosine[:, labels == c] / temperature, dim=1) for c in classes]
    return classes[torch.stack(votes).argmax(0)]


@wrong("unweighted")
def knn_predict(bank, labels, queries, k, temperature):
    nearest = (F.normalize(queries) @ F.normalize(bank).T).topk(k).indices
    return labels[nearest].mode(dim=1).values


@wrong("unweighted")
def knn_predict(bank, labels, queries, k, temperature):
    found = []
    for q in queries:
        near = F.cosine_similarity(q[None], bank).argsort(descending=True)[:k]
        found.append(Counter(labels[near].tolist()).most_common(1)[0][0])
    return torch.tensor(found)


def _vote(cosine, labels, k, weigh):
    best, nearest = cosine.topk(k)
    return (F.one_hot(labels[nearest]) * weigh(best)[..., None]).sum(1).argmax(1)


@wrong("temperature multiplied")
def knn_predict(bank, labels, queries, k, temperature):
    return _vote(F.normalize(queries) @ F.normalize(bank).T, labels, k, lambda c: torch.exp(c * temperature))


@wrong("temperature ignored")
def knn_predict(bank, labels, queries, k, temperature):
    return _vote(F.normalize(queries) @ F.normalize(bank).T, labels, k, lambda c: c.softmax(1))


@wrong("exponential missing")
def knn_predict(bank, labels, queries, k, temperature):
    return _vote(F.normalize(queries) @ F.normalize(bank).T, labels, k, lambda c: c / temperature)


@wrong("the nearest count least")
def knn_predict(bank, labels, queries, k, temperature):
    return _vote(F.normalize(queries) @ F.normalize(bank).T, labels, k, lambda c: torch.exp((1 - c) / temperature))


@wrong("not normalised")
def knn_predict(bank, labels, queries, k, temperature):
    return _vote(torch.mm(queries, bank.t()), labels, k, lambda s: (s / temperature).softmax(dim=1))


@wrong("normalised on one side only")
def knn_predict(bank, labels, queries, k, temperature):
    return _vote(queries @ F.normalize(bank).T, labels, k, lambda s: (s / temperature).exp())


@wrong("normalised on one side only")
def knn_predict(bank, labels, queries, k, temperature):
    return _vote(queries @ bank.T / queries.norm(dim=1, keepdim=True), labels, k, lambda s: (s / temperature).exp())


@wrong("normalised along the wrong axis")
def knn_predict(bank, labels, queries, k, temperature):
    bank, queries = bank / bank.norm(dim=0), queries / queries.norm(dim=0)
    return _vote(queries @ bank.T, labels, k, lambda s: (s / temperature).softmax(1))


@wrong("Euclidean distance")
def knn_predict(bank, labels, queries, k, temperature):
    distance = (queries[:, None] - bank[None]).norm(dim=2)
    return _vote(-distance, labels, k, lambda s: (s / temperature).softmax(1))


@wrong("furthest in place of nearest")
def knn_predict(bank, labels, queries, k, temperature):
    cosine = F.normalize(queries) @ F.normalize(bank).T
    furthest = cosine.argsort(dim=1)[:, :k]
    weight = (cosine.gather(1, furthest) / temperature).softmax(1)
    return (F.one_hot(labels[furthest]) * weight[..., None]).sum(1).argmax(1)


@wrong("furthest in place of nearest")
def knn_predict(bank, labels, queries, k, temperature):
    return _vote(1 - F.normalize(queries) @ F.normalize(bank).T, labels, k, lambda d: (d / temperature).softmax(1))


@wrong("one vote too many")
def knn_predict(bank, labels, queries, k, temperature):
    cosine = F.normalize(queries) @ F.normalize(bank).T
    order = cosine.argsort(dim=1, descending=True)[:, : k + 1]
    weight = (cosine.gather(1, order) / temperature).softmax(1)
    return torch.zeros(len(queries), int(labels.max()) + 1).scatter_add_(1, labels[order], weight).argmax(1)


@wrong("one vote too few")
def knn_predict(bank, labels, queries, k, temperature):
    return _vote(F.normalize(queries) @ F.normalize(bank).T, labels, k - 1, lambda c: (c / temperature).softmax(1))


@wrong("the nearest left out")
def knn_predict(bank, labels, queries, k, temperature):
    best, nearest = (F.normalize(queries) @ F.normalize(bank).T).topk(k + 1)
    best, nearest = best[:, 1:], nearest[:, 1:]
    return (F.one_hot(labels[nearest]) * (best / temperature).softmax(1)[..., None]).sum(1).argmax(1)


@wrong("everybody votes")
def knn_predict(bank, labels, queries, k, temperature):
    weight = (F.normalize(queries) @ F.normalize(bank).T / temperature).softmax(1)
    return (weight @ F.one_hot(labels).float()).argmax(1)


@wrong("label of the single nearest")
def knn_predict(bank, labels, queries, k, temperature):
    return labels[(F.normalize(queries) @ F.normalize(bank).T).max(dim=1).indices]


@wrong("label of the single nearest")
def knn_predict(bank, labels, queries, k, temperature):
    best, nearest = (F.normalize(queries) @ F.normalize(bank).T).topk(k)
    weight = torch.softmax(best / temperature, dim=1)
    return labels[nearest].gather(1, weight.argmax(dim=1, keepdim=True)).flatten()


@wrong("index in place of the label")
def knn_predict(bank, labels, queries, k, temperature):
    best, nearest = (F.normalize(queries) @ F.normalize(bank).T).topk(k)
    weight = torch.softmax(best / temperature, dim=1)
    return torch.zeros(len(queries), len(bank)).scatter_add_(1, nearest, weight).argmax(1)


@wrong("place of the class in place of its label")
def knn_predict(bank, labels, queries, k, temperature):
    best, nearest = (F.normalize(queries) @ F.normalize(bank).T).topk(k)
    weight = torch.softmax(best / temperature, dim=1)
    return torch.stack([(weight * (labels[nearest] == c)).sum(1) for c in labels.unique()]).argmax(0)


@wrong("mean in place of the sum")
def knn_predict(bank, labels, queries, k, temperature):
    best, nearest = (F.normalize(queries) @ F.normalize(bank).T).topk(k)
    found = []
    for weight, y in zip(torch.softmax(best / temperature, dim=1), labels[nearest], strict=True):
        found.append(max(y.unique().tolist(), key=lambda c: weight[y == c].mean()))
    return torch.tensor(found)


@wrong("overflow at a small temperature")
def knn_predict(bank, labels, queries, k, temperature):
    best, nearest = (F.normalize(queries) @ F.normalize(bank).T).topk(k)
    votes = best.new_zeros(len(queries), int(labels.max()) + 1)
    return votes.scatter_add(1, labels[nearest], torch.exp(best / temperature)).argmax(1)


@wrong("overflow at a small temperature")
def knn_predict(bank, labels, queries, k, temperature):
    def vote(query):
        cosines = [float(query @ x / (query.norm() * x.norm()).clamp(min=1e-9)) for x in bank]
        nearest = sorted(range(len(bank)), key=lambda i: -cosines[i])[:k]
        votes = [0.0] * (int(labels.max()) + 1)
        for i in nearest:
            votes[labels[i]] += math.exp(cosines[i] / temperature)
        return votes.index(max(votes))

    return torch.tensor([vote(query) for query in queries])


@wrong("underflow at a small temperature")
def knn_predict(bank, labels, queries, k, temperature):
    best, nearest = (F.normalize(queries) @ F.normalize(bank).T).topk(k)
    votes = best.new_zeros(len(queries), int(labels.max()) + 1)
    return votes.scatter_add(1, labels[nearest], torch.exp((best - 1) / temperature)).argmax(1)


@wrong("underflow at a small temperature")
def knn_predict(bank, labels, queries, k, temperature):
    return _vote(F.normalize(queries) @ F.normalize(bank).T, labels, k, lambda c: ((c - c.max()) / temperature).exp())


@wrong("a row of zeros gives NaN")
def knn_predict(bank, labels, queries, k, temperature):
    bank, queries = bank / bank.norm(dim=1, keepdim=True), queries / queries.norm(dim=1, keepdim=True)
    return _vote(queries @ bank.T, labels, k, lambda c: (c / temperature).softmax(1))


@wrong("ten classes taken for granted")
def knn_predict(bank, labels, queries, k, temperature):
    cosine, nearest = (F.normalize(queries) @ F.normalize(bank).T).topk(k)
    weight = ((cosine - cosine[:, :1]) / temperature).exp()
    return torch.zeros(len(queries), 10).scatter_add_(1, labels[nearest], weight).argmax(1)


@wrong("float32 only")
def knn_predict(bank, labels, queries, k, temperature):
    cosine, nearest = (F.normalize(queries) @ F.normalize(bank).T).topk(k)
    weight = ((cosine - cosine[:, :1]) / temperature).exp()
    return torch.zeros(len(queries), int(labels.max()) + 1).scatter_add_(1, labels[nearest], weight).argmax(1)


@wrong("wrong shape")
def knn_predict(bank, labels, queries, k, temperature):
    return labels[(F.normalize(queries) @ F.normalize(bank).T).topk(k).indices]


@wrong("stops with RuntimeError")
def knn_predict(bank, labels, queries, k, temperature):
    return _vote(F.normalize(queries) @ F.normalize(bank), labels, k, torch.exp)


@wrong("changes its input")
def knn_predict(bank, labels, queries, k, temperature):
    bank.div_(bank.norm(dim=1, keepdim=True).clamp(min=1e-9))
    return _vote(F.normalize(queries) @ bank.T, labels, k, lambda c: (c / temperature).softmax(1))


@wrong("hard-coded answer")
def knn_predict(bank, labels, queries, k, temperature):
    return torch.tensor([1, 4])


@wrong("returns nothing")
def knn_predict(bank, labels, queries, k, temperature):
    pass


# interval ------------------------------------------------------------------------------------------


@right
def interval(right):
    count = 0
    for answer in right:
        if answer:
            count += 1
    p = count / len(right)
    return p, 1.96 * math.sqrt(p * (1 - p) / len(right))


@right
def interval(right):
    values = right.float()
    return values.mean(), 1.96 * values.std(correction=0) / math.sqrt(len(values))


@right
def interval(right):
    from scipy.stats import norm

    p = np.mean(right.numpy())
    return p, norm.ppf(0.975) * np.sqrt(p * (1 - p) / right.numel())


@wrong("root missing")
def interval(right):
    p = right.float().mean().item()
    return p, 1.96 * p * (1 - p) / len(right)


@wrong("n missing")
def interval(right):
    return right.double().mean(), 1.96 * right.double().std(correction=0)


@wrong("n missing")
def interval(right):
    return right.float().mean(), 1.96 * right.float().std()


@wrong("divided by n in place of its root")
def interval(right):
    p = right.sum() / len(right)
    return p, 1.96 * torch.sqrt(p * (1 - p)) / len(right)


@wrong("divided by n in place of its root")
def interval(right):
    return right.float().mean(), 1.96 * right.float().std() / len(right)


@wrong("standard error in place of the half-width")
def interval(right):
    n, p = len(right), sum(right.tolist()) / len(right)
    return p, (p * (1 - p)) ** 0.5 / n**0.5


@wrong("whole width")
def interval(right):
    p = right.float().mean().item()
    error = math.sqrt(p * (1 - p) / len(right))
    return p, (p + 1.96 * error) - (p - 1.96 * error)


@wrong("1.96 under the root")
def interval(right):
    p = right.float().mean()
    return p, torch.sqrt(1.96 * p * (1 - p) / len(right))


@wrong("2 in place of 1.96")
def interval(right):
    p = right.double().mean()
    return p, 2 * (p * (1 - p) / len(right)).sqrt()


@wrong("90 % in place of 95 %")
def interval(right):
    from scipy.stats import norm

    p = right.double().mean().item()
    return p, norm.ppf(0.95) * math.sqrt(p * (1 - p) / len(right))


@wrong("n − 1 in place of n")
def interval(right):
    right = right.double()
    return right.mean(), 1.96 * right.std() / len(right) ** 0.5


@wrong("the widest interval")
def interval(right):
    return right.double().mean(), 0.98 / math.sqrt(len(right))


@wrong("1 − p missing")
def interval(right):
    p = right.double().mean()
    return p, 1.96 * p.sqrt() / len(right) ** 0.5


@wrong("p missing")
def interval(right):
    wrong_ones = (~right).double().mean()
    return 1 - wrong_ones, 1.96 * (wrong_ones / len(right)) ** 0.5


@wrong("percent in place of a share")
def interval(right):
    p = right.float().mean().item()
    return round(100 * p, 6), round(196 * math.sqrt(p * (1 - p) / len(right)), 6)


@wrong("percent in place of a share")
def interval(right):
    p = 100 * right.sum().item() / len(right)
    return p, 1.96 * (p / 100 * (1 - p / 100) / len(right)) ** 0.5


@wrong("ends in place of centre and half-width")
def interval(right):
    p = right.double().mean().item()
    h = 1.96 * (p * (1 - p) / len(right)) ** 0.5
    return [p - h, p + h]


@wrong("upper end in place of the half-width")
def interval(right):
    p = right.double().mean().item()
    return p, p + 1.96 * (p * (1 - p) / len(right)) ** 0.5


@wrong("share of errors")
def interval(right):
    p = (right == 0).double().mean().item()
    return p, 1.96 * (p * (1 - p) / len(right)) ** 0.5


@wrong("count in place of a share")
def interval(right):
    k, n = int(right.sum()), len(right)
    return k, 1.96 * math.sqrt(k / n * (n - k) / n / n)


@wrong("results exchanged")
def interval(right):
    p = right.double().mean().item()
    return 1.96 * (p * (1 - p) / len(right)) ** 0.5, p


@wrong("stops with TypeError")
def interval(right):
    p = right.mean()
    return p, 1.96 * torch.sqrt(p * (1 - p) / len(right))


@wrong("stops with ValueError")
def interval(right):
    p = right.sum().item()
    return p, 1.96 * math.sqrt(p * (1 - p) / len(right))


@wrong("wrong number of results")
def interval(right):
    p = right.double().mean().item()
    h = 1.96 * (p * (1 - p) / len(right)) ** 0.5
    return p, p - h, p + h


@wrong("hard-coded answer")
def interval(right):
    return 0.75, 0.424


# paired_difference ---------------------------------------------------------------------------------


@right
def paired_difference(right_a, right_b):
    n, won, lost = len(right_a), 0, 0
    for a, b in zip(right_a.tolist(), right_b.tolist(), strict=True):
        won += a and not b
        lost += b and not a
    return (won - lost) / n, math.sqrt(won + lost - (won - lost) ** 2 / n) / n


@right
def paired_difference(right_a, right_b):
    d = right_a.float() - right_b.float()
    return d.mean(), (d - d.mean()).square().mean().sqrt() / math.sqrt(len(d))


@right
def paired_difference(right_a, right_b):
    d = right_a.numpy().astype(int) - right_b.numpy().astype(int)
    return d.mean(), np.std(d) / np.sqrt(d.size)


@right
def paired_difference(right_a, right_b):
    both = torch.stack([right_a, right_b]).double()
    covariance = torch.cov(both, correction=0)
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    return both[0].mean() - both[1].mean(), (variance.clamp(min=0) / len(right_a)).sqrt()


@wrong("unpaired error")
def paired_difference(right_a, right_b):
    n, p, q = len(right_a), right_a.double().mean(), right_b.double().mean()
    return p - q, ((p * (1 - p) + q * (1 - q)) / n).sqrt()


@wrong("unpaired error")
def paired_difference(right_a, right_b):
    a, b = right_a.float(), right_b.float()
    return a.mean() - b.mean(), math.sqrt(a.var() / len(a) + b.var() / len(b))


@wrong("standard errors added")
def paired_difference(right_a, right_b):
    def error(right):
        p = right.double().mean().item()
        return math.sqrt(p * (1 - p) / len(right))

    return right_a.double().mean() - right_b.double().mean(), error(right_a) + error(right_b)


@wrong("standard errors subtracted")
def paired_difference(right_a, right_b):
    p, q = right_a.double().mean(), right_b.double().mean()
    return p - q, ((p * (1 - p)).sqrt() - (q * (1 - q)).sqrt()) / len(right_a) ** 0.5


@wrong("spread not divided by √n")
def paired_difference(right_a, right_b):
    d = right_a.int() - right_b.int()
    return d.float().mean(), d.float().std()


@wrong("divided by n in place of its root")
def paired_difference(right_a, right_b):
    d = right_a.float() - right_b.float()
    return d.mean(), d.std() / len(d)


@wrong("variance in place of the standard error")
def paired_difference(right_a, right_b):
    n = len(right_a)
    won, lost = (right_a & ~right_b).sum().item(), (right_b & ~right_a).sum().item()
    return (won - lost) / n, (won + lost - (won - lost) ** 2 / n) / n**2


@wrong("half-width in place of the standard error")
def paired_difference(right_a, right_b):
    d = right_a.float() - right_b.float()
    return d.mean(), 1.96 * d.std(correction=0) / len(d) ** 0.5


@wrong("spread of the disagreement")
def paired_difference(right_a, right_b):
    apart = (right_a != right_b).double().mean()
    return right_a.double().mean() - right_b.double().mean(), (apart * (1 - apart) / len(right_a)).sqrt()


@wrong("n − 1 in place of n")
def paired_difference(right_a, right_b):
    d = right_a.double() - right_b.double()
    return d.mean(), d.std() / len(d) ** 0.5


@wrong("the mean not subtracted")
def paired_difference(right_a, right_b):
    n = len(right_a)
    won, lost = (right_a & ~right_b).sum().item(), (right_b & ~right_a).sum().item()
    return (won - lost) / n, math.sqrt(won + lost) / n


@wrong("absolute value")
def paired_difference(right_a, right_b):
    d = right_a.double() - right_b.double()
    return abs(d.mean().item()), d.std(correction=0) / len(d) ** 0.5


@wrong("a and b exchanged")
def paired_difference(right_a, right_b):
    d = np.subtract(right_b.numpy(), right_a.numpy(), dtype=float)
    return d.mean(), d.std() / len(d) ** 0.5


@wrong("share of disagreement")
def paired_difference(right_a, right_b):
    d = (right_a.double() - right_b.double()).abs()
    return d.mean(), d.std() / len(d) ** 0.5


@wrong("share of disagreement")
def paired_difference(right_a, right_b):
    d = right_a.double() - right_b.double()
    return (right_a != right_b).sum() / len(d), d.std(correction=0) / len(d) ** 0.5


@wrong("counts in place of shares")
def paired_difference(right_a, right_b):
    n = len(right_a)
    won, lost = (right_a & ~right_b).sum().item(), (right_b & ~right_a).sum().item()
    return won - lost, math.sqrt(won + lost - (won - lost) ** 2 / n)


@wrong("percent in place of a share")
def paired_difference(right_a, right_b):
    d = 100 * right_a.double() - 100 * right_b.double()
    return d.mean(), d.std(correction=0) / len(d) ** 0.5


@wrong("only the disagreements counted as n")
def paired_difference(right_a, right_b):
    d = right_a.double() - right_b.double()
    d = d[d != 0]
    return d.mean(), ((d - d.mean()).square().mean() / len(d)) ** 0.5


@wrong("255 in place of −1")
def paired_difference(right_a, right_b):
    d = right_a.to(torch.uint8) - right_b.to(torch.uint8)
    return d.float().mean(), d.float().std(correction=0) / math.sqrt(len(d))


@wrong("NaN where one of them is always right")
def paired_difference(right_a, right_b):
    a, b = right_a.double(), right_b.double()
    s, t, r = a.std(correction=0), b.std(correction=0), torch.corrcoef(torch.stack([a, b]))[0, 1]
    return (a - b).mean(), ((s**2 + t**2 - 2 * r * s * t).clamp(min=0) / len(a)).sqrt()


@wrong("NaN where the two always agree")
def paired_difference(right_a, right_b):
    n = len(right_a)
    won, lost = (right_a & ~right_b).sum(), (right_b & ~right_a).sum()
    apart, lead = (won + lost) / n, (won - lost) / (won + lost)
    return apart * lead, (apart * (1 - apart * lead**2) / n) ** 0.5


@wrong("stops with TypeError")
def paired_difference(right_a, right_b):
    d = right_a - right_b
    return d.mean(), d.std() / len(d) ** 0.5


@wrong("results exchanged")
def paired_difference(right_a, right_b):
    d = right_a.double() - right_b.double()
    return (d.var(correction=0) / len(d)).sqrt(), d.mean()


@wrong("hard-coded answer")
def paired_difference(right_a, right_b):
    return 1 / 6, 0.28


# choose_and_report ---------------------------------------------------------------------------------


@right
def choose_and_report(candidates, validation_score, test_score):
    best, winner = -math.inf, None
    for candidate in candidates:
        score = validation_score(candidate)
        if score > best:
            best, winner = score, candidate
    return winner, test_score(winner)


@right
def choose_and_report(candidates, validation_score, test_score):
    winner = sorted(candidates, key=validation_score, reverse=True)[0]
    return [winner, test_score(winner)]


@right
def choose_and_report(candidates, validation_score, test_score):
    winner = candidates[np.argmax([validation_score(c) for c in candidates])]
    return winner, test_score(winner)


@right
def choose_and_report(candidates, validation_score, test_score):
    scores = {c: validation_score(c) for c in candidates}
    winner = max(scores, key=scores.get)
    return torch.tensor(winner), torch.tensor(test_score(winner))


@wrong("chosen on test")
def choose_and_report(candidates, validation_score, test_score):
    scores = [test_score(c) for c in candidates]
    return candidates[scores.index(max(scores))], max(scores)


@wrong("chosen on test")
def choose_and_report(candidates, validation_score, test_score):
    best, winner = float("-inf"), None
    for c in candidates:
        validation_score(c)
        if test_score(c) > best:
            best, winner = test_score(c), c
    return winner, best


@wrong("test has a say in the choice")
def choose_and_report(candidates, validation_score, test_score):
    table = {c: (validation_score(c), test_score(c)) for c in candidates}
    winner = max(table, key=lambda c: sum(table[c]) / 2)
    return winner, table[winner][1]


@wrong("test has a say in the choice")
def choose_and_report(candidates, validation_score, test_score):
    first, second = sorted(candidates, key=lambda c: -validation_score(c))[:2]
    a, b = test_score(first), test_score(second)
    return (first, a) if a > b else (second, b)


@wrong("reports the validation score")
def choose_and_report(candidates, validation_score, test_score):
    scores = [validation_score(c) for c in candidates]
    return candidates[int(np.argmax(scores))], max(scores)


@wrong("reports the validation score")
def choose_and_report(candidates, validation_score, test_score):
    best = max(validation_score(c) for c in candidates)
    winner = next(c for c in candidates if validation_score(c) == best)
    final = test_score(winner)
    return winner, best


@wrong("reports the best test score")
def choose_and_report(candidates, validation_score, test_score):
    table = [(validation_score(c), test_score(c), c) for c in candidates]
    return max(table)[2], max(row[1] for row in table)


@wrong("chooses the lowest")
def choose_and_report(candidates, validation_score, test_score):
    winner = sorted(candidates, key=validation_score)[0]
    return winner, test_score(winner)


@wrong("test asked about more than the winner")
def choose_and_report(candidates, validation_score, test_score):
    on_validation, on_test = (torch.tensor([f(c) for c in candidates]) for f in (validation_score, test_score))
    i = on_validation.argmax()
    return candidates[i], on_test[i]


@wrong("test asked about more than the winner")
def choose_and_report(candidates, validation_score, test_score):
    best = -math.inf
    for c in reversed(sorted(candidates, key=validation_score, reverse=True)):
        if validation_score(c) > best:
            best, winner, result = validation_score(c), c, test_score(c)
    return winner, result


@wrong("test asked twice")
def choose_and_report(candidates, validation_score, test_score):
    winner = max(candidates, key=validation_score)
    assert 0 <= test_score(winner) <= 1
    return winner, test_score(winner)


@wrong("the last candidate tested")
def choose_and_report(candidates, validation_score, test_score):
    best = -math.inf
    for c in candidates:
        if validation_score(c) > best:
            best, winner = validation_score(c), c
    return winner, test_score(c)


@wrong("index in place of the candidate")
def choose_and_report(candidates, validation_score, test_score):
    i = torch.tensor([validation_score(c) for c in candidates]).argmax()
    return i, test_score(candidates[i])


@wrong("results exchanged")
def choose_and_report(candidates, validation_score, test_score):
    _, winner = max((validation_score(c), c) for c in candidates)
    return test_score(winner), winner


@wrong("winner without its score")
def choose_and_report(candidates, validation_score, test_score):
    return candidates[np.argmax([validation_score(c) for c in candidates])]


@wrong("score without the winner")
def choose_and_report(candidates, validation_score, test_score):
    _, winner = max((validation_score(c), c) for c in candidates)
    return test_score(winner)


@wrong("nothing chosen")
def choose_and_report(candidates, validation_score, test_score):
    for c in candidates:
        winner = c
        validation_score(c)
    return winner, test_score(winner)


@wrong("the best so far starts at 0")
def choose_and_report(candidates, validation_score, test_score):
    best, winner = 0, None
    for c in candidates:
        if validation_score(c) > best:
            best, winner = validation_score(c), c
    return winner, test_score(winner)


@wrong("stops with ValueError")
def choose_and_report(candidates, validation_score, test_score):
    winner = max(range(len(candidates)), key=validation_score)
    return candidates[winner], test_score(winner)


@wrong("changes its input")
def choose_and_report(candidates, validation_score, test_score):
    candidates.sort(key=validation_score)
    return candidates[-1], test_score(candidates[-1])


@wrong("returns nothing")
def choose_and_report(candidates, validation_score, test_score):
    """Choose on validation, report on test."""


# few_labels ----------------------------------------------------------------------------------------


@right
def few_labels(labels, per_class, generator):
    left = {c: per_class for c in labels.unique().tolist()}
    chosen = []
    for i in torch.randperm(len(labels), generator=generator).tolist():
        c = labels[i].item()
        if left[c] > 0:
            chosen.append(i)
            left[c] -= 1
    if any(left.values()):
        raise ValueError("too few samples in a class")
    return torch.tensor(chosen)


@right
def few_labels(labels, per_class, generator):
    chosen = []
    for c in labels.unique():
        members = torch.nonzero(labels == c).squeeze(1)
        if len(members) < per_class:
            raise ValueError("too few")
        chosen.append(members[torch.rand(len(members), generator=generator).argsort()[:per_class]])
    return torch.cat(chosen)


@right
def few_labels(labels, per_class, generator):
    weights = (labels.unique()[:, None] == labels).double()  # a row for each class
    if weights.sum(1).min() < per_class:
        raise ValueError("a class is too small")
    return torch.multinomial(weights, per_class, replacement=False, generator=generator).flatten()


@right
def few_labels(labels, per_class, generator):
    rng = random.Random(int(torch.randint(2**40, (), generator=generator)))
    groups = [[i for i, y in enumerate(labels.tolist()) if y == c] for c in set(labels.tolist())]
    return torch.tensor([i for group in groups for i in rng.sample(group, per_class)])


@wrong("not balanced")
def few_labels(labels, per_class, generator):
    classes = len(set(labels.tolist()))
    return torch.randperm(len(labels), generator=generator)[: classes * per_class]


@wrong("not balanced")
def few_labels(labels, per_class, generator):
    classes = len(labels.unique())
    return torch.tensor(random.sample(range(len(labels)), classes * per_class))


@wrong("not balanced")
def few_labels(labels, per_class, generator):
    count = per_class * len(labels.unique())
    return torch.multinomial(torch.ones(len(labels)), count, replacement=True, generator=generator)


@wrong("with repetition")
def few_labels(labels, per_class, generator):
    weights = (labels.unique()[:, None] == labels).float()
    return torch.multinomial(weights, per_class, replacement=True, generator=generator).flatten()


@wrong("with repetition")
def few_labels(labels, per_class, generator):
    chosen = []
    for c in labels.unique():
        members = np.flatnonzero(labels.numpy() == c.item())
        chosen.extend(np.random.choice(members, per_class).tolist() if len(members) >= per_class else [])
    return torch.tensor(chosen)


@wrong("the first ones")
def few_labels(labels, per_class, generator):
    chosen, count = [], Counter()
    for i, y in enumerate(labels.tolist()):
        if count[y] < per_class:
            chosen.append(i)
            count[y] += 1
    return torch.tensor(chosen)


@wrong("the first ones")
def few_labels(labels, per_class, generator):
    found = torch.cat([torch.where(labels == c)[0][:per_class] for c in labels.unique()])
    return found[torch.randperm(len(found), generator=generator)]


@wrong("generator ignored")
def few_labels(labels, per_class, generator):
    chosen = []
    for c in labels.unique():
        members = (labels == c).nonzero().flatten()
        chosen.append(members[torch.randperm(len(members))][:per_class])
    return torch.cat(chosen)


@wrong("generator ignored")
def few_labels(labels, per_class, generator):
    groups = [[i for i, y in enumerate(labels.tolist()) if y == c] for c in set(labels.tolist())]
    return torch.tensor([i for group in groups for i in random.sample(group, per_class)])


@wrong("always the same draw")
def few_labels(labels, per_class, generator):
    torch.manual_seed(0)
    members = [(labels == c).nonzero()[:, 0] for c in labels.unique()]
    return torch.cat([m[torch.randperm(len(m))[:per_class]] for m in members])


@wrong("always the same draw")
def few_labels(labels, per_class, generator):
    generator.manual_seed(0)
    shuffled = torch.randperm(len(labels), generator=generator)
    return torch.cat([shuffled[labels[shuffled] == c][:per_class] for c in labels.unique()])


@wrong("always the same draw")
def few_labels(labels, per_class, generator):
    return torch.cat([torch.where(labels == c)[0][-per_class:] for c in labels.unique()])


@wrong("generator started anew")
def few_labels(labels, per_class, generator):
    torch.manual_seed(generator.initial_seed())
    shuffled = torch.randperm(len(labels))
    return torch.cat([shuffled[labels[shuffled] == c][:per_class] for c in labels.unique()])


@wrong("position within the class")
def few_labels(labels, per_class, generator):
    chosen = []
    for c in labels.unique():
        chosen.append(torch.randperm(int((labels == c).sum()), generator=generator)[:per_class])
    return torch.hstack(chosen)


@wrong("labels in place of indices")
def few_labels(labels, per_class, generator):
    shuffled = labels[torch.randperm(len(labels), generator=generator)]
    return torch.cat([shuffled[shuffled == c][:per_class] for c in labels.unique()])


@wrong("per_class in all")
def few_labels(labels, per_class, generator):
    return torch.randint(len(labels), (per_class,), generator=generator)


@wrong("a class left out")
def few_labels(labels, per_class, generator):
    chosen = []
    for c in range(int(labels.max())):
        members = torch.where(labels == c)[0]
        chosen.append(members[torch.randperm(len(members), generator=generator)[:per_class]])
    return torch.cat(chosen)


@wrong("classes taken to be 0, 1, 2, …")
def few_labels(labels, per_class, generator):
    shuffled = torch.randperm(len(labels), generator=generator)
    return torch.cat([shuffled[labels[shuffled] == c][:per_class] for c in range(len(labels.unique()))])


@wrong("a row for each class")
def few_labels(labels, per_class, generator):
    weights = (labels.unique()[:, None] == labels).float()
    return torch.multinomial(weights, per_class, generator=generator)


@wrong("mask in place of indices")
def few_labels(labels, per_class, generator):
    chosen = torch.zeros(len(labels)).bool()
    for c in labels.unique():
        members = torch.where(labels == c)[0]
        chosen[members[torch.randperm(len(members), generator=generator)[:per_class]]] = True
    return chosen


@wrong("takes fewer in silence")
def few_labels(labels, per_class, generator):
    weights = (labels.unique()[:, None] == labels).double()
    return torch.multinomial(weights, per_class, generator=generator).flatten()


@wrong("takes fewer in silence")
def few_labels(labels, per_class, generator):
    shuffled = torch.randperm(len(labels), generator=generator)
    return torch.cat([shuffled[labels[shuffled] == c][:per_class] for c in labels.unique()])


@wrong("not a tensor")
def few_labels(labels, per_class, generator):
    groups = [(labels == c).nonzero().flatten().tolist() for c in labels.unique()]
    return [group[i] for group in groups for i in torch.randperm(len(group), generator=generator)[:per_class]]


@wrong("changes its input")
def few_labels(labels, per_class, generator):
    chosen = []
    for i in torch.randperm(len(labels), generator=generator).tolist():
        c = labels[i].item()
        if c >= 0 and int((labels[chosen] == c).sum()) < per_class:
            chosen.append(i)
    labels[chosen] = -1
    return torch.tensor(chosen)


@wrong("not written yet")
def few_labels(labels, per_class, generator):
    raise NotImplementedError
