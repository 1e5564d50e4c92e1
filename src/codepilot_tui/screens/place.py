"""Where the keyboard is, told by the ids of the widgets around it."""

from __future__ import annotations

from textual.widget import Widget

from codepilot_tui.facts import Place
from codepilot_tui.widgets.popup import Popup

PLACES: dict[str, Place] = {
    "composer": "composer",
    "chat": "chat",
    "file-tree": "files",
    "change-list": "changes",
    "terminals": "terminal",
    "docks": "question",
    "pages": "page",
}


def place_of(focused: Widget | None) -> Place:
    """The place of a widget. Without one the chat counts: letters then go to the composer, as from every pane."""
    if focused is not None:
        for node in focused.ancestors_with_self:
            if isinstance(node, Popup):
                return "popup"
            if node.id in PLACES:
                return PLACES[node.id]
    return "chat"
