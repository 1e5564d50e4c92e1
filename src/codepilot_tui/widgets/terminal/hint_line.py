"""Keeps the words at the end of the tabs true, and says so where a key was refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from codepilot_tui.widgets.terminal.hints import Doing, Hints
from codepilot_tui.widgets.terminal.tabs import TerminalTabs
from codepilot_tui.widgets.terminal.view import TerminalView

REFUSED = 2.5
"""Seconds for which a refused key is spoken of."""
BLINK = 0.35
"""Seconds for which the border shows it."""


class Pending(Protocol):
    """A call that is still to come."""

    def stop(self) -> None:
        """Let it not come."""


StartTimer = Callable[[float, Callable[[], None]], Pending]
"""Calls in so many seconds."""


class HintLine:
    """The hints of the terminals of one pane.

    Args:
        tabs: show them.
        blink: lights the border, or puts it out again.
        timer: calls in so many seconds.
    """

    def __init__(
        self,
        tabs: TerminalTabs,
        blink: Callable[[bool], object],
        timer: StartTimer,
    ) -> None:
        self._tabs = tabs
        self._blink = blink
        self._timer = timer
        self._waiting: list[Pending] = []
        self._refused: TerminalView | None = None

    def show(self, view: TerminalView) -> None:
        """What can be done in a view now."""
        tab = self._tabs.tabs.get(view.terminal)
        if tab is None:
            return
        doing = _doing(view)
        if not doing and view is self._refused and tab.owner == "agent":
            doing = "refused"
        hints = Hints(tab.owner, doing, view.buffer.title, _part_seen(view))
        if hints != tab.hints:
            tab.hints = hints
            self._tabs.refresh()

    def refuse(self, view: TerminalView) -> None:
        """The agent types there: say so, and blink once."""
        for timer in self._waiting:
            timer.stop()
        before, self._refused = self._refused, view
        if before is not None:
            self.show(before)
        self.show(view)
        self._blink(True)
        self._waiting = [self._timer(BLINK, self._put_out), self._timer(REFUSED, self._forget)]

    def _put_out(self) -> None:
        self._blink(False)

    def _forget(self) -> None:
        view, self._refused = self._refused, None
        if view is not None:
            self.show(view)


def _doing(view: TerminalView) -> Doing:
    browser = view.marks.browser
    if browser is not None:
        return "marking" if browser.anchor is not None else "walking"
    return "selected" if view.selection is not None else ""


def _part_seen(view: TerminalView) -> str:
    """Of a grid that is wider than the window, how much of it is seen."""
    width, columns = view.viewport.width, view.buffer.columns
    return f"{width} of {columns} columns" if 0 < width < columns else ""
