"""Widgets that paint their rows: a change of state writes those rows again and never lays the screen out.

`Static.update` asks for a layout of the whole screen each time. What changes with a key or with the clock is painted
here instead: a `Picture` is made from the state, and only another *number* of rows asks for a layout.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, split_graphemes
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from codepilot_tui.theme import Tokens, tokens_for
from codepilot_tui.widgets.clicked import LEFT

Cell = tuple[str, Style]
"""A piece of a row and how it looks."""


@dataclass(frozen=True, slots=True)
class Place:
    """Columns of a row that mean something to the mouse."""

    row: int
    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Rows to paint, and where in them a click means something."""

    rows: tuple[Strip, ...] = ()
    places: tuple[Place, ...] = ()
    joints: tuple[str | None, ...] = ()
    """What stood between a row and the one above it where a line was wrapped; None, or none told: a line begins."""
    indent: int = 0
    """How many columns at its left are no part of the text."""

    def __str__(self) -> str:
        """What can be read on it."""
        return "\n".join(row.text.rstrip() for row in self.rows)

    def at(self, row: int, column: int) -> str:
        """The name of the place there; empty where there is none."""
        for place in self.places:
            if place.row == row and place.start <= column < place.end:
                return place.name
        return ""


def row_of(cells: Iterable[Cell], width: int, ground: Style) -> Strip:
    """Exactly `width` columns: the cells, then the ground; what is too long is cut with `…`."""
    segments: list[Segment] = []
    room = width
    for text, style in cells:
        size = cell_len(text)
        if size > room:
            segments.append(Segment(fitted(text, room), style))
            room = 0
            break
        segments.append(Segment(text, style))
        room -= size
    segments.append(Segment(" " * room, ground))
    return Strip(segments, width)


def fitted(text: str, width: int) -> str:
    """Exactly `width` columns of a text that is longer, the last of them `…`."""
    if width <= 0:
        return ""
    used, end = 0, 0
    for start, stop, size in split_graphemes(text)[0]:
        if used + size > width - 1:
            end = start
            break
        used, end = used + size, stop
    return text[:end] + "…" + " " * (width - 1 - used)


def middle(text: str, width: int) -> str:
    """At most `width` columns of a name: its beginning, `…`, and more of its end, where names of files differ."""
    if cell_len(text) <= width:
        return text
    if width < 4:
        return fitted(text, width)
    spans, _ = split_graphemes(text)
    room = width - 1
    head, used = 0, 0
    for _start, stop, size in spans:
        if used + size > room * 2 // 5:
            break
        head, used = stop, used + size
    tail = len(text)
    for start, _stop, size in reversed(spans):
        if used + size > room:
            break
        tail, used = start, used + size
    return f"{text[:head]}…{text[tail:]}"


def middle_path(path: str, width: int) -> str:
    """The same of a path: its last name stays whole where there is room for it and for a part of its folder."""
    folder, slash, name = path.rpartition("/")
    room = width - cell_len(name) - 1
    return f"{middle(folder, room)}/{name}" if slash and room >= 4 else middle(path, width)


def spread(left: Sequence[Cell], right: Sequence[Cell], width: int, ground: Style) -> Strip:
    """A row with one part at each edge; the left one gives way, with `…`."""
    right_width = sum(cell_len(text) for text, _ in right)
    if right_width > width:
        return row_of([*left, *right], width, ground)
    return Strip.join([row_of(left, width - right_width, ground), Strip([Segment(*cell) for cell in right])])


class Painted(Widget):
    """Rows painted from a `Picture`. Subclasses give `picture`; call `repaint` when its state changed."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Painted { height: auto; width: 1fr; }"

    class Pressed(Message):
        """A named place was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._made: tuple[int, str, Picture] | None = None
        self._pressed = ""

    def picture(self, width: int, tokens: Tokens) -> Picture:
        """The rows, `width` columns wide. Pure: made from the state and nothing else."""
        raise NotImplementedError

    def made(self, width: int) -> Picture:
        """The picture in this width, kept until the state, the width or the theme is another."""
        tokens = tokens_for(self.app)
        if self._made is None or self._made[:2] != (width, tokens.name):
            self._made = (width, tokens.name, self.picture(width, tokens))
        return self._made[2]

    def repaint(self) -> None:
        """The state changed: paint again; only another number of rows lays the screen out."""
        before, self._made = self._made, None
        if not self.is_attached:
            return
        width = self.size.width
        if before is None or width <= 0:
            self.refresh(layout=True)
            return
        changed = before[0] != width or len(before[2].rows) != len(self.made(width).rows)
        self.refresh(layout=changed)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as the picture has."""
        return len(self.made(width).rows)

    def render_line(self, y: int) -> Strip:
        """One row."""
        width = self.size.width
        rows = self.made(width).rows
        return rows[y] if y < len(rows) else Strip.blank(width, self.rich_style)

    def _place_under(self, event: events.MouseEvent) -> str:
        offset = event.get_content_offset(self)
        return "" if offset is None else self.made(self.size.width).at(offset.y, offset.x)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A click is one on the place where the button went down, if it goes up there."""
        self._pressed = self._place_under(event)

    def on_click(self, event: events.Click) -> None:
        """Say which place was meant."""
        name = self._place_under(event)
        if event.button == LEFT and name and name == self._pressed:
            event.stop()
            self.post_message(self.Pressed(name))


class Filled(Painted):
    """Painted rows that fill a height given from outside, so that they may scroll; see `picture_in`."""

    DEFAULT_CSS = "Filled { height: 1fr; }"

    def picture_in(self, width: int, height: int, tokens: Tokens) -> Picture:
        """The rows in sight, at most `height` of them."""
        raise NotImplementedError

    def picture(self, width: int, tokens: Tokens) -> Picture:
        """What is in sight in the height that there is."""
        return self.picture_in(width, self.size.height, tokens)

    def repaint(self) -> None:
        """Paint again; its place on the screen does not depend on what stands in it."""
        self._made = None
        self.refresh()

    def on_resize(self) -> None:
        """Another height, other rows."""
        self.repaint()
