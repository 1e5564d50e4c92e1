"""What the two questions of permission share: yes once, no, no with words; undecided on Esc."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual import events
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from codepilot.decision import Decision, PermissionRequest
from codepilot_tui.modals.panel import DEAF_SECONDS, Choice, ChoiceModal, keys_line, line_input


class AskModal(ChoiceModal[Decision | None]):
    """A question of permission. The result is the decision, or None: hidden, undecided."""

    DEFAULT_CSS = """
    AskModal #reason { display: none; margin-top: 1; }
    AskModal.-writing #reason { display: block; }
    AskModal.-writing #chips { display: none; }
    """

    choices = (Choice("y", "once", "ok"), Choice("n", "no", "bad"), Choice("d", "no, and say why"))

    def __init__(
        self,
        request: PermissionRequest,
        *,
        position: int = 1,
        total: int = 1,
        deaf: float = DEAF_SECONDS,
        stray: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(deaf=deaf, stray=stray)
        self.request = request
        self.aside = f"{position} of {total}"
        self.add_class("-asks")

    def compose_chips(self) -> Iterable[Widget]:
        """The answers, and the line for words that takes their place."""
        yield from super().compose_chips()
        words = line_input("What should the agent do instead?", "reason")
        words.disabled = True
        yield words

    @property
    def typing(self) -> bool:
        """Whether words for the agent are being written."""
        return self.has_class("-writing")

    def choose(self, key: str) -> None:
        """Answer, or begin to write."""
        if key == "y":
            self.dismiss(Decision(allow=True))
        elif key == "n":
            self.dismiss(Decision(allow=False))
        else:
            self._write(True)

    def _write(self, on: bool) -> None:
        words = self.query_one("#reason", Input)
        self.set_class(on, "-writing")
        words.disabled = not on
        self.set_focus(words if on else None)
        self.refresh_foot()

    def on_key(self, event: events.Key) -> None:
        """Esc goes back from the words to the answers; they are kept."""
        if self.typing and event.key == "escape":
            event.stop()
            event.prevent_default()
            self._write(False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """No, with these words. Without any, Enter means nothing."""
        event.stop()
        if event.value.strip():
            self.dismiss(Decision(allow=False, reason=event.value.strip()))

    def foot(self) -> Content:
        """The state of the keys, and that nothing is lost."""
        if self.typing:
            return keys_line([("Enter", "says no with these words"), ("Esc", "back")])
        return keys_line([("Esc", "decide later")], self.state_word(), ("your draft is kept", "$muted"))
