"""Answers to targets, written from the exercises alone, without a look at the checks."""

import collections
import torch
import torch.nn.functional as F

from answers import right, wrong


# right versions of the earlier tasks, for moco_step
def _enqueue(queue, keys):
    return torch.cat([queue, keys])[-len(queue):].detach().clone()


def _update(average, module, momentum):
    with torch.no_grad():
        theirs = module.state_dict()
        for name, a in average.state_dict().items():
            if a.is_floating_point():
                a.mul_(momentum).add_(theirs[name], alpha=1 - momentum)
            else:
                a.copy_(theirs[name])


def _loss(query, key, queue, temperature):
    q, k, n = F.normalize(query), F.normalize(key.detach()), F.normalize(queue.detach())
    logits = torch.cat([(q * k).sum(1, keepdim=True), q @ n.T], dim=1) / temperature
    return F.cross_entropy(logits, torch.zeros(len(q), dtype=torch.long))


# ---------------------------------------------------------------- enqueue


@wrong("new keys at the wrong end")  # puts the new keys in front and drops the end: newest first, not oldest first
def enqueue(queue, keys):
    K = queue.shape[0]
    return torch.cat([keys, queue], dim=0)[:K].detach().clone()


@wrong("gradient kept")  # forgets to detach: the result carries the gradient of queue and keys
def enqueue(queue, keys):
    both = torch.cat((queue, keys), dim=0)
    return both[both.shape[0] - queue.shape[0]:].clone()


@wrong("changes its input")  # shifts the given queue in place: detach() shares memory, so the old queue is overwritten
def enqueue(queue, keys):
    q = queue.detach()
    for key in keys.detach():
        q[:-1] = q[1:].clone()
        q[-1] = key
    return q


@wrong("a batch larger than the queue")  # assumes N <= K: with a batch larger than the queue, the whole batch stays (N rows, not K)
def enqueue(queue, keys):
    N = keys.size(0)
    with torch.no_grad():
        new_queue = torch.cat([queue[N:], keys], dim=0)
    return new_queue


# overwrites the oldest rows where they stand (ring buffer): the newest keys are in the first rows, the rest is not shifted
@wrong("order of a ring")
def enqueue(queue, keys):
    K = len(queue)
    out = queue.detach().clone()
    n = min(len(keys), K)
    out[:n] = keys.detach()[-n:]
    return out


@wrong("the batch turned round")  # takes the keys of the batch from the back (pop): the batch comes in in reverse order
def enqueue(queue, keys):
    rows = [r for r in queue.detach().clone()]
    incoming = [k for k in keys.detach().clone()]
    while incoming:
        rows.pop(0)
        rows.append(incoming.pop())
    return torch.stack(rows)


@right
def enqueue(queue, keys):
    line = collections.deque(queue.detach().unbind(0), maxlen=queue.shape[0])
    line.extend(keys.detach().unbind(0))
    return torch.stack(tuple(line))


# ---------------------------------------------------------------- update_average


@wrong("the wrong way round")  # swaps the weights: (1 - m) on the average and m on the module
def update_average(average, module, momentum):
    new = module.state_dict()
    for name, a in average.state_dict().items():
        if torch.is_floating_point(a):
            a.mul_(1 - momentum).add_(momentum * new[name])
        else:
            a.copy_(new[name])


# moves the parameters only, the buffers (batch norm's mean, variance and count) stay as they were
@wrong("buffers forgotten")
def update_average(average, module, momentum):
    with torch.no_grad():
        for a, p in zip(average.parameters(), module.parameters()):
            a.mul_(momentum).add_((1 - momentum) * p)


# puts new tensors in the dictionary instead of changing the network's own: the average does not move
@wrong("nothing changes")
def update_average(average, module, momentum):
    avg, mod = average.state_dict(), module.state_dict()
    for key in avg:
        if avg[key].dtype in (torch.float16, torch.float32, torch.float64):
            avg[key] = momentum * avg[key] + (1 - momentum) * mod[key]
        else:
            avg[key] = mod[key].clone()


