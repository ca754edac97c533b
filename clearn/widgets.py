"""Panels in a notebook: move a control with mouse or keyboard, and a picture and its caption answer."""

import base64
import html

import ipywidgets
import torch

from clearn import style, validate
from clearn.plots import neighbour_strip
from clearn.similarity import pairwise_cosine

# ipywidgets shows no focus: who moves a slider by keyboard should see which.
FOCUS = "<style>.noUi-handle:focus-visible {outline: 3px solid #E69F00; outline-offset: 2px}</style>"


class PlotPanel(ipywidgets.VBox):
    """Controls above a picture that is drawn anew whenever one of them changes.

    Args: draw, a function of the controls' values, by name, that returns a `plots.Picture`, whose `alt` becomes the
    caption; name, what stands for the panel in a saved text; controls, ipywidgets with a value.

    The picture is a PNG inside the notebook: it stays where no kernel runs. Should `draw` fail, the first time it
    raises; later on the caption says why and the last good picture stays.

    >>> from clearn.plots import Picture
    >>> def line(slope):
    ...     picture = Picture(4, 3, f"A line of slope {slope}.")
    ...     picture.subplots().axline((0, 0), slope=slope)
    ...     return picture
    >>> PlotPanel(line, "slope of a line", slope=ipywidgets.IntSlider(2)).caption
    'A line of slope 2.'
    """

    def __init__(self, draw, name, **controls):
        for key, control in controls.items():
            if not isinstance(control, ipywidgets.ValueWidget):
                raise TypeError(f"{key} must be a widget with a value, such as ipywidgets.IntSlider(), got {control!r}")
            control.layout.width = "min(100%, 480px)"
            control.style.description_width = "initial"  # else a long description is cut off
            control.description = control.description or key.replace("_", " ")
        self.draw, self.name, self.controls = draw, name, controls
        self._image, self._words = ipywidgets.HTML(), ipywidgets.HTML()
        self._show()
        super().__init__([*controls.values(), self._image, self._words])
        for control in controls.values():
            control.observe(self._refresh, "value")

    def _show(self):
        with style.look():
            picture = self.draw(**{key: control.value for key, control in self.controls.items()})
            self._png = base64.b64encode(picture.png(2)).decode()  # twice the pixels: sharp on any screen
        self.caption, self._width = picture.alt, round(96 * picture.get_figwidth())
        ratio = picture.get_figwidth() / picture.get_figheight()
        # The size stands in the style, so that nothing jumps while the new picture is decoded.
        self._image.value = (
            f'<img src="data:image/png;base64,{self._png}" alt="{html.escape(self.caption)}" decoding="sync" '
            f'style="display:block; width:{self._width}px; max-width:100%; aspect-ratio:{ratio:.4f}">'
        )
        self._say(self.caption)

    def _refresh(self, _):
        try:
            self._show()
        except Exception as error:  # noqa: BLE001  left alone it would go to a log that a learner never sees
            self._say(f"This setting cannot be drawn: {type(error).__name__}: {error}")

    def _say(self, words):
        self._words.value = FOCUS + f'<p role="status" style="margin:0; line-height:1.5">{html.escape(words)}</p>'

    def _repr_mimebundle_(self, **kwargs):
        data = super()._repr_mimebundle_(**kwargs) | {"image/png": self._png, "text/plain": f"Panel: {self.name}"}
        return data, {"image/png": {"width": self._width, "alt": self.caption}}


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
