"""Line numbers that keep their meaning while a block of calls edits the file.

A model numbers lines as it last saw them. When one block makes several edits, the second would hit the wrong
lines unless its numbers are carried over the first. Each line of the file as it is now remembers which line
it was; lines that the block wrote are nobody's, and a call that needs one of those is told so instead of
guessing.
"""

from __future__ import annotations

_REPLACED = 0
"""Origin of a line that took the place of another. Inserted lines carry minus (the line they follow + 1)."""


class Overlap(ValueError):
    """The lines were edited earlier in the same block."""


class LineMap:
    """Where the lines of a file as it was shown are now.

    Args:
        total: how many lines were shown.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self._origin: list[int] | None = None

    def copy(self) -> LineMap:
        """The same map, to be changed by itself."""
        made = LineMap(self.total)
        made._origin = None if self._origin is None else list(self._origin)
        return made

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the shown lines `start` to `end` (from 1, both included) are now: from 0, end excluded.

        Raises:
            Overlap: one of them, or something between them, was edited since.
        """
        if self._origin is None:
            return start - 1, end
        wanted = list(range(start, end + 1))
        try:
            at = self._origin.index(start)
        except ValueError:
            raise Overlap(f"line {start} was already edited in this block") from None
        found = self._origin[at : at + len(wanted)]
        if found != wanted:
            raise Overlap(f"lines {start}–{end} were already edited in part in this block")
        return at, at + len(wanted)

    def gap(self, after: int) -> int:
        """Where a line inserted after the shown line `after` goes now; 0 is the top. Earlier insertions come
        first.

        Raises:
            Overlap: that line was edited since.
        """
        if self._origin is None:
            return after
        if after:
            try:
                at = self._origin.index(after) + 1
            except ValueError:
                raise Overlap(f"line {after} was already edited in this block") from None
        else:
            at = 0
        while at < len(self._origin) and self._origin[at] == -(after + 1):
            at += 1
        return at

    def splice(self, start: int, end: int, count: int, *, after: int | None = None) -> None:
        """Lines `start` to `end` (as they are now, from 0, end excluded) became `count` other ones.

        Args:
            start: first line replaced.
            end: the line behind the last one replaced.
            count: how many lines stand there instead.
            after: the shown line after which they were inserted, if nothing was replaced.
        """
        if self._origin is None:
            self._origin = list(range(1, self.total + 1))
        self._origin[start:end] = [_REPLACED if after is None else -(after + 1)] * count
