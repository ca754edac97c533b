"""What every figure is made of: a `Picture` that shows itself and carries its words, and images drawn sharp."""

import base64
import io
from functools import wraps

import torch
from matplotlib.figure import Figure

from clearn import style

WIDTH = 8.0  # inches, 768 px on the page


class Picture(Figure):
    """A figure that shows itself in a notebook, sharp, and with `alt`, its content in words, for who cannot see it."""

    def __init__(self, width, height, alt):
        super().__init__(figsize=(width, height), layout="constrained")
        self.alt = alt

    def png(self, scale=1.5):
        """The figure as PNG bytes, at `scale` times the size it has on the page."""
        data = io.BytesIO()
        with style.look():
            self.savefig(data, format="png", dpi=96 * scale, metadata={"Software": None})
        return data.getvalue()

    def _repr_mimebundle_(self, include=None, exclude=None):
        size = {"width": round(96 * self.get_figwidth()), "alt": self.alt}
        return {"image/png": base64.b64encode(self.png()).decode(), "text/plain": self.alt}, {"image/png": size}


def styled(function):
    """Decorate a function that draws, so that it draws in the course's style."""

    @wraps(function)
    def wrapper(*args, **kwargs):
        with style.look():
            return function(*args, **kwargs)

    return wrapper


def draw_image(axes, image):
    """Show one image (C, H, W), uint8 or float in [0, 1], on `axes`, its pixels sharp."""
    axes.imshow(pixels(image), interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def pixels(image):
    """An image (C, H, W), uint8 or float in [0, 1], C = 1 or 3, as matplotlib wants it: (H, W, 3)."""
    image = torch.as_tensor(image).cpu()
    return (image if image.dtype == torch.uint8 else image.clamp(0, 1)).permute(1, 2, 0).expand(-1, -1, 3).numpy()
