"""The places of docks and pages in the session screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codepilot_tui.docks.host import DockHost
from codepilot_tui.pages.base import PageHost

if TYPE_CHECKING:
    from codepilot_tui.screens.session import SessionScreen


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

    return DockHost(
        "#chat-column",
        ("#files-column", "#terminal-column"),
        home=lambda: screen.composer.editor,
        stray=stray,
        words=words,
        recall_key=screen.keymap.shown_key(screen.keymap["answer"], "composer"),
        next_question=next_question,
        id="docks",
    )


def page_host(screen: SessionScreen) -> PageHost:
    """Where pages open; they cover all but the bars."""
    return PageHost(("#bench",), home=lambda: screen.composer.editor, id="pages")
