"""Answers to infonce, written from the exercises alone, without a look at the checks."""

import math
import torch
import torch.nn.functional as F

from answers import right, wrong


# ---------------------------------------------------------------- log_sum_exp
# takes exp of the raw entries, without taking a maximum out first: overflows at 1000, gives log 0 at -1000
@wrong("overflow")
def log_sum_exp(x):
    return torch.log(torch.sum(torch.exp(x), dim=-1))


# one maximum of the whole tensor instead of one per row: rows much smaller than the largest underflow to -inf
@wrong("one maximum for all rows")
def log_sum_exp(x):
    m = x.max()
    return m + (x - m).exp().sum(dim=-1).log()


@wrong("maximum not added back")  # subtracts the row's maximum but never adds it back
def log_sum_exp(x):
    largest = x.amax(dim=-1, keepdim=True)
    shifted = x - largest
    total = shifted.exp().sum(dim=-1)
    return total.log()


# takes the largest absolute value as m, not the largest value: rows of large negative entries underflow to -inf
@wrong("underflow")
def log_sum_exp(x):
    m = x.abs().amax(-1, keepdim=True)
    return (m + torch.log(torch.exp(x - m).sum(-1, keepdim=True))).squeeze(-1)


# computes with Python numbers (.item / tolist) and makes a new tensor of them: right values, no gradient flows back
@wrong("cut off from autograd")
def log_sum_exp(x):
    rows = x.reshape(-1, x.shape[-1])
    values = []
    for row in rows:
        m = max(row.tolist())
        total = 0.0
        for entry in row.tolist():
            total += math.exp(entry - m)
        values.append(m + math.log(total))
    return torch.tensor(values).reshape(x.shape[:-1])


# 'cleans' struck-out entries: replaces -inf by 0, so that a struck-out candidate counts as exp(0) = 1 instead of nothing
@wrong("an entry of −∞")
def log_sum_exp(x):
    x = torch.where(torch.isinf(x), torch.zeros_like(x), x)   # inf is dangerous
    m = x.amax(dim=-1, keepdim=True)
    return m.squeeze(-1) + (x - m).exp().sum(dim=-1).log()


@right
def log_sum_exp(x):
    columns = x.movedim(-1, 0)
    m = columns.detach().sort(dim=0, descending=True).values[0]
    total = sum((column - m).exp() for column in columns)
    return total.log() + m


# ------------------------------------------------------------- info_nce_loops
@wrong("not normalised")  # uses the dot product instead of the cosine: vectors are not normalised
def info_nce_loops(query, positive, temperature):
    N = len(query)
    total = 0
    for i in range(N):
        denominator = 0
        for j in range(N):
            denominator += torch.exp(torch.dot(query[i], positive[j]) / temperature)
        total += torch.log(torch.exp(torch.dot(query[i], positive[i]) / temperature) / denominator)
    return -total / N


@wrong("positive missing from the denominator")  # leaves the positive out of the denominator (sums over j != i only)
def info_nce_loops(query, positive, temperature):
    N = query.shape[0]
    losses = []
    for i in range(N):
        pos = math.exp(torch.cosine_similarity(query[i], positive[i], dim=0).item() / temperature)
        neg = 0.0
        for j in range(N):
            if j != i:
                neg += math.exp(torch.cosine_similarity(query[i], positive[j], dim=0).item() / temperature)
        if neg == 0.0:          # only one image
            losses.append(0.0)
        else:
            losses.append(-math.log(pos / neg))
    return sum(losses) / N


# divides by the temperature outside the exponential, exp(s)/tau: it cancels, so tau has no effect
@wrong("temperature missing")
def info_nce_loops(query, positive, temperature):
    cos = torch.cosine_similarity
    loss = 0.
    for q, p in zip(query, positive):
        top = torch.exp(cos(q, p, dim=0)) / temperature
        bottom = sum(torch.exp(cos(q, c, dim=0)) / temperature for c in positive)
        loss -= torch.log(top / bottom)
    return (loss / len(query)).item()


