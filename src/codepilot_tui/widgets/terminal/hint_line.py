"""Keeps the words at the end of the tabs true, and says so where a key was refused."""

from __future__ import annotations

from collections.abc import Callable

from textual.timer import Timer

from codepilot_tui.widgets.terminal.hints import Doing, Hints
from codepilot_tui.widgets.terminal.tabs import TerminalTabs
from codepilot_tui.widgets.terminal.view import TerminalView

REFUSED = 2.5
"""Seconds for which a refused key is spoken of."""
BLINK = 0.35
"""Seconds for which the border shows it."""


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
        timer: Callable[[float, Callable[[], None]], Timer],
    ) -> None:
        self._tabs = tabs
        self._blink = blink
        self._timer = timer
        self._waiting: list[Timer] = []

    def show(self, view: TerminalView) -> None:
        """What can be done in a view now."""
        self._show(view, _doing(view))

    def refuse(self, view: TerminalView) -> None:
        """The agent types there: say so, and blink once."""
        for timer in self._waiting:
            timer.stop()
        self._show(view, "refused")
        self._blink(True)
        self._waiting = [
            self._timer(BLINK, self._put_out),
            self._timer(REFUSED, lambda: self.show(view)),
        ]

    def _put_out(self) -> None:
        self._blink(False)

    def _show(self, view: TerminalView, doing: Doing) -> None:
        tab = self._tabs.tabs.get(view.terminal)
        if tab is None:
            return
        hints = Hints(tab.owner, doing, view.buffer.title, _part_seen(view))
        if hints != tab.hints:
            tab.hints = hints
            self._tabs.refresh()


def _doing(view: TerminalView) -> Doing:
    browser = view.marks.browser
    if browser is not None:
        return "marking" if browser.anchor is not None else "walking"
    return "selected" if view.selection is not None else ""


def _part_seen(view: TerminalView) -> str:
    """Of a grid that is wider than the window, how much of it is seen."""
    width, columns = view.viewport.width, view.buffer.columns
    return f"{width} of {columns} columns" if 0 < width < columns else ""
