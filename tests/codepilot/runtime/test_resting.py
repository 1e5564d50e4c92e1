"""Worker processes are given back while a runtime is idle, and nobody notices but the machine."""

import asyncio
import contextlib
import os
import sys
from pathlib import Path

import pytest

from codepilot import AsyncRuntime, Runtime
from codepilot import events as e
from codepilot.errors import UsageError
from codepilot.testing import ModelServer, Turn

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def children():
    found = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has just gone
            if int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]) == os.getpid():
                found.add(int(pid))
    return found


def block(code):
    return f"```codepilot\n{code}\n```\n"


DONE = "```completion\nDone.\n```\n"


@pytest.fixture
def make(tmp_path):
    servers = []

    def make(kind, *turns):
        server = ModelServer([Turn(text=text) for text in turns]).__enter__()
        servers.append(server)
        file = tmp_path / "agent.yaml"
        file.write_text(
            f"agent:\n  name: Test\n  model: {{provider: openai, name: scripted, base_url: {server.openai_url}}}\n"
            "  runtime: {work_dir: ./work}\n"
        )
        runtime = kind(str(file))
        runtime.seen = []
        runtime.subscribe(lambda stamped: runtime.seen.append(stamped.event))
        return runtime, server

    yield make
    for server in servers:
        server.__exit__(None, None, None)


def told(server):
    """What the model was told last."""
    return str(server.requests[-1].body["messages"][-1])


async def test_the_next_task_finds_the_names(make):
    runtime, server = make(AsyncRuntime, block("n = 41"), DONE, block("print(n + 1)"), DONE)
    before = children()
    async with runtime:
        await runtime.run("Count")
        assert len(children() - before) == 2
        count = len(runtime.seen)
        assert await runtime.rest() is True
        assert children() == before
        assert runtime.seen[count:] == []
        await runtime.run("Go on")
        assert "42" in told(server)
        assert not any(isinstance(event, e.WorkerLost) for event in runtime.seen)
    assert children() == before


async def test_a_function_keeps_its_worker(make):
    runtime, server = make(AsyncRuntime, block("def f(): return 42"), DONE, block("print(f())"), DONE)
    before = children()
    async with runtime:
        await runtime.run("Count")
        assert await runtime.rest() is False
        assert len(children() - before) == 1
        await runtime.run("Go on")
        assert "42" in told(server)


async def test_a_task_that_is_worked_on_is_left_alone(make):
    runtime, server = make(AsyncRuntime, block("n = 1\nprint(look())"), DONE)
    said = []

    async def look():
        """Look."""
        said.append(await runtime.rest())
        return 7

    runtime.register_tool("look", look, effect="read")
    async with runtime:
        await runtime.run("Count")
        assert said == [False] and "7" in told(server)


async def test_without_a_spare_there_is_one_worker(make):
    runtime, _ = make(AsyncRuntime, block("n = 1"), DONE)
    before = children()
    async with runtime:
        await runtime.keep_spare(False)
        await runtime.run("Count")
        assert len(children() - before) == 1
        await runtime.keep_spare(True)
        assert len(children() - before) == 2


async def test_not_after_close(make):
    runtime, _ = make(AsyncRuntime)
    await runtime.close()
    with pytest.raises(UsageError):
        await runtime.rest()
    with pytest.raises(UsageError):
        await runtime.keep_spare(False)


def test_between_two_event_loops(make):
    runtime, server = make(AsyncRuntime, block("n = 41"), DONE, block("print(n + 1)"), DONE)
    before = children()
    asyncio.run(runtime.run("Count"))
    assert asyncio.run(runtime.rest()) is True
    assert children() == before
    asyncio.run(runtime.run("Go on"))
    assert "42" in told(server)
    asyncio.run(runtime.close())


def test_for_ordinary_code(make):
    runtime, server = make(Runtime, block("n = 41"), DONE, block("print(n + 1, look())"), DONE)
    said = []

    def look():
        """Look."""
        said.append(runtime.rest())
        return 7

    runtime.register_tool("look", look, effect="read")
    before = children()
    with runtime:
        assert runtime.rest() is True, "nothing was started, and nothing is"
        runtime.run("Count")
        assert runtime.rest() is True
        assert children() == before
        runtime.run("Go on")
        assert "42 7" in told(server) and said == [False]
    with pytest.raises(UsageError):
        runtime.rest()
