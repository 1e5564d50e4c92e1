"""A list of things of which one can be picked; the same in popups and on pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.strip import Strip

from codepilot.text import clean_line
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.theme import tokens_for
from codepilot_tui.widgets.painted import Cell, spread
from codepilot_tui.widgets.row_list import Rows, lit


@dataclass(frozen=True, slots=True)
class Option:
    """Something to pick."""

    value: str
    """What is given back."""
    label: str
    note: str = ""
    """Muted, at the right edge."""
    letter: str = ""
    """Chooses it in a menu."""


def matching(options: Sequence[Option], wanted: str) -> list[Option]:
    """The options that hold all words of `wanted`, in the same order; those whose label is or begins with it first."""
    words = wanted.lower().split()
    found = [
        option for option in options if all(word in f"{option.label} {option.note}".lower() for word in words)
    ]
    if words:
        found.sort(
            key=lambda option: (
                distance(option.label, wanted),
                not option.label.lower().startswith(words[0]),
            )
        )
    return found


def distance(label: str, wanted: str) -> int:
    """How far a label is from what was typed: 0 if it is that, 1 if it begins with it, else 2."""
    name, typed = label.lower(), " ".join(wanted.lower().split())
    return 0 if name == typed else 1 if name.startswith(typed) else 2


class OptionRows(Rows, can_focus=False):
    """The options that are left, one of them under the cursor."""

    DEFAULT_CSS = "OptionRows { height: 1fr; background: $raised; scrollbar-background: $raised; }"

    def __init__(
        self, options: Sequence[Option], current: str = "", *, plane: str = "raised", classes: str = ""
    ) -> None:
        super().__init__(classes=classes)
        self._plane = plane
        self.options = list(options)
        self.wanted = ""
        self._current = current
        self._cursor = next((index for index, option in enumerate(options) if option.value == current), 0)

    @property
    def count(self) -> int:
        """Options that are left."""
        return len(self.options)

    @property
    def chosen(self) -> Option | None:
        """The one under the cursor."""
        return self.options[self.cursor] if self.options else None

    def show(self, options: Sequence[Option], wanted: str, at: str = "") -> None:
        """Show these, the cursor on the first; without words, on the one in force.

        Args:
            options: those that fit.
            wanted: what was typed, to be lit in them.
            at: the value on which the cursor is to stand instead, if it is among them.
        """
        self.options, self.wanted = list(options), wanted
        values = [option.value for option in options]
        at = at or ("" if wanted else self._current)
        self.move_to(values.index(at) if at in values else 0)

    def paint(self, index: int, width: int, at_cursor: bool) -> Strip:
        """The cursor's bar, a dot for the one in force, its letter, the label, the note at the right edge."""
        style = tokens_for(self.app).style
        option = self.options[index]
        plane = "line" if at_cursor else self._plane
        left: list[Cell] = [
            (UNICODE.cursor if at_cursor else " ", style("you", plane)),
            (f"{UNICODE.running} " if option.value == self._current else "  ", style("you", plane)),
        ]
        if option.letter:
            left.append((f"{option.letter}  ", style("you", plane, bold=True)))
        ink = style("ink", plane, bold=at_cursor)
        left += lit(clean_line(option.label), self.wanted, ink, style("you", plane, bold=True))
        note = f"  {clean_line(option.note)} " if option.note else ""
        return spread(left, [(note, style("muted", plane))], width, style("", plane))

    def paint_empty(self, line: int, width: int) -> Strip:
        """Nothing fits what was typed."""
        style = tokens_for(self.app).style
        text = "   no match" if not self.count and line == 0 else ""
        return spread([(text, style("muted", self._plane))], [], width, style("", self._plane))
