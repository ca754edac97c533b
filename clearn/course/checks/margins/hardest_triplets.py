"""The hardest triplet for each anchor of a batch."""

import torch

from clearn import mining
from clearn.course.checks.exercise import Case, Exercise, values_only
from clearn.course.checks.inputs import labelled, rows, turned
from clearn.similarity import pairwise_cosine, pairwise_distance


def batch(rng, n, dim, classes, dtype=torch.float32):
    """Rows and labels (z, y). No row has two others at the same distance, up to a thousandth."""
    while True:
        z = rows(rng, n, dim, dtype=dtype)
        if pairwise_distance(z).sort(1).values.diff(dim=1).min() > 1e-3:
            return z, labelled(rng, n, classes)


def another_form(z, y):
    """The same batch with other strides, and with names of classes that begin nowhere near 0."""
    return turned(z), 4 - 3 * y


hardest_triplets = Exercise("hardest_triplets", lambda rng: [
    Case((torch.tensor([[1.0, 0.0], [2.0, 1.0], [4.0, 1.0], [0.0, 6.0]]), torch.tensor([0, 1, 0, 1]))),
    Case(batch(rng, 9, 3, 3)),
    Case(batch(rng, 14, 4, 4)),
    Case(batch(rng, 7, 2, 5)),  # three of the rows are alone in their class
    Case(another_form(*batch(rng, 10, 6, 3))),
    Case(another_form(*batch(rng, 12, 3, 4, torch.float64))),
], values_only)  # fmt: skip


def tables(z, y):
    """Distances, who is of one class, and who is a positive of whom."""
    same = y[:, None] == y
    return pairwise_distance(z), same, same.clone().fill_diagonal_(False)


def largest(x, among):
    return x.masked_fill(~among, -torch.inf).argmax(1)


def smallest(x, among):
    return x.masked_fill(~among, torch.inf).argmin(1)


def table(positive, j, k):
    i = positive.any(1).nonzero().squeeze(1)
    return torch.stack([i, j[i], k[i]], dim=1)


@hardest_triplets.reference
def _(z, y):
    return torch.stack(mining.hard_triplets(z, y), dim=1)


@hardest_triplets.mistake("nearest positive", "The hardest positive is the one that is *furthest* from the anchor.",
                          "04, section 6")  # fmt: skip
def _(z, y):
    d, same, positive = tables(z, y)
    return table(positive, smallest(d, positive), smallest(d, ~same))


@hardest_triplets.mistake("furthest negative", "The hardest negative is the one that is *nearest* to the anchor.",
                          "04, section 6")  # fmt: skip
def _(z, y):
    d, same, positive = tables(z, y)
    return table(positive, largest(d, positive), largest(d, ~same))


@hardest_triplets.mistake("easiest in place of hardest", "Nearest positive and furthest negative have the smallest "
                          "loss. Asked for is the largest.", "04, section 6")  # fmt: skip
def _(z, y):
    d, same, positive = tables(z, y)
    return table(positive, smallest(d, positive), largest(d, ~same))


@hardest_triplets.mistake("anchor as its own positive", "An anchor that is alone in its class has no positive: leave "
                          "it out.", "04, section 6")  # fmt: skip
def _(z, y):
    d, same, positive = tables(z, y)
    return torch.stack([torch.arange(len(z)), largest(d, same), smallest(d, ~same)], dim=1)


@hardest_triplets.mistake("anchor as its own positive", "Nothing is nearer to a row than itself. And the hardest "
                          "positive is the furthest.", "04, section 6")  # fmt: skip
def _(z, y):
    d, same, positive = tables(z, y)
    return torch.stack([torch.arange(len(z)), torch.arange(len(z)), smallest(d, ~same)], dim=1)


@hardest_triplets.mistake("anchor as its own positive", "Nothing is nearer to a row than itself. And the hardest "
                          "positive is the furthest.", "04, section 6")  # fmt: skip
def _(z, y):
    d, same, positive = tables(z, y)
    return table(positive, torch.arange(len(z)), smallest(d, ~same))


