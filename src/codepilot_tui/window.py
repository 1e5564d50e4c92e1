"""The model's window, asked of the agent on its own loop; awaited on the screen's. A part of the bridge."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from codepilot.context.report import Compacted, ContextReport
    from codepilot.runtime import AsyncRuntime

T = TypeVar("T")


class ModelWindow:
    """What fills it, and what makes room in it.

    Args:
        runtime: of the agent.
        loop: on which it works.
    """

    def __init__(self, runtime: AsyncRuntime, loop: asyncio.AbstractEventLoop) -> None:
        self._runtime = runtime
        self._loop = loop

    async def report(self) -> ContextReport:
        """What fills it now."""

        async def report() -> ContextReport:
            return self._runtime.context_report()

        return await self._on_its_loop(report())

    async def text_of(self, message: int) -> str:
        """A message as it was said, by its number from 1; 0: the rules and tools."""

        async def text() -> str:
            if message == 0:
                return self._runtime.system_prompt()
            return str(self._runtime.messages[message - 1]["content"])

        return await self._on_its_loop(text())

    async def compact(self) -> Compacted | None:
        """Make the conversation shorter now; None: before the agent's next step."""
        return await self._on_its_loop(self._runtime.compact())

    async def leave_out(self, message: int) -> bool:
        """Have one line stand for an old result; whether that is done."""
        return await self._on_its_loop(self._runtime.leave_out(message))

    async def _on_its_loop(self, work: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))
