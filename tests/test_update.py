"""course.py update: a newer course from a real git repository, and nothing lost of what the learner wrote or ran."""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COURSE = Path(__file__).resolve().parents[1] / "course.py"
GIT = shutil.which("git")
POSIX = pytest.mark.skipif(os.name == "nt", reason="needs POSIX")
pytestmark = pytest.mark.skipif(GIT is None, reason="no git on this machine")

PERSON = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@b",
          "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@b"}  # fmt: skip
FIRST = {"notebooks/05.ipynb": "five\n", "notebooks/08.ipynb": "eight\n", "data/names.txt": "x\n", "pyproject.toml": "",
         "constraints.txt": "", ".gitignore": "*.pt\n*.mine-*\n"}  # fmt: skip
SECOND = {"notebooks/05.ipynb": "five, better\n", "notebooks/09.ipynb": "nine\n"}


def git(folder, *words, **variables):
    done = subprocess.run([GIT, *words], cwd=folder, env=os.environ | PERSON | variables, check=True, capture_output=True,
                          text=True)  # fmt: skip
    return done.stdout.strip()


def commit(folder, files, day, remove=()):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="")
    for name in remove:
        (folder / name).unlink()
    git(folder, "add", "--all")
    date = f"2026-11-{day:02}T12:00:00 +0000"
    git(folder, "commit", "-m", f"course of {day}", GIT_AUTHOR_DATE=date, GIT_COMMITTER_DATE=date)


