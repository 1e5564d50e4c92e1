"""An empty control block and a tool call from one: through the loop with hooks registered, and in the bare executor."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from statistics import median
from typing import Any

from benchmarks.agent import DONE, Model, Times, agent, block
from benchmarks.figure import Figure, Options, percentile
from codepilot import events as e
from codepilot.hooks import EventType
from codepilot.sandbox import WorkerExecutor

CALLS = 1000


_ECHO = """
import socket, sys
end = socket.socket(fileno=int(sys.argv[1]))
while data := end.recv(4096):
    end.send(data)
"""


def _bare() -> list[float]:
    """µs of round trips between two processes that do nothing else: what the machine takes of every call."""
    ours, theirs = socket.socketpair()
    process = subprocess.Popen(
        [sys.executable, "-c", _ECHO, str(theirs.fileno())], pass_fds=(theirs.fileno(),)
    )
    theirs.close()
    taken = []
    for _ in range(CALLS):
        began = time.perf_counter()
        ours.send(b"a call of about this length: think('so')")
        ours.recv(4096)
        taken.append((time.perf_counter() - began) * 1e6)
    ours.close()
    process.wait(10)
    return taken


async def _raw(rounds: int) -> tuple[float, float]:
    """Of the executor alone: ms of an empty block, p50; µs of a call, p95."""
    executor = WorkerExecutor()

    async def call(name: str, args: Any, kwargs: Any) -> None:
        starts.append(time.perf_counter())

    starts: list[float] = []
    try:
        await executor.start()
        blocks = []
        for _ in range(rounds):
            began = time.perf_counter()
            assert (await executor.run("pass", names=("nothing",), call=call)).ok
            blocks.append((time.perf_counter() - began) * 1e3)
        assert (await executor.run(f"for i in range({CALLS}): nothing()", names=("nothing",), call=call)).ok
    finally:
        await executor.close()
    return median(blocks), percentile([(b - a) * 1e6 for a, b in pairwise(starts)], 0.95)


async def _looped(rounds: int, *, sync: bool) -> tuple[float, float, float, float]:
    """Through the loop: ms of an empty block, p50; µs of a call, p50 and p95, and its CPU in the host, p95."""
    seen = 0
    computed: list[float] = []

    def compute(stamped: e.Stamped) -> None:
        if isinstance(stamped.event, e.ToolStarted):
            computed.append(time.thread_time())

    def count(**_: Any) -> None:
        nonlocal seen
        seen += 1

    async def count_async(**_: Any) -> None:
        count()

    with tempfile.TemporaryDirectory() as folder:
        async with agent(folder, Model([DONE])) as runtime:
            for point in (EventType.THINK, EventType.TOOL_CALL, EventType.TOOL_RESULT, EventType.FINISH):
                runtime.hooks.register(point, count if sync else count_async)
            times = Times(runtime)
            runtime.subscribe(compute)
            runtime.provider.replies = [block("pass"), DONE]  # type: ignore[attr-defined]
            for _ in range(rounds):
                runtime.provider.replies = [block("pass"), DONE]  # type: ignore[attr-defined]
                await runtime.run("go")
            blocks = [
                (b - a) * 1e3
                for a, b in zip(times.of(e.ControlStarted), times.of(e.ControlFinished), strict=True)
            ]
            runtime.provider.replies = [block(f"for i in range({CALLS}): think('so')"), DONE]  # type: ignore[attr-defined]
            await runtime.run("go")
            calls = [(b - a) * 1e6 for a, b in pairwise(times.of(e.ToolStarted))]
    if len(calls) != CALLS - 1 or seen < CALLS:
        raise RuntimeError(f"{len(calls) + 1} calls and {seen} hooks instead of {CALLS} calls")
    cpu = [(b - a) * 1e6 for a, b in pairwise(computed)]
    return median(blocks), median(calls), percentile(calls, 0.95), percentile(cpu, 0.95)


async def _measure(rounds: int) -> list[Figure]:
    bare = _bare()
    raw_block, raw_call = await _raw(rounds)
    loop_block, call_p50, call_p95, cpu_p95 = await _looped(rounds, sync=False)
    _, sync_p50, sync_p95, _ = await _looped(20, sync=True)
    return [
        Figure(what="empty control block, p50", value=loop_block, unit="ms", bar=1, note=f"bare {raw_block:.2g} ms"),
        Figure(what="  tool call from it, p95", value=call_p95, unit="µs", bar=200,
               note=f"p50 {call_p50:.0f}; CPU of the host p95 {cpu_p95:.0f}; "
                    f"sync handlers p50 {sync_p50:.0f}, p95 {sync_p95:.0f}"),
        Figure(what="  of the executor alone, p95", value=raw_call, unit="µs", bar=200,
               note=f"a bare round trip of two processes p50 {percentile(bare, 0.5):.0f}, "
                    f"p95 {percentile(bare, 0.95):.0f}"),
    ]  # fmt: skip


def measure(options: Options) -> list[Figure]:
    return asyncio.run(_measure(options.pick(1000, 200)))
