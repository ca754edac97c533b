"""Classes by a vote of the nearest neighbours."""

import torch
import torch.nn.functional as F

from clearn.course.checks.exercise import Case, Exercise
from clearn.course.checks.inputs import ZERO, labelled, turned
from clearn.course.checks.measuring.shared import answers_only
from clearn.similarity import pairwise_cosine, unit


def tally(score, labels, k, weigh):
    """The votes for each class (N, C): `weigh` makes them of the k highest scores (N, M) of each query."""
    score, chosen = score.topk(k)
    return score.new_zeros(len(score), int(labels.max()) + 1).scatter_add_(1, labels[chosen], weigh(score))


def averaged(votes, score, labels, k):
    """The votes, divided by the number of those who cast them."""
    return votes / tally(score, labels, k, torch.ones_like).clamp(min=1)


def elections(bank, queries, k, tau):
    """Ways to hold the vote, the right one first: (name, scores of the bank, how many vote, weight of a vote)."""
    cosine = pairwise_cosine(queries, bank)

    def sharp(score):
        return (score / tau).exp()

    return [
        ("right", cosine, k, lambda score: sharp(score - score[:, :1])),
        ("unweighted", cosine, k, torch.ones_like),
        ("temperature multiplied", cosine, k, lambda score: (score * tau).exp()),
        ("temperature ignored", cosine, k, torch.exp),
        ("exponential missing", cosine, k, lambda score: score),
        ("the nearest count least", cosine, k, lambda score: sharp(-score)),
        ("not normalised", queries @ bank.T, k, sharp),
        ("normalised on one side only", queries @ unit(bank).T, k, sharp),
        ("normalised on one side only", unit(queries) @ bank.T, k, sharp),
        ("Euclidean distance", -torch.cdist(queries, bank), k, sharp),
        ("furthest in place of nearest", -cosine, k, lambda score: sharp(-score)),
        ("furthest in place of nearest", -cosine, k, sharp),
        ("one vote too many", cosine, k + 1, sharp),
        ("one vote too few", cosine, max(k - 1, 1), sharp),
        ("the nearest left out", cosine.masked_fill(cosine == cosine.amax(1, keepdim=True), -2), k, sharp),
        ("everybody votes", cosine, len(bank), sharp),
        ("label of the single nearest", cosine, 1, torch.ones_like),
    ]


def directions(rng, n, d):
    """Rows from half as long to twice as long as 1: lengths that matter, and dot products that overflow nowhere."""
    return unit(torch.randn(n, d, generator=rng)) * (0.5 + 1.5 * torch.rand(n, 1, generator=rng))


def telling(rng, n, d, classes, k, tau):
    """A bank (n, d), and such queries that each two elections differ on one of them, and all are won clearly."""
    bank, labels, queries = directions(rng, n, d), 2 * labelled(rng, n, classes) + 1, directions(rng, 600, d)
    clear = pairwise_cosine(queries, bank).topk(k).values[:, -1] > 0.05
    winners = []
    for _, score, count, weigh in elections(bank, queries, k, tau):
        won = [tally(score, labels, count, weigh)]
        if not winners:
            won.append(averaged(won[0], score, labels, count))
        for best, winner in (votes.topk(2) for votes in won):
            clear &= best[:, 0] - best[:, 1] > 0.02 * best[:, 0].abs()
            winners.append(winner[:, 0])
        if count < n:  # who is the last to vote must be clear, too
            ranked = score.topk(count + 1).values
            clear &= ranked[:, -2] - ranked[:, -1] > 1e-4
    winners, queries = torch.stack(winners)[:, clear], queries[clear]
    differ = winners[:, None] != winners
    return Case((bank, labels, queries[differ.int().argmax(2)[differ.any(2)].unique()], k, tau))


