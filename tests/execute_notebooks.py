"""Execute notebooks and save them with their outputs:  python tests/execute_notebooks.py [--check] [NOTEBOOK ...]

All of notebooks/ by default. Run again on the same machine, it writes the same bytes: what changes from run to run
(times, widget ids, the name of the environment) is left out or made constant. A notebook that raises, or that writes to
stderr in a cell without the tag `stderr-expected`, is reported and its file left as it was.
With --check no file is written: it says in which cells the outputs differ from the saved ones (see compare_outputs.py).
"""

import argparse
import sys
import time
from pathlib import Path

import nbformat
from compare_outputs import FOLD, differences
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat.v4 import new_output

WIDGET = "application/vnd.jupyter.widget-view+json"
NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def stderr_of(notebook):
    """What code cells without the tag wrote to stderr: a list of (number of the code cell, text)."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [(number, output.text) for number, cell in enumerate(cells, 1) for output in cell.outputs
            if output.get("name") == "stderr" and "stderr-expected" not in cell.metadata.get("tags", [])]  # fmt: skip


def normalise(notebook):
    """Take out of an executed notebook what would differ in the next run, and put a line before each folded output."""
    notebook.metadata.pop("widgets", None)  # megabytes, and code hosts refuse a malformed block
    notebook.metadata.kernelspec = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    notebook.metadata.language_info = {"name": "python"}
    for cell in notebook.cells:
        for transient in ("execution", "collapsed", "scrolled"):
            cell.metadata.pop(transient, None)
        views = [output.data[WIDGET] for output in cell.get("outputs", []) if WIDGET in output.get("data", {})]
        for number, view in enumerate(views):
            view["model_id"] = f"{cell.id}-{number}"
        if cell.get("outputs") and cell.metadata.get("jupyter", {}).get("outputs_hidden"):
            cell.outputs.insert(0, new_output("display_data", {"text/plain": FOLD}))


def execute(path):
    """Run one notebook in its folder and return it; raises RuntimeError unless it runs clean."""
    notebook = nbformat.read(path, as_version=4)
    for index, cell in enumerate(notebook.cells):
        cell.id = f"cell-{index}" if cell.get("id") is None else cell.id
    client = NotebookClient(notebook, timeout=600, kernel_name="python3", record_timing=False, coalesce_streams=True,
                            store_widget_state=True, resources={"metadata": {"path": str(path.parent)}})  # fmt: skip
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise RuntimeError(str(error)) from None
    for number, text in stderr_of(notebook):
        raise RuntimeError(f"code cell {number} wrote to stderr:\n{text}")
    normalise(notebook)
    nbformat.validate(notebook)
    return notebook


def changes(now, saved):
    """Where the outputs of an executed notebook differ from those of the saved one: a list of lines."""
    pairs = [pair for pair in zip(now.cells, saved.cells, strict=True) if pair[0].cell_type == "code"]
    return [f"code cell {number}: {difference}" for number, (new, old) in enumerate(pairs, 1)
            for difference in differences(new.outputs, old.outputs, old.metadata)]  # fmt: skip


def main(paths, check):
    failed = 0
    for path in paths:
        begin, saved = time.monotonic(), nbformat.read(path, as_version=4)
        try:
            notebook = execute(path)
            if not check:
                nbformat.write(notebook, path)
                result = "executed"
            elif found := changes(notebook, saved):
                failed, result = 1, "\n  ".join(["DIFFERS from what was saved", *found, "executed"])
            else:
                result = "the same as saved"
        except RuntimeError as error:
            failed, result = 1, f"FAILED, left as it was: {error}\n"
        print(f"{path.name}: {result} in {time.monotonic() - begin:.0f} s", flush=True)
    return failed


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Execute notebooks and save them with their outputs.")
    parser.add_argument("--check", action="store_true", help="write nothing, say which outputs differ from the saved")
    parser.add_argument("notebooks", nargs="*", type=Path, help="all of notebooks/ by default")
    asked = parser.parse_args()
    sys.exit(
        main(
            [path.resolve() for path in asked.notebooks] or sorted(NOTEBOOKS.glob("[0-9][0-9]_*[a-z].ipynb")),
            asked.check,
        )
    )
