"""A page with a second field at its foot, for a name or a path; while that is open, keys are about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from textual import events

from codepilot_tui.pages.base import Page
from codepilot_tui.widgets.entry_line import EntryLine
from codepilot_tui.widgets.field import Field

Result = TypeVar("Result")


class EntryPage(Page[Result]):
    """Subclasses yield `entry` in their body, and ask it first about keys."""

    def __init__(self, *, id: str | None = None) -> None:
        self.entry = EntryLine()
        self.asked_for = ""
        """What Enter does with what is written in that field."""
        super().__init__(id=id)

    def ask(self, word: str, label: str, value: str, then: Callable[[str], object]) -> None:
        """Open the field.

        Args:
            word: what Enter will do.
            label: what is asked for.
            value: what stands in the field at first.
            then: told what was written; not if nothing was, or Esc was pressed.
        """

        def done(words: str | None) -> None:
            self.take_keyboard()
            self.keys_changed()
            if words:
                then(words)

        self.asked_for = word
        self.entry.ask(label, value, done)
        self.keys_changed()

    def entry_keys(self) -> Sequence[tuple[str, str]]:
        """The keys while it is open."""
        return (("Enter", self.asked_for), ("Esc", "back"))

    def press_entry(self, key: str) -> bool:
        """A key while it is open; True if it was taken."""
        if key == "enter":
            self.entry.close(keep=True)
        return key == "enter"

    def on_key(self, event: events.Key) -> None:
        """Esc leaves the field first; the other keys are for the handler of all pages, which comes next."""
        if event.key == "escape" and self.entry.asks:
            self.entry.close(keep=False)
            event.stop()
            event.prevent_default()

    def on_input_changed(self, event: Field.Changed) -> None:
        """Only the search field searches."""
        if event.input is not self.field:
            event.stop()
            event.prevent_default()

    def take_keyboard(self) -> None:
        """That field, while it is open."""
        if self.entry.asks:
            self.screen.set_focus(self.entry.field, scroll_visible=False)
        else:
            super().take_keyboard()

    def _to_field(self) -> None:
        if self.entry.asks:
            self.screen.set_focus(self.entry.field, scroll_visible=False)
        else:
            super()._to_field()
