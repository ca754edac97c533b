"""The panel of chapter 01: choose what may change, and see a positive pair, and how well pixels know it for one."""

import ipywidgets
import torch
from matplotlib.patches import Rectangle

from clearn import style
from clearn.course.numbers import say
from clearn.course.pictures import WIDTH, Picture, pixels
from clearn.course.plots.pairs import KINDS, draw_distributions
from clearn.course.widgets.panel import PlotPanel
from clearn.similarity import cosine_similarity
from clearn.views import simclr_views
from clearn.views.image_ops import as_images

CHANGES = {"crop": "place and size", "rotation": "angle", "mirror": "mirror image", "colour": "colour"}


def pair_maker(images, size=24):
    """Pick a picture, choose what may change in it: two views, their pixel cosine, and that of all pairs and strangers.

    Args: images (N, C, H, W), uint8 or float in [0, 1], N ≥ 2: the pictures to pick from, which are also the crowd of
    which the distributions are made; a few hundred at most, for speed. size, of the views in pixels. At strength 1 with
    everything allowed to change this is the recipe of notebook 00. Returns a PlotPanel.
    """
    if not isinstance(images, torch.Tensor) or images.ndim != 4 or len(images) < 2:
        given = tuple(images.shape) if isinstance(images, torch.Tensor) else type(images).__name__
        raise ValueError(f"images must be a tensor of shape (N, C, H, W) with N ≥ 2, got {given}")
    images = as_images(images)

    def draw(picture, seed, strength, **allowed):
        recipe = pair_recipe(size, strength, **allowed)
        return draw_pair(images, *recipe(images, torch.Generator().manual_seed(seed)), picture - 1, allowed, strength)

    controls = {"picture": ipywidgets.IntSlider(min(10, len(images)), 1, min(len(images), 24)),
                "seed": ipywidgets.IntSlider(1, 1, 20, description="draw anew"),
                "strength": ipywidgets.FloatSlider(1.0, min=0, max=1, step=0.25)}  # fmt: skip
    boxes = {name: ipywidgets.Checkbox(True, description=f"{what} may change") for name, what in CHANGES.items()}
    return PlotPanel(draw, "pair maker: what may change between two views", **controls, **boxes)


def pair_recipe(size, strength, crop=True, rotation=True, mirror=True, colour=True):
    """The `simclr_views` in which only what is allowed changes, at a strength from 0, nothing but mirror, to 1.

    >>> pair_recipe(24, 1.0, crop=False).scale, pair_recipe(24, 1.0, rotation=False).rotation
    ((1.0, 1.0), 0.0)
    """
    c, r = (strength if allowed else 0.0 for allowed in (crop, rotation))
    return simclr_views(size, strength if colour else 0.0, scale=(1 - 0.7 * c, 1.0), rotation=30 * r, hue=0.5,
                        ratio=(1 - c / 4, 1 / (1 - c / 4)), flip=0.5 * mirror,
                        gray=0.4 * strength * colour)  # fmt: skip


def how_often_above(positive, negative):
    """Share of all (positive, negative) choices in which the positive is the larger, a tie counting half: the ROC-AUC.

    >>> how_often_above(torch.tensor([0.9, 0.5]), torch.tensor([0.5, 0.1]))
    0.875
    """
    gap = positive[:, None] - negative
    return (gap.sign().double().mean().item() + 1) / 2


def draw_pair(images, view0, view1, chosen, allowed, strength):
    """Picture, pair and stranger in a row; below, the pixel cosines of all pairs and of all strangers."""
    stranger = (chosen + 1) % len(images)
    positive = cosine_similarity(view0.flatten(1), view1.flatten(1))
    negative = cosine_similarity(view0.flatten(1), view1.roll(-1, 0).flatten(1))
    auc = how_often_above(positive, negative)
    changed = ", ".join(what for name, what in CHANGES.items() if allowed[name]) or "nothing"
    alt = (f"May change: {changed}; strength {say(strength)}. Pixel cosine of the two views "
           f"{say(positive[chosen])}, of the first view and one of another picture {say(negative[chosen])}. "
           f"Over {len(images)} pictures a positive pair is more similar than a negative one "
           f"{100 * auc:.0f} times in 100.")  # fmt: skip
    picture = Picture(WIDTH, 4.1, alt)
    picture.set_layout_engine("none")  # two axes laid out by hand: three times as fast
    top = picture.add_axes((0, 2.05 / 4.1, 1, 2.05 / 4.1))  # its unit is an inch
    place(top, images[chosen], 0.1, "the picture", style.MUTED)
    place(top, view0[chosen], 2.15, "a view of it", style.ANCHOR)
    place(top, view1[chosen], 4.2, "another view of it", style.POSITIVE)
    place(top, view1[stranger], 6.25, "a view of another", style.NEGATIVE, (0, (2, 1)))
    top.set(xlim=(0, WIDTH), ylim=(2.0, -0.05))
    top.set_axis_off()
    below = picture.add_axes((0.03, 0.125, 0.94, 0.27))
    draw_distributions(below, positive, negative, span=(0, 1), bins=25)
    for cosines, (_, colour, dashes) in zip((positive, negative), KINDS):
        below.axvline(cosines[chosen].item(), ymax=0.92, color=colour, linewidth=2.5, linestyle=dashes)
    below.set(xlim=(0, 1.004), xlabel="cosine of the pixels; the two lines mark the pictures above")
    return picture


def place(axes, image, x, text, frame, dashes="-", side=1.65):
    axes.imshow(pixels(image), interpolation="nearest", extent=(x, x + side, side, 0), aspect="auto")
    axes.add_patch(Rectangle((x, 0), side, side, fill=False, edgecolor=frame, linewidth=3, linestyle=dashes))
    ink = style.INK if frame == style.MUTED else frame
    axes.text(x + side / 2, side + 0.07, text, ha="center", va="top", color=ink)
