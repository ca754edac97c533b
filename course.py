#!/usr/bin/env python3
"""Set up the course once, in .venv beside this file, and run it. Needs nothing but Python 3.11 or newer.

    python3 course.py lab   [JupyterLab's arguments]    open notebook 00 in JupyterLab
    python3 course.py test  [pytest's arguments]        run all tests once
    python3 course.py test --quick                      all but notebooks, browser, long runs: minutes
    python3 course.py test --elsewhere                  all, and each notebook also as on another machine
    python3 course.py update                            fetch a newer course; what you wrote or ran is kept

Examples: "python3 course.py lab --no-browser", "python3 course.py test -k losses". On Windows: "py course.py lab".
"""
# Older Pythons must be able to read this file, down to 2.7, to say in one line that they are too old.
# ruff: noqa: UP010, UP031

from __future__ import print_function

import os
import sys

if __name__ == "__main__":  # a learner's json.py or random.py beside this file is not Python's
    sys.path[:] = [p for p in sys.path if os.path.realpath(p or ".") != os.path.dirname(os.path.realpath(__file__))]

import contextlib
import errno
import hashlib
import json
import re
import shlex
import shutil
import subprocess
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
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115  closed, as ">&-" and pythonw do
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a notebook's, after "%run", has none
            stream.reconfigure(errors="replace")  # a file's name that the terminal cannot spell stops nothing
    command, rest = (arguments or [""])[0], arguments[1:]
    if command in ("-h", "--help"):
        print(__doc__.strip())
        return 0
    if command not in EXTRAS and (command != "update" or rest):
        print(usage(command), file=sys.stderr)
        return 2
    try:
        if command == "update":
            return update()
        prepare(EXTRAS[command])
        if command == "lab":
            refuse_unwritable_home()
            silence_news()
        return run(command_line(command, rest))
    except KeyboardInterrupt:
        print("\ncourse.py: interrupted. Run the same command again to go on", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        stop("what it says could not be read any more. Run the same command again to go on")
    except OSError as error:
        if command == "update":
            what = error.filename or "cannot print"
            stop("%s: %s. Nothing is lost; mend that and run again" % (what, error.strerror))
        stop(explain(error))


def usage(command):
    problem = "unknown command '%s'" % command if command else "a command is missing"
    if command == "update":
        problem = "update takes no arguments"
    return "course.py: %s. Use: python3 course.py lab | test | update  (--help says more)" % problem


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


def refuse_separator():
    if os.pathsep in ROOT:
        stop("the course cannot work in %s. Move the course to a folder without '%s'" % (ROOT, os.pathsep))


def refuse_unwritable_home():
    """JupyterLab stops with a traceback where it cannot note the servers that run; Jupyter knows in which folder."""
    asked = [PYTHON, "-c", "from jupyter_core.paths import jupyter_runtime_dir; print(jupyter_runtime_dir())"]
    child = subprocess.Popen(asked, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    folder = child.communicate()[0].decode("utf-8", "replace").rstrip("\r\n")
    if child.returncode:
        return
    try:
        os.makedirs(folder, 0o700, exist_ok=True)
        writable = os.access(folder, os.W_OK)
    except OSError:
        writable = False
    if not writable:
        stop("JupyterLab cannot write in %s. Set HOME or JUPYTER_RUNTIME_DIR to a folder of your own" % folder)


def explain(error):
    """An OSError in one line, with the mend."""
    where = getattr(error, "filename", None) or VENV
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "cannot write %s: %s. Copy the course to a folder of your own, or close what uses it" % (
            where, error.strerror)  # fmt: skip
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return MENDS[0][1].format(needed=NEEDED)
    mend = "Delete .venv and run again" if str(where).startswith(VENV) else "Mend that and run again"
    return "%s: %s. %s" % (where, error.strerror or error, mend)


# The environment


def prepare(extras):
    """Make .venv hold the package and its `extras`; if it does already, return at once."""
    refuse_separator()
    stamp, python = read_stamp(), venv_python()
    extras = sorted(set(extras) | set(stamp.get("extras", [])))  # "lab" after "test" removes nothing
    wanted = {"digest": digest(), "root": ROOT, "extras": extras, "python": python}
    unfinished = os.path.exists(LOCK)
    moved = python and (stamp.get("root", ROOT) != ROOT or any(foreign_scripts()))
    if python and stamp == wanted and not unfinished and not moved:
        this = "%d.%d" % sys.version_info[:2]
        if python != this:
            say("Using Python %s of .venv; to use %s, delete .venv first." % (python, this))
        return
    refuse_without_venv()
    if not os.path.isdir(VENV):
        os.mkdir(VENV)
    with lock() as held:
        anew = unfinished or not python
        if moved and not anew:
            say("The course is in another folder than before: mending .venv.")
            anew = not mend_moved(stamp.get("root", ROOT), held)
        if anew:
            clear_venv()
        if anew or not stamp:
            refuse_full_disk()
            say("Setting up the course in .venv: about %g GB to download, %g GB on disk, some minutes. This is done once."
                % (DOWNLOAD, STAYS))  # fmt: skip
        elif not moved or stamp.get("digest") != wanted["digest"]:
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
def lock(path=LOCK, taken="another course.py is setting up .venv"):
    """Keep a second course.py out of .venv while this one, or a pip that outlives it, writes there."""
    file = open(path, "a")  # noqa: SIM115
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            stop(taken + ". Wait until it is done, and run again")
    done = False  # a file system without locks: go on
    try:
        yield file
        done = True
    except SystemExit:  # pip gave up in good order, and took back what it had begun
        done = True
        raise
    finally:
        file.close()
        if done and path == LOCK:
            os.remove(path)


def clear_venv():
    """Empty .venv, its Python first, so that one half cleared is not taken for a whole one."""
    names = [name for name in os.listdir(VENV) if name != os.path.basename(LOCK)]
    if names:
        say("Found a .venv that is half-made or does not work here: making it anew.")
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


# A .venv whose course was moved or copied

# How pip begins a script: with the Python of its .venv, behind /bin/sh where that path has a space or is long. A
# script for Windows is a program, this line, and a zip file.
SCRIPT = re.compile(
    br"""\A#!(?:/bin/sh\n'''exec' )?"?(?P<folder>/(?:[^\n"]*/)?\.venv)/bin/(?P<python>python[\d.]*)"?"""
    br"""(?:\n| "\$0" "\$@"\n' '''\n)"""
    if os.name != "nt" else
    br"""#!"?(?P<folder>[^\r\n"]*\\\.venv)\\Scripts\\(?P<python>pythonw?\.exe)"?\r?\n(?=PK\x03\x04)"""
)  # fmt: skip


def foreign_scripts():
    """The scripts in .venv that would start the Python of another folder's .venv, each as path, content, match."""
    for name in sorted(os.listdir(BIN)):
        path = os.path.join(BIN, name)
        if os.path.islink(path) or not os.path.isfile(path):
            continue
        with open(path, "rb") as file:
            content = file.read()
        match = SCRIPT.search(content)
        if match and os.path.realpath(os.fsdecode(match.group("folder"))) != os.path.realpath(VENV):
            yield path, content, match


def first_line(python):
    """What a script begins with, to start `python` of this .venv."""
    path = os.fsencode(os.path.join(BIN, python))
    if os.name == "nt":
        return b'#!"' + path + b'"\r\n' if b" " in path else b"#!" + path + b"\r\n"
    if b" " not in path and len(path) < 125:  # Linux reads 127 bytes
        return b"#!" + path + b"\n"
    return b"#!/bin/sh\n'''exec' \"" + path + b'" "$0" "$@"\n' + b"' '''\n"


def mend_moved(root, held):
    """Make what names the .venv of `root`, or of the folder in the scripts, name this one; False if that fails."""
    old = {os.path.join(root, os.path.basename(VENV))}
    try:
        for path, content, match in list(foreign_scripts()):
            old.add(os.fsdecode(match.group("folder")))
            line = first_line(os.fsdecode(match.group("python")))
            replace(path, content[: match.start()] + line + content[match.end() :])
        for path in kernels():
            with open(path, "rb") as file:
                spec = json.loads(file.read().decode("utf-8"))
            for folder in old:
                spec["argv"] = [word.replace(folder + os.sep, VENV + os.sep) for word in spec["argv"]]
            replace(path, json.dumps(spec, indent=1).encode("ascii"))
        base = subprocess.check_output([PYTHON, "-I", "-c", "import sys; print(sys._base_executable)"])
        base = os.fsdecode(base).rstrip("\r\n")
        logged([base, "-m", "venv", "--without-pip", VENV], held)  # writes pyvenv.cfg and the activate scripts
        subprocess.check_output([os.path.join(BIN, "pip"), "--version"], env=environment(), stderr=subprocess.STDOUT)
    except (OSError, SystemExit, ValueError, KeyError, subprocess.CalledProcessError):
        return False
    return not any(foreign_scripts())


def kernels():
    folder = os.path.join(VENV, "share", "jupyter", "kernels")
    names = os.listdir(folder) if os.path.isdir(folder) else []
    paths = [os.path.join(folder, name, "kernel.json") for name in names]
    return [path for path in paths if os.path.isfile(path)]


def replace(path, content):
    """Write a file's new content; whoever reads meanwhile finds the old or the new one."""
    with open(path + ".new", "wb") as file:
        file.write(content)
    if os.path.exists(path):
        shutil.copymode(path, path + ".new")
    os.replace(path + ".new", path)


# A newer course


def update():
    """Bring a clone to the newest commit of its upstream. Files of the learner's that this would change are renamed."""
    branch, upstream = refuse_unready_clone()
    with lock(git_path("course.lock"), "another 'course.py update' is at work here"):
        return bring(branch, upstream)


def bring(branch, upstream):
    say("Looking for a newer course at %s." % upstream)
    remote, ref = (must("config", "branch.%s.%s" % (branch, key)) for key in ("remote", "merge"))
    code, _, why = git("fetch", "--quiet", "--no-tags", remote, ref)
    if code:
        words = r"resolve host|connect to|timed out|unreachable|hung up|connection (closed|reset)"
        network = re.search(words, why, re.IGNORECASE)
        stop("%s (%s). Nothing was changed" % ("no network" if network else "git cannot fetch the newer course", why))
    old, new = must("rev-parse", "HEAD"), must("rev-parse", "@{upstream}^{commit}")
    if not git("merge-base", "--is-ancestor", new, old)[0]:
        say("Nothing is newer: this is the course of %s." % date(new))
        return 0
    own = must("rev-list", "--count", old, "--not", new, "--exclude=" + branch, "--branches")
    if own != "0":
        stop("this clone has %s that %s does not have. Keep them under a name with 'git branch mine-%s', and run again"
             % (commits(own), upstream, time.strftime("%Y-%m-%d")))  # fmt: skip
    before, after = tree(old), tree(new)
    forward = not git("merge-base", "--is-ancestor", old, new)[0]
    spare, cut = git_path("course.py.spare"), git_path("course.cut")
    was_cut = os.path.exists(cut)
    for _ in range(3):  # again, where a notebook was saved meanwhile
        make_room(before, after, was_cut)
        shutil.copy(in_root("course.py"), spare)
        open(cut, "w").close()
        words = ["merge", "--quiet", "--ff-only"] if forward else ["reset", "--quiet", "--keep"]
        code, _, why = git("-c", "merge.autoStash=false", "-c", "branch.%s.mergeOptions=" % branch, *(words + [new]))
        if not code and must("rev-parse", "HEAD") == new:
            break
        if not any(same("course.py", entries.get("course.py")) for entries in (before, after)):
            os.replace(spare, in_root("course.py"))  # git left half of it, or none
        if "would be overwritten" not in why and "not uptodate" not in why:
            break
    if code or must("rev-parse", "HEAD") != new:
        put_back(*(path for path in before if before[path] != after.get(path)))
        stop("git cannot bring in the newer course (%s). Nothing is lost; mend that and run again" % why)
    os.remove(spare)
    os.remove(cut)
    count = must("rev-list", "--count", old + ".." + new)
    say("Updated from the course of %s to that of %s (%s)." % (date(old), date(new), commits(count)))
    changed = sorted(changes())
    if changed:
        say("Your changes to these files are still in place: %s." % ", ".join(changed))
    if any(before.get(name) != after.get(name) for name in map(os.path.basename, SOURCES)) and os.path.isdir(VENV):
        say("The requirements have changed: the next 'course.py lab' brings .venv up to date.")
    return 0


def refuse_unready_clone():
    """The name of the branch that this clone follows, such as origin/main; stop where it cannot be followed now."""
    if not os.path.lexists(os.path.join(ROOT, ".git")):
        stop("this folder is no git clone, so it cannot be updated in place. Get the newer course into a new folder "
             "('git clone', or unpack it there), and copy your own files over")  # fmt: skip
    code, _, why = git("rev-parse", "HEAD^{commit}")
    if code:
        stop("git cannot read this clone (%s)" % why)
    code, top, why = git("rev-parse", "--show-toplevel")
    if code or not os.path.samefile(text(top), ROOT):
        stop("git's files are not in this folder (%s). Unset core.worktree and core.bare here, and run again"
             % (why if code else text(top)))  # fmt: skip
    states = ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply"]
    if any(os.path.exists(git_path(name)) for name in states) or must("ls-files", "--unmerged"):
        stop("a merge or a rebase is under way here. Finish it ('git status' says how), and run again")
    if os.path.exists(git_path("index.lock")):
        stop("another git is at work here, or one was killed. When none is running, delete %s and run again"
             % git_path("index.lock"))  # fmt: skip
    code, branch, _ = git("symbolic-ref", "--quiet", "--short", "HEAD")
    if code:
        stop("no branch is checked out here (HEAD is detached). Run 'git switch' with the name of one, and run again")
    code, upstream, _ = git("rev-parse", "--abbrev-ref", "@{upstream}")
    if code:
        branch = text(branch)
        stop("the branch %s follows no other. Run 'git branch --set-upstream-to=origin/%s', or 'git switch' to one "
             "that does, and run again" % (branch, branch))  # fmt: skip
    return text(branch), text(upstream)


def make_room(before, after, cut):
    """Rename what the learner changed or put where `after` differs from `before`; elsewhere all stays as it is.

    With `cut`, an update was stopped while git wrote, and the beginning of a newer file is no learner's.
    """
    touched = {path for path in set(before) | set(after) if before.get(path) != after.get(path)}
    staged = {path: letters for path, letters in changes().items() if near(path, touched) and letters[0] != " "}
    for path in sorted(staged):
        if staged[path][1] != " ":
            stop("%s was changed again after 'git add'. 'git restore --staged %s' forgets what was added and keeps "
                 "the file; run that, and run again" % (path, shlex.quote(path)))  # fmt: skip
    for path in sorted(staged):
        must("reset", "--quiet", "--", path)
    for path in sorted(touched):
        above = blocked(path)
        if above in before:  # a file that the newer course replaces by a folder
            continue
        if above:  # a file or a link of the learner's in the place of a folder: all that lay in that folder comes back
            rename(above)
            put_back(*(name for name in before if name.startswith(above + "/")))
        elif os.path.isdir(in_root(path)) and not os.path.islink(in_root(path)):
            if not any(name.startswith(path + "/") for name in before) or holds_own(path, before):
                rename(path)
        elif os.path.lexists(in_root(path)) and not same(path, before.get(path)):
            rename(path, after.get(path), before.get(path), cut)
    # For git, too, all is as in `before`, or is missing: it writes no file over one that was saved just now.
    for path in filter(lambda path: near(path, touched), changes()):
        if path not in before:
            must("reset", "--quiet", "--", path)
        elif os.path.isfile(in_root(path)) and not blocked(path):  # of another mode, or saved just now
            rename(path, before[path], before[path])


def put_back(*paths):
    """Write the files of the last commit that are missing, and none over what is there."""
    if paths:
        git("checkout-index", "--quiet", "-u", "--", *paths)


def near(path, touched):
    """Whether `path` is touched, or is a folder above or a file below what is."""
    parts = path.split("/")
    return any("/".join(parts[:n]) in touched for n in range(1, len(parts) + 1)) or any(
        name.startswith(path + "/") for name in touched)  # fmt: skip


def holds_own(folder, before):
    """Whether anything in a folder is the learner's: changed, new, ignored by git, or kept by an earlier update."""
    for place, folders, names in os.walk(in_root(folder)):
        for name in names + [name for name in folders if os.path.islink(os.path.join(place, name))]:
            path = os.path.relpath(os.path.join(place, name), ROOT).replace(os.sep, "/")
            if not same(path, before.get(path)):
                return True
    return False


def rename(path, known=None, put=None, cut=False):
    """Give the learner's file a name beside it that is not taken, such as 05_infonce.mine-2026-11-30.ipynb.

    It is removed there if it is the course's own: what git writes for the entry `known`, or with `cut` a
    beginning of that. course.py is never away, for it is needed to go on: `put`, its entry, is in its place at once.
    """
    start, ending = os.path.splitext(path)
    number, mine = 1, None
    while mine is None or os.path.lexists(in_root(mine)):
        mine = "%s.mine-%s%s%s" % (start, time.strftime("%Y-%m-%d"), "-%d" % number if number > 1 else "", ending)
        number += 1
    if put and path == "course.py":
        shutil.copy2(in_root(path), in_root(mine))
        replace(in_root(path), git("cat-file", "--filters", "--path=" + path, put[1])[1])
        os.chmod(in_root(path), int(put[0][-3:], 8))
    else:
        os.rename(in_root(path), in_root(mine))
    if known and same(path, known, mine, cut):
        os.remove(in_root(mine))
    else:
        say("Yours is kept: %s is now %s" % (path, mine))


def blocked(path):
    """The outermost part above `path` that is no folder, such as a file or a link of the learner's; None if none."""
    parts = path.split("/")
    for n in range(1, len(parts)):
        above = "/".join(parts[:n])
        if os.path.islink(in_root(above)) or os.path.isfile(in_root(above)):
            return above


def same(path, entry, at=None, cut=False):
    """Whether the file at `path` is to the byte what git writes for this `entry` of a tree, None for no entry.

    With `at`, the file is there now; with `cut`, it may be the beginning of that.
    """
    if entry is None:
        return False
    mode, name = entry
    place = in_root(at or path)
    if os.path.islink(place):
        return mode == "120000" and os.fsencode(os.readlink(place)) == git("cat-file", "blob", name)[1]
    if not os.path.isfile(place):  # a pipe would never end
        return False
    with open(place, "rb") as file:
        content = file.read()
    algorithm = hashlib.sha1 if len(name) == 40 else hashlib.sha256
    if algorithm(b"blob %d\0" % len(content) + content).hexdigest() == name:
        return True
    code, written, _ = git("cat-file", "--filters", "--path=" + path, name)  # on Windows, other ends of lines
    return not code and (written == content or (cut and written.startswith(content)))


def tree(commit):
    """The files of a commit: {path: (mode, name of the content)}."""
    found = {}
    code, lines, why = git("ls-tree", "-r", "-z", "--full-tree", commit)
    if code:
        stop("git cannot read this clone (%s). Nothing is lost; get a new one and copy your files over" % why)
    for line in lines.split(b"\0")[:-1]:
        about, path = line.split(b"\t", 1)
        mode, _, name = about.decode("ascii").split()
        found[os.fsdecode(path)] = (mode, name)
    return found


def changes():
    """The files of git's that differ from its last commit: {path: two letters, of the staged and the other change}."""
    code, lines, why = git("status", "--porcelain", "-z", "--no-renames", "--untracked-files=no")
    if code:
        stop("git cannot read this clone (%s). Nothing is lost; mend that and run again" % why)
    lines = lines.split(b"\0")
    return {os.fsdecode(line[3:]): line[:2].decode("ascii") for line in lines if line}


def commits(count):
    return count + (" commit" if count == "1" else " commits")


def date(commit):
    return must("-c", "log.showSignature=false", "log", "-1", "--format=%cd", "--date=short", commit)


def in_root(path):
    return os.path.join(ROOT, path)


def git_path(name):
    return in_root(must("rev-parse", "--git-path", name))


def must(*words):
    """git's answer to a question that it can answer."""
    code, answer, why = git(*words)
    if code:
        stop("'git %s' failed (%s). Nothing is lost; mend that and run again" % (words[0], why))
    return text(answer)


def text(answer):
    return os.fsdecode(answer).rstrip("\r\n")


def git(*words):
    """Run git in the course's folder: its exit code, what it answers, and in one line what it complains about."""
    drop = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE", "GIT_PREFIX",
            "GIT_COMMON_DIR", "GIT_CONFIG", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS")  # fmt: skip
    variables = {name: value for name, value in os.environ.items() if name not in drop}
    variables.update(LC_ALL="C", GIT_LITERAL_PATHSPECS="1")
    try:
        child = subprocess.Popen(["git"] + list(words), cwd=ROOT, env=variables, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)  # fmt: skip
    except FileNotFoundError:
        stop("git is missing. Install it (git-scm.com, or your package manager), and run again")
    try:
        answer, said = child.communicate()
    except BaseException:  # Ctrl-C reaches git too, which then ends in good order
        child.communicate()
        raise
    lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines()]
    told = [line for line in lines if line and not re.match(r"(?i)warning:|.*Could not read from remote", line)]
    lines = told or list(filter(None, lines)) or ["no reason given"]
    first = next((n for n, line in enumerate(lines) if line.startswith(("fatal:", "error:", "ssh:"))), 0)
    count = 2 if lines[first].endswith(":") else 1  # what the colon announces
    why = re.sub(r"^(fatal|error): ", "", " ".join(lines[first : first + count]))
    return child.returncode, answer, why.rstrip(".")


# The command


def environment():
    """The variables that a child gets: .venv first, and nothing that would lead it to another Python's packages."""
    drop = ("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_CONSTRAINT",
            "PIP_REQUIREMENT", "PIP_EDITABLE", "PIP_NO_DEPS", "PIP_DRY_RUN", "PIP_NO_BINARY", "PIP_PYTHON",
            "JUPYTERLAB_DIR")  # fmt: skip
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


def silence_news():
    """JupyterLab asks on its first start about news, whatever --LabApp.news_url is: give .venv's another default."""
    path = os.path.join(VENV, "share", "jupyter", "lab", "settings", "overrides.d", "clearn.json")
    default = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
    content = json.dumps(default).encode("ascii")
    try:
        if not os.path.exists(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            replace(path, content)
    except OSError:
        pass  # a .venv that others made, and that one may only read: the question is no reason to stop


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
