"""What lives in a notebook only while its kernel does, and what a reader sees instead when it does not."""

import html

import ipywidgets
from IPython.display import display

VIEW = "application/vnd.jupyter.widget-view+json"

# ipywidgets shows no focus: who moves a slider by keyboard should see which.
FOCUS = "<style>.clearn-live .noUi-handle:focus-visible {outline: 3px solid #E69F00; outline-offset: 2px}</style>"

# A notebook saved with a living widget and opened again without its kernel would show "model not found". So each widget
# is preceded by a still: what it showed, as a picture and words. While the widget lives the still is hidden, and a
# widget that does not live is hidden in turn.
OUTPUT = ".jp-OutputArea-child"
STILL = f"""<style>
{OUTPUT}:has(.clearn-still):has(+ {OUTPUT} .clearn-live),
{OUTPUT}:has(+ {OUTPUT} .clearn-pictured):has(+ {OUTPUT} + {OUTPUT} .clearn-live),
{OUTPUT}:has(.clearn-still) + {OUTPUT}:not(:has(.clearn-live)) {{display: none}}
</style>"""


class Live(ipywidgets.VBox):
    """A widget that leaves a still behind. A subclass gives it `name`, a few words, and `still()`."""

    def still(self):
        """What stands for the widget where no kernel runs: (HTML, PNG as base64 or None, metadata of the PNG)."""
        raise NotImplementedError

    def _ipython_display_(self, **kwargs):
        words, png, metadata = self.still()
        if png:
            display({"image/png": png, "text/plain": metadata["alt"]}, metadata={"image/png": metadata}, raw=True)
        kind = "clearn-still clearn-pictured" if png else "clearn-still"
        display(
            {"text/html": f'<div class="{kind}">{words}</div>{STILL}', "text/plain": f"Panel: {self.name}"}, raw=True
        )
        self.add_class("clearn-live")
        # An untrusted notebook shows no widget but the next best, so that is made an empty text.
        view = {VIEW: {"version_major": 2, "version_minor": 0, "model_id": self.model_id}}
        display(view | {"text/html": "", "text/plain": f"Panel: {self.name}"}, raw=True)


def status(words, look="margin:0; line-height:1.5"):
    """Words below a widget, which a screen reader reads out when they change."""
    return FOCUS + f'<p role="status" style="{look}">{html.escape(words)}</p>'
