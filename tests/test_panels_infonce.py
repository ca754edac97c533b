"""The panels of chapter 05 against closed forms and loops."""

import math

import numpy as np
import pytest
import torch
from oracles import numbers

from clearn.course.widgets import sphere_panel, temperature_panel
from clearn.course.widgets.sphere import crowded_pairs, film
from clearn.course.widgets.temperature import NEGATIVES, candidate_forces, candidates
from clearn.similarity import unit


def weights(temperature, positive, nearest):
    """Softmax weights by a plain loop: the positive first."""
    scores = [math.cos(math.radians(angle)) / temperature for angle in (positive, nearest, *NEGATIVES[1:])]
    total = sum(math.exp(score - max(scores)) for score in scores)
    return np.array([math.exp(score - max(scores)) / total for score in scores])


@pytest.mark.parametrize("setting", [(0.2, 35, 20), (0.05, 0, 180), (1.0, 180, 0), (0.5, 90, 90), (0.05, 180, 0)])
def test_temperature_panel_says_what_a_loop_finds(setting):
    panel = temperature_panel()
    for name, value in zip(("temperature", "positive", "nearest"), setting):
        panel.controls[name].value = value
    w = weights(*setting)
    share = w[1:] / w[1:].sum()
    felt = math.exp(-sum(s * math.log(s) for s in share if s > 1e-30))
    found = numbers(panel.caption.replace("of 7", ""))
    assert found == pytest.approx([setting[0], w[0], share.max(), felt], abs=5.1e-3)


@pytest.mark.parametrize("setting", [(0.2, 35, 20), (0.05, 60, 45), (1.0, 180, 0)])
def test_forces_are_the_derived_ones_along_the_circle(setting):
    """On negative k: weight/τ away from the query, times the sine of its angle; on the positive: (1 − weight)/τ."""
    z, w = candidates(*setting[1:]), weights(*setting)
    force = candidate_forces(z, setting[0])
    torch.testing.assert_close((force * z).sum(1), torch.zeros(9, dtype=z.dtype), atol=1e-6, rtol=0)  # nothing outward
    pull = np.array([1 - w[0], *-w[1:]]) / setting[0]
    along = z[0] - (z[1:] @ z[0])[:, None] * z[1:]  # the query's direction, along the circle
    np.testing.assert_allclose(force[1:], pull[:, None] * along.numpy(), atol=1e-6)


def test_cooling_down_leaves_one_negative():
    panel = temperature_panel()
    felt = []
    for temperature in (1.0, 0.5, 0.2, 0.05):
        panel.controls["temperature"].value = temperature
        felt.append(numbers(panel.caption)[3])
    assert felt == sorted(felt, reverse=True) and felt[0] > 5 and felt[-1] < 1.02


def nt_xent_loop(z, temperature):
    z, total = z / np.linalg.norm(z, axis=1, keepdims=True), 0.0
    for i in range(len(z)):
        scores = {k: float(z[i] @ z[k]) / temperature for k in range(len(z)) if k != i}
        total += math.log(sum(map(math.exp, scores.values()))) - scores[(i + len(z) // 2) % len(z)]
    return total / len(z)


@pytest.mark.parametrize("step, temperature, sphere", [(0, 0.2, False), (10, 0.5, True), (60, 1.0, False)])
def test_sphere_panel_says_what_loops_find(step, temperature, sphere):
    panel = sphere_panel()
    for name, value in (("step", step), ("temperature", temperature), ("sphere", sphere)):
        panel.controls[name].value = value
    z = film(temperature, 3 if sphere else 2)[0][step].numpy()
    aligned = np.mean([np.sum((z[i] - z[i + 8]) ** 2) for i in range(8)])
    spread = np.log(np.mean([np.exp(-2 * np.sum((z[i] - z[j]) ** 2)) for i in range(16) for j in range(i)]))
    found = numbers(panel.caption.replace("(0 is", "("))
    assert found == pytest.approx([step, nt_xent_loop(z, temperature), aligned, spread], abs=5.1e-3)


@pytest.mark.parametrize("dim", [2, 3])
def test_points_stay_on_the_sphere_and_end_aligned_and_spread(dim):
    positions, losses = film(0.5, dim)
    torch.testing.assert_close(positions.norm(dim=2), torch.ones_like(positions[..., 0]))
    torch.testing.assert_close(positions[0], unit(crowded_pairs(dim)))
    assert (losses.diff() < 1e-6).all()
    z = positions[-1]
    assert (z[:8] - z[8:]).norm(dim=1).max() < 0.1
    nearest = (z[:8, None] - z[None, :8]).norm(dim=2).fill_diagonal_(9).min(1).values
    assert nearest.min() > (0.2 if dim == 2 else 0.9) and nearest.mean() > (0.6 if dim == 2 else 0.9)
