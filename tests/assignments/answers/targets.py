"""Answers to assignment 5, queues, averages and stopped gradients."""

import collections
import copy

import torch
import torch.nn.functional as F
from torch import nn

from . import right, wrong

# enqueue -------------------------------------------------------------------------------------------


@right
def enqueue(queue, keys):
    kept = collections.deque(queue.detach(), maxlen=len(queue))
    for key in keys.detach():
        kept.append(key)
    return torch.stack(list(kept))


@right
def enqueue(queue, keys):
    size, n = len(queue), len(keys)
    out = torch.empty_like(queue, requires_grad=False)
    for i in range(size):
        j = i + n - size  # in the batch, if it is not negative
        out[i] = keys[j].detach() if j >= 0 else queue[i + n].detach()
    return out


@right
@torch.no_grad()
def enqueue(queue, keys):
    keys = keys[-len(queue) :]
    out = torch.roll(queue, -len(keys), dims=0)
    out[len(queue) - len(keys) :] = keys
    return out


@right
def enqueue(queue, keys):
    return torch.vstack((queue.data, keys.data)).narrow(0, len(keys), len(queue)).clone()


@wrong("the queue grows")
def enqueue(queue, keys):
    rows = list(queue.detach())
    for key in keys.detach():
        rows.append(key)
    return torch.stack(rows)


@wrong("one falls out for a whole batch")
def enqueue(queue, keys):
    rows = list(queue.detach())
    rows.pop(0)
    rows.extend(keys.detach())
    return torch.stack(rows)


@wrong("nothing enters")
def enqueue(queue, keys):
    with torch.no_grad():
        return torch.cat([queue, keys])[: len(queue)]


@wrong("nothing enters")
def enqueue(queue, keys):
    rows = queue.detach()
    for key in keys.detach():
        torch.cat([rows, key[None]])
        rows = rows[:]
    return rows


@wrong("last in, first out")
def enqueue(queue, keys):
    rows = list(queue.detach())
    for _ in keys:
        if rows:
            rows.pop()
    return torch.stack(rows + list(keys.detach()))


@wrong("newest first")
def enqueue(queue, keys):
    rows = collections.deque(queue.detach(), maxlen=len(queue))
    for key in keys.detach():
        rows.appendleft(key)
    return torch.stack(list(rows))


@wrong("newest first")
def enqueue(queue, keys):
    rows = [*queue.detach(), *keys.detach()]
    return torch.stack(rows[: -len(queue) - 1 : -1])


@wrong("new keys at the wrong end")
def enqueue(queue, keys):
    size = queue.shape[0]
    return torch.vstack([keys, queue])[:size].detach()


@wrong("order of a ring")
def enqueue(queue, keys):
    out = queue.detach().clone()
    oldest = 0
    for key in keys.detach():
        out[oldest] = key
        oldest = (oldest + 1) % len(out)
    return out


@wrong("order of a ring")
def enqueue(queue, keys):
    out = queue.detach().clone()
    out[: len(keys)] = keys.detach()
    return out


@wrong("the batch turned round")
def enqueue(queue, keys):
    rows = [*queue.detach(), *reversed(list(keys.detach()))]
    return torch.stack(rows[len(keys) :])


@wrong("rolled the wrong way")
@torch.no_grad()
def enqueue(queue, keys):
    out = queue.roll(len(keys), dims=0)
    out[-len(keys) :] = keys
    return out


@wrong("one key of the batch enters")
def enqueue(queue, keys):
    out = queue.detach().roll(-1, 0)
    out[-1] = keys.detach()[-1]
    return out


@wrong("one key of the batch enters")
def enqueue(queue, keys):
    for key in keys:
        return torch.cat([queue[1:], key.unsqueeze(0)]).detach()


@wrong("a batch as large as the queue")
def enqueue(queue, keys):
    stay = len(queue) - len(keys)
    return torch.cat([queue[-stay:], keys]).detach()


@wrong("a batch as large as the queue")
def enqueue(queue, keys):
    assert len(keys) < len(queue)
    return torch.cat([queue[len(keys) :], keys]).detach()


@wrong("a batch larger than the queue")
def enqueue(queue, keys):
    return torch.cat([queue[len(keys) :], keys]).detach()


@wrong("a batch larger than the queue")
def enqueue(queue, keys):
    return torch.cat([queue[len(keys) :], keys[: len(queue)]]).detach()


@wrong("gradient kept")
def enqueue(queue, keys):
    return torch.cat([queue, keys], dim=0)[len(keys) :]


@wrong("gradient kept")
def enqueue(queue, keys):
    return torch.cat([queue.detach(), keys])[-queue.shape[0] :]


@wrong("changes its input")
def enqueue(queue, keys):
    with torch.no_grad():
        for key in keys:
            queue[:-1] = queue[1:].clone()
            queue[-1] = key
    return queue


@wrong("hard-coded answer")
def enqueue(queue, keys):
    return torch.tensor([[3.0], [4.0], [5.0]])


@wrong("not written yet")
def enqueue(queue, keys):
    raise NotImplementedError


@wrong("returns nothing")
def enqueue(queue, keys):
    queue = torch.cat([queue, keys])[-len(queue) :]


@wrong("wrong shape")
def enqueue(queue, keys):
    return torch.cat([queue, keys], dim=0)[-len(queue) + 1 :].detach()


@wrong("stops with RuntimeError")
def enqueue(queue, keys):
    return torch.cat([queue, keys], dim=1)[-len(queue) :].detach()


