"""The live picture of one terminal. It is handed updates, and posts what the person does; it knows no host."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import events, work
from textual.reactive import var
from textual.screen import Screen
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from codepilot.terminal.screen import ScreenUpdate
from codepilot_tui.widgets.terminal import messages
from codepilot_tui.widgets.terminal.buffer import ScreenBuffer
from codepilot_tui.widgets.terminal.colours import palette_of
from codepilot_tui.widgets.terminal.dragging import Dragging
from codepilot_tui.widgets.terminal.drawing import CSS, LOOKS, Drawing, Marks
from codepilot_tui.widgets.terminal.fetching import RowFetcher, RowSource, Updates
from codepilot_tui.widgets.terminal.keys import PAN_COLUMNS, Keys
from codepilot_tui.widgets.terminal.logical import Point
from codepilot_tui.widgets.terminal.messages import Owner
from codepilot_tui.widgets.terminal.mouse import Mouse
from codepilot_tui.widgets.terminal.refresh import Frames
from codepilot_tui.widgets.terminal.selecting import TextSelection
from codepilot_tui.widgets.terminal.telling import Telling
from codepilot_tui.widgets.terminal.viewport import Viewport

RESIZE_PAUSE = 0.15
"""How long a new size must last before it is told."""


class TerminalView(Widget, can_focus=True):
    """Shows a terminal's screen and history.

    Hand it updates with `apply`. While the person holds the keyboard, or nobody does, keys go out as messages.

    Args:
        terminal: the terminal's name, for messages.
        fetch: gives rows of the history; None if there is no way to.
        reserved: keys that no program gets: they are left to the screen around it.
    """

    DEFAULT_CSS = CSS
    COMPONENT_CLASSES: ClassVar[set[str]] = set(LOOKS)
    KEYS_END_HERE = True
    """They go to the program in the order in which they come: the next one need not wait."""
    ALLOW_SELECT = False
    """The view selects by itself: only so can a selection reach beyond the window."""
    CLICK_PATIENCE: ClassVar[float] = 0.5
    """Seconds between the clicks of a double click."""

    KeyTyped = messages.KeyTyped
    Pasted = messages.Pasted
    MouseUsed = messages.MouseUsed
    Resized = messages.Resized
    TakenByTyping = messages.TakenByTyping
    FocusTold = messages.FocusTold
    SightChanged = messages.SightChanged
    LinkChosen = messages.LinkChosen
    Copied = messages.Copied
    HintsChanged = messages.HintsChanged
    KeyRefused = messages.KeyRefused
    FindWanted = messages.FindWanted

    owner: var[Owner] = var[Owner]("free")
    """Who holds the keyboard."""

    def __init__(
        self,
        terminal: str = "main",
        *,
        fetch: RowSource | None = None,
        reserved: frozenset[str] = frozenset(),
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.terminal = terminal
        self.reserved = reserved
        self.buffer = ScreenBuffer()
        self.viewport = Viewport(self.buffer)
        self.marks = Marks(Dragging(self.buffer, self._pull, self.set_interval))
        self.drawing = Drawing(
            self.buffer,
            self.viewport,
            self.marks,
            lambda part: self.get_component_rich_style(f"terminal--{part}"),
            lambda: palette_of(self),
        )
        self.frames = Frames(self, self.viewport, self.drawing.line)
        self.history = RowFetcher(self.buffer, self.viewport, fetch)
        self.keys = Keys(self)
        self._mouse = Mouse(self, self.CLICK_PATIENCE)
        self.updates = Updates()
        self._telling = Telling(self)
        self._resize_timer: Timer | None = None

    # -- what comes in --

    def apply(self, update: ScreenUpdate) -> None:
        """Take what changed on the terminal's screen; it is drawn with the next frame."""
        buffer = self.buffer
        history, numbering, said = buffer.history, buffer.numbering, (buffer.title, buffer.columns)
        lines = buffer.apply(update)
        if numbering != buffer.numbering and self.marks.dragging.clear():
            self.hints_changed()
        if self.viewport.settle() or lines is None or history != buffer.history:
            lines = None
            self._want_history()
        if said != (buffer.title, buffer.columns):
            self.hints_changed()
        self.updates.add()
        self.tell_focus()
        self.frames.touch(lines)

    def _want_history(self) -> None:
        if self.is_attached and (wanted := self.history.wanted()) is not None:
            self._bring_history(*wanted)

    @work(group="history")
    async def _bring_history(self, start: int, count: int) -> None:
        more = await self.history.bring(start, count)
        self.redraw()
        if more:
            self._want_history()  # the window may have moved on meanwhile

    # -- how it looks --

    def redraw(self) -> None:
        """Draw all lines that look otherwise now."""
        self._want_history()
        self.frames.touch(None)

    def render_line(self, y: int) -> Strip:
        """Draw one line of the window."""
        return self.frames.render(y)

    def notify_style_update(self) -> None:
        """The theme may have changed: everything is drawn anew."""
        super().notify_style_update()
        self.drawing.forget()
        self.frames.forget()

    def watch_owner(self) -> None:
        """The cursor looks otherwise, and keys go elsewhere."""
        self._draw_cursor(self.has_focus)
        self.tell_focus()

    def _draw_cursor(self, has_focus: bool) -> None:
        self.marks.typing = has_focus and self.owner != "agent"
        self.frames.touch((self.buffer.cursor.y,))

    def hints_changed(self) -> None:
        """Other keys mean something now, or it has another title."""
        self.post_message(messages.HintsChanged(self))

    # -- the window --

    def on_mount(self) -> None:
        """A Show event may be left out (when something asked where widgets are before the layout), a layout is not."""
        self.screen.screen_layout_refresh_signal.subscribe(self, self._laid_out)

    def on_unmount(self) -> None:
        """What still comes is not drawn: a view that was removed has no colours any more."""
        self.frames.show(False)

    def _laid_out(self, screen: Screen[Any]) -> None:
        seen = bool(self.size) and all(node.display for node in self.ancestors_with_self)
        if seen != self.frames.seen:
            self.frames.show(seen)
            self.post_message(messages.SightChanged(self, seen))
            if seen:
                self.redraw()

    def on_focus(self, event: events.Focus) -> None:
        """Draw the cursor, and tell the program."""
        self._draw_cursor(True)
        self.tell_focus(True)

    def on_blur(self, event: events.Blur) -> None:
        """As `on_focus`."""
        self._draw_cursor(False)
        self.tell_focus(False)

    def tell_focus(self, has_focus: bool | None = None) -> None:
        """Tell a program that asked for it whether the person types into it."""
        self._telling.focus(self.has_focus if has_focus is None else has_focus)

    def on_resize(self, event: events.Resize) -> None:
        """Another part of the history may be in sight."""
        self.viewport.width, self.viewport.height = self.size
        self.viewport.settle()
        self.frames.forget()
        self.redraw()
        self.hints_changed()
        if self._resize_timer is not None:
            self._resize_timer.stop()
        if self.size:
            self._resize_timer = self.set_timer(RESIZE_PAUSE, self._tell_size)

    def _tell_size(self) -> None:
        self._resize_timer = None
        self._telling.size(*self.size)

    def scroll_lines(self, lines: int) -> None:
        """Look up (negative) or down the history."""
        if self.viewport.scroll(lines):
            self.redraw()

    def follow(self) -> None:
        """Back to the live screen and its cursor."""
        if self.viewport.follow():
            self.redraw()

    def pan(self, columns: int) -> None:
        """Look at other columns of a grid that is wider than the window."""
        if self.viewport.pan(columns):
            self.redraw()

    def reveal(self, point: Point) -> None:
        """Move so that a cell is seen, with lines around it."""
        self.viewport.reveal(*point, centred=True)
        if self.marks.browser is not None:
            self.marks.browser.go(point)
        self.redraw()

    # -- keys and mouse --

    def on_key(self, event: events.Key) -> None:
        """Keys go to the program, or to what looks through the history."""
        if self.keys.press(event.key, event.character):
            _taken(event)

    def on_paste(self, event: events.Paste) -> None:
        """As keys."""
        self.keys.paste(event.text)
        _taken(event)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A selection may begin."""
        if self._mouse.down(event):
            self.capture_mouse()
            _taken(event)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """A selection may end."""
        if self._mouse.up(event):
            self.release_mouse()
            _taken(event)

    def on_click(self, event: events.Click) -> None:
        """What a program does with its mouse is no menu of ours."""
        if self._mouse.is_the_programs:
            event.stop()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """A selection may grow, or a link be pointed at."""
        self._mouse.move(event)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll, or the program does."""
        self._mouse.wheel(event, -1)
        _taken(event)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """As `on_mouse_scroll_up`."""
        self._mouse.wheel(event, 1)
        _taken(event)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        """Show columns further left."""
        self.pan(-PAN_COLUMNS)
        _taken(event)

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        """Show columns further right."""
        self.pan(PAN_COLUMNS)
        _taken(event)

    # -- selection --

    def clear_selection(self) -> None:
        """Nothing is selected any more."""
        if self.marks.dragging.clear():
            self.redraw()
            self.hints_changed()

    def _pull(self, lines: int) -> int:
        """Scroll while a selection is dragged beyond the window; the document line at that edge."""
        self.viewport.scroll(lines)
        self.redraw()
        top = self.viewport.top
        return max(0, min(top if lines < 0 else top + self.size.height - 1, self.buffer.height - 1))

    @property
    def selection(self) -> TextSelection | None:
        """What is selected, once the button is up."""
        dragging = self.marks.dragging
        return None if dragging.active else dragging.selection

    def copy_selection(self) -> bool:
        """Send what is selected to the clipboard; False if nothing is."""
        selection = self.marks.dragging.selection
        if selection is None:
            return False
        self._copy(selection)
        return True

    @work(group="copy", exclusive=True)
    async def _copy(self, selection: TextSelection) -> None:
        text = await self.history.text(selection)
        self.clear_selection()
        if text:
            self.post_message(messages.Copied(self, text))


def _taken(event: events.Event) -> None:
    event.stop()
    event.prevent_default()
