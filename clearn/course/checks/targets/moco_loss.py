"""InfoNCE of queries against their keys and a queue."""

import torch
import torch.nn.functional as F

from clearn.course.checks.exercise import Case, Exercise, a_function
from clearn.course.checks.inputs import rows, turned
from clearn.losses import info_nce
from clearn.similarity import unit

moco_loss = Exercise("moco_loss", lambda rng: [
    Case((torch.tensor([[1.0, 0.0], [0.0, 2.0]]), torch.tensor([[2.0, 1.0], [1.0, 1.0]]),
          torch.tensor([[0.0, 1.0], [-1.0, 1.0], [-3.0, 0.0]]), 0.5)),
    Case((rows(rng, 4, 3), rows(rng, 4, 3), rows(rng, 7, 3), 0.2)),
    Case((rows(rng, 1, 5), rows(rng, 1, 5), rows(rng, 6, 5), 0.4)),
    Case((turned(rows(rng, 6, 8)), turned(rows(rng, 6, 8)), turned(rows(rng, 9, 8)), 0.3)),
    Case((*(rows(rng, n, 4, dtype=torch.float64) for n in (5, 5, 2)), 2.0)),
    Case((torch.tensor([[2.0, 0.0]]), torch.tensor([[3.0, 4.0]]), torch.tensor([[4.0, 3.0], [-3.0, 4.0]]), 0.005),
         edge="overflow at a low temperature"),
], a_function)  # fmt: skip
moco_loss.edge("overflow at a low temperature", "exp(0.6/0.005) is larger than any float32. `cross_entropy` and "
               "`logsumexp` subtract the largest score first.", "05, section 8")  # fmt: skip


@moco_loss.reference
def _(query, key, queue, temperature):
    return info_nce(query, key.detach(), queue.detach(), temperature)


def scores(query, key, queue):
    """Cosines with the own key, (N, 1), and with the queue, (N, K)."""
    q, k, n = unit(query), unit(key).detach(), unit(queue).detach()
    return (q * k).sum(1, keepdim=True), q @ n.T


def pick(logits, column=0, reduction="mean"):
    """Cross-entropy with the right answers in one column."""
    return F.cross_entropy(logits, torch.full((len(logits),), column), reduction=reduction)


moco_loss.mistake("keys not detached", "The loss is right, but a gradient flows to the key. The key network is not "
    "trained: it follows.", "09, section 4",
    lambda query, key, queue, temperature: info_nce(query, key, queue.detach(), temperature))  # fmt: skip
moco_loss.mistake("keys not detached", "The loss is right, but gradients flow to the key and to the queue. Only the "
    "query learns.", "09, section 4",
    lambda query, key, queue, temperature: info_nce(query, key, queue, temperature))  # fmt: skip
moco_loss.mistake("keys not detached", "The loss is right, but a gradient flows to the queue, where it has nowhere "
    "to go.", "09, section 2",
    lambda query, key, queue, temperature: info_nce(query, key.detach(), queue, temperature))  # fmt: skip
moco_loss.mistake("the wrong side detached", "The loss is right, but the query gets no gradient, and it is the one "
    "that should learn.", "09, section 4",
    lambda query, key, queue, temperature: info_nce(query.detach(), key, queue.detach(), temperature),
    lambda query, key, queue, temperature: info_nce(query.detach(), key, queue, temperature))  # fmt: skip
moco_loss.mistake("negatives from the batch", "The other keys of the batch serve as negatives, and the queue is not "
    "used. Here the queue is all there is.", "09, section 4",
    lambda query, key, queue, temperature: info_nce(query, key, temperature=temperature))  # fmt: skip


@moco_loss.mistake("negatives from the batch, too", "The other keys of the batch stand among the candidates. MoCo's "
                   "negatives come from the queue alone.", "09, section 4")  # fmt: skip
def _(query, key, queue, temperature):
    s = unit(query) @ unit(torch.cat([key, queue])).detach().T / temperature
    return F.cross_entropy(s, torch.arange(len(s)))


moco_loss.mistake("own key among the negatives", "The query meets its own key twice, as its positive and as a "
    "negative. The keys join the queue only after the step.", "09, section 8",
    lambda query, key, queue, temperature: info_nce(query, key, torch.cat([queue, key]), temperature))  # fmt: skip


@moco_loss.mistake("positive missing from the denominator", "The right answer is one of the 1 + K candidates: its exp "
                   "belongs into the sum below, too.", "05, section 1")  # fmt: skip
def _(query, key, queue, temperature):
    right, wrong = scores(query, key, queue)
    return ((wrong / temperature).logsumexp(1) - right[:, 0] / temperature).mean()


moco_loss.mistake("temperature multiplied", "Divide by τ: a low temperature makes differences of cosines large.",
    "05, section 4",
    lambda query, key, queue, temperature: pick(torch.cat(scores(query, key, queue), 1) * temperature))  # fmt: skip
moco_loss.mistake("temperature forgotten", "Divide the cosines by τ before the softmax.", "05, section 1",
    lambda query, key, queue, temperature: pick(torch.cat(scores(query, key, queue), 1)))  # fmt: skip


@moco_loss.mistake("temperature on one part only", "Positive and negatives are divided by τ, all 1 + K scores.",
                   "05, section 1")  # fmt: skip
