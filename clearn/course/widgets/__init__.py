"""What a learner moves in a notebook. A new panel is a function that draws, and its controls."""

from clearn.course.widgets.collapse import collapse_laboratory
from clearn.course.widgets.explorer import EmbeddingExplorer as embedding_explorer
from clearn.course.widgets.film import embedding_film, film_positions
from clearn.course.widgets.maps import map_grid, map_settings, noise_like
from clearn.course.widgets.margin import margin_panel, moving_points
from clearn.course.widgets.microscope import step_microscope
from clearn.course.widgets.neighbours import nearest_neighbours, neighbour_panel
from clearn.course.widgets.pairs import pair_maker
from clearn.course.widgets.panel import PlotPanel
from clearn.course.widgets.question import Question, predict
from clearn.course.widgets.queue import queue_panel
from clearn.course.widgets.sphere import sphere_panel
from clearn.course.widgets.studio import augmentation_studio
from clearn.course.widgets.temperature import temperature_panel
from clearn.course.widgets.towers import two_towers
from clearn.course.widgets.triplets import triplet_regions
from clearn.course.widgets.vectors import random_cosines, two_vectors

__all__ = ["PlotPanel", "Question", "augmentation_studio", "collapse_laboratory", "embedding_explorer",
           "embedding_film", "film_positions", "map_grid", "map_settings", "margin_panel", "moving_points",
           "nearest_neighbours", "neighbour_panel", "noise_like", "pair_maker", "predict", "queue_panel",
           "random_cosines", "sphere_panel", "step_microscope", "temperature_panel", "triplet_regions", "two_towers",
           "two_vectors"]  # fmt: skip
