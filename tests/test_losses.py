"""The six losses against plain loops written from the papers' equations, torch's own, and closed forms."""

from math import exp, log

import numpy as np
import pytest
import torch

from clearn.losses import contrastive_loss, info_nce, negative_cosine, nt_xent, sup_con, triplet_loss

DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
TEMPERATURES = [0.01, 0.1, 0.5, 1.0, 10.0]


def normal(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def rotation(d):
    return torch.linalg.qr(normal(d, d, seed=9))[0]


# Every loss as a function of two views, so that what holds for all is asked of all.
OF_TWO_VIEWS = {
    "contrastive_loss": lambda a, b: contrastive_loss(a, b, torch.arange(len(a)) % 2, margin=4.0),
    "triplet_loss": lambda a, b: triplet_loss(a, b, b.roll(1, 0), margin=2.0),
    "info_nce": info_nce,
    "info_nce with negatives": lambda a, b: info_nce(a, b, negatives=-b),
    "nt_xent": nt_xent,
    "negative_cosine": negative_cosine,
    "sup_con": lambda a, b: sup_con(torch.cat([a, b]), torch.arange(2 * len(a)) % 3),
}
COSINE = {name: loss for name, loss in OF_TWO_VIEWS.items() if name not in ("contrastive_loss", "triplet_loss")}
every_loss = pytest.mark.parametrize("loss", OF_TWO_VIEWS.values(), ids=OF_TWO_VIEWS)
every_cosine_loss = pytest.mark.parametrize("loss", COSINE.values(), ids=COSINE)


# --- the papers' equations as plain loops


def cosine(a, b):
    return float(np.dot(a, b) / np.sqrt(np.dot(a, a)) / np.sqrt(np.dot(b, b)))


def pick(similarities, right, temperature):
    """−log of the share of candidate `right`; the plain formula, in float64."""
    powers = [exp(s / temperature) for s in similarities]
    return -log(powers[right] / sum(powers))


def nt_xent_loop(z0, z1, temperature):  # SimCLR, eq. 1 and algorithm 1: 0-based, z[k] and z[k + n] are partners
    z, n, total = [*z0, *z1], len(z0), 0.0
    for i in range(2 * n):
        others = [k for k in range(2 * n) if k != i]
        total += pick([cosine(z[i], z[k]) for k in others], others.index((i + n) % (2 * n)), temperature)
    return total / (2 * n)


def info_nce_loop(query, positive, negatives, temperature):  # CPC, eq. 4; MoCo, eq. 1
    total = 0.0
    for i, q in enumerate(query):
        others = [p for j, p in enumerate(positive) if j != i] if negatives is None else negatives
        total += pick([cosine(q, k) for k in [positive[i], *others]], 0, temperature)
    return total / len(query)


def sup_con_loop(z, labels, temperature):  # SupCon, eq. 2
    per_anchor = []
    for i in range(len(z)):
        others = [k for k in range(len(z)) if k != i]
        terms = [
            pick([cosine(z[i], z[k]) for k in others], place, temperature)
            for place, p in enumerate(others)
            if labels[p] == labels[i]
        ]
        if terms:
            per_anchor.append(sum(terms) / len(terms))
    return sum(per_anchor) / len(per_anchor)


def contrastive_loop(z0, z1, same, margin):  # Hadsell et al., eq. 4, with Y = 0: same
    total = 0.0
    for a, b, y in zip(z0, z1, 1 - np.asarray(same)):
        d = np.sqrt(((a - b) ** 2).sum())
        total += (1 - y) * d**2 / 2 + y * max(0, margin - d) ** 2 / 2
    return total / len(z0)


def triplet_loop(anchor, positive, negative, margin):  # Schroff et al., eq. 3, without the squares
    total = 0.0
    for a, p, n in zip(anchor, positive, negative):
        total += max(0, np.sqrt(((a - p) ** 2).sum()) - np.sqrt(((a - n) ** 2).sum()) + margin)
    return total / len(anchor)


@pytest.mark.parametrize("temperature", TEMPERATURES)
@pytest.mark.parametrize("n, d", [(1, 3), (2, 1), (6, 4)])
def test_info_nce_nt_xent_and_sup_con_equal_their_loops(n, d, temperature):
    a, b, negatives = normal(n, d), normal(n, d, seed=1), normal(5, d, seed=2)
    close = {"rel": 1e-9, "abs": 1e-12}
    assert nt_xent(a, b, temperature).item() == pytest.approx(nt_xent_loop(a.numpy(), b.numpy(), temperature), **close)
    for k in (None, negatives):
        expected = info_nce_loop(a.numpy(), b.numpy(), None if k is None else k.numpy(), temperature)
        assert info_nce(a, b, k, temperature).item() == pytest.approx(expected, **close)
    z, labels = torch.cat([a, b, negatives]), torch.arange(2 * n + 5) % (n + 4)  # some classes have one sample
    expected = sup_con_loop(z.numpy(), labels.numpy(), temperature)
    assert sup_con(z, labels, temperature).item() == pytest.approx(expected, **close)


def test_contrastive_loss_equals_its_loop():
    z0, z1, same = normal(20, 3), normal(20, 3, seed=1), torch.arange(20) % 3 == 0
    expected = contrastive_loop(z0.numpy(), z1.numpy(), same.numpy().astype(int), 2.0)
    assert contrastive_loss(z0, z1, same, 2.0).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("margin", [0.1, 1.0, 5.0])
@pytest.mark.parametrize("size", [1, 20])
def test_triplet_loss_equals_its_loop(size, margin):
    a, p, n = (normal(size, 3, seed=s) for s in range(3))
    for negative in (n, 2 * a - p):  # the second as far as the positive: a tie, which costs the margin
        expected = triplet_loop(a.numpy(), p.numpy(), negative.numpy(), margin)
        assert triplet_loss(a, p, negative, margin).item() == pytest.approx(expected, rel=1e-12)
    assert expected == pytest.approx(margin, rel=1e-12)


@pytest.mark.parametrize("margin", [0.1, 1.0, 5.0])
def test_triplet_loss_equals_torch(margin):
    a, p, n = (normal(20, 3, seed=s) for s in range(3))
    distance = torch.nn.PairwiseDistance(eps=0)
    theirs = torch.nn.TripletMarginWithDistanceLoss(distance_function=distance, margin=margin)(a, p, n)
    torch.testing.assert_close(triplet_loss(a, p, n, margin), theirs)
    torch.testing.assert_close(triplet_loss(a, p, n, margin), torch.nn.TripletMarginLoss(margin, eps=0)(a, p, n))


def test_negative_cosine_equals_torch():
    p, z = normal(20, 3), normal(20, 3, seed=1)
    torch.testing.assert_close(negative_cosine(p, z), -torch.nn.CosineSimilarity(dim=1)(p, z).mean())


# --- closed forms


@pytest.mark.parametrize("temperature", TEMPERATURES)
@pytest.mark.parametrize("n", [1, 2, 8])
def test_nt_xent_and_sup_con_in_closed_form(n, temperature):
    equal, images = torch.full((n, 3), -2.0), torch.arange(n).repeat(2)
    orthogonal = 5 * torch.eye(8)[:n]
    for z, expected in [(equal, log(2 * n - 1)), (orthogonal, log(1 + (2 * n - 2) * exp(-1 / temperature)))]:
        assert nt_xent(z, z, temperature).item() == pytest.approx(expected, rel=1e-5, abs=1e-6)
        assert sup_con(z.repeat(2, 1), images, temperature).item() == pytest.approx(expected, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("k", [1, 2, 4096])
def test_constant_features_and_k_negatives_give_log_k_plus_1(k):
    constant = torch.ones(4, 3)
    assert info_nce(constant, constant, torch.ones(k, 3)).item() == pytest.approx(log(k + 1), rel=1e-6)


def test_info_nce_in_closed_form():
    q = torch.eye(3)
    assert info_nce(q, q, temperature=0.5).item() == pytest.approx(log(1 + 2 * exp(-2)), rel=1e-5)
    assert info_nce(q, q, -q, temperature=0.5).item() == pytest.approx(log(1 + 2 * exp(-2) + exp(-4)), rel=1e-5)
    assert info_nce(q[:1], q[:1]).item() == 0


@pytest.mark.parametrize(
    "same, d, expected", [(1, 0.7, 0.245), (0, 0.7, 0.045), (0, 1.0, 0), (0, 3.0, 0), (0, 0.0, 0.5), (1, 0.0, 0)]
)
def test_contrastive_loss_in_closed_form(same, d, expected):
    z0 = torch.zeros(1, 2, requires_grad=True)
    z1 = torch.tensor([[0.0, d]])
    loss = contrastive_loss(z0, z1, torch.tensor([same]))
    loss.backward()
    assert loss.item() == pytest.approx(expected, abs=1e-7)
    slope = -d if same else max(0, 1 - d) * (d > 0)  # towards the partner, or away from it; zero outside and at d = 0
    torch.testing.assert_close(z0.grad, torch.tensor([[0.0, slope]]))


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.uint16, torch.int64, torch.float16, torch.float64])
def test_same_may_be_boolean_or_numbers(dtype):
    z0, z1, same = normal(6, 3), normal(6, 3, seed=1), torch.arange(6) % 2
    torch.testing.assert_close(contrastive_loss(z0, z1, same.to(dtype)), contrastive_loss(z0, z1, same))


