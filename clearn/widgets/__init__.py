"""What a learner moves in a notebook. A new panel is a function that draws, and its controls."""

from clearn.widgets.neighbours import nearest_neighbours, neighbour_panel
from clearn.widgets.panel import PlotPanel
from clearn.widgets.question import Question, predict

__all__ = ["PlotPanel", "Question", "nearest_neighbours", "neighbour_panel", "predict"]