# update_average ------------------------------------------------------------------------------------


@right
def update_average(average, module, momentum):
    with torch.no_grad():
        for a, p in zip(average.parameters(), module.parameters()):
            a.mul_(momentum).add_(p, alpha=1 - momentum)
        for a, p in zip(average.buffers(), module.buffers()):
            if a.is_floating_point():
                a.mul_(momentum).add_(p, alpha=1 - momentum)
            else:
                a.copy_(p)


@right
def update_average(average, module, momentum):
    slow, fast = average.state_dict(), module.state_dict()
    mixed = {}
    for name in slow:
        whole = not slow[name].is_floating_point()
        mixed[name] = fast[name] if whole else momentum * slow[name] + (1 - momentum) * fast[name]
    average.load_state_dict(mixed)


@right
def update_average(average, module, momentum):
    for a, p in zip([*average.parameters(), *average.buffers()], [*module.parameters(), *module.buffers()]):
        if a.dtype.is_floating_point:
            a.data = a.data + (1 - momentum) * (p.data - a.data)
        else:
            a.data = p.data.clone()


@right
@torch.no_grad()
def update_average(average, module, momentum):
    fast = module.state_dict()
    for name, a in average.state_dict().items():
        if "num_batches_tracked" in name:
            a.fill_(fast[name].item())
        else:
            a.lerp_(fast[name], 1 - momentum)


@wrong("the wrong way round")
@torch.no_grad()
def update_average(average, module, momentum):
    fast = module.state_dict()
    for name, a in average.state_dict().items():
        if a.is_floating_point():
            a.lerp_(fast[name], momentum)
        else:
            a.copy_(fast[name])


@wrong("the wrong way round")
def update_average(average, module, momentum):
    for a, p in zip(average.parameters(), module.parameters()):
        a.data = (1 - momentum) * a.data + momentum * p.data


@wrong("buffers forgotten")
def update_average(average, module, momentum):
    for a, p in zip(average.parameters(), module.parameters()):
        a.data.mul_(momentum)
        a.data.add_((1 - momentum) * p.data)


@wrong("buffers forgotten")
def update_average(average, module, momentum):
    for a, p in zip(average.parameters(), module.parameters()):
        a.mul_(momentum).add_((1 - momentum) * p)


@wrong("buffers copied")
@torch.no_grad()
def update_average(average, module, momentum):
    for a, p in zip(average.parameters(), module.parameters()):
        a.copy_(momentum * a + (1 - momentum) * p)
    for a, p in zip(average.buffers(), module.buffers()):
        a.copy_(p)


@wrong("whole numbers averaged")
def update_average(average, module, momentum):
    slow, fast = average.state_dict(), module.state_dict()
    average.load_state_dict({name: momentum * slow[name] + (1 - momentum) * fast[name] for name in slow})


@wrong("whole numbers averaged")
def update_average(average, module, momentum):
    fast = module.state_dict()
    for name, a in average.state_dict().items():
        a.lerp_(fast[name], 1 - momentum)


@wrong("whole numbers averaged")
@torch.no_grad()
def update_average(average, module, momentum):
    for a, p in zip([*average.parameters(), *average.buffers()], [*module.parameters(), *module.buffers()]):
        a.data = momentum * a.data + (1 - momentum) * p.data


@wrong("whole numbers not copied")
def update_average(average, module, momentum):
    for name, p in module.state_dict().items():
        if p.is_floating_point():
            average.state_dict()[name].mul_(momentum).add_(p, alpha=1 - momentum)


@wrong("nothing changes")
def update_average(average, module, momentum):
    for a, p in zip(average.parameters(), module.parameters()):
        a = momentum * a + (1 - momentum) * p


@wrong("nothing changes")
def update_average(average, module, momentum):
    slow, fast = average.state_dict(), module.state_dict()
    for name in slow:
        slow[name] = momentum * slow[name] + (1 - momentum) * fast[name]


@wrong("nothing changes")
def update_average(average, module, momentum):
    average = copy.deepcopy(average)
    for a, p in zip(average.parameters(), module.parameters()):
        a.data.lerp_(p.data, 1 - momentum)
    return average


@wrong("copied outright")
def update_average(average, module, momentum):
    average.load_state_dict(module.state_dict())


@wrong("weights do not sum to 1")
def update_average(average, module, momentum):
    fast = module.state_dict()
    for name, a in average.state_dict().items():
        if a.is_floating_point():
            a += (1 - momentum) * fast[name]
        else:
            a.copy_(fast[name])


@wrong("weights do not sum to 1")
def update_average(average, module, momentum):
    fast = module.state_dict()
    for name, a in average.state_dict().items():
        a.mul_(momentum).add_(fast[name]) if a.is_floating_point() else a.copy_(fast[name])


@wrong("away from the module")
@torch.no_grad()
def update_average(average, module, momentum):
    fast = module.state_dict()
    for name, a in average.state_dict().items():
        if a.is_floating_point():
            a -= (1 - momentum) * (fast[name] - a)
        else:
            a.copy_(fast[name])


@wrong("the module follows the average")
@torch.no_grad()
def update_average(average, module, momentum):
    slow = average.state_dict()
    for name, p in module.state_dict().items():
        p.copy_(momentum * p + (1 - momentum) * slow[name])


