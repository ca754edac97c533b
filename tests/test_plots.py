"""Figures: every one is a picture with words, draws what it is given, and leaves the learner's own settings alone."""

import base64
import re
import struct
from html.parser import HTMLParser

import matplotlib
import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex

from clearn import style
from clearn.course import plots
from clearn.course.plots.plane import seen_from_above
from clearn.training import History

GEN = torch.Generator().manual_seed(0)
IMAGES = torch.randint(0, 256, (12, 3, 16, 16), dtype=torch.uint8, generator=GEN)
LABELS = torch.arange(12) % 3
CLASSES = ("coat", "bag", "boot")
CIRCLE = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])


def every_picture():
    positions = {
        "before": np.random.default_rng(0).normal(size=(12, 2)),
        "after": np.random.default_rng(1).normal(size=(12, 2)),
    }
    return {
        "image_rows": plots.image_rows({"a": IMAGES[:4], "b": IMAGES[4:6] / 255}, titles=CLASSES),
        "view_grid": plots.view_grid(IMAGES[:5], IMAGES[:5] / 255, IMAGES[:5] / 255),
        "contrast_picture": plots.contrast_picture(*IMAGES[:3]),
        "neighbour_strip": plots.neighbour_strip(IMAGES[0], 0, {"pixels": (IMAGES[1:9], LABELS[1:9])}, CLASSES),
        "similarity_matrix": plots.similarity_matrix(torch.eye(4)),
        "embedding_map": plots.embedding_map(positions, LABELS, CLASSES),
        "few_label_curve": plots.few_label_curve(
            {"ours": {10: [0.3, 0.4], 100: [0.6, 0.7]}, "raw": {10: [0.2], 100: [0.3]}}
        ),
        "lines": plots.lines(
            {"a": ([1, 2, 4], [3, 2, 1]), "b": ([1, 2, 4], [1, 1, 1])}, "x", "loss", log="x", points=True
        ),
        "points_and_forces": plots.points_and_forces(
            CIRCLE, CIRCLE / 3, [0, 1, 2, 0], ring=0.5, alt="Four points on a circle."
        ),
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
    picture = plots.neighbour_strip(
        IMAGES[0], 0, {"pixels": (IMAGES[:4], labels), "encoder": (IMAGES[:4], labels * 0)}, CLASSES
    )
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
    picture = plots.lines(
        {"a": (x, [3, 2, 1]), "b": (x, [1, 1, 1]), "c": (x, [9, 9, 1.01])}, "x", "y", log="x", points=True
    )
    axes = picture.axes[0]
    assert [line.get_xydata().tolist() for line in axes.lines][0] == [[1, 3], [2, 2], [4, 1]]
    assert axes.get_xscale() == "log" and [t.get_text() for t in axes.get_xticklabels()] == ["1", "2", "4"]
    assert axes.get_ylim()[1] > 9  # limits are found from the values
    names = {text.get_text(): text.xy[1] for text in axes.texts}
    heights = sorted(names.values())
    plain = plots.lines({"low": (x, [30, 20, 10]), "high": (x, [50, 40, 50])}, "x", "y").axes[0]
    for drawn, written, end in ((axes, heights, 1), (plain, [text.xy[1] for text in plain.texts], 10)):
        low, high = drawn.get_ylim()  # the lowest name stands where its curve ends
        assert min(written) == pytest.approx((end - low) / (high - low), abs=1e-6)
    assert set(names) == {"a", "b", "c"} and all(b - a > 0.06 for a, b in zip(heights, heights[1:]))


def test_a_name_is_moved_only_by_a_name_that_it_would_cover():
    points = {"left": ([0], [1]), "also left": ([0], [1]), "right": ([10], [1]), "low": ([10], [0])}
    axes = plots.lines(points, "x", "y", points=True).axes[0]
    heights, (low, high) = {text.get_text(): text.xy[1] for text in axes.texts}, axes.get_ylim()
    assert heights["left"] == heights["right"] == pytest.approx((1 - low) / (high - low))
    assert heights["also left"] == pytest.approx(heights["left"] + 0.065)


def test_candidate_matrices_are_those_of_the_losses():
    one, two = (
        axes.collections[0].get_array().reshape(n, n)[::-1] for axes, n in zip(plots.candidate_matrices(3).axes, (3, 6))
    )
    assert one.tolist() == [[1, 2, 2], [2, 1, 2], [2, 2, 1]]
    for i in range(6):
        assert [two[i][j] for j in range(6)] == [0 if j == i else 1 if j == (i + 3) % 6 else 2 for j in range(6)]


def test_arrows_begin_at_the_points_and_are_the_forces():
    picture = plots.points_and_forces(
        CIRCLE, CIRCLE * torch.tensor([[1], [2], [0], [3]]), [0, 1, 2, 0], alt="Four points."
    )
    arrows = picture.axes[0].collections[-1]
    assert np.array_equal(np.c_[arrows.X, arrows.Y], CIRCLE[[0, 1, 3]])  # none for the point without a force
    assert np.array_equal(np.c_[arrows.U, arrows.V], (CIRCLE * torch.tensor([[1], [2], [0], [3]]))[[0, 1, 3]])


def test_the_sphere_is_seen_from_above():
    """The north pole is nearer to the eye than the south pole, and all stays inside the circle."""
    xy, depth = seen_from_above(torch.tensor([[0.0, 1, 0], [0, -1, 0], [0, 0, 1], [1, 0, 0]], dtype=torch.float64))
    assert xy[2, 1] < 0 < xy[0, 1]  # the front of the equator hangs below the middle
    assert depth[0] > 0 > depth[1] and depth[2] > depth[0] and (np.linalg.norm(xy, axis=1) <= 1 + 1e-9).all()
    assert np.allclose(np.linalg.norm(np.c_[xy, depth], axis=1), 1)


@pytest.mark.long
def test_umap_leaves_torch_its_number_of_threads():
    """Else a kernel that was given one core of two would wait for the other from there on, and take four times as long."""
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        plots.umap_positions(torch.randn(60, 5, generator=torch.Generator().manual_seed(0)), neighbors=5, epochs=5)
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("features, neighbors, error, words", [
    (torch.randn(14, 4), 15, ValueError, "15 neighbors asked for, but there are only 14 points"),
    (torch.randn(20, 4), 1, ValueError, "neighbors must be at least 2, got 1"),
    (torch.randn(20, 1), 5, ValueError, "features have one column"),
    (torch.randn(20, 4) * torch.nan, 5, ValueError, "features must be finite, but holds NaN"),
    (np.zeros((20, 4)), 5, TypeError, r"features must be a torch.Tensor, got ndarray; try torch.as_tensor"),
    (torch.zeros(20, 4, dtype=torch.long), 5, TypeError, r"try features.float\(\)"),
])  # fmt: skip
def test_umap_says_what_it_cannot_place(features, neighbors, error, words):
    with pytest.raises(error, match=words):
        plots.umap_positions(features, neighbors)


@pytest.mark.long
def test_umap_places_few_points_half_precision_and_features_with_a_gradient():
    x = torch.randn(15, 4, generator=GEN).bfloat16()
    placed = plots.umap_positions(x, epochs=20)
    assert placed.shape == (15, 2) and np.isfinite(placed).all()
    assert np.array_equal(placed, plots.umap_positions(x.float().requires_grad_() * 1, epochs=20))


@pytest.mark.long
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
    simulated = (rgb @ np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]).T).clip(0) ** (
        1 / 2.2
    )
    distance = np.linalg.norm(simulated[:, None] - simulated[None], axis=2) + np.eye(10)
    assert distance.min() > 0.07 and len(set(style.CLASSES)) == 10