@wrong("whole numbers averaged")  # averages the whole-number buffers too (and cuts the fraction off) instead of copying them
def update_average(average, module, momentum):
    for a, p in zip(average.state_dict().values(), module.state_dict().values()):
        a.copy_(momentum * a + (1 - momentum) * p)


@wrong("buffers copied")  # copies all buffers, floating-point ones too, instead of averaging those
def update_average(average, module, momentum):
    with torch.no_grad():
        for a, p in zip(average.parameters(), module.parameters()):
            a.lerp_(p, 1 - momentum)
        for a, b in zip(average.buffers(), module.buffers()):
            a.copy_(b)


# no no_grad/detach: autograd records the update, the average's parameters become part of the module's graph
@wrong("gradient recorded")
def update_average(average, module, momentum):
    m = momentum
    theirs = dict(module.named_parameters())
    for name, a in average.named_parameters():
        a.copy_(m * a + (1 - m) * theirs[name])
    theirs = dict(module.named_buffers())
    for name, a in average.named_buffers():
        if a.is_floating_point():
            a.copy_(m * a + (1 - m) * theirs[name])
        else:
            a.copy_(theirs[name])


@right
def update_average(average, module, momentum):
    old, new = average.state_dict(), module.state_dict()
    average.load_state_dict({name: torch.lerp(new[name], old[name], float(momentum))
                             if old[name].is_floating_point() else new[name]
                             for name in old})


# ---------------------------------------------------------------- moco_loss


@wrong("queue not normalised")  # takes the rows of the queue as they are, without dividing them by their length
def moco_loss(query, key, queue, temperature):
    q = F.normalize(query, dim=1)
    k = F.normalize(key, dim=1).detach()
    l_pos = torch.einsum("nc,nc->n", [q, k]).unsqueeze(-1)
    l_neg = torch.einsum("nc,ck->nk", [q, queue.detach().t()])
    logits = torch.cat([l_pos, l_neg], dim=1) / temperature
    return F.cross_entropy(logits, torch.zeros(logits.shape[0], dtype=torch.long))


@wrong("keys not detached")  # detaches the queue but not the key: gradient flows to key
def moco_loss(query, key, queue, temperature):
    query, key, queue = [F.normalize(x, dim=-1) for x in (query, key, queue)]
    queue = queue.detach()
    pos = (query * key).sum(dim=-1, keepdim=True)
    neg = query @ queue.T
    logits = torch.cat([pos, neg], 1).div(temperature)
    return -logits.log_softmax(1)[:, 0].mean()


# the keys of the other pictures of the batch are negatives too (SimCLR style), N + K candidates
@wrong("negatives from the batch, too")
def moco_loss(query, key, queue, temperature):
    q = F.normalize(query)
    with torch.no_grad():
        candidates = F.normalize(torch.cat([key, queue]))
    return F.cross_entropy(q @ candidates.T / temperature, torch.arange(len(q)))


@wrong("overflow at a low temperature")  # plain exp without logsumexp: overflows to inf/NaN at a low temperature
def moco_loss(query, key, queue, temperature):
    q = query / query.norm(dim=1, keepdim=True)
    k = (key / key.norm(dim=1, keepdim=True)).detach()
    n = (queue / queue.norm(dim=1, keepdim=True)).detach()
    up = torch.exp((q * k).sum(1) / temperature)
    down = up + torch.exp(q @ n.T / temperature).sum(1)
    return (-torch.log(up / down)).mean()


@wrong("positive missing from the denominator")  # the query's own key is missing in the denominator: only the queue is summed
def moco_loss(query, key, queue, temperature):
    q, k, n = F.normalize(query), F.normalize(key).detach(), F.normalize(queue).detach()
    total = 0.0
    for i in range(len(q)):
        pos = q[i] @ k[i] / temperature
        total = total + torch.logsumexp(n @ q[i] / temperature, dim=0) - pos
    return total / len(q)