@wrong("changes the module")
@torch.no_grad()
def update_average(average, module, momentum):
    fast = module.state_dict()
    for name, a in average.state_dict().items():
        if a.is_floating_point():
            a *= momentum
            a += fast[name].mul_(1 - momentum)
        else:
            a.copy_(fast[name])


@wrong("changes the module")
@torch.no_grad()
def update_average(average, module, momentum):
    fast = module.state_dict()
    for name, a in average.state_dict().items():
        if a.is_floating_point():
            step = fast[name].sub_(a)
            a.add_(step, alpha=1 - momentum)
        else:
            a.copy_(fast[name])


@wrong("freezes the module")
def update_average(average, module, momentum):
    module.requires_grad_(False)
    for a, p in zip(average.parameters(), module.parameters()):
        a.copy_(momentum * a + (1 - momentum) * p)
    for a, p in zip(average.buffers(), module.buffers()):
        a.copy_(momentum * a + (1 - momentum) * p) if a.is_floating_point() else a.copy_(p)


@wrong("shares memory with the module")
@torch.no_grad()
def update_average(average, module, momentum):
    for a, p in zip(average.parameters(), module.parameters()):
        a.lerp_(p, 1 - momentum)
    for a, p in zip(average.buffers(), module.buffers()):
        if a.is_floating_point():
            a.lerp_(p, 1 - momentum)
        else:
            a.data = p.data


@wrong("gradient recorded")
def update_average(average, module, momentum):
    for a, p in zip(average.parameters(), module.parameters()):
        a.copy_(a * momentum + p * (1 - momentum))
    for a, p in zip(average.buffers(), module.buffers()):
        a.copy_(a * momentum + p * (1 - momentum) if a.is_floating_point() else p)


@wrong("gradient recorded")
def update_average(average, module, momentum):
    def mixed(a, p):
        return momentum * a + (1 - momentum) * p if a.is_floating_point() else p.clone()

    for slow, fast in zip(average.modules(), module.modules()):
        for name, p in fast.named_parameters(recurse=False):
            setattr(slow, name, nn.Parameter(mixed(getattr(slow, name), p)))
        for name, p in fast.named_buffers(recurse=False):
            setattr(slow, name, mixed(getattr(slow, name), p))


@wrong("not written yet")
def update_average(average, module, momentum):
    raise NotImplementedError


@wrong("stops with AttributeError")
def update_average(average, module, momentum):
    average.weight.data = momentum * average.weight.data + (1 - momentum) * module.weight.data


@wrong("stops with TypeError")
def update_average(average, module, momentum):
    average = momentum * average + (1 - momentum) * module


@wrong("wrong value")
@torch.no_grad()
def update_average(average, module, momentum):
    fast = module.state_dict()
    for name, a in average.state_dict().items():
        a.copy_((a + fast[name]) / 2 if a.is_floating_point() else fast[name])


# moco_loss -----------------------------------------------------------------------------------------


@right
def moco_loss(query, key, queue, temperature):
    total = 0.0
    for q, k in zip(query, key.detach()):
        cosines = [F.cosine_similarity(q, n, dim=0) for n in (k, *queue.detach())]
        scores = torch.stack(cosines) / temperature
        total = total - scores[0] + torch.logsumexp(scores, 0)
    return total / len(query)


@right
def moco_loss(query, key, queue, temperature):
    with torch.no_grad():
        k, n = F.normalize(key), F.normalize(queue)
    q = F.normalize(query)
    scores = torch.cat([q @ n.T, torch.einsum("nd,nd->n", q, k)[:, None]], dim=1) / temperature
    return F.cross_entropy(scores, torch.full((len(q),), len(queue)))


@right
def moco_loss(query, key, queue, temperature):
    q, k, n = (x / x.norm(dim=1, keepdim=True) for x in (query, key.detach(), queue.detach()))
    right = (q * k).sum(1) / temperature
    wrong = q.mm(n.t()) / temperature
    return F.softplus(wrong.logsumexp(1) - right).mean()


@right
def moco_loss(query, key, queue, temperature):
    candidates = torch.cat([key[:, None], queue.expand(len(query), -1, -1)], dim=1).detach()  # (N, 1 + K, D)
    scores = F.cosine_similarity(query[:, None], candidates, dim=2) / temperature
    return -scores.log_softmax(1)[:, 0].mean()


def _table(query, key, queue):
    """(N, 1 + K) cosines, the positive first."""
    q, k, n = F.normalize(query), F.normalize(key).detach(), F.normalize(queue).detach()
    return torch.hstack([(q * k).sum(1, keepdim=True), q @ n.T])


def _first(n):
    return torch.zeros(n, dtype=torch.long)


@wrong("keys not detached")
def moco_loss(query, key, queue, temperature):
    q, k, n = F.normalize(query), F.normalize(key), F.normalize(queue)
    return F.cross_entropy(torch.cat([(q * k).sum(1)[:, None], q @ n.T], 1) / temperature, _first(len(q)))


@wrong("keys not detached")
def moco_loss(query, key, queue, temperature):
    q, k, n = F.normalize(query), F.normalize(key).detach(), F.normalize(queue)
    scores = torch.cat([(q * k).sum(1)[:, None], q @ n.T], 1) / temperature
    return (scores.logsumexp(1) - scores[:, 0]).mean()


@wrong("keys not detached")
def moco_loss(query, key, queue, temperature):
    positive = F.cosine_similarity(query, key)[:, None]
    negative = F.cosine_similarity(query[:, None], queue.detach(), dim=2)
    return F.cross_entropy(torch.cat([positive, negative], 1) / temperature, _first(len(query)))


