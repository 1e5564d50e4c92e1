"""What is said of a tool call: how it ended, what it does, and whether its code would only repeat it."""

from __future__ import annotations

import re

from codepilot import events as ev
from codepilot_tui.transcript.items import CallLine, CallState

_VERBS = {
    "read_file": "reading",
    "write_file": "writing",
    "edit_file": "editing",
    "create_file": "writing",
    "delete_file": "deleting",
    "list_files": "listing",
    "search": "searching",
    "grep": "searching",
    "find": "searching",
    "execute": "running",
    "run_command": "running",
    "think": "thinking",
}
_FAILED = re.compile(r"exit (?!0$)-?\d+")


def state_of(event: ev.ToolFinished) -> CallState:
    """How a call ended, or that what it started goes on; a command that failed is no success."""
    if event.state in ("running", "waiting"):
        return "goes on"
    if event.state == "ok" and _FAILED.fullmatch(event.figure):
        return "failed"
    states: dict[str, CallState] = {"ok": "ok", "error": "error", "denied": "denied", "aborted": "aborted"}
    return states[event.state]


def is_one_call(code: str, tool: str) -> bool:
    """Whether the block is only this one call, so that showing the code would repeat it."""
    first, *rest = [
        line for line in code.strip().splitlines() if line.strip() and not line.startswith("#")
    ] or [""]
    called = re.match(r"(?:\w+\s*=\s*)?(?:print\()?(\w+)\(", first)
    return called is not None and called[1] == tool and all(line[0] in " \t)]}" for line in rest)


def first_line(code: str) -> str:
    """The first line with anything in it; empty: there is none."""
    return next((line.strip() for line in code.splitlines() if line.strip()), "")


def doing_of(call: CallLine) -> str:
    """What a call does, for the status line: ``reading src/app.py``."""
    if call.behind:
        return f"waiting for {call.terminal} ({first_line(call.behind)})"
    subject = call.label.partition(" › ")[2] or call.label
    return f"{_VERBS.get(call.tool, call.tool)} {subject}".strip()
