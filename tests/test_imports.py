"""Imports go only downward, in no circle; what is slow to import loads when it is used."""

import ast
import graphlib
import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import clearn

PACKAGE = Path(clearn.__file__).parent
COMMANDS = "__main__"  # the command line looks at everything, so it stands beside the highest floor
HEAVY = {"matplotlib", "umap", "ipywidgets", "IPython", "sklearn", "scipy", "torchvision", "numba", "pandas"}


def floors(docstring):
    """Of each module, the floor that the package's docstring puts it on; 0 is the highest, the course's wing stands on the
    library's."""
    lines = [line.strip().split("  ")[0].split(" · ") for line in docstring.splitlines() if re.match(r"    \S", line)]
    course = [line for line in lines if line[0].startswith("course.")]
    library = [line for line in lines if line not in course]
    return {name: floor for floor, line in enumerate(course + library) for name in line} | {COMMANDS: 0}


def house(module):
    """The name by which a module stands on a floor: its first part, in the wing of the course its first two."""
    return ".".join(module.split(".")[: 1 + module.startswith("course.")])


def imports(root):
    """Of each module under `root`, the modules of the same package that it imports, inside functions too."""
    files = {file: file.relative_to(root).with_suffix("").parts for file in root.rglob("*.py")}
    named = {".".join(parts).removesuffix(".__init__") for parts in files.values() if parts != ("__init__",)}
    found = {}
    for file, parts in files.items():
        package = [root.name, *parts[:-1]]
        targets = set()
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                targets |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                base = package[: len(package) - node.level + 1] if node.level else []
                base = ".".join([*base, node.module] if node.module else base)
                targets |= {f"{base}.{alias.name}" for alias in node.names} | {base}
        inside = {t.removeprefix(f"{root.name}.") for t in targets if t.startswith(f"{root.name}.")} & named
        # `from clearn.methods import simclr` names the package only as the way to the module
        found[".".join(parts).removesuffix(".__init__")] = {
            t for t in inside if not any(u.startswith(f"{t}.") for u in inside)
        }
    return found


def upward(found, floor):
    """The imports that go up, as "a imports b"; a module on no floor counts as going up itself."""
    level = {module: floor.get(house(module)) for module in found if module not in ("__init__", "course")}
    wrong = [f"{module} stands on no floor" for module, of in level.items() if of is None]
    return wrong + [
        f"{module} imports {target}"
        for module, targets in found.items()
        for target in targets
        if None not in (level.get(module), level.get(target)) and level[target] < level[module]
    ]


def test_imports_only_go_down():
    assert upward(imports(PACKAGE), floors(clearn.__doc__)) == []


def test_imports_make_no_circle():
    list(graphlib.TopologicalSorter(imports(PACKAGE)).static_order())  # raises CycleError, which names the circle


def test_the_library_never_imports_the_course():
    found = imports(PACKAGE)
    library = {
        module: targets for module, targets in found.items() if house(module).split(".")[0] not in ("course", COMMANDS)
    }
    assert len(library) > 30
    assert [f"{m} imports {t}" for m, targets in library.items() for t in targets if t.split(".")[0] == "course"] == []


def test_every_floor_is_read_and_losses_stand_near_the_ground():
    floor, found = floors(clearn.__doc__), imports(PACKAGE)
    assert floor["course.widgets"] < floor["course.plots"] < floor["course.pictures"] < floor["recipes"]
    assert (
        floor["recipes"] < floor["training"] < floor["methods"] < floor["losses"] == floor["views"] == floor["models"]
    )
    assert floor["losses"] < floor["similarity"] < floor["validate"]
    assert found["losses.infonce"] == {"similarity", "validate"} and found["validate"] == set()


def test_the_map_names_every_module_and_no_other():
    """`clearn.__doc__` is the map: what it names is there, and what is there it names."""
    there = {p.stem for p in PACKAGE.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()} - {
        "__init__",
        "course",
    }
    there |= {f"course.{p.stem}" for p in (PACKAGE / "course").iterdir()
              if p.suffix == ".py" or (p.is_dir() and p.name != "__pycache__")}  # fmt: skip
    assert set(floors(clearn.__doc__)) == there - {"course.__init__"}


def lines_of(folder):
    """{module: lines} of the Python below a folder."""
    return {
        path.relative_to(PACKAGE).as_posix(): len(path.read_text("utf8").splitlines()) for path in folder.rglob("*.py")
    }


