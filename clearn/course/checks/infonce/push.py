"""The gradient of InfoNCE in closed form: who is pushed how hard."""

import torch

from clearn.course.checks.exercise import Exercise, values_only
from clearn.course.checks.infonce.shared import (
    NO_DIRECTION,
    alone,
    batches,
    cold,
    diagonal_is_right,
    scores,
    without_diagonal,
)  # fmt: skip
from clearn.course.checks.inputs import ZERO
from clearn.similarity import unit


def without_autograd(solution, args):
    """Watch a function that may not ask autograd for a gradient: if it does, that is what is seen."""
    try:
        with torch.no_grad():
            return values_only(solution, args)
    except RuntimeError as error:
        if "does not require grad" not in str(error):
            raise
        return {"asks autograd": torch.tensor(True)}


push = Exercise("push", lambda rng: [*batches(rng), cold(rng), NO_DIRECTION, alone(rng)], without_autograd)
push.edge("overflow", "At a temperature of 0.001 the scores reach 1000, and exp(1000) is infinite in any "
          "precision. `softmax` subtracts the largest score of each row first.", "05, section 8")  # fmt: skip
push.edge(*ZERO)
push.edge("a batch of one", "The only candidate is the right one: 1 − 1 = 0, in a matrix of shape (1, "
          "1). A `squeeze` may have taken away an axis of length 1.", "05, section 3")  # fmt: skip


def slope(query, positive, temperature, inside=None):
    """Softmax minus identity, with the temperature `inside` the softmax."""
    p = scores(query, positive, temperature if inside is None else inside).softmax(1)
    return p - torch.eye(len(p)).to(p)


@push.reference
def _(query, positive, temperature):
    return slope(query, positive, temperature) / (temperature * len(query))


push.mistake("identity missing", "Softmax alone pushes the positives away, too. From each row subtract its right "
    "answer, one on the diagonal.", "05, section 3",
    lambda query, positive, temperature:
        scores(query, positive, temperature).softmax(1) / (temperature * len(query)))  # fmt: skip
push.mistake("identity missing", "These are the probabilities. From each row subtract its right answer, one on the "
    "diagonal; then the factor 1/(τN).", "05, section 3",
    lambda query, positive, temperature: scores(query, positive, temperature).softmax(1))  # fmt: skip
push.mistake("identity missing", "Softmax alone pushes the positives away, too. From each row subtract its right "
    "answer; and 1/τ is missing.", "05, section 3",
    lambda query, positive, temperature: scores(query, positive, temperature).softmax(1) / len(query))  # fmt: skip


@push.mistake("positive left out", "Your diagonal is 0. The positive has a gradient, too: minus what all "
              "negatives have together.", "05, section 3")  # fmt: skip
def _(query, positive, temperature):
    return scores(query, positive, temperature).softmax(1).fill_diagonal_(0) / (temperature * len(query))


@push.mistake("identity not scaled", "The brackets: softmax minus identity is divided by τN, both of "
              "them.", "05, section 3")  # fmt: skip
def _(query, positive, temperature):
    s = scores(query, positive, temperature)
    return s.softmax(1) / (temperature * len(s)) - torch.eye(len(s)).to(s)


@push.mistake("softmax among the negatives only", "So section 7 shares out the push. In the loss, and so "
              "in its gradient, the positive stands in the denominator, too.", "05, section 4")  # fmt: skip
def _(query, positive, temperature):
    return without_diagonal(scores(query, positive, temperature)).softmax(1) / (temperature * len(query))


@push.mistake("softmax among the negatives only", "In the loss, and so in its gradient, the positive "
              "stands in the denominator, too.", "05, section 4")  # fmt: skip
def _(query, positive, temperature):
    s = scores(query, positive, temperature)
    return (without_diagonal(s).softmax(1) - torch.eye(len(s)).to(s)) / (temperature * len(s))


push.mistake("1/τ missing", "This is the gradient with respect to the scores s/τ. The chain rule adds a factor 1/τ.",
    "05, section 3",
    lambda query, positive, temperature: slope(query, positive, temperature) / len(query))  # fmt: skip
push.mistake("1/N missing", "The loss is a mean over N queries, so each row has only an Nth of its own gradient.",
    "05, section 3",
    lambda query, positive, temperature: slope(query, positive, temperature) / temperature)  # fmt: skip
push.mistake("1/τ and 1/N missing", "Softmax minus identity belongs to one row, and to its scores. The mean adds "
    "1/N, the chain rule 1/τ.", "05, section 3",
    lambda query, positive, temperature: slope(query, positive, temperature))  # fmt: skip
