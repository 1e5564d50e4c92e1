"""A search while it goes on: what the find bar asks for is looked for in a terminal, and again in what is new."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from time import monotonic

from textual.worker import Worker

from codepilot_tui.widgets.terminal.find import FindBar
from codepilot_tui.widgets.terminal.logical import Point
from codepilot_tui.widgets.terminal.search import Query, Search
from codepilot_tui.widgets.terminal.view import TerminalView

PAUSE = 0.15
"""How long what is looked for stays the same before it is looked for."""
AGAIN = 0.5
"""How long new output waits to be looked through; three times what the last look took, if that is more."""

_LOOK_BACK = 100
"""Rows of the history that are looked through once more, for lines that go on in new rows."""


class Finding:
    """One find bar and the terminal it is open for.

    Args:
        bar: what asks, and is told how the search stands.
        start: runs a piece of work in place of the one before.
    """

    def __init__(
        self, bar: FindBar, start: Callable[[Callable[[], Coroutine[None, None, None]]], Worker[None]]
    ) -> None:
        self.view: TerminalView | None = None
        """The terminal that is searched."""
        self._bar = bar
        self._start = start
        self._work: Worker[None] | None = None

    def open(self, view: TerminalView) -> None:
        """Search this terminal."""
        if self.view is not None and self.view is not view:
            self._leave(self.view)
        self.view = view
        self._bar.open()

    def close(self, *, focus: bool) -> None:
        """Search no more."""
        view, self.view = self.view, None
        if self._work is not None:
            self._work.cancel()
            self._work = None
        if view is not None:
            self._bar.close()
            self._leave(view)
            if focus:
                view.focus()

    def ask(self, query: Query) -> None:
        """Look for something else."""
        view = self.view
        if view is not None and (view.marks.search is None or view.marks.search.query != query):
            self._work = self._start(partial(self._look, view, query))

    def step(self, step: int) -> None:
        """To the next match: 1 newer, -1 older."""
        view = self.view
        if view is not None and view.marks.search is not None and view.marks.search.go(step):
            self._show(view, view.marks.search)
            self._bar.tell(view.marks.search)

    @staticmethod
    def _leave(view: TerminalView) -> None:
        view.marks.search = None
        view.redraw()

    async def _look(self, view: TerminalView, query: Query) -> None:
        if query.text:
            await asyncio.sleep(PAUSE)
        while view is self.view:
            search = view.marks.search = Search(query, view.buffer.columns)
            self._bar.tell(search)
            view.redraw()
            if search.pattern is None:
                return
            await self._keep_up(view, search)

    async def _keep_up(self, view: TerminalView, search: Search) -> None:
        """Until the lines of the document get other numbers."""
        numbering, begin = view.buffer.numbering, 0
        bottom = view.viewport.top + max(0, view.size.height - 1)
        shown = False

        def told() -> None:
            nonlocal shown
            if not shown and search.go_near(bottom):
                shown = True
                self._show(view, search)
            self._bar.tell(search)
            view.redraw()

        while numbering == view.buffer.numbering:
            version, end, since = view.updates.count, view.buffer.height, monotonic()
            settled = view.buffer.history
            await search.run(view.history.rows, begin, end, told)
            self._bar.tell(search)
            taken = monotonic() - since
            begin = max(0, settled - _LOOK_BACK)
            while begin and (row := view.buffer.row(begin - 1)) is not None and row.wrapped:
                begin -= 1
            await view.updates.after(version)
            await asyncio.sleep(max(AGAIN, 3 * taken))

    @staticmethod
    def _show(view: TerminalView, search: Search) -> None:
        match = search.current
        if match is not None:
            view.reveal(Point(match[0].line, match[0].start))
