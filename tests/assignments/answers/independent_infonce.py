"""Answers to infonce, written from the exercises alone, without a look at the checks."""

import math
import numpy as np
import torch
import torch.nn.functional as F

from answers import right, wrong


# ---------------------------------------------------------------- log_sum_exp


# no maximum is taken out: exp itself is computed, in double precision in the hope that this is enough; overflows beyond 709, underflows below -745
@wrong("overflow")
def log_sum_exp(x):
    big = x.double()
    return torch.log(torch.exp(big).sum(dim=-1)).to(x.dtype)


# subtracts one maximum of the whole tensor instead of each row's own: a row much smaller than the largest underflows to -inf
@wrong("one maximum for all rows")
def log_sum_exp(x):
    m = x.max()
    return m + (x - m).exp().sum(-1).log()


@wrong("maximum not added back")  # subtracts the row maximum, but never adds it back to the logarithm
def log_sum_exp(x):
    m = x.amax(dim=-1, keepdim=True)
    shifted = x - m
    return shifted.exp().sum(dim=-1).log()


@wrong("last axis kept")  # keeps the last dimension: the result is (..., 1) instead of (...)
def log_sum_exp(x):
    m = x.amax(-1, keepdim=True)
    return m + torch.log(torch.sum(torch.exp(x - m), -1, keepdim=True))


# subtracts the largest absolute value instead of the largest value: rows of large negative numbers underflow to -inf (and -inf entries give NaN)
@wrong("underflow")
def log_sum_exp(x):
    m = x.abs().amax(dim=-1, keepdim=True)
    out = torch.exp(x - m).sum(dim=-1)
    return torch.log(out) + m.squeeze(-1)


# amax without keepdim: the maxima (...) are subtracted along the wrong dimension (stops, or, for square x, mixes up rows)
@wrong("keepdim missing")
def log_sum_exp(x):
    m = x.amax(-1)
    return m + (x - m).exp().sum(-1).log()


@wrong("an entry of −∞")  # replaces the struck-out entries -inf by 0, so that each adds exp(0) = 1 to the sum
def log_sum_exp(x):
    x = torch.where(torch.isinf(x), torch.zeros_like(x), x)
    m = x.amax(dim=-1, keepdim=True)
    return m.squeeze(-1) + torch.log(torch.exp(x - m).sum(dim=-1))


@wrong("cut off from autograd")  # calculates in numpy on a detached copy: right value, but no gradient flows back
def log_sum_exp(x):
    a = x.detach().numpy()
    m = a.max(axis=-1, keepdims=True)
    res = np.log(np.exp(a - m).sum(axis=-1)) + m[..., 0]
    return torch.as_tensor(res, dtype=x.dtype)


@right
def log_sum_exp(x):
    # largest first; log(1 + rest)
    s = x.sort(dim=-1, descending=True).values
    return s[..., 0] + torch.log1p((s[..., 1:] - s[..., :1]).exp().sum(-1))


@right
def log_sum_exp(x):
    results = []
    for row in x.reshape(-1, x.shape[-1]):
        m = row.max().item()
        total = 0.0
        for entry in row:
            total = total + torch.exp(entry - m)
        results.append(torch.log(total) + m)
    return torch.stack(results).reshape(x.shape[:-1])


# ------------------------------------------------------------- info_nce_loops


@wrong("not normalised")  # plain dot products instead of cosines: the vectors' lengths come in
def info_nce_loops(query, positive, temperature):
    n = len(query)
    total = 0.0
    for i in range(n):
        top = math.exp((query[i] @ positive[i]).item() / temperature)
        bottom = 0.0
        for j in range(n):
            bottom += math.exp((query[i] @ positive[j]).item() / temperature)
        total += math.log(top / bottom)
    return -total / n


@wrong("temperature multiplied")  # multiplies the cosines by the temperature instead of dividing by it
def info_nce_loops(query, positive, temperature):
    losses = []
    for i in range(len(query)):
        scores = [math.exp(float(torch.cosine_similarity(query[i], p, dim=0)) * temperature) for p in positive]
        losses.append(-math.log(scores[i] / sum(scores)))
    return sum(losses) / len(losses)


@wrong("positive missing from the denominator")  # leaves the positive out of the denominator (sum over j != i only)
def info_nce_loops(query, positive, temperature):
    N = query.shape[0]
    loss = 0.0
    for i in range(N):
        pos = math.exp(torch.cosine_similarity(query[i], positive[i], dim=0).item() / temperature)
        neg = 0.0
        for j in range(N):
            if j != i:
                neg += math.exp(torch.cosine_similarity(query[i], positive[j], dim=0).item() / temperature)
        if neg > 0:
            loss += -math.log(pos / neg)
    return loss / N


