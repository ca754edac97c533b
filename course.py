#!/usr/bin/env python3
"""Set up the course once, in .venv beside this file, and run it. Needs nothing but Python 3.11 or newer.

    python3 course.py lab   [JupyterLab's arguments]    open notebook 00 in JupyterLab
    python3 course.py test  [pytest's arguments]        run the tests

Examples: "python3 course.py lab --no-browser", "python3 course.py test -k losses". On Windows: "py course.py lab".
"""
# Older Pythons must be able to read this file, down to 2.7, to say in one line that they are too old.
# ruff: noqa: UP010, UP031

from __future__ import print_function

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.realpath(__file__))
VENV = os.path.join(ROOT, ".venv")
BIN = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin")
PYTHON = os.path.join(BIN, "python.exe" if os.name == "nt" else "python")
LOG = os.path.join(VENV, "install.log")
STAMP = os.path.join(VENV, "course.json")  # written last: what is installed
LOCK = os.path.join(VENV, "course.lock")  # held while installing; left behind by one that was killed
SOURCES = [os.path.join(ROOT, name) for name in ("pyproject.toml", "constraints.txt")]

OLDEST = (3, 11)
START = time.time()
EXTRAS = {"lab": [], "test": ["grading", "test"]}
# GB to download, GB that stay, GB needed on the way. On Linux, PyTorch brings the libraries for NVIDIA GPUs.
DOWNLOAD, STAYS, NEEDED = (2.9, 7, 10) if sys.platform.startswith("linux") else (0.5, 2.1, 3)

MENDS = [  # what pip says, and what to say instead
    (r"No space left|Errno 28\b|Disk quota|not enough space|WinError 112",
     "the disk is full. Free about {needed} GB (or make .venv a link to a folder on a larger disk) and run again"),
    (r"CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerificationError",
     "the package index's certificate is not trusted. Behind a company proxy, set PIP_CERT to its certificate file"),
    (r"NewConnection|NameResolution|Timeout|timed out|ProxyError|Connection ?(Reset|Aborted|Broken)|IncompleteRead",
     "no network: pip cannot reach the package index. Connect (behind a proxy, set HTTPS_PROXY) and run again"),
    (r"Permission denied|Errno 13\b|WinError 5\b|WinError 32\b|Read-only file system",
     "a file in .venv cannot be written. Close programs that use it (JupyterLab), or delete .venv, and run again"),
    (r"Long Path support", "a path is too long for Windows. Move the course to a short folder such as C:\\clearn"),
    (r"No matching distribution|ResolutionImpossible",
     "a package has no build for Python {python} on this system. Use Python 3.11, 3.12 or 3.13 on 64-bit Linux or "
     + "Windows, or on a Mac with Apple silicon"),
]  # fmt: skip


