"""The panel of chapter 09 against plain loops, and its ring against the queue that methods use."""

import time

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgba
from oracles import numbers

from clearn.course.widgets import queue_panel
from clearn.course.widgets.queue import EMPTY, YOUNG_TO_OLD, ages
from clearn.methods.momentum import Queue

STEPS, IMAGES, DIM, N = 30, 5, 4, 8
SIZES = (16, 32, 64)  # 2, 4 and 8 batches


def film(steps=STEPS, images=IMAGES):
    rng = torch.Generator().manual_seed(0)
    return {m: torch.randn(steps + 1, images, DIM, generator=rng) for m in (0.99, 0.0, 0.5)}  # not in order


@pytest.fixture
def panel():
    return queue_panel(film(), batch_size=N, sizes=SIZES, step=20)


def cosine(a, b):
    a, b = a.double().numpy(), b.double().numpy()
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def by_loops(keys, step, age):
    """Mean cosine of present keys with those of `age` steps ago: of the same image, and of others."""
    now, then = keys[step], keys[step - age]
    pairs = {(i, j): cosine(now[i], then[j]) for i in range(len(now)) for j in range(len(now))}
    return tuple(np.mean([c for (i, j), c in pairs.items() if (i == j) == same]) for same in (True, False))


SETTINGS = [(20, 0.99, 64), (3, 0.0, 64), (8, 0.5, 64), (30, 0.0, 16), (1, 0.5, 32)]


@pytest.mark.parametrize("step, momentum, size", SETTINGS)
def test_the_caption_says_what_loops_find(panel, step, momentum, size):
    for name, value in (("step", step), ("momentum", momentum), ("queue", size)):
        panel.controls[name].value = value
    held = min(step, size // N)
    cosines = np.array([by_loops(film()[momentum], step, age) for age in range(1, held + 1)])
    random = [size - held * N] if held < size // N else []
    expected = [step, momentum, size, size // N, N, *random, held,
                cosines[0, 0], cosines[-1, 0], cosines[:, 0].mean(), cosines[:, 1].mean()]  # fmt: skip
    assert numbers(panel.caption) == pytest.approx(expected, abs=5.1e-3)


@pytest.mark.parametrize("step, momentum, size", SETTINGS)
def test_the_curves_are_what_loops_find_and_strong_as_far_as_the_queue_holds(panel, step, momentum, size):
    drawn = panel.draw(step, momentum, size).axes[1].lines
    for column in (0, 1):
        pale, strong = drawn[2 * column : 2 * column + 2]
        known = range(1, min(step, SIZES[-1] // N) + 1)
        assert list(pale.get_xdata()) == list(known) and pale.get_alpha() < 0.5
        assert list(strong.get_xdata()) == list(known)[: size // N]
        expected = [by_loops(film()[momentum], step, age)[column] for age in known]
        np.testing.assert_allclose(pale.get_ydata(), expected, atol=1e-6)


@pytest.mark.parametrize("step, batches", [(0, 4), (1, 4), (3, 4), (4, 4), (5, 4), (13, 4), (7, 1)])
def test_the_ring_is_the_queue(step, batches):
    """Each batch's keys are its number: what stands where tells how old it is."""
    queue = Queue(batches * 3, dim=1)
    queue.keys.zero_()
    for batch in range(1, step + 1):
        queue.enqueue(torch.full((3, 1), float(batch)))
    stands = queue.keys[::3, 0].int().tolist()
    assert ages(step, batches) == [step + 1 - batch if batch else 0 for batch in stands]
    assert int(queue.oldest) // 3 == step % batches  # where the pointer stands


@pytest.mark.parametrize("step, size", [(0, 32), (2, 32), (20, 32), (21, 64)])
def test_the_wedges_have_the_colours_of_their_ages_and_the_pointer_shows_the_next_place(panel, step, size):
    axes, batches = panel.draw(step, 0.5, size).axes[0], size // N
    colours = axes.collections[0].get_facecolors()
    expected = [YOUNG_TO_OLD(age / 8) if age else to_rgba(EMPTY) for age in ages(step, batches)]
    np.testing.assert_allclose(colours, expected)
    tip = np.array(axes.texts[0].xy)
    turned = np.degrees(np.arctan2(tip[0], tip[1])) % 360  # clockwise from the top
    assert turned == pytest.approx(360 / batches * (step % batches + 0.5))


def test_a_key_that_does_not_change_is_not_stale():
    still = {0.9: torch.randn(1, 6, DIM, generator=torch.Generator().manual_seed(1)).expand(9, 6, DIM)}
    assert "newest 1.00, oldest 1.00, mean 1.00" in queue_panel(still, batch_size=N, sizes=(32,)).caption


@pytest.mark.parametrize("name", ["step", "momentum", "queue"])
def test_each_control_changes_the_picture_and_the_words(panel, name):
    values = (4, 5, 6) if name == "step" else [value for _, value in panel.controls[name]._options_full]
    seen = []
    for value in values:
        panel.controls[name].value = value
        seen.append((panel.caption, panel._png))
    assert len({words for words, _ in seen}) == 3 and len({png for _, png in seen}) == 3


def test_it_begins_where_it_is_told(panel):
    assert panel.caption.startswith("After step 20, momentum 0.99: 64 keys in 8 batches of 8.")
    assert queue_panel(film(), batch_size=N, sizes=SIZES).controls["step"].value == STEPS


def test_bad_input_is_named():
    keys = film()[0.0]
    for arguments, message in [
        (({},), "^film must hold the keys of at least one momentum"),
        (({0.9: keys[0]},), r"^film\[0.9\] must be keys \(S \+ 1, n, D\) .*, got \(5, 4\)"),
        (({0.9: keys[:1]},), r"^film\[0.9\] must be keys"),
        (({0.9: keys[:, :1]},), r"^film\[0.9\] must be keys"),
        (({0.9: keys, 0.5: keys[:9]},), r"^all momenta must be filmed for the same number of steps, got \[8, 30\]"),
        ((film(), 8, (16, 20)), "^sizes must be multiples of batch_size 8, got 20"),
        ((film(), 0), "^batch_size must be"),
        (({0.9: keys * torch.nan},), "NaN"),
    ]:
        with pytest.raises(ValueError, match=message):
            queue_panel(*arguments)


def test_how_fast_it_answers():
    panel = queue_panel(film(steps=200, images=64), step=120)
    began = time.perf_counter()
    panel.controls["step"].value = 121
    print(f"a change takes {time.perf_counter() - began:.2f} s")
