"""Measures against brute force, closed forms and scikit-learn; and the traps of evaluation."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from clearn import evaluation
from clearn.evaluation import (
    alignment,
    effective_rank,
    feature_std,
    few_label_curve,
    few_labels,
    knn_accuracy,
    knn_predict,
    linear_probe,  # fmt: skip
    uniformity,
)
from clearn.methods import SimCLR
from clearn.models import tiny_encoder


def blobs(n, d=5, classes=3, spread=1.0, seed=0):
    """Overlapping Gaussian classes: neither trivial nor hopeless."""
    rng = torch.Generator().manual_seed(seed)
    centres = torch.randn(classes, d, generator=torch.Generator().manual_seed(99)) * 1.5
    y = torch.randint(0, classes, (n,), generator=rng)
    return centres[y] + spread * torch.randn(n, d, generator=rng), y


def brute_force_knn(bank, bank_y, queries, query_y, k, tau):
    correct = 0
    for q, y in zip(queries.tolist(), query_y.tolist()):
        cosines = [
            sum(a * b for a, b in zip(q, r)) / math.dist(q, [0] * len(q)) / math.dist(r, [0] * len(r))
            for r in bank.tolist()
        ]
        nearest = sorted(range(len(bank)), key=lambda i: -cosines[i])[:k]
        votes = {}
        for i in nearest:
            votes[int(bank_y[i])] = votes.get(int(bank_y[i]), 0) + math.exp(cosines[i] / tau)
        correct += max(votes, key=votes.get) == y
    return correct / len(queries)


@pytest.mark.parametrize("k, tau", [(1, 0.1), (7, 0.1), (20, 0.5), (90, 5.0)])
def test_knn_is_brute_force(k, tau):
    (bank, by), (queries, qy) = blobs(90), blobs(60, seed=1)
    assert knn_accuracy(bank, by, queries, qy, k, tau) == pytest.approx(brute_force_knn(bank, by, queries, qy, k, tau))


def test_knn_in_pieces_is_knn_at_once():
    (bank, by), (queries, qy) = blobs(200), blobs(2345, seed=1)  # more than two pieces of 1000
    each = [knn_accuracy(bank, by, queries[i : i + 1], qy[i : i + 1]) for i in range(0, 2345, 7)]
    whole = knn_accuracy(bank, by, queries[::7], qy[::7])
    assert whole == pytest.approx(np.mean(each))
    pieces = sum(knn_accuracy(bank, by, q, y) * len(q) for q, y in zip(queries.split(500), qy.split(500))) / 2345
    assert knn_accuracy(bank, by, queries, qy) == pytest.approx(pieces)


def test_knn_on_its_own_bank_flatters():
    """Trap: a query that is in the bank finds itself. Leave-one-out is another, lower number."""
    x, y = blobs(80, spread=2.0)
    itself = knn_accuracy(x, y, x, y, k=1)
    left_out = np.mean([knn_accuracy(x[keep], y[keep], x[i : i + 1], y[i : i + 1], k=1)
                        for i in range(80) for keep in [torch.arange(80) != i]])  # fmt: skip
    assert itself == 1.0 and left_out < 0.95


def test_knn_edge_cases():
    bank, labels = torch.eye(3), torch.tensor([0, 1, 7])
    assert knn_accuracy(bank, labels, bank[:1], torch.tensor([0]), k=3, temperature=0.001) == 1  # exp must not overflow
    assert knn_accuracy(bank, labels, bank[:1], torch.tensor([5]), k=1) == 0  # a class that the bank lacks
    assert knn_accuracy(bank, labels, 100 * bank[2:], torch.tensor([7]), k=1) == 1  # length does not matter
    with pytest.raises(ValueError, match="k = 4 .* only 3 rows"):
        knn_accuracy(bank, labels, bank, labels, k=4)
    with pytest.raises(ValueError, match="same width, got 3 and 2"):
        knn_accuracy(bank, labels, torch.ones(1, 2), torch.tensor([0]), k=1)
    with pytest.raises(ValueError, match="must not be negative"):
        knn_accuracy(bank, labels - 1, bank, labels, k=1)


def test_probe_is_scikit_learns():
    from sklearn.linear_model import LogisticRegression

    (x, y), (test_x, test_y) = blobs(100), blobs(300, seed=1)
    mean, std = x.mean(0), x.std(0, correction=0)
    expected = (
        LogisticRegression(C=0.3 / 5, max_iter=1000).fit((x - mean) / std, y).score((test_x - mean) / std, test_y)
    )
    assert linear_probe(x, y, test_x, test_y, C=0.3) == pytest.approx(expected, abs=1 / 300)


@pytest.mark.parametrize(
    "name", [lambda y: y + 10**12, lambda y: 2**63 - 1 - y, lambda y: 7 * y + 3, lambda y: y.to(torch.uint8)]
)
def test_knn_takes_any_whole_numbers_for_labels(name):
    """Students' numbers, hashes: as right as 0 … C − 1, and without a column of votes for each possible number."""
    torch.manual_seed(0)
    bank, by, queries, qy = (
        torch.randn(200, 4),
        torch.randint(0, 5, (200,)),
        torch.randn(50, 4),
        torch.randint(0, 5, (50,)),
    )
    found = knn_predict(bank, name(by), queries, k=7)
    assert torch.equal(found, name(knn_predict(bank, by, queries, k=7)).long())
    assert knn_accuracy(bank, name(by), queries, name(qy), k=7) == knn_accuracy(bank, by, queries, qy, k=7)


