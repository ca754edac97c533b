"""Answers to assignment 3, InfoNCE from loops to matrix."""

import functools
import math

import numpy as np
import torch
import torch.nn.functional as F

from . import right, wrong

# log_sum_exp ---------------------------------------------------------------------------------------


@right
def log_sum_exp(x):
    m = torch.max(x, dim=-1, keepdim=True).values
    return m.squeeze(-1) + torch.log(torch.sum(torch.exp(x - m), dim=-1))


@right
def log_sum_exp(x):
    return torch.logsumexp(x, dim=-1)


@right
def log_sum_exp(x):
    rows = []
    for row in x.reshape(-1, x.shape[-1]):
        largest = max(row.tolist())
        total = 0
        for entry in row:
            total = total + torch.exp(entry - largest)
        rows.append(largest + torch.log(total))
    return torch.stack(rows).reshape(x.shape[:-1])


@right
def log_sum_exp(x):
    return functools.reduce(torch.logaddexp, x.unbind(-1))


@wrong("overflow")
def log_sum_exp(x):
    return x.exp().sum(-1).log()


@wrong("overflow")
def log_sum_exp(x):
    return torch.log(torch.exp(x.double()).sum(dim=-1))


@wrong("overflow")
def log_sum_exp(x):
    return torch.log(torch.exp(x.clamp(max=80)).sum(dim=-1))


@wrong("one maximum for all rows")
def log_sum_exp(x):
    m = x.max()
    return torch.log(torch.exp(x - m).sum(-1)) + m


@wrong("underflow")
def log_sum_exp(x):
    m = x.abs().max(dim=-1, keepdim=True)[0]
    return (x - m).exp().sum(-1).log() + m[..., 0]


@wrong("not the maximum subtracted")
def log_sum_exp(x):
    m = x.mean(dim=-1, keepdim=True)
    return (x - m).exp().sum(-1).log() + m.squeeze(-1)


@wrong("not the maximum subtracted")
def log_sum_exp(x):
    first = x[..., :1]
    return torch.log((x - first).exp().sum(-1)) + first[..., 0]


@wrong("an entry of −∞")  # −∞ − (−∞)
def log_sum_exp(x):
    return (x - F.log_softmax(x, dim=-1)).amax(-1)


@wrong("maximum not added back")
def log_sum_exp(x):
    x = x - x.max(dim=-1, keepdim=True).values
    return torch.log(torch.exp(x).sum(dim=-1))


@wrong("maximum subtracted twice")
def log_sum_exp(x):
    m = x.amax(dim=-1, keepdim=True)
    return torch.log(torch.exp(x - m).sum(dim=-1)) - m[..., 0]


@wrong("maximum added to numbers that still have it")
def log_sum_exp(x):
    return torch.exp(x).sum(-1).log() + x.max(-1).values


@wrong("maximum counted twice")
def log_sum_exp(x):
    m = x.amax(-1, keepdim=True)
    return m.squeeze(-1) + torch.log(1 + (x - m).exp().sum(-1))


@wrong("multiplied by the maximum")
def log_sum_exp(x):
    m, _ = x.max(dim=-1)
    return torch.log(torch.exp(x - m[..., None]).sum(-1)) * m


@wrong("logarithm of the mean")
def log_sum_exp(x):
    m = x.amax(dim=-1, keepdim=True)
    return m.squeeze(-1) + torch.log(torch.exp(x - m).mean(dim=-1))


@wrong("wrong axis")
def log_sum_exp(x):
    m = x.max(dim=0).values
    return torch.log(torch.exp(x - m).sum(dim=0)) + m


@wrong("second axis in place of the last")
def log_sum_exp(x):
    m = x.max(dim=1, keepdim=True).values
    return torch.log(torch.exp(x - m).sum(dim=1)) + m.squeeze(1)


@wrong("one number for all rows")
def log_sum_exp(x):
    m = x.max()
    return m + (x - m).exp().sum().log()


@wrong("last axis kept")
def log_sum_exp(x):
    m = x.max(-1, keepdim=True)[0]
    return m + torch.exp(x - m).sum(-1, keepdim=True).log()


@wrong("maximum broadcast over the rows")
def log_sum_exp(x):
    m, _ = torch.max(x, dim=-1, keepdim=True)
    return torch.log(torch.sum(torch.exp(x - m), dim=-1)) + m


@wrong("keepdim missing")
def log_sum_exp(x):
    m = x.max(dim=-1).values
    return torch.log(torch.sum(torch.exp(x - m), dim=-1)) + m


@wrong("logarithm missing")
def log_sum_exp(x):
    return torch.exp(x).sum(dim=-1)


@wrong("logarithm missing")
def log_sum_exp(x):
    m = x.max(dim=-1, keepdim=True).values
    return torch.exp(x - m).sum(dim=-1)


@wrong("exponential missing")
def log_sum_exp(x):
    return torch.log(x.sum(dim=-1))


@wrong("logarithm before the sum")
def log_sum_exp(x):
    return torch.log(torch.exp(x)).sum(dim=-1)


@wrong("maximum alone")
def log_sum_exp(x):
    return x.max(dim=-1).values


@wrong("log-softmax")
def log_sum_exp(x):
    m = x.amax(-1, keepdim=True)
    return x - m - (x - m).exp().sum(-1, keepdim=True).log()


@wrong("another base")
def log_sum_exp(x):
    m = x.amax(-1, keepdim=True)
    return torch.log2((x - m).exp().sum(-1)) + m.squeeze(-1)


@wrong("cut off from autograd")
def log_sum_exp(x):
    a = x.detach().numpy()
    m = a.max(axis=-1, keepdims=True)
    return torch.as_tensor(np.log(np.exp(a - m).sum(axis=-1)) + m[..., 0])


@wrong("changes its input")
def log_sum_exp(x):
    m = x.amax(dim=-1, keepdim=True)
    x -= m
    return x.exp().sum(dim=-1).log() + m.squeeze(-1)


@wrong("hard-coded answer")
def log_sum_exp(x):
    return torch.tensor(2.4076)


@wrong("not written yet")
def log_sum_exp(x):
    raise NotImplementedError


# info_nce_loops ------------------------------------------------------------------------------------


def _cosine(a, b):
    return float(a @ b / (a.norm() * b.norm()))


@right
def info_nce_loops(query, positive, temperature):
    total = 0.0
    for i in range(len(query)):
        exps = [math.exp(_cosine(query[i], p) / temperature) for p in positive]
        total -= math.log(exps[i] / sum(exps))
    return total / len(query)


