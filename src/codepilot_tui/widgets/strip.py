"""One row at the chat's foot for a terminal that has no column: its name, what it does, and the way there."""

from __future__ import annotations

from rich.segment import Segment
from textual import events
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from codepilot.text import clean_line
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.theme import tokens_for
from codepilot_tui.widgets.clicked import LEFT, ActionClicked


class TerminalStrip(Widget):
    """Hidden while the terminal has a column, and while there is none."""

    DEFAULT_CSS = "TerminalStrip { height: 1; width: 1fr; display: none; background: $terminal-ground; }"
    ALLOW_SELECT = False

    terminal: reactive[tuple[str, str, bool]] = reactive(("", "", False))
    """The name of the terminal that would be shown, what it does, and whether it wants the person."""

    def __init__(self, key: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._key = key

    def render_line(self, y: int) -> Strip:
        """The row."""
        tokens, width = tokens_for(self.app), self.size.width
        name, doing, asks = self.terminal
        style = tokens.style
        segments = [
            Segment(f" {UNICODE.folded} ", style("muted")),
            Segment(clean_line(name), style("ink")),
            Segment(f"  {clean_line(doing)}", style("warn" if asks else "muted")),
        ]
        key = [Segment(self._key, style("ink", bold=True)), Segment(" show it ", style("muted"))]
        left = Strip(segments)
        right = Strip(key)
        room = width - right.cell_length
        if room < left.cell_length + 2:
            return left.crop_extend(0, width, None).apply_style(self.rich_style)
        return Strip.join([left.crop_extend(0, room, None), right]).apply_style(self.rich_style)

    def on_click(self, event: events.Click) -> None:
        """As the key."""
        if event.button != LEFT:
            return
        event.stop()
        self.post_message(ActionClicked("focus_terminal"))
