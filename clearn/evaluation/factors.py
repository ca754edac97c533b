"""Which differences matter? What two views share before any training, and what features still know after it."""

import torch

from clearn.validate import dense, features, number
from clearn.views.image_ops import as_images


def properties(images):
    """Plain properties of images of one bright thing on black: {name: (N, 1), for colour (N, 3)}.

    With g the image in gray (the mean of its channels), s = Σ g, and moments of g about its own centre:
    colour, the share of each channel in all light; brightness, Σ g² / s, the gray of a typical lit pixel; size,
    s² / Σ g², about how many pixels are lit; across and down, the centre of the light from the middle, in pixels; tilt,
    2 m_xy / (m_xx + m_yy), in [−1, 1], 0 for a thing that stands upright, lies, or is round.
    A black image has no colour, size, place or tilt: it gets ⅓ and 0. Args: images (N, C, H, W), of any kind.

    >>> {name: value[0].tolist() for name, value in properties(torch.eye(3)[None, None]).items()}
    {'colour': [1.0], 'brightness': [1.0], 'size': [3.0], 'across': [0.0], 'down': [0.0], 'tilt': [1.0]}
    """
    x = as_images(images).double()
    gray, channels = x.mean(1), x.sum((2, 3))
    x0, y0 = (torch.arange(n, device=x.device) - (n - 1) / 2 for n in (x.shape[3], x.shape[2]))

    def mean(values, weights=gray):
        """Weighted mean over the pixels (N,); 0 where no pixel has weight."""
        return (weights * values).sum((1, 2)) / weights.sum((1, 2)).clamp(min=1e-9)

    across, down = mean(x0.view(1, 1, -1)), mean(y0.view(1, -1, 1))
    dx, dy = x0.view(1, 1, -1) - across.view(-1, 1, 1), y0.view(1, -1, 1) - down.view(-1, 1, 1)
    brightness = mean(gray)
    rest = {
        "brightness": brightness,
        "size": gray.sum((1, 2)) / brightness.clamp(min=1e-9),
        "across": across,
        "down": down,
        "tilt": 2 * mean(dx * dy) / (mean(dx**2) + mean(dy**2)).clamp(min=1e-9),
    }
    colour = (channels + 1e-9) / (channels + 1e-9).sum(1, keepdim=True)
    return {"colour": colour} | {name: value[:, None] for name, value in rest.items()}


def shared(view0, view1):
    """How much of each of the `properties` two views have in common: {name: correlation over the pairs}.

    1: who knows it of one view knows it of the other, and can find a partner by it. 0: it says nothing
    about the partner, or is the same in all views. For colour, the mean over the channels.

    Args: view0, view1 (N, C, H, W), N ≥ 2, row by row two views of one image.

    >>> x = torch.rand(8, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    >>> {name: round(r, 2) for name, r in shared(x, x.flip(3)).items()}  # a mirror image
    {'colour': 1.0, 'brightness': 1.0, 'size': 1.0, 'across': -1.0, 'down': 1.0, 'tilt': -1.0}
    """
    view0, view1 = as_images(view0), as_images(view1)
    if view0.shape != view1.shape or len(view0) < 2:
        raise ValueError("view0 and view1 must be views of the same N ≥ 2 images, "
                         f"got shapes {tuple(view0.shape)} and {tuple(view1.shape)}")  # fmt: skip
    first, second = properties(view0), properties(view1)
    return {name: correlation(first[name], second[name]) for name in first}


def correlation(a, b):
    """Pearson's correlation of the columns of a and b (N, D), averaged over D; 0 for a column that does not vary."""
    a, b = a - a.mean(0), b - b.mean(0)
    spread = (a.square().mean(0) * b.square().mean(0)).sqrt()
    return ((a * b).mean(0) / spread).where(spread > 1e-8, 0).mean().item()


def predictability(train_features, train_values, test_features, test_values, ridges=(1e-3, 1e-2, 0.1, 1, 10)):
    """How well a linear map of frozen features predicts a known quantity: R² on the test set.

        R² = 1 − Σ (y − ŷ)² / Σ (y − ȳ)²

    1: perfectly; 0: no better than its mean. Of several quantities, (N, K), the mean of their R². The map is ridge
    regression on standardised columns (of variance 1/D, as in `linear_probe`), fitted on the training set alone; the
    ridge is the one of `ridges` that predicts best there when each image in turn is left out.

    Args: features (N, D), values (N,) or (N, K), real or boolean, for training and testing.
    Raises TypeError or ValueError for input of a wrong type or shape, and for a quantity that does not vary.

    >>> x = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
    >>> round(predictability(x, 3 * x[:, 0] + 1, x, 3 * x[:, 0] + 1), 4)
    1.0
    """
    x = features("train_features", train_features)
    test_x = features("test_features", test_features, like=("train_features", train_features), paired=False)
    y, test_y = values("train_values", train_values, len(x)), values("test_values", test_values, len(test_x))
    if y.shape[1] != test_y.shape[1]:
        raise ValueError(
            f"train_values and test_values must have as many columns, got {y.shape[1]} and {test_y.shape[1]}"
        )
    ridges = [number("ridges", ridge, above=0) for ridge in ridges]
    x, test_x = x.double().cpu(), test_x.double().cpu()
    mean, spread = x.mean(0), x.std(0, correction=0)
    scale = spread.where(spread > 0, 1) * x.shape[1] ** 0.5
    weights = ridge_regression((x - mean) / scale, y - y.mean(0), ridges)
    guess = (test_x - mean) / scale @ weights + y.mean(0)
    unexplained = (test_y - guess).square().sum(0) / (test_y - test_y.mean(0)).square().sum(0)
    return 1 - unexplained.mean().item()


def ridge_regression(x, y, ridges):
    """Weights (D, K) for centred x (N, D) and y (N, K), with the ridge that predicts best when each row is left out.

    Without row i the guess for it is wrong by e_i / (1 − h_i), where e = y − Hy and h is the diagonal of
    H = x (xᵀx + λ)⁻¹ xᵀ + 1/N: no need to fit N times. Allen 1974, "PRESS"; Golub, Heath, Wahba 1979.
    """
    power, axes = torch.linalg.eigh(x.T @ x)
    turned = x @ axes  # in these axes xᵀx + λ is diagonal
    fits = []
    for ridge in ridges:
        shrink = 1 / (power.clamp(min=0) + ridge)
        weights = shrink[:, None] * (turned.T @ y)
        leverage = turned.square() @ shrink + 1 / len(x)
        left_out = (y - turned @ weights) / (1 - leverage)[:, None]
        fits.append((left_out.square().sum().item(), axes @ weights))
    return min(fits, key=lambda fit: fit[0])[1]


def values(name, y, n):
    """Return `y`, real or boolean, as float64 (n, K) on the CPU; each column must vary."""
    dense(name, y)
    if y.ndim not in (1, 2) or len(y) != n:
        raise ValueError(
            f"{name} must have shape ({n},) or ({n}, K), one row for each row of features, got {tuple(y.shape)}"
        )
    y = y.detach().cpu().double().view(n, -1)
    if not y.isfinite().all() or (y == y[0]).all(0).any():
        raise ValueError(f"{name} must be finite and vary, else there is nothing to predict")
    return y
