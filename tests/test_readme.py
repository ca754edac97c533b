"""The README promises nothing that is not there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf8")


def test_links_and_pictures_exist():
    targets = re.findall(r"\]\(([^)\s]+)\)", README)
    assert len(targets) >= 3
    assert not [t for t in targets if not t.startswith("http") and not (ROOT / t).exists()]


def test_map_shows_every_notebook_and_no_other():
    linked = set(re.findall(r"\]\(notebooks/([^)\s]+\.ipynb)\)", README))
    notebooks = ROOT / "notebooks"
    found = [*notebooks.glob("*.ipynb"), *notebooks.glob("assignments/release/*/*.ipynb")]
    assert linked == {
        path.relative_to(notebooks).as_posix() for path in found if ".mine-" not in path.name
    }  # by update


def test_example_uses_names_that_exist():
    from clearn import datasets, evaluation, methods, models, training, views

    example = re.search(r"```python\n(.+?)```", README, re.DOTALL)[1]
    modules = {m.__name__.split(".")[1]: m for m in (datasets, evaluation, methods, models, training, views)}
    used = re.findall(r"\b(\w+)\.(\w+)\(", example)
    assert len(used) > 5
    assert not [(m, name) for m, name in used if m in modules and not hasattr(modules[m], name)]


def test_top_level_holds_what_the_design_lists():
    allowed = {"README.md", "course.py", "environment.yml", "pyproject.toml", "constraints.txt", "LICENSE", "CONTRIBUTING.md",
               "CHANGELOG.md", "CITATION.cff", "notebooks", "clearn", "data", "tests"}  # fmt: skip
    made = {"clearn.egg-info", "build", "simclr.pt"}  # by an installation, and by the README's example
    assert {
        path.name for path in ROOT.iterdir() if not (path.name.startswith(".") or ".mine-" in path.name)
    } - made == allowed
