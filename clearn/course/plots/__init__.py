"""One look for every figure. Each function returns a `Picture`: a matplotlib Figure that carries its alternative text."""

from clearn.course.pictures import WIDTH, Picture
from clearn.course.plots.curves import few_label_curve, lines, loss_curve
from clearn.course.plots.images import (
    candidate_matrices,
    contrast_picture,
    image_rows,
    neighbour_strip,
    similarity_matrix,
    view_grid,  # fmt: skip
)
from clearn.course.plots.maps import embedding_map, umap_positions
from clearn.course.plots.pairs import pair_distributions
from clearn.course.plots.plane import points_and_forces, points_on_sphere
from clearn.course.plots.results import dots
from clearn.course.plots.tables import value_table
from clearn.course.plots.theory import theory_and_points

__all__ = ["Picture", "WIDTH", "candidate_matrices", "contrast_picture", "dots", "embedding_map",
           "few_label_curve", "image_rows", "lines", "loss_curve", "neighbour_strip", "pair_distributions",
           "points_and_forces", "points_on_sphere", "similarity_matrix", "theory_and_points", "umap_positions",
           "value_table", "view_grid"]  # fmt: skip
