"""The panels of chapter 03 against closed forms: what the caption says is true at every setting."""

import itertools

import numpy as np
import pytest
from matplotlib.quiver import Quiver
from oracles import numbers

from clearn.course.widgets import margin_panel, moving_points
from clearn.course.widgets.margin import GROUP, draw_pair, film, pair_loss_and_force, scattered_points


def test_loss_and_force_are_the_derived_ones():
    d = tuple(np.linspace(0.01, 2, 30).tolist())
    for margin in (0.25, 1.0, 2.0):
        loss, force = pair_loss_and_force(d, True, margin)
        np.testing.assert_allclose(loss, [x * x / 2 for x in d])
        np.testing.assert_allclose(force, [-x for x in d])
        loss, force = pair_loss_and_force(d, False, margin)
        np.testing.assert_allclose(loss, [max(0, margin - x) ** 2 / 2 for x in d])
        np.testing.assert_allclose(force, [max(0, margin - x) for x in d])


@pytest.mark.parametrize("margin, distance", [*itertools.product((0.25, 1.0, 2.0), (0.1, 0.6, 1.5, 2.0))])
def test_margin_panel_says_what_is_so(margin, distance):
    panel = margin_panel()
    panel.controls["margin"].value, panel.controls["distance"].value = margin, distance
    same, different = panel.caption.split("; ")
    assert numbers(same) == pytest.approx([distance, margin, distance**2 / 2, distance], abs=5.1e-3)
    push = max(0, margin - distance)
    assert numbers(different) == pytest.approx([push**2 / 2] + [push] * (push > 0), abs=5.1e-3)
    assert ("push" in different) == (push > 0) and ("no force" in different) == (push == 0) and "pull" in same


def test_no_force_where_it_has_no_direction():
    panel = margin_panel()
    panel.controls["distance"].value = 0
    assert panel.caption.count("no force") == 2 and "loss .500" in panel.caption


@pytest.mark.parametrize("margin, distance", [(2.0, 0.1), (2.0, 2.0), (0.25, 2.0)])
def test_no_arrow_reaches_a_label_or_the_edge(margin, distance):
    picture = draw_pair(margin, distance)
    axes = picture.axes[0]
    picture.canvas.draw()
    labels = [text.get_window_extent().transformed(axes.transData.inverted()) for text in axes.texts[:2]]
    low, high = axes.get_xlim()
    tips = np.concatenate([arrow.X + arrow.U for arrow in axes.collections if isinstance(arrow, Quiver)])
    assert len(tips) >= 2 and low < min(box.x0 for box in labels)
    assert max(box.x1 for box in labels) + 0.1 < tips.min() and tips.max() < high


def test_moving_points_are_moved_by_a_loop_over_pairs():
    """The film, made again with Python loops and the derived springs."""
    for margin, negatives in ((1.0, True), (0.5, True), (1.0, False)):
        _, positions, losses = film(margin, negatives)
        z = scattered_points().double().numpy()
        pairs = [(i, j) for i, j in itertools.combinations(range(18), 2) if negatives or GROUP[i] == GROUP[j]]
        for step in range(13):
            if step % 4 == 0:
                np.testing.assert_allclose(positions[step], z, atol=1e-4)
            move, loss = np.zeros_like(z), 0.0
            for i, j in pairs:
                apart = z[j] - z[i]
                d = np.linalg.norm(apart)
                spring = -d if GROUP[i] == GROUP[j] else max(0.0, margin - d)
                loss += spring**2 / 2
                move[j] += spring * apart / d / len(pairs)
                move[i] -= spring * apart / d / len(pairs)
            assert losses[step] == pytest.approx(loss / len(pairs), abs=1e-5)
            z = z + 2.0 * move


def test_moving_points_caption_measures_the_points():
    panel = moving_points()
    for step, margin, negatives in ((0, 1.0, True), (20, 0.5, True), (60, 1.5, True), (60, 1.0, False)):
        panel.controls["step"].value, panel.controls["margin"].value = step, margin
        panel.controls["negatives"].value = negatives
        z = film(margin, negatives)[1][step].numpy()
        d = {(i, j): np.linalg.norm(z[i] - z[j]) for i, j in itertools.combinations(range(18), 2)}
        within = np.mean([v for (i, j), v in d.items() if GROUP[i] == GROUP[j]])
        between = np.mean([v for (i, j), v in d.items() if GROUP[i] != GROUP[j]])
        assert numbers(panel.caption)[2:] == pytest.approx([within, between], abs=5.1e-3)
        assert panel.caption.startswith(f"Step {step}: ")


def test_the_lesson_of_the_moving_points():
    """With negatives the groups end as points a margin apart; without, they shrink where they are."""
    for margin in (0.5, 1.0, 2.0):
        end = film(margin, True)[1][-1]
        centres = [end[GROUP == g].mean(0) for g in range(3)]
        assert max((end[GROUP == g] - centres[g]).norm(dim=1).max() for g in range(3)) < 0.1 * margin
        assert all((a - b).norm() > 0.95 * margin for a, b in itertools.combinations(centres, 2))
    start, end = film(1.0, False)[1][[0, -1]]
    for g in range(3):
        np.testing.assert_allclose(start[GROUP == g].mean(0), end[GROUP == g].mean(0), atol=1e-5)
