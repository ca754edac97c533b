"""Assignment 5, queues, averages and stopped gradients: chapters 09, 10 and 11."""

from clearn.course.checks.targets.enqueue import enqueue
from clearn.course.checks.targets.moco_loss import moco_loss
from clearn.course.checks.targets.moco_step import moco_step
from clearn.course.checks.targets.simsiam_loss import simsiam_loss
from clearn.course.checks.targets.spread import spread
from clearn.course.checks.targets.update_average import update_average

EXERCISES = [enqueue, update_average, moco_loss, moco_step, simsiam_loss, spread]
