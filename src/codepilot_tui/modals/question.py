"""The agent asks something that only the person knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual import events
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from codepilot.text import clean
from codepilot_tui.modals.panel import DEAF_SECONDS, ChoiceModal, keys_line, line_input


class QuestionModal(ChoiceModal[str | None]):
    """A question with a line for the answer. The result is the person's words, or None: later.

    The line takes the keyboard when the modal is `ready`; what is typed before goes to `stray`.

    Args:
        question: as the agent put it.
        draft: words that were begun before, so that "later" loses nothing; see `draft`.
        position: which of the waiting questions it is.
        total: how many there are.
        deaf: for how many quiet seconds it waits.
        stray: takes characters typed meanwhile.
    """

    DEFAULT_CSS = """
    QuestionModal #question-box { height: auto; max-height: 12; scrollbar-size-vertical: 1; }
    QuestionModal.-short #question-box { max-height: 9; }
    QuestionModal #question { width: 100%; height: auto; color: $ink; }
    QuestionModal #answer { margin-top: 1; }
    """

    heading = "The agent asks you"

    def __init__(
        self,
        question: str,
        *,
        draft: str = "",
        position: int = 1,
        total: int = 1,
        deaf: float = DEAF_SECONDS,
        stray: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(deaf=deaf, stray=stray)
        self._question = question
        self._draft = draft
        self.aside = f"{position} of {total}"
        self.add_class("-asks")

    @property
    def draft(self) -> str:
        """What was typed so far; read it when the result was None."""
        return self._draft

    @property
    def typing(self) -> bool:
        """Whether the line has the keyboard."""
        return self.ready

    def compose_body(self) -> Iterable[Widget]:
        """The question and the line."""
        box = VerticalScroll(Static(clean(self._question), id="question", markup=False), id="question-box")
        box.can_focus = False
        yield box
        yield line_input("Your answer", "answer", self._draft)

    def watch_ready(self) -> None:
        """The line takes the keyboard, or gives it up."""
        super().watch_ready()
        if self.is_mounted:
            self.set_focus(self.query_one("#answer", Input) if self.ready else None)

    def foot(self) -> Content:
        """What the keys do."""
        kept = ("your draft is kept", "$muted")
        return keys_line([("Enter", "sends"), ("Esc", "answer later")], self.state_word(), kept)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Keep the words."""
        event.stop()
        self._draft = event.value

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer. An empty line is no answer."""
        event.stop()
        if event.value.strip():
            self.dismiss(event.value)

    def on_key(self, event: events.Key) -> None:
        """Esc: later. The arrows scroll a long question."""
        if not self.ready:
            return
        box = self.query_one("#question-box", VerticalScroll)
        if event.key == "escape":
            event.stop()
            event.prevent_default()
            self.dismiss(None)
        elif event.key in ("up", "down", "pageup", "pagedown"):
            event.stop()
            step = box.size.height - 1 if event.key.startswith("page") else 1
            box.scroll_relative(y=-step if event.key.endswith("up") else step, animate=False)
