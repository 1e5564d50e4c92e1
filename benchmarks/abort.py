"""From `abort()` to stopped: a computing block, a command, a stream. With 30 tries the p99 is the worst of them."""

from __future__ import annotations

import asyncio
import tempfile
import time

from benchmarks.agent import ENDLESS, Model, Times, agent, block
from benchmarks.figure import Figure, Options, percentile
from benchmarks.procs import alive
from codepilot import events as e
from codepilot.runtime import AsyncRuntime

SCENES = {
    "block": (block("think('on')\nwhile True: pass"), e.Thought),
    "command": (block("execute('main', 'sleep 60', timeout=60)"), e.ToolStarted),
    "stream": (ENDLESS, e.TextStreamed),
}


async def _gone(runtime: AsyncRuntime, scene: str, worker: int | None) -> None:
    """Until nothing of it runs any more."""
    if scene == "block":
        while worker is not None and alive(worker):
            await asyncio.sleep(0.001)
    if scene == "command":
        client = await runtime._agent.shells.service.client()
        while any(each.state != "idle" for each in await client.list()):
            await asyncio.sleep(0.001)


async def _started(runtime: AsyncRuntime, times: Times, scene: str, started: type[e.Event]) -> None:
    await times.until(started)
    if scene == "command":
        client = await runtime._agent.shells.service.client()
        async with asyncio.timeout(20):
            while all(each.state != "busy" for each in await client.list()):
                await asyncio.sleep(0.002)
    await asyncio.sleep(0.01)


async def _tries(scene: str, count: int) -> tuple[list[float], list[float]]:
    """ms until `run()` returned, and until what it ran was gone."""
    reply, started = SCENES[scene]
    returned, gone = [], []
    with tempfile.TemporaryDirectory() as folder:
        async with agent(folder, Model([reply])) as runtime:
            times = Times(runtime)
            for _ in range(count):
                times.seen.clear()
                task = asyncio.create_task(runtime.run("go"))
                await _started(runtime, times, scene, started)
                worker = runtime._agent.executor._pool.process.pid
                began = time.perf_counter()
                runtime.abort()
                async with asyncio.timeout(20):
                    await task
                    returned.append((time.perf_counter() - began) * 1e3)
                    await _gone(runtime, scene, worker)
                gone.append((time.perf_counter() - began) * 1e3)
                if runtime.last_outcome is None or runtime.last_outcome.status != "aborted":
                    raise RuntimeError(f"it was not aborted: {runtime.last_outcome}")
    return returned, gone


async def _measure(count: int) -> list[Figure]:
    figures = []
    for scene in SCENES:
        returned, gone = await _tries(scene, count)
        figures.append(
            Figure(
                what=f"abort of a {scene}, p99", value=percentile(gone, 0.99), unit="ms", bar=100,
                note=f"p50 {percentile(gone, 0.5):.1f}; run() returned p99 {percentile(returned, 0.99):.1f}; {count} x",
            )
        )  # fmt: skip
    return figures


def measure(options: Options) -> list[Figure]:
    return asyncio.run(_measure(options.pick(100, 30)))
