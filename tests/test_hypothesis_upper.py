"""The same promise one floor up: whatever comes in, models, methods and measures answer or explain, and nothing else."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from test_hypothesis import INTEGERS, NUMBERS, PROFILE, any_matrix, good_matrix

from clearn import datasets, evaluation, models
from clearn.methods import SimCLR, Supervised
from clearn.training import schedule

ERRORS = (TypeError, ValueError)
TINY = SimCLR(models.tiny_encoder(1))
WHOLE = st.one_of(st.integers(-2, 6), st.floats(), st.booleans(), st.none(), st.text(max_size=1))


def any_labels(draw, n):
    y = torch.tensor(draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)))
    odd = [y.float(), y.bool(), y[:, None], y[1:], y - 1, y.tolist(), y * 1j, None]
    return draw(st.sampled_from([y.to(draw(st.sampled_from(INTEGERS)))] * len(odd) + odd))


@st.composite
def labelled(draw):
    n, m, d = (draw(st.integers(1, 6)) for _ in range(3))
    return any_matrix(draw, n, d), any_labels(draw, n), any_matrix(draw, m, d), any_labels(draw, m)


def answers_or_explains(call, low=-math.inf, high=math.inf):
    try:
        result = call()
    except ERRORS as error:
        assert len(str(error)) > 15, "an error must say what was expected"
        return
    for value in result if isinstance(result, list) else [result]:
        assert math.isfinite(value) and low - 1e-4 <= value <= high + 1e-4


@PROFILE
@given(labelled(), st.one_of(NUMBERS, st.just(0.1)), st.one_of(WHOLE, st.just(1)))
def test_knn(data, temperature, k):
    answers_or_explains(lambda: evaluation.knn_accuracy(*data, k=k, temperature=temperature), 0, 1)


@PROFILE
@given(labelled(), st.one_of(NUMBERS, st.just(1.0)))
def test_linear_probe(data, C):
    answers_or_explains(lambda: evaluation.linear_probe(*data, C=C), 0, 1)


@PROFILE
@given(labelled(), st.lists(WHOLE, max_size=2), WHOLE)
def test_few_label_curve(data, counts, repeats):
    def call():
        curve = evaluation.few_label_curve(*data, counts=counts, repeats=repeats)
        return [accuracy for draws in curve.values() for accuracy in draws]

    answers_or_explains(call, 0, 1)


@PROFILE
@given(st.data(), WHOLE, WHOLE)
def test_few_labels(data, count, n):
    y = any_labels(data.draw, n if isinstance(n, int) and n > 0 else 1)
    answers_or_explains(
        lambda: [float(i) for i in evaluation.few_labels(y, count)], 0, len(y) if hasattr(y, "__len__") else 0
    )


@pytest.mark.parametrize("measure, low, high", [(evaluation.uniformity, -8, 0), (evaluation.effective_rank, 1, 6),
                                                (evaluation.feature_std, 0, 1)])  # fmt: skip
def test_measures_of_one_matrix(measure, low, high):
    @PROFILE
    @given(st.data(), st.integers(1, 6), st.integers(1, 6))
    def run(data, n, d):
        x = any_matrix(data.draw, n, d)
        answers_or_explains(lambda: measure(x).item(), low, high)

    run()


@PROFILE
@given(st.data(), st.integers(1, 6), st.integers(1, 6), NUMBERS)
def test_alignment_and_uniformity(data, n, d, t):
    a, b = any_matrix(data.draw, n, d), any_matrix(data.draw, n, d)
    answers_or_explains(lambda: evaluation.alignment(a, b).item(), 0, 4)
    answers_or_explains(lambda: evaluation.uniformity(good_matrix(data.draw, n, d), t).item(), high=0)


@PROFILE
@given(WHOLE, WHOLE, WHOLE, WHOLE)
def test_heads(dim, hidden, out, layers):
    try:
        head = models.projection_head(dim, hidden, out, layers).eval()
        models.prediction_head(dim, hidden)
        Supervised(models.Encoder(dim=dim), out)
    except ERRORS as error:
        assert len(str(error)) > 15
    else:
        assert head(torch.zeros(1, dim)).shape == (1, out)


@PROFILE
@given(
    st.lists(st.integers(0, 5), max_size=5), st.sampled_from([torch.uint8, torch.float32, torch.float16, torch.float64])
)
def test_embed(shape, dtype):
    images = torch.zeros(shape, dtype=dtype)
    try:
        assert TINY.embed(images).isfinite().all()
    except (*ERRORS, RuntimeError) as error:  # torch itself explains a wrong number of channels, or too few pixels
        assert len(str(error)) > 15


@PROFILE
@given(st.one_of(st.text(), st.none(), st.integers()), st.one_of(st.text(), st.none()))
def test_load(name, split):
    with pytest.raises(ValueError, match="choose one of"):
        datasets.load(name, split)


@PROFILE
@given(st.integers(0, 300), st.integers(1, 300), st.floats(0, 1))
def test_schedule_stays_in_range(step, steps, warmup):
    if step < steps:
        assert 0 <= schedule(step, steps, warmup) <= 1
