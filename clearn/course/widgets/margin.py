"""Panels of chapter 03: what the contrastive loss says of a pair, and what it does to many points."""

from functools import cache, lru_cache

import ipywidgets
import torch

from clearn import style
from clearn.course.dynamics import descend, forces
from clearn.course.numbers import say
from clearn.course.pictures import WIDTH, Picture
from clearn.course.plots import points_and_forces
from clearn.course.plots.plane import draw_arrows
from clearn.course.widgets.panel import PlotPanel
from clearn.losses import contrastive_loss

LONGEST = 2.0  # the largest distance that the panel shows
KINDS = (("same", True, style.POSITIVE), ("different", False, style.NEGATIVE))


def margin_panel():
    """Loss and force of one pair against its distance, with the margin and the distance to be moved."""
    margin = ipywidgets.FloatSlider(1.0, min=0.25, max=2.0, step=0.25)
    distance = ipywidgets.FloatSlider(0.6, min=0.0, max=LONGEST, step=0.1)
    return PlotPanel(draw_pair, "loss and force of a pair against its distance", margin=margin, distance=distance)


@cache
def pair_loss_and_force(distances, same, margin):
    """Losses of pairs at `distances` (a tuple), and the force on the second point of each, outward, by autograd."""
    d = torch.tensor(distances, dtype=torch.float64, requires_grad=True)
    zero, same = torch.zeros(1, 1, dtype=torch.float64), torch.tensor([same])
    loss = torch.stack([contrastive_loss(zero, x.view(1, 1), same, margin) for x in d])
    return loss.tolist(), (-torch.autograd.grad(loss.sum(), d)[0]).tolist()


GRID = (1e-3, *torch.linspace(0, LONGEST, 41)[1:].tolist())  # at 0 itself the force has no direction


def draw_pair(margin, distance):
    now = {name: [x[0] for x in pair_loss_and_force((distance,), same, margin)] for name, same, _ in KINDS}
    words = "; ".join(
        f"if {name}: loss {say(loss, digits=3)}, {direction(force)}" for name, (loss, force) in now.items()
    )
    picture = Picture(WIDTH, 4.2, f"Distance {say(distance)}, margin {say(margin)}. {words[0].upper()}{words[1:]}.")
    picture.set_layout_engine("none")  # three axes laid out by hand: twice as fast
    draw_two_points(picture.add_axes((0, 0.7, 1, 0.24)), margin, distance, {name: f for name, (_, f) in now.items()})
    curves = [picture.add_axes((left, 0.13, 0.42, 0.45)) for left in (0.06, 0.565)]
    for name, same, colour in KINDS:
        for axes, values, value in zip(curves, pair_loss_and_force(GRID, same, margin), now[name]):
            axes.plot(GRID, values, color=colour)
            axes.plot(distance, value, "o", color=colour, markersize=8)
    for axes, title, low in zip(curves, ("loss", "force: push is up, pull is down"), (-0.05, -2.1)):
        axes.axvline(margin, color=style.MUTED, linestyle="--", linewidth=1)
        axes.set(title=title, xlabel="distance d", xlim=(-0.05, LONGEST + 0.05), ylim=(low, 2.1))
    curves[1].axhline(0, color=style.GRID, linewidth=1, zorder=0)
    return picture


def direction(force):
    return f"push {say(force)}" if force > 5e-3 else f"pull {say(-force)}" if force < -5e-3 else "no force"


def draw_two_points(axes, margin, distance, force):
    """The pair on a line, once as the same and once as different, with an arrow of half the force's length."""
    for height, (name, _, colour) in zip((1, 0), KINDS):
        ends = torch.tensor([[0.0, height], [distance, height]]).numpy()
        axes.plot(*ends.T, "o", color=style.ANCHOR, markersize=9, zorder=3)
        axes.annotate(name, (-1.1, height), ha="right", va="center", color=colour, fontweight="bold")
        f = force[name] / 2
        draw_arrows(axes, ends, torch.tensor([[-f, 0.0], [f, 0.0]]).numpy(), colour, width=0.004)
    axes.axvline(margin, color=style.MUTED, linestyle="--", linewidth=1)
    axes.annotate(
        "margin", (margin, 1.6), ha="center", va="bottom", color=style.MUTED, fontsize=10, annotation_clip=False
    )
    axes.set(xlim=(-2.0, 3.05), ylim=(-0.5, 1.5), yticks=[], xticks=[])
    axes.spines[:].set_visible(False)


def moving_points():
    """Three groups of points that the contrastive loss moves in the plane; scrub through the steps."""
    step = ipywidgets.IntSlider(4, min=0, max=STEPS, step=2)
    margin = ipywidgets.FloatSlider(1.0, min=0.5, max=1.5, step=0.25)
    negatives = ipywidgets.Checkbox(True, description="with negative pairs")
    return PlotPanel(
        draw_moving, "points that the contrastive loss moves", step=step, margin=margin, negatives=negatives
    )


STEPS, RATE, GROUP = 60, 2.0, torch.arange(3).repeat_interleave(6)
COLOURS = torch.tensor([6, 1, 4])  # neither the anchor's colour nor the positive's
FIRST, SECOND = torch.triu_indices(len(GROUP), len(GROUP), offset=1)
SAME = GROUP[FIRST] == GROUP[SECOND]


def scattered_points():
    """Where the eighteen points start: at random, whatever their group."""
    points = 0.4 * torch.randn(len(GROUP), 2, generator=torch.Generator().manual_seed(3))
    return points - points.mean(0)


@lru_cache(maxsize=32)
def film(margin, negatives):
    """The loss over pairs of points, and what it makes of them: (loss, positions at each step, losses)."""
    used = torch.ones_like(SAME) if negatives else SAME

    def loss(z):
        return contrastive_loss(z[FIRST[used]], z[SECOND[used]], SAME[used], margin)

    return loss, *descend(loss, scattered_points(), STEPS, RATE)


def draw_moving(step, margin, negatives):
    loss, positions, losses = film(margin, negatives)
    z = positions[step]
    distance = torch.linalg.vector_norm(z[FIRST] - z[SECOND], dim=1)
    alt = (f"Step {step}: loss {say(losses[step], digits=3)}. Mean distance {say(distance[SAME].mean())} within the groups, "
           f"{say(distance[~SAME].mean())} between them.")  # fmt: skip
    return points_and_forces(z, 12 * forces(loss, z), COLOURS[GROUP], trails=positions[: step + 1], span=1.7,
                             ring=margin if negatives else None, width=4.8, alt=alt)  # fmt: skip
