"""The panel of chapter 08: what it says and draws against what it was given, and a film whose points can be followed."""

import time

import numpy as np
import pytest
import torch
from oracles import numbers

from clearn import style
from clearn.course.widgets import embedding_film
from clearn.course.widgets.film import LOW_TO_HIGH, film_positions

N, STEPS = 30, (0, 4, 20)
CLASSES = ("boot", "bag", "coat")


def film(**changed):
    """A film of N images, its snapshots not in the order of their steps."""
    rng = torch.Generator().manual_seed(0)
    parts = {
        "positions": {step: torch.randn(N, 2, generator=rng).numpy() for step in (20, 0, 4)},
        "known": {
            "class": torch.arange(N) % 3,
            "size": torch.rand(N, generator=rng),
            "hue": torch.rand(N, 3, generator=rng),
        },
        "classes": CLASSES,
        "losses": [6 - 0.1 * step for step in range(20)],
        "scores": {"class": [0.3, 0.4, 0.6], "size": [0.2, 0.5, 0.8], "hue": [0.7, 0.1, -0.05]},
        "levels": {"chance": 6.2, "floor": 1.5},
    }
    return parts | changed


@pytest.fixture
def panel():
    return embedding_film(**film())


SETTINGS = [(snapshot, name) for snapshot in range(3) for name in range(3)]


@pytest.mark.parametrize("snapshot, name", SETTINGS)
def test_the_caption_says_what_was_given(panel, snapshot, name):
    panel.controls["snapshot"].value, panel.controls["coloured_by"].value = snapshot, name
    given, step = film(), STEPS[snapshot]
    told = [given["scores"][key][snapshot] for key in ("class", "size", "hue")]
    assert numbers(panel.caption) == [step, 20, (6.0, 5.6, 4.1)[snapshot], *told]  # after the last step, the last loss
    assert panel.caption.endswith(f"Coloured by {('class', 'size', 'hue')[name]}.")


@pytest.mark.parametrize("snapshot, name", SETTINGS)
def test_the_map_shows_the_snapshot_in_the_colours_of_what_is_known(panel, snapshot, name):
    points = panel.draw(snapshot, name).axes[0].collections[0]
    given = film()
    np.testing.assert_allclose(points.get_offsets(), given["positions"][STEPS[snapshot]])
    values, painted = list(given["known"].values())[name], points.get_facecolors()
    for i in range(N):
        if name == 0:
            hexadecimal = style.CLASSES[int(values[i])]
            expected = [int(hexadecimal[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        elif name == 1:
            expected = LOW_TO_HIGH(float((values[i] - min(values)) / (max(values) - min(values))))[:3]
        else:
            expected = values[i].tolist()
        np.testing.assert_allclose(painted[i, :3], expected, atol=0.01)


@pytest.mark.parametrize("snapshot", range(3))
def test_the_marks_stand_on_their_curves(panel, snapshot):
    above, below = panel.draw(snapshot, 1).axes[2:]
    curve, mark = [line.get_xydata() for line in above.lines if line.get_color() == style.ANCHOR]
    assert mark.tolist() == [[snapshot, (6.0, 5.6, 4.1)[snapshot]]]
    assert curve[4].tolist() == [1, 5.6] and curve[12].tolist() == [1.5, 4.8]  # step 12 is half-way from 4 to 20
    assert sorted(line.get_ydata()[0] for line in above.lines if line.get_linestyle() == ":") == [1.5, 6.2]
    green = [line.get_xydata().tolist() for line in below.lines if line.get_color() == style.POSITIVE]
    assert green == [[[0, 0.2], [1, 0.5], [2, 0.8]], [[snapshot, (0.2, 0.5, 0.8)[snapshot]]]]
    others = [
        line.get_ydata().tolist()
        for line in below.lines
        if line.get_color() == style.MUTED and len(line.get_ydata()) == 3
    ]
    assert others == [[0.3, 0.4, 0.6], [0.7, 0.1, -0.05]]


def test_the_legend_fits_what_is_shown(panel):
    for name, words in ((0, {*CLASSES}), (1, {"low", "high"}), (2, {"each point in the hue of its garment"})):
        assert {text.get_text() for text in panel.draw(0, name).axes[1].texts} - {""} == words


@pytest.mark.parametrize("name", ["snapshot", "coloured_by"])
def test_each_control_changes_the_picture_and_the_words(panel, name):
    assert panel.controls["snapshot"].value == 2 and panel.controls["coloured_by"].value == 0
    seen = []
    for value in range(3):
        panel.controls[name].value = value
        seen.append((panel.caption, panel._png))
    assert len({words for words, _ in seen}) == 3 and len({png for _, png in seen}) == 3


def test_bad_input_is_named():
    given = film()
    positions, known, scores = given["positions"], given["known"], given["scores"]
    for changed, message in [
        ({"positions": {}}, r"^positions must hold snapshots from 0 to 20, the number of losses, got \[\]"),
        ({"positions": positions | {21: positions[0]}}, r"got \[0, 4, 20, 21\]"),
        ({"positions": positions | {-1: positions[0]}}, r"got \[-1, 0, 4, 20\]"),
        (
            {"positions": positions | {4: positions[4][:9]}},
            r"^positions and known must have one row .*, got \[9, 30\] rows",
        ),
        ({"known": known | {"size": torch.rand(7)}}, r"got \[7, 30\] rows"),
        ({"known": {}, "scores": {}}, "^positions and known must"),
        ({"scores": {"class": [0.1] * 3}}, "^scores must have 3 values for each of class, size, hue, got 3 for class"),
        ({"scores": scores | {"hue": [0.1] * 2}}, "got 3 for class, 3 for size, 2 for hue"),
        ({"scores": {}}, "got none"),
    ]:
        with pytest.raises(ValueError, match=message):
            embedding_film(**film(**changed))


@pytest.mark.long
def test_points_can_be_followed_from_frame_to_frame():
    """A square of points that turns in space from frame to frame, while nothing happens among the points."""
    rng = torch.Generator().manual_seed(0)
    square = torch.cat([2 * torch.rand(120, 2, generator=rng) - 1, torch.ones(120, 1), torch.zeros(120, 3)], dim=1)
    turns = [torch.linalg.qr(torch.randn(6, 6, generator=rng))[0] for _ in range(3)]
    frames = {step: square @ turn for step, turn in zip((0, 3, 9), turns)}
    maps = film_positions(frames)
    assert list(maps) == [0, 3, 9] and all(
        place.shape == (120, 2) and abs(place.mean(0)).max() < 1e-4 for place in maps.values()
    )
    for before, after in ((maps[0], maps[3]), (maps[3], maps[9])):
        assert min(np.corrcoef(before[:, axis], after[:, axis])[0, 1] for axis in (0, 1)) > 0.8
    again = film_positions(dict(reversed(frames.items())))
    assert all(np.array_equal(again[step], maps[step]) for step in maps)  # in the order of the steps


def test_a_film_of_too_few_images_is_refused():
    with pytest.raises(ValueError, match=r"^film\[5\] must have more than 15 rows, one for each image, got 15"):
        film_positions({5: torch.randn(15, 4)})
    with pytest.raises(ValueError, match=r"film\[5\] must be finite"):
        film_positions({5: torch.randn(20, 4) * torch.nan})


def test_how_fast_it_answers(panel):
    began = time.perf_counter()
    panel.controls["snapshot"].value = 0
    print(f"a change takes {time.perf_counter() - began:.2f} s")
