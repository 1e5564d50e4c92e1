"""Quitting, and closing a tab: what is asked before, and what is told of what would be stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.worker import Worker

from codepilot_tui.docks.quit import Left, Quit, QuitDock, Running

if TYPE_CHECKING:
    from codepilot.terminal.protocol import OnLeave
    from codepilot_tui.screens.agent_control import AgentControl
    from codepilot_tui.screens.program import OpenSession, Program


class Leaving:
    """Asks before something is stopped.

    Args:
        screen: where it asks.
        app: the application.
    """

    def __init__(self, screen: OpenSession, app: Program) -> None:
        self._screen = screen
        self._app = app
        self.dock: QuitDock | None = None
        """The question, while it has no answer."""
        self._everywhere = True
        """It is about all tabs."""
        self._named: dict[str, str] = {}
        """What the terminals did when it was last asked what runs in them."""

    async def quit(self) -> None:
        """Quit; ask first while an agent works, or what becomes of what runs in the terminals."""
        await self._leave(self._app.leave, Left(others=self._app.tabs.others))

    async def close_tab(self, close: Callable[[OnLeave], object]) -> None:
        """Close this tab; ask first as for quitting.

        Args:
            close: closes it, with what becomes of the terminals.
        """
        await self._leave(close, Left(tab=True))

    async def _leave(self, go: Callable[[OnLeave], object], left: Left) -> None:
        if self.dock is not None:
            self._screen.recall(self.dock)
            return
        agent = self._screen.agent
        self._everywhere = not left.tab
        running = await self._running()
        working = agent is not None and agent.working
        if self._screen.docks is None or not (working or running or left.others):
            go("")
            return

        def answered(answer: Quit | None) -> None:
            self.dock = None
            if answer is not None:
                go(answer if self._agents_that_ask() else "")

        if agent is not None:
            kept = agent.past is not None and bool(agent.past.kept_as)
            left = replace(left, waiting=agent.outbox.queued + agent.outbox.held, kept=kept)
        doing = agent.doing if agent is not None else ""
        self.dock = QuitDock(doing, working=working, running=running, left=left)
        self._screen.open_dock(self.dock, answered)

    def follow(self) -> None:
        """The agent or a terminal does something else: what is said of them stays true."""
        if self.dock is not None and (agent := self._screen.agent) is not None:
            self.dock.agent_does(agent.doing, working=agent.working)
            if self._terminal_states() != self._named:
                self._named = self._terminal_states()
                _: Worker[None] = self._screen.run_worker(self._name_running, group="quit", exclusive=True)

    async def _name_running(self) -> None:
        running = await self._running()
        if self.dock is not None:
            self.dock.now_running(running)

    async def _running(self) -> Running:
        """What runs in the terminals of what is left, if the question is about that."""
        self._named = self._terminal_states()
        found: list[tuple[str, str]] = []
        tabs = self._app.tabs
        for number, agent in self._agents_that_ask():
            for each in await agent.terminals_in_use():
                name = each.name if number == tabs.number else f"{number} {each.name}"
                found.append((name, each.command if each.state != "idle" else each.job))
        return found

    def _agents_that_ask(self) -> list[tuple[int, AgentControl]]:
        """The agents that are left of whose terminals the person decides, with the numbers of their tabs."""
        return [
            (at + 1, agent)
            for at, tab in enumerate(self._app.tabs.all)
            if (agent := tab.session.agent) is not None
            and agent.plan.on_exit == "ask"
            and (self._everywhere or tab.session is self._screen)
        ]

    def _terminal_states(self) -> dict[str, str]:
        return self._screen.parts.terminals.states if self._screen.parts is not None else {}
