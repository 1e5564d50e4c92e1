"""A one-line input in the look of docks, popups and pages."""

from __future__ import annotations

from codepilot.text import clean_line
from codepilot_tui.widgets.editing import LineInput


class Field(LineInput):
    """Text on one line. Its cursor does not blink: at rest nothing is written to the terminal.

    Args:
        placeholder: shown while it is empty.
        value: what stands in it at first; the cursor is behind it.
    """

    DEFAULT_CSS = """
    Field, Field:focus { height: 1; border: none; padding: 0 1; background: $line; color: $ink; }
    Field:focus { background-tint: $ground 0%; }
    Field > .input--placeholder { color: $muted; }
    Field > .input--cursor { background: $you; color: $ground; text-style: none; }
    """

    def __init__(
        self, placeholder: str = "", value: str = "", *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(
            value=clean_line(value), placeholder=placeholder, select_on_focus=False, id=id, classes=classes
        )
        self.cursor_blink = False

    @property
    def words(self) -> str:
        """What was typed, without blanks around it."""
        return self.value.strip()
