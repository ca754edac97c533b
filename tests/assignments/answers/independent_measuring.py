"""Answers to measuring, written from the exercises alone, without a look at the checks."""

import math
import statistics
import numpy as np
import torch
import torch.nn.functional as F

from answers import right, wrong


# ------------------------------------------------------------------ standardise


@wrong("each by its own")  # the test rows are scaled by their own mean and spread
def standardise(train, test):
    def scale(x):
        s = x.std(dim=0, correction=0)
        s[s == 0] = 1
        return (x - x.mean(dim=0)) / s
    return scale(train), scale(test)


@wrong("fitted on both together")  # mean and spread are taken over train and test together
def standardise(train, test):
    both = torch.cat([train, test])
    m = both.mean(0)
    s = both.std(0, correction=0)
    s = torch.where(s < 1e-6, torch.ones_like(s), s)
    return (train - m) / s, (test - m) / s


@wrong("n − 1 in place of n")  # torch's default std, N - 1 in the denominator
def standardise(train, test):
    mean, std = train.mean(dim=0), train.std(dim=0)
    std = torch.where(std > 1e-6, std, torch.ones_like(std))
    return (train - mean) / std, (test - mean) / std


@wrong("a constant column gives NaN")  # a constant column is divided by zero: NaN or inf
def standardise(train, test):
    m = train.mean(dim=0, keepdim=True)
    s = ((train - m) ** 2).mean(dim=0, keepdim=True).sqrt()
    return (train - m) / s, (test - m) / s


# adds a small epsilon to s instead of dividing a constant column by 1: the test's values in that column explode
@wrong("a constant column explodes")
def standardise(train, test):
    m, s = train.mean(0), train.std(0, correction=0)
    return (train - m) / (s + 1e-8), (test - m) / (s + 1e-8)


@wrong("changes its input")  # changes train and test in place
def standardise(train, test):
    m, s = train.mean(0), train.std(0, correction=0)
    s[s < 1e-6] = 1
    train -= m
    train /= s
    test -= m
    test /= s
    return train, test


@wrong("one mean for all columns")  # one mean and one spread for the whole matrix, not per column
def standardise(train, test):
    m, s = train.mean(), train.std(correction=0)
    if s == 0:
        s = 1.0
    return (train - m) / s, (test - m) / s


@wrong("small spreads left as they are")  # clamps s from below to 1, so that columns with a spread below 1 are not scaled up
def standardise(train, test):
    m = train.mean(dim=0)
    s = train.std(dim=0, unbiased=False).clamp(min=1)
    return (train - m) / s, (test - m) / s


@right
def standardise(train, test):
    m = train.sum(0) / len(train)
    s = torch.sqrt(((train - m) ** 2).sum(0) / len(train))
    same = (train == train[0]).all(0)
    s = s.masked_fill(same, 1.0)
    return torch.stack([(r - m) / s for r in train]), torch.stack([(r - m) / s for r in test])


@right
def standardise(train, test):
    a, b = train.numpy(), test.numpy()
    m, s = a.mean(axis=0), a.std(axis=0)
    s = np.where(s == 0, 1, s).astype(a.dtype)
    return torch.from_numpy((a - m) / s), torch.from_numpy((b - m) / s)


# ------------------------------------------------------------------ knn_predict


@wrong("not normalised")  # dot product instead of the cosine: rows are not scaled to length 1
def knn_predict(bank, labels, queries, k, temperature):
    sim, idx = (queries @ bank.T).topk(k, dim=1)
    w = ((sim - sim[:, :1]) / temperature).exp()
    votes = torch.zeros(len(queries), int(labels.max()) + 1, dtype=w.dtype)
    votes.scatter_add_(1, labels[idx], w)
    return votes.argmax(1)


@wrong("unweighted")  # each neighbour has one vote: the weights are missing (plain majority)
def knn_predict(bank, labels, queries, k, temperature):
    bank, queries = F.normalize(bank, dim=1), F.normalize(queries, dim=1)
    idx = (queries @ bank.T).topk(k, dim=1).indices
    return labels[idx].mode(dim=1).values


