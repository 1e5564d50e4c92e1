"""The bridge with a real runtime on its thread, and a provider that answers when it is told."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from dataclasses import replace

import pytest

from codepilot import events as e
from codepilot.agentfile import AgentConfig
from codepilot.messages import ReplyEnd, TextDelta, Usage
from codepilot.paths import packaged_agent_file
from codepilot.runtime import AsyncRuntime
from codepilot_tui.bridge import Bridge, Callbacks

pytestmark = pytest.mark.slow
GUARD = 30
DONE = "```completion\nDone.\n```\n"


class Answering:
    """A model that says what is put into `reply`."""

    name = "told"
    model = "told"

    def __init__(self):
        self.reply = Future()
        self.asked = asyncio.Event()
        self.loop = asyncio.get_running_loop()

    async def stream(self, request):
        self.loop.call_soon_threadsafe(self.asked.set)
        yield TextDelta(await asyncio.wrap_future(self.reply))
        yield ReplyEnd(reason="stop", usage=Usage(input_tokens=1, output_tokens=1))

    async def close(self):
        """Nothing to let go of."""


class Told:
    """What the bridge tells its screen."""

    def __init__(self):
        self.events = []
        self.ready, self.idle = asyncio.Event(), asyncio.Event()
        self.working_when_idle = None
        self.bridge = None

    def take(self, batch):
        self.events += [stamped.event for stamped in batch]

    def is_idle(self):
        self.working_when_idle = self.bridge.working
        self.idle.set()


@pytest.fixture
async def told(tmp_path):
    config = AgentConfig.load(packaged_agent_file())
    config = replace(config, runtime=replace(config.runtime, work_dir=str(tmp_path)))
    provider, told = Answering(), Told()
    runtime = AsyncRuntime(config, provider=provider, session="memory", use_stdin=False, on_exit="end")
    told.provider = provider
    told.bridge = Bridge(
        runtime,
        asyncio.get_running_loop(),
        Callbacks(
            events=told.take,
            asked=lambda _: None,
            withdrawn=lambda _: None,
            ready=lambda _: told.ready.set(),
            failed=lambda what, hint: pytest.fail(f"{what} {hint}"),
            idle=told.is_idle,
        ),
    )
    told.bridge.start()
    try:
        await asyncio.wait_for(told.ready.wait(), GUARD)
        yield told
    finally:
        await told.bridge.close("end")


async def test_it_works_until_the_screen_was_told_the_end(told):
    """Between the end of a task and the word of it a message would be sent as a task, and what waited be lost."""
    told.bridge.send("Do it")
    told.provider.reply.set_result(DONE)
    told.bridge._task.result(20)  # the screen's loop stands still meanwhile
    assert told.bridge.working and not told.idle.is_set()
    await asyncio.wait_for(told.idle.wait(), GUARD)
    assert told.working_when_idle is False and not told.bridge.working
    assert isinstance(told.events[-1], e.TaskFinished)


async def test_a_second_task_waits_for_nothing_of_the_first(told):
    told.bridge.send("Do it")
    told.provider.reply.set_result(DONE)
    await asyncio.wait_for(told.idle.wait(), GUARD)
    told.idle.clear()
    told.provider.asked.clear()
    told.provider.reply = Future()
    told.bridge.send("And that")
    assert told.bridge.working
    await asyncio.wait_for(told.provider.asked.wait(), GUARD)
    told.bridge.stop()
    await asyncio.wait_for(told.idle.wait(), GUARD)
    assert told.events[-1].status == "aborted"
