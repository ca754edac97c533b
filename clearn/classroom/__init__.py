"""`python -m clearn classroom`: hand out, collect, grade and return assignments, with nbgrader."""

import sys
from pathlib import Path

NEEDED = "nbgrader is not installed. In the folder of the course: pip install -e '.[grading]' -c constraints.txt"


def arguments_of(parser):
    """Add the steps to a parser."""
    parser.add_argument("step", choices=["release", "collect-folder", "grade", "feedback", "report"], help="what to do")
    parser.add_argument("name", help="which assignment: pairs, margins, infonce, pipeline, targets, measuring, or one of yours")
    parser.add_argument("folder", nargs="?", help="collect-folder: where the students' files are")
    parser.add_argument("--course", default=".", help="your folder for this course (default: here)")
    parser.add_argument("--seed", type=int, default=0, help="release: the number of this class, which changes numbers and pictures")
    parser.add_argument("--timeout", type=int, default=60, help="grade: seconds that one cell may take (default 60)")


def main(options):
    """Do one step; return the exit code."""
    try:
        import nbgrader  # noqa: F401
    except ImportError:
        print(NEEDED, file=sys.stderr)
        return 1
    from clearn.classroom.cycle import Course

    course = Course(options.course, options.timeout)
    try:
        return STEPS[options.step](course, options.name, options)
    except (OSError, RuntimeError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1


def release(course, name, options):
    print(f"Hand out {course.release(name, options.seed)}")
    return 0


def collect(course, name, options):
    if options.folder is None:
        raise ValueError(f"collect-folder needs the folder with the students' files: collect-folder {name} FOLDER")
    taken, left = course.collect(options.folder, name)
    print(f"Collected from {len(taken)}: {', '.join(taken)}")
    for other in left:
        print(f"    not understood: {other}", file=sys.stderr)
    return 1 if left else 0


def grade(course, name, options):
    worst = 0
    students = course.students(name)
    for number, (student, seconds, fatal, mended) in enumerate(course.grade(name), 1):
        print(f"{number} of {len(students)}  {student}: {'NOT GRADED' if fatal else 'graded'} in {seconds:.1f} s", *fatal, *mended,
              sep="\n    ", flush=True)  # fmt: skip
        worst |= bool(fatal)
    return worst


def feedback(course, name, options):
    for path in course.feedback(name):
        print(path)
    return 0


def tables(course, name, options):
    from clearn.classroom import report

    path = Path(course.root) / f"{name}.csv"
    print(report.write(course, name, path), f"\nFor spreadsheets: {path}", sep="\n")
    return 0


STEPS = {"release": release, "collect-folder": collect, "grade": grade, "feedback": feedback, "report": tables}
