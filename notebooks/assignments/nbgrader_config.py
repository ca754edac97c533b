"""nbgrader's settings for the folder that this file stands in, the same as those of `python -m clearn classroom`."""

from pathlib import Path

from clearn.course.classroom.cycle import settings

c = get_config()  # noqa: F821  traitlets gives it
c.merge(settings(Path(__file__).parent))
