"""Progress of a training run: a live loss curve in a notebook, a progress bar or plain lines in a terminal."""

import io
import sys
import time
from contextlib import contextmanager

from clearn import style


@contextmanager
def monitor(title, steps, batch_size, losses):
    """Yield an object whose ``update()`` shows `losses`, a list that grows by one number a step.

    On leaving, print one line that is the same on every machine.
    """
    live = (NotebookCurve if _in_notebook() else TerminalBar)(title, steps, losses)
    try:
        yield live
    finally:
        live.close()
        cut = "" if len(losses) == steps else f", stopped after {len(losses)}"
        print(f"{title}: {steps} steps of {batch_size} images{cut}")


def _in_notebook():
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")


class NotebookCurve:
    """A loss curve that redraws itself in place, at most every two seconds."""

    def __init__(self, title, steps, losses):
        from IPython.display import display

        self.title, self.steps, self.losses = title, steps, losses
        self.begin, self.started = len(losses), time.monotonic()  # a resumed run starts further on
        self.handle, self.drawn = display(self._picture(), display_id=True), time.monotonic()

    def update(self):
        if time.monotonic() - self.drawn > 2:
            self.handle.update(self._picture())
            self.drawn = time.monotonic()

    def close(self):
        self.handle.update(self._picture())

    def _picture(self):
        from IPython.display import Image
        from matplotlib.figure import Figure

        with style.look():
            figure = Figure(figsize=(7, 2.8), layout="constrained")
            axes = figure.subplots()
            axes.plot(range(1, len(self.losses) + 1), self.losses, color=style.ANCHOR, linewidth=1.2)
            axes.set(xlim=(0, self.steps), xlabel="step", ylabel="loss", title=f"{self.title}: {self._status()}")
            if self.losses and min(self.losses) >= 0:
                axes.set_ylim(bottom=0)  # 0 is where most losses end at best: let the distance to it be seen
            png = io.BytesIO()
            figure.savefig(png, format="png", metadata={"Software": None})
        return Image(png.getvalue(), format="png", alt=f"Loss of {self.title} against the training step")

    def _status(self):
        done, new = len(self.losses), len(self.losses) - self.begin
        if not new or done == self.steps:
            return f"step {done} of {self.steps}"
        left = (time.monotonic() - self.started) / new * (self.steps - done)
        return f"step {done} of {self.steps}, about {left:.0f} s left"


class TerminalBar:
    """tqdm where there is a terminal; one line every tenth of the run where the output goes to a file."""

    def __init__(self, title, steps, losses):
        from tqdm import tqdm

        self.title, self.steps, self.losses, self.tenths = title, steps, losses, len(losses) * 10 // steps
        self.bar = tqdm(total=steps, initial=len(losses), desc=title, unit="step", disable=not sys.stderr.isatty())

    def update(self):
        done, loss = len(self.losses), f"{self.losses[-1]:.3f}"
        self.bar.set_postfix(loss=loss, refresh=False)
        self.bar.update(done - self.bar.n)
        if self.bar.disable and done * 10 // self.steps > self.tenths:
            self.tenths = done * 10 // self.steps
            print(f"{self.title}: step {done} of {self.steps}, loss {loss}", file=sys.stderr, flush=True)

    def close(self):
        self.bar.close()
