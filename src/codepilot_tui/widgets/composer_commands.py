"""The commands that begin as what was typed after `/`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from textual.message import Message
from textual.reactive import reactive

from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.painted import Painted, Picture, Place, row_of

Command = tuple[str, str]
"""Its name without the slash, and what it does."""

ROWS = 6
_TYPED = re.compile(r"/([\w-]*)")


def matching(commands: Sequence[Command], text: str) -> tuple[Command, ...]:
    """The commands that a text may become, an exact one first; none if it is no command's beginning."""
    typed = _TYPED.fullmatch(text)
    if typed is None:
        return ()
    name = typed[1]
    begins = sorted((each for each in commands if each[0].startswith(name)), key=lambda each: each[0] != name)
    holds = [each for each in commands if name and name in each[0] and each not in begins]
    return tuple(begins + holds)


class Completions(Painted):
    """One row a command; the composer keeps the keyboard, and moves and takes."""

    found: reactive[tuple[Command, ...]] = reactive(())

    class Taken(Message):
        """A command was clicked."""

    def __init__(self) -> None:
        super().__init__()
        self.chosen = 0
        self.display = False

    def watch_found(self, found: tuple[Command, ...]) -> None:
        """Open while something fits."""
        self.display = bool(found)
        self.chosen = 0
        self.repaint()

    @property
    def name_chosen(self) -> str:
        """The command that would be taken."""
        return self.found[self.chosen][0]

    def move(self, step: int) -> None:
        """Choose another one; beyond the last comes the first."""
        self.chosen = (self.chosen + step) % len(self.found)
        self.repaint()

    def picture(self, width: int, tokens: Tokens) -> Picture:
        """A window of the commands around the chosen one."""
        style = tokens.style
        first = max(0, min(self.chosen - ROWS + 1, len(self.found) - ROWS))
        name_width = max((len(name) for name, _ in self.found), default=0) + 5
        rows, places = [], []
        for row, (name, text) in enumerate(self.found[first : first + ROWS]):
            plane = "raised" if first + row == self.chosen else "ground"
            words = [
                (f"  /{name}".ljust(name_width), style("ink", plane, bold=True)),
                (text, style("muted", plane)),
            ]
            rows.append(row_of(words, width, style("", plane)))
            places.append(Place(row, 0, width, str(first + row)))
        return Picture(tuple(rows), tuple(places))

    def on_painted_pressed(self, event: Painted.Pressed) -> None:
        """Take the command that was clicked."""
        event.stop()
        self.chosen = int(event.name)
        self.post_message(self.Taken())
