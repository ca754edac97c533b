"""Is a representation any good? Neighbours, linear probes, and the geometry of the embedding.

Accuracies are shares in [0, 1]. All functions take features, never images, so that no encoder can move while it is
judged. Whatever is fitted is fitted on the training features alone.
"""

import torch

from clearn.similarity import unit as checked_unit
from clearn.validate import features, full_precision, number, whole
from clearn.validate import labels as class_labels

unit = checked_unit.unchecked  # the functions below look at their input themselves


@torch.no_grad()
@full_precision
def knn_accuracy(bank, bank_labels, queries, query_labels, k=20, temperature=0.1):
    """Share of the queries whose class wins the vote of their k nearest neighbours in the bank.

        votes for class c = Σ over neighbours i of class c of  exp(cos(q, b_i) / τ)

    Args: bank (M, D) with labels (M,); queries (N, D) with labels (N,); k ≤ M; temperature τ > 0.
    Augment neither. Wu, Xiong, Yu, Lin 2018, "Unsupervised feature learning via non-parametric instance discrimination",
    §3.4; with k = 200, τ = 0.07 there.

    >>> knn_accuracy(torch.eye(2), torch.tensor([0, 1]), torch.tensor([[0.9, 0.1]]), torch.tensor([0]), k=1)
    1.0
    """
    names = "bank", "queries"
    bank, bank_labels, queries, query_labels = _split(bank, bank_labels, queries, query_labels, *names)
    k, tau = whole("k", k), number("temperature", temperature, least=1e-6)
    if k > len(bank):
        raise ValueError(f"k = {k} neighbours asked for, but the bank has only {len(bank)} rows")
    bank, queries = unit(bank), unit(queries)
    classes = int(bank_labels.max()) + 1
    correct = 0
    for q, y in zip(queries.split(1000), query_labels.split(1000)):  # 1000 x M similarities at a time
        cosine, neighbour = (q @ bank.T).topk(k)
        weight = ((cosine - cosine[:, :1]) / tau).exp()  # at most 1: a small τ cannot overflow
        votes = weight.new_zeros(len(q), classes).scatter_add_(1, bank_labels[neighbour], weight)
        correct += (votes.argmax(1) == y).sum().item()
    return correct / len(queries)


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


def few_label_curve(train_features, train_labels, test_features, test_labels, counts=(10, 100, 1000), repeats=5, C=10.0):
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


@full_precision
def alignment(z0, z1):
    """Mean squared distance of positive pairs on the sphere:  mean ‖u0 − u1‖², u = z / ‖z‖, in [0, 4]; lower is closer.

    Args: z0, z1 (N, D), row by row two views of one thing. Wang, Isola 2020, "Understanding contrastive representation
    learning through alignment and uniformity on the hypersphere", §4.1, α = 2.

    >>> alignment(torch.eye(2), torch.eye(2).flip(1))
    tensor(2.)
    """
    z0 = features("z0", z0)
    z1 = features("z1", z1, like=("z0", z0))
    return (unit(z0) - unit(z1)).square().sum(1).mean()


@full_precision
def uniformity(z, t=2):
    """Log of the mean Gaussian potential of all pairs:  log mean_{i<j} exp(−t ‖u_i − u_j‖²), u = z / ‖z‖; lower is more even.

    Args: z (N, D), N ≥ 2; t > 0. In [−4t, 0]: 0 when all coincide. Wang, Isola 2020, §4.1.

    >>> uniformity(torch.tensor([[1.0, 0.0], [-1.0, 0.0]]))
    tensor(-8.)
    """
    z = unit(features("z", z))
    if len(z) < 2:
        raise ValueError("uniformity needs at least two rows, got 1")
    squared = torch.pdist(z).square() * -number("t", t, above=0)
    return squared.logsumexp(0) - torch.tensor(float(len(squared))).log().to(z)


@full_precision
def effective_rank(z):
    """How many directions the features use:  exp(−Σ p_k log p_k), p_k = σ_k / Σ σ, σ the singular values of z.

    Args: z (N, D), not all zero. In [1, min(N, D)]: 1 when all rows are parallel, D when isotropic. Not centred.
    Roy, Vetterli 2007, "The effective rank"; Garrido et al. 2023, "RankMe".

    >>> effective_rank(torch.eye(3))
    tensor(3.)
    """
    sigma = torch.linalg.svdvals(features("z", z))
    if not sigma.any():
        raise ValueError("effective_rank is undefined for features that are all zero")
    p = sigma / sigma.sum()
    return torch.special.entr(p).sum().exp()


@full_precision
def feature_std(z):
    """Standard deviation of each column of u = z / ‖z‖, averaged: 0 when collapsed, about 1/√D when isotropic.

    Args: z (N, D), N ≥ 2. Chen, He 2021, "SimSiam", §4.1 and fig. 2.

    >>> feature_std(torch.ones(4, 3))
    tensor(0.)
    """
    z = unit(features("z", z))
    if len(z) < 2:
        raise ValueError("feature_std needs at least two rows, got 1")
    return z.std(0, correction=0).mean()


def _split(x, y, test_x, test_y, train, test):
    """Validate two labelled sets of features of the same width."""
    x, test_x = features(f"{train} features", x), features(f"{test} features", test_x)
    if x.shape[1] != test_x.shape[1]:
        raise ValueError(f"{train} and {test} features must have the same width, got {x.shape[1]} and {test_x.shape[1]}")
    y = class_labels(f"{train} labels", y, len(x), of=f"the {train} features")
    test_y = class_labels(f"{test} labels", test_y, len(test_x), of=f"the {test} features")
    if y.min() < 0 or test_y.min() < 0:
        raise ValueError("labels must not be negative; −1 stands for unlabelled images, which cannot be scored")
    return x, y.to(x.device), test_x.to(x), test_y.to(x.device)