@right
def info_nce_loops(query, positive, temperature):
    losses = []
    for i, q in enumerate(query):
        pull = F.cosine_similarity(q, positive[i], dim=0) / temperature
        wrong = [torch.exp(F.cosine_similarity(q, p, dim=0) / temperature) for j, p in enumerate(positive) if j != i]
        losses.append(torch.log(1 + sum(wrong) / pull.exp()))
    return torch.stack(losses).mean()


@right
def info_nce_loops(query, positive, temperature):
    rows = [F.cosine_similarity(q[None], positive) / temperature for q in query]
    return sum(F.cross_entropy(row[None], torch.tensor([i])) for i, row in enumerate(rows)) / len(rows)


@right
def info_nce_loops(query, positive, temperature):
    q, p = F.normalize(query).numpy(), F.normalize(positive).numpy()
    exps = np.exp(q @ p.T / temperature)
    return float(-np.log(np.diag(exps) / exps.sum(axis=1)).mean())


@wrong("not normalised")
def info_nce_loops(query, positive, temperature):
    total = 0.0
    for i in range(len(query)):
        exps = [math.exp(float(query[i] @ p) / temperature) for p in positive]
        total -= math.log(exps[i] / sum(exps))
    return total / len(query)


@wrong("normalised on one side only")
def info_nce_loops(query, positive, temperature):
    total = 0.0
    for i in range(len(query)):
        q = query[i] / query[i].norm()
        exps = [math.exp(float(q @ p) / temperature) for p in positive]
        total -= math.log(exps[i] / sum(exps))
    return total / len(query)


@wrong("temperature missing")
def info_nce_loops(query, positive, temperature):
    total = 0.0
    for i in range(len(query)):
        exps = [math.exp(_cosine(query[i], p)) for p in positive]
        total -= math.log(exps[i] / sum(exps))
    return total / len(query)


@wrong("temperature multiplied")
def info_nce_loops(query, positive, temperature):
    total = 0.0
    for i in range(len(query)):
        exps = [math.exp(temperature * _cosine(query[i], p)) for p in positive]
        total -= math.log(exps[i] / sum(exps))
    return total / len(query)


@wrong("temperature outside the softmax")
def info_nce_loops(query, positive, temperature):
    total = 0.0
    for i in range(len(query)):
        exps = [math.exp(_cosine(query[i], p)) for p in positive]
        total -= math.log(exps[i] / sum(exps)) / temperature
    return total / len(query)


@wrong("temperature on one side of the fraction only")
def info_nce_loops(query, positive, temperature):
    total = 0.0
    for i in range(len(query)):
        total -= _cosine(query[i], positive[i]) / temperature
        total += math.log(sum(math.exp(_cosine(query[i], p)) for p in positive))
    return total / len(query)


@wrong("temperature on one side of the fraction only")
def info_nce_loops(query, positive, temperature):
    total = 0.0
    for i in range(len(query)):
        total -= _cosine(query[i], positive[i])
        total += math.log(sum(math.exp(_cosine(query[i], p) / temperature) for p in positive))
    return total / len(query)


@wrong("positive missing from the denominator")
def info_nce_loops(query, positive, temperature):
    total = 0.0
    for i in range(len(query)):
        right = math.exp(_cosine(query[i], positive[i]) / temperature)
        wrong = sum(math.exp(_cosine(query[i], positive[j]) / temperature) for j in range(len(query)) if j != i)
        total -= math.log(right / wrong) if wrong else 0
    return total / len(query)


@wrong("positive counted twice")
def info_nce_loops(query, positive, temperature):
    total = 0.0
    for i in range(len(query)):
        right = math.exp(_cosine(query[i], positive[i]) / temperature)
        wrong = sum(math.exp(_cosine(query[i], p) / temperature) for p in positive)
        total -= math.log(right / (right + wrong))
    return total / len(query)


@wrong("only later candidates")
def info_nce_loops(query, positive, temperature):
    total = 0.0
    for i in range(len(query)):
        right = math.exp(_cosine(query[i], positive[i]) / temperature)
        wrong = sum(math.exp(_cosine(query[i], positive[j]) / temperature) for j in range(i + 1, len(query)))
        total -= math.log(right / (right + wrong))
    return total / len(query)


@wrong("negatives among the queries")
def info_nce_loops(query, positive, temperature):
    total = 0.0
    for i in range(len(query)):
        right = math.exp(_cosine(query[i], positive[i]) / temperature)
        wrong = sum(math.exp(_cosine(query[i], query[j]) / temperature) for j in range(len(query)) if j != i)
        total -= math.log(right / (right + wrong))
    return total / len(query)


@wrong("the other direction")
def info_nce_loops(query, positive, temperature):
    total = 0.0
    for j in range(len(positive)):
        exps = [math.exp(_cosine(q, positive[j]) / temperature) for q in query]
        total -= math.log(exps[j] / sum(exps))
    return total / len(positive)


@wrong("sum in place of mean")
def info_nce_loops(query, positive, temperature):
    total = 0.0
    for i in range(len(query)):
        exps = [math.exp(_cosine(query[i], p) / temperature) for p in positive]
        total -= math.log(exps[i] / sum(exps))
    return total


@wrong("mean over the whole matrix")
def info_nce_loops(query, positive, temperature):
    total, count = 0.0, 0
    for i in range(len(query)):
        exps = []
        for p in positive:
            exps.append(math.exp(_cosine(query[i], p) / temperature))
            count += 1
        total -= math.log(exps[i] / sum(exps))
    return total / count


@wrong("one query only")
def info_nce_loops(query, positive, temperature):
    total = 0.0
    for i in range(len(query)):
        exps = [math.exp(_cosine(query[i], p) / temperature) for p in positive]
        total -= math.log(exps[i] / sum(exps))
        return total / len(query)


@wrong("one query only")
def info_nce_loops(query, positive, temperature):
    for i in range(len(query)):
        exps = [math.exp(_cosine(query[i], p) / temperature) for p in positive]
        loss = -math.log(exps[i] / sum(exps))
    return loss


@wrong("not averaged")
def info_nce_loops(query, positive, temperature):
    losses = torch.zeros(len(query))
    for i in range(len(query)):
        row = torch.stack([F.cosine_similarity(query[i], p, dim=0) for p in positive]) / temperature
        losses[i] = row.logsumexp(0) - row[i]
    return losses


