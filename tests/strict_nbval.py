"""A pytest plugin that makes nbval strict:  python -m pytest --nbval --nbval-current-env -p tests.strict_nbval NOTEBOOK

On its own, nbval passes a notebook that was saved without being executed, compares no pictures, does not know a display
that is updated, and waits out its time limit on a dead kernel. With this plugin
- a code cell without execution count fails;
- each cell must show as many pictures as its reference, and the same ones but for a few pixels; in a cell tagged
  `picture-varies` (what training made: a map, a curve) they may look otherwise, but must be as many;
- the last update of a display is what counts, and a closing semicolon hides a value, as in a saved notebook;
- a kernel that dies is reported within seconds.
"""

import base64
import io
from queue import Empty

import nbval.plugin
import numpy as np
from matplotlib.image import imread
from nbformat import NotebookNode, from_dict
from nbval.kernel import RunningKernel

CLEARLY = 0.2  # of full brightness: a pixel that differs by less is rounding
FEW = 1e-4  # of the pixels may differ clearly: less than one changed digit in a title

_get_message, _runtest = RunningKernel.get_message, nbval.plugin.IPyNbCell.runtest
_get_kernel_message = nbval.plugin.IPyNbFile.get_kernel_message
_compare_outputs = nbval.plugin.IPyNbCell.compare_outputs


class KernelDied(Exception):
    pass


def runtest(cell):
    if cell.cell.source.strip() and cell.cell.execution_count is None:
        cell.raise_cell_error("The saved notebook was not executed: this cell has no execution count")
    try:
        _runtest(cell)
    except KernelDied:
        cell.raise_cell_error("The kernel died in this cell: out of memory, or a crash in a compiled library")


def get_message(kernel, stream, timeout=None):
    """Wait for a message in steps of a second, to look in between whether the kernel lives."""
    waited = 0
    while True:
        try:
            return _get_message(kernel, stream, timeout=1)
        except Empty:
            waited += 1
            if not kernel.is_alive():
                raise KernelDied from None
            if timeout is not None and waited >= timeout:
                raise


def get_kernel_message(file, timeout=None, stream="iopub"):
    """The next message, after applying updates of a display to the display message that nbval has already noted."""
    displays = file.__dict__.setdefault("displays", {})
    while True:
        message = _get_kernel_message(file, timeout, stream)
        content = message["content"]
        display = content.get("transient", {}).get("display_id")
        if message["msg_type"] == "update_display_data":
            for data in displays.get(display, []):
                data.clear()
                data.update(content["data"])
            continue
        if display and message["msg_type"] in ("display_data", "execute_result"):
            content["data"] = NotebookNode(content["data"])  # nbval keeps this very object
            displays.setdefault(display, []).append(content["data"])
        return message


def compare_outputs(cell, now, saved, skip_compare=None):
    varies = "picture-varies" in cell.cell.metadata.get("tags", [])
    pictures = [[output["data"]["image/png"] for output in outputs if "image/png" in output.get("data", {})]
                for outputs in (now, saved)]  # fmt: skip
    if varies:  # then so does what the picture says in words
        now, saved = ([without_words(output) for output in outputs] for outputs in (now, saved))
    if not _compare_outputs(cell, now, saved, skip_compare):
        return False
    cell.comparison_traceback += problems(*pictures, varies)
    return not cell.comparison_traceback


def without_words(output):
    data = output.get("data", {})
    if "image/png" not in data and "clearn-still" not in data.get("text/html", ""):
        return output
    return from_dict(output | {"data": {k: v for k, v in output["data"].items() if not k.startswith("text/")}})


def problems(now, saved, varies):
    if len(now) != len(saved):
        return [f"{len(saved)} pictures were saved, {len(now)} are shown now"]
    found = [] if varies else [(i, difference(a, b)) for i, (a, b) in enumerate(zip(now, saved, strict=True), 1)]
    return [f"picture {i} differs: {what}" for i, what in found if what]


def difference(now, saved):
    """What sets two PNGs (base64) apart, in words, or None."""
    now, saved = (imread(io.BytesIO(base64.b64decode(png)))[..., :3] for png in (now, saved))
    if now.shape != saved.shape:
        return f"saved {saved.shape[1]} x {saved.shape[0]} pixels, now {now.shape[1]} x {now.shape[0]}"
    share = (np.abs(now - saved).reshape(*now.shape[:2], -1).max(-1) > CLEARLY).mean()
    return f"{share:.3%} of its pixels clearly" if share > FEW else None


def execute_cell_input(kernel, source, allow_stdin=None):
    """As a notebook does, with history: without it a closing semicolon hides nothing."""
    return kernel.kc.execute(source, store_history=True, allow_stdin=allow_stdin, stop_on_error=False)


def pytest_configure():
    RunningKernel.get_message = get_message
    RunningKernel.execute_cell_input = execute_cell_input
    nbval.plugin.IPyNbFile.get_kernel_message = get_kernel_message
    nbval.plugin.IPyNbCell.runtest = runtest
    nbval.plugin.IPyNbCell.compare_outputs = compare_outputs