# the positives ask: the denominator of i runs over the queries q_j against p_i instead of the candidates p_j against q_i
@wrong("the other direction")
def info_nce_loops(query, positive, temperature):
    n = len(query)
    loss = 0.0
    for i in range(n):
        scores = [torch.cosine_similarity(query[j], positive[i], dim=0) / temperature for j in range(n)]
        loss += -torch.log(torch.exp(scores[i]) / sum(torch.exp(s) for s in scores))
    return loss / n


# averages the probabilities first and takes the logarithm of that average, instead of averaging the logarithms
@wrong("logarithm of the mean")
def info_nce_loops(query, positive, temperature):
    n = len(query)
    probability = 0.0
    for i in range(n):
        e = [torch.exp(torch.cosine_similarity(query[i], positive[j], dim=0) / temperature) for j in range(n)]
        probability += e[i] / sum(e)
    return float(-torch.log(probability / n))


# the denominator is set to 0 once, before the loop over queries, so it goes on growing from query to query
@wrong("denominator not reset")
def info_nce_loops(query, positive, temperature):
    N = len(query)
    total = 0
    denominator = 0
    for i in range(N):
        for j in range(N):
            s = torch.cosine_similarity(query[i], positive[j], dim=0)
            denominator = denominator + torch.exp(s / temperature)
        s = torch.cosine_similarity(query[i], positive[i], dim=0)
        total = total + torch.log(torch.exp(s / temperature) / denominator)
    return -(1 / N) * total


@right
def info_nce_loops(query, positive, temperature):
    def cosine(a, b):
        dot = math.fsum(x * y for x, y in zip(a, b))
        length = math.hypot(*a) * math.hypot(*b)
        return dot / length if length > 0 else 0.0
    Q, P = query.tolist(), positive.tolist()
    paid = []
    while len(paid) < len(Q):
        i = len(paid)
        scores = [cosine(Q[i], p) / temperature for p in P]
        paid.append(math.log(sum(map(math.exp, scores))) - scores[i])
    return sum(paid) / len(paid)


# ------------------------------------------------------------------- info_nce
@wrong("normalised along the wrong axis")  # normalises the columns (dim=0) instead of the rows
def info_nce(query, positive, temperature):
    q = F.normalize(query, dim=0)
    p = F.normalize(positive, dim=0)
    logits = q @ p.T / temperature
    return F.cross_entropy(logits, torch.arange(len(q)))


@wrong("softmax twice")  # applies softmax and then cross_entropy, which has a log-softmax in it: softmax twice
def info_nce(query, positive, temperature):
    sim = F.cosine_similarity(query[:, None], positive[None], dim=-1)
    probs = torch.softmax(sim / temperature, dim=1)
    labels = torch.arange(query.shape[0], device=query.device)
    return F.cross_entropy(probs, labels)


# normalises by sqrt(sum of squares) + eps: value right for a row of zeros, but the gradient of sqrt at 0 is NaN
@wrong("a row of zeros gives NaN, backwards")
def info_nce(query, positive, temperature):
    q = query / ((query ** 2).sum(dim=1, keepdim=True).sqrt() + 1e-8)
    p = positive / ((positive ** 2).sum(dim=1, keepdim=True).sqrt() + 1e-8)
    s = q @ p.t() / temperature
    return (torch.logsumexp(s, dim=1) - s.diagonal()).mean()


# averages both directions, as CLIP does: the positives ask as well, but only the queries should
@wrong("both directions")
def info_nce(query, positive, temperature):
    logits = F.normalize(query, dim=1) @ F.normalize(positive, dim=1).T / temperature
    target = torch.arange(len(logits))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


@wrong("positive detached")  # computes the positives under no_grad, as MoCo's keys: no gradient flows to positive
def info_nce(query, positive, temperature):
    q = F.normalize(query, dim=1)
    with torch.no_grad():
        k = F.normalize(positive, dim=1)
    logits = torch.einsum("id,jd->ij", q, k) / temperature
    return -torch.log_softmax(logits, dim=1).diag().mean()


# takes the logarithm of softmax + 1e-8 instead of log_softmax: at small temperatures the probability underflows and the loss is cut off at -log 1e-8, with no gradient
@wrong("underflow")
def info_nce(query, positive, temperature):
    q, p = F.normalize(query, dim=1), F.normalize(positive, dim=1)
    prob = torch.softmax(q @ p.T / temperature, dim=1)
    return -torch.log(torch.diagonal(prob) + 1e-8).mean()


