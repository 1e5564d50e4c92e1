"""What a key does in a dock, whether pressed, clicked or chosen from a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from textual import events

from codepilot_tui.docks.dock_rows import is_chord
from codepilot_tui.docks.holder import Holder
from codepilot_tui.docks.paint import Choice
from codepilot_tui.keyboard import is_of_words
from codepilot_tui.widgets.field import Field, Lines
from codepilot_tui.widgets.foot import key_of


class Asks(Protocol):
    """A dock, as far as its keys go."""

    @property
    def host(self) -> Holder[Any] | None:
        """There while it is open."""

    @property
    def ready(self) -> bool:
        """The answer keys answer."""

    @property
    def typing(self) -> bool:
        """An input of the dock has the keyboard."""

    def typing_key(self, key: str) -> bool:
        """A key that the input did not take; True if it meant something."""

    def answers(self) -> Sequence[Choice]:
        """The answers that there are now."""

    def choose(self, key: str) -> None:
        """One of them was given."""

    def other_key(self, key: str) -> bool:
        """A key that is not an answer; True if it meant something."""

    def field_now(self) -> Field | Lines | None:
        """The input in which words are written now."""

    def leave(self) -> None:
        """Esc."""

    def arm(self) -> None:
        """Begin the deaf time anew."""


def taken(dock: Asks, event: events.Key) -> bool:
    """A key in a dock; True if it ends there. Those of an input that has the keyboard are the input's own."""
    if dock.typing:
        return late(dock, event) or dock.typing_key(event.key)
    return pressed(dock, event)


def pressed(dock: Asks, event: events.Key) -> bool:
    """A key while the dock itself has the keyboard; True if it ends there. Other chords go on to the bench."""
    key, host = event.key, dock.host
    character = event.character if event.is_printable else None
    assert host is not None  # it has keys only while it is open
    if is_chord(key):
        return dock.ready and dock.other_key(key)
    if key == "escape":
        dock.leave()
    elif not dock.ready:
        if character:
            host.stray(character)
        dock.arm()
    elif character and is_of_words(event) and _answers(dock, key):
        host.words(character)
        dock.arm()
    elif _answers(dock, key):
        dock.choose(key)
    elif key == "tab":
        host.next_question()
    elif not dock.other_key(key) and (character or key == "enter"):
        # A letter that is not an answer: someone types and does not look. What follows must not answer either.
        if character:
            host.words(character)
        dock.arm()
    return True


def late(dock: Asks, event: events.Key) -> bool:
    """A letter that was on its way when the input got the keyboard; an input stops those that it takes."""
    field = dock.field_now()
    if field is None or not event.is_printable or not event.character:
        return False
    field.insert_text_at_cursor(event.character)
    return True


def pasted(dock: Asks, text: str) -> None:
    """A paste is not an answer; an input takes its own, so this one came before the input had the keyboard."""
    field, host = dock.field_now(), dock.host
    if field is not None:
        field.post_message(events.Paste(text))
    elif host is not None:
        host.words(text)
        dock.arm()


def clicked(dock: Asks, name: str) -> None:
    """A place with a name was clicked: as deaf as the key that it names."""
    if name == "Esc":
        dock.leave()
    elif dock.ready:
        key = name if _answers(dock, name) else "tab" if name == "Tab" else key_of(name)
        chosen(dock, key)


def chosen(dock: Asks, key: str) -> None:
    """A key that is meant, whether the dock is deaf or not."""
    if key == "escape":
        dock.leave()
    elif _answers(dock, key):
        dock.choose(key)
    elif key == "tab" and dock.host is not None:
        dock.host.next_question()
    else:
        dock.other_key(key)


def _answers(dock: Asks, key: str) -> bool:
    return key in {choice.key for choice in dock.answers()}
