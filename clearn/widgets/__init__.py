"""What a learner moves in a notebook. A new panel is a function that draws, and its controls."""

from clearn.widgets.collapse import collapse_laboratory
from clearn.widgets.explorer import EmbeddingExplorer as embedding_explorer
from clearn.widgets.film import embedding_film, film_positions
from clearn.widgets.maps import map_grid, map_settings, noise_like
from clearn.widgets.margin import margin_panel, moving_points
from clearn.widgets.microscope import step_microscope
from clearn.widgets.neighbours import nearest_neighbours, neighbour_panel
from clearn.widgets.pairs import pair_maker
from clearn.widgets.panel import PlotPanel
from clearn.widgets.question import Question, predict
from clearn.widgets.queue import queue_panel
from clearn.widgets.sphere import sphere_panel
from clearn.widgets.studio import augmentation_studio
from clearn.widgets.temperature import temperature_panel
from clearn.widgets.towers import two_towers
from clearn.widgets.triplets import triplet_regions
from clearn.widgets.vectors import random_cosines, two_vectors

__all__ = ["PlotPanel", "Question", "augmentation_studio", "collapse_laboratory", "embedding_explorer",
           "embedding_film", "film_positions", "map_grid", "map_settings", "margin_panel", "moving_points",
           "nearest_neighbours", "neighbour_panel", "noise_like", "pair_maker", "predict", "queue_panel",
           "random_cosines", "sphere_panel", "step_microscope", "temperature_panel", "triplet_regions", "two_towers",
           "two_vectors"]  # fmt: skip
