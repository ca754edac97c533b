"""Points that a loss moves: gradient descent on the positions themselves, with no network in between."""

import torch

from clearn.validate import features, number, whole


def forces(loss, points):
    """The force on each point, −∂L/∂x: where gradient descent moves it, and how fast.

    Args: loss, a function of points (N, D) that returns a scalar; points (N, D). Returns (N, D).

    >>> forces(lambda x: 0.5 * x.square().sum(), torch.tensor([[3.0, 0.0]]))  # a spring to the origin
    tensor([[-3., -0.]])
    """
    points = features("points", points).detach().requires_grad_()
    return -torch.autograd.grad(loss(points), points)[0]


def descend(loss, points, steps, rate, project=lambda x: x):
    """Let the forces move the points:  x ← project(x + rate · force),  `steps` times.

    Args: loss, a function of points (N, D) that returns a scalar; points (N, D), where they start; rate > 0; project
    brings points back to where they may be, such as `similarity.unit` to the sphere, and is applied at the start too.
    Returns (film, losses): positions (steps + 1, N, D), and as many losses, both beginning with the start.

    >>> film, losses = descend(lambda x: 0.5 * x.square().sum(), torch.tensor([[8.0]]), steps=3, rate=0.5)
    >>> film.flatten().tolist(), losses.tolist()
    ([8.0, 4.0, 2.0, 1.0], [32.0, 8.0, 2.0, 0.5])
    """
    points = project(features("points", points).detach())
    steps, rate = whole("steps", steps, least=0), number("rate", rate, above=0)
    film, losses = [points], []
    for step in range(steps + 1):
        points = points.detach().requires_grad_()
        value = loss(points)
        losses.append(value.detach())
        if step < steps:
            points = project((points - rate * torch.autograd.grad(value, points)[0]).detach())
            film.append(points)
    return torch.stack(film), torch.stack(losses)
