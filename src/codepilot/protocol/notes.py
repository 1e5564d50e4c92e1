"""The runtime's own words in an observation: one sentence or two for each thing that the model has to know."""

from __future__ import annotations

from collections.abc import Sequence

from codepilot.messages import ExecutionResult
from codepilot.protocol.blocks import Reply

_WHAT_RAN = {
    "syntax": "The control block is not valid Python. What ran: nothing.",
    "lint": "The control block was refused before it ran. What ran: nothing.",
    "exception": "The control block stopped at the error above. What ran: the statements before it; their "
    "effects stay.",
    "timeout": (
        "The control block took too long and was stopped. Effects of finished calls stay. Time spent in "
        "tools does not count: look for an endless loop in the block."
    ),
    "aborted": "The person stopped the control block. Effects of finished calls stay; do not repeat it "
    "unasked.",
    "crashed": "The worker that ran the control block died. Effects of finished calls stay.",
    "output_limit": "The control block printed too much and was stopped. Effects of finished calls stay. "
    "Print less.",
}


def outcome(result: ExecutionResult) -> tuple[str, ...]:
    """How a control block ended, where it did not end well, and what was lost with it."""
    notes: list[str] = []
    if not result.ok:
        notes.append(_WHAT_RAN.get(result.kind, "The control block failed. Effects of finished calls stay."))
    if result.ok and result.lost:  # a failed block's error says it already
        notes.append(
            f"The worker was started anew. These names are gone: {_list(result.lost)}. Define them again "
            "before use; plain values were kept."
        )
    return tuple(notes)


def surplus_controls(reply: Reply) -> tuple[str, ...]:
    """Say that only the first control block of a reply ran."""
    if not reply.surplus_controls:
        return ()
    lines = ", ".join(str(control.line) for control in reply.surplus_controls)
    plural = len(reply.surplus_controls) > 1
    return (
        f"One reply runs one `codepilot` block. The {'ones' if plural else 'one'} at line {lines} did not "
        f"run; send {'them' if plural else 'it'} again, one a reply, if still needed.",
    )


def unused_payloads(paths: Sequence[str]) -> tuple[str, ...]:
    """Say that payloads were not written."""
    if not paths:
        return ()
    return (
        f"Not written, because no call took {'them' if len(paths) > 1 else 'it'}: payload {_list(paths)}. "
        f"Use write_file(path) or edit_file(path) with the same path, and send the payload again.",
    )


def completion_withheld(reason: str) -> tuple[str, ...]:
    """Say why a completion did not end the task: the block failed, or a result has still to be seen."""
    return (
        f"The completion was not accepted: {reason}. Look at the result, then complete in a reply of its "
        f"own.",
    )


def _list(names: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
