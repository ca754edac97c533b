"""The panel of chapter 12: what a map shows of features and of noise, and how much of it comes from its settings."""

import ipywidgets
import numpy as np
import torch

from clearn import style, validate
from clearn.course.numbers import say
from clearn.course.pictures import WIDTH, Picture
from clearn.course.plots.maps import umap_positions
from clearn.course.widgets.panel import PlotPanel

K = 15  # neighbours for the trustworthiness
CURVES = {"features": style.ANCHOR, "noise": style.MUTED}


def noise_like(features, seed=0):
    """A Gaussian cloud (N, D) with the mean and the covariance of `features` (N, D): as long and as flat, no groups."""
    x = validate.features("features", features).double().cpu()
    centred = x - x.mean(0)
    mix = torch.randn(len(x), len(x), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return (x.mean(0) + mix @ centred / len(x) ** 0.5).float()


def map_grid(features, neighbors=(2, 3, 5, 15, 50), seeds=(0, 1, 2)):
    """A map of features (N, D) for every setting: {(neighbors, seed): positions (N, 2)}.

    Each starts from random positions, so that the seed matters, and takes 100 epochs. UMAP counts a point among its own
    neighbours. McInnes, Healy, Melville 2018; on the start, Kobak and Linderman 2021.
    """
    x = validate.features("features", features)
    return {(k, seed): umap_positions(x, k, seed, start="random", epochs=100) for k in neighbors for seed in seeds}


def clumping(positions):
    """How far the nearest point is on a map (N, 2), relative to points spread at random over the map's convex hull.

    About 1 for an even spread, towards 0 for clumps: R = mean distance / (½ √(area / N)). Clark and Evans 1954.
    """
    from scipy.spatial import ConvexHull, KDTree

    nearest = KDTree(positions).query(positions, 2)[0][:, 1]
    return nearest.mean() / (0.5 * np.sqrt(ConvexHull(positions).volume / len(positions)))  # of a plane hull, the area


def class_distances(x, labels):
    """The distance between the means of any two classes of `x` (N, D): one number for each pair."""
    from scipy.spatial.distance import pdist

    return pdist(np.stack([x[labels == y].mean(0) for y in np.unique(labels)]))


def map_settings(features, noise, maps, noise_maps, labels):
    """Maps of features and of noise side by side, for any number of neighbours and any seed, and what to make of them.

    Args: features (N, D) and noise (N, D), as from `noise_like`; maps and noise_maps, for the two, {(neighbors, seed):
    positions (N, 2)}, as from `map_grid`; labels (N,) of the features, at least three classes. The curves show for each
    number of neighbours the trustworthiness of the maps (whether the 15 nearest on the map are near in the features, by
    cosine; 1 at best; Venna and Kaski 2001) and their `clumping`. The caption also says how far the distances between
    classes have the order that they have in the features, and on the other seeds' maps. Returns a PlotPanel.
    """
    from scipy.stats import spearmanr
    from sklearn.manifold import trustworthiness

    clouds = {"features": validate.features("features", features)}
    clouds["noise"] = validate.features("noise", noise, like=("features", features))
    labels = validate.labels("labels", torch.as_tensor(labels), len(features), of="features").cpu().numpy()
    settings = list(maps)
    sizes, seeds = sorted({k for k, _ in settings}), sorted({seed for _, seed in settings})
    if maps.keys() != noise_maps.keys() or len(maps) != len(sizes) * len(seeds) or min(len(sizes), len(seeds)) < 2:
        raise ValueError(f"maps and noise_maps must hold the same settings (neighbors, seed), each of two numbers or more of "
                         f"neighbors with each of two seeds or more, got {sorted(maps)} and {sorted(noise_maps)}")  # fmt: skip
    if len(np.unique(labels)) < 3:
        raise ValueError(f"labels must hold three classes or more, got {len(np.unique(labels))}")
    if len(labels) <= 2 * K:
        raise ValueError(
            f"features must hold more than {2 * K} rows, as trustworthiness looks at {K} neighbours, got {len(labels)}"
        )
    unit, trust, clumps = {}, {}, {}
    for name, grid in (("features", maps), ("noise", noise_maps)):
        unit[name] = torch.nn.functional.normalize(clouds[name]).cpu().numpy()
        for setting, positions in grid.items():
            if positions.shape != (len(labels), 2):
                raise ValueError(
                    f"a map must have shape ({len(labels)}, 2), got {positions.shape} for {name}, {setting}"
                )
            trust[name, setting] = trustworthiness(unit[name], positions, n_neighbors=K, metric="cosine")
            clumps[name, setting] = clumping(positions)
    truth = class_distances(unit["features"], labels)
    orders = {setting: class_distances(maps[setting], labels) for setting in settings}

    def draw(neighbors, seed):
        setting = (neighbors, seed)
        others = [spearmanr(orders[setting], orders[neighbors, other]).statistic for other in seeds if other != seed]
        made = " Noise has no clumps: here the map has made them." if clumps["noise", setting] < 0.9 else ""
        picture = Picture(WIDTH, 3.3, (
            f"{neighbors} neighbours, seed {seed}. Trustworthiness {say(trust['features', setting])}, of the noise "
            f"{say(trust['noise', setting])}. Nearest points are {say(clumps['features', setting])} times as far apart as in "
            f"an even spread, in the noise {say(clumps['noise', setting])}.{made} The order of the distances between classes: rank "
            f"correlation {say(spearmanr(orders[setting], truth).statistic)} with the features, "
            f"{say(min(others))} at worst with another seed."
        ))  # fmt: skip
        picture.set_layout_engine("none")  # axes laid out by hand: twice as fast
        for left, name, grid, title in (
            (0.005, "features", maps, "features, by class"),
            (0.365, "noise", noise_maps, "noise"),
        ):
            axes = picture.add_axes((left, 0.01, 0.35, 0.89))
            colours = [style.CLASSES[y] for y in labels] if name == "features" else style.MUTED
            axes.scatter(*grid[setting].T, c=colours, s=7, linewidths=0, alpha=0.85)
            axes.set(xticks=[], yticks=[])
            axes.set_title(title, color=CURVES[name])
            axes.spines[:].set(visible=True, color=style.GRID)
        for bottom, title, values, low in ((0.59, "trustworthiness", trust, 0.5), (0.145, "nearest points", clumps, 0)):
            axes = picture.add_axes((0.785, bottom, 0.205, 0.31))
            axes.axvline(sizes.index(neighbors), color=style.GRID, linewidth=1, zorder=0)
            axes.axhline(1, color=style.MUTED, linestyle=":", linewidth=1)
            for name, colour in CURVES.items():
                curve = [values[name, (k, seed)] for k in sizes]
                axes.plot(curve, color=colour, linewidth=1.5)
                axes.plot(sizes.index(neighbors), values[name, setting], "o", color=colour, markersize=7)
            axes.set(title=title, ylim=(low, 1.04 if low else 1.25))
            axes.set_xticks(range(len(sizes)), sizes)
            axes.tick_params(labelsize=9)
        axes.set_xlabel("neighbours", labelpad=1, fontsize=10)
        return picture

    return PlotPanel(
        draw, "settings of a map", neighbors=ipywidgets.SelectionSlider(options=sizes, value=sizes[1], description="neighbours"),
        seed=ipywidgets.SelectionSlider(options=seeds),
    )  # fmt: skip
