"""The list of all lists: one-line rows with a cursor, painted one by one as they come into sight."""

from __future__ import annotations

import re
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from codepilot_tui.widgets.clicked import LEFT, RIGHT
from codepilot_tui.widgets.painted import Cell


def lit(text: str, wanted: str, style: Style, found: Style) -> list[Cell]:
    """A text as cells, with each place that holds a word of `wanted` in the style `found`."""
    words = sorted({word for word in wanted.lower().split() if word}, key=len, reverse=True)
    if not words:
        return [(text, style)]
    pattern = re.compile("|".join(re.escape(word) for word in words), re.IGNORECASE)
    cells: list[Cell] = []
    at = 0
    for match in pattern.finditer(text):
        if match.start() > at:
            cells.append((text[at : match.start()], style))
        cells.append((match.group(), found))
        at = match.end()
    if at < len(text):
        cells.append((text[at:], style))
    return cells


class Rows(ScrollView, can_focus=True):
    """Subclasses say how many rows there are and paint one; moving, scrolling and choosing is done here.

    A list that a search field drives is made with `can_focus=False`: the field keeps the keyboard and hands on the
    keys that move, see `press`.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Rows { scrollbar-size-vertical: 1; overflow-x: hidden; }
    """
    BINDINGS: ClassVar = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "move(-1000000)", "First", show=False),
        Binding("end", "move(1000000)", "Last", show=False),
        Binding("enter", "choose", "Open", show=False),
    ]

    class Chosen(Message):
        """A row was chosen, by Enter or by a click."""

        def __init__(self, rows: Rows, index: int) -> None:
            super().__init__()
            self.rows = rows
            self.index = index

        @property
        def control(self) -> Rows:
            """The list."""
            return self.rows

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._cursor = 0
        self._pressed = -1

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

    def press(self, key: str) -> bool:
        """A key that a search field hands on; True if it moves."""
        page = max(1, self.size.height - 1)
        steps = {"up": -1, "down": 1, "pageup": -page, "pagedown": page, "home": -(10**9), "end": 10**9}
        if key not in steps:
            return False
        self.action_move(steps[key])
        return True

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

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Mark the row whose menu is wanted."""
        index = self._pressed = event.y + self.scroll_offset.y
        if event.button == RIGHT and index < self.count:
            self.move_to(index)

    def on_click(self, event: events.Click) -> None:
        """Mark and choose the row under the mouse, if the button went down there too."""
        index = event.y + self.scroll_offset.y
        if event.button == LEFT and index == self._pressed and 0 <= index < self.count:
            event.stop()
            self.move_to(index)
            self.action_choose()
