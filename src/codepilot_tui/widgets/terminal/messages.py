"""What a terminal view tells the screen around it. It never talks to a terminal host itself."""

from __future__ import annotations

from typing import Literal, Protocol, cast

from textual.message import Message
from textual.widget import Widget

Owner = Literal["agent", "person", "free"]
"""Who holds a terminal's keyboard."""


class Shown(Protocol):
    """A view, as far as its messages need it."""

    terminal: str


class ViewMessage(Message):
    """Said by one view; `terminal` is the name of what it shows."""

    def __init__(self, view: Shown) -> None:
        super().__init__()
        self.view = view
        self.terminal = view.terminal

    @property
    def control(self) -> Widget:
        """The view, for `@on` with a selector."""
        return cast("Widget", self.view)


class KeyTyped(ViewMessage, namespace="terminal_view"):
    """A key for the program; names as `Engine.encode_key` takes them."""

    def __init__(self, view: Shown, key: str, character: str | None) -> None:
        super().__init__(view)
        self.key = key
        self.character = character


class Pasted(ViewMessage, namespace="terminal_view"):
    """Text to be pasted into the program, as it came."""

    def __init__(self, view: Shown, text: str) -> None:
        super().__init__(view)
        self.text = text


class MouseUsed(ViewMessage, namespace="terminal_view"):
    """A mouse event for the program at a cell counted from 0; arguments as `Engine.encode_mouse` takes them."""

    def __init__(
        self, view: Shown, action: str, button: int, x: int, y: int, modifiers: tuple[str, ...]
    ) -> None:
        super().__init__(view)
        self.action = action
        self.button = button
        self.x = x
        self.y = y
        self.modifiers = modifiers


class Resized(ViewMessage, namespace="terminal_view"):
    """The view has room for this many cells, and has stayed so for a moment."""

    def __init__(self, view: Shown, columns: int, lines: int) -> None:
        super().__init__(view)
        self.columns = columns
        self.lines = lines


class TakenByTyping(ViewMessage, namespace="terminal_view"):
    """Nobody held the keyboard, and the person typed: it is theirs now."""


class FocusTold(ViewMessage, namespace="terminal_view"):
    """The program asked to be told whether its terminal has the focus, and that has changed."""

    def __init__(self, view: Shown, focused: bool) -> None:
        super().__init__(view)
        self.focused = focused


class SightChanged(ViewMessage, namespace="terminal_view"):
    """The view can be seen from now on, or (`seen` false) can not: nothing need be sent to it meanwhile."""

    def __init__(self, view: Shown, seen: bool) -> None:
        super().__init__(view)
        self.seen = seen


class LinkChosen(ViewMessage, namespace="terminal_view"):
    """The person wants a web page opened; the target is http or https."""

    def __init__(self, view: Shown, target: str) -> None:
        super().__init__(view)
        self.target = target


class Copied(ViewMessage, namespace="terminal_view"):
    """Selected text for the clipboard."""

    def __init__(self, view: Shown, text: str) -> None:
        super().__init__(view)
        self.text = text


class HintsChanged(ViewMessage, namespace="terminal_view"):
    """The keys that mean something in the view have changed, or its title has."""


class KeyRefused(ViewMessage, namespace="terminal_view"):
    """The person typed into a terminal that the agent holds."""


class FindWanted(ViewMessage, namespace="terminal_view"):
    """The person wants to search from the view's own keys."""
