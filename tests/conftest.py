"""Tiers of the tests, shared out over the cores, and what they say at the end.

python3 course.py test --quick        everything but notebooks, the browser and what trains or installs for long
python3 course.py test                everything once
python3 course.py test --elsewhere    and each notebook as on another machine: one thread, and no newer CPU than avx2;
                                      and what repeats a long test with another seed or another method
… --elsewhere-some                    of these only a third of the notebooks, the same each time, and those that the last ten
                                      commits touched
"""

import subprocess
from pathlib import Path

import pytest
from machine import cores, threads

ROOT = Path(__file__).resolve().parents[1]
MARKS = {  # a test's mark says in which tiers it runs; one without runs in all
    "long": "trains, installs or starts programs for more than a few seconds: left out by --quick",
    "notebooks": "executes notebooks of the course: left out by --quick",
    "browser": "drives JupyterLab in a browser: left out by --quick",
    "elsewhere": "executes a notebook as on another machine, or repeats a long test with another seed or method: run only "
    "with --elsewhere",
}
MEMORY = 4e9  # bytes that a worker may need: a notebook's kernel, JupyterLab and a browser


def pytest_addoption(parser):
    group = parser.getgroup("clearn")
    group.addoption("--quick", action="store_true", help="leave out notebooks, the browser and what takes long")
    group.addoption(
        "--elsewhere",
        action="store_true",
        help="also run every notebook as on another machine, and long tests with more seeds",
    )
    group.addoption("--elsewhere-some", action="store_true", help="of these only a third, and what was touched last")


def pytest_configure(config):
    for mark, meaning in MARKS.items():
        config.addinivalue_line("markers", f"{mark}: {meaning}")
    if hasattr(config, "workerinput"):
        import torch

        torch.set_num_threads(threads())


def pytest_xdist_auto_num_workers(config):
    import psutil

    return max(1, min(4, cores(), int(psutil.virtual_memory().available / MEMORY)))


def pytest_collection_modifyitems(config, items):
    left_out = {"long", "notebooks", "browser"} if config.option.quick else set()
    left_out |= set() if config.option.elsewhere or config.option.elsewhere_some else {"elsewhere"}
    chosen = touched_or_third() if config.option.elsewhere_some else None
    kept = []
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        path = getattr(item, "callspec", None) and item.callspec.params.get("path")
        if not marks & left_out and not ("elsewhere" in marks and chosen is not None and path not in chosen):
            kept.append(item)
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    # Long ones first, so that no worker is left alone with one in the end.
    items[:] = sorted(kept, key=lambda item: -sum(map(bool, map(item.get_closest_marker, MARKS))))


ALONE = (
    "browser/test_panels.py",
    "test_notebooks.py",
    "test_first_run.py",
    "test_releases.py",
)  # minutes, and little shared


def pytest_xdist_make_scheduler(config, log):
    """Hand out the tests file by file, since what a file's fixtures make costs, but each notebook for itself."""
    from xdist.scheduler import LoadScopeScheduling

    class Files(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0]
            return nodeid if file.endswith(ALONE) and "[" in nodeid else file

    return Files(config, log)


def touched_or_third():
    """The notebooks of which CI runs those tests: every third by name, and what the last ten commits changed."""
    notebooks = sorted((ROOT / "notebooks").rglob("*.ipynb"))
    log = subprocess.run(
        ["git", "log", "-10", "--name-only", "--format="], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return set(notebooks[::3]) | {ROOT / name for name in log.stdout.splitlines()}


@pytest.fixture
def tell(request):
    """Say something that is shown at the end of the run, from whichever worker."""
    return lambda text: request.node.user_properties.append(("tell", text))


def pytest_terminal_summary(terminalreporter, config):
    said = [text for reports in terminalreporter.stats.values() for report in reports
            if getattr(report, "when", None) == "call" for key, text in report.user_properties if key == "tell"]  # fmt: skip
    if said:
        terminalreporter.section("what was measured")
        terminalreporter.write("\n".join(said) + "\n")
    terminalreporter.write_line(f"{config.option.numprocesses or 1} worker(s) on {cores()} core(s)")
