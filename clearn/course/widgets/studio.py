"""The panel of chapter 06: every operation with its strength, two views, what was drawn, and what views still share."""

import ipywidgets
import torch
from matplotlib.patches import Polygon, Rectangle

from clearn import style
from clearn.course.numbers import say
from clearn.course.pictures import WIDTH, Picture, pixels
from clearn.course.widgets.panel import PlotPanel
from clearn.evaluation.factors import shared
from clearn.similarity import cosine_similarity
from clearn.views import simclr_views
from clearn.views.image_ops import as_images

COLOURS = (style.ANCHOR, style.POSITIVE)  # of view 0 and view 1, as everywhere


def augmentation_studio(images, size=24):
    """Choose how strong each operation is: two views of a picture, what was drawn for them, and what all pairs share.

    Args: images (N, C, H, W), uint8 or float in [0, 1], N ≥ 2: the pictures to pick from, and the crowd over which
    `factors.shared` is measured; a few hundred at most, for speed. size, of the views in pixels. It begins with the
    recipe of notebook 00. A slider at its left end takes its operation away. Returns a PlotPanel.
    """
    if not isinstance(images, torch.Tensor) or images.ndim != 4 or len(images) < 2:
        given = tuple(images.shape) if isinstance(images, torch.Tensor) else type(images).__name__
        raise ValueError(f"images must be a tensor of shape (N, C, H, W) with N ≥ 2, got {given}")
    images = as_images(images)

    def draw(picture, seed, **settings):
        return draw_studio(images, studio_recipe(size, **settings), picture - 1, seed)

    def slider(value, most, step, words):
        return ipywidgets.FloatSlider(value, min=0, max=most, step=step, description=words)

    return PlotPanel(
        draw, "augmentation studio",
        picture=ipywidgets.IntSlider(min(10, len(images)), 1, min(len(images), 24)),
        seed=ipywidgets.IntSlider(1, 1, 20, description="draw anew"),
        crop=slider(0.7, 0.9, 0.1, "crop: may cut away, of the area"),
        rotation=ipywidgets.IntSlider(30, 0, 180, step=15, description="rotation: up to, in degrees"),
        flip=slider(0.5, 1, 0.25, "mirror image: how often"),
        colour=slider(1.0, 1, 0.25, "brightness, contrast, saturation: strength"),
        hue=slider(0.5, 0.5, 0.1, "hue: up to, in turns of the colour wheel"),
        gray=slider(0.4, 1, 0.2, "gray: how often"),
        blur=slider(0.0, 1, 0.25, "blur: how often"),
        solarize=slider(0.0, 1, 0.25, "solarise: how often"),
    )  # fmt: skip


def studio_recipe(size, crop, rotation, flip, colour, hue, gray, blur, solarize):
    """The `simclr_views` that these settings stand for; hue has a strength of its own, not a share of `colour`.

    >>> studio_recipe(24, 0.7, 30, 0.5, 1.0, 0.5, 0.4, 0.0, 0.0) == simclr_views(
    ...     24, scale=(0.3, 1.0), rotation=30, hue=0.5, gray=0.4)
    True
    """
    ratio = (3 / 4, 4 / 3) if crop else (1.0, 1.0)
    return simclr_views(size, scale=(round(1 - crop, 2), 1.0), ratio=ratio, rotation=float(rotation), flip=flip, hue=hue,
                        brightness=0.8 * colour, contrast=0.8 * colour, saturation=0.8 * colour, gray=gray, blur=blur,
                        solarize=solarize)  # fmt: skip


def draw_studio(images, recipe, chosen, seed):
    n, _, height, width = images.shape
    drawn = recipe.draw(2 * n, height, width, torch.Generator().manual_seed(seed))
    pairs = recipe.apply(images.repeat(2, 1, 1, 1), drawn).split(n)
    views, rows = [view[chosen] for view in pairs], (chosen, n + chosen)
    common = shared(*pairs)
    cosine = cosine_similarity(*(view.flatten()[None] for view in views)).item()
    words = ", ".join(f"{name} {say(round(r, 2))}" for name, r in common.items())
    picture = Picture(WIDTH, 4.6, f"View 0: {in_words(drawn, rows[0], height * width)}. View 1: "
                      f"{in_words(drawn, rows[1], height * width)}. Cosine of their pixels {say(cosine)}. "
                      f"Over {n} pictures two views share: {words}; average cosine of their pixels "
                      f"{say(cosine_similarity(*(v.flatten(1) for v in pairs)).mean(), digits=3)}.")  # fmt: skip
    picture.set_layout_engine("none")  # three axes laid out by hand: three times as fast
    top = picture.add_axes((0, 2.2 / 4.6, 1, 2.4 / 4.6))  # its unit is an inch
    for image, x, name, colour in zip((images[chosen], *views), (0.1, 3.0, 5.9), ("picture", "view 0", "view 1"),
                                      (style.MUTED, *COLOURS)):  # fmt: skip
        top.imshow(pixels(image), interpolation="nearest", extent=(x, x + 2, 2, 0), aspect="auto")
        top.add_patch(Rectangle((x, 0), 2, 2, fill=False, edgecolor=colour, linewidth=3))
        top.text(x + 1, 2.06, name, ha="center", va="top", color=style.INK if colour == style.MUTED else colour)
    for row, colour in zip(rows, COLOURS):
        corners = crop_corners(drawn.boxes[row], drawn.angle[row]) / torch.tensor([width, height]) * 2
        outline = Polygon((corners + torch.tensor([0.1, 0])).tolist(), fill=False, edgecolor=colour, linewidth=1.8)
        top.add_patch(outline).set_clip_path(Rectangle((0.1, 0), 2, 2, transform=top.transData))
    top.set(xlim=(0, WIDTH), ylim=(2.35, -0.05))
    top.set_axis_off()
    draw_dials(picture.add_axes((0.125, 0.02, 0.33, 0.41)), recipe, drawn, rows, height * width)
    draw_shared(picture.add_axes((0.7, 0.02, 0.28, 0.41)), common)
    return picture


