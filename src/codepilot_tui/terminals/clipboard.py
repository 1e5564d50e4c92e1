"""Programs that want to write to the person's clipboard."""

from __future__ import annotations

from collections.abc import Callable

from codepilot.terminal.protocol import Owner
from codepilot.text import clean_line
from codepilot_tui.docks.clipboard import Answer, ClipboardDock
from codepilot_tui.terminals.driver_host import DriverHost


class Clipboard:
    """Asks the person, once a terminal or once a time.

    Args:
        host: asks.
        copy: writes the clipboard.
        owner: tells who holds a terminal.
        notice: shows a few words about a terminal.
    """

    def __init__(
        self,
        host: DriverHost,
        *,
        copy: Callable[[str], None],
        owner: Callable[[str], Owner],
        notice: Callable[[str, str], None],
    ) -> None:
        self._host = host
        self._copy = copy
        self._owner = owner
        self._notice = notice
        self._answers: dict[str, Answer] = {}
        """What the person said once and for all, by terminal."""
        self._wished: dict[str, object] = {}
        """Terminals of which a program waits for an answer, each with its own wish: names come again."""

    def wanted(self, name: str, text: str) -> None:
        """Only the person's own programs may ask; what the agent runs could put anything there."""
        if self._owner(name) != "person":
            self._notice(name, "a program tried to write to your clipboard; it was not allowed to")
            return
        answer = self._answers.get(name)
        if answer == "always":
            self._copy(text)
        if answer is not None or name in self._wished:
            return

        wish = self._wished[name] = object()

        def answered(how: Answer | None) -> None:
            if how in ("once", "always"):
                self._copy(text)
            if self._wished.get(name) is not wish:
                return  # the terminal is gone: another one of its name asks for itself
            del self._wished[name]
            if how != "once":
                self._answers[name] = how or "no"

        title = f"A program in {clean_line(name)} wants to write to your clipboard."
        self._host.wish(title, lambda: ClipboardDock(name, text), answered)

    def forget(self, name: str) -> None:
        """A terminal is there no longer: another one of its name asks anew."""
        self._answers.pop(name, None)
        self._wished.pop(name, None)
