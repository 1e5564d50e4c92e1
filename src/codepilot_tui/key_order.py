"""What is typed behind a key or a click waits until all that has to do with that has dealt with it.

Textual sends a key to what has the keyboard, and takes the next one at once: of keys that are read in one piece, a
letter would come before the field that it is for, and Enter before the letters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from textual import events
from textual.app import App
from textual.errors import NoWidget
from textual.widget import Widget
from textual.widgets import Input, TextArea

from codepilot_tui.held_keys import HeldKeys, Typed

Focused = Callable[[], Widget | None]
"""What has the keyboard now."""
_LAPS = 5
"""How often the keyboard may go on to something else by one key."""


def after_key(keys: HeldKeys, typed: Typed, before: Widget | None, focused: Focused) -> None:
    """Have what comes next wait until a key is dealt with.

    Args:
        keys: where it waits.
        typed: what was handled just now.
        before: what had the keyboard.
        focused: what has it now.
    """
    if focused() is before and _ends_in(before, typed):
        return
    over, handled = keys.hold(only=False), keys.now()

    def end() -> None:
        # Not where the key went on to the message: `oops` is a word.
        if getattr(before, "answered", False) and focused() is not before:
            keys.drop_repeats(typed, handled)
        over(True)

    once_dealt_with(focused, end)


@contextmanager
def behind_click(keys: HeldKeys, event: events.Event, app: App[Any]) -> Iterator[None]:
    """Have what is typed behind a click wait until the click is dealt with.

    Args:
        keys: where it waits.
        event: what is handled in this context; only a button that is let go makes a click.
        app: that handles it.
    """
    if not isinstance(event, events.MouseUp) or event.is_forwarded:
        yield
        return
    yield
    try:
        clicked, _ = app.get_widget_at(event.x, event.y)
    except NoWidget:
        return
    over = keys.hold(only=False)

    def answered() -> None:
        once_dealt_with(lambda: app.focused, lambda: over(True))

    once_dealt_with(lambda: clicked, answered)


def once_dealt_with(focused: Focused, end: Callable[[], None]) -> None:
    """Call `end` when what has the keyboard, and all above it, has done what it has to do by now."""

    def lap(left: int, *, again: bool) -> None:
        widget = focused()
        if widget is None:
            end()
            return
        # Twice: what it has to do once it is mounted, or says to itself, is behind the first.
        way = (widget, *widget.ancestors_with_self)

        def step(at: int) -> None:
            if at < len(way):
                if not way[at].call_later(step, at + 1):
                    step(at + 1)  # it is gone
            elif left and (again or focused() is not widget):
                lap(left - 1, again=False)
            else:
                end()

        step(0)

    # Again in any case: Textual runs what Enter in a field is bound to when it has come up to the application, and
    # only then does the field tell the list that it is part of.
    lap(_LAPS, again=True)


def _ends_in(widget: Widget | None, typed: Typed) -> bool:
    """Whether what is typed ends in what has the keyboard, which takes it in its order."""
    if getattr(widget, "KEYS_END_HERE", False):
        return isinstance(typed, events.Key)  # a paste may be asked about first
    return isinstance(widget, Input | TextArea) and (isinstance(typed, events.Paste) or typed.is_printable)
