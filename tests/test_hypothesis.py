"""Whatever comes in, a public function of the ground gives a finite result or a helpful error, and nothing else."""

import inspect

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from clearn import losses, similarity

PROFILE = settings(derandomize=True, deadline=None, max_examples=150)
FLOATING = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
STRANGE = [torch.int64, torch.uint8, torch.uint16, torch.bool, torch.complex64, torch.complex128]
STRANGE += [getattr(torch, name) for name in ("float8_e4m3fn", "float8_e5m2", "float8_e8m0fnu") if hasattr(torch, name)]
POISON = {
    "a zero row": lambda x: x.index_fill_(0, torch.tensor([0]), 0) if x.ndim and len(x) else x,
    "equal rows": lambda x: x.fill_(1),
    **{str(v): lambda x, v=v: x.flatten()[:1].fill_(v) for v in (float("nan"), float("inf"), -float("inf"))},
}
PUBLIC = {
    name: function
    for module in (similarity, losses)
    for name, function in vars(module).items()
    if inspect.isfunction(function) and function.__module__.startswith(module.__name__)
    if not name.startswith("_") and name != "unchecked_unit"  # which leaves the look at its input to its caller
}
every_public_function = pytest.mark.parametrize("function", PUBLIC.values(), ids=PUBLIC)
SHAPE_OF = {  # of the result, from the tensors that came in; a loss is a scalar
    "unit": lambda x: x.shape,
    "cosine_similarity": lambda a, b: torch.broadcast_shapes(a.shape, b.shape)[:-1],
    "pairwise_cosine": lambda a, b=None: (len(a), len(a if b is None else b)),
    "pairwise_distance": lambda a, b=None: (len(a), len(a if b is None else b)),
}


def good_matrix(draw, n, d):
    """(n, d), any floating dtype, of a size from denormal to the largest allowed, at times with a zero row."""
    dtype, size = draw(st.sampled_from(FLOATING)), draw(st.sampled_from([1e-42, 1e-31, 1e-20, 1e-3, 1, 1e3, 1e9, 1e15]))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 9)))
    x = torch.rand(n, d, generator=generator, dtype=torch.float64) * 2 - 1
    x = (x * min(size, torch.finfo(dtype).max)).to(dtype)
    harm = draw(st.sampled_from([None, None, "a zero row", "equal rows"]))
    return POISON[harm](x) if harm else x


def any_matrix(draw, n, d):
    """A good one, half of the time; else one of a wrong shape, dtype, kind or value, or no tensor at all."""
    if draw(st.booleans()):
        return good_matrix(draw, n, d)
    what = draw(st.sampled_from(["shape", "dtype", "value", "kind"]))
    if what == "shape":
        return torch.ones(draw(st.lists(st.integers(0, 4), max_size=4)))
    x = torch.randn(n, d, generator=torch.Generator().manual_seed(0))
    if what == "dtype":
        return x.to(draw(st.sampled_from(STRANGE)))
    if what == "value":
        harm = draw(st.sampled_from([*POISON]))
        x = x * draw(st.sampled_from([1e-45, 1e-30, 1, 1e10, 1e16, 3e38]))
        POISON[harm](x)
        return x
    return draw(st.sampled_from([None, 1.0, "z", x.tolist(), x.numpy(), x.to_sparse(), x.to("meta"), x.T, x[:0]]))


NUMBERS = st.one_of(
    st.floats(), st.integers(), st.booleans(), st.none(), st.text(max_size=2), st.complex_numbers(),
    st.sampled_from([0, -0.0, 1e-6, 1e-320, 10**400, np.float32(0.5), np.ones(2), torch.tensor(0.5), torch.ones(2)]),
)  # fmt: skip
NO_GRADIENT = {"same", "labels", "margin", "temperature"}
INTEGERS = [torch.int64, torch.int32, torch.uint8, torch.int8, torch.uint16]


def argument(draw, name, n, d, valid):
    matrix = good_matrix if valid else any_matrix
    if name in ("margin", "temperature"):
        return draw(st.floats(1e-6, 1e15) if valid else NUMBERS)
    if name in ("same", "labels"):
        highest = 1 if name == "same" else 3
        y = torch.tensor(draw(st.lists(st.integers(0, highest), min_size=n, max_size=n)))
        if valid:
            return y.to(draw(st.sampled_from(INTEGERS)))
        return draw(st.sampled_from([y, y + 1, -y, y.float(), y.bool(), y[:, None], y[1:], y * 1j, y.tolist(), None]))
    if name == "negatives":
        return draw(st.sampled_from([None, True])) and matrix(draw, draw(st.integers(1, 4)), d)
    return matrix(draw, n, d)


@st.composite
def arguments(draw, function, valid):
    n, d = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    return {name: argument(draw, name, n, d, valid) for name in inspect.signature(function).parameters}


def check(function, given):
    """Call `function`: a finite result of the right shape and dtype, whose gradient is finite too."""
    tensors = {name: x for name, x in given.items() if isinstance(x, torch.Tensor) and x.is_floating_point()}
    tensors = {name: x.detach().clone().requires_grad_() for name, x in tensors.items() if name not in NO_GRADIENT}
    kept = {name: x.detach().clone() for name, x in tensors.items()}
    result = function(**given | tensors)
    shape_of = SHAPE_OF.get(function.__name__, lambda **_: ())
    best = torch.float64 if any(x.dtype == torch.float64 for x in tensors.values()) else torch.float32
    assert result.shape == tuple(shape_of(**{name: given[name] for name in given if name in tensors or name == "b"}))
    assert result.dtype == best
    assert result.isfinite().all()
    result.sum().backward()
    for name, x in tensors.items():
        assert x.equal(kept[name])
        if x.grad is not None and x.dtype != torch.float16:  # 1/‖x‖ may be too large a number for float16
            assert x.grad.isfinite().all()
        assert x.grad is None or not x.grad.isnan().any()


@every_public_function
def test_a_finite_result_or_a_helpful_error_and_nothing_else(function):
    @PROFILE
    @given(arguments(function, valid=False))
    def run(given):
        try:
            check(function, given)
        except (TypeError, ValueError) as error:
            assert str(error).startswith((*(f"{name} " for name in given), "shapes ", "no two of")), error

    run()


@every_public_function
def test_what_is_right_is_never_refused(function):
    @PROFILE
    @given(arguments(function, valid=True))
    def run(given):
        labels = given.get("labels")
        if labels is not None and len(labels.unique()) == len(labels):
            with pytest.raises(ValueError, match="no two"):
                function(**given)
        else:
            check(function, given)

    run()
