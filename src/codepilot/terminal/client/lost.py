"""What is known of a lost host, in words: its shells are lost, and not all that was started in them is.

Its terminals hang up, which detached programs do not notice, and a host that was killed can end none of them.
"""

from __future__ import annotations

from codepilot.errors import TerminalError, with_stop

LOST_SHELLS = (
    "The earlier shells are lost with their variables and folders; programs that were detached from them "
    "(nohup, setsid, disown) may still run."
)
NEXT = f"The next call starts a new terminal host. {LOST_SHELLS}"
_UNDER_WAY = "This command may have been started; what became of it is not known."


def unanswered(reason: str, *, command: bool) -> TerminalError:
    """The error of a request that a lost host will never answer.

    Args:
        reason: why the host is gone.
        command: the request was to start a command.
    """
    return TerminalError(
        with_stop(reason[:1].upper() + reason[1:]), hint=f"{_UNDER_WAY} {NEXT}" if command else NEXT
    )
