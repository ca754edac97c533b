"""InfoNCE with loops, and as a matrix."""

import math

import torch
import torch.nn.functional as F

from clearn.course.checks.exercise import Exercise, a_function, values_only
from clearn.course.checks.infonce.shared import (
    ALONE,
    NO_DIRECTION,
    OVERFLOW,
    UNDERFLOW,
    VANISHED,
    alone,
    batches,
    cold,
    diagonal_is_right,
    scores,
    without_diagonal,
)  # fmt: skip
from clearn.course.checks.inputs import ZERO, ZERO_BACK
from clearn.losses import info_nce as right_info_nce
from clearn.similarity import unit

info_nce_loops = Exercise("info_nce_loops", lambda rng: [*batches(rng), alone(rng)], values_only)
info_nce = Exercise("info_nce", lambda rng: [*batches(rng), cold(rng), VANISHED, NO_DIRECTION, alone(rng)], a_function)
info_nce_loops.edge(*ALONE)
for slip in (OVERFLOW, UNDERFLOW, ZERO, ZERO_BACK, ALONE):
    info_nce.edge(*slip)


def in_both(name, why, see, *programs):
    """A mistake that one makes with loops as with a matrix."""
    keeps = [exercise.mistake(name, why, see, *programs) for exercise in (info_nce_loops, info_nce)]
    return lambda program: [keep(program) for keep in keeps]


def each(s):
    """The same for each row: (N,)."""
    return F.cross_entropy(s, torch.arange(len(s)), reduction="none")


@info_nce_loops.reference
@info_nce.reference
def _(query, positive, temperature):
    return right_info_nce(query, positive, temperature=temperature)


in_both("not normalised", "These are dot products: long vectors get the largest scores, up or down. Divide each row "
    "by its length.", "05, section 8",
    lambda query, positive, temperature: diagonal_is_right(query @ positive.T / temperature))  # fmt: skip
in_both("normalised on one side only", "The scores still grow with the lengths of the positives.", "05, section 8",
    lambda query, positive, temperature: diagonal_is_right(unit(query) @ positive.T / temperature))  # fmt: skip
in_both("normalised on one side only", "The scores still grow with the lengths of the queries.", "05, section 8",
    lambda query, positive, temperature: diagonal_is_right(query @ unit(positive).T / temperature))  # fmt: skip


@in_both("normalised along the wrong axis", "With `dim=0` each column gets length 1. A sample is a row.",
         "02, section 7")  # fmt: skip
def _(query, positive, temperature):
    return diagonal_is_right(F.normalize(query, dim=0) @ F.normalize(positive, dim=0).T / temperature)


@in_both("one length for the whole matrix", "`x.norm()` without `dim` is one number; each row needs its "
         "own.", "02, section 7")  # fmt: skip
def _(query, positive, temperature):
    return diagonal_is_right(query / query.norm() @ (positive / positive.norm()).T / temperature)


@in_both("distance in place of cosine", "A score is the cosine over τ. Minus the distance ranks the "
         "candidates alike, but spaces them otherwise.", "05, section 1")  # fmt: skip
def _(query, positive, temperature):
    return diagonal_is_right(-(unit(query)[:, None] - unit(positive)).norm(dim=2) / temperature)


in_both("distance in place of cosine", "A score is the cosine over τ. Minus the squared distance is 2 cos − 2, so "
    "that halves the temperature.", "05, section 1",
    lambda query, positive, temperature: diagonal_is_right(scores(query, positive, temperature / 2)))  # fmt: skip
in_both("temperature missing", "The scores are the cosines divided by τ, inside the exponential. Here τ is not "
    "there, or cancels: the softmax is that of cosines between −1 and 1, nearly flat.", "05, section 1",
    lambda query, positive, temperature: diagonal_is_right(scores(query, positive, 1)))  # fmt: skip
in_both("temperature multiplied", "Divide by τ: a low temperature makes the scores larger and the softmax sharper.",
    "05, section 8",
    lambda query, positive, temperature: diagonal_is_right(scores(query, positive, 1 / temperature)))  # fmt: skip
in_both("temperature outside the softmax", "τ belongs to the scores, inside the exponential. Outside it scales the "
    "loss only.", "05, section 1",
    lambda query, positive, temperature: diagonal_is_right(scores(query, positive, 1)) / temperature)  # fmt: skip
in_both("loss multiplied by the temperature", "Some programs do so to keep the gradients of one size. Asked for is "
    "the loss itself.", "05, section 1",
    lambda query, positive, temperature:
        diagonal_is_right(scores(query, positive, temperature)) * temperature)  # fmt: skip
in_both("temperature twice", "Both factors were divided by τ, so their product by τ².", "05, section 1",
    lambda query, positive, temperature: diagonal_is_right(scores(query, positive, temperature**2)))  # fmt: skip


@in_both("temperature on one side of the fraction only", "Every score is divided by τ, that of the right "
         "answer and those of all candidates.", "05, section 1")  # fmt: skip
