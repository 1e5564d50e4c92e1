"""The message of lists whose rows mean different things: what Enter does now is another thing than before."""

from __future__ import annotations

from textual.message import Message
from textual.widget import Widget

from codepilot_tui.facts import AtCursor


class AtCursorChanged(Message):
    """Enter does something else in the row with the cursor than it did before."""


class Telling:
    """Tells the screen once for each change.

    Args:
        widget: the list.
    """

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._told: AtCursor = ""

    def tell(self, does: AtCursor) -> None:
        """Enter does this now."""
        if does != self._told and self._widget.is_attached:
            self._told = does
            # Straight to the screen: a message that a list posts while a handler of its parent runs goes no further up.
            self._widget.screen.post_message(AtCursorChanged())