def main(arguments):
    """Set up what the command needs, then become it; return an exit code."""
    refuse_old_python()
    command, rest = (arguments or [""])[0], arguments[1:]
    if command not in EXTRAS:
        asked = command in ("-h", "--help")
        print(__doc__.strip() if asked else usage(command), file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    try:
        prepare(EXTRAS[command])
        return run(command_line(command, rest))
    except KeyboardInterrupt:
        print("\ncourse.py: interrupted. Run the same command again to go on", file=sys.stderr)
        return 130
    except OSError as error:
        stop(explain(error))


def usage(command):
    problem = "unknown command '%s'" % command if command else "a command is missing"
    return "course.py: %s. Use: python3 course.py lab | test  (--help says more)" % problem


def stop(problem):
    """End with one line; the exit code is 1."""
    sys.exit("course.py: " + problem)


def say(text):
    print(text)
    sys.stdout.flush()


# What can be wrong with the machine


def refuse_old_python():
    this = ".".join(str(n) for n in sys.version_info[:3])
    if sys.version_info < OLDEST:
        newer = find_newer_python()
        mend = "Run: %s course.py %s" % (newer, " ".join(sys.argv[1:]) or "lab") if newer else (
            "Install a newer one from python.org or with your package manager")  # fmt: skip
        stop("needs Python %d.%d or newer, this is %s. %s" % (OLDEST + (this, mend)))
    if sys.maxsize < 2**32:
        stop("needs a 64-bit Python, this one is 32-bit. Install the 64-bit Python from python.org")


def find_newer_python():
    """The name of a Python on the PATH that is new enough and starts, or None."""
    test = "import sys; sys.exit(sys.version_info < %r)" % (OLDEST,)
    for name in ["python3.13", "python3.12", "python3.11", "python3", "python", "py -3"]:
        try:  # a name may stand on the PATH and not run, as pyenv's and the Windows store's do
            with open(os.devnull, "w") as nowhere:
                if subprocess.call(name.split() + ["-c", test], stdout=nowhere, stderr=nowhere) == 0:
                    return name
        except OSError:
            continue


def refuse_without_venv():
    try:
        import ensurepip  # noqa: F401  Debian and Ubuntu leave it out
        import venv  # noqa: F401
    except ImportError:
        python = "python%d.%d" % sys.version_info[:2]
        stop("this Python cannot make virtual environments. On Debian or Ubuntu: sudo apt install %s-venv; "
             "elsewhere install Python from python.org" % python)  # fmt: skip


def refuse_full_disk():
    free = shutil.disk_usage(VENV).free / 1e9
    if free < NEEDED:
        stop("needs %g GB of free disk while installing (%g GB stay), here are %.1f GB. Free some, or make .venv a "
             "link to a folder on a larger disk" % (NEEDED, STAYS, free))  # fmt: skip


def explain(error):
    """An OSError in one line, with the mend."""
    where = getattr(error, "filename", None) or VENV
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "cannot write %s: %s. Copy the course to a folder of your own, or close what uses it" % (
            where, error.strerror)  # fmt: skip
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return MENDS[0][1].format(needed=NEEDED)
    return "%s: %s. Delete .venv and run again" % (where, error.strerror or error)


# The environment


def prepare(extras):
    """Make .venv hold the package and its `extras`; if it does already, return at once."""
    stamp, python = read_stamp(), venv_python()
    extras = sorted(set(extras) | set(stamp.get("extras", [])))  # "lab" after "test" removes nothing
    wanted = {"digest": digest(), "root": ROOT, "extras": extras, "python": python}
    unfinished = os.path.exists(LOCK)
    if python and stamp == wanted and not unfinished:
        this = "%d.%d" % sys.version_info[:2]
        if python != this:
            say("Using Python %s of .venv; to use %s, delete .venv first." % (python, this))
        return
    refuse_without_venv()
    if not os.path.isdir(VENV):
        os.mkdir(VENV)
    with lock() as held:
        anew = unfinished or not python
        if anew:
            clear_venv()
        if anew or not stamp:
            refuse_full_disk()
            say("Setting up the course in .venv: about %g GB to download, %g GB on disk, some minutes. This is done once."
                % (DOWNLOAD, STAYS))  # fmt: skip
        else:
            say("The course's requirements are new or have changed: bringing .venv up to date.")
        if anew:
            make_venv(held)
        install(extras, held)
        wanted["python"] = venv_python()
    with open(STAMP + ".new", "w") as file:
        json.dump(wanted, file)
    os.replace(STAMP + ".new", STAMP)


def digest():
    """A fingerprint of the files that say what to install."""
    found = hashlib.sha256()
    for path in SOURCES:
        with open(path, "rb") as file:
            found.update(file.read())
    return found.hexdigest()


def read_stamp():
    try:
        with open(STAMP) as file:
            return dict(json.load(file))
    except (OSError, ValueError, TypeError):
        return {}


def venv_python():
    """The version of .venv's Python, such as "3.11"; None if it is missing, too old, has no pip or does not start."""
    test = "import pip, sys; sys.exit('{}.{}'.format(*sys.version_info) if sys.version_info >= %r else 1)" % (OLDEST,)
    try:
        child = subprocess.Popen([PYTHON, "-I", "-c", test], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError:
        return None
    answer = child.communicate()[1].decode("ascii", "replace").strip()
    return answer if re.match(r"3\.\d+$", answer) else None


@contextlib.contextmanager
def lock():
    """Keep a second course.py out of .venv while this one, or a pip that outlives it, writes there."""
    file = open(LOCK, "a")  # noqa: SIM115
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            stop("another course.py is setting up .venv. Wait until it is done, and run again")
    done = False  # a file system without locks: go on
    try:
        yield file
        done = True
    except SystemExit:  # pip gave up in good order, and took back what it had begun
        done = True
        raise
    finally:
        file.close()
        if done:
            os.remove(LOCK)


def clear_venv():
    """Empty .venv, its Python first, so that one half cleared is not taken for a whole one."""
    names = [name for name in os.listdir(VENV) if name != os.path.basename(LOCK)]
    if names:
        say("Found a .venv that is half-made or whose Python does not start: making it anew.")
    for name in sorted(names, key=lambda name: name != os.path.basename(BIN)):
        path = os.path.join(VENV, name)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.remove(path)


def make_venv(held):
    base = getattr(sys, "_base_executable", None) or sys.executable  # this may be .venv's own Python
    logged([base, "-m", "venv", VENV], held)


def install(extras, held):
    """Install the package, editable, at the versions of constraints.txt."""
    import tomllib

    with open(SOURCES[0], "rb") as file:
        builders = tomllib.load(file)["build-system"]["requires"]
    pip = [PYTHON, "-m", "pip", "install", "--only-binary=:all:", "-c", "constraints.txt"]
    if builders:
        logged(pip + builders, held)
    # Not isolated, so that an environment that has it all is brought up to date without a network.
    package = ".[%s]" % ",".join(extras) if extras else "."
    logged(pip + ["--no-build-isolation", "-e", package], held)


def logged(command, held):
    """Run a step of the installation: its output goes to the log, and in short form to the terminal."""
    tail = []
    temporary = os.path.join(VENV, "tmp")  # the system's own may be a small one in memory
    shutil.rmtree(temporary, ignore_errors=True)
    os.mkdir(temporary)
    variables = dict(environment(), TMPDIR=temporary, TEMP=temporary, TMP=temporary)
    keep = {} if os.name == "nt" else {"pass_fds": [held.fileno()]}
    child = subprocess.Popen(command, cwd=ROOT, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", **keep)  # fmt: skip
    try:
        with open(LOG, "a", encoding="utf-8") as log:
            log.write("$ %s\n" % " ".join(command))
            for line in child.stdout:
                log.write(line)
                log.flush()
                tail = tail[-40:] + [line.strip()]
                short = shorten(line)
                if short:
                    say("  [%3d s] %s" % (time.time() - START, short))
        code = child.wait()
    except BaseException:  # Ctrl-C, or the disk is full even for the log
        child.terminate()
        child.wait()
        raise
    shutil.rmtree(temporary, ignore_errors=True)
    if code:
        stop("%s. Details: %s" % (diagnose(tail), LOG))


def shorten(line):
    """pip's line in short form; None for the many that say little."""
    fetched = re.match(r"\s*(Downloading|Using cached) ([^/\s]+?)-(\d[^-]*)-\S+\.(?:whl|gz) \(([\d.]+) ([MG]B)\)", line)
    if fetched and (fetched.group(5) == "GB" or float(fetched.group(4)) >= 10):
        return "{1} {2}, {3} {4}".format(*fetched.groups()) if fetched.group(1) == "Downloading" else (
            "{1} {2}, downloaded before".format(*fetched.groups()))  # fmt: skip
    if line.startswith("Installing collected packages:") and line.count(","):
        return "unpacking %d packages; this is quiet for a minute or two" % (line.count(",") + 1)
    if re.match(r"\s*WARNING: Retrying", line):
        return "no answer from the package index, trying again"


def diagnose(tail):
    """Why the step failed, from the last lines that it printed."""
    text = "\n".join(tail)
    for pattern, mend in MENDS:
        if re.search(pattern, text, re.IGNORECASE):
            return mend.format(needed=NEEDED, python="%d.%d" % sys.version_info[:2])
    errors = [line for line in tail if re.match(r"error\b", line, re.IGNORECASE)] or tail[-1:] or ["no output"]
    return "the installation failed (%s)" % errors[-1][:150].rstrip(".:")


# The command


def environment():
    """The variables that a child gets: .venv first, and nothing that would lead it to another Python's packages."""
    drop = ("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_CONSTRAINT",
            "PIP_REQUIREMENT", "PIP_EDITABLE", "PIP_NO_DEPS", "PIP_DRY_RUN", "PIP_NO_BINARY", "PIP_PYTHON")  # fmt: skip
    variables = {name: value for name, value in os.environ.items() if name not in drop}
    path = os.pathsep.join(filter(None, [BIN, os.environ.get("PATH")]))
    return dict(variables, VIRTUAL_ENV=VENV, PATH=path, PIP_USER="0", PIP_DISABLE_PIP_VERSION_CHECK="1",
                PYTHONUTF8="1", PYTHONUNBUFFERED="1", JUPYTER_PREFER_ENV_PATH="1")  # fmt: skip


def command_line(command, rest):
    if command == "test":
        return [PYTHON, "-m", "pytest"] + rest
    options = [  # JupyterLab asks nothing of other machines, and changes nothing in the user's own settings
        "--ServerApp.root_dir=" + ROOT,
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=None",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")
    if not any(argument.endswith(".ipynb") for argument in rest):
        options.append("--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb")  # also in the printed address
    return [PYTHON, "-m", "jupyterlab"] + options + rest


def run(command):
    """Become `command`, from the course's folder; its signals and its exit code are this process's own."""
    sys.stdout.flush()
    if os.name != "nt":
        os.chdir(ROOT)
        os.execve(command[0], command, environment())
    child = subprocess.Popen(command, cwd=ROOT, env=environment())  # Windows cannot exec
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:  # the child has it too, and decides
            continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