@wrong("sum in place of mean")  # the sum over the queries is not divided by N
def info_nce_loops(query, positive, temperature):
    loss = 0
    for i, q in enumerate(query):
        s = torch.stack([torch.cosine_similarity(q, p, dim=0) for p in positive]) / temperature
        e = s.exp()
        loss -= torch.log(e[i] / e.sum()).item()
    return loss


# averages the probabilities first and then takes the logarithm: -log(mean p) instead of mean(-log p)
@wrong("logarithm of the mean")
def info_nce_loops(query, positive, temperature):
    n = query.shape[0]
    prob = 0.0
    for i in range(n):
        num = math.exp(torch.cosine_similarity(query[i], positive[i], dim=0).item() / temperature)
        den = sum(math.exp(torch.cosine_similarity(query[i], positive[j], dim=0).item() / temperature)
                  for j in range(n))
        prob += num / den
    return -math.log(prob / n)


# the candidates ask instead of the queries: the denominator runs over the queries, cos(q_j, p_i) (columns instead of rows)
@wrong("the other direction")
def info_nce_loops(query, positive, temperature):
    n = len(query)
    total = 0.0
    for i in range(n):
        num = torch.exp(torch.cosine_similarity(query[i], positive[i], dim=0) / temperature)
        den = 0.0
        for j in range(n):
            den = den + torch.exp(torch.cosine_similarity(query[j], positive[i], dim=0) / temperature)
        total = total - torch.log(num / den)
    return (total / n).item()


# the denominator is set to 0 only once, before the loop over queries, so it piles up from query to query
@wrong("denominator not reset")
def info_nce_loops(query, positive, temperature):
    N = len(query)
    loss = 0.0
    den = 0.0
    for i in range(N):
        for j in range(N):
            s = torch.cosine_similarity(query[i], positive[j], dim=0).item()
            den += math.exp(s / temperature)
        s_ii = torch.cosine_similarity(query[i], positive[i], dim=0).item()
        loss += -math.log(math.exp(s_ii / temperature) / den)
    return loss / N


# the denominator also contains the other queries (cos(q_i, q_j), j != i), as in NT-Xent, not only the N rows of positive
@wrong("queries among the candidates")
def info_nce_loops(query, positive, temperature):
    N = len(query)
    cos = lambda a, b: torch.cosine_similarity(a, b, dim=0).item()
    loss = 0.0
    for i in range(N):
        den = 0.0
        for j in range(N):
            den += math.exp(cos(query[i], positive[j]) / temperature)
            if j != i:
                den += math.exp(cos(query[i], query[j]) / temperature)
        loss += math.log(den) - cos(query[i], positive[i]) / temperature
    return loss / N


@right
def info_nce_loops(query, positive, temperature):
    q, p = query.detach().double().numpy(), positive.detach().double().numpy()
    def unit(v):
        return v / max(np.sqrt((v * v).sum()), 1e-12)
    loss = []
    for i, a in enumerate(q):
        s = np.array([np.dot(unit(a), unit(b)) for b in p]) / temperature
        loss.append(np.log(np.sum(np.exp(s))) - s[i])
    return np.mean(loss)


@right
def info_nce_loops(query, positive, temperature):
    product = 1.0      # of 1 + sum of exp of differences
    for i, q in enumerate(query):
        own = torch.cosine_similarity(q, positive[i], dim=0)
        product = product * torch.stack(
            [((torch.cosine_similarity(q, p, dim=0) - own) / temperature).exp() for p in positive]).sum().double() ** (1 / len(query))
    return torch.log(product)


# ------------------------------------------------------------------- info_nce


# computes exp of the scores itself and divides: overflows to inf / nan at small temperatures (no log-sum-exp)
@wrong("overflow")
def info_nce(query, positive, temperature):
    q = F.normalize(query, dim=1)
    p = F.normalize(positive, dim=1)
    e = torch.exp(q @ p.T / temperature)
    return -torch.log(e.diag() / e.sum(dim=1)).mean()


# norm is written as sqrt of the sum of squares, with the epsilon outside the root: the value of a row of zeros is right, but its gradient is NaN
@wrong("a row of zeros gives NaN, backwards")
def info_nce(query, positive, temperature):
    q = query / (query.pow(2).sum(1, keepdim=True).sqrt() + 1e-8)
    p = positive / (positive.pow(2).sum(1, keepdim=True).sqrt() + 1e-8)
    logits = q @ p.T / temperature
    return (torch.logsumexp(logits, dim=1) - logits.diagonal()).mean()


