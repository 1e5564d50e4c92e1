"""The sessions: a list that is searched, what was said last in one of them, and what can be done with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual import work
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widget import Widget

from codepilot.errors import CodepilotError
from codepilot.journal.overview import Overview
from codepilot_tui.bench.session_rows import note, rows_of
from codepilot_tui.pages.session_actions import OpenPage, SessionActions
from codepilot_tui.pages.session_rows import PREVIEW_FROM, SessionPreview, SessionRows
from codepilot_tui.session_store import SessionStore
from codepilot_tui.widgets.row_list import Rows

SEARCHES = 0.15
"""Seconds after the last key until the messages are searched, too, and a preview is read."""


class SessionsPage(SessionActions):
    """The page. Its result is the session to open, or that a new one is to be begun.

    Args:
        store: the sessions.
        tab: gives the number of the tab that has a session open; 0: none of this program.
        open_page: opens another page over this one, and tells its result.
        renamed: told the id of a session that was renamed, and its new title.
        clock: seconds since 1970.
    """

    title = "Sessions"
    kind = "sessions"
    placeholder: ClassVar[str] = "Search titles and messages"
    DEFAULT_CSS = """
    SessionsPage > Horizontal.page-body { height: 1fr; }
    SessionsPage EntryLine { margin-top: 1; }
    """

    def __init__(
        self,
        store: SessionStore,
        tab: Callable[[str], int],
        *,
        open_page: OpenPage = lambda page, done: None,
        renamed: Callable[[str, str], None] = lambda session_id, title: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self._here = True
        self._all: list[Overview] = []
        self._hits: dict[str, str] = {}
        self._wait: Timer | None = None
        self.preview = SessionPreview(clock)
        super().__init__(store, tab, SessionRows(tab, clock), open_page, renamed)

    # -- what stands there -----------------------------------------------------------------------------------------

    def body(self) -> Iterable[Widget]:
        """List and preview, and below them the field for a name."""
        with Horizontal(classes="page-body"):
            yield self.list
            yield self.preview
        yield self.entry

    def on_mount(self) -> None:
        """Read the sessions."""
        self.load()

    def on_resize(self) -> None:
        """The preview has room, or not any more."""
        self.preview.display = self.size.width >= PREVIEW_FROM

    def keys(self) -> Sequence[tuple[str, str]]:
        """What the keys do."""
        if self.entry.asks:
            enter, *others = self.entry_keys()
            return (enter, ("Tab", "format"), *others) if self.exports else (enter, *others)
        scope = "all folders" if self._here else "this folder"
        keys = [("Tab", scope), ("Ctrl+N", "new")]
        if (chosen := self.list.chosen) is not None:
            ours = not self.is_elsewhere(chosen)
            keys = [
                ("Enter", self._opens),
                ("Ctrl+N", "new"),
                *([("F2", "rename")] if ours else []),
                ("Ctrl+F", "fork"),
                ("Ctrl+E", "export"),
                ("Ctrl+P", "play"),
                *([("Del", "bin")] if ours and not self._tab(chosen.id) else []),
                ("Tab", scope),
            ]
        if self._deleted:
            keys.append(("Ctrl+Z", "undo"))
        return (*keys, ("Esc", "clear" if self.field.words else "back"))

    @property
    def _opens(self) -> str:
        chosen = self.list.chosen
        number = self._tab(chosen.id) if chosen is not None else 0
        if chosen is not None and self.is_elsewhere(chosen):
            return "read along"
        return f"go to tab {number}" if number else "open"

    def offered(self) -> frozenset[str]:
        """Those of the foot, and the arrows."""
        moves = {"down"} if self.list.count > 1 and not self.entry.asks else frozenset[str]()
        return super().offered() | moves

    def load(self, then: str = "", said: str = "") -> None:
        """Read the list anew; the cursor goes to the session `then`, or stays with the one it is on.

        Args:
            then: a session.
            said: beside the title, when the list is there; else how many there are.
        """
        self._load(then, said)

    @work(group="sessions", exclusive=True)
    async def _load(self, then: str, said: str) -> None:
        chosen = self.list.chosen
        try:
            self._all = await self._store.listed(here=self._here)
        except CodepilotError as error:
            self._tell(error)
            return
        self.list.loaded = True
        self._show(then or (chosen.id if chosen is not None else ""))
        if said:
            self.say(said)
        if self.field.words:
            self._search_messages()

    def _show(self, at: str = "") -> None:
        rows = rows_of(self._all, self.field.words, self._hits)
        self.list.show(rows, self.field.words, at, here=self._here)
        self.say(note(len(rows), len(self._all), self._here) if self.list.loaded else "reading…")
        self._moved()

    def _moved(self) -> None:
        """Another row is under the cursor."""
        self.keys_changed()
        self._soon(self._preview)
        if self.list.chosen is None:
            self.preview.show(None, ())

    def _soon(self, call: Callable[[], object]) -> None:
        if self._wait is not None:
            self._wait.stop()
        self._wait = self.set_timer(SEARCHES, lambda: (call(), None)[1])

    @work(group="preview", exclusive=True)
    async def _preview(self) -> None:
        row = self.list.chosen
        if row is None or not self.preview.display:
            return
        try:
            said = await self._store.said_last(row.overview)
        except CodepilotError:
            said = []  # it went meanwhile: the list says so when it is read again
        if self.list.chosen is row:
            self.preview.show(row, said)

    # -- searching and moving --------------------------------------------------------------------------------------

    def searched(self, words: str) -> None:
        """Titles and folders at once, the messages a moment later."""
        self._hits = {}
        self._show()
        if words:
            self._soon(self._search_messages)

    @work(group="search", exclusive=True)
    async def _search_messages(self) -> None:
        words, chosen = self.field.words, self.list.chosen
        try:
            hits = await self._store.search(words, here=self._here)
        except CodepilotError as error:
            self._tell(error)
            return
        if words == self.field.words:
            self._hits = hits
            self._show(chosen.id if chosen is not None else "")

    def press(self, key: str) -> bool:
        """Move, open, and what else can be done with a session."""
        if self.entry.asks:
            if key == "tab" and self.exports:
                self.other_form()
                return True
            return self.press_entry(key)
        if key == "delete" and self.field.cursor_position < len(self.field.value):
            return False  # there is something to delete in the field
        does = {
            "enter": self._open,
            "ctrl+n": lambda: self.finish("new"),
            "f2": self._ask_title,
            "ctrl+f": lambda: self._fork(),
            "ctrl+e": self._ask_path,
            "ctrl+p": self._replay,
            "delete": lambda: self._delete(),
            "ctrl+z": lambda: self._undelete(),
            "tab": self._other_scope,
        }
        if key in does:
            does[key]()
            return True
        if self.list.press(key):
            self._moved()
            return True
        return False

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A click opens."""
        event.stop()
        self._open()

    def _other_scope(self) -> None:
        self._here = not self._here
        self._hits = {}
        self.load()