def test_triplet_loss_rises_with_the_positive_and_falls_with_the_negative():
    origin = torch.zeros(1, 1)
    loss = [[triplet_loss(origin, origin + p, origin + n).item() for n in (0.5, 1, 1.5)] for p in (0.5, 1, 1.5)]
    assert loss == [[1, 0.5, 0], [1.5, 1, 0.5], [2, 1.5, 1]]


@pytest.mark.parametrize(
    "negative, active", [((0.6, 0.8), True), ((-1.5, -2.0), True), ((0.0, 3.5), False), ((3.0, 4.0), False)]
)
def test_triplet_loss_pulls_and_pushes_with_force_1_and_lets_easy_triplets_alone(negative, active):
    """d(a, p) = 2 and the margin is 1: whoever is within 3 of the anchor is pushed away, and the positive pulled."""
    a, p, n = (torch.tensor([x], dtype=torch.float64, requires_grad=True) for x in ((0.0, 0.0), (2.0, 0.0), negative))
    loss = triplet_loss(a, p, n, margin=1.0)
    loss.backward()
    distance = float(np.hypot(*negative))
    away, active = torch.tensor([negative], dtype=torch.float64) / distance, float(active)
    along = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    assert loss.item() == pytest.approx(active * max(0, 2 - distance + 1))
    torch.testing.assert_close(-p.grad, -active * along)  # the force: to the anchor
    torch.testing.assert_close(-n.grad, active * away)  # away from it
    torch.testing.assert_close(-a.grad, active * (along - away))  # to the positive, away from the negative


