"""The rows of the chat: which item stands where, by heights that are known or guessed, and who keeps a drawing."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator

from codepilot_tui.transcript import Item
from codepilot_tui.widgets.chat.items import Fold
from codepilot_tui.widgets.chat.lines import Line
from codepilot_tui.widgets.chat.markdown import MarkdownText

_KEPT = 256
"""How many items keep their drawing."""


class Entry:
    """An item and its drawing."""

    __slots__ = ("drawn", "fold", "height", "item", "lines", "markdown")

    def __init__(self, item: Item, height: int) -> None:
        self.item = item
        self.height = height
        """Rows; a guess as long as it was never drawn at this width."""
        self.lines: list[Line] | None = None
        self.drawn: tuple[int, int] = (-1, -1)
        """Version and width of the drawing."""
        self.fold: Fold = "auto"
        self.markdown: MarkdownText | None = None


class Roll:
    """Entries one below the other. Heights may change at any time; sums are made anew only from there on."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._index: dict[int, int] = {}
        self._tops: list[int] = [0]
        self._true = 0
        self._kept: OrderedDict[int, Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int) -> Entry:
        return self.entries[index]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def add(self, item: Item, height: int) -> None:
        """Put an item below all others."""
        self._index[item.id] = len(self.entries)
        self.entries.append(Entry(item, height))

    def index_of(self, item_id: int) -> int | None:
        """Where an item stands; None if it does not."""
        return self._index.get(item_id)

    @property
    def rows(self) -> int:
        """The height of all."""
        return self.top(len(self.entries))

    def top(self, index: int) -> int:
        """The first row of an entry, or the row below the last one."""
        tops = self._tops
        if index > self._true:
            del tops[self._true + 1 :]
            at = tops[-1]
            for entry in self.entries[self._true : index]:
                at += entry.height
                tops.append(at)
            self._true = index
        return tops[index]

    def at(self, row: int) -> int:
        """The index of the entry that holds a row; the nearest one if none does."""
        if row >= self.rows:
            return max(0, len(self.entries) - 1)
        return max(0, bisect_right(self._tops, row) - 1)

    def set_height(self, index: int, height: int) -> None:
        """What is now known of an entry's height."""
        entry = self.entries[index]
        if entry.height != height:
            entry.height = height
            self._true = min(self._true, index)

    def keep(self, index: int) -> None:
        """This drawing was used; of all drawings only the last used ones are kept."""
        self._kept[index] = self.entries[index]
        self._kept.move_to_end(index)
        while len(self._kept) > _KEPT:
            _, old = self._kept.popitem(last=False)
            old.lines, old.markdown = None, None

    def forget_drawings(self) -> None:
        """The colours or the width are others."""
        for entry in self._kept.values():
            entry.lines, entry.markdown = None, None
        self._kept.clear()