def test_knn_predictions_are_those_of_brute_force_and_ties_go_to_the_lowest():
    torch.manual_seed(1)
    bank, by, queries = torch.randn(90, 3), torch.randint(0, 4, (90,)), torch.randn(40, 3)
    for query, said in zip(queries, knn_predict(bank, by, queries, k=5)):
        assert brute_force_knn(bank, by, query[None], said[None], 5, 0.1) == 1
    two = torch.tensor([[1.0, 0.1], [1.0, -0.1]])
    assert knn_predict(two, torch.tensor([9, 4]), torch.tensor([[1.0, 0.0]]), k=2) == 4


@pytest.mark.parametrize("judge", [linear_probe, knn_accuracy, few_label_curve])
def test_features_with_a_gradient_are_judged_like_others(judge):
    torch.manual_seed(0)
    x, y, w = torch.randn(60, 4), torch.arange(60) % 3, torch.randn(4, 4, requires_grad=True)
    more = {"counts": (10, 20)} if judge is few_label_curve else {}
    assert judge(x @ w, y, x @ w, y, **more) == judge(x @ w.detach(), y, x @ w.detach(), y, **more)


def test_probe_ignores_scale_and_offset_of_columns_and_never_looks_at_the_test_set():
    (x, y), (test_x, test_y) = blobs(100), blobs(300, seed=1)
    base = linear_probe(x, y, test_x, test_y)
    gain, offset = torch.tensor([1, 10, 0.1, 5, 2.0]), torch.tensor([0, 3, -2, 0, 9.0])
    assert linear_probe(x * gain + offset, y, test_x * gain + offset, test_y) == pytest.approx(base, abs=1 / 300)
    # a single test sample is judged as it is among 300: nothing is fitted on the test set
    one_by_one = [linear_probe(x, y, test_x[i : i + 1], test_y[i : i + 1]) for i in range(0, 300, 30)]
    assert np.mean(one_by_one) == pytest.approx(linear_probe(x, y, test_x[::30], test_y[::30]))


def test_probe_survives_a_constant_column_and_refuses_a_single_class():
    x, y = blobs(60)
    x[:, 0] = 7.0  # a dead unit
    assert linear_probe(x, y, x, y) > 0.6
    with pytest.raises(ValueError, match="single class"):
        linear_probe(x, torch.zeros_like(y), x, y)


def test_few_labels_are_even_distinct_and_seeded():
    labels = torch.randint(0, 10, (3000,), generator=torch.Generator().manual_seed(0))
    index = few_labels(labels, 100, seed=1)
    assert labels[index].bincount().tolist() == [10] * 10 and len(index.unique()) == 100
    assert torch.equal(index, few_labels(labels, 100, seed=1)) and not torch.equal(
        index, few_labels(labels, 100, seed=2)
    )
    assert sorted(labels[few_labels(labels, 23)].bincount().tolist())[::9] == [2, 3]
    rare = torch.tensor([0] * 50 + [1] * 2)
    assert rare[few_labels(rare, 10)].bincount().tolist() == [8, 2]
    assert len(few_labels(rare, 52).unique()) == 52
    with pytest.raises(ValueError, match="53 labels asked for, but there are only 52"):
        few_labels(rare, 53)


def test_few_label_curve_is_a_probe_for_each_draw():
    (x, y), (test_x, test_y) = blobs(400), blobs(300, seed=1)
    curve = few_label_curve(x, y, test_x, test_y, counts=(6, 60), repeats=2)
    assert list(curve) == [6, 60] and [len(v) for v in curve.values()] == [2, 2]
    index = few_labels(y, 60, seed=1)
    assert curve[60][1] == linear_probe(x[index], y[index], test_x, test_y)


