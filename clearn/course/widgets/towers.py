"""The panel of chapter 11: the gradient in SimSiam's two towers, and what becomes of the projections."""

from itertools import product
from math import isfinite

import ipywidgets
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.patches import FancyArrow, Rectangle

from clearn import style, validate
from clearn.course.numbers import say
from clearn.course.pictures import WIDTH, Picture
from clearn.course.widgets.collapse import draw_circle, in_the_plane
from clearn.course.widgets.panel import PlotPanel
from clearn.evaluation import effective_rank, feature_std
from clearn.similarity import unit

# Inches: height of the picture, width of the towers' part, middle of each tower and floor; half a box, across and up.
HEIGHT, TOWERS, LEFT, RIGHT = 4.4, 4.45, 1.15, 3.2
FLOORS, HALF = {"view": 0.18, "encoder": 0.82, "projector": 1.78, "predictor": 2.74, "loss": 3.78}, (0.58, 0.21)
WIDEST = 2.0  # pulls above are drawn like this one


def two_towers(runs):
    """Recorded runs of SimSiam with and without stop-gradient and predictor: gradient in each tower, projections.

    The towers belong to one direction of the loss, −cos(p₀, z₁): p₀ = h(z₀) stands on the left, z₁ on the right. A
    *pull* is the length of a picture's gradient times that of the vector it belongs to, averaged over the pictures:
    at p₀ the mean sine of the angle to the target, whatever the lengths.

    Args: runs, {(stop_gradient, predictor): {step: (loss, z, left, right)}}, for all four combinations of True and
    False and at the same steps: the loss; the projections z (N, D) of N ≥ 2 pictures; left, the pulls at the
    prediction p₀, the projection z₀ and the features h₀; right, at z₁ and h₁, which are 0 with stop-gradient.
    Returns a PlotPanel with two checkboxes and a slider for the step; it begins with both, at the end.
    """
    wanted = list(product((True, False), repeat=2))
    if set(runs) != set(wanted):
        raise ValueError("runs must hold the four combinations (stop_gradient, predictor) of True and False, got "
                         f"{sorted(runs)}")  # fmt: skip
    films = {parts: {step: measure(parts, step, *row) for step, row in sorted(runs[parts].items())} for parts in wanted}
    steps = list(films[wanted[0]])
    for parts, film in films.items():
        if list(film) != steps or not steps:
            raise ValueError(f"all runs must have the same steps; runs[{parts}] has {list(film)}, the first {steps}")
    curves = {parts: np.array([row["spread"] for row in film.values()]) for parts, film in films.items()}

    def draw(snapshot, stop_gradient, predictor):
        parts = stop_gradient, predictor
        return draw_panel(parts, snapshot, films[parts][steps[snapshot]], steps, curves)

    last = len(steps) - 1
    return PlotPanel(
        draw, "two towers and their gradient",
        stop_gradient=ipywidgets.Checkbox(True, description="stop-gradient"), predictor=ipywidgets.Checkbox(True),
        snapshot=ipywidgets.IntSlider(last, 0, last))  # fmt: skip


def measure(parts, step, loss, z, left, right):
    """What the panel shows of one snapshot."""
    where = f"runs[{parts}], step {step}"
    left, right = [float(pull) for pull in left], [float(pull) for pull in right]
    if len(left) != 3 or len(right) != 2 or not all(isfinite(pull) and pull >= 0 for pull in left + right):
        raise ValueError(f"{where} must have pulls of at least 0, three left and two right, got {left}, {right}")
    if parts[0] and any(right):
        raise ValueError(f"{where}: with stop-gradient no gradient may reach the right tower, got pulls {right}")
    u = unit(validate.features(where, z.detach().cpu()))
    return {"loss": float(loss), "left": left, "right": right, "places": in_the_plane({"z": u})["z"], "dim": u.shape[1],
            "spread": feature_std(u).item() * u.shape[1] ** 0.5, "rank": effective_rank(u).item()}  # fmt: skip


def verdict(spread, rank, dim):
    """What is happening to the projections, in words."""
    if spread < 0.1:
        return "Collapsed: one direction for every picture."
    if spread < 0.5:
        return "Half collapsed: most pictures share one direction."
    if rank < 2.5:
        return f"Collapsed in dimension: {rank:.0f} of {dim} directions are used."
    return f"Not collapsed, with about {rank:.0f} of {dim} directions in use."


