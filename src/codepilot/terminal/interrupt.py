"""What follows a ^C that does not help."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from codepilot.terminal.pulse import Pulse
from codepilot.terminal.session.processes import send_signal
from codepilot.terminal.session.pty import Pty

LADDER = ((signal.SIGTERM, 2.0), (signal.SIGKILL, 5.0))
"""Signal, and seconds after the ^C."""
AGAIN = 0.3
"""Seconds after which ^C is typed once more to a command that began just before."""


async def press(
    pty: Pty,
    ended: Callable[[], bool],
    sent: Callable[[str], None],
    pulse: Pulse,
    *,
    shell: int = 0,
    young: bool = False,
) -> None:
    """Signal the group that has the keyboard, ever harder, until `ended`; `sent` is told each signal's name.

    A shell whose program dies of TERM or KILL goes on with the rest of its line, so it is interrupted as well.

    Args:
        pty: where ^C was typed.
        ended: whether the command is over.
        sent: told the name of each signal.
        pulse: beaten when something changed.
        shell: process of the shell; 0: there is none.
        young: the command began just now.
    """
    start = asyncio.get_running_loop().time()

    def signal_group(number: signal.Signals) -> None:
        group = pty.foreground()
        if group > 0:
            send_signal([-group], number)
            send_signal([-group], signal.SIGCONT)
            sent(number.name)

    if not pty.modes().signals:
        # The program takes ^C for a key: tell it what is meant.
        signal_group(signal.SIGINT)
    elif young and not await pulse.until(ended, start + AGAIN) and pty.modes().signals:
        # The shell was about to start a program, which did not have the keyboard yet and never heard of the ^C.
        pty.write(b"\x03")
    for number, after in LADDER:
        if await pulse.until(ended, start + after):
            return
        if shell:
            send_signal([shell], signal.SIGINT)
        signal_group(number)
