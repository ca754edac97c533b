"""Answers to targets, written from the exercises alone, without a look at the checks."""

import copy
import math
import numpy as np
import torch
import torch.nn.functional as F

from answers import right, wrong


# what later exercises call (right versions)


def _enqueue(queue, keys):
    return torch.cat([queue, keys]).detach()[-len(queue):].clone()


def _update(average, module, momentum):
    with torch.no_grad():
        theirs = module.state_dict()
        for name, a in average.state_dict().items():
            if a.is_floating_point():
                a.copy_(momentum * a + (1 - momentum) * theirs[name])
            else:
                a.copy_(theirs[name])


def _loss(query, key, queue, temperature):
    q, k, n = F.normalize(query, dim=1), F.normalize(key.detach(), dim=1), F.normalize(queue.detach(), dim=1)
    logits = torch.cat([(q * k).sum(1, keepdim=True), q @ n.T], dim=1) / temperature
    return F.cross_entropy(logits, torch.zeros(len(q), dtype=torch.long))


# ------------------------------------------------------------------ enqueue


# keeps the first K rows of queue+keys instead of the last K: the old keys stay, new ones never (fully) enter
@wrong("nothing enters")
def enqueue(queue, keys):
    K = queue.shape[0]
    return torch.cat([queue, keys], dim=0)[:K].detach().clone()


@wrong("newest first")  # newest key is put in front (row 0) and the last row dropped: order is newest first
def enqueue(queue, keys):
    queue = queue.detach()
    for key in keys.detach():
        queue = torch.cat([key[None, :], queue[:-1]])
    return queue


@wrong("gradient kept")  # no detach: the returned queue carries the gradient of keys (and queue)
def enqueue(queue, keys):
    both = torch.cat((queue, keys))
    return both[-queue.size(0):]


# shifts and writes in the given queue itself (changes its argument and returns it) instead of a new tensor
@wrong("changes its input")
@torch.no_grad()
def enqueue(queue, keys):
    queue = queue.detach()
    for key in keys:
        queue[:-1] = queue[1:].clone()
        queue[-1] = key
    return queue


# drops N old keys and appends all N new ones: for N > K the whole batch stays and the queue has N rows
@wrong("a batch larger than the queue")
def enqueue(queue, keys):
    N = keys.shape[0]
    return torch.cat([queue[N:], keys]).detach()


# ring buffer without a pointer: the new keys overwrite the oldest rows in place, at the front, so rows are no longer oldest first
@wrong("order of a ring")
def enqueue(queue, keys):
    K, N = len(queue), len(keys)
    new = queue.detach().clone()
    if N > K:
        keys, N = keys[-K:], K
    new[:N] = keys.detach()
    return new


# keeps queue[-(K-N):], which for N = K is queue[-0:] = the whole queue, so the result has 2K rows (N > K is treated separately)
@wrong("a batch as large as the queue")
def enqueue(queue, keys):
    queue, keys = queue.detach(), keys.detach()
    K, N = len(queue), len(keys)
    if N > K:
        return keys[N - K:].clone()
    kept = queue[-(K - N):]
    return torch.cat([kept, keys], dim=0)


@right  # for N >= K returns a view of keys (shares memory with the batch), not a new tensor: the exercise allows that
def enqueue(queue, keys):
    K, N = queue.shape[0], keys.shape[0]
    if N >= K:
        return keys.detach()[-K:]
    return torch.cat([queue[N:], keys]).detach()


@right
def enqueue(queue, keys):
    from collections import deque
    d = deque((row.tolist() for row in queue), maxlen=len(queue))
    for row in keys:
        d.append(row.tolist())
    return torch.tensor(list(d), dtype=queue.dtype)


@right
def enqueue(queue, keys):
    K, N = len(queue), len(keys)
    with torch.no_grad():
        out = torch.roll(queue, -N, dims=0).clone()
        take = min(N, K)
        out[K - take:] = keys[N - take:]
        return out if N <= K else keys[-K:].clone()


# ------------------------------------------------------------------ update_average


@wrong("the wrong way round")  # m and 1 - m swapped: a <- (1 - m) a + m p
@torch.no_grad()
def update_average(average, module, momentum):
    new = module.state_dict()
    for name, a in average.state_dict().items():
        if a.is_floating_point():
            a.mul_(1 - momentum).add_(momentum * new[name])
        else:
            a.copy_(new[name])