def test_embed_leaves_every_tensor_and_mode_as_it_was():
    method = SimCLR(tiny_encoder(1))
    method.encoder[1].eval()  # a frozen batch norm among training ones
    before = {name: value.clone() for name, value in method.state_dict().items()}
    modes = [m.training for m in method.modules()]
    images = torch.randint(0, 256, (7, 1, 28, 28), dtype=torch.uint8)
    h = method.embed(images)
    assert all(torch.equal(value, before[name]) for name, value in method.state_dict().items())
    assert [m.training for m in method.modules()] == modes
    assert h.shape == (7, 128) and not h.requires_grad
    assert torch.allclose(h, method.embed(images, batch_size=2), atol=1e-5)  # batch statistics play no part
    assert torch.allclose(h, method.embed(images / 255), atol=1e-6)
    with pytest.raises(RuntimeError):  # modes come back even after an error
        method.embed(torch.rand(2, 5, 28, 28))
    assert [m.training for m in method.modules()] == modes
    for bad in (images[0], images[:0], [1, 2]):
        with pytest.raises(ValueError, match=r"images must be a tensor of shape \(N, C, H, W\)"):
            method.embed(bad)


def test_alignment_closed_forms():
    z = torch.randn(50, 8, generator=torch.Generator().manual_seed(0))
    assert alignment(z, 3 * z).item() == pytest.approx(0, abs=1e-6)
    assert alignment(z, -z).item() == pytest.approx(4, abs=1e-5)
    cosine = nn.functional.cosine_similarity(z, z.roll(1, 0)).mean().item()
    assert alignment(z, z.roll(1, 0)).item() == pytest.approx(2 - 2 * cosine, abs=1e-5)


def test_uniformity_closed_forms_and_double_loop():
    assert uniformity(torch.tensor([[1.0, 0], [-1, 0]]), t=2).item() == pytest.approx(-8)
    assert uniformity(torch.ones(5, 3)).item() == pytest.approx(0, abs=1e-6)
    z = np.random.default_rng(0).normal(size=(20, 4))
    u = z / np.linalg.norm(z, axis=1, keepdims=True)
    potentials = [np.exp(-3 * np.sum((u[i] - u[j]) ** 2)) for i in range(20) for j in range(i)]
    assert uniformity(torch.from_numpy(z), t=3).item() == pytest.approx(np.log(np.mean(potentials)))
    assert uniformity(torch.tensor([[1.0, 0], [-1, 0]]), t=500).item() == pytest.approx(
        -2000
    )  # exp alone would give log 0


def test_effective_rank_closed_forms():
    assert effective_rank(torch.randn(9, 1) @ torch.randn(1, 6)).item() == pytest.approx(1, abs=1e-3)
    assert effective_rank(torch.eye(6)).item() == pytest.approx(6, rel=1e-5)
    assert effective_rank(1e3 * torch.eye(6).repeat(2, 1)).item() == pytest.approx(6, rel=1e-5)
    p = np.array([3, 1]) / 4
    assert effective_rank(torch.diag(torch.tensor([3.0, 1.0]))).item() == pytest.approx(np.exp(-(p * np.log(p)).sum()))
    with pytest.raises(ValueError, match="all zero"):
        effective_rank(torch.zeros(3, 3))


def test_feature_std_closed_forms():
    assert feature_std(torch.ones(9, 4)).item() == 0
    assert feature_std(torch.cat([torch.eye(16), -torch.eye(16)])).item() == pytest.approx(1 / 4)
    gaussian = torch.randn(20000, 64, generator=torch.Generator().manual_seed(0))
    assert feature_std(gaussian).item() == pytest.approx(1 / 8, rel=0.01)


def test_probe_with_more_columns_than_samples_is_scikit_learns():
    """The turn of the axes that makes this case fast changes no prediction."""
    from sklearn.linear_model import LogisticRegression

    (x, y), (test_x, test_y) = blobs(40, d=200, spread=6.0), blobs(300, d=200, spread=6.0, seed=1)
    mean, std = x.mean(0), x.std(0, correction=0)
    expected = (
        LogisticRegression(C=3 / 200, max_iter=1000).fit((x - mean) / std, y).score((test_x - mean) / std, test_y)
    )
    assert linear_probe(x, y, test_x, test_y, C=3.0) == pytest.approx(expected, abs=1 / 300)
    assert 0.4 < expected < 0.98


@pytest.mark.parametrize("measure", [uniformity, feature_std])
def test_one_row_is_refused(measure):
    with pytest.raises(ValueError, match="at least two rows"):
        measure(torch.ones(1, 3))


def test_every_measure_refuses_nan():
    bad, y = torch.full((4, 3), float("nan")), torch.tensor([0, 1, 0, 1])
    calls = [lambda: alignment(bad, bad), lambda: knn_accuracy(bad, y, bad, y, 1), lambda: linear_probe(bad, y, bad, y)]
    calls += [lambda m=m: getattr(evaluation, m)(bad) for m in ("uniformity", "effective_rank", "feature_std")]
    for call in calls:
        with pytest.raises(ValueError, match="NaN"):
            call()
