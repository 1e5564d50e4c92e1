"""The demo's model as a provider: what it streams, and the whole play through a runtime."""

import asyncio
import shutil

import pytest

from codepilot import AsyncRuntime
from codepilot.demo import DEMO_TASK, DemoProvider, create_project
from codepilot.demo.script import next_reply
from codepilot.messages import ModelMessage, ModelRequest, ReplyEnd, TextDelta
from codepilot.paths import packaged_agent_file
from codepilot.ports import Provider
from codepilot.testing import ManualClock


def request(task="Fix it"):
    return ModelRequest(
        system="You are tested.",
        messages=(ModelMessage("user", f"[Task 1][USER INPUT]\n{task}"),),
        max_tokens=100,
    )


async def test_it_streams_the_reply_word_by_word_and_ends_properly():
    provider = DemoProvider(pace=0)
    events = [event async for event in provider.stream(request())]
    assert isinstance(provider, Provider)
    assert all(isinstance(event, TextDelta) for event in events[:-1])
    assert len(events) > 20
    assert "".join(event.text for event in events[:-1]) == next_reply(request().messages)
    assert isinstance(events[-1], ReplyEnd)
    assert events[-1].reason == "stop"
    assert events[-1].usage.output_tokens > 0
    await provider.close()


async def test_its_pace_is_the_clocks():
    clock = ManualClock()
    stream = DemoProvider(pace=5.0, clock=clock).stream(request())
    began = clock.monotonic()
    first = asyncio.ensure_future(anext(stream))
    while not first.done():
        await asyncio.sleep(0)
        clock.advance(1.0)
    assert clock.monotonic() - began >= 5.0
    await stream.aclose()


@pytest.fixture
def project(tmp_path):
    root = create_project(tmp_path)
    yield root
    shutil.rmtree(root)


@pytest.mark.slow
async def test_the_play_mends_the_project_and_knows_that_it_is_over(project):
    async with AsyncRuntime(
        packaged_agent_file(),
        provider=DemoProvider(pace=0),
        work_dir=project,
        use_stdin=False,
        environment={},
    ) as runtime:
        for point in runtime.hooks.default_events():
            runtime.hooks.clear(point)
        summary = await runtime.run(DEMO_TASK)
        assert "all five tests pass" in summary
        assert "raise OutOfStock" in (project / "inventory" / "stock.py").read_text()
        assert await runtime.run("And now?") is None
        assert "demo is over" in runtime.last_outcome.reply