def _(query, positive, temperature):
    s = scores(query, positive, 1)
    return (s.logsumexp(1) - s.diagonal() / temperature).mean()


@in_both("temperature on one side of the fraction only", "Every score is divided by τ, that of the right "
         "answer and those of all candidates.", "05, section 1")  # fmt: skip
def _(query, positive, temperature):
    s = scores(query, positive, 1)
    return ((s / temperature).logsumexp(1) - s.diagonal()).mean()


@in_both("positive missing from the denominator", "The right answer is one of the candidates: without it "
         "the fraction is no probability, and the loss can fall below 0.", "05, section 1")  # fmt: skip
def _(query, positive, temperature):
    s = scores(query, positive, temperature)
    return (without_diagonal(s).logsumexp(1) - s.diagonal()).mean()


@in_both("positive counted twice", "The sum over all columns has the positive already. Do not add it "
         "again.", "05, section 1")  # fmt: skip
def _(query, positive, temperature):
    s = scores(query, positive, temperature)
    return (torch.cat([s, s.diagonal()[:, None]], 1).logsumexp(1) - s.diagonal()).mean()


@in_both("denominator averaged", "The exponentials of all candidates are summed. Their mean makes the "
         "loss smaller by log N.", "05, section 1")  # fmt: skip
def _(query, positive, temperature):
    return diagonal_is_right(scores(query, positive, temperature)) - math.log(len(query))


in_both("negatives missing", "This only pulls the positives: a network that maps everything to one point is perfect. "
    "The denominator is what pushes.", "05, section 1",
    lambda query, positive, temperature: -scores(query, positive, temperature).diagonal().mean())  # fmt: skip


@in_both("one denominator for all queries", "Each query chooses among its own N candidates: one sum for "
         "each row.", "05, section 2")  # fmt: skip
def _(query, positive, temperature):
    s = scores(query, positive, temperature)
    return s.flatten().logsumexp(0) - s.diagonal().mean()


@in_both("only later candidates", "The negatives of query i are all other positives, those before it as "
         "well as those after it.", "05, section 2")  # fmt: skip
def _(query, positive, temperature):
    s = scores(query, positive, temperature)
    return diagonal_is_right(s.masked_fill(torch.ones_like(s).tril(-1).bool(), -torch.inf))


@in_both("negatives among the queries", "The candidates are the rows of `positive`, all of them. Other "
         "queries are candidates in NT-Xent only.", "05, section 2")  # fmt: skip
def _(query, positive, temperature):
    s, own = scores(query, positive, temperature), scores(query, query, temperature)
    return diagonal_is_right(torch.where(torch.eye(len(s), dtype=torch.bool), s, own))


@in_both("denominator not reset", "The sum of one query still holds those before it. Set it to 0 inside "
         "the outer loop.", "05, section 1")  # fmt: skip
def _(query, positive, temperature):
    s = scores(query, positive, temperature)
    return (s.logsumexp(1).logcumsumexp(0) - s.diagonal()).mean()


in_both("the other direction", "Here each positive chooses among the queries. The queries ask: each row of the "
    "matrix (query, candidate) is one question.", "05, section 8",
    lambda query, positive, temperature: diagonal_is_right(scores(positive, query, temperature)))  # fmt: skip


@in_both("both directions", "This also asks from the positives to the queries. Here only the queries ask.",
         "05, section 8")  # fmt: skip
def _(query, positive, temperature):
    s = scores(query, positive, temperature)
    return (diagonal_is_right(s) + diagonal_is_right(s.T)) / 2


@in_both("both directions", "This also asks from the positives to the queries. Here only the queries ask.",
         "05, section 8")  # fmt: skip
def _(query, positive, temperature):
    s = scores(query, positive, temperature)
    return diagonal_is_right(s) + diagonal_is_right(s.T)


in_both("sum in place of mean", "Divide by the number of queries, or the loss and its gradient grow with the batch.",
    "05, section 2",
    lambda query, positive, temperature: each(scores(query, positive, temperature)).sum())  # fmt: skip
in_both("mean over the whole matrix", "There are N losses, one for each row. Divide by N, and not by N².",
    "05, section 2",
    lambda query, positive, temperature:
        diagonal_is_right(scores(query, positive, temperature)) / len(query))  # fmt: skip
in_both("not averaged", "This is one loss for each query. Asked for is their mean.", "05, section 2",
    lambda query, positive, temperature: each(scores(query, positive, temperature)))  # fmt: skip
in_both("one query only", "This is the loss of the first query alone. Does `return` stand inside the loop?",
    "05, section 1", lambda query, positive, temperature: each(scores(query, positive, temperature))[0])  # fmt: skip
in_both("one query only", "This is the loss of the last query alone. Is it added up, or overwritten each time?",
    "05, section 1", lambda query, positive, temperature: each(scores(query, positive, temperature))[-1])  # fmt: skip
