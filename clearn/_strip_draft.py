"""Draft of plots.neighbour_strip, one axes in place of 24: 3-4 times as fast. To be merged into clearn/plots.py."""

import torch
from matplotlib.patches import Rectangle

from clearn import style
from clearn.plots import WIDTH, Picture, _styled


@_styled
def neighbour_strip(query, query_label, rows, classes):
    """An image and, in one row for each representation, its nearest neighbours: a neighbour of its class has a
    green frame, any other a dashed orange-red one.

    Args: query (C, H, W); query_label, an int; rows, {name: (images (k, C, H, W), labels (k,))}; classes, the names.
    Returns a Picture; its `alt` counts, for each row, the neighbours of the query's class.
    """
    hits = {row: int((labels == query_label).sum()) for row, (_, labels) in rows.items()}
    most = max(len(labels) for _, labels in rows.values())
    left, pitch, line = 3.4, 1.14, 1.42  # in image widths: where neighbours begin, their distance, the rows' distance
    width, height = left + pitch * most, line * len(rows) - 0.05
    counts = ", ".join(f"{row} {hits[row]} of {len(labels)}" for row, (_, labels) in rows.items())
    name = classes[query_label]
    picture = Picture(WIDTH, WIDTH * height / width, f"Query: {name}. Neighbours of the same class: {counts}.")
    picture.set_layout_engine("none")  # one axes that fills the figure: 24 small ones take half a second
    axes = picture.add_axes((0, 0, 1, 1))

    def place(image, x, y, size, text, frame, dashes="-"):
        axes.imshow(_pixels(image), interpolation="nearest", extent=(x, x + size, y + size, y))
        axes.add_patch(Rectangle((x, y), size, size, fill=False, edgecolor=frame, linewidth=3, linestyle=dashes))
        axes.text(x + size / 2, y + size + 0.06, text, fontsize=8.5, ha="center", va="top", color=style.INK)

    place(query, 0.1, (height - 1.75) / 2 if len(rows) > 1 else 0.05, 1.4 if len(rows) > 1 else 1, name, style.ANCHOR)
    for r, (row, (images, labels)) in enumerate(rows.items()):
        axes.text(left - 0.2, r * line + 0.5, row, fontweight="bold", ha="right", va="bottom", color=style.INK)
        axes.text(left - 0.2, r * line + 0.56, f"{hits[row]} of {len(labels)}", ha="right", va="top", color=style.INK)
        for i, (image, y) in enumerate(zip(images, labels.tolist())):
            kind = (style.POSITIVE, "-") if y == query_label else (style.NEGATIVE, (0, (2, 1)))
            place(image, left + pitch * i, r * line + 0.06, 1, classes[y], *kind)
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    return picture


def _pixels(image):
    """An image (C, H, W), uint8 or float in [0, 1], C = 1 or 3, as matplotlib wants it: (H, W, 3)."""
    image = torch.as_tensor(image).cpu()
    return (image if image.dtype == torch.uint8 else image.clamp(0, 1)).permute(1, 2, 0).expand(-1, -1, 3).numpy()
