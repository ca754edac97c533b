"""Figures: every one is a picture with words, draws what it is given, and leaves the learner's own settings alone."""

import base64
import struct

import matplotlib
import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex

from clearn import plots, style
from clearn.plots.plane import seen_from_above
from clearn.training import History

GEN = torch.Generator().manual_seed(0)
IMAGES = torch.randint(0, 256, (12, 3, 16, 16), dtype=torch.uint8, generator=GEN)
LABELS = torch.arange(12) % 3
CLASSES = ("coat", "bag", "boot")
CIRCLE = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])


def every_picture():
    positions = {"before": np.random.default_rng(0).normal(size=(12, 2)), "after": np.random.default_rng(1).normal(size=(12, 2))}
    return {
        "image_rows": plots.image_rows({"a": IMAGES[:4], "b": IMAGES[4:6] / 255}, titles=CLASSES),
        "view_grid": plots.view_grid(IMAGES[:5], IMAGES[:5] / 255, IMAGES[:5] / 255),
        "contrast_picture": plots.contrast_picture(*IMAGES[:3]),
        "neighbour_strip": plots.neighbour_strip(IMAGES[0], 0, {"pixels": (IMAGES[1:9], LABELS[1:9])}, CLASSES),
        "similarity_matrix": plots.similarity_matrix(torch.eye(4)),
        "embedding_map": plots.embedding_map(positions, LABELS, CLASSES),
        "few_label_curve": plots.few_label_curve({"ours": {10: [0.3, 0.4], 100: [0.6, 0.7]}, "raw": {10: [0.2], 100: [0.3]}}),
        "lines": plots.lines({"a": ([1, 2, 4], [3, 2, 1]), "b": ([1, 2, 4], [1, 1, 1])}, "x", "loss", log="x", points=True),
        "points_and_forces": plots.points_and_forces(CIRCLE, CIRCLE / 3, [0, 1, 2, 0], ring=0.5, alt="Four points on a circle."),
        "points_on_sphere": plots.points_on_sphere(CIRCLE, CIRCLE / 3, alt="Two pairs of points on a circle."),
        "candidate_matrices": plots.candidate_matrices(images=4),
        "loss_curve": plots.loss_curve(History(30, losses=list(np.linspace(6, 3, 30))), chance=6.2),
    }


@pytest.mark.parametrize("name", every_picture())
def test_picture_shows_itself_sharp_with_alternative_text(name):
    picture = every_picture()[name]
    data, metadata = picture._repr_mimebundle_()
    png = base64.b64decode(data["image/png"])
    width, _ = struct.unpack(">II", png[16:24])
    assert png.startswith(b"\x89PNG") and width == pytest.approx(1.5 * metadata["image/png"]["width"], abs=2)
    assert metadata["image/png"]["width"] <= 96 * plots.WIDTH  # fits the page
    assert metadata["image/png"]["alt"] == data["text/plain"] == picture.alt and len(picture.alt) > 20


def test_same_call_same_bytes():
    assert [p.png() for p in every_picture().values()] == [p.png() for p in every_picture().values()]


def test_learners_own_settings_neither_matter_nor_change():
    plain = plots.loss_curve(History(3, losses=[3.0, 2.0, 1.0])).png()
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "black"}):
        before = dict(matplotlib.rcParams)
        assert plots.loss_curve(History(3, losses=[3.0, 2.0, 1.0])).png() == plain
        assert dict(matplotlib.rcParams) == before


def test_neighbour_strip_counts_what_it_frames():
    labels = torch.tensor([0, 0, 1, 2])
    picture = plots.neighbour_strip(IMAGES[0], 0, {"pixels": (IMAGES[:4], labels), "encoder": (IMAGES[:4], labels * 0)}, CLASSES)
    assert "pixels 2 of 4" in picture.alt and "encoder 4 of 4" in picture.alt and "coat" in picture.alt
    frames = [to_hex(patch.get_edgecolor()).upper() for patch in picture.axes[0].patches]
    assert frames.count(style.POSITIVE) == 6 and frames.count(style.NEGATIVE) == 2


def test_embedding_map_colours_by_class_and_names_each():
    positions = np.eye(3)[LABELS][:, :2] + 0.01 * np.arange(24.0).reshape(12, 2)  # three groups, one a class
    picture = plots.embedding_map({"a": positions, "mixed": positions * 0}, LABELS, CLASSES)
    axes = picture.axes[0]
    colours = [to_hex(c).upper() for c in axes.collections[0].get_facecolors()]
    assert colours == [style.CLASSES[y].upper() for y in LABELS]
    assert np.array_equal(axes.collections[0].get_offsets(), positions)
    assert [text.get_text() for text in axes.texts] == list(CLASSES)
    assert [text.get_text() for text in picture.legends[0].texts] == list(CLASSES)
    assert len(picture.axes[1].texts) < 3  # where all classes lie on one spot, their names would hide each other


def test_maps_on_one_scale_can_be_compared():
    positions = np.eye(3)[LABELS][:, :2] + 0.01 * np.arange(24.0).reshape(12, 2)
    maps = {"large": 10 * positions, "elsewhere": positions + 7, "a point": positions / 100}
    picture = plots.embedding_map(maps, LABELS, CLASSES, one_scale=True)
    limits = np.array([[axes.get_xlim(), axes.get_ylim()] for axes in picture.axes])
    np.testing.assert_allclose(np.ptp(limits, axis=2), [1.08 * np.ptp(10 * positions, axis=0)] * 3)
    for limit, z in zip(limits, maps.values()):
        np.testing.assert_allclose(limit.mean(1), (z.min(0) + z.max(0)) / 2)
    assert [len(axes.texts) for axes in picture.axes] == [3, 0, 0]  # a name would be larger than the small maps


