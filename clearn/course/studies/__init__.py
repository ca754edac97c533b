"""Studies: comparisons over more seeds than a page can wait for, run once; their tables are shipped in data/studies."""

import importlib
import json
import os
import platform
import time

import torch

import clearn
from clearn import datasets

STUDIES = datasets.DATA / "studies"
NAMES = (
    "start",
    "head",
    "simclr",
    "moco",
    "byol",
)  # a module each: ROWS, {row: settings}; SEEDS; train(seed, **settings)


def load(name):
    """The table of a study: {row: {measure: [its value for each seed]}}.

    Raises ValueError for another name, FileNotFoundError, with the mend, for a missing table.
    """
    _study(name)
    path = STUDIES / f"{name}.json"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing; restore it with `git checkout -- data`, or make it anew with "
                                f"python -m clearn study {name}")  # fmt: skip
    return {row: {measure: [run[measure] for run in runs] for measure in runs[0] if measure != "seed"}
            for row, runs in ((row, made["runs"]) for row, made in json.loads(path.read_text("utf8"))["rows"].items())}  # fmt: skip


def run(name, out=None, say=print):
    """Train what a study compares, each row with each seed, and write its table to `out`, by default where it is shipped.

    It is written after each run, and a run that stands in it is not made again: interrupted, the same call goes on.
    """
    study, path = _study(name), out or STUDIES / f"{name}.json"
    before = json.loads(path.read_text("utf8")) if path.exists() else {"rows": {}, "seconds": 0}
    table = {"study": study.__doc__.splitlines()[0], "command": f"python -m clearn study {name}",
             "versions": {"clearn": clearn.__version__, "torch": torch.__version__, "python": platform.python_version()},
             "threads": torch.get_num_threads(), "seconds": before["seconds"], "rows": {}}  # fmt: skip
    for row, settings in study.ROWS.items():
        settings = json.loads(json.dumps(settings))  # as the file has them
        made = table["rows"][row] = before["rows"].get(row, {"settings": settings, "runs": []})
        if made["settings"] != settings:
            raise ValueError(f"{path}: {row!r} was made with other settings; delete the file, or choose another --out")
        for seed in study.SEEDS[len(made["runs"]) :]:
            begin = time.monotonic()
            found = {key: round(value, 5) for key, value in study.train(seed, **settings).items()}
            made["runs"].append({"seed": seed} | found)
            table["seconds"] = round(table["seconds"] + time.monotonic() - begin)
            rows = before["rows"] | table["rows"]  # also those that are not reached yet
            _write(path, json.dumps(table | {"rows": rows}, indent=1, ensure_ascii=False) + "\n")
            say(f"{row}, seed {seed}: " + ", ".join(f"{key} {value:.3f}" for key, value in found.items()))
    return table


def _study(name):
    if name not in NAMES:
        raise ValueError(f"unknown study {name!r}; choose one of {', '.join(NAMES)}")
    return importlib.import_module(f"clearn.course.studies.{name}")


def _write(path, text):
    part = path.with_name(path.name + ".new")
    part.write_text(text, "utf8")
    os.replace(part, path)