# The table

MIXED = {"one": {"count": 12345, "a\n(b)": 0.0, "c": -1.0, "kind": "<raw>"},
         "a longer name": {"count": 7, "a\n(b)": float("nan"), "c": torch.tensor(0.5), "kind": "made"}}  # fmt: skip


class Cells(HTMLParser):
    """What a table says: (tag, scope, style, text) of its caption and cells, and every style and tag in it."""

    def __init__(self, table):
        super().__init__()
        self.found, self.styles, self.tags, self.open = [], [], [], []
        self.feed(table._repr_mimebundle_()["text/html"])
        assert not self.open

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        assert set(given) <= {"style", "scope"}  # nothing that a page would drop, no class that nobody defines
        self.open.append(tag)
        self.tags.append(tag)
        self.styles.append(given.get("style", ""))
        if tag in ("caption", "th", "td"):
            self.found.append([tag, given.get("scope"), self.styles[-1], ""])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        if text.strip():
            self.found[-1][3] += text

    def said(self, *kind):
        return [text for tag, scope, _, text in self.found if (tag, scope) == kind]

    def shades(self):
        """The colour and the opacity behind each value, None where there is none."""
        behind = re.compile(r"background-color:rgba\((\d+),(\d+),(\d+),([\d.]+)\)")
        inside = [behind.search(css) for tag, _, css, _ in self.found if tag == "td"][1:]  # [0] is the empty corner
        return [shade and tuple(map(float, shade.groups())) for shade in inside]


