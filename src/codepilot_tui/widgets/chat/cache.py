"""Cached drawings of recently shown items, keyed by everything that they depend on."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

from codepilot_tui.transcript import Item
from codepilot_tui.widgets.chat.items import Fold
from codepilot_tui.widgets.chat.lines import Line
from codepilot_tui.widgets.chat.markdown import MarkdownText

Key = tuple[int, int, Fold, Hashable]
"""Version of the item, columns, folding, and whatever else the drawing depends on (theme, neighbours)."""
Draw = Callable[[Item, int, Fold, MarkdownText], list[Line]]
"""Item, columns, folding, and the Markdown of its former drawing."""

KEPT = 256
"""How many items keep their drawing."""


class _Drawing:
    __slots__ = ("key", "lines", "markdown")

    def __init__(self) -> None:
        self.key: Key | None = None
        self.lines: list[Line] = []
        self.markdown = MarkdownText()


class Drawings:
    """Draws an item if its cached drawing is missing or out of date.

    Args:
        draw: makes the lines of an item.
        kept: how many drawings are kept; the least recently used one is dropped first.
    """

    def __init__(self, draw: Draw, kept: int = KEPT) -> None:
        self._draw = draw
        self._most = kept
        self._kept: OrderedDict[int, _Drawing] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def lines(self, item: Item, width: int, fold: Fold, setting: Hashable = None) -> list[Line]:
        """The lines of an item as it is now.

        Args:
            item: what to draw.
            width: columns.
            fold: how much of it is shown.
            setting: anything else that the drawing depends on; a different value redraws the item.
        """
        kept = self._kept.get(item.id)
        if kept is None:
            kept = self._kept[item.id] = _Drawing()
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        self._kept.move_to_end(item.id)
        key = (item.version, width, fold, setting)
        if kept.key != key:
            kept.lines, kept.key = self._draw(item, width, fold, kept.markdown), key
        return kept.lines

    def peek(self, item: Item) -> list[Line]:
        """The lines as last drawn, at any width; empty if they are not cached."""
        kept = self._kept.get(item.id)
        return [] if kept is None else kept.lines

    def forget(self) -> None:
        """Drop all drawings."""
        self._kept.clear()