@wrong("normalised along the wrong axis")  # normalises the columns (dim=0, over the batch) instead of the rows
def info_nce(query, positive, temperature):
    q = F.normalize(query, dim=0)
    p = F.normalize(positive, dim=0)
    return F.cross_entropy(q @ p.t() / temperature, torch.arange(len(q)))


# the right answer of every query is taken to be candidate 0 (as in MoCo, where the positive stands in front), not row i
@wrong("label 0 for every row")
def info_nce(query, positive, temperature):
    logits = F.normalize(query, dim=1) @ F.normalize(positive, dim=1).T / temperature
    labels = torch.zeros(logits.shape[0], dtype=torch.long)
    return F.cross_entropy(logits, labels)


@wrong("both directions")  # both directions are averaged (CLIP): the candidates ask as well as the queries
def info_nce(query, positive, temperature):
    s = F.normalize(query, dim=-1) @ F.normalize(positive, dim=-1).mT / temperature
    t = torch.arange(s.size(0), device=s.device)
    return 0.5 * (F.cross_entropy(s, t) + F.cross_entropy(s.T, t))


@wrong("one length for the whole matrix")  # divides the whole matrix by its one (Frobenius) norm instead of each row by its own
def info_nce(query, positive, temperature):
    q = query / query.norm().clamp(min=1e-12)
    p = positive / positive.norm().clamp(min=1e-12)
    logp = torch.log_softmax(q @ p.T / temperature, dim=1)
    return -logp.diagonal().mean()


# stops the gradient at the positive (keys detached, as MoCo does): nothing flows back to positive
@wrong("positive detached")
def info_nce(query, positive, temperature):
    with torch.no_grad():
        keys = F.normalize(positive, dim=1)
    logits = torch.einsum("nd,md->nm", F.normalize(query, dim=1), keys) / temperature
    return F.cross_entropy(logits, torch.arange(len(query)))


@wrong("softmax twice")  # softmax twice: hands probabilities to cross_entropy, which takes the softmax once more
def info_nce(query, positive, temperature):
    sim = F.normalize(query, dim=1) @ F.normalize(positive, dim=1).T
    prob = torch.softmax(sim / temperature, dim=1)
    return F.cross_entropy(prob, torch.arange(len(prob)))


@right
def info_nce(query, positive, temperature):
    s = F.normalize(query, dim=1) @ F.normalize(positive, dim=1).T
    return torch.logsumexp((s - s.diagonal()[:, None]) / temperature, dim=1).mean()


@right
def info_nce(query, positive, temperature):
    q, p = F.normalize(query).unsqueeze(1), F.normalize(positive).unsqueeze(0)
    s = 1 - (q - p).square().sum(-1) / 2        # from squared distances of unit vectors
    zero = (query == 0).all(1)[:, None] | (positive == 0).all(1)[None]
    s = torch.where(zero, torch.zeros_like(s), s)
    return F.nll_loss(F.log_softmax(s / temperature, -1), torch.arange(len(query)))


# -------------------------------------------------------------------- nt_xent


@wrong("one direction only")  # only the first half asks: the mean runs over the N rows of z0, not over all 2N views
def nt_xent(z0, z1, temperature):
    n = len(z0)
    z = F.normalize(torch.cat([z0, z1]), dim=1)
    s = z @ z.T / temperature
    s = s.masked_fill(torch.eye(2 * n, dtype=torch.bool), float("-inf"))
    return F.cross_entropy(s[:n], torch.arange(n) + n)


@wrong("self-similarity not masked")  # the view itself stays among its candidates: the diagonal is not struck out
def nt_xent(z0, z1, temperature):
    n = len(z0)
    z = F.normalize(torch.cat([z0, z1]), dim=1)
    s = z @ z.T / temperature
    target = torch.cat([torch.arange(n, 2 * n), torch.arange(n)])
    return F.cross_entropy(s, target)


# the diagonal is set to 0 instead of -inf, so the view itself still counts with exp(0) = 1 in the denominator
@wrong("masked with 0")
def nt_xent(z0, z1, temperature):
    n = z0.shape[0]
    z = F.normalize(torch.cat([z0, z1], dim=0), dim=1)
    s = (z @ z.T) * (1 - torch.eye(2 * n)) / temperature
    labels = torch.arange(2 * n).roll(n)
    return F.cross_entropy(s, labels)


# candidates only from the other half: InfoNCE in both directions, N candidates each instead of 2N - 1
@wrong("only the other view's candidates")
def nt_xent(z0, z1, temperature):
    s = F.normalize(z0, dim=1) @ F.normalize(z1, dim=1).T / temperature
    t = torch.arange(len(s))
    return (F.cross_entropy(s, t) + F.cross_entropy(s.T, t)) / 2


