"""The panel of chapter 04: an anchor, a positive, a negative, and what the triplet loss does to them."""

import ipywidgets
import torch
from matplotlib.patches import Circle

from clearn import style
from clearn.course.numbers import say
from clearn.course.pictures import WIDTH, Picture
from clearn.course.plots.plane import draw_arrows
from clearn.course.widgets.panel import PlotPanel
from clearn.losses import triplet_loss
from clearn.validate import number

SPAN, HEIGHT = 2.3, 4.3  # half the width of the plane that is shown; inches
SHADES = {"hard": "#F6C9AC", "semi-hard": "#FBE9C6", "easy": "#F1F4F1"}
ROLES = (("anchor", style.ANCHOR), ("positive", style.POSITIVE), ("negative", style.NEGATIVE))


def triplet_regions():
    """Where the negative may lie: hard, semi-hard, easy; with the loss, and the force on each of the three points."""
    positive = ipywidgets.FloatSlider(0.9, min=0.1, max=1.5, step=0.1, description="distance of the positive")
    x = ipywidgets.FloatSlider(-0.8, min=-2.0, max=2.0, step=0.1, description="negative, x")
    y = ipywidgets.FloatSlider(0.8, min=-2.0, max=2.0, step=0.1, description="negative, y")
    margin = ipywidgets.FloatSlider(0.5, min=0.1, max=1.0, step=0.1)
    return PlotPanel(draw_triplet, "regions of the triplet loss", x=x, y=y, positive=positive, margin=margin)


def triplet_forces(points, margin):
    """Loss of a triplet, points (3, D) of anchor, positive, negative, and the force on each, −∂L/∂x by autograd.

    >>> loss, force = triplet_forces(torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.2]]), margin=0.5)
    >>> round(loss, 2), force.tolist()
    (0.3, [[1.0, -1.0], [-1.0, -0.0], [-0.0, 1.0]])
    """
    points = points.detach().requires_grad_()
    loss = triplet_loss(points[:1], points[1:2], points[2:], margin)
    return loss.item(), -torch.autograd.grad(loss, points)[0]


def region(d_positive, d_negative, margin):
    """The name of a negative at `d_negative` from the anchor. Schroff et al. 2015, §3.2; easy: the loss is 0.

    >>> [region(1.0, d, 0.5) for d in (1.0, 1.2, 1.5)]
    ['hard', 'semi-hard', 'easy']
    """
    return "hard" if d_negative <= d_positive else "semi-hard" if d_negative < d_positive + margin else "easy"


def draw_triplet(positive, x, y, margin):
    positive, margin = number("positive", positive, above=0), number("margin", margin, above=0)
    x, y = number("x", x), number("y", y)
    points = torch.tensor([[0.0, 0.0], [positive, 0.0], [x, y]], dtype=torch.float64)
    loss, force = triplet_forces(points, margin)
    d = round(points[2].norm().item(), 9)
    name = "easy" if loss < 1e-9 else region(positive, d, margin)  # so that 0.1 + 0.2 is not more than 0.3
    force = torch.zeros_like(force) if name == "easy" else force
    picture = Picture(WIDTH, HEIGHT, in_words(name, positive, d, margin, loss, force))
    picture.set_layout_engine("none")  # two axes laid out by hand: twice as fast
    draw_plane(picture.add_axes((0, 0, HEIGHT / WIDTH, 1)), points, force, positive, margin)
    draw_hinge(picture.add_axes((0.635, 0.15, 0.345, 0.7)), positive, d, margin, loss)
    return picture


def in_words(name, positive, d, margin, loss, force):
    """The caption: region, distances, loss, and the size of each force."""
    words = (
        f"{name.capitalize()}: d(a, p) = {say(positive)}, d(a, n) = {say(d)}, margin {say(margin)}. Loss {say(loss)}. "
    )
    sizes = torch.linalg.vector_norm(force, dim=1).tolist()
    if not any(sizes):
        return words + "No force on any of the three."
    return words + "Force " + ", ".join(f"{say(size)} on the {role}" for size, (role, _) in zip(sizes, ROLES)) + "."


def draw_plane(axes, points, force, positive, margin):
    """The three regions as a disc, a ring and the rest; the three points; arrows of half the length of their forces."""
    axes.set_facecolor(SHADES["easy"])
    for radius, name in ((positive + margin, "semi-hard"), (positive, "hard")):
        axes.add_patch(
            Circle((0, 0), radius, facecolor=SHADES[name], edgecolor=style.MUTED, linewidth=0.8, linestyle="--")
        )
    names = {"hard": -positive / 2, "semi-hard": -positive - margin / 2, "easy": -2.15}  # all straight below the anchor
    for name, height in names.items():
        if name == "easy" or (positive if name == "hard" else margin) >= 0.2:
            axes.annotate(name, (0, height), ha="center", va="center", fontsize=10, color=style.MUTED)
    for (role, colour), (x, y) in zip(ROLES, points.tolist()):
        axes.plot(x, y, "o", color=colour, markersize=10, zorder=5, markeredgecolor="white")
        axes.annotate(
            role[0], (x, y), xytext=(7, 7), textcoords="offset points", color=colour, fontweight="bold", zorder=6
        )
    draw_arrows(axes, points.numpy(), force.numpy() / 2, [colour for _, colour in ROLES], width=0.008)
    axes.set(xlim=(-SPAN, SPAN), ylim=(-SPAN, SPAN), aspect="equal", xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def draw_hinge(axes, positive, d, margin, loss):
    """The loss against the distance of the negative, the regions shaded as in the plane."""
    right = 2.9
    for name, low, high in (
        ("hard", 0, positive),
        ("semi-hard", positive, positive + margin),
        ("easy", positive + margin, right),
    ):
        axes.axvspan(low, high, color=SHADES[name], linewidth=0, zorder=0)
    axes.plot([0, positive + margin, right], [positive + margin, 0, 0], color=style.INK, linewidth=1.6)
    axes.plot(d, loss, "o", color=style.NEGATIVE, markersize=9, markeredgecolor="white", clip_on=False, zorder=5)
    axes.set_xticks([positive, positive + margin], ["d(a, p)", "+ m"])
    for label, side in zip(axes.get_xticklabels(), ("right", "left")):  # apart even where the margin is narrow
        label.set_horizontalalignment(side)
    axes.axhline(margin, color=style.MUTED, linewidth=0.8, linestyle=":")
    axes.annotate("margin", (right, margin), ha="right", va="bottom", fontsize=10, color=style.MUTED)
    axes.set(title="loss", xlabel="d(a, n)", xlim=(0, right), ylim=(-0.03, 2.6))
