"""Which rows of the chat are in view. Pure: heights and drawings come from outside.

What is being read stays in place. The view is anchored to a place in the text (an item and a line of it), not to a
row number: items above may be drawn for the first time, grow or wrap differently without moving it. At the end it is
anchored to the end, and follows new items.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from codepilot_tui.widgets.chat.layout import Layout
from codepilot_tui.widgets.chat.lines import Line


@dataclass(slots=True)
class _Place:
    """The first row in view."""

    index: int
    line: int
    mark: int | None = None
    """The characters of the item that stand before it, counted when the width changed; None: not yet."""


class Viewport:
    """The window onto a layout.

    Args:
        layout: where the items stand.
        draw: the lines of the entry at an index, drawn now if need be; it tells the layout their number.
    """

    def __init__(self, layout: Layout, draw: Callable[[int], Sequence[Line]]) -> None:
        self._layout = layout
        self._draw = draw
        self.height = 0
        """Rows that can be seen."""
        self.top = 0
        """The first row in view."""
        self.following = True
        """The end is in view and stays there."""
        self._place = _Place(0, 0)

    def put_before(self, count: int) -> None:
        """So many entries came above all others: what is read stays where it is."""
        self._place.index += count

    def settle(self) -> int:
        """Draw what is in view, and say which row it begins with."""
        if self.following:
            self._to_end()
        else:
            self._to_place()
        return self.top

    def follow(self) -> int:
        """Go to the end and stay there."""
        self.following = True
        return self.settle()

    def hold(self) -> None:
        """Stay here, even at the end: the next change must not move what is being looked at."""
        if self.following:
            self.following = False
            self._set_place(self._layout.at(self.top), 0)
            self._place.line = self.top - self._layout.top(self._place.index)

    def scroll_to(self, row: int) -> int:
        """Bring a row to the top of the view. Returns where the view begins then.

        Estimated heights above may turn out to be wrong, so the position is taken relative to what is already drawn.
        """
        layout = self._layout
        if not len(layout):
            return 0
        row = max(0, min(row, layout.rows - 1))
        self.following = False
        held = self._known(row)
        missing = layout.top(held) - row
        if missing <= 0:
            self._set_place(held, min(-missing, max(0, len(self._draw(held)) - 1)))
        else:
            index = held
            while missing > 0 and index > 0:
                index -= 1
                missing -= len(self._draw(index))
            self._set_place(index, max(0, -missing))
        return self.settle()

    def rewrap(self, width: int, lines_before: Callable[[int], Sequence[Line]]) -> None:
        """Lay out for another width; the text at the top of the view stays there.

        Args:
            width: columns.
            lines_before: the lines of the entry at an index as they are on the screen now.
        """
        place = self._place
        if not self.following and place.mark is None:
            place.mark = _ink(lines_before(place.index)[: place.line])
        self._layout.resize(width)
        # With no text before it, it is one of the first lines, which exist at every width.
        if not self.following and place.mark:
            place.line = _line_of(self._draw(place.index), place.mark)

    # -- inside --

    def _set_place(self, index: int, line: int) -> None:
        self._place = _Place(index, line)

    def _known(self, row: int) -> int:
        """The first entry in view whose height is known; otherwise the one that holds the row."""
        layout = self._layout
        first = index = layout.at(row)
        while index < len(layout) and layout.top(index) < row + self.height:
            if layout[index].exact and layout[index].height:
                return index
            index += 1
        return first

    def _to_end(self) -> None:
        layout = self._layout
        rows, index = 0, len(layout)
        while index > 0 and rows < self.height:
            index -= 1
            rows += len(self._draw(index))
        self.top = max(0, layout.rows - self.height)

    def _to_place(self) -> None:
        layout, place = self._layout, self._place
        if not len(layout):
            self.top = 0
            return
        place.index = min(place.index, len(layout) - 1)
        place.line = min(place.line, max(0, len(self._draw(place.index)) - 1))
        rows, index = layout[place.index].height - place.line, place.index
        while rows < self.height and index + 1 < len(layout):
            index += 1
            rows += len(self._draw(index))
        if rows <= self.height and index == len(layout) - 1:
            # The end is in view, and scrolling further down is impossible: follow.
            self.follow()
        else:
            self.top = layout.top(place.index) + place.line


def _ink(lines: Sequence[Line]) -> int:
    """The number of visible characters on these lines, which is the same at every width."""
    return sum(len(line.text) - line.text.count(" ") for line in lines)


def _line_of(lines: Sequence[Line], mark: int) -> int:
    """The line that shows the character after so many."""
    seen = 0
    for at, line in enumerate(lines):
        seen += _ink((line,))
        if seen > mark:
            return at
    return max(0, len(lines) - 1)