def test_triplet_loss_of_points_on_one_spot_is_the_margin_and_its_gradient_zero():
    points = torch.ones(3, 4, 2, requires_grad=True)
    loss = triplet_loss(*points, margin=0.7)
    loss.backward()
    assert loss.item() == pytest.approx(0.7)
    assert (points.grad == 0).all()


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_sup_con_with_unique_labels_and_two_views_is_nt_xent(temperature):
    a, b = normal(6, 4), normal(6, 4, seed=1)
    labels = torch.randperm(6, generator=torch.Generator().manual_seed(0)).repeat(2)
    torch.testing.assert_close(sup_con(torch.cat([a, b]), labels, temperature), nt_xent(a, b, temperature))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int16, torch.int32, torch.uint16, torch.uint64])
def test_labels_may_be_any_integers(dtype):
    z, labels = normal(6, 4), torch.tensor([0, 1, 2, 0, 1, 5])
    torch.testing.assert_close(sup_con(z, labels.to(dtype)), sup_con(z, labels))


def test_negative_cosine_runs_from_minus_one_to_one():
    z = normal(20, 3)
    assert negative_cosine(z, 4 * z).item() == pytest.approx(-1)
    assert negative_cosine(z, -z).item() == pytest.approx(1)


def test_detaching_the_target_changes_the_gradient():
    encoder = torch.nn.Linear(4, 3, dtype=torch.float64)
    x0, x1 = normal(6, 4), normal(6, 4, seed=1)
    with_stop, without = (
        torch.autograd.grad(negative_cosine(encoder(x0), target), encoder.weight)[0]
        for target in (encoder(x1).detach(), encoder(x1))
    )
    assert (with_stop - without).norm() > 0.1 * without.norm() > 0


# --- gradients


@every_loss
def test_gradcheck(loss):
    assert torch.autograd.gradcheck(loss, [normal(5, 3, seed=s).requires_grad_() for s in (3, 4)])


def test_gradient_of_nt_xent_is_softmax_minus_one_hot():
    n, tau = 5, 0.3
    z = normal(2 * n, 4).requires_grad_()
    nt_xent(z[:n], z[n:], tau).backward()
    x = z.detach().numpy()
    length = np.linalg.norm(x, axis=1, keepdims=True)
    u = x / length
    share = np.exp(u @ u.T / tau) * (1 - np.eye(2 * n))
    share /= share.sum(1, keepdims=True)
    by_s = (share - np.roll(np.eye(2 * n), n, axis=1)) / (2 * n * tau)  # ∂L/∂s, 0 on the diagonal
    assert np.diag(by_s).any() == 0
    by_u = (by_s + by_s.T) @ u  # s_ij = u_i·u_j
    by_x = (by_u - (by_u * u).sum(1, keepdims=True) * u) / length  # u = x/‖x‖: only what is across the row counts
    np.testing.assert_allclose(z.grad, by_x, rtol=1e-9, atol=1e-12)


