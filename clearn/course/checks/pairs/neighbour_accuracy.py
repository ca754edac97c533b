"""How often the nearest other row has the same label."""

import torch

from clearn.course.checks.exercise import Case, Exercise, values_only
from clearn.course.checks.inputs import labelled, rows
from clearn.course.checks.pairs.nearest_other import nearest_other, spread_out
from clearn.similarity import pairwise_cosine

neighbour_accuracy = Exercise("neighbour_accuracy", lambda rng: [
    Case((torch.tensor([[1.0, 0.0], [2.0, 1.0], [0.0, 1.0]]), torch.tensor([0, 0, 1]))),
    *(Case((rows(rng, n, d), labelled(rng, n, c))) for n, d, c in ((8, 3, 2), (25, 2, 4), (40, 5, 10))),
    Case((rows(rng, 15, 3, dtype=torch.float64), labelled(rng, 15, 3))),
    Case((spread_out(rng), torch.tensor([0, 0, 1, 1]))),
], values_only)  # fmt: skip


def share(nearest, labels):
    return (labels[nearest] == labels).double().mean()


@neighbour_accuracy.reference
def _(x, labels):
    return (labels[nearest_other.right(x)] == labels).double().mean()


neighbour_accuracy.mistake("each row finds itself", "It is always right, and always useless: nothing is nearer to a "
    "row than itself.", "01, section 3",
    lambda x, labels: torch.tensor(1.0))  # fmt: skip
neighbour_accuracy.mistake("count in place of a share", "Divide by the number of rows.", "01, section 3",
    lambda x, labels: (labels[nearest_other.right(x)] == labels).sum())  # fmt: skip
neighbour_accuracy.mistake("percent in place of a share", "Asked for is a number from 0 to 1.", "01, section 3",
    lambda x, labels: 100 * (labels[nearest_other.right(x)] == labels).double().mean())  # fmt: skip
neighbour_accuracy.mistake("index compared with label", "`nearest_other` gives row numbers. Look up their labels.",
    "01, section 3", lambda x, labels: (nearest_other.right(x) == labels).double().mean())  # fmt: skip
neighbour_accuracy.mistake("share of errors", "This is the share of wrong answers.", "01, section 3",
    lambda x, labels: (labels[nearest_other.right(x)] != labels).double().mean())  # fmt: skip
neighbour_accuracy.mistake("not normalised", "By dot products long rows are everybody's neighbours.", "02, section 7",
    lambda x, labels: (labels[(x @ x.T).fill_diagonal_(-torch.inf).argmax(1)] == labels).double().mean())  # fmt: skip


@neighbour_accuracy.mistake("mean over the classes", "Every row counts the same; a mean of the classes' means gives "
                            "rows of small classes more weight.", "12, section 2")  # fmt: skip
def _(x, labels):
    right = (labels[nearest_other.right(x)] == labels).double()
    return torch.stack([right[labels == y].mean() for y in labels.unique()]).mean()


neighbour_accuracy.mistake("Euclidean distance", "Without normalisation the nearest by distance is not the nearest "
    "by angle.", "02, section 3",
    lambda x, labels: share(torch.cdist(x, x).fill_diagonal_(torch.inf).argmin(1), labels))  # fmt: skip
neighbour_accuracy.mistake("whole-number division", "`//` cuts the share down to 0. Divide with `/`.", "01, section 3",
    lambda x, labels: (labels[nearest_other.right(x)] == labels).sum() // len(labels))  # fmt: skip
neighbour_accuracy.mistake("mask of 0", "A 0 on the diagonal wins where all other cosines are negative. Use −∞.",
    "01, section 3", lambda x, labels: share(pairwise_cosine(x).fill_diagonal_(0).argmax(1), labels))  # fmt: skip
neighbour_accuracy.mistake("furthest in place of nearest", "A large cosine means near.", "02, section 2",
    lambda x, labels: share(pairwise_cosine(x).argmin(1), labels))  # fmt: skip
neighbour_accuracy.mistake("one answer for each row", "These say for each row whether its neighbour is right. Asked "
    "for is their mean.", "01, section 3",
    lambda x, labels: (labels[nearest_other.right(x)] == labels).double())  # fmt: skip
neighbour_accuracy.mistake("neighbours' labels", "These are the labels of the neighbours. Compare them with the "
    "rows' own.", "01, section 3",
    lambda x, labels: labels[nearest_other.right(x)])  # fmt: skip
neighbour_accuracy.mistake("labels compared in place of neighbours", "This is the share of pairs with one label; x "
    "is not used.", "01, section 2",
    lambda x, labels: (labels[:, None] == labels).double().mean(),
    lambda x, labels:
        ((labels[:, None] == labels).sum() - len(labels)) / (len(labels) * (len(labels) - 1)))  # fmt: skip
neighbour_accuracy.mistake("divided by another number", "The share is of the N rows: each of them has a neighbour.",
    "01, section 3",
    lambda x, labels: (labels[nearest_other.right(x)] == labels).sum() / (len(labels) - 1),
    lambda x, labels: (labels[nearest_other.right(x)] == labels).sum() / len(labels.unique()),
    lambda x, labels: (labels[nearest_other.right(x)] == labels).sum() / x.shape[1])  # fmt: skip
