"""The nearest neighbours of an image, by one representation and by another."""

import ipywidgets
import torch

from clearn import validate
from clearn.course.plots import neighbour_strip
from clearn.course.widgets.panel import PlotPanel
from clearn.similarity import pairwise_cosine


def neighbour_panel(images, labels, classes, features, queries, k=8):
    """A slider over `queries`, and the `k` nearest neighbours of each by every representation, by cosine.

    Args: images (N, C, H, W); labels (N,); classes, a name for each label; features, {name: (N, D)}, what each
    representation makes of the images; queries, indices of images. An image is not a neighbour of itself.
    Returns a PlotPanel. All neighbours are found now, so that a step of the slider only draws.
    """
    labels = validate.labels("labels", torch.as_tensor(labels), len(images), of="images").cpu()
    queries = torch.as_tensor(queries).cpu()
    for name, x in features.items():
        if len(x) != len(images):
            raise ValueError(f"features[{name!r}] has {len(x)} rows, expected one for each of the {len(images)} images")
    nearest = {name: nearest_neighbours(x, queries, k) for name, x in features.items()}

    def draw(garment):
        query = queries[garment - 1]
        rows = {name: (images[index[garment - 1]], labels[index[garment - 1]]) for name, index in nearest.items()}
        return neighbour_strip(images[query], labels[query].item(), rows, classes)

    slider = ipywidgets.IntSlider(1, 1, len(queries))
    return PlotPanel(draw, "nearest neighbours by " + " and by ".join(features), garment=slider)


def nearest_neighbours(features, queries, k):
    """Indices (Q, k) of the rows of `features` (N, D) nearest to each of the rows `queries` (Q,), itself left out.

    Nearest by cosine, the nearest first; of equals the first. Raises ValueError unless k < N and queries are rows.

    >>> nearest_neighbours(torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.5]]), torch.tensor([0]), k=2)
    tensor([[2, 1]])
    """
    queries = torch.as_tensor(queries)
    if queries.ndim != 1 or len(queries) == 0 or queries.is_floating_point() or queries.dtype == torch.bool:
        raise ValueError(f"queries must be a list of indices, got {queries.dtype} of shape {tuple(queries.shape)}")
    if queries.min() < 0 or queries.max() >= len(features):
        raise ValueError(f"queries must be from 0 to {len(features) - 1}, got {queries.min()} to {queries.max()}")
    if validate.whole("k", k) >= len(features):
        raise ValueError(f"k must be below {len(features)}, the number of images, got {k}")
    cosine = pairwise_cosine(features[queries], features).cpu()
    cosine[torch.arange(len(queries)), queries.cpu()] = -torch.inf
    return cosine.argsort(dim=1, descending=True, stable=True)[:, :k]
