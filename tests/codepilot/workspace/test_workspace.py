"""Which paths open, and how files are written."""

import ctypes
import errno
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codepilot.errors import WorkspaceError
from codepilot.tools.report import failed
from codepilot.workspace import BinaryFile, StaleFile, Workspace, beside
from codepilot.workspace.beneath import has_openat2, open_beneath
from codepilot.workspace.places import cannot


@pytest.fixture
def home(tmp_path):
    """A work folder with a secret beside it."""
    root = tmp_path / "work"
    (root / "src").mkdir(parents=True)
    (root / "src" / "a.py").write_text("print(1)\n")
    (tmp_path / "secret.txt").write_text("secret\n")
    (tmp_path / "work-too").mkdir()
    (tmp_path / "work-too" / "x").write_text("x\n")
    return root


@pytest.mark.parametrize("path", ["a/", "sub/a/", "a/.", "a/..", "./", "sub/.."])
def test_a_path_that_can_only_mean_a_folder_is_no_file(tmp_path, path):
    workspace = Workspace(tmp_path)
    for act in (workspace.read_text, workspace.read_bytes, lambda path: workspace.write_text(path, "x")):
        with pytest.raises(WorkspaceError, match="names a folder"):
            act(path)
    assert list(tmp_path.iterdir()) == []


def refused(workspace, path, match):
    for act in (workspace.read_text, lambda p: workspace.write_text(p, "x\n")):
        with pytest.raises(WorkspaceError, match=match):
            act(path)


# -- places -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["src/a.py", "./src/a.py", "src/../src/a.py", "src//a.py", "../work/src/a.py"]
)
def test_inside_is_one_place(home, path):
    workspace = Workspace(home)
    assert workspace.read_text(path).text == "print(1)\n"
    assert workspace.locate(path).parts == ("src", "a.py")
    assert workspace.locate(str(home / path)) == workspace.locate(path)
    assert workspace.display(path) == "src/a.py"


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "src/../../secret.txt",
        "/etc/passwd",
        "../work-too/x",
        "~/x",
        "src/../../work/../secret.txt",
    ],
)
def test_outside_is_refused(home, path):
    refused(Workspace(home), path, "is outside the work folder")


@pytest.mark.parametrize("path", ["", "  ", "a\0b"])
def test_no_path_is_refused(home, path):
    refused(Workspace(home), path, "path")


def test_links(home):
    workspace = Workspace(home)
    (home / "in").symlink_to("src/a.py")
    (home / "in-absolute").symlink_to(home / "src" / "a.py")
    (home / "dir").symlink_to("src")
    (home / "through").symlink_to("dir/a.py")
    (home / "out").symlink_to("../secret.txt")
    (home / "out-dir").symlink_to("..")
    (home / "out-and-in").symlink_to("../work/src/a.py")
    (home / "circle").symlink_to("circle")
    (home / "dangling").symlink_to("src/new.py")
    for path in ("in", "in-absolute", "dir/a.py", "through", "out-and-in"):
        assert workspace.read_text(path).text == "print(1)\n", path
        assert workspace.locate(path).shown == "src/a.py"
    refused(workspace, "out", "outside the work folder .*it leads to '.*/secret.txt'")
    refused(workspace, "out-dir/secret.txt", "outside")
    refused(workspace, "circle", "circle")
    workspace.write_text("in", "print(2)\n")
    assert (home / "in").is_symlink()
    assert (home / "src" / "a.py").read_text() == "print(2)\n"
    workspace.write_text("dangling", "new\n")
    assert (home / "dangling").is_symlink()
    assert (home / "src" / "new.py").read_text() == "new\n"


def test_a_linked_work_folder_opens_by_both_names(home, tmp_path):
    (tmp_path / "alias").symlink_to(home)
    workspace = Workspace(tmp_path / "alias")
    for path in (tmp_path / "alias" / "src" / "a.py", home / "src" / "a.py"):
        assert workspace.read_text(path).text == "print(1)\n"
        assert workspace.display(path) == "src/a.py"


@pytest.mark.parametrize(
    "path",
    [
        ".git",
        ".git/config",
        ".git/hooks/pre-commit",
        "sub/.git/config",
        ".GIT/config",
        ".codepilot/settings.yaml",
        ".g\u200cit/config",
        "src/../.git/config",
    ],
)
def test_control_files_are_refused_even_when_absent(home, path):
    refused(Workspace(home), path, "control file")
    assert not (home / ".git").exists()


def test_a_link_to_a_control_file_is_refused(home):
    (home / ".git").mkdir()
    (home / ".git" / "config").write_text("[core]\n")
    (home / "harmless").symlink_to(".git/config")
    refused(Workspace(home), "harmless", "control file")


