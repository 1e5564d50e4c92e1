"""One of several things, found by typing a part of its name: commands, models, themes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.widget import Widget

from codepilot_tui.widgets.field import Field
from codepilot_tui.widgets.foot import Foot
from codepilot_tui.widgets.options import Option, OptionRows, matching
from codepilot_tui.widgets.painted import Painted
from codepilot_tui.widgets.popup import ROWS, Popup
from codepilot_tui.widgets.row_list import Rows

_FRAME = 2
"""Rows for the field and the keys."""


class PickPopup(Popup[str]):
    """A list that typing narrows. The result is the value of the chosen option, or None.

    Args:
        title: what is chosen; stands in the empty field.
        options: in the order to show.
        current: the value in force; it is marked and under the cursor at first.
    """

    DEFAULT_CSS = "PickPopup > Field, PickPopup > Field:focus { background: $ground; }"

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
