"""The sessions of a folder, newest first, whatever else lies there."""

import os

from codepilot.journal.listing import sessions_of
from codepilot.sessions.journal import JournalSession


def make(root, name, folder, last):
    session = JournalSession(name, "Agent", root, work_dir=folder)
    session.save([])
    session.close()
    os.utime(session.path, (last, last))


def test_the_sessions_of_a_folder_are_told_newest_first(tmp_path):
    root, here, there = tmp_path / "state", tmp_path / "here", tmp_path / "there"
    make(root, "a/1", here, 1000)
    make(root, "b", there, 3000)
    make(root, "c", here, 2000)
    found = sessions_of(here, root)
    assert [(info.id, info.last, info.agent) for info in found] == [
        ("c", 2000, "Agent"),
        ("a/1", 1000, "Agent"),
    ]
    assert [info.id for info in sessions_of(None, root)] == ["b", "c", "a/1"]


def test_a_folder_by_another_name_is_the_same(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    make(tmp_path / "state", "a", tmp_path / "real", 1000)
    assert [info.id for info in sessions_of(tmp_path / "link", tmp_path / "state")] == ["a"]


def test_what_is_no_session_hides_none(tmp_path):
    root = tmp_path / "state"
    make(root, "a", tmp_path, 1000)
    (root / "empty").mkdir()
    (root / "odd").mkdir()
    (root / "odd" / "journal.jsonl").write_bytes(b"\0\0\0")
    (root / "file").write_text("x")
    assert [info.id for info in sessions_of(tmp_path, root)] == ["a"]
    assert sessions_of(tmp_path, tmp_path / "nowhere") == []


def test_a_pipe_in_the_place_of_a_journal_keeps_nobody_waiting(tmp_path):
    folder = tmp_path / "sessions" / "odd"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "journal.jsonl")
    assert sessions_of(root=folder.parent) == []
