"""`python -m clearn classroom`: hand out, collect, grade and return assignments, with nbgrader."""

import sys
from pathlib import Path

NEEDED = "nbgrader is not installed. In the folder of the course: pip install -e '.[grading]' -c constraints.txt"


def arguments_of(parser):
    """Add the steps to a parser."""
    parser.add_argument("step", choices=list(STEPS), help="what to do")
    parser.add_argument("name", help="which assignment: pairs, margins, infonce, pipeline, targets, "
                        "measuring, or one of yours")  # fmt: skip
    parser.add_argument("folder", nargs="?", help="collect-folder: where the students' files are")
    parser.add_argument("--course", default=".", help="your folder for this course (default: here)")
    parser.add_argument("--seed", type=int, help="release: the number of this class, which changes numbers and "
                        "pictures (default 0)")  # fmt: skip
    parser.add_argument("--timeout", type=int, default=60, help="grade: seconds that one cell may take (default 60)")
    parser.add_argument("--again", action="store_true", help="grade: those, too, whose files have not changed since")


def main(options):
    """Do one step; return the exit code: 1 if something was left out, 130 after an interruption."""
    try:
        import nbgrader  # noqa: F401
    except ImportError:
        print(NEEDED, file=sys.stderr)
        return 1
    from clearn.course.classroom.cycle import Course

    try:
        return STEPS[options.step](Course(options.course, options.timeout), options.name, options)
    except (OSError, RuntimeError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted: the same command goes on from here", file=sys.stderr)
        return 130


def do_release(course, name, options):
    """Make the students' version."""
    print(f"Hand out {course.release(name, options.seed)}")
    return 0


def do_collect(course, name, options):
    """Copy what was handed in into the course's folder."""
    from clearn.course.classroom.collect import collect

    if options.folder is None:
        raise ValueError(f"collect-folder needs the folder with the students' files: collect-folder {name} FOLDER")
    taken, left = collect(Path(options.folder), course, name)
    print(f"Collected from {len(taken)}:", *taken, sep="\n    ")
    for other in left:
        print(f"    not understood: {other}", file=sys.stderr)
    return 1 if left else 0


def do_grade(course, name, options):
    """Grade what is new, and say how each one went."""
    worst, students = 0, course.students(name)
    for number, (student, seconds, remarks, usable) in enumerate(course.grade(name, options.again), 1):
        how = "graded before" if seconds is None else f"{'graded' if usable else 'NOT GRADED'} in {seconds:.1f} s"
        print(f"{number} of {len(students)}  {student}: {how}", *remarks, sep="\n    ", flush=True)
        worst |= not usable
    return int(worst)


def do_feedback(course, name, options):
    """Write the students' pages."""
    for path in course.feedback(name):
        print(path, flush=True)
    return 0


def do_report(course, name, options):
    """Print the scores and the common mistakes, and write the scores for spreadsheets."""
    from clearn.course.classroom import report

    course.students(name)  # says what is missing before nbgrader makes a data base
    path = course.root / f"{name}.csv"
    print(report.write(course, name, path), f"\nFor spreadsheets: {path}", sep="\n")
    return 0


STEPS = {"release": do_release, "collect-folder": do_collect, "grade": do_grade, "feedback": do_feedback,
         "report": do_report}  # fmt: skip