# --- invariances


def views_of(n=6, d=4):
    return normal(n, d), normal(n, d, seed=1)


@every_cosine_loss
def test_rows_may_be_rescaled(loss):
    a, b = views_of()
    scale = torch.tensor([1e-3, 0.1, 1.0, 2.0, 50.0, 1e3], dtype=torch.float64)[:, None]
    torch.testing.assert_close(loss(a * scale, b * scale.flip(0)), loss(a, b))


@every_loss
def test_all_may_be_rotated(loss):
    a, b = views_of()
    torch.testing.assert_close(loss(a @ rotation(4), b @ rotation(4)), loss(a, b))


SHUFFLE = torch.tensor([3, 0, 5, 1, 2, 4])
LABELS = torch.tensor([0, 1, 0, 2, 1, 1])


@pytest.mark.parametrize(
    "loss",
    [
        lambda a, b, order: contrastive_loss(a, b, LABELS[order] == 1, margin=4.0),
        lambda a, b, order: triplet_loss(a, b, normal(6, 4, seed=2)[order], margin=2.0),
        lambda a, b, order: sup_con(torch.cat([a, b]), LABELS[order].repeat(2)),
        *(lambda a, b, order, loss=COSINE[name]: loss(a, b) for name in COSINE if name != "sup_con"),
    ],
    ids=[*OF_TWO_VIEWS][:2] + ["sup_con"] + [name for name in COSINE if name != "sup_con"],
)
def test_pairs_may_be_permuted_together_but_not_one_view_alone(loss):
    a, b = views_of()
    in_order = loss(a, b, torch.arange(6))
    torch.testing.assert_close(loss(a[SHUFFLE], b[SHUFFLE], SHUFFLE), in_order)
    assert (loss(a, b[SHUFFLE], torch.arange(6)) - in_order).abs() > 0.01


@pytest.mark.parametrize("name", ["contrastive_loss", "nt_xent", "negative_cosine"])
def test_views_may_be_swapped(name):
    a, b = views_of()
    torch.testing.assert_close(OF_TWO_VIEWS[name](a, b), OF_TWO_VIEWS[name](b, a))


# --- numbers: range, precision, mixed precision


@every_loss
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("hard", ["plain", "x1000", "a zero row", "all zero", "equal rows", "opposite views"])
def test_loss_and_gradient_are_finite(loss, dtype, hard):
    a, b = (x.to(dtype) for x in views_of())
    if hard == "x1000":
        a, b = a * 1000, b * 1000
    elif hard == "a zero row":
        a[2] = 0
    elif hard == "all zero":
        a, b = a * 0, b * 0
    elif hard == "equal rows":
        a, b = torch.ones_like(a), torch.ones_like(b)
    elif hard == "opposite views":
        b = -a
    a.requires_grad_()
    b.requires_grad_()
    value = loss(a, b)
    value.backward()
    assert value.shape == () and value.isfinite()
    assert value.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    assert a.grad.isfinite().all() and b.grad.isfinite().all()
    assert a.grad.dtype == dtype
    if loss in COSINE.values() and hard == "a zero row":
        assert (a.grad[2] == 0).all() and (a.grad[[0, 1]] != 0).any()


@pytest.mark.parametrize("temperature", [1e-6, 0.01, 10.0, 1e30])
@pytest.mark.parametrize("dtype", DTYPES)
def test_any_temperature_gives_a_finite_loss_and_gradient(dtype, temperature):
    a = (1000 * normal(6, 4)).to(dtype).requires_grad_()
    b = (1000 * normal(6, 4, seed=1)).to(dtype)
    for value in (
        nt_xent(a, b, temperature),
        info_nce(a, b, temperature=temperature),
        info_nce(a, b, -b, temperature),
        sup_con(a, torch.tensor([0, 0, 1, 1, 2, 3]), temperature),
    ):
        (gradient,) = torch.autograd.grad(value, a)
        assert value.isfinite() and gradient.isfinite().all()