def test_names_that_only_resemble_control_files_open(home):
    workspace = Workspace(home)
    for path in (".gitignore", ".github/workflows/ci.yml", "git/config"):
        workspace.write_text(path, "x\n")
        assert workspace.read_text(path).text == "x\n"


def test_what_is_no_regular_file_is_refused_without_hanging(home):
    workspace = Workspace(home, unsafe=True)
    os.mkfifo(home / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(home)
        try:
            server.bind("socket")
        finally:
            os.chdir(here)
        refused(workspace, "pipe", "'pipe' is a named pipe")
        refused(workspace, "socket", "'socket' is a socket")
        refused(workspace, "/dev/zero", "'/dev/zero' is a device")
        refused(workspace, "src", "'src' is a folder")
        refused(workspace, ".", "is a folder")
        refused(workspace, "src/a.py/b", "Not a directory")
        refused(workspace, "n" * 300, "too long")


def test_unsafe_opens_outside_but_no_control_files(home, tmp_path):
    workspace = Workspace(home, unsafe=True)
    (home / "out").symlink_to("../secret.txt")
    assert workspace.read_text("../secret.txt").text == "secret\n"
    assert workspace.read_text("out").text == "secret\n"
    workspace.write_text(tmp_path / "new" / "file.txt", "x\n")
    assert (tmp_path / "new" / "file.txt").read_text() == "x\n"
    assert workspace.locate("../secret.txt").shown == str(tmp_path / "secret.txt")
    refused(workspace, tmp_path / "other" / ".git" / "config", "control file")


def test_missing_work_folder(tmp_path):
    with pytest.raises(WorkspaceError, match="is not a folder"):
        Workspace(tmp_path / "none")


def test_missing_files_and_kinds(home):
    workspace = Workspace(home)
    with pytest.raises(FileNotFoundError, match="there is no file 'src/b.py'"):
        workspace.read_text("./src/b.py")
    with pytest.raises(FileNotFoundError):
        workspace.read_text("none/b.py")
    os.mkfifo(home / "pipe")
    kinds = {
        path: workspace.kind(path) for path in ("src", "src/a.py", "pipe", "no", "no/no", "src/a.py/x", ".")
    }
    assert list(kinds.values()) == ["folder", "file", "other", "missing", "missing", "missing", "folder"]
    assert workspace.exists("src")
    assert not workspace.exists("no")


def test_too_large_and_binary(home):
    workspace = Workspace(home)
    with (home / "big").open("wb") as file:
        file.truncate(40 * 1024 * 1024)
    (home / "bin").write_bytes(b"\0\1\2")
    with pytest.raises(WorkspaceError, match="too large"):
        workspace.read_text("big")
    with pytest.raises(WorkspaceError, match="too large"):
        workspace.read_bytes("src/a.py", limit=4)
    assert workspace.read_bytes("src/a.py", limit=9) == b"print(1)\n"
    with pytest.raises(BinaryFile):
        workspace.read_text("bin")


@pytest.mark.parametrize("use_openat2", [True, False])
def test_both_ways_of_opening_never_follow(home, use_openat2):
    if use_openat2 and not has_openat2():
        pytest.skip("this kernel has no openat2")
    (home / "link").symlink_to("src/a.py")
    (home / "dir").symlink_to("src")
    start = os.open(home, os.O_RDONLY | os.O_DIRECTORY)

    def opened(*parts, flags=os.O_RDONLY):
        descriptor = open_beneath(start, parts, flags, use_openat2=use_openat2)
        os.close(descriptor)

    try:
        opened("src", "a.py")
        opened()
        opened("src", flags=os.O_RDONLY | os.O_DIRECTORY)
        for parts, flags in (
            (("link",), os.O_RDONLY),
            (("dir", "a.py"), os.O_RDONLY),
            (("dir",), os.O_RDONLY | os.O_DIRECTORY),
        ):
            with pytest.raises(OSError) as caught:
                opened(*parts, flags=flags)
            assert caught.value.errno == 40, parts
        with pytest.raises(NotADirectoryError):
            opened("src", "a.py", "x")
        with pytest.raises(FileNotFoundError):
            opened("no", "x")
    finally:
        os.close(start)


@pytest.mark.parametrize("what", ["folder", "file"])
def test_swapping_a_link_in_never_leads_out(home, tmp_path, what):
    """While a folder (or file) is swapped with a link that leads out, nothing from outside is ever read or written."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "f.txt").write_text("secret\n")
    (home / "d").mkdir()
    (home / "d" / "f.txt").write_text("inside\n")
    target = home / "d" if what == "folder" else home / "d" / "f.txt"
    lure = outside if what == "folder" else outside / "f.txt"
    link = home / "link"
    link.symlink_to(lure)
    exchange = getattr(ctypes.CDLL(None), "renameat2", None)
    if exchange is None:
        pytest.skip("needs renameat2")
    names = (-100, os.fsencode(target), -100, os.fsencode(link), 2)
    stop = threading.Event()
    swaps = 0

    def swap():
        nonlocal swaps
        while not stop.is_set():
            swaps += exchange(*names) == 0

    workspace = Workspace(home)
    thread = threading.Thread(target=swap)
    thread.start()
    seen = {"inside": 0, "refused": 0, "missing": 0}
    try:
        # Both ends must have been met, and how soon is the scheduler's business.
        guard = time.monotonic() + 60
        while swaps < 600 or sum(seen.values()) < 600 or not (seen["inside"] and seen["refused"]):
            assert time.monotonic() < guard, seen
            try:
                if sum(seen.values()) % 3:
                    text = workspace.read_text("d/f.txt").text
                    assert text == "inside\n"
                elif what == "folder":
                    workspace.write_text("d/f.txt", "inside\n")
                seen["inside"] += 1
            except FileNotFoundError:
                seen["missing"] += 1
            except WorkspaceError:
                seen["refused"] += 1
    finally:
        stop.set()
        thread.join(10)
    assert swaps >= 600
    assert (outside / "f.txt").read_text() == "secret\n"
    assert os.listdir(outside) == ["f.txt"]
    assert seen["inside"]
    assert seen["refused"]
    assert not seen["missing"]


# -- writing ------------------------------------------------------------------------------------------------


def test_new_files_get_folders_and_the_usual_mode(home):
    old = os.umask(0o027)
    try:
        written = Workspace(home).write_text("new/deep/f.txt", "x\r\ny\r\n")
    finally:
        os.umask(old)
    path = home / "new" / "deep" / "f.txt"
    assert path.read_bytes() == b"x\r\ny\r\n"
    assert stat.S_IMODE(path.stat().st_mode) == written.mode == 0o640
    assert written == Workspace(home).read_text("new/deep/f.txt")


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o700])
def test_the_mode_stays(home, mode):
    path = home / "run.sh"
    path.write_text("#!/bin/sh\n")
    path.chmod(mode)
    workspace = Workspace(home)
    workspace.write_text("run.sh", "#!/bin/bash\n", workspace.read_text("run.sh"))
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_file_made_like_another_takes_its_mode_and_ways(home):
    workspace = Workspace(home)
    (home / "a.bat").write_bytes(b"\xef\xbb\xbfx\r\n")
    (home / "a.bat").chmod(0o755)
    workspace.write_text("b.bat", "é\n", workspace.read_text("a.bat"))
    assert (home / "b.bat").read_bytes() == b"\xef\xbb\xbf\xc3\xa9\r\n"
    assert stat.S_IMODE((home / "b.bat").stat().st_mode) == 0o755


def test_read_only_files_stay(home):
    (home / "src" / "a.py").chmod(0o444)
    with pytest.raises(WorkspaceError, match="'src/a.py' is read-only"):
        Workspace(home).write_text("src/a.py", "x\n")
    assert (home / "src" / "a.py").read_text() == "print(1)\n"


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=80))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_what_is_written_is_what_is_read(home, text):
    workspace = Workspace(home)
    written = workspace.write_text("t.txt", text)
    assert (home / "t.txt").read_bytes() == text.encode()
    assert workspace.read_text("t.txt") == written


def test_a_failed_write_leaves_everything_as_it_was(home):
    workspace = Workspace(home)
    before = sorted(path.relative_to(home) for path in home.rglob("*"))
    with pytest.raises(WorkspaceError, match="Cannot write 'src/a.py/b/c.txt': Not a directory"):
        workspace.write_text("src/a.py/b/c.txt", "x\n")
    with pytest.raises(WorkspaceError, match="binary"):
        workspace.write_text("src/a.py", "a\0b")
    with pytest.raises(WorkspaceError, match="cannot hold"):
        workspace.write_text("src/a.py", "\ud800")
    with pytest.raises(WorkspaceError, match="Cannot write 'new/dir/n.*': File name too long"):
        workspace.write_text("new/dir/" + "n" * 255 + "é", "x\n")
    (home / "full").mkdir()
    assert sorted(path.relative_to(home) for path in home.rglob("*")) == sorted([*before, Path("full")])


def test_a_stale_file_is_not_replaced(home):
    workspace = Workspace(home)
    known = workspace.read_text("src/a.py")
    workspace.write_text("src/a.py", "print(1)\n", expect=known)
    (home / "src" / "a.py").write_text("print('user')\n")
    with pytest.raises(StaleFile, match="'src/a.py' was changed in the meantime") as caught:
        workspace.write_text("src/a.py", "print(2)\n", expect=known)
    assert caught.value.now.text == "print('user')\n"
    with pytest.raises(StaleFile, match="was created"):
        workspace.write_text("src/a.py", "print(2)\n", expect="missing")
    (home / "src" / "a.py").unlink()
    with pytest.raises(StaleFile, match="is gone"):
        workspace.write_text("src/a.py", "print(2)\n", expect=known)
    assert list((home / "src").iterdir()) == []
    workspace.write_text("src/a.py", "print(2)\n", expect="missing")


def test_readers_never_see_half_a_file(home):
    workspace = Workspace(home)
    texts = {letter * 200_000 for letter in "ab"}
    workspace.write_text("big.txt", "a" * 200_000)
    stop = threading.Event()
    wrong = []

    def read():
        while not stop.is_set():
            text = (home / "big.txt").read_text()
            if text not in texts:
                wrong.append(len(text))

    thread = threading.Thread(target=read)
    thread.start()
    try:
        for turn in range(30):
            workspace.write_text("big.txt", "ab"[turn % 2] * 200_000)
    finally:
        stop.set()
        thread.join(10)
    assert wrong == []


def test_unicode_and_odd_names(home):
    workspace = Workspace(home)
    for name in ("día/naïve ☃.txt", "with space", "-dash", "quote'\".txt", "new\nline", "back\\slash"):
        workspace.write_text(name, "x\n")
        assert workspace.read_text(name).text == "x\n"
        assert workspace.display(name) == name
    (home / os.fsdecode(b"raw\xff")).write_text("x\n")
    assert workspace.read_text(os.fsdecode(b"raw\xff")).text == "x\n"


def test_no_descriptor_leaks(home):
    workspace = Workspace(home)
    os.mkfifo(home / "pipe")
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    for _ in range(20):
        workspace.read_text("src/a.py")
        workspace.write_text("x/y/z", "x\n")
        workspace.kind("src")
        for path in ("pipe", "../x", "src", "none/x", "src/a.py/x"):
            for act in (workspace.read_text, lambda p: workspace.write_text(p, "x")):
                try:
                    act(path)
                except OSError:
                    pass
    if before:
        assert len(os.listdir("/proc/self/fd")) == before


KILLED = """
import os, signal, sys
from codepilot.workspace import Workspace
os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
Workspace(sys.argv[1]).write_text("a.txt", "new")
"""


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="files without a name are Linux's")
def test_a_writer_that_is_killed_leaves_nothing(home):
    (home / "a.txt").write_text("old")
    before = sorted(os.listdir(home))
    ended = subprocess.run([sys.executable, "-c", KILLED, str(home)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert sorted(os.listdir(home)) == before and (home / "a.txt").read_text() == "old"


def test_what_a_writer_left_that_was_killed_before_the_rename_goes_with_the_next_write(home):
    (home / "a.txt").write_text("old")
    before = sorted(os.listdir(home))
    code = KILLED.replace("os.fsync = lambda descriptor:", "os.rename = lambda *_, **__:")
    ended = subprocess.run([sys.executable, "-c", code, str(home)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert len(os.listdir(home)) == len(before) + 1 and (home / "a.txt").read_text() == "old"
    Workspace(home).write_text("a.txt", "newer")
    assert sorted(os.listdir(home)) == before and (home / "a.txt").read_text() == "newer"


def test_what_killed_writers_left_is_swept_and_that_of_living_ones_stays(home):
    ended = subprocess.Popen(["true"])
    ended.wait()
    left = home / f".codepilot-{ended.pid}-{'0' * 16}.tmp"
    living = home / f".codepilot-{os.getpid()}-{'0' * 16}.tmp"
    for path in (left, living):
        path.write_text("x")
    descriptor = os.open(home, os.O_RDONLY)
    try:
        beside.sweep(descriptor)
    finally:
        os.close(descriptor)
    assert not left.exists() and living.exists()


class Vanishing(Workspace):
    """What it opened is removed before it is used: `what` is the work folder, or a folder in it."""

    what = "."

    @contextmanager
    def _start(self, place):
        with super()._start(place) as start:
            if (self.root / self.what).exists():
                shutil.rmtree(self.root / self.what)
            yield start


def test_a_work_folder_that_is_removed_during_a_write_is_told(home):
    with pytest.raises(WorkspaceError, match="The work folder '.*' is gone"):
        Vanishing(home).write_text("a.txt", "hi")
    assert not home.exists()


def test_a_work_folder_that_is_removed_during_a_read_is_told(home):
    with pytest.raises(WorkspaceError, match="The work folder '.*' is gone"):
        Vanishing(home).read_text("src/a.py")


@pytest.mark.parametrize(
    ("number", "hint"), [(errno.ENOSPC, "Make room"), (errno.EROFS, "on this file system")]
)
def test_a_disk_that_refuses_says_once_that_nothing_changed(number, hint):
    error = cannot("write", "a.txt", OSError(number, os.strerror(number)))
    assert hint in failed("write_file", error).text
    assert failed("write_file", error).text.lower().count("changed") == 1
