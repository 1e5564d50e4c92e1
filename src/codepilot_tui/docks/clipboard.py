"""A program in a terminal wants to write to the person's clipboard (OSC 52): nothing of it without a yes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from codepilot.text import clean_line, head_and_tail
from codepilot_tui.docks.arming import DEAF_SECONDS
from codepilot_tui.docks.paint import Choice
from codepilot_tui.docks.words import WordsDock

Answer = Literal["once", "always", "no"]

_SHOWN = 600
_ANSWERS: dict[str, Answer] = {"y": "once", "a": "always"}


class ClipboardDock(WordsDock[Answer]):
    """Shows the text and asks. Esc is no.

    Args:
        terminal: the name of the terminal the program runs in.
        text: what it wants to write.
        deaf: for how many quiet seconds the keys are deaf.
    """

    kind = "clipboard"

    def __init__(self, terminal: str, text: str, *, deaf: float = DEAF_SECONDS) -> None:
        count = len(text)
        super().__init__(
            "Let this program write to your clipboard?",
            [[(line, "code")] for line in head_and_tail(text, _SHOWN).split("\n")],
            (Choice("y", "allow once"), Choice("a", "always from this terminal"), Choice("n", "no", "bad")),
            detail=f"{clean_line(terminal)} · {count:,} character{'s' if count != 1 else ''}",
            deaf=deaf,
        )

    def tail(self) -> Sequence[tuple[str, str]]:
        """Esc is no."""
        return (("Esc", "no"),)

    def choose(self, key: str) -> None:
        """Answer."""
        self.finish(_ANSWERS.get(key, "no"))

    def leave(self) -> None:
        """Esc is no."""
        self.finish("no")
