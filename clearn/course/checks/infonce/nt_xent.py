"""NT-Xent: both views of a batch as anchors, self-similarity struck out."""

import torch
import torch.nn.functional as F

from clearn.course.checks.exercise import Case, Exercise, a_function
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
from clearn.losses import nt_xent as right_nt_xent
from clearn.similarity import unit


def a_loss(solution, args):
    """Watch a loss; over 1e4 it counts as infinite, whether the right answer was struck out with −∞ or with −1e9."""
    seen = a_function(solution, args)
    if seen.get("value") is not None:
        seen["value"] = seen["value"].double().where(~(seen["value"].abs() > 1e4), torch.inf)
    return seen


nt_xent = Exercise("nt_xent", lambda rng: [
    *batches(rng), cold(rng), VANISHED, NO_DIRECTION, alone(rng),
    Case((torch.tensor([[2.0, 0.0]]), torch.tensor([[-1.0, 0.0]]), 0.001), edge="mask not low enough"),
], a_loss)  # fmt: skip
for slip in (OVERFLOW, UNDERFLOW, ZERO, ZERO_BACK, ALONE):
    nt_xent.edge(*slip)
nt_xent.edge("mask not low enough", "At a temperature of 0.001 a score can be −1000, and then a view "
             "struck out with −100 still wins. Use −∞.", "05, section 8")  # fmt: skip


def all_scores(z0, z1, temperature):
    """Every view with every view, itself among them: (2N, 2N)."""
    z = unit(torch.cat([z0, z1]))
    return z @ z.T / temperature


def others(z0, z1, temperature):
    return without_diagonal(all_scores(z0, z1, temperature))