def weighty(rng):
    """Four near ones against five others: how much must nearness count to win? Something else for each query."""
    near, far, beyond = [0.57, 0.57, 0.57], [0.07, 0.307, 0.384], [-0.3, -0.3, -0.3]
    cosine = torch.tensor([near] * 4 + [far] * 5 + [beyond] * 3) + 0.01 * torch.rand(12, 3, generator=rng) - 0.005
    rest = (1 - cosine.square().sum(1, keepdim=True)).sqrt()  # makes each row one of length 1
    bank = torch.cat([cosine, rest], dim=1) * (0.5 + torch.rand(12, 1, generator=rng))
    queries = torch.eye(4)[:3] * torch.tensor([[1.0], [3.0], [0.5]])
    rotation = torch.linalg.qr(torch.randn(4, 4, generator=rng)).Q  # no column of zeros, and the same cosines
    classes = torch.tensor([2, 5, 8])[torch.randperm(3, generator=rng)]
    labels, order = classes.repeat_interleave(torch.tensor([4, 5, 3])), torch.randperm(12, generator=rng)
    return Case((turned((bank @ rotation)[order]), labels[order], queries @ rotation, 9, 0.7))


BESIDE_IT = torch.tensor([[10.0, 1.0], [10.0, 2.0], [5.0, 3.0]])
knn_predict = Exercise("knn_predict", lambda rng: [
    Case((torch.tensor([[1.0, 0.0], [3.0, 4.0], [0.0, 2.0], [-2.0, 1.0]]), torch.tensor([1, 4, 4, 7]),
          torch.tensor([[2.0, 0.0], [0.0, 1.0]]), 3, 0.5)),
    Case((torch.tensor([[1.0, 0.0], [3.0, 4.0], [0.0, 2.0], [-2.0, 1.0]]), torch.tensor([0, 1, 1, 2]),
          torch.tensor([[2.0, 0.0], [0.0, 1.0]]), 3, 0.5)),
    *(telling(rng, *settings) for settings in ((20, 3, 4, 5, 0.1), (30, 4, 3, 7, 0.5))),
    weighty(rng),
    Case((BESIDE_IT, torch.tensor([3, 0, 1]), torch.tensor([[1.0, 0.0]]), 2, 0.001),
         edge="overflow at a small temperature"),
    Case((BESIDE_IT, torch.tensor([0, 1, 2]), torch.tensor([[9.0, 1.0], [-1.0, 0.0]]), 2, 0.001),
         edge="underflow at a small temperature"),
    Case((torch.eye(3)[:, 1:], torch.tensor([0, 1, 2]), torch.tensor([[1.0, 0.2]]), 2, 0.1),
         edge="a row of zeros gives NaN"),
    Case((BESIDE_IT, torch.tensor([12, 3, 25]), torch.tensor([[1.0, 0.0], [1.0, 1.0]]), 1, 0.1),
         edge="ten classes taken for granted"),
    Case((BESIDE_IT.double(), torch.tensor([2, 0, 1]), torch.tensor([[1.0, 0.0], [1.0, 1.0]]).double(), 2, 0.1),
         edge="float32 only"),
], answers_only)  # fmt: skip
knn_predict.edge("overflow at a small temperature", "exp(1/0.001) is infinite, and of two infinite votes none is "
                 "larger. Take the votes relative to the nearest one's: exp((cos − largest cos)/τ).",
                 "12, section 2")  # fmt: skip
knn_predict.edge("underflow at a small temperature", "If even the nearest neighbour is far away, all votes become 0. "
    "Subtract the largest cosine of *each query*, and not one number for all.", "12, section 2")  # fmt: skip
knn_predict.edge(*ZERO)
knn_predict.edge("ten classes taken for granted", "Here a label is larger than 9. The labels say how many columns the "
                 "table of votes needs: `labels.max() + 1`.", "12, section 2")  # fmt: skip
knn_predict.edge("float32 only", "`torch.zeros` makes float32, whatever the features are. Let the table of votes take "
                 "after the weights: `weight.new_zeros(…)`.", "12, section 2")  # fmt: skip

