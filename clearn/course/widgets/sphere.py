"""The panel of chapter 05 in which NT-Xent spreads pairs of points over the circle or the sphere."""

from functools import lru_cache

import ipywidgets
import torch

from clearn.course.dynamics import descend, forces
from clearn.course.numbers import say
from clearn.course.plots import points_on_sphere
from clearn.course.widgets.panel import PlotPanel
from clearn.evaluation import alignment, uniformity
from clearn.losses import nt_xent
from clearn.similarity import unit

PAIRS, STEPS = 8, 60


def sphere_panel():
    """Eight pairs of points that NT-Xent moves on the circle or on the sphere; scrub through the steps."""
    step = ipywidgets.IntSlider(6, min=0, max=STEPS, step=2)
    temperature = ipywidgets.FloatSlider(0.2, min=0.05, max=1.0, step=0.05)
    sphere = ipywidgets.Checkbox(False, description="on the sphere")
    return PlotPanel(draw_points, "points that NT-Xent moves", step=step, temperature=temperature, sphere=sphere)


def crowded_pairs(dim):
    """Two views (16, dim) of each of eight images: first all view 0, then all view 1, crowded around one direction."""
    generator = torch.Generator().manual_seed(1)
    top = torch.eye(dim, dtype=torch.float64)[1]
    return unit(top + 0.5 * torch.randn(2 * PAIRS, dim, generator=generator, dtype=torch.float64))


def two_views(temperature):
    """NT-Xent of points of which the first half are one view, and the second half the other."""
    return lambda z: nt_xent(*z.chunk(2), temperature)


@lru_cache(maxsize=32)
def film(temperature, dim):
    """Positions at each step, and losses."""
    return descend(two_views(temperature), crowded_pairs(dim), STEPS, rate=1.5 * temperature, project=unit)


def draw_points(step, temperature, sphere):
    positions, losses = film(temperature, 3 if sphere else 2)
    z = positions[step]
    alt = (f"Step {step}: loss {say(losses[step])}. Alignment {say(alignment(*z.chunk(2)))} (0 is perfect), uniformity "
           f"{say(uniformity(z))} (the lower, the more even).")  # fmt: skip
    # Forces shrink as 1/τ grows; drawn times τ they can be compared.
    return points_on_sphere(z, 4 * temperature * forces(two_views(temperature), z), alt=alt)