@right
def info_nce(query, positive, temperature):
    unit = lambda x: x / torch.linalg.vector_norm(x, dim=1, keepdim=True).clamp_min(1e-8)
    s = torch.einsum("id,jd->ij", unit(query), unit(positive)).div(temperature)
    advantage = s - torch.diagonal(s).unsqueeze(1)          # 0 on the diagonal
    m = advantage.detach().amax(1)
    return (m + advantage.sub(m[:, None]).exp().sum(1).log()).sum() / len(s)


# -------------------------------------------------------------------- nt_xent
@wrong("self-similarity not masked")  # does not take the view itself out of the denominator: k = i counts as a candidate
def nt_xent(z0, z1, temperature):
    n = len(z0)
    z = F.normalize(torch.cat([z0, z1]), dim=1)
    sim = z @ z.T / temperature
    partner = torch.cat([torch.arange(n, 2 * n), torch.arange(n)])
    return F.cross_entropy(sim, partner)


# takes the partner out of the denominator as well as the view itself: only the 2N - 2 negatives are left
@wrong("positive missing from the denominator")
def nt_xent(z0, z1, temperature):
    N = z0.shape[0]
    z = F.normalize(torch.cat([z0, z1], dim=0), dim=1)
    sim = z @ z.T / temperature
    pos = torch.cat([torch.diag(sim, N), torch.diag(sim, -N)])
    if N == 1:
        return (pos * 0).sum()
    no = torch.eye(N, dtype=torch.bool).repeat(2, 2)
    neg = torch.logsumexp(sim.masked_fill(no, float("-inf")), dim=1)
    return (neg - pos).mean()


@wrong("one direction only")  # only the N views of the first half ask; those of z1 are candidates but never ask
def nt_xent(z0, z1, temperature):
    n = z0.size(0)
    a = F.normalize(z0, dim=-1)
    b = F.normalize(z1, dim=-1)
    within = (a @ a.T).masked_fill(torch.eye(n, dtype=torch.bool), -torch.inf)
    across = a @ b.T
    logits = torch.cat([across, within], dim=1) / temperature
    return F.cross_entropy(logits, torch.arange(n))


# takes neighbours 2i and 2i + 1 for partners, as if the views were interleaved, though they stand one half below the other
@wrong("positives at the wrong place")
def nt_xent(z0, z1, temperature):
    z = F.normalize(torch.cat([z0, z1]), dim=1)
    s = z @ z.T / temperature
    s = s.masked_fill(torch.eye(len(z), dtype=torch.bool), float("-inf"))
    partner = torch.arange(len(z)) ^ 1
    return F.cross_entropy(s, partner)


# sets the diagonal to 0 instead of -inf: the view itself still counts in the denominator, with exp(0) = 1
@wrong("masked with 0")
def nt_xent(z0, z1, temperature):
    n = len(z0)
    z = F.normalize(torch.cat((z0, z1)), dim=1)
    sim = (z @ z.T) * (1 - torch.eye(2 * n))
    logits = sim / temperature
    partner = torch.arange(2 * n).roll(n)
    return -torch.log_softmax(logits, dim=1)[torch.arange(2 * n), partner].mean()


# candidates are only the views of the other half (InfoNCE in both directions): negatives of the same half are missing
@wrong("only the other view's candidates")
def nt_xent(z0, z1, temperature):
    a, b = F.normalize(z0, dim=1), F.normalize(z1, dim=1)
    sim = a @ b.T / temperature
    y = torch.arange(len(a))
    loss_a = F.cross_entropy(sim, y)
    loss_b = F.cross_entropy(sim.T, y)
    return 0.5 * (loss_a + loss_b)


@right
def nt_xent(z0, z1, temperature):
    n = len(z0)
    z = F.normalize(torch.cat([z0, z1]), dim=1)
    s = z @ z.T / temperature
    # every (2n + 1)-th entry is on the diagonal: cut them out of the flat list
    others = s.flatten()[1:].view(2 * n - 1, 2 * n + 1)[:, :-1].reshape(2 * n, 2 * n - 1)
    partner = torch.cat([s.diagonal(n), s.diagonal(-n)])
    return torch.logsumexp(others, 1).mean() - partner.mean()


