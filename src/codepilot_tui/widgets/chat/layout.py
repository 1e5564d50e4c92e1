"""The vertical layout of the chat: known or estimated heights of its items, and the rows they occupy."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from codepilot_tui.transcript import Item
from codepilot_tui.widgets.chat.items import Fold, estimate


class Entry:
    """An item with its height and folding."""

    __slots__ = ("exact", "fold", "height", "item")

    def __init__(self, item: Item, height: int) -> None:
        self.item = item
        self.height = height
        """Rows."""
        self.exact = False
        """The height was measured at the current width; otherwise it is an estimate."""
        self.fold: Fold = "auto"


class Layout:
    """Entries one below the other. When a height changes, positions are recomputed only from there on."""

    def __init__(self, width: int = 80) -> None:
        self.width = width
        """The width that the heights are for, in columns."""
        self._entries: list[Entry] = []
        self._index: dict[int, int] = {}
        self._tops: list[int] = [0]
        self._summed = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> Entry:
        return self._entries[index]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def add(self, item: Item) -> None:
        """Put an item below all others."""
        self._index[item.id] = len(self._entries)
        self._entries.append(Entry(item, estimate(item, self.width)))

    def put_before(self, items: Sequence[Item]) -> None:
        """Put items above all others; the indexes of those grow by their number."""
        self._entries[:0] = [Entry(item, estimate(item, self.width)) for item in items]
        self._index = {entry.item.id: at for at, entry in enumerate(self._entries)}
        self._summed = 0

    def index_of(self, item_id: int) -> int | None:
        """The index of an item; None if it is not in the chat."""
        return self._index.get(item_id)

    @property
    def rows(self) -> int:
        """The height of all."""
        return self.top(len(self._entries))

    def top(self, index: int) -> int:
        """The first row of an entry, or the row below the last one."""
        tops = self._tops
        if index > self._summed:
            del tops[self._summed + 1 :]
            at = tops[-1]
            for entry in self._entries[self._summed : index]:
                at += entry.height
                tops.append(at)
            self._summed = index
        return tops[index]

    def at(self, row: int) -> int:
        """The index of the entry that holds a row; the nearest one if none does."""
        if row >= self.rows:
            return max(0, len(self._entries) - 1)
        return max(0, bisect_right(self._tops, row) - 1)

    def measured(self, index: int, height: int) -> None:
        """The entry was drawn; this is its height at the current width."""
        self._entries[index].exact = True
        self._set_height(index, height)

    def changed(self, index: int) -> None:
        """The item has changed. An estimated height is updated; a measured one stays until the item is drawn again."""
        entry = self._entries[index]
        if not entry.exact:
            self._set_height(index, estimate(entry.item, self.width))

    def resize(self, width: int) -> None:
        """Change the width; all heights are estimates again until the items are drawn."""
        self.width = width
        self._summed = 0
        for entry in self._entries:
            entry.exact = False
            entry.height = estimate(entry.item, width)

    def _set_height(self, index: int, height: int) -> None:
        entry = self._entries[index]
        if entry.height != height:
            entry.height = height
            self._summed = min(self._summed, index)
