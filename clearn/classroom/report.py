"""What a teacher acts on: who has how many points, and which mistakes were common."""

import csv
import json
from collections import Counter

from clearn.classroom.submission import faults, stopped


def scores(course, name):
    """[{"student", "points", "of", "to grade by hand", "remarks", and the points of each task}] for all who handed in.

    Points are None where a submission could not be graded.
    """
    rows = []
    with course.gradebook() as book:
        known = {row.student.id: row for row in book.assignment_submissions(name)}
        for student in course.students(name):
            fatal, mended = faults(course.submission(student, name), course.source(name))
            graded = course.submission(student, name, "autograded")
            remarks = [*fatal, *mended, stopped(graded) if graded.exists() else ""]
            row = {"student": student, "points": None, "of": None, "to grade by hand": None,
                   "remarks": "; ".join(filter(None, remarks))}  # fmt: skip
            if student in known and graded.exists():
                grades = [grade for notebook in known[student].notebooks for grade in notebook.grades]
                row |= {"points": known[student].score, "of": known[student].max_score,
                        "to grade by hand": sum(grade.needs_manual_grade for grade in grades)}  # fmt: skip
                row |= {grade.name.removesuffix("-check"): grade.score for grade in grades}
            rows.append(row)
    return rows


def mistakes(course, name):
    """{task: Counter of the mistakes that students made}, from what the cells said when the submissions were graded."""
    found = {}
    for student in course.students(name):
        path = course.submission(student, name, "autograded")
        cells = json.loads(path.read_text("utf8"))["cells"] if path.exists() else []
        answer = None
        for cell in cells:
            task = cell["metadata"].get("nbgrader", {})
            errors = [output for output in cell.get("outputs", ()) if output["output_type"] == "error"]
            if task.get("grade") and errors:
                mistake = answer if answer and errors[-1]["ename"] == "NameError" else named(errors[-1])
                found.setdefault(task["grade_id"].removesuffix("-check"), Counter())[mistake] += 1
            answer = named(errors[-1]) if errors and task.get("solution") else None
    return found


def named(error):
    """The mistake that an error tells of: the checks' own name for it, or else the kind of error.

    >>> named({"ename": "Mistake", "evalue": "cosine: not normalised. The dot product …"})
    'not normalised'
    """
    if error["ename"] == "Mistake":
        return error["evalue"].partition(": ")[2].partition(". ")[0]
    ours = {"CellTimeoutError": "does not come to an end", "NotImplementedError": "not written yet"}
    return ours.get(error["ename"], error["ename"])


def write(course, name, path):
    """Write the scores as a table for spreadsheets, and return both tables as text."""
    rows = scores(course, name)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", newline="", encoding="utf8") as file:
        table = csv.DictWriter(file, columns, restval="")
        table.writeheader()
        table.writerows(rows)
    return "\n".join([*map(line, rows), "", *common(mistakes(course, name), len(rows))])


def line(row):
    points = "not graded" if row["points"] is None else f"{row['points']:g} of {row['of']:g}"
    hand = f", {row['to grade by hand']} to grade by hand" if row["to grade by hand"] else ""
    return f"{row['student']:20}{points:>12}{hand}" + (f"   {row['remarks']}" if row["remarks"] else "")


def common(found, students):
    for task, counts in found.items():
        yield f"{task}: {counts.total()} of {students} have not solved it"
        yield from (f"    {count:4}  {mistake}" for mistake, count in counts.most_common())