# takes rows 2k and 2k + 1 for partners (views interleaved), although they were stacked below each other and i belongs to i + N
@wrong("positives at the wrong place")
def nt_xent(z0, z1, temperature):
    z = F.normalize(torch.cat([z0, z1]), dim=1)
    s = z @ z.T / temperature
    s.fill_diagonal_(-torch.inf)
    partner = torch.arange(len(z)) ^ 1
    return F.cross_entropy(s, partner)


@wrong("positive missing from the denominator")  # the partner is left out of the denominator, which holds only the 2N - 2 negatives
def nt_xent(z0, z1, temperature):
    n = len(z0)
    if n == 1:
        return (z0 * 0).sum() + (z1 * 0).sum()
    z = F.normalize(torch.cat([z0, z1]), dim=1)
    s = z @ z.T / temperature
    i = torch.arange(2 * n)
    j = (i + n) % (2 * n)
    pos = s[i, j]
    mask = torch.zeros(2 * n, 2 * n, dtype=torch.bool)
    mask[i, i] = True
    mask[i, j] = True
    neg = s.masked_fill(mask, float("-inf"))
    return (torch.logsumexp(neg, dim=1) - pos).mean()


@wrong("divided by N")  # the sum over all 2N views is divided by N instead of 2N: twice too large
def nt_xent(z0, z1, temperature):
    n = len(z0)
    z = F.normalize(torch.cat([z0, z1]), dim=1)
    s = z @ z.T / temperature
    s = s.masked_fill(torch.eye(2 * n, dtype=torch.bool), -torch.inf)
    logp = s - torch.logsumexp(s, dim=1, keepdim=True)
    total = 0.0
    for i in range(n):
        total = total - logp[i, i + n] - logp[i + n, i]
    return total / n


# takes exp itself and strikes the diagonal out by multiplying with 0: inf / NaN at small temperatures
@wrong("overflow")
def nt_xent(z0, z1, temperature):
    n = z0.size(0)
    z = F.normalize(torch.cat([z0, z1], 0), dim=1)
    e = torch.exp(z @ z.t() / temperature)
    den = (e * (1 - torch.eye(2 * n))).sum(1)
    num = torch.cat([torch.diag(e, n), torch.diag(e, -n)])
    return (-torch.log(num / den)).mean()


@right
def nt_xent(z0, z1, temperature):
    n = len(z0)
    z = F.normalize(torch.cat([z0, z1]), dim=1)
    s = z @ z.T
    others = s[~torch.eye(2 * n, dtype=torch.bool)].view(2 * n, 2 * n - 1)
    own = torch.cat([s.diagonal(n), s.diagonal(-n)])
    return ((others - own[:, None]) / temperature).logsumexp(1).mean()


@right
def nt_xent(z0, z1, temperature):
    # four blocks, as in Google's own code
    LARGE = 1e9
    n = len(z0)
    a, b = F.normalize(z0, p=2, dim=1), F.normalize(z1, p=2, dim=1)
    hide, t = torch.eye(n) * LARGE, torch.arange(n)
    aa, bb, ab, ba = a @ a.T / temperature - hide, b @ b.T / temperature - hide, a @ b.T / temperature, b @ a.T / temperature
    la = F.cross_entropy(torch.hstack([ab, aa]), t, reduction="sum")
    lb = F.cross_entropy(torch.hstack([ba, bb]), t, reduction="sum")
    return (la + lb) / (2 * n)


# ------------------------------------------------------------- loss_at_chance


@wrong("a view among its own candidates")  # counts 2n candidates: the view itself is not taken out
def loss_at_chance(n):
    return math.log(2 * n)


@wrong("that of InfoNCE")  # counts n candidates: chance for InfoNCE, one candidate per image
def loss_at_chance(n):
    return np.log(n)


@wrong("partner not among the candidates")  # counts only the 2n - 2 negatives: the partner is not counted as a candidate
def loss_at_chance(n):
    negatives = 2 * n - 2
    return math.log(negatives)


@wrong("another base")  # takes the logarithm to base 10 instead of the natural one
def loss_at_chance(n):
    return math.log10(2 * n - 1)


@wrong("sign flipped")  # the minus sign is missing: log of the probability, a negative loss
def loss_at_chance(n):
    p = 1 / (2 * n - 1)
    return math.log(p)


@wrong("a bracket misplaced")  # the 1 is subtracted outside the logarithm: log(2n) - 1 instead of log(2n - 1)
def loss_at_chance(n):
    return math.log(2 * n) - 1


