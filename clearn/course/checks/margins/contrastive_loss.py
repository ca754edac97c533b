"""The contrastive loss."""

import torch
import torch.nn.functional as F

from clearn import losses
from clearn.course.checks.exercise import Case, Exercise, a_function
from clearn.course.checks.margins.shared import AT_ZERO, WHOLE, apart, beside, strided, uniform
from clearn.similarity import unit


def pairs(rng, n, dim, margin, dtype=torch.float32):
    """(z0, z1, same, margin): of both kinds, in unequal numbers, some inside and some outside the margin."""
    row = torch.arange(n)
    d = torch.where(row % 2 == 0, uniform(rng, n, 0.3, 0.9, dtype), uniform(rng, n, 1.2, 1.9, dtype)) * margin
    z0 = torch.randn(n, dim, generator=rng, dtype=dtype)
    return z0, beside(rng, z0, d), (row % 3 == 0).long(), margin


ON_ONE_SPOT = torch.tensor([[1.0, 2.0], [1.0, 2.0], [0.0, 1.0]]), torch.tensor([[1.0, 2.0], [1.0, 2.0], [3.0, 5.0]])

contrastive_loss = Exercise("contrastive_loss", lambda rng: [
    Case((torch.zeros(2, 2), torch.tensor([[3.0, 4.0], [0.3, 0.4]]), torch.tensor([1, 0]), 2.0)),
    Case(pairs(rng, 3, 3, 1.5)),
    Case(pairs(rng, 5, 2, 0.5)),
    Case(pairs(rng, 7, 4, 3.0)),
    Case(strided(*pairs(rng, 4, 6, 2.0))),
    Case(pairs(rng, 9, 5, 0.8, torch.float64)),
    Case((torch.zeros(1, 2), torch.tensor([[0.6, 0.8]]), torch.tensor([0]), 1.5)),
    Case((*ON_ONE_SPOT, torch.tensor([1, 0, 1]), 1.5), edge=AT_ZERO[0]),
    Case((*ON_ONE_SPOT, torch.tensor([False, True, False]), 1.5), edge="stops on True and False"),
], a_function)  # fmt: skip
contrastive_loss.edge(*AT_ZERO)
contrastive_loss.edge("stops on True and False", "`same` may hold them as well as 1 and 0, and `1 - same` does not "
                      "work on them. Begin with `y = same.float()`.", "03, section 2")  # fmt: skip


def half(same, pull, push):
    return 0.5 * (same * pull + (1 - same) * push).mean()


@contrastive_loss.reference
def _(z0, z1, same, margin):
    return losses.contrastive_loss(z0, z1, same, margin)


contrastive_loss.mistake("labels the other way round", "Here 1 means *same*. Yours pulls strangers together and "
    "pushes partners apart.", "03, section 2",
    lambda z0, z1, same, margin: losses.contrastive_loss(z0, z1, 1 - same, margin))  # fmt: skip


@contrastive_loss.mistake("~ of 0 and 1", "It turns the bits of a number: `~0` is −1 and `~1` is −2. Write `1 - same`.",
                          "03, section 2")  # fmt: skip
def _(z0, z1, same, margin):
    return 0.5 * (same * apart(z0, z1) ** 2 + ~same * F.relu(margin - apart(z0, z1)) ** 2).mean()


@contrastive_loss.mistake("0 and 1 taken for row numbers", "`d[same]` with whole numbers picks the rows 0 and 1, again "
                          "and again. Write `d[same == 1]`.", "03, section 2")  # fmt: skip
def _(z0, z1, same, margin):
    d = apart(z0, z1)
    return 0.5 * ((d[same] ** 2).sum() + (F.relu(margin - d[1 - same]) ** 2).sum()) / len(d)


@contrastive_loss.mistake("0 and 1 taken for row numbers", "`d[same]` with whole numbers picks the rows 0 and 1, again "
                          "and again, and `~same` others. Write `d[same == 1]`.", "03, section 2")  # fmt: skip
def _(z0, z1, same, margin):
    d = apart(z0, z1)
    return 0.5 * ((d[same] ** 2).sum() + (F.relu(margin - d[~same]) ** 2).sum()) / len(d)


