"""The diff view: side by side where there is room, the same picture in the chat, the edit question and the preview."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from rich.segment import Segment
from textual import events, work
from textual.binding import Binding
from textual.cache import LRUCache
from textual.geometry import Offset, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from codepilot.diff import apply_hunks
from codepilot_tui.theme import tokens_for
from codepilot_tui.widgets.clicked import LEFT
from codepilot_tui.widgets.diff_paint import DiffPainter, Look, diff_strips
from codepilot_tui.widgets.diff_rows import (
    CONTEXT,
    SPLIT_FROM,
    DiffDocument,
    Row,
    is_split,
    layout,
)
from codepilot_tui.widgets.screen_rows import ScreenRows

__all__ = ["DiffView", "diff_strips", "is_split"]

STEP = 8  # columns that ← and → move
PLANE = "ground"  # the token of the plane behind it


class DiffView(ScrollView, can_focus=True):
    """A difference that scrolls; rows are drawn when they come into sight.

    Args:
        before: the old text; None: there is no file yet.
        after: the new text; None: the file goes.
        path: decides the language.
        reviewing: mark the change that the keys mean.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    DiffView {
        background: $ground; scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0; overflow-x: auto;
    }
    DiffView:focus { background-tint: $ground 0%; }
    """
    BINDINGS: ClassVar = [
        Binding("full_stop", "next_hunk", "Next change", show=False),
        Binding("comma", "previous_hunk", "Previous change", show=False),
        Binding("f", "toggle_folds", "Fold unchanged lines, or unfold", show=False),
        Binding("w", "toggle_wrap", "Wrap long lines, or cut them", show=False),
        Binding("enter", "open_fold", "Unfold the first fold in sight", show=False),
        *(
            Binding(key, f"move({columns}, {rows})", show=False)
            for key, columns, rows in (
                ("left", -STEP, 0), ("right", STEP, 0), ("up", 0, -1), ("down", 0, 1), ("home", 0, -10**7),
                ("end", 0, 10**7),
            )
        ),
        *(Binding(f"page{way}", f"page({step})", show=False) for way, step in (("up", -1), ("down", 1))),
    ]  # fmt: skip

    split_from: ClassVar[int] = SPLIT_FROM
    """Columns from which the halves stand beside each other."""

    class Moved(Message):
        """Another change is meant now, or there are others, or lines are too long that were not."""

        def __init__(self, view: DiffView) -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> DiffView:
            """The view that it happened in."""
            return self.view

    def __init__(self, before: str | None, after: str | None, path: str, *, reviewing: bool = False) -> None:
        super().__init__()
        self._path = path
        self._reviewing = reviewing
        self._wrapped = False
        self.has_long_lines = False  # longer than the room they have
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(512)
        self._painter: DiffPainter | None = None
        self._pressed_at: Offset | None = None
        self._take(before, after)

    def _take(self, before: str | None, after: str | None) -> None:
        self.document = self.compared(before, after)
        self._folded = True
        self._opened: set[int] = set()
        self._rejected: frozenset[int] = frozenset()
        self._current = 0
        self._rows = ScreenRows()
        self._split = False
        self._painter = None

    def compared(self, before: str | None, after: str | None) -> DiffDocument:
        """The two texts laid side by side."""
        return DiffDocument(before, after)

    @property
    def hunk_count(self) -> int:
        """How many changes there are."""
        return len(self.document.hunks)

    @property
    def row_count(self) -> int:
        """How many rows the difference has in the form and width that it is shown in."""
        return len(self._rows)

    @property
    def current_hunk(self) -> int:
        """The change that the keys mean, from 0: the one gone to, or the first in sight since it was scrolled."""
        return self._current

    @property
    def accepted(self) -> frozenset[int]:
        """The changes that are taken over: all, but for those left out."""
        return frozenset(range(self.hunk_count)) - self._rejected

    def accepted_text(self) -> str:
        """The old text with the accepted changes."""
        return apply_hunks(self.document.before or "", self.document.after or "", self.accepted, CONTEXT)

    @property
    def split(self) -> bool:
        """Whether two halves are shown now."""
        return self._split

    @property
    def wrapped(self) -> bool:
        """Whether long lines go on below."""
        return self._wrapped

    def show(self, before: str | None, after: str | None, path: str) -> None:
        """Show another difference."""
        self._path = path
        self._take(before, after)
        self._lay_out()
        self.scroll_to(0, 0, animate=False)
        self._colour_large()
        self.post_message(self.Moved(self))

    def on_mount(self) -> None:
        """Colours that take long come later."""
        self._colour_large()

    def on_resize(self) -> None:
        """Width decides the form."""
        self._lay_out()

    def notify_style_update(self) -> None:
        """Another theme: draw anew."""
        super().notify_style_update()
        self._painter = None
        self._strips.clear()

    @work(group="colours", exclusive=True)
    async def _colour_large(self) -> None:
        if (painter := self._paint_with()).late:
            await asyncio.to_thread(painter.colour)
            self._strips.clear()
            self.refresh()

    def _lay_out(self) -> None:
        if (width := self.scrollable_content_region.width) <= 0:
            return
        self._split = is_split("auto", width, self.document, self.split_from)
        rows = layout(self.document, split=self._split, folded=self._folded, opened=self._opened)
        painter, look = self._paint_with(), Look(width, self._split)
        self._rows = ScreenRows(rows, lambda row: painter.parts(row, look) if self._wrapped else 1)
        self._strips.clear()
        hidden = max(0, self.document.longest - painter.source_width(width, self._split))
        if self.has_long_lines != bool(hidden):
            self.has_long_lines = bool(hidden)
            self.post_message(self.Moved(self))
        self.virtual_size = Size(width if self._wrapped else width + hidden, len(self._rows))
        self.refresh()

    def _paint_with(self) -> DiffPainter:
        if self._painter is None:
            self._painter = DiffPainter(self.document, self._path, tokens_for(self.app))
        return self._painter

    def render_line(self, y: int) -> Strip:
        """One row of what is in sight."""
        index = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        if index >= len(self._rows):
            return Strip([Segment(" " * width, tokens_for(self.app).style("", PLANE))], width)
        row, part = self._rows[index]
        current = self._current if self._reviewing and self.hunk_count else -1
        offset = self.scroll_offset.x
        key = (index, width, offset, current)
        strip = self._strips.get(key)
        if strip is None:
            look = Look(width, self._split, PLANE, offset, self._rejected, current, part, self._wrapped)
            strip = self._paint_with().paint(row, look)
            self._strips[key] = strip
        return strip

    # -- moving about --

    def action_move(self, columns: int, rows: int) -> None:
        """Scroll by so many columns and rows, at once."""
        self.scroll_relative(x=columns or None, y=rows or None, animate=False)

    def action_page(self, step: int) -> None:
        """Scroll by a screenful less a row."""
        self.scroll_relative(y=step * max(1, self.size.height - 1), animate=False)

    def watch_scroll_y(self, old: float, new: float) -> None:
        """The change that is meant is the first in sight."""
        super().watch_scroll_y(old, new)
        top, bottom = round(new), round(new) + self.size.height
        starts = self._rows.starts
        if starts and not top <= starts[self._current] < bottom:
            self._mean(self._rows.hunk_from(top))

    def _mean(self, hunk: int) -> None:
        if hunk != self._current:
            self._current = hunk
            self.post_message(self.Moved(self))
            if self._reviewing:
                self.refresh()

    def action_next_hunk(self) -> None:
        """Go to the next change."""
        self.go(self._current + 1)

    def action_previous_hunk(self) -> None:
        """Go to the change before."""
        self.go(self._current - 1)

    def go(self, hunk: int) -> None:
        """Bring a change into sight and mean it; one that is not there changes nothing."""
        if not 0 <= hunk < len(self._rows.starts):
            return
        self.scroll_to(y=max(0, self._rows.starts[hunk] - 2), animate=False)  # two lines of context above it
        self._mean(hunk)

    def toggle_hunk(self) -> None:
        """Take the current change, or leave it out. No key does yet: the review of the agent's changes brings it."""
        if self._reviewing and self.hunk_count:
            self._rejected ^= {self._current}
            self._strips.clear()
            self.refresh()

    # -- folds and wrapping --

    def action_toggle_folds(self) -> None:
        """Show all unchanged lines, or only those near a change."""
        self._folded = not self._folded
        self._opened.clear()
        self._keep_place()

    def action_toggle_wrap(self) -> None:
        """Let long lines go on below, or cut them."""
        self._wrapped = not self._wrapped
        self.scroll_to(x=0, animate=False)
        self._keep_place()

    def action_open_fold(self) -> None:
        """Unfold the first fold in sight."""
        top = self.scroll_offset.y
        fold = self._rows.first_fold(top, top + self.scrollable_content_region.height)
        if fold is not None:
            self._open(fold)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Only where the button goes up at the same cell is it a click."""
        self._pressed_at = event.screen_offset

    def on_click(self, event: events.Click) -> None:
        """A click on a fold opens it."""
        at = event.y + self.scroll_offset.y
        fold = self._rows.first_fold(at, at + 1)
        if event.button == LEFT and event.screen_offset == self._pressed_at and fold is not None:
            event.stop()
            self._open(fold)

    def _open(self, row: Row) -> None:
        self._opened.add(row.fold)
        self._lay_out()

    def _keep_place(self) -> None:
        """Lay out anew with the same line at the top."""
        line = self._rows.first_line(self.scroll_offset.y)
        self._lay_out()
        if line is not None and (index := self._rows.index_of(line)) is not None:
            self.scroll_to(y=index, animate=False)
