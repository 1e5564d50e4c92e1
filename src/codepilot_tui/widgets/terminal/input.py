"""What the person does in a terminal view: keys, paste, mouse and wheel become messages, or move the window."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal

from textual import events
from textual.content import Content
from textual.reactive import var
from textual.widget import Widget

from codepilot.text import clean_line
from codepilot_tui.widgets.terminal import messages
from codepilot_tui.widgets.terminal.browsing import Browser
from codepilot_tui.widgets.terminal.buffer import ScreenBuffer
from codepilot_tui.widgets.terminal.cells import link_at
from codepilot_tui.widgets.terminal.dragging import Dragging
from codepilot_tui.widgets.terminal.logical import Point, logical_line, url_at
from codepilot_tui.widgets.terminal.messages import Owner
from codepilot_tui.widgets.terminal.viewport import Viewport

RESERVED = frozenset(
    {"ctrl+x", "ctrl+p", "ctrl+q", "ctrl+shift+f", "ctrl+shift+c", "ctrl+shift+e", "ctrl+shift+t"}
)
"""Keys of the workbench, which no program gets; `TAKE_OVER` too."""
TAKE_OVER = frozenset({"f6", "ctrl+right_square_bracket"})

_WHEEL_LINES = 3
_PAN_COLUMNS = 8
_SCHEMES = ("http://", "https://")


class TerminalInput(Widget):
    """The half of a terminal view that listens."""

    ALLOW_SELECT = False
    """The view selects by itself: only so can a selection reach beyond the window."""
    CLICK_PATIENCE: ClassVar[float] = 0.5
    """Seconds between the clicks of a double click."""

    buffer: ScreenBuffer
    viewport: Viewport
    dragging: Dragging
    terminal: str
    reserved: frozenset[str] = RESERVED
    browser: Browser | None = None
    """The walk with the keys, while there is one."""
    _pressed = 0  # the mouse button that is down, for a program that wants to know
    _told_focus = False

    KeyTyped = messages.KeyTyped
    Pasted = messages.Pasted
    MouseUsed = messages.MouseUsed
    Resized = messages.Resized
    TakeOverRequested = messages.TakeOverRequested
    FocusTold = messages.FocusTold
    SightChanged = messages.SightChanged
    LinkChosen = messages.LinkChosen
    Copied = messages.Copied
    HintsChanged = messages.HintsChanged
    KeyRefused = messages.KeyRefused
    FindWanted = messages.FindWanted

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

    @abstractmethod
    def redraw(self) -> None:
        """Draw all lines that look otherwise now."""

    @abstractmethod
    def copy_selection(self) -> bool:
        """Send what is selected to the clipboard; False if nothing is."""

    # Keys

    @property
    def takes_keys(self) -> bool:
        """Whether what is typed here goes to the program; typing into a free terminal takes it."""
        return self.owner != "agent"

    def on_key(self, event: events.Key) -> None:
        key = event.key
        if key in self.reserved:
            return
        if self.browser is not None and key not in TAKE_OVER:
            self._walk(self.browser, key, event.character)
        elif key in TAKE_OVER:
            self.post_message(self.TakeOverRequested(self, self.owner != "person"))
        elif key in ("shift+pageup", "shift+pagedown"):
            self.scroll_lines(self.size.height - 1 if key == "shift+pagedown" else 1 - self.size.height)
        elif self.takes_keys:
            self._send_key(key, event.character)
        elif not self._look_round(key):
            if event.character is None or not event.is_printable:
                return
            self.post_message(self.KeyRefused(self))
        event.stop()
        event.prevent_default()

    def _send_key(self, key: str, character: str | None) -> None:
        self._take_if_free()
        self.clear_selection()
        self.follow()
        self.post_message(self.KeyTyped(self, key, character))

    def _take_if_free(self) -> None:
        if self.owner == "free":
            self.post_message(self.TakeOverRequested(self, True, by_typing=True))

    def _look_round(self, key: str) -> bool:
        """Move with the keys that the agent's terminal does not take from here."""
        page = max(1, self.size.height - 1)
        lines = {"up": -1, "down": 1, "pageup": -page, "pagedown": page, "home": -self.buffer.height}.get(key)
        if lines is not None:
            self.scroll_lines(lines)
        elif key == "end":
            self.follow()
        elif key in ("left", "right"):
            self.pan(_PAN_COLUMNS if key == "right" else -_PAN_COLUMNS)
        elif key == "ctrl+c":
            return self.copy_selection()
        else:
            return False
        return True

    def on_paste(self, event: events.Paste) -> None:
        if self.takes_keys:
            self._take_if_free()
            self.follow()
            self.post_message(self.Pasted(self, event.text))
        else:
            self.post_message(self.KeyRefused(self))
        event.stop()
        event.prevent_default()

    # Walking with the keys

    def browse(self) -> None:
        """Begin to walk and select with the keys; the program gets none until `leave_browsing`."""
        if self.browser is None and self.buffer.height:
            cursor = Point(self.buffer.history + self.buffer.cursor.y, self.buffer.cursor.x)
            seen = self.viewport.top <= cursor.line < self.viewport.top + self.size.height
            begin = cursor if seen else Point(self.viewport.top, self.viewport.left)
            self.viewport.hold()
            self.browser = Browser(self.viewport, self.buffer.row, begin)
            self.browser.go(begin)
            self._hints()

    def leave_browsing(self) -> None:
        """End the walk, and show what is going on."""
        if self.browser is not None:
            self.browser = None
            self.clear_selection()
            self.follow()
            self._hints()

    def _walk(self, browser: Browser, key: str, character: str | None) -> None:
        outcome = browser.press(character if character is not None and character.isprintable() else key)
        if outcome == "unknown":
            outcome = browser.press(key)
        if outcome in ("copy", "leave"):
            if outcome == "copy":
                self.copy_selection()
            self.leave_browsing()
        elif outcome == "find":
            self.post_message(self.FindWanted(self))
        elif outcome == "moved":
            if browser.anchor is not None:
                self.dragging.mark(browser.anchor, browser.point, browser.unit)
            else:
                self.dragging.clear()
            self._hints()

    def clear_selection(self) -> None:
        """Nothing is selected any more."""
        if self.dragging.clear():
            self._hints()

    def _hints(self) -> None:
        self.redraw()
        self.post_message(self.HintsChanged(self))

    # Focus

    def tell_focus(self, has_focus: bool | None = None) -> None:
        """Tell a program that asked for it whether the person types into it."""
        focused = (self.has_focus if has_focus is None else has_focus) and self.owner == "person"
        if not self.buffer.modes.focus_events:
            self._told_focus = focused
        elif focused != self._told_focus:
            self._told_focus = focused
            self.post_message(self.FocusTold(self, focused))

    # Mouse

    @property
    def _mouse_is_the_programs(self) -> bool:
        return self.owner == "person" and self.buffer.modes.mouse != "off" and self.browser is None

    def _place(self, event: events.MouseEvent) -> Point:
        """The cell of the document under the mouse, also where the window does not reach."""
        line = max(0, min(self.viewport.top + event.y, self.buffer.height - 1))
        return Point(line, max(0, min(self.viewport.left + event.x, self.buffer.columns - 1)))

    def _send_mouse(
        self, event: events.MouseEvent, action: Literal["press", "release", "move"], button: int
    ) -> bool:
        if not self._mouse_is_the_programs or event.shift:
            return False
        y = self.viewport.top + event.y - self.buffer.history
        x = self.viewport.left + event.x
        if action == "press" and not (0 <= y < self.buffer.lines and 0 <= x < self.buffer.columns):
            return False
        x = max(0, min(x, self.buffer.columns - 1))
        y = max(0, min(y, self.buffer.lines - 1))
        held = (("shift", event.shift), ("ctrl", event.ctrl), ("alt", event.meta))
        modifiers = tuple(name for name, down in held if down)
        self.post_message(self.MouseUsed(self, action, button, x, y, modifiers))
        return True

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if self._send_mouse(event, "press", event.button):
            self._pressed = event.button
            self.capture_mouse()
        elif event.button == 1:
            if event.ctrl and (target := self._link(self._place(event))).startswith(_SCHEMES):
                self.post_message(self.LinkChosen(self, target))
                return
            self.dragging.press(self._place(event), within=self.CLICK_PATIENCE, extend=event.shift)
            self.capture_mouse()
            self._hints()
        else:
            return
        event.stop()
        event.prevent_default()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        if self._pressed:
            self._send_mouse(event, "release", self._pressed)
            self._pressed = 0
        elif self.dragging.active:
            self.dragging.release()
            self._hints()
        else:
            return
        self.release_mouse()
        event.stop()
        event.prevent_default()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self.dragging.active:
            self.dragging.move(self._place(event), beyond=_beyond(event.y, self.size.height))
            self.redraw()
            return
        wanted = self.buffer.modes.mouse
        if wanted == "motion" or (wanted == "drag" and self._pressed):
            self._send_mouse(event, "move", self._pressed)
        self._show_link(self._place(event))

    def _link(self, point: Point) -> str:
        """The target of the link at a cell: what the program says, else an address that is written there."""
        row = self.buffer.row(point.line)
        if row is None:
            return ""
        return link_at(row, point.column) or url_at(
            logical_line(self.buffer.row, point.line, self.buffer.columns), point
        )

    def _show_link(self, point: Point) -> None:
        target = clean_line(self._link(point))
        shown = str(self.tooltip or "").partition("\n")[0]
        if target != shown:
            how = "Ctrl+click opens it" if target.startswith(_SCHEMES) else "only http and https are opened"
            # Never as markup: the program chose the words.
            self.tooltip = Content(f"{target}\n{how}") if target else None

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
        event.stop()
        event.prevent_default()
        if self._send_mouse(event, "press", 4 if direction < 0 else 5):
            return
        if event.shift and self.buffer.columns > self.size.width:
            self.pan(direction * _PAN_COLUMNS)
        elif (
            self.buffer.modes.alternate
            and self.owner == "person"
            and self.browser is None
            and self.viewport.height >= self.buffer.lines
        ):
            # A pager without mouse support has no history of ours: the wheel turns its pages, as in xterm.
            for _ in range(_WHEEL_LINES):
                self.post_message(self.KeyTyped(self, "up" if direction < 0 else "down", None))
        else:
            self.scroll_lines(direction * _WHEEL_LINES)


def _beyond(y: int, height: int) -> int:
    """How far the mouse is above (negative) or below the window."""
    return y if y < 0 else max(0, y - height + 1)
