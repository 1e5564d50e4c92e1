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
RESET = "\x1b[<u\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[?2026l\x1b[?25h\x1b[0m"
"""Turns off every mode that Textual turns on, for the ways out on which it does not do so itself."""


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
