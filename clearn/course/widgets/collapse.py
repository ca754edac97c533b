"""The panel of chapter 10: BYOL with parts of it taken away, and what becomes of what its networks say."""

from dataclasses import dataclass
from itertools import product

import ipywidgets
import torch
from matplotlib.patches import Circle

from clearn import style, validate
from clearn.course.numbers import say
from clearn.course.pictures import WIDTH, Picture
from clearn.course.widgets.panel import PlotPanel
from clearn.evaluation import effective_rank, feature_std
from clearn.similarity import unit

PARTS = ("predictor", "stop_gradient", "moving_average")
CLOUDS = {"projection": style.ANCHOR, "prediction": style.NEGATIVE, "target": style.POSITIVE}


def collapse_laboratory(runs):
    """Recorded runs of BYOL, with and without each of its parts: spread, rank and a picture of what its networks say.

    Args: runs, {(predictor, stop_gradient, moving_average): (losses, film)}, for all eight combinations of True and
    False: losses, one for each training step; film, {step: {"projection": z, "prediction": p, "target": t}}, each
    (N, D), of the same N ≥ 2 pictures at the same steps in every run. A loss belongs to a batch, so at step k it is
    that of the k-th batch. Where there is no predictor, p = z; where there is no moving average, t = z.
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

    def draw(snapshot, **parts):
        chosen = tuple(parts[part] for part in PARTS)
        return draw_laboratory(chosen, steps[snapshot], films[chosen])

    boxes = {part: ipywidgets.Checkbox(True, description=spoken(part)) for part in PARTS}
    last = len(steps) - 1
    return PlotPanel(draw, "the collapse laboratory", **boxes, snapshot=ipywidgets.IntSlider(last, 0, last))


@dataclass(frozen=True)
class Frame:
    """One step of one run: {cloud: std·√D}, {cloud: effective rank}, {cloud: places (N, 2)}, the loss, and D."""

    spread: dict
    rank: dict
    places: dict
    loss: float
    dim: int


def measure(parts, losses, film):
    """The frames of one run, by step."""
    if not film or not losses:
        raise ValueError(f"runs[{parts}] must have losses and a film, got {len(losses)} losses and {len(film)} steps")
    frames = {}
    for step, clouds in sorted(film.items()):
        if set(clouds) != set(CLOUDS):
            raise ValueError(f"runs[{parts}], step {step} must hold {', '.join(sorted(CLOUDS))}, got {sorted(clouds)}")
        of = {name: unit(validate.features(f"runs[{parts}], step {step}, {name}", clouds[name].detach().cpu()))
              for name in CLOUDS}  # fmt: skip
        if not 0 <= step <= len(losses):
            raise ValueError(f"runs[{parts}] has {len(losses)} losses, but its film a step {step}")
        dim = of["projection"].shape[1]
        frames[step] = Frame({name: feature_std(u).item() * dim**0.5 for name, u in of.items()},
                             {name: effective_rank(u).item() for name, u in of.items()},
                             in_the_plane(of), losses[max(step - 1, 0)], dim)  # fmt: skip
    return frames


def in_the_plane(clouds):
    """{cloud: unit rows (N, D)} along the two directions that hold most of all of them, not centred: {cloud: (N, 2)}."""
    directions = torch.linalg.svd(torch.cat(list(clouds.values())), full_matrices=False).Vh[:2].T
    places = {name: u @ directions for name, u in clouds.items()}
    total = sum(place.sum(0) for place in places.values())
    sign = torch.where(total < 0, -1.0, 1.0)  # a direction has no sign of its own; take the one of most rows
    return {name: (place * sign).numpy() for name, place in places.items()}


def spoken(part):
    return part.replace("stop_", "stop-").replace("_", " ")


def name(parts):
    """What has been taken away, in words."""
    missing = [spoken(part) for part, there in zip(PARTS, parts) if not there]
    if not missing:
        return "BYOL, whole"
    return "Without " + ("all three parts" if len(missing) == 3 else " and ".join(missing))


def verdict(spread, rank):
    """What is happening, in words, from the std·√D and the effective rank of each cloud."""
    if spread["projection"] < 0.1:
        return "Collapsed: one direction for every picture."
    if max(spread["prediction"], spread["target"]) < 0.15:
        return "Collapsed in prediction and target, which the loss compares; the projections are still spread."
    if spread["projection"] < 0.3:
        return "Half collapsed: most pictures share one direction."
    if rank["projection"] < 2.5:
        return f"Collapsed in dimension: the projections use about {rank['projection']:.0f} of the directions."
    if spread["prediction"] < 0.15:
        return "The predictions have collapsed; targets and projections have not."
    return f"Not collapsed; the projections use about {rank['projection']:.0f} directions."


def draw_laboratory(chosen, step, film):
    now = film[step]
    each = [f"{name} {say(now.spread[name])} (rank {say(now.rank[name])})" for name in CLOUDS]
    alt = (f"{name(chosen)}, after {step} steps: loss {say(now.loss)}. std·√d: {', '.join(each)}. "
           f"{verdict(now.spread, now.rank)}")  # fmt: skip
    picture = Picture(WIDTH, 4.1, alt)
    picture.set_layout_engine("none")
    for column, (title, values, bottom) in enumerate((("std·√d", "spread", 0.585), ("effective rank", "rank", 0.115))):
        axes = picture.add_axes((0.065, bottom, 0.45, 0.34))
        for cloud, colour in CLOUDS.items():
            path = [getattr(frame, values)[cloud] for frame in film.values()]
            wide = {"linewidth": 5, "alpha": 0.5, "zorder": 1} if cloud == "target" else {}  # seen below another
            axes.plot(list(film), path, color=colour, **wide)
            axes.plot(step, getattr(now, values)[cloud], "o", color=colour, markersize=8)
        last = max(film)
        axes.set(title=title, xlim=(-0.05 * last, 1.02 * last), ylim=((0, 1.1), (0.9, 1.1 * now.dim))[column])
        if column:
            ticks = [tick for tick in (1, 2, 5, 10, 20, 50, 100, 200) if tick <= now.dim]
            axes.set_yscale("log")
            axes.set_yticks(ticks, ticks)
            axes.minorticks_off()
            axes.set_xlabel("training step")
        else:
            axes.axhline(1, color=style.MUTED, linestyle=":", linewidth=1.2)
            axes.tick_params(labelbottom=False)
    draw_plane(picture, picture.add_axes((0.56, 0.0, 0.44, 0.86)), now.places)
    return picture


def draw_plane(picture, axes, places):
    draw_circle(axes)
    for (cloud, colour), x in zip(CLOUDS.items(), (0.61, 0.77, 0.925)):
        size, order = (70, 1) if cloud == "target" else (22, 2)
        axes.scatter(*places[cloud].T, s=size, color=colour, alpha=0.4, linewidths=0, zorder=order)
        picture.text(x, 0.92, f"● {cloud}s", color=colour, ha="center", weight="bold")


def draw_circle(axes):
    """The plane of two directions, bounded by the circle of all vectors of length 1 in it."""
    axes.add_patch(Circle((0, 0), 1, facecolor="none", edgecolor=style.MUTED, linewidth=1))
    axes.plot([-1, 1], [0, 0], color=style.GRID, linewidth=1, zorder=0)
    axes.plot([0, 0], [-1, 1], color=style.GRID, linewidth=1, zorder=0)
    axes.set(xlim=(-1.12, 1.12), ylim=(-1.12, 1.12), aspect="equal")
    axes.set_axis_off()
    return axes
