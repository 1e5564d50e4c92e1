"""What a terminal host says of a command in which the program ended, in words for the model and the person."""

from __future__ import annotations

from codepilot.journal.unfinished import OpenCall
from codepilot.loop.deciding import Verdict
from codepilot.protocol import LIMITS
from codepilot.terminal.protocol import CallState, CommandResult
from codepilot.tools.terminal_result import of_command

_ENDED = (
    "The program that gave this command ended while it ran, and was started anew. The command had its time."
)
_RUNS = "The program that gave this command ended, and was started anew. The command still runs"


def of_recovered(
    call: OpenCall, state: CallState, terminal: str, result: CommandResult | None
) -> Verdict | None:
    """What is known of a call; None: nothing.

    Args:
        call: that was open.
        state: how the host says that it stands.
        terminal: where it was done.
        result: what came of it.
    """
    if state == "never":
        text = f"{call.name}: not done. The program ended before it reached the terminal."
        return Verdict(text, "not done")
    if state == "unknown" or result is None:
        return None
    running = state == "running"
    note = f"{_RUNS}: read_output({terminal!r})." if running else _ENDED
    label = f"$ {call.command}" if call.command else call.tool
    told = of_command(terminal, 0, label, result, limit=LIMITS.command, notes=(result.note, note))
    known = told.state if told.state != "denied" else "error"
    return Verdict(told.text, told.figure or ("still runs" if running else "done"), known)
