"""The rows of the chat, without a screen: items and their drawings, what is in view, folding, the cursor."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from codepilot_tui.facts import AtCursor
from codepilot_tui.transcript import AgentTurn, Item, Prose, plain_text
from codepilot_tui.transcript.finding import Hit
from codepilot_tui.widgets.chat.cache import Drawings
from codepilot_tui.widgets.chat.cursor import Cursor
from codepilot_tui.widgets.chat.found import Mark
from codepilot_tui.widgets.chat.items import Fold, Look, draw, foldable, starts_turn
from codepilot_tui.widgets.chat.layout import Layout
from codepilot_tui.widgets.chat.lines import Line, line
from codepilot_tui.widgets.chat.markdown import MarkdownText
from codepilot_tui.widgets.chat.scrolling import Viewport

_LITTLE = 2
"""Heights of the pane."""
BLANK = line(())
"""The row between two turns."""


class ChatRows:
    """The content of each row of the chat.

    Args:
        look: colours and signs in force, for a width.
    """

    def __init__(self, look: Callable[[int], Look]) -> None:
        self._look = look
        self._drawings = Drawings(self._draw)
        self._width = 80
        self.height = 0
        """Rows that can be seen."""
        self.wants_older: Callable[[], None] = lambda: None
        """Called whenever little is left above what is in view; must only note it."""
        self.clear()

    def clear(self) -> None:
        """Forget all items; what comes is followed."""
        self._layout = Layout(self._width)
        self._viewport = Viewport(self._layout, self.lines)
        self._viewport.height = self.height
        self.cursor = Cursor(self._layout, self.lines)
        """Which item the keys mean."""
        self._drawings.forget()
        self._mark: Mark | None = None
        self.unseen = 0
        """How many items came below what is in view."""

    def __len__(self) -> int:
        """How many items there are."""
        return len(self._layout)

    # -- items --

    def update(self, items: Sequence[Item], changed: Collection[int]) -> None:
        """Take over the current items; `changed` holds the ids of those that are new, different or gone."""
        known = len(self._layout)
        if known and items and items[0].id < self._layout[0].item.id:
            self._put_before(items)
            known = len(self._layout)
        if len(items) < known or (known and (not items or items[0] is not self._layout[0].item)):
            self.clear()
        layout = self._layout
        for item_id in changed:
            if (index := layout.index_of(item_id)) is not None:
                layout.changed(index)
        for item in items[len(layout) :]:
            layout.add(item)
            if not self.following and not isinstance(item, AgentTurn):
                self.unseen += 1

    def _put_before(self, items: Sequence[Item]) -> None:
        """Older items came above all others."""
        first = self._layout[0].item
        older = items[: next((at for at, item in enumerate(items) if item is first), 0)]
        self._layout.put_before(older)
        self._viewport.put_before(len(older))
        if self.cursor.index is not None:
            self.cursor.index += len(older)
        if self._mark is not None:
            self._mark.item_index += len(older)

    def go_to(self, hit: Hit, words: str) -> int | None:
        """Put the cursor on the item of a line that was found, unfolded if need be, and mark the words in the line.

        Args:
            hit: the line.
            words: that it was found by.

        Returns:
            The row that the view should begin with: the item's first, unless the line would be out of sight then;
            None: the item is gone.
        """
        index = self._layout.index_of(hit.item_id)
        if index is None:
            return None
        self.cursor.index = index
        self._mark = mark = Mark(index, hit, words)
        if mark.rows(self.lines(index)) is None:
            self.fold(index, "open")
        rows, top = mark.rows(self.lines(index)), self._layout.top(index)
        return top if rows is None or rows[1] < self.height else top + rows[0] - self.height // 3

    def marked(self, row: int) -> tuple[tuple[int, int], ...]:
        """The characters of a row that were looked for, as long as the cursor stays on their item."""
        mark = self._mark
        if mark is None or mark.item_index != self.cursor.index or self._layout.at(row) != mark.item_index:
            return ()
        return mark.places(self.lines(mark.item_index), row - self._layout.top(mark.item_index))

    def lines(self, index: int) -> Sequence[Line]:
        """The lines of an item, drawn now if they are out of date."""
        entry = self._layout[index]
        drawn = self._drawings.lines(entry.item, self._layout.width, entry.fold, self._look(0).tokens.name)
        self._layout.measured(index, len(drawn))
        return drawn

    def _draw(self, item: Item, width: int, fold: Fold, markdown: MarkdownText) -> list[Line]:
        drawn = draw(item, self._look(width), fold, markdown)
        first = item is self._layout[0].item
        return [BLANK, *drawn] if starts_turn(item) and not first and not item.hidden else drawn

    # -- rows --

    @property
    def total(self) -> int:
        """The total height; estimated for items that were never in view."""
        return self._layout.rows

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows of the pane that the rows were made for."""
        return self._width, self.height

    def index_at(self, row: int) -> int:
        """The item on a row; the nearest one if none is."""
        return self._layout.at(row)

    def line(self, row: int) -> Line | None:
        """The line of a row; None below the end."""
        if not 0 <= row < self._layout.rows:
            return None
        index = self._layout.at(row)
        lines, at = self.lines(index), row - self._layout.top(index)
        return lines[at] if at < len(lines) else None

    def is_first(self, row: int) -> bool:
        """Whether it is the first row of an item, not counting the blank row above a turn."""
        index = self._layout.at(row)
        lines = self.lines(index)
        return row - self._layout.top(index) == (1 if lines and lines[0] is BLANK else 0)

    def unfolds(self, row: int) -> bool:
        """Whether a click on the row unfolds its item: the first row, or one that counts omitted lines."""
        line = self.line(row)
        return self.is_first(row) or (line is not None and line.opens)

    # -- the view --

    @property
    def following(self) -> bool:
        """The end is in view, and what comes is scrolled to."""
        return self._viewport.following

    def follow(self) -> None:
        """Go to the end with the next `settle`, and stay there; nothing is looked for any more."""
        self._mark = None
        self._viewport.following = True

    def settle(self) -> int:
        """Draw what is in view; returns the row that the view begins with."""
        return self._seen(self._viewport.settle())

    def scroll_to(self, row: int) -> int:
        """Bring a row to the top; returns the row that the view begins with then."""
        return self._seen(self._viewport.scroll_to(row))

    def _seen(self, top: int) -> int:
        if self.following:
            self.unseen = 0
        if top < _LITTLE * self.height:
            self.wants_older()
        return top

    def resize(self, width: int, height: int) -> None:
        """The pane is so large now. What is read stays at the top; `settle` draws it."""
        if width != self._width:
            self._width = width
            self._viewport.rewrap(width, lambda index: self._drawings.peek(self._layout[index].item))
        self.height = self._viewport.height = height

    # -- folding and copying --

    def toggle(self, index: int) -> None:
        """Show all of an item, or its one line again."""
        self.fold(index, "folded" if self._shows_all(index) else "open")

    def _shows_all(self, index: int) -> bool:
        entry, shown = self._layout[index], self.lines(index)
        preview = entry.fold == "auto" and len(shown) > 1
        return entry.fold == "open" or (preview and not any(each.opens for each in shown))

    @property
    def at_cursor(self) -> AtCursor:
        """What Enter does to the item under the cursor."""
        index = self.cursor.index
        if index is None or not foldable(self._layout[index].item):
            return ""
        return "fold" if self._shows_all(index) else "unfold"

    def fold(self, index: int, fold: Fold) -> None:
        """Show all of an item, or its one line; its head stays where it is on the screen."""
        entry = self._layout[index]
        if foldable(entry.item) and entry.fold != fold:
            self._viewport.hold()
            entry.fold = fold

    def text_to_copy(self) -> str:
        """The item under the cursor as it was written; without a cursor, what the agent said last."""
        index = self.cursor.index
        if index is None:
            backwards = range(len(self._layout) - 1, -1, -1)
            index = next((at for at in backwards if isinstance(self._layout[at].item, Prose)), None)
        return "" if index is None else plain_text(self._layout[index].item)