in_both("one query only", "This is the loss of the last query, divided by N. Is it added up, or overwritten each "
    "time?", "05, section 1",
    lambda query, positive, temperature: each(scores(query, positive, temperature))[-1] / len(query))  # fmt: skip
in_both("one query only", "This is the loss of the first query, divided by N. Does `return` stand inside the loop?",
    "05, section 1",
    lambda query, positive, temperature: each(scores(query, positive, temperature))[0] / len(query))  # fmt: skip
in_both("every column taken for right", "Only the diagonal holds right answers. This is the mean over all "
    "candidates.", "05, section 2",
    lambda query, positive, temperature: -scores(query, positive, temperature).log_softmax(1).mean())  # fmt: skip
in_both("label 0 for every row", "In this matrix the right answer of row i is column i. All labels are 0 only where "
    "the positive has been put first.", "05, section 2",
    lambda query, positive, temperature: -scores(query, positive, temperature).log_softmax(1)[:, 0].mean())  # fmt: skip
in_both("sign flipped", "A loss is *minus* the logarithm of a probability: the better the answer, the smaller.",
    "05, section 1",
    lambda query, positive, temperature: -diagonal_is_right(scores(query, positive, temperature)))  # fmt: skip
in_both("similarities negated", "With −cos, or 1 − cos, the least similar candidate has the largest score.",
    "05, section 1",
    lambda query, positive, temperature: diagonal_is_right(-scores(query, positive, temperature)))  # fmt: skip
in_both("softmax twice", "`cross_entropy` takes scores and does the softmax itself. Probabilities as scores lie "
    "between 0 and 1, and the loss hardly leaves chance.", "05, section 1",
    lambda query, positive, temperature:
        diagonal_is_right(scores(query, positive, temperature).softmax(1)))  # fmt: skip


@in_both("sigmoid in place of softmax", "Here each score is judged alone, yes or no. In a "
         "multiple-choice question the candidates share one sum of exponentials.", "05, section 1")  # fmt: skip
def _(query, positive, temperature):
    s = scores(query, positive, temperature)
    return F.binary_cross_entropy_with_logits(s, torch.eye(len(s)).to(s))


in_both("logarithm missing", "Pay −log of the probability, not the probability.", "05, section 1",
    lambda query, positive, temperature: scores(query, positive, temperature).softmax(1).diagonal().mean())  # fmt: skip
in_both("logarithm missing", "Pay −log of the probability, not minus the probability. `nll_loss` wants "
    "log-probabilities.", "05, section 1",
    lambda query, positive, temperature:
        -scores(query, positive, temperature).softmax(1).diagonal().mean())  # fmt: skip
in_both("another base", "Cross-entropy takes the natural logarithm: `log`, not `log2`.", "05, section 1",
    lambda query, positive, temperature:
        diagonal_is_right(scores(query, positive, temperature)) / math.log(2))  # fmt: skip
in_both("logarithm of the mean", "First the logarithm of each query's probability, then the mean.", "05, section 1",
    lambda query, positive, temperature:
        -scores(query, positive, temperature).softmax(1).diagonal().mean().log())  # fmt: skip


@in_both("exponential missing", "Scores may be negative, so they are no shares of a sum. Their "
         "exponentials are.", "05, section 1")  # fmt: skip
def _(query, positive, temperature):
    s = scores(query, positive, temperature)
    return -(s.diagonal() / s.sum(1)).log().mean()


@in_both("exponential missing", "Scores may be negative, and then log stops. Their exponentials are "
         "positive.", "05, section 1")  # fmt: skip
def _(query, positive, temperature):
    s = scores(query, positive, temperature)
    return -sum(map(math.log, (s.diagonal() / s.sum(1)).tolist())) / len(s)


info_nce.mistake("not transposed", "(N, D) times (N, D) stops, or for N = D mixes features with samples. The "
    "candidates are the columns: `@ positive.T`.", "05, section 2",
    lambda query, positive, temperature: diagonal_is_right(unit(query) @ unit(positive) / temperature))  # fmt: skip
info_nce.mistake("positive detached", "Nothing flows back to the candidates. The loss pulls the positive and pushes "
    "the negatives, as well as it moves the query.", "05, section 4",
    lambda query, positive, temperature: diagonal_is_right(scores(query, positive.detach(), temperature)))  # fmt: skip
info_nce.mistake("query detached", "Nothing flows back to the queries. The loss moves them as well as their "
    "candidates.", "05, section 4",
    lambda query, positive, temperature: diagonal_is_right(scores(query.detach(), positive, temperature)))  # fmt: skip


@in_both("queries among the candidates", "In NT-Xent all other views are candidates. Here those of a query are the "
    "positives, and nobody else.", "05, section 2")  # fmt: skip
def _(query, positive, temperature):
    both = torch.cat([scores(query, positive, temperature), without_diagonal(scores(query, query, temperature))], 1)
    return diagonal_is_right(both)
