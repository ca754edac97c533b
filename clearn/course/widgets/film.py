"""The panel of chapter 08: the features of many images, filmed while a network learns."""

import ipywidgets
import numpy as np
import torch
from matplotlib.colors import LinearSegmentedColormap

from clearn import style, validate
from clearn.course.numbers import say
from clearn.course.pictures import WIDTH, Picture
from clearn.course.plots.curves import name_ends
from clearn.course.plots.maps import umap_positions
from clearn.course.widgets.panel import PlotPanel

LOW_TO_HIGH = LinearSegmentedColormap.from_list("low to high", [style.ANCHOR, "#CCCCCC", style.NEGATIVE])


def film_positions(film, neighbors=15, seed=0):
    """A map for each frame of a film: {step: features (N, D)} -> {step: positions (N, 2)}, N above `neighbors`.

    The first is placed as by `plots.umap_positions`. Each later one starts from the positions of the frame before and
    takes fewer epochs, so that a point can be followed by eye. McInnes, Healy, Melville 2018, "UMAP".
    """
    positions, further = {}, {}
    for step, features in sorted(film.items()):
        x = validate.features(f"film[{step}]", features)
        if len(x) <= neighbors:
            raise ValueError(f"film[{step}] must have more than {neighbors} rows, one for each image, got {len(x)}")
        placed = umap_positions(x, neighbors, seed, **further)
        positions[step] = placed - placed.mean(0)
        further = {"start": positions[step], "epochs": 60}
    return positions


def embedding_film(positions, known, classes, losses, scores, levels):
    """A film of a network that learns: its map at each snapshot, the loss, and what neighbours have in common.

    Args: positions, {step: (N, 2)}, as from `film_positions`; known, {name: values}, what to colour the N images by:
    class labels (N,), whole numbers, named by `classes`; or a quantity (N,), real; or colours (N, 3) in [0, 1]; losses,
    one for each training step; scores, {name: [value at each snapshot]}, how well the neighbours tell each of `known`,
    at most 1; levels, {name: loss}, marked by dotted lines. Begins with the last snapshot. Returns a PlotPanel.
    """
    steps = sorted(positions)
    if not steps or steps[0] < 0 or steps[-1] > len(losses):
        raise ValueError(f"positions must hold snapshots from 0 to {len(losses)}, the number of losses, got {steps}")
    rows = {len(part) for part in (*positions.values(), *known.values())}
    if len(rows) != 1 or not known:
        raise ValueError(f"positions and known must have one row for each image, got {sorted(rows)} rows")
    if list(scores) != list(known) or any(len(values) != len(steps) for values in scores.values()):
        found = ", ".join(f"{len(values)} for {name}" for name, values in scores.items())
        raise ValueError(f"scores must have {len(steps)} values for each of {', '.join(known)}, got {found or 'none'}")
    maps = [np.asarray(positions[step]) for step in steps]
    paints = {name: paint(values) for name, values in known.items()}
    curve = np.interp(range(len(losses)), steps, range(len(steps))), np.asarray(losses)

    def draw(snapshot, coloured_by):
        name, step = list(known)[coloured_by], steps[snapshot]
        loss = losses[min(step, len(losses) - 1)]  # of the next batch; after the last step, of the last one
        told = ", ".join(f"{key} {say(values[snapshot])}" for key, values in scores.items())
        alt = f"After {step} of {len(losses)} steps: loss {say(loss)}. Told by the neighbours: {told}. Coloured by {name}."
        picture = Picture(WIDTH, 5.1, alt)
        picture.set_layout_engine("none")  # axes laid out by hand: twice as fast
        draw_map(picture.add_axes((0.005, 0.13, 0.57, 0.81)), maps[snapshot], paints[name][1], f"after {step} steps")
        draw_legend(picture.add_axes((0.005, 0.0, 0.57, 0.12)), paints[name][0], classes)
        above, below = (picture.add_axes((0.645, bottom, 0.245, 0.345)) for bottom in (0.595, 0.125))
        for axes in (above, below):
            axes.axvline(snapshot, color=style.GRID, linewidth=1, zorder=0)
            axes.set_xlim(-0.2, len(steps) - 0.8)
            axes.set_xticks(range(len(steps)), steps, fontsize=9)
            axes.tick_params(axis="y", labelsize=9)
        draw_loss(above, *curve, snapshot, loss, levels)
        draw_scores(below, scores, snapshot, name)
        below.set_xlabel("step (not to scale)", fontsize=10)
        return picture

    return PlotPanel(
        draw, "embedding film",
        snapshot=ipywidgets.IntSlider(len(steps) - 1, 0, len(steps) - 1),
        coloured_by=ipywidgets.SelectionSlider(options=[(name, number) for number, name in enumerate(known)]))  # fmt: skip


def paint(values):
    """What `values` are, "class", "colour" or "quantity", and a colour for each of them."""
    x = torch.as_tensor(values)
    if x.ndim == 2:
        return "colour", x.double().numpy()
    if not x.is_floating_point():
        return "class", [style.CLASSES[y] for y in x.tolist()]
    return "quantity", LOW_TO_HIGH(((x - x.min()) / (x.max() - x.min())).double().numpy())


def draw_map(axes, positions, colours, title):
    axes.scatter(*positions.T, c=colours, s=11, linewidths=0, alpha=0.85)
    axes.set(title=title, xticks=[], yticks=[])
    axes.margins(0.03)
    axes.spines[:].set_visible(False)


def draw_legend(axes, kind, classes):
    """Names of the classes, five in a row; or what is low and what is high."""
    words = {"fontsize": 9.5, "va": "center", "color": style.INK}
    if kind == "class":
        dots = [(i % 5, 1.5 - i // 5, style.CLASSES[i], name) for i, name in enumerate(classes)]
    elif kind == "quantity":
        dots = [(0.4 + i / 6, 1.5, LOW_TO_HIGH(i / 8), "high" if i == 8 else "") for i in range(9)]
        axes.text(0.38, 1.5, "low", ha="right", **words)
    else:
        dots = []
        axes.text(0.05, 1.5, "each point in the hue of its garment", **words)
    for x, y, colour, name in dots:
        axes.plot(x + 0.08, y, "o", color=colour, markersize=6)
        axes.text(x + 0.16, y, name, **words)
    axes.set(xlim=(0, 5), ylim=(0, 2))
    axes.set_axis_off()


def draw_loss(axes, x, losses, snapshot, loss, levels):
    axes.plot(x, losses, color=style.ANCHOR, linewidth=1.2)
    axes.plot(snapshot, loss, "o", color=style.ANCHOR, markersize=8)
    for name, value in levels.items():
        axes.axhline(value, color=style.MUTED, linestyle=":", linewidth=1.2)
        axes.text(1.04, value, name, transform=axes.get_yaxis_transform(), va="center", color=style.MUTED)
    axes.set(title="loss", ylim=(0, None))


def draw_scores(axes, scores, snapshot, chosen):
    """One curve for each name over the snapshots, the chosen one in green."""
    ends = []
    for name, values in scores.items():
        colour, width, size = (style.POSITIVE, 2.5, 8) if name == chosen else (style.MUTED, 1, 4)
        axes.plot(values, color=colour, linewidth=width)
        axes.plot(snapshot, values[snapshot], "o", color=colour, markersize=size)
        ends.append((len(values) - 1, values[-1], name, colour))
    axes.set(title="told by the neighbours", ylim=(-0.15, 1))
    name_ends(axes, ends, apart=0.1)
