"""The socket of the program that holds a session."""

import asyncio
import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import codepilot
from codepilot import AsyncRuntime, EventType
from codepilot import events as e
from codepilot.errors import SessionBusy
from codepilot.journal.holder import holder_of
from codepilot.journal.place import LOCK
from codepilot.journal.visitor import Visitor
from codepilot.testing import ModelServer

GUARD = 30


@pytest.fixture
async def make(tmp_path):
    made, servers = [], contextlib.ExitStack()

    def make(*turns, **options):
        server = servers.enter_context(ModelServer(turns))
        file = tmp_path / "agent.yaml"
        file.write_text(
            f"agent:\n  name: Test\n  model: {{provider: openai, name: scripted, base_url: {server.openai_url}}}\n"
            "  runtime: {work_dir: ./work, max_steps: 6}\n"
        )
        options = {"session": "journal", "session_id": "one", "allow": ("all",), **options}
        made.append(AsyncRuntime(str(file), **options))
        return made[-1]

    yield make
    for runtime in made:
        await runtime.close()
    servers.close()


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
