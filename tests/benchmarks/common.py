"""What the benchmarks share: a row of the table, timing in turns, and a process of its own for memory."""

import contextlib
import json
import os
import platform
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import torch


class Row(NamedTuple):
    what: str
    value: float
    unit: str
    ratio: float  # to the row that the group is measured against
    memory: float | None = None  # peak of the process, in MiB
    note: str = ""


def interleaved(functions, turns, warmup=5):
    """Of each function, its times in seconds; they take turns, so that a busy moment meets them all."""
    times = [[] for _ in functions]
    for turn in range(turns + warmup):
        for mine, function in zip(times, functions):
            start = time.perf_counter()
            function()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            if turn >= warmup:
                mine.append(time.perf_counter() - start)
    return times


def in_a_process(module, *arguments):
    """Run ``python -m module arguments`` and return what it prints last, as JSON."""
    run = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if run.returncode:
        raise RuntimeError(f"{module} {arguments} failed:\n{run.stderr}")
    return json.loads(run.stdout.splitlines()[-1])


def peak_memory():
    """The most memory that this process has held, in MiB (None where the system does not tell)."""
    with contextlib.suppress(OSError):  # Linux: getrusage would count what the parent held before it started us
        return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 2**10
    with contextlib.suppress(ImportError):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # macOS counts bytes
    return None


def machine():
    """The machine and the versions, for the head of a table."""
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    isa = torch.backends.cpu.get_cpu_capability()
    return (f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads, {isa}, "
            f"{device}; "
            f"Python {platform.python_version()}, torch {torch.__version__}")  # fmt: skip


def table(rows):
    """Yield the lines of a Markdown table, as the rows come in."""
    yield "| what | figure | unit | ratio | peak MiB | note |"
    yield "|---|---:|---|---:|---:|---|"
    for row in rows:
        figure = f"{row.value:,.0f}" if row.value >= 100 else f"{row.value:.2f}"
        memory = f"{row.memory:,.0f}" if row.memory else ""
        yield f"| {row.what} | {figure} | {row.unit} | {row.ratio:.2f} | {memory} | {row.note} |"
