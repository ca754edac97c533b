"""The miners against plain loops over all triplets, on random batches, with ties, and at their edges."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from clearn.losses import triplet_loss
from clearn.mining import hard_triplets, random_triplets, semi_hard_triplets

DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
MINERS = {"random": random_triplets, "semi-hard": partial(semi_hard_triplets, margin=1.0), "hard": hard_triplets}
every_miner = pytest.mark.parametrize("mine", MINERS.values(), ids=MINERS)
PROFILE = settings(derandomize=True, deadline=None, max_examples=150)


def batch(n, d=3, classes=3, seed=0, grid=False, dtype=torch.float64):
    """A batch with at least one triplet; on an integer grid many distances are equal, and many samples the same."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(classes, (n,), generator=generator)
    labels[:3] = torch.tensor([0, 0, 1])
    if grid:
        return torch.randint(-2, 3, (n, d), generator=generator).to(dtype), labels
    return torch.randn(n, d, generator=generator, dtype=torch.float64).to(dtype), labels


BATCHES = [batch(n, d, classes, seed, grid) for n, classes in ((3, 2), (8, 3), (17, 4), (40, 12)) for d in (1, 3)
           for seed in (0, 1, 2) for grid in (False, True)]  # fmt: skip


# --- the definitions as loops


def distances(z):
    z = z.double().numpy()
    return [[float(np.sqrt(np.sum((a - b) ** 2))) for b in z] for a in z]


def pairs(y):
    return [(i, j) for i in range(len(y)) for j in range(len(y)) if i != j and y[i] == y[j]]


def semi_hard_loop(z, y, margin):
    d, found = distances(z), []
    for i, j in pairs(y):
        within = [k for k in range(len(y)) if y[k] != y[i] and d[i][j] < d[i][k] < d[i][j] + margin]
        if within:
            found.append((i, j, min(within, key=lambda k: d[i][k])))  # min takes the first of equals
    return found


def hard_loop(z, y):
    d, found = distances(z), []
    for i in range(len(y)):
        same = [j for j in range(len(y)) if j != i and y[j] == y[i]]
        if same:
            other = [k for k in range(len(y)) if y[k] != y[i]]
            found.append((i, max(same, key=lambda j: d[i][j]), min(other, key=lambda k: d[i][k])))
    return found


def as_list(triplets):
    return list(zip(*(x.tolist() for x in triplets), strict=True))


@pytest.mark.parametrize("z, labels", BATCHES)
@pytest.mark.parametrize("margin", [0.3, 1.0, 2.0])  # on the grid, distances differ by exactly 1 and 2 at times
def test_semi_hard_equals_its_loop(z, labels, margin):
    assert as_list(semi_hard_triplets(z, labels, margin)) == semi_hard_loop(z, labels.tolist(), margin)


@pytest.mark.parametrize("z, labels", BATCHES)
def test_hard_equals_its_loop(z, labels):
    assert as_list(hard_triplets(z, labels)) == hard_loop(z, labels.tolist())


@pytest.mark.parametrize("z, labels", BATCHES)
def test_random_takes_every_pair_once_with_a_true_negative(z, labels):
    for seed in range(3):
        a, p, n = random_triplets(z, labels, torch.Generator().manual_seed(seed))
        assert list(zip(a.tolist(), p.tolist())) == pairs(labels.tolist())
        assert (labels[n] != labels[a]).all()


# --- what random means


@pytest.mark.parametrize("labels", [[5, 5, 5, 5, -1, -1, 9, 9, 9, 2], [2, 9, 5, -1, 9, 5, 5, 5, 9, -1]])
def test_random_is_uniform_over_all_negatives(labels):
    labels = torch.tensor(labels)
    generator = torch.Generator().manual_seed(0)
    counts = np.zeros((10, 10))
    for _ in range(1000):
        a, _, n = random_triplets(torch.zeros(10, 1), labels, generator)
        np.add.at(counts, (a.numpy(), n.numpy()), 1)
    for i in range(10):
        others = (labels != labels[i]).numpy()
        drawn = counts[i, others]
        assert counts[i, ~others].sum() == 0
        if drawn.sum():
            expected = drawn.sum() / len(drawn)
            chi_square, freedom = ((drawn - expected) ** 2 / expected).sum(), len(drawn) - 1
            assert chi_square < freedom + 5 * (2 * freedom) ** 0.5


