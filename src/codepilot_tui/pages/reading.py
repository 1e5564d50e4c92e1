"""Reading along in a session that another program works in: its chat, as it grows. Nothing is changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

from textual.widget import Widget

from codepilot.errors import CodepilotError
from codepilot.journal.expand import Expansion
from codepilot.journal.follower import Follower
from codepilot.journal.pages import page_before
from codepilot.journal.record import Record
from codepilot.text import clean_line
from codepilot_tui.facts import Kind
from codepilot_tui.pages.base import Page
from codepilot_tui.transcript import Transcript
from codepilot_tui.widgets.chat import ChatView

_EVERY = 1.0
"""Seconds between two looks at the journal."""


class ReadingPage(Page[None]):
    """The chat of a journal.

    Args:
        session: its id.
        path: of the journal.
        agent: the agent's name.
    """

    kind: Kind = "file"  # type: ignore[misc]

    def __init__(self, session: str, path: Path, agent: str) -> None:
        self.title = f"Reading along: {clean_line(session)}"
        super().__init__()
        self.chat = ChatView(classes="page-body")
        self.transcript = Transcript(agent=agent)
        self._path = path
        self._expansion = Expansion()
        self._follower: Follower | None = None

    def body(self) -> Iterable[Widget]:
        """The chat."""
        yield self.chat

    def keys(self) -> Sequence[tuple[str, str]]:
        """It is scrolled, and left."""
        return (("↑ ↓", "scroll"), ("Home End", "ends"), ("Esc", "back"))

    def on_mount(self) -> None:
        """Read what is there, and look again while this is shown."""
        self.chat.show(self.transcript)
        self.run_worker(self._read(), group="reading", exclusive=True)
        self.set_interval(_EVERY, self._look)

    def _look(self) -> None:
        self.run_worker(self._read(), group="reading", exclusive=True)

    async def _read(self) -> None:
        try:
            news = await asyncio.to_thread(self._news)
        except CodepilotError as error:
            self.say(error.message)
            return
        if not news:
            return
        changed: set[int] = set()
        for stamped in self._expansion.take(news):
            changed |= self.transcript.apply(stamped)
        self.chat.apply(self.transcript, changed)
        self.say(f"{news[-1].n:,} records")

    def _news(self) -> list[Record]:
        """What came; at first the end of what is there."""
        if self._follower is not None:
            return self._follower.news()
        page = page_before(self._path)
        last = page.records[-1].n if page.records else 0
        self._follower = Follower(self._path, last, page.start)
        return list(page.records)

    def press(self, key: str) -> bool:
        """Scroll."""
        chat = self.chat
        moves = {
            "up": chat.scroll_up,
            "down": chat.scroll_down,
            "pageup": chat.scroll_page_up,
            "pagedown": chat.scroll_page_down,
            "home": chat.scroll_home,
            "end": chat.scroll_end,
        }
        if key not in moves:
            return False
        moves[key](animate=False)
        return True
