"""The chat pane: `ChatView` shows a transcript; the other modules draw its items as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codepilot_tui.widgets.chat.view import ChatView

__all__ = ["ChatView"]


def __getattr__(name: str) -> Any:
    # The bars use this package's lines and signs in the first frame, which has no time for the view.
    if name == "ChatView":
        from codepilot_tui.widgets.chat.view import ChatView

        return ChatView
    raise AttributeError(name)