@wrong("overflow at a small temperature")  # exp(cos / temperature) without subtracting the largest: overflows at small temperature
def knn_predict(bank, labels, queries, k, temperature):
    q, b = F.normalize(queries, dim=1), F.normalize(bank, dim=1)
    answer = []
    for row in q:
        cos = b @ row
        top = cos.topk(k)
        weights = torch.exp(top.values / temperature)
        votes = torch.zeros(int(labels.max()) + 1, dtype=weights.dtype)
        for w, i in zip(weights, top.indices):
            votes[labels[i]] += w
        answer.append(votes.argmax())
    return torch.stack(answer)


@wrong("temperature multiplied")  # multiplies by the temperature instead of dividing
def knn_predict(bank, labels, queries, k, temperature):
    sim = F.normalize(queries, dim=1) @ F.normalize(bank, dim=1).T
    top, idx = sim.topk(k, dim=1)
    w = torch.exp((top - top.max(dim=1, keepdim=True).values) * temperature)
    votes = torch.zeros(len(queries), int(labels.max()) + 1, dtype=w.dtype).scatter_add_(1, labels[idx], w)
    return votes.argmax(dim=1)


# c is the largest cosine of all queries together: for a query that is farther away all weights underflow to 0 and class 0 wins
@wrong("underflow at a small temperature")
def knn_predict(bank, labels, queries, k, temperature):
    sim = F.normalize(queries, dim=1) @ F.normalize(bank, dim=1).T
    top, idx = sim.topk(k, dim=1)
    w = torch.exp((top - top.max()) / temperature)
    votes = torch.zeros(len(queries), labels.max().item() + 1, dtype=w.dtype)
    votes.scatter_add_(1, labels[idx], w)
    return votes.argmax(dim=1)


@wrong("ten classes taken for granted")  # table of votes has ten columns fixed: a label above 9 does not fit
def knn_predict(bank, labels, queries, k, temperature):
    sim = F.normalize(queries, dim=1) @ F.normalize(bank, dim=1).T
    top, idx = sim.topk(k)
    w = torch.softmax(top / temperature, dim=1)
    votes = torch.zeros(len(queries), 10, dtype=w.dtype)
    return votes.scatter_add_(1, labels[idx], w).argmax(1)


@wrong("a row of zeros gives NaN")  # divides by the norm unprotected: a row of zeros has cosine NaN
def knn_predict(bank, labels, queries, k, temperature):
    bank = bank / bank.norm(dim=1, keepdim=True)
    queries = queries / queries.norm(dim=1, keepdim=True)
    predictions = []
    for q in queries:
        cos = bank @ q
        order = cos.argsort(descending=True)[:k]
        c = cos[order[0]]
        tally = {}
        for i in order.tolist():
            label = int(labels[i])
            tally[label] = tally.get(label, 0.0) + math.exp((cos[i] - c) / temperature)
        predictions.append(max(tally, key=tally.get))
    return torch.tensor(predictions)


# scatter_ instead of scatter_add_: the votes for a class overwrite each other rather than add up
@wrong("votes overwrite each other")
def knn_predict(bank, labels, queries, k, temperature):
    sim = F.normalize(queries, dim=1) @ F.normalize(bank, dim=1).T
    top, idx = sim.topk(k, dim=1)
    w = ((top - top[:, :1]) / temperature).exp()
    votes = torch.zeros(len(queries), int(labels.max()) + 1, dtype=w.dtype)
    votes.scatter_(1, labels[idx], w)
    return votes.argmax(1)


@right
def knn_predict(bank, labels, queries, k, temperature):
    sim = F.cosine_similarity(queries[:, None], bank[None], dim=2)
    top, idx = sim.topk(k, dim=1)
    w = torch.softmax(top.double() / temperature, dim=1)
    onehot = F.one_hot(labels[idx]).double()
    return torch.einsum("nk,nkc->nc", w, onehot).argmax(-1)


@right
def knn_predict(bank, labels, queries, k, temperature):
    b, q, y = bank.double().numpy(), queries.double().numpy(), labels.numpy()
    def unit(x):
        n = np.sqrt((x * x).sum(1, keepdims=True))
        return np.divide(x, n, out=np.zeros_like(x), where=n > 0)
    cos = unit(q) @ unit(b).T
    classes = np.unique(y)
    out = []
    for row in cos:
        near = np.argsort(-row, kind="stable")[:k]
        logw = (row[near] - row.max()) / temperature
        out.append(classes[np.argmax([np.exp(logw[y[near] == c]).sum() for c in classes])])
    return torch.tensor(np.array(out))


