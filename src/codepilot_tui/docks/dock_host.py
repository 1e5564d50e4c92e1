"""The place of docks in the session screen: one is open, others wait below it, and the chat gives the rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from textual.containers import Vertical
from textual.css.query import NoMatches
from textual.widget import Widget

from codepilot_tui.docks.base import Dock

Result = TypeVar("Result")

CHAT_COLUMNS_FROM = 110
"""Columns from which a dock stays in the chat's columns; in a narrower window it takes all."""
CHAT_ROWS = 3
"""Rows of the chat that stay above a dock, where there is room for both."""
AT_LEAST = 16
"""Rows that it may have whatever its share, if that leaves the chat its rows."""
LOW = 18
"""Rows of body below which a dock may take all of them."""


def dock_rows(wanted: int, screen: int, body: int, share: float, *, full: bool) -> int:
    """How many rows a dock gets.

    Args:
        wanted: what it would take.
        screen: rows of the whole screen.
        body: rows between top bar and composer.
        share: the most of the screen's height it may have.
        full: it has the whole body.
    """
    if full:
        return body
    most = body if body < LOW else min(body - CHAT_ROWS, max(int(screen * share), AT_LEAST))
    return max(0, min(wanted, most))


@dataclass(frozen=True)
class Panes:
    """What docks lie above."""

    chat: str
    """The selector of the chat's column."""
    others: tuple[str, ...]
    """The selectors of the columns beside it."""
    home: Callable[[], Widget]
    """Gives the widget that has the keyboard when nothing else is known."""


@dataclass(frozen=True)
class Elsewhere:
    """Where goes what is typed at a dock and is no answer to it."""

    stray: Callable[[str], None]
    """Takes characters typed while the answers were deaf."""
    words: Callable[[str], None] | None = None
    """Takes what is typed or pasted and can be no answer; None: as `stray`."""
    next_question: Callable[[], bool] = lambda: False
    """Shows the next waiting question instead; True if there is one."""
    tell: Callable[[str], None] = lambda text: None
    """Says something in the status line."""
    quiet: Callable[[], float] = lambda: math.inf
    """Gives for how many seconds the left button had not gone down anywhere when it last did."""


class DockHost(Vertical):
    """Put it last into the body: it lies over the foot of the panes, which give way by a margin.

    Args:
        panes: what docks lie above.
        elsewhere: where goes what is no answer.
    """

    DEFAULT_CSS = """
    DockHost { layer: dock; dock: bottom; height: auto; width: 100%; display: none; background: $raised; }
    """

    def __init__(self, panes: Panes, elsewhere: Elsewhere, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._chat = panes.chat
        self._others = panes.others
        self._home = panes.home
        self.stray = elsewhere.stray
        self.words = elsewhere.words or elsewhere.stray
        self.recall_key = ""
        self.next_question = elsewhere.next_question
        self.tell = elsewhere.tell
        self.quiet = elsewhere.quiet
        self._docks: list[Dock[Any]] = []
        self._back: Widget | None = None

    def on_mount(self) -> None:
        """Every layout of the screen may have changed the room."""
        self.screen.screen_layout_refresh_signal.subscribe(self, lambda _: self.fit())

    def name_key(self, key: str) -> None:
        """Name the key that comes back to an open question; where the keyboard is decides which one does."""
        if key != self.recall_key:
            self.recall_key = key
            if self.dock is not None:
                self.dock.repaint()

    @property
    def dock(self) -> Dock[Any] | None:
        """The one that is open."""
        return self._docks[-1] if self._docks else None

    def open(self, dock: Dock[Result], done: Callable[[Result | None], None], *, focus: bool = True) -> None:
        """Open a dock and give it the keyboard; one that is open already waits below it until this one ends.

        Args:
            dock: a new one.
            done: told its result, or None: undecided.
            focus: it gets the keyboard; else it waits to be asked for.
        """
        before = self.dock
        if before is None:
            self._back = self.screen.focused
            self.styles.height = 1  # until it has its rows: it would hide the panes for a frame
        else:
            before.covered()
        dock.host, dock.done = self, done
        self._docks.append(dock)
        dock.grows = self._grows(dock)
        self.mount(dock)
        self.display = True
        if focus:
            self.screen.set_focus(dock, scroll_visible=False)
        self.call_after_refresh(self.fit)

    def close(self, dock: Dock[Any]) -> None:
        """A dock ended: take it away and give the keyboard back, if it was here."""
        if any(dock in widget.ancestors_with_self for widget in self.screen.selections):
            self.screen.clear_selection()
        was_open, held = dock is self.dock, dock.is_attached and dock.holds_focus
        self._docks.remove(dock)
        if was_open:
            following = self.dock
            if following is not None:
                following.display = True
                self.fit()
                following.take_keyboard()
            else:
                self.display = False
                self._give_way(0)
                if held:
                    self.screen.set_focus(self._where_it_was())
                self._back = None
        dock.remove()

    def _where_it_was(self) -> Widget:
        back = self._back
        if back is not None and back.is_attached and back.focusable:
            return back
        return self._home()

    def recall(self, dock: Dock[Any] | None = None) -> bool:
        """Give the keyboard back to the dock that is open: the person asked for it. False if there is none.

        Args:
            dock: another of the open ones, which then lies above the others; None: the one that does.
        """
        top = self.dock
        if top is None or dock not in (None, *self._docks):
            return False
        if dock is not None and dock is not top:
            top.covered()
            self._docks.remove(dock)
            self._docks.append(dock)
            dock.display = True
            self.fit()
            top = dock
        top.asked_for()
        return True

    def fit(self) -> None:
        """Give the open dock its rows and columns."""
        dock, body = self.dock, self.parent
        if dock is None or not isinstance(body, Widget) or not body.size.height:
            return
        if dock.grows != self._grows(dock):
            dock.grows = not dock.grows
            dock.repaint()
        if dock.full and not dock.full_changes:
            dock.full = False  # no key would make it small
            dock.repaint()
        start, columns = self._columns(dock, full=dock.full)
        rows = dock_rows(
            dock.rows_wanted(columns), self.screen.size.height, body.size.height, dock.share, full=dock.full
        )
        self.styles.margin = (0, 0, 0, start)
        self.styles.width = columns
        self.styles.height = rows
        dock.styles.height = rows
        self._give_way(rows, wide=columns == body.size.width)

    def _grows(self, dock: Dock[Any]) -> bool:
        """Whether the whole body is more than it may have otherwise."""
        body = self.parent
        assert isinstance(body, Widget)
        height = body.size.height
        most = dock_rows(height, self.screen.size.height, height, dock.share, full=False)
        return most < height or self._columns(dock, full=False)[1] < body.size.width

    def _columns(self, dock: Dock[Any], *, full: bool) -> tuple[int, int]:
        """Where it begins and how many columns it has."""
        body = self.parent
        assert isinstance(body, Widget)
        width = body.size.width
        chat = body.query_one(self._chat)
        if dock.wide or full or width < CHAT_COLUMNS_FROM or not chat.display or not chat.size.width:
            return 0, width
        return chat.region.x - body.region.x, chat.outer_size.width

    def _give_way(self, rows: int, *, wide: bool = False) -> None:
        body = self.parent
        if not isinstance(body, Widget):
            return  # its screen is being taken down
        for selector in (self._chat, *self._others):
            try:
                column = body.query_one(selector)
            except NoMatches:
                continue
            column.styles.margin = (0, 0, rows if wide or selector == self._chat else 0, 0)
