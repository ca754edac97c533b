"""What a teacher acts on: who has how many points, and which mistakes were common."""

import csv
from collections import Counter

from clearn.course.classroom.submission import cells_of, errors_of, stopped


def scores(course, name):
    """[{"student", "points", "of", "to grade by hand", "remarks", and the points of each task}] for all who handed in.

    Points are None where a submission could not be graded, or was not yet.
    """
    rows, found = [], course.findings(name)
    with course.gradebook() as book:
        known = {row.student.id: row for row in book.assignment_submissions(name)}
        for student in course.students(name):
            row = {"student": student, "points": None, "of": None, "to grade by hand": None,
                   "remarks": "; ".join(found.get(student, ["not graded yet"]))}  # fmt: skip
            if student in known and course.submission(student, name, "autograded").exists():
                grades = [grade for notebook in known[student].notebooks for grade in notebook.grades]
                row |= {"points": known[student].score, "of": known[student].max_score,
                        "to grade by hand": sum(grade.needs_manual_grade for grade in grades)}  # fmt: skip
                row |= {grade.name.removesuffix("-check"): grade.score for grade in grades}
            rows.append(row)
    return rows


def mistakes(course, name):
    """({task: Counter of the mistakes that students made}, of how many students), from what the cells said when graded.

    Left out are those whose given cells did not run: they had no chance.
    """
    found, counted = {}, 0
    for student in course.students(name):
        path = course.submission(student, name, "autograded")
        if not path.exists() or stopped(path):
            continue
        counted, answer = counted + 1, None
        for cell in cells_of(path):
            task, errors = cell["metadata"].get("nbgrader", {}), errors_of(cell)
            if task.get("grade") and errors:
                mistake = answer or mistake_of(errors[-1])
                found.setdefault(task["grade_id"].removesuffix("-check"), Counter())[mistake] += 1
            answer = mistake_of(errors[-1]) if errors and task.get("solution") else None
    return found, counted


def mistake_of(error):
    """The mistake that an error tells of: the checks' own name for it, or else the kind of error.

    >>> mistake_of({"ename": "Mistake", "evalue": "cosine: not normalised. The dot product …"})
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
    with path.open("w", newline="", encoding="utf-8-sig") as file:  # with the mark that tells Excel it is UTF-8
        table = csv.DictWriter(file, columns, restval="")
        table.writeheader()
        table.writerows(rows)
    return "\n".join([*map(line, rows), "", *common(*mistakes(course, name))])


def line(row):
    """One student's row as text."""
    points = "not graded" if row["points"] is None else f"{row['points']:g} of {row['of']:g}"
    hand = f", {row['to grade by hand']} to grade by hand" if row["to grade by hand"] else ""
    return f"{row['student']:20}{points:>12}{hand}" + (f"   {row['remarks']}" if row["remarks"] else "")


def common(found, students):
    """The lines of the table of mistakes, the commonest of each task first."""
    for task, counts in found.items():
        yield f"{task}: {counts.total()} of {students} have not solved it"
        yield from (f"    {count:4}  {mistake}" for mistake, count in counts.most_common())
