"""The commands that a draft may become, in a popup above the composer, which keeps the keyboard and the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from textual.strip import Strip
from textual.widget import Widget

from codepilot_tui.glyphs import UNICODE
from codepilot_tui.theme import tokens_for
from codepilot_tui.widgets.foot import Foot
from codepilot_tui.widgets.painted import Cell, Painted, spread
from codepilot_tui.widgets.popup import ROWS, Popup
from codepilot_tui.widgets.row_list import Rows, lit

_COLUMNS = 64
_PLANE = "raised"
_TYPED = re.compile(r"/([\w-]*)")


class Command(NamedTuple):
    """What can be entered after `/`."""

    name: str
    """Without the slash."""
    label: str
    key: str = ""
    """The key that does the same."""


def matching(commands: Sequence[Command], text: str) -> tuple[Command, ...]:
    """The commands that a text may become, an exact one first; none if it does not begin a command."""
    typed = _TYPED.fullmatch(text)
    if typed is None:
        return ()
    name = typed[1]
    begins = sorted(
        (each for each in commands if each.name.startswith(name)), key=lambda each: each.name != name
    )
    holds = [each for each in commands if name and name in each.name and each not in begins]
    return tuple(begins + holds)


class CommandRows(Rows, can_focus=False):
    """One row a command: its name with what was typed lit, what it does, its key."""

    DEFAULT_CSS = "CommandRows { height: 1fr; background: $raised; scrollbar-background: $raised; }"

    def __init__(self, found: Sequence[Command], typed: str) -> None:
        super().__init__()
        self.found = tuple(found)
        self.typed = typed

    @property
    def count(self) -> int:
        """Commands."""
        return len(self.found)

    def paint(self, index: int, width: int, at_cursor: bool) -> Strip:
        """One command."""
        style = tokens_for(self.app).style
        plane = "line" if at_cursor else _PLANE
        command = self.found[index]
        room = max(len(each.name) for each in self.found) + 3
        bar: Cell = (UNICODE.cursor if at_cursor else " ", style("you", plane))
        name = lit(
            f"/{command.name}", self.typed, style("ink", plane, bold=True), style("you", plane, bold=True)
        )
        left = [
            bar,
            *name,
            (" " * (room - len(command.name)), style("", plane)),
            (command.label, style("muted", plane)),
        ]
        return spread(left, [(f" {command.key} ", style("muted", plane))], width, style("", plane))


class CommandPopup(Popup[str], can_focus=False):
    """The commands that fit. The result is the name of one that was clicked, or None.

    Args:
        found: the commands.
        typed: the part of a name that was typed.
        press: a key that was clicked, for the composer.
    """

    DEFAULT_CSS = "CommandPopup { padding: 0; }"
    stands = "bottom"
    keyboard = False

    def __init__(self, found: Sequence[Command], typed: str, press: Callable[[str], object]) -> None:
        super().__init__(columns=_COLUMNS)
        self.rows = CommandRows(found, typed)
        self._press = press

    def body(self) -> Iterable[Widget]:
        """The commands and the keys."""
        yield self.rows
        yield Foot(lambda: (("Enter", "run"), ("Tab", "complete"), ("Esc", "keep the text")), _PLANE)

    def rows_wanted(self, width: int) -> int:
        """All of them, and the keys."""
        del width
        return min(ROWS, self.rows.count + 1)

    @property
    def chosen(self) -> Command:
        """The one that would be taken."""
        return self.rows.found[self.rows.cursor]

    def show(self, found: Sequence[Command], typed: str) -> None:
        """Others fit now; the best is chosen."""
        self.rows.found, self.rows.typed = tuple(found), typed
        self.rows.move_to(0)
        self.fit()

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A click takes it."""
        event.stop()
        self.finish(self.chosen.name)

    def on_painted_pressed(self, event: Painted.Pressed) -> None:
        """A click on a key is the key."""
        event.stop()
        self._press({"Enter": "enter", "Tab": "tab"}.get(event.name, "escape"))
