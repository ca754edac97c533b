"""A brightness of its own for each image of a batch."""

import torch

from clearn.course.checks.exercise import Case, Exercise, values_only
from clearn.views import image_ops


def shades(rng, *shape, dtype=torch.float32):
    return torch.rand(shape, generator=rng, dtype=dtype)


def factors(rng, n, dtype=torch.float32):
    """Factors far apart, from dark to more than twice as bright, in no order."""
    return torch.linspace(0.3, 2.3, n, dtype=dtype)[torch.randperm(n, generator=rng)]


adjust_brightness = Exercise("adjust_brightness", lambda rng: [
    Case((torch.tensor([0.25, 0.7, 0.25, 0.7]).reshape(2, 1, 1, 2), torch.tensor([0.5, 2.0]))),
    Case((shades(rng, 3, 3, 4, 5), factors(rng, 3))),
    Case((shades(rng, 4, 1, 4, 4), factors(rng, 4))),
    Case((shades(rng, 5, 3, 6, 4), factors(rng, 5))),
    Case((shades(rng, 4, 3, 5, 7).contiguous(memory_format=torch.channels_last), factors(rng, 4))),
    Case((shades(rng, 2, 3, 3, 2, dtype=torch.float64), factors(rng, 2, dtype=torch.float64))),
    Case((shades(rng, 1, 3, 2, 2), torch.tensor([1.6]))),
], values_only)  # fmt: skip


@adjust_brightness.reference
def _(images, factors):
    return image_ops.adjust_brightness.unchecked(images.float(), factors)


adjust_brightness.mistake("not clamped", "There is no brighter than 1, in floats (255 is that of bytes): what comes "
    "next expects values from 0 to 1.", "06, section 2",
    lambda images, factors: images * factors[:, None, None, None])  # fmt: skip
adjust_brightness.mistake("one factor for the batch", "Every picture has a factor of its own. One for all looks "
    "fine, and the brightness of a view then tells who its partner is.", "06, section 3",
    lambda images, factors: (images * factors[0]).clamp(0, 1))  # fmt: skip
adjust_brightness.mistake("one factor for the batch", "A mean of the factors is again one for all. Every picture has "
    "a factor of its own.", "06, section 3",
    lambda images, factors: (images * factors.mean()).clamp(0, 1))  # fmt: skip
adjust_brightness.mistake("every factor on every picture", "Picture i is to be multiplied by factor i, and by no "
    "other.", "06, section 3",
    lambda images, factors: (images * factors.prod()).clamp(0, 1))  # fmt: skip


@adjust_brightness.mistake("every factor on every picture", "Picture i is to be multiplied by factor i, and by no "
                           "other.", "06, section 3")  # fmt: skip
def _(images, factors):
    for factor in factors:
        images = (images * factor).clamp(0, 1)
    return images


for most in (1, float("inf")):
    for axis in ((None, None), (None,), ()):  # of (N, 1, 1, 1): what is left out of it
        adjust_brightness.mistake("factor along the wrong axis", "Shapes are matched from the right, so a bare (N,) "
            "meets the columns of the picture, and (N, 1, 1) its channels; no error says so if it fits. (N, 1, 1, 1) "
            "meets the pictures.",
            "06, section 2",
            lambda images, factors, most=most, axis=axis: (images * factors[(slice(None), *axis)]).clamp(0, most))  # fmt: skip
adjust_brightness.mistake("factor added", "Twice as bright is 2 · x. A sum would lift the black ground, too.",
    "06, section 2",
    lambda images, factors: (images + factors[:, None, None, None]).clamp(0, 1),
    lambda images, factors: (images + factors[:, None, None, None] - 1).clamp(0, 1))  # fmt: skip
adjust_brightness.mistake("divided by the factor", "A factor of 2 is to make a picture brighter.", "06, section 2",
    lambda images, factors: (images / factors[:, None, None, None]).clamp(0, 1))  # fmt: skip
adjust_brightness.mistake("factor clamped, not the picture", "A factor may exceed 1; it is the product that may not.",
    "06, section 2", lambda images, factors: images * factors.clamp(0, 1)[:, None, None, None])  # fmt: skip


@adjust_brightness.mistake("rescaled in place of clamped", "Dividing by the largest value takes the brightness back "
                           "that the factor gave.", "06, section 2")  # fmt: skip
def _(images, factors):
    bright = images * factors[:, None, None, None]
    return bright / bright.amax((1, 2, 3), keepdim=True).clamp(min=1)


@adjust_brightness.mistake("rescaled in place of clamped", "Dividing by the largest value of the batch makes all "
                           "pictures darker because of one.", "06, section 2")  # fmt: skip
def _(images, factors):
    bright = images * factors[:, None, None, None]
    return bright / bright.max().clamp(min=1)


@adjust_brightness.mistake("contrast", "This moves pixels away from their mean. Brightness multiplies: black stays "
                           "black.", "06, section 1")  # fmt: skip
def _(images, factors):
    mean = images.mean((1, 2, 3), keepdim=True)
    return (mean + factors[:, None, None, None] * (images - mean)).clamp(0, 1)


adjust_brightness.mistake("rounded to bytes", "Steps of 1/255 throw away what later operations could still use. "
    "Bytes are for storing.", "06, section 7",
    lambda images, factors: (255 * images * factors[:, None, None, None]).clamp(0, 255).floor() / 255,
    lambda images, factors: (255 * images * factors[:, None, None, None]).clamp(0, 255).round() / 255)  # fmt: skip


@adjust_brightness.mistake("number of channels built in", "A picture may have one channel or three: take as many as "
    "`images` has.", "06, section 2")  # fmt: skip
def _(images, factors):
    return torch.stack([(images[:, c] * factors[:, None, None]).clamp(0, 1) for c in range(3)], dim=1)