def test_random_draws_each_pair_for_itself():
    """Not one negative an anchor: the negatives of one anchor's pairs are independent."""
    labels = torch.arange(40) % 2
    a, _, n = random_triplets(torch.zeros(40, 1), labels, torch.Generator().manual_seed(0))
    assert min(len(n[a == i].unique()) for i in range(40)) > 5


def test_random_is_seeded_and_changes_from_call_to_call():
    z, labels = batch(20)
    once, again = (random_triplets(z, labels, torch.Generator().manual_seed(7)) for _ in range(2))
    assert as_list(once) == as_list(again)
    torch.manual_seed(7)
    assert as_list(random_triplets(z, labels)) == as_list(once)
    assert as_list(random_triplets(z, labels)) != as_list(once)


# --- ties


def test_of_equals_the_lowest_index_wins():
    z = torch.tensor([[0.0], [1.0], [-1.0], [2.0], [2.0], [-2.0]])
    labels = torch.tensor([0, 0, 0, 1, 1, 1])
    assert as_list(hard_triplets(z, labels))[0] == (0, 1, 3)
    assert as_list(semi_hard_triplets(z, labels, 1.5))[:2] == [(0, 1, 3), (0, 2, 3)]


def test_a_negative_as_far_as_the_positive_or_just_at_the_margin_is_not_semi_hard():
    labels = torch.tensor([0, 0, 1])
    found = {
        k: as_list(semi_hard_triplets(torch.tensor([[0.0], [1.0], [k]]), labels, 0.5)) for k in (-1.0, -1.25, -1.5)
    }
    assert found == {-1.0: [], -1.25: [(0, 1, 2)], -1.5: []}


@pytest.mark.parametrize("n", [6, 33])
def test_when_all_embeddings_coincide(n):
    """Collapse: hard mining goes on, with a loss that is the margin; semi-hard mining finds nothing."""
    z, labels = torch.ones(n, 4), torch.arange(n) % 3
    a, p, k = hard_triplets(z, labels)
    assert as_list((a, p, k)) == hard_loop(z, labels.tolist())
    assert triplet_loss(z[a], z[p], z[k], margin=0.7).item() == pytest.approx(0.7)
    assert [len(x) for x in semi_hard_triplets(z, labels, 0.7)] == [0, 0, 0]


# --- meaning


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("margin", [0.2, 1.0])
def test_the_loss_of_each_kind(seed, margin):
    """Semi-hard: between 0 and m for each triplet; hard: the largest loss that any triplet of the anchor has."""
    z, labels = batch(30, seed=seed)
    value = lambda a, p, n: (z[a] - z[p]).norm(dim=1) - (z[a] - z[n]).norm(dim=1) + margin
    semi = value(*semi_hard_triplets(z, labels, margin))
    assert ((0 < semi) & (semi < margin)).all()
    a, p, n = hard_triplets(z, labels)
    all_anchors, all_positives, all_negatives = random_triplets(z, labels)
    drawn = value(all_anchors, all_positives, all_negatives)
    for anchor, hardest in zip(a.tolist(), value(a, p, n).tolist()):
        assert drawn[all_anchors == anchor].max() <= hardest + 1e-12


def test_far_classes_have_no_semi_hard_triplet():
    z = torch.tensor([[0.0], [0.1], [50.0], [50.1]])
    empty = semi_hard_triplets(z, torch.tensor([0, 0, 1, 1]), margin=1.0)
    assert [(x.shape, x.dtype) for x in empty] == [((0,), torch.int64)] * 3


@every_miner
def test_a_singleton_is_a_negative_but_no_anchor(mine):
    z, labels = torch.tensor([[0.0], [0.5], [1.0]]), torch.tensor([3, 3, 8])
    for a, p, n in as_list(mine(z, labels)):
        assert {a, p} == {0, 1} and n == 2


# --- types, and what is refused


