"""The logarithm of a sum of exponentials, without overflow."""

import math

import torch

from clearn.course.checks.exercise import Case, Exercise, a_function
from clearn.course.checks.inputs import turned

log_sum_exp = Exercise("log_sum_exp", lambda rng: [
    Case((torch.tensor([0.0, 1.0, 2.0]),)),
    *(Case((2 * torch.randn(shape, generator=rng),)) for shape in ((2, 3), (4, 4), (5, 2), (2, 3, 4))),
    Case((turned(torch.randn(3, 6, generator=rng)),)),
    Case((torch.randn(4, 5, generator=rng, dtype=torch.float64),)),
    Case((torch.tensor([[1000.0, 1001.0, 999.0], [998.0, 1002.0, 1000.0]]),), edge="overflow"),
    Case((torch.tensor([[-1000.0, -1001.0], [-1003.0, -1002.0]]),), edge="underflow"),
    Case((torch.tensor([[0.0, 1.0], [-1000.0, -1001.0]]),), edge="one maximum for all rows"),
    Case((torch.tensor([[-800.0, 0.0, 800.0]]),), edge="not the maximum subtracted"),
    Case((torch.tensor([[1.0, -torch.inf, 0.5]]),), edge="an entry of −∞"),
], a_function)  # fmt: skip
log_sum_exp.edge("overflow", "exp(1000) is infinite in any precision, though the logarithm of the sum is "
                 "about 1000. Subtract the largest entry first, and add it back at the end.",
                 "05, section 8")  # fmt: skip
log_sum_exp.edge("underflow", "exp(−1000) is 0, and log 0 is −∞. After the largest entry has been subtracted (the "
    "largest itself, not the largest absolute value), one exponential is exactly 1, and that cannot happen.",
    "05, section 8")  # fmt: skip
log_sum_exp.edge("one maximum for all rows", "A row far below the largest entry of the others becomes "
                 "all 0, and log 0 is −∞. Subtract from each row its own largest entry: `x.amax(dim=-1, "
                 "keepdim=True)`.", "05, section 8")  # fmt: skip
log_sum_exp.edge("not the maximum subtracted", "Only with the largest entry is every exponent at most 0. "
                 "The mean, the smallest or the first entry leaves some that overflow.", "05, section 8")  # fmt: skip
log_sum_exp.edge("an entry of −∞", "It is a candidate that was struck out, and adds exp(−∞) = 0. Put 0 in its place, "
    "and it adds exp(0) = 1; and 0 · (−∞) and ∞ − ∞ are NaN.", "05, section 8")  # fmt: skip


@log_sum_exp.reference
def _(x):
    return torch.logsumexp(x, -1)


log_sum_exp.mistake("maximum not added back", "exp(x − m) = exp(x) / exp(m): what was divided away must come back, "
    "as + m after the logarithm.", "05, section 8",
    lambda x: torch.logsumexp(x, -1) - x.amax(-1))  # fmt: skip
log_sum_exp.mistake("maximum subtracted twice", "exp(x − m) = exp(x) / exp(m): after the logarithm add m, do not "
    "subtract it again.", "05, section 8",
    lambda x: torch.logsumexp(x, -1) - 2 * x.amax(-1))  # fmt: skip
log_sum_exp.mistake("maximum added to numbers that still have it", "Either subtract m before the exponential and add "
    "it after the logarithm, or do neither.", "05, section 8",
    lambda x: torch.logsumexp(x, -1) + x.amax(-1))  # fmt: skip


@log_sum_exp.mistake("maximum counted twice", "The largest entry is in the sum already, as exp(0) = 1. "
                     "`log1p` adds another 1.", "05, section 8")  # fmt: skip
def _(x):
    m = x.amax(-1)
    return m + torch.log1p((torch.logsumexp(x, -1) - m).exp())


@log_sum_exp.mistake("multiplied by the maximum", "exp(m) is a factor before the logarithm. After it, it "
                     "is the summand m.", "05, section 8")  # fmt: skip
def _(x):
    m = x.amax(-1)
    return m * (torch.logsumexp(x, -1) - m)


log_sum_exp.mistake("logarithm of the mean", "Asked for is the sum of the exponentials. Their mean is smaller by the "
    "factor of their number.", "05, section 1",
    lambda x: torch.logsumexp(x, -1) - math.log(x.shape[-1]))  # fmt: skip
