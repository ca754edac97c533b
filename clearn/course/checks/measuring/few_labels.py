"""The same few labels of each class for everybody."""

import torch

from clearn.course.checks.exercise import Case, Changed, Exercise, as_tensor, same
from clearn.course.checks.inputs import labelled


def draws(solution, args):
    """Watch many draws: what each of them has, and how they differ. Which samples a seed gives is a matter of taste."""
    labels, per_class = args

    def draw(generator):
        given = labels.clone()
        found = as_tensor(solution(given, per_class, generator))
        if not same(given, labels, exactly=True):
            raise Changed
        return found

    first, classes = draw(torch.Generator().manual_seed(0)), labels.unique()
    seen = {"shape": torch.tensor(first.shape), "indices, not truth values": torch.tensor(first.dtype != torch.bool)}
    fair = ("each class as often", "nobody twice", "everybody can be drawn", "other draws with other seeds",
            "not just the first", "the same draw with the same seed", "another draw when asked again")  # fmt: skip
    if first.shape != (per_class * len(classes),) or first.dtype == torch.bool:
        return seen | dict.fromkeys(fair, torch.tensor(False))
    few = len(labels) < 10  # then each sample is drawn about every second time, in 24 draws as good as certainly
    drawn = [draw(torch.Generator().manual_seed(seed)) for seed in range(24 if few else 8)]
    sets = [sorted(d.tolist()) for d in drawn]
    again = [sorted(draw(torch.Generator().manual_seed(seed)).tolist()) for seed in range(6)]
    one = torch.Generator().manual_seed(0)
    on_and_on = [sorted(draw(one).tolist()) for _ in range(6)]
    top = sorted(torch.cat([m[:per_class] for m in members(labels)]).tolist())
    found = (
        all(((labels[d, None] == classes).sum(0) == per_class).all() for d in drawn),
        all(len(set(s)) == len(s) for s in sets),
        set().union(*sets) == set(range(len(labels))) or not few,
        any(s != sets[0] for s in sets),
        any(s != top for s in sets),
        again == sets[:6],
        any(s != on_and_on[0] for s in on_and_on),
    )
    return seen | {what: torch.tensor(x) for what, x in zip(fair, found, strict=True)}


few_labels = Exercise("few_labels", lambda rng: [
    Case((torch.tensor([0, 1, 1, 0, 1, 0, 0, 1]), 2)),
    Case((torch.tensor([1] * 4 + [4] * 5 + [6] * 6)[torch.randperm(15, generator=rng)], 3)),
    Case((labelled(rng, 20, 5), 2)),
    Case((torch.tensor([0, 0, 1, 0]), 2), edge="takes fewer in silence"),
    Case((torch.tensor([0, 1, 0, 1, 1]), 2), edge="exactly as many are enough"),
], draws)  # fmt: skip
few_labels.edge("takes fewer in silence", "A class has fewer samples than asked for. Raise a ValueError: a set that is "
                "smaller, or filled up with others, spoils every comparison, and nobody notices.",
                "12, section 11")  # fmt: skip
few_labels.edge("exactly as many are enough", "A class with exactly per_class samples has enough: `<` where `<=` "
    "stands.", "12, section 11")  # fmt: skip


def members(labels):
    return [(labels == c).nonzero().flatten() for c in labels.unique()]


def shuffled(x, generator):
    return x[torch.randperm(len(x), generator=generator)]


@few_labels.reference
def _(labels, per_class, generator):
    if min(map(len, members(labels))) < per_class:
        raise ValueError(f"a class has fewer than {per_class} samples")
    return torch.cat([shuffled(m, generator)[:per_class] for m in members(labels)])


