"""The socket of the program that holds a session."""

import asyncio
import json
import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

import codepilot
from codepilot import EventType
from codepilot import events as e
from codepilot.errors import SessionBusy
from codepilot.journal.holder import holder_of
from codepilot.journal.place import LOCK
from codepilot.journal.record import encode
from codepilot.journal.visitor import Visitor
from codepilot.runtime.door import Door, Within

GUARD = 60


def door_of(runtime):
    return Path(holder_of(runtime.session.path.with_name(LOCK)).door)


async def asked(visitor, op, **arguments):
    async with asyncio.timeout(GUARD):
        return await asyncio.to_thread(visitor.ask, op, **arguments)


async def test_it_is_private_and_gone_with_its_program(make):
    runtime = make("Hello.\n")
    await runtime.run("hi")
    door = door_of(runtime)
    assert stat.S_ISSOCK(door.stat().st_mode) and stat.S_IMODE(door.stat().st_mode) == 0o600
    with pytest.raises(SessionBusy):
        make()
    await runtime.close()
    assert not door.exists()


async def test_records_are_read_along_from_any_number(make):
    runtime = make("One.\n", "Two.\n")
    await runtime.run("first")
    visitor = Visitor(door_of(runtime))
    first = await asked(visitor, "events", **{"from": 3})
    assert first["record"]["n"] == 3
    seen = [first["record"]]
    running = asyncio.create_task(runtime.run("second"))
    async with asyncio.timeout(GUARD):
        while seen[-1]["type"] != "task_finished" or seen[-1]["n"] < 15:
            seen.append((await asyncio.to_thread(visitor.next))["record"])
    await running
    stored = [json.loads(line) for line in runtime.session.path.read_text().splitlines()]
    assert seen == stored[2 : 2 + len(seen)]
    await runtime.close()
    with pytest.raises(OSError):  # noqa: PT011 - which one depends on what was on its way
        while True:
            await asyncio.to_thread(visitor.next)
    visitor.close()


async def test_others_speak_stop_and_answer(make):
    block = "```codepilot\nprint(ask_user('Which?'))\n```\n"
    runtime = make("Hello.\n", block, "```codepilot\nrun_command('echo x')\n```\n", mode="ask", allow=())
    asking, permitting = asyncio.Event(), asyncio.Event()
    ids = []

    async def never(**_):
        await asyncio.Event().wait()

    def watch(stamped):
        if isinstance(stamped.event, e.QuestionAsked):
            ids.append(stamped.event.question_id)
            asking.set()
        elif isinstance(stamped.event, e.PermissionAsked):
            ids.append(stamped.event.request_id)
            permitting.set()

    runtime.hooks.replace(EventType.ASK_USER, never)
    runtime.hooks.replace(EventType.PERMISSION_REQUEST, never)
    runtime.subscribe(watch)
    await runtime.run("hi")
    visitor = Visitor(door_of(runtime))
    told = await asked(visitor, "say", text="and this")
    assert runtime.queued_messages[0].id == told["id"]
    running = asyncio.create_task(runtime.run("work"))
    async with asyncio.timeout(GUARD):
        await asking.wait()
        assert await asked(visitor, "answer", id=ids[0], text="blue") == {"ok": True}
        await permitting.wait()
    assert (
        "[ask_user] A: blue" not in runtime.messages[-1]["content"]
    )  # that is the reply which asks for more
    assert any("blue" in message["content"] for message in runtime.messages)
    assert await asked(visitor, "answer", id="nonsense", text="y") == {"ok": False}
    assert await asked(visitor, "answer", id=ids[1], text="not now") == {"ok": True}
    assert await asked(visitor, "stop") == {"ok": True}
    async with asyncio.timeout(GUARD):
        await running
    denied = [message["content"] for message in runtime.messages if "not now" in message["content"]]
    assert denied or runtime.last_outcome.status == "aborted"
    assert "Unknown request" in (await asked(visitor, "dance"))["error"]
    assert "not understood" in (await asked(visitor, "say"))["error"]
    visitor.close()


@pytest.mark.slow
async def test_the_socket_of_a_killed_program_is_removed_by_the_next_opener(make, tmp_path):
    program = (
        "import asyncio, os, sys\n"
        "from codepilot import AsyncRuntime, events as e\n"
        "async def main():\n"
        "    runtime = AsyncRuntime(sys.argv[1], session='journal', session_id='one', use_stdin=False)\n"
        "    runtime.subscribe(lambda s: os.kill(os.getpid(), 9) if isinstance(s.event, e.StepStarted) else None)\n"
        "    await runtime.run('work')\n"
        "asyncio.run(main())\n"
    )
    runtime = make("Hello.\n")
    root = str(Path(codepilot.__file__).resolve().parents[1])
    killed = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "agent.yaml")],
        env={**os.environ, "PYTHONPATH": root, "OPENAI_API_KEY": "none"},
        check=False,
    )
    assert killed.returncode == -9
    lock = runtime.session.path.with_name(LOCK)
    left = Path(json.loads(lock.read_bytes())["door"])
    assert left.exists()
    again = make("Hello.\n")
    assert not left.exists()
    assert again.unfinished is not None


