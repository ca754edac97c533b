"""Answers to measuring, written from the exercises alone, without a look at the checks."""

import functools
import math
import statistics
import torch
import torch.nn.functional as F

from answers import right, wrong


# ---------------------------------------------------------------- standardise


@wrong("each by its own")  # scales the test rows by their own mean and spread
def standardise(train, test):
    def scale(x):
        s = x.std(dim=0, correction=0)
        s[s == 0] = 1
        return (x - x.mean(dim=0)) / s
    return scale(train), scale(test)


@wrong("n − 1 in place of n")  # std with N - 1 (torch's default)
def standardise(train, test):
    m, s = train.mean(0), train.std(0)
    s = torch.where(s == 0, torch.ones_like(s), s)
    return (train - m) / s, (test - m) / s


@wrong("a constant column gives NaN")  # divides a constant column by 0: NaN or inf
def standardise(train, test):
    m = torch.mean(train, dim=0, keepdim=True)
    s = torch.sqrt(torch.mean((train - m) ** 2, dim=0, keepdim=True))
    return (train - m) / s, (test - m) / s


# adds a small epsilon to the spread instead of dividing a constant column by 1: test values there explode
@wrong("a constant column explodes")
def standardise(train, test):
    mean = train.mean(dim=0)
    std = train.std(dim=0, unbiased=False) + 1e-8
    return (train - mean) / std, (test - mean) / std


@wrong("fitted on both together")  # mean and spread over train and test rows together: the test rows have a say
def standardise(train, test):
    both = torch.cat([train, test], dim=0)
    m = both.mean(0)
    s = both.std(0, correction=0)
    s = s.masked_fill(s == 0, 1.0)
    both = (both - m) / s
    return both[:len(train)], both[len(train):]


@wrong("changes its input")  # works in place: the arguments are changed
def standardise(train, test):
    mean = train.mean(dim=0)
    std = train.std(dim=0, correction=0)
    std[std == 0] = 1.0
    train -= mean
    train /= std
    test -= mean
    test /= std
    return train, test


@right
def standardise(train, test):
    a, b = [], []
    for col, other in zip(train.unbind(1), test.unbind(1)):
        m = col.mean()
        if bool((col == col[0]).all()):
            m, s = col[0], torch.ones((), dtype=col.dtype)
        else:
            s = (col - m).square().mean().sqrt()
        a.append((col - m) / s)
        b.append((other - m) / s)
    return torch.stack(a, dim=1), torch.stack(b, dim=1)


# ---------------------------------------------------------------- knn_predict


@wrong("unweighted")  # plain majority of the k neighbours, the votes have no weight
def knn_predict(bank, labels, queries, k, temperature):
    sims = F.normalize(queries) @ F.normalize(bank).T
    out = []
    for row in sims:
        nearest = row.topk(k).indices
        out.append(torch.bincount(labels[nearest]).argmax())
    return torch.stack(out)


@wrong("not normalised")  # dot product instead of the cosine: rows are not scaled to length 1
def knn_predict(bank, labels, queries, k, temperature):
    sims, idx = (queries @ bank.T).topk(k, dim=1)
    w = ((sims - sims.max(dim=1, keepdim=True).values) / temperature).exp()
    votes = torch.zeros(len(queries), int(labels.max()) + 1, dtype=w.dtype)
    votes.scatter_add_(1, labels[idx], w)
    return votes.argmax(1)


# exp(cos / tau) without subtracting the largest cosine: overflows to inf at a small temperature
@wrong("overflow at a small temperature")
def knn_predict(bank, labels, queries, k, temperature):
    q = F.normalize(queries, dim=1)
    b = F.normalize(bank, dim=1)
    sim, ind = torch.topk(torch.mm(q, b.t()), k, dim=1)
    weight = torch.exp(sim / temperature)
    n_classes = labels.max().item() + 1
    onehot = F.one_hot(labels[ind], n_classes).to(weight.dtype)
    return (onehot * weight.unsqueeze(-1)).sum(dim=1).argmax(dim=-1)


# the table of votes has as many columns as there are different labels, not largest label + 1: fails where a label does not occur
@wrong("table of votes too narrow")
def knn_predict(bank, labels, queries, k, temperature):
    cos = F.normalize(queries, dim=1) @ F.normalize(bank, dim=1).T
    top, idx = cos.topk(k, dim=1)
    weights = torch.exp((top - top[:, :1]) / temperature)
    votes = torch.zeros(queries.shape[0], len(labels.unique()), dtype=queries.dtype)
    votes.scatter_add_(1, labels[idx], weights)
    return votes.argmax(dim=1)


# subtracts the largest cosine of all queries instead of each query's own: the other queries' votes all become 0
@wrong("underflow at a small temperature")
def knn_predict(bank, labels, queries, k, temperature):
    cos = F.normalize(queries, dim=1) @ F.normalize(bank, dim=1).T
    values, neighbours = cos.topk(k)
    values = torch.exp((values - values.max()) / temperature)
    table = torch.zeros((queries.size(0), labels.max() + 1), dtype=values.dtype)
    table = table.scatter_add_(1, labels[neighbours], values)
    return table.argmax(dim=1)


