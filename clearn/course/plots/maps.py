"""Maps: points in the plane for features of many dimensions."""

from contextlib import contextmanager

import numpy as np
import torch
from matplotlib import patheffects
from matplotlib.lines import Line2D

from clearn import style, validate
from clearn.course.pictures import WIDTH, Picture, styled


def umap_positions(features, neighbors=15, seed=0, start="pca", epochs=200):
    """Positions (N, 2) of features (N, D) on a map that keeps neighbourhoods, by cosine. McInnes, Healy, Melville 2018.

    The neighbours come from scikit-learn, exactly, which is many times faster here than UMAP's own search. Distances
    between far groups mean little, and neither does the size of a group. start, positions (N, 2) to begin with, and
    epochs, how long they move: a film begins each map with the one before.
    Raises what `validate.features` raises, and ValueError for fewer than two columns or too few points for `neighbors`.
    """
    import warnings

    from sklearn.neighbors import NearestNeighbors

    x, neighbors = validate.features("features", features).detach(), validate.whole("neighbors", neighbors, least=2)
    if x.shape[1] < 2:
        raise ValueError("features have one column: they lie on a line already, and need no map")
    if len(x) < neighbors:  # a point counts among its own
        raise ValueError(f"{neighbors} neighbors asked for, but there are only {len(x)} points")
    with warnings.catch_warnings(), _same_threads():
        warnings.simplefilter("ignore")  # notes on what precomputed neighbours cannot do; we only place these points
        import umap

        unit = torch.nn.functional.normalize(x.cpu()).numpy()
        distance, index = NearestNeighbors(n_neighbors=neighbors).fit(unit).kneighbors(unit)
        reducer = umap.UMAP(n_neighbors=neighbors, precomputed_knn=(index, distance, None), init=start, min_dist=0.3,
                            n_epochs=epochs, random_state=seed, n_jobs=1)  # fmt: skip
        return reducer.fit_transform(unit)


@contextmanager
def _same_threads():
    """UMAP's compiled code shares OpenMP with torch, and would leave it with as many threads as there are cores."""
    threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@styled
def embedding_map(maps, labels, classes, *, one_scale=False):
    """Points coloured by class, one panel for each map. A class is named on the map where it keeps to itself.

    Args: maps, {title: positions (N, 2)}; labels (N,); classes, the names; one_scale, whether one centimetre is the same
    length on all maps, each shown around its own middle, so that their sizes can be compared.
    """
    labels, columns = np.asarray(labels), max(2, len(maps))
    picture = Picture(WIDTH, WIDTH / columns + 0.7, f"Maps of {len(labels)} images: {', '.join(maps)}")
    widest = np.max([np.ptp(positions, axis=0) for positions in maps.values()], axis=0)
    for axes, (title, positions) in zip(np.atleast_1d(picture.subplots(1, len(maps))), maps.items()):
        axes.scatter(*positions.T, c=[style.CLASSES[y] for y in labels], s=7, linewidths=0, alpha=0.8)
        axes.set(title=title, xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        size = np.ptp(positions, axis=0)
        placed, reach = [], (widest if one_scale else size) * [0.16 * columns / 2, 0.055]  # room for one name
        if one_scale:
            middle = positions.min(0) + size / 2
            axes.set(**{f"{x}lim": (m - 0.54 * w, m + 0.54 * w) for x, m, w in zip("xy", middle, widest)})
        for y, name in enumerate(classes if (size >= reach).all() else ()):  # a name would hide a smaller map
            centre = np.median(positions[labels == y], axis=0)
            around = np.linalg.norm(positions - centre, axis=1).argsort()[: max(1, len(labels) // 50)]
            free = all((np.abs(centre - other) > reach).any() for other in placed)  # else one name would hide another
            if free and np.mean(labels[around] == y) > 0.4:
                placed.append(centre)
                halo = [patheffects.withStroke(linewidth=3, foreground="white")]
                axes.annotate(name, centre, fontsize=9, ha="center", va="center", path_effects=halo, color=style.INK)
    dots = [Line2D([], [], linestyle="", marker="o", markersize=6, color=style.CLASSES[y]) for y in range(len(classes))]
    picture.legend(dots, classes, loc="outside lower center", ncols=min(5, len(classes)), handletextpad=0, fontsize=9)
    return picture
