"""The gap between two panes: one column that is dragged, and that stands for a folded pane."""

from __future__ import annotations

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from codepilot_tui.glyphs import UNICODE
from codepilot_tui.theme import tokens_for
from codepilot_tui.widgets.clicked import LEFT, ActionClicked


class Splitter(Widget):
    """Nothing is drawn but while the mouse is over it; where its pane is folded, a handle.

    Args:
        pane: the pane whose width it changes.
        plane: the token of the ground it stands on.
    """

    DEFAULT_CSS = "Splitter { width: 1; height: 1fr; display: none; }"
    ALLOW_SELECT = False

    folded: reactive[bool] = reactive(False)
    _lit: reactive[bool] = reactive(False)

    class Dragged(Message):
        """It was dragged to this column of the screen."""

        def __init__(self, pane: str, x: int) -> None:
            super().__init__()
            self.pane = pane
            self.x = x

    class Released(Message):
        """The mouse let go of it."""

    class Reset(Message):
        """It was clicked twice: the pane is to have its usual width."""

        def __init__(self, pane: str) -> None:
            super().__init__()
            self.pane = pane

    def __init__(self, pane: str, plane: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.pane = pane
        self._plane = plane
        self._held = False

    def render_line(self, y: int) -> Strip:
        """A blank, the line under the mouse, or the handle in the middle."""
        tokens = tokens_for(self.app)
        if self.folded and y == self.size.height // 2:
            return Strip(
                [Segment(UNICODE.folded, tokens.style("you" if self._lit else "muted", self._plane))]
            )
        lit = self._lit and not self.folded
        return Strip([Segment(" ", tokens.style("", "line" if lit else self._plane))])

    def on_enter(self) -> None:
        """Show where to drag."""
        self._lit = True

    def on_leave(self) -> None:
        """The line goes; not while it is being dragged."""
        self._lit = self._held

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to drag."""
        event.stop()
        if event.button == 1 and not self.folded:
            self._held = True
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Follow the mouse."""
        if self._held:
            event.stop()
            self.post_message(self.Dragged(self.pane, int(event.screen_x)))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let go."""
        event.stop()
        if self._held:
            self._held = self._lit = False
            self.release_mouse()
            self.post_message(self.Released())

    def on_click(self, event: events.Click) -> None:
        """The handle unfolds; two clicks give the usual width back."""
        if event.button != LEFT:
            return
        event.stop()
        if self.folded:
            self.post_message(ActionClicked(f"toggle_{self.pane}"))
        elif event.chain == 2:
            self.post_message(self.Reset(self.pane))
