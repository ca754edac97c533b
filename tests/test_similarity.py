"""Cosine and distance against scikit-learn, torch and closed forms; the corners where the plain formulas break."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import pairwise as sklearn

from clearn.similarity import cosine_similarity, pairwise_cosine, pairwise_distance, unit

DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
ALL_PAIRS = [pairwise_cosine, pairwise_distance]


def normal(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


# --- oracles


@pytest.mark.parametrize(
    "ours, theirs",
    [(pairwise_cosine, sklearn.cosine_similarity), (pairwise_distance, sklearn.euclidean_distances)],
)
def test_all_pairs_equal_scikit_learn(ours, theirs):
    a, b = normal(7, 5), normal(4, 5, seed=1)
    np.testing.assert_allclose(ours(a, b), theirs(a, b), rtol=0, atol=1e-12)
    np.testing.assert_allclose(ours(a), theirs(a), rtol=0, atol=1e-7)  # theirs rounds on the diagonal
    torch.testing.assert_close(ours(a), ours(a, a), rtol=0, atol=0)


def test_distance_equals_cdist_and_its_definition():
    a, b = normal(7, 5), normal(4, 5, seed=1)
    torch.testing.assert_close(pairwise_distance(a, b), torch.cdist(a, b))
    torch.testing.assert_close(pairwise_distance(a, b), (a[:, None] - b).square().sum(-1).sqrt())


@pytest.mark.parametrize("shapes", [[(5,), (5,)], [(6, 5), (6, 5)], [(6, 5), (5,)], [(3, 1, 5), (1, 4, 5)]])
def test_cosine_equals_torch_and_broadcasts(shapes):
    a, b = normal(*shapes[0]), normal(*shapes[1], seed=1)
    torch.testing.assert_close(cosine_similarity(a, b), torch.nn.CosineSimilarity(dim=-1)(a, b))
    torch.testing.assert_close(cosine_similarity(a, b), cosine_similarity(b, a))


def test_cosine_of_a_known_angle():
    angle = torch.linspace(0, np.pi, 13, dtype=torch.float64)
    turned = 3 * torch.stack([angle.cos(), angle.sin()], dim=1)
    torch.testing.assert_close(cosine_similarity(torch.tensor([1.0, 0.0]), turned), angle.cos())
    torch.testing.assert_close(pairwise_cosine(turned), (angle[:, None] - angle).cos())


# --- unit


@pytest.mark.parametrize("size", [1e-30, 1e-20, 1.0, 1e15])
def test_rows_of_any_size_get_length_one(size):
    row = torch.tensor([[3.0, 4.0, 0.0]]) / 4
    torch.testing.assert_close(unit(size * row), torch.tensor([[0.6, 0.8, 0.0]]))


def test_unit_equals_torch_normalize_on_any_shape():
    for shape in [(5,), (6, 5), (2, 3, 5)]:
        torch.testing.assert_close(unit(normal(*shape)), F.normalize(normal(*shape), dim=-1))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [0.0, 1e-40])
def test_a_row_without_direction_stays_zero_with_gradient_zero(dtype, size):
    x = normal(4, 5, dtype=dtype)
    x[2] = size
    x.requires_grad_()
    u = unit(x)
    (u * normal(4, 5, seed=1)).sum().backward()
    assert (u[2] == 0).all() and (x.grad[2] == 0).all()
    assert x.grad.isfinite().all() and (x.grad[[0, 1, 3]] != 0).any(1).all()
    assert (pairwise_cosine(x)[2] == 0).all() and (cosine_similarity(x[2], x) == 0).all()


@pytest.mark.parametrize("size", [1.1e-31, 1e-30, 1e15])
def test_the_gradient_of_a_direction_stays_finite_at_either_end(size):
    x = (torch.ones(1, 4) * size).requires_grad_()
    (unit(x) / 1e-6)[0, 0].backward()
    assert x.grad.isfinite().all() and (x.grad != 0).all()


# --- corners


def test_cosine_never_leaves_its_range():
    x = normal(200, 33, dtype=torch.float32)
    for cosine in (pairwise_cosine(x, 3 * x), pairwise_cosine(x), cosine_similarity(x, 7 * x), pairwise_cosine(-x, x)):
        assert cosine.abs().max() <= 1


def test_small_distances_between_long_vectors_keep_their_digits():
    far = normal(6, 8, dtype=torch.float32) + 1e4  # ‖a‖² + ‖b‖² − 2a·b is off by whole units here
    torch.testing.assert_close(pairwise_distance(far).double(), pairwise_distance(far.double()), rtol=1e-6, atol=0)


def test_gradient_at_distance_zero_is_zero():
    x = torch.ones(3, 2, requires_grad=True)
    distance = pairwise_distance(x)
    distance.sum().backward()
    assert (distance == 0).all() and (x.grad == 0).all()


@pytest.mark.parametrize("function", [unit, cosine_similarity, pairwise_cosine, pairwise_distance])
def test_gradcheck(function):
    inputs = [normal(4, 3, seed=s).requires_grad_() for s in range(1 if function is unit else 2)]
    assert torch.autograd.gradcheck(function, inputs)


@pytest.mark.parametrize("function", [cosine_similarity, pairwise_cosine, pairwise_distance])
@pytest.mark.parametrize("first", DTYPES)
@pytest.mark.parametrize("second", DTYPES)
def test_precision_is_float32_or_better_whatever_comes_in(function, first, second):
    a, b = normal(4, 3, dtype=first), normal(4, 3, seed=1, dtype=second)
    result = function(a, b)
    assert result.dtype == (torch.float64 if torch.float64 in (first, second) else torch.float32)
    torch.testing.assert_close(result.double(), function(a.double(), b.double()), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("function", [cosine_similarity, pairwise_cosine, pairwise_distance])
def test_mixed_precision_does_not_reach_inside(function):
    a, b = normal(9, 16, dtype=torch.float32), normal(9, 16, seed=1, dtype=torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert (a @ b.T).dtype == torch.bfloat16  # else this test would show nothing
        inside = function(a, b)
    torch.testing.assert_close(inside, function(a, b), rtol=0, atol=0)


@pytest.mark.parametrize("function", [cosine_similarity, pairwise_cosine, pairwise_distance])
def test_inputs_are_left_alone_and_may_be_views(function):
    a, b = normal(5, 8).T[::2], normal(4, 10, seed=1)[:, ::2]  # neither is contiguous
    kept = a.clone(), b.clone()
    torch.testing.assert_close(function(a, b), function(*kept))
    assert a.equal(kept[0]) and b.equal(kept[1])


# --- errors


class Elsewhere(torch.Tensor):
    """A tensor that says it is on a GPU."""

    device = property(lambda self: torch.device("cuda:0"))


X, NAN, INF = torch.ones(3, 2), torch.tensor([[0.0, float("nan")]]), torch.tensor([[0.0, float("inf")]])
BAD = [
    (unit, (torch.tensor(1.0),), ValueError, ["x must hold at least one vector", "got ()"]),
    (unit, (torch.ones(3, 0),), ValueError, ["x must hold at least one vector", "got (3, 0)"]),
    (unit, (torch.ones(0, 3),), ValueError, ["x must hold at least one vector", "got (0, 3)"]),
    (unit, (NAN,), ValueError, ["x must be finite", "holds NaN"]),
    (unit, (INF,), ValueError, ["x must stay within ±1e+15", "holds inf"]),
    (unit, (torch.ones(2, dtype=torch.int64),), TypeError, ["x must be a floating-point", "torch.int64", "x.float()"]),
    (cosine_similarity, (X, [1.0, 2.0]), TypeError, ["b must be a torch.Tensor", "got list", "torch.as_tensor"]),
    (cosine_similarity, (X, torch.ones(3)), ValueError, ["same last dimension, got 2 and 3"]),
    (cosine_similarity, (X, torch.ones(4, 2)), ValueError, ["(3, 2) and (4, 2) do not broadcast", "pairwise_cosine"]),
    (cosine_similarity, (X, NAN), ValueError, ["b must be finite", "holds NaN"]),
    (cosine_similarity, (X, X.as_subclass(Elsewhere)), ValueError, ["b is on cuda:0 and a on cpu", "b.to(a.device)"]),
    *[
        (function, arguments, error, words)
        for function in ALL_PAIRS
        for arguments, error, words in [
            ((X, torch.ones(3, 4)), ValueError, ["b and a must have rows of one length, got 4 and 2"]),
            ((torch.ones(3),), ValueError, ["a must have shape (N, D), got (3,)", "a.unsqueeze(0)"]),
            ((X, torch.ones(2, 2, 2)), ValueError, ["b must have shape (N, D), got (2, 2, 2)", "b.flatten(1)"]),
            ((torch.ones(0, 3),), ValueError, ["a is empty: shape (0, 3)"]),
            ((X, INF), ValueError, ["b must stay within", "inf"]),
            ((X.bool(),), TypeError, ["a must be a floating-point", "torch.bool"]),
            ((X, X.as_subclass(Elsewhere)), ValueError, ["b is on cuda:0 and a on cpu"]),
        ]
    ],
]


@pytest.mark.parametrize("function, arguments, error, words", BAD)
def test_a_wrong_input_is_named(function, arguments, error, words):
    with pytest.raises(error) as caught:
        function(*arguments)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradient_of_a_direction_is_at_right_angles_to_it(dtype):
    """d unit(x)/dx = (I − u uᵀ)/‖x‖, also for vectors along an axis, whose largest value is their whole length."""
    rows = torch.cat(
        [torch.eye(3), 2 * torch.eye(3), -torch.eye(3), torch.tensor([[3.0, 4.0, 0.0], [1e-9, 1.0, 0.0]])]
    ).to(dtype)
    for x in rows:
        u, length = x / x.norm(), x.norm()
        jacobian = torch.autograd.functional.jacobian(unit, x)
        torch.testing.assert_close(jacobian, (torch.eye(3, dtype=dtype) - torch.outer(u, u)) / length)
