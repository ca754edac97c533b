"""Image operations on a batch, each image with its own parameters, on the images' own device.

Each equals the function of the same name in `torchvision.transforms.v2.functional`, looped over the images. Images are
(N, C, H, W) with C = 1 or 3, uint8 or floating in [0, 1]; results are new float32 tensors in [0, 1], without gradient.
A parameter is one value for all images or a tensor (N,). Keep parameters on the CPU: there a check makes no GPU wait.
Where C = 1, saturation, hue and grayscale change nothing, as in torchvision.

Raises TypeError or ValueError for images or parameters of a wrong type, shape or range. `operation.unchecked` skips
the look at the images, and may return them as they are: for the output of another operation.
"""

from clearn.views.image_ops.colour import (
    BRIGHTNESS,
    CONTRAST,
    HUE,
    SATURATION,
    adjust_brightness,
    adjust_contrast,
    adjust_hue,
    adjust_saturation,
    color_jitter,
    gaussian_blur,
    grayscale,
    solarize,
)
from clearn.views.image_ops.geometry import crop_resize, horizontal_flip, rotate
from clearn.views.image_ops.inputs import as_images

__all__ = [
    "BRIGHTNESS", "CONTRAST", "HUE", "SATURATION", "adjust_brightness", "adjust_contrast", "adjust_hue",
    "adjust_saturation", "as_images", "color_jitter", "crop_resize", "gaussian_blur", "grayscale", "horizontal_flip",
    "rotate", "solarize",
]  # fmt: skip
