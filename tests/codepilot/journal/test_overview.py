"""What a list says of sessions: read once, then only what came since, and never anything that the journals have not."""

import os
import sqlite3

import pytest

from codepilot import paths
from codepilot.journal.figures import Figures, read_on
from codepilot.journal.library import rename_session
from codepilot.journal.overview import list_sessions
from codepilot.journal.record import encode
from codepilot.sessions.journal import JournalSession


def write(session, *records):
    for kind, data in records:
        session.log.append(kind, data)


def task(number, words, *, status="done", cost=None):
    return [
        ("task_started", {"task": words, "number": number}),
        ("step_started", {"step": 1, "max_steps": 5}),
        ("reply_finished", {"reason": "stop", "input_tokens": 10, "output_tokens": 2, "cost": cost}),
        ("file_changed", {"path": "a.py", "added": 1, "removed": 0}),
        ("task_finished", {"status": status, "steps": 1}),
    ]


def only(work_dir):
    [found] = list_sessions(work_dir)
    return found


def test_a_session_is_told_with_all_that_came_so_far(tmp_path):
    session = JournalSession("a", "Agent", work_dir=tmp_path)
    write(session, ("session_opened", {"model": "openai:m"}), *task(1, "First words", cost=0.25))
    assert (only(tmp_path).state, only(tmp_path).holder.pid) == ("open", os.getpid())
    write(session, *task(2, "Second", status="aborted", cost=0.5))
    session.close()
    found = only(tmp_path)
    figures = found.figures
    assert (found.id, found.title, found.state) == ("a", "First words", "stopped")
    assert (figures.tasks, figures.steps, figures.input_tokens, figures.cost) == (2, 2, 20, 0.5)
    assert (figures.model, figures.files) == ("openai:m", ["a.py"])


@pytest.mark.parametrize(
    ("records", "state"),
    [
        ([], "new"),
        (task(1, "x")[:3], "cut"),
        (task(1, "x", status="replied"), "done"),
        (task(1, "x", status="max_steps"), "stopped"),
        (task(1, "x", status="max_cost"), "stopped"),
        (task(1, "x", status="needs_person"), "asks"),
        (task(1, "x", status="failed"), "failed"),
        (task(1, "x", status="of a later version"), "done"),
    ],
)
def test_the_states(tmp_path, records, state):
    session = JournalSession("a", work_dir=tmp_path)
    session.save([])
    write(session, *records)
    session.close()
    assert only(tmp_path).state == state


def test_only_what_came_since_is_read(tmp_path):
    session = JournalSession("a", work_dir=tmp_path)
    write(session, *task(1, "First"))
    assert only(tmp_path).title == "First"
    session.path.write_bytes(session.path.read_bytes().replace(b'"First"', b'"Wrong"'))
    write(session, *task(2, "Second"))
    session.close()
    assert (only(tmp_path).title, only(tmp_path).figures.tasks) == ("First", 2)
    (paths.state_dir() / "index.sqlite3").unlink()
    assert (only(tmp_path).title, only(tmp_path).figures.tasks) == ("Wrong", 2)


def test_another_session_of_the_same_name_is_another(tmp_path):
    session = JournalSession("a", work_dir=tmp_path)
    write(session, *task(1, "First"))
    session.close()
    assert only(tmp_path).title == "First"
    session.path.unlink()
    again = JournalSession("a", work_dir=tmp_path)
    write(again, *task(1, "Other words, and more of them"), *task(2, "More"))
    again.close()
    assert (only(tmp_path).title, only(tmp_path).figures.tasks) == ("Other words, and more of them", 2)


def test_a_damaged_index_hides_nothing(tmp_path):
    session = JournalSession("a", work_dir=tmp_path)
    write(session, *task(1, "First"))
    session.close()
    assert only(tmp_path).title == "First"
    index = paths.state_dir() / "index.sqlite3"
    index.write_bytes(b"no database" * 1000)
    assert only(tmp_path).title == "First"
    with sqlite3.connect(index) as base:
        base.execute("UPDATE overview SET figures = 'no json'")
    base.close()
    assert only(tmp_path).title == "First"
    index.unlink(missing_ok=True)
    index.mkdir()
    assert only(tmp_path).title == "First"


def test_a_program_that_writes_the_index_keeps_nobody_waiting(tmp_path):
    session = JournalSession("a", work_dir=tmp_path)
    write(session, *task(1, "First"))
    assert only(tmp_path).title == "First"
    write(session, *task(2, "Second"))
    session.close()
    other = sqlite3.connect(paths.state_dir() / "index.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert only(tmp_path).figures.tasks == 2
    other.close()
    assert only(tmp_path).figures.tasks == 2


def test_a_session_that_this_program_has_open_is_renamed_in_its_journal(tmp_path):
    session = JournalSession("a", work_dir=tmp_path)
    write(session, *task(1, "First"))
    rename_session("a", "New name")
    assert only(tmp_path).title == "New name"
    write(session, ("session_closed", {}))
    session.close()
    numbers = [int(line.split(b",")[0].partition(b":")[2]) for line in session.path.read_bytes().splitlines()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_records_that_are_missing_are_counted_also_between_two_looks(tmp_path):
    path, figures = tmp_path / "journal.jsonl", Figures()
    path.write_bytes(encode(1, 1.0, "thought", {}) + encode(3, 1.0, "thought", {}))
    upto = read_on(path, figures)
    assert (figures.missing, figures.last) == (1, 3)
    with path.open("ab") as stream:
        stream.write(encode(6, 1.0, "thought", {}))
    read_on(path, figures, upto)
    assert (figures.missing, figures.last) == (3, 6)


def test_a_line_that_is_no_record_is_counted_by_its_number(tmp_path):
    path, figures = tmp_path / "journal.jsonl", Figures()
    path.write_bytes(encode(1, 1.0, "thought", {}) + b'{"garbage \xff\n' + encode(3, 1.0, "thought", {}))
    read_on(path, figures)
    assert (figures.missing, figures.last) == (1, 3)