@wrong("a row of zeros gives NaN")  # divides a row of zeros by its length 0: its cosines are NaN
def knn_predict(bank, labels, queries, k, temperature):
    result = torch.zeros(len(queries), dtype=torch.long)
    bank = bank / bank.norm(dim=1, keepdim=True)
    for i, q in enumerate(queries):
        cos = bank @ (q / q.norm())
        best, where = torch.topk(cos, k)
        weights = torch.exp((best - best.max()) / temperature)
        score = torch.zeros(int(labels.max()) + 1, dtype=bank.dtype)
        for w, j in zip(weights, where):
            score[labels[j]] += w
        result[i] = score.argmax()
    return result


@right
def knn_predict(bank, labels, queries, k, temperature):
    answer = []
    unit = F.normalize(bank, dim=1)
    for q in F.normalize(queries, dim=1):
        cosines = (unit @ q).tolist()
        order = sorted(range(len(cosines)), key=lambda i: -cosines[i])[:k]
        votes = {}
        for i in order:
            c = int(labels[i])
            votes[c] = votes.get(c, 0.0) + math.exp((cosines[i] - cosines[order[0]]) / temperature)
        answer.append(max(votes, key=votes.get))
    return torch.tensor(answer, dtype=torch.int64)


# ---------------------------------------------------------------- interval


@wrong("n − 1 in place of n")  # n - 1 under the root instead of n
def interval(right):
    n = len(right)
    p = right.double().mean().item()
    return p, 1.96 * math.sqrt(p * (1 - p) / (n - 1)) if n > 1 else 0.0


@wrong("standard error in place of the half-width")  # the factor 1.96 is missing: one standard error, not the half-width
def interval(right):
    p = right.double().mean()
    return p, torch.sqrt(p * (1 - p) / right.numel())


@wrong("percent in place of a share")  # both numbers in percent
def interval(right):
    n = right.shape[0]
    p = right.sum().item() / n
    h = 1.96 * (p * (1 - p) / n) ** 0.5
    return 100 * p, 100 * h


@wrong("divided by n in place of its root")  # n stands outside the root: sqrt(p (1 - p)) / n
def interval(right):
    n = len(right)
    p = sum(bool(r) for r in right) / n
    h = 1.96 * math.sqrt(p * (1 - p)) / n
    return p, h


@wrong("root missing")  # no root at all
def interval(right):
    p = right.to(torch.float64).mean().item()
    return p, 1.96 * p * (1 - p) / len(right)


@wrong("ends in place of centre and half-width")  # returns the two ends of the interval, p - h and p + h, instead of p and h
def interval(right):
    n = right.numel()
    p = float(right.double().mean())
    h = 1.96 * math.sqrt(p * (1 - p) / n)
    return p - h, p + h


@right
def interval(right):
    points = [1.0 if r else 0.0 for r in right]
    return statistics.fmean(points), 1.96 * statistics.pstdev(points) / math.sqrt(len(points))


# ---------------------------------------------------------------- paired_difference


# treats the two as independent samples: adds their variances instead of taking the differences picture by picture
@wrong("unpaired error")
def paired_difference(right_a, right_b):
    n = len(right_a)
    pa, pb = right_a.double().mean().item(), right_b.double().mean().item()
    return pa - pb, math.sqrt(pa * (1 - pa) / n + pb * (1 - pb) / n)


@wrong("n − 1 in place of n")  # std with n - 1 (torch's default)
def paired_difference(right_a, right_b):
    d = right_a.double() - right_b.double()
    return d.mean().item(), d.std().item() / math.sqrt(len(d))


@wrong("a and b exchanged")  # b - a instead of a - b: the sign is the wrong way round
def paired_difference(right_a, right_b):
    d = right_b.int() - right_a.int()
    d = d.double()
    return d.mean(), d.std(correction=0) / len(d) ** 0.5


@wrong("half-width in place of the standard error")  # multiplies by 1.96: half-width, not standard error
def paired_difference(right_a, right_b):
    d = right_a.double() - right_b.double()
    mean = d.mean()
    s = ((d - mean) ** 2).mean().sqrt()
    return float(mean), float(1.96 * s / math.sqrt(d.numel()))


@wrong("255 in place of −1")  # subtracts as unsigned bytes: 0 - 1 becomes 255 where only b was right
def paired_difference(right_a, right_b):
    d = (right_a.to(torch.uint8) - right_b.to(torch.uint8)).double()
    mean = d.mean().item()
    s = (d - mean).pow(2).mean().sqrt().item()
    return mean, s / len(right_a) ** 0.5


# does not divide by sqrt(n): the standard deviation of the differences, not the standard error of their mean
@wrong("spread not divided by √n")
def paired_difference(right_a, right_b):
    diffs = []
    for a, b in zip(right_a.tolist(), right_b.tolist()):
        diffs.append(int(a) - int(b))
    mean = sum(diffs) / len(diffs)
    s = math.sqrt(sum((d - mean) ** 2 for d in diffs) / len(diffs))
    return mean, s