# ------------------------------------------------------------------ interval


@wrong("n − 1 in place of n")  # n - 1 under the root instead of n
def interval(right):
    n = len(right)
    p = right.float().mean().item()
    return p, 1.96 * math.sqrt(p * (1 - p) / max(n - 1, 1))


@wrong("standard error in place of the half-width")  # the factor 1.96 is missing: this is the standard error
def interval(right):
    p = right.double().mean()
    return p.item(), (p * (1 - p) / len(right)).sqrt().item()


@wrong("percent in place of a share")  # both in percent
def interval(right):
    right = np.asarray(right, dtype=float)
    p = right.mean()
    h = 1.96 * np.sqrt(p * (1 - p) / len(right))
    return 100 * p, 100 * h


@wrong("divided by n in place of its root")  # n stands outside the root: divides by n, not √n
def interval(right):
    n = right.numel()
    p = right.sum().item() / n
    return p, 1.96 * math.sqrt(p * (1 - p)) / n


@wrong("whole width")  # the whole width of the interval, twice the half-width
def interval(right):
    p = float(right.double().mean())
    se = math.sqrt(p * (1 - p) / len(right))
    low, high = p - 1.96 * se, p + 1.96 * se
    return p, high - low


@wrong("ends in place of centre and half-width")  # returns the two ends p - h and p + h instead of p and h
def interval(right):
    p = right.double().mean().item()
    h = 1.96 * (p * (1 - p) / right.shape[0]) ** 0.5
    return p - h, p + h


@wrong("2 in place of 1.96")  # 2 in place of 1.96
def interval(right):
    n = len(right)
    p = sum(1 for r in right if r) / n
    return p, 2 * math.sqrt(p * (1 - p) / n)


@wrong("root missing")  # the root is forgotten: 1.96 p (1-p) / n
def interval(right):
    p = right.double().mean().item()
    return p, 1.96 * p * (1 - p) / len(right)


@right
def interval(right):
    x = [1.0 if bool(r) else 0.0 for r in right]
    return statistics.fmean(x), 1.96 * statistics.pstdev(x) / math.sqrt(len(x))


@right
def interval(right):
    x = right.to(torch.float64)
    return x.mean(), x.std(correction=0) * 1.96 / len(x) ** 0.5


# ------------------------------------------------------------------ paired_difference


@wrong("unpaired error")  # unpaired: adds the variances of the two accuracies as if the pictures were different ones
def paired_difference(right_a, right_b):
    n = len(right_a)
    pa, pb = right_a.double().mean().item(), right_b.double().mean().item()
    return pa - pb, math.sqrt(pa * (1 - pa) / n + pb * (1 - pb) / n)


@wrong("n − 1 in place of n")  # n - 1 in s (torch's default std)
def paired_difference(right_a, right_b):
    d = right_a.double() - right_b.double()
    return d.mean().item(), (d.std() / math.sqrt(len(d))).item()


@wrong("a and b exchanged")  # b - a: sign of the difference reversed
def paired_difference(right_a, right_b):
    d = right_b.float() - right_a.float()
    return d.mean().item(), d.std(correction=0).item() / len(d) ** 0.5


@wrong("half-width in place of the standard error")  # multiplies the standard error by 1.96
def paired_difference(right_a, right_b):
    d = right_a.to(torch.float64) - right_b.to(torch.float64)
    mean = d.mean()
    s = ((d - mean) ** 2).mean().sqrt()
    return float(mean), float(1.96 * s / math.sqrt(d.numel()))


@wrong("spread not divided by √n")  # returns s, the spread of the differences, not divided by √n
def paired_difference(right_a, right_b):
    d = right_a.int().numpy() - right_b.int().numpy()
    return d.mean(), d.std()


# exclusive or: counts where the two differ, without sign, so d is 1 also where only b was right
@wrong("share of disagreement")
def paired_difference(right_a, right_b):
    d = (right_a ^ right_b).double()
    return d.mean().item(), d.std(correction=0).item() / math.sqrt(len(d))


