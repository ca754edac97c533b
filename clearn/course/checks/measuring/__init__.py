"""Assignment 6, evaluate and report honestly: chapter 12, with a look back at 01, 02 and 08."""

from clearn.course.checks.measuring.choose_and_report import choose_and_report
from clearn.course.checks.measuring.few_labels import few_labels
from clearn.course.checks.measuring.interval import interval
from clearn.course.checks.measuring.knn_predict import knn_predict
from clearn.course.checks.measuring.paired_difference import paired_difference
from clearn.course.checks.measuring.standardise import standardise

EXERCISES = [standardise, knn_predict, interval, paired_difference, choose_and_report, few_labels]
