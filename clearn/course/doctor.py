"""One line for each thing that a learner needs: [OK], or [FAIL] with the mend beside it.

A check is a generator of (what was found, mend); the mend is None where all is well. Each check imports what it needs
itself, so that a missing package is a line of the report and not a traceback.
"""

import importlib.metadata
import os
import re
import shutil
import statistics
import sys
import time
from pathlib import Path

COURSE = Path(__file__).resolve().parents[2]
INSTALL = "python -m pip install -e . -c constraints.txt"
OLDEST = (3, 11)  # as requires-python in pyproject.toml
ENOUGH = 2.0  # GB of free memory: notebook 00 with its kernel takes about 1.5


def main():
    """Print the report; return 1 if a line of it is a FAIL, else 0."""
    sys.stdout.reconfigure(errors="replace")  # a terminal without "…" or "×"
    failed = 0
    for found, mend in diagnose():
        failed += mend is not None
        print(f"[OK]   {found}" if mend is None else f"[FAIL] {found}  ->  {mend}", flush=True)
    print(f"{failed} to mend" if failed else "All is well: python3 course.py lab")
    return int(failed > 0)


def diagnose():
    """Every line of the report, as (what was found, mend or None)."""
    for check, mend in CHECKS.items():
        try:
            yield from check()
        except Exception as error:  # noqa: BLE001  whatever is broken, the report goes on
            reason = (str(error).strip() or "no reason given").splitlines()[0]
            yield f"{check.__name__.replace('_', ' ')}: {type(error).__name__}: {reason}", mend


def python():
    new_enough = sys.version_info[:2] >= OLDEST
    wanted = ".".join(map(str, OLDEST))
    mend = f"install Python {wanted} or newer, delete .venv and run python3 course.py lab"
    yield (
        f"Python {'.'.join(map(str, sys.version_info[:3]))}, {wanted} or newer is needed",
        None if new_enough else mend,
    )


def packages():
    from packaging.requirements import Requirement

    pins = pinned()
    wanted = map(Requirement, importlib.metadata.requires("clearn"))
    for need in (need for need in wanted if need.marker is None or need.marker.evaluate({"extra": ""})):
        try:
            version = importlib.metadata.version(need.name)
        except importlib.metadata.PackageNotFoundError:
            yield f"{need.name} is missing, {need.specifier} is needed", INSTALL
            continue
        if not need.specifier.contains(version, prereleases=True):
            yield f"{need.name} {version}, {need.specifier} is needed", INSTALL
            continue
        pin = pins.get(canonical(need.name), version)
        same = version.split("+")[0] == pin.split("+")[0]  # 2.15.0+cu130 is a build of 2.15.0
        yield f"{need.name} {version}" + ("" if same else f", in range; the course was tested with {pin}"), None


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned():
    """The exact versions of constraints.txt, by package; none where the package is used without the course."""
    path = COURSE / "constraints.txt"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    pairs = (line.split("==") for line in lines if re.match(r"[\w.-]+==", line))
    return {canonical(name): version.strip() for name, version in pairs}


def data():
    from clearn import datasets

    for name, problem in datasets.verify():
        yield f"data/{name} {problem or 'is whole'}", problem and "git checkout -- data, or unpack the course again"


def device():
    import torch
    import torchvision  # noqa: F401  a torchvision made for another torch fails here

    from clearn import devices

    place = devices.best_device()
    x = torch.ones(2, 2, device=place)
    if (x @ x).sum().item() != 8:
        raise ArithmeticError(f"{place} multiplies wrongly")
    if place.type == "cuda":
        name = torch.cuda.get_device_name(place)
    else:
        name = f"{torch.get_num_threads()} threads" if place.type == "cpu" else "Apple GPU"
    idle = "; an NVIDIA GPU is here, but this PyTorch cannot use it: its driver may be too old"
    note = idle if place.type == "cpu" and shutil.which("nvidia-smi") else ""
    yield f"device {place.type} ({name}): augments, trains and embeds there{note}", None


def mixed_precision():
    from clearn import devices

    place = devices.best_device()
    dtype = devices.fast_dtype(place)
    used = "used, native here" if dtype else "not used, no native support here"
    try:
        ratio = bf16_speedup(place)
    except (RuntimeError, TypeError):
        if dtype:
            raise
        yield f"bf16: {used}, and it does not run", None
        return
    odd = "; odd, is the machine busy?" if dtype and ratio < 1 else ""
    yield f"bf16: {used}; a convolution in bf16 measured at {ratio:.1f} times float32's speed{odd}", None


def bf16_speedup(place, seconds=1.0):
    """How many times faster a 3×3 convolution, forward and backward, is in bf16 than in float32, side by side."""
    import torch

    conv = torch.nn.Conv2d(32, 32, 3, padding=1).to(place, memory_format=torch.channels_last)
    x = torch.randn(64, 32, 28, 28, device=place).to(memory_format=torch.channels_last)

    def run(enabled):
        start = time.perf_counter()
        with torch.autocast(place.type, torch.bfloat16, enabled=enabled):
            y = conv(x)
        y.float().square().mean().backward()
        if not conv.weight.grad.sum().isfinite().item():  # .item() also waits for the device
            raise ArithmeticError("a convolution's gradient is not finite")
        return time.perf_counter() - start

    run(False), run(True)  # the first of each chooses its kernels
    pairs, end = [], time.perf_counter() + seconds
    while len(pairs) < 3 or (time.perf_counter() < end and len(pairs) < 50):
        pairs.append(run(False) / run(True))
    return statistics.median(pairs)


def jupyter():
    import jupyterlab

    yield f"JupyterLab {jupyterlab.__version__} starts", None


def widgets():
    from jupyter_core.paths import jupyter_path

    name = Path("@jupyter-widgets", "jupyterlab-manager", "package.json")
    places = [folder for folder in jupyter_path("labextensions") if (Path(folder) / name).is_file()]
    yield (
        ("widgets are in JupyterLab", None)
        if places
        else (
            "JupyterLab's widget extension is missing",
            "python -m pip install --force-reinstall --no-deps jupyterlab_widgets ipywidgets",
        )
    )


def kernel():
    from jupyter_client.kernelspec import KernelSpecManager

    program = KernelSpecManager().get_kernel_spec("python3").argv[0]
    here = not os.path.dirname(program) or os.path.dirname(program) == os.path.dirname(sys.executable)
    yield (
        "notebooks run in " + ("this Python" if here else f"another Python, {program}"),
        (None if here else "python -m ipykernel install --sys-prefix"),
    )


def memory():
    import psutil

    free = psutil.virtual_memory().available / 1e9
    mend = None if free >= ENOUGH else "close other programs and other notebooks' kernels"
    yield f"{free:.1f} GB of memory free, {ENOUGH:.0f} GB needed", mend


CHECKS = {  # and the mend for a check that cannot even run
    python: "install Python 3.11 or newer",
    packages: INSTALL,
    data: INSTALL,
    device: f'{INSTALL}; if it persists on a GPU, update its driver or set CUDA_VISIBLE_DEVICES=""',
    mixed_precision: f"{INSTALL} --force-reinstall torch",
    jupyter: INSTALL,
    widgets: INSTALL,
    kernel: "python -m pip install --force-reinstall --no-deps ipykernel",
    memory: INSTALL,
}
