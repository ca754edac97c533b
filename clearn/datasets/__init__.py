"""Things to learn from, one file a kind of data: shipped in data/, checked when they are read."""

from clearn.datasets.files import DATA, verify
from clearn.datasets.images import CANVAS, GARMENTS, ImageSet, draw_factors, load, scatter

__all__ = ["CANVAS", "DATA", "GARMENTS", "ImageSet", "draw_factors", "load", "scatter", "verify"]
