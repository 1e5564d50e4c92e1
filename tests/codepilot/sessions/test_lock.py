"""The lock beside a session's file: one holder, whatever becomes of the file in between."""

import fcntl
import subprocess
import sys

import pytest

from codepilot.errors import SessionBusy
from codepilot.sessions.lock import FileLock


@pytest.fixture
def make(tmp_path):
    made = []

    def make():
        made.append(FileLock(tmp_path / "s.lock", "s"))
        return made[-1]

    yield make
    for each in made:
        each.free()


def test_one_holds_it_and_the_next_one_after_that(make, tmp_path):
    first, second = make(), make()
    first.take()
    with pytest.raises(SessionBusy, match="is being worked on by process"):
        second.take()
    first.free()
    assert not (tmp_path / "s.lock").exists()
    second.take()
    assert second.held and not first.held


def test_a_lock_on_a_file_that_its_holder_removed_meanwhile_is_none(make, monkeypatch):
    """The file was opened before its holder let go, and locked after it: nobody else would find that lock."""
    first, second, third = make(), make(), make()
    first.take()
    real = fcntl.flock

    def late(handle, how):
        monkeypatch.undo()
        first.free()
        real(handle, how)

    monkeypatch.setattr(fcntl, "flock", late)
    second.take()
    with pytest.raises(SessionBusy):
        third.take()


def test_a_holder_whose_file_was_removed_by_hand_leaves_that_of_the_next_one(make, tmp_path):
    first, second, third = make(), make(), make()
    first.take()
    (tmp_path / "s.lock").unlink()
    second.take()
    first.free()
    with pytest.raises(SessionBusy):
        third.take()


def test_the_store_is_imported_where_there_is_no_fcntl():
    """As on Windows."""
    code = "import sys; sys.modules['fcntl'] = None; import codepilot.sessions.file, codepilot.sessions.lock"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_child_that_was_forked_does_not_hold_it_beyond_its_parent(make, tmp_path):
    """Seen: a killed program's lock was held for as long as its daemon child lived, in the name of the dead."""
    parent = subprocess.Popen(
        [sys.executable, "-c", FORKS, str(tmp_path / "s.lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout.readline() == "child\n"
        with pytest.raises(SessionBusy, match=f"by process {parent.pid} "):
            make().take()
        parent.kill()
        parent.wait()
        lock = make()
        lock.take()
        assert lock.held
        parent.stdin.close()  # now the child ends


FORKS = """
import os, sys, time
from pathlib import Path
from codepilot.sessions.lock import FileLock
lock = FileLock(Path(sys.argv[1]), "s")
lock.take()
if os.fork() == 0:
    print("child", flush=True)
    sys.stdin.read()
    os._exit(0)
time.sleep(600)
"""
