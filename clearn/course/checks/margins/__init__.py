"""Assignment 2, margin losses: chapters 03 and 04."""

from clearn.course.checks.margins.contrastive_loss import contrastive_loss
from clearn.course.checks.margins.hardest_triplets import hardest_triplets
from clearn.course.checks.margins.triplet_gradient import triplet_gradient
from clearn.course.checks.margins.triplet_kinds import triplet_kinds
from clearn.course.checks.margins.triplet_loss import triplet_loss

EXERCISES = [contrastive_loss, triplet_loss, triplet_kinds, triplet_gradient, hardest_triplets]