@wrong("denominator not reset")
def info_nce_loops(query, positive, temperature):
    total = denominator = 0.0
    for i in range(len(query)):
        for j in range(len(positive)):
            denominator += math.exp(_cosine(query[i], positive[j]) / temperature)
        total -= math.log(math.exp(_cosine(query[i], positive[i]) / temperature) / denominator)
    return total / len(query)


@wrong("sign flipped")
def info_nce_loops(query, positive, temperature):
    total = 0.0
    for i in range(len(query)):
        exps = [math.exp(_cosine(query[i], p) / temperature) for p in positive]
        total += math.log(exps[i] / sum(exps))
    return total / len(query)


@wrong("similarities negated")
def info_nce_loops(query, positive, temperature):
    total = 0.0
    for i in range(len(query)):
        exps = [math.exp((1 - _cosine(query[i], p)) / temperature) for p in positive]
        total -= math.log(exps[i] / sum(exps))
    return total / len(query)


@wrong("distance in place of cosine")
def info_nce_loops(query, positive, temperature):
    q, p = F.normalize(query), F.normalize(positive)
    total = 0.0
    for i in range(len(q)):
        exps = [math.exp(-torch.dist(q[i], c).item() / temperature) for c in p]
        total -= math.log(exps[i] / sum(exps))
    return total / len(q)


@wrong("distance in place of cosine")
def info_nce_loops(query, positive, temperature):
    q, p = F.normalize(query), F.normalize(positive)
    total = 0.0
    for i in range(len(q)):
        exps = [math.exp(-(q[i] - c).square().sum().item() / temperature) for c in p]
        total -= math.log(exps[i] / sum(exps))
    return total / len(q)


@wrong("logarithm missing")
def info_nce_loops(query, positive, temperature):
    total = 0.0
    for i in range(len(query)):
        exps = [math.exp(_cosine(query[i], p) / temperature) for p in positive]
        total += exps[i] / sum(exps)
    return total / len(query)


@wrong("logarithm of the mean")
def info_nce_loops(query, positive, temperature):
    total = 0.0
    for i in range(len(query)):
        exps = [math.exp(_cosine(query[i], p) / temperature) for p in positive]
        total += exps[i] / sum(exps)
    return -math.log(total / len(query))


@wrong("exponential missing")
def info_nce_loops(query, positive, temperature):
    total = 0.0
    for i in range(len(query)):
        row = [_cosine(query[i], p) / temperature for p in positive]
        total -= math.log(row[i] / sum(row))
    return total / len(query)


@wrong("another base")
def info_nce_loops(query, positive, temperature):
    total = 0.0
    for i in range(len(query)):
        exps = [math.exp(_cosine(query[i], p) / temperature) for p in positive]
        total -= math.log2(exps[i] / sum(exps))
    return total / len(query)


@wrong("negatives missing")
def info_nce_loops(query, positive, temperature):
    return sum(-_cosine(q, p) / temperature for q, p in zip(query, positive, strict=True)) / len(query)


@wrong("hard-coded answer")
def info_nce_loops(query, positive, temperature):
    return 0.328


@wrong("returns nothing")
def info_nce_loops(query, positive, temperature):
    total = 0.0
    for i in range(len(query)):
        total += i


# info_nce ------------------------------------------------------------------------------------------


@right
def info_nce(query, positive, temperature):
    scores = F.normalize(query, dim=1) @ F.normalize(positive, dim=1).T / temperature
    return F.cross_entropy(scores, torch.arange(len(query)))


@right
def info_nce(query, positive, temperature):
    scores = F.cosine_similarity(query[:, None], positive[None], dim=-1).div(temperature)
    return -scores.log_softmax(dim=1).diagonal().mean()


@right
def info_nce(query, positive, temperature):
    losses = []
    for i in range(len(query)):
        row = F.cosine_similarity(query[i : i + 1], positive) / temperature
        losses.append(torch.logsumexp(row, 0) - row[i])
    return torch.stack(losses).mean()


@right
def info_nce(query, positive, temperature):
    q = query / query.norm(dim=1, keepdim=True).clamp(min=1e-12)
    p = positive / positive.norm(dim=1, keepdim=True).clamp(min=1e-12)
    scores = torch.einsum("id,jd->ij", q, p) / temperature
    scores = scores - scores.max(dim=1, keepdim=True).values.detach()
    return (scores.exp().sum(1).log() - torch.diag(scores)).mean()


@right
def info_nce(query, positive, temperature):
    scores = F.normalize(query) @ F.normalize(positive).T / temperature
    right = scores.diagonal()[:, None]
    wrong = scores[~torch.eye(len(scores), dtype=torch.bool)].view(len(scores), -1)
    return F.cross_entropy(torch.cat([right, wrong], dim=1), torch.zeros(len(scores), dtype=torch.long))


@wrong("overflow")
def info_nce(query, positive, temperature):
    e = torch.exp(F.normalize(query) @ F.normalize(positive).T / temperature)
    return -torch.log(e.diagonal() / e.sum(dim=1)).mean()


@wrong("overflow")
def info_nce(query, positive, temperature):
    scores = F.normalize(query) @ F.normalize(positive).T / temperature
    return (scores.exp().sum(1).log() - scores.diagonal()).mean()


@wrong("underflow")
def info_nce(query, positive, temperature):
    p = F.softmax(F.normalize(query) @ F.normalize(positive).T / temperature, dim=1)
    return -torch.log(p.diagonal()).mean()


@wrong("underflow")
def info_nce(query, positive, temperature):
    p = F.softmax(F.normalize(query) @ F.normalize(positive).T / temperature, dim=1)
    return -torch.log(p.diagonal() + 1e-12).mean()


@wrong("a row of zeros gives NaN")
def info_nce(query, positive, temperature):
    q, p = query / query.norm(dim=1, keepdim=True), positive / positive.norm(dim=1, keepdim=True)
    return F.cross_entropy(q @ p.T / temperature, torch.arange(len(q)))


@wrong("a row of zeros gives NaN, backwards")  # in the gradient: that of a root at 0
def info_nce(query, positive, temperature):
    q = query / query.square().sum(1, keepdim=True).sqrt().clamp(min=1e-8)
    p = positive / positive.square().sum(1, keepdim=True).sqrt().clamp(min=1e-8)
    return F.cross_entropy(q @ p.T / temperature, torch.arange(len(q)))


@wrong("a batch of one")
def info_nce(query, positive, temperature):
    scores = (F.normalize(query) @ F.normalize(positive).T).squeeze() / temperature
    return (torch.logsumexp(scores, dim=1) - scores.diagonal()).mean()


