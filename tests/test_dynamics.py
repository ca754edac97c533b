"""Points that a loss moves: forces are minus the gradient, and descent is plain gradient descent."""

import numpy as np
import pytest
import torch

from clearn.course.dynamics import descend, forces
from clearn.losses import contrastive_loss
from clearn.similarity import unit

Z = torch.randn(5, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def bowl(z):
    """A bowl with a different slope along each axis; its gradient is 2 a z."""
    return (torch.tensor([1.0, 2.0, 3.0], dtype=z.dtype) * z.square()).sum()


def test_force_is_minus_the_gradient_by_differences():
    force, tiny = forces(bowl, Z), 1e-6
    for i, j in np.ndindex(5, 3):
        step = torch.zeros_like(Z)
        step[i, j] = tiny
        assert force[i, j] == pytest.approx(-(bowl(Z + step) - bowl(Z - step)).item() / (2 * tiny), rel=1e-6)


def test_forces_of_a_loss_of_differences_cancel():
    same = torch.tensor([True, False])
    total = forces(lambda z: contrastive_loss(z[:2], z[2:4], same, margin=9.0), Z).sum(0)
    torch.testing.assert_close(total, torch.zeros(3, dtype=torch.float64))


def test_descent_follows_the_closed_form():
    film, losses = descend(bowl, Z, steps=7, rate=0.05)
    shrink = 1 - 0.05 * 2 * torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    assert film.shape == (8, 5, 3) and losses.shape == (8,)
    for step in range(8):
        torch.testing.assert_close(film[step], Z * shrink**step)
        torch.testing.assert_close(losses[step], bowl(Z * shrink**step))
    assert not film.requires_grad and not losses.requires_grad


def test_projection_holds_from_the_start():
    film, _ = descend(bowl, Z, steps=5, rate=0.1, project=unit)
    torch.testing.assert_close(film.norm(dim=2), torch.ones(6, 5, dtype=torch.float64))
    torch.testing.assert_close(film[0], unit(Z))


def test_no_step_is_the_start_alone_and_input_stays():
    before = Z.clone()
    film, losses = descend(bowl, Z, steps=0, rate=1.0)
    assert film.shape == (1, 5, 3) and len(losses) == 1 and film[0].equal(Z)
    descend(bowl, Z, steps=3, rate=0.1)
    assert Z.equal(before)


@pytest.mark.parametrize("change, words", [
    ({"steps": -1}, "steps must be at least 0"), ({"rate": 0}, "rate must be a finite number above 0"),
    ({"points": torch.ones(3)}, "points must have shape"), ({"points": torch.full((2, 2), torch.nan)}, "points must be finite"),
])  # fmt: skip
def test_bad_input_is_named(change, words):
    with pytest.raises(ValueError, match=words):
        descend(**{"loss": bowl, "points": Z, "steps": 2, "rate": 0.1} | change)