@wrong("the mean not subtracted")  # the mean is not subtracted in s: root of the mean of d squared
def paired_difference(right_a, right_b):
    n = len(right_a)
    only_a = (right_a & ~right_b).sum().item()
    only_b = (right_b & ~right_a).sum().item()
    return (only_a - only_b) / n, math.sqrt(only_a + only_b) / n


@wrong("255 in place of −1")  # turns truth values into unsigned bytes: 0 - 1 becomes 255
def paired_difference(right_a, right_b):
    d = (right_a.byte() - right_b.byte()).double()
    return d.mean().item(), d.std(correction=0).item() / len(d) ** 0.5


@right
def paired_difference(right_a, right_b):
    n = len(right_a)
    only_a = sum(bool(a) and not bool(b) for a, b in zip(right_a, right_b))
    only_b = sum(bool(b) and not bool(a) for a, b in zip(right_a, right_b))
    mean = (only_a - only_b) / n
    return mean, math.sqrt(((only_a + only_b) / n - mean ** 2) / n)


@right
def paired_difference(right_a, right_b):
    pa, pb = right_a.double().mean(), right_b.double().mean()
    both = (right_a & right_b).double().mean()
    var = pa * (1 - pa) + pb * (1 - pb) - 2 * (both - pa * pb)
    return pa - pb, (var.clamp(min=0) / len(right_a)).sqrt()


# ------------------------------------------------------------------ choose_and_report


@wrong("chosen on test")  # chooses by the test score
def choose_and_report(candidates, validation_score, test_score):
    scores = [test_score(c) for c in candidates]
    best = max(range(len(scores)), key=scores.__getitem__)
    return candidates[best], scores[best]


@wrong("reports the validation score")  # reports the validation score of the winner; the test is never asked
def choose_and_report(candidates, validation_score, test_score):
    best, best_score = None, -float("inf")
    for c in candidates:
        s = validation_score(c)
        if s > best_score:
            best, best_score = c, s
    return best, best_score


@wrong("test asked about more than the winner")  # asks the test about all candidates and only then takes the winner's score
def choose_and_report(candidates, validation_score, test_score):
    table = [(validation_score(c), test_score(c), c) for c in candidates]
    _, score, winner = max(table, key=lambda row: row[0])
    return winner, score


@wrong("the best so far starts at 0")  # starts with a best score of 0: if all scores are negative there is no winner (None)
def choose_and_report(candidates, validation_score, test_score):
    best_score = 0
    winner = None
    for c in candidates:
        s = validation_score(c)
        if s > best_score:
            best_score = s
            winner = c
    return winner, test_score(winner)


@wrong("index in place of the candidate")  # returns the index of the winner instead of the candidate
def choose_and_report(candidates, validation_score, test_score):
    scores = torch.tensor([float(validation_score(c)) for c in candidates])
    winner = scores.argmax().item()
    return winner, test_score(candidates[winner])


@wrong("changes its input")  # sorts the list in place: the argument is changed
def choose_and_report(candidates, validation_score, test_score):
    candidates.sort(key=validation_score, reverse=True)
    return candidates[0], test_score(candidates[0])


@wrong("the last candidate tested")  # asks the test about the loop variable, i.e. the last candidate, not about the winner
def choose_and_report(candidates, validation_score, test_score):
    best, highest = candidates[0], validation_score(candidates[0])
    for candidate in candidates:
        score = validation_score(candidate)
        if score > highest:
            best, highest = candidate, score
    return best, test_score(candidate)


@wrong("results exchanged")  # the two results in the wrong order: (score, winner)
def choose_and_report(candidates, validation_score, test_score):
    winner = max(candidates, key=validation_score)
    return test_score(winner), winner


@right
def choose_and_report(candidates, validation_score, test_score):
    scores = np.array([validation_score(c) for c in candidates])
    i = int(np.flatnonzero(scores == scores.max())[-1])
    return [candidates[i], test_score(candidates[i])]


@right
def choose_and_report(candidates, validation_score, test_score):
    winner = sorted(candidates, key=lambda c: -validation_score(c))[0]
    assert validation_score(winner) == max(map(validation_score, candidates))
    return winner, test_score(winner)