@every_miner
@pytest.mark.parametrize("dtype", DTYPES)
def test_any_floating_dtype_gives_int64_without_a_gradient(mine, dtype):
    z, labels = batch(24, grid=True, dtype=dtype)  # the grid is exact in each of them
    torch.manual_seed(0)
    result = mine(z.requires_grad_(), labels)
    torch.manual_seed(0)
    assert as_list(result) == as_list(mine(z.detach().double(), labels))
    assert all(x.dtype == torch.int64 and x.ndim == 1 and not x.requires_grad for x in result)


@every_miner
@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64])
def test_only_equality_of_labels_counts(mine, dtype):
    z, labels = batch(24)
    names = {torch.uint8: [255, 0, 7], torch.int64: [-(2**62), 2**62, -1]}.get(dtype, [-5, 100, 0])
    torch.manual_seed(0)
    renamed = set(as_list(mine(z, torch.tensor(names, dtype=dtype)[labels])))
    torch.manual_seed(0)
    expected = set(as_list(mine(z, labels)))
    if mine is random_triplets:  # which negative is drawn may depend on the classes' order
        renamed, expected = ({t[:2] for t in found} for found in (renamed, expected))
    assert renamed == expected


@every_miner
def test_mixed_precision_is_kept_out(mine):
    z, labels = batch(40, dtype=torch.float32)
    torch.manual_seed(0)
    expected = as_list(mine(z, labels))
    torch.manual_seed(0)
    with torch.autocast("cpu", torch.bfloat16):
        assert as_list(mine(z, labels)) == expected


@every_miner
@pytest.mark.parametrize("z, labels, words", [
    (torch.rand(3, 2), torch.tensor([4, 4, 4]), "labels hold one class only"),
    (torch.rand(1, 2), torch.tensor([4]), "labels hold one class only"),
    (torch.rand(3, 2), torch.tensor([4, 5, 6]), "labels hold none of their 3 classes twice"),
    (torch.rand(3, 2), torch.tensor([4, 4]), "labels must have shape"),
    (torch.tensor([[0.0], [float("nan")], [1.0]]), torch.tensor([0, 0, 1]), "z must be finite"),
    (torch.rand(3), torch.tensor([0, 0, 1]), "z must have shape"),
    (torch.rand(0, 2), torch.zeros(0, dtype=torch.int64), "z is empty"),
])  # fmt: skip
def test_what_has_no_triplet_is_refused_with_a_reason(mine, z, labels, words):
    with pytest.raises(ValueError, match=f"^{words}"):
        mine(z, labels)


@pytest.mark.parametrize(
    "margin, error", [(0, ValueError), (-1.0, ValueError), (float("nan"), ValueError), ("m", TypeError)]
)
def test_a_bad_margin_is_refused(margin, error):
    with pytest.raises(error, match="^margin must be"):
        semi_hard_triplets(*batch(8), margin)


@st.composite
def anything(draw):
    """A batch of any size, scale and dtype, rows at times equal, labels at times without a triplet."""
    n, d = draw(st.integers(1, 9)), draw(st.integers(1, 3))
    scale, dtype = draw(st.sampled_from([0.0, 1e-42, 1e-6, 1.0, 1e4, 1e15])), draw(st.sampled_from(DTYPES))
    z = torch.randn(n, d, generator=torch.Generator().manual_seed(draw(st.integers(0, 9))), dtype=torch.float64)
    z = (z.clamp(-1, 1) * min(scale, torch.finfo(dtype).max)).to(dtype)
    labels = torch.tensor(draw(st.lists(st.integers(-2, 2), min_size=n, max_size=n)))
    return z, labels, draw(st.floats(1e-6, 1e15))


@PROFILE
@given(anything())
def test_valid_triplets_or_a_helpful_error_and_nothing_else(given):
    z, labels, margin = given
    has_triplet = len(labels.unique()) > 1 and bool(pairs(labels.tolist()))
    for mine in (random_triplets, partial(semi_hard_triplets, margin=margin), hard_triplets):
        if not has_triplet:
            with pytest.raises(ValueError, match="^labels hold"):
                mine(z, labels)
            continue
        a, p, n = mine(z, labels)
        assert ((a != p) & (labels[a] == labels[p]) & (labels[a] != labels[n])).all()
        if mine is hard_triplets:
            assert len(a) == len({i for i, _ in pairs(labels.tolist())})