def partners(s):
    return torch.arange(len(s)).roll(len(s) // 2)


def entropy(s, **how):
    return F.cross_entropy(s, partners(s), **how)


@nt_xent.reference
def _(z0, z1, temperature):
    return right_nt_xent(z0, z1, temperature)


nt_xent.mistake("self-similarity not masked", "Every view is its own best candidate, with cosine 1, and even perfect "
    "views cannot get below log 2. Strike out the diagonal.", "05, section 8",
    lambda z0, z1, temperature: entropy(all_scores(z0, z1, temperature)))  # fmt: skip
nt_xent.mistake("masked with 0", "exp(0) = 1 still counts in the sum. Put −∞ on the diagonal *before* the "
    "exponential, or 0 *after* it.", "05, section 2",
    lambda z0, z1, temperature: entropy(all_scores(z0, z1, temperature).fill_diagonal_(0)))  # fmt: skip
nt_xent.mistake("mask not low enough", "A cosine can be −1, so −1 strikes nothing out: exp(−1/τ) still counts. Use "
    "−∞.", "05, section 8",
    lambda z0, z1, temperature: entropy(all_scores(z0, z1, temperature).fill_diagonal_(-1 / temperature)))  # fmt: skip
nt_xent.mistake("mask not low enough", "exp(−1) still counts in the sum. Use −∞.", "05, section 8",
    lambda z0, z1, temperature: entropy(all_scores(z0, z1, temperature).fill_diagonal_(-1)))  # fmt: skip
nt_xent.mistake("NaN from 0 times −∞", "A table of zeros and ones cannot take out what is −∞: 0 · (−∞) is NaN. Pick "
    "the partners by index, or with `where`.", "05, section 8",
    lambda z0, z1, temperature: others(z0, z1, temperature).sum() * torch.nan)  # fmt: skip


@nt_xent.mistake("NaN in the gradient", "The probability of what is struck out is 0, its logarithm −∞, "
                 "and the slope of that 0/0. Pick the partner's probability before the logarithm, or "
                 "take `log_softmax`.", "05, section 8")  # fmt: skip
def _(z0, z1, temperature):
    p = others(z0, z1, temperature).softmax(1).log()
    return -p[torch.arange(len(p)), partners(p)].mean()


nt_xent.mistake("one view detached", "Nothing flows back to the second views. Both are queries, and both are "
    "candidates.", "05, section 2",
    lambda z0, z1, temperature: right_nt_xent(z0, z1.detach(), temperature))  # fmt: skip


@nt_xent.mistake("positive missing from the denominator", "Strike out the view itself, and not its "
                 "partner: that is one of the 2N − 1 candidates.", "05, section 2")  # fmt: skip
def _(z0, z1, temperature):
    s = others(z0, z1, temperature)
    i = torch.arange(len(s))
    negatives = s.masked_fill(F.one_hot(partners(s)).bool(), -torch.inf)
    return (negatives.logsumexp(1) - s[i, partners(s)]).mean()


@nt_xent.mistake("positive counted twice", "The sum over all k ≠ i has the partner already. Do not add "
                 "it again.", "05, section 2")  # fmt: skip
def _(z0, z1, temperature):
    s = others(z0, z1, temperature)
    positive = s[torch.arange(len(s)), partners(s)]
    return (torch.cat([s, positive[:, None]], 1).logsumexp(1) - positive).mean()


nt_xent.mistake("one direction only", "The first views ask, the second ones do not. In NT-Xent all 2N views ask.",
    "05, section 2",
    lambda z0, z1, temperature: entropy(others(z0, z1, temperature), reduction="none")[: len(z0)].mean())  # fmt: skip
nt_xent.mistake("one direction only", "The second views ask, the first ones do not. In NT-Xent all 2N views ask.",
    "05, section 2",
    lambda z0, z1, temperature: entropy(others(z0, z1, temperature), reduction="none")[len(z0) :].mean())  # fmt: skip


@nt_xent.mistake("one direction only", "The first views ask, the second ones do not, and N losses were "
                 "divided by 2N.", "05, section 2")  # fmt: skip
def _(z0, z1, temperature):
    return entropy(others(z0, z1, temperature), reduction="none")[: len(z0)].sum() / (2 * len(z0))


@nt_xent.mistake("only the other view's candidates", "This is InfoNCE, averaged over both directions. In "
                 "NT-Xent the other views of one's own half are candidates, too.", "05, section 2")  # fmt: skip
def _(z0, z1, temperature):
    s = scores(z0, z1, temperature)
    return (diagonal_is_right(s) + diagonal_is_right(s.T)) / 2


@nt_xent.mistake("only the other view's candidates", "This is InfoNCE, summed over both directions. In "
                 "NT-Xent the other views of one's own half are candidates, too.", "05, section 2")  # fmt: skip
def _(z0, z1, temperature):
    s = scores(z0, z1, temperature)
    return diagonal_is_right(s) + diagonal_is_right(s.T)


nt_xent.mistake("InfoNCE in place of NT-Xent", "N queries among N candidates. Here all 2N views ask, among the 2N − "
    "1 others.", "05, section 2",
    lambda z0, z1, temperature: diagonal_is_right(scores(z0, z1, temperature)))  # fmt: skip


@nt_xent.mistake("only its own half's negatives", "The other half holds N − 1 negatives, too, beside the "
                 "partner.", "05, section 2")  # fmt: skip
def _(z0, z1, temperature):
    s, n = others(z0, z1, temperature), len(z0)
    across = torch.arange(2 * n)[:, None] // n != torch.arange(2 * n) // n
    return entropy(s.masked_fill(across & ~F.one_hot(partners(s)).bool(), -torch.inf))


nt_xent.mistake("one view used twice", "The second half must hold z1: `torch.cat([z0, z1])`.", "05, section 2",
    lambda z0, z1, temperature: right_nt_xent(z0, z0, temperature))  # fmt: skip
nt_xent.mistake("positives at the wrong place", "The diagonal is struck out, and the right answers stand N beside "
    "it: column i + N for row i, column i for row i + N.", "05, section 2",
    lambda z0, z1, temperature: diagonal_is_right(others(z0, z1, temperature)))  # fmt: skip
nt_xent.mistake("positives at the wrong place", "Here each view's right answer is itself. It is its partner, N "
    "beside the diagonal.", "05, section 2",
    lambda z0, z1, temperature: diagonal_is_right(all_scores(z0, z1, temperature)))  # fmt: skip


@nt_xent.mistake("positives at the wrong place", "`torch.cat([z0, z1])` stacks the halves one after the "
                 "other: the partner of row i is i + N, and not the row beside it.", "05, section 2")  # fmt: skip
def _(z0, z1, temperature):
    s = others(z0, z1, temperature)
    return F.cross_entropy(s, torch.arange(len(s)) ^ 1)


@nt_xent.mistake("positives at the wrong place", "The partner of row i is i + N, and not the next row.",
                 "05, section 2")  # fmt: skip
def _(z0, z1, temperature):
    s = others(z0, z1, temperature)
    return F.cross_entropy(s, torch.arange(len(s)).roll(-1))


@nt_xent.mistake("positives at the wrong place", "With the views of an image side by side, as in "
                 "`stack`, the partner is the row beside. N rows further it is after `torch.cat([z0, "
                 "z1])`.", "05, section 2")  # fmt: skip
def _(z0, z1, temperature):
    z = unit(torch.stack([z0, z1], 1).flatten(0, 1))
    return entropy(without_diagonal(z @ z.T / temperature))


@nt_xent.mistake("label 0 for every row", "In the whole matrix the partner of row i is column i + N. All "
                 "labels are 0 only where the positive has been put first.", "05, section 2")  # fmt: skip
def _(z0, z1, temperature):
    s = all_scores(z0, z1, temperature)
    return F.cross_entropy(s, torch.zeros(len(s), dtype=torch.long))


@nt_xent.mistake("label 0 for every row", "Without its diagonal row i has the candidates 0, 1, … but i, "
                 "still in their order: the positive is not the first of them.", "05, section 2")  # fmt: skip
def _(z0, z1, temperature):
    s = all_scores(z0, z1, temperature)
    kept = s[~torch.eye(len(s), dtype=torch.bool)].view(len(s), -1)
    return F.cross_entropy(kept, torch.zeros(len(s), dtype=torch.long))


@nt_xent.mistake("not normalised", "These are dot products: long vectors get the largest scores, up or "
                 "down. Divide each row by its length.", "05, section 8")  # fmt: skip
def _(z0, z1, temperature):
    z = torch.cat([z0, z1])
    return entropy(without_diagonal(z @ z.T / temperature))


@nt_xent.mistake("normalised along the wrong axis", "With `dim=0` each column gets length 1. A view is a "
                 "row.", "02, section 7")  # fmt: skip
def _(z0, z1, temperature):
    z = F.normalize(torch.cat([z0, z1]), dim=0)
    return entropy(without_diagonal(z @ z.T / temperature))


@nt_xent.mistake("normalised along the wrong axis", "With `dim=0` each column gets length 1. A view is a "
                 "row.", "02, section 7")  # fmt: skip
def _(z0, z1, temperature):
    z = torch.cat([F.normalize(z0, dim=0), F.normalize(z1, dim=0)])
    return entropy(without_diagonal(z @ z.T / temperature))


@nt_xent.mistake("one length for the whole matrix", "`x.norm()` without `dim` is one number; each row "
                 "needs its own.", "02, section 7")  # fmt: skip
def _(z0, z1, temperature):
    z = torch.cat([z0, z1]) / torch.cat([z0, z1]).norm()
    return entropy(without_diagonal(z @ z.T / temperature))


nt_xent.mistake("temperature missing", "The scores are the cosines divided by τ. Without it they lie between −1 and "
    "1, and the softmax is nearly flat.", "05, section 1",
    lambda z0, z1, temperature: entropy(others(z0, z1, 1)))  # fmt: skip
nt_xent.mistake("temperature multiplied", "Divide by τ. Multiplied, 0.1 makes the scores ten times smaller, and the "
    "loss hardly leaves chance.", "05, section 8",
    lambda z0, z1, temperature: entropy(others(z0, z1, 1 / temperature)))  # fmt: skip
nt_xent.mistake("temperature outside the softmax", "τ belongs to the scores, inside the exponential. Outside it "
    "scales the loss only.", "05, section 1",
    lambda z0, z1, temperature: entropy(others(z0, z1, 1)) / temperature)  # fmt: skip
nt_xent.mistake("loss multiplied by the temperature", "Some programs do so to keep the gradients of one size. Asked "
    "for is the loss itself.", "05, section 1",
    lambda z0, z1, temperature: entropy(others(z0, z1, temperature)) * temperature)  # fmt: skip
nt_xent.mistake("temperature twice", "Both factors were divided by τ, so their product by τ².", "05, section 1",
    lambda z0, z1, temperature: entropy(others(z0, z1, temperature**2)))  # fmt: skip
nt_xent.mistake("sum in place of mean", "Divide by the number of anchors, 2N, or the loss grows with the batch.",
    "05, section 2", lambda z0, z1, temperature: entropy(others(z0, z1, temperature), reduction="sum"))  # fmt: skip
nt_xent.mistake("divided by N", "2N views ask, so the mean is over 2N losses.", "05, section 2",
    lambda z0, z1, temperature: 2 * entropy(others(z0, z1, temperature)))  # fmt: skip
nt_xent.mistake("mean over the whole matrix", "There are 2N losses, one for each row. Divide by 2N, and not by its "
    "square.", "05, section 2",
    lambda z0, z1, temperature: entropy(others(z0, z1, temperature)) / (2 * len(z0)))  # fmt: skip
nt_xent.mistake("not averaged", "This is one loss for each view. Asked for is their mean.", "05, section 2",
    lambda z0, z1, temperature: entropy(others(z0, z1, temperature), reduction="none"))  # fmt: skip
nt_xent.mistake("sign flipped", "A loss is *minus* the logarithm of a probability: the better the answer, the "
    "smaller.", "05, section 1",
    lambda z0, z1, temperature: -entropy(others(z0, z1, temperature)))  # fmt: skip
nt_xent.mistake("similarities negated", "With −cos, or 1 − cos, the least similar candidate has the largest score.",
    "05, section 1",
    lambda z0, z1, temperature: entropy(without_diagonal(-all_scores(z0, z1, temperature))))  # fmt: skip


@nt_xent.mistake("distance in place of cosine", "A score is the cosine over τ. Minus the distance ranks "
                 "the candidates alike, but spaces them otherwise.", "05, section 1")  # fmt: skip
def _(z0, z1, temperature):
    z = unit(torch.cat([z0, z1]))
    return entropy(without_diagonal(-(z[:, None] - z).norm(dim=2) / temperature))


nt_xent.mistake("softmax twice", "`cross_entropy` takes scores and does the softmax itself. Probabilities as scores "
    "lie between 0 and 1, and the loss hardly leaves chance.", "05, section 1",
    lambda z0, z1, temperature: entropy(others(z0, z1, temperature).softmax(1)))  # fmt: skip
nt_xent.mistake("negatives missing", "This only pulls the partners: a network that maps everything to one point is "
    "perfect. The denominator is what pushes.", "05, section 1",
    lambda z0, z1, temperature: -scores(z0, z1, temperature).diagonal().mean())  # fmt: skip


@nt_xent.mistake("one denominator for all anchors", "Each view chooses among its own 2N − 1 candidates: "
                 "one sum for each row.", "05, section 2")  # fmt: skip
def _(z0, z1, temperature):
    s = others(z0, z1, temperature)
    return s.flatten().logsumexp(0) - s[torch.arange(len(s)), partners(s)].mean()


nt_xent.mistake("logarithm missing", "Pay −log of the probability, not minus the probability.", "05, section 1",
    lambda z0, z1, temperature: -(-entropy(others(z0, z1, temperature), reduction="none")).exp().mean())  # fmt: skip
nt_xent.mistake("logarithm missing", "Pay −log of the probability, not the probability.", "05, section 1",
    lambda z0, z1, temperature: (-entropy(others(z0, z1, temperature), reduction="none")).exp().mean())  # fmt: skip
nt_xent.mistake("logarithm of the mean", "First the logarithm of each view's probability, then the mean.",
    "05, section 1",
    lambda z0, z1, temperature:
        -(-entropy(others(z0, z1, temperature), reduction="none")).exp().mean().log())  # fmt: skip
