"""Switching between open sessions of 10,000 messages each: from the key to the frame that shows the other one."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure, Options, percentile
from benchmarks.stage import conversation
from codepilot import events as e
from codepilot_tui.__main__ import parser
from codepilot_tui.app import WorkbenchApp
from codepilot_tui.plan import AgentPlan
from codepilot_tui.tabs import Tab

SIZE = (160, 48)
OPEN = 4
TURNS = 40
PATIENCE = 60.0
_AT_ONCE = 5_000


class Bench(WorkbenchApp):
    """The workbench with a conversation in each tab, and no agent.

    Args:
        messages: of each conversation.
        folder: in which the agents would work.
    """

    def __init__(self, messages: int, folder: Path) -> None:
        super().__init__(parser().parse_args([]))
        self._messages = messages
        self._folder = folder
        self._painted = asyncio.Event()

    async def show_session(self) -> None:
        await self.tabs.show_first()
        await self._fill(self.tabs.shown)

    def begin_tab(self, tab: Tab) -> None:
        self.run_worker(self._fill(tab))

    async def _fill(self, tab: Tab) -> None:
        await tab.session.furnish()
        await tab.session.build(
            AgentPlan(
                name="bench",
                model="bench",
                mode="ask",
                work_dir=self._folder,
                make=lambda: None,  # type: ignore[arg-type, return-value]
                live=False,
            )
        )
        assert tab.session.agent is not None
        said = conversation(self._messages)
        number = 0
        while batch := list(islice(said, _AT_ONCE)):
            tab.session.agent.take_events(
                [e.Stamped(number + at, time.time(), event) for at, event in enumerate(batch, 1)]
            )
            number += len(batch)
            await asyncio.sleep(0)

    def _display(self, screen: Any, renderable: Any) -> None:
        super()._display(screen, renderable)
        if renderable is not None and screen is self.session:
            self._painted.set()

    async def switch(self, number: int) -> tuple[float, float]:
        """ms from the key until the other session is painted; and of the processor's time."""
        self._painted.clear()
        began, worked = time.perf_counter(), time.process_time()
        await self.run_named(f"tab_{number}")
        await self._painted.wait()
        return (time.perf_counter() - began) * 1e3, (time.process_time() - worked) * 1e3

    @property
    def filled(self) -> bool:
        """Every tab has its conversation."""
        agents = [tab.session.agent for tab in self.tabs.all]
        return all(agent is not None and len(agent.transcript.items) >= self._messages for agent in agents)


async def _measure(options: Options) -> list[Figure]:
    messages = options.pick(10_000, 2_000)
    with tempfile.TemporaryDirectory() as folder:
        app = Bench(messages, Path(folder))
        async with asyncio.timeout(PATIENCE * OPEN), app.run_test(size=SIZE) as pilot:
            for _ in range(OPEN - 1):
                await app.tabs.open(app.tabs.shown.options)
            while not app.filled:
                await pilot.pause(0.05)
            for number in range(1, OPEN + 1):  # each is laid out once
                await app.run_named(f"tab_{number}")
                await pilot.pause()
            switched = []
            for turn in range(options.pick(TURNS, 12)):
                switched.append(await app.switch(turn % OPEN + 1))
                await pilot.pause()
    times, worked = zip(*switched, strict=True)
    note = f"{OPEN} tabs of {messages:,} messages, 160 × 48, max {max(times):.0f} ms; load {os.getloadavg()[0]:.1f}"
    return [
        Figure(what="switching tabs, p50", value=percentile(times, 0.5), unit="ms", bar=100, note=note),
        Figure(what="switching tabs, p95", value=percentile(times, 0.95), unit="ms"),
        Figure(what="of the processor, p50", value=percentile(worked, 0.5), unit="ms"),
    ]


def measure(options: Options) -> list[Figure]:
    return asyncio.run(_measure(options))
