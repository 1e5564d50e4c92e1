"""The ways out of the program on which Textual does not clear up by itself."""

from __future__ import annotations

import errno
import logging
import os
import signal
import termios
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

LAST_RESORT = 12.0
"""Seconds from a signal to the end, whatever happens."""
_MODES = (1000, 1002, 1003, 1015, 1006, 1016, 1004, 2004, 2026, 2048, 1049)
"""Mouse, focus, paste, frames, resizing; last the alternate screen, since a screen has a keyboard mode of its own."""
RESET = "\x1b[<u" + "".join(f"\x1b[?{mode}l" for mode in _MODES) + "\x1b[?7h\x1b[?25h\x1b[0m"
"""Undoes every mode that Textual sets, for the ways out on which it does not do so itself."""


def terminal_is_there() -> bool:
    """Whether anyone is left at the other end of standard output; true for what is not a terminal at all."""
    try:
        termios.tcgetattr(1)
    except termios.error as error:
        return bool(error.args[0] != errno.EIO)
    return True


def end_anyway(code: int) -> None:
    """After a signal: end the process even if its loop is stuck."""
    time.sleep(LAST_RESORT)
    log.error("the workbench did not end within %s s after a signal", LAST_RESORT)
    logging.shutdown()
    os._exit(code)


class LastResort:
    """Ends the process some time after the first signal, even if its loop is stuck.

    Args:
        end: waits, and ends it with an exit code.
    """

    def __init__(self, end: Callable[[int], None] = end_anyway) -> None:
        self._end = end
        self._begun = False

    def begin(self, code: int) -> bool:
        """A signal came; returns whether it is the first."""
        if self._begun:
            return False
        self._begun = True
        threading.Thread(target=self._end, args=(code,), name="last-resort", daemon=True).start()
        return True


def is_dropped(number: int) -> bool:
    """Whether a signal says that a connection broke, which is not the person's wish: what runs far away goes on."""
    return number == signal.SIGHUP and bool(os.environ.get("SSH_CONNECTION"))


def input_ended(fd: int) -> None:
    """The terminal's input has an end: the terminal is gone, and HUP was sent to the leader of its session at most.

    Where that is make or a script, it waits for us; so we send it to ourselves.
    """
    try:
        in_background = os.tcgetpgrp(fd) != os.getpgrp()  # it may not read, though the terminal is there
    except OSError:
        in_background = False
    if in_background:
        log.warning("the terminal can no longer be read: the workbench is in the background")
    else:
        os.kill(os.getpid(), signal.SIGHUP)