@wrong("probability in place of loss")  # gives the probability of guessing right, not its negative logarithm
def loss_at_chance(n):
    return 1 / (2 * n - 1)


# sets all similarities to 1 and takes the log of the denominator only, without the numerator: 1 too much
@wrong("numerator forgotten")
def loss_at_chance(n):
    denominator = sum(math.exp(1.0) for _ in range(2 * n - 1))
    return math.log(denominator)


@right
def loss_at_chance(n):
    return -np.log(1 / (n + (n - 1)))


@right
def loss_at_chance(n):
    return F.cross_entropy(torch.zeros(1, 2 * n - 1, dtype=torch.float64), torch.tensor([0]))


# ----------------------------------------------------------------------- push


# the factor 1/temperature is missing: gradient with respect to the scores s/tau, not to the cosines
@wrong("1/τ missing")
def push(query, positive, temperature):
    s = F.normalize(query, dim=1) @ F.normalize(positive, dim=1).T
    n = len(s)
    return (torch.softmax(s / temperature, dim=1) - torch.eye(n)) / n


@wrong("1/N missing")  # the factor 1/N of the mean is missing
def push(query, positive, temperature):
    s = F.normalize(query, dim=1) @ F.normalize(positive, dim=1).T
    return (torch.softmax(s / temperature, 1) - torch.eye(len(s))) / temperature


@wrong("identity missing")  # the positives' part is missing: softmax only, 1 is not subtracted on the diagonal
def push(query, positive, temperature):
    q, p = F.normalize(query, dim=1), F.normalize(positive, dim=1)
    weights = F.softmax(q @ p.T / temperature, dim=-1)
    return weights / (temperature * len(q))


@wrong("wrong axis")  # the softmax runs down the columns (dim=0), as if the candidates asked
def push(query, positive, temperature):
    s = F.normalize(query, dim=1) @ F.normalize(positive, dim=1).T
    n = len(s)
    return (torch.softmax(s / temperature, dim=0) - torch.eye(n)) / (n * temperature)


# the sign is turned round: identity minus softmax, the direction of descent and not the gradient
@wrong("sign flipped")
def push(query, positive, temperature):
    s = F.normalize(query, dim=1) @ F.normalize(positive, dim=1).T
    n = len(s)
    g = torch.zeros(n, n)
    for i in range(n):
        p = torch.softmax(s[i] / temperature, dim=0)
        for j in range(n):
            g[i, j] = ((1.0 if i == j else 0.0) - p[j]) / (temperature * n)
    return g


# the temperature is missing inside the softmax (softmax of the plain cosines), only the outer factor is there
@wrong("temperature missing in the softmax")
def push(query, positive, temperature):
    s = F.normalize(query, dim=1) @ F.normalize(positive, dim=1).T
    return (s.softmax(dim=1) - torch.eye(len(s))) / (temperature * len(s))


@wrong("autograd in place of the closed form")  # asks autograd (backward) for the gradient instead of a formula
def push(query, positive, temperature):
    s = (F.normalize(query, dim=1) @ F.normalize(positive, dim=1).T).detach().requires_grad_()
    loss = F.cross_entropy(s / temperature, torch.arange(len(s)))
    loss.backward()
    return s.grad


# the softmax is taken over the negatives only (diagonal struck out) and the diagonal is set to -1: the positive's own probability is forgotten (the chapter's shares)
@wrong("softmax among the negatives only")
def push(query, positive, temperature):
    s = F.normalize(query, dim=1) @ F.normalize(positive, dim=1).T
    n = len(s)
    if n == 1:
        return torch.zeros(1, 1)
    eye = torch.eye(n, dtype=torch.bool)
    share = torch.softmax((s / temperature).masked_fill(eye, -torch.inf), dim=1)
    return (share - eye.float()) / (temperature * n)


@right
def push(query, positive, temperature):
    s = F.normalize(query).mm(F.normalize(positive).t()).div(temperature)
    w = (s - s.logsumexp(1, keepdim=True)).exp()
    w.diagonal().sub_(1)
    return w.div_(temperature).div_(s.size(0))


@right
def push(query, positive, temperature):
    # one query after the other, in double precision; the diagonal from "each row sums to 0"
    rows = []
    for i, q in enumerate(query.double()):
        c = torch.cosine_similarity(q[None], positive.double(), dim=1) / temperature
        e = torch.exp(c - c.max())
        r = e / e.sum()
        r[i] = 0
        r[i] = -r.sum()
        rows.append(r / (temperature * len(query)))
    return torch.stack(rows).to(query.dtype)