# ------------------------------------------------------------- loss_at_chance
@wrong("that of InfoNCE")  # InfoNCE's chance: counts n candidates, those of the other half only
def loss_at_chance(n):
    return math.log(n)


@wrong("a view among its own candidates")  # counts all 2n views as candidates, the asking view itself too
def loss_at_chance(n):
    return -math.log(1 / (2 * n))


@wrong("partner not among the candidates")  # counts only the 2n - 2 negatives: the partner is left out of the candidates
def loss_at_chance(n):
    negatives = 2 * (n - 1)
    return math.log(negatives)


@wrong("sign flipped")  # forgets the minus: the logarithm of the probability, a negative loss
def loss_at_chance(n):
    return math.log(1 / (2 * n - 1))


@wrong("another base")  # logarithm to base 2 instead of the natural one
def loss_at_chance(n):
    return math.log2(2 * n - 1)


@wrong("probability in place of loss")  # gives the probability of the right guess, 1/(2n - 1), not its negative logarithm
def loss_at_chance(n):
    return 1 / (2 * n - 1)


@right
def loss_at_chance(n):
    views = 2 * n
    return torch.nn.functional.cross_entropy(torch.zeros(1, views - 1, dtype=torch.float64), torch.tensor([0]))


# ----------------------------------------------------------------------- push
@wrong("1/N missing")  # forgets 1/N: the gradient of each query's own loss, not of the mean over queries
def push(query, positive, temperature):
    s = F.normalize(query, dim=1) @ F.normalize(positive, dim=1).T
    p = torch.softmax(s / temperature, dim=1)
    return (p - torch.eye(len(s))) / temperature


@wrong("1/τ missing")  # forgets the factor 1/tau of the chain rule: the gradient with respect to s/tau, not s
def push(query, positive, temperature):
    q, k = F.normalize(query, dim=1), F.normalize(positive, dim=1)
    n = q.shape[0]
    grad = torch.softmax(q @ k.T / temperature, dim=1)
    grad[torch.arange(n), torch.arange(n)] -= 1
    return grad / n


# shares the push by a softmax over the negatives alone and puts -1 on the diagonal: the positive is missing in the denominator
@wrong("softmax among the negatives only")
def push(query, positive, temperature):
    s = F.normalize(query, dim=1) @ F.normalize(positive, dim=1).T / temperature
    n = len(s)
    if n == 1:
        return torch.zeros(1, 1)
    eye = torch.eye(n, dtype=torch.bool)
    share = torch.softmax(s.masked_fill(eye, -torch.inf), dim=1)
    return (share - eye.float()) / (n * temperature)


@wrong("sign flipped")  # sign turned round: gives the descent direction (I - P)/(N tau), not the gradient
def push(query, positive, temperature):
    s = F.normalize(query, dim=1) @ F.normalize(positive, dim=1).T
    p = (s / temperature).softmax(dim=1)
    return (torch.eye(len(s)) - p) / (len(s) * temperature)


@wrong("wrong axis")  # softmax down the columns (dim=0) instead of along each query's row
def push(query, positive, temperature):
    n = len(query)
    cos = torch.cosine_similarity(query[:, None, :], positive[None, :, :], dim=2)
    p = torch.softmax(cos / temperature, dim=0)
    return (p - torch.eye(n)) / temperature / n


@wrong("autograd in place of the closed form")  # asks autograd: backward() instead of the formula
def push(query, positive, temperature):
    s = F.normalize(query, dim=1) @ F.normalize(positive, dim=1).T
    s = s.detach().requires_grad_(True)
    loss = F.cross_entropy(s / temperature, torch.arange(len(s)))
    loss.backward()
    return s.grad


@right
def push(query, positive, temperature):
    n = len(query)
    rows = []
    for i, q in enumerate(query):
        s = torch.stack([torch.cosine_similarity(q, p, dim=0) for p in positive]) / temperature
        e = (s - s.max()).exp()
        row = e / e.sum()
        # the positive's entry is minus the sum of all the others
        row[i] = 0
        row[i] = -row.sum()
        rows.append(row / (n * temperature))
    return torch.stack(rows)
