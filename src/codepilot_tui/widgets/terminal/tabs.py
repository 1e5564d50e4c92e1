"""The line above the terminals: a tab for each with its state, what the program calls itself, and who types."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from codepilot.text import clean_line, shorten
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.widgets.clicked import LEFT, MIDDLE, RIGHT, ActionClicked
from codepilot_tui.widgets.terminal.hints import KEYS, Hints, Part, note_forms, part_forms
from codepilot_tui.widgets.terminal.messages import Owner

State = Literal["busy", "idle", "waiting", "exited"]

_NAME_WIDTH = 20
_LEAST_TITLE = 8
_GLYPHS: dict[State, str] = {
    "busy": UNICODE.running,
    "idle": UNICODE.stopped,
    "waiting": UNICODE.asks,
    "exited": UNICODE.bad,
}
_PARTS: dict[State, str] = {"busy": "warn", "idle": "muted", "waiting": "warn", "exited": "bad"}


@dataclass(slots=True)
class Tab:
    """What a tab shows."""

    name: str
    state: State = "idle"
    detail: str = ""
    note: str = ""
    owner: Owner = "free"
    bell: bool = False
    """It rang while it was not looked at."""
    wanted: bool = False
    """The agent waits for it, and the person holds it."""
    hints: Hints = field(default_factory=Hints)


class TerminalTabs(Widget):
    """Tabs of the terminals, and a hint about the keyboard of the active one.

    Args:
        can_open: offer a new terminal.
    """

    DEFAULT_CSS = """
    TerminalTabs {
        height: 1;
        background: $terminal-ground;
        color: $ink;
        & > .tabs--active { color: $ink; background: $raised; text-style: bold; }
        & > .tabs--muted { color: $muted; }
        & > .tabs--ok { color: $ok; }
        & > .tabs--warn { color: $warn; }
        & > .tabs--bad { color: $bad; }
        & > .tabs--you { color: $you; }
        & > .tabs--agent { color: $agent; }
        & > .tabs--key { color: $ink; text-style: bold; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "tabs--active",
        "tabs--muted",
        "tabs--ok",
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

    class CloseWanted(Message):
        """A tab was clicked with the middle button."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class NewWanted(Message):
        """The plus was clicked."""

    class KeyWanted(Message):
        """The hint about the keyboard was clicked."""

    class Wheeled(Message):
        """The wheel turned over the tabs: 1 to the right, -1 to the left."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self, *, can_open: bool = False) -> None:
        super().__init__()
        self.tabs: dict[str, Tab] = {}
        self.active = ""
        self.can_open = can_open
        self.keys = dict(KEYS)
        """The keys that the hint names."""
        self._places: list[tuple[int, int, str]] = []
        self._plus = (0, 0)
        self._hint = (0, 0)

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        width, plain = self.size.width, self.rich_style
        self._places = []
        self._plus = self._hint = (0, 0)
        if y or not self.tabs:
            return Strip.blank(width, plain)
        pieces = [self._tab(tab) for tab in self.tabs.values()]
        first, last = self._shown([piece.cell_length for piece in pieces], width)
        strips, used = [], 0
        if first:
            strips.append(self._strip([("‹ ", "muted")]))
            used = 2
        for name, piece in list(zip(self.tabs, pieces, strict=True))[first:last]:
            self._places.append((used, used + piece.cell_length, name))
            used += piece.cell_length
            strips.append(piece)
        if last < len(pieces):
            strips.append(self._strip([("› ", "muted")]))
            used += 2
        right = self._right(width - used)
        if self.can_open and used + 2 + (right.cell_length if right else 0) < width:
            self._plus = (used, used + 1)
            strips.append(self._strip([("+ ", "muted")]))
            used += 2
        if right is not None:
            gap = width - used - right.cell_length - 1
            title = self._title(gap - 3)
            # A blank more, or the `+` would read as the first of the words.
            strips += [Strip.blank(1, plain), title, Strip.blank(gap - 1 - title.cell_length, plain), right]
            self._hint = (width - right.cell_length - 1, width)
        return Strip.join(strips).crop_extend(0, width, plain)

    def _shown(self, sizes: list[int], width: int) -> tuple[int, int]:
        """Which tabs there is room for: from the first up to before the second.

        The words about the active one come before its neighbours: they say who types. Where not even they fit beside
        it, its neighbours have the line.
        """
        active = list(self.tabs).index(self.active) if self.active in self.tabs else 0
        least = self._least_right()
        for room in (width - least, width):
            first, last = active, active + 1
            if _needed(sizes, first, last) <= room:
                break
        # As many as fit before it, for they were there first; then those behind it.
        if _needed(sizes, 0, len(sizes)) <= room:
            return 0, len(sizes)
        while first and _needed(sizes, first - 1, last) <= room:
            first -= 1
        while last < len(sizes) and _needed(sizes, first, last + 1) <= room:
            last += 1
        return first, last

    def _right(self, room: int) -> Strip | None:
        """The longest hint that the room holds; a shorter one if so what the program waits for is seen too."""
        shown = self.tabs.get(self.active)
        if shown is None:
            return None
        note = self._note(shown)
        *strips, least = (self._strip(parts) for parts in shown.hints.variants(self.keys, waits=bool(note)))
        # The key is named as long as the shortest of the words fit beside it.
        for hints in (strips, [least]) if note else (strips,):
            for words in note_forms(note) or part_forms(shown.hints.part):
                beside = [strip for strip in hints if strip.cell_length + cell_len(words) + 6 <= room]
                if beside:
                    return beside[0]
        return next((strip for strip in (*strips, least) if strip.cell_length + 3 <= room), None)

    def _least_right(self) -> int:
        """Columns that the shortest hint needs."""
        shown = self.tabs.get(self.active)
        variants = shown.hints.variants(self.keys) if shown is not None else ()
        return min((self._strip(parts).cell_length + 3 for parts in variants), default=0)

    @staticmethod
    def _note(tab: Tab) -> str:
        # Who types there knows what it waits for.
        return "" if tab.owner == "person" else clean_line(tab.note)

    def _title(self, room: int) -> Strip:
        """What the program waits for or calls itself, if there is room for some of it."""
        shown = self.tabs[self.active]
        note = self._note(shown)
        own = clean_line(shown.hints.title) if shown.state != "idle" else ""
        part = "" if own else shown.hints.part
        known = note_forms(note) or part_forms(part)
        title = next((words for words in known if cell_len(words) <= room), note or own)
        if not title or room < _LEAST_TITLE:
            return Strip([])
        while cell_len(title) > room:
            title = title[: -1 - (title[-1] == "…")] + "…"
        return self._strip([(title, "warn" if note else "muted")])

    def _tab(self, tab: Tab) -> Strip:
        name = f" {shorten(clean_line(tab.name), _NAME_WIDTH)} "
        # A program that the person uses (an editor, a pager) waits for nobody else.
        state: State = "busy" if tab.state == "waiting" and tab.owner == "person" else tab.state
        glyph, part = _GLYPHS[state], _PARTS[state]
        if tab.state == "exited" and tab.detail == "0":
            glyph, part = UNICODE.ok, "ok"
        if tab.wanted:
            glyph, part = UNICODE.asks, "warn"
        if tab.detail:
            glyph += f" {shorten(clean_line(tab.detail), _NAME_WIDTH)}"
        idle: str = "warn" if tab.wanted else "muted"
        parts: list[Part] = [(name, "active" if tab.name == self.active else idle), (glyph, part)]
        if tab.bell:
            parts.append((" ♪", "warn"))
        if tab.owner == "person" and tab.name != self.active:  # of the active one the hint says so
            parts.append((" yours", "warn" if tab.wanted else "you"))
        return self._strip([*parts, ("  ", "")])

    def _strip(self, parts: list[Part] | tuple[Part, ...]) -> Strip:
        return Strip([Segment(text, self._style(part)) for text, part in parts])

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"tabs--{part}") if part else self.rich_style

    def on_click(self, event: events.Click) -> None:
        """Choose a tab, open one, close one; the right button opens the menu of the one that it clicks."""
        event.stop()
        name = next((name for start, end, name in self._places if start <= event.x < end), "")
        if name:
            self.post_message(self.CloseWanted(name) if event.button == MIDDLE else self.Chosen(name))
            if event.button == RIGHT:  # once that terminal has the keyboard
                self.post_message(ActionClicked("menu"))
        elif event.button != LEFT:
            pass
        elif self._plus[0] <= event.x < self._plus[1]:
            self.post_message(self.NewWanted())
        elif self._hint[0] <= event.x < self._hint[1]:
            self.post_message(self.KeyWanted())

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel goes to the tab before."""
        event.stop()
        self.post_message(self.Wheeled(-1))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel goes to the next tab."""
        event.stop()
        self.post_message(self.Wheeled(1))


def _needed(sizes: list[int], first: int, last: int) -> int:
    """Columns of these tabs, with the marks of those that are left out."""
    return sum(sizes[first:last]) + (2 if first else 0) + (2 if last < len(sizes) else 0)
