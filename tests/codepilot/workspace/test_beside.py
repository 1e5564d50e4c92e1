"""What somebody saves in the moment in which a file is replaced is kept, also where the replacing program is killed."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from subprocess import PIPE

import pytest

from codepilot.errors import WorkspaceError
from codepilot.workspace import Workspace, beside
from codepilot.workspace.filetext import digest

SAVED = "saved by the person"
# Somebody saves after the last look at the file and before it is replaced; then the program is killed, or the disk
# refuses what would put it back.
REPLACED = """
import errno, os, signal, sys
from codepilot.checkpoints.replacing import State
from codepilot.checkpoints.states import WorkFiles
from codepilot.workspace import Workspace, beside
from codepilot.workspace.filetext import digest
folder, how, saved, then = sys.argv[1:]
place = os.path.join(folder, "a.txt")
def save():
    with open(place + "~", "w") as file:
        file.write(saved)
    os.replace(place + "~", place)
real, rename = beside.renameat2, os.rename
met = []
def exchange(*given):
    if len(met) == 1 or (met and then == "refused"):
        met.append(1)
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    if not met:
        met.append(1)
        save()
    real(*given)
    if then == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
def away(old, new, **named):
    save()
    rename(old, new, **named)
    os.kill(os.getpid(), signal.SIGKILL)
work = Workspace(folder)
old = State(digest(b"old"), 0o100644)
if how == "tool":
    known = work.read_text("a.txt")
    beside.renameat2 = exchange
    work.write_text("a.txt", "new", expect=known)
elif how == "restore":
    beside.renameat2 = exchange
    WorkFiles(work).put("a.txt", old, State(digest(b"new"), 0o100644), b"new")
else:
    os.rename = away
    WorkFiles(work).put("a.txt", old, None)
"""


@pytest.fixture
def work(tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work/a.txt").write_text("old")
    (tmp_path / "work/a.txt").chmod(0o644)
    return tmp_path / "work"


def sweep(folder):
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        beside.sweep(descriptor)
    finally:
        os.close(descriptor)


def contents(folder):
    return {path.read_text() for path in folder.iterdir()}


@pytest.mark.parametrize("how", ["tool", "restore", "delete"])
def test_what_was_saved_outlives_a_kill_between_the_swap_and_the_swap_back(work, how):
    """Found by reading: the next writer in that folder deleted it."""
    ended = subprocess.run([sys.executable, "-c", REPLACED, str(work), how, SAVED, "killed"], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert SAVED in contents(work)
    sweep(work)
    assert SAVED in contents(work)
    (kept,) = [path for path in work.iterdir() if path.name != "a.txt"]
    assert kept.name.startswith("a.txt.saved-")
    sweep(work)
    assert kept.read_text() == SAVED, "it is the person's now"


@pytest.mark.parametrize("then", ["refused once", "refused"])
@pytest.mark.parametrize("how", ["tool", "restore"])
def test_what_was_saved_outlives_a_disk_that_refuses_the_swap_back(work, how, then):
    ended = subprocess.run(
        [sys.executable, "-c", REPLACED, str(work), how, SAVED, then], check=False, text=True, stderr=PIPE
    )
    assert ended.returncode == 1
    told = "what was saved there is 'a.txt.saved-" in ended.stderr.splitlines()[-1]
    assert told is (then == "refused once") and SAVED in contents(work)
    sweep(work)
    assert SAVED in contents(work)
    assert not [path for path in work.iterdir() if path.name.startswith(".codepilot")]


def test_what_was_replaced_and_what_was_to_come_goes_with_a_sweep(work):
    ended = subprocess.Popen(["true"])
    ended.wait()
    names = [beside.aside("a.txt", digest(b"new"), digest(b"old")) for _ in range(2)] + [beside.draft()]
    for name, text in zip(names, ("new", "old", "half of it"), strict=True):
        (work / name.replace(str(os.getpid()), str(ended.pid), 1)).write_text(text)
    sweep(work)
    assert [path.name for path in work.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("name", [".git", "é" * 120])
def test_what_is_kept_never_gets_the_name_of_the_place(work, name):
    """Else a folder from elsewhere could bring its own `.git`."""
    made = beside.aside(name, "", "")
    (work / made).write_text(SAVED)
    descriptor = os.open(work, os.O_RDONLY)
    try:
        kept = beside.let_go(descriptor, made)
    finally:
        os.close(descriptor)
    assert ".saved-" in kept and (work / kept).read_text() == SAVED


@pytest.mark.slow
@pytest.mark.parametrize("there", [True, False])
def test_a_save_in_between_is_never_lost_to_a_tool(tmp_path, there):
    """Found by reading, as with restores: between the look and the replacement there was time for one."""
    (tmp_path / "work").mkdir()
    workspace, place = Workspace(tmp_path / "work"), tmp_path / "work/a.txt"
    old = "old\n" * 500_000  # large enough that its comparing takes a while
    lost = 0
    for number in range(30):
        place.unlink(missing_ok=True)
        if there:
            place.write_text(old)
        expect = workspace.read_text("a.txt") if there else "missing"
        said = f"person {number}\n"
        (tmp_path / "saved").write_text(said)
        both = threading.Barrier(2)

        def save(both=both, number=number):
            both.wait()
            for _ in range(number):  # a little later each time
                digest(old.encode())
            (tmp_path / "saved").replace(place)

        thread = threading.Thread(target=save)
        thread.start()
        both.wait()
        with suppress(WorkspaceError):  # it says that the person was first
            workspace.write_text("a.txt", "new\n" * 500_000, expect=expect)
        thread.join()
        lost += place.read_text() != said
        assert [path.name for path in place.parent.iterdir()] == ["a.txt"]
    assert lost == 0