@hardest_triplets.mistake("anchor without a positive kept", "Where no candidate is left `argmax` answers 0 all the "
                          "same. Leave out an anchor that is alone in its class.", "04, section 6")  # fmt: skip
def _(z, y):
    d, same, positive = tables(z, y)
    return torch.stack([torch.arange(len(z)), largest(d, positive), smallest(d, ~same)], dim=1)


@hardest_triplets.mistake("anchor without a positive kept", "Leave out an anchor that is alone in its class. −1 is a "
                          "row number, too: that of the last row.", "04, section 6")  # fmt: skip
def _(z, y):
    d, same, positive = tables(z, y)
    j = torch.where(positive.any(1), largest(d, positive), -1)
    return torch.stack([torch.arange(len(z)), j, smallest(d, ~same)], dim=1)


@hardest_triplets.mistake("negative nearest to the positive", "It is the nearest to the *anchor*: the loss compares "
                          "d(a, p) with d(a, n).", "04, section 6")  # fmt: skip
def _(z, y):
    d, same, positive = tables(z, y)
    j = largest(d, positive)
    return table(positive, j, smallest(d, ~same)[j])


@hardest_triplets.mistake("negative of the anchor's class", "A negative is of *another* class than the anchor.",
                          "04, section 1")  # fmt: skip
def _(z, y):
    d, same, positive = tables(z, y)
    return table(positive, largest(d, positive), smallest(d, ~torch.eye(len(z), dtype=torch.bool)))


@hardest_triplets.mistake("negative of the anchor's class", "A negative is of *another* class than the anchor.",
                          "04, section 1")  # fmt: skip
def _(z, y):
    d, same, positive = tables(z, y)
    return table(positive, largest(d, positive), smallest(d, positive))


@hardest_triplets.mistake("anchor as its own negative", "At distance 0 the anchor itself is nearest. Mask its whole "
                          "class, and itself, before you look.", "04, section 6")  # fmt: skip
def _(z, y):
    d, same, positive = tables(z, y)
    return table(positive, largest(d, positive), torch.arange(len(z)))


@hardest_triplets.mistake("mask of 0", "A 0 wins every `argmin`. Fill the places that must not win with ∞.",
                          "04, section 6")  # fmt: skip
def _(z, y):
    d, same, positive = tables(z, y)
    return table(positive, largest(d, positive), (d * ~same).argmin(1))


@hardest_triplets.mistake("positive of any class", "A positive is of the anchor's class.", "04, section 1")
def _(z, y):
    d, same, positive = tables(z, y)
    return table(positive, d.argmax(1), smallest(d, ~same))


@hardest_triplets.mistake("positives and negatives exchanged", "Furthest of *its* class, nearest of *another*: yours "
                          "has it the other way round.", "04, section 1")  # fmt: skip
def _(z, y):
    d, same, positive = tables(z, y)
    return table(positive, largest(d, ~same), smallest(d, positive))


hardest_triplets.mistake("columns exchanged", "The order is anchor, positive, negative.", "04, section 1",
    lambda z, y: torch.stack(mining.hard_triplets(z, y), dim=1)[:, [0, 2, 1]])  # fmt: skip
hardest_triplets.mistake("transposed", "One row for each triplet: (T, 3). Use `dim=1` in `torch.stack`.",
    "04, section 6", lambda z, y: torch.stack(mining.hard_triplets(z, y)))  # fmt: skip


@hardest_triplets.mistake("by another measure", "The dot product is no distance: it grows with the lengths. Take the "
                          "Euclidean distance.", "04, section 6")  # fmt: skip
def _(z, y):
    d, same, positive = tables(z, y)
    return table(positive, smallest(z @ z.T, positive), largest(z @ z.T, ~same))


@hardest_triplets.mistake("normalised first", "The furthest by angle is not the furthest by distance. Leave the "
                          "lengths as they are.", "04, section 6")  # fmt: skip
def _(z, y):
    d, same, positive = tables(z, y)
    return table(positive, smallest(pairwise_cosine(z), positive), largest(pairwise_cosine(z), ~same))


