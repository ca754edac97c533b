"""Panels of chapter 02: what dot product, cosine and distance say of two vectors, and of two random directions."""

import math
from functools import lru_cache

import ipywidgets
import torch
from matplotlib.patches import Circle

from clearn import style
from clearn.course.numbers import say
from clearn.course.pictures import WIDTH, Picture
from clearn.course.plots.plane import draw_arrows
from clearn.course.widgets.panel import PlotPanel
from clearn.similarity import cosine_similarity, pairwise_distance, unit
from clearn.validate import number, whole

A, B = style.ANCHOR, style.CLASSES[6]  # neither positive nor negative
PAIRS = 3000


def two_vectors():
    """Two vectors in the plane, moved by angle and length: dot product, cosine, distance before and after scaling."""
    controls = {"angle_of_a": ipywidgets.IntSlider(15, min=-180, max=180, step=5),
                "length_of_a": ipywidgets.FloatSlider(1.6, min=0, max=2, step=0.1),
                "angle_of_b": ipywidgets.IntSlider(75, min=-180, max=180, step=5),
                "length_of_b": ipywidgets.FloatSlider(1.8, min=0, max=2, step=0.1)}  # fmt: skip
    return PlotPanel(draw_vectors, "dot product, cosine and distance of two vectors", **controls)


def measures(a, b):
    """Dot product, cosine, distance, and the distance of the two scaled to length 1, as floats.

    >>> measures(torch.tensor([3.0, 0.0]), torch.tensor([0.0, 4.0]))
    {'dot product': 0.0, 'cosine': 0.0, 'distance': 5.0, 'distance, scaled': 1.4142135381698608}
    """
    distance, scaled = (pairwise_distance(x[None], y[None]).item() for x, y in ((a, b), (unit(a), unit(b))))
    return {"dot product": (a @ b).item(), "cosine": cosine_similarity(a, b).item(), "distance": distance,
            "distance, scaled": scaled}  # fmt: skip


def draw_vectors(angle_of_a, length_of_a, angle_of_b, length_of_b):
    a, b = (polar(*polar_form) for polar_form in ((angle_of_a, length_of_a), (angle_of_b, length_of_b)))
    values = measures(a, b)
    said = {name: say(round(value, 2)) for name, value in values.items()}  # a right angle's cosine is 6·10⁻¹⁷
    alt = (f"a: {say(angle_of_a)}°, length {say(length_of_a, digits=1)}; "
           f"b: {say(angle_of_b)}°, length {say(length_of_b, digits=1)}. "
           f"Dot product {said['dot product']}, cosine {said['cosine']}, distance {said['distance']}. "
           f"Scaled to length 1: dot product {said['cosine']}, distance {said['distance, scaled']}.")  # fmt: skip
    if not (a.any() and b.any()):
        alt += " A zero vector has no direction; we set its cosine to 0."
    picture = Picture(WIDTH, 3.9, alt)
    picture.set_layout_engine("none")
    draw_plane(picture.add_axes((0, 0, 3.9 / WIDTH, 1)), a, b)
    draw_bars(picture.add_axes((0.66, 0.13, 0.27, 0.76)), values, said)
    return picture


def polar(degrees, length):
    turn = math.radians(degrees)
    return length * torch.tensor([math.cos(turn), math.sin(turn)], dtype=torch.float64)


def draw_plane(axes, a, b):
    """Both vectors, the unit circle with where they point, the chord between, and the shadow of b on the line of a."""
    axes.axhline(0, color=style.GRID, linewidth=0.8, zorder=0)
    axes.axvline(0, color=style.GRID, linewidth=0.8, zorder=0)
    axes.add_patch(Circle((0, 0), 1, facecolor="none", edgecolor=style.MUTED, linewidth=1))
    u, v = unit(a), unit(b)
    shadow = (b @ u) * u
    axes.plot(*torch.stack([b, shadow]).T.tolist(), color=style.MUTED, linestyle=":", linewidth=1.5)
    axes.plot(*torch.stack([0 * u, shadow]).T.tolist(), color=B, linewidth=15, alpha=0.25, solid_capstyle="butt")
    axes.plot(*torch.stack([u, v]).T.tolist(), color=style.INK, linestyle="--", linewidth=1.5)
    axes.plot(*torch.stack([a, b]).T.tolist(), color=style.MUTED, linewidth=1)
    for x, direction, name, colour in ((a, u, "a", A), (b, v, "b", B)):
        draw_arrows(axes, torch.zeros(1, 2).numpy(), x[None].numpy(), colour, width=0.012)
        axes.plot(*direction.tolist(), "o", color=colour, markersize=7, markeredgecolor="white", zorder=5)
        axes.annotate(name, (x + 0.16 * direction).tolist(), color=colour, ha="center", va="center", fontsize=13,
                      fontweight="bold")  # fmt: skip
    axes.set(xlim=(-2.3, 2.3), ylim=(-2.3, 2.3), aspect="equal", xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def draw_bars(axes, values, said):
    """One bar for each measure, from 0, with its number; a tick at ±1."""
    names = list(values)
    for y, (name, colour) in enumerate(zip(names, (B, style.INK, style.MUTED, style.INK))):
        axes.barh(y, values[name], height=0.42, color=colour, alpha=0.75)
        axes.text(-4.1, y, name, ha="right", va="center", color=style.INK)
        axes.text(5.6, y, said[name], ha="right", va="center", color=style.INK, fontweight="bold")
    axes.axvline(0, color=style.MUTED, linewidth=1)
    axes.set(xlim=(-4.1, 4.1), ylim=(3.5, -0.6), xticks=[-4, -1, 0, 1, 4], yticks=[])
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)


