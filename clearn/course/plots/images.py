"""Images on a page: rows of them, views of one, neighbours, and what is similar to what."""

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.patches import Rectangle

from clearn import style
from clearn.course.pictures import WIDTH, Picture, draw_image, pixels, styled


@styled
def image_rows(rows, titles=None, size=0.8):
    """Rows of images, each with its name at the left.

    Args: rows, {name: images (n, C, H, W)}; titles, n words above the first row; size of an image in inches, less where
    the row would be too wide. Returns a Picture.
    """
    columns = max(len(images) for images in rows.values())
    size = min(size, (WIDTH - 1.3) / columns)
    picture = Picture(size * columns + 1.3, (size + 0.06) * len(rows) + 0.25 * bool(titles),
                      "; ".join(f"{name}: {len(images)} images" for name, images in rows.items()))  # fmt: skip
    grid = picture.subplots(len(rows), columns, squeeze=False)
    for line, (name, images) in zip(grid, rows.items()):
        for column, axes in enumerate(line):
            if column < len(images):
                draw_image(axes, images[column])
            else:
                axes.axis("off")
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", labelpad=8)
    for axes, title in zip(grid[0], titles or ()):
        axes.set_title(title, fontsize=9, fontweight="normal", loc="center")
    return picture


def view_grid(images, view0, view1):
    """Originals above two random views of each: a column is a positive pair. Args: each (n, C, H, W)."""
    picture = image_rows({"image": images, "view 0": view0, "view 1": view1})
    picture.alt = f"{len(images)} images in a row, and below each its two augmented views"
    return picture


@styled
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
        axes.imshow(pixels(image), interpolation="nearest", extent=(x, x + size, y + size, y))
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


@styled
def contrast_picture(view0, view1, other):
    """The idea in one picture: two views of one image attract, another image is pushed away. Args: each (C, H, W)."""
    picture = Picture(6.4, 1.75, "Two views of one garment, joined by a green arrow that says: pull together. "
                      "A third picture, of another garment, with orange-red arrows that say: push apart.")  # fmt: skip
    axes = picture.subplots()
    axes.set(xlim=(0.2, 6.6), ylim=(0.45, 2.2), aspect="equal")
    axes.axis("off")
    for image, (x, y), name in ((view0, (0.9, 1.3), "a view"), (view1, (2.9, 1.3), "another view of it"),
                                (other, (5.5, 1.3), "a view of something else")):  # fmt: skip
        draw_image(axes.inset_axes([x - 0.5, y - 0.5, 1, 1], transform=axes.transData), image)
        axes.annotate(name, (x, y - 0.6), ha="center", va="top", color=style.INK)
    for (x0, x1), colour, word, arrow in (((1.5, 2.3), style.POSITIVE, "pull\ntogether", "->"),
                                          ((3.5, 4.9), style.NEGATIVE, "push\napart", "<->")):  # fmt: skip
        if arrow == "->":  # two arrows that meet
            middle = (x0 + x1) / 2
            for start, end in ((x0, middle - 0.03), (x1, middle + 0.03)):
                axes.annotate("", (end, 1.3), (start, 1.3), arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 2})
        else:
            axes.annotate("", (x1, 1.3), (x0, 1.3), arrowprops={"arrowstyle": "<|-|>", "color": colour, "lw": 2})
        axes.annotate(word, ((x0 + x1) / 2, 1.5), ha="center", va="bottom", color=colour, fontweight="bold")
    return picture


@styled
def similarity_matrix(cosine, title="cosine similarity"):
    """A matrix of cosines (N, M) as a heat map from −1 to 1, rows down and columns across."""
    picture = Picture(4.6, 4, f"Heat map: {title} of {cosine.shape[0]} rows with {cosine.shape[1]} columns")
    axes = picture.subplots()
    image = axes.imshow(cosine.detach().cpu().numpy(), cmap="RdBu_r", vmin=-1, vmax=1, interpolation="nearest")
    axes.spines[:].set_visible(False)
    picture.colorbar(image, ax=axes, label=title, shrink=0.8).outline.set_visible(False)
    return picture


@styled
def candidate_matrices(images):
    """Who asks whom in InfoNCE within a batch and in NT-Xent, for so many `images`: right answers green, negatives
    orange-red, what is struck out white."""
    both = 2 * images
    picture = Picture(WIDTH * 0.8, 3.5, f"Two tables for {images} images. InfoNCE: {images} by {images}, right answers "
                      "on the diagonal. "
                      f"NT-Xent: {both} by {both}, the diagonal struck out, right answers {images} beside it.")  # fmt: skip
    one = np.where(np.eye(images), 1, 2)
    two = np.where(np.roll(np.eye(both), images, axis=1), 1, 2) * (1 - np.eye(both, dtype=int))
    colours = ListedColormap(["white", style.POSITIVE, "#F2B48C"])
    for axes, (title, cells) in zip(picture.subplots(1, 2), {"InfoNCE": one, "NT-Xent": two}.items()):
        axes.pcolormesh(cells[::-1], cmap=colours, vmin=0, vmax=2, edgecolors="white", linewidth=1.5)
        axes.set(title=title, aspect="equal", xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        halves = ["view 0", "view 1"]
        if len(cells) == images:
            axes.set(xlabel="view 1", ylabel="view 0")
        else:
            axes.set_xticks([images / 2, 1.5 * images], halves)
            axes.set_yticks([1.5 * images, images / 2], halves, rotation=90, va="center")
            axes.tick_params(length=0, labelsize=11, labelcolor=style.INK)
    return picture
