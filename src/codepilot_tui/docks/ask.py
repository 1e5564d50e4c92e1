"""The agent asks something that only the person knows: letters write, Enter answers, an empty line is no answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.widget import Widget

from codepilot_tui.docks.base import DEAF_SECONDS, Dock
from codepilot_tui.docks.words import WordsBody
from codepilot_tui.widgets.field import Field


class AskDock(Dock[str]):
    """A question with a line for the answer. The result is the person's words, or None: later.

    The line takes the keyboard when the dock is ready; what is typed before goes where it was meant.

    Args:
        question: as the agent put it.
        draft: words that were begun before, so that "later" loses nothing; see `draft`.
        deaf: for how many quiet seconds it waits.
    """

    title = "The agent asks you"

    def __init__(self, question: str, *, draft: str = "", deaf: float = DEAF_SECONDS) -> None:
        super().__init__(deaf=deaf)
        self._words = WordsBody([[(line, "ink")] for line in question.rstrip().split("\n")])
        self.answer = Field("Type your answer, then Enter.", draft, id="answer")

    @property
    def draft(self) -> str:
        """What was typed so far; read it when the result was None."""
        return self.answer.value

    def compose(self) -> Iterable[Widget]:
        """The line stands above the keys."""
        *rows, chips = super().compose()
        yield from rows
        yield self.answer
        yield chips

    def body(self) -> Iterable[Widget]:
        """The question."""
        yield self._words

    def body_rows(self, width: int) -> int:
        """The question, and the line."""
        return self._words.rows_in(width) + 1

    def tail(self) -> Sequence[tuple[str, str]]:
        """What the keys do."""
        return (("Enter", "answer"), ("Esc", "later"))

    def choose(self, key: str) -> None:
        """There are no answers by a letter."""
        raise AssertionError(key)

    def field_now(self) -> Field | None:
        """The line, once the dock is ready; begun words go on where they were."""
        return self.answer if self.ready else None

    def state_changed(self) -> None:
        """Ready, the line has the keyboard."""
        if self.ready:
            self.take_keyboard()

    def typing_key(self, key: str) -> bool:
        """The arrows scroll a long question."""
        return super().typing_key(key) or (self._words.press(key) and key not in ("home", "end"))

    def other_key(self, key: str) -> bool:
        """The same before the line has the keyboard."""
        return self._words.press(key)

    def clicked(self, name: str) -> None:
        """A click on Enter answers."""
        if name == "Enter" and self.ready:
            self._answer()
        else:
            super().clicked(name)

    def on_input_submitted(self, event: Field.Submitted) -> None:
        """Answer."""
        event.stop()
        self._answer()

    def on_input_changed(self, event: Field.Changed) -> None:
        """Nobody else is to hear of it."""
        event.stop()

    def _answer(self) -> None:
        if self.answer.words:
            self.finish(self.answer.value)
