"""A program in a terminal wants to write to the person's clipboard (OSC 52): nothing of it without a yes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from codepilot.text import clean, clean_line, head_and_tail
from codepilot_tui.modals.panel import DEAF_SECONDS, Choice, ChoiceModal, keys_line

Answer = Literal["once", "always", "no"]

_SHOWN = 600
_ANSWERS: dict[str, Answer] = {"y": "once", "a": "always"}


class ClipboardModal(ChoiceModal[Answer]):
    """Shows the text and asks. Esc is no.

    Args:
        terminal: the name of the terminal the program runs in.
        text: what it wants to write.
        deaf: for how many quiet seconds the keys are deaf.
    """

    DEFAULT_CSS = """
    ClipboardModal > #panel { max-width: 84; }
    ClipboardModal #text { height: auto; max-height: 12; color: $ink; background: $ground; padding: 0 1; }
    """

    def __init__(self, terminal: str, text: str, *, deaf: float = DEAF_SECONDS) -> None:
        super().__init__(deaf=deaf)
        self.heading = f"A program in {clean_line(terminal)} wants to fill your clipboard"
        self.choices = (
            Choice("y", "once"),
            Choice("a", "always from this terminal"),
            Choice("n", "no", "bad"),
        )
        self._text = text
        self.add_class("-asks")

    def compose_body(self) -> Iterable[Widget]:
        """How much, and what."""
        count = len(self._text)
        yield Static(f"{count:,} character{'s' if count != 1 else ''}:", markup=False)
        yield Static(clean(head_and_tail(self._text, _SHOWN)), id="text", markup=False)
        yield from self.compose_chips()

    def choose(self, key: str) -> None:
        """Answer."""
        self.dismiss(_ANSWERS.get(key, "no"))

    def leave(self) -> None:
        """Esc writes nothing."""
        self.dismiss("no")

    def foot(self) -> Content:
        """The state of the keys."""
        return keys_line([("Esc", "no")], self.state_word())