# ------------------------------------------------------------------ few_labels


@wrong("the first ones")  # takes the first per_class pictures of each class: nothing is random
def few_labels(labels, per_class, generator):
    chosen = []
    for c in labels.unique():
        where = (labels == c).nonzero().flatten()
        if len(where) < per_class:
            raise ValueError("too few")
        chosen.append(where[:per_class])
    return torch.cat(chosen)


@wrong("with repetition")  # draws with replacement (randint): the same picture can come twice
def few_labels(labels, per_class, generator):
    chosen = []
    for c in labels.unique():
        where = torch.where(labels == c)[0]
        if len(where) < per_class:
            raise ValueError(f"class {c} has only {len(where)} pictures")
        chosen.append(where[torch.randint(len(where), (per_class,), generator=generator)])
    return torch.cat(chosen)


@wrong("generator ignored")  # randperm without the generator: draws from the global random state
def few_labels(labels, per_class, generator):
    out = []
    for c in labels.unique().tolist():
        idx = torch.nonzero(labels == c).squeeze(1)
        if idx.numel() < per_class:
            raise ValueError("not enough pictures")
        out.append(idx[torch.randperm(idx.numel())[:per_class]])
    return torch.cat(out)


@wrong("generator started anew")  # reseeds the generator at each call, so that the next call draws the same pictures
def few_labels(labels, per_class, generator):
    generator.manual_seed(generator.initial_seed())
    order = torch.randperm(len(labels), generator=generator)
    picked = []
    for c in labels.unique():
        mine = order[labels[order] == c]
        if len(mine) < per_class:
            raise ValueError
        picked.append(mine[:per_class])
    return torch.cat(picked)


@wrong("position within the class")  # returns positions within each class, not indices into labels
def few_labels(labels, per_class, generator):
    rows = []
    for c in labels.unique():
        n = int((labels == c).sum())
        if n < per_class:
            raise ValueError("too few pictures")
        rows.append(torch.randperm(n, generator=generator)[:per_class])
    return torch.cat(rows)


# assumes that the classes are 0 .. max, so that a class number that does not occur raises the error
@wrong("classes taken to be 0, 1, 2, …")
def few_labels(labels, per_class, generator):
    result = []
    for c in range(int(labels.max()) + 1):
        indices = [i for i, l in enumerate(labels.tolist()) if l == c]
        if len(indices) < per_class:
            raise ValueError(f"class {c}: only {len(indices)}")
        order = torch.randperm(len(indices), generator=generator)[:per_class]
        result += [indices[i] for i in order]
    return torch.tensor(result)


@wrong("takes fewer in silence")  # no ValueError where a class has too few: silently takes fewer
def few_labels(labels, per_class, generator):
    perm = torch.randperm(len(labels), generator=generator)
    shuffled = labels[perm]
    return torch.cat([perm[shuffled == c][:per_class] for c in labels.unique()])


@wrong("exactly as many are enough")  # raises the ValueError also where a class has exactly per_class pictures (<=)
def few_labels(labels, per_class, generator):
    chosen = []
    for c in torch.unique(labels):
        members = (labels == c).nonzero()[:, 0]
        if len(members) <= per_class:
            raise ValueError("a class has too few pictures")
        chosen.append(members[torch.randperm(len(members), generator=generator)][:per_class])
    return torch.cat(chosen)


@right
def few_labels(labels, per_class, generator):
    classes, counts = labels.unique(return_counts=True)
    if (counts < per_class).any():
        raise ValueError("some class is too small")
    left = {int(c): per_class for c in classes}
    out = []
    for i in torch.randperm(len(labels), generator=generator).tolist():
        c = int(labels[i])
        if left[c]:
            left[c] -= 1
            out.append(i)
    return torch.tensor(out)


@right
def few_labels(labels, per_class, generator):
    noise = torch.rand(len(labels), generator=generator, dtype=torch.float64)
    picks = []
    for c in labels.unique():
        scores = torch.where(labels == c, noise, -1.0)
        if int((labels == c).sum()) < per_class:
            raise ValueError("too few")
        picks.append(scores.topk(per_class).indices)
    return torch.cat(picks)
