"""What can be wrong with a file that a student hands in, before anything in it is run."""

import json
from collections import Counter

LARGE = 10_000_000  # bytes


def faults(path, source):
    """What is wrong with a submission, in words: (what makes it impossible to grade, what can be put right).

    Args: path, of the notebook handed in; source, of the assignment's. Cells are known by nbgrader's `grade_id`.
    """
    try:
        cells = graded_cells(path)
    except FileNotFoundError:
        return [f"there is no {path.name}"], []
    except (ValueError, LookupError, TypeError, AttributeError):  # no JSON, or JSON of something else
        return ["it is not a notebook"], []
    counts = Counter(name for name, _ in cells)
    twice = [name for name, count in counts.items() if count > 1]
    fatal = [f"cells occur twice: {', '.join(twice)}"] if twice else []
    gone = [(name, cell) for name, cell in graded_cells(source) if name not in counts]
    mended = [f"a cell is missing, {name}: " + ("no points" if cell["solution"] else "put back") for name, cell in gone]
    if path.stat().st_size > LARGE:
        mended.append(f"{path.stat().st_size / 1e6:.0f} MB, nearly all of it output: dropped")
    return fatal, mended


def graded_cells(path):
    """[(grade_id, nbgrader's metadata)] of a notebook."""
    cells = json.loads(path.read_text("utf8"))["cells"]
    found = [cell["metadata"]["nbgrader"] for cell in cells if "nbgrader" in cell["metadata"]]
    return [(cell["grade_id"], cell) for cell in found]


def stopped(path):
    """After grading: the first of the cells that came with the assignment to be left alone and did not run, in words, or ""."""
    for cell in json.loads(path.read_text("utf8"))["cells"]:
        given = cell["metadata"].get("nbgrader", {})
        errors = [output for output in cell.get("outputs", ()) if output["output_type"] == "error"]
        if errors and given.get("locked") and not given["grade"]:
            return f"the given cell {given['grade_id']} stops: {errors[-1]['ename']}: {errors[-1]['evalue']}"
    return ""
