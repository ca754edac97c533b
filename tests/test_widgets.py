"""Panels without a browser: what a control does to picture, caption and saved form."""

import base64
import io
import re

import ipywidgets
import pytest
import torch
from matplotlib.image import imread

from clearn import style
from clearn.course import plots
from clearn.course.widgets import PlotPanel, nearest_neighbours, neighbour_panel
from clearn.course.widgets.live import VIEW


def line(slope, colour="k"):
    if slope == 0:
        raise ValueError("a flat <line>")
    picture = plots.Picture(4, 3, f"A line of slope {slope} & colour {colour}.")
    picture.subplots().axline((0, 0), slope=slope, color=colour)
    return picture


@pytest.fixture
def panel():
    return PlotPanel(line, "a line", slope=ipywidgets.IntSlider(1, -5, 5), colour=ipywidgets.Dropdown(options="kr"))


def shown(panel):
    """The picture as pixels, its alt, and the caption, as they stand in the page."""
    image, words = (child.value for child in panel.children[-2:])
    data, alt = re.search(r'base64,([^"]*)" alt="([^"]*)"', image).groups()
    return imread(io.BytesIO(base64.b64decode(data))), alt, re.search("<p.*?>(.*)</p>", words)[1]


def test_a_control_changes_picture_and_words(panel):
    before, alt, words = shown(panel)
    assert alt == words == "A line of slope 1 &amp; colour k."
    panel.controls["slope"].value = 3
    after, alt, words = shown(panel)
    assert alt == words == "A line of slope 3 &amp; colour k." and panel.caption == "A line of slope 3 & colour k."
    assert before.shape == after.shape == (2 * 288, 2 * 384, 4) and (before != after).any()
    panel.controls["colour"].value = "r"
    assert "colour r" in panel.caption


def test_a_draw_that_fails_says_so_and_recovers(panel):
    good, *_ = shown(panel)
    panel.controls["slope"].value = 0
    picture, _, words = shown(panel)
    assert (picture == good).all() and words == "This setting cannot be drawn: ValueError: a flat &lt;line&gt;"
    panel.controls["slope"].value = 2
    assert shown(panel)[2].startswith("A line of slope 2")
    with pytest.raises(ValueError, match="flat"):  # the first time nothing hides it
        PlotPanel(line, "a line", slope=ipywidgets.IntSlider(0))


def test_a_control_is_named(panel):
    assert [control.description for control in panel.controls.values()] == ["slope", "colour"]
    named = ipywidgets.IntSlider(1, description="steepness")
    assert PlotPanel(line, "a line", slope=named).controls["slope"].description == "steepness"


def test_a_control_must_be_a_widget():
    with pytest.raises(TypeError, match="slope must be a widget with a value.*got 3"):
        PlotPanel(line, "a line", slope=3)


def test_what_is_saved_is_the_picture_with_its_words(panel, monkeypatch):
    """Three outputs: the picture, its caption, and the widget, which gives way to an empty text where it cannot live."""
    displayed = []
    monkeypatch.setattr(
        "clearn.course.widgets.live.display", lambda data, metadata=None, raw=False: displayed.append((data, metadata))
    )
    panel.controls["slope"].value = 3
    panel._ipython_display_()
    (still, metadata), (caption, _), (widget, _) = displayed
    picture, *_ = shown(panel)
    assert (imread(io.BytesIO(base64.b64decode(still["image/png"]))) == picture).all()
    assert metadata == {"image/png": {"width": 384, "alt": "A line of slope 3 & colour k."}}
    assert (
        "<p>A line of slope 3 &amp; colour k.</p>" in caption["text/html"] and "clearn-pictured" in caption["text/html"]
    )
    assert widget[VIEW]["model_id"] == panel.model_id and widget["text/html"] == ""
    assert caption["text/plain"] == widget["text/plain"] == "Panel: a line"


def test_the_style_is_the_course_s(monkeypatch):
    seen = []
    monkeypatch.setitem(style.RC, "lines.linewidth", 7)
    PlotPanel(
        lambda: seen.append(plots.Picture(4, 3, "a picture").subplots().plot([1])[0].get_linewidth()) or line(1),
        "a line",
    )
    assert seen == [7]


@pytest.mark.parametrize("k", [1, 3, 19])
def test_neighbours_are_those_of_a_loop(k):
    x = torch.randn(20, 5, generator=torch.Generator().manual_seed(k))
    queries = [7, 0, 19]
    found = nearest_neighbours(x, torch.tensor(queries), k).tolist()
    for query, row in zip(queries, found, strict=True):
        cosines = {i: torch.dot(x[query], x[i]) / x[query].norm() / x[i].norm() for i in range(20) if i != query}
        assert row == sorted(cosines, key=cosines.get, reverse=True)[:k]


def test_equal_neighbours_come_in_order_and_without_the_query():
    assert nearest_neighbours(torch.ones(6, 2), [2], k=4).tolist() == [[0, 1, 3, 4]]


@pytest.mark.parametrize("queries, k, words", [
    ([0], 4, "k must be below 4"), ([4], 1, "from 0 to 3"), ([-1], 1, "from 0 to 3"),
    ([], 1, "list of indices"), ([0.5], 1, "list of indices"), ([0], 0, "at least 1"),
])  # fmt: skip
def test_queries_and_k_are_checked(queries, k, words):
    with pytest.raises(ValueError, match=words):
        nearest_neighbours(torch.randn(4, 2), queries, k)


def test_neighbour_panel_counts_the_query_s_class():
    rng = torch.Generator().manual_seed(0)
    images = torch.randint(256, (30, 3, 8, 8), dtype=torch.uint8, generator=rng)
    labels = torch.arange(30) % 3
    features = {"noise": torch.randn(30, 4, generator=rng), "truth": torch.eye(3)[labels]}
    queries = [4, 11, 2]
    panel = neighbour_panel(images, labels, ("Coat", "Bag", "Shirt"), features, queries, k=5)
    for position, query in enumerate(queries, 1):
        panel.controls["garment"].value = position
        similarity = features["noise"] @ features["noise"][query] / features["noise"].norm(dim=1)
        similarity[query] = -9
        noise = (labels[similarity.topk(5).indices] == labels[query]).sum()
        name = ("Coat", "Bag", "Shirt")[labels[query]]
        assert panel.caption == f"Query: {name}. Neighbours of the same class: noise {noise} of 5, truth 5 of 5."
    with pytest.raises(ValueError, match=r"features\['truth'\] has 29 rows, expected one for each of the 30 images"):
        neighbour_panel(images, labels, ("Coat", "Bag", "Shirt"), {"truth": torch.randn(29, 4)}, queries)


def test_frames_tell_the_class():
    """Green pixels for every neighbour of the class, orange-red for every other, blue for the query."""
    images, labels = torch.zeros(9, 3, 8, 8, dtype=torch.uint8), torch.tensor([0, 0, 0, 0, 0, 1, 1, 1, 1])
    features = {"first": torch.cat([torch.ones(5, 2), -torch.ones(4, 2)])}

    def framed(query, colour):
        panel = neighbour_panel(images, labels, ("Coat", "Bag"), features, [query], k=4)
        wanted = torch.tensor([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        return bool((torch.from_numpy(shown(panel)[0][..., :3]).sub(wanted).abs().amax(-1) < 0.01).any())

    assert framed(0, style.POSITIVE) and not framed(0, style.NEGATIVE) and framed(0, style.ANCHOR)
    assert framed(8, style.POSITIVE) and framed(8, style.NEGATIVE)  # three of its class, then one of the other
