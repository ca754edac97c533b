"""One look for every figure. Each function returns a `Picture`: a matplotlib Figure that carries its alternative text."""

import numpy as np
import torch
from matplotlib import patheffects
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from clearn import style
from clearn.pictures import WIDTH, Picture, draw_image, pixels, styled


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


def umap_positions(features, neighbors=15, seed=0):
    """Positions (N, 2) of features (N, D) on a map that keeps neighbourhoods, by cosine. McInnes, Healy, Melville 2018.

    The neighbours come from scikit-learn, exactly, which is many times faster here than UMAP's own search. Distances
    between far groups mean little, and neither does the size of a group.
    """
    import warnings

    from sklearn.neighbors import NearestNeighbors

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # notes on what precomputed neighbours cannot do; we only place these points
        import umap

        unit = torch.nn.functional.normalize(features.cpu()).numpy()
        distance, index = NearestNeighbors(n_neighbors=neighbors).fit(unit).kneighbors(unit)
        reducer = umap.UMAP(n_neighbors=neighbors, precomputed_knn=(index, distance, None), init="pca", min_dist=0.3,
                            n_epochs=200, random_state=seed, n_jobs=1)  # fmt: skip
        return reducer.fit_transform(unit)


@styled
def embedding_map(maps, labels, classes):
    """Points coloured by class, one panel for each map. A class is named on the map where it keeps to itself.

    Args: maps, {title: positions (N, 2)}; labels (N,); classes, the names.
    """
    labels, columns = np.asarray(labels), max(2, len(maps))
    picture = Picture(WIDTH, WIDTH / columns + 0.7, f"Maps of {len(labels)} images: {', '.join(maps)}")
    for axes, (title, positions) in zip(np.atleast_1d(picture.subplots(1, len(maps))), maps.items()):
        axes.scatter(*positions.T, c=[style.CLASSES[y] for y in labels], s=7, linewidths=0, alpha=0.8)
        axes.set(title=title, xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        for y, name in enumerate(classes):
            centre = np.median(positions[labels == y], axis=0)
            around = np.linalg.norm(positions - centre, axis=1).argsort()[: max(1, len(labels) // 50)]
            if np.mean(labels[around] == y) > 0.4:
                halo = [patheffects.withStroke(linewidth=3, foreground="white")]
                axes.annotate(name, centre, fontsize=9, ha="center", va="center", path_effects=halo, color=style.INK)
    dots = [Line2D([], [], linestyle="", marker="o", markersize=6, color=style.CLASSES[y]) for y in range(len(classes))]
    picture.legend(dots, classes, loc="outside lower center", ncols=min(5, len(classes)), handletextpad=0, fontsize=9)
    return picture


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
        axes.fill_between(counts, [d.min() for d in draws], [d.max() for d in draws], color=colour, alpha=0.15, linewidth=0)
        ends.append((mean[-1], name, colour))
    height = -1.0
    for end, name, colour in sorted(ends):  # names that would overlap move apart
        height = max(end, height + 0.06)
        axes.annotate(name, (counts[-1], height), color=colour, va="center", xytext=(9, 0), textcoords="offset points")
    axes.set(xscale="log", xticks=counts, xticklabels=counts, ylim=(0, 1), xlabel="labelled images", ylabel="test accuracy")
    axes.minorticks_off()
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
    axes.plot(np.arange(window - 1, len(losses)), np.convolve(losses, np.ones(window) / window, "valid"), color=style.ANCHOR)
    if chance is not None:
        axes.axhline(chance, color=style.MUTED, linestyle=":", linewidth=1.5)
        axes.annotate("chance", (len(losses), chance), color=style.MUTED, ha="right", va="bottom")
    axes.set(xlabel="step", ylabel="loss", xlim=(0, len(losses)))
    return picture
