"""The panel of chapter 12: neighbours, counts, colours and links against plain loops and scikit-learn."""

import base64
import io
import re
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex, to_rgba
from PIL import Image
from sklearn.neighbors import NearestNeighbors

from clearn import style
from clearn.course.numbers import say
from clearn.course.widgets import embedding_explorer
from clearn.course.widgets.explorer import LOW_TO_HIGH, data_uri

N, CLASSES = 60, ("boot", "bag", "coat")


def given(**changed):
    rng = torch.Generator().manual_seed(0)
    parts = {
        "positions": torch.randn(N, 2, generator=rng).numpy(),
        "images": torch.randint(0, 256, (N, 3, 8, 8), dtype=torch.uint8, generator=rng),
        "labels": torch.randint(0, 3, (N,), generator=rng),
        "classes": CLASSES,
        "features": torch.randn(N, 5, generator=rng) * torch.rand(N, 1, generator=rng),  # so that cosine is not Euclid
        "factors": {"size": torch.rand(N, generator=rng).double(), "flip": torch.arange(N) % 2 == 0},
    }
    return parts | changed


@pytest.fixture(scope="module")
def panel():
    return embedding_explorer(**given())


@pytest.fixture(autouse=True)
def at_the_start(panel):
    panel.controls["garment"].value, panel.controls["coloured_by"].value = 1, 0


def nearest(index):
    """By scikit-learn: the 8 nearest in the features and on the map."""
    parts = given()
    found = []
    for x, metric in ((parts["features"].numpy(), "cosine"), (parts["positions"], "euclidean")):
        near = NearestNeighbors(n_neighbors=9, metric=metric).fit(x).kneighbors(x[[index]], return_distance=False)[0]
        found.append([other for other in near.tolist() if other != index])
    return found


@pytest.mark.parametrize("index", [0, 7, 33, N - 1])
def test_the_caption_counts_neighbours(panel, index):
    panel.controls["garment"].value = index + 1
    labels, (near, on_map) = given()["labels"].tolist(), nearest(index)
    same = sum(labels[other] == labels[index] for other in near)
    both = sum(other in near for other in on_map)
    assert [int(n) for n in re.findall(r"\d+", panel.caption)] == [index + 1, 8, same, 8, both]
    assert panel.caption.startswith(f"Garment {index + 1}: {CLASSES[labels[index]]}.")
    assert panel.caption.endswith("Coloured by class.")


def test_the_counts_are_not_always_the_same(panel):
    """Else the test above would pass with a constant."""
    captions = [panel.draw(garment, 0).alt for garment in range(1, N + 1)]
    counts = [[int(n) for n in re.findall(r"\d+", words)] for words in captions]
    assert len({same for _, _, same, _, _ in counts}) > 3 and len({both for *_, both in counts}) > 2
    assert any("1 has the same class" in words for words in captions) and any(
        "1 is among" in words for words in captions
    )


@pytest.mark.parametrize("index", [0, 33])
def test_the_picture_shows_the_garment_its_neighbours_and_their_frames(panel, index):
    left, right = panel.draw(index + 1, 0).axes
    parts, (near, _) = given(), nearest(index)
    shown = [image.get_array() for image in right.images]
    expected = [parts["images"][i].permute(1, 2, 0).numpy() for i in (index, *near)]
    assert len(shown) == 9 and all(np.array_equal(a, b) for a, b in zip(shown, expected))
    frames = [to_hex(patch.get_edgecolor()).upper() for patch in right.patches]
    same = [style.POSITIVE if parts["labels"][i] == parts["labels"][index] else style.NEGATIVE for i in near]
    assert frames == [style.ANCHOR, *same]
    points, rings, ring = left.collections
    np.testing.assert_allclose(points.get_offsets(), parts["positions"])
    np.testing.assert_allclose(rings.get_offsets(), parts["positions"][near])
    np.testing.assert_allclose(ring.get_offsets(), parts["positions"][[index]])
    for line, other in zip(left.lines, near, strict=True):
        np.testing.assert_allclose(line.get_xydata(), parts["positions"][[index, other]])


def canvas_colours(panel):
    """The colour of each point on the canvas, worked out as the browser does."""
    widget = panel.scatter.widget
    value = widget.points[:, {"valueA": 2, "valueB": 3}[widget.color_by]]
    if widget.color_scale == "categorical":
        return np.array([widget.color[int(code)] for code in value])
    return np.array([widget.color[int(round(v * (len(widget.color) - 1)))] for v in value])


@pytest.mark.parametrize("number, name", [(0, "class"), (1, "size"), (2, "flip")])
def test_map_and_canvas_have_the_colours_of_class_or_factor(panel, number, name):
    panel.controls["coloured_by"].value = (number + 1) % 3  # so that the change below is one
    panel.controls["coloured_by"].value = number
    parts = given()
    expected = []
    for i in range(N):
        if name == "class":
            expected.append(to_rgba(style.CLASSES[parts["labels"][i]]))
        else:
            values = parts["factors"][name].double().tolist()
            expected.append(LOW_TO_HIGH[round(255 * (values[i] - min(values)) / (max(values) - min(values)))])
    painted = panel.draw(1, number).axes[0].collections[0].get_facecolors()
    np.testing.assert_allclose(painted[:, :3], np.array(expected)[:, :3], atol=0.02)
    np.testing.assert_allclose(canvas_colours(panel)[:, :3], np.array(expected)[:, :3], atol=0.02)
    assert panel.caption.endswith(f"Coloured by {name}.")
    words = {text.get_text() for text in panel.draw(1, number).axes[1].texts}
    assert words >= ({*CLASSES} if name == "class" else {f"{name} {say(min(values))}", say(max(values))})


