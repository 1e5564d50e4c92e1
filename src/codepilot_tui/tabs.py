"""The open sessions: each a tab with a screen, an agent and a journal of its own. Owns the targets `tabs.…`.

A tab is a mode of Textual's, so that what is open in it stays as it was: its pages, the place of the keyboard, the
draft. The screen of a hidden tab draws nothing; its agent works on.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import field
from functools import partialmethod
from typing import TYPE_CHECKING, Any, Protocol

from textual.screen import Screen
from textual.worker import Worker, get_current_worker

from codepilot.clock import SystemClock
from codepilot.errors import CodepilotError
from codepilot.values import dataclass
from codepilot_tui import unsent
from codepilot_tui.bench.tabs import TabLabel, labels
from codepilot_tui.facts import MOST_TABS
from codepilot_tui.last_words import Lost
from codepilot_tui.resting import Rest
from codepilot_tui.screens.session import SessionScreen

if TYPE_CHECKING:
    from codepilot.ports import Clock
    from codepilot.terminal.protocol import OnLeave
    from codepilot_tui.keymap import Keymap
    from codepilot_tui.opening import Opening


class Program(Protocol):
    """The application."""

    keymap_table: Keymap

    def add_mode(self, mode: str, base_screen: Callable[[], Screen[Any]]) -> None:
        """Textual's."""

    def switch_mode(self, mode: str) -> Awaitable[Any]:
        """Textual's."""

    def remove_mode(self, mode: str) -> Awaitable[Any]:
        """Textual's."""

    def run_worker(self, work: Coroutine[Any, Any, None]) -> Worker[None]:
        """Textual's."""

    def begin_tab(self, tab: Tab) -> object:
        """Bring the panes of a tab that was opened."""

    def fail(self, error: CodepilotError) -> None:
        """End with what went wrong."""


@dataclass(eq=False, slots=True)
class Tab:
    """One open session."""

    session: SessionScreen
    options: argparse.Namespace
    """What it was opened with, as on the command line."""
    mode: str
    """Of Textual."""
    opening: Opening | None = None
    worker: Worker[None] | None = None
    """Brings its panes."""
    rest: Rest = field(default_factory=Rest)

    @property
    def session_id(self) -> str:
        """Of the session that it works in; empty: not known yet, or nothing of it is kept so far."""
        agent = self.session.agent
        return agent.past.kept_as if agent is not None and agent.past is not None else ""