def _(query, key, queue, temperature):
    right, wrong = scores(query, key, queue)
    return pick(torch.cat([right, wrong / temperature], 1))


@moco_loss.mistake("temperature on one part only", "Positive and negatives are divided by τ, all 1 + K scores.",
                   "05, section 1")  # fmt: skip
def _(query, key, queue, temperature):
    right, wrong = scores(query, key, queue)
    return pick(torch.cat([right / temperature, wrong], 1))


def raw(query, key, queue, temperature):
    return pick(torch.cat([(query * key).sum(1, keepdim=True), query @ queue.T], 1) / temperature)


moco_loss.mistake("not normalised", "These are dot products: a network can lower the loss by longer vectors. Scale "
    "all rows to length 1.", "05, section 8",
    lambda query, key, queue, temperature: raw(query, key, queue, temperature))  # fmt: skip
moco_loss.mistake("queue not normalised", "The keys in the queue may have any length here. Scale their rows, too.",
    "05, section 8",
    lambda query, key, queue, temperature: raw(unit(query), unit(key), queue, temperature))  # fmt: skip
moco_loss.mistake("key not normalised", "The key has its length still. Scale its rows, too.", "05, section 8",
    lambda query, key, queue, temperature: raw(unit(query), key, unit(queue), temperature))  # fmt: skip
moco_loss.mistake("only the query normalised", "The keys have their lengths still: long ones win. Scale all rows.",
    "05, section 8", lambda query, key, queue, temperature: raw(unit(query), key, queue, temperature))  # fmt: skip
moco_loss.mistake("query not normalised", "The query has its length still, which acts like a temperature of its own.",
    "05, section 8",
    lambda query, key, queue, temperature: raw(query, unit(key), unit(queue), temperature))  # fmt: skip
moco_loss.mistake("normalised along the wrong axis", "With `dim=0` each column gets length 1. A key is a row.",
    "02, section 7",
    lambda query, key, queue, temperature:
        raw(*(F.normalize(x, dim=0) for x in (query, key, queue)), temperature))  # fmt: skip


@moco_loss.mistake("wrong column as the answer", "The positive stands first, so the right answer is column 0 in every "
                   "row, and not i in row i.", "05, section 2")  # fmt: skip
def _(query, key, queue, temperature):
    s = torch.cat(scores(query, key, queue), 1) / temperature
    return F.cross_entropy(s, torch.arange(len(s)))


moco_loss.mistake("wrong column as the answer", "The label must name the column in which the positive stands; here "
    "it names a negative.", "05, section 2",
    lambda query, key, queue, temperature:
        pick(torch.cat(scores(query, key, queue)[::-1], 1) / temperature))  # fmt: skip


@moco_loss.mistake("sum in place of mean", "Asked for is the mean over the N queries.", "05, section 1")
def _(query, key, queue, temperature):
    return pick(torch.cat(scores(query, key, queue), 1) / temperature, reduction="sum")


@moco_loss.mistake("one loss per query", "Asked for is one number, the mean over the N queries.", "05, section 1")
def _(query, key, queue, temperature):
    return pick(torch.cat(scores(query, key, queue), 1) / temperature, reduction="none")


moco_loss.mistake("softmax twice", "`cross_entropy` takes the scores themselves, and does the softmax.",
    "05, section 2",
    lambda query, key, queue, temperature:
        pick((torch.cat(scores(query, key, queue), 1) / temperature).softmax(1)))  # fmt: skip
moco_loss.mistake("minus forgotten", "The loss is *minus* the log of a probability, so it is never negative.",
    "05, section 1", lambda query, key, queue, temperature: -info_nce(query, key, queue, temperature))  # fmt: skip


@moco_loss.mistake("logarithm forgotten", "This is a probability. The loss is minus its logarithm.", "05, section 1")
def _(query, key, queue, temperature):
    return -(torch.cat(scores(query, key, queue), 1) / temperature).softmax(1)[:, 0].mean()


@moco_loss.mistake("all keys of the batch as positives", "q @ k.T has the keys of all pictures. The positive of query "
                   "i is key i alone: `(q * k).sum(1)`.", "09, section 4")  # fmt: skip
def _(query, key, queue, temperature):
    s = unit(query) @ unit(torch.cat([key, queue])).detach().T / temperature
    return pick(s)


moco_loss.mistake("the loss divided by the temperature", "Divide the cosines, before the softmax. Afterwards it only "
    "scales the loss.", "05, section 1",
    lambda query, key, queue, temperature: pick(torch.cat(scores(query, key, queue), 1)) / temperature)  # fmt: skip


@moco_loss.mistake("mean over the negatives", "Below the line stands the *sum* over all candidates: more negatives "
                   "make a harder question.", "05, section 1")  # fmt: skip
def _(query, key, queue, temperature):
    right, wrong = (s / temperature for s in scores(query, key, queue))
    return pick(torch.cat([right, wrong.exp().mean(1, keepdim=True).log()], 1))


@moco_loss.mistake("wrong column as the answer", "The positive stands first, so the right answer is column 0 in "
    "every row, and not i in row i.", "05, section 2")  # fmt: skip
def _(query, key, queue, temperature):
    s = torch.cat(scores(query, key, queue), 1) / temperature
    return F.cross_entropy(s, torch.arange(len(s)) % s.shape[1])