@wrong("not normalised")
def info_nce(query, positive, temperature):
    return F.cross_entropy(query @ positive.T / temperature, torch.arange(len(query)))


@wrong("not normalised")
def info_nce(query, positive, temperature):
    e = torch.exp(query.mm(positive.t()) / temperature)
    return torch.mean(-torch.log(torch.diag(e) / e.sum(-1)))


@wrong("normalised along the wrong axis")
def info_nce(query, positive, temperature):
    q, p = query / query.norm(dim=0), positive / positive.norm(dim=0)
    return F.cross_entropy(q @ p.T / temperature, torch.arange(len(query)))


@wrong("one length for the whole matrix")
def info_nce(query, positive, temperature):
    scores = query @ positive.T / (torch.norm(query) * torch.norm(positive))
    return F.cross_entropy(scores / temperature, torch.arange(len(query)))


@wrong("temperature missing")
def info_nce(query, positive, temperature):
    return F.cross_entropy(F.normalize(query) @ F.normalize(positive).T, torch.arange(len(query)))


@wrong("temperature multiplied")
def info_nce(query, positive, temperature):
    logits = F.normalize(query) @ F.normalize(positive).T * temperature
    return F.cross_entropy(logits, torch.arange(len(query)))


@wrong("temperature twice")
def info_nce(query, positive, temperature):
    q, p = F.normalize(query) / temperature, F.normalize(positive) / temperature
    return F.cross_entropy(q @ p.T, torch.arange(len(query)))


@wrong("temperature outside the softmax")
def info_nce(query, positive, temperature):
    log_p = F.log_softmax(F.normalize(query) @ F.normalize(positive).T, dim=1)
    return -(log_p.diagonal() / temperature).mean()


@wrong("loss multiplied by the temperature")
def info_nce(query, positive, temperature):
    scores = F.normalize(query) @ F.normalize(positive).T / temperature
    return temperature * F.cross_entropy(scores, torch.arange(len(query)))


@wrong("positive missing from the denominator")
def info_nce(query, positive, temperature):
    e = torch.exp(F.normalize(query) @ F.normalize(positive).T / temperature)
    wrong = e.sum(1) - e.diagonal()
    return -torch.log(e.diagonal() / wrong).mean()


@wrong("positive counted twice")
def info_nce(query, positive, temperature):
    e = torch.exp(F.normalize(query) @ F.normalize(positive).T / temperature)
    return -torch.log(e.diagonal() / (e.diagonal() + e.sum(1))).mean()


@wrong("denominator averaged")
def info_nce(query, positive, temperature):
    e = torch.exp(F.normalize(query) @ F.normalize(positive).T / temperature)
    return -torch.log(e.diagonal() / e.mean(dim=1)).mean()


@wrong("one denominator for all queries")
def info_nce(query, positive, temperature):
    e = torch.exp(F.normalize(query) @ F.normalize(positive).T / temperature)
    return -torch.log(e.diagonal() / e.sum()).mean()


@wrong("the other direction")
def info_nce(query, positive, temperature):
    scores = F.normalize(query) @ F.normalize(positive).T / temperature
    return -scores.log_softmax(dim=0).diagonal().mean()


@wrong("the other direction")
def info_nce(query, positive, temperature):
    e = torch.exp(F.normalize(query) @ F.normalize(positive).T / temperature)
    return -torch.log(e.diagonal() / e.sum(dim=0)).mean()


@wrong("both directions")
def info_nce(query, positive, temperature):
    scores = F.normalize(query) @ F.normalize(positive).T / temperature
    labels = torch.arange(len(query))
    return 0.5 * (F.cross_entropy(scores, labels) + F.cross_entropy(scores.T, labels))


@wrong("sum in place of mean")
def info_nce(query, positive, temperature):
    scores = F.normalize(query) @ F.normalize(positive).T / temperature
    return F.cross_entropy(scores, torch.arange(len(query)), reduction="sum")


@wrong("mean over the whole matrix")
def info_nce(query, positive, temperature):
    scores = F.normalize(query) @ F.normalize(positive).T / temperature
    return -(torch.eye(len(query)) * scores.log_softmax(1)).mean()


@wrong("every column taken for right")
def info_nce(query, positive, temperature):
    scores = F.normalize(query) @ F.normalize(positive).T / temperature
    return (scores.logsumexp(1, keepdim=True) - scores).mean()


@wrong("label 0 for every row")
def info_nce(query, positive, temperature):
    scores = F.normalize(query) @ F.normalize(positive).T / temperature
    return F.cross_entropy(scores, torch.zeros(len(query), dtype=torch.long))


@wrong("sign flipped")
def info_nce(query, positive, temperature):
    scores = F.normalize(query) @ F.normalize(positive).T / temperature
    return F.log_softmax(scores, dim=1).diag().mean()


@wrong("similarities negated")
def info_nce(query, positive, temperature):
    distance = 1 - F.normalize(query) @ F.normalize(positive).T
    return F.cross_entropy(distance / temperature, torch.arange(len(query)))


@wrong("softmax twice")
def info_nce(query, positive, temperature):
    p = F.softmax(F.normalize(query) @ F.normalize(positive).T / temperature, dim=-1)
    return F.cross_entropy(p, torch.arange(len(query)))


@wrong("sigmoid in place of softmax")
def info_nce(query, positive, temperature):
    p = torch.sigmoid(F.normalize(query) @ F.normalize(positive).T / temperature)
    return F.binary_cross_entropy(p, torch.eye(len(query), dtype=p.dtype))


@wrong("logarithm missing")
def info_nce(query, positive, temperature):
    p = torch.softmax(F.normalize(query) @ F.normalize(positive).T / temperature, dim=1)
    return F.nll_loss(p, torch.arange(len(query)))


@wrong("logarithm of the mean")
def info_nce(query, positive, temperature):
    p = torch.softmax(F.normalize(query) @ F.normalize(positive).T / temperature, dim=1)
    return -torch.log(p.diagonal().mean())


@wrong("exponential missing")
def info_nce(query, positive, temperature):
    scores = F.normalize(query) @ F.normalize(positive).T / temperature
    return -torch.log(scores.diagonal() / scores.sum(dim=1)).mean()


@wrong("negatives missing")
def info_nce(query, positive, temperature):
    return -(F.cosine_similarity(query, positive) / temperature).mean()


