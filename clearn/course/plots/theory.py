"""What a formula says, and what was measured."""

import numpy as np
from matplotlib.ticker import LogLocator, NullLocator

from clearn import style
from clearn.course.pictures import WIDTH, Picture, styled
from clearn.course.plots.curves import name_ends


@styled
def theory_and_points(curves, xlabel, ylabel, *, points, log="", ylim=None, height=3.2, alt):
    """Formulas as lines, measurements as points of the same colour.

    Args: curves, {name: (x, y)}, what a formula says, each named where it ends; points, {name: (x, y)}, what was
    measured, for any of the names; log, which axes are logarithmic: "", "x", "y" or "xy"; alt, the picture in words.
    Raises ValueError for points without a curve.
    """
    if not set(points) <= set(curves):
        raise ValueError(f"points has {', '.join(set(points) - set(curves))}, but curves has only {', '.join(curves)}")
    picture = Picture(WIDTH * 0.8, height, alt)
    axes, ends = picture.subplots(), []
    colours = [style.ANCHOR, style.NEGATIVE, style.POSITIVE, *style.CLASSES[6:]]
    for colour, (name, (x, y)) in zip(colours, curves.items()):
        x, y = np.asarray(x), np.asarray(y)
        axes.plot(x, y, color=colour, linewidth=1.5)
        if name in points:
            axes.plot(*map(np.asarray, points[name]), "o", color=colour, markersize=6, markeredgecolor="white")
        ends.append((x[-1], y[-1], name, colour))
    axes.set(xlabel=xlabel, ylabel=ylabel)
    for axis in log:
        getattr(axes, f"set_{axis}scale")("log", base=2 if axis == "x" else 10)
        getattr(axes, f"{axis}axis").set_major_formatter(lambda value, _: f"{value:g}")
    if "y" in log:
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_minor_locator(NullLocator())
    if ylim is not None:  # even None would freeze the limits as they are
        axes.set_ylim(ylim)
    axes.grid(axis="y")
    name_ends(axes, ends)
    return picture
