"""What `AsyncRuntime` has for screens that show its terminals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from codepilot.terminal.protocol import PersonReport, TerminalInfo

if TYPE_CHECKING:
    from codepilot.runtime.agent import Agent
    from codepilot.runtime.tasks import Tasks


class AsyncTerminals:
    """Part of `AsyncRuntime`."""

    _agent: Agent
    _tasks: Tasks

    async def terminal_socket(self) -> Path:
        """The terminal host's socket, for viewers; starts the host if there is none.

        Raises:
            UsageError: after `close()`.
        """
        self._tasks.refuse_closed()
        return (await self._agent.shells.start()).socket_path

    async def terminals_in_use(self) -> tuple[TerminalInfo, ...]:
        """The terminals in which something runs, background jobs included."""
        return await self._agent.shells.in_use()

    async def terminal_reports(
        self, terminal: str | None = None, *, take: bool = False
    ) -> list[PersonReport]:
        """What the person ran in terminals that nobody held, and the agent was not told.

        Args:
            terminal: one terminal's name; None: all.
            take: it is told to the agent now in some other way, so it is offered no more.
        """
        return await self._agent.shells.offered(terminal, take=take)
