"""Inputs in the look of docks, popups and pages: of one line, and of several."""

from __future__ import annotations

from collections.abc import Callable

from codepilot.text import clean, clean_line
from codepilot_tui.widgets.editing import LineInput, LinesInput


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


class Lines(LinesInput):
    """Text on several lines; it grows with them, and scrolls from then on.

    Args:
        press: the owner's, asked about each key first; True if it took it.
        placeholder: shown while it is empty.
        text: what stands in it at first.
    """

    MOST = 6
    """Rows from which it scrolls."""
    DEFAULT_CSS = """
    Lines, Lines:focus {
        height: auto; max-height: 6; border: none; padding: 0 1; background: $line; color: $ink;
        scrollbar-size: 0 1; scrollbar-color: $muted; scrollbar-background: $line;
    }
    Lines .text-area--placeholder { color: $muted; }
    Lines .text-area--cursor { background: $you; color: $ground; text-style: none; }
    Lines .text-area--selection { background: $selection; }
    """

    def __init__(
        self, press: Callable[[str], bool], placeholder: str, text: str = "", *, id: str | None = None
    ) -> None:
        super().__init__(press, placeholder, clean(text), id=id)

    @property
    def rows(self) -> int:
        """How many rows it takes."""
        return max(1, min(self.MOST, self.wrapped_document.height))

    @property
    def words(self) -> str:
        """What was typed, without blanks around it."""
        return self.text.strip()

    def insert_text_at_cursor(self, text: str) -> None:
        """Type it."""
        self.insert(text)