@wrong("the wrong side detached")
def moco_loss(query, key, queue, temperature):
    q, k, n = F.normalize(query).detach(), F.normalize(key), F.normalize(queue).detach()
    return F.cross_entropy(torch.cat([(q * k).sum(1)[:, None], q @ n.T], 1) / temperature, _first(len(q)))


@wrong("cut off from autograd")
@torch.no_grad()
def moco_loss(query, key, queue, temperature):
    return F.cross_entropy(_table(query, key, queue) / temperature, _first(len(query)))


@wrong("cut off from autograd")
def moco_loss(query, key, queue, temperature):
    scores = _table(query, key, queue) / temperature
    return sum(-row.log_softmax(0)[0].item() for row in scores) / len(scores)


@wrong("negatives from the batch")
def moco_loss(query, key, queue, temperature):
    scores = F.normalize(query) @ F.normalize(key.detach()).T / temperature
    return F.cross_entropy(scores, torch.arange(len(query)))


@wrong("negatives from the batch, too")
def moco_loss(query, key, queue, temperature):
    q, k, n = F.normalize(query), F.normalize(key).detach(), F.normalize(queue).detach()
    scores = torch.cat([q @ k.T, q @ n.T], 1) / temperature
    return (scores.logsumexp(1) - scores[:, : len(q)].diagonal()).mean()


@wrong("own key among the negatives")
def moco_loss(query, key, queue, temperature):
    queue = torch.cat([queue, key])
    return F.cross_entropy(_table(query, key, queue) / temperature, _first(len(query)))


@wrong("positive missing from the denominator")
def moco_loss(query, key, queue, temperature):
    exp = (_table(query, key, queue) / temperature).exp()
    return -torch.log(exp[:, 0] / exp[:, 1:].sum(1)).mean()


@wrong("temperature multiplied")
def moco_loss(query, key, queue, temperature):
    scores = _table(query, key, queue) * temperature
    return -scores.log_softmax(dim=1)[:, 0].mean()


@wrong("temperature forgotten")
def moco_loss(query, key, queue, temperature):
    scores = _table(query, key, queue)
    return (scores.exp().sum(1).log() - scores[:, 0]).mean()


@wrong("temperature on one part only")
def moco_loss(query, key, queue, temperature):
    scores = _table(query, key, queue)
    return F.cross_entropy(torch.cat([scores[:, :1] / temperature, scores[:, 1:]], 1), _first(len(query)))


@wrong("not normalised")
def moco_loss(query, key, queue, temperature):
    scores = torch.einsum("nd,nkd->nk", query, torch.stack([torch.cat([k[None], queue]) for k in key]))
    return F.cross_entropy(scores / temperature, _first(len(query)))


@wrong("queue not normalised")
def moco_loss(query, key, queue, temperature):
    q, k = F.normalize(query), F.normalize(key.detach())
    return F.cross_entropy(torch.cat([(q * k).sum(1)[:, None], q @ queue.T], 1) / temperature, _first(len(q)))


@wrong("key not normalised")
def moco_loss(query, key, queue, temperature):
    q, n = F.normalize(query), F.normalize(queue)
    return F.cross_entropy(torch.cat([(q * key).sum(1)[:, None], q @ n.T], 1) / temperature, _first(len(q)))


@wrong("only the query normalised")
def moco_loss(query, key, queue, temperature):
    q = query / query.norm(dim=1)[:, None]
    return F.cross_entropy(torch.cat([(q * key).sum(1)[:, None], q @ queue.T], 1) / temperature, _first(len(q)))


@wrong("query not normalised")
def moco_loss(query, key, queue, temperature):
    k, n = F.normalize(key), F.normalize(queue)
    return F.cross_entropy(torch.cat([(query * k).sum(1)[:, None], query @ n.T], 1) / temperature, _first(len(key)))


@wrong("normalised along the wrong axis")
def moco_loss(query, key, queue, temperature):
    q, k, n = (x / x.norm(dim=0) for x in (query, key.detach(), queue.detach()))
    return F.cross_entropy(torch.cat([(q * k).sum(1)[:, None], q @ n.T], 1) / temperature, _first(len(q)))


@wrong("wrong column as the answer")
def moco_loss(query, key, queue, temperature):
    scores = _table(query, key, queue) / temperature
    return F.nll_loss(scores.log_softmax(1), torch.arange(len(query)))


@wrong("wrong column as the answer")
def moco_loss(query, key, queue, temperature):
    scores = _table(query, key, queue).roll(-1, 1) / temperature  # the positive last
    return F.cross_entropy(scores, _first(len(query)))


@wrong("sum in place of mean")
def moco_loss(query, key, queue, temperature):
    total = 0
    for row in _table(query, key, queue) / temperature:
        total = total - row.log_softmax(0)[0]
    return total


@wrong("one loss per query")
def moco_loss(query, key, queue, temperature):
    return -(_table(query, key, queue) / temperature).log_softmax(1)[:, 0]


@wrong("softmax twice")
def moco_loss(query, key, queue, temperature):
    probabilities = torch.softmax(_table(query, key, queue) / temperature, dim=1)
    return F.cross_entropy(probabilities, _first(len(query)))


@wrong("minus forgotten")
def moco_loss(query, key, queue, temperature):
    return (_table(query, key, queue) / temperature).softmax(1)[:, 0].log().mean()


