"""pyproject.toml, constraints.txt and environment.yml say the same, and so does what is installed here."""

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
BUILD = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = BUILD["project"]
EXTRAS = PROJECT["optional-dependencies"]
DIRECT = [Requirement(text) for text in sum(EXTRAS.values(), PROJECT["dependencies"])]
TESTED = [Requirement(text) for text in PROJECT["dependencies"] + EXTRAS["grading"] + EXTRAS["test"]]
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def read_pins(text):
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    for line in lines:
        # Plain versions only: a local one ("+cpu") or a path is not to be had from the package index.
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", line), line
    pins = dict(line.split("==") for line in lines)
    return {canonicalize_name(name): version for name, version in pins.items()}


PINS = read_pins(CONSTRAINTS)


def closure(roots):
    """Every package that `roots`, requirements, lead to on this machine: {name: version installed}."""
    found, queue = {}, [(need.name, extra) for need in roots for extra in {"", *need.extras}]
    while queue:
        name, extra = queue.pop()
        if (canonicalize_name(name), extra) in found:
            continue
        distribution = importlib.metadata.distribution(name)
        found[canonicalize_name(name), extra] = distribution.version
        for need in map(Requirement, distribution.requires or []):
            if not need.marker or need.marker.evaluate({"extra": extra}):
                queue += [(need.name, wanted) for wanted in {"", *need.extras}]
    return {name: version for (name, _), version in found.items()}


def test_a_pin_satisfies_every_direct_requirement():
    for need in DIRECT + [Requirement(text) for text in BUILD["build-system"]["requires"]]:
        pin = PINS.get(canonicalize_name(need.name))
        assert pin and need.specifier.contains(pin), f"{need}: pinned at {pin}"


def test_pins_cover_all_that_the_course_and_its_tests_install():
    found = closure(TESTED)
    assert len(found) > len(TESTED) and not found.keys() - PINS.keys()


@pytest.mark.skipif(Path(sys.prefix) != ROOT / ".venv", reason="not in course.py's .venv: any version in range will do")
def test_course_py_installs_the_pinned_versions():
    for name, version in closure(TESTED).items():
        assert version.split("+")[0] == PINS[name], f"{name} {version}: pinned at {PINS[name]}"


def test_pins_go_with_the_oldest_python():
    """ "3.11" is 3.11.0 too, and a package may ask for 3.11.5; what is installed here stands for what is pinned."""
    oldest = PROJECT["requires-python"].removeprefix(">=") + ".0"
    for name, version in closure(TESTED).items():
        asked = importlib.metadata.metadata(name)["Requires-Python"] or ""
        assert version != PINS[name] or SpecifierSet(asked).contains(oldest), f"{name} {version} needs Python {asked}"


def test_installed_versions_are_in_range():
    for need in TESTED:
        version = importlib.metadata.version(need.name)
        assert need.specifier.contains(version, prereleases=True), f"{need.name} {version}, {need.specifier} is needed"


def test_conda_gives_a_python_that_the_course_accepts_and_installs_it_pinned():
    *packages, pip = CONDA["dependencies"]
    (python,) = (package for package in packages if package.startswith("python="))
    assert SpecifierSet(PROJECT["requires-python"]).contains(python.removeprefix("python=") + ".0")
    assert "pip" in packages and CONDA["name"] == PROJECT["name"]
    constraints, package = pip["pip"]
    assert constraints == "-c constraints.txt" and (ROOT / "constraints.txt").is_file()
    extras = re.fullmatch(r"-e \.(?:\[([\w,]+)\])?", package).group(1)
    assert set(extras.split(",")) <= EXTRAS.keys()


def test_the_same_python_everywhere():
    oldest = PROJECT["requires-python"].removeprefix(">=")
    tree = (ROOT / "course.py").read_text(encoding="ascii") + (ROOT / "clearn/course/doctor.py").read_text(
        encoding="utf-8"
    )
    assert tree.count(f"\nOLDEST = ({oldest.replace('.', ', ')})") == 2


def test_ci_can_be_run():
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK) and "course.py test" in script.read_text(encoding="utf-8")
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
