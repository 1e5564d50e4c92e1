"""What is known of a lost host, in words: its shells are lost, and not all that was started in them is.

Its terminals hang up, which detached programs do not notice, and a host that was killed can end none of them.
"""

from __future__ import annotations

from codepilot.errors import TerminalError, with_stop

LOST_SHELLS = (
    "The earlier shells are lost with their variables and folders; programs that were detached from them "
    "(nohup, setsid, disown) may still run."
)
_NEXT = f"The next call starts a new terminal host. {LOST_SHELLS}"
_CLOSED = "This connection to the terminal host is closed."
_UNDER_WAY = "This command may have been started; what became of it is not known."


def unanswered(lost: str, *, command: bool) -> TerminalError:
    """The error of a request that will never be answered.

    Args:
        lost: why the host is gone; empty: it is not, and we closed the connection to it.
        command: the request was to start a command.
    """
    known = (_UNDER_WAY if command else "", _NEXT if lost else "")
    return TerminalError(
        with_stop(lost[:1].upper() + lost[1:]) if lost else _CLOSED, hint=" ".join(filter(None, known))
    )