def mixed_up(measure):
    @hardest_triplets.mistake("similarity taken for a distance", "A large similarity means near. Take the Euclidean "
                              "distance.", "04, section 6")  # fmt: skip
    def _(z, y):
        d, same, positive = tables(z, y)
        return table(positive, largest(measure(z), positive), smallest(measure(z), ~same))


mixed_up(pairwise_cosine)
mixed_up(lambda z: z @ z.T)


@hardest_triplets.mistake("every positive in place of the furthest", "One triplet for each anchor, not for each pair "
                          "of a class.", "04, section 6")  # fmt: skip
def _(z, y):
    d, same, positive = tables(z, y)
    i, j = positive.nonzero().T
    return torch.stack([i, j, smallest(d, ~same)[i]], dim=1)


@hardest_triplets.mistake("semi-hard in place of hardest", "The negative need not be further than the positive: the "
                          "nearest of all is asked for.", "04, section 6")  # fmt: skip
def _(z, y):
    d, same, positive = tables(z, y)
    j = largest(d, positive)
    beyond = ~same & (d > d.gather(1, j[:, None]))
    return table(positive & beyond.any(1, keepdim=True), j, smallest(d, beyond))


@hardest_triplets.mistake("one triplet for the whole batch", "Each anchor has a hardest triplet of its own.",
                          "04, section 6")  # fmt: skip
def _(z, y):
    d, same, positive = tables(z, y)
    found = torch.stack(mining.hard_triplets(z, y), dim=1)
    i, j, k = found.T
    return found[(d[i, j] - d[i, k]).argmax()][None]


@hardest_triplets.mistake("distances in place of row numbers", "Asked for is *which* rows, so `argmax` and `argmin`.",
                          "04, section 6")  # fmt: skip
def _(z, y):
    d, same, positive = tables(z, y)
    i, j, k = mining.hard_triplets(z, y)
    return torch.stack([i.to(d), d[i, j], d[i, k]], dim=1)


@hardest_triplets.mistake("place within a selection", "`d[i][mask].argmax()` counts the selected rows only. Map it "
                          "back to the rows of the batch, or mask with ±∞.", "04, section 6")  # fmt: skip
def _(z, y):
    d, same, positive = tables(z, y)
    i, j, k = mining.hard_triplets(z, y)
    return torch.stack([i, within(positive, i, j), within(~same, i, k)], dim=1)


@hardest_triplets.mistake("place within a selection", "`d[i][mask].argmax()` counts the selected rows only. Map it "
                          "back to the rows of the batch, or mask with ±∞.", "04, section 6")  # fmt: skip
def _(z, y):
    d, same, positive = tables(z, y)
    i, j, k = mining.hard_triplets(z, y)
    return torch.stack([i, within(same, i, j), within(~same, i, k)], dim=1)


def within(mask, i, j):
    """The place of row j among those that are True in row i of the mask."""
    return mask.long().cumsum(1)[i, j] - 1


@hardest_triplets.mistake("rows by class", "The triplets come in the order of their anchors.", "04, section 6")
def _(z, y):
    i, j, k = mining.hard_triplets(z, y)
    return torch.stack([i, j, k], dim=1)[y[i].argsort(stable=True)]


@hardest_triplets.mistake("anchors numbered anew", "Where an anchor was left out, those behind it keep their row "
    "numbers: `keep.nonzero()`, and not `arange`.", "04, section 6")  # fmt: skip
def _(z, y):
    found = hardest_triplets.right(z, y)
    return torch.cat([torch.arange(len(found))[:, None], found[:, 1:]], dim=1)


for which in ("positive", "negative"):

    @hardest_triplets.mistake("place within a selection", "`argmax` within `z[mask]` counts among the selected rows. "
        "Look up which rows these are, `mask.nonzero()`, or mask with ±∞ in the whole table.", "04, section 6")  # fmt: skip
    def _(z, y, which=which):
        found, same = hardest_triplets.right(z, y), tables(z, y)[1]
        for row in found:
            i, j, k = row.tolist()
            among = same[i].clone().index_fill_(0, torch.tensor([i]), False) if which == "positive" else ~same[i]
            row[1 if which == "positive" else 2] = among[: j if which == "positive" else k].sum()
        return found