# only the parameters follow; buffers (batch norm's running mean, variance, count) are forgotten
@wrong("buffers forgotten")
def update_average(average, module, momentum):
    with torch.no_grad():
        for a, p in zip(average.parameters(), module.parameters()):
            a.data = momentum * a.data + (1 - momentum) * p.data


@wrong("buffers copied")  # all buffers are copied, also the floating-point ones that should be averaged
@torch.no_grad()
def update_average(average, module, momentum):
    for a, p in zip(average.parameters(), module.parameters()):
        a.mul_(momentum).add_(p, alpha=1 - momentum)
    for a, p in zip(average.buffers(), module.buffers()):
        a.copy_(p)


@wrong("whole numbers not copied")  # whole-number buffers are skipped, never copied
def update_average(average, module, momentum):
    source = module.state_dict()
    target = average.state_dict()
    with torch.no_grad():
        for key in target:
            if target[key].dtype in (torch.float32, torch.float64, torch.float16):
                target[key].lerp_(source[key], 1 - momentum)


# puts new tensors into the dictionary that state_dict returned and never loads it: the network does not change
@wrong("nothing changes")
def update_average(average, module, momentum):
    old, new = average.state_dict(), module.state_dict()
    for name in old:
        if torch.is_floating_point(old[name]):
            old[name] = momentum * old[name] + (1 - momentum) * new[name]
        else:
            old[name] = new[name].clone()


@wrong("whole numbers averaged")  # whole-number buffers are averaged like the rest (and truncated by copy_) instead of copied
def update_average(average, module, momentum):
    new = module.state_dict()
    for name, a in average.state_dict().items():
        a.copy_(momentum * a + (1 - momentum) * new[name])


# without no_grad: in-place operations on the frozen parameters with the trainable ones are recorded by autograd; average gets a grad_fn
@wrong("gradient recorded")
def update_average(average, module, momentum):
    for a, p in zip(average.parameters(), module.parameters()):
        a.mul_(momentum).add_((1 - momentum) * p)
    for a, p in zip(average.buffers(), module.buffers()):
        if a.is_floating_point():
            a.mul_(momentum).add_((1 - momentum) * p)
        else:
            a.copy_(p)


@wrong("the module follows the average")  # roles swapped: the module is moved towards the average, the average stays
@torch.no_grad()
def update_average(average, module, momentum):
    a_state = average.state_dict()
    for name, p in module.state_dict().items():
        if p.dtype.is_floating_point:
            p.copy_(momentum * p + (1 - momentum) * a_state[name])
        else:
            p.copy_(a_state[name])


@right
def update_average(average, module, momentum):
    old, new = average.state_dict(), module.state_dict()
    mixed = {n: (new[n] + momentum * (old[n] - new[n])) if old[n].is_floating_point() else new[n].clone() for n in old}
    average.load_state_dict(mixed)


@right
@torch.no_grad()
def update_average(average, module, momentum):
    for (_, a), (_, p) in zip(average.named_parameters(), module.named_parameters()):
        a.lerp_(p, 1 - momentum)
    for a, p in zip(average.buffers(), module.buffers()):
        if torch.is_floating_point(a):
            a.lerp_(p, 1 - momentum)
        else:
            a.fill_(p) if p.dim() == 0 else a.copy_(p)


# ------------------------------------------------------------------ moco_loss


@wrong("queue not normalised")  # the rows of the queue are not scaled to length 1 (only query and key are)
def moco_loss(query, key, queue, temperature):
    q = F.normalize(query, dim=1)
    k = F.normalize(key, dim=1).detach()
    l_pos = torch.einsum("nc,nc->n", q, k).unsqueeze(-1)
    l_neg = torch.einsum("nc,kc->nk", q, queue.detach())
    logits = torch.cat([l_pos, l_neg], dim=1) / temperature
    return F.cross_entropy(logits, torch.zeros(len(q), dtype=torch.long))


# the keys of the other pictures in the batch are negatives too (SimCLR style), besides the queue
@wrong("negatives from the batch, too")
def moco_loss(query, key, queue, temperature):
    q = F.normalize(query, dim=1)
    with torch.no_grad():
        candidates = F.normalize(torch.cat([key, queue]), dim=1)
    return F.cross_entropy(q @ candidates.T / temperature, torch.arange(len(q)))


@wrong("positive missing from the denominator")  # the positive is missing in the denominator: only the queue is summed
def moco_loss(query, key, queue, temperature):
    q, k, n = (F.normalize(t, dim=-1) for t in (query, key.detach(), queue.detach()))
    pos = (q * k).sum(-1) / temperature
    neg = q @ n.t() / temperature
    return (torch.logsumexp(neg, dim=1) - pos).mean()


