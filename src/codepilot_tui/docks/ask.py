"""The agent asks something that only the person knows: letters write, Enter answers, blanks alone are no answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.widget import Widget

from codepilot_tui.docks.arming import DEAF_SECONDS
from codepilot_tui.docks.base import Dock
from codepilot_tui.docks.marked import MarkedBody
from codepilot_tui.widgets.field import Lines


class AskDock(Dock[str]):
    """A question with a field for the answer. The result is the person's words, or None: later.

    The field takes the keyboard when the dock is ready; what is typed before goes where it was meant. It takes several
    lines as the composer does, by the same keys.

    Args:
        question: as the agent put it; Markdown.
        draft: words that were begun before, so that "later" loses nothing; see `draft`.
        deaf: for how many quiet seconds it waits.
    """

    title = "The agent asks you"
    kind = "ask"
    field_only = True

    def __init__(self, question: str, *, draft: str = "", deaf: float = DEAF_SECONDS) -> None:
        super().__init__(deaf=deaf)
        self._words = MarkedBody(question)
        self.answer = Lines(self.press, "Type your answer, then Enter.", draft, id="answer")

    @property
    def draft(self) -> str:
        """What was typed so far; read it when the result was None."""
        return self.answer.text

    def compose(self) -> Iterable[Widget]:
        """The field stands above the keys."""
        *rows, chips = super().compose()
        yield from rows
        yield self.answer
        yield chips

    def body(self) -> Iterable[Widget]:
        """The question."""
        yield self._words

    def body_rows(self, width: int) -> int:
        """The question, and the field."""
        return self._words.rows_in(width) + self.answer.rows

    def tail(self) -> Sequence[tuple[str, str]]:
        """What the keys do."""
        return (("Enter", "answer"), ("Esc", "later"))

    def choose(self, key: str) -> None:
        """There are no answers by a letter."""
        raise AssertionError(key)

    def field_now(self) -> Lines | None:
        """The field, once the dock is ready; begun words go on where they were."""
        return self.answer if self.ready else None

    def state_changed(self) -> None:
        """Ready, the field has the keyboard."""
        if self.ready:
            self.take_keyboard()

    def typing_key(self, key: str) -> bool:
        """The arrows scroll a long question, where they do not move the cursor."""
        moves = {"up": not self.answer.on_first_row, "down": not self.answer.on_last_row}
        if moves.get(key, key in ("home", "end")):
            return False
        return super().typing_key(key) or self._words.press(key)

    def scrolls(self) -> frozenset[str]:
        """A long question."""
        return self._words.scrolls()

    def press_chosen(self, key: str) -> None:
        """Enter answers."""
        if key == "enter":
            self._answer()
        else:
            super().press_chosen(key)

    def other_key(self, key: str) -> bool:
        """The same before the field has the keyboard."""
        return self._words.press(key)

    def clicked(self, name: str) -> None:
        """A click on Enter answers."""
        if name == "Enter" and self.ready:
            self._answer()
        else:
            super().clicked(name)

    def press(self, key: str) -> bool:
        """Take a key of the field: Enter answers, as it sends in the composer."""
        if self.answer.newline(key):
            return True
        if key == "enter":
            self._answer()
        return key == "enter"

    def on_text_area_changed(self) -> None:
        """More lines want more rows."""
        self.resized()

    def _answer(self) -> None:
        if self.answer.words:
            self.finish(self.answer.words)
