"""What all studies share: the pictures, who learns from which, and how a network is judged."""

import functools

import torch

from clearn import datasets, evaluation, models, training
from clearn.recipes import VIEWS, labelled_view


@functools.cache
def pictures():
    """Scattered pictures to learn from, and the validation pictures to judge on."""
    validation = datasets.load("scattered", "validation")
    return datasets.load("scattered")[: -len(validation)], validation


def build(method, seed, **options):
    """A method on a tiny encoder, its weights drawn from the seed."""
    torch.manual_seed(seed)
    return method(models.tiny_encoder(channels=3), **options)


def pretrain(method, seed, **options):
    """Train by the course's views, quietly; the mean loss of the last ten steps."""
    history = training.pretrain(method, pictures()[0].images, VIEWS, seed=seed, show=False, **options)
    return sum(history.losses[-10:]) / len(history.losses[-10:])


def supervise(method, images, seed, **options):
    """Train with labels, quietly, by the same views."""
    training.pretrain(method, images, labelled_view, seed=seed, show=False, **options)


def knn(method, known=3000, asked=2000):
    """kNN accuracy on the first validation pictures, with the labels of the first training pictures."""
    train, validation = pictures()
    bank, queries = train[:known], validation[:asked]
    return evaluation.knn_accuracy(method.embed(bank.images), bank.labels, method.embed(queries.images), queries.labels)
