"""The line above the terminals: a tab for each with its state, and who types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from codepilot.text import clean_line, shorten
from codepilot_tui.widgets.terminal.messages import Owner

State = Literal["busy", "idle", "waiting", "exited"]

_NAME_WIDTH = 20
_GLYPHS: dict[State, str] = {"busy": "●", "idle": "○", "waiting": "⏳", "exited": "✗"}
_ASCII: dict[State, str] = {"busy": "*", "idle": "o", "waiting": "?", "exited": "x"}
_PARTS: dict[State, str] = {"busy": "warn", "idle": "muted", "waiting": "warn", "exited": "bad"}
_HINTS: dict[Owner, tuple[tuple[str, str], ...]] = {
    "agent": (("agent types", "agent"), (" · ", "muted"), ("F6", "key"), (" take over", "muted")),
    "person": (("you type", "you"), (" · ", "muted"), ("F6", "key"), (" hand back", "muted")),
    "free": (("free", "muted"), (" · ", "muted"), ("F6", "key"), (" or type to take", "muted")),
}
_SHORT: dict[Owner, tuple[tuple[str, str], ...]] = {owner: (parts[0],) for owner, parts in _HINTS.items()}


@dataclass(slots=True)
class Tab:
    """What a tab shows."""

    name: str
    state: State = "idle"
    detail: str = ""
    owner: Owner = "free"


class TerminalTabs(Widget):
    """Tabs of the terminals, and a hint about the keyboard of the active one."""

    DEFAULT_CSS = """
    TerminalTabs {
        height: 1;
        background: $terminal-ground;
        color: $ink;
        & > .tabs--active { color: $ink; background: $raised; text-style: bold; }
        & > .tabs--muted { color: $muted; }
        & > .tabs--warn { color: $warn; }
        & > .tabs--bad { color: $bad; }
        & > .tabs--you { color: $you; }
        & > .tabs--agent { color: $agent; }
        & > .tabs--key { color: $muted; text-style: bold; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "tabs--active",
        "tabs--muted",
        "tabs--warn",
        "tabs--bad",
        "tabs--you",
        "tabs--agent",
        "tabs--key",
    }
    ALLOW_SELECT = False

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self.tabs: dict[str, Tab] = {}
        self.active = ""
        self.ascii_only = ascii_only
        self._places: list[tuple[int, int, str]] = []

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        width, plain = self.size.width, self.rich_style
        self._places = []
        if y or not self.tabs:
            return Strip.blank(width, plain)
        pieces = [self._tab(tab) for tab in self.tabs.values()]
        active = list(self.tabs).index(self.active) if self.active in self.tabs else 0
        # Tabs before the active one give way where the line is too short for all.
        first = 0
        while first < active and sum(piece.cell_length for piece in pieces[first : active + 1]) > width:
            first += 1
        strips, used = [], 0
        for name, piece in list(zip(self.tabs, pieces, strict=True))[first:]:
            self._places.append((used, used + piece.cell_length, name))
            used += piece.cell_length
            strips.append(piece)
        shown = self.tabs.get(self.active)
        for hint in (_HINTS, _SHORT):
            if shown is None:
                break
            right = Strip([Segment(text, self._style(part)) for text, part in hint[shown.owner]])
            gap = width - used - right.cell_length - 1
            if gap >= 2:
                strips += [Strip.blank(gap, plain), right]
                break
        return Strip.join(strips).crop_extend(0, width, plain)

    def _tab(self, tab: Tab) -> Strip:
        name = f" {shorten(clean_line(tab.name), _NAME_WIDTH)} "
        glyph = (_ASCII if self.ascii_only else _GLYPHS)[tab.state]
        if tab.detail:
            glyph += f" {shorten(clean_line(tab.detail), _NAME_WIDTH)}"
        label = self._style("active") if tab.name == self.active else self._style("muted")
        plain = self.rich_style
        return Strip(
            [Segment(name, label), Segment(glyph, self._style(_PARTS[tab.state])), Segment("  ", plain)]
        )

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"tabs--{part}")

    def on_click(self, event: events.Click) -> None:
        for start, end, name in self._places:
            if start <= event.x < end:
                self.post_message(self.Chosen(name))
                event.stop()