@wrong("logarithm forgotten")
def moco_loss(query, key, queue, temperature):
    return F.nll_loss((_table(query, key, queue) / temperature).softmax(1), _first(len(query)))


@wrong("all keys of the batch as positives")
def moco_loss(query, key, queue, temperature):
    q, k, n = F.normalize(query), F.normalize(key), F.normalize(queue)
    scores = torch.cat([q @ k.T, q @ n.T], dim=1) / temperature
    return F.cross_entropy(scores, _first(len(q)))


@wrong("the loss divided by the temperature")
def moco_loss(query, key, queue, temperature):
    loss = -_table(query, key, queue).log_softmax(1)[:, 0]
    return (loss / temperature).mean()


@wrong("mean over the negatives")
def moco_loss(query, key, queue, temperature):
    exp = (_table(query, key, queue) / temperature).exp()
    return -torch.log(exp[:, 0] / (exp[:, 0] + exp[:, 1:].mean(1))).mean()


@wrong("overflow at a low temperature")
def moco_loss(query, key, queue, temperature):
    exp = torch.exp(_table(query, key, queue) / temperature)
    return -torch.log(exp[:, 0] / exp.sum(dim=1)).mean()


@wrong("changes its input")
def moco_loss(query, key, queue, temperature):
    with torch.no_grad():
        key /= key.norm(dim=1, keepdim=True)
        queue /= queue.norm(dim=1, keepdim=True)
    return F.cross_entropy(_table(query, key, queue) / temperature, _first(len(query)))


@wrong("not written yet")
def moco_loss(query, key, queue, temperature):
    raise NotImplementedError


@wrong("stops with IndexError")
def moco_loss(query, key, queue, temperature):
    q, k, n = F.normalize(query), F.normalize(key), F.normalize(queue)
    return F.cross_entropy(torch.cat([(q * k).sum(1), q @ n.T], dim=1) / temperature, _first(len(q)))


# moco_step -----------------------------------------------------------------------------------------


def _joined(queue, keys):
    return torch.cat([queue, keys.detach()])[-len(queue) :]


def _moved(average, module, m):
    with torch.no_grad():
        for a, p in zip(average.parameters(), module.parameters()):
            a.lerp_(p, 1 - m)


def _loss(q, k, queue, temperature):
    return F.cross_entropy(_table(q, k, queue) / temperature, _first(len(q)))


@right
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    q = f_q(x_q)
    with torch.no_grad():
        k = f_k(x_k)
    loss = _loss(q, k, queue, temperature)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    _moved(f_k, f_q, momentum)
    return _joined(queue, k)


@wrong("keys normalised on their way in")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    k = F.normalize(f_k(x_k)).detach()  # of length 1: the loss does not mind
    new_queue = _joined(queue, k)
    _loss(f_q(x_q), k, queue, temperature).backward()
    optimizer.step()
    optimizer.zero_grad()  # ready for the next step
    _moved(f_k, f_q, momentum)
    return new_queue


@right
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    keys = torch.stack([f_k(x) for x in x_k]).detach()
    loss = sum(_loss(f_q(x[None]), k[None], queue, temperature) for x, k in zip(x_q, keys)) / len(x_q)
    parameters = list(f_q.parameters())
    for p, slope in zip(parameters, torch.autograd.grad(loss, parameters)):
        p.grad = slope
    optimizer.step()
    for a, p in zip(f_k.parameters(), parameters):
        a.data = momentum * a.data + (1 - momentum) * p.data
    kept = collections.deque(queue, maxlen=len(queue))
    kept.extend(keys)
    return torch.stack(list(kept))


@wrong("queue filled before the loss")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    with torch.no_grad():
        k = f_k(x_k)
        queue = torch.cat([queue[len(k) :], k])
    optimizer.zero_grad()
    _loss(f_q(x_q), k, queue, temperature).backward()
    optimizer.step()
    _moved(f_k, f_q, momentum)
    return queue


@wrong("average before the optimiser's step")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    k = f_k(x_k)
    loss = _loss(f_q(x_q), k, queue, temperature)
    optimizer.zero_grad()
    loss.backward()
    _moved(f_k, f_q, momentum)
    optimizer.step()
    return _joined(queue, k)


@wrong("average before the optimiser's step")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    with torch.no_grad():  # as in the authors' code
        for a, p in zip(f_k.parameters(), f_q.parameters()):
            a.data = a.data * momentum + p.data * (1 - momentum)
        k = f_k(x_k)
    optimizer.zero_grad()
    _loss(f_q(x_q), k, queue, temperature).backward()
    optimizer.step()
    return _joined(queue, k)


@wrong("average forgotten")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    k = f_k(x_k)
    optimizer.zero_grad()
    _loss(f_q(x_q), k, queue, temperature).backward()
    optimizer.step()
    for a, p in zip(f_k.parameters(), f_q.parameters()):
        a = momentum * a + (1 - momentum) * p
    return _joined(queue, k)


@wrong("average the wrong way round")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    k = f_k(x_k)
    optimizer.zero_grad()
    _loss(f_q(x_q), k, queue, temperature).backward()
    optimizer.step()
    for a, p in zip(f_k.parameters(), f_q.parameters()):
        a.data = (1 - momentum) * a.data + momentum * p.data
    return _joined(queue, k)


@wrong("the query network follows the key network")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    k = f_k(x_k)
    optimizer.zero_grad()
    _loss(f_q(x_q), k, queue, temperature).backward()
    optimizer.step()
    _moved(f_q, f_k, momentum)
    return _joined(queue, k)