# puts the positive in the last column but tells cross_entropy that the right answer is column 0: the oldest queue key is the target
@wrong("wrong column as the answer")
def moco_loss(query, key, queue, temperature):
    query = F.normalize(query, dim=1)
    key = F.normalize(key.detach(), dim=1)
    queue = F.normalize(queue.detach(), dim=1)
    negatives = torch.matmul(query, queue.t())
    positives = torch.sum(query * key, dim=1).view(-1, 1)
    logits = torch.hstack([negatives, positives])
    target = torch.zeros(query.size(0)).long()
    return F.cross_entropy(logits / temperature, target)


@right
def moco_loss(query, key, queue, temperature):
    unit = query / torch.linalg.vector_norm(query, dim=1, keepdim=True)
    with torch.no_grad():
        key = key / torch.linalg.vector_norm(key, dim=1, keepdim=True)
        queue = queue / torch.linalg.vector_norm(queue, dim=1, keepdim=True)
    behind = (unit @ queue.T - (unit * key).sum(1)[:, None]) / temperature
    return F.pad(behind, (1, 0)).logsumexp(1).mean()          # log(1 + sum exp(n - k))


# ---------------------------------------------------------------- moco_step


@wrong("queue filled before the loss")  # enqueues the new keys before the loss: the loss sees its own positives among the negatives
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    q = f_q(x_q)
    with torch.no_grad():
        k = f_k(x_k)
    queue = _enqueue(queue, k)
    loss = _loss(q, k, queue, temperature)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    _update(f_k, f_q, momentum)
    return queue


@wrong("average before the optimiser's step")  # moves the key network before the optimiser's step: it follows the old query network
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    queries, keys = f_q(x_q), f_k(x_k).detach()
    loss = _loss(queries, keys, queue, temperature)
    _update(f_k, f_q, momentum)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return _enqueue(queue, keys)


@wrong("zero_grad forgotten")  # forgets zero_grad: gradients of earlier steps add up
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    q = f_q(x_q)
    k = f_k(x_k)
    _loss(q, k, queue, temperature).backward()
    optimizer.step()
    _update(f_k, f_q, momentum)
    return _enqueue(queue, k)


@wrong("keys made anew after the step")  # encodes the keys anew, with the key network after its move, for the queue
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    optimizer.zero_grad()
    loss = _loss(f_q(x_q), f_k(x_k), queue, temperature)
    loss.backward()
    optimizer.step()
    _update(f_k, f_q, momentum)
    with torch.no_grad():
        return _enqueue(queue, f_k(x_k))


@wrong("keys normalised on their way in")  # enqueues normalised keys, not the keys as they are
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    q = F.normalize(f_q(x_q), dim=1)
    with torch.no_grad():
        k = F.normalize(f_k(x_k), dim=1)
    loss = _loss(q, k, queue, temperature)
    optimizer.zero_grad(); loss.backward(); optimizer.step()
    _update(f_k, f_q, momentum)
    return _enqueue(queue, k)


# arguments of update_average the wrong way round: the query network is moved towards the key network
@wrong("the query network follows the key network")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    q = f_q(x_q)
    k = f_k(x_k)
    loss = _loss(q, k, queue, temperature)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    _update(f_q, f_k, momentum)
    return _enqueue(queue, k)


@right
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    keys = []
    def closure():
        optimizer.zero_grad()
        with torch.no_grad():
            keys.append(f_k(x_k))
        loss = _loss(f_q(x_q), keys[-1], queue, temperature)
        loss.backward()
        return loss
    optimizer.step(closure)
    _update(f_k, f_q, momentum)
    return _enqueue(queue, keys[-1])


# ---------------------------------------------------------------- simsiam_loss


@wrong("detach missing")  # no stop-gradient anywhere
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    p0, p1 = h(z0), h(z1)
    return -(F.cosine_similarity(p0, z1).mean() + F.cosine_similarity(p1, z0).mean()) / 2


@wrong("encoder gets no gradient")  # stops z at once, also on its way into the predictor: f gets no gradient
def simsiam_loss(f, h, view0, view1):
    z0 = f(view0).detach()
    z1 = f(view1).detach()
    p0, p1 = h(z0), h(z1)
    D = lambda p, z: -(F.normalize(p, dim=1) * F.normalize(z, dim=1)).sum(dim=1).mean()
    return 0.5 * D(p0, z1) + 0.5 * D(p1, z0)