@wrong("overflow at a low temperature")  # plain exp and log: overflows to inf / NaN at a low temperature
def moco_loss(query, key, queue, temperature):
    key, queue = key.detach(), queue.detach()
    q = query / query.norm(dim=1, keepdim=True)
    k = key / key.norm(dim=1, keepdim=True)
    n = queue / queue.norm(dim=1, keepdim=True)
    pos = torch.exp((q * k).sum(dim=1) / temperature)
    neg = torch.exp(q @ n.T / temperature).sum(dim=1)
    return -torch.log(pos / (pos + neg)).mean()


@wrong("keys not detached")  # the queue is not detached: gradient flows to it (the key is stopped)
def moco_loss(query, key, queue, temperature):
    q, k, n = F.normalize(query, dim=1), F.normalize(key, dim=1).detach(), F.normalize(queue, dim=1)
    positive = (q * k).sum(1)[:, None]
    logits = torch.hstack([positive, q @ n.T]).div(temperature)
    return -F.log_softmax(logits, dim=1)[:, 0].mean()


@wrong("wrong column as the answer")  # the target of query i is column i (arange) although the own key always stands in column 0
def moco_loss(query, key, queue, temperature):
    q = F.normalize(query, dim=1)
    k = F.normalize(key.detach(), dim=1)
    n = F.normalize(queue.detach(), dim=1)
    logits = torch.cat([(q * k).sum(1, keepdim=True), q @ n.T], 1) / temperature
    target = torch.arange(len(q)) % logits.shape[1]
    return F.cross_entropy(logits, target)


@wrong("temperature on one part only")  # only the negatives are divided by the temperature, the positive is not (a bracket)
def moco_loss(query, key, queue, temperature):
    q = F.normalize(query, dim=1)
    with torch.no_grad():
        k, n = F.normalize(key, dim=1), F.normalize(queue, dim=1)
    logits = torch.cat([(q * k).sum(1, keepdim=True), q @ n.T / temperature], dim=1)
    return F.cross_entropy(logits, torch.zeros(q.shape[0]).long())


@wrong("normalised along the wrong axis")  # normalises the columns (dim=0) instead of the rows
def moco_loss(query, key, queue, temperature):
    query = F.normalize(query, dim=0)
    key = F.normalize(key.detach(), dim=0)
    queue = F.normalize(queue.detach(), dim=0)
    pos = (query * key).sum(dim=1).view(-1, 1)
    logits = torch.cat((pos, query.mm(queue.t())), dim=1) / temperature
    return (logits.logsumexp(1) - logits[:, 0]).mean()


@right
def moco_loss(query, key, queue, temperature):
    total = 0.0
    for q, k in zip(query, key):
        k = k.detach()
        scores = [torch.dot(q, k) / (q.norm() * k.norm())]
        for n in queue.detach():
            scores.append(torch.dot(q, n) / (q.norm() * n.norm()))
        s = torch.stack(scores) / temperature
        c = s.max().detach()
        total = total + torch.log(torch.exp(s - c).sum()) + c - s[0]
    return total / len(query)


@right
def moco_loss(query, key, queue, temperature):
    pos = F.cosine_similarity(query, key.data, dim=1) / temperature
    neg = F.cosine_similarity(query[:, None, :], queue.data[None], dim=2) / temperature
    return F.softplus(torch.logsumexp(neg, 1) - pos).mean()


# ------------------------------------------------------------------ moco_step


@wrong("average before the optimiser's step")  # the key network moves before the optimiser's step, so towards the old query network
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    q = f_q(x_q)
    with torch.no_grad():
        k = f_k(x_k)
    loss = _loss(q, k, queue, temperature)
    optimizer.zero_grad()
    loss.backward()
    _update(f_k, f_q, momentum)
    optimizer.step()
    return _enqueue(queue, k)


# the new keys enter the queue before the loss, so each query has its own key among its negatives
@wrong("queue filled before the loss")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    q, k = f_q(x_q), f_k(x_k).detach()
    queue = _enqueue(queue, k)
    loss = _loss(q, k, queue, temperature)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    _update(f_k, f_q, momentum)
    return queue


@wrong("zero_grad forgotten")  # zero_grad is forgotten: the gradients of earlier steps accumulate
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    query = f_q(x_q)
    key = f_k(x_k)
    _loss(query, key, queue, temperature).backward()
    optimizer.step()
    _update(f_k, f_q, momentum)
    return _enqueue(queue, key)


