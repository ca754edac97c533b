"""The panel of chapter 07: what one training step makes of a few images, from the views to the loss."""

import math

import ipywidgets
import numpy as np
import torch
from matplotlib.patches import Rectangle

from clearn import style, validate
from clearn.course.numbers import say
from clearn.course.pictures import WIDTH, Picture, pixels
from clearn.course.widgets.panel import PlotPanel
from clearn.similarity import unit

# In inches from the left and from above: the table of cosines, where each part begins, and the bars below.
TABLE, TOP, HEIGHT = 4.0, 0.68, 5.75
LEFT, WIDE = {"views": 0.3, "h": 0.66, "z": 2.46, "cosine": 3.8}, {"h": 1.7, "z": 1.2, "cosine": TABLE}
FLOOR, TALLEST = 5.65, 0.85


def step_microscope(view0, view1, snapshots, anchor=1, temperature=0.2):
    """A batch under the microscope: its views, features, projections, cosines, and the softmax of one view's row.

    Args: view0, view1 (N, C, H, W), two views of 2 to 10 images; snapshots, {training step: (h, z)}, what the network
    made of both views at that step: features h (2N, dim) and projections z (2N, out), the rows of view 0 first;
    anchor, a row from 1 to 2N, and temperature: where their sliders begin; the snapshots begin with the last.
    Returns a PlotPanel.
    """
    n = len(view0)
    if view0.ndim != 4 or view0.shape != view1.shape or not 2 <= n <= 10:
        raise ValueError("view0 and view1 must be two views (N, C, H, W) of 2 to 10 images, got "
                         f"{tuple(view0.shape)} and {tuple(view1.shape)}")  # fmt: skip
    if not snapshots:
        raise ValueError("snapshots must hold at least one step, {step: (h, z)}, got none")
    films = []
    for step, (h, z) in sorted(snapshots.items()):
        for name, x in (("features", h), ("projections", z)):
            if len(x) != 2 * n:
                raise ValueError(
                    f"snapshots[{step}] must have {2 * n} rows of {name}, two for each image, got {len(x)}"
                )
        films.append((step, validate.features("h", h.detach().cpu()), unit(validate.features("z", z.detach().cpu()))))
    views = torch.cat([view0, view1]).cpu()

    def draw(snapshot, anchor, temperature):
        return draw_microscope(views, *films[snapshot], anchor - 1, temperature)

    return PlotPanel(
        draw, "one training step under the microscope",
        snapshot=ipywidgets.IntSlider(len(films) - 1, 0, len(films) - 1),
        anchor=ipywidgets.IntSlider(anchor, 1, 2 * n, description="anchor (row)"),
        temperature=ipywidgets.FloatSlider(temperature, min=0.05, max=1.0, step=0.05))  # fmt: skip


def probabilities(z, temperature):
    """The softmax of each row of NT-Xent's table, itself struck out: unit rows z (2N, D) -> cosines and p, (2N, 2N)."""
    cosine = z @ z.T
    return cosine, (cosine / temperature).fill_diagonal_(-torch.inf).softmax(1)


def draw_microscope(views, step, h, z, anchor, temperature):
    both, n = len(views), len(views) // 2
    partner = (anchor + n) % both
    cosine, p = probabilities(z, temperature)
    paid = -p[torch.arange(both), torch.arange(both).roll(n)].log()  # by each row
    alt = (f"After {step} steps, τ = {say(temperature)}. The anchor, view {anchor // n} of image {anchor % n + 1}, has cosine "
           f"{say(cosine[anchor, partner])} with its partner, gives it probability {say(p[anchor, partner])} and "
           f"pays {say(paid[anchor])}. Mean loss of the {both} rows: {say(paid.mean())}; a guess: "
           f"{say(math.log(both - 1))}.")  # fmt: skip
    picture = Picture(WIDTH, HEIGHT, alt)
    picture.set_layout_engine("none")
    axes = picture.add_axes((0, 0, 1, 1))  # one axes that fills the figure: six small ones take twice as long
    side = TABLE / both
    parts = {"views": (pixels(torch.cat(list(views), dim=1)), {}),
             "h": (h, {"cmap": "Greys", "vmin": 0, "vmax": h.quantile(0.99).item()}),
             "z": (z, {"cmap": "RdBu_r", "vmin": -0.4, "vmax": 0.4}),
             "cosine": (cosine, {"cmap": "RdBu_r", "vmin": -1, "vmax": 1})}  # fmt: skip
    for name, (values, look) in parts.items():
        left, width = LEFT[name], WIDE.get(name, side)
        axes.imshow(np.asarray(values), extent=(left, left + width, TOP + TABLE, TOP), interpolation="nearest", **look)
        frame(axes, left, TOP + anchor * side, width, side, style.ANCHOR)
        if name != "cosine":
            frame(axes, left, TOP + partner * side, width, side, style.POSITIVE)
    frame(axes, LEFT["cosine"] + partner * side, TOP + anchor * side, side, side, style.POSITIVE)
    across = (LEFT["cosine"], LEFT["cosine"] + TABLE, TOP - 0.04, TOP - 0.04 - side)
    axes.imshow(pixels(torch.cat(list(views), dim=2)), extent=across, interpolation="nearest")
    bars = LEFT["cosine"] + side * (np.arange(both) + 0.5)
    colours = [style.POSITIVE if k == partner else style.NEGATIVE for k in range(both)]
    axes.bar(bars, -TALLEST * p[anchor].numpy(), width=0.75 * side, bottom=FLOOR, color=colours)
    axes.hlines(FLOOR, LEFT["cosine"], LEFT["cosine"] + TABLE, color=style.MUTED, linewidth=0.8)
    write(axes, paid[anchor].item(), p[anchor, partner].item(), side)
    axes.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0), aspect="auto")
    axes.set_axis_off()
    return picture


def frame(axes, left, top, width, height, colour):
    axes.add_patch(Rectangle((left, top), width, height, fill=False, edgecolor=colour, linewidth=2))


def write(axes, loss, p, side):
    """The names of the parts, and what the anchor pays."""
    bold = {"fontweight": "bold", "fontsize": 10.5, "va": "bottom", "color": style.INK}
    axes.text(LEFT["h"], TOP - 0.07, "features h", **bold)
    axes.text(LEFT["z"], TOP - 0.07, "projections z", **bold)
    axes.text(LEFT["cosine"], TOP - side - 0.09, "cosines", **bold)
    for half in (0, 1):
        axes.text(0.14, TOP + TABLE * (0.25 + half / 2), f"view {half}", rotation=90, ha="center", va="center")
    words = f"softmax of the anchor's row\nits partner gets p = {say(p)}\nits loss: −log p = {say(loss)}"
    axes.text(LEFT["cosine"] - 0.15, FLOOR - 0.4, words, ha="right", va="center", linespacing=1.5)
