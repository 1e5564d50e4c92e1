"""A list of one-line rows with a cursor, drawn row by row as they come into sight."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

Cell = tuple[str, Style]


def spread(left: list[Cell], right: list[Cell], width: int, ground: Style) -> Strip:
    """A row with one part at each edge; the left one gives way, with `…`."""
    right_width = sum(cell_len(text) for text, _ in right)
    room = max(0, width - right_width)
    segments: list[Segment] = []
    for text, style in left:
        size = cell_len(text)
        if size > room:
            text = set_cell_size(text, max(0, room - 1)) + ("…" if room else "")
            size = room
        segments.append(Segment(text, style))
        room -= size
        if not room:
            break
    segments.append(Segment(" " * room, ground))
    segments.extend(Segment(text, style) for text, style in right)
    return Strip(segments).adjust_cell_length(width, ground)


class RowList(ScrollView, can_focus=True):
    """Subclasses say how many rows there are and paint one; moving, scrolling and choosing is done here."""

    DEFAULT_CSS = """
    RowList { scrollbar-size-vertical: 1; overflow-x: hidden; }
    """
    BINDINGS: ClassVar = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "move(-1000000)", "First", show=False),
        Binding("end", "move(1000000)", "Last", show=False),
        Binding("enter", "choose", "Open", show=False),
    ]

    class Chosen(Message):
        """A row was chosen, by Enter or by a click."""

        def __init__(self, rows: RowList, index: int) -> None:
            super().__init__()
            self.rows = rows
            self.index = index

        @property
        def control(self) -> RowList:
            """The list."""
            return self.rows

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._cursor = 0

    @property
    def count(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def paint(self, index: int, width: int, at_cursor: bool) -> Strip:
        """One row."""
        raise NotImplementedError

    def paint_empty(self, line: int, width: int) -> Strip:
        """A line below the rows; without any rows, say here what will stand here."""
        return Strip.blank(width, self.rich_style)

    @property
    def cursor(self) -> int:
        """The marked row."""
        return self._cursor

    def move_to(self, index: int) -> None:
        """Mark a row and bring it into sight."""
        self._cursor = min(max(0, index), max(0, self.count - 1))
        self._keep_in_sight()
        self.refresh()

    def rows_changed(self) -> None:
        """Call when rows came, went or moved."""
        self._cursor = min(self._cursor, max(0, self.count - 1))
        self._keep_in_sight()
        self.refresh()

    def _keep_in_sight(self) -> None:
        region = self.scrollable_content_region
        self.virtual_size = Size(region.width, self.count)
        top, height = self.scroll_offset.y, max(1, region.height)
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False)
        elif self._cursor >= top + height:
            self.scroll_to(y=self._cursor - height + 1, animate=False)

    def on_resize(self) -> None:
        """The cursor stays in sight."""
        self.rows_changed()

    def render_line(self, y: int) -> Strip:
        """One line of what is in sight."""
        width = self.scrollable_content_region.width
        index = y + self.scroll_offset.y
        if index < self.count:
            return self.paint(index, width, index == self._cursor)
        return self.paint_empty(index - self.count, width)

    def action_move(self, step: int) -> None:
        """Mark another row."""
        self.move_to(self._cursor + step)

    def action_page(self, step: int) -> None:
        """Mark a row one screenful away."""
        self.move_to(self._cursor + step * max(1, self.size.height - 1))

    def action_choose(self) -> None:
        """Choose the marked row."""
        if self.count:
            self.post_message(self.Chosen(self, self._cursor))

    def on_click(self, event: events.Click) -> None:
        """Mark and choose the row under the mouse."""
        index = event.y + self.scroll_offset.y
        if 0 <= index < self.count:
            event.stop()
            self.move_to(index)
            self.action_choose()