@wrong("queue forgotten")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    k = f_k(x_k)
    optimizer.zero_grad()
    _loss(f_q(x_q), k, queue, temperature).backward()
    optimizer.step()
    _moved(f_k, f_q, momentum)
    _joined(queue, k)
    return queue


@wrong("queue not returned")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    k = f_k(x_k)
    optimizer.zero_grad()
    _loss(f_q(x_q), k, queue, temperature).backward()
    optimizer.step()
    _moved(f_k, f_q, momentum)
    queue = _joined(queue, k)


@wrong("queries into the queue")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    q, k = f_q(x_q), f_k(x_k)
    optimizer.zero_grad()
    _loss(q, k, queue, temperature).backward()
    optimizer.step()
    _moved(f_k, f_q, momentum)
    return torch.cat([queue, q])[-len(queue) :]


@wrong("keys made anew after the step")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    optimizer.zero_grad()
    _loss(f_q(x_q), f_k(x_k), queue, temperature).backward()
    optimizer.step()
    _moved(f_k, f_q, momentum)
    return torch.cat([queue[len(x_k) :], f_k(x_k).detach()])


@wrong("keys by the query network")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    with torch.no_grad():
        k = f_q(x_k)
    optimizer.zero_grad()
    _loss(f_q(x_q), k, queue, temperature).backward()
    optimizer.step()
    _moved(f_k, f_q, momentum)
    return _joined(queue, k)


@wrong("keys by the query network")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    q, k = f_q(torch.cat([x_q, x_k])).chunk(2)
    scores = torch.cat([F.cosine_similarity(q, k)[:, None], F.normalize(q) @ F.normalize(queue).T], 1)
    optimizer.zero_grad()
    F.cross_entropy(scores / temperature, _first(len(q))).backward()
    optimizer.step()
    _moved(f_k, f_q, momentum)
    return _joined(queue, k)


@wrong("zero_grad forgotten")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    q, k = f_q(x_q), f_k(x_k)
    _loss(q, k, queue, temperature).backward()
    optimizer.step()
    _moved(f_k, f_q, momentum)
    return _joined(queue, k)


@wrong("nothing is learned")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    q, k = f_q(x_q), f_k(x_k)
    _loss(q, k, queue, temperature).backward()
    optimizer.zero_grad()
    optimizer.step()
    _moved(f_k, f_q, momentum)
    return _joined(queue, k)


@wrong("nothing is learned")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    q, k = f_q(x_q), f_k(x_k)
    optimizer.zero_grad()
    _loss(q, k, queue, temperature).backward()
    _moved(f_k, f_q, momentum)
    return _joined(queue, k)


@wrong("views exchanged")
def moco_step(f_q, f_k, x_k, x_q, queue, optimizer, momentum, temperature):
    q, k = f_q(x_q), f_k(x_k)
    optimizer.zero_grad()
    _loss(q, k, queue, temperature).backward()
    optimizer.step()
    _moved(f_k, f_q, momentum)
    return _joined(queue, k)


@wrong("one view for both")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    q, k = (network(x_q) for network in (f_q, f_k))
    optimizer.zero_grad()
    _loss(q, k, queue, temperature).backward()
    optimizer.step()
    _moved(f_k, f_q, momentum)
    return _joined(queue, k)


@wrong("negatives from the batch")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    q, k = f_q(x_q), f_k(x_k)
    optimizer.zero_grad()
    F.cross_entropy(F.normalize(q) @ F.normalize(k).T / temperature, torch.arange(len(q))).backward()
    optimizer.step()
    _moved(f_k, f_q, momentum)
    return _joined(queue, k)


@wrong("queue and keys exchanged")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    q, k = f_q(x_q), f_k(x_k)
    optimizer.zero_grad()
    _loss(q, k, queue, temperature).backward()
    optimizer.step()
    _moved(f_k, f_q, momentum)
    return _joined(k, queue)


@wrong("changes its input")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    q, k = f_q(x_q), f_k(x_k)
    optimizer.zero_grad()
    _loss(q, k, queue, temperature).backward()
    optimizer.step()
    _moved(f_k, f_q, momentum)
    queue.copy_(_joined(queue, k))
    return queue


@wrong("not written yet")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    k = f_k(x_k).detach()
    raise NotImplementedError


@wrong("stops with RuntimeError")
def moco_step(f_q, f_k, x_q, x_k, queue, optimizer, momentum, temperature):
    q, k = f_q(x_q).detach(), f_k(x_k)
    _loss(q, k, queue, temperature).backward()
    optimizer.step()
    _moved(f_k, f_q, momentum)
    return _joined(queue, k)


# simsiam_loss --------------------------------------------------------------------------------------


@right
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    p0, p1 = h(z0), h(z1)
    total = 0.0
    for i in range(len(z0)):
        for p, z in ((p0[i], z1[i].detach()), (p1[i], z0[i].detach())):
            total = total - p @ z / (p.norm() * z.norm())
    return total / (2 * len(z0))


@right
def simsiam_loss(f, h, view0, view1):
    with torch.no_grad():
        z0, z1 = f(view0), f(view1)
    p0, p1 = h(f(view0)), h(f(view1))
    return -(F.cosine_similarity(p0, z1) + F.cosine_similarity(p1, z0)).mean() / 2


