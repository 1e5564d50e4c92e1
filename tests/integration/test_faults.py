"""kill -9 of each part under a running task: a clear event, and the runtime goes on. No screen; the bench's are in e2e."""

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from codepilot import events as e
from codepilot.agentfile import AgentConfig, ModelConfig, RuntimeConfig
from codepilot.runtime import AsyncRuntime
from codepilot.script import Turn
from codepilot.testing.model_server import ModelServer

pytestmark = pytest.mark.slow


def block(code):
    return f"```codepilot\n{code}\n```\n"


def config_for(url, work_dir):
    model = ModelConfig(provider="openai", name="scripted", base_url=url)
    return AgentConfig(
        name="Tested", model=model, runtime=RuntimeConfig(work_dir=work_dir), path=work_dir / "agent.yaml"
    )


class Watched:
    """A runtime with its events, and a way to await one."""

    def __init__(self, config):
        self.runtime = AsyncRuntime(config, use_stdin=False)
        for event in self.runtime.hooks.default_events():
            self.runtime.hooks.clear(event)
        self.events = []
        self._news = asyncio.Event()
        self.runtime.subscribe(self._take)

    def _take(self, stamped):
        self.events.append(stamped.event)
        self._news.set()

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, condition):
        async with asyncio.timeout(60):
            while not condition():
                self._news.clear()
                await self._news.wait()

    @property
    def results(self):
        return [event.result for event in self.of(e.ToolFinished)]


@pytest.fixture
async def bench(tmp_path):
    opened = []

    def make(*turns):
        server = ModelServer(list(turns)).__enter__()
        watched = Watched(config_for(server.openai_url, tmp_path))
        opened.append((server, watched))
        return watched

    yield make
    for server, watched in opened:
        await watched.runtime.close()
        server.__exit__(None, None, None)


DONE = "```completion\nDone.\n```"


async def test_the_worker_killed_in_a_block(bench):
    b = bench(
        block("kept = 7\ndef gone(): pass\n"),
        block("execute('main', 'sleep 60', timeout=50)"),
        block("think(kept)"),
        DONE,
    )
    running = asyncio.create_task(b.runtime.run("go"))
    await b.until(lambda: any(call.tool == "execute" for call in b.of(e.ToolStarted)))
    os.kill(b.runtime._agent.executor._pool.process.pid, signal.SIGKILL)
    assert await running == "Done."
    assert b.of(e.WorkerLost)
    assert "gone" in b.of(e.WorkerLost)[0].lost
    assert b.of(e.Thought)[0].message == "7"
    assert any(failed.kind == "crashed" for failed in b.of(e.ControlFinished))


async def test_the_shell_killed_under_a_command_and_a_new_one_is_named(bench):
    b = bench(block("execute('main', 'kill -9 $$')"), block("execute('main', 'echo alive')"), DONE)
    assert await b.runtime.run("go") == "Done."
    first, second = b.results
    assert "137" in first or "killed" in first.lower()
    assert "alive" in second
    assert "new" in second.lower()


async def test_the_terminal_host_killed_under_a_command(bench):
    b = bench(
        block("execute('main', 'echo started; sleep 60', timeout=50)"),
        block("execute('main', 'echo alive')"),
        DONE,
    )
    running = asyncio.create_task(b.runtime.run("go"))
    await b.until(lambda: any(call.tool == "execute" for call in b.of(e.ToolStarted)))
    client = await b.runtime._agent.shells.service.client()
    os.kill(client.host_pid, signal.SIGKILL)
    assert await running == "Done."
    assert [failed.source for failed in b.of(e.RuntimeFailed)].count("terminal") == 1
    assert "alive" in b.results[-1]
    assert "new one" in b.results[-1] or "new one" in b.results[0]


async def test_the_terminal_host_killed_while_idle(bench):
    b = bench(block("execute('main', 'echo one')"), DONE, block("execute('main', 'echo two')"), DONE)
    assert await b.runtime.run("first") == "Done."
    os.kill((await b.runtime._agent.shells.service.client()).host_pid, signal.SIGKILL)
    await b.until(lambda: any(failed.source == "terminal" for failed in b.of(e.RuntimeFailed)))
    assert await b.runtime.run("second") == "Done."
    assert "two" in b.results[-1]


async def test_the_model_server_killed_in_mid_stream(tmp_path):
    script = tmp_path / "script.json"
    script.write_text('[{"text": "One two three four five six seven.", "delay": 0.3}]')
    command = [sys.executable, "-m", "codepilot.testing.model_server", str(script), "--print-url"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    urls = [server.stdout.readline().split()[-1] for _ in range(2)]
    url = next(url for url in urls if url.endswith("/v1"))
    b = Watched(config_for(url, tmp_path))
    try:
        running = asyncio.create_task(b.runtime.run("go"))
        await b.until(lambda: bool(b.of(e.TextStreamed)))
        server.kill()
        server.wait()
        assert await running is None
        assert b.runtime.last_outcome.status == "failed"
        (failed,) = [event for event in b.of(e.RuntimeFailed) if event.source == "provider"]
        assert failed.hint
        with ModelServer([Turn(text=DONE)]) as again:
            await b.runtime.close()
            b.runtime = AsyncRuntime(
                replace(config_for(again.openai_url, tmp_path), name="Tested"), use_stdin=False
            )
            b.runtime.hooks.clear("finish")
            assert await b.runtime.run("go") == "Done."
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
        await b.runtime.close()
