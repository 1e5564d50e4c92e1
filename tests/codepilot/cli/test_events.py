"""`codepilot events`: the records of a session, those that are there and those that come."""

import json
import os
import signal
import subprocess
import sys

import pytest

from codepilot.sessions.journal import JournalSession


@pytest.fixture
def session(shop):
    session = JournalSession("one", work_dir=shop.work)
    session.log.append("task_started", {"task": "Mend the \x1b[31mparser", "number": 1})
    session.log.append(
        "tool_finished", {"call_id": "c1", "tool": "execute", "result": "x" * 100_000, "state": "ok"}
    )
    yield session
    session.close()


def events(shop, *words):
    return shop.main("events", *words, "--dir", str(shop.work))


def test_the_records_are_shown_one_a_line(shop, session):
    lines = events(shop, "one").out.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2", "3"]
    assert lines[1].split()[2] == "task_started" and "Mend the ␛[31mparser" in lines[1]
    assert len(max(lines, key=len)) < 200


def test_json_has_them_as_they_stand(shop, session):
    found = events(shop, "one", "--json").events
    assert [each["n"] for each in found] == [1, 2, 3] and len(found[2]["result"]) == 100_000
    assert [each["n"] for each in events(shop, "one", "--json", "--after", "2").events] == [3]
    assert [each["n"] for each in events(shop, "one", "--json", "--type", "task_started").events] == [2]
    assert events(shop, "two").code == 2


@pytest.mark.slow
def test_what_comes_is_followed_while_another_program_writes(shop, session):
    with subprocess.Popen(
        [sys.executable, "-m", "codepilot", "events", "one", "--follow", "--json", "--after", "1"],
        stdout=subprocess.PIPE,
        env=dict(os.environ),
    ) as follower:
        assert json.loads(follower.stdout.readline())["n"] == 2
        assert json.loads(follower.stdout.readline())["n"] == 3
        session.log.append("task_finished", {"status": "done"})
        assert json.loads(follower.stdout.readline())["type"] == "task_finished"
        follower.send_signal(signal.SIGINT)
        assert follower.wait(30) == 130
