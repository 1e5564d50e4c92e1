"""What the mouse does in a terminal view: it goes to the program that asked for it, or selects, opens and scrolls."""

from __future__ import annotations

from typing import Literal

from textual import events
from textual.content import Content

from codepilot.text import clean_line
from codepilot_tui.widgets.terminal import messages
from codepilot_tui.widgets.terminal.cells import link_at
from codepilot_tui.widgets.terminal.keys import PAN_COLUMNS
from codepilot_tui.widgets.terminal.logical import Point, logical_line, url_at
from codepilot_tui.widgets.terminal.surface import Surface

SCHEMES = ("http://", "https://")
"""What is opened."""
_WHEEL_LINES = 3


class Mouse:
    """The mouse over one view.

    Args:
        view: which.
        patience: seconds between the clicks of a double click.
    """

    def __init__(self, view: Surface, patience: float) -> None:
        self._view = view
        self._patience = patience
        self._pressed = 0  # the button that is down, for a program that wants to know

    def down(self, event: events.MouseDown) -> bool:
        """A button goes down; True if it is followed from here until it is up."""
        view = self._view
        if self._send(event, "press", event.button):
            self._pressed = event.button
            return True
        if event.button != 1:
            return False
        point = self._place(event)
        if event.ctrl and (target := self.link(point)).startswith(SCHEMES):
            view.post_message(messages.LinkChosen(view, target))
            return False
        view.marks.dragging.press(point, within=self._patience, extend=event.shift)
        self._changed()
        return True

    def up(self, event: events.MouseUp) -> bool:
        """The button is up; True if it had been followed."""
        if self._pressed:
            self._send(event, "release", self._pressed)
            self._pressed = 0
        elif self._view.marks.dragging.active:
            self._view.marks.dragging.release()
            self._changed()
        else:
            return False
        return True

    def move(self, event: events.MouseMove) -> None:
        """The mouse moves: it drags a selection, is the program's, or shows where the link under it leads."""
        view = self._view
        if view.marks.dragging.active:
            beyond = _beyond(event.y, view.viewport.height)
            view.marks.dragging.move(self._place(event), beyond=beyond)
            view.redraw()
            return
        wanted = view.buffer.modes.mouse
        if wanted == "motion" or (wanted == "drag" and self._pressed):
            self._send(event, "move", self._pressed)
        target = clean_line(self.link(self._place(event)))
        if target != str(view.tooltip or "").partition("\n")[0]:
            how = "Ctrl+click opens it" if target.startswith(SCHEMES) else "only http and https are opened"
            # Never as markup: the program chose the words.
            view.tooltip = Content(f"{target}\n{how}") if target else None

    def wheel(self, event: events.MouseEvent, direction: int) -> None:
        """The wheel turns up (-1) or down (1)."""
        view, buffer = self._view, self._view.buffer
        if self._send(event, "press", 4 if direction < 0 else 5):
            return
        if event.shift and buffer.columns > view.viewport.width:
            view.pan(direction * PAN_COLUMNS)
        elif (
            buffer.modes.alternate
            and view.owner == "person"
            and view.marks.browser is None
            and view.viewport.height >= buffer.lines
        ):
            # A pager without mouse support has no history of ours: the wheel turns its pages, as in xterm.
            for _ in range(_WHEEL_LINES):
                view.post_message(messages.KeyTyped(view, "up" if direction < 0 else "down", None))
        else:
            view.scroll_lines(direction * _WHEEL_LINES)

    def link(self, point: Point) -> str:
        """The target of the link at a cell: what the program says, else an address that is written there."""
        buffer = self._view.buffer
        row = buffer.row(point.line)
        if row is None:
            return ""
        return link_at(row, point.column) or url_at(
            logical_line(buffer.row, point.line, buffer.columns), point
        )

    def _place(self, event: events.MouseEvent) -> Point:
        """The cell of the document under the mouse, also where the window does not reach."""
        buffer, viewport = self._view.buffer, self._view.viewport
        line = max(0, min(viewport.top + event.y, buffer.height - 1))
        return Point(line, max(0, min(viewport.left + event.x, buffer.columns - 1)))

    @property
    def is_the_programs(self) -> bool:
        """The program that has the keyboard asked for it."""
        view = self._view
        return view.owner == "person" and view.buffer.modes.mouse != "off" and view.marks.browser is None

    def _send(
        self, event: events.MouseEvent, action: Literal["press", "release", "move"], button: int
    ) -> bool:
        if not self.is_the_programs or event.shift:
            return False
        view, buffer = self._view, self._view.buffer
        y = view.viewport.top + event.y - buffer.history
        x = view.viewport.left + event.x
        if action == "press" and not (0 <= y < buffer.lines and 0 <= x < buffer.columns):
            return False
        x = max(0, min(x, buffer.columns - 1))
        y = max(0, min(y, buffer.lines - 1))
        held = (("shift", event.shift), ("ctrl", event.ctrl), ("alt", event.meta))
        modifiers = tuple(name for name, down in held if down)
        view.post_message(messages.MouseUsed(view, action, button, x, y, modifiers))
        return True

    def _changed(self) -> None:
        self._view.redraw()
        self._view.hints_changed()


def _beyond(y: int, height: int) -> int:
    """How far the mouse is above (negative) or below the window."""
    return y if y < 0 else max(0, y - height + 1)
