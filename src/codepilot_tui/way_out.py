"""The ways out of the program on which Textual does not clear up by itself."""

from __future__ import annotations

import errno
import logging
import os
import termios
import time

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