@wrong("not averaged")
def info_nce(query, positive, temperature):
    scores = F.normalize(query) @ F.normalize(positive).T / temperature
    return scores.logsumexp(dim=1) - scores.diagonal()


@wrong("positive detached")
def info_nce(query, positive, temperature):
    keys = F.normalize(positive).detach()
    return F.cross_entropy(F.normalize(query) @ keys.T / temperature, torch.arange(len(query)))


@wrong("wrong gradient")
def info_nce(query, positive, temperature):
    q = query / query.norm(dim=1, keepdim=True).clamp(min=1e-12).detach()
    p = positive / positive.norm(dim=1, keepdim=True).clamp(min=1e-12).detach()
    return F.cross_entropy(q @ p.T / temperature, torch.arange(len(q)))


@wrong("cut off from autograd")
def info_nce(query, positive, temperature):
    total = 0.0
    for i in range(len(query)):
        row = F.cosine_similarity(query[i][None], positive) / temperature
        total += (row.logsumexp(0) - row[i]).item()
    return torch.tensor(total / len(query))


@wrong("changes its input")
def info_nce(query, positive, temperature):
    query /= query.norm(dim=1, keepdim=True).clamp(min=1e-12)
    positive /= positive.norm(dim=1, keepdim=True).clamp(min=1e-12)
    return F.cross_entropy(query @ positive.T / temperature, torch.arange(len(query)))


@wrong("not transposed")
def info_nce(query, positive, temperature):
    return F.cross_entropy(F.normalize(query) @ F.normalize(positive) / temperature, torch.arange(len(query)))


# nt_xent -------------------------------------------------------------------------------------------


def _scores(z0, z1, temperature):
    z = F.normalize(torch.cat([z0, z1]), dim=1)
    return z @ z.T / temperature


def _partners(n):
    return torch.cat([torch.arange(n, 2 * n), torch.arange(n)])


@right
def nt_xent(z0, z1, temperature):
    scores = _scores(z0, z1, temperature)
    scores.fill_diagonal_(float("-inf"))
    return F.cross_entropy(scores, _partners(len(z0)))


@right
def nt_xent(z0, z1, temperature):
    z, n, losses = [*z0, *z1], len(z0), []
    for i in range(2 * n):
        row = torch.stack([F.cosine_similarity(z[i], z[k], dim=0) for k in range(2 * n) if k != i]) / temperature
        partner = F.cosine_similarity(z[i], z[(i + n) % (2 * n)], dim=0) / temperature
        losses.append(row.logsumexp(0) - partner)
    return sum(losses) / (2 * n)


@right
def nt_xent(z0, z1, temperature):
    u, v = F.normalize(z0), F.normalize(z1)
    out = torch.eye(len(u), dtype=torch.bool)
    across, own0, own1 = u @ v.T, (u @ u.T).masked_fill(out, -1e9), (v @ v.T).masked_fill(out, -1e9)
    first = torch.cat([across, own0], dim=1) / temperature
    second = torch.cat([across.T, own1], dim=1) / temperature
    labels = torch.arange(len(u))
    return (F.cross_entropy(first, labels) + F.cross_entropy(second, labels)) / 2


@right
def nt_xent(z0, z1, temperature):
    n, scores = len(z0), _scores(z0, z1, temperature)
    kept = scores[~torch.eye(2 * n, dtype=torch.bool)].view(2 * n, 2 * n - 1)
    labels = torch.cat([torch.arange(n) + n - 1, torch.arange(n)])
    return -kept.log_softmax(1).gather(1, labels[:, None]).mean()


@right
def nt_xent(z0, z1, temperature):
    scores = _scores(z0, z1, temperature)
    itself = torch.eye(len(scores), dtype=torch.bool)
    scores = scores.masked_fill(itself, -9e15)
    return (scores.logsumexp(dim=-1) - scores[itself.roll(len(z0), dims=0)]).mean()


@wrong("self-similarity not masked")
def nt_xent(z0, z1, temperature):
    return F.cross_entropy(_scores(z0, z1, temperature), _partners(len(z0)))


@wrong("self-similarity not masked")
def nt_xent(z0, z1, temperature):
    e = torch.exp(_scores(z0, z1, temperature))
    return -torch.log(e[torch.arange(len(e)), _partners(len(z0))] / e.sum(1)).mean()


@wrong("masked with 0")
def nt_xent(z0, z1, temperature):
    scores = _scores(z0, z1, temperature) * (1 - torch.eye(2 * len(z0)))
    return F.cross_entropy(scores, _partners(len(z0)))


@wrong("masked with 0")
def nt_xent(z0, z1, temperature):
    scores = _scores(z0, z1, temperature).masked_fill(torch.eye(2 * len(z0)).bool(), 0)
    return (torch.logsumexp(scores, 1) - scores[range(len(scores)), _partners(len(z0))]).mean()


@wrong("mask not low enough")
def nt_xent(z0, z1, temperature):
    z = F.normalize(torch.cat([z0, z1]))
    cosines = (z @ z.T).fill_diagonal_(-1)
    return F.cross_entropy(cosines / temperature, _partners(len(z0)))


@wrong("mask not low enough")
def nt_xent(z0, z1, temperature):
    scores = _scores(z0, z1, temperature).fill_diagonal_(-100)
    return F.cross_entropy(scores, _partners(len(z0)))


@wrong("masked with 0")
def nt_xent(z0, z1, temperature):
    z = F.normalize(torch.cat([z0, z1]))
    return F.cross_entropy((z @ z.T - torch.eye(len(z))) / temperature, _partners(len(z0)))


@wrong("NaN from 0 times −∞")
def nt_xent(z0, z1, temperature):
    log_p = _scores(z0, z1, temperature).fill_diagonal_(-torch.inf).log_softmax(dim=1)
    return -(F.one_hot(_partners(len(z0))) * log_p).sum(1).mean()


@wrong("NaN in the gradient")
def nt_xent(z0, z1, temperature):
    p = _scores(z0, z1, temperature).fill_diagonal_(-torch.inf).softmax(dim=1)
    return F.nll_loss(torch.log(p), _partners(len(z0)))


@wrong("positive missing from the denominator")
def nt_xent(z0, z1, temperature):
    n, e = len(z0), torch.exp(_scores(z0, z1, temperature))
    right = e[torch.arange(2 * n), _partners(n)]
    return -torch.log(right / (e.sum(1) - e.diagonal() - right)).mean()


