"""Is a representation any good? Neighbours, linear probes, the geometry of the embedding, and what it knows of factors.

Accuracies are shares in [0, 1]. What judges features takes features, never images, so that no encoder can move while it
is judged. Whatever is fitted is fitted on the training features alone.
"""

from clearn.evaluation.factors import predictability, properties, shared
from clearn.evaluation.judges import few_label_curve, few_labels, knn_accuracy, knn_predict, linear_probe
from clearn.evaluation.measures import alignment, effective_rank, feature_std, uniformity

__all__ = ["alignment", "effective_rank", "feature_std", "few_label_curve", "few_labels", "knn_accuracy", "knn_predict",
           "linear_probe", "predictability", "properties", "shared", "uniformity"]  # fmt: skip
