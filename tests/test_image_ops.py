"""Every operation against a loop of torchvision's functional over the images, on the same parameters."""

import math

import pytest
import torch
import torchvision.transforms.v2.functional as tv
from hypothesis import given, settings
from hypothesis import strategies as st

from clearn.views import image_ops as ops

BILINEAR = tv.InterpolationMode.BILINEAR
SHAPES = [(5, 3, 32, 32), (4, 3, 17, 30), (4, 1, 28, 28), (1, 3, 9, 5), (3, 1, 6, 13)]
NAMES = ["adjust_brightness", "adjust_contrast", "adjust_saturation", "adjust_hue"]
on_shapes = pytest.mark.parametrize("shape", SHAPES, ids=str)


def random(*shape, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def images(shape, seed=0):
    """Random pixels, with what trips a hue up: a gray image, ties between channels, black and white."""
    x = random(*shape, seed=seed)
    x[:, :, 0] = (x[:, :, 0] * 3).round() / 3
    x[-1] = x[-1, :1]
    x[0, :, 1], x[0, :, 2] = 0, 1
    return x


def boxes(n, height, width, seed=1):
    u = random(4, n, seed=seed)
    h, w = (1 + u[0] * height).long().clamp(max=height), (1 + u[1] * width).long().clamp(max=width)
    return torch.stack([(u[2] * (height - h + 1)).long(), (u[3] * (width - w + 1)).long(), h, w], 1)


def each(function, x, *parameters):
    return torch.stack([function(image, *(p[i] for p in parameters)) for i, image in enumerate(x)])


def close(a, b, tolerance=1e-5):
    assert a.dtype == torch.float32
    assert a.min() >= 0 and a.max() <= 1
    torch.testing.assert_close(a, b, atol=tolerance, rtol=0)


@on_shapes
@pytest.mark.parametrize("size", [1, 7, 32])
def test_crop_resize_and_flip(shape, size):
    x, box = images(shape), boxes(len(images(shape)), *shape[2:])
    flip = random(len(x), seed=2) < 0.5
    flip[0] = True

    def oracle(image, box, flip):
        view = tv.resized_crop(image, *box.tolist(), [size, size], antialias=False)
        return tv.horizontal_flip(view) if flip else view

    close(ops.crop_resize(x, box, size, flip), each(oracle, x, box, flip))


def test_a_crop_that_grows_equals_torchvisions_antialiased_default():
    x, box = images((6, 3, 32, 32)), boxes(6, 16, 16)
    close(ops.crop_resize(x, box, 16), each(lambda i, b: tv.resized_crop(i, *b.tolist(), [16, 16]), x, box))


def test_crop_of_a_rotated_image_where_nothing_is_resized():
    """Pixel for pixel the crop of the image rotated about the crop's centre: no second interpolation to tell apart."""
    x, angle = images((6, 3, 21, 30)), 360 * random(6, seed=3) - 180
    box = torch.tensor([[i, 2 * i, 11, 11] for i in range(6)])

    def oracle(image, box, angle):
        top, left, h, w = box.tolist()
        turned = tv.rotate(image, angle.item(), BILINEAR, center=[left + w / 2, top + h / 2])
        return tv.crop(turned, top, left, h, w)

    close(ops.crop_resize(x, box, 11, angle=angle), each(oracle, x, box, angle))


def test_crop_of_a_rotated_image_on_a_smooth_one():
    """One interpolation in place of two: on an image without fine detail that makes next to no difference."""
    row, column = torch.meshgrid(torch.linspace(0, 3, 64), torch.linspace(0, 2, 64), indexing="ij")
    x = (0.5 + 0.5 * torch.sin(row + column)).expand(2, 1, 64, 64)
    box, flip, angle = torch.tensor([[20, 16, 24, 30]] * 2), torch.tensor([True, False]), torch.tensor([20.0, -35.0])

    def oracle(image, flip, angle):
        turned = tv.rotate(image, angle.item(), BILINEAR, center=[31, 32])
        view = tv.resized_crop(turned, *box[0].tolist(), [32, 32])
        return tv.horizontal_flip(view) if flip else view

    close(ops.crop_resize(x, box, 32, flip, angle), each(oracle, x, flip, angle), tolerance=2e-3)


@on_shapes
def test_rotate(shape):
    x, angle = images(shape), 360 * random(shape[0], seed=4) - 180
    angle[0] = 90
    close(ops.rotate(x, angle), each(lambda i, a: tv.rotate(i, a.item(), BILINEAR), x, angle), 3e-5)
    center = random(shape[0], 2, seed=5) * torch.tensor([shape[3], shape[2]])
    expected = each(lambda i, a, c: tv.rotate(i, a.item(), BILINEAR, center=c.tolist()), x, angle, center)
    close(ops.rotate(x, angle, center), expected, 3e-5)


@on_shapes
def test_horizontal_flip(shape):
    x, which = images(shape), random(shape[0], seed=6) < 0.5
    close(ops.horizontal_flip(x), tv.horizontal_flip(x), 0)
    close(ops.horizontal_flip(x, which), each(lambda i, w: tv.horizontal_flip(i) if w else i, x, which), 0)


@on_shapes
@pytest.mark.parametrize("name", NAMES)
def test_adjust(shape, name):
    x, amount = images(shape), random(shape[0], seed=7)
    amount = amount - 0.5 if name == "adjust_hue" else 2.5 * amount
    close(getattr(ops, name)(x, amount), each(lambda i, a: getattr(tv, name)(i, a.item()), x, amount))


@pytest.mark.parametrize("shift", [-0.5, -1 / 3, -1 / 6, 0.0, 1e-7, 1 / 6, 0.25, 0.5])
def test_hue_at_the_corners_of_the_colour_cube(shift):
    levels = torch.linspace(0, 1, 6)
    x = torch.cartesian_prod(levels, levels, levels).T.reshape(1, 3, 6, 36)
    close(ops.adjust_hue(x, shift), tv.adjust_hue(x, shift))


@on_shapes
def test_color_jitter_in_each_of_the_24_orders(shape):
    orders = torch.cartesian_prod(*[torch.arange(4)] * 4)
    orders = orders[(orders.sort(1)[0] == torch.arange(4)).all(1)]
    n = len(orders)
    x = images((n, *shape[1:]))
    (b, c, s), h = 2 * random(3, n, seed=8), random(n, seed=12) - 0.5
    h[5] = h[17] = 0

    def oracle(image, b, c, s, h, order):
        for k in order.tolist():
            image = getattr(tv, NAMES[k])(image, [b, c, s, h][k].item())
        return image

    result = ops.color_jitter(x, b, c, s, h, orders)
    close(result, each(oracle, x, b, c, s, h, orders), 3e-5)
    assert not torch.allclose(result, ops.color_jitter(x, b, c, s, h, orders.flip(0)), atol=1e-2), "order matters"


def test_rounding_is_forgiven_but_not_handed_on():
    x = torch.tensor([-5e-6, 1 + 5e-6]).expand(2, 3, 4, 2)
    for y in (ops.as_images(x), ops.grayscale(x, False)):
        assert y.min() == 0 and y.max() == 1
    white = torch.ones(50, 1, 37, 53)
    close(ops.crop_resize(white, boxes(50, 37, 53), 24), torch.ones(50, 1, 24, 24))
    same = ops.grayscale(white, False)
    assert torch.equal(same, white) and same.data_ptr() != white.data_ptr(), "a new tensor, even if nothing changes"


def test_neutral_parameters_change_nothing():
    x = images((6, 3, 8, 8))
    order = random(6, 4).argsort(1)
    for same in (ops.color_jitter(x, 1, 1, 1, 0, order), ops.adjust_brightness(x, 1), ops.grayscale(x, False),
                 ops.adjust_contrast(x, 1), ops.gaussian_blur(x, 0, 3), ops.solarize(x, 2)):  # fmt: skip
        assert torch.equal(same, x)
    half = torch.tensor([True, False] * 3)
    mixed = ops.color_jitter(x, torch.where(half, 1.0, 0.3), 1, 1, torch.where(half, 0, 0.3), order)
    assert torch.equal(mixed[half], x[half]) and not torch.isclose(mixed[~half], x[~half]).all()


@on_shapes
def test_grayscale(shape):
    x, which = images(shape), random(shape[0], seed=9) < 0.5
    gray = tv.rgb_to_grayscale(x, shape[1])
    close(ops.grayscale(x), gray, 1e-6)
    assert torch.equal(ops.grayscale(x, which)[~which], x[~which])
    close(ops.grayscale(x, which)[which], gray[which], 1e-6) if which.any() else None


@on_shapes
@pytest.mark.parametrize("kernel_size", [1, 3, 9])
def test_gaussian_blur(shape, kernel_size):
    x, sigma = images(shape), 0.1 + 2 * random(shape[0], seed=10)
    if kernel_size // 2 >= min(shape[2:]):
        with pytest.raises(ValueError, match="below twice the sides"):
            ops.gaussian_blur(x, sigma, kernel_size)
    else:
        expected = each(lambda i, s: tv.gaussian_blur(i, [kernel_size] * 2, [s.item()] * 2), x, sigma)
        close(ops.gaussian_blur(x, sigma, kernel_size), expected)


@on_shapes
def test_solarize(shape):
    x, threshold = images(shape), random(shape[0], seed=11)
    x[:, 0, -1, -1] = threshold  # the threshold itself is inverted
    close(ops.solarize(x, threshold), each(lambda i, t: tv.solarize(i, t.item()), x, threshold), 0)


EXAMPLES = {
    ops.crop_resize: lambda n, h, w: (boxes(n, h, w), 5, random(n) < 0.5, 90 * random(n)),
    ops.rotate: lambda n, h, w: (90 * random(n),),
    ops.horizontal_flip: lambda n, h, w: (random(n) < 0.5,),
    ops.adjust_brightness: lambda n, h, w: (2 * random(n),),
    ops.adjust_contrast: lambda n, h, w: (2 * random(n),),
    ops.adjust_saturation: lambda n, h, w: (2 * random(n),),
    ops.adjust_hue: lambda n, h, w: (random(n) - 0.5,),
    ops.color_jitter: lambda n, h, w: (*2 * random(3, n), random(n) - 0.5, random(n, 4).argsort(1)),
    ops.grayscale: lambda n, h, w: (random(n) < 0.5,),
    ops.gaussian_blur: lambda n, h, w: (2 * random(n), 1),
    ops.solarize: lambda n, h, w: (random(n),),
}
on_operations = pytest.mark.parametrize("operation", EXAMPLES, ids=lambda f: f.__name__)


@on_operations
def test_any_kind_of_image_gives_the_same_and_stays_as_it_was(operation):
    pixels = (255 * images((4, 3, 7, 9))).to(torch.uint8)
    parameters = EXAMPLES[operation](4, 7, 9)
    expected = operation(pixels, *parameters)
    double = (pixels.double() / 255).requires_grad_()
    for x in (pixels / 255, (pixels / 255).to(memory_format=torch.channels_last), double, pixels.flip(0).flip(0)):
        before = x.clone()
        result = operation(x, *parameters)
        assert torch.equal(x, before) and not result.requires_grad
        close(result, expected)
        assert result.data_ptr() != x.data_ptr()
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(operation(pixels, *parameters), expected)
    torch.set_default_dtype(torch.float64)
    try:
        close(operation(pixels, *parameters), expected)
    finally:
        torch.set_default_dtype(torch.float32)


@on_operations
def test_one_image_does_not_see_its_neighbours(operation):
    x, parameters = images((6, 3, 8, 8)), EXAMPLES[operation](6, 8, 8)
    row = [p[2:3] if isinstance(p, torch.Tensor) else p for p in parameters]
    torch.testing.assert_close(operation(x, *parameters)[2:3], operation(x[2:3], *row), atol=1e-6, rtol=0)


BAD_IMAGES = [
    (torch.full((2, 3, 4, 4), 200.0), ValueError, "divide by 255"),
    (torch.rand(2, 3, 4, 4) - 1, ValueError, "normalise after"),
    (torch.full((2, 3, 4, 4), math.nan), ValueError, "NaN"),
    (torch.full((2, 3, 4, 4), math.inf), ValueError, "inf"),
    (torch.rand(2, 4, 4, 3), ValueError, r"permute\(0, 3, 1, 2\)"),
    (torch.rand(4, 4, 3), ValueError, r"permute\(2, 0, 1\)"),
    (torch.rand(3, 4, 4), ValueError, r"unsqueeze\(0\)"),
    (torch.rand(4, 4), ValueError, "N, C, H, W"),
    (torch.rand(2, 2, 4, 4), ValueError, "C = 1 or 3"),
    (torch.rand(0, 3, 4, 4), ValueError, "at least one image"),
    (torch.rand(2, 3, 0, 4), ValueError, "at least one"),
    (torch.zeros(2, 3, 4, 4, dtype=torch.int64), TypeError, "int64"),
    (torch.zeros(2, 3, 4, 4, dtype=torch.bool), TypeError, "bool"),
    (torch.zeros(2, 3, 4, 4, dtype=torch.complex64), TypeError, "complex"),
    (torch.rand(2, 3, 4, 4).numpy(), TypeError, "as_tensor"),
    ([[1.0]], TypeError, "list"),
    (None, TypeError, "NoneType"),
]


@pytest.mark.parametrize("x, error, says", BAD_IMAGES, ids=[says for _, _, says in BAD_IMAGES])
def test_bad_images_are_explained(x, error, says):
    with pytest.raises(error, match=says):
        ops.as_images(x)


@pytest.mark.parametrize("call, error, says", [
    (lambda x: ops.adjust_brightness(x, -0.1), ValueError, "at least 0"),
    (lambda x: ops.adjust_brightness(x, torch.ones(3)), ValueError, r"\(2,\)"),
    (lambda x: ops.adjust_brightness(x, "much"), TypeError, "str"),
    (lambda x: ops.adjust_contrast(x, math.nan), ValueError, "nan"),
    (lambda x: ops.adjust_saturation(x, torch.tensor(True)), TypeError, "bool"),
    (lambda x: ops.adjust_hue(x, 0.6), ValueError, "from -0.5 to 0.5"),
    (lambda x: ops.color_jitter(x, 1, 1, 1, 0, torch.zeros(2, 4).long()), ValueError, "permutation"),
    (lambda x: ops.color_jitter(x, 1, 1, 1, 0, torch.zeros(2, 4)), TypeError, "integers"),
    (lambda x: ops.horizontal_flip(x, 1.0), TypeError, "booleans"),
    (lambda x: ops.grayscale(x, torch.ones(2)), TypeError, "booleans"),
    (lambda x: ops.gaussian_blur(x, 1.0, 4), ValueError, "odd"),
    (lambda x: ops.gaussian_blur(x, -1.0, 3), ValueError, "at least 0"),
    (lambda x: ops.gaussian_blur(x, 1.0, 3.0), TypeError, "whole number"),
    (lambda x: ops.crop_resize(x, torch.tensor([0, 0, 9, 2]), 8), ValueError, r"inside.*\[0, 0, 9, 2\]"),
    (lambda x: ops.crop_resize(x, torch.tensor([0, 0, 2, 0]), 8), ValueError, "inside"),
    (lambda x: ops.crop_resize(x, torch.tensor([-1, 0, 2, 2]), 8), ValueError, "inside"),
    (lambda x: ops.crop_resize(x, torch.tensor([0, 2**62, 2, 2**62]), 8), ValueError, "inside"),
    (lambda x: ops.crop_resize(x, torch.rand(2, 4), 8), TypeError, "integers"),
    (lambda x: ops.crop_resize(x, torch.tensor([0, 0, 2, 2]), 0), ValueError, "size"),
    (lambda x: ops.rotate(x, 10, center=3), ValueError, "pair"),
    (lambda x: ops.rotate(x, 10, center="middle"), TypeError, "str"),
    (lambda x: ops.solarize(x, None), TypeError, "NoneType"),
])  # fmt: skip
def test_bad_parameters_are_explained(call, error, says):
    with pytest.raises(error, match=says):
        call(torch.rand(2, 3, 8, 8))


ANYTHING = st.one_of(
    st.floats(), st.integers(-(2**70), 2**70), st.booleans(), st.none(), st.text(max_size=2),
    st.lists(st.floats(), max_size=3),
    st.builds(lambda shape, dtype, seed: (10 * random(*shape, seed=seed) - 2).to(dtype),
              st.lists(st.integers(0, 5), max_size=3),
              st.sampled_from([torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int64, torch.uint8,
                               torch.bool, torch.complex64]), st.integers(0, 99)))  # fmt: skip
IMAGES = st.builds(
    lambda shape, dtype, high, seed: (high * random(*shape, seed=seed)).to(dtype),
    st.one_of(st.tuples(st.integers(1, 4), st.sampled_from([1, 3]), st.integers(1, 6), st.integers(1, 6)),
              st.tuples(*[st.integers(1, 6)] * 4), st.lists(st.integers(0, 4), max_size=5).map(tuple)),
    st.sampled_from([torch.uint8, torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int64]),
    st.sampled_from([1.0, 1.0, 255.0, math.inf]), st.integers(0, 99))  # fmt: skip


@on_operations
@settings(max_examples=60, deadline=None)
@given(x=IMAGES, data=st.data())
def test_a_result_in_range_or_a_helpful_error(operation, x, data):
    good = EXAMPLES[operation](*((len(x), *x.shape[2:]) if x.ndim == 4 and x.numel() else (1, 4, 4)))
    parameters = [data.draw(st.one_of(st.just(p), ANYTHING)) for p in good]
    if operation is ops.crop_resize and isinstance(parameters[1], int):
        parameters[1] = min(parameters[1], 64)  # a larger view is right, but needs the memory
    try:
        result = operation(x, *parameters)
    except (TypeError, ValueError) as error:
        assert len(str(error)) > 20
    else:
        assert result.shape[:2] == x.shape[:2] and result.dtype == torch.float32
        assert result.min() >= 0 and result.max() <= 1  # a NaN is neither
