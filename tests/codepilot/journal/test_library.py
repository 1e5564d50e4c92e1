"""Sessions as a whole: found, renamed, forked; what one does leaves the others alone."""

import os
import signal
import subprocess
import sys

import pytest

import codepilot.sessions
from codepilot.errors import SessionBusy, SessionError, UsageError
from codepilot.journal.bin import delete_session, deleted_sessions, empty_bin, undelete_session
from codepilot.journal.fold import fold
from codepilot.journal.holder import holder_of
from codepilot.journal.library import find_session, fork_session, rename_session, search_sessions
from codepilot.journal.listing import sessions_of
from codepilot.journal.log import lines_of
from codepilot.journal.overview import overview_of
from codepilot.journal.place import LOCK, TEXTS
from codepilot.sessions.journal import JournalSession
from codepilot.sessions.summarised import fork_with_summary

LONG = "ab" * 32
"""The name of a long text."""
HOLDS = """
import sys
from codepilot.sessions.journal import JournalSession
session = JournalSession("a")
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def one(tmp_path):
    """A session with two messages."""
    session = JournalSession("a", "Agent", work_dir=tmp_path)
    for number in (1, 2):
        session.log.append(
            "message_stored", {"role": "user", "text": f"words {number}", "kind": "task", "number": number}
        )
    session.close()
    return find_session("a")


def texts(info):
    return [message["content"] for message in fold(lines_of(info.path)).messages]


def test_a_fork_has_the_bytes_of_its_parent_and_goes_on_after_them(one):
    made = fork_session(one, 2, session_id="b/2", title="Other")
    whole = one.path.read_bytes()
    end = whole.index(b'{"n":3')
    assert made.path.read_bytes()[:end] == whole[:end]
    assert (made.id, made.folder, made.created) == ("b/2", one.folder, one.created)
    assert texts(made) == ["words 1"]
    assert find_session("b/2") == made
    figures = overview_of(made).figures
    assert (figures.parent, figures.parent_n, figures.title) == ("a", 2, "Other")
    again = JournalSession("b/2")
    assert [message["content"] for message in again.load()] == ["words 1"]
    again.log.append("message_stored", {"role": "user", "text": "own", "kind": "task"})
    again.close()
    assert texts(made) == ["words 1", "own"] and texts(one) == ["words 1", "words 2"]


def test_a_fork_shares_the_long_texts(one):
    folder = one.path.parent / TEXTS
    folder.mkdir()
    (folder / LONG).write_text("long")
    made = fork_session(one)
    shared = made.path.parent / TEXTS / LONG
    assert shared.samefile(folder / LONG)
    delete_session(one, now=True)
    assert shared.read_text() == "long" and texts(made) == ["words 1", "words 2"]


def test_a_fork_leaves_out_what_the_parent_is_just_writing(one):
    """A long text has another name until it is whole; by then the fork could not find it, and was given up."""
    folder = one.path.parent / TEXTS
    folder.mkdir()
    (folder / LONG).write_text("long")
    (folder / f".{'cd' * 32}.new").write_text("half")
    made = fork_session(one)
    assert [text.name for text in (made.path.parent / TEXTS).iterdir()] == [LONG]


def test_what_cannot_be_forked_leaves_nothing(one, tmp_path):
    with pytest.raises(UsageError, match="has no record 77"):
        fork_session(one, 77)
    with pytest.raises(UsageError, match="already"):
        fork_session(one, session_id="a")
    (tmp_path / "full").touch()
    with pytest.raises(SessionError, match="cannot be forked"):
        fork_session(one, root=tmp_path / "full" / "x")
    assert [each.name for each in one.path.parent.parent.iterdir()] == ["a"]


STOPPED = """
import os, signal, sys
from codepilot.journal.library import find_session, fork_session
from codepilot.sessions.summarised import fork_with_summary

def met(event, given):
    if event == sys.argv[1] and ".new" in str(given):  # the new session has its name, and is not whole
        os.kill(os.getpid(), int(sys.argv[2]))

sys.addaudithook(met)
[fork_session, fork_with_summary][int(sys.argv[3])]("a", session_id="fork")
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize(("event", "way"), [("open", 0), ("os.rename", 0), ("open", 1), ("os.rename", 1)])
def test_a_fork_that_was_stopped_is_no_session(one, event, way, sent):
    """Found by a program: it was the one that `--continue` takes first, and ran the block that its parent ran, too."""
    command = [sys.executable, "-c", STOPPED, event, str(int(sent)), str(way)]
    assert subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == -sent
    assert [info.id for info in sessions_of()] == ["a"]
    made = [fork_session, fork_with_summary][way](one, session_id="fork")
    assert made.id == "fork" and texts(made)
    assert list(one.path.parent.parent.glob("*/*.new")) == []


BEGUN = [
    ("task_started", {"task": "deploy", "number": 1}),
    ("message_stored", {"role": "user", "text": "deploy", "kind": "task", "number": 1}),
    ("step_started", {"step": 1, "max_steps": 9}),
    ("message_stored", {"role": "assistant", "text": "```codepilot\nfind('x')\n```", "kind": "reply"}),
    ("control_started", {}),
    ("tool_started", {"call_id": "c1", "tool": "find", "label": "x"}),
    ("tool_finished", {"call_id": "c1", "tool": "find", "result": "[find] none"}),
    ("tool_started", {"call_id": "c2", "tool": "execute", "label": "main › deploy"}),
]


def begun():
    """A session whose program is in the middle of a block."""
    session = JournalSession("b", "Agent")
    for record in BEGUN:
        session.log.append(*record)
    return session