contrastive_loss.mistake("distance not squared", "The pull of a pair that is the same grows with its distance: ½ d².",
    "03, section 1",
    lambda z0, z1, same, margin: half(same, apart(z0, z1), F.relu(margin - apart(z0, z1)) ** 2))  # fmt: skip
contrastive_loss.mistake("margin term not squared", "The push shall fade towards the margin: ½ max(0, m − d)².",
    "03, section 1",
    lambda z0, z1, same, margin: half(same, apart(z0, z1) ** 2, F.relu(margin - apart(z0, z1))))  # fmt: skip
contrastive_loss.mistake("neither term squared", "Both are: d² for a pair that is the same, max(0, m − d)² for one "
    "that is not.", "03, section 1",
    lambda z0, z1, same, margin: half(same, apart(z0, z1), F.relu(margin - apart(z0, z1))))  # fmt: skip


def on_squares(push):
    @contrastive_loss.mistake("margin on the squared distance", "The margin is a distance: first m − d, then the "
                              "square. Yours is another loss, with another force.", "03, section 7")  # fmt: skip
    def _(z0, z1, same, margin):
        return half(same, apart(z0, z1) ** 2, push(apart(z0, z1) ** 2, margin))


on_squares(lambda d2, margin: F.relu(margin - d2))
on_squares(lambda d2, margin: F.relu(margin - d2) ** 2)
on_squares(lambda d2, margin: F.relu(margin**2 - d2))


contrastive_loss.mistake("½ missing", "It does not move the minimum, but it is in the definition, and with it the "
    "force is d, without it 2d.", "03, section 7",
    lambda z0, z1, same, margin: 2 * losses.contrastive_loss(z0, z1, same, margin))  # fmt: skip


@contrastive_loss.mistake("½ on one term only", "It stands before the bracket: `0.5 * (… + …)`.", "03, section 1")
def _(z0, z1, same, margin):
    return (0.5 * same * apart(z0, z1) ** 2 + (1 - same) * F.relu(margin - apart(z0, z1)) ** 2).mean()


@contrastive_loss.mistake("½ on one term only", "It stands before the bracket: `0.5 * (… + …)`.", "03, section 1")
def _(z0, z1, same, margin):
    return (same * apart(z0, z1) ** 2 + 0.5 * (1 - same) * F.relu(margin - apart(z0, z1)) ** 2).mean()


contrastive_loss.mistake("sum in place of mean", "A sum grows with the batch, and with it every step of the "
    "training.", "03, section 7",
    lambda z0, z1, same, margin: len(z0) * losses.contrastive_loss(z0, z1, same, margin))  # fmt: skip
contrastive_loss.mistake("mean missing", "This is one loss for each pair. Asked for is their mean, one number.",
    "03, section 1",
    lambda z0, z1, same, margin:
        0.5 * (same * apart(z0, z1) ** 2 + (1 - same) * F.relu(margin - apart(z0, z1)) ** 2))  # fmt: skip


@contrastive_loss.mistake("means of the two kinds added", "Divide by the number of all pairs; a mean for each kind "
                          "gives the rarer kind more weight.", "03, section 1")  # fmt: skip
def _(z0, z1, same, margin):
    d = apart(z0, z1)
    return 0.5 * ((d[same == 1] ** 2).mean() + (F.relu(margin - d[same == 0]) ** 2).mean())


contrastive_loss.mistake("no hinge", "Beyond the margin (m − d)² grows again, and pulls strangers back to it. There "
    "the loss is 0: max(0, m − d).", "03, section 1",
    lambda z0, z1, same, margin: half(same, apart(z0, z1) ** 2, (margin - apart(z0, z1)) ** 2))  # fmt: skip
contrastive_loss.mistake("hinge the wrong way", "Strangers are pushed while they are *nearer* than the margin: "
    "max(0, m − d). Yours acts beyond it.", "03, section 1",
    lambda z0, z1, same, margin: half(same, apart(z0, z1) ** 2, F.relu(apart(z0, z1) - margin) ** 2))  # fmt: skip
