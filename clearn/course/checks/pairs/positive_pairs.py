"""Which rows of a batch form positive pairs."""

import torch

from clearn.course.checks.exercise import Case, Exercise, values_only
from clearn.course.checks.inputs import labelled

positive_pairs = Exercise("positive_pairs", lambda rng: [
    Case((torch.tensor([0, 1, 0]),)),
    Case((labelled(rng, 6, 3) - 1,)),
    Case((labelled(rng, 7, 2) * 5,)),
    Case((labelled(rng, 9, 4),)),
    Case((torch.tensor([3]),)),
], values_only)  # fmt: skip


@positive_pairs.reference
def _(labels):
    return (labels[:, None] == labels).fill_diagonal_(False)


positive_pairs.mistake("a sample paired with itself", "A positive pair is two *different* samples of a class: the "
    "diagonal belongs to none.", "01, section 2",
    lambda labels: labels[:, None] == labels)  # fmt: skip
positive_pairs.mistake("positives and negatives exchanged", "True stands where the classes differ.", "01, section 2",
    lambda labels: labels[:, None] != labels)  # fmt: skip
positive_pairs.mistake("each pair only once", "If i is a positive of j, then j is one of i: the matrix is symmetric.",
    "01, section 2",
    lambda labels: (labels[:, None] == labels).triu(1),
    lambda labels: (labels[:, None] == labels).tril(-1))  # fmt: skip
positive_pairs.mistake("classes taken for numbers", "Labels are names. 2 · 3 or 2 − 3 says nothing about classes 2 "
    "and 3.", "01, section 2",
    lambda labels: (labels[:, None] * labels > 0).fill_diagonal_(False))  # fmt: skip
positive_pairs.mistake("classes taken for numbers", "Labels are names: class 2 is no more like 3 than like 9.",
    "01, section 2", lambda labels: ((labels[:, None] - labels).abs() <= 1).fill_diagonal_(False))  # fmt: skip


@positive_pairs.mistake("neighbours in the batch only", "Positives may stand anywhere in the batch, not only side by "
    "side.", "01, section 2")  # fmt: skip
def _(labels):
    near = torch.ones(len(labels), len(labels)).triu(-1).tril(1).bool()
    return (labels[:, None] == labels).fill_diagonal_(False) & near


@positive_pairs.mistake("a class left out", "`range(labels.max())` ends before the last class, and labels need not "
    "be 0, 1, 2 … Compare all with all.", "01, section 2")  # fmt: skip
def _(labels):
    known = labels[:, None] == torch.arange(int(labels.max()))
    return (known.double() @ known.double().T > 0).fill_diagonal_(False)


@positive_pairs.mistake("classes taken to be 0, 1, 2, …", "Labels are names, and need not be 0, 1, 2 … Compare all "
    "with all.", "01, section 2")  # fmt: skip
def _(labels):
    known = labels[:, None] == torch.arange(len(labels.unique()))
    return (known.double() @ known.double().T > 0).fill_diagonal_(False)


positive_pairs.mistake("each label compared with itself", "`.T` of a vector is the same vector. A column against a "
    "row, `labels[:, None] == labels`, gives the table.", "01, section 2",
    lambda labels: labels == labels)  # fmt: skip
positive_pairs.mistake("diagonal removed", "The table keeps its shape (N, N). Set the diagonal to False.",
    "01, section 2",
    lambda labels:
        (labels[:, None] == labels)[~torch.eye(len(labels), dtype=torch.bool)].view(len(labels), -1))  # fmt: skip
positive_pairs.mistake("or in place of and", "Both must hold: one class, *and* two different samples.", "01, section 2",
    lambda labels: (labels[:, None] == labels) | ~torch.eye(len(labels), dtype=torch.bool),
    lambda labels: (labels[:, None] == labels) | torch.eye(len(labels), dtype=torch.bool).logical_not())  # fmt: skip
positive_pairs.mistake("the diagonal alone", "True stands only where a sample meets itself, and there it should be "
    "False.", "01, section 2",
    lambda labels: torch.eye(len(labels), dtype=torch.bool))  # fmt: skip
positive_pairs.mistake("everybody a pair", "Labels do not matter here: pairs of different classes count, too.",
    "01, section 2",
    lambda labels: torch.ones(len(labels), len(labels), dtype=torch.bool).fill_diagonal_(False))  # fmt: skip
positive_pairs.mistake("a list in place of a table", "These are the numbers of the pairs. Asked for is a table (N, "
    "N) of truth values.", "01, section 2",
    lambda labels: positive_pairs.right(labels).nonzero(),
    lambda labels: positive_pairs.right(labels).triu().nonzero())  # fmt: skip
positive_pairs.mistake("each pair only once", "If i is a positive of j, then j is one of i: the matrix is symmetric. "
    "And a sample is no positive of itself.", "01, section 2",
    lambda labels: (labels[:, None] == labels).triu(),
    lambda labels: (labels[:, None] == labels).tril())  # fmt: skip
positive_pairs.mistake("positives and negatives exchanged", "True stands where the classes differ, and on the "
    "diagonal.", "01, section 2",
    lambda labels: ~positive_pairs.right(labels))  # fmt: skip
positive_pairs.mistake("classes taken for numbers", "Labels are names, and 0 is one of them: a product with it says "
    "nothing.", "01, section 2",
    lambda labels: (labels[:, None] * labels == labels[:, None] ** 2).fill_diagonal_(False),
    lambda labels: (labels[:, None] * labels == labels**2).fill_diagonal_(False),
    lambda labels: (labels[:, None] - labels < 1).fill_diagonal_(False),
    lambda labels: ((labels[:, None] == labels) & (labels != 0)).fill_diagonal_(False))  # fmt: skip
