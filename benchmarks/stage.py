"""The real workbench as a program that plays one scene: `python -m benchmarks.stage SCENE FILE`.

Its results go to FILE as JSON once the scene is over; the program then goes on until it is ended.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import procs
from codepilot import events as e
from codepilot.agentfile import AgentConfig
from codepilot.demo import DemoProvider
from codepilot.paths import packaged_agent_file
from codepilot.runtime import AsyncRuntime
from codepilot.sessions import InMemorySession
from codepilot.terminal.client import TerminalClient
from codepilot_tui.__main__ import parser
from codepilot_tui.app import WorkbenchApp
from codepilot_tui.plan import AgentPlan
from codepilot_tui.screens.agent_control import AgentControl
from codepilot_tui.widgets.terminal import TerminalPane

FLOOD = 300.0
"""Seconds that a flood may take, and a bare read of the same: on a busy machine 100 MB of `yes` take a minute."""
FRAME = 1 / 30
"""The bridge hands events over at this pace."""

MARKDOWN = """\
## what was found

the subtraction in `stock.remove` has **no guard**, so the count goes *below zero* and nobody is told. there are two
ways to mend it, and the first one keeps the [return value](https://example.org/a) as it is:

- look at the callers of `remove`
- add the guard, with the figures in the message
  1. how many were asked for
  2. how many there are

```python
def remove(self, code, quantity):
    have = self.items.get(code, 0)
    if quantity > have:
        raise outofstock(f"{quantity} of {code} asked for, {have} left")
    self.items[code] = have - quantity
    return self.items[code]
```

| file | lines | state |
|------|------:|-------|
| stock.py | 26 | changed |
| report.py | 7 | as it was |

> nothing else in the project depends on the old behaviour.

"""
"""No capital Cyrillic letters: those are the keys whose echo is awaited."""


def markdown(size: int) -> str:
    """So many characters of ordinary Markdown."""
    return (MARKDOWN * (size // len(MARKDOWN) + 1))[:size]


def conversation(messages: int) -> Iterator[e.Event]:
    """A long session: tasks and replies in turns, each reply with a call."""
    for number in range(1, messages // 2 + 1):
        yield e.TaskStarted(
            task=f"task {number}: " + "look into the stock and mend what is wrong there. " * 3, number=number
        )
        yield e.StepStarted(step=1, max_steps=40)
        yield e.TextStreamed(text=f"reply {number}: " + MARKDOWN[: 200 + number * 37 % 500])
        yield e.ReplyFinished(text="", reason="stop", input_tokens=1000 + number)
        yield e.ControlStarted(code="read_file('inventory/stock.py')")
        call = f"c{number}"
        yield e.ToolStarted(
            call_id=call, tool="read_file", args={"path": "inventory/stock.py"}, label="inventory/stock.py"
        )
        yield e.ToolFinished(call_id=call, tool="read_file", result="1 | text\n" * 12, figure="1–12 of 12")
        yield e.ControlFinished(ok=True)
        yield e.TaskFinished(status="replied", steps=1, seconds=1.0)


class Stage(WorkbenchApp):
    """The workbench with one scene instead of a task."""

    def __init__(self, scene: str, result: Path) -> None:
        super().__init__(parser().parse_args([]))
        self._scene = scene
        self._result = result
        self._sequence = 0
        self.frames = 0
        """How often something was written to the terminal."""

    def _display(self, screen: Any, renderable: Any) -> None:
        self.frames += renderable is not None
        super()._display(screen, renderable)

    @property
    def agent(self) -> AgentControl:
        """The agent's side of the screen."""
        assert self.session.agent is not None
        return self.session.agent

    async def show_session(self) -> None:
        await self.push_screen(self.session)
        self.garbage.start()
        await self.session.furnish()
        config = AgentConfig.load(packaged_agent_file())
        config = replace(config, runtime=replace(config.runtime, work_dir=str(Path.cwd())))
        session = InMemorySession("bench")
        if self._scene == "memory":
            session.save([
                {"role": ("user", "assistant")[number % 2], "content": f"{number} {MARKDOWN[:600]}"}
                for number in range(10_000)
            ])  # fmt: skip
        live = self._scene in ("flood", "memory", "resize")
        plan = AgentPlan(
            name=config.name, model=DemoProvider.model, mode="ask", work_dir=Path.cwd(), on_exit="end",
            make=lambda: AsyncRuntime(
                config, session=session, provider=DemoProvider(), mode="ask", use_stdin=False
            ),
            live=live,
        )  # fmt: skip
        await self.session.build(plan)
        self.call_after_refresh(self._play)

    @property
    def socket(self) -> Path:
        """Of the terminal host."""
        parts = self.session.parts
        assert parts is not None and parts.terminals._driver._connection._client is not None
        return parts.terminals._driver._connection._client.socket_path

    def _play(self) -> None:
        scene: Callable[[Stage], Awaitable[dict[str, Any]]] = SCENES[self._scene]
        self.run_worker(self._to_the_end(scene))

    async def _to_the_end(self, scene: Callable[[Stage], Awaitable[dict[str, Any]]]) -> None:
        self.tell("result", await scene(self))

    def tell(self, name: str, facts: dict[str, Any]) -> None:
        """Put facts where the measuring program looks for them, whole or not at all."""
        path = self._result.with_name(name)
        path.with_suffix(".new").write_text(json.dumps(facts))
        path.with_suffix(".new").rename(path)

    def show(self, *events: e.Event) -> None:
        """As the bridge hands over a batch."""
        batch = []
        for event in events:
            self._sequence += 1
            batch.append(e.Stamped(self._sequence, time.time(), event))
        self.agent.take_events(batch)

    async def fill(self, messages: int) -> None:
        """A long session, in batches so that no frame is starved."""
        events = list(conversation(messages))
        for start in range(0, len(events), 2000):
            self.show(*events[start : start + 2000])
            await asyncio.sleep(0)

    async def stream(self, text: str, *, per_frame: int) -> float:
        """A reply in pieces of 16 characters, so many characters a frame; returns CPU seconds.

        The pace is that of frames, so what the machine cannot keep up with comes later, and nothing is left out.
        """
        self.show(e.TaskStarted(task="write", number=1), e.StepStarted(step=1, max_steps=1))
        began = time.process_time()
        for start in range(0, len(text), per_frame):
            frame = text[start : start + per_frame]
            self.show(*(e.TextStreamed(text=frame[at : at + 16]) for at in range(0, len(frame), 16)))
            await asyncio.sleep(FRAME)
        self.show(e.ReplyFinished(text="", reason="stop"), e.TaskFinished(status="replied"))
        await asyncio.sleep(0.3)
        return time.process_time() - began


async def echo(stage: Stage) -> dict[str, Any]:
    """A long session and a stream that does not end while keys come."""
    await stage.fill(10_000)
    await asyncio.sleep(1)
    stage.tell("typing", {"rss": procs.rss(os.getpid())})
    await stage.stream(markdown(4_000_000), per_frame=96)
    return {}


async def stream_100k(stage: Stage) -> dict[str, Any]:
    """Two streams, one after the other, in one session."""
    await asyncio.sleep(0.5)
    return {"cpu": await stage.stream(markdown(100_000), per_frame=1024)}


async def stream_200k(stage: Stage) -> dict[str, Any]:
    await asyncio.sleep(0.5)
    return {"cpu": await stage.stream(markdown(200_000), per_frame=1024)}


async def memory(stage: Stage) -> dict[str, Any]:
    """A long session in the runtime and on the screen, with an SDK and its client."""
    await until(lambda: stage.agent.ready)
    empty = procs.rss(os.getpid())
    import openai

    stage.client = openai.AsyncOpenAI(api_key="not-a-key")  # type: ignore[attr-defined]
    loaded = procs.rss(os.getpid())
    await stage.fill(10_000)
    await asyncio.sleep(1.5)
    own = os.getpid()
    return {
        "empty": empty, "loaded": loaded, "filled": procs.rss(own), "peak": procs.peak_rss(own),
        "others": sum(procs.rss(pid) for pid in procs.children(own)), "items": len(stage.agent.transcript.items),
    }  # fmt: skip


async def flood(stage: Stage) -> dict[str, Any]:
    """Floods in the shown terminal, watched, each when the measuring program has laid a file `goN` with its command.

    Each is answered with a file `doneN`; a `goN` without a command ends the scene.
    """
    bench = stage.session
    await until(lambda: stage.agent.ready and bench.query_one(TerminalPane).active == "main")
    client = await TerminalClient.connect(stage.socket)
    await until_idle(client)
    view = bench.query_one(TerminalPane).view("main")
    assert view is not None
    # The window must have been drawn once before memory is compared.
    await client.execute("main", "seq -s' ' 1 40000", timeout=60)
    await asyncio.sleep(1)
    host, own = client.host_pid, os.getpid()
    stage.tell("typing", {"host": procs.rss(host), "ui": procs.rss(own), "host_pid": host})
    for number in itertools.count():
        go = stage._result.with_name(f"go{number}")
        await until(go.exists, FLOOD)  # a bare read of the same goes before it
        order = json.loads(go.read_text())
        if not order["command"]:
            break
        began, used = time.perf_counter(), [procs.cpu_seconds(own), procs.cpu_seconds(host)]
        result = await client.execute("main", order["command"], timeout=FLOOD)
        while not shows(view, order["last"]):
            await asyncio.sleep(0.005)
        seconds = time.perf_counter() - began
        cpu = [procs.cpu_seconds(own) - used[0], procs.cpu_seconds(host) - used[1]]
        alive = await client.execute("main", "echo alive", timeout=10)
        stage.tell(f"done{number}", {
            "seconds": seconds, "ui_cpu": cpu[0], "host_cpu": cpu[1], "code": result.exit_code,
            "head": result.output[:200], "tail": result.output[-200:], "alive": alive.output.strip() == "alive",
        })  # fmt: skip
    facts = {
        "engine": os.environ.get("CODEPILOT_TERMINAL_ENGINE", ""),
        "host": procs.peak_rss(host),
        "ui": procs.peak_rss(own),
    }
    await client.close()
    return facts


async def resize(stage: Stage) -> dict[str, Any]:
    """The person holds the shown terminal while the window changes its size again and again."""
    bench = stage.session
    await until(lambda: stage.agent.ready and bench.query_one(TerminalPane).active == "main")
    client = await TerminalClient.connect(stage.socket)
    await until_idle(client)
    await stage.run_named("take_over")
    view = bench.query_one(TerminalPane).view("main")
    assert view is not None
    await until(lambda: view.owner == "person")
    await asyncio.sleep(1)
    stage.frames, began = 0, time.perf_counter()
    stage.tell("typing", {})
    resized = stage._result.with_name("resized")
    await until(resized.exists)
    last = -1
    while stage.frames != last:
        last = stage.frames
        await asyncio.sleep(0.5)
    seconds, frames = time.perf_counter() - began - 0.5, stage.frames
    size: tuple[int, int] = (0, 0)
    for _ in range(100):
        (size,) = [(each.columns, each.lines) for each in await client.list() if each.name == "main"]
        if size == view.size:
            break
        await asyncio.sleep(0.05)
    await client.close()
    return {
        "frames": frames, "seconds": seconds, "columns": size[0], "lines": size[1],
        "wrong": sum(
            abs(one - other)
            for one, other in zip((*size, *stage.screen.size), (*view.size, *os.get_terminal_size()), strict=True)
        ),
    }  # fmt: skip


def shows(view: Any, words: str) -> bool:
    """Whether these words stand on the shown screen."""
    history = view.buffer.history
    rows = (view.buffer.row(history + line) for line in range(40))
    return any(row is not None and words in "".join(run.text for run in row.runs) for row in rows)


async def until(condition: Callable[[], bool], patience: float = 30) -> None:
    """Look again and again."""
    async with asyncio.timeout(patience):
        while not condition():
            await asyncio.sleep(0.02)


async def until_idle(client: TerminalClient) -> None:
    """Until the shell shows its prompt."""
    async with asyncio.timeout(30):
        while all(each.state != "idle" for each in await client.list()):
            await asyncio.sleep(0.02)


SCENES = {
    "echo": echo,
    "stream_100k": stream_100k,
    "stream_200k": stream_200k,
    "memory": memory,
    "flood": flood,
    "resize": resize,
}


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("scene", choices=SCENES)
    arguments.add_argument("result", type=Path)
    options = arguments.parse_args()
    app = Stage(options.scene, options.result)
    app.run()
    return app.return_code or 0


if __name__ == "__main__":
    sys.exit(main())
