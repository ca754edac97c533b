"""Assignment 4, the SimCLR pipeline: chapters 06, 07 and 08."""

from clearn.course.checks.pipeline.adjust_brightness import adjust_brightness
from clearn.course.checks.pipeline.embed import embed
from clearn.course.checks.pipeline.projection_head import projection_head
from clearn.course.checks.pipeline.train_step import train_step
from clearn.course.checks.pipeline.two_views import two_views

EXERCISES = [adjust_brightness, two_views, projection_head, embed, train_step]