def test_the_library_is_one_evening_s_reading():
    """5,000 lines when all chapters stand (today's 3,200 are room enough), and no module over about 200."""
    library = {name: count for name, count in lines_of(PACKAGE).items() if not name.startswith("course/")}
    assert sum(library.values()) <= 3200
    assert [name for name, count in library.items() if count > 210] == []


PUBLIC = {  # names that other code relies on
    "losses": ["nt_xent", "info_nce", "contrastive_loss", "triplet_loss", "sup_con", "negative_cosine"],
    "datasets": ["load", "verify", "ImageSet"], "views": ["simclr_views"], "similarity": ["unit"], "recipes": ["train"],
    "models": ["tiny_encoder", "resnet18_encoder", "projection_head", "prediction_head"], "training": ["pretrain", "schedule"],
    "evaluation": ["knn_accuracy", "linear_probe", "few_label_curve", "alignment", "uniformity", "effective_rank", "feature_std"],
    "methods": ["SimCLR", "MoCo", "BYOL", "SimSiam", "Supervised", "Triplet"], "mining": ["hard_triplets"],
}  # fmt: skip


@pytest.mark.parametrize("module, names", PUBLIC.items())
def test_names_that_other_code_relies_on_keep_working(module, names):
    found = importlib.import_module(f"clearn.{module}")
    assert all(callable(getattr(found, name)) for name in names) and callable(clearn.pretrained)


def test_what_a_package_hands_on_is_there():
    for path in PACKAGE.glob("*/__init__.py"):
        if path.parent.name != "course":
            package = importlib.import_module(f"clearn.{path.parent.name}")
            assert package.__all__ and all(hasattr(package, name) for name in package.__all__)


@pytest.mark.parametrize("line, wrong", [
    ("from clearn.low import f", []),
    ("from clearn import low, __version__", []),
    ("def f():\n    from clearn.high import g", ["middle imports high"]),
    ("import clearn.high as h", ["middle imports high"]),
    ("from clearn import high", ["middle imports high"]),
    ("from .high import g", ["middle imports high"]),
    ("from . import high", ["middle imports high"]),
    ("from clearn.tall.inner import g", ["middle imports tall.inner"]),
    ("from clearn.tall import inner", ["middle imports tall.inner"]),
    ("from clearn import new", ["new stands on no floor"]),
])  # fmt: skip
def test_an_upward_import_would_be_seen(tmp_path, line, wrong):
    root = tmp_path / "clearn"
    (root / "tall").mkdir(parents=True)
    for name in ["__init__", "high", "low", "tall/__init__", "tall/inner"] + ["new"] * ("new" in line):
        (root / f"{name}.py").touch()
    (root / "middle.py").write_text(line)
    assert upward(imports(root), {"high": 0, "tall": 0, "middle": 1, "low": 2}) == wrong


def test_a_circle_on_one_floor_would_be_seen(tmp_path):
    root = tmp_path / "clearn"
    root.mkdir()
    (root / "a.py").write_text("from clearn.b import f")
    (root / "b.py").write_text("def g():\n    from clearn import a")
    with pytest.raises(graphlib.CycleError):
        list(graphlib.TopologicalSorter(imports(root)).static_order())


PROBE = """
import json, sys, time
import torch
before = set(sys.modules)
start = time.perf_counter()
import clearn
only = time.perf_counter() - start
for name in sys.argv[1:]:
    __import__(f"clearn.{name}")
print(json.dumps([only, time.perf_counter() - start, sorted({m.split(".")[0] for m in set(sys.modules) - before})]))
"""


@pytest.mark.long
def test_what_is_slow_to_import_loads_when_it_is_used():
    floor = floors(clearn.__doc__)
    light = [m for m in imports(PACKAGE) if m != "__init__" and floor.get(house(m), 0) > floor["course.pictures"]]
    assert "losses" in light
    runs = []
    for _ in range(3):
        output = subprocess.run([sys.executable, "-c", PROBE, *light], capture_output=True, text=True, check=True)
        only, everything, loaded = json.loads(output.stdout.splitlines()[-1])
        runs.append((only, everything))
        assert "clearn" in loaded and not HEAVY & set(loaded)
    only, everything = (1000 * min(times) for times in zip(*runs))
    print(f"after torch, clearn takes {only:.0f} ms to import, {everything:.0f} ms with its {len(light)} light modules")
