"""A session that is made at one go is there once it is whole."""

import pytest

from codepilot.errors import SessionBusy, SessionError
from codepilot.journal.lease import Lease
from codepilot.journal.making import remove_unfinished, session_made
from codepilot.journal.place import JOURNAL, LOCK, UNFINISHED


def test_a_session_that_is_being_made_is_left_alone(tmp_path):
    with session_made(tmp_path / "a") as journal:
        journal.write_text("first")
        remove_unfinished(tmp_path)
        with session_made(tmp_path / "b") as other:
            other.write_text("second")
        assert journal.read_text() == "first" and not (tmp_path / "a" / JOURNAL).exists()
    assert [(tmp_path / each / JOURNAL).read_text() for each in "ab"] == ["first", "second"]
    assert not journal.exists()
    Lease(tmp_path / "a" / LOCK).release()  # nobody has it any more


def test_what_a_program_left_that_was_killed_is_removed(tmp_path):
    with session_made(tmp_path / "whole") as journal:
        journal.write_text("whole")
    for name in ("half", "whole"):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / journal.name).write_text("half")
    remove_unfinished(tmp_path)
    assert not (tmp_path / "half").exists()
    assert (tmp_path / "whole" / JOURNAL).read_text() == "whole"


def test_what_stops_the_making_removes_all_of_it(tmp_path):
    with pytest.raises(KeyboardInterrupt), session_made(tmp_path / "a") as journal:
        journal.write_text("half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_session_that_is_there_or_being_made_is_left_alone_by_its_name(tmp_path):
    with session_made(tmp_path / "a") as journal:
        journal.write_text("first")
        with pytest.raises(SessionBusy), session_made(tmp_path / "a"):
            raise AssertionError
        assert journal.read_text() == "first"
    with pytest.raises(SessionError, match="a session a already"), session_made(tmp_path / "a"):
        raise AssertionError
    assert (tmp_path / "a" / JOURNAL).read_text() == "first"


def test_what_is_left_under_a_name_does_not_stand_in_its_way(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / UNFINISHED).write_text("half")
    with session_made(tmp_path / "a") as journal:
        assert not journal.exists()
        journal.write_text("whole")
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == [JOURNAL, LOCK]
