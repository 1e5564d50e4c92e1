"""A runtime whose model says what it is told, for figures of the loop itself."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

from codepilot import events as e
from codepilot.messages import ModelEvent, ModelRequest, ReplyEnd, TextDelta, Usage
from codepilot.runtime import AsyncRuntime

ROOT = Path(__file__).resolve().parent.parent
ENDLESS = "endless"
"""A reply that never stops streaming."""


class Model:
    """Says these replies, one a step; then the last one again."""

    name = "bench"
    model = "bench"

    def __init__(self, replies: Sequence[str]) -> None:
        self.replies = list(replies)

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        del request
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        while reply == ENDLESS:
            yield TextDelta("word after word ")
            await asyncio.sleep(0.002)
        yield TextDelta(reply)
        yield ReplyEnd(reason="stop", usage=Usage())

    async def close(self) -> None:
        return None


def block(code: str) -> str:
    """A reply with this control block."""
    return f"```codepilot\n{code}\n```\n"


DONE = "```completion\ndone\n```\n"


@contextlib.asynccontextmanager
async def agent(work_dir: str, model: Model, **options: Any) -> AsyncIterator[AsyncRuntime]:
    """A started runtime without its default handlers, which print."""
    runtime = AsyncRuntime(
        ROOT / "agent.yaml",
        provider=model,
        work_dir=work_dir,
        use_stdin=False,
        allow=("all",),
        mode="ask",
        **options,
    )
    for point in runtime.hooks.default_events():
        runtime.hooks.clear(point)
    async with runtime:
        await runtime.start()
        yield runtime


class Times:
    """When each event came."""

    def __init__(self, runtime: AsyncRuntime) -> None:
        self.seen: list[tuple[float, e.Event]] = []
        runtime.subscribe(lambda stamped: self.seen.append((time.perf_counter(), stamped.event)))

    def of(self, kind: type[e.Event]) -> Iterator[float]:
        return (at for at, event in self.seen if isinstance(event, kind))

    async def until(self, kind: type[e.Event], count: int = 1, patience: float = 20) -> None:
        """Until so many of a kind have come."""
        async with asyncio.timeout(patience):
            while sum(1 for _ in self.of(kind)) < count:
                await asyncio.sleep(0.002)
