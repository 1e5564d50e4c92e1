"""Sessions, as the session screen opens them: a new one, or one of the list. Owns the targets `sessions.…`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from codepilot.journal.overview import Overview
from codepilot_tui.docks.confirm import ConfirmDock
from codepilot_tui.docks.go_on import new_dock
from codepilot_tui.pages.sessions import Choice, SessionsPage
from codepilot_tui.session_store import SessionStore

if TYPE_CHECKING:
    from codepilot_tui.screens.contracts import Program
    from codepilot_tui.screens.session import SessionScreen


class Sessions:
    """What is done with sessions as a whole.

    Args:
        screen: the session screen.
        app: the application.
    """

    def __init__(self, screen: SessionScreen, app: Program) -> None:
        self._screen = screen
        self._app = app
        self._dock: ConfirmDock | None = None
        """Asks whether a conversation that is not kept may go, while that has no answer."""

    async def new(self) -> None:
        """Begin a new session in a tab of its own; one that is not kept begins anew, if the person agrees."""
        agent = self._screen.agent
        if self._dock is not None:
            self._screen.recall(self._dock)
        elif agent is None or not agent.ready:
            self._screen.tell("Starting. The conversation is new.", about="starting")
        elif not agent.transcript.items:
            self._screen.follow()
        elif agent.plan.kept:
            await self._app.tabs.open(self.options(new=True))
        else:
            self._dock = new_dock()
            self._screen.open_dock(self._dock, self._answered)

    def _answered(self, sure: bool | None) -> None:
        self._dock, agent = None, self._screen.agent
        if sure and agent is not None:
            agent.reset()
            self._screen.follow()

    def browse(self) -> None:
        """Show all sessions, to open one or to do something else with it."""
        screen = self._screen
        if screen.parts is None or screen.pages is None or isinstance(screen.pages.page, SessionsPage):
            return
        store = SessionStore(screen.parts.plan.work_dir)
        page = SessionsPage(store, self._app.tabs.of, clock=screen.clock)
        screen.open_page(page, self._chosen)

    def _chosen(self, choice: Choice | None) -> None:
        if choice == "new":
            self._screen.call_later(self._screen.run, "new_session")
        elif choice is not None:
            self._screen.call_later(self.open, choice)

    async def open(self, session: Overview) -> None:
        """Open a session in a tab: the one that has it, or a new one in that session's folder."""
        tabs = self._app.tabs
        if number := tabs.of(session.id):
            await tabs.go_to(number)
            return
        changes: dict[str, object] = {"session": session.id}
        if self._screen.parts is None or not _same(session.info.folder, self._screen.parts.plan.work_dir):
            # The agent file of the command line was meant for this folder; that one may have its own.
            changes |= {"directory": Path(session.info.folder), "agent": None, "demo": False}
        await tabs.open(self.options(**changes))

    def options(self, **changes: object) -> argparse.Namespace:
        """The options of this tab, for another session of its folder.

        Args:
            changes: the ones that are others.
        """
        tabs, agent = self._app.tabs, self._screen.agent
        tab = next(each for each in tabs.all if each.session is self._screen)
        given = vars(tab.options) | {"session": None, "go_on": False, "task": None, "new": False}
        if agent is not None:
            given["directory"] = agent.plan.work_dir
        return argparse.Namespace(**(given | changes))


def _same(folder: str, work_dir: Path) -> bool:
    return os.path.realpath(folder) == os.path.realpath(work_dir)
