"""What a terminal view tells of itself: whether it has the focus, and how much room it has."""

from __future__ import annotations

from codepilot_tui.widgets.terminal import messages
from codepilot_tui.widgets.terminal.surface import Surface


class Telling:
    """Says what changed.

    Args:
        view: of which.
    """

    def __init__(self, view: Surface) -> None:
        self._view = view
        self._focused = False

    def focus(self, has_focus: bool) -> None:
        """Tell a program that asked for it whether the person types into it."""
        view = self._view
        focused = has_focus and view.owner == "person"
        changed, self._focused = focused != self._focused, focused
        if changed and view.buffer.modes.focus_events:
            view.post_message(messages.FocusTold(view, focused))

    def size(self, width: int, height: int) -> None:
        """Tell how many cells there is room for, also the same as before: the terminal may have another size since."""
        if width and height:
            self._view.post_message(messages.Resized(self._view, width, height))
