"""What InfoNCE costs if nothing has been learnt."""

import math

import torch

from clearn.course.checks.exercise import Case, Exercise, values_only

loss_at_chance = Exercise("loss_at_chance", lambda rng: [
    *(Case((n,)) for n in (2, 3, 4, 256)),
    *(Case((int(n),)) for n in torch.randint(5, 60, (4,), generator=rng)),
], values_only)  # fmt: skip


@loss_at_chance.reference
def _(n):
    return math.log(2 * n - 1)


loss_at_chance.mistake("that of InfoNCE", "With n candidates chance is log n. In NT-Xent the candidates are all "
    "other views, of both halves.", "05, section 3",
    lambda n: math.log(n))  # fmt: skip
loss_at_chance.mistake("a view among its own candidates", "There are 2n views, but no view is its own candidate.",
    "05, section 3", lambda n: math.log(2 * n))  # fmt: skip
loss_at_chance.mistake("partner not among the candidates", "2n − 2 is the number of negatives. The partner is a "
    "candidate, too.", "05, section 3",
    lambda n: math.log(2 * n - 2))  # fmt: skip
loss_at_chance.mistake("a bracket misplaced", "The 1 belongs inside the logarithm: log(2n − 1), and not log(2n) − 1.",
    "05, section 3", lambda n: math.log(2 * n) - 1)  # fmt: skip
loss_at_chance.mistake("other images of one half only", "Of n images n − 1 are others, but the candidates are views, "
    "of both halves, with the partner among them.", "05, section 3",
    lambda n: math.log(n - 1))  # fmt: skip
loss_at_chance.mistake("one candidate too many", "Of 2n views one is the anchor itself: 2n − 1 are left, not 2n + 1.",
    "05, section 3", lambda n: math.log(2 * n + 1))  # fmt: skip
loss_at_chance.mistake("another base", "Cross-entropy takes the natural logarithm: `math.log`, not `log2`.",
    "05, section 3", lambda n: math.log2(2 * n - 1))  # fmt: skip
loss_at_chance.mistake("another base", "Cross-entropy takes the natural logarithm: `math.log`, not `log10`.",
    "05, section 3", lambda n: math.log10(2 * n - 1))  # fmt: skip
loss_at_chance.mistake("number of candidates", "One pays the logarithm of that.", "05, section 3",
    lambda n: 2 * n - 1)  # fmt: skip
loss_at_chance.mistake("probability in place of loss", "This is the probability of a right guess. One pays −log of "
    "it.", "05, section 3",
    lambda n: 1 / (2 * n - 1))  # fmt: skip
loss_at_chance.mistake("sign flipped", "−log(1/(2n − 1)) is positive.", "05, section 3",
    lambda n: -math.log(2 * n - 1))  # fmt: skip
loss_at_chance.mistake("sum over the anchors", "NT-Xent is the mean over its 2n anchors, not their sum.",
    "05, section 3", lambda n: 2 * n * math.log(2 * n - 1))  # fmt: skip
loss_at_chance.mistake("sum over the anchors", "NT-Xent is the mean over all anchors, not their sum.", "05, section 3",
    lambda n: n * math.log(2 * n - 1))  # fmt: skip
loss_at_chance.mistake("numerator forgotten", "The partner's similarity stands above and below the line, and "
    "cancels.", "05, section 3",
    lambda n: 1 + math.log(2 * n - 1))  # fmt: skip
