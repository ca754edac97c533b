"""Judges of frozen features, who know labels: nearest neighbours, the linear probe, and the curve of few labels."""

import torch

from clearn.similarity import unchecked_unit as unit
from clearn.validate import features, full_precision, number, whole
from clearn.validate import labels as class_labels
from clearn.validate import temperature as tau_of


def knn_accuracy(bank, bank_labels, queries, query_labels, k=20, temperature=0.1):
    """Share of the queries whose class is the one that `knn_predict` gives them.

    Args: as there; query_labels (N,).

    >>> knn_accuracy(torch.eye(2), torch.tensor([0, 1]), torch.tensor([[0.9, 0.1]]), torch.tensor([0]), k=1)
    1.0
    """
    *known, queries, query_labels = _split(bank, bank_labels, queries, query_labels, "bank", "queries")
    return (knn_predict(*known, queries, k, temperature) == query_labels).double().mean().item()


@torch.no_grad()
@full_precision
def knn_predict(bank, bank_labels, queries, k=20, temperature=0.1):
    """The class (N,) of each query: the one that wins the vote of its k nearest neighbours in the bank.

        votes for class c = Σ over neighbours i of class c of  exp(cos(q, b_i) / τ)

    Args: bank (M, D) with labels (M,), any whole numbers from 0; queries (N, D); k ≤ M; temperature τ > 0. Of classes
    with equal votes the lowest wins. Augment neither. Wu, Xiong, Yu, Lin 2018, "Unsupervised feature learning via
    non-parametric instance discrimination", §3.4; with k = 200, τ = 0.07 there.

    >>> knn_predict(torch.eye(2), torch.tensor([4, 7]), torch.tensor([[0.9, 0.1]]), k=1)
    tensor([4])
    """
    bank, bank_labels = _labelled(bank, bank_labels, "bank")
    queries = _like(features("queries features", queries), bank, "queries", "bank")
    k, tau = whole("k", k), tau_of(temperature)
    if k > len(bank):
        raise ValueError(f"k = {k} neighbours asked for, but the bank has only {len(bank)} rows")
    bank, queries = unit(bank), unit(queries)
    classes, bank_classes = bank_labels.unique(return_inverse=True)
    winners = []
    for q in queries.split(1000):  # 1000 x M similarities at a time
        cosine, neighbour = (q @ bank.T).topk(k)
        weight = ((cosine - cosine[:, :1]) / tau).exp()  # at most 1: a small τ cannot overflow
        votes = weight.new_zeros(len(q), len(classes)).scatter_add_(1, bank_classes[neighbour], weight)
        winners.append(votes.argmax(1))
    return classes[torch.cat(winners)]


def linear_probe(train_features, train_labels, test_features, test_labels, C=10.0):
    """Accuracy of a linear classifier on frozen features: logistic regression on standardised columns.

    Args: features (N, D), labels (N,), for training and testing; C > 0, the inverse strength of the L2 penalty. Columns
    get mean 0 and variance 1/D, as measured on the training features, so that rows have length about 1 and the same C
    means the same for 128 features as for 3072 pixels.
    Alain, Bengio 2017, "Understanding intermediate layers using linear classifier probes"; Chen et al. 2020, §4.

    >>> x = torch.tensor([[0.0], [1.0]])
    >>> linear_probe(x, torch.tensor([3, 5]), x, torch.tensor([3, 5]))
    1.0
    """
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    x, y, test_x, test_y = _split(train_features, train_labels, test_features, test_labels, "train", "test")
    if len(y.unique()) < 2:
        raise ValueError("train_labels hold a single class; a classifier needs at least two")
    mean, spread = x.mean(0), x.std(0, correction=0)
    scale = spread.where(spread > 0, 1) * x.shape[1] ** 0.5  # a constant column stays constant
    x, test_x = ((part - mean) / scale for part in (x, test_x))
    if len(x) < x.shape[1]:  # the best weights lie in the span of the samples: turn it to the first axes, for speed
        span, x = torch.linalg.qr(x.T)
        x, test_x = x.T, test_x @ span
    probe = LogisticRegression(C=number("C", C, above=0), max_iter=1000)
    with threadpool_limits(1):  # 25 times as fast: a second thread would only be waited for at each of many small steps
        probe.fit(x.cpu().numpy(), y.cpu().numpy())
        return float(probe.score(test_x.cpu().numpy(), test_y.cpu().numpy()))


def few_labels(labels, count, seed=0):
    """Indices of `count` random samples, the classes as evenly as they go: who gets a label when labels are few.

    >>> few_labels(torch.tensor([0, 0, 0, 0, 1, 1]), count=4).shape
    torch.Size([4])
    """
    labels = class_labels("labels", labels, len(labels), of="the data").cpu()
    count = whole("count", count)
    if count > len(labels):
        raise ValueError(f"{count} labels asked for, but there are only {len(labels)}")
    shuffled = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    rank = torch.empty_like(labels)  # the how-manieth of its class, in shuffled order
    for c in labels.unique():
        members = shuffled[labels[shuffled] == c]
        rank[members] = torch.arange(len(members))
    return shuffled[rank[shuffled].argsort(stable=True)][:count]


def few_label_curve(
    train_features, train_labels, test_features, test_labels, counts=(10, 100, 1000), repeats=5, C=10.0
):
    """Accuracy of a linear probe that sees only a few labels: {count: [accuracy for each of `repeats` draws]}.

    Args: as in `linear_probe`; counts, how many labelled training samples, drawn evenly over the classes by
    `few_labels` with seeds 0, 1, …. Chen et al. 2020, "SimCLR", §6, table 7.
    """
    _split(train_features, train_labels, test_features, test_labels, "train", "test")
    curve = {}
    for count in counts:
        draws = (few_labels(train_labels, count, seed) for seed in range(whole("repeats", repeats)))
        curve[count] = [linear_probe(train_features[i], train_labels[i], test_features, test_labels, C) for i in draws]
    return curve


def _split(x, y, test_x, test_y, train, test):
    """Validate two labelled sets of features of the same width."""
    x, y = _labelled(x, y, train)
    test_x, test_y = _labelled(test_x, test_y, test)
    return x, y, _like(test_x, x, test, train), test_y.to(x.device)


def _labelled(x, y, name):
    """Validate features and their labels; no gradient flows back to what is judged."""
    x = features(f"{name} features", x).detach()
    y = class_labels(f"{name} labels", y, len(x), of=f"the {name} features")
    if y.min() < 0:
        raise ValueError("labels must not be negative; −1 stands for unlabelled images, which cannot be scored")
    return x, y.to(x.device)


def _like(x, other, name, other_name):
    """`x` on the device and in the precision of `other`, which has rows of the same length."""
    if x.shape[1] != other.shape[1]:
        raise ValueError(
            f"{other_name} and {name} features must have the same width, got {other.shape[1]} and {x.shape[1]}"
        )
    return x.to(other)