@wrong("positive counted twice")
def nt_xent(z0, z1, temperature):
    n, e = len(z0), torch.exp(_scores(z0, z1, temperature))
    right = e[torch.arange(2 * n), _partners(n)]
    return -torch.log(right / (right + e.sum(1) - e.diagonal())).mean()


@wrong("one direction only")
def nt_xent(z0, z1, temperature):
    n, z, total = len(z0), [*z0, *z1], 0
    for i in range(n):
        row = torch.stack([F.cosine_similarity(z[i], z[k], dim=0) for k in range(2 * n) if k != i]) / temperature
        total = total + row.logsumexp(0) - F.cosine_similarity(z0[i], z1[i], dim=0) / temperature
    return total / n


@wrong("one direction only")
def nt_xent(z0, z1, temperature):
    u, v = F.normalize(z0), F.normalize(z1)
    scores = torch.cat([u @ v.T, (u @ u.T).fill_diagonal_(-torch.inf)], dim=1) / temperature
    return F.cross_entropy(scores, torch.arange(len(u)))


@wrong("only the other view's candidates")
def nt_xent(z0, z1, temperature):
    scores = F.normalize(z0) @ F.normalize(z1).T / temperature
    labels = torch.arange(len(z0))
    return (F.cross_entropy(scores, labels) + F.cross_entropy(scores.T, labels)) / 2


@wrong("InfoNCE in place of NT-Xent")
def nt_xent(z0, z1, temperature):
    return F.cross_entropy(F.normalize(z0) @ F.normalize(z1).T / temperature, torch.arange(len(z0)))


@wrong("only its own half's negatives")
def nt_xent(z0, z1, temperature):
    total = 0
    for u in (F.normalize(z0), F.normalize(z1)):
        negatives = (u @ u.T / temperature).fill_diagonal_(-torch.inf)
        right = F.cosine_similarity(z0, z1)[:, None] / temperature
        scores = torch.cat([right, negatives], dim=1)
        total = total + F.cross_entropy(scores, torch.zeros(len(u), dtype=torch.long)) / 2
    return total


@wrong("one view used twice")
def nt_xent(z0, z1, temperature):
    return F.cross_entropy(_scores(z0, z0, temperature).fill_diagonal_(-torch.inf), _partners(len(z0)))


@wrong("positives at the wrong place")
def nt_xent(z0, z1, temperature):
    scores = _scores(z0, z1, temperature).fill_diagonal_(-1e9)
    return F.cross_entropy(scores, torch.arange(2 * len(z0)))


@wrong("positives at the wrong place")
def nt_xent(z0, z1, temperature):
    scores = _scores(z0, z1, temperature).fill_diagonal_(-torch.inf)
    return F.cross_entropy(scores, torch.arange(len(z0)).repeat(2))


@wrong("positives at the wrong place")
def nt_xent(z0, z1, temperature):
    return F.cross_entropy(_scores(z0, z1, temperature), torch.arange(2 * len(z0)))


@wrong("positives at the wrong place")
def nt_xent(z0, z1, temperature):
    n, scores = len(z0), _scores(z0, z1, temperature).fill_diagonal_(-torch.inf)
    beside = torch.stack([torch.arange(1, 2 * n, 2), torch.arange(0, 2 * n, 2)], dim=1).flatten()
    return F.cross_entropy(scores, beside)


@wrong("positives at the wrong place")
def nt_xent(z0, z1, temperature):
    z = torch.stack([z0, z1], dim=1).flatten(0, 1)  # interleaved, but the labels are those of cat
    scores = (F.normalize(z) @ F.normalize(z).T / temperature).fill_diagonal_(-torch.inf)
    return F.cross_entropy(scores, _partners(len(z0)))


@wrong("label 0 for every row")
def nt_xent(z0, z1, temperature):
    n = 2 * len(z0)
    kept = torch.stack([row[torch.arange(n) != i] for i, row in enumerate(_scores(z0, z1, temperature))])
    return F.cross_entropy(kept, torch.zeros(n, dtype=torch.long))


@wrong("stops with IndexError")
def nt_xent(z0, z1, temperature):
    n, scores = len(z0), _scores(z0, z1, temperature)
    kept = scores[~torch.eye(2 * n, dtype=torch.bool)].view(2 * n, 2 * n - 1)
    return F.cross_entropy(kept, _partners(n))  # the columns have moved


@wrong("stops with RuntimeError")
def nt_xent(z0, z1, temperature):
    scores = _scores(z0, z1, temperature) - torch.eye(len(z0)) * 1e9
    return F.cross_entropy(scores, _partners(len(z0)))


@wrong("not normalised")
def nt_xent(z0, z1, temperature):
    z = torch.cat([z0, z1])
    return F.cross_entropy((z @ z.T / temperature).fill_diagonal_(-torch.inf), _partners(len(z0)))


@wrong("normalised along the wrong axis")
def nt_xent(z0, z1, temperature):
    z = torch.cat([z0, z1])
    z = z / z.norm(dim=0)
    return F.cross_entropy((z @ z.T / temperature).fill_diagonal_(-torch.inf), _partners(len(z0)))


@wrong("temperature missing")
def nt_xent(z0, z1, temperature):
    return F.cross_entropy(_scores(z0, z1, 1.0).fill_diagonal_(-torch.inf), _partners(len(z0)))


@wrong("temperature multiplied")
def nt_xent(z0, z1, temperature):
    z = F.normalize(torch.cat([z0, z1]))
    return F.cross_entropy((z @ z.T * temperature).fill_diagonal_(-torch.inf), _partners(len(z0)))


@wrong("temperature twice")
def nt_xent(z0, z1, temperature):
    z = F.normalize(torch.cat([z0, z1])) / temperature
    return F.cross_entropy((z @ z.T).fill_diagonal_(-torch.inf), _partners(len(z0)))


@wrong("sum in place of mean")
def nt_xent(z0, z1, temperature):
    scores = _scores(z0, z1, temperature).fill_diagonal_(-torch.inf)
    return (scores.logsumexp(1) - scores[torch.arange(len(scores)), _partners(len(z0))]).sum()


@wrong("divided by N")
def nt_xent(z0, z1, temperature):
    scores = _scores(z0, z1, temperature).fill_diagonal_(-torch.inf)
    return F.cross_entropy(scores, _partners(len(z0)), reduction="sum") / len(z0)


@wrong("mean over the whole matrix")
def nt_xent(z0, z1, temperature):
    scores = _scores(z0, z1, temperature).fill_diagonal_(-1e9)
    return -(F.one_hot(_partners(len(z0))) * scores.log_softmax(1)).mean()


