"""The diff view: side by side where there is room, the same picture in the chat, the edit question and the preview."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from codepilot.diff import apply_hunks
from codepilot_tui.theme import Tokens, tokens_for
from codepilot_tui.widgets.diff_paint import DiffPainter, Look
from codepilot_tui.widgets.diff_rows import CONTEXT, SPLIT_FROM, DiffDocument, Mode, Row, hunk_starts, layout


def is_split(mode: Mode, width: int, document: DiffDocument) -> bool:
    """Whether a document is shown in two halves."""
    if document.one_sided:
        return False
    return mode == "split" or (mode == "auto" and width >= SPLIT_FROM)


def diff_strips(
    before: str | None,
    after: str | None,
    path: str,
    width: int,
    tokens: Tokens,
    *,
    mode: Mode = "auto",
    folded: bool = True,
    plane: str = "ground",
    limit: int | None = None,
) -> list[Strip]:
    """The whole difference as strips of `width` columns, for a place that does its own scrolling.

    Args:
        before: the old text; None: there was no file.
        after: the new text; None: there is no file any more.
        path: decides the language.
        width: columns.
        tokens: the colours.
        mode: side by side, below each other, or whichever fits.
        folded: hide unchanged lines far from a change.
        plane: the token of the plane behind it.
        limit: the most rows; one more says how many were left out.
    """
    document = DiffDocument(before, after)
    split = is_split(mode, width, document)
    painter = DiffPainter(document, path, tokens)
    look = Look(width, split, plane)
    rows = layout(document, split=split, folded=folded)
    shown = rows if limit is None else rows[:limit]
    strips = [painter.paint(row, look) for row in shown]
    if len(rows) > len(shown):
        note = Row("note", note=f"⋯ {len(rows) - len(shown)} more rows")
        strips.append(painter.paint(note, look))
    return strips


class DiffView(ScrollView, can_focus=True):
    """A difference that scrolls; rows are drawn when they come into sight.

    Args:
        before: the old text; None: there is no file yet.
        after: the new text; None: the file goes.
        path: decides the language.
        mode: `auto` puts the halves side by side from 100 columns on.
        reviewing: show the hunk that the keys mean, and let Space accept or reject it.
        plane: the token of the plane behind it.
    """

    DEFAULT_CSS = """
    DiffView {
        background: $ground; scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0; overflow-x: auto;
    }
    DiffView:focus { background-tint: $ground 0%; }
    """
    BINDINGS: ClassVar = [
        Binding("n,right_square_bracket", "next_hunk", "Next change", show=False),
        Binding("p,left_square_bracket", "previous_hunk", "Previous change", show=False),
        Binding("space", "toggle_hunk", "Take or leave this change", show=False),
        Binding("f", "toggle_folds", "Fold unchanged lines, or unfold", show=False),
        Binding("enter", "open_fold", "Unfold the first fold in sight", show=False),
        Binding("j", "scroll_down", "Down", show=False),
        Binding("k", "scroll_up", "Up", show=False),
    ]

    class HunkToggled(Message):
        """A hunk was accepted or rejected."""

        def __init__(self, view: DiffView, hunk: int, accepted: bool) -> None:
            super().__init__()
            self.view = view
            self.hunk = hunk
            self.accepted = accepted

        @property
        def control(self) -> DiffView:
            """The view that it happened in."""
            return self.view

    def __init__(
        self,
        before: str | None,
        after: str | None,
        path: str,
        *,
        mode: Mode = "auto",
        reviewing: bool = False,
        plane: str = "ground",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._path = path
        self._mode: Mode = mode
        self._reviewing = reviewing
        self._plane = plane
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(512)
        self._painter: DiffPainter | None = None
        self._take(before, after)

    def _take(self, before: str | None, after: str | None) -> None:
        self.document = DiffDocument(before, after)
        self._folded = True
        self._opened: set[int] = set()
        self._rejected: set[int] = set()
        self._current = 0
        self._rows: list[Row] = []
        self._starts: list[int] = []
        self._split = False
        self._painter = None

    @property
    def hunk_count(self) -> int:
        """How many hunks there are."""
        return len(self.document.hunks)

    @property
    def row_count(self) -> int:
        """How many rows the difference has in the form and width that it is shown in."""
        return len(self._rows)

    @property
    def current_hunk(self) -> int:
        """The hunk that the keys mean, from 0."""
        return self._current

    @property
    def accepted(self) -> frozenset[int]:
        """The hunks that are taken over."""
        return frozenset(range(self.hunk_count)) - self._rejected

    @property
    def split(self) -> bool:
        """Whether two halves are shown now."""
        return self._split

    def accepted_text(self) -> str:
        """The old text with the accepted hunks."""
        return apply_hunks(self.document.before or "", self.document.after or "", self.accepted, CONTEXT)

    def show(self, before: str | None, after: str | None, path: str) -> None:
        """Show another difference."""
        self._path = path
        self._take(before, after)
        self._lay_out()
        self.scroll_to(0, 0, animate=False)

    def on_resize(self) -> None:
        """Width decides the form."""
        self._lay_out()

    def notify_style_update(self) -> None:
        """Another theme: draw anew."""
        super().notify_style_update()
        self._painter = None
        self._strips.clear()

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        if width <= 0:
            return
        self._split = is_split(self._mode, width, self.document)
        self._rows = layout(self.document, split=self._split, folded=self._folded, opened=self._opened)
        self._starts = hunk_starts(self._rows)
        self._strips.clear()
        hidden = max(0, self.document.longest - self._paint_with().source_width(width, self._split))
        self.virtual_size = Size(width + hidden, len(self._rows))
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
            return Strip([Segment(" " * width, tokens_for(self.app).style("", self._plane))], width)
        current = self._current if self._reviewing and self.hunk_count else -1
        key = (index, width, self.scroll_offset.x, current)
        strip = self._strips.get(key)
        if strip is None:
            look = Look(
                width, self._split, self._plane, self.scroll_offset.x, frozenset(self._rejected), current
            )
            strip = self._paint_with().paint(self._rows[index], look)
            self._strips[key] = strip
        return strip

    def action_next_hunk(self) -> None:
        """Go to the next change."""
        self.go(self._current + 1 if self._reviewing else self._hunk_after())

    def action_previous_hunk(self) -> None:
        """Go to the change before."""
        self.go(self._current - 1 if self._reviewing else self._hunk_before())

    def _hunk_after(self) -> int:
        top = self.scroll_offset.y + 2
        return next((hunk for hunk, row in enumerate(self._starts) if row > top), len(self._starts) - 1)

    def _hunk_before(self) -> int:
        top = self.scroll_offset.y + 2
        return max((hunk for hunk, row in enumerate(self._starts) if row < top), default=0)

    def go(self, hunk: int) -> None:
        """Bring a hunk into sight and mean it; one that is not there changes nothing."""
        if not 0 <= hunk < len(self._starts):
            return
        self._current = hunk
        # Two lines of context above the change.
        self.scroll_to(y=max(0, self._starts[hunk] - 2), animate=False)
        self.refresh()

    def action_toggle_hunk(self) -> None:
        """Take the current hunk, or leave it."""
        if not self._reviewing or not self.hunk_count:
            return
        self._rejected ^= {self._current}
        self._strips.clear()
        self.refresh()
        self.post_message(self.HunkToggled(self, self._current, self._current not in self._rejected))

    def action_toggle_folds(self) -> None:
        """Show all unchanged lines, or only those near a change."""
        self._folded = not self._folded
        self._opened.clear()
        self._keep_place()

    def action_open_fold(self) -> None:
        """Unfold the first fold in sight."""
        top = self.scroll_offset.y
        for row in self._rows[top : top + self.scrollable_content_region.height]:
            if row.kind == "fold":
                self._open(row)
                return

    def on_click(self, event: events.Click) -> None:
        """A click on a fold opens it."""
        index = event.y + self.scroll_offset.y
        if index < len(self._rows) and self._rows[index].kind == "fold":
            event.stop()
            self._open(self._rows[index])

    def _open(self, row: Row) -> None:
        self._opened.add(row.fold)
        self._lay_out()

    def _keep_place(self) -> None:
        """Lay out anew with the same line at the top."""
        top = self.scroll_offset.y
        anchor = next((row for row in self._rows[top:] if row.new is not None and row.kind != "fold"), None)
        self._lay_out()
        if anchor is not None:
            index = next(
                (i for i, row in enumerate(self._rows) if row.new == anchor.new and row.kind != "fold"), None
            )
            if index is not None:
                self.scroll_to(y=index, animate=False)
