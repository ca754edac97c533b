"""The doctor: every line of its report can fail, and names the mend."""

import importlib.metadata
import json
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

from clearn import __main__, datasets, devices
from clearn.course import doctor


def report(check):
    """What the doctor says of one check: a list of (line, mend or None)."""
    return list(check())


def test_a_sound_machine_has_nothing_to_mend(capsys, monkeypatch):
    monkeypatch.setattr(doctor, "bf16_speedup", lambda place: 1.5)
    assert __main__.main(["doctor"]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert all(line.startswith("[OK]   ") for line in lines) and "course.py lab" in last
    for word in (
        "Python 3",
        "torch ",
        "umap-learn ",
        "train-images",
        "device ",
        "bf16",
        "JupyterLab",
        "widgets",
        "memory",
    ):
        assert any(word in line for line in lines), word


def test_a_fail_is_one_line_with_its_mend_and_an_exit_code(capsys, monkeypatch):
    def check():
        yield "this is well", None
        yield "that is not", "do this"
        raise RuntimeError("first line\nsecond line")

    monkeypatch.setattr(doctor, "CHECKS", {check: "do that"})
    assert doctor.main() == 1
    assert capsys.readouterr().out.splitlines() == [
        "[OK]   this is well",
        "[FAIL] that is not  ->  do this",
        "[FAIL] check: RuntimeError: first line  ->  do that",
        "2 to mend",
    ]


def test_an_unknown_command_is_usage(capsys):
    with pytest.raises(SystemExit) as stopped:
        __main__.main(["docter"])
    assert stopped.value.code == 2 and "doctor" in capsys.readouterr().err


@pytest.mark.parametrize("check", doctor.CHECKS, ids=lambda check: check.__name__)
def test_every_check_has_a_mend(check):
    assert len(doctor.CHECKS[check]) > 10


def test_old_python(monkeypatch):
    monkeypatch.setattr(doctor.sys, "version_info", (3, 10, 1))
    ((line, mend),) = report(doctor.python)
    assert "3.10.1" in line and "install Python 3.11" in mend


@pytest.mark.parametrize(
    ("version", "line", "well"),
    [("2.15.0", "torch 2.15.0", True), ("2.15.0+cu130", "torch 2.15.0+cu130", True),
     ("2.11.0", "torch 2.11.0, in range; the course was tested with 2.15.0", True),
     ("2.5.1", "torch 2.5.1, >=2.6 is needed", False), (None, "torch is missing, >=2.6 is needed", False)],
)  # fmt: skip
def test_packages(monkeypatch, version, line, well):
    def installed(name):
        if version is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(doctor, "pinned", lambda: {"torch": "2.15.0"})
    wanted = ["torch>=2.6", 'pytest>=8; extra == "test"']
    monkeypatch.setattr(doctor.importlib.metadata, "requires", lambda name: wanted)
    monkeypatch.setattr(doctor.importlib.metadata, "version", installed)
    assert report(doctor.packages) == [(line, None if well else doctor.INSTALL)]


def test_pins_are_read_by_the_names_that_are_looked_up(monkeypatch, tmp_path):
    assert {"torch", "scikit-learn", "umap-learn"} <= doctor.pinned().keys()
    (tmp_path / "constraints.txt").write_text("jupyterlab_widgets==3.0.17\n", encoding="utf-8")
    monkeypatch.setattr(doctor, "COURSE", tmp_path)
    assert doctor.pinned() == {"jupyterlab-widgets": "3.0.17"}


def test_no_pins_beside_the_package(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "COURSE", tmp_path)
    assert doctor.pinned() == {} and all(mend is None for _, mend in report(doctor.packages))


def test_data(monkeypatch):
    monkeypatch.setattr(datasets, "verify", lambda: [("a.gz", None), ("b.gz", "is truncated: 1 of 2 bytes")])
    whole, broken = report(doctor.data)
    assert whole == ("data/a.gz is whole", None)
    assert broken[0] == "data/b.gz is truncated: 1 of 2 bytes" and "git checkout" in broken[1]


def test_device(monkeypatch):
    ((line, mend),) = report(doctor.device)
    assert devices.best_device().type in line and "trains" in line and mend is None
    monkeypatch.setattr(doctor.shutil, "which", lambda name: name)
    monkeypatch.setattr(devices, "best_device", lambda: torch.device("cpu"))
    assert "driver" in report(doctor.device)[0][0]  # a GPU that PyTorch cannot use


@pytest.mark.parametrize("broken", ["device", "torchvision"])
def test_a_device_that_does_not_compute(monkeypatch, broken):
    if broken == "device":
        monkeypatch.setattr(devices, "best_device", lambda: torch.device("meta"))
    else:  # made for another torch: it stops at its import
        monkeypatch.setitem(sys.modules, "torchvision", None)
    monkeypatch.setattr(doctor, "CHECKS", {doctor.device: doctor.CHECKS[doctor.device]})
    ((line, mend),) = doctor.diagnose()
    assert line.startswith("device: ") and "driver" in mend and doctor.INSTALL in mend


def test_mixed_precision(monkeypatch):
    monkeypatch.setattr(doctor, "bf16_speedup", lambda place: 1.8)
    monkeypatch.setattr(devices, "fast_dtype", lambda place: torch.bfloat16)
    assert report(doctor.mixed_precision)[0][0].startswith("bf16: used")
    assert "1.8 times" in report(doctor.mixed_precision)[0][0]
    monkeypatch.setattr(doctor, "bf16_speedup", lambda place: 0.4)
    assert "odd" in report(doctor.mixed_precision)[0][0]
    monkeypatch.setattr(devices, "fast_dtype", lambda place: None)
    line = report(doctor.mixed_precision)[0][0]
    assert "not used" in line and "0.4 times" in line and "odd" not in line


@pytest.mark.parametrize("dtype", [torch.bfloat16, None])
def test_mixed_precision_that_does_not_run_fails_only_where_it_would_be_used(monkeypatch, dtype):
    def fails(place):
        raise RuntimeError("no kernel")

    monkeypatch.setattr(doctor, "bf16_speedup", fails)
    monkeypatch.setattr(devices, "fast_dtype", lambda place: dtype)
    monkeypatch.setattr(doctor, "CHECKS", {doctor.mixed_precision: "mend"})
    ((line, mend),) = doctor.diagnose()
    assert (mend == "mend") == (dtype is not None) and "bf16" in line.replace("mixed precision", "bf16")


def test_the_speed_is_measured(monkeypatch):
    assert 0 < doctor.bf16_speedup(torch.device("cpu"), seconds=0) < 100
    clock = iter(range(1000))
    monkeypatch.setattr(doctor.time, "perf_counter", lambda: next(clock))
    assert doctor.bf16_speedup(torch.device("cpu"), seconds=0) == 1


@pytest.mark.parametrize(
    ("check", "module"),
    [(doctor.jupyter, "jupyterlab"), (doctor.widgets, "jupyter_core.paths"), (doctor.kernel, "jupyter_client.kernelspec"),
     (doctor.memory, "psutil"), (doctor.packages, "packaging.requirements")],
)  # fmt: skip
def test_what_cannot_be_imported_is_a_line(monkeypatch, check, module):
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr(doctor, "CHECKS", {check: doctor.CHECKS[check]})
    ((line, mend),) = doctor.diagnose()
    assert module in line and "pip install" in mend


def test_widgets_missing_from_jupyterlab(monkeypatch, tmp_path):
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda *names: [str(tmp_path)])
    ((line, mend),) = report(doctor.widgets)
    assert "missing" in line and "jupyterlab_widgets" in mend