class Tabs:
    """All tabs.

    Args:
        app: the application.
        first: the screen of the first one.
        options: the command line.
    """

    def __init__(self, app: Program, first: SessionScreen, options: argparse.Namespace) -> None:
        self._app = app
        self._made = 1
        self.clock: Clock = SystemClock()
        """Tells how long a hidden tab was idle."""
        self.all = [Tab(first, options, "tab-1")]
        """In the order in which they were opened."""
        self.shown = self.all[0]
        """The one on the screen."""
        self._going: set[asyncio.Task[None]] = set()
        self.lost = Lost()

    @property
    def number(self) -> int:
        """Of the tab that is shown, from 1."""
        return self.all.index(self.shown) + 1

    # -- opening and showing ---------------------------------------------------------------------------------------

    async def show_first(self) -> None:
        """The first frame."""
        await self._show(self.shown)

    async def _show(self, tab: Tab) -> None:
        app = self._app
        if not tab.session.is_attached:
            app.add_mode(tab.mode, lambda: tab.session)
        self.shown = tab
        await app.switch_mode(tab.mode)
        self._let_rest()

    async def begin(self, tab: Tab) -> None:
        """Find out which agent is to work in a tab, and bring its panes."""
        from codepilot_tui.opening import Opening  # after the first frame

        session = tab.session
        tab.worker = get_current_worker()
        tab.opening = Opening(session, tab.options)
        try:
            await session.furnish()
            await session.build(await tab.opening.plan())
        except CodepilotError as error:
            await self.fail(session, error)
            return
        self.changed()

    async def open(self, options: argparse.Namespace) -> bool:
        """Open another session, and show it.

        Args:
            options: as on the command line.

        Returns:
            Whether there was room for one more.
        """
        if len(self.all) >= MOST_TABS:
            self.shown.session.tell(
                f"{MOST_TABS} sessions are open, and no more can be. Close one first.", "warn"
            )
            return False
        self._made += 1
        tab = Tab(SessionScreen(self._app.keymap_table), options, f"tab-{self._made}")
        self.all.append(tab)
        self._leave_shown()
        await self._show(tab)
        self._app.begin_tab(tab)
        self.changed()
        return True

    async def go_to(self, number: int) -> None:
        """Show a tab.

        Args:
            number: counts from 1.
        """
        if 0 < number <= len(self.all) and self.all[number - 1] is not self.shown:
            self._leave_shown()
            await self._show(self.all[number - 1])

    go_1 = partialmethod(go_to, 1)
    go_2 = partialmethod(go_to, 2)
    go_3 = partialmethod(go_to, 3)
    go_4 = partialmethod(go_to, 4)
    go_5 = partialmethod(go_to, 5)
    go_6 = partialmethod(go_to, 6)
    go_7 = partialmethod(go_to, 7)
    go_8 = partialmethod(go_to, 8)
    go_9 = partialmethod(go_to, 9)

    def _leave_shown(self) -> None:
        """What was typed for something that opens in the tab that is left goes nowhere else."""
        self.shown.session.early.give_up()

    def of(self, session_id: str) -> int:
        """The number of the tab that works in a session; 0: none does."""
        return next((at + 1 for at, tab in enumerate(self.all) if tab.session_id == session_id), 0)

    def renamed(self, session_id: str, title: str) -> None:
        """A session was given a title: the tab that has it open says so.

        Args:
            session_id: of the session, whether a tab has it open or not.
            title: its new name.
        """
        if number := self.of(session_id):
            agent = self.all[number - 1].session.agent
            if agent is not None and agent.past is not None:
                agent.past.title = title
            self.changed()

    def changed(self) -> None:
        """Something is said of a tab that is another now."""
        if self.shown.session.is_mounted:
            self.shown.session.show_tabs(self.labels)
        self._let_rest()

    def _let_rest(self) -> None:
        """Processes that a hidden session does not need are given back."""
        for tab, label in zip(self.all, self.labels, strict=True):
            agent = tab.session.agent
            if agent is not None and agent.ready and agent.bridge is not None:
                idle = label.state == "idle"
                tab.rest.follow(agent.bridge, self.clock, shown=label.shown, idle=idle)

    @property
    def labels(self) -> tuple[TabLabel, ...]:
        """What the row of tabs says."""
        return labels([each.session.summary for each in self.all], self.number - 1)

    @property
    def others(self) -> list[tuple[str, str]]:
        """The hidden sessions whose agents work or ask: their names, and what they do."""
        return [(each.name, each.words) for each in self.labels if not each.shown and each.words]

    # -- closing ---------------------------------------------------------------------------------------------------

    async def close_tab(self) -> None:
        """Close the tab that is shown; its session stays, and can be opened again."""
        await self.close(self.number)

    async def close(self, number: int) -> None:
        """Close a tab; asks first where something runs in it.

        Args:
            number: counts from 1.
        """
        if len(self.all) == 1 or not 0 < number <= len(self.all):
            return
        tab = self.all[number - 1]
        await self.go_to(number)
        if (commands := tab.session.commands) is None:
            await self._drop(tab)
            return
        await commands.leaving.close_tab(lambda terminals: self._app.run_worker(self._drop(tab, terminals)))

    async def _drop(self, tab: Tab, terminals: OnLeave = "") -> None:
        if tab not in self.all or len(self.all) == 1:
            return
        at = self.all.index(tab)
        if tab is self.shown:
            self._leave_shown()
            await self._show(self.all[at - 1 if at else 1])
        self.all.remove(tab)
        self.changed()
        self._going.add(going := asyncio.create_task(self._take_away(tab, terminals)))
        await going
        self._going.discard(going)
        self.lost.tell(self.shown.session.agent)

    async def _take_away(self, tab: Tab, terminals: OnLeave) -> None:
        await self._end(tab, terminals)
        await self._app.remove_mode(tab.mode)

    async def fail(self, session: SessionScreen, error: CodepilotError) -> None:
        """A session cannot be opened: its tab goes, if it is still there, or the program where it is the only one."""
        tab = next((each for each in self.all if each.session is session), None)
        if tab is not None:
            if len(self.all) == 1:
                self._app.fail(error)
                return
            await self._drop(tab)
        self.shown.session.tell(f"{error.message} {error.hint}".strip(), "error")

    async def end_all(self, terminals: OnLeave = "") -> None:
        """The program ends: all agents, and everything that they started. Terminals: as the settings have it."""
        await asyncio.gather(*(self._end(tab, terminals) for tab in self.all), *self._going)

    async def _end(self, tab: Tab, terminals: OnLeave) -> None:
        tab.rest.end()
        if (parts := tab.session.parts) is not None:
            await parts.close(terminals if parts.plan.on_exit == "ask" else "")
        else:
            if tab.worker is not None:
                tab.worker.cancel()  # it would bring panes into a screen that goes
            unsent.keep(tab.session, tab.options)
        if (
            (agent := tab.session.agent) is not None
            and agent.bridge is not None
            and agent.bridge.last_words.lost
        ):
            self.lost.texts.append(agent.bridge.last_words.lost)
        if tab.opening is not None:
            tab.opening.forget_demo()

    def forget_demos(self) -> None:
        """Delete the projects of demos."""
        for tab in self.all:
            if tab.opening is not None:
                tab.opening.forget_demo()
