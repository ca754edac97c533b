"""Assignment 1, pairs and cosine: chapters 01 and 02."""

from clearn.course.checks.pairs.cosine import cosine
from clearn.course.checks.pairs.cosine_matrix import cosine_matrix
from clearn.course.checks.pairs.cosine_of_distance import cosine_of_distance
from clearn.course.checks.pairs.nearest_other import nearest_other
from clearn.course.checks.pairs.neighbour_accuracy import neighbour_accuracy
from clearn.course.checks.pairs.positive_pairs import positive_pairs

EXERCISES = [cosine, cosine_matrix, cosine_of_distance, positive_pairs, nearest_other, neighbour_accuracy]
