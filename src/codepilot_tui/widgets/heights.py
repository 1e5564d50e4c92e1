"""The heights of many things that stand below each other, in a Fenwick tree: one is corrected in a few steps. Pure."""

from __future__ import annotations

from collections.abc import Sequence


class Heights:
    """Rows ↔ (which of them, which of its rows); every question and correction takes log n steps.

    Args:
        heights: of each, in rows, from the first; none is negative.
    """

    def __init__(self, heights: Sequence[int]) -> None:
        self._heights = list(heights)
        self._tree = [0, *self._heights]
        for at in range(1, len(self._tree)):
            above = at + (at & -at)
            if above < len(self._tree):
                self._tree[above] += self._tree[at]
        self.total = sum(self._heights)
        """All rows."""

    def __len__(self) -> int:
        return len(self._heights)

    def __getitem__(self, index: int) -> int:
        return self._heights[index]

    def __setitem__(self, index: int, height: int) -> None:
        more = height - self._heights[index]
        self._heights[index] = height
        self.total += more
        at = index + 1
        while at < len(self._tree):
            self._tree[at] += more
            at += at & -at

    def start(self, index: int) -> int:
        """How many rows stand above it."""
        rows, at = 0, index
        while at:
            rows += self._tree[at]
            at -= at & -at
        return rows

    def find(self, row: int) -> tuple[int, int]:
        """Which of them stands on a row, and which of its own rows that is, from 0.

        A row above the first is the first one, and one below the last is the last one.

        Raises:
            IndexError: there is no row.
        """
        if not self.total:
            raise IndexError("there is no row")
        left = max(0, min(row, self.total - 1))
        at, step = 0, 1 << (len(self._tree) - 1).bit_length()
        while step:
            if at + step < len(self._tree) and self._tree[at + step] <= left:
                at += step
                left -= self._tree[at]
            step >>= 1
        return at, left
