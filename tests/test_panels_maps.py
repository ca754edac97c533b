"""The panel of chapter 12 about maps: its numbers against scikit-learn, SciPy and loops; and what noise has no groups."""

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from oracles import numbers
from scipy.stats import spearmanr
from sklearn.manifold import trustworthiness

from clearn import style
from clearn.course.widgets import map_grid, map_settings, noise_like
from clearn.course.widgets.maps import clumping

N, SIZES, SEEDS = 60, (3, 5, 15, 50), (0, 1, 2)


def given(**changed):
    """Features in three groups, and positions that keep the features' plane the less the fewer neighbours."""
    rng = torch.Generator().manual_seed(0)
    labels = torch.arange(N) % 4
    features = 4 * torch.eye(4)[labels] + torch.randn(N, 4, generator=rng)
    noise = noise_like(features)

    def maps(x):
        return {(k, s): (x[:, :2] + 6 / k * torch.randn(N, 2, generator=rng)).numpy() for k in SIZES for s in SEEDS}

    return {
        "features": features,
        "noise": noise,
        "maps": maps(features),
        "noise_maps": maps(noise),
        "labels": labels,
    } | changed


@pytest.fixture(scope="module")
def panel():
    return map_settings(**given())


def spread(positions):
    """Mean distance to the nearest point over what a random spread with the same density has; the hull by its triangles."""
    from scipy.spatial import Delaunay

    nearest = [min(np.hypot(*(p - q)) for j, q in enumerate(positions) if j != i) for i, p in enumerate(positions)]
    area = sum(
        abs(np.linalg.det([b - a, c - a])) / 2 for a, b, c in positions[Delaunay(positions).simplices].astype(float)
    )
    return np.mean(nearest) / (0.5 * np.sqrt(area / len(positions)))


def distances(x, labels):
    means = [np.mean([row for row, y in zip(x, labels) if y == k], axis=0) for k in range(4)]
    return [np.linalg.norm(means[a] - means[b]) for a in range(4) for b in range(a)]


@pytest.mark.parametrize("neighbors", SIZES)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_caption_says_what_scikit_learn_and_loops_find(panel, neighbors, seed):
    parts, setting = given(), (neighbors, seed)
    pairs = [(parts["features"], parts["maps"]), (parts["noise"], parts["noise_maps"])]
    trust = [trustworthiness(x.numpy(), grid[setting], n_neighbors=15, metric="cosine") for x, grid in pairs]
    spreads = [spread(grid[setting]) for _, grid in pairs]
    labels, unit = parts["labels"].tolist(), torch.nn.functional.normalize(parts["features"]).numpy()
    here = distances(parts["maps"][setting], labels)
    truth = spearmanr(here, distances(unit, labels)).statistic
    worst = min(
        spearmanr(here, distances(parts["maps"][neighbors, other], labels)).statistic for other in {*SEEDS} - {seed}
    )
    caption = panel.draw(neighbors, seed).alt
    np.testing.assert_allclose(numbers(caption), [neighbors, seed, *trust, *spreads, truth, worst], atol=0.0051)
    assert ("here the map has made them" in caption) == (spreads[1] < 0.9)


def test_the_picture_shows_the_maps_and_the_curves_of_the_seed(panel):
    parts, picture = given(), panel.draw(15, 1)
    real, noise, trust, spreads = picture.axes
    np.testing.assert_allclose(real.collections[0].get_offsets(), parts["maps"][15, 1])
    np.testing.assert_allclose(noise.collections[0].get_offsets(), parts["noise_maps"][15, 1])
    shown = [to_hex(colour).upper() for colour in real.collections[0].get_facecolors()]
    assert shown == [style.CLASSES[y] for y in parts["labels"]]
    for axes, column in ((trust, (2, 3)), (spreads, (4, 5))):
        expected = np.array([[numbers(panel.draw(k, 1).alt)[i] for i in column] for k in SIZES]).T
        for colour, values in zip((style.ANCHOR, style.MUTED), expected):
            curve, dot = [line for line in axes.lines if line.get_color() == colour and line.get_linestyle() != ":"
                          and len(line.get_xdata()) in (1, len(SIZES))]  # fmt: skip
            np.testing.assert_allclose(curve.get_ydata(), values, atol=0.0051)
            assert dot.get_xydata()[0].tolist() == [2, curve.get_ydata()[2]]
    assert [text.get_text() for text in trust.get_xticklabels()] == [str(k) for k in SIZES]


@pytest.mark.parametrize("name", ["neighbors", "seed"])
def test_each_control_changes_the_picture_and_the_words(panel, name):
    assert panel.controls["neighbors"].value == 5 and panel.controls["seed"].value == 0
    seen = []
    for value in panel.controls[name].options[-2:]:
        panel.controls[name].value = value
        seen.append((panel.caption, panel._png))
    assert len({words for words, _ in seen}) == len({png for _, png in seen}) == 2
    panel.controls["neighbors"].value, panel.controls["seed"].value = 5, 0


