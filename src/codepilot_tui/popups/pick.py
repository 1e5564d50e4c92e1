"""One of several things, found by typing a part of its name: commands, models, themes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual.strip import Strip
from textual.widget import Widget

from codepilot.text import clean_line
from codepilot_tui.theme import tokens_for
from codepilot_tui.widgets.field import Field
from codepilot_tui.widgets.foot import Foot
from codepilot_tui.widgets.painted import Cell, Painted, spread
from codepilot_tui.widgets.popup import ROWS, Popup
from codepilot_tui.widgets.rows import Rows, lit

_FRAME = 2
"""Rows for the field and the keys."""


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
    """The options that hold all words of `wanted`, in the same order; those whose label begins with it first."""
    words = wanted.lower().split()
    found = [
        option for option in options if all(word in f"{option.label} {option.note}".lower() for word in words)
    ]
    if words:
        found.sort(key=lambda option: not option.label.lower().startswith(words[0]))
    return found


class OptionRows(Rows, can_focus=False):
    """The options that are left, one of them under the cursor."""

    DEFAULT_CSS = "OptionRows { height: 1fr; background: $raised; scrollbar-background: $raised; }"

    def __init__(self, options: Sequence[Option], current: str = "") -> None:
        super().__init__()
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

    def show(self, options: Sequence[Option], wanted: str) -> None:
        """Show these, the cursor on the first; without words, on the one in force."""
        self.options, self.wanted = list(options), wanted
        values = [option.value for option in options]
        self.move_to(values.index(self._current) if not wanted and self._current in values else 0)

    def paint(self, index: int, width: int, at_cursor: bool) -> Strip:
        """The cursor's bar, a dot for the one in force, its letter, the label, the note at the right edge."""
        style = tokens_for(self.app).style
        option = self.options[index]
        plane = "line" if at_cursor else "raised"
        left: list[Cell] = [
            ("▎" if at_cursor else " ", style("you", plane)),
            ("● " if option.value == self._current else "  ", style("you", plane)),
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
        text = "   nothing fits" if not self.count and line == 0 else ""
        return spread([(text, style("muted", "raised"))], [], width, style("", "raised"))


class PickPopup(Popup[str]):
    """A list that typing narrows. The result is the value of the chosen option, or None.

    Args:
        title: what is chosen; stands in the empty field.
        options: in the order to show.
        current: the value in force; it is marked and under the cursor at first.
    """

    DEFAULT_CSS = "PickPopup > Field, PickPopup > Field:focus { background: $line; }"

    def __init__(self, title: str, options: Sequence[Option], *, current: str = "") -> None:
        super().__init__()
        self._options = tuple(options)
        self.field = Field(f"{title}: type to find")
        self.rows = OptionRows(options, current)

    def body(self) -> Iterable[Widget]:
        """Field, list, keys."""
        yield self.field
        yield self.rows
        yield Foot(lambda: (("↑ ↓", "move"), ("Enter", "choose"), ("Esc", "close")), "raised")

    def rows_wanted(self, width: int) -> int:
        """As many as there are options; typing does not change it."""
        del width
        return min(ROWS, len(self._options) + _FRAME)

    def field_now(self) -> Field:
        """Type at once."""
        return self.field

    def press(self, key: str) -> bool:
        """Move while the field keeps the keyboard. Enter may come before the field has it; Home and End are its own."""
        if key == "enter" and not self.field.has_focus:
            self._choose()
            return True
        return key not in ("home", "end") and self.rows.press(key)

    def on_input_changed(self, event: Field.Changed) -> None:
        """Narrow the list."""
        event.stop()
        self.rows.show(matching(self._options, event.value), event.value)

    def on_input_submitted(self, event: Field.Submitted) -> None:
        """Take the one under the cursor."""
        event.stop()
        self._choose()

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A click takes it."""
        event.stop()
        self._choose()

    def on_painted_pressed(self, event: Painted.Pressed) -> None:
        """A click on a key is the key."""
        event.stop()
        if event.name == "Esc":
            self.finish(None)
        elif event.name == "Enter":
            self._choose()
        else:
            self.rows.press("down")

    def _choose(self) -> None:
        chosen = self.rows.chosen
        if chosen is not None:
            self.finish(chosen.value)