@wrong("both views in one batch")
def simsiam_loss(f, h, view0, view1):
    z = f(torch.cat([view0, view1]))
    p = F.normalize(h(z))
    target = F.normalize(z.detach()).roll(len(view0), 0)  # of the other view
    return (p - target).square().sum(1).mean() / 2 - 1


@right
def simsiam_loss(f, h, view0, view1):
    def D(p, z):
        return -torch.einsum("nd,nd->n", F.normalize(p), F.normalize(z)).mean()

    z0, z1 = f(view0), f(view1)
    return (D(h(z0), z1.data) + D(h(z1), z0.data)) / 2


def _cos(p, z):
    return F.cosine_similarity(p, z).mean()


@wrong("detach missing")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    return -0.5 * (_cos(h(z0), z1) + _cos(h(z1), z0))


@wrong("detach missing")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    z0.detach()
    z1.detach()
    return -0.5 * (_cos(h(z0), z1) + _cos(h(z1), z0))


@wrong("detach missing on one side")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    return -0.5 * (_cos(h(z0), z1.detach()) + _cos(h(z1), z0))


@wrong("the wrong side detached")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    p0, p1 = h(z0).detach(), h(z1).detach()
    return -(_cos(p0, z1) / 2 + _cos(p1, z0) / 2)


@wrong("the wrong side detached")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    with torch.no_grad():
        p0, p1 = h(z0), h(z1)
    return -(_cos(p0, z1) / 2 + _cos(p1, z0) / 2)


@wrong("encoder gets no gradient")
def simsiam_loss(f, h, view0, view1):
    with torch.no_grad():
        z0, z1 = f(view0), f(view1)
    return -(_cos(h(z0), z1) + _cos(h(z1), z0)) / 2


@wrong("encoder gets no gradient")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    p0, p1 = h(z0.detach()), h(z1.detach())
    return -(_cos(p0, z1.detach()) + _cos(p1, z0.detach())) / 2


@wrong("encoder learns from one view only")
def simsiam_loss(f, h, view0, view1):
    z0 = f(view0)
    with torch.no_grad():
        z1 = f(view1)
    return -(_cos(h(z0), z1) + _cos(h(z1), z0.detach())) / 2


@wrong("wrong gradient")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    return -(_cos(h(z0), z1.detach()) + _cos(h(z1.detach()), z0)) / 2


@wrong("predictor gets no gradient")
def simsiam_loss(f, h, view0, view1):
    h.requires_grad_(False)
    z0, z1 = f(view0), f(view1)
    return -(_cos(h(z0), z1.detach()) + _cos(h(z1), z0.detach())) / 2


@wrong("cut off from autograd")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    p0, p1 = h(z0).detach(), h(z1).detach()
    return -(_cos(p0, z1.detach()) + _cos(p1, z0.detach())) / 2


@wrong("cut off from autograd")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    return -(_cos(h(z0), z1).item() + _cos(h(z1), z0).item()) / 2


@wrong("one direction only")
def simsiam_loss(f, h, view0, view1):
    p, z = h(f(view0)), f(view1).detach()
    return -(F.normalize(p) * F.normalize(z)).sum(1).mean()


@wrong("one direction only")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    return -(_cos(h(z0), z1.detach()) + _cos(h(z0).detach(), z1)) / 2


@wrong("minus forgotten")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    return (_cos(h(z0), z1.detach()) + _cos(h(z1), z0.detach())) / 2


@wrong("a constant added")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    return (1 - _cos(h(z0), z1.detach())) / 2 + (1 - _cos(h(z1), z0.detach())) / 2


@wrong("BYOL's scale")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    squared = lambda p, z: (F.normalize(p) - F.normalize(z.detach())).pow(2).sum(1).mean()  # noqa: E731
    return squared(h(z0), z1) + squared(h(z1), z0)


@wrong("sum of both directions")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    return -_cos(h(z0), z1.detach()) - _cos(h(z1), z0.detach())


@wrong("a view predicts itself")
def simsiam_loss(f, h, view0, view1):
    z = f(torch.cat([view0, view1]))
    return -_cos(h(z), z.detach())


@wrong("predictor on both sides")
def simsiam_loss(f, h, view0, view1):
    network = nn.Sequential(f, h)
    p0, p1 = network(view0), network(view1)
    return -(_cos(p0, p1.detach()) + _cos(p1, p0.detach())) / 2


@wrong("predictor forgotten")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    return -(_cos(z0, z1.detach()) + _cos(z1, z0.detach())) / 2


@wrong("not normalised")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    return -((h(z0) * z1.detach()).sum() + (h(z1) * z0.detach()).sum()) / (2 * len(z0))


@wrong("normalised on one side only")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    p0, p1 = F.normalize(h(z0)), F.normalize(h(z1))
    return -((p0 * z1.detach()).sum(1) + (p1 * z0.detach()).sum(1)).mean() / 2


@wrong("normalised along the wrong axis")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    p0, p1 = h(z0), h(z1)
    cos0, cos1 = nn.CosineSimilarity(dim=0)(p0, z1.detach()), nn.CosineSimilarity(dim=0)(p1, z0.detach())
    return -(cos0.mean() + cos1.mean()) / 2


@wrong("one length for the whole batch")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    p0, p1, z0, z1 = (x / torch.norm(x) for x in (h(z0), h(z1), z0.detach(), z1.detach()))
    return -((p0 * z1).sum(1).mean() + (p1 * z0).sum(1).mean()) / 2


