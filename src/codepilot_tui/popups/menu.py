"""What can be done here: a letter chooses, or the arrows and Enter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.keys import _character_to_key
from textual.widget import Widget

from codepilot_tui.widgets.foot import Foot
from codepilot_tui.widgets.options import Option, OptionRows
from codepilot_tui.widgets.painted import Painted
from codepilot_tui.widgets.popup import ROWS, Popup
from codepilot_tui.widgets.row_list import Rows


class MenuPopup(Popup[str]):
    """The menu of a place. The result is the value of the chosen option, or None.

    Args:
        options: with a letter each, but for those that have a key of their own only.
    """

    def __init__(self, options: Sequence[Option]) -> None:
        super().__init__(columns=56)
        self.rows = OptionRows(options)

    def body(self) -> Iterable[Widget]:
        """The list and the keys."""
        yield self.rows
        yield Foot(lambda: (("↑ ↓", "move"), ("Enter", "choose"), ("Esc", "close")), "raised")

    def rows_wanted(self, width: int) -> int:
        """As many as there are."""
        del width
        return min(ROWS, self.rows.count + 1)

    def press(self, key: str) -> bool:
        """Move, choose, or a letter."""
        if key == "enter":
            self._choose()
            return True
        option = next((each for each in self.rows.options if key in _keys_of(each.letter)), None)
        if option is not None:
            self.finish(option.value)
            return True
        return self.rows.press(key)

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A click takes it."""
        event.stop()
        self._choose()

    def on_painted_pressed(self, event: Painted.Pressed) -> None:
        """A click on a key is the key."""
        event.stop()
        if event.name == "Esc":
            self.finish(None)
        else:
            self.press("enter" if event.name == "Enter" else "down")

    def _choose(self) -> None:
        chosen = self.rows.chosen
        if chosen is not None:
            self.finish(chosen.value)


def _keys_of(letter: str) -> tuple[str, ...]:
    """How Textual names the key of a letter."""
    return (letter, _character_to_key(letter)) if len(letter) == 1 else (letter,)