push.mistake("temperature multiplied", "The derivative of s/τ with respect to s is 1/τ, and not τ. `x / n * t` "
    "multiplies by t: put brackets around the product.", "05, section 3",
    lambda query, positive, temperature: slope(query, positive, temperature) * temperature / len(query))  # fmt: skip
push.mistake("temperature missing in the softmax", "The softmax is that of the scores, s/τ. The τ in front does not "
    "replace it.", "05, section 4",
    lambda query, positive, temperature:
        slope(query, positive, temperature, inside=1) / (temperature * len(query)))  # fmt: skip
push.mistake("temperature missing altogether", "The scores are s/τ: τ stands in the softmax, and by the chain rule "
    "in front.", "05, section 3",
    lambda query, positive, temperature: slope(query, positive, temperature, inside=1) / len(query))  # fmt: skip


@push.mistake("temperature multiplied in the softmax", "The scores are s/τ: a low temperature makes the "
              "softmax sharper.", "05, section 8")  # fmt: skip
def _(query, positive, temperature):
    return slope(query, positive, temperature, inside=1 / temperature) / (temperature * len(query))


push.mistake("sign flipped", "This is the force, minus the gradient. The gradient is positive where a cosine should "
    "fall.", "05, section 4",
    lambda query, positive, temperature: -slope(query, positive, temperature) / (temperature * len(query)))  # fmt: skip
push.mistake("wrong axis", "Each query shares out its push among its candidates: softmax along the rows, `dim=1`.",
    "05, section 2",
    lambda query, positive, temperature:
        slope(positive, query, temperature).T / (temperature * len(query)))  # fmt: skip
push.mistake("transposed", "Row i belongs to query i and column j to positive j; yours has it the other way round.",
    "05, section 2",
    lambda query, positive, temperature:
        slope(query, positive, temperature).T / (temperature * len(query)))  # fmt: skip
push.mistake("query and positive exchanged", "The queries ask: the matrix is that of (query, candidate).",
    "05, section 2",
    lambda query, positive, temperature: slope(positive, query, temperature) / (temperature * len(query)))  # fmt: skip


@push.mistake("not transposed", "(N, D) times (N, D) stops, or for N = D mixes features with samples. "
              "The candidates are the columns: `@ positive.T`.", "05, section 2")  # fmt: skip
def _(query, positive, temperature):
    p = (unit(query) @ unit(positive) / temperature).softmax(1)
    return (p - torch.eye(len(p)).to(p)) / (temperature * len(p))


@push.mistake("one softmax for the whole matrix", "Each row is one question, with probabilities that sum "
              "to 1.", "05, section 2")  # fmt: skip
def _(query, positive, temperature):
    s = scores(query, positive, temperature)
    return (s.flatten().softmax(0).view_as(s) - torch.eye(len(s)).to(s)) / (temperature * len(s))


@push.mistake("log-softmax in place of softmax", "The logarithm is in the loss. Its derivative has the "
              "probabilities themselves.", "05, section 3")  # fmt: skip
def _(query, positive, temperature):
    s = scores(query, positive, temperature)
    return (s.log_softmax(1) - torch.eye(len(s)).to(s)) / (temperature * len(s))


push.mistake("multiplied by N", "The mean divides by N. `x / t * n` multiplies by n: put brackets around the "
    "product.", "05, section 3",
    lambda query, positive, temperature: slope(query, positive, temperature) / temperature * len(query))  # fmt: skip
push.mistake("divided by N²", "The mean is over N queries, not over the N² entries.", "05, section 3",
    lambda query, positive, temperature:
        slope(query, positive, temperature) / (temperature * len(query) ** 2))  # fmt: skip
push.mistake("divided by 2N", "2N anchors are those of NT-Xent. Here N queries ask.", "05, section 3",
    lambda query, positive, temperature:
        slope(query, positive, temperature) / (2 * temperature * len(query)))  # fmt: skip


@push.mistake("not normalised", "The similarities are cosines. Divide each row by its length first.",
              "05, section 8")  # fmt: skip
def _(query, positive, temperature):
    p = (query @ positive.T / temperature).softmax(1)
    return (p - torch.eye(len(p)).to(p)) / (temperature * len(p))


@push.mistake("autograd in place of the closed form", "The check runs without autograd. Derive the "
              "formula, then use autograd to see whether it is right.", "05, section 3")  # fmt: skip
def _(query, positive, temperature):
    s = (unit(query) @ unit(positive).T).requires_grad_()
    return torch.autograd.grad(diagonal_is_right(s / temperature), s)[0]
