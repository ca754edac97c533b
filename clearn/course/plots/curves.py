"""Numbers on axes: curves, named where they end."""

import numpy as np

from clearn import style
from clearn.course.pictures import WIDTH, Picture, styled


@styled
def few_label_curve(curves):
    """Accuracy against the number of labels: mean and range over the draws, each curve named at its end.

    Args: curves, {name: {count: [accuracies]}}, as from `evaluation.few_label_curve`.
    """
    picture = Picture(WIDTH * 0.8, 3.6, "Accuracy against the number of labels for " + ", ".join(curves))
    axes, ends = picture.subplots(), []
    for colour, (name, curve) in zip([style.POSITIVE, style.ANCHOR, *style.CLASSES[5:]], curves.items()):
        counts, draws = list(curve), [np.array(curve[count]) for count in curve]
        mean = [d.mean() for d in draws]
        axes.plot(counts, mean, color=colour, marker="o", markersize=4)
        axes.fill_between(
            counts, [d.min() for d in draws], [d.max() for d in draws], color=colour, alpha=0.15, linewidth=0
        )
        ends.append((counts[-1], mean[-1], name, colour))
    axes.set(
        xscale="log", xticks=counts, xticklabels=counts, ylim=(0, 1), xlabel="labelled images", ylabel="test accuracy"
    )
    axes.minorticks_off()
    name_ends(axes, ends)
    axes.grid(axis="y")
    return picture


@styled
def loss_curve(history, chance=None):
    """Loss against the step, thin, with its running mean; `chance`, a loss that means "nothing learned", as a dotted line."""
    picture = Picture(WIDTH * 0.8, 3, f"The loss falls over {len(history.losses)} steps")
    axes = picture.subplots()
    losses = np.array(history.losses)
    axes.plot(losses, color=style.ANCHOR, alpha=0.35, linewidth=0.8)
    window = max(1, len(losses) // 20)
    axes.plot(
        np.arange(window - 1, len(losses)), np.convolve(losses, np.ones(window) / window, "valid"), color=style.ANCHOR
    )
    if chance is not None:
        axes.axhline(chance, color=style.MUTED, linestyle=":", linewidth=1.5)
        axes.annotate("chance", (len(losses), chance), color=style.MUTED, ha="right", va="bottom")
    axes.set(xlabel="step", ylabel="loss", xlim=(0, len(losses)))
    return picture


@styled
def lines(curves, xlabel, ylabel, *, ylim=None, log="", points=False, height=3.2, alt=None):
    """Curves, each named where it ends.

    Args: curves, {name: (x, y)}; log, which axes are logarithmic: "", "x", "y" or "xy"; points, whether to mark each
    value; alt, the picture in words.
    """
    picture = Picture(WIDTH * 0.8, height, alt or f"{ylabel} against {xlabel} for " + ", ".join(curves))
    axes, ends = picture.subplots(), []
    colours = [style.ANCHOR, style.POSITIVE, style.NEGATIVE, style.CLASSES[3], style.INK, *style.CLASSES[6:]]
    for colour, (name, (x, y)) in zip(colours, curves.items()):
        x, y = np.asarray(x), np.asarray(y)
        axes.plot(x, y, color=colour, marker="o" if points else None, markersize=4)
        seen = slice(None) if ylim is None else (y >= ylim[0]) & (y <= ylim[1])
        ends.append([x[seen][-1], y[seen][-1], name, colour])
    for axis in log:
        getattr(axes, f"set_{axis}scale")("log")
    axes.set(xlabel=xlabel, ylabel=ylabel)
    if ylim is not None:  # even None would freeze the limits as they are
        axes.set_ylim(ylim)
    if "x" in log and points:  # the values themselves say more than powers of ten
        axes.set_xticks(x, [f"{value:g}" for value in x])
        axes.minorticks_off()
    axes.grid(axis="y")
    name_ends(axes, ends)
    return picture


def name_ends(axes, ends, apart=0.065):
    """Write names beside the ends of curves; a name moves up to where it covers no other. Args: ends, [(x, y, name, colour)]."""
    axes.autoscale_view()  # where the ends are is known only once the limits are
    to_axes = axes.transAxes.inverted()
    places = [(*to_axes.transform(axes.transData.transform((x, y))), name, colour) for x, y, name, colour in ends]
    written = []  # (from x, to x, height)
    for x, y, name, colour in sorted(places, key=lambda place: place[1]):
        end = x + 0.02 * len(name)  # about as wide as it will be
        near = [height for left, right, height in written if left < end and x < right]
        height = min(h for h in [y, *(other + apart for other in near)]
                     if h >= y and all(abs(h - other) > 0.999 * apart for other in near))  # fmt: skip
        written.append((x, end, height))
        axes.annotate(name, (x, height), xycoords="axes fraction", color=colour, va="center", xytext=(9, 0),
                      textcoords="offset points", annotation_clip=False)  # fmt: skip