def test_few_label_curve_draws_means_and_ranges():
    axes = plots.few_label_curve({"ours": {10: [0.3, 0.5], 100: [0.6, 0.8]}}).axes[0]
    assert axes.lines[0].get_xydata().tolist() == [[10, pytest.approx(0.4)], [100, pytest.approx(0.7)]]
    heights = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert heights.min() == pytest.approx(0.3) and heights.max() == pytest.approx(0.8)


def test_lines_keep_their_values_and_names_apart():
    x = [1, 2, 4]
    picture = plots.lines({"a": (x, [3, 2, 1]), "b": (x, [1, 1, 1]), "c": (x, [9, 9, 1.01])}, "x", "y", log="x", points=True)
    axes = picture.axes[0]
    assert [line.get_xydata().tolist() for line in axes.lines][0] == [[1, 3], [2, 2], [4, 1]]
    assert axes.get_xscale() == "log" and [t.get_text() for t in axes.get_xticklabels()] == ["1", "2", "4"]
    assert axes.get_ylim()[1] > 9  # limits are found from the values
    names = {text.get_text(): text.xy[1] for text in axes.texts}
    heights = sorted(names.values())
    plain = plots.lines({"low": (x, [30, 20, 10]), "high": (x, [50, 40, 50])}, "x", "y").axes[0]
    for axes, heights, end in ((axes, heights, 1), (plain, [text.xy[1] for text in plain.texts], 10)):
        low, high = axes.get_ylim()
        assert min(heights) == pytest.approx((end - low) / (high - low), abs=1e-6)  # the lowest stands where its curve ends
    assert set(names) == {"a", "b", "c"} and all(b - a > 0.06 for a, b in zip(heights, heights[1:]))


def test_a_name_is_moved_only_by_a_name_that_it_would_cover():
    points = {"left": ([0], [1]), "also left": ([0], [1]), "right": ([10], [1]), "low": ([10], [0])}
    axes = plots.lines(points, "x", "y", points=True).axes[0]
    heights, (low, high) = {text.get_text(): text.xy[1] for text in axes.texts}, axes.get_ylim()
    assert heights["left"] == heights["right"] == pytest.approx((1 - low) / (high - low))
    assert heights["also left"] == pytest.approx(heights["left"] + 0.065)


def test_candidate_matrices_are_those_of_the_losses():
    one, two = (axes.collections[0].get_array().reshape(n, n)[::-1] for axes, n in zip(plots.candidate_matrices(3).axes, (3, 6)))
    assert one.tolist() == [[1, 2, 2], [2, 1, 2], [2, 2, 1]]
    for i in range(6):
        assert [two[i][j] for j in range(6)] == [0 if j == i else 1 if j == (i + 3) % 6 else 2 for j in range(6)]


def test_arrows_begin_at_the_points_and_are_the_forces():
    picture = plots.points_and_forces(CIRCLE, CIRCLE * torch.tensor([[1], [2], [0], [3]]), [0, 1, 2, 0], alt="Four points.")
    arrows = picture.axes[0].collections[-1]
    assert np.array_equal(np.c_[arrows.X, arrows.Y], CIRCLE[[0, 1, 3]])  # none for the point without a force
    assert np.array_equal(np.c_[arrows.U, arrows.V], (CIRCLE * torch.tensor([[1], [2], [0], [3]]))[[0, 1, 3]])


def test_the_sphere_is_seen_from_above():
    """The north pole is nearer to the eye than the south pole, and all stays inside the circle."""
    xy, depth = seen_from_above(torch.tensor([[0.0, 1, 0], [0, -1, 0], [0, 0, 1], [1, 0, 0]], dtype=torch.float64))
    assert xy[2, 1] < 0 < xy[0, 1]  # the front of the equator hangs below the middle
    assert depth[0] > 0 > depth[1] and depth[2] > depth[0] and (np.linalg.norm(xy, axis=1) <= 1 + 1e-9).all()
    assert np.allclose(np.linalg.norm(np.c_[xy, depth], axis=1), 1)


def test_umap_keeps_groups_apart_and_is_seeded():
    centres = torch.eye(3).repeat_interleave(30, 0) * 5
    features = centres + 0.1 * torch.randn(90, 3, generator=GEN)
    once, twice = plots.umap_positions(features, seed=1), plots.umap_positions(features, seed=1)
    assert once.shape == (90, 2) and np.array_equal(once, twice)
    groups = once.reshape(3, 30, 2)
    within = np.linalg.norm(groups - groups.mean(1, keepdims=True), axis=2).max()
    between = min(np.linalg.norm(groups[i].mean(0) - groups[j].mean(0)) for i in range(3) for j in range(i))
    assert between > 2 * within


def test_colours_of_the_classes_differ_for_colour_blind_eyes():
    """Simulated deuteranopia (Viénot, Brettel, Mollon 1999): no two of the ten colours come closer than 0.07 in RGB."""
    rgb = np.array([matplotlib.colors.to_rgb(c) for c in style.CLASSES]) ** 2.2
    simulated = (rgb @ np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]).T).clip(0) ** (1 / 2.2)
    distance = np.linalg.norm(simulated[:, None] - simulated[None], axis=2) + np.eye(10)
    assert distance.min() > 0.07 and len(set(style.CLASSES)) == 10