class Clone:
    """A learner's clone, and the repository that it came from."""

    def __init__(self, folder):
        self.upstream, self.root = folder / "upstream", folder / "my course"

    def update(self, *arguments, **variables):
        done = subprocess.run([sys.executable, "course.py", "update", *arguments], cwd=self.root, capture_output=True,
                              text=True, env=os.environ | PERSON | variables, stdin=subprocess.DEVNULL)  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    def refuses(self, **variables):
        """The one line with which an update refuses, having changed nothing."""
        before = self.files(), git(self.root, "rev-parse", "HEAD")
        code, _, err = self.update(**variables)
        assert code == 1 and len(err.splitlines()) == 1 and err.startswith("course.py: "), err
        assert (self.files(), git(self.root, "rev-parse", "HEAD")) == before
        return err

    def write(self, name, text):
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text, encoding="utf-8", newline="")

    def files(self):
        """The content of all files but git's."""
        found = {path.relative_to(self.root).as_posix(): path for path in self.root.rglob("*") if path.is_file()}
        names = [name for name in found if not name.startswith(".git/") and name != "course.py"]
        return {name: found[name].read_bytes().decode() for name in names}

    def is_new(self):
        assert git(self.root, "rev-parse", "HEAD") == git(self.upstream, "rev-parse", "HEAD")
        assert not git(self.root, "status", "--porcelain")
        return True


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A folder with the two repositories as they begin, to be copied."""
    folder = tmp_path_factory.mktemp("update")
    git(folder, "init", "--initial-branch", "main", "upstream")
    shutil.copy(COURSE, folder / "upstream")
    commit(folder / "upstream", FIRST, 1)
    git(folder, "clone", "upstream", "my course")
    git(folder / "my course", "remote", "set-url", "origin", "../upstream")
    return folder


@pytest.fixture(scope="session")
def made_newer(made, tmp_path_factory):
    """The same, with two newer commits upstream."""
    folder = tmp_path_factory.mktemp("newer")
    shutil.copytree(made, folder, symlinks=True, dirs_exist_ok=True)
    commit(folder / "upstream", SECOND, 15)
    commit(folder / "upstream", {"README.md": "read me\n"}, 20)
    return folder


@pytest.fixture
def clone(made, tmp_path):
    shutil.copytree(made, tmp_path, symlinks=True, dirs_exist_ok=True)
    return Clone(tmp_path)


@pytest.fixture
def newer(made_newer, tmp_path):
    shutil.copytree(made_newer, tmp_path, symlinks=True, dirs_exist_ok=True)
    return Clone(tmp_path)


TODAY = time.strftime("%Y-%m-%d")
MINE = f"notebooks/05.mine-{TODAY}.ipynb"


# What it does


def test_brings_the_newer_course_and_says_from_when_to_when(newer):
    code, out, err = newer.update()
    assert code == 0 and not err and newer.is_new()
    assert newer.files() == FIRST | SECOND | {"README.md": "read me\n"}
    assert "from the course of 2026-11-01 to that of 2026-11-20 (2 commits)" in out
    assert "kept" not in out and "requirements" not in out

    code, out, err = newer.update()
    assert code == 0 and not err and "Nothing is newer: this is the course of 2026-11-20" in out


def test_a_changed_notebook_is_kept_beside_the_newer_one(newer):
    newer.write("notebooks/05.ipynb", "five\nmine\n")
    code, out, err = newer.update()
    assert code == 0 and not err and newer.is_new()
    assert newer.files() == FIRST | SECOND | {"README.md": "read me\n", MINE: "five\nmine\n"}
    assert f"notebooks/05.ipynb is now {MINE}" in out


def test_no_copy_is_overwritten(clone):
    for n in range(1, 4):
        clone.write("notebooks/05.ipynb", f"mine {n}")
        commit(clone.upstream, {"notebooks/05.ipynb": f"theirs {n}"}, n + 1)
        assert clone.update()[0] == 0
    files = clone.files()
    names = [MINE, MINE.replace(".ipynb", "-2.ipynb"), MINE.replace(".ipynb", "-3.ipynb")]
    assert [files[name] for name in names] == ["mine 1", "mine 2", "mine 3"]
    assert files["notebooks/05.ipynb"] == "theirs 3"


def test_what_the_newer_course_leaves_alone_stays_in_place(newer):
    newer.write("notebooks/08.ipynb", "eight, run\n")
    newer.write("notebooks/my own.ipynb", "own\n")
    newer.write("simclr.pt", "weights")
    (newer.root / "data/names.txt").unlink()
    git(newer.root, "add", "notebooks/08.ipynb")
    code, out, _ = newer.update()
    assert code == 0 and "kept" not in out and "still in place" in out and "notebooks/08.ipynb" in out
    expected = FIRST | SECOND | {"README.md": "read me\n", "notebooks/08.ipynb": "eight, run\n",
                                 "notebooks/my own.ipynb": "own\n", "simclr.pt": "weights"}  # fmt: skip
    del expected["data/names.txt"]
    assert newer.files() == expected


def test_nothing_newer_changes_nothing(clone):
    clone.write("notebooks/05.ipynb", "mine\n")
    git(clone.root, "commit", "--allow-empty", "-m", "my own")
    before = clone.files()
    code, out, err = clone.update()
    assert code == 0 and not err and "Nothing is newer: this is the course of 2026-11-01" in out
    assert clone.files() == before


@pytest.mark.parametrize("name", ["notebooks/09.ipynb", "model.pt"])  # git itself overwrites an ignored file
def test_an_untracked_file_in_the_place_of_a_new_one_is_kept(newer, name):
    (newer.upstream / name).write_text("theirs\n")
    git(newer.upstream, "add", "--force", name)
    git(newer.upstream, "commit", "-m", "one more")
    newer.write(name, "mine\n")
    code, out, _ = newer.update()
    stem, ending = name.split(".")
    mine = f"{stem}.mine-{TODAY}.{ending}"
    assert code == 0 and newer.is_new() and f"{name} is now {mine}" in out
    assert newer.files()[mine] == "mine\n" and newer.files()[name] == "theirs\n"


def test_files_and_folders_in_each_others_place(clone):
    """Upstream: a file becomes a folder, two new paths, a folder's files change; the learner has the other kind there."""
    commit(clone.upstream, {"notes/a.txt": "a\n", "word": "w\n", "grown": "file\n"}, 2)
    assert clone.update()[0] == 0
    shutil.rmtree(clone.root / "data")
    clone.write("data", "my file\n")
    clone.write("word2/my.txt", "my folder\n")
    clone.write("deep", "my deep\n")
    (clone.upstream / "grown").unlink()
    changed = {"data/names.txt": "y\n", "data/more.txt": "z\n", "word2": "w2\n", "deep/er/file.txt": "d\n",
               "grown/up.txt": "up\n"}  # fmt: skip
    commit(clone.upstream, changed, 3)
    code, out, err = clone.update()
    assert code == 0 and not err and clone.is_new()
    kept = {f"data.mine-{TODAY}": "my file\n", f"word2.mine-{TODAY}/my.txt": "my folder\n",
            f"deep.mine-{TODAY}": "my deep\n"}  # fmt: skip
    assert clone.files() == FIRST | {"notes/a.txt": "a\n", "word": "w\n"} | changed | kept and out.count("kept") == 3


