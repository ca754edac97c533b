"""A pytest plugin that makes nbval strict:  python -m pytest --nbval --nbval-current-env -p tests.strict_nbval NOTEBOOK

On its own, nbval passes a notebook that was saved without being executed, compares no pictures and knows no tolerance
for numbers, does not know a display that is updated, and waits out its time limit on a dead kernel. With this plugin
- a code cell without execution count fails;
- outputs are compared as compare_outputs.py says, with the tags `picture-varies` and `numbers-vary`;
- the last update of a display is what counts, and a closing semicolon hides a value, as in a saved notebook;
- a kernel that dies is reported within seconds.
"""

import sys
from pathlib import Path
from queue import Empty

import nbval.plugin
from nbformat import NotebookNode
from nbval.kernel import RunningKernel

sys.path.append(str(Path(__file__).parent))  # where pytest knows this file as tests.strict_nbval
from compare_outputs import differences, tolerance_problem

_get_message, _runtest = RunningKernel.get_message, nbval.plugin.IPyNbCell.runtest
_get_kernel_message = nbval.plugin.IPyNbFile.get_kernel_message


class KernelDied(Exception):
    pass


def runtest(cell):
    if cell.cell.source.strip() and cell.cell.execution_count is None:
        cell.raise_cell_error("The saved notebook was not executed: this cell has no execution count")
    if problem := tolerance_problem(cell.cell.metadata):  # also where nbval compares nothing
        cell.raise_cell_error(problem)
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
            for noted in displays.get(display, []):
                for part in ("data", "metadata"):
                    noted[part].clear()
                    noted[part].update(content[part])
            continue
        if display and message["msg_type"] in ("display_data", "execute_result"):
            noted = {part: NotebookNode(content[part]) for part in ("data", "metadata")}
            content.update(noted)  # nbval keeps these very objects
            displays.setdefault(display, []).append(noted)
        return message


def compare_outputs(cell, now, saved, skip_compare=None):
    cell.comparison_traceback = differences(now, saved, cell.cell.metadata)
    return not cell.comparison_traceback


def execute_cell_input(kernel, source, allow_stdin=None):
    """As a notebook does, with history: without it a closing semicolon hides nothing."""
    return kernel.kc.execute(source, store_history=True, allow_stdin=allow_stdin, stop_on_error=False)


def pytest_configure():
    RunningKernel.get_message = get_message
    RunningKernel.execute_cell_input = execute_cell_input
    nbval.plugin.IPyNbFile.get_kernel_message = get_kernel_message
    nbval.plugin.IPyNbCell.runtest = runtest
    nbval.plugin.IPyNbCell.compare_outputs = compare_outputs
