"""When a dock's answers answer: deaf until keyboard and mouse were still for a while, grey while it is elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Literal, Protocol

State = Literal["wait", "ready", "away", "none"]

DEAF_SECONDS = 0.5
"""For how many seconds without a key or a click the answers are deaf."""


class Stops(Protocol):
    """A timer that was started."""

    def stop(self) -> None:
        """It does not fire any more, but for a call that is on its way."""


class Frames(Protocol):
    """A widget, as far as its clock goes."""

    def call_after_refresh(self, callback: Callable[[], None]) -> bool:
        """Call something once the next frame is out."""

    def set_timer(self, delay: float, callback: Callable[[], None]) -> Stops:
        """Call something when so many seconds have passed."""


class SincePainted:
    """A timer that runs from the frame that shows what it is about: who sees nothing yet cannot mean it.

    Args:
        widget: is painted.
        seconds: the time.
        call: what is called when it is over.
    """

    def __init__(self, widget: Frames, seconds: float, call: Callable[[], None]) -> None:
        self._timer: Stops | None = None
        self._stopped = False
        self._begin = partial(widget.set_timer, seconds, call)
        widget.call_after_refresh(self._painted)

    def stop(self) -> None:
        """It calls nothing any more, but for a call that is on its way."""
        self._stopped = True
        if self._timer is not None:
            self._timer.stop()

    def _painted(self) -> None:
        if not self._stopped:
            self._timer = self._begin()


class Arming:
    """The state of the answer keys.

    Args:
        later: calls back once, after so many seconds.
        deaf: for how many quiet seconds the keys are deaf; 0: they answer at once.
        changed: told that the state is another.
    """

    def __init__(
        self, later: Callable[[float, Callable[[], None]], Stops], deaf: float, changed: Callable[[], None]
    ) -> None:
        self.state: State = "none"
        self.seen = False
        """It has stood there for as long: a click is meant for it, and not for what stood there before."""
        self.pressed = False
        """The mouse button last went down on it when it had stood there."""
        self.deaf = deaf
        self._later = later
        self._changed = changed
        self._timer: Stops | None = None
        self._begun = 0

    def begin(self, *, at_once: bool = False) -> None:
        """The deaf time begins, from now.

        Args:
            at_once: there is none this time.
        """
        self.stop()
        if at_once or self.deaf <= 0:
            self._become("ready")
            return
        self._become("wait")
        self._timer = self._later(self.deaf, partial(self._heard, self._begun))

    def press(self, quiet: float = math.inf) -> None:
        """The mouse button went down on it: for it where it has stood there, else for what stood there before.

        Args:
            quiet: for how many seconds the button had not gone down anywhere: one of a series was not meant for it.
        """
        self.pressed = self.seen and quiet >= self.deaf
        if not self.pressed:
            self.begin()
        elif self.state != "ready":
            self.begin(at_once=True)

    def leave(self) -> None:
        """The keyboard is elsewhere."""
        self.stop()
        if self.deaf <= 0:
            self.seen = True
        elif not self.seen:
            self._timer = self._later(self.deaf, partial(self._stood, self._begun))
        self._become("away")

    def hide(self) -> None:
        """It is not in sight any more."""
        self.stop()
        self.seen = False
        self._become("away")

    def stop(self) -> None:
        """Nothing changes by itself any more."""
        self._begun += 1
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _heard(self, begun: int) -> None:
        if begun == self._begun:  # a timer that was stopped may have fired already
            self._timer = None
            self._become("ready")

    def _stood(self, begun: int) -> None:
        if begun == self._begun:
            self._timer = None
            self.seen = True

    def _become(self, state: State) -> None:
        self.seen = self.seen or state == "ready"
        if state != self.state:
            self.state = state
            self._changed()