def test_a_path_in_a_lock_file_removes_nothing_else(tmp_path):
    from codepilot.journal.lease import Lease

    other = socket.socket(socket.AF_UNIX)
    other.bind(str(tmp_path / "other.sock"))
    for path in (tmp_path / "other.sock", tmp_path / ".door-file"):
        if not path.exists():
            path.write_text("x")
        (tmp_path / "lock").write_text(json.dumps({"pid": 1, "door": str(path)}))
        Lease(tmp_path / "lock").release()
        assert path.exists()
    other.close()


# -- the socket alone -----------------------------------------------------------------------------------------------


@pytest.fixture
def opened(tmp_path):
    """A door over a journal of one record, and what tells it of a new one."""
    journal = tmp_path / "journal.jsonl"
    journal.write_bytes(encode(1, 1.0, "thought", {"message": "m"}))
    sinks = []

    def subscribe(sink):
        sinks.append(sink)
        return lambda: None

    within = Within(journal, lambda text: "m1", lambda: None, lambda key, text: True)
    door = Door(tmp_path, within, subscribe)
    door.recorded = lambda: sinks[0](e.Stamped(1, 1.0, e.Thought(message="m")))
    yield door
    door.close()


def turned_away(door):
    visitor = Visitor(door.path)
    try:
        visitor.ask("say", text="hello")
    except OSError:  # a broken pipe, or the end of the stream
        return True
    finally:
        visitor.close()
    return False


def served(door, many):
    """Wait until so many programs are served, by the door's own threads."""
    end = time.monotonic() + GUARD
    while len(door._served) != many:
        assert time.monotonic() < end
        os.sched_yield()


def test_readers_that_leave_make_room_although_nothing_happens(opened):
    for _ in range(3):
        readers = [Visitor(opened.path) for _ in range(16)]
        for reader in readers:
            assert reader.ask("events", **{"from": 1})["record"]["n"] == 1
        for reader in readers:
            reader.close()
        served(opened, 0)
    visitor = Visitor(opened.path)
    assert visitor.ask("say", text="hello") == {"id": "m1"}
    visitor.close()


def test_sixteen_are_served_and_the_next_is_turned_away(opened):
    readers = [Visitor(opened.path) for _ in range(16)]
    for reader in readers:
        reader.ask("events", **{"from": 1})
    assert turned_away(opened)
    readers.pop().close()
    served(opened, 15)
    last = Visitor(opened.path)
    assert last.ask("say", text="hello") == {"id": "m1"}
    for reader in [*readers, last]:
        reader.close()


@pytest.mark.parametrize(
    "request_line",
    [b"[" * 50_000, b'{"op":"say","text":null}', b'{"op":"answer","id":"q1"}', b"17"],
    ids=["deep", "no words", "a field is missing", "a number"],
)
def test_a_request_that_is_none_is_answered_as_such_and_the_next_is_served(opened, request_line):
    with socket.socket(socket.AF_UNIX) as other:
        other.settimeout(GUARD)
        other.connect(str(opened.path))
        with other.makefile("rb") as stream:
            other.sendall(request_line + b"\n")
            assert "not understood" in json.loads(stream.readline())["error"]
            other.sendall(b'{"op":"say","text":"hello"}\n')
            assert json.loads(stream.readline()) == {"id": "m1"}


def test_one_that_ends_its_own_sending_still_reads(opened):
    with socket.socket(socket.AF_UNIX) as reader:
        reader.settimeout(GUARD)
        reader.connect(str(opened.path))
        reader.sendall(b'{"op": "events"}\n')
        reader.shutdown(socket.SHUT_WR)
        with reader.makefile("rb") as stream:
            assert json.loads(stream.readline())["record"]["n"] == 1
            with opened._within.journal.open("ab") as journal:
                journal.write(encode(2, 1.0, "thought", {"message": "m"}))
            opened.recorded()
            assert json.loads(stream.readline())["record"]["n"] == 2


def test_the_process_of_another_user_is_turned_away(opened, monkeypatch):
    mine = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: mine + 1)
    assert turned_away(opened)
    monkeypatch.undo()
    visitor = Visitor(opened.path)
    assert visitor.ask("say", text="hello") == {"id": "m1"}
    visitor.close()


def test_making_it_leaves_the_mode_of_other_files_alone(opened, monkeypatch):
    """The umask is of the whole program: what another thread makes in that moment would get it, too."""
    assert stat.S_IMODE(opened.path.stat().st_mode) == 0o600
    monkeypatch.delattr(os, "umask")
    Door(opened.path.parent, opened._within, lambda sink: lambda: None).close()