def test_a_kernel_of_another_python(monkeypatch):
    def spec(self, name):
        return SimpleNamespace(argv=["/elsewhere/bin/python", "-m", "ipykernel_launcher"])

    monkeypatch.setattr("jupyter_client.kernelspec.KernelSpecManager.get_kernel_spec", spec)
    ((line, mend),) = report(doctor.kernel)
    assert "/elsewhere/bin/python" in line and "ipykernel install" in mend


def test_no_kernel(monkeypatch, tmp_path):
    monkeypatch.setattr("jupyter_client.kernelspec.KernelSpecManager.find_kernel_specs", lambda self: {})
    monkeypatch.setattr("jupyter_client.kernelspec.KernelSpecManager.ensure_native_kernel", False)
    monkeypatch.setattr("jupyter_client.kernelspec.KernelSpecManager._find_spec_directory", lambda self, name: None)
    monkeypatch.setattr(doctor, "CHECKS", {doctor.kernel: doctor.CHECKS[doctor.kernel]})
    ((line, mend),) = doctor.diagnose()
    assert "NoSuchKernel" in line and "ipykernel" in mend


def test_little_memory(monkeypatch):
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=1e9))
    ((line, mend),) = report(doctor.memory)
    assert "1.0 GB" in line and "close" in mend


def test_without_torch_there_is_a_report_and_no_traceback():
    code = """
import importlib.metadata as metadata, runpy, sys
sys.modules["torch"] = None
version = metadata.version
def without_torch(name):
    if name == "torch":
        raise metadata.PackageNotFoundError(name)
    return version(name)
metadata.version = without_torch
sys.argv = ["clearn", "doctor"]
runpy.run_module("clearn", run_name="__main__")
"""
    found = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    lines = found.stdout.splitlines()
    assert found.returncode == 1 and found.stderr == "", json.dumps(lines)
    failed = [line.split()[1].strip(":") for line in lines if line.startswith("[FAIL]")]
    assert failed == ["torch", "data", "device", "mixed"] and "[OK]   numpy" in found.stdout