@wrong("the wrong side detached")  # stops the predictions instead of the targets
def simsiam_loss(f, h, view0, view1):
    def D(p, z):
        p = p.detach()
        return -F.cosine_similarity(p, z, dim=-1).mean()
    z0, z1 = f(view0), f(view1)
    p0, p1 = h(z0), h(z1)
    return D(p0, z1) / 2 + D(p1, z0) / 2


@wrong("a view predicts itself")  # compares each prediction with the projection of its own view, not of the other
def simsiam_loss(f, h, view0, view1):
    total = 0
    for v in (view0, view1):
        z = f(v)
        p = h(z)
        z = z.detach()
        cos = (p * z).sum(1) / (p.norm(dim=1) * z.norm(dim=1))
        total = total - 0.5 * cos.mean()
    return total


@wrong("minus forgotten")  # the minus sign is missing: the loss is the similarity itself and pushes the views apart
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    p0, p1 = h(z0), h(z1)
    crit = torch.nn.CosineSimilarity(dim=1)
    return (crit(p0, z1.detach()).mean() + crit(p1, z0.detach()).mean()) * 0.5


@wrong("both views in one batch")  # sends both views through f (and h) as one batch: batch norm mixes the views
def simsiam_loss(f, h, view0, view1):
    z = f(torch.cat([view0, view1]))
    p = h(z)
    z0, z1 = z.detach().chunk(2)
    p0, p1 = p.chunk(2)
    return -0.5 * (F.cosine_similarity(p0, z1).mean() + F.cosine_similarity(p1, z0).mean())


@right
def simsiam_loss(f, h, view0, view1):
    unit = lambda t: F.normalize(t, dim=1)
    zs = [f(v) for v in (view0, view1)]
    halves = []
    for mine, other in ((0, 1), (1, 0)):
        gap = unit(h(zs[mine])) - unit(zs[other].detach())
        halves.append(gap.pow(2).sum(1).mean() / 2 - 1)        # |a - b|^2 = 2 - 2 cos
    return torch.stack(halves).mean()


# ---------------------------------------------------------------- spread


@wrong("divided by N − 1")  # std with N - 1 (torch's default)
def spread(z):
    return F.normalize(z, dim=1).std(dim=0).mean() * z.shape[1] ** 0.5


@wrong("not normalised")  # does not scale the rows to length 1
def spread(z):
    N, D = z.shape
    mean = z.mean(dim=0)
    std = ((z - mean) ** 2).mean(dim=0).sqrt()
    return std.mean() * D ** 0.5


@wrong("std over the wrong axis")  # std along each row instead of each column
def spread(z):
    z = F.normalize(z, dim=1)
    return z.std(dim=1, correction=0).mean() * z.size(1) ** 0.5


@wrong("√D missing")  # forgets the factor sqrt(D)
def spread(z):
    unit = z / z.norm(dim=1, keepdim=True).clamp(min=1e-12)
    return torch.std(unit, dim=0, unbiased=False).mean()


@wrong("a row of zeros gives NaN")  # divides a row of zeros by its length 0: NaN
def spread(z):
    z = z / z.norm(dim=1, keepdim=True)
    return z.std(0, correction=0).mean() * (z.shape[1] ** 0.5)


# averages the variances and takes the root afterwards, instead of averaging the standard deviations
@wrong("mean before the root")
def spread(z):
    z = torch.nn.functional.normalize(z, dim=-1)
    centred = z - z.mean(0)
    return ((centred ** 2).mean(0).mean() * z.shape[1]).sqrt()


@right
def spread(z):
    import numpy as np
    a = z.detach().cpu().numpy().astype("float64")
    length = np.sqrt((a * a).sum(axis=1, keepdims=True))
    a = a / np.where(length == 0, 1.0, length)
    return float(np.sqrt(a.shape[1]) * a.std(axis=0).mean())