@wrong("keys made anew after the step")  # the keys that enter the queue are computed anew, by the key network after its move
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    optimizer.zero_grad()
    loss = _loss(f_q(x_q), f_k(x_k), queue, temperature)
    loss.backward()
    optimizer.step()
    _update(f_k, f_q, momentum)
    with torch.no_grad():
        return _enqueue(queue, f_k(x_k))


@wrong("keys by the query network")  # the keys are made by the query network f_q, not by f_k
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    queries = f_q(x_q)
    with torch.no_grad():
        keys = f_q(x_k)
    loss = _loss(queries, keys, queue, temperature)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    _update(f_k, f_q, momentum)
    return _enqueue(queue, keys)


# update_average called with its arguments swapped: the query network moves towards the key network, which stays
@wrong("the query network follows the key network")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    queries, keys = f_q(x_q), f_k(x_k)
    loss = _loss(queries, keys, queue, temperature)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    _update(f_q, f_k, momentum)
    return _enqueue(queue, keys)


@wrong("keys normalised on their way in")  # keys are normalised before they enter the queue, not put in as they are
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    q = F.normalize(f_q(x_q), dim=1)
    with torch.no_grad():
        k = F.normalize(f_k(x_k), dim=1)
    loss = _loss(q, k, queue, temperature)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    _update(f_k, f_q, momentum)
    return _enqueue(queue, k)


# zero_grad stands between backward and step: the gradient is wiped, the query network never learns
@wrong("nothing is learned")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    q = f_q(x_q)
    k = f_k(x_k).detach()
    loss = _loss(q, k, queue, temperature)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    _update(f_k, f_q, momentum)
    return _enqueue(queue, k)


@right
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    with torch.no_grad():
        keys = f_k(x_k)
        new_queue = _enqueue(queue, keys)          # made early, used late
    def closure():
        optimizer.zero_grad(set_to_none=False)
        loss = _loss(f_q(x_q), keys, queue, temperature)
        loss.backward()
        return loss
    optimizer.step(closure)
    _update(f_k, f_q, momentum)
    return new_queue


@right
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    queries = f_q(x_q)
    keys = f_k(x_k)
    loss = _loss(queries, keys, queue, temperature)
    trained = [p for group in optimizer.param_groups for p in group["params"]]
    for p, g in zip(trained, torch.autograd.grad(loss, trained)):
        p.grad = g
    optimizer.step()
    optimizer.zero_grad()
    _update(f_k, f_q, momentum)
    return _enqueue(queue, keys)


# ------------------------------------------------------------------ simsiam_loss


@wrong("detach missing")  # no stop-gradient at all
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    p0, p1 = h(z0), h(z1)
    return -(F.cosine_similarity(p0, z1).mean() + F.cosine_similarity(p1, z0).mean()) / 2


@wrong("encoder gets no gradient")  # z is detached before the predictor too: f gets no gradient at all
def simsiam_loss(f, h, view0, view1):
    z0 = f(view0).detach()
    z1 = f(view1).detach()
    p0, p1 = h(z0), h(z1)
    def D(p, z):
        return -(F.normalize(p, dim=1) * F.normalize(z, dim=1)).sum(1).mean()
    return 0.5 * D(p0, z1) + 0.5 * D(p1, z0)


@wrong("the wrong side detached")  # the predictions are stopped instead of the targets
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    p0, p1 = h(z0).detach(), h(z1).detach()
    def D(p, z):
        p, z = F.normalize(p, dim=1), F.normalize(z, dim=1)
        return -(p * z).sum(dim=1).mean()
    return D(p0, z1) / 2 + D(p1, z0) / 2


@wrong("a view predicts itself")  # views not crossed: each prediction is compared with the projection of its own view
def simsiam_loss(f, h, view0, view1):
    loss = 0
    for view in (view0, view1):
        z = f(view)
        p = h(z)
        loss = loss - 0.5 * F.cosine_similarity(p, z.detach(), dim=1).mean()
    return loss


@wrong("detach missing on one side")  # only one of the two targets is stopped (z1); in the second term z0 still gets gradient
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    p0, p1 = h(z0), h(z1)
    a = -F.cosine_similarity(p0, z1.detach(), dim=-1).mean()
    b = -F.cosine_similarity(p1, z0, dim=-1).mean()
    return 0.5 * a + 0.5 * b


