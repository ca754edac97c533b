"""Points in the plane, on the circle and on the sphere, with the forces that act on them as arrows."""

import numpy as np
import torch
from matplotlib.patches import Circle

from clearn import style
from clearn.course.pictures import Picture, styled


@styled
def points_and_forces(points, forces, groups, *, trails=None, span=None, ring=None, width=5.6, alt):
    """Points in the plane, coloured by group, each with its force.

    Args: points, forces (N, 2); groups (N,), whole numbers; trails (T, N, 2), where the points came from; span, half
    the width of the plane that is shown; ring, a radius drawn around the first point, which gets an outline; alt, the
    picture in words.
    """
    points, forces = torch.as_tensor(points).cpu().numpy(), torch.as_tensor(forces).cpu().numpy()
    span = float(span or 1.15 * np.abs(points).max())
    picture = Picture(width, width, alt)
    picture.set_layout_engine("none")
    axes = picture.add_axes((0.01, 0.01, 0.98, 0.98))
    colours = [style.CLASSES[g] for g in np.asarray(groups)]
    if trails is not None:
        for i, colour in enumerate(colours):
            axes.plot(*np.asarray(trails)[:, i].T, color=colour, alpha=0.35, linewidth=1)
    if ring is not None:
        axes.add_patch(Circle(points[0], ring, facecolor="none", edgecolor=style.MUTED, linestyle="--", linewidth=1.2))
        inward = -points[0] / max(np.linalg.norm(points[0]), 1e-9)  # the label stays inside the frame
        axes.annotate("margin", points[0] + ring * inward, ha="center", va="center", color=style.MUTED, fontsize=10,
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
    outlines = ["white" if i or ring is None else style.INK for i in range(len(points))]
    axes.scatter(*points.T, c=colours, s=46, zorder=3, edgecolors=outlines, linewidths=1.2)
    draw_arrows(axes, points, forces, colours)
    axes.set(xlim=(-span, span), ylim=(-span, span), aspect="equal", xticks=[], yticks=[])
    axes.spines[:].set_color(style.GRID)
    axes.spines[:].set_visible(True)
    return picture


def draw_arrows(axes, points, vectors, colours, width=0.005):
    """Arrows that begin at `points` (N, 2), in the units of the axes; none where a vector has no length."""
    seen = np.linalg.norm(vectors, axis=1) > 1e-9
    colours = [c for c, s in zip(colours, seen) if s] if isinstance(colours, list) else colours
    if seen.any():
        axes.quiver(*points[seen].T, *vectors[seen].T, color=colours, angles="xy", scale_units="xy", scale=1, width=width,
                    headwidth=4.5, headlength=5.5, headaxislength=5, zorder=4)  # fmt: skip


@styled
def points_on_sphere(points, forces=None, *, width=4.8, alt):
    """Pairs of points on the circle or the sphere: row i and row i + N/2 have one colour and a line between them.

    Args: points (N, 2) or (N, 3), unit vectors; forces, of the same shape, drawn as arrows; alt, the picture in words.
    The sphere is seen from a little above; what lies behind is paler.
    """
    points = torch.as_tensor(points).cpu().double()
    forces = torch.zeros_like(points) if forces is None else torch.as_tensor(forces).cpu().double()
    (xy, depth), (arrows, _) = seen_from_above(points), seen_from_above(forces)
    picture = Picture(width, width, alt)
    picture.set_layout_engine("none")
    axes = picture.add_axes((0, 0, 1, 1))
    axes.add_patch(Circle((0, 0), 1, facecolor="none", edgecolor=style.GRID, linewidth=1.2))
    if points.shape[1] == 3:
        for height in (-0.5, 0.0, 0.5):
            draw_latitude(axes, height)
    half = len(points) // 2
    colours = [style.CLASSES[i % 10] for i in range(half)] * 2
    alphas = np.where(depth < -0.05, 0.35, 1.0)
    for i in range(half):
        axes.plot(*xy[[i, i + half]].T, color=colours[i], alpha=0.4 * alphas[i], linewidth=1.2)
    axes.scatter(*xy.T, c=colours, s=60, alpha=alphas, zorder=3, linewidths=0)
    draw_arrows(axes, xy, arrows, colours)
    axes.set(xlim=(-1.2, 1.2), ylim=(-1.2, 1.2), aspect="equal")
    axes.set_axis_off()
    return picture


TILT = 0.4  # radians by which the eye stands above the equator


def seen_from_above(points):
    """Points (N, 2) as they are, or (N, 3) as seen from the front, a little above: (N, 2), and how near each is (N,)."""
    if points.shape[1] == 2:
        return points.numpy(), np.zeros(len(points))
    x, y, z = points.numpy().T
    return np.stack([x, y * np.cos(TILT) - z * np.sin(TILT)], 1), z * np.cos(TILT) + y * np.sin(TILT)


def draw_latitude(axes, height):
    turn = torch.linspace(0, 2 * torch.pi, 121, dtype=torch.float64)
    radius = (1 - height**2) ** 0.5
    xy, depth = seen_from_above(
        torch.stack([radius * turn.cos(), torch.full_like(turn, height), radius * turn.sin()], 1)
    )
    for front, shade in ((depth >= 0, style.GRID), (depth < 0, "#F0F0F0")):
        axes.plot(*np.where(front[:, None], xy, np.nan).T, color=shade, linewidth=1, zorder=0)
