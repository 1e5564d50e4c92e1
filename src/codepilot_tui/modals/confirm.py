"""A yes or no before something that cannot be taken back."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from codepilot.text import clean
from codepilot_tui.modals.panel import DEAF_SECONDS, Choice, ChoiceModal, keys_line


class ConfirmModal(ChoiceModal[bool]):
    """Yes or no. Esc is no.

    Args:
        heading: the question.
        text: what will happen.
        yes: the word beside `y`.
        no: the word beside `n`.
        deaf: for how many quiet seconds the keys are deaf.
    """

    DEFAULT_CSS = """
    ConfirmModal > #panel { max-width: 72; }
    ConfirmModal #text { height: auto; color: $ink; }
    """

    def __init__(
        self, heading: str, text: str, *, yes: str = "yes", no: str = "no", deaf: float = DEAF_SECONDS
    ) -> None:
        super().__init__(deaf=deaf)
        self.heading = heading
        self.choices = (Choice("y", yes, "bad"), Choice("n", no))
        self._text = text
        self.add_class("-asks")

    def compose_body(self) -> Iterable[Widget]:
        """What will happen."""
        yield Static(clean(self._text), id="text", markup=False)
        yield from self.compose_chips()

    def choose(self, key: str) -> None:
        """Answer."""
        self.dismiss(key == "y")

    def leave(self) -> None:
        """Esc changes nothing."""
        self.dismiss(False)

    def foot(self) -> Content:
        """The state of the keys."""
        return keys_line([("Esc", "stay")], self.state_word())
