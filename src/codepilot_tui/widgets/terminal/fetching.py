"""The rows of a terminal's history, brought when they are looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from codepilot.terminal.screen import Row
from codepilot_tui.widgets.terminal.buffer import ScreenBuffer
from codepilot_tui.widgets.terminal.selecting import TextSelection, text_of
from codepilot_tui.widgets.terminal.viewport import Viewport

RowSource = Callable[[int, int], Awaitable[Sequence[Row]]]
"""Fetches rows of a terminal's history: the first row, how many. Gives fewer where there are no more."""

_FETCHED_AT_ONCE = 2000


class Updates:
    """Counts the updates of a screen, and waits for the next."""

    def __init__(self) -> None:
        self.count = 0
        self._changed = asyncio.Event()

    def add(self) -> None:
        """There is one more."""
        self.count += 1
        self._changed.set()

    async def after(self, count: int) -> None:
        """Wait for an update after that many."""
        while self.count == count:
            self._changed.clear()
            await self._changed.wait()


class RowFetcher:
    """Brings rows of one terminal.

    Args:
        buffer: keeps them.
        viewport: what is looked at.
        source: where they come from; None: there is no history to look at.
    """

    def __init__(self, buffer: ScreenBuffer, viewport: Viewport, source: RowSource | None) -> None:
        self._buffer = buffer
        self._viewport = viewport
        self._source = source
        self._asking = False

    def wanted(self) -> tuple[int, int] | None:
        """First row and count of what the window lacks, with a window's worth around it; asked for once."""
        viewport = self._viewport
        if self._source is None or viewport.following or self._asking:
            return None
        top, height = viewport.top, viewport.height
        if self._buffer.missing(range(top, top + height)) is None:
            return None
        wanted = self._buffer.missing(range(max(0, top - height), top + 2 * height))
        self._asking = wanted is not None
        return wanted

    async def bring(self, start: int, count: int) -> bool:
        """Bring rows into the buffer; False if there were none."""
        assert self._source is not None
        numbering = self._buffer.numbering
        try:
            rows = await self._source(start, count)
        finally:
            self._asking = False
        if numbering == self._buffer.numbering:
            self._buffer.keep_history(start, rows)
        return bool(rows)

    async def rows(self, start: int, count: int) -> Sequence[Row]:
        """Rows of the document, history and screen; fewer where some are gone meanwhile."""
        buffer, numbering = self._buffer, self._buffer.numbering
        found: list[Row] = []
        end = min(start + count, buffer.height)
        if start < buffer.history and self._source is not None:
            found += await self._source(start, min(end, buffer.history) - start)
            if numbering != buffer.numbering:
                return ()
        screen = (buffer.row(line) for line in range(start + len(found), end))
        found += [row for row in screen if row is not None]
        return found

    async def text(self, selection: TextSelection) -> str:
        """Selected text as logical lines, that of rows which were never on the screen too."""
        known: dict[int, Row] = {}
        lines = selection.lines
        for start in range(lines.start, lines.stop, _FETCHED_AT_ONCE):
            rows = await self.rows(start, min(_FETCHED_AT_ONCE, lines.stop - start))
            known.update(enumerate(rows, start))
        return text_of(selection, known.get)
