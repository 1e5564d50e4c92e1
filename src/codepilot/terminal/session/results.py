"""Results of commands: the one place that words what a client is told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from codepilot.terminal.engines import Engine
from codepilot.terminal.protocol import CLOSED, THE_PERSON, CommandResult, Hand, Status, TerminalInfo
from codepilot.terminal.session.state import Command
from codepilot.terminal.shell.integration import Shell

_CLOSED_AT_REST: Mapping[Hand, str] = {
    "agent": "It was ended with terminate_terminal.",
    "person": "The person closed this terminal.",
}


def of_command(
    info: TerminalInfo,
    command: Command,
    shell: Shell | None,
    engine: Engine,
    *,
    now: float,
    waits_for: str,
    note: str,
    aside: str,
    closed_by: Hand | None = None,
) -> CommandResult:
    """A command that runs or ran.

    Args:
        info: the terminal.
        command: the command; what it wrote since the last look is taken.
        shell: the terminal's shell, if it is one.
        engine: its screen.
        now: on the loop's clock.
        waits_for: what it waits for, if it does.
        note: stands before the notes made here.
        aside: output of background jobs, to be put behind.
        closed_by: who closed the terminal, if somebody did.
    """
    notes = [note] if note else []
    taken = command.capture.take()
    text = taken.text
    if shell is not None:
        text = shell.clean(text, command.file)
    if command.running:
        status: Status = "waiting" if info.state == "waiting" else "running"
        if command.capture.full_screen:
            text = engine.text()
            notes.append("A full-screen program has the terminal; this is its screen.")
    elif info.state == "exited" and shell is not None:
        status = "exited"
        text = re.sub(r"(?:\A|(?<=\n))exit\n\Z", "", text)
        if closed_by is None:
            notes.append(f"The shell ended{_how(command.exit_code)}; the next command starts a new one.")
    elif info.state == "exited" and not info.one_shot:
        status = "exited"
    else:
        status = "completed"
    if command.running:
        closed_by = None  # the terminal is being closed, and the command has not ended yet
    cut_off = closed_by == "person" and command.closed
    if closed_by is not None:
        notes.append(CLOSED if cut_off else _CLOSED_AT_REST[closed_by])
    notes += _notes(info, command)
    if taken.truncated and taken.lost:
        notes.append(f"The full output could not be kept: {taken.lost}.")
    return CommandResult(
        output=_trim(text + aside),
        status=status,
        exit_code=command.exit_code,
        cwd=info.cwd,
        pid=info.pid,
        seconds=round(command.seconds(now), 3),
        truncated=taken.truncated,
        spool=taken.spool if taken.truncated else "",
        waits_for=waits_for if status == "waiting" else "",
        note=" ".join(notes),
        closed_by=closed_by,
        cut_off=cut_off,
    )


def _notes(info: TerminalInfo, command: Command) -> Iterator[str]:
    """What else is to be known of a command."""
    if not command.running and command.capture.had_full_screen:
        yield "A full-screen program ran; what it drew is not kept."
    if command.by == "person":
        yield f"The person ran this, not you: {command.text[:200]!r}."
    if command.touched:
        yield "The person typed into it while it ran."
    if command.running and info.owner == "person":
        yield "The person holds this terminal now."
    if command.signals:
        yield f"It was sent {', '.join(command.signals)}."


def of_idle(info: TerminalInfo, output: str, closed_by: Hand | None = None) -> CommandResult:
    """A terminal that no command was given to, and who closed it, if somebody did."""
    status: Status = "exited" if info.state == "exited" else "idle"
    return CommandResult(
        output=_trim(output),
        status=status,
        exit_code=info.exit_code,
        cwd=info.cwd,
        pid=info.pid,
        note="" if closed_by is None else _CLOSED_AT_REST[closed_by],
        closed_by=closed_by,
    )


def of_refusal(info: TerminalInfo, reason: str) -> CommandResult:
    """A command that the shell could not have understood."""
    return CommandResult(
        output=reason, status="refused", cwd=info.cwd, pid=info.pid, note="Nothing of it ran.", given=False
    )


def of_withdrawn(info: TerminalInfo) -> CommandResult:
    """A command that was not wanted any more before the terminal was free for it."""
    return CommandResult(output="", status="busy", cwd=info.cwd, pid=info.pid, given=False)


def of_busy(info: TerminalInfo, waits_for: str, *, keeps_line: bool = False) -> CommandResult:
    """A terminal that did not get free in time.

    Args:
        info: the terminal.
        waits_for: what the program there waits for, if it does.
        keeps_line: a half-typed line stands at the prompt, and the shell does not drop it.
    """
    if info.owner == "person":
        why = THE_PERSON
        note = (
            "The person holds this terminal; nothing was typed into it. Try again later, or use another one. "
            "What the person runs will be told to you when it is handed back."
        )
    elif keeps_line:
        why = "a half-typed line at the prompt"
        note = (
            "A line that was typed but not entered stands at the prompt, and the shell does not drop it at ^C; "
            "the command was not given. Use another terminal, or ask the person to clear the line."
        )
    elif not info.command:
        why = "the shell's start"
        does = f"wait for {waits_for}" if info.state == "waiting" else "still run"
        note = f"The shell's start-up files {does}; nothing was typed into this terminal. " + (
            "Send it the input or ^C, then give the command again."
            if info.state == "waiting"
            else "Give the command again later."
        )
    else:
        why = info.command.split("\n")[0][:200] or "a program"
        does = f"waits for {waits_for}" if info.state == "waiting" else "runs"
        note = (
            f"'{why}' still {does} in this terminal; nothing was typed into it. "
            "Read its output, send it input or ^C, or use another terminal."
        )
    return CommandResult(
        output="", status="busy", cwd=info.cwd, pid=info.pid, waits_for=why, note=note, given=False
    )


def of_dead(info: TerminalInfo, closed_by: Hand | None) -> CommandResult:
    """A shell that ended, or was closed by somebody, before its command could be given."""
    how = {None: "The shell ended", "person": "The person closed this terminal", "agent": "It was ended"}
    return CommandResult(
        output="",
        status="exited",
        cwd=info.cwd,
        pid=info.pid,
        note=f"{how[closed_by]} before the command could be given; nothing of it ran.",
        given=False,
        closed_by=closed_by,
    )


def without_echo(output: str, sent: bytes) -> str:
    """A program's output after input, without the lines of the input that the terminal shows first."""
    lines = sent.decode("utf-8", "replace").replace("\n", "\r").split("\r")
    for line in lines if lines[-1] else lines[:-1]:
        if not line.isprintable() or not output.startswith(line):
            break
        rest = output[len(line) :]
        if rest and not rest.startswith("\n"):
            break
        output = rest[1:]
    return output


def _trim(text: str) -> str:
    return text[:-1] if text.endswith("\n") else text


def _how(code: int | None) -> str:
    if code is None or code <= 128:
        return f" with exit code {code}"
    return f" (killed by signal {code - 128})"
