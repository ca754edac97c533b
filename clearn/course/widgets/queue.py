"""The panel of chapter 09: MoCo's queue as it turns, and how old the keys in it are and how stale."""

import ipywidgets
import numpy as np
from matplotlib.collections import PatchCollection
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.patches import Wedge

from clearn import style, validate
from clearn.course.numbers import say
from clearn.course.pictures import WIDTH, Picture
from clearn.course.widgets.panel import PlotPanel
from clearn.similarity import unit

YOUNG_TO_OLD = LinearSegmentedColormap.from_list("age", ["#08306B", style.ANCHOR, "#BFD9EC"])
EMPTY, INNER = "#F2F2F2", 0.62  # the colour of random keys; the ring's inner radius, its outer one is 1
SQUARE = 3.5  # inches: the side of the ring's part, and the picture's height


def queue_panel(film, batch_size=64, sizes=(256, 1024, 4096), step=None):
    """A queue of keys after any step of a recorded run: which batches it holds, how old they are, and how stale.

    Args: film, {momentum: keys (S + 1, n, D)}: what the key encoder made of the same n ≥ 2 images before the first of
    S steps and after each; batch_size N; sizes of the queue K, multiples of N; step, where its slider begins, by
    default the last. After step t a batch of age a holds keys by the key encoder as it was after t − a steps. *Stale*
    is such a key as far as its cosine with the present encoder's key of the same image falls short of 1.
    Returns a PlotPanel; momentum and queue begin with the largest.
    """
    n = validate.whole("batch_size", batch_size)
    if not film:
        raise ValueError("film must hold the keys of at least one momentum, {momentum: keys (S + 1, n, D)}, got none")
    films = {}
    for momentum, keys in sorted(film.items()):
        if keys.ndim != 3 or len(keys) < 2 or keys.shape[1] < 2:
            raise ValueError(f"film[{momentum}] must be keys (S + 1, n, D) of two images or more, before the first "
                             f"of S steps and after each, got {tuple(keys.shape)}")  # fmt: skip
        rows = unit(validate.features("keys", keys.detach().cpu().float().flatten(0, 1)))
        films[momentum] = rows.view(keys.shape)
    steps = {len(keys) - 1 for keys in films.values()}
    if len(steps) > 1:
        raise ValueError(f"all momenta must be filmed for the same number of steps, got {sorted(steps)}")
    for size in sizes:
        if size % n:
            raise ValueError(f"sizes must be multiples of batch_size {n}, got {size}")
    last, sizes = steps.pop(), sorted(sizes)

    def draw(step, momentum, queue):
        return draw_queue(step, momentum, films[momentum], queue, n, max(sizes) // n)

    return PlotPanel(
        draw, "the queue, turning",
        step=ipywidgets.IntSlider(last if step is None else step, 0, last, description="after step"),
        momentum=ipywidgets.SelectionSlider(options=list(films), value=max(films)),
        queue=ipywidgets.SelectionSlider(options=sizes, value=sizes[-1], description="queue (keys)"))  # fmt: skip


def ages(step, batches):
    """The age of what stands in each place of a ring of `batches` after `step` steps, in steps; 0: still random.

    Batch b = 1, 2, … stands at place (b − 1) mod batches; while the next step uses it, its age is step + 1 − b.

    >>> ages(2, 4), ages(6, 4)
    ([2, 1, 0, 0], [2, 1, 4, 3])
    """
    found = [0] * batches
    for batch in range(max(1, step + 1 - batches), step + 1):
        found[(batch - 1) % batches] = step + 1 - batch
    return found


def staleness(keys, step, longest):
    """Mean cosines of the present keys with those of ages 1 to `longest`: of the same image, and of all others."""
    past = keys[max(0, step - longest) : step].flip(0)  # (ages, n, D), the newest first
    now = keys[step]
    same = (past * now).sum(2).mean(1)
    every = (past.mean(1) * now.mean(0)).sum(1)  # over all n² pairs
    n = len(now)
    return same.numpy(), ((every * n - same) / (n - 1)).numpy()


def draw_queue(step, momentum, keys, size, n, longest):
    batches = size // n
    ring = ages(step, batches)
    oldest = max(ring)
    same, other = staleness(keys, step, longest)
    alt = f"After step {step}, momentum {momentum:g}: {size} keys in {batches} batches of {n}"
    alt += f", {size - oldest * n} of them still random. " if oldest < batches else ". "
    if oldest:
        alt += (f"The oldest is {oldest} step{'s' * (oldest > 1)} old. Cosine with a fresh key of the same picture: "
                f"newest {say(same[0])}, oldest {say(same[oldest - 1])}, mean {say(same[:oldest].mean())}; of other "
                f"pictures, mean {say(other[:oldest].mean())}.")  # fmt: skip
    picture = Picture(WIDTH, SQUARE, alt.strip())
    picture.set_layout_engine("none")
    draw_ring(picture.add_axes((0, 0, SQUARE / WIDTH, 1)), ring, step % batches, size, longest)
    draw_staleness(picture.add_axes((0.52, 0.2, 0.3, 0.66)), same, other, oldest, longest)
    return picture


def draw_ring(axes, ring, place, size, longest):
    """The ring from the top, clockwise, darker for younger keys, and the pointer at the place that is written next."""
    each = 360 / len(ring)
    wedges = [Wedge((0, 0), 1, 90 - each * (i + 1), 90 - each * i, width=1 - INNER) for i in range(len(ring))]
    colours = [YOUNG_TO_OLD(age / longest) if age else (*to_rgb(EMPTY), 1.0) for age in ring]
    axes.add_collection(PatchCollection(wedges, facecolors=colours, edgecolors="white", linewidths=0.6))
    angle = np.deg2rad(90 - each * (place + 0.5))
    direction = np.array([np.cos(angle), np.sin(angle)])
    arrow = {"arrowstyle": "-|>", "color": style.INK, "lw": 1.8, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", 1.02 * direction, 1.32 * direction, arrowprops=arrow)
    axes.text(*(1.5 * direction), "next", ha="center", va="center")
    axes.text(0, -0.02, f"{size}\nkeys", ha="center", va="center", linespacing=1.3, fontweight="bold")
    axes.set(xlim=(-1.68, 1.68), ylim=(-1.68, 1.68), aspect="equal")
    axes.set_axis_off()


def draw_staleness(axes, same, other, oldest, longest):
    """Cosines against age: strong for what the queue holds, pale for what has fallen out; below, the ring's colours."""
    age = np.arange(1, len(same) + 1)
    axes.imshow(np.linspace(0, 1, longest)[None], cmap=YOUNG_TO_OLD, extent=(0, longest, -1.12, -1.03), aspect="auto")
    names = ((same, style.POSITIVE, "same picture"), (other, style.NEGATIVE, "other pictures"))
    for values, colour, _ in names:
        axes.plot(age, values, color=colour, linewidth=1, alpha=0.35)
        axes.plot(age[:oldest], values[:oldest], color=colour)
    if oldest:
        axes.axvline(oldest, color=style.MUTED, linestyle=":", linewidth=1)
        ends = sorted(((values[-1], colour, name) for values, colour, name in names), key=lambda end: end[0])
        low = min(max(ends[0][0], -0.95), ends[1][0] - 0.14, 0.81)
        for height, (_, colour, name) in zip((low, max(ends[1][0], low + 0.14)), ends):
            at = {"xycoords": ("axes fraction", "data"), "xytext": (8, 0), "textcoords": "offset points"}
            axes.annotate(name, (1, height), color=colour, va="center", fontsize=10.5, annotation_clip=False, **at)
    axes.axhline(0, color=style.GRID, linewidth=1, zorder=0)
    axes.set(xlim=(0, longest), ylim=(-1.12, 1.05), xlabel="age of the key (steps)", yticks=(-1, -0.5, 0, 0.5, 1),
             title="cosine with a fresh key")  # fmt: skip
