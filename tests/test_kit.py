"""What a maintainer relies on: one style, no misspelling, links that lead somewhere, workflows that can run."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
import yaml
from lowest_versions import lowest
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = (ROOT / "pyproject.toml").read_text("utf8")
PROJECT = tomllib.loads(PYPROJECT)["project"]
PYTHONS = SpecifierSet(PROJECT["requires-python"])
TEXT = {".md", ".py", ".toml", ".yml", ".cff", ".txt", ".ipynb"}
MADE = {"__pycache__", ".ipynb_checkpoints", "clearn.egg-info", "build"}


def files(*suffixes):
    """The course's own files with these suffixes, wherever they lie."""
    roots = [ROOT / name for name in (".ci", ".github", "clearn", "data", "notebooks", "tests")]
    found = [*ROOT.iterdir(), *(path for root in roots for path in root.rglob("*"))]
    ours = [path for path in found if not MADE & set(path.relative_to(ROOT).parts) and ".mine-" not in path.name]
    return sorted(path for path in ours if path.suffix in suffixes)


def cells(path, kind=None):
    """The sources of a notebook's cells, or of those of one kind: "markdown" or "code"."""
    found = json.loads(path.read_text("utf8"))["cells"]
    return ["".join(cell["source"]) for cell in found if kind in (None, cell["cell_type"])]


def tool(*command, folder=ROOT):
    """Run `python -m command` in a folder: its exit code and what it says."""
    command = [sys.executable, "-m", *map(str, command)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


# Style and spelling


def test_style_is_the_linters():
    code, said = tool("ruff", "check", "--no-cache", "--output-format=concise", ".")
    assert code == 0, said


def test_layout_is_the_formatters():
    code, said = tool("ruff", "format", "--no-cache", "--check", ".")
    assert code == 0, f"{said}\nTo mend: .venv/bin/python -m ruff format ."


@pytest.mark.parametrize("source, rule", [
    ("import os\n", "F401"),
    ("x = undefined\n", "F821"),
    ("import torch\nimport os\n\nx = os, torch\n", "I001"),
    (f"x = '{'long ' * 30}'\n", "E501"),
    ("try:\n    x = 1\nexcept Exception:\n    x = 2\n", "BLE001"),
    ("def f(x=[]):\n    return x\n", "B006"),
    ("x = 1  # noqa: F401\n", "RUF100"),
])  # fmt: skip
def test_the_linter_sees(tmp_path, source, rule):
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "planted.py").write_text(source)
    code, said = tool("ruff", "check", "--no-cache", "--output-format=concise", ".", folder=tmp_path)
    assert code == 1 and f"planted.py:{said.split(':')[1]}" in said and f" {rule} " in said


def test_the_formatter_sees_a_line_laid_out_otherwise(tmp_path):
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "planted.py").write_text("x = [1,2]\n")
    code, said = tool("ruff", "format", "--no-cache", "--check", ".", folder=tmp_path)
    assert code == 1 and "planted.py" in said


def misspelt(paths, folder):
    """What the spell check finds: of a notebook it reads the cells, not what they put out, which may be pictures."""
    for path in paths:
        text = "\n".join(cells(path)) if path.suffix == ".ipynb" else path.read_text("utf8")
        copy = folder / path.relative_to(path.anchor)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text, "utf8")
    code, said = tool("codespell_lib", "--check-hidden", folder)
    assert code in (0, 65), said
    return [line.removeprefix(str(folder)) for line in said.splitlines() if "==>" in line]


def test_nothing_is_misspelt(tmp_path):
    paths = files(*TEXT)
    assert len(paths) > 200
    assert misspelt(paths, tmp_path) == []


def test_the_spell_check_sees_files_and_cells(tmp_path):
    (tmp_path / ".hidden").mkdir()
    planted = tmp_path / ".hidden/planted.md"
    planted.write_text("We recieve a batch.")  # codespell:ignore
    notebook = tmp_path / "planted.ipynb"
    output = nbformat.v4.new_output("stream", text="alot of text that was put out")  # codespell:ignore
    wrong = [
        nbformat.v4.new_markdown_cell("A seperate head."),  # codespell:ignore
        nbformat.v4.new_code_cell("x = 1  # occured", outputs=[output]),  # codespell:ignore
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=wrong), notebook)
    found = misspelt([planted, notebook], tmp_path / "copies")
    words = sorted(re.search(r"\d+: (\w+) ==>", line)[1] for line in found)
    assert words == ["occured", "recieve", "seperate"]  # codespell:ignore


# Links


