"""What the status line says in place of the hints: for some seconds, until it is untrue, or until the next key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from codepilot.values import dataclass

Kind = Literal["info", "warn", "error"]
SECONDS = 4.0
"""For how long a notice stands."""
SENT_LATER = "Starting. Your message is sent when the agent is ready."
"""Of a message that nobody can take yet; it fits a window of 60 columns."""
READ = 1.0
"""Seconds after which the next key takes it away: the person goes on, and wants the hints."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One of them."""

    text: str
    kind: Kind
    about: str
    since: float
    until: float


class Notices:
    """The notice that is shown; a new one takes the place of the old.

    Args:
        now: seconds on a clock that only goes on.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._shown: Notice | None = None

    @property
    def shown(self) -> Notice | None:
        """What stands there now."""
        notice = self._shown
        if notice is not None and notice.kind != "error" and notice.until <= self._now():
            return None
        return notice

    def say(self, text: str, kind: Kind = "info", *, about: str = "", seconds: float = SECONDS) -> None:
        """Say something.

        Args:
            text: one line.
            kind: an error stays until a key is pressed.
            about: names the fact, so that `untrue` can take it back.
            seconds: for how long.
        """
        now = self._now()
        self._shown = Notice(text, kind, about, now, now + seconds)

    def untrue(self, about: str) -> bool:
        """What was said about this holds no more; true if it was still shown."""
        if self._shown is None or self._shown.about != about:
            return False
        self._shown = None
        return True

    def key_pressed(self) -> bool:
        """The person goes on: an error was read, and so was what stood long enough; true if one went."""
        notice = self.shown
        if notice is None or (notice.kind != "error" and self._now() - notice.since < READ):
            return False
        self._shown = None
        return True

    def wake_in(self) -> float | None:
        """In how many seconds the notice ends by itself; None: it does not."""
        notice = self.shown
        return None if notice is None or notice.kind == "error" else max(0.0, notice.until - self._now())
