"""The checks that every public function makes of its input, and the choice of device."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from clearn import devices, validate

DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
INTEGERS = [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.uint16, torch.uint32, torch.uint64]


def says(error, words, function, *arguments, **options):
    with pytest.raises(error) as caught:
        function(*arguments, **options)
    for word in words:
        assert word in str(caught.value)


# --- features


@pytest.mark.parametrize("dtype", DTYPES)
def test_features_come_back_in_float32_or_better_with_their_gradient(dtype):
    x = torch.tensor([[1.0, -2.0]], dtype=dtype, requires_grad=True)
    y = validate.features("z", x)
    y.sum().backward()
    assert y.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    assert y.tolist() == [[1, -2]] and x.grad.tolist() == [[1, 1]]


def test_features_like_another():
    x = torch.ones(3, 2)
    assert validate.features("b", torch.ones(5, 2), like=("a", x), paired=False).shape == (5, 2)
    says(ValueError, ["b and a", "same shape", "(5, 2) and (3, 2)"], validate.features, "b", torch.ones(5, 2), ("a", x))
    says(ValueError, ["b and a", "one length, got 3 and 2"],
         validate.features, "b", torch.ones(3, 3), ("a", x), paired=False)  # fmt: skip


EVERY_DTYPE = sorted({d for d in vars(torch).values() if isinstance(d, torch.dtype)}, key=str)


@pytest.mark.filterwarnings("ignore::UserWarning")  # torch warns of the rarer types
@pytest.mark.parametrize("dtype", EVERY_DTYPE, ids=str)
def test_every_dtype_of_torch_is_taken_or_named(dtype):
    x, line = torch.empty(2, 2, dtype=dtype), torch.empty(2, dtype=dtype)
    if dtype in DTYPES:
        validate.floating("z", x)
    else:
        says(TypeError, ["z must be a floating-point tensor (float16", str(dtype)], validate.floating, "z", x)
    if dtype in INTEGERS:
        assert validate.labels("y", torch.ones(2).to(dtype), 2, of="z").tolist() == [1, 1]
    else:
        says(TypeError, ["y must hold integer class labels", str(dtype)], validate.labels, "y", line, 2, of="z")
    if dtype in [torch.bool, *DTYPES, *INTEGERS]:
        assert validate.zero_or_one("same", torch.tensor([0, 1]).to(dtype), 2).tolist() == [False, True]
    else:
        says(TypeError, ["same must be boolean", str(dtype)], validate.zero_or_one, "same", line, 2)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("make, word", [
    (lambda: torch.ones(2, 2).to_sparse(), "sparse_coo"),
    (lambda: torch.ones(2, 2, device="meta"), "meta"),
    (lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]), "nested"),
])  # fmt: skip
def test_an_extraordinary_tensor_is_named(make, word):
    x = make()
    for check in (validate.features, validate.dense, validate.whole, validate.number):
        says(TypeError, ["z must be a dense tensor that holds data", word], check, "z", x)


def test_two_dimensional_labels_get_a_hint_only_where_it_helps():
    says(ValueError, ["labels.argmax(1)"], validate.labels, "labels", torch.eye(3).long(), 3, of="z")
    with pytest.raises(ValueError, match="labels") as caught:
        validate.labels("labels", torch.ones(3, 1).long(), 3, of="z")
    assert "(3, 1)" in str(caught.value) and "argmax" not in str(caught.value)


@pytest.mark.parametrize("dtype", DTYPES)
def test_finite_is_a_matter_of_nan_infinity_and_size(dtype):
    limit = min(1e15, torch.finfo(dtype).max)
    validate.finite("z", torch.tensor([[-limit / 2, 0.0]], dtype=dtype))
    says(ValueError, ["z must be finite", "NaN"], validate.finite, "z", torch.tensor([1, float("nan")], dtype=dtype))
    says(ValueError, ["±1e+15", "inf"], validate.finite, "z", torch.tensor([1, -float("inf")], dtype=dtype))
    if dtype != torch.float16:
        says(ValueError, ["±1e+15", "2.0e+15"], validate.finite, "z", torch.tensor([1, -2e15], dtype=dtype))


# --- numbers


@pytest.mark.parametrize("value", [
    2, 2.0, np.float32(2), np.int8(2), np.array(2), np.array([2.0]), torch.tensor(2), torch.tensor([2.0]),
])  # fmt: skip
def test_a_number_may_come_from_python_numpy_or_torch(value):
    result = validate.number("x", value, above=0)
    assert result == 2 and type(result) is float


@pytest.mark.parametrize("value, bounds, words", [
    (0, {"above": 0}, "x must be a finite number above 0, got 0"),
    (-1, {"least": 0}, "x must be a finite number at least 0, got -1"),
    (1.5, {"least": 0, "most": 1}, "x must be a finite number at least 0 and at most 1, got 1.5"),
    (2, {"most": 1}, "x must be a finite number at most 1, got 2"),
    (float("nan"), {}, "x must be a finite number, got nan"),
    (float("-inf"), {"most": 1}, "x must be a finite number at most 1, got -inf"),
    (10**400, {}, "x must be a finite number, got inf"),
])  # fmt: skip
def test_a_number_out_of_range_is_named(value, bounds, words):
    says(ValueError, [words], validate.number, "x", value, **bounds)


@pytest.mark.parametrize("bounds", [{"least": 1}, {"most": 1}, {"above": 0.9}, {"least": 1, "most": 1}])
def test_bounds_are_inclusive_but_for_above(bounds):
    assert validate.number("x", 1, **bounds) == 1


@pytest.mark.parametrize("value, words", [
    (None, "must be a number, got NoneType"),
    (True, "must be a number, got bool"),
    (np.bool_(True), "must be a number, got bool"),
    ("1", "must be a number, got str"),
    (Fraction(1, 2), "must be a number, got Fraction"),
    ([1.0], "must be a number, got list"),
    (np.array("a"), "must be a number, got str"),
    (np.ones(2), "must be a single number, got shape (2,)"),
    (torch.ones(0), "must be a single number, got shape (0,)"),
    (torch.ones((), requires_grad=True), "must be a plain number, got a tensor that requires a gradient"),
])  # fmt: skip
def test_what_is_no_number_is_named(value, words):
    says(TypeError, [f"x {words}"], validate.number, "x", value)


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3), np.array(3), torch.tensor(3), torch.tensor([3])])
def test_a_whole_number_may_come_from_python_numpy_or_torch(value):
    result = validate.whole("k", value)
    assert result == 3 and type(result) is int


@pytest.mark.parametrize("value", [
    2.0, 2.7, True, np.bool_(True), torch.tensor(True), None, "2", np.array(2.7), np.ones(2, int), torch.tensor(2.7),
    torch.tensor([1, 2]),
])  # fmt: skip
def test_what_is_not_whole_is_named(value):
    says(TypeError, ["k must be a whole number, got", type(value).__name__], validate.whole, "k", value)


def test_a_whole_number_has_a_least():
    assert validate.whole("k", 0, least=0) == 0
    says(ValueError, ["k must be at least 1, got 0"], validate.whole, "k", 0)
    says(ValueError, ["k must be at least 2, got -3"], validate.whole, "k", -3, least=2)


# --- mixed precision


def test_full_precision_switches_autocast_off_and_on_again():
    @validate.full_precision
    def product(a, b):
        """Its documentation."""
        return a @ b.T

    x = torch.ones(2, 2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert product(x, x).dtype == product(x, b=x).dtype == product(a=x, b=x).dtype == torch.float32
        assert (x @ x.T).dtype == torch.bfloat16
    assert (product.__name__, product.__doc__) == ("product", "Its documentation.")


def test_full_precision_looks_for_the_device_of_the_features(monkeypatch):
    asked = []
    plain = torch.autocast
    monkeypatch.setattr(torch, "autocast", lambda device, **options: asked.append(device) or plain("cpu", **options))
    monkeypatch.setattr(torch.amp, "is_autocast_available", lambda device: device == "cuda")
    on_gpu = torch.ones(2).as_subclass(type("OnGpu", (torch.Tensor,), {"device": torch.device("cuda:0")}))
    function = validate.full_precision(lambda *_, **__: None)
    function(labels=torch.tensor([1]), z=on_gpu)
    function(torch.ones(2, device="meta"))
    function(1.0)
    assert asked == ["cuda", "cpu", "cpu"]


# --- devices


@pytest.mark.parametrize("cuda, mps, best", [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")])
def test_best_device_prefers_the_gpu(monkeypatch, cuda, mps, best):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert devices.best_device() == torch.device(best)


@pytest.mark.parametrize("native", [True, False])
def test_fast_dtype_is_bfloat16_only_where_the_hardware_has_it(monkeypatch, native):
    expected = torch.bfloat16 if native else None
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: native or including_emulation)
    assert devices.fast_dtype("cuda") is devices.fast_dtype(torch.device("cuda:0")) is expected
    assert devices.fast_dtype("mps") is None
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False, raising=False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: native, raising=False)
    assert devices.fast_dtype("cpu") is expected


def test_fast_dtype_on_a_torch_that_cannot_tell_is_none(monkeypatch):
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.delattr(torch.cpu, name, raising=False)
    assert devices.fast_dtype("cpu") is None