def draw_panel(parts, snapshot, now, steps, curves):
    stop, predictor = parts
    (p, z, h), (z1, h1) = ([say(round(pull, 2)) for pull in now[tower]] for tower in ("left", "right"))
    loss, spread = (say(round(now[key], 2)) for key in ("loss", "spread"))  # a collapsed spread is .00, not 3·10⁻⁸
    missing = [word for word, there in (("stop-gradient", stop), ("predictor", predictor)) if not there]
    left = (f"{p} at the prediction, " if predictor else "") + f"{z} at the projection, {h} at the features"
    right = "none, it is cut off" if stop else f"{z1} at the projection, {h1} at the features"
    alt = (f"{'Without ' + ' and '.join(missing) if missing else 'SimSiam, whole'}, after {steps[snapshot]} steps. "
           f"Pull in the left tower: {left}; in the right tower: {right}. Loss {loss}, std·√d {spread}, "
           f"effective rank {say(now['rank'], digits=1)}. "
           + verdict(now["spread"], now["rank"], now["dim"]))  # fmt: skip
    picture = Picture(WIDTH, HEIGHT, alt)
    picture.set_layout_engine("none")
    draw_towers(picture.add_axes((0, 0, TOWERS / WIDTH, 1)), now, stop, predictor)
    plane = draw_circle(picture.add_axes((0.585, 0.31, 0.4, 0.62)))
    plane.scatter(*now["places"].T, s=26, color=style.ANCHOR, alpha=0.45, linewidths=0)
    plane.set_title(f"projections of {len(now['places'])} pictures", loc="center")
    axes = picture.add_axes((0.665, 0.115, 0.28, 0.16))
    axes.add_collection(LineCollection([np.stack([steps, y], 1) for key, y in curves.items() if key != parts],
                                       colors="#BBBBBB", linewidths=1.2))  # fmt: skip
    axes.plot(steps, curves[parts], color=style.ANCHOR)
    axes.plot(steps[snapshot], now["spread"], "o", color=style.ANCHOR, markersize=7)
    axes.set(xlim=(-0.02 * steps[-1] - 0.1, 1.03 * steps[-1] + 0.1), ylim=(0, 1.15), yticks=(0, 1))
    axes.set_xlabel("training step", fontsize=10, labelpad=1)
    axes.set_ylabel("std·√d", fontsize=10)
    axes.tick_params(labelsize=9)
    return picture


def draw_towers(axes, now, stop, predictor):
    """Boxes, thin arrows for what goes up, and thick ones for the gradient that comes down."""
    axes.set(xlim=(0, TOWERS), ylim=(0, HEIGHT))
    axes.set_axis_off()
    floors = ["encoder", "projector", "predictor"]
    for x, names in ((LEFT, floors if predictor else floors[:2]), (RIGHT, floors[:2])):
        for name in names:
            box(axes, x, FLOORS[name], name)
        for low, high in zip(["view", *names], [*names, "loss"]):
            arrow = {"arrowstyle": "->", "color": style.MUTED, "linewidth": 1, "shrinkA": 0, "shrinkB": 0}
            bottom = FLOORS[low] + (0.12 if low == "view" else HALF[1])
            axes.annotate("", (x - 0.36, FLOORS[high] - HALF[1]), (x - 0.36, bottom), arrowprops=arrow)
        axes.text(x, FLOORS["view"], f"view {int(x == RIGHT)}", ha="center", va="center", color=style.INK)
    axes.add_patch(Rectangle((LEFT - HALF[0], FLOORS["loss"] - HALF[1]), RIGHT - LEFT + 2 * HALF[0], 2 * HALF[1],
                             facecolor="#F2F2F2", edgecolor=style.MUTED, linewidth=0.8))  # fmt: skip
    loss = f"loss = −cos({'p₀' if predictor else 'z₀'}, z₁) = {say(round(now['loss'], 2))}"
    axes.text((LEFT + RIGHT) / 2, FLOORS["loss"], loss, ha="center", va="center", color=style.INK)
    axes.text(LEFT, HEIGHT - 0.22, "predicts", ha="center", color=style.ANCHOR, fontweight="bold")
    axes.text(RIGHT, HEIGHT - 0.22, "is predicted", ha="center", color=style.POSITIVE, fontweight="bold")
    stages = list(zip(["loss", *floors[::-1]], floors[::-1], now["left"], ("p₀", "z₀", "h₀")))
    if not predictor:
        stages = [("loss", *stages[1][1:]), stages[2]]  # z₀ is the prediction
    for high, low, pull, name in stages:
        gradient(axes, LEFT, high, low, pull, name, style.ANCHOR)
    for high, low, pull, name in zip(("loss", "projector"), ("projector", "encoder"), now["right"], ("z₁", "h₁")):
        gradient(axes, RIGHT, high, low, pull, name, style.POSITIVE, cut=stop)
    if stop:
        x, y = RIGHT + 0.09, (FLOORS["loss"] + FLOORS["projector"]) / 2
        for slant in (-0.25, 0.25):
            axes.plot([x - 0.25, x + 0.25], [y - slant, y + slant], color=style.NEGATIVE, linewidth=4)


def box(axes, x, y, name):
    axes.add_patch(Rectangle((x - HALF[0], y - HALF[1]), 2 * HALF[0], 2 * HALF[1], facecolor="white",
                             edgecolor=style.INK, linewidth=1))  # fmt: skip
    axes.text(x, y, name, ha="center", va="center", color=style.INK)


def gradient(axes, x, high, low, pull, name, colour, cut=False):
    """The gradient at `name` as an arrow downward, as wide as its pull; dashed where nothing comes."""
    top, bottom, middle = FLOORS[high] - HALF[1], FLOORS[low] + HALF[1], x + 0.09
    width = 0.22 if cut else 0.03 + 0.37 * min(pull, WIDEST) / WIDEST
    look = {"facecolor": "none", "linestyle": (0, (3, 2)), "edgecolor": style.MUTED} if cut else {"color": colour}
    axes.add_patch(FancyArrow(middle, top - 0.03, 0, bottom - top + 0.06, width=width, head_width=width + 0.16,
                              head_length=0.16, length_includes_head=True, linewidth=0.8, **look))  # fmt: skip
    words = f"{name}  0" if cut else f"{name}  {say(round(pull, 2))}"
    axes.text(x + 0.42, (top + bottom) / 2, words, va="center", color=style.MUTED if cut else colour)