@right
def paired_difference(right_a, right_b):
    n = right_a.numel()
    only_a = int((right_a & ~right_b).sum())
    only_b = int((right_b & ~right_a).sum())
    gap = only_a - only_b
    return gap / n, math.sqrt((n * (only_a + only_b) - gap * gap) / n ** 3)


# ---------------------------------------------------------------- choose_and_report


@wrong("chosen on test")  # chooses by the test score
def choose_and_report(candidates, validation_score, test_score):
    scores = [test_score(c) for c in candidates]
    i = scores.index(max(scores))
    return candidates[i], scores[i]


@wrong("test asked about more than the winner")  # chooses on validation, but asks the test about every candidate
def choose_and_report(candidates, validation_score, test_score):
    results = [(validation_score(c), test_score(c)) for c in candidates]
    best = max(range(len(results)), key=lambda i: results[i][0])
    return candidates[best], results[best][1]


@wrong("the best so far starts at 0")  # the best score starts at 0: with negative scores nobody wins
def choose_and_report(candidates, validation_score, test_score):
    best, best_score = None, 0
    for c in candidates:
        s = validation_score(c)
        if s > best_score:
            best, best_score = c, s
    return best, test_score(best)


@wrong("reports the validation score")  # reports the validation score of the winner, the test is never asked
def choose_and_report(candidates, validation_score, test_score):
    winner = max(candidates, key=validation_score)
    return winner, validation_score(winner)


@wrong("index in place of the candidate")  # returns the index of the winner, not the candidate
def choose_and_report(candidates, validation_score, test_score):
    scores = torch.tensor([validation_score(c) for c in candidates])
    best = scores.argmax().item()
    return best, test_score(candidates[best])


@wrong("changes its input")  # sorts the list in place: the caller's list is changed
def choose_and_report(candidates, validation_score, test_score):
    candidates.sort(key=validation_score, reverse=True)
    winner = candidates[0]
    return winner, test_score(winner)


@right
def choose_and_report(candidates, validation_score, test_score):
    scored = ((c, validation_score(c)) for c in candidates)
    winner, _ = functools.reduce(lambda a, b: b if b[1] >= a[1] else a, scored)
    return winner, test_score(winner)


# ---------------------------------------------------------------- few_labels


@wrong("the first ones")  # takes the first per_class pictures of each class, nothing is drawn at random
def few_labels(labels, per_class, generator):
    chosen = []
    for c in labels.unique():
        idx = (labels == c).nonzero().flatten()
        if len(idx) < per_class:
            raise ValueError("too few pictures")
        chosen.append(idx[:per_class])
    return torch.cat(chosen)


@wrong("generator ignored")  # does not hand the generator to randperm: the draw is not repeatable
def few_labels(labels, per_class, generator):
    picks = []
    for c in torch.unique(labels):
        members = torch.where(labels == c)[0]
        if members.numel() < per_class:
            raise ValueError(f"class {c} has only {members.numel()}")
        picks.append(members[torch.randperm(members.numel())[:per_class]])
    return torch.cat(picks)


@wrong("with repetition")  # draws with replacement (randint): a picture may be chosen twice
def few_labels(labels, per_class, generator):
    out = []
    for c in labels.unique().tolist():
        where = torch.nonzero(labels == c).squeeze(1)
        if len(where) < per_class:
            raise ValueError("not enough samples in class")
        out.append(where[torch.randint(0, len(where), (per_class,), generator=generator)])
    return torch.cat(out)


@wrong("position within the class")  # returns positions within the class, not indices into labels
def few_labels(labels, per_class, generator):
    chosen = []
    for c in labels.unique():
        n = int((labels == c).sum())
        if n < per_class:
            raise ValueError("class too small")
        chosen.extend(torch.randperm(n, generator=generator)[:per_class].tolist())
    return torch.tensor(chosen)


@wrong("classes taken to be 0, 1, 2, …")  # assumes that the classes are 0, 1, ..., C - 1
def few_labels(labels, per_class, generator):
    C = len(labels.unique())
    result = []
    for c in range(C):
        idx = torch.where(labels == c)[0]
        if len(idx) < per_class:
            raise ValueError(f"class {c}: {len(idx)} < {per_class}")
        perm = torch.randperm(len(idx), generator=generator)
        result.append(idx[perm[:per_class]])
    return torch.cat(result)


@wrong("takes fewer in silence")  # no ValueError for a class with too few pictures: silently takes fewer
def few_labels(labels, per_class, generator):
    return torch.cat([
        idx[torch.randperm(len(idx), generator=generator)[:per_class]]
        for idx in ((labels == c).nonzero(as_tuple=True)[0] for c in labels.unique())])


@right
def few_labels(labels, per_class, generator):
    missing = {c: per_class for c in labels.unique().tolist()}
    chosen = []
    for i in torch.randperm(len(labels), generator=generator).tolist():
        c = labels[i].item()
        if missing[c] > 0:
            missing[c] -= 1
            chosen.append(i)
    if any(missing.values()):
        raise ValueError("too few pictures of a class")
    return torch.tensor(chosen, dtype=torch.long)
