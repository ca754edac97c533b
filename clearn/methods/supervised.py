"""The supervised network that every method is compared with: the same encoder, taught by labels."""

import torch
import torch.nn.functional as F
from torch import nn

from clearn.methods.base import Method
from clearn.validate import labels as class_labels
from clearn.validate import whole


class Supervised(Method):
    """An encoder with a linear classifier on top; ``method(view, labels)`` is the cross-entropy.

    Train it in the same loop as the methods, on an ImageSet, with views that hand on the labels:
    ``pretrain(Supervised(encoder, 10), train, lambda batch: (views(batch.images)[0], batch.labels), steps=100)``.
    """

    def __init__(self, encoder, classes):
        super().__init__()
        self.encoder = encoder
        self.classifier = nn.Linear(encoder.dim, whole("classes", classes, least=2))

    def forward(self, view, labels):
        return F.cross_entropy(self.classifier(self.encoder(view)).float(), labels)

    @torch.no_grad()
    def accuracy(self, images, labels):
        """Share of the images (N, C, H, W) whose most likely class is their label."""
        labels = class_labels("labels", labels, len(images), of="images").cpu()
        features = self.embed(images).to(self.classifier.weight.device)
        return (self.classifier(features).argmax(1).cpu() == labels).float().mean().item()