@POSIX
def test_a_folder_that_the_learner_made_a_link(clone, tmp_path):
    commit(clone.upstream, {"data/large.txt": "large\n"}, 2)
    assert clone.update()[0] == 0
    (clone.root / "data").rename(tmp_path / "larger disk")
    (clone.root / "data").symlink_to(tmp_path / "larger disk")
    commit(clone.upstream, {"data/names.txt": "y\n"}, 3)
    code, out, err = clone.update()
    assert code == 0 and not err and clone.is_new()
    assert (tmp_path / "larger disk/names.txt").read_text() == "x\n"
    assert (clone.root / f"data.mine-{TODAY}").is_symlink()
    assert (clone.root / "data/large.txt").read_text() == "large\n"
    assert (clone.root / "data/names.txt").read_text() == "y\n"


def test_a_changed_file_that_the_newer_course_has_no_more(newer):
    commit(newer.upstream, {}, 21, remove=["notebooks/08.ipynb"])
    newer.write("notebooks/08.ipynb", "eight, run\n")
    assert newer.update()[0] == 0 and newer.is_new()
    files = newer.files()
    assert "notebooks/08.ipynb" not in files and files[f"notebooks/08.mine-{TODAY}.ipynb"] == "eight, run\n"


def test_what_is_already_as_in_the_newer_course_is_not_kept_twice(newer):
    for name, text in SECOND.items():  # a changed file and a new one
        newer.write(name, text)
    code, out, _ = newer.update()
    assert code == 0 and newer.is_new() and "kept" not in out and set(newer.files()) == {*FIRST, *SECOND, "README.md"}


def test_a_removed_file_comes_back_with_its_newer_version(newer):
    (newer.root / "notebooks/05.ipynb").unlink()
    assert newer.update()[0] == 0 and newer.is_new()


@pytest.mark.parametrize("staged", ["notebooks/05.ipynb", "notebooks/09.ipynb"])  # changed; new on both sides
def test_what_was_added_to_the_index_is_kept(newer, staged):
    newer.write(staged, "mine\n")
    git(newer.root, "add", staged)
    assert newer.update()[0] == 0 and newer.is_new()
    assert newer.files()[staged.replace(".ipynb", f".mine-{TODAY}.ipynb")] == "mine\n"


def test_what_only_the_index_has_is_not_lost(newer):
    newer.write("notebooks/05.ipynb", "first\n")
    git(newer.root, "add", "notebooks/05.ipynb")
    newer.write("notebooks/05.ipynb", "second\n")
    assert "git restore --staged notebooks/05.ipynb" in newer.refuses()
    assert git(newer.root, "show", ":notebooks/05.ipynb") == "first"


def test_a_filter_that_hides_outputs_from_git_hides_none_from_the_promise(newer, tmp_path):
    """As nbstripout does: for git the notebook that was run is unchanged, and it would overwrite it."""
    (tmp_path / "attributes").write_text("*.ipynb filter=strip\n")
    git(newer.root, "config", "core.attributesFile", str(tmp_path / "attributes"))
    git(newer.root, "config", "filter.strip.clean", "sed -e s/RUN//")
    newer.write("notebooks/05.ipynb", "fiveRUN\n")
    assert not git(newer.root, "diff", "--stat")
    assert newer.update()[0] == 0
    assert newer.files()[MINE] == "fiveRUN\n" and newer.files()["notebooks/05.ipynb"] == "five, better\n"


