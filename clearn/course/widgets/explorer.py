"""The panel of chapter 12: a map to walk on, and beside each garment its neighbours, as the features know them."""

import base64
import io

import ipywidgets
import numpy as np
import torch
from matplotlib import colormaps
from matplotlib.patches import Rectangle

from clearn import style, validate
from clearn.course.numbers import say
from clearn.course.pictures import WIDTH, Picture, pixels
from clearn.course.widgets.neighbours import nearest_neighbours
from clearn.course.widgets.panel import PlotPanel

K = 8  # neighbours
LOW_TO_HIGH = colormaps["viridis"](np.linspace(0, 0.92, 256))  # without its yellow, which is lost on white
# A thumbnail has 32 pixels and is shown larger: sharp squares, as in every other picture.
LOOK = f"""<style>.clearn-live [style*='background-image'] {{image-rendering: pixelated}}
.clearn-canvas {{outline: 1px solid {style.GRID}}}</style>"""


class EmbeddingExplorer(PlotPanel):
    """A map of garments in a canvas, to zoom, pan and click on, above a picture of one garment and its neighbours.

    Args: positions (N, 2), the map; images (N, C, H, W), uint8; labels (N,); classes, a name for each label; features
    (N, D), among which the 8 nearest are looked up, exactly, by cosine; factors, {name: (N,) numbers}, what the map
    can be coloured by besides the class. Raises ValueError or TypeError unless they go together and are finite.

    A garment is chosen by slider or by click; lines lead to its neighbours. The caption counts those of its class, and
    how many of the 8 garments nearest to it on the map are among them. `scatter` is the jupyter-scatter view. Where a
    browser has no WebGL it does not show; the sliders go on working, and the picture holds the same map, small.
    """

    def __init__(self, positions, images, labels, classes, features, factors):
        self.features = validate.features("features", torch.as_tensor(features)).cpu()
        n, self.classes, self.images = len(self.features), list(classes), torch.as_tensor(images).cpu()
        self.labels = validate.labels("labels", torch.as_tensor(labels), n, of="features").cpu()
        if self.labels.min() < 0 or self.labels.max() >= len(self.classes):
            raise ValueError(f"labels must be from 0 to {len(self.classes) - 1}, one for each of the {len(self.classes)} classes, "
                             f"got {self.labels.min()} to {self.labels.max()}")  # fmt: skip
        if self.images.ndim != 4 or len(self.images) != n or self.images.dtype != torch.uint8:
            raise ValueError(f"images must be uint8 of shape ({n}, C, H, W), one for each row of features, got "
                             f"{self.images.dtype} of shape {tuple(self.images.shape)}")  # fmt: skip
        if "class" in factors:
            raise ValueError("factors must not hold 'class': the classes come from labels")
        self.positions = numbers("positions", positions, (n, 2))
        self.known = {name: numbers(f"factors[{name!r}]", values, (n,)) for name, values in factors.items()}
        self.names = ["class", *self.known]
        choices = [(name, number) for number, name in enumerate(self.names)]
        super().__init__(self._draw, "embedding explorer", garment=ipywidgets.IntSlider(1, 1, n),
                         coloured_by=ipywidgets.SelectionSlider(options=choices))  # fmt: skip
        self.scatter = self._scatter()
        *controls, image, words = self.children
        look = ipywidgets.HTML(LOOK, layout={"display": "none"})
        self.children = [*controls, self.scatter.widget, image, words, look]
        self._paint()
        self._mark()
        self.controls["garment"].observe(self._mark, "value")
        self.controls["coloured_by"].observe(self._paint, "value")
        self.scatter.widget.observe(self._choose, "selection")

    def neighbours(self, index):
        """Of garment `index`, the indices of the 8 nearest: by the features, and on the map."""
        distance = np.linalg.norm(self.positions - self.positions[index], axis=1)
        distance[index] = np.inf
        return nearest_neighbours(self.features, [index], K)[0].numpy(), distance.argsort(kind="stable")[:K]

    def colours(self, name):
        """A colour for each garment, by its class or by a factor."""
        if name == "class":
            return [style.CLASSES[y] for y in self.labels.tolist()]
        values = self.known[name]
        return LOW_TO_HIGH[(255 * (values - values.min()) / (np.ptp(values) or 1)).astype(int)]

    def _draw(self, garment, coloured_by):
        index, name = garment - 1, self.names[coloured_by]
        near, on_map = self.neighbours(index)
        label = self.labels[index].item()
        same, both = int((self.labels[near] == label).sum()), len({*near.tolist()} & {*on_map.tolist()})
        picture = Picture(WIDTH, 3.3, (
            f"Garment {garment}: {self.classes[label]}. Of its {K} nearest neighbours in the features, {same} "
            f"{'has' if same == 1 else 'have'} the same class. Of the {K} garments nearest to it on the map, {both} "
            f"{'is' if both == 1 else 'are'} among those neighbours. Coloured by {name}."
        ))  # fmt: skip
        picture.set_layout_engine("none")  # axes laid out by hand: twice as fast
        draw_map(picture.add_axes((0.003, 0.01, 0.405, 0.98)), self.positions, self.colours(name), index, near)
        axes = picture.add_axes((0.42, 0, 0.58, 1))
        axes.set(xlim=(0, 6.6), ylim=(4.69, 0))  # a thumbnail is 1 wide
        axes.set_axis_off()
        draw_garments(axes, self.images[[index, *near]], self.labels[[index, *near]].tolist(), self.classes)
        if name == "class":
            for i, words in enumerate(self.classes):
                x, y = 0.1 + 1.32 * (i % 5), 3.95 + 0.42 * (i // 5)
                axes.plot(x, y, "o", color=style.CLASSES[i], markersize=6)
                axes.text(x + 0.13, y, words, fontsize=9, va="center", color=style.INK)
        else:
            low, high = map(say, (self.known[name].min(), self.known[name].max()))
            axes.text(2.3, 4.15, f"{name} {low}", ha="right", va="center", color=style.INK)
            axes.imshow(LOW_TO_HIGH[None], extent=(2.5, 4.9, 4.3, 4), aspect="auto")
            axes.text(5.1, 4.15, high, va="center", color=style.INK)
        return picture

    def _scatter(self):
        import jscatter  # takes more than a second, with pandas and pyarrow, and only this panel needs it
        import pandas

        table = pandas.DataFrame(self.positions, columns=["map x", "map y"])
        table["garment"] = range(1, len(table) + 1)
        table["class"] = pandas.Categorical.from_codes(self.labels.numpy(), self.classes)
        table["picture"] = [data_uri(image) for image in self.images]
        scatter = jscatter.Scatter(
            data=table, x="map x", y="map y", height=380, axes=False, background_color="white", camera_distance=1.06, size=5,
            opacity=0.9, opacity_unselected=0.7, tooltip=True, tooltip_size="medium", tooltip_properties=["garment", "class"],
            tooltip_histograms=False, tooltip_preview="picture", tooltip_preview_type="image", tooltip_preview_image_size="contain",
            tooltip_preview_image_position="center", tooltip_preview_image_height=96,
        )  # fmt: skip
        scatter.widget.layout = ipywidgets.Layout(width=f"min(100%, {round(96 * WIDTH)}px)", margin="2px")
        scatter.widget.add_class("clearn-canvas")
        return scatter

    def _paint(self, _=None):
        """Colour the canvas."""
        name = self.names[self.controls["coloured_by"].value]
        if name == "class":
            present = self.labels.unique().tolist()  # jupyter-scatter numbers the classes that occur
            self.scatter.color(by=name, map=[style.CLASSES[y] for y in present], norm=None)
        else:
            values = self.known[name]
            self.scatter.color(by=values, map=LOW_TO_HIGH.tolist(), norm=(values.min(), values.max()))

    def _mark(self, _=None):
        """Mark the chosen garment and its neighbours on the canvas."""
        from jscatter import Line

        index = self.controls["garment"].value - 1
        near, _ = self.neighbours(index)
        self.scatter.annotations([Line([*self.positions[[index, other]]], style.INK) for other in near])
        self.scatter.selection([index, *near])

    def _choose(self, change):
        """A click on the canvas chooses one garment; a lasso with several stays as it is."""
        if len(change["new"]) == 1:
            self.controls["garment"].value = int(change["new"][0]) + 1
            self._mark()  # also when it was chosen already


def numbers(name, values, shape):
    """`values` as a finite array of `shape`, or a ValueError."""
    values = np.asarray(values, dtype=float)
    if values.shape != shape or not np.isfinite(values).all():
        raise ValueError(f"{name} must be finite, of shape {shape}, one row for each row of features, got "
                         f"{'NaN or infinity' if values.shape == shape else f'shape {values.shape}'}")  # fmt: skip
    return values


def data_uri(image):
    """An image (C, H, W), uint8, as a PNG that stands in its own address."""
    from PIL import Image

    png = io.BytesIO()
    Image.fromarray(pixels(image)).save(png, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode()


def draw_map(axes, positions, colours, index, near):
    """All positions, and lines from the chosen one to its neighbours."""
    axes.scatter(*positions.T, c=colours, s=6, linewidths=0, alpha=0.7)
    for other in near:
        axes.plot(*positions[[index, other]].T, color=style.INK, linewidth=0.8)
    axes.scatter(*positions[near].T, s=34, facecolors="none", edgecolors=style.INK, linewidths=1.2)
    axes.scatter(*positions[index], s=80, facecolors="none", edgecolors=style.INK, linewidths=2.4)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(visible=True, color=style.GRID)


def draw_garments(axes, images, labels, classes):
    """The first image, large, and beside it the others in two rows, framed by whether they have its class."""
    axes.text(0.1, 0.42, "chosen", fontweight="bold", color=style.INK)
    axes.text(2.04, 0.42, "nearest in the features", fontweight="bold", color=style.INK)
    for i, (image, label) in enumerate(zip(images, labels)):
        x, y, size = (0.1, 0.68, 1.6) if i == 0 else (2.04 + 1.14 * ((i - 1) % 4), 0.68 + 1.5 * ((i - 1) // 4), 1)
        same = label == labels[0]
        frame = style.ANCHOR if i == 0 else style.POSITIVE if same else style.NEGATIVE
        axes.imshow(pixels(image), interpolation="nearest", extent=(x, x + size, y + size, y))
        dashes = "-" if same else (0, (2, 1))
        axes.add_patch(Rectangle((x, y), size, size, fill=False, edgecolor=frame, linewidth=3, linestyle=dashes))
        axes.text(x + size / 2, y + size + 0.08, classes[label], fontsize=8.5, ha="center", va="top", color=style.INK)
