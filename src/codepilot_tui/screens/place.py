"""Where the keyboard is, told by the ids of the widgets around it; and what is true there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeGuard

from textual.widget import Widget

from codepilot_tui.facts import Facts, Place
from codepilot_tui.widgets.editing import LineInput, LinesInput
from codepilot_tui.widgets.popup import Popup

if TYPE_CHECKING:
    from codepilot_tui.docks.base import Dock
    from codepilot_tui.pages.base import Page
    from codepilot_tui.screens.session import SessionScreen

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


def selects(focused: Widget | None) -> TypeGuard[LineInput | LinesInput]:
    """Whether it is a field in which text is selected, of which the screen itself knows nothing."""
    return isinstance(focused, LineInput | LinesInput) and not focused.selection.is_empty


def facts_of(screen: SessionScreen) -> Facts:
    """What is true now, as one value: of the screen itself, and of its parts once they are there."""
    focused, parts = screen.focused, screen.parts
    place = place_of(focused)
    written = getattr(focused, "text", "") or getattr(focused, "value", "")
    opened, tabs = _open_at(screen, place), screen.program.tabs
    common: dict[str, Any] = {
        "draft": bool(str(written or "").strip()),
        "question_open": screen.open_question() is not None,
        "maximised": screen.panes.wants.maximised is not None,
        "beside": len(screen.panes.shown.shown) > 1,
        "selection": bool(screen.selections) or selects(focused),
        "dragged": screen.dragged,
        "quit_armed": screen.ladder.armed,
        "rewind_armed": screen.ladder.rewind_armed,
        "redo": screen.sessions is not None and screen.sessions.just_rewound,
        "tabs": len(tabs.all),
        "tab": tabs.number,
        "kind": opened.kind if opened is not None else "",
    }
    if parts is None:
        return Facts(place=place, ready=False, **common)
    return parts.facts(place, common)


def facts_here(screen: SessionScreen) -> Facts:
    """What is true now, with the keys that the open question or page takes: for the lists of keys."""
    facts = facts_of(screen)
    opened = _open_at(screen, facts.place)
    return replace(facts, offered=opened.offered()) if opened is not None else facts


def _open_at(screen: SessionScreen, place: Place) -> Dock[Any] | Page[Any] | None:
    if place == "question" and screen.docks is not None:
        return screen.docks.dock
    return screen.pages.page if place == "page" and screen.pages is not None else None