def test_other_ends_of_lines_are_no_change(clone, tmp_path):
    """As git for Windows writes them."""
    shutil.rmtree(clone.root)
    git(tmp_path, "clone", "-c", "core.autocrlf=true", str(clone.upstream), str(clone.root))
    assert clone.files()["notebooks/05.ipynb"] == "five\r\n"
    commit(clone.upstream, SECOND, 15)
    clone.write("notebooks/08.ipynb", "eight, run\r\n")
    code, out, _ = clone.update()
    assert code == 0 and "kept" not in out and clone.files()["notebooks/05.ipynb"] == "five, better\r\n"
    clone.write("notebooks/05.ipynb", "mine\r\n")
    commit(clone.upstream, FIRST, 16)
    assert clone.update()[0] == 0 and clone.files()[MINE] == "mine\r\n"


@POSIX
def test_another_mode_is_no_reason_to_keep_or_to_refuse(newer):
    (newer.root / "notebooks/05.ipynb").chmod(0o755)
    code, out, _ = newer.update()
    assert code == 0 and newer.is_new() and "kept" not in out


@POSIX
def test_names_with_signs(clone):
    names = ["a [b] *.txt", "Zoë 王.txt", ":(top)x.txt", "-q.txt", "line\nend.txt"]
    commit(clone.upstream, dict.fromkeys(names, "1\n"), 2)
    assert clone.update()[0] == 0
    for name in names:
        clone.write(name, "mine\n")
    commit(clone.upstream, dict.fromkeys(names, "2\n"), 3)
    code, _, err = clone.update(PYTHONIOENCODING="ascii")
    assert code == 0 and not err and clone.is_new()
    for name in names:
        assert clone.files()[name.replace(".txt", f".mine-{TODAY}.txt")] == "mine\n" and clone.files()[name] == "2\n"


def test_says_that_requirements_changed(clone):
    commit(clone.upstream, {"constraints.txt": "torch==3\n"}, 2)
    assert "requirements" not in clone.update()[1]  # without a .venv, "lab" will make one
    (clone.root / ".venv").mkdir()
    commit(clone.upstream, {"constraints.txt": "torch==4\n"}, 3)
    assert "the next 'course.py lab' brings .venv up to date" in clone.update()[1]


def test_a_shallow_clone(clone, tmp_path):
    commit(clone.upstream, {"README.md": "1\n"}, 2)
    shutil.rmtree(clone.root)
    git(tmp_path, "clone", "--depth", "1", clone.upstream.as_uri(), str(clone.root))
    commit(clone.upstream, SECOND, 15)
    code, out, err = clone.update()
    assert code == 0 and not err and "(1 commit)" in out and clone.is_new()


def test_runs_from_a_hook_of_another_repository(newer, tmp_path):
    git(tmp_path, "init", "other")
    other = str(tmp_path / "other")
    code, _, err = newer.update(GIT_DIR=f"{other}/.git", GIT_WORK_TREE=other, GIT_INDEX_FILE=f"{other}/.git/index")
    assert code == 0 and not err and newer.is_new()


# What an attempt to break it found


def test_what_git_ignores_in_a_folder_that_becomes_a_file(clone):
    commit(clone.upstream, {"extra/x.ipynb": "x\n"}, 2)
    assert clone.update()[0] == 0
    clone.write("extra/x.ipynb", "run\n")
    clone.write("extra/simclr.pt", "weights\n")
    (clone.upstream / "extra/x.ipynb").unlink()
    (clone.upstream / "extra").rmdir()
    commit(clone.upstream, {"extra": "now a file\n"}, 3)
    code, out, err = clone.update()
    assert code == 0 and not err and clone.is_new() and clone.files()["extra"] == "now a file\n"
    assert {"run\n", "weights\n"} <= set(clone.files().values())


