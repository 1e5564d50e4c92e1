"""Patterns that are searched for in a program's output, within a time limit."""

from __future__ import annotations

import contextlib
import re
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from codepilot.errors import TerminalError

CAN_LIMIT = hasattr(signal, "setitimer")
"""Not on Windows."""


class TimeLimitReached(Exception):
    """The work took longer than it may."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TimeLimitReached` in the block after that time.

    By a timer of the process and its signal, which the engine of `re` looks for now and then. Only the main thread
    hears signals: in others there is no limit.

    Args:
        seconds: of wall time.

    Raises:
        TimeLimitReached: in the block.
    """
    if not CAN_LIMIT or threading.current_thread() is not threading.main_thread():
        yield
        return
    armed = True

    def ring(number: int, frame: FrameType | None) -> None:
        if armed:
            raise TimeLimitReached

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        yield
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


PATIENCE = 0.25
"""Seconds that one look may take. A pattern can be written so that it never ends, and the host has other work."""
_LONGEST = 500
_SHOWN = 120


class Pattern:
    """A regular expression; a text that does not compile is searched for literally.

    Args:
        text: of one line.

    Raises:
        TerminalError: it is too long, or matches everything.
    """

    def __init__(self, text: str) -> None:
        if len(text) > _LONGEST:
            raise TerminalError(f"wait_for is longer than {_LONGEST} characters.")
        self.text = text
        try:
            self._regex = re.compile(text, re.MULTILINE)
        except (re.error, OverflowError, RecursionError):
            self._regex = re.compile(re.escape(text))
        self._plain = text
        self.too_slow = False
        """Matching took too long and was given up."""
        if self._regex.fullmatch(""):
            raise TerminalError(
                "wait_for matches the empty text.", hint="Give words that the program prints."
            )

    def find(self, text: str, old: int = 0) -> str:
        """The line with the first match, shortened; empty if there is none.

        Args:
            text: where to look.
            old: characters at its beginning that were searched before.
        """
        if self.too_slow:
            return ""
        start = text.find(self._plain, max(0, old - len(self._plain) + 1))
        if start < 0:
            try:
                with time_limit(PATIENCE):
                    match = next((each for each in self._regex.finditer(text) if each.end() > old), None)
            except TimeLimitReached:
                self.too_slow = True
                return ""
            if match is None:
                return ""
            start = match.end() - len(match[0].lstrip())
        line = text[text.rfind("\n", 0, start) + 1 :].split("\n", 1)[0].strip()
        return line[:_SHOWN] or self.text[:_SHOWN]
