"""What follows a task: saved, forgotten or closed; asked for meanwhile, it is done at the end."""

import asyncio

import pytest

from codepilot import AsyncRuntime, EventType
from codepilot.errors import UsageError
from codepilot.sessions import InMemorySession
from codepilot.testing import ModelServer

GUARD = 60
DONE = "```completion\nDone.\n```\n"
CALL = "```codepilot\nown()\n```\n"


@pytest.fixture
async def make(tmp_path):
    made = []
    with ModelServer() as server:

        def make(*turns, session="memory", **more):
            for turn in turns:
                server.script.add(turn)
            file = tmp_path / "agent.yaml"
            file.write_text(
                f"agent:\n  name: T\n  model: {{provider: openai, name: m, base_url: {server.openai_url}}}\n"
                "  runtime: {work_dir: ./work, max_steps: 6}\n"
            )
            runtime = AsyncRuntime(str(file), session, **more)
            made.append(runtime)
            return runtime

        yield make
        for runtime in made:
            await runtime.close()


async def test_a_task_is_saved_when_it_is_over(make):
    session = InMemorySession("s")
    runtime = make(DONE, session=session)
    assert (await runtime._life.run("go")).status == "done"
    assert session.load() == runtime.messages != []


async def test_a_tool_that_forgets_is_done_with_at_the_end_of_its_task(make):
    session = InMemorySession("s")
    runtime = make(CALL, DONE, session=session)

    async def own():
        await runtime._life.forget()
        assert runtime.messages  # not yet
        await asyncio.Event().wait()

    runtime.register_tool("own", own)
    async with asyncio.timeout(GUARD):
        assert (await runtime._life.run("go")).status == "aborted"
    assert (runtime.messages, session.load()) == ([], [])


async def test_a_tool_that_closes_is_done_with_at_the_end_of_its_task(make):
    runtime = make(CALL)

    async def own():
        await runtime._life.close()
        assert not runtime._life.tasks.closed
        await asyncio.Event().wait()

    runtime.register_tool("own", own)
    async with asyncio.timeout(GUARD):
        assert (await runtime._life.run("go")).status == "aborted"
    assert runtime._life.tasks.closed
    with pytest.raises(UsageError, match="closed"):
        await runtime._life.run("again")


async def test_a_task_may_not_begin_another(make):
    runtime, refused = make(CALL, DONE), []

    async def own():
        with pytest.raises(UsageError, match="send_message") as caught:
            await runtime._life.run("inner")
        refused.append(caught.value)

    runtime.register_tool("own", own)
    async with asyncio.timeout(GUARD):
        assert (await runtime._life.run("go")).status == "done"
    assert len(refused) == 1


async def test_a_reader_that_is_gone_is_told_once_and_counted_at_the_end(make):
    """As a web program whose client left: each piece of the stream fails."""
    runtime, pieces, failed = make("one two three four", stream=True), [], []

    def write(text, **_):
        pieces.append(text)
        raise BrokenPipeError("gone")

    runtime.hooks.replace(EventType.STREAM, write)
    runtime.hooks.replace(EventType.RUNTIME_ERROR, lambda error, **_: failed.append(error))
    await runtime.run("go")
    assert len(pieces) > 2
    assert failed == [
        "A handler for stream raised BrokenPipeError: gone",
        f"A handler for stream raised BrokenPipeError {len(pieces) - 1} more times in this task.",
    ]