def as_module(clone, monkeypatch):
    """The clone's course.py as a module, with git as the tests have it."""
    for name, value in PERSON.items():
        monkeypatch.setenv(name, value)
    spec = importlib.util.spec_from_file_location("course_under_test", clone.root / "course.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_jupyterlab_saves_meanwhile_is_kept(newer, monkeypatch):
    """The notebook is written again at each line that the update says, and before each of git's steps."""
    course, saved = as_module(newer, monkeypatch), []
    newer.write("notebooks/05.ipynb", "mine 0\n")

    def after_saving(function, when):
        def call(*arguments):
            if when(arguments):
                saved.append(f"mine {len(saved) + 1}\n")
                newer.write("notebooks/05.ipynb", saved[-1])
            return function(*arguments)

        return call

    monkeypatch.setattr(course, "say", after_saving(course.say, lambda words: "kept" in words[0]))
    monkeypatch.setattr(course, "git", after_saving(course.git, lambda words: "merge" in words))
    with contextlib.suppress(SystemExit):  # after three attempts it says that it did not succeed
        course.main(["update"])
    assert len(saved) >= 2 and {"mine 0\n", saved[-1]} <= set(newer.files().values())


def test_two_updates_at_once(newer, monkeypatch):
    """The second begins in the middle of the first one, and waits for another time."""
    newer.write("notebooks/05.ipynb", "mine\n")
    course, said, rename = as_module(newer, monkeypatch), [], os.rename

    def slow(source, target):
        monkeypatch.setattr(course.os, "rename", rename)
        said.append(newer.update())
        rename(source, target)

    monkeypatch.setattr(course.os, "rename", slow)
    assert course.main(["update"]) == 0 and newer.is_new() and newer.files()[MINE] == "mine\n"
    assert said[0][0] == 1 and "another 'course.py update' is at work" in said[0][2]


def test_a_history_that_was_written_anew_is_no_commit_of_the_learners(clone):
    commit(clone.upstream, {"a.txt": "1\n"}, 2)
    assert clone.update()[0] == 0
    git(clone.upstream, "reset", "--hard", "HEAD~1")
    commit(clone.upstream, {"notebooks/05.ipynb": "better\n"}, 3)
    clone.write("notebooks/05.ipynb", "mine\n")
    assert "git branch mine-" in clone.refuses()
    git(clone.root, "branch", f"mine-{TODAY}")
    assert clone.update()[0] == 0 and clone.is_new() and clone.files()[MINE] == "mine\n"


def test_files_of_git_in_another_folder(newer, tmp_path):
    shutil.copytree(newer.root, tmp_path / "else", ignore=shutil.ignore_patterns(".git"))
    (tmp_path / "else/notebooks/05.ipynb").write_text("mine\n")
    git(newer.root, "config", "core.worktree", str(tmp_path / "else"))
    code, _, err = newer.update()
    assert code == 1 and "core.worktree" in err and (tmp_path / "else/notebooks/05.ipynb").read_text() == "mine\n"


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_without_a_file_of_requirements(newer, name):
    (newer.root / name).unlink()
    assert newer.update()[0] == 0


@pytest.mark.parametrize("options", ["--squash", "--autostash", "--no-commit"])
def test_options_of_merges_that_the_learner_set(newer, options):
    git(newer.root, "config", "branch.main.mergeOptions", options)
    newer.write("notebooks/05.ipynb", "mine\n")
    assert newer.update()[0] == 0 and newer.is_new()


def test_a_branch_upstream_that_has_another_name_now(newer):
    git(newer.upstream, "branch", "--move", "main", "trunk")
    assert "cannot fetch" in newer.refuses()


def test_a_staged_folder_in_the_place_of_a_new_file(newer):
    commit(newer.upstream, {"word": "w\n"}, 21)
    newer.write("word/my.txt", "mine\n")
    git(newer.root, "add", "--all")
    assert newer.update()[0] == 0 and newer.is_new()
    assert newer.files()["word"] == "w\n" and newer.files()[f"word.mine-{TODAY}/my.txt"] == "mine\n"


def test_a_hook_that_fails(newer):
    hook = newer.root / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 2\n")
    hook.chmod(0o755)
    newer.write("notebooks/05.ipynb", "mine\n")
    assert newer.update()[0] == 0 and newer.is_new()


@POSIX
def test_a_pipe_in_the_place_of_a_new_file(newer):
    os.mkfifo(newer.root / "notebooks/09.ipynb")
    assert newer.update()[0] == 0 and newer.is_new()


def test_output_that_nobody_reads_and_a_module_of_the_learners(newer):
    newer.write("json.py", "raise ValueError\n")
    newer.write("notebooks/05.ipynb", "mine\n")
    child = subprocess.Popen([sys.executable, "course.py", "update"], cwd=newer.root, env=os.environ | PERSON,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
    child.stdout.close()
    err = child.stderr.read()
    assert child.wait() == 1 and len(err.splitlines()) == 1 and "could not be read" in err
    assert newer.update()[0] == 0 and "mine\n" in newer.files().values()


# When it refuses


def test_commits_of_the_learners_are_not_merged(newer):
    newer.write("notebooks/08.ipynb", "mine\n")
    git(newer.root, "commit", "--all", "-m", "my own")
    err = newer.refuses()
    assert "1 commit that origin/main does not have" in err and f"git branch mine-{TODAY}" in err
    newer.write("notebooks/05.ipynb", "mine, too\n")
    newer.write("README.md", "ignored or not\n")
    git(newer.root, "branch", f"mine-{TODAY}")  # the way that the line shows
    code, out, err = newer.update()
    assert code == 0 and not err and newer.is_new() and newer.files()[MINE] == "mine, too\n"
    assert newer.files()[f"README.mine-{TODAY}.md"] == "ignored or not\n"
    assert git(newer.root, "show", f"mine-{TODAY}:notebooks/08.ipynb") == "mine"


def test_no_clone(newer):
    shutil.rmtree(newer.root / ".git")
    code, _, err = newer.update()
    assert code == 1 and "no git clone" in err and len(err.splitlines()) == 1


def test_a_course_in_a_folder_of_another_repository(clone, tmp_path):
    shutil.rmtree(clone.root / ".git")
    git(tmp_path, "init")
    git(tmp_path, "commit", "--allow-empty", "-m", "other")
    code, _, err = clone.update()
    assert code == 1 and "no git clone" in err


def test_no_git(newer, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "git is missing" in newer.refuses(PATH=str(tmp_path / "empty"))


def test_no_network(newer):
    git(newer.root, "remote", "set-url", "origin", "http://127.0.0.1:9/course")
    assert "no network" in newer.refuses()


def test_no_such_repository(newer):
    shutil.rmtree(newer.upstream)
    assert "cannot fetch" in newer.refuses()


def test_no_upstream(newer):
    git(newer.root, "switch", "-c", "mine")
    assert "the branch mine follows no other" in newer.refuses()


def test_detached_head(newer):
    git(newer.root, "switch", "--detach", "HEAD")
    assert "HEAD is detached" in newer.refuses()


@pytest.mark.parametrize("command", ["merge", "rebase", "cherry-pick"])
def test_a_merge_or_rebase_under_way(newer, command):
    newer.write("notebooks/05.ipynb", "mine\n")
    git(newer.root, "commit", "--all", "-m", "mine")
    git(newer.root, "fetch")
    with pytest.raises(subprocess.CalledProcessError):
        git(newer.root, command, "origin/main~1")
    assert "under way" in newer.refuses()
    newer.write("notebooks/05.ipynb", "both\n")
    git(newer.root, "add", "notebooks/05.ipynb")  # solved, and not finished
    assert "under way" in newer.refuses()


def test_files_in_conflict_without_a_merge(newer):
    newer.write("notebooks/05.ipynb", "mine\n")
    git(newer.root, "stash")
    newer.write("notebooks/05.ipynb", "mine, too\n")
    git(newer.root, "commit", "--all", "-m", "mine")
    with pytest.raises(subprocess.CalledProcessError):
        git(newer.root, "stash", "pop")
    assert "under way" in newer.refuses()


def test_another_git_at_work(newer):
    (newer.root / ".git/index.lock").touch()
    assert "another git" in newer.refuses() and "index.lock" in newer.refuses()


def test_a_clone_that_git_does_not_read(newer):
    (newer.root / ".git/HEAD").write_text("nonsense\n")
    code, _, err = newer.update()
    assert code == 1 and "git cannot read this clone (" in err and len(err.splitlines()) == 1


def test_takes_no_arguments(newer):
    code, _, err = newer.update("--force")
    assert code == 2 and "update takes no arguments" in err


# Interrupted


class Cut(BaseException):
    """The power goes."""


@pytest.mark.long
@pytest.mark.parametrize("moment", range(1, 17))
def test_stopped_anywhere_nothing_is_lost_and_the_next_run_goes_on(newer, monkeypatch, moment):
    """A power cut before the first renaming, and before each renaming and each of git's steps after it."""
    mine = {"05": "mine\n", "08": "eight, mine\n", "09": "nine, mine\n"}  # 05 changed, 08 added to the index, 09 new
    for name, text in mine.items():
        newer.write(f"notebooks/{name}.ipynb", text)
    git(newer.root, "add", "notebooks/08.ipynb")
    commit(newer.upstream, {"notebooks/08.ipynb": "eight, better\n"}, 21)
    course, done = as_module(newer, monkeypatch), []

    def cut_before(function, name):
        def call(*arguments):
            if done or name == "rename":
                done.append(name)
            if len(done) == moment:
                raise Cut
            return function(*arguments)

        return call

    monkeypatch.setattr(course, "git", cut_before(course.git, "git"))
    monkeypatch.setattr(course.os, "rename", cut_before(os.rename, "rename"))
    with pytest.raises(Cut) if moment < 16 else contextlib.nullcontext():  # the last number is one too many
        course.main(["update"])
    assert set(mine.values()) <= set(newer.files().values())
    monkeypatch.undo()
    code, _, err = newer.update()
    assert code == 0 and not err and newer.is_new()
    files = newer.files()
    assert {name: files[f"notebooks/{name}.mine-{TODAY}.ipynb"] for name in mine} == mine
    assert files["notebooks/08.ipynb"] == "eight, better\n" and sum(".mine-" in name for name in files) == 3


def test_a_merge_cut_in_the_middle_is_completed(newer):
    """Half of the newer files are written when the machine stops; they are not taken for the learner's."""
    newer.write("notebooks/05.ipynb", SECOND["notebooks/05.ipynb"])
    newer.write("README.md", "read me\n")
    code, out, _ = newer.update()
    assert code == 0 and newer.is_new() and "kept" not in out


def heed_interrupts():
    """In a child: where the tests run in the background, a shell has it ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.long
@POSIX
def test_interrupt_from_the_keyboard_is_one_line(newer, tmp_path):
    slow = tmp_path / "bin/git"
    slow.parent.mkdir()
    # Python, which never misses an interrupt; a shell does just after it has forked.
    wait = f"import pathlib, time; pathlib.Path('{tmp_path}/fetching').touch(); time.sleep(30)"
    slow.write_text(f'#!/bin/sh\ncase "$*" in *fetch*) exec {sys.executable} -c "{wait}";; esac\nexec {GIT} "$@"\n')
    slow.chmod(0o755)
    path = f"{slow.parent}{os.pathsep}{os.environ['PATH']}"
    child = subprocess.Popen([sys.executable, "course.py", "update"], cwd=newer.root, env=os.environ | PERSON | {"PATH": path},
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
                             preexec_fn=heed_interrupts)  # fmt: skip
    while not (tmp_path / "fetching").exists():
        assert child.poll() is None
        time.sleep(0.05)
    os.killpg(child.pid, signal.SIGINT)
    _, err = child.communicate(timeout=20)
    assert child.returncode == 130 and err.strip().count("\n") == 0 and "interrupted" in err
    assert newer.update()[0] == 0 and newer.is_new()
