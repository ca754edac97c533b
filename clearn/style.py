"""One look for every figure: colours that colour-blind readers can tell apart, and thin axes.

The same colour means the same thing in every chapter. Palette: Okabe and Ito 2008.
"""

from contextlib import contextmanager

ANCHOR, POSITIVE, NEGATIVE = "#0072B2", "#009E73", "#D55E00"
INK, MUTED, GRID = "#222222", "#767676", "#DDDDDD"

# Ten classes need ten colours: Okabe and Ito's, with a wine red, an olive and a grey from Paul Tol's "muted".
CLASSES = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9",
           "#D55E00", "#882255", "#999933", "#000000", "#BBBBBB"]  # fmt: skip

RC = {
    "figure.dpi": 96,
    "figure.facecolor": "white",  # a figure stays readable on a dark page
    "savefig.facecolor": "white",
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelcolor": INK,
    "axes.prop_cycle": f"cycler('color', {CLASSES})",
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "grid.color": GRID,
    "legend.frameon": False,
    "lines.linewidth": 2,
}


@contextmanager
def look():
    """Draw in the course's style, whatever the learner's own settings are; they come back afterwards."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(RC)
        yield
