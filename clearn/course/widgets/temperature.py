"""The panel of chapter 05: what InfoNCE does to each candidate, on the circle, as the temperature changes."""

import ipywidgets
import numpy as np
import torch

from clearn import style
from clearn.course.dynamics import forces
from clearn.course.numbers import say
from clearn.course.pictures import WIDTH, Picture
from clearn.course.plots.plane import draw_arrows
from clearn.course.widgets.panel import PlotPanel
from clearn.losses import info_nce

NEGATIVES = (20, 55, 100, 140, 180, 225, 270)  # degrees from the query


def temperature_panel():
    """A query on the circle, its positive and seven negatives: softmax weights, and the force on each."""
    temperature = ipywidgets.FloatSlider(0.2, min=0.05, max=1.0, step=0.05)
    positive = ipywidgets.IntSlider(35, min=0, max=180, step=5, description="positive at (degrees)")
    nearest = ipywidgets.IntSlider(20, min=0, max=180, step=5, description="first negative at (degrees)")
    return PlotPanel(draw_temperature, "softmax weights and forces on the circle", temperature=temperature,
                     positive=positive, nearest=nearest)  # fmt: skip


def on_circle(degrees):
    """Unit vectors (N, 2) at angles from the query, which stands at the top, clockwise."""
    angle = torch.deg2rad(torch.as_tensor(degrees, dtype=torch.float64))
    return torch.stack([angle.sin(), angle.cos()], dim=1)


def candidates(positive, nearest):
    """The query, its positive and the negatives, (9, 2)."""
    return on_circle([0, positive, nearest, *NEGATIVES[1:]])


def candidate_forces(z, temperature):
    """The loss's force on each of `z`, tangent to the circle: the loss normalises, so it cannot push outward."""
    return forces(lambda z: info_nce(z[:1], z[1:2], z[2:], temperature), z)


def draw_temperature(temperature, positive, nearest):
    z = candidates(positive, nearest)
    weight = (z[1:] @ z[0] / temperature).softmax(0)
    share = weight[1:] / weight[1:].sum()
    felt = torch.exp(-(share * share.clamp_min(1e-30).log()).sum())
    alt = (f"Temperature {say(temperature)}: the positive has probability {say(weight[0])}. Of the push on negatives, "
           f"{say(share.max(), '%')} comes from one; it is as if {say(felt)} of 7 counted.")  # fmt: skip
    picture = Picture(WIDTH, 4.4, alt)
    picture.set_layout_engine("none")
    colours = [style.ANCHOR, style.POSITIVE] + [style.NEGATIVE] * 7
    draw_circle(
        picture.add_axes((0.0, 0.0, 0.55, 1.0)), z, candidate_forces(z, temperature) * temperature, weight, colours
    )
    draw_weights(picture.add_axes((0.64, 0.15, 0.34, 0.72)), z, weight, colours)
    return picture


def draw_circle(axes, z, force, weight, colours):
    z, force = z.numpy(), force.numpy()
    turn = np.linspace(0, 2 * np.pi, 121)
    axes.plot(np.cos(turn), np.sin(turn), color=style.GRID, linewidth=1.2, zorder=0)
    axes.scatter(*z[1:].T, s=30 + 500 * weight.numpy(), c=colours[1:], alpha=0.35, linewidths=0)
    axes.scatter(*z.T, s=28, c=colours, zorder=3)
    draw_arrows(axes, z, force, colours, width=0.007)
    for name, point, colour in zip(("query", "positive"), z, colours):
        side = "center" if abs(point[0]) < 0.2 else "left"
        axes.annotate(name, 1.16 * point, ha=side, va="center", color=colour, fontweight="bold")
    axes.set(xlim=(-1.2, 1.75), ylim=(-1.3, 1.3), aspect="equal")
    axes.set_axis_off()


def draw_weights(axes, z, weight, colours):
    axes.bar(range(8), weight.numpy(), color=colours[1:])
    axes.set(ylim=(0, 1), xticks=range(8), title="softmax weight", xlabel="cosine with the query")
    cosines = (z[1:] @ z[0]).round(decimals=1) + 0.0
    axes.set_xticklabels([say(cosine, digits=1) for cosine in cosines], fontsize=9)
    axes.get_xticklabels()[0].set_color(style.POSITIVE)
