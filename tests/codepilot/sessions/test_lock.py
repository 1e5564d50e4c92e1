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
