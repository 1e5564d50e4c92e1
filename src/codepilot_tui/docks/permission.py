"""What the questions of permission share: allow once, no, no with words; undecided on Esc."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.widget import Widget

from codepilot.decision import Decision
from codepilot_tui.docks.arming import DEAF_SECONDS
from codepilot_tui.docks.base import Dock
from codepilot_tui.docks.paint import Choice
from codepilot_tui.facts import Kind
from codepilot_tui.widgets.field import Lines

YES = Choice("y", "allow once", "ok")
NO = Choice("n", "no", "bad")
WORDS = Choice("d", "no, because…")
_NO_MORE_ROWS = "The question has all rows of the window. ↓ scrolls it."


class PermissionDock(Dock[Decision]):
    """A question of permission. The result is the decision, or None: undecided.

    Args:
        draft: a reason that was begun before; see `draft`.
        deaf: for how many quiet seconds the answers are deaf.
    """

    DEFAULT_CSS = """
    PermissionDock > #reason { display: none; }
    PermissionDock.-writing > #reason { display: block; }
    """
    choices = (YES, NO, WORDS)
    subject: ClassVar[Kind] = "command"
    """What is asked about."""

    def __init__(self, *, draft: str = "", deaf: float = DEAF_SECONDS) -> None:
        super().__init__(deaf=deaf)
        self.reason = Lines(self.press, "What should the agent do instead?", draft, id="reason")

    @property
    def draft(self) -> str:
        """The reason, as far as it was written."""
        return self.reason.text

    def compose(self) -> Iterable[Widget]:
        """The field for words stands above the answers."""
        *rows, chips = super().compose()
        yield from rows
        yield self.reason
        yield chips

    def rows_wanted(self, width: int) -> int:
        """The words have rows of their own."""
        return super().rows_wanted(width) + (self.reason.rows if self.writing else 0)

    @property
    def writing(self) -> bool:
        """Words for the agent are being written."""
        return self.has_class("-writing")

    @property
    def kind(self) -> Kind:  # type: ignore[override]
        """While words are written, other keys mean something."""
        return "reason" if self.editing else self.subject

    def answers(self) -> Sequence[Choice]:
        """None while words are written."""
        return () if self.writing else self.choices

    def tail(self) -> Sequence[tuple[str, str]]:
        """Keys that are no answers."""
        if self.writing:
            return (("Enter", "no, with these words"), ("Esc", "back"))
        return super().tail()

    def full_key(self) -> Sequence[tuple[str, str]]:
        """F5 with its word, where it changes what is seen."""
        return (("F5", "less" if self.full else "full"),) if self.full_changes else ()

    def press_full(self) -> bool:
        """F5: all of the body, or what it needs; where that is the same, say so."""
        if self.full_changes:
            self.full = not self.full
            self.resized()
            self.call_after_refresh(self.repaint)
        elif self.host is not None:
            more = "down" in self.scrolls()
            self.host.tell(_NO_MORE_ROWS if more else "All of the question is shown already.")
        return True

    def field_now(self) -> Lines | None:
        """Words that were begun go on."""
        return self.reason if self.writing else None

    def decision(self, allow: bool, reason: str = "") -> Decision:
        """The answer as the agent's runtime takes it."""
        return Decision(allow=allow, reason=reason)

    def choose(self, key: str) -> None:
        """Answer, or begin to write."""
        if key == "y":
            self.finish(self.decision(True))
        elif key == "n":
            self.finish(self.decision(False))
        elif key == "d":
            self._write(True)

    def _write(self, on: bool) -> None:
        self.set_class(on, "-writing")
        self.take_keyboard()
        self.repaint()
        self.resized()

    @property
    def editing(self) -> bool:
        """Words for the agent have the keyboard."""
        return self.writing and self.typing

    def leave(self) -> None:
        """Esc goes back from the words to the answers, and keeps the words."""
        if not self.writing:
            super().leave()
            return
        self._write(False)
        self.arm()

    def clicked(self, name: str) -> None:
        """While words are written, the keys shown are those of the field."""
        if self.writing and name == "Enter":
            self._refuse()
        else:
            super().clicked(name)

    def press_chosen(self, key: str) -> None:
        """Enter is the one of the field."""
        if self.writing and key == "enter":
            self._refuse()
        else:
            super().press_chosen(key)

    def press(self, key: str) -> bool:
        """Take a key of the field: Enter refuses with these words, as it sends in the composer."""
        if self.reason.newline(key):
            return True
        if key == "enter":
            self._refuse()
        return key == "enter"

    def on_text_area_changed(self, event: Lines.Changed) -> None:
        """More lines want more rows."""
        if event.text_area is self.reason:
            self.resized()

    def _refuse(self) -> None:
        if self.reason.words:
            self.finish(self.decision(False, self.reason.words))
