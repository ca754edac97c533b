"""A file that a student hands in: what is wrong with it, and a copy of it that can be graded."""

import copy
import json
import re
from collections import Counter

import nbformat

LARGE = 10_000_000  # bytes


class Unusable(ValueError):
    """What was handed in cannot be graded; the text says why."""


def mended(path, released):
    """A notebook that can be graded, and what was done to it, in words: (notebook, [remark]).

    Cells are known by nbgrader's `grade_id`. One that is missing comes back as it was handed out; of one that occurs
    twice the second is left out, or, if it is an answer that was split, stays as a cell of its own.
    Args: path, of the notebook handed in; released, the notebook handed out. Raises Unusable.
    """
    notebook = readable(path)
    wanted = {grade_id(cell): cell for cell in released.cells if grade_id(cell)}
    counts = Counter(filter(None, map(grade_id, notebook.cells)))
    if 3 * len(counts.keys() & wanted.keys()) < len(wanted):
        raise Unusable("it is another notebook, or its cells have lost nbgrader's marks")
    remarks, seen = [], set()
    for cell in list(notebook.cells):
        name = grade_id(cell)
        if name and (name in seen or name not in wanted):
            if name in wanted and wanted[name].metadata.nbgrader.locked:
                notebook.cells.remove(cell)
                remarks.append(f"a cell occurs twice, {name}: the second is left out")
            else:
                del cell.metadata["nbgrader"]
                remarks.append(f"an answer in two cells, {name}: both are run")
        seen.add(name)
    place = 0  # behind the cell that came before it
    for cell in released.cells:
        name = grade_id(cell)
        if name and name not in counts:
            notebook.cells.insert(place, copy.deepcopy(cell))
            place += 1
            remarks.append(
                f"a cell is missing, {name}: {'no points' if cell.metadata.nbgrader.solution else 'put back'}"
            )
        else:
            found = [i for i, other in enumerate(notebook.cells)
                     if other.get("id") == cell.id or name and grade_id(other) == name]  # fmt: skip
            place = found[0] + 1 if found else place
    if path.stat().st_size > LARGE:
        remarks.append(f"{path.stat().st_size / 1e6:.0f} MB, nearly all of it output: dropped")
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    return notebook, remarks


def readable(path):
    """The notebook at `path`, in format 4. Raises Unusable."""
    if not path.exists():
        raise Unusable(f"there is no {path.name}")
    try:
        notebook = nbformat.reads(path.read_text("utf-8-sig"), as_version=4)
        notebook.cells = [cell for cell in notebook.cells if cell.cell_type and cell.metadata is not None]
    except Exception as error:  # no UTF-8, no JSON, JSON of something else: nbformat has many words for it
        raise Unusable("it is not a notebook" if path.stat().st_size else "it is empty") from error
    return notebook


def grade_id(cell):
    """nbgrader's name for a cell, or None."""
    return cell.get("metadata", {}).get("nbgrader", {}).get("grade_id")


def signed(notebook):
    """The user name in the cell `STUDENT = "…"`, or ""."""
    found = re.search(r"^STUDENT = ([\"'])(.*?)\1", "\n".join(cell.source for cell in notebook.cells), re.MULTILINE)
    return found[2].strip() if found else ""


def cells_of(path):
    """The cells of a graded notebook, as plain dictionaries; [] if there is none."""
    return json.loads(path.read_text("utf8"))["cells"] if path.exists() else []


def errors_of(cell):
    """The outputs of a cell that are errors."""
    return [output for output in cell.get("outputs", ()) if output["output_type"] == "error"]


def stopped(path):
    """After grading: the first of the cells that came with the assignment and did not run, in words, or ""."""
    for cell in cells_of(path):
        given = cell["metadata"].get("nbgrader", {})
        if errors_of(cell) and given.get("locked") and not given["grade"]:
            error = errors_of(cell)[-1]
            return f"the given cell {given['grade_id']} stops: {error['ename']}: {error['evalue']}"
    return ""