def test_a_garment_chosen_on_the_slider_is_marked_on_the_canvas(panel):
    for index in (5, 41):
        panel.controls["garment"].value = index + 1
        near, _ = nearest(index)
        assert panel.scatter.widget.selection.tolist() == [index, *near]
        ends = [(line.vertices[0], line.vertices[1]) for line in panel.scatter.annotations()["annotations"]]
        positions = given()["positions"]
        assert [np.allclose(a, positions[index]) and np.allclose(b, positions[i]) for (a, b), i in zip(ends, near)] == [
            True
        ] * 8


def test_a_click_on_the_canvas_chooses_a_garment_and_a_lasso_does_not(panel):
    widget = panel.scatter.widget
    for index in (12, 40, 40):  # the last time it is chosen already: its marks must come back
        widget.selection = np.array([index], dtype=np.uint32)
        assert panel.controls["garment"].value == index + 1 and f"Garment {index + 1}:" in panel.caption
        assert widget.selection.tolist() == [index, *nearest(index)[0]]
    for several in ([3, 4, 5], []):
        widget.selection = np.array(several, dtype=np.uint32)
        assert panel.controls["garment"].value == 41 and widget.selection.tolist() == several


@pytest.mark.parametrize("channels", [1, 3])
def test_a_thumbnail_is_its_image(channels):
    image = torch.randint(0, 256, (channels, 8, 6), dtype=torch.uint8)
    kind, data = data_uri(image).split(",")
    assert kind == "data:image/png;base64"
    found = np.array(Image.open(io.BytesIO(base64.b64decode(data))))
    assert np.array_equal(found, image.expand(3, -1, -1).permute(1, 2, 0))


def test_the_tooltip_has_the_garments_own_thumbnail_number_and_class(panel):
    parts, widget = given(), panel.scatter.widget
    for index in (0, 17):
        row = widget.data.iloc[index]
        assert row[widget.tooltip_preview] == data_uri(parts["images"][index])
        assert [row[name] for name in widget.tooltip_properties] == [index + 1, CLASSES[parts["labels"][index]]]


@pytest.mark.parametrize("name", ["garment", "coloured_by"])
def test_each_control_changes_the_picture_and_the_words(panel, name):
    seen = []
    for control in (panel.controls[name],):
        for _ in range(2):
            seen.append((panel.caption, panel._png, panel.still()))
            control.value += 1
    assert len({words for words, *_ in seen}) == len({png for _, png, _ in seen}) == 2
    words, png, size = seen[0][2]
    assert seen[0][0] in words and png == seen[0][1] and size["alt"] == seen[0][0]


def test_bad_input_is_named():
    parts = given()
    for changed, message in [
        (
            {"positions": parts["positions"][:9]},
            r"^positions must be finite, of shape \(60, 2\), .*, got shape \(9, 2\)",
        ),
        ({"positions": parts["positions"] * np.nan}, "^positions must be finite, .*, got NaN or infinity"),
        (
            {"images": parts["images"][:7]},
            r"^images must be uint8 of shape \(60, C, H, W\), .* of shape \(7, 3, 8, 8\)",
        ),
        ({"images": parts["images"] / 255}, r"^images must be uint8 .*, got torch.float32"),
        (
            {"labels": parts["labels"][:5]},
            r"^labels must have shape \(60,\), one label for each row of features, got \(5,\)",
        ),
        ({"labels": parts["labels"] + 1}, "^labels must be from 0 to 2, one for each of the 3 classes, got 1 to 3"),
        ({"labels": parts["labels"] - 1}, "got -1 to 1"),
        ({"features": parts["features"][0]}, r"^features must have shape \(N, D\), got \(5,\)"),
        (
            {"factors": {"size": torch.rand(3)}},
            r"^factors\['size'\] must be finite, of shape \(60,\), .*, got shape \(3,\)",
        ),
        ({"factors": {"class": torch.rand(N)}}, "^factors must not hold 'class'"),
        (
            {key: value[:8] for key, value in parts.items() if key not in ("classes", "factors")} | {"factors": {}},
            "^k must be below 8",
        ),
    ]:
        with pytest.raises(ValueError, match=message):
            embedding_explorer(**(parts | changed))


def test_names_and_classes_that_could_be_mistaken():
    """The data set's own factors are named x and y; and a class may have no garment among these."""
    labels, x = given()["labels"], torch.rand(N).double()
    panel = embedding_explorer(**given(factors={"x": x, "garment": -x}, labels=labels + 1, classes=("none", *CLASSES)))
    np.testing.assert_allclose(panel.scatter.widget.data[["map x", "map y"]], given()["positions"])
    np.testing.assert_allclose(canvas_colours(panel)[:, :3], [to_rgba(style.CLASSES[y + 1])[:3] for y in labels])
    for number, values in ((1, x), (2, -x)):
        panel.controls["coloured_by"].value = number
        steps = (255 * (values - values.min()) / (values.max() - values.min())).int().tolist()
        np.testing.assert_allclose(canvas_colours(panel)[:, :3], LOW_TO_HIGH[steps, :3], atol=0.02)


def test_a_factor_that_does_not_vary_is_drawn():
    panel = embedding_explorer(**given(factors={"same": torch.ones(N)}))
    panel.controls["coloured_by"].value = 1
    assert panel.caption.endswith("Coloured by same.")


@pytest.mark.long
def test_what_is_slow_to_import_waits_for_the_panel():
    probe = (
        "import sys, clearn.course.widgets; print([m for m in ('jscatter', 'pandas', 'pyarrow') if m in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_how_fast_it_answers(panel):
    began = time.perf_counter()
    panel.controls["garment"].value = 3
    print(f"a change takes {time.perf_counter() - began:.2f} s")
