"""Print, as constraints for pip, the lowest versions that pyproject.toml allows:  python tests/lowest_versions.py [EXTRA ...]

Each requirement of the course and of the extras named, "torch>=2.6", becomes a line "torch==2.6".
"""

import re
import sys
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


def lowest(pyproject, extras=()):
    """The lines for the text of a pyproject.toml. Raises ValueError for a requirement of another form than NAME>=VERSION."""
    project = tomllib.loads(pyproject)["project"]
    for need in sum((project["optional-dependencies"][extra] for extra in extras), project["dependencies"]):
        found = re.fullmatch(r"([\w.-]+)>=([\w.]+)", need)
        if not found:
            raise ValueError(f"a requirement must be NAME>=VERSION, its lowest version that works; got {need!r}")
        yield "{}=={}".format(*found.groups())


if __name__ == "__main__":
    print("\n".join(lowest(PYPROJECT.read_text("utf8"), sys.argv[1:])))