def crop_corners(box, angle):
    """The corners (4, 2), x and y in pixels from the upper left corner, of a crop turned counter-clockwise by `angle`.

    What is turned by it in the view was read along axes that are turned the other way in the picture: clockwise.

    >>> crop_corners(torch.tensor([0, 0, 2, 4]), torch.tensor(90.0)).round().int().tolist()
    [[3, -1], [3, 3], [1, 3], [1, -1]]
    """
    top, left, height, width = box.double().tolist()
    x = torch.tensor([-width, width, width, -width]) / 2
    y = torch.tensor([-height, -height, height, height]) / 2
    cos, sin = torch.deg2rad(angle).cos(), torch.deg2rad(angle).sin()
    return torch.stack([left + width / 2 + x * cos - y * sin, top + height / 2 + x * sin + y * cos], dim=1)


def in_words(p, row, area):
    """What was drawn for one view, the neutral left out."""
    height, width = p.boxes[row, 2:].tolist()
    found = [f"{100 * height * width / area:.0f} % of the picture"]
    turned = say(round(p.angle[row].item()), sign=True)
    found += [f"turned {turned}°"] * bool(p.angle[row]) + ["mirrored"] * bool(p.flip[row])
    found += [f"{name} ×{say(factor)}" for name in ("brightness", "contrast", "saturation")
              if (factor := getattr(p, name)[row].item()) != 1]  # fmt: skip
    found += [f"hue {say(p.hue[row], sign=True)}"] * bool(p.hue[row]) + ["gray"] * bool(p.gray[row])
    found += [f"blur {say(p.sigma[row], digits=1)} px"] * bool(p.sigma[row])
    found += ["solarised"] * bool(p.threshold[row] <= 1)
    return ", ".join(found)


def draw_dials(axes, recipe, p, rows, area):
    """A line for each operation: grey, what may be drawn; a dot, what was drawn for each of the two views."""
    turn = recipe.rotation / 180
    dials = {"crop": ((0, 1), recipe.scale, p.boxes[:, 2:].prod(1) / area, "of the area"),
             "rotation": ((-1, 1), (-turn, turn), p.angle / 180, "±180°")}  # fmt: skip
    for name in ("brightness", "contrast", "saturation"):
        strength = recipe.strength * getattr(recipe, name)
        dials[name] = (0, 2), (max(0, 1 - strength), 1 + strength), getattr(p, name), "× 0 to 2"
    dials["hue"] = (-0.5, 0.5), (-recipe.hue, recipe.hue), p.hue, "±½ turn"
    for name, chance, yes in (("mirror", recipe.flip, p.flip), ("gray", recipe.gray, p.gray),
                              ("blur", recipe.blur, p.sigma > 0), ("solarise", recipe.solarize, p.threshold <= 1)):  # fmt: skip
        dials[name] = (0, 1), (0, chance), yes.float(), "no / yes"
    ends, dots = [], []
    for y, (name, ((low, high), limits, drawn, unit)) in enumerate(dials.items()):
        ends.append([(v - low) / (high - low) for v in limits])
        dots.append([(drawn[row].item() - low) / (high - low) for row in rows])
        axes.text(-0.05, y, name, ha="right", va="center", fontsize=10, color=style.INK)
        axes.text(1.05, y, unit, ha="left", va="center", fontsize=8.5, color=style.MUTED)
    y = torch.arange(len(dials))
    axes.hlines(y, 0, 1, color=style.GRID, linewidth=1, zorder=0)
    axes.hlines(y, *zip(*ends), color=style.GRID, linewidth=7, zorder=1)
    for x, colour, shift in zip(zip(*dots), COLOURS, (-0.17, 0.17)):  # one above the other, should they coincide
        axes.plot(x, y + shift, "o", color=colour, markersize=6, zorder=3)
    axes.set_title("what may be drawn, and what was", fontsize=11, x=-0.34, y=0.99)
    axes.set(xlim=(-0.02, 1.02), ylim=(len(dials) - 0.4, -0.6))
    axes.set_axis_off()


def draw_shared(axes, common):
    """Bars of the correlations between two views."""
    axes.barh(range(len(common)), common.values(), height=0.62, color=style.MUTED)
    for y, (name, r) in enumerate(common.items()):
        axes.text(-0.32, y, name, ha="right", va="center", fontsize=10, color=style.INK)
        axes.text(max(r, 0) + 0.03, y, say(round(r, 2)), va="center", fontsize=10, color=style.INK)
    axes.axvline(0, color=style.MUTED, linewidth=1)
    axes.set_title("what two views share (correlation)", fontsize=11, x=-0.34, y=0.99)
    axes.set(xlim=(-0.3, 1.2), ylim=(len(common) - 0.4, -0.6))
    axes.set_axis_off()