def test_a_fork_of_a_task_that_a_program_works_on_has_it_ended():
    session = begun()
    made = fork_session(find_session("b"))
    assert fold(lines_of(session.path)).unfinished.executing
    saved = fold(lines_of(made.path))
    assert saved.unfinished is None
    assert "[find] none" in texts(made)[-1] and "goes on with this block" in texts(made)[-1]
    assert [each["role"] for each in saved.messages] == ["user", "assistant", "user"]
    session.close()


def test_a_fork_of_a_task_that_was_cut_has_it_to_go_on_with():
    begun().close()
    saved = fold(lines_of(fork_session(find_session("b")).path))
    assert saved.unfinished.executing and len(saved.messages) == 2


@pytest.mark.parametrize(("upto", "goes_on"), [(4, True), (9, False), (12, True)])
def test_a_fork_in_the_middle_of_a_block_has_it_ended(upto, goes_on):
    """What came of it stands in the parent."""
    session = begun()
    session.log.append(
        "message_stored", {"role": "user", "text": "[EXECUTION RESULT]", "kind": "observation"}
    )
    session.log.append("step_started", {"step": 2, "max_steps": 9})
    session.log.append("reply_part", {"text": "I "})
    session.close()
    saved = fold(lines_of(fork_session(find_session("b"), upto).path))
    assert (saved.unfinished is not None) == goes_on


def test_a_session_of_a_newer_version_is_not_written_to(one):
    one.path.write_bytes(one.path.read_bytes().replace(b'"format":1', b'"format":9', 1))
    for change in (lambda: rename_session(one, "x"), lambda: fork_session(one)):
        with pytest.raises(SessionError, match="newer version"):
            change()


def test_what_another_program_has_open_is_forked_but_not_renamed_or_deleted(one):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        assert holder_of(one.path.with_name(LOCK)).pid == other.pid
        for change in (lambda: rename_session(one, "x"), lambda: delete_session(one)):
            with pytest.raises(SessionBusy, match=str(other.pid)):
                change()
        assert texts(fork_session(one)) == ["words 1", "words 2"]
        other.kill()
    assert holder_of(one.path.with_name(LOCK)) is None
    assert rename_session(one, "x") == "x"


def test_asking_who_holds_a_session_refuses_nobody(one):
    lock = one.path.with_name(LOCK)
    handle = os.open(lock, os.O_RDONLY)
    os.close(handle)
    session = JournalSession("a")
    assert holder_of(lock).here
    session.close()
    assert holder_of(lock) is None and holder_of(lock.with_name("nowhere")) is None
    lock.write_text("no json")
    assert holder_of(lock) is None


def test_the_bin_gives_back_the_very_one_that_is_meant(one):
    delete_session("a")
    session = JournalSession("a", work_dir="/elsewhere")
    session.save([{"role": "user", "content": "newer"}])
    session.close()
    delete_session("a")
    older = min(deleted_sessions(), key=lambda each: each.info.folder == "/elsewhere")
    assert texts(undelete_session(older)) == ["words 1", "words 2"]
    delete_session("a", now=True)
    with pytest.raises(UsageError, match="in the bin"):
        undelete_session(older)


def test_the_bin_gives_back_what_was_deleted_last(one):
    delete_session("a")
    session = JournalSession("a", work_dir="/elsewhere")
    session.save([{"role": "user", "content": "newer"}])
    session.close()
    delete_session("a")
    assert [each.id for each in deleted_sessions()] == ["a", "a"]
    assert texts(undelete_session("a")) == ["newer"]
    with pytest.raises(UsageError, match="again"):
        undelete_session("a")
    delete_session("a", now=True)
    assert texts(undelete_session("a")) == ["words 1", "words 2"]
    assert deleted_sessions() == []
    with pytest.raises(UsageError, match="in the bin"):
        undelete_session("a")
    delete_session("a")
    assert empty_bin(1) == 0
    assert empty_bin(0) == 1


def test_a_program_finds_them_in_one_place(one):
    names = ("list_sessions", "find_session", "rename_session", "fork_session", "search_sessions")
    assert all(callable(getattr(codepilot.sessions, name)) for name in names)
    assert set(codepilot.sessions.__all__) <= {*dir(codepilot.sessions), *codepilot.sessions._OF_JOURNALS}
    assert [each.id for each in codepilot.sessions.list_sessions(one.folder)] == ["a"]
    assert [hit.n for hit in search_sessions("words 2", one.folder)] == [3]


def test_words_that_a_healed_journal_has_no_more_are_not_found(one):
    assert [hit.n for hit in search_sessions("words", one.folder)] == [2, 3]
    data = one.path.read_bytes()
    one.path.write_bytes(data[: data.rindex(b'{"n":3,')])
    assert [hit.n for hit in search_sessions("words", one.folder)] == [2]


def test_a_secret_in_a_title_is_replaced_before_it_is_written(one, monkeypatch):
    monkeypatch.setenv("DEPLOY_TOKEN", "tok-Zq81hTTw0aNw7Bk2")
    assert rename_session("a", "deploy with tok-Zq81hTTw0aNw7Bk2") == "deploy with [secret DEPLOY_TOKEN]"
    made = fork_session(one, session_id="b", title="f tok-Zq81hTTw0aNw7Bk2")
    assert overview_of(made).figures.title == "f [secret DEPLOY_TOKEN]"
    assert all(b"Zq81" not in info.path.read_bytes() for info in (one, made))