@wrong("both views in one batch")  # both views go through f in one batch (cat), so batch norm mixes them
def simsiam_loss(f, h, view0, view1):
    z = f(torch.cat([view0, view1]))
    p = h(z)
    z0, z1 = z.chunk(2)
    p0, p1 = p.chunk(2)
    D = lambda p, z: -F.cosine_similarity(p, z.detach(), dim=1).mean()
    return (D(p0, z1) + D(p1, z0)) / 2


@wrong("mean over the columns, too")  # mean over all N*D products rather than the sum over D and mean over N: D times too small
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    p0, p1 = h(z0), h(z1)
    def D(p, z):
        p = F.normalize(p, dim=1)
        z = F.normalize(z.detach(), dim=1)
        return -(p * z).mean()
    return 0.5 * (D(p0, z1) + D(p1, z0))


@wrong("one direction only")  # only one direction: D(p0, z1), the other half is missing
def simsiam_loss(f, h, view0, view1):
    p0 = h(f(view0))
    with torch.no_grad():
        z1 = f(view1)
    return -F.cosine_similarity(p0, z1, dim=1).mean()


@right
def simsiam_loss(f, h, view0, view1):
    z = [f(view0), f(view1)]
    total = 0.0
    for i in (0, 1):
        p = h(z[i])
        t = z[1 - i].clone().detach()
        cos = torch.einsum("nd,nd->n", p, t) / (torch.linalg.norm(p, dim=1) * torch.linalg.norm(t, dim=1))
        total = total - cos.sum() / (2 * len(cos))
    return total


@right
def simsiam_loss(f, h, view0, view1):
    z0 = f(view0)
    z1 = f(view1)
    p, t = torch.cat([h(z0), h(z1)]), torch.cat([z1, z0]).data
    # of two vectors of length one: |p - t|^2 = 2 - 2 cos
    return (F.normalize(p, dim=1) - F.normalize(t, dim=1)).pow(2).sum(1).mean() / 2 - 1


# ------------------------------------------------------------------ spread


@wrong("divided by N − 1")  # torch's default std: divides by N - 1
def spread(z):
    z = F.normalize(z, dim=1)
    return z.std(dim=0).mean() * math.sqrt(z.shape[1])


@wrong("not normalised")  # rows are not scaled to length 1
def spread(z):
    return z.std(dim=0, correction=0).mean() * z.shape[1] ** 0.5


@wrong("normalised along the wrong axis")  # columns are scaled to length 1 (dim=0), not rows
def spread(z):
    z = F.normalize(z, dim=0)
    return z.std(dim=0, unbiased=False).mean() * math.sqrt(z.size(1))


@wrong("std over the wrong axis")  # std within each row (over the D columns) instead of each column over the rows
def spread(z):
    u = F.normalize(z, dim=1)
    return u.std(dim=1, correction=0).mean() * np.sqrt(z.shape[1])


@wrong("√D missing")  # factor √D forgotten
def spread(z):
    z = F.normalize(z)
    centred = z - z.mean(dim=0)
    return centred.pow(2).mean(dim=0).sqrt().mean()


@wrong("√N in place of √D")  # multiplies by √N, not √D
def spread(z):
    z = F.normalize(z, dim=1)
    return z.std(dim=0, correction=0).mean() * math.sqrt(len(z))


@wrong("a row of zeros gives NaN")  # divides by the norm unprotected: a row of zeros gives NaN
def spread(z):
    z = z / z.norm(dim=1, keepdim=True)
    return z.var(dim=0, correction=0).sqrt().mean() * math.sqrt(z.shape[1])


# root of the mean variance (sqrt of the total) instead of the mean of the standard deviations
@wrong("mean before the root")
def spread(z):
    z = F.normalize(z, dim=1)
    var = ((z - z.mean(0)) ** 2).mean(0)
    return torch.sqrt(var.mean()) * math.sqrt(z.shape[1])


@right
def spread(z):
    x = z.detach().numpy()
    length = np.linalg.norm(x, axis=1, keepdims=True)
    length[length == 0] = 1
    return torch.tensor((x / length).std(axis=0).mean() * np.sqrt(x.shape[1]))


@right
def spread(z):
    rows = [r if not r.any() else r / r.norm() for r in z]
    u = torch.stack(rows)
    N, D = u.shape
    total = 0.0
    for j in range(D):
        column = u[:, j]
        total += float((((column - column.sum() / N) ** 2).sum() / N) ** 0.5)
    return total / D * D ** 0.5