def test_clumping_is_one_for_an_even_spread_and_small_for_clumps():
    rng = np.random.default_rng(0)
    even = [clumping(rng.uniform(size=(600, 2))) for _ in range(5)]
    assert 0.95 < np.mean(even) < 1.1
    centres = rng.uniform(size=(60, 2)).repeat(10, axis=0)
    assert clumping(centres + 1e-3 * rng.normal(size=centres.shape)) < 0.1
    assert clumping(np.stack(np.meshgrid(range(25), range(25)), -1).reshape(-1, 2)) > 1.8  # a square lattice: nearly 2
    assert clumping(1000 * centres[:, ::-1] + 7) == pytest.approx(clumping(centres))


def test_noise_is_as_long_and_flat_as_the_features_and_is_gaussian():
    rng = torch.Generator().manual_seed(1)
    groups = 9 * torch.eye(3)[torch.arange(3000) % 3] + torch.randn(3000, 3, generator=rng) * torch.tensor(
        [1, 0.5, 0.1]
    )
    noise = noise_like(groups)
    assert noise.shape == groups.shape and noise.dtype == torch.float32
    torch.testing.assert_close(noise.mean(0), groups.mean(0), atol=0.3, rtol=0)
    torch.testing.assert_close(noise.T.cov(), groups.T.cov(), atol=1.5, rtol=0)
    along = (groups[0] - groups[1]) / 9
    tails = [((x @ along - (x @ along).mean()) / (x @ along).std()).pow(4).mean().item() for x in (groups, noise)]
    assert tails[0] < 2 and abs(tails[1] - 3) < 0.4  # groups end abruptly, a Gaussian does not: its kurtosis is 3
    assert torch.equal(noise, noise_like(groups)) and not torch.equal(noise, noise_like(groups, seed=1))


@pytest.mark.long
def test_a_grid_has_every_setting_and_the_seed_matters():
    x = given()["features"]
    grid = map_grid(x, neighbors=(3, 10), seeds=(0, 1))
    assert list(grid) == [(3, 0), (3, 1), (10, 0), (10, 1)] and all(place.shape == (N, 2) for place in grid.values())
    assert np.array_equal(grid[3, 1], map_grid(x, (3,), (1,))[3, 1]) and not np.allclose(
        grid[3, 0], grid[3, 1], atol=0.5
    )


@pytest.mark.long
def test_with_too_few_neighbours_noise_falls_into_clumps_and_trustworthiness_does_not_tell():
    """What the chapter claims, on a small cloud that has no groups by construction."""
    rng = torch.Generator().manual_seed(0)
    noise = torch.randn(400, 10, generator=rng) + 2
    grid = map_grid(noise, neighbors=(2, 30), seeds=(0,))
    trust = {k: trustworthiness(noise.numpy(), grid[k, 0], n_neighbors=15, metric="cosine") for k in (2, 30)}
    assert clumping(grid[2, 0]) < 0.5 and clumping(grid[30, 0]) > 0.9
    assert min(trust.values()) > 0.55 and trust[30] > 0.7


def test_bad_input_is_named():
    parts = given()
    fewer = {setting: place for setting, place in parts["maps"].items() if setting != (5, 1)}
    one_seed = {setting: place for setting, place in parts["maps"].items() if setting[1] == 0}
    for changed, message in [
        ({"maps": fewer}, r"^maps and noise_maps must hold the same settings .*, got \[\(3, 0\), .* and \[\(3, 0\)"),
        ({"maps": fewer, "noise_maps": fewer}, "^maps and noise_maps must hold the same settings"),
        ({"maps": one_seed, "noise_maps": one_seed}, "two seeds or more"),
        ({"maps": {}, "noise_maps": {}}, r"got \[\] and \[\]"),
        (
            {"maps": parts["maps"] | {(3, 1): parts["maps"][3, 1][:9]}},
            r"^a map must have shape \(60, 2\), got \(9, 2\) for features, \(3, 1\)",
        ),
        ({"labels": parts["labels"][:7]}, r"^labels must have shape \(60,\)"),
        ({"labels": parts["labels"] % 2}, "^labels must hold three classes or more, got 2"),
        ({"noise": parts["noise"][:20]}, r"^noise and features must have the same shape, got \(20, 4\) and \(60, 4\)"),
        ({"features": parts["features"] * torch.nan}, "^features must be finite, but holds NaN"),
        (
            {name: parts[name][:30] for name in ("features", "noise", "labels")},
            "^features must hold more than 30 rows, as trustworthiness looks at 15 neighbours, got 30",
        ),
    ]:
        with pytest.raises(ValueError, match=message):
            map_settings(**(parts | changed))
