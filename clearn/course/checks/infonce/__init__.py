"""Assignment 3, InfoNCE from loops to matrix: chapter 05."""

from clearn.course.checks.infonce.info_nce import info_nce, info_nce_loops
from clearn.course.checks.infonce.log_sum_exp import log_sum_exp
from clearn.course.checks.infonce.loss_at_chance import loss_at_chance
from clearn.course.checks.infonce.nt_xent import nt_xent
from clearn.course.checks.infonce.push import push

EXERCISES = [log_sum_exp, info_nce_loops, info_nce, nt_xent, loss_at_chance, push]