def random_cosines():
    """Cosines of random directions in d dimensions: how they narrow as d grows, and how rare a given cosine is."""
    exponent = ipywidgets.IntSlider(3, min=1, max=10, description="dimension, as a power of two")
    mark = ipywidgets.FloatSlider(0.3, min=0.05, max=0.95, step=0.05, description="how rare is a cosine of")
    return PlotPanel(draw_cosines, "cosines of random directions", exponent=exponent, mark=mark)


@lru_cache(maxsize=16)
def cosines_of_random_pairs(d, n=PAIRS, seed=1):
    """Cosines (n,) of n pairs of independent directions, uniform on the sphere in d dimensions."""
    a, b = torch.randn(2, whole("n", n), whole("d", d), generator=torch.Generator().manual_seed(seed))
    return cosine_similarity(a, b)


def cosine_density(c, d):
    """Density at `c`, a tensor in (−1, 1), of the cosine of two random directions in d ≥ 2 dimensions.

        p(c) = Γ(d/2) / (√π Γ((d−1)/2)) · (1 − c²)^((d−3)/2)

    It is flat for d = 3 (Archimedes) and close to a normal density of standard deviation 1/√d for large d.

    >>> cosine_density(torch.tensor([-0.5, 0.9]), d=3)
    tensor([0.5000, 0.5000])
    """
    whole("d", d, least=2)
    log_factor = math.lgamma(d / 2) - math.lgamma((d - 1) / 2) - 0.5 * math.log(math.pi)
    return ((d - 3) / 2 * torch.log1p(-c.square()) + log_factor).exp()


def share_above(c, d):
    """The probability that two random directions in d ≥ 2 dimensions have a cosine above `c`, in [0, 1].

    Half the regularised incomplete beta function I(1 − c²; (d−1)/2, ½): the area of a cap of the sphere.

    >>> share_above(0.5, d=3)  # flat from −1 to 1: a quarter lies above one half
    0.25
    """
    from scipy.special import betainc

    c, d = number("c", c, least=0, most=1), whole("d", d, least=2)
    return float(betainc((d - 1) / 2, 0.5, 1 - c * c)) / 2


def power_of_ten(share):
    """The largest power of ten below 1 / share, in words.

    >>> power_of_ten(2e-12), power_of_ten(0.0)
    ('10^11', '10^300')
    """
    return f"10^{math.floor(-math.log10(max(share, 1e-300)))}"


def draw_cosines(exponent, mark):
    d = 2**exponent
    cosines = cosines_of_random_pairs(d)
    spread, share = d**-0.5, share_above(mark, d)
    often = share >= 5e-4
    rare = f"{say(share, '%')} of random pairs" if often else f"less than one random pair in {power_of_ten(share)}"
    alt = (f"{d} dimensions: the cosines of {say(PAIRS)} random pairs have standard deviation "
           f"{say(cosines.std(correction=0), digits=3)}; 1/√d = {say(spread, digits=3)}. A cosine above {say(mark)} is "
           f"{say(mark / spread)} standard deviations off: {rare}.")  # fmt: skip
    picture = Picture(WIDTH, 3.3, alt)
    picture.set_layout_engine("none")
    axes = picture.add_axes((0.03, 0.17, 0.94, 0.72))
    counts = torch.histc(cosines, 80, -1, 1) / (len(cosines) / 40)
    axes.stairs(counts.tolist(), torch.linspace(-1, 1, 81).tolist(), fill=True, color=A, alpha=0.3)
    c = torch.linspace(-0.9995, 0.9995, 1000, dtype=torch.float64)
    axes.plot(c, cosine_density(c, d), color=style.INK, linewidth=1.5)
    top = 1.15 * counts.max().item()
    for x, text in ((-spread, "−1/√d"), (spread, "1/√d")):
        axes.plot([x, x], [0, 0.94 * top], color=style.MUTED, linestyle="--", linewidth=1)
        axes.text(x, 0.95 * top, text, ha="left" if x > 0 else "right", va="bottom", color=style.MUTED)
    beyond = c >= mark
    axes.fill_between(c[beyond], cosine_density(c[beyond], d), color=style.CLASSES[1], alpha=0.6, linewidth=0)
    axes.axvline(mark, ymax=0.7, color=style.CLASSES[1])
    axes.set(xlim=(-1, 1), ylim=(0, top), yticks=[], xlabel=f"cosine of two random directions in {d} dimensions")
    axes.spines["left"].set_visible(False)
    return picture
