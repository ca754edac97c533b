"""course.py: lab and test, the environment that they make, and one clear line for whatever goes wrong.

What "update" does is in test_update.py.
"""

import ast
import errno
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

COURSE = Path(__file__).resolve().parents[1] / "course.py"
POSIX = pytest.mark.skipif(os.name == "nt", reason="needs POSIX")

# A project without dependencies, with its own build backend, a script, and modules in the place of pytest and JupyterLab.
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "tiny"
version = "1"
"""
BACKEND = """
import os, time, zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    while os.path.exists("slow"): time.sleep(0.05)
    with zipfile.ZipFile(os.path.join(folder, "tiny-1-py3-none-any.whl"), "w") as file:
        file.writestr("tiny-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1\\nProvides-Extra: test\\n")
        file.writestr("tiny-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        file.writestr("tiny-1.dist-info/entry_points.txt", "[console_scripts]\\nwhere = where:main\\n")
        file.writestr("tiny-1.dist-info/RECORD", "")
        file.writestr("tiny.pth", os.getcwd())
    return "tiny-1-py3-none-any.whl"
"""
WHERE = "import sys\ndef main(): print(sys.prefix, __file__, sep='\\n')\n"
ECHO = "import json, os, sys; print(json.dumps([__name__, os.getcwd(), sys.prefix, sys.argv[1:]])); sys.exit(7)"


def make_project(folder):
    folder.mkdir()
    shutil.copy(COURSE, folder)
    for name, text in {"pyproject.toml": PROJECT, "constraints.txt": "", "backend.py": BACKEND,
                       "where.py": WHERE, "pytest.py": ECHO, "jupyterlab.py": ECHO}.items():  # fmt: skip
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def load(folder):
    """course.py of `folder`, as a module."""
    spec = importlib.util.spec_from_file_location("course_under_test", folder / "course.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.NEEDED = 0.001  # the tiny project's
    return module


def start(folder, *arguments, **variables):
    text = (folder / "course.py").read_text(encoding="utf-8")
    (folder / "course.py").write_text(text.replace("(2.9, 7, 10)", "(0, 0, 0)"), encoding="utf-8")
    offline = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    return subprocess.Popen([sys.executable, "course.py", *arguments], cwd=folder, text=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | offline | variables)  # fmt: skip


def run(folder, *arguments, **variables):
    child = start(folder, *arguments, **variables)
    out, err = child.communicate(timeout=120)
    return child.returncode, out, err


@pytest.fixture
def course(tmp_path, monkeypatch):
    """course.py as a module, of a tiny project, with an installation that only notes what it was asked to do."""
    module = load(make_project(tmp_path / "course"))
    module.steps = []

    def logged(command, held):
        module.steps.append(command[1:])
        if "venv" in command:
            os.makedirs(module.BIN)
            Path(module.PYTHON).write_text("")

    monkeypatch.setattr(module, "logged", logged)
    monkeypatch.setattr(module, "venv_python", lambda: "3.11" if os.path.exists(module.PYTHON) else None)
    return module


def installs(course):
    """What pip was asked to install since the last question."""
    found = [step[-1] for step in course.steps if "pip" in step]
    course.steps.clear()
    return found


# The whole road, with a real .venv


@pytest.mark.long
def test_from_nothing_to_the_command_and_back_after_a_kill(tmp_path):
    project = make_project(tmp_path / "a course")  # a space, as in many a home folder
    python = project / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    code, out, err = run(project, "test", "-k", "losses", PYTHONPATH="elsewhere", PYTHONHOME="", PIP_USER="1")
    assert code == 7, err  # the command's own exit code
    assert json.loads(out.splitlines()[-1]) == ["__main__", str(project), str(project / ".venv"), ["-k", "losses"]]
    assert "done once" in out and "half-made" not in out

    log = (project / ".venv/install.log").read_bytes()
    code, out, err = run(project, "lab", "--no-browser")
    *said, answer = out.splitlines()
    assert code == 7 and not said and (project / ".venv/install.log").read_bytes() == log
    arguments = json.loads(answer)[-1]
    assert arguments[-2:] == ["--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb", "--no-browser"]

    project.joinpath("pyproject.toml").write_text(PROJECT + 'dependencies = ["nowhere"]\n')
    project.joinpath("backend.py").write_text(BACKEND.replace("Version: 1", "Version: 1\\nRequires-Dist: nowhere"))
    index = {"PIP_INDEX_URL": "http://127.0.0.1:9", "PIP_RETRIES": "1", "PIP_NO_INDEX": "0"}
    code, out, err = run(project, "lab", **index)
    assert code == 1 and len(err.splitlines()) == 1 and "no network" in err and "install.log" in err

    project.joinpath("pyproject.toml").write_text(PROJECT)
    project.joinpath("backend.py").write_text(BACKEND)
    assert run(project, "test")[0] == 7  # an update that failed in good order has broken nothing

    project.joinpath("constraints.txt").write_text("# changed\n")
    project.joinpath("slow").touch()
    child = start(project, "test")
    held = project / ".venv/course.lock"
    while not (held.exists() and "$ " in (project / ".venv/install.log").read_bytes()[len(log) :].decode()):
        assert child.poll() is None
        time.sleep(0.05)
    second = run(project, "test")
    assert second[0] == 1 and "another course.py" in second[2] and len(second[2].splitlines()) == 1
    child.kill()
    child.communicate()
    assert held.exists()
    project.joinpath("slow").unlink()
    shutil.rmtree(next((project / ".venv").glob("**/site-packages/pip")))
    deadline = time.monotonic() + 60
    while (answer := run(project, "test"))[0] == 1 and "another" in answer[2] and time.monotonic() < deadline:
        time.sleep(0.1)  # the pip that outlived its parent holds the lock until it ends
    assert answer[0] == 7 and "half-made" in answer[1] and python.exists() and not held.exists()


# When to install, and what


def test_installs_once_and_again_only_on_a_change(course):
    course.prepare([])
    assert installs(course) == ["."]
    course.prepare([])
    assert installs(course) == []
    course.prepare(["test"])
    assert installs(course) == [".[test]"]
    for extras in ([], ["test"]):  # "lab" after "test" removes nothing
        course.prepare(extras)
        assert installs(course) == []
    for source in course.SOURCES:
        with open(source, "a") as file:
            file.write("\n# changed\n")
        course.prepare([])
        assert installs(course) == [".[test]"]


@pytest.mark.parametrize("damage", ["python", "version", "stamp", "lock"])
def test_a_half_made_environment_is_mended(course, damage, monkeypatch, capsys):
    course.prepare(["test"])
    installs(course)
    left = Path(course.VENV, "left-over")
    left.mkdir()
    if damage == "python":
        os.remove(course.PYTHON)
    elif damage == "version":  # the system's Python moved on below .venv: it starts, and finds no pip
        versions = iter([None])
        monkeypatch.setattr(course, "venv_python", lambda: next(versions, "3.12"))
    elif damage == "stamp":
        Path(course.STAMP).write_text('{"digest": ')
    else:
        Path(course.LOCK).touch()
    course.prepare(["test"])
    assert installs(course) == [".[test]"]
    anew = damage != "stamp"  # without a stamp but with a Python: pip completes it
    assert left.exists() != anew and ("half-made" in capsys.readouterr().out) == anew
    course.prepare([])
    assert installs(course) == []


def test_venv_python_is_none_unless_it_starts_with_pip(tmp_path):
    course = load(make_project(tmp_path / "course"))
    assert course.venv_python() is None
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", course.VENV], check=True)
    assert course.venv_python() is None
    packages = next(Path(course.VENV).glob("**/site-packages"))
    (packages / "pip.py").touch()
    assert course.venv_python() == "{}.{}".format(*sys.version_info)
    course.OLDEST = (4, 0)
    assert course.venv_python() is None


@POSIX
def test_a_linked_venv_is_emptied_not_removed(course, tmp_path):
    """As the message on a full disk advises: .venv may be a link to a folder on a larger disk."""
    large, other = tmp_path / "large", tmp_path / "other"
    (large / "lib").mkdir(parents=True)
    (other / "kept").mkdir(parents=True)
    (large / "lib64").symlink_to(other)
    os.symlink(large, course.VENV)
    course.prepare([])
    assert (other / "kept").exists()
    assert os.path.islink(course.VENV) and {path.name for path in large.iterdir()} == {"bin", "course.json"}


# A course that was moved or copied


def script(project, name):
    """What a script of .venv prints, line by line."""
    path = project / ".venv" / ("Scripts" if os.name == "nt" else "bin") / name
    return subprocess.run([path], check=True, capture_output=True, text=True).stdout.splitlines()


def names(folder, of):
    """The files of a .venv that name the folder `of`, but for the log and what Python compiles."""
    found = [path for path in (folder / ".venv").rglob("*") if path.is_file() and path.suffix not in (".log", ".pyc")]
    return [path for path in found if os.fsencode(of) in path.read_bytes()]


def move(here, there, how):
    if how == "copied":
        shutil.copytree(here, there, symlinks=True)
    else:
        here.rename(there)
    if how == "moved long ago":  # an older course.py wrote the new place down, and left the scripts
        stamp = there / ".venv/course.json"
        stamp.write_text(json.dumps(json.loads(stamp.read_text()) | {"root": str(there)}))


@pytest.mark.long
@pytest.mark.parametrize("how", ["moved", "copied", "moved long ago"])
def test_scripts_start_where_the_course_is(tmp_path, how):
    """Offline, and without making .venv anew; there and back, since a script begins otherwise where the path has a space."""
    places = [tmp_path / name for name in ("a course", "course", f"{'long' * 40}", "my course")]
    places = places if how == "moved" else places[:2]
    assert run(make_project(places[0]), "test")[0] == 7
    (places[0] / ".venv/not made anew").touch()
    kernel = Path("share/jupyter/kernels/own/kernel.json")
    for here, there in zip(places, places[1:], strict=False):
        python = here / ".venv/bin/python"
        (here / ".venv" / kernel).parent.mkdir(parents=True, exist_ok=True)
        (here / ".venv" / kernel).write_text(json.dumps({"argv": [str(python), "-m", "own"], "language": "python"}))
        move(here, there, how)
        code, out, err = run(there, "test")
        assert code == 7 and "another folder" in out and "anew" not in out and "done once" not in out, err
        assert script(there, "where") == [str(there / ".venv"), str(there / "where.py")]
        assert script(there, "pip")  # written by course.py, where pip itself writes the project's
        assert os.name == "nt" or len((there / ".venv/bin/pip").read_bytes().splitlines()[0]) < 128
        assert not names(there, here) and (there / ".venv/not made anew").exists()
        spec = json.loads((there / ".venv" / kernel).read_text())
        assert spec == {"argv": [str(there / ".venv/bin/python"), "-m", "own"], "language": "python"}
        if how == "copied":
            assert script(here, "where") == [str(here / ".venv"), str(here / "where.py")]
        log = (there / ".venv/install.log").read_bytes()
        code, out, err = run(there, "test")
        assert code == 7 and len(out.splitlines()) == 1 and (there / ".venv/install.log").read_bytes() == log


@pytest.mark.long
def test_what_cannot_be_mended_is_made_anew(tmp_path):
    assert run(make_project(tmp_path / "course"), "test")[0] == 7
    (tmp_path / "course").rename(tmp_path / "moved")
    venv = tmp_path / "moved/.venv"
    pip = venv / ("Scripts/pip.exe" if os.name == "nt" else "bin/pip")
    pip.unlink()
    pip.mkdir()  # a script that does not start
    code, out, err = run(tmp_path / "moved", "test")
    assert code == 7 and "anew" in out, err
    assert script(tmp_path / "moved", "where") == [str(venv), str(tmp_path / "moved/where.py")]


@POSIX
def test_another_way_to_the_same_folder_is_no_move(course, tmp_path):
    course.prepare([])
    (tmp_path / "link").symlink_to(course.ROOT)
    for folder, foreign in {"link": False, "course": False, "elsewhere": True}.items():
        Path(course.BIN, "where").write_text(f"#!{tmp_path}/{folder}/.venv/bin/python3.11\nprint()\n")
        assert [Path(path).name for path, _, _ in course.foreign_scripts()] == ["where"] * foreign
    for line in ("#!/usr/bin/python3", "#!/bin/sh", "#!/usr/bin/env python"):  # no .venv's
        Path(course.BIN, "where").write_text(f"{line}\n")
        assert not any(course.foreign_scripts())


@pytest.mark.parametrize("old", [b"C:\\clearn", b"D:\\a course"])
@pytest.mark.parametrize("python", ["python.exe", "pythonw.exe"])
def test_a_script_for_windows_gets_a_new_line(tmp_path, monkeypatch, old, python):
    """The same file as pip writes: a program (any, here), this line, and a zip file."""
    import ntpath

    monkeypatch.setattr(os, "name", "nt")
    course = load(make_project(tmp_path / "course"))
    program = b"MZ\0\x90 #!C:\\clearn\\.venv\\Scripts\\python.exe\r\n is in it, and PK\x03\x04 \r\n" * 9
    with zipfile.ZipFile(tmp_path / "zip", "w") as file:
        file.writestr("__main__.py", "# of C:\\clearn\\.venv\\Scripts\\python.exe")
    content = (tmp_path / "zip").read_bytes()

    def launcher(folder):
        path = folder + b"\\.venv\\Scripts\\" + python.encode()
        return program + (b'#!"' + path + b'"\r\n' if b" " in path else b"#!" + path + b"\r\n") + content

    match = course.SCRIPT.search(launcher(old))
    assert match["folder"] == old + b"\\.venv" and match["python"].decode() == python
    for new in ("E:\\clearn", "E:\\my clearn"):
        with monkeypatch.context() as there:
            there.setattr(os, "path", ntpath)
            there.setattr(course, "BIN", new + "\\.venv\\Scripts")
            line = course.first_line(python)
        assert launcher(old)[: match.start()] + line + launcher(old)[match.end() :] == launcher(new.encode())


# What a child is given


def test_child_environment_is_the_courses_own(course, monkeypatch):
    for name in ("PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_CONSTRAINT"):
        monkeypatch.setenv(name, "elsewhere")
    monkeypatch.setenv("PIP_INDEX_URL", "kept")
    found = course.environment()
    assert "elsewhere" not in found.values() and found["PIP_INDEX_URL"] == "kept"
    assert found["PATH"].split(os.pathsep)[0] == course.BIN and found["VIRTUAL_ENV"] == course.VENV


def test_lab_asks_nothing_of_other_machines(course, monkeypatch):
    monkeypatch.setattr(course.os, "geteuid", lambda: 1000, raising=False)
    line = course.command_line("lab", [])
    assert "--LabApp.news_url=None" in line and "--allow-root" not in line
    assert "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate" in line
    monkeypatch.setattr(course.os, "geteuid", lambda: 0)
    assert "--allow-root" in course.command_line("lab", [])
    assert not any("00_start" in word for word in course.command_line("lab", ["notebooks/01_pairs.ipynb"]))


def test_lab_does_not_ask_about_news(course, monkeypatch):
    """What comes of it is in browser/test_first_minute.py."""
    ran = []
    monkeypatch.setattr(course, "run", ran.append)
    monkeypatch.setattr(course, "refuse_unwritable_home", lambda: None)
    settings = Path(course.VENV, "share/jupyter/lab/settings")
    course.main(["test"])
    assert not settings.exists()
    for _ in range(2):
        course.main(["lab"])
        text = (settings / "overrides.d/clearn.json").read_text()
        assert json.loads(text)["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
        assert [path.name for path in settings.rglob("*") if path.is_file()] == ["clearn.json"]

    def makedirs(*arguments, **options):
        raise PermissionError(errno.EACCES, "no", settings)

    shutil.rmtree(settings)
    monkeypatch.setattr(course.os, "makedirs", makedirs)
    course.main(["lab"])  # a .venv that is only read
    assert len(ran) == 4


def test_jupyterlab_understands_its_options(course, monkeypatch):
    from jupyterlab.handlers.announcements import NeverCheckForUpdate
    from jupyterlab.labapp import LabApp

    options = [word for word in course.command_line("lab", []) if word.startswith("--LabApp")]
    app = LabApp()
    app.parse_command_line(options)
    assert app.news_url is None and app.check_for_updates_class is NeverCheckForUpdate


# Old Pythons read this file


def test_written_in_the_grammar_that_python_2_shares():
    text = COURSE.read_text(encoding="ascii")
    newer = (ast.JoinedStr, ast.AnnAssign, ast.Nonlocal, ast.NamedExpr, ast.YieldFrom, ast.AsyncFunctionDef, ast.Match)
    for node in ast.walk(ast.parse(text, feature_version=(3, 6))):
        assert not isinstance(node, newer), f"line {node.lineno}: {type(node).__name__}"
        if isinstance(node, ast.arguments):
            assert not node.kwonlyargs and not node.posonlyargs
        if isinstance(node, ast.arg):
            assert node.annotation is None
        if isinstance(node, (ast.List, ast.Tuple)):
            assert not any(isinstance(item, ast.Starred) for item in node.elts), f"line {node.lineno}: a star"
        if isinstance(node, ast.Raise):
            assert node.cause is None
        if isinstance(node, ast.ClassDef):
            assert not node.keywords


def old_pythons():
    names = [f"python{version}" for version in ("2.7", "3.6", "3.7", "3.8", "3.9", "3.10")]
    kept = Path.home().glob(".pyenv/versions/*/bin/python*")
    paths = [shutil.which(name) for name in names] + [str(path) for path in kept if path.name in names]
    for path in filter(None, paths):
        starts = subprocess.run([path, "-c", ""], check=False, capture_output=True)  # a shim may lead nowhere
        if starts.returncode == 0:
            yield path


def test_an_old_python_says_so_in_one_line():
    pythons = list(old_pythons())
    if not pythons:
        pytest.skip("no Python older than 3.11 here")
    for python in pythons:
        command = [python, str(COURSE), "test"]
        found = subprocess.run(command, check=False, capture_output=True, text=True, env={"PATH": ""})
        assert found.returncode == 1 and found.stdout == ""
        assert len(found.stderr.splitlines()) == 1 and "needs Python 3.11 or newer" in found.stderr


def test_too_old_names_a_newer_one(course, monkeypatch):
    monkeypatch.setattr(course, "OLDEST", (99, 0))
    monkeypatch.setattr(sys, "argv", ["course.py", "lab"])
    monkeypatch.setattr(course, "find_newer_python", lambda: "python99")
    with pytest.raises(SystemExit, match=r"needs Python 99\.0 or newer, this is 3.*Run: python99 course\.py lab"):
        course.main(["lab"])
    monkeypatch.setattr(course, "find_newer_python", lambda: None)
    with pytest.raises(SystemExit, match=r"python\.org"):
        course.main(["lab"])


@POSIX
def test_a_newer_python_is_one_that_starts(course, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert course.find_newer_python() is None
    for name, code in {"python3.13": 127, "python3.12": 0}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {code}\n")
        (tmp_path / name).chmod(0o755)
    assert course.find_newer_python() == "python3.12"


# One line for each thing that can go wrong


def test_a_32_bit_python(course, monkeypatch):
    monkeypatch.setattr(course.sys, "maxsize", 2**31 - 1)
    with pytest.raises(SystemExit, match="64-bit"):
        course.refuse_old_python()


@pytest.mark.parametrize("module", ["ensurepip", "venv"])
def test_no_venv_module(course, monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SystemExit, match=r"sudo apt install python3\.\d+-venv"):
        course.main(["lab"])
    assert not os.path.exists(course.VENV)


def test_full_disk_before(course, monkeypatch):
    monkeypatch.setattr(course.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 5 * 10**5))
    with pytest.raises(SystemExit, match=r"needs .* GB of free disk"):
        course.main(["test"])
    assert not os.path.exists(course.LOCK) and not course.steps


@pytest.mark.parametrize(
    ("number", "says"),
    [(errno.EACCES, "cannot write .*Copy the course"), (errno.EROFS, "cannot write .*Copy the course"),
     (errno.ENOSPC, "disk is full"), (errno.EIO, "Delete .venv")],
)  # fmt: skip
def test_folder_that_cannot_be_written(course, monkeypatch, number, says):
    def mkdir(path, mode=0o777):
        raise OSError(number, os.strerror(number), path)

    monkeypatch.setattr(course.os, "mkdir", mkdir)
    with pytest.raises(SystemExit, match=says) as stopped:
        course.main(["lab"])
    assert "\n" not in str(stopped.value)


def test_a_home_that_cannot_be_written(course, monkeypatch, tmp_path):
    for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "file").touch()
    for name in ("HOME", "USERPROFILE", "APPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "file"))
    course.prepare([])
    monkeypatch.setattr(course, "PYTHON", sys.executable)  # one that has Jupyter
    monkeypatch.setattr(course, "run", lambda command: 7)
    with pytest.raises(SystemExit, match="JupyterLab cannot write in .*runtime.*Set HOME or JUPYTER_") as stopped:
        course.main(["lab"])
    assert "\n" not in str(stopped.value) and str(tmp_path / "file") in str(stopped.value)
    assert course.main(["test"]) == 7
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "own/runtime"))
    assert course.main(["lab"]) == 7 and (tmp_path / "own/runtime").is_dir()
    monkeypatch.setattr(course.os, "access", lambda path, mode: False)  # it is there, and another's
    with pytest.raises(SystemExit, match="cannot write"):
        course.main(["lab"])


def test_a_folder_with_the_sign_that_separates_paths(tmp_path):
    folder = make_project(tmp_path / f"a{os.pathsep}b")
    code, out, err = run(folder, "test")
    assert code == 1 and not out and len(err.splitlines()) == 1
    assert f"Move the course to a folder without '{os.pathsep}'" in err
    assert not (folder / ".venv").exists()


SAID = {  # by pip or venv, and what course.py makes of it
    "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device": "disk is full",
    "WARNING: Retrying after connection broken by 'NewConnectionError(<...>: Failed to establish a new connection: "
    "[Errno -2] Name or service not known)'\nERROR: No matching distribution found for torch==2.15.0": "no network",
    "pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool(host='x', port=443): Read timed out.": "no network",
    "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))\nERROR: No matching distribution": "PIP_CERT",
    "ERROR: Could not install packages due to an OSError: [WinError 5] Access is denied: 'x.dll'": "Close programs",
    "ERROR: No matching distribution found for numba==0.68.1": "no build for Python",
    "ERROR: something quite new.": "the installation failed (ERROR: something quite new)",
    "": "no output",
}


@pytest.mark.parametrize("said", SAID)
def test_a_failed_step_says_why_and_names_its_log(tmp_path, said):
    course = load(make_project(tmp_path / "course"))
    os.mkdir(course.VENV)
    with open(os.devnull) as held, pytest.raises(SystemExit) as stopped:
        course.logged([sys.executable, "-c", f"print({said!r}); raise SystemExit(3)" if said else "exit(3)"], held)
    message = str(stopped.value)
    assert SAID[said] in message and message.endswith(course.LOG) and "\n" not in message
    assert said in Path(course.LOG).read_text(encoding="utf-8")


def test_interrupt_is_one_line_and_leaves_the_mark(course, monkeypatch, capsys):
    def interrupted(command, held):
        raise KeyboardInterrupt

    monkeypatch.setattr(course, "logged", interrupted)
    assert course.main(["lab"]) == 130
    assert "interrupted" in capsys.readouterr().err and os.path.exists(course.LOCK)


def test_unknown_command_and_help(course, capsys):
    assert course.main(["lba"]) == 2 and "unknown command 'lba'" in capsys.readouterr().err
    assert course.main([]) == 2 and "lab | test | update" in capsys.readouterr().err
    assert course.main(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(f"course.py {words} " in said for words in ("lab", "test", "test --quick", "test --elsewhere", "update"))
    assert not course.steps


# Progress


@pytest.mark.parametrize(
    ("line", "short"),
    [("  Downloading torch-2.15.0-cp311-cp311-manylinux_2_28_x86_64.whl (539.1 MB)", "torch 2.15.0, 539.1 MB"),
     ("  Downloading torch-2.15.0-cp311-cp311-manylinux_2_28_x86_64.whl (1.2 GB)", "torch 2.15.0, 1.2 GB"),
     ("  Using cached triton-3.9.0-cp311-none-any.whl (285.8 MB)", "triton 3.9.0, downloaded before"),
     ("  Downloading tqdm-4.70.1-py3-none-any.whl (78 kB)", None),
     ("  Downloading tqdm-4.70.1-py3-none-any.whl.metadata (57 MB)", None),
     ("Collecting torch==2.15.0", None),
     ("Installing collected packages: a, b, c", "unpacking 3 packages; this is quiet for a minute or two"),
     ("  WARNING: Retrying (Retry(total=4, ...", "no answer from the package index, trying again")],
)  # fmt: skip
def test_pip_in_short_form(course, line, short):
    assert course.shorten(line) == short