def test_a_table_says_its_values_under_headers():
    cells = Cells(plots.value_table(MIXED, title="R² & more"))
    assert cells.said("th", "col") == ["count", "a\n(b)", "c", "kind"] and cells.said("th", "row") == list(MIXED)
    assert cells.said("caption", None) == ["R² & more"]
    assert cells.said("td", None)[1:] == ["12,345", ".00", "−1.00", "<raw>", "7", "none", ".50", "made"]
    text = plots.value_table(MIXED, title="R² & more")._repr_mimebundle_()["text/plain"]
    assert (
        text
        == """R² & more
                count  a (b)      c   kind
one            12,345    .00  −1.00  <raw>
a longer name       7      –    .50   made"""
    )
    assert Cells(plots.value_table({"one": {"a": 0.043, "b": 3}}, unit="%")).said("td", None)[1:] == ["4.3 %", "3"]
    assert Cells(plots.value_table(MIXED)).said("caption", None) == ["Table: count, a (b), c, kind"]


def test_the_same_values_give_the_same_bytes_and_the_same_to_print():
    one, other = plots.value_table(MIXED), plots.value_table(MIXED)
    assert one._repr_mimebundle_() == other._repr_mimebundle_() and str(one) == one._repr_mimebundle_()["text/plain"]


def test_the_larger_the_bluer_and_the_further_below_zero_the_more_orange():
    blue, orange = (tuple(255 * part for part in matplotlib.colors.to_rgb(c)) for c in (style.ANCHOR, style.NEGATIVE))

    def shades(values, **span):
        return Cells(plots.value_table({"one": {str(i): value for i, value in enumerate(values)}}, **span)).shades()

    below, low, middle, high, above, empty, whole = shades([-0.5, 0.0, 0.25, 1.0, 1.5, float("nan"), 1])
    assert middle[:3] == high[:3] == pytest.approx(blue) and below[3] == low[3] == 0 < middle[3] < high[3] == above[3]
    assert empty is whole is None and middle[3] == pytest.approx(high[3] / 4, abs=0.006)
    far, near, zero, plus = shades([-1.0, -0.25, 0.0, 0.5], span=(-1, 0.5))
    assert far[:3] == near[:3] == pytest.approx(orange) and plus[:3] == pytest.approx(blue)
    assert zero[3] == 0 < near[3] < plus[3] < far[3] == high[3]  # one scale on both sides
    assert shades([0.5, 1.0], span=None) == [None, None]


def luminance(rgb):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (x / 255 for x in rgb)]
    return np.dot(linear, (0.2126, 0.7152, 0.0722))


def contrast(*colours):
    """WCAG 2: of two colours, 1 to 21."""
    dark, light = sorted(map(luminance, colours))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("page", "ink", "opacity"), [(255, 0, 0.87), (17, 255, 0.87)], ids=["light", "dark"])
def test_text_is_readable_on_every_shade(page, ink, opacity):
    """The page and its text as in JupyterLab's two themes; WCAG AA asks for a contrast of 4.5."""
    values = {str(i): i / 10 for i in range(-10, 11)}
    for *colour, depth in Cells(plots.value_table({"one": values}, span=(-1, 1))).shades():
        behind = [depth * c + (1 - depth) * page for c in colour]
        assert contrast(behind, [opacity * ink + (1 - opacity) * c for c in behind]) >= 4.5


def test_a_table_keeps_its_looks_in_a_notebook_that_is_not_trusted():
    """JupyterLab lets these properties through (its sanitizer's allowedStyles), all but the last, which may go."""
    allowed = {"background-color", "border-bottom", "border-collapse", "border-top", "font-weight", "margin",
               "max-width", "opacity", "padding", "position", "text-align", "vertical-align", "white-space",
               "font-variant-numeric"}  # fmt: skip
    cells = Cells(plots.value_table(MIXED))
    assert {part.split(":")[0] for css in cells.styles for part in css.split(";") if part} <= allowed
    assert set(cells.tags) == {"table", "caption", "thead", "tbody", "tr", "th", "td", "span"}


@pytest.mark.parametrize("rows", [{}, {"one": {}}, {"one": {"a": 1}, "two": {"b": 1}}])
def test_a_table_needs_the_same_columns_everywhere(rows):
    with pytest.raises(ValueError, match="^rows must be one or more"):
        plots.value_table(rows)


def test_a_table_takes_no_lists():
    with pytest.raises(TypeError, match="^value must be one number, got list"):
        plots.value_table({"one": {"a": [1.0, 2.0]}})
