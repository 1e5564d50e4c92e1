"""The chat's cursor: the item that keys act on. Pure; moves return the row that the view should begin with."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from codepilot_tui.transcript import AgentTurn, UserTurn
from codepilot_tui.widgets.chat.layout import Layout
from codepilot_tui.widgets.chat.lines import Line


class Cursor:
    """A cursor over items; it skips step heads and hidden items.

    Args:
        layout: where the items stand.
        draw: the lines of the entry at an index, drawn now if need be; it tells the layout their number.
    """

    def __init__(self, layout: Layout, draw: Callable[[int], Sequence[Line]]) -> None:
        self._layout = layout
        self._draw = draw
        self.index: int | None = None
        """Index of the item under the cursor; None if there is none."""

    def come_into_view(self, top: int, height: int, *, from_below: bool = True) -> None:
        """If the cursor is not in view, move it to the last item in view, or to the first."""
        layout = self._layout
        if self.index is not None:
            first = layout.top(self.index)
            if first < top + height and first + layout[self.index].height > top:
                return
        if from_below:
            self.index = self.next_to(layout.at(top + height - 1) + 1, -1)
        else:
            self.index = self.next_to(layout.at(top) - 1, 1)

    def step(self, by: int, top: int, height: int) -> int:
        """Go to the item below (1) or above (-1); through an item that is higher than the pane, by rows.

        Returns:
            The row that the view begins with then.
        """
        self.come_into_view(top, height, from_below=by < 0)
        if self.index is None:
            return top
        first = self._layout.top(self.index)
        last = first + len(self._draw(self.index))
        following = self.next_to(self.index, by)
        if (by < 0 and first < top) or (by > 0 and last > top + height) or following is None:
            return top + by
        self.index = following
        size, first = len(self._draw(following)), self._layout.top(following)
        if size >= height:  # more than fits: the end that is nearer
            return first if by > 0 else first + size - height
        return min(first, max(top, first + size - height))

    def to_prompt(self, by: int, top: int, height: int) -> int:
        """Go to the next (1) or the former (-1) thing that the person said.

        Returns:
            The row that the view begins with then.
        """
        self.come_into_view(top, height, from_below=by < 0)
        index = self.index
        while index is not None and (index := self.next_to(index, by)) is not None:
            if isinstance(self._layout[index].item, UserTurn):
                self.index = index
                return self._layout.top(index)
        return top

    def next_to(self, index: int, by: int) -> int | None:
        """The nearest item after (1) or before (-1) an index that the cursor can stand on."""
        index += by
        while 0 <= index < len(self._layout):
            item = self._layout[index].item
            if not item.hidden and not isinstance(item, AgentTurn):
                return index
            index += by
        return None
