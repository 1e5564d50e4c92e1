"""What the keys do in a terminal view: they go to the program, move the window, or walk over the document."""

from __future__ import annotations

from codepilot_tui.widgets.terminal import messages
from codepilot_tui.widgets.terminal.browsing import Browser
from codepilot_tui.widgets.terminal.logical import Point
from codepilot_tui.widgets.terminal.surface import Surface

PAN_COLUMNS = 8
_MEANT_FOR_A_PROGRAM = frozenset(("enter", "backspace", "delete"))
"""Refused like letters where the agent types: Enter does not send from here."""


class Keys:
    """The keyboard of one view.

    Args:
        view: which.
    """

    def __init__(self, view: Surface) -> None:
        self._view = view

    @property
    def taken(self) -> bool:
        """Whether what is typed goes to the program; typing into a free terminal takes it."""
        return self._view.owner != "agent"

    def press(self, key: str, character: str | None) -> bool:
        """A key; False leaves it to the screen around the view."""
        view = self._view
        if key in view.reserved:
            return False
        if view.marks.browser is not None:
            self._walk(view.marks.browser, key, character)
        elif key in ("shift+pageup", "shift+pagedown"):
            page = view.viewport.height - 1
            view.scroll_lines(page if key == "shift+pagedown" else -page)
        elif self.taken:
            self._send(key, character)
        elif not self._look_round(key):
            if key not in _MEANT_FOR_A_PROGRAM and (character is None or not character.isprintable()):
                return False
            view.post_message(messages.KeyRefused(view))
        return True

    def paste(self, text: str) -> None:
        """Text for the program."""
        view = self._view
        if self.taken:
            self._take_if_free()
            view.follow()
            view.post_message(messages.Pasted(view, text))
        else:
            view.post_message(messages.KeyRefused(view))

    def _send(self, key: str, character: str | None) -> None:
        self._take_if_free()
        self._view.clear_selection()
        self._view.follow()
        self._view.post_message(messages.KeyTyped(self._view, key, character))

    def _take_if_free(self) -> None:
        if self._view.owner == "free":
            self._view.post_message(messages.TakenByTyping(self._view))

    def _look_round(self, key: str) -> bool:
        """Move with the keys that the agent's terminal does not take from here."""
        view = self._view
        page = max(1, view.viewport.height - 1)
        steps = {"up": -1, "down": 1, "pageup": -page, "pagedown": page, "home": -view.buffer.height}
        if key in steps:
            view.scroll_lines(steps[key])
        elif key == "end":
            view.follow()
        elif key in ("left", "right"):
            view.pan(PAN_COLUMNS if key == "right" else -PAN_COLUMNS)
        elif key == "ctrl+c":
            return view.copy_selection()
        else:
            return False
        return True

    # -- walking --

    def browse(self) -> None:
        """Begin to walk and select with the keys; the program gets none until `leave_browsing`."""
        view, buffer, viewport = self._view, self._view.buffer, self._view.viewport
        if view.marks.browser is not None or not buffer.height:
            return
        cursor = Point(buffer.history + buffer.cursor.y, buffer.cursor.x)
        seen = viewport.top <= cursor.line < viewport.top + viewport.height
        begin = cursor if seen else Point(viewport.top, viewport.left)
        viewport.hold()
        view.marks.browser = Browser(viewport, buffer.row, begin)
        view.marks.browser.go(begin)
        self._changed()

    def leave_browsing(self) -> None:
        """End the walk, and show what is going on."""
        view = self._view
        if view.marks.browser is not None:
            view.marks.browser = None
            view.clear_selection()
            view.follow()
            self._changed()

    def _walk(self, browser: Browser, key: str, character: str | None) -> None:
        view = self._view
        outcome = browser.press(character if character is not None and character.isprintable() else key)
        if outcome == "unknown":
            outcome = browser.press(key)
        if outcome in ("copy", "leave"):
            if outcome == "copy":
                view.copy_selection()
            self.leave_browsing()
        elif outcome == "find":
            view.post_message(messages.FindWanted(view))
        elif outcome == "moved":
            if browser.anchor is not None:
                view.marks.dragging.mark(browser.anchor, browser.point, browser.unit)
            else:
                view.marks.dragging.clear()
            self._changed()

    def _changed(self) -> None:
        self._view.redraw()
        self._view.hints_changed()