WHY = {
    "unweighted": ("Every neighbour has one vote here. The nearest should count most: with exp(cos/τ).",
                   "12, section 2"),
    "temperature multiplied": ("A small τ should make votes differ more, not less: *divide* by it.", "12, section 2"),
    "temperature ignored": ("The votes are exp(cos): divide the cosine by τ first.", "12, section 2"),
    "exponential missing": ("A vote is exp(cos/τ), and not the cosine itself.", "12, section 2"),
    "the nearest count least": ("exp(−cos/τ) is largest for those who are furthest away.", "12, section 2"),
    "not normalised": ("By dot products long rows are everybody's neighbours. Scale both sides to length 1.",
                       "02, section 4"),
    "normalised on one side only": ("The other side's lengths are still in the product.", "02, section 1"),
    "Euclidean distance": ("Rows of different lengths: nearest by distance is not nearest by angle.", "02, section 3"),
    "furthest in place of nearest": ("A large cosine means near. `topk(k)` of cosines, or of distances with "
                                     "`largest=False`.", "02, section 7"),
    "one vote too many": ("k + 1 neighbours vote. Nothing is left out here: the queries are not in the bank.",
                          "12, section 11"),
    "one vote too few": ("Only k − 1 neighbours vote.", "12, section 2"),
    "the nearest left out": ("The nearest is the query itself only if the queries are in the bank. Here they are not.",
                             "12, section 11"),
    "everybody votes": ("The k nearest have a vote, the others none.", "12, section 2"),
    "label of the single nearest": ("Ask the k nearest, not one.", "12, section 2"),
}  # fmt: skip


def held_as(number):
    """The program that holds election `number`."""

    def program(bank, labels, queries, k, temperature):
        _, score, count, weigh = elections(bank, queries, k, temperature)[number]
        return tally(score, labels, count, weigh).argmax(1)

    return program


knn_predict.reference(held_as(0))
for number, (name, *_) in enumerate(elections(torch.eye(3), torch.eye(3), 1, 1.0)):
    if number > 0:
        knn_predict.mistake(name, *WHY[name])(held_as(number))


@knn_predict.mistake(
    "normalised along the wrong axis", "With `dim=0` each column gets length 1. A picture is a row.", "02, section 7"
)
def _(bank, labels, queries, k, temperature):
    score = F.normalize(queries, dim=0) @ F.normalize(bank, dim=0).T
    return tally(score, labels, k, lambda s: (s / temperature).exp()).argmax(1)


knn_predict.mistake("index in place of the label", "These are row numbers of the bank. Look up their labels.",
    "12, section 2",
    lambda bank, labels, queries, k, temperature: pairwise_cosine(queries, bank).argmax(1))  # fmt: skip


@knn_predict.mistake("place of the class in place of its label", "The first class need not be class 0. Translate back: "
                     "`classes[…]`.",
                     "12, section 2")  # fmt: skip
def _(bank, labels, queries, k, temperature):
    return knn_predict.right(bank, labels.unique(return_inverse=True)[1], queries, k, temperature)


@knn_predict.mistake("mean in place of the sum", "A class with one near neighbour then beats one with five. Votes are "
                     "added.",
                     "12, section 2")  # fmt: skip
def _(bank, labels, queries, k, temperature):
    _, score, count, weigh = elections(bank, queries, k, temperature)[0]
    return averaged(tally(score, labels, k, weigh), score, labels, k).argmax(1)


@knn_predict.mistake("votes overwrite each other", "Where two neighbours have one label, the second vote replaces "
    "the first. Votes add up: `scatter_add_`, not `scatter_` or `votes[…] += …`.", "12, section 2")  # fmt: skip
def _(bank, labels, queries, k, temperature):
    score, chosen = pairwise_cosine(queries, bank).topk(k)
    votes = score.new_zeros(len(score), int(labels.max()) + 1)
    for nearest, vote in zip(chosen.T, ((score - score[:, :1]) / temperature).exp().T, strict=True):
        votes[torch.arange(len(votes)), labels[nearest]] = vote  # one after the other, so that the last one stays
    return votes.argmax(1)


@knn_predict.mistake("table of votes too narrow", "Not every label need occur: the labels 1, 4 and 7 take eight "
    "columns, `labels.max() + 1`, and not three.", "12, section 2")  # fmt: skip
def _(bank, labels, queries, k, temperature):
    votes = torch.zeros(len(queries), len(labels.unique()))
    score, chosen = pairwise_cosine(queries, bank).topk(k)
    return votes.scatter_add_(1, labels[chosen], (score / temperature).exp()).argmax(1)
