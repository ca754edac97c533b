"""Results side by side: a dot for each run, so that a difference can be held against the spread of the seeds."""

import numpy as np

from clearn import style
from clearn.course.numbers import say
from clearn.course.pictures import WIDTH, Picture, styled


@styled
def dots(results, xlabel, *, highlight=(), alt=None):
    """A line for each name, a dot for each run, a stroke at the mean and its value at the right.

    Args: results, {name: [values]}, from the top down; highlight, names to draw in colour, where all others, the
    baselines, are grey; alt, the picture in words.
    """
    means = ", ".join(f"{name} {say(np.mean(values))}" for name, values in results.items())
    picture = Picture(WIDTH * 0.8, 0.75 + 0.36 * len(results), alt or f"{xlabel}: {means}")
    axes = picture.subplots()
    colours = dict(zip(highlight, [style.ANCHOR, style.POSITIVE, style.NEGATIVE, *style.CLASSES[6:]]))
    for row, (name, values) in enumerate(results.items()):
        colour, mean = colours.get(name, style.MUTED), np.mean(values)
        axes.plot([mean, mean], [row - 0.28, row + 0.28], color=colour, linewidth=2)
        axes.plot(values, [row] * len(values), "o", color=colour, alpha=0.6, markersize=7, markeredgewidth=0)
        axes.annotate(say(mean), (1.01, row), xycoords=("axes fraction", "data"), va="center", color=colour)
    axes.set_yticks(range(len(results)), list(results))
    axes.tick_params(axis="y", length=0, labelcolor=style.INK)
    axes.set(xlabel=xlabel, ylim=(len(results) - 0.5, -0.5))
    axes.margins(x=0.08)
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    return picture
