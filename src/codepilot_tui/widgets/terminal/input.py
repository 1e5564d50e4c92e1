"""What the person does in a terminal view: keys, paste, mouse and wheel become messages, or move the window."""

from __future__ import annotations

from abc import abstractmethod

from textual import events
from textual.reactive import var
from textual.widget import Widget

from codepilot.text import clean_line
from codepilot_tui.widgets.terminal import messages
from codepilot_tui.widgets.terminal.buffer import ScreenBuffer
from codepilot_tui.widgets.terminal.messages import Owner
from codepilot_tui.widgets.terminal.paint import link_at
from codepilot_tui.widgets.terminal.viewport import Viewport

RESERVED = frozenset({"ctrl+x", "ctrl+p", "ctrl+q"})
"""Keys of the workbench, which no program gets; `TAKE_OVER` too."""
TAKE_OVER = frozenset({"f6", "ctrl+right_square_bracket"})

_WHEEL_LINES = 3
_PAN_COLUMNS = 8


class TerminalInput(Widget):
    """The half of a terminal view that listens."""

    buffer: ScreenBuffer
    viewport: Viewport
    terminal: str
    _pressed = 0  # the mouse button that is down, for a program that wants to know

    KeyTyped = messages.KeyTyped
    Pasted = messages.Pasted
    MouseUsed = messages.MouseUsed
    Resized = messages.Resized
    TakeOverRequested = messages.TakeOverRequested

    owner: var[Owner] = var[Owner]("free")
    """Who holds the keyboard."""

    @abstractmethod
    def scroll_lines(self, lines: int) -> None:
        """Look up (negative) or down the history."""

    @abstractmethod
    def follow(self) -> None:
        """Back to the live screen and its cursor."""

    @abstractmethod
    def pan(self, columns: int) -> None:
        """Look at other columns of a grid that is wider than the window."""

    @property
    def takes_keys(self) -> bool:
        """Whether what is typed here goes to the program; typing into a free terminal takes it."""
        return self.owner != "agent"

    def on_key(self, event: events.Key) -> None:
        key = event.key
        if key in RESERVED:
            return
        if key in TAKE_OVER:
            self.post_message(self.TakeOverRequested(self, self.owner != "person"))
        elif key in ("shift+pageup", "shift+pagedown"):
            self.scroll_lines(self.size.height - 1 if key == "shift+pagedown" else 1 - self.size.height)
        elif self.takes_keys:
            self._send_key(key, event.character)
        elif not self._browse(key):
            return
        event.stop()
        event.prevent_default()

    def _send_key(self, key: str, character: str | None) -> None:
        self._take_if_free()
        self.follow()
        self.post_message(self.KeyTyped(self, key, character))

    def _take_if_free(self) -> None:
        if self.owner == "free":
            self.post_message(self.TakeOverRequested(self, True))

    def _browse(self, key: str) -> bool:
        """Look round with the keys that the agent's terminal does not take from here."""
        page = max(1, self.size.height - 1)
        lines = {"up": -1, "down": 1, "pageup": -page, "pagedown": page, "home": -self.buffer.height}.get(key)
        if lines is not None:
            self.scroll_lines(lines)
        elif key == "end":
            self.follow()
        elif key in ("left", "right"):
            self.pan(_PAN_COLUMNS if key == "right" else -_PAN_COLUMNS)
        else:
            return False
        return True

    def on_paste(self, event: events.Paste) -> None:
        if self.takes_keys:
            self._take_if_free()
            self.follow()
            self.post_message(self.Pasted(self, event.text))
            event.stop()
            event.prevent_default()

    @property
    def _mouse_is_the_programs(self) -> bool:
        return self.owner == "person" and self.buffer.modes.mouse != "off"

    @property
    def allow_select(self) -> bool:
        """Text can be selected unless the program has asked for the mouse."""
        return not self._mouse_is_the_programs

    def _send_mouse(self, event: events.MouseEvent, action: str, button: int) -> bool:
        if not self._mouse_is_the_programs or event.shift:
            return False
        y = self.viewport.top + event.y - self.buffer.history
        x = self.viewport.left + event.x
        if action != "release" and not (0 <= y < self.buffer.lines and 0 <= x < self.buffer.columns):
            return False
        x = max(0, min(x, self.buffer.columns - 1))
        y = max(0, min(y, self.buffer.lines - 1))
        held = (("shift", event.shift), ("ctrl", event.ctrl), ("alt", event.meta))
        modifiers = tuple(name for name, down in held if down)
        self.post_message(self.MouseUsed(self, action, button, x, y, modifiers))
        event.stop()
        event.prevent_default()
        return True

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if self._send_mouse(event, "press", event.button):
            self._pressed = event.button
            self.capture_mouse()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        if self._pressed:
            self._send_mouse(event, "release", self._pressed)
            self._pressed = 0
            self.release_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        wanted = self.buffer.modes.mouse
        if wanted == "motion" or (wanted == "drag" and self._pressed):
            self._send_mouse(event, "move", self._pressed)
        row = self.buffer.row(self.viewport.top + event.y)
        target = clean_line(link_at(row, self.viewport.left + event.x)) if row else ""
        if (target or None) != self.tooltip:
            self.tooltip = target or None

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, -1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, 1)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        self.pan(-_PAN_COLUMNS)
        event.stop()

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        self.pan(_PAN_COLUMNS)
        event.stop()

    def _wheel(self, event: events.MouseEvent, direction: int) -> None:
        if self._send_mouse(event, "press", 4 if direction < 0 else 5):
            return
        if event.shift:
            self.pan(direction * _PAN_COLUMNS)
        elif (
            self.buffer.modes.alternate
            and self.owner == "person"
            and self.viewport.height >= self.buffer.lines
        ):
            # A pager without mouse support has no history of ours: the wheel turns its pages, as in xterm.
            for _ in range(_WHEEL_LINES):
                self.post_message(self.KeyTyped(self, "up" if direction < 0 else "down", None))
        else:
            self.scroll_lines(direction * _WHEEL_LINES)
        event.stop()
        event.prevent_default()