def unfair(labels, k, rng):
    """Wrong draws, with a generator or, where `rng` is None, without: (name, why, see, how to make it)."""
    n, groups = len(labels), members(labels)
    total = k * len(groups)
    return [
        ("not balanced", "You draw from all samples at once, so some classes get more than others. Draw from each "
         "class.",
         "12, section 6", lambda: torch.randperm(n, generator=rng)[:total]),
        ("not balanced", "You draw from all samples at once, and some of them twice. Draw from each class, without "
         "repetition.",
         "12, section 6", lambda: torch.randint(n, (total,), generator=rng)),
        ("with repetition", "A sample that is drawn twice is one label, not two. Shuffle, and take the first ones of "
         "the shuffled.",
         "12, section 6", lambda: torch.cat([m[torch.randint(len(m), (k,), generator=rng)] for m in groups])),
        ("position within the class", "These count within a class. Look up where its members stand among all: "
         "`members[…]`.",
         "12, section 6", lambda: torch.cat([torch.randperm(len(m), generator=rng)[:k] for m in groups])),
        ("labels in place of indices", "Return *which* samples are chosen, not their classes.", "12, section 6",
         lambda: labels[torch.cat([shuffled(m, rng)[:k] for m in groups])]),
        ("per_class in all", "There should be that many of *each* class.", "12, section 6",
         lambda: torch.randperm(n, generator=rng)[:k]),
        ("a class left out", "One class has no label, and then nobody can answer with it.", "12, section 11",
         lambda: torch.cat([shuffled(m, rng)[:k] for m in groups[:-1]])),
        ("classes taken to be 0, 1, 2, …", "Labels are names: here there are classes 1, 4 and 6. Ask "
         "`labels.unique()`.", "12, section 11",
         lambda: torch.cat([shuffled((labels == c).nonzero().flatten(), rng)[:k] for c in range(len(groups))])),
        ("a row for each class", "Asked for is one row of indices: `torch.cat` in place of `torch.stack`.",
         "12, section 6",
         lambda: torch.stack([shuffled(m, rng)[:k] for m in groups])),
        ("mask in place of indices", "These are truth values for all samples. `nonzero` gives the indices.",
         "12, section 6",
         lambda: torch.zeros(n, dtype=torch.bool).index_fill(0, torch.cat([m[:k] for m in groups]), True)),
    ]  # fmt: skip


def drawn_as(number, ignoring):
    """The program that draws as number `number` of `unfair` does, with the generator or without."""
    return lambda labels, per_class, generator: unfair(labels, per_class, None if ignoring else generator)[number][-1]()


for number, (*said, _) in enumerate(unfair(torch.tensor([0, 1]), 1, None)):
    few_labels.mistake(*said)(drawn_as(number, ignoring=False))
    if said[0] in ("not balanced", "with repetition", "position within the class", "classes taken to be 0, 1, 2, …"):
        few_labels.mistake(*said)(drawn_as(number, ignoring=True))  # both at once: the larger mistake is named


few_labels.mistake("the first ones", "The first of a file may all come from one day or one camera. Draw at random.",
    "12, section 6",
    lambda labels, per_class, generator: torch.cat([m[:per_class] for m in members(labels)]))  # fmt: skip
few_labels.mistake("generator ignored", "The draw comes from somewhere else, and nobody can repeat it. Pass it on: "
    "`torch.randperm(n, generator=generator)`.", "01, section 2",
    lambda labels, per_class, generator: few_labels.right(labels, per_class, None))  # fmt: skip
few_labels.mistake("always the same draw", "Whatever the generator says, the same samples come out: the last ones, "
    "or those of a seed of your own. How much an accuracy owes to them, nobody can find out.", "12, section 6",
    lambda labels, per_class, generator:
        few_labels.right(labels, per_class, torch.Generator().manual_seed(0)))  # fmt: skip


@few_labels.mistake("generator started anew", "Asked twice, it draws the same samples twice: `initial_seed` puts it "
                    "back to its start. Use the generator as it is.", "01, section 2")  # fmt: skip
def _(labels, per_class, generator):
    return few_labels.right(labels, per_class, torch.Generator().manual_seed(generator.initial_seed()))


@few_labels.mistake("classes taken to be 0, 1, 2, …", "Labels are names: here there are classes 1, 4 and 6, and none "
    "of the numbers between has too few. Ask `labels.unique()`.", "12, section 11")  # fmt: skip
def _(labels, per_class, generator):
    groups = [(labels == c).nonzero().flatten() for c in range(int(labels.max()) + 1)]
    if min(map(len, groups)) < per_class:
        raise ValueError("a class has too few")
    return torch.cat([shuffled(m, generator)[:per_class] for m in groups])