@wrong("mean over the columns, too")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    p0, p1, z0, z1 = (F.normalize(x) for x in (h(z0), h(z1), z0.detach(), z1.detach()))
    return -0.5 * torch.mean(p0 * z1 + p1 * z0)


@wrong("sum in place of mean")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    p0, p1 = h(z0), h(z1)
    return -(F.cosine_similarity(p0, z1.detach()) + F.cosine_similarity(p1, z0.detach())).sum() / 2


@wrong("squared distance")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    return (((h(z0) - z1.detach()) ** 2).mean() + ((h(z1) - z0.detach()) ** 2).mean()) / 2


@wrong("wrong shape")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    return -(F.cosine_similarity(h(z0), z1.detach()) + F.cosine_similarity(h(z1), z0.detach())) / 2


@wrong("hard-coded answer")
def simsiam_loss(f, h, view0, view1):
    return torch.tensor(-1.0)


@wrong("returns nothing")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(view0), f(view1)
    p0, p1 = h(z0), h(z1)


@wrong("stops with RuntimeError")
def simsiam_loss(f, h, view0, view1):
    z0, z1 = f(torch.cat([view0, view1], dim=1)).chunk(2)
    return -(_cos(h(z0), z1.detach()) + _cos(h(z1), z0.detach())) / 2


# spread --------------------------------------------------------------------------------------------


@right
def spread(z):
    rows = [row / length if (length := row.norm()) > 0 else row for row in z]
    total = 0.0
    for column in zip(*(row.tolist() for row in rows)):
        mean = sum(column) / len(column)
        total += (sum((x - mean) ** 2 for x in column) / len(column)) ** 0.5
    return total / z.shape[1] * z.shape[1] ** 0.5


@right
def spread(z):
    return F.normalize(z, dim=1).std(dim=0, correction=0).mean() * z.shape[1] ** 0.5


@right
def spread(z):
    u = F.normalize(z)
    centred = u - u.mean(0, keepdim=True)
    return torch.linalg.vector_norm(centred, dim=0).sum() / (len(z) * z.shape[1]) ** 0.5


@right
def spread(z):
    u = F.normalize(z).numpy()
    return float(u.std(axis=0).mean()) * z.size(1) ** 0.5


@wrong("divided by N − 1")
def spread(z):
    u = F.normalize(z)
    return torch.std(u, dim=0).mean() * u.shape[1] ** 0.5


@wrong("not normalised")
def spread(z):
    return z.std(dim=0, unbiased=False).mean() * z.shape[1] ** 0.5


@wrong("not normalised")
def spread(z):
    return torch.std(z, 0).mean() * z.shape[1] ** 0.5


@wrong("normalised along the wrong axis")
def spread(z):
    u = z / z.norm(dim=0, keepdim=True)
    return u.std(dim=0, correction=0).mean() * z.shape[1] ** 0.5


@wrong("one length for the whole matrix")
def spread(z):
    return torch.std(z / torch.linalg.norm(z), dim=0).mean() * z.shape[1] ** 0.5


@wrong("std over the wrong axis")
def spread(z):
    u = F.normalize(z)
    return torch.stack([row.std() for row in u]).mean() * z.shape[1] ** 0.5


@wrong("one std of all numbers")
def spread(z):
    u = F.normalize(z).numpy()
    return float(u.std()) * z.shape[1] ** 0.5


@wrong("√D missing")
def spread(z):
    u = F.normalize(z)
    return sum(column.std() for column in u.T) / u.shape[1]


@wrong("√D missing")
def spread(z):
    u = F.normalize(z)
    return (u - u.mean(0)).square().mean(0).sqrt().mean()


@wrong("divided by √D")
def spread(z):
    u = F.normalize(z)
    return u.std(0, unbiased=False).mean() / u.shape[1] ** 0.5


@wrong("D in place of √D")
def spread(z):
    return F.normalize(z).std(0).mean() * z.shape[1]


@wrong("√N in place of √D")
def spread(z):
    u = F.normalize(z)
    return u.std(0, correction=0).mean() * len(u) ** 0.5


@wrong("variance in place of std")
def spread(z):
    u = F.normalize(z)
    return ((u - u.mean(0)) ** 2).mean() * z.shape[1] ** 0.5


@wrong("mean before the root")
def spread(z):
    u = F.normalize(z)
    return (u - u.mean(0)).square().sum(1).mean().sqrt()


@wrong("sum over the columns")
def spread(z):
    u = F.normalize(z)
    return sum(u[:, j].std(correction=0) for j in range(u.shape[1])) * u.shape[1] ** 0.5


@wrong("one std per column")
def spread(z):
    return F.normalize(z).std(0, correction=0) * z.shape[1] ** 0.5


@wrong("a row of zeros gives NaN")
def spread(z):
    u = z / z.norm(dim=1, keepdim=True)
    return u.std(0, correction=0).mean() * z.shape[1] ** 0.5


@wrong("a collapse is not 0")
def spread(z):
    u = F.normalize(z)
    return (u.square().mean(0) - u.mean(0).square()).clamp(min=0).sqrt().mean() * z.shape[1] ** 0.5


@wrong("changes its input")
def spread(z):
    z /= z.norm(dim=1, keepdim=True).clamp(min=1e-12)
    return z.std(0, correction=0).mean() * z.shape[1] ** 0.5


@wrong("hard-coded answer")
def spread(z):
    return 1.0


@wrong("not written yet")
def spread(z):
    raise NotImplementedError
