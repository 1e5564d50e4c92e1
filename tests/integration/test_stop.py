"""A stop reaches what runs, whatever it is: a question, a command, a block that computes. The next task works."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from codepilot import events as e
from codepilot.agentfile import AgentConfig, ModelConfig, RuntimeConfig
from codepilot.hooks import EventType
from codepilot.runtime import AsyncRuntime
from codepilot.testing import ModelServer, Turn

pytestmark = pytest.mark.slow

GUARD = 60
NEXT = [Turn(text="```completion\nThe next one is through.\n```", match=r"\[Task 2\]")]


class Stage:
    """A runtime on a scripted model, with what it reported."""

    def __init__(self, work_dir: Path, server: ModelServer) -> None:
        model = ModelConfig(provider="openai", name="scripted", base_url=server.openai_url)
        config = AgentConfig(
            name="Stopped",
            model=model,
            runtime=RuntimeConfig(work_dir=work_dir),
            path=work_dir / "agent.yaml",
        )
        self.runtime = AsyncRuntime(config, mode="ask", use_stdin=False)
        for event in self.runtime.hooks.default_events():
            self.runtime.hooks.clear(event)
        self.events: list[Any] = []
        self._news = asyncio.Event()
        self.runtime.subscribe(self._take)

    def _take(self, stamped: e.Stamped) -> None:
        self.events.append(stamped.event)
        self._news.set()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for events until it holds."""
        async with asyncio.timeout(GUARD):
            while not condition():
                self._news.clear()
                await self._news.wait()

    def seen(self, kind: type[Any]) -> list[Any]:
        """The events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]

    async def stop(self, task: asyncio.Task[Any]) -> None:
        """Stop, and look that the runtime is fit for another task."""
        self.runtime.abort()
        async with asyncio.timeout(GUARD):
            assert await task is None
        assert self.runtime.last_outcome is not None
        assert self.runtime.last_outcome.status == "aborted"
        async with asyncio.timeout(GUARD):
            assert await self.runtime.run("And now?") == "The next one is through."


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Callable[[str], Stage]]:
    opened: list[tuple[Stage, ModelServer]] = []

    def make(code: str) -> Stage:
        server = ModelServer([Turn(text=f"```codepilot\n{code}\n```\n"), *NEXT]).__enter__()
        opened.append((Stage(tmp_path, server), server))
        return opened[-1][0]

    yield make
    for made, server in opened:
        await made.runtime.close()
        server.__exit__(None, None, None)


async def test_while_a_permission_is_asked_for(stage: Callable[[str], Stage], tmp_path: Path) -> None:
    made = stage("execute('main', 'touch ran')")
    given_up = asyncio.Event()
    asked = asyncio.Event()

    async def wait_for_ever(**_: Any) -> bool:
        asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            given_up.set()
            raise
        return True

    made.runtime.hooks.replace(EventType.PERMISSION_REQUEST, wait_for_ever)
    task = asyncio.create_task(made.runtime.run("Go."))
    async with asyncio.timeout(GUARD):
        await asked.wait()
    await made.stop(task)
    assert given_up.is_set(), "the question still waits, though nobody wants its answer"
    assert [event.allow for event in made.seen(e.PermissionAnswered)] == [False]
    assert not (tmp_path / "ran").exists()


async def test_while_a_question_is_asked(stage: Callable[[str], Stage]) -> None:
    made = stage("answer = ask_user('Which one?')")
    given_up, asked = asyncio.Event(), asyncio.Event()

    async def wait_for_ever(**_: Any) -> str:
        asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            given_up.set()
            raise
        return ""

    made.runtime.hooks.replace(EventType.ASK_USER, wait_for_ever)
    task = asyncio.create_task(made.runtime.run("Go."))
    async with asyncio.timeout(GUARD):
        await asked.wait()
    await made.stop(task)
    assert given_up.is_set()
    assert [event.answer for event in made.seen(e.QuestionAnswered)] == [None]


@pytest.mark.parametrize("command", ["touch up; sleep 600", "(trap '' INT; touch up; sleep 600)"])
async def test_while_a_command_runs(stage: Callable[[str], Stage], tmp_path: Path, command: str) -> None:
    """The rest of the line does not run either, also where the program had to be ended by a harder signal."""
    made = stage(f'execute("main", "{command}; touch through", timeout=600)')
    made.runtime.hooks.replace(EventType.PERMISSION_REQUEST, lambda **_: True)
    task = asyncio.create_task(made.runtime.run("Go."))
    await made.until(lambda: made.seen(e.PermissionAnswered))
    client = await made.runtime._agent.shells.service.client()

    async def state() -> str:
        return {terminal.name: terminal.state for terminal in await client.list()}.get("main", "")

    async with asyncio.timeout(GUARD):
        while not (tmp_path / "up").exists():
            await state()
    await made.stop(task)
    async with asyncio.timeout(GUARD):
        while await state() != "idle":
            pass
    assert not (tmp_path / "through").exists()


async def test_while_a_block_computes(stage: Callable[[str], Stage]) -> None:
    made = stage("execute('main', 'echo on')\nwhile True:\n    pass")
    made.runtime.hooks.replace(EventType.PERMISSION_REQUEST, lambda **_: True)
    task = asyncio.create_task(made.runtime.run("Go."))
    await made.until(lambda: made.seen(e.ToolFinished))
    worker = made.runtime._agent.executor._pool.process.pid
    await made.stop(task)
    assert worker is not None
    async with asyncio.timeout(GUARD):  # it is dead at once, and collected soon
        while Path(f"/proc/{worker}").exists():
            await asyncio.to_thread(os.sched_yield)
