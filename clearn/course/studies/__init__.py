"""Studies: comparisons over more seeds than a page can wait for, run once; their tables are shipped in data/studies."""

import importlib
import json
import time

import torch

from clearn import datasets, recipes

STUDIES = datasets.DATA / "studies"
# A module each: ROWS, {row: settings}; SEEDS; train(seed, **settings) -> {measure: number}.
NAMES = ("start", "head", "simclr", "moco", "byol")


def load(name):
    """The table of a study: {row: {measure: [its value for each seed]}}.

    Raises ValueError for another name, FileNotFoundError, with the mend, for a missing table.
    """
    _study(name)
    path = STUDIES / f"{name}.json"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing; restore it with `git checkout -- data`, or make it anew with "
                                f"python -m clearn study {name}")  # fmt: skip
    columns = {}
    for row, made in json.loads(path.read_text("utf8"))["rows"].items():
        measures = [measure for measure in made["runs"][0] if measure != "seed"]
        columns[row] = {measure: [run[measure] for run in made["runs"]] for measure in measures}
    return columns


def run(name, out=None, say=print):
    """Train what a study compares, each row with each seed, and write its table to `out`, by default where it is shipped.

    It is written after each run, and a run that stands in it is not made again: interrupted, the same call goes on.
    """
    study, path = _study(name), out or STUDIES / f"{name}.json"
    before = json.loads(path.read_text("utf8")) if path.exists() else {"rows": {}, "seconds": 0}
    table = {"study": study.__doc__.splitlines()[0], "command": f"python -m clearn study {name}",
             "versions": recipes.versions(),
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
            text = json.dumps(table | {"rows": rows}, indent=1, ensure_ascii=False) + "\n"
            recipes.write_whole(path, lambda part, text=text: part.write_text(text, "utf8"))
            say(f"{row}, seed {seed}: " + ", ".join(f"{key} {value:.3f}" for key, value in found.items()))
    return table


def _study(name):
    if name not in NAMES:
        raise ValueError(f"unknown study {name!r}; choose one of {', '.join(NAMES)}")
    return importlib.import_module(f"clearn.course.studies.{name}")