log_sum_exp.mistake("wrong axis", "`dim=0` sums over the rows, so over the queries. The candidates of one query "
    "stand along the last dimension.", "05, section 2",
    lambda x: torch.logsumexp(x, 0))  # fmt: skip
log_sum_exp.mistake("second axis in place of the last", "`dim=1` is the last dimension of a matrix, and of nothing "
    "else. `dim=-1` is always the last.", "05, section 2",
    lambda x: torch.logsumexp(x, 1))  # fmt: skip
log_sum_exp.mistake("one number for all rows", "Without `dim` the sum runs over the whole tensor. Each row has its "
    "own.", "05, section 2",
    lambda x: torch.logsumexp(x.flatten(), 0))  # fmt: skip
log_sum_exp.mistake("last axis kept", "The result has one dimension less than x. Use `keepdim=True` for the maximum "
    "that is subtracted, and `squeeze(-1)` before you add it back.", "05, section 2",
    lambda x: torch.logsumexp(x, -1, keepdim=True))  # fmt: skip


@log_sum_exp.mistake("maximum broadcast over the rows", "A maximum of shape (N, 1) and a sum of shape "
                     "(N,) add up to a matrix (N, N). Give both the same shape.", "05, section 2")  # fmt: skip
def _(x):
    m = x.amax(-1, keepdim=True)
    return m + (x - m).exp().sum(-1).log()


@log_sum_exp.mistake("keepdim missing", "x (N, D) minus a maximum of shape (N,) stops, or for N = D "
                     "takes row j's maximum from column j. With `keepdim=True` it is (N, 1), and each "
                     "row loses its own.", "05, section 2")  # fmt: skip
def _(x):
    m = x.amax(-1)
    return m + (x - m).exp().sum(-1).log()


log_sum_exp.mistake("logarithm missing", "This is the sum of the exponentials.", "05, section 1",
    lambda x: x.exp().sum(-1))  # fmt: skip


@log_sum_exp.mistake("logarithm missing", "The maximum has been added to the sum itself.",
                     "05, section 1")  # fmt: skip
def _(x):
    m = x.amax(-1, keepdim=True)
    return m[..., 0] + (x - m).exp().sum(-1)


log_sum_exp.mistake("logarithm missing", "This is the sum of the exponentials, less the maximum.", "05, section 1",
    lambda x: (x - x.amax(-1, keepdim=True)).exp().sum(-1))  # fmt: skip
log_sum_exp.mistake("exponential missing", "This is the logarithm of the plain sum, and for a negative sum there is "
    "none.", "05, section 1",
    lambda x: x.sum(-1).log())  # fmt: skip


@log_sum_exp.mistake("exponential missing", "Less the maximum the entries are 0 or negative, and so is "
                     "their sum.", "05, section 1")  # fmt: skip
def _(x):
    m = x.amax(-1, keepdim=True)
    return m[..., 0] + (x - m).sum(-1).log()


log_sum_exp.mistake("logarithm before the sum", "log(exp(x)) is x itself. First sum, then take the logarithm.",
    "05, section 1", lambda x: x.sum(-1))  # fmt: skip
log_sum_exp.mistake("maximum alone", "The largest entry is the limit of a low temperature. The others count, too.",
    "05, section 4", lambda x: x.amax(-1))  # fmt: skip
log_sum_exp.mistake("log-softmax", "That is x minus what is asked for.", "05, section 1",
    lambda x: x.log_softmax(-1))  # fmt: skip
log_sum_exp.mistake("sign flipped", "This is minus the logarithm.", "05, section 1",
    lambda x: -torch.logsumexp(x, -1))  # fmt: skip
log_sum_exp.mistake("another base", "The exponential has base e, so the logarithm must, too: `log`, not `log2` or "
    "`log10`.", "05, section 1",
    lambda x: x.exp().sum(-1).log2(),
    lambda x: x.exp().sum(-1).log10())  # fmt: skip


@log_sum_exp.mistake("another base", "The exponential has base e, so the logarithm must, too: `log`, not "
                     "`log2` or `log10`.", "05, section 1")  # fmt: skip
def _(x):
    m = x.amax(-1, keepdim=True)
    return m[..., 0] + (x - m).exp().sum(-1).log2()
