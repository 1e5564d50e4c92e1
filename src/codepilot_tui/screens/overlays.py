"""What opens above the session's panes and takes the keyboard: questions, pages, popups."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from codepilot_tui.docks.base import Dock
from codepilot_tui.docks.dock_host import DockHost, Elsewhere, Panes
from codepilot_tui.pages.base import Page, PageHost
from codepilot_tui.screens.commands import Commands
from codepilot_tui.screens.sessions import Sessions
from codepilot_tui.screens.window import WindowControl
from codepilot_tui.state import WAITS

if TYPE_CHECKING:
    from codepilot_tui.screens.session import SessionScreen

Answer = TypeVar("Answer")


async def furnish(screen: SessionScreen) -> None:
    """Bring the places of docks and pages."""
    screen.commands = Commands(screen, screen.program)
    screen.sessions = Sessions(screen, screen.program)
    screen.window = WindowControl(screen)
    screen.docks, screen.pages = dock_host(screen), page_host(screen)
    await screen.query_one("#body").mount(screen.docks)
    await screen.mount(screen.pages, after="#bench")


def dock_host(screen: SessionScreen) -> DockHost:
    """Where questions open."""

    def stray(character: str) -> None:
        if screen.parts is not None:
            screen.parts.questions.stray(character)

    def words(text: str) -> None:
        if screen.parts is not None:
            screen.parts.questions.words(text)

    def next_question() -> bool:
        return screen.parts is not None and screen.parts.questions.next()

    panes = Panes("#chat-column", ("#files-column", "#terminal-column"), lambda: screen.composer.editor)
    elsewhere = Elsewhere(stray, words, next_question, screen.tell, lambda: screen.quiet)
    return DockHost(panes, elsewhere, id="docks")


def page_host(screen: SessionScreen) -> PageHost:
    """Where pages open; they cover all but the bars."""
    return PageHost(("#bench",), home=lambda: screen.composer.editor, id="pages")


async def ask(screen: SessionScreen, dock: Dock[Answer]) -> Answer | None:
    """Ask above the composer and wait for the answer; None: undecided."""
    answered: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
    screen.open_dock(dock, answered.set_result)
    return await _waited(screen, answered, WAITS)


async def look(screen: SessionScreen, page: Page[Answer], doing: str = WAITS) -> Answer | None:
    """Show a page and wait for what is chosen on it; None: nothing.

    Args:
        screen: where.
        page: a new one.
        doing: what the status line says meanwhile.
    """
    chosen: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
    screen.open_page(page, chosen.set_result)
    return await _waited(screen, chosen, doing)


async def _waited(screen: SessionScreen, answer: asyncio.Future[Answer | None], doing: str) -> Answer | None:
    """The answer; until it is there the status says what the person does, and not that anything starts."""
    screen.bars.before_start = doing
    screen.changed()
    try:
        return await answer
    finally:
        screen.bars.before_start = ""
        screen.changed()
