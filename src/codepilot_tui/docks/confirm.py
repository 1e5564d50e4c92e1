"""A yes or no before something that cannot be taken back."""

from __future__ import annotations

from collections.abc import Sequence

from codepilot_tui.docks.arming import DEAF_SECONDS
from codepilot_tui.docks.paint import Choice
from codepilot_tui.docks.words import Said, WordsDock


class ConfirmDock(WordsDock[bool]):
    """Yes or no. Esc is no.

    Args:
        title: the question.
        text: what will happen.
        yes: the word beside `y`.
        no: the word beside `n`.
        deaf: for how many quiet seconds the answers are deaf.
    """

    kind = "confirm"

    def __init__(
        self, title: str, text: str, *, yes: str = "yes", no: str = "no", deaf: float = DEAF_SECONDS
    ) -> None:
        super().__init__(title, _lines(text), _choices(yes, no), deaf=deaf)

    def now_says(self, text: str, *, yes: str, no: str) -> None:
        """What will happen became something else.

        Args:
            text: what will happen now.
            yes: the word beside `y`.
            no: the word beside `n`.
        """
        self.say(self.title, _lines(text), _choices(yes, no))

    def tail(self) -> Sequence[tuple[str, str]]:
        """Esc changes nothing."""
        return (("Esc", "back"),)

    def choose(self, key: str) -> None:
        """Answer."""
        self.finish(key == "y")

    def leave(self) -> None:
        """Esc is no."""
        self.finish(False)


def _lines(text: str) -> list[list[Said]]:
    return [[(line, "ink")] for line in text.split("\n")]


def _choices(yes: str, no: str) -> Sequence[Choice]:
    return (Choice("y", yes, "bad"), Choice("n", no))
