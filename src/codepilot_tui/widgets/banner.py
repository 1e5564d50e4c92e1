"""The row above the composer that names a waiting question."""

from __future__ import annotations

from textual import events
from textual.widgets import Static

from codepilot_tui.widgets.clicked import LEFT, ActionClicked


class Banner(Static):
    """Its words are given by `update`; a click on it says so."""

    DEFAULT_CSS = """
    Banner { height: 1; background: $raised; color: $warn; padding: 0 2; display: none;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    Banner:hover { text-style: underline; }
    """
    ALLOW_SELECT = False

    def on_click(self, event: events.Click) -> None:
        """As the key."""
        if event.button != LEFT:
            return
        event.stop()
        self.post_message(ActionClicked("answer"))