@every_loss
@pytest.mark.parametrize("first", DTYPES)
@pytest.mark.parametrize("second", DTYPES)
def test_every_precision_gives_the_float64_value_of_the_same_numbers(loss, first, second):
    a, b = normal(6, 4, dtype=first), normal(6, 4, seed=1, dtype=second)
    value = loss(a, b)
    assert value.dtype == (torch.float64 if torch.float64 in (first, second) else torch.float32)
    assert value.item() == pytest.approx(loss(a.double(), b.double()).item(), rel=1e-5, abs=1e-6)


def test_info_nce_takes_negatives_of_another_precision():
    a, b = views_of()
    value = info_nce(a.float(), b.half(), -b.double())
    assert value.dtype == torch.float64
    torch.testing.assert_close(value, info_nce(a.float().double(), b.half().double(), -b))


@every_loss
def test_mixed_precision_does_not_reach_inside(loss):
    a, b = normal(32, 16, dtype=torch.float32).requires_grad_(), normal(32, 16, seed=1, dtype=torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = loss(a, b)
    plain = loss(a, b)
    torch.testing.assert_close(inside, plain, rtol=0, atol=0)
    gradients = [torch.autograd.grad(value, a)[0] for value in (inside, plain)]
    torch.testing.assert_close(*gradients, rtol=0, atol=0)


def test_rows_as_small_as_1e_minus_30_keep_their_direction():
    a, b = (x.float() for x in views_of())
    for loss in COSINE.values():
        torch.testing.assert_close(loss(a * 1e-30, b), loss(a, b))


@every_loss
def test_inputs_are_left_alone_and_may_be_views(loss):
    a, b = normal(4, 12).T[::2], normal(6, 8, seed=1)[:, ::2]  # neither is contiguous
    a, b = a.requires_grad_(), b.requires_grad_()
    kept = a.detach().clone(), b.detach().clone()
    value = loss(a, b)
    value.backward()
    torch.testing.assert_close(value, loss(*kept))
    assert a.equal(kept[0]) and b.equal(kept[1])


# --- errors


class Elsewhere(torch.Tensor):
    """A tensor that says it is on a GPU."""

    device = property(lambda self: torch.device("cuda:0"))


X = torch.ones(3, 2)
Y = torch.tensor([0, 1, 1])
GOOD = {
    contrastive_loss: {"z0": X, "z1": X, "same": Y, "margin": 1.0},
    triplet_loss: {"anchor": X, "positive": X, "negative": X, "margin": 1.0},
    info_nce: {"query": X, "positive": X, "negatives": X, "temperature": 0.1},
    nt_xent: {"z0": X, "z1": X, "temperature": 0.5},
    negative_cosine: {"p": X, "z": X},
    sup_con: {"z": X, "labels": Y, "temperature": 0.1},
}
ONE_MATRIX = [  # a feature matrix that no loss can take; the error; what its message says
    ([[1.0, 2.0]], TypeError, ["must be a torch.Tensor, got list", "torch.as_tensor"]),
    (X.numpy(), TypeError, ["must be a torch.Tensor, got ndarray", "torch.as_tensor"]),
    ("z.pt", TypeError, ["must be a torch.Tensor, got str"]),
    (X.long(), TypeError, ["must be a floating-point tensor", "got torch.int64", ".float()"]),
    (X * 1j, TypeError, ["must be a floating-point tensor", "got torch.complex64"]),
    (X.to_sparse(), TypeError, ["must be a dense tensor", "got a torch.sparse_coo"]),
    (X.to("meta"), TypeError, ["must be a dense tensor", "got a meta"]),
    (torch.tensor(1.0), ValueError, ["must have shape (N, D), got ()"]),
    (torch.ones(2), ValueError, ["must have shape (N, D), got (2,)", ".unsqueeze(0)"]),
    (torch.ones(3, 2, 2), ValueError, ["must have shape (N, D), got (3, 2, 2)", ".flatten(1)"]),
    (torch.ones(0, 2), ValueError, ["is empty: shape (0, 2)"]),
    (torch.ones(3, 0), ValueError, ["is empty: shape (3, 0)"]),
    (X * float("nan"), ValueError, ["must be finite", "holds NaN"]),
    (X * float("-inf"), ValueError, ["must stay within ±1e+15", "holds inf"]),
    (X * 2e15, ValueError, ["must stay within ±1e+15", "holds 2.0e+15"]),
]
UNLIKE_THE_FIRST = [
    (torch.ones(4, 2), ValueError, ["must have the same shape, got (4, 2) and (3, 2)", "row i of one"]),
    (torch.ones(3, 4), ValueError, ["must have the same shape, got (3, 4) and (3, 2)"]),
    (X.as_subclass(Elsewhere), ValueError, ["is on cuda:0", "on cpu, expected one device"]),
]
UNLIKE_THE_QUERY = [
    (torch.ones(9, 4), ValueError, ["negatives and query must have rows of one length, got 4 and 2"]),
    (X.as_subclass(Elsewhere), ValueError, ["negatives is on cuda:0 and query on cpu", "negatives.to(query.device)"]),
]
NOT_A_NUMBER = [
    (bad, TypeError, [f"must be {words}"])
    for bad, words in [
        ("0.1", "a number, got str"),
        (True, "a number, got bool"),
        (torch.tensor(True), "a number, got bool"),
        (1j, "a number, got complex"),
        (torch.tensor([0.1, 0.2]), "a single number, got shape (2,)"),
        (torch.tensor(0.1, requires_grad=True), "a plain number, got a tensor that requires a gradient"),
        (torch.tensor(0.1, device="meta"), "a dense tensor"),
    ]
]
MARGIN = [
    (bad, ValueError, ["margin must be a finite number above 0 and at most 1e+15", f"got {said}"])
    for bad, said in [(0, "0"), (-1.0, "-1"), (float("nan"), "nan"), (float("inf"), "inf"), (1e16, "1e+16")]
]
TEMPERATURE = [
    (bad, ValueError, ["temperature must be a finite number at least 1e-06", f"got {said}"])
    for bad, said in [(0, "0"), (-0.1, "-0.1"), (1e-7, "1e-07"), (float("nan"), "nan"), (10**400, "inf")]
]
SAME = [
    ([0, 1, 1], TypeError, ["must be a torch.Tensor, got list", "torch.as_tensor"]),
    (Y * 1j, TypeError, ["must be boolean or hold 0 and 1, got torch.complex64"]),
    (Y.to("meta"), TypeError, ["must be a dense tensor"]),
    (torch.tensor([0, 1]), ValueError, ["must have shape (3,), one entry a pair, got (2,)"]),
    (Y[:, None], ValueError, ["must have shape (3,), one entry a pair, got (3, 1)"]),
    (torch.tensor([0, 1, 2]), ValueError, ["must hold only 0 and 1", "labels0 == labels1"]),
    (torch.tensor([0.0, 1.0, float("nan")]), ValueError, ["must hold only 0 and 1"]),
]
CLASSES = [
    ([0, 1, 1], TypeError, ["must be a torch.Tensor, got list", "torch.as_tensor"]),
    (Y.float(), TypeError, ["must hold integer class labels, got torch.float32", "labels.long()"]),
    (Y.bool(), TypeError, ["must hold integer class labels, got torch.bool"]),
    (Y.to("meta"), TypeError, ["must be a dense tensor"]),
    (torch.tensor([0, 1]), ValueError, ["must have shape (3,), one label for each row of z, got (2,)"]),
    (torch.eye(3).long(), ValueError, ["must have shape (3,)", "got (3, 3)", "labels.argmax(1)"]),
    (torch.arange(3), ValueError, ["no two of the 3 labels are equal", "labels.repeat(2)"]),
]


def wrong_values(name):
    if name in ("margin", "temperature"):
        return NOT_A_NUMBER + (MARGIN if name == "margin" else TEMPERATURE)
    if name in ("same", "labels"):
        return SAME if name == "same" else CLASSES
    return ONE_MATRIX


CASES = [(loss, name, *bad) for loss, good in GOOD.items() for name in good for bad in wrong_values(name)]
SECONDS = [(contrastive_loss, "z1"), (triplet_loss, "positive"), (triplet_loss, "negative"), (info_nce, "positive"),
           (nt_xent, "z1"), (negative_cosine, "z")]  # fmt: skip
CASES += [(loss, name, *bad) for loss, name in SECONDS for bad in UNLIKE_THE_FIRST]
CASES += [(info_nce, "negatives", *bad) for bad in UNLIKE_THE_QUERY]


@pytest.mark.parametrize(
    "loss, name, value, error, words", CASES, ids=[f"{c[0].__name__}-{c[1]}-{i}" for i, c in enumerate(CASES)]
)
def test_a_wrong_argument_is_named(loss, name, value, error, words):
    loss(**GOOD[loss])
    with pytest.raises(error) as caught:
        loss(**GOOD[loss] | {name: value})
    message = str(caught.value)
    assert name in message
    for word in words:
        assert word in message
