"""A panel: move a control with mouse or keyboard, and a picture and its caption answer."""

import base64
import html

import ipywidgets

from clearn import style
from clearn.course.widgets.live import Live, status


class PlotPanel(Live):
    """Controls above a picture that is drawn anew whenever one of them changes.

    Args: draw, a function of the controls' values, by name, that returns a `plots.Picture`, whose `alt` becomes the
    caption; name, what stands for the panel in a saved text; controls, ipywidgets with a value: sliders and
    checkboxes, for JupyterLab takes the arrow keys away from a dropdown.

    The picture is a PNG inside the notebook: it stays where no kernel runs. Should `draw` fail, the first time it
    raises; later on the caption says why and the last good picture stays.

    >>> from clearn.course.plots import Picture
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
        self._words.value = status(words)

    def still(self):
        return f"<p>{html.escape(self.caption)}</p>", self._png, {"width": self._width, "alt": self.caption}