@wrong("not averaged")
def nt_xent(z0, z1, temperature):
    scores = _scores(z0, z1, temperature).fill_diagonal_(-torch.inf)
    return F.cross_entropy(scores, _partners(len(z0)), reduction="none")


@wrong("sign flipped")
def nt_xent(z0, z1, temperature):
    scores = _scores(z0, z1, temperature).fill_diagonal_(-torch.inf)
    return F.log_softmax(scores, 1)[torch.arange(len(scores)), _partners(len(z0))].mean()


@wrong("similarities negated")
def nt_xent(z0, z1, temperature):
    z = F.normalize(torch.cat([z0, z1]))
    return F.cross_entropy(((1 - z @ z.T) / temperature).fill_diagonal_(-torch.inf), _partners(len(z0)))


@wrong("softmax twice")
def nt_xent(z0, z1, temperature):
    p = torch.softmax(_scores(z0, z1, temperature).fill_diagonal_(-torch.inf), dim=1)
    return F.cross_entropy(p, _partners(len(z0)))


@wrong("logarithm of the mean")
def nt_xent(z0, z1, temperature):
    p = torch.softmax(_scores(z0, z1, temperature).fill_diagonal_(-torch.inf), dim=1)
    return -p[torch.arange(len(p)), _partners(len(z0))].mean().log()


@wrong("overflow")
def nt_xent(z0, z1, temperature):
    n, e = len(z0), torch.exp(_scores(z0, z1, temperature))
    denominator = e.sum(dim=1) - math.exp(1 / temperature)
    return -torch.log(e[torch.arange(2 * n), _partners(n)] / denominator).mean()


@wrong("overflow")
def nt_xent(z0, z1, temperature):
    n = len(z0)
    e = torch.exp(_scores(z0, z1, temperature)) * (1 - torch.eye(2 * n))
    return -(e[torch.arange(2 * n), _partners(n)] / e.sum(dim=1)).log().mean()


@wrong("underflow")
def nt_xent(z0, z1, temperature):
    p = torch.softmax(_scores(z0, z1, temperature).fill_diagonal_(-torch.inf), dim=1)
    return -p[torch.arange(len(p)), _partners(len(z0))].log().mean()


@wrong("underflow")  # the largest score is the view's own, which is then struck out
def nt_xent(z0, z1, temperature):
    scores = _scores(z0, z1, temperature)
    scores = scores - scores.amax(dim=1, keepdim=True).detach()
    e = scores.exp() * ~torch.eye(len(scores), dtype=torch.bool)
    return (e.sum(1).log() - scores[torch.arange(len(scores)), _partners(len(z0))]).mean()


@wrong("a row of zeros gives NaN")
def nt_xent(z0, z1, temperature):
    z = torch.cat([z0, z1])
    z = z / torch.linalg.vector_norm(z, dim=1, keepdim=True)
    return F.cross_entropy((z @ z.T / temperature).fill_diagonal_(-torch.inf), _partners(len(z0)))


@wrong("cut off from autograd")
def nt_xent(z0, z1, temperature):
    scores = torch.tensor(_scores(z0, z1, temperature).tolist()).fill_diagonal_(-torch.inf)
    return F.cross_entropy(scores, _partners(len(z0)))


@wrong("one view detached")
def nt_xent(z0, z1, temperature):
    with torch.no_grad():
        z1 = F.normalize(z1)
    return F.cross_entropy(_scores(z0, z1, temperature).fill_diagonal_(-torch.inf), _partners(len(z0)))


@wrong("changes its input")
def nt_xent(z0, z1, temperature):
    for z in (z0, z1):
        z.div_(z.norm(dim=1, keepdim=True).clamp(min=1e-12))
    return F.cross_entropy(_scores(z0, z1, temperature).fill_diagonal_(-torch.inf), _partners(len(z0)))


@wrong("hard-coded answer")
def nt_xent(z0, z1, temperature):
    return torch.tensor(math.log(3))


@wrong("not written yet")
def nt_xent(z0, z1, temperature):
    raise NotImplementedError


# loss_at_chance ------------------------------------------------------------------------------------


@right
def loss_at_chance(n):
    return math.log(2 * n - 1)


@right
def loss_at_chance(n):
    return -torch.log(torch.tensor(1 / (n + n - 1)))


@right
def loss_at_chance(n):
    scores = torch.zeros(2 * n, 2 * n).fill_diagonal_(-torch.inf)
    return F.cross_entropy(scores, torch.arange(2 * n).roll(n))


@wrong("that of InfoNCE")
def loss_at_chance(n):
    return torch.log(torch.tensor(float(n)))


@wrong("a view among its own candidates")
def loss_at_chance(n):
    return math.log(2) + math.log(n)


@wrong("partner not among the candidates")
def loss_at_chance(n):
    return float(np.log(2 * (n - 1)))


@wrong("a bracket misplaced")
def loss_at_chance(n):
    return np.log(2 * n).item() - 1


@wrong("other images of one half only")
def loss_at_chance(n):
    return -math.log(1 / (n - 1))


@wrong("one candidate too many")
def loss_at_chance(n):
    return math.log1p(2 * n)


@wrong("another base")
def loss_at_chance(n):
    return math.log(2 * n - 1, 2)


@wrong("number of candidates")
def loss_at_chance(n):
    return 2 * n - 1


@wrong("probability in place of loss")
def loss_at_chance(n):
    return 1 / (2 * n - 1)


@wrong("sign flipped")
def loss_at_chance(n):
    return math.log(1 / (2 * n - 1))


@wrong("sum over the anchors")
def loss_at_chance(n):
    return sum(math.log(2 * n - 1) for _ in range(2 * n))


@wrong("hard-coded answer")
def loss_at_chance(n):
    return 6.24


@wrong("returns nothing")
def loss_at_chance(n):
    pass


# push ----------------------------------------------------------------------------------------------


def _cosines(query, positive):
    return F.normalize(query) @ F.normalize(positive).T


@right
def push(query, positive, temperature):
    p = torch.softmax(_cosines(query, positive) / temperature, dim=1)
    return (p - torch.eye(len(p))) / (len(p) * temperature)


@right
def push(query, positive, temperature):
    n = len(query)
    out = torch.zeros(n, n, dtype=query.dtype)
    for i in range(n):
        row = F.cosine_similarity(query[i][None], positive) / temperature
        e = [math.exp(s - row.max().item()) for s in row.tolist()]
        for j in range(n):
            out[i, j] = (e[j] / sum(e) - (i == j)) / n / temperature
    return out


