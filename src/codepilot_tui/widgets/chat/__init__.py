"""The chat pane: `ChatView` shows a transcript; the other modules draw its items as lines."""

from codepilot_tui.widgets.chat.view import ChatView

__all__ = ["ChatView"]
