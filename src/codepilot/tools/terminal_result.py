"""What the model is told of a terminal: what a command wrote and how it stands, what went wrong, who said no."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from codepilot.decision import Decision
from codepilot.terminal.protocol import THE_PERSON, CommandResult
from codepilot.text import shorten
from codepilot.tools.result import ToolResult, ToolState, with_reason
from codepilot.tools.used_terminals import Found


def of_command(
    session_id: str, number: int, label: str, result: CommandResult, *, limit: int, notes: Iterable[str]
) -> ToolResult:
    """What came of a command so far.

    Args:
        session_id: the terminal.
        number: which of its commands it is; 0: that is not known.
        label: what was done there, as in ``$ make``.
        result: what came of it.
        limit: characters of its output that are shown at most.
        notes: sentences for the model; empty ones are left out.
    """
    lines = [f"[terminal:{session_id}{f':cmd{number}' if number else ''}] {label}"]
    if result.output:
        lines.append(result.output)
    if result.truncated:
        lines.append(
            f"[Output truncated at {limit} chars" + (f"; all of it: {result.spool}]" if result.spool else "]")
        )
    parts = [f"status: {result.status}"]
    if result.waits_for:
        parts.append(f"{'waits for' if result.status == 'waiting' else 'busy with'}: {result.waits_for}")
    if result.exit_code is not None and result.status in ("completed", "exited"):
        parts.append(f"return_code: {result.exit_code}")
    parts += [f"pid: {result.pid}", f"cwd: {result.cwd}"]
    lines.append(f"[{' | '.join(parts)}]")
    lines += [f"[{note}]" for note in notes if note]
    state, figure = _outcome(result)
    return ToolResult("\n".join(lines), state, figure, _reason(session_id, result))


def of_error(session_id: str, text: str, notice: str = "", *, prefix: str = "Error: ") -> ToolResult:
    """What went wrong, before or beside a command."""
    notice = f"\n[{notice}]" if notice else ""
    return ToolResult(f"[terminal:{session_id}] {prefix}{text}{notice}", "error")


def of_missing(session_id: str, found: Found, then: str = "", notice: str = "") -> ToolResult:
    """There is no such terminal, or no longer; another one may have its name.

    Args:
        session_id: its name.
        found: under this name.
        then: a sentence that says what did not happen, or what to do.
        notice: of the terminals as a whole.
    """
    if found.replaced:
        text = f"{_gone(session_id, found)}; this is another one of that name."
    else:
        how = {
            None: "",
            "person": ": the person closed it",
            "agent": ": it was ended with terminate_terminal",
        }
        text = f"session '{session_id}' not found{how[found.closed_by]}."
    reason = f"You closed {session_id}." if found.closed_by == "person" else ""
    return replace(of_error(session_id, f"{text} {then}".rstrip(), notice), reason=reason)


def of_closed_meanwhile(session_id: str, what: str, then: str, notice: str = "") -> ToolResult:
    """The terminal was closed while the person was asked about it.

    Args:
        session_id: its name.
        what: they were asked about, as in ``this command``.
        then: sentences that say what did not happen, and what to do.
        notice: of the terminals as a whole.
    """
    closed = f"the terminal was closed while the question about {what} was open. {then}"
    return of_error(session_id, closed.rstrip(), notice)


def of_new_shell(session_id: str, found: Found, folder: str) -> str:
    """The sentence for the first command in a terminal that is not the one that the agent knew; empty if it is.

    Args:
        session_id: its name.
        found: under this name, before the command was given.
        folder: the shell's.
    """
    ended_by_itself = found.info is None and found.closed_by == "agent"  # so it knows that this one is new
    if not found.earlier or ended_by_itself:
        return ""
    gone = _sentence(_gone(session_id, found))
    return f"{gone}; this is a new shell, in {folder}. The earlier one's variables and folder are gone."


def of_moved(before: str, now: str) -> str:
    """The sentence for a shell whose folder somebody else has changed; empty if it is where the agent left it."""
    return f"The person changed this terminal's folder from {before} to {now}." if before else ""


def of_another(session_id: str, found: Found) -> str:
    """The sentence for a look under a name that another terminal has now; empty if the agent knew it."""
    if not found.replaced:
        return ""
    if found.closed_by is None:
        return f"{_sentence(_gone(session_id, found))}; this is another one of that name."
    return "Another terminal of that name is open now: read it again to see that one."


def _gone(session_id: str, found: Found) -> str:
    earlier = f"the earlier terminal '{session_id}'"
    if found.closed_by == "person":
        return f"the person closed {earlier}"
    if found.closed_by == "agent":
        return f"you ended {earlier}"
    return f"{earlier} is gone"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def of_denial(session_id: str, command: str, decision: Decision) -> ToolResult:
    """Who or what did not allow it, and why."""
    text = f"[terminal:{session_id}] Permission denied: {with_reason(command, decision)}"
    return ToolResult(text, "denied", "denied")


def _outcome(result: CommandResult) -> tuple[ToolState, str]:
    if result.status == "running":
        return "running", "running"
    if result.status == "waiting":
        return "waiting", "waits for input"
    if result.status == "busy":
        return "error", "busy"
    if result.status == "refused":
        return "error", "syntax"
    if not result.given:
        return "error", "not run"
    if result.status == "idle":
        return "ok", ""
    return "ok", f"exit {result.exit_code}" if result.exit_code is not None else ""


def of_closing(session_id: str) -> str:
    """What the person is told of a command that they ended by closing its terminal."""
    return f"You closed {session_id}, which ended the command."


def _reason(session_id: str, result: CommandResult) -> str:
    """What was in the way, for the person; empty: nothing was."""
    if result.closed_by == "person":
        if not result.given:
            return f"You closed {session_id} before the command could be given."
        return of_closing(session_id) if result.cut_off else f"You closed {session_id}."
    if result.status != "busy":
        return ""
    if result.waits_for == THE_PERSON:
        return f"You held {session_id}. Nothing was typed into it."
    return f"{session_id} was busy with {shorten(result.waits_for, 60)}. Nothing was typed into it."