@right
def push(query, positive, temperature):
    s = _cosines(query, positive) / temperature
    out = (s - s.logsumexp(1, keepdim=True)).exp()
    out.diagonal().sub_(1)
    return out / temperature / len(s)


@right
def push(query, positive, temperature):
    p = F.softmax(_cosines(query, positive) / temperature, dim=1)
    negatives = p.masked_fill(torch.eye(len(p), dtype=torch.bool), 0)
    return (negatives - torch.diag(1 - p.diagonal())) / (temperature * p.shape[0])


@wrong("identity missing")
def push(query, positive, temperature):
    return F.softmax(_cosines(query, positive) / temperature, dim=1) / temperature / len(query)


@wrong("identity missing")
def push(query, positive, temperature):
    return torch.softmax(_cosines(query, positive) / temperature, dim=-1)


@wrong("identity missing")
def push(query, positive, temperature):
    e = torch.exp(_cosines(query, positive) / temperature)
    return e / e.sum(dim=1, keepdim=True) / len(e)


@wrong("positive left out")
def push(query, positive, temperature):
    p = F.softmax(_cosines(query, positive) / temperature, dim=1)
    return p * (1 - torch.eye(len(p))) / temperature / len(query)


@wrong("identity not scaled")
def push(query, positive, temperature):
    p = F.softmax(_cosines(query, positive) / temperature, dim=1)
    return p / (temperature * len(p)) - torch.eye(len(p))


@wrong("softmax among the negatives only")
def push(query, positive, temperature):
    s = (_cosines(query, positive) / temperature).fill_diagonal_(-torch.inf)
    return s.softmax(1) / temperature / len(s)


@wrong("1/τ missing")
def push(query, positive, temperature):
    p = F.softmax(_cosines(query, positive) / temperature, dim=1)
    return (p - torch.eye(len(p))) / len(p)


@wrong("1/N missing")
def push(query, positive, temperature):
    p = F.softmax(_cosines(query, positive) / temperature, dim=1)
    return (p - torch.eye(len(p))) / temperature


@wrong("1/τ and 1/N missing")
def push(query, positive, temperature):
    p = F.softmax(_cosines(query, positive) / temperature, dim=1)
    p[range(len(p)), range(len(p))] -= 1
    return p


@wrong("temperature multiplied")
def push(query, positive, temperature):
    p = F.softmax(_cosines(query, positive) / temperature, dim=1)
    return temperature * (p - torch.eye(len(p))) / len(p)


@wrong("temperature multiplied")  # the brackets are missing
def push(query, positive, temperature):
    p = F.softmax(_cosines(query, positive) / temperature, dim=1)
    return (p - torch.eye(len(p))) / len(p) * temperature


@wrong("multiplied by N")  # the brackets are missing
def push(query, positive, temperature):
    p = F.softmax(_cosines(query, positive) / temperature, dim=1)
    return (p - torch.eye(len(p))) / temperature * len(p)


@wrong("temperature missing in the softmax")
def push(query, positive, temperature):
    p = F.softmax(_cosines(query, positive), dim=1)
    return (p - torch.eye(len(p))) / (temperature * len(p))


@wrong("temperature multiplied in the softmax")
def push(query, positive, temperature):
    p = F.softmax(_cosines(query, positive) * temperature, dim=1)
    return (p - torch.eye(len(p))) / (temperature * len(p))


@wrong("sign flipped")
def push(query, positive, temperature):
    p = F.softmax(_cosines(query, positive) / temperature, dim=1)
    return (torch.eye(len(p)) - p) / (temperature * len(p))


@wrong("wrong axis")
def push(query, positive, temperature):
    p = F.softmax(_cosines(query, positive) / temperature, dim=0)
    return (p - torch.eye(len(p))) / (temperature * len(p))


@wrong("transposed")
def push(query, positive, temperature):
    p = F.softmax(_cosines(positive, query) / temperature, dim=0)
    return (p - torch.eye(len(p))) / (temperature * len(p))


@wrong("query and positive exchanged")
def push(query, positive, temperature):
    p = F.softmax(_cosines(positive, query) / temperature, dim=1)
    return (p - torch.eye(len(p))) / (temperature * len(p))


@wrong("one softmax for the whole matrix")
def push(query, positive, temperature):
    e = torch.exp(_cosines(query, positive) / temperature)
    return (e / e.sum() - torch.eye(len(e))) / (temperature * len(e))


@wrong("log-softmax in place of softmax")
def push(query, positive, temperature):
    p = F.log_softmax(_cosines(query, positive) / temperature, dim=1)
    return (p - torch.eye(len(p))) / (temperature * len(p))


@wrong("divided by N²")
def push(query, positive, temperature):
    p = F.softmax(_cosines(query, positive) / temperature, dim=1)
    return (p - torch.eye(len(p))) / (temperature * p.numel())


@wrong("not normalised")
def push(query, positive, temperature):
    p = F.softmax(query @ positive.T / temperature, dim=1)
    return (p - torch.eye(len(p))) / (temperature * len(p))


@wrong("autograd in place of the closed form")
def push(query, positive, temperature):
    s = _cosines(query, positive).requires_grad_()
    F.cross_entropy(s / temperature, torch.arange(len(s))).backward()
    return s.grad


@wrong("overflow")
def push(query, positive, temperature):
    e = torch.exp(_cosines(query, positive) / temperature)
    return (e / e.sum(dim=1, keepdim=True) - torch.eye(len(e))) / (temperature * len(e))


@wrong("a row of zeros gives NaN")
def push(query, positive, temperature):
    cosines = query @ positive.T / query.norm(dim=1, keepdim=True) / positive.norm(dim=1)
    return ((cosines / temperature).softmax(1) - torch.eye(len(query))) / (temperature * len(query))


@wrong("wrong shape")
def push(query, positive, temperature):
    p = F.softmax(_cosines(query, positive) / temperature, dim=1)
    return (p.diagonal() - 1) / (temperature * len(p))


@wrong("changes its input")
def push(query, positive, temperature):
    query /= query.norm(dim=1, keepdim=True).clamp(min=1e-12)
    p = F.softmax(query @ F.normalize(positive).T / temperature, dim=1)
    return (p - torch.eye(len(p))) / (temperature * len(p))


@wrong("not written yet")
def push(query, positive, temperature):
    raise NotImplementedError
