"""The panel of chapter 10: BYOL with parts of it taken away, and what becomes of its projections."""

from itertools import product

import ipywidgets
import numpy as np
import torch
from matplotlib.collections import LineCollection
from matplotlib.patches import Circle

from clearn import style, validate
from clearn.course.numbers import say
from clearn.course.pictures import WIDTH, Picture
from clearn.course.widgets.panel import PlotPanel
from clearn.evaluation import effective_rank, feature_std
from clearn.similarity import unit

PARTS = ("predictor", "stop_gradient", "moving_average")


def collapse_laboratory(runs):
    """Recorded runs of BYOL, with and without each of its parts: spread, rank and a picture of the projections.

    Args: runs, {(predictor, stop_gradient, moving_average): (losses, film)}, for all eight combinations of True and
    False: losses, one for each training step; film, {step: z}, the projections z (N, D) of the same N ≥ 2 pictures at
    the same steps in every run. A loss belongs to a batch, so at step k it is that of the k-th batch.
    Returns a PlotPanel with a checkbox for each part and a slider for the step; it begins with the whole, at the end.
    """
    wanted = list(product((True, False), repeat=3))
    if set(runs) != set(wanted):
        raise ValueError("runs must hold the eight combinations (predictor, stop_gradient, moving_average) of True and "
                         f"False, got {sorted(runs)}")  # fmt: skip
    films = {parts: measure(parts, *runs[parts]) for parts in wanted}
    steps = list(films[wanted[0]])
    for parts, film in films.items():
        if list(film) != steps:
            raise ValueError(f"all films must have the same steps; runs[{parts}] has {list(film)}, the first {steps}")
    curves = {parts: np.array([row[:2] for row in film.values()]) for parts, film in films.items()}

    def draw(snapshot, **parts):
        chosen, step = tuple(parts[part] for part in PARTS), steps[snapshot]
        return draw_laboratory(chosen, step, films[chosen][step], steps, curves)

    boxes = {part: ipywidgets.Checkbox(True, description=spoken(part)) for part in PARTS}
    last = len(steps) - 1
    return PlotPanel(draw, "the collapse laboratory", **boxes, snapshot=ipywidgets.IntSlider(last, 0, last))


def measure(parts, losses, film):
    """Of one run, by step: spread std·√D, effective rank, loss, places in the plane (N, 2), and D."""
    if not film or not losses:
        raise ValueError(f"runs[{parts}] must have losses and a film, got {len(losses)} losses and {len(film)} steps")
    rows = {}
    for step, z in sorted(film.items()):
        u = unit(validate.features(f"runs[{parts}], step {step}", z.detach().cpu()))
        if not 0 <= step <= len(losses):
            raise ValueError(f"runs[{parts}] has {len(losses)} losses, but its film a step {step}")
        spread, dim = feature_std(u).item() * u.shape[1] ** 0.5, u.shape[1]
        rows[step] = spread, effective_rank(u).item(), losses[max(step - 1, 0)], in_the_plane(u), dim
    return rows


def in_the_plane(u):
    """Unit rows (N, D) along the two directions that hold most of them, not centred: (N, 2), inside the unit circle."""
    places = u @ torch.linalg.svd(u, full_matrices=False).Vh[:2].T
    sign = torch.where(places.sum(0) < 0, -1.0, 1.0)  # a direction has no sign of its own; take the one of most rows
    return (places * sign).numpy()


def spoken(part):
    return part.replace("stop_", "stop-").replace("_", " ")


def name(parts):
    """What has been taken away, in words."""
    missing = [spoken(part) for part, there in zip(PARTS, parts) if not there]
    if not missing:
        return "BYOL, whole"
    return "Without " + ("all three parts" if len(missing) == 3 else " and ".join(missing))


def verdict(spread, rank, dim):
    """What is happening, in words."""
    if spread < 0.1:
        return "Collapsed: one direction for every picture."
    if spread < 0.5:
        return "Half collapsed: most pictures share one direction."
    if rank < 2.5:
        return f"Collapsed in dimension: {rank:.0f} of {dim} directions are used."
    return f"Not collapsed, with about {rank:.0f} of {dim} directions in use."


def draw_laboratory(chosen, step, now, steps, curves):
    spread, rank, loss, places, dim = now
    alt = (f"{name(chosen)}, after {step} steps: std·√d {say(spread)}, effective rank {say(rank)}, loss {say(loss)}. "
           f"{verdict(spread, rank, dim)}")  # fmt: skip
    picture = Picture(WIDTH, 4.1, alt)
    picture.set_layout_engine("none")
    for column, (title, value, bottom) in enumerate((("std·√d", spread, 0.585), ("effective rank", rank, 0.115))):
        axes = picture.add_axes((0.065, bottom, 0.45, 0.34))
        pale = [np.stack([steps, curve[:, column]], axis=1) for parts, curve in curves.items() if parts != chosen]
        axes.add_collection(LineCollection(pale, colors="#BBBBBB", linewidths=1.2))
        axes.plot(steps, curves[chosen][:, column], color=style.ANCHOR)
        axes.plot(step, value, "o", color=style.ANCHOR, markersize=8)
        axes.set(title=title, xlim=(-2, 1.02 * steps[-1]), ylim=((0, 1.1), (0.9, 1.1 * dim))[column])
        if column:
            ticks = [tick for tick in (1, 2, 5, 10, 20, 50, 100, 200) if tick <= dim]
            axes.set_yscale("log")
            axes.set_yticks(ticks, ticks)
            axes.minorticks_off()
            axes.set_xlabel("training step")
        else:
            axes.axhline(1, color=style.MUTED, linestyle=":", linewidth=1.2)
            axes.tick_params(labelbottom=False)
    draw_plane(picture.add_axes((0.56, 0.0, 0.44, 0.93)), places)
    return picture


def draw_plane(axes, places):
    axes.add_patch(Circle((0, 0), 1, facecolor="none", edgecolor=style.MUTED, linewidth=1))
    axes.plot([-1, 1], [0, 0], color=style.GRID, linewidth=1, zorder=0)
    axes.plot([0, 0], [-1, 1], color=style.GRID, linewidth=1, zorder=0)
    axes.scatter(*places.T, s=26, color=style.ANCHOR, alpha=0.45, linewidths=0)
    axes.set_title(f"projections of {len(places)} pictures", loc="center")
    axes.set(xlim=(-1.12, 1.12), ylim=(-1.12, 1.12), aspect="equal")
    axes.set_axis_off()