def links(markdown):
    """The targets of links and pictures in a markdown text, outside code."""
    text = re.sub(r"^(```|~~~).*?^\1|(`+)(?!`).+?(?<!`)\2(?!`)", "", markdown, flags=re.MULTILINE | re.DOTALL)
    kinds = [r"\]\(\s*<?([^)\s>]+)", r"^ {0,3}\[[^]^]+\]:\s*(\S+)", r"\b(?:href|src)=[\"']([^\"']+)"]
    return [target for kind in kinds for target in re.findall(kind, text, re.MULTILINE)]


def anchors(path):
    """What may stand behind # in a link to a file: its headings as GitHub names them, in a notebook as JupyterLab does."""
    text = "\n".join(cells(path, "markdown")) if path.suffix == ".ipynb" else path.read_text("utf8")
    text = re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#{1,6} +(.+?)[ #]*$", text, re.MULTILINE)
    titles = [re.sub(r"[*`]|\[(.+?)\]\(.+?\)", r"\1", title) for title in titles]
    if path.suffix != ".ipynb":
        titles = [re.sub(r"[^\w\- ]", "", title.lower()) for title in titles]
    return {title.replace(" ", "-") for title in titles} | set(re.findall(r"<\w+ (?:id|name)=[\"'](.+?)[\"']", text))


def broken(path):
    """The links of a markdown file or a notebook that lead nowhere within the course."""
    for text in cells(path, "markdown") if path.suffix == ".ipynb" else [path.read_text("utf8")]:
        for link in links(text):
            if not re.match(r"[a-z]+:", link):
                name, _, anchor = map(unquote, link.partition("#"))
                target = path.parent / name if name else path
                if not target.exists() or anchor and anchor not in anchors(target):
                    yield link


def test_every_link_leads_somewhere():
    paths = files(".md", ".ipynb")
    assert len(paths) >= 29
    found = {path.relative_to(ROOT).as_posix(): list(broken(path)) for path in paths}
    assert not {path: wrong for path, wrong in found.items() if wrong}


LINKED = r"""
# A page: with *two* `words`
[good](#a-page-with-two-words) [good](other.ipynb#3.-The-linear-probe) [good](other.ipynb) [good](https://nowhere.invalid/x#y)
[gone](gone.md) [gone](other.ipynb#the-linear-probe) [gone](#A-page) <img src="gone.png"> ![gone](gone%20too.png)
`[code](gone)` ``[`code`](gone)``

```
[code](gone)
# Not-a-heading
```
[gone](#Not-a-heading) and [by reference][one].

[one]: gone.txt
"""


def test_a_link_that_leads_nowhere_is_seen(tmp_path):
    texts = ["# Other\n\n## 3. The **linear probe**", "[gone](no.ipynb)"]
    cells = [*map(nbformat.v4.new_markdown_cell, texts), nbformat.v4.new_code_cell("# [code](gone)")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "other.ipynb")
    (tmp_path / "page.md").write_text(LINKED)
    wrong = [
        "gone.md",
        "other.ipynb#the-linear-probe",
        "#A-page",
        "gone%20too.png",
        "#Not-a-heading",
        "gone.txt",
        "gone.png",
    ]
    assert list(broken(tmp_path / "page.md")) == wrong and list(broken(tmp_path / "other.ipynb")) == ["no.ipynb"]


# Workflows


def unrunnable(workflow):
    """What in a workflow, as text, could not run, in words."""
    for name, job in yaml.safe_load(workflow)["jobs"].items():
        matrix = job.get("strategy", {}).get("matrix", {})
        pythons = [*matrix.get("python", []), *re.findall(r"python:(\d+\.\d+)", job.get("container", ""))]
        for step in job["steps"]:
            pythons.append(step.get("with", {}).get("python-version", ""))
            if not re.fullmatch(r"actions/[\w-]+@v\d+", step.get("uses", "actions/none@v0")):
                yield f"{name}: {step['uses']} is no action at a major version"
            for line in step.get("run", "").splitlines():
                yield from (f"{name}: {problem}" for problem in unrunnable_line(line))
        pythons = [python for python in pythons if python and "matrix." not in str(python)]
        if not pythons or not all(isinstance(python, str) and f"{python}.0" in PYTHONS for python in pythons):
            yield f"{name}: Python {pythons}, the course needs {PYTHONS}"


def unrunnable_line(line):
    program, *rest = line.split(" >")[0].split()
    script = rest[0] if program == "python" else program
    if program != "echo" and not (ROOT / script).is_file():
        yield f"there is no {script}"
    known = (ROOT / "course.py").read_text("utf8") + (ROOT / "tests/conftest.py").read_text("utf8")
    for word in rest[1:] if script == "course.py" else ():
        name, _, path = word.partition("=")
        if path and not (ROOT / path).exists():
            yield f"there is no {path}"
        if name != "--ignore" and f'"{name}"' not in known:
            yield f"course.py does not know {name}"


WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_calls_what_exists(path):
    workflow = path.read_text("utf8")
    parsed = yaml.safe_load(workflow)
    assert {"name", "jobs", "permissions", True} <= parsed.keys()  # YAML takes a bare `on` for true
    assert list(unrunnable(workflow)) == []


def test_the_workflows_see_the_systems_and_versions_that_count():
    test, weekly = (path.read_text("utf8") for path in WORKFLOWS)
    matrix = yaml.safe_load(test)["jobs"]["quick"]["strategy"]["matrix"]
    assert {system.split("-")[0] for system in matrix["os"]} == {"ubuntu", "macos", "windows"}
    assert PROJECT["requires-python"].removeprefix(">=") in matrix["python"] and ".ci/run" in test
    assert "schedule" in yaml.safe_load(weekly)[True]
    assert "tests/lowest_versions.py grading test > constraints.txt" in weekly


@pytest.mark.parametrize("old, new, problem", [
    (".ci/run", ".ci/walk", "there is no .ci/walk"),
    ("course.py test", "course.py tset", "does not know tset"),
    ("--quick", "--quicker", "does not know --quicker"),
    ('"3.13"', '"3.9"', "the course needs >=3.11"),
    ('"3.13"', "3.13", "the course needs >=3.11"),  # without quotes 3.10 would be 3.1
    ("checkout@v4", "checkout@main", "no action at a major version"),
])  # fmt: skip
def test_a_workflow_that_could_not_run_is_seen(old, new, problem):
    workflow = WORKFLOWS[0].read_text("utf8")
    assert old in workflow
    assert any(problem in said for said in unrunnable(workflow.replace(old, new)))


# Versions


def test_lowest_versions_are_those_of_pyproject():
    extras = PROJECT["optional-dependencies"]
    needs = sum(extras.values(), PROJECT["dependencies"])
    assert [line.replace("==", ">=") for line in lowest(PYPROJECT, extras)] == needs


def test_lowest_versions_of_the_extras_asked_for():
    project = '[project]\ndependencies = ["a-b>=1.2", "c>=3"]\noptional-dependencies = {x = ["d>=4"], y = ["e>=5"]}'
    assert list(lowest(project)) == ["a-b==1.2", "c==3"]
    assert list(lowest(project, ["y"])) == ["a-b==1.2", "c==3", "e==5"]
    for other in ("c", "c==3", "c>=3,<4", "c~=3.0", "c[x]>=3"):
        with pytest.raises(ValueError, match="must be NAME>=VERSION"):
            list(lowest(project.replace("c>=3", other)))


# Papers


def test_the_citation_is_whole_and_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf8"))
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()  # what the format requires
    assert citation["cff-version"] == "1.2.0" and citation["authors"] == [{"name": "The clearn authors"}]
    assert [citation[key] for key in ("version", "license")] == [PROJECT[key] for key in ("version", "license")]


def test_the_changelog_tells_of_this_version():
    changelog = (ROOT / "CHANGELOG.md").read_text("utf8")
    versions = re.findall(r"^## \[?([\w.]+)", changelog, re.MULTILINE)
    assert versions[0] == "Unreleased" and PROJECT["version"] in versions
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.+)", changelog, re.MULTILINE)) <= kinds


def test_contributing_names_what_exists():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf8")
    words = set(re.findall(r"[\w./-]*[\w/]", "\n".join(re.findall(r"```.*?```|`[^`]+`", text, re.DOTALL))))
    place = re.compile(r"(?!.*(?:NAME|KIND|CHAPTER|ASSIGNMENT|EXERCISE))"  # words that stand for something
                       r"((?:clearn|tests|notebooks|data)/|[\w-]+\.(?:py|md|toml|txt|yml)$)")  # fmt: skip
    named = set(filter(place.match, words))
    assert len(named) > 35 and {name for name in named if not (ROOT / name).exists()} == set()
    called = set(re.findall(r"python(?:3(?:\.\d+)?)? ([\w/]+\.py)", text))
    scripts = {"tests/execute_notebooks.py", "tests/lowest_versions.py", "tests/make_releases.py"}
    assert called == {"course.py"} | scripts


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")
def test_git_leaves_data_alone_and_knows_notebooks():
    names = [
        "data/checkpoints/moco.safetensors",
        "data/fashion-mnist/t10k-labels-idx1-ubyte.gz",
        "notebooks/01_pairs.ipynb",
    ]
    command = ["git", "check-attr", "text", "eol", "diff", "--", *names]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    *data, notebook = [
        [line.rpartition(": ")[2] for line in said.splitlines() if line.startswith(name)] for name in names
    ]
    assert data == [["unset", "lf", "unset"]] * 2 and notebook == ["auto", "lf", "jupyternotebook"]
