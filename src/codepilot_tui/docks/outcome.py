"""The program ended while a tool of its was under way: did it happen? Only the person may know."""

from __future__ import annotations

from collections.abc import Sequence

from codepilot.text import clean_line, shorten
from codepilot_tui.docks.arming import DEAF_SECONDS
from codepilot_tui.docks.paint import Choice
from codepilot_tui.docks.words import WordsDock

_LONGEST = 200
"""Characters of the call."""
_ANSWERS = {"y": "ran", "n": "not run", "d": "unknown"}


class OutcomeDock(WordsDock[str]):
    """It ran, it did not, or that is not known. Esc: later.

    Args:
        call: in words.
        deaf: for how many quiet seconds the answers are deaf.
    """

    kind = "confirm"

    def __init__(self, call: str, *, deaf: float = DEAF_SECONDS) -> None:
        lines = [
            [(shorten(clean_line(call), _LONGEST), "code")],
            [
                (
                    "The program ended during this call. It is not repeated; the agent is told your answer.",
                    "ink",
                )
            ],
        ]
        choices = (Choice("y", "it ran", "ok"), Choice("n", "it did not"), Choice("d", "do not know"))
        super().__init__("Did this happen?", lines, choices, deaf=deaf)

    def tail(self) -> Sequence[tuple[str, str]]:
        """Esc puts it off."""
        return (("Esc", "later"),)

    def choose(self, key: str) -> None:
        """Answer."""
        self.finish(_ANSWERS[key])

    def leave(self) -> None:
        """The question waits."""
        self.finish(None)
