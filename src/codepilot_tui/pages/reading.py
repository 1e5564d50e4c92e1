"""Reading along in a session that another program works in: its chat, as it grows.

Nothing is changed here: what is said goes to that program, and a fork is a session of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from textual import work
from textual.widget import Widget

from codepilot import events as e
from codepilot.errors import CodepilotError, SessionError
from codepilot.journal.blobs import store_of
from codepilot.journal.expand import Expansion
from codepilot.journal.follower import Follower
from codepilot.journal.holder import holder_of
from codepilot.journal.overview import Overview
from codepilot.journal.place import LOCK
from codepilot.journal.record import Record
from codepilot.text import clean_line, shorten
from codepilot_tui.facts import Kind
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.pages.entry import EntryPage
from codepilot_tui.past import Pages
from codepilot_tui.transcript import Transcript
from codepilot_tui.widgets.chat import ChatView
from codepilot_tui.widgets.chat.items import Empty

_EVERY = 1.0
"""Seconds between two looks at the journal."""
_WORDS = 40
"""Characters of a message that waits."""


class ReadingPage(EntryPage[Literal["fork"]]):
    """The chat of a journal. Its result is that the session is to be forked.

    Args:
        session: which; another program has it open.
    """

    kind: Kind = "reading"  # type: ignore[misc]

    def __init__(self, session: Overview) -> None:
        name = clean_line(" ".join(session.title.split()))
        self.title = f"Reading along: {name or clean_line(session.id)}"
        super().__init__()
        self.chat = ChatView(empty=Empty(words=["The session is being read."]), classes="page-body")
        self.transcript = Transcript(agent=session.info.agent)
        self._path = session.info.path
        content = store_of(session.info.folder).get
        self._pages = Pages(self._path, content)
        self._expansion = Expansion(content)
        self._follower: Follower | None = None
        self._unread: dict[str, str] = {}
        """By its id: what was said, here or there, and the agent has not read yet."""
        self._reads = False
        """A look at the journal is under way: another one would take the same records, or none."""

    def body(self) -> Iterable[Widget]:
        """The chat, and below it the field for what is said."""
        yield self.chat
        yield self.entry

    def keys(self) -> Sequence[tuple[str, str]]:
        """It is scrolled, and left; its agent can be told something."""
        if self.entry.asks:
            return self.entry_keys()
        return (
            ("Enter", "say something"),
            ("↑ ↓", "scroll"),
            ("Home End", "ends"),
            ("Ctrl+F", "fork"),
            ("Esc", "back"),
        )

    def on_mount(self) -> None:
        """Read what is there, and look again while this is shown."""
        self.chat.show(self.transcript)
        self.chat.rows.wants_older = self._older
        self._look()
        self.set_interval(_EVERY, self._look)

    # -- reading ---------------------------------------------------------------------------------------------------

    @work(group="reading")
    async def _look(self) -> None:
        if self._reads:
            return
        self._reads = True
        try:
            await self._read()
        except CodepilotError as error:
            self.say(f"{UNICODE.bad} {error.message}")
        finally:
            self._reads = False

    async def _read(self) -> None:
        if self._follower is None:
            news = list(await self._pages.before())
            self._follower = Follower(self._path, news[-1].n if news else 0, self._pages.at)
            self.chat.empty = Empty(words=["Nothing was said in this session yet."])
            self.chat.refresh()
        else:
            news = await asyncio.to_thread(self._follower.news)
        if news:
            self._show(news)

    def _show(self, news: Sequence[Record]) -> None:
        changed, went_back = set[int](), False
        for record in news:
            self._follow_words(record)
        for stamped in self._expansion.take(news):
            changed |= self.transcript.apply(stamped)
            if isinstance(stamped.event, e.SessionCleared):
                self._pages.begin_anew()
            elif isinstance(stamped.event, e.Rewound):
                self._pages.go_back_to(stamped.event.to_offset)
                went_back = True
        self.chat.apply(self.transcript, changed)
        lost = self._follower.missing if self._follower is not None else 0
        words = f"{news[-1].n:,} records" + (f", {lost:,} are missing" if lost else "")
        if self._unread:
            words += f" · not read by the agent yet: {shorten(next(reversed(self._unread.values())), _WORDS)}"
        self.say(words)
        if went_back:
            self._older()

    def _follow_words(self, record: Record) -> None:
        key = str(record.data.get("message_id", ""))
        if record.type == "message_queued":
            self._unread[key] = clean_line(str(record.data.get("message", "")))
        elif record.type in ("message_injected", "message_dropped", "message_stored"):
            self._unread.pop(key, None)
        elif record.type == "session_cleared":
            self._unread.clear()

    def _older(self) -> None:
        if self._follower is not None and self._pages.more:
            self._read_older()

    @work(group="older")
    async def _read_older(self) -> None:
        try:
            events = await self._pages.older()
        except CodepilotError as error:
            self.say(f"{UNICODE.bad} {error.message}")
            return
        page = Transcript(agent=self.transcript.agent)
        for stamped in events:
            page.apply(stamped)
        self.chat.apply(self.transcript, self.transcript.put_before(page))

    # -- doing -----------------------------------------------------------------------------------------------------

    def press(self, key: str) -> bool:
        """Scroll, say something, fork."""
        if self.entry.asks:
            return self.press_entry(key)
        chat = self.chat
        moves = {
            "up": chat.scroll_up,
            "down": chat.scroll_down,
            "pageup": chat.scroll_page_up,
            "pagedown": chat.scroll_page_down,
            "home": chat.scroll_home,
            "end": chat.scroll_end,
        }
        if key == "enter":
            self.ask("send", "Say", "", self._send)
        elif key == "ctrl+f":
            self.finish("fork")
        elif key in moves:
            moves[key](animate=False)
        else:
            return False
        return True

    @work(group="say")
    async def _send(self, words: str) -> None:
        try:
            await asyncio.to_thread(self._give, words)
        except (OSError, CodepilotError) as error:
            self.say(f"{UNICODE.bad} not sent: {error}")
            self.ask("send", "Say", words, self._send)  # the words are not lost
            return
        when = "at its next step" if self.transcript.status.working else "with the next task"
        self.say(f"sent · the agent reads it {when}")

    def _give(self, words: str) -> None:
        """Give the words to the program that has the session."""
        from codepilot.journal.visitor import Visitor  # the first time somebody says something

        holder = holder_of(self._path.with_name(LOCK))
        if holder is None:
            raise SessionError("no program has this session open any more")
        if not holder.door:
            raise SessionError(f"{holder.program} (process {holder.pid}) takes no words")
        visitor = Visitor(holder.door)
        try:
            answer: dict[str, Any] = visitor.ask("say", text=words)
        finally:
            visitor.close()
        if "error" in answer:
            raise SessionError(str(answer["error"]))