contrastive_loss.mistake("positives pushed, too", "The factor 1 − y is missing: the margin is for pairs that differ.",
    "03, section 1",
    lambda z0, z1, same, margin:
        0.5 * (same * apart(z0, z1) ** 2 + F.relu(margin - apart(z0, z1)) ** 2).mean())  # fmt: skip
contrastive_loss.mistake("negatives pulled, too", "The factor y is missing: d² is for pairs that are the same.",
    "03, section 1",
    lambda z0, z1, same, margin:
        0.5 * (apart(z0, z1) ** 2 + (1 - same) * F.relu(margin - apart(z0, z1)) ** 2).mean())  # fmt: skip
contrastive_loss.mistake("margin not used", "The margin is an argument; yours is 1, whatever is asked for.",
    "03, section 3", lambda z0, z1, same, margin: losses.contrastive_loss(z0, z1, same, 1.0))  # fmt: skip


@contrastive_loss.mistake(*WHOLE, "03, section 1")
def _(z0, z1, same, margin):
    return half(same, apart(z0, z1) ** 2, max(margin - apart(z0, z1), 0) ** 2)


def another_distance(name, why, see, distance):
    @contrastive_loss.mistake(name, why, see)
    def _(z0, z1, same, margin):
        return half(same, distance(z0, z1) ** 2, F.relu(margin - distance(z0, z1)) ** 2)


another_distance("mean over the coordinates", "The length of z0 − z1 is the root of the *sum* of squares. A mean over "
                 "D makes it √D times too short.", "03, section 1",
                 lambda z0, z1: (z0 - z1).square().mean(1).sqrt())  # fmt: skip
another_distance("distance along the wrong axis", "A pair is a row, so the sum runs over the D columns: `dim=1`.",
                 "03, section 1", lambda z0, z1: (z0 - z1).norm(dim=0))  # fmt: skip
another_distance("one distance for the whole batch", "`(z0 - z1).norm()` without `dim` is one number. Each pair has a "
                 "distance of its own.", "03, section 1", lambda z0, z1: (z0 - z1).norm())  # fmt: skip
another_distance("(N, 1) meets (N,)", "They broadcast to (N, N), every distance with every label. Leave `keepdim` out.",
                 "03, section 1", lambda z0, z1: (z0 - z1).norm(dim=1, keepdim=True))  # fmt: skip
another_distance("every z0 with every z1", "`cdist` gives (N, N) distances. A pair is row i of z0 and row i of z1.",
                 "03, section 1", torch.cdist)  # fmt: skip
another_distance("city-block distance", "This adds absolute values. The Euclidean distance is the root of the sum of "
                 "squares.", "03, section 1", lambda z0, z1: (z0 - z1).abs().sum(1))  # fmt: skip
another_distance("cosine distance", "Asked for is the Euclidean distance ‖z0 − z1‖, and no row is normalised.",
                 "03, section 1", lambda z0, z1: 1 - F.cosine_similarity(z0, z1))  # fmt: skip
another_distance("normalised first", "Nothing in the definition asks for rows of length 1.", "03, section 1",
                 lambda z0, z1: (unit(z0) - unit(z1)).norm(dim=1))  # fmt: skip


for share in (1, 0.5):

    @contrastive_loss.mistake("means of the two kinds added", "Asked for is the mean over all N pairs. Means of the "
        "same and of the others, each by itself, give the rarer kind more weight.", "03, section 2")  # fmt: skip
    def _(z0, z1, same, margin, share=share):
        d, y = apart(z0, z1), same.bool()
        kinds = d[y] ** 2, F.relu(margin - d[~y]) ** 2
        return 0.5 * share * sum(losses.mean() for losses in kinds if len(losses))

    @contrastive_loss.mistake("means of the two kinds added", "Asked for is the mean over all N pairs. And of no "
        "pairs at all there is no mean.", "03, section 2")  # fmt: skip
    def _(z0, z1, same, margin, share=share):
        d, y = apart(z0, z1), same.bool()
        return 0.5 * share * ((d[y] ** 2).mean() + (F.relu(margin - d[~y]) ** 2).mean())
