"""The values that a terminal host and its clients speak of, and the words for what the person ran there.

`messages` says how they cross the socket.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeVar

from codepilot.errors import TerminalError
from codepilot.messages import OnExit
from codepilot.values import dataclass, known_fields, required_fields

_Value = TypeVar("_Value")

VERSION = 1
"""Of the protocol between them."""

State = Literal["starting", "idle", "busy", "waiting", "exited"]
Owner = Literal["agent", "person", "free"]
OnLeave = Literal["", "end", "detach"]
"""What a client says of the host when it leaves; empty: as the setting has it."""
Status = Literal["completed", "running", "waiting", "idle", "exited", "busy", "refused"]
CallState = Literal["done", "running", "never", "unknown"]
"""Of a call that a client began and then vanished. `never`: the host did not come to give it to anybody."""

Hand = Literal["agent", "person"]
"""Who types, or closes a terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalInfo:
    """A terminal as a list shows it."""

    name: str
    pid: int
    state: State
    cwd: str
    owner: Owner = "free"
    columns: int = 120
    lines: int = 40
    exit_code: int | None = None
    """Of the terminal's process, once it ended; 128 + n if signal n killed it."""
    command: str = ""
    """What runs now, or ran last."""
    job: str = ""
    """What still runs in the background while the shell is at its prompt: the first of its processes."""
    one_shot: bool = False
    """A tab of `run_command`: one process, no shell to go back to."""
    viewers: int = 0
    """How many clients watch its screen or follow its output."""
    identity: str = ""
    """Tells it from every other terminal, also from an earlier one of its name; its shell may be another one since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostInfo:
    """A host as it is now."""

    id: str
    """The runtime's name on the command line."""
    work_dir: str
    agent: str
    pid: int
    on_exit: OnExit
    kept: bool
    """A program works with it; else it runs on its own."""
    clients: int
    running: tuple[str, ...] = ()
    """Terminals in which something runs, background jobs included."""
    daemons: int = 0
    """Processes that left their terminal and still run."""

    @property
    def in_use(self) -> bool:
        """Something runs in it."""
        return bool(self.running or self.daemons)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """What came of a command so far."""

    output: str
    """Plain text: what the command wrote, without echo and prompt. Only what no earlier result has shown."""
    status: Status
    exit_code: int | None = None
    cwd: str = ""
    pid: int = 0
    seconds: float = 0.0
    truncated: bool = False
    """The middle of `output` was left out."""
    spool: str = ""
    """Path of the file with the full output, if it was more than fits here."""
    waits_for: str = ""
    """status waiting: for what. status busy: what keeps the terminal."""
    note: str = ""
    """A sentence for the model: a new shell was started, a full-screen program is on, …"""
    given: bool = True
    """The shell got the command. If not, nothing of it ran."""
    closed_by: Hand | None = None
    """Who closed the terminal, if it is closed and somebody is to be told."""
    cut_off: bool = False
    """The person closed the terminal while the command ran, which ended it."""


THE_PERSON = "the person"
"""What a busy terminal waits for where the person holds it."""
CLOSED = "The person closed this terminal, which ended the command."
"""Noted of a command whose terminal the person closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCommand:
    """A command that the person typed at a shell's prompt."""

    number: int
    """Counts the person's commands in its terminal."""
    text: str
    folder: str
    """Where it ran."""
    exit_code: int | None = None
    seconds: float = 0.0
    output: str = ""
    """The last of what it wrote."""
    running: bool = False
    """It had not ended when the keyboard was handed back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonReport:
    """What the person did in a terminal, for the agent to know."""

    terminal: str
    commands: tuple[PersonCommand, ...] = ()
    left_out: int = 0
    """How many earlier commands are not listed."""
    folder: str = ""
    """The shell's, at the end."""
    moved: bool = False
    """It is another one than before."""
    into: str = ""
    """The agent's command that ran when the person took the terminal."""
    handed_back: bool = True
    """False: run in a terminal that nobody had taken; the person may tell the agent of it or not."""

    @classmethod
    def from_wire(cls, fields: Mapping[str, Any]) -> PersonReport:
        """The inverse of `as_wire`."""
        commands = [from_wire(PersonCommand, command) for command in fields.get("commands", ())]
        return from_wire(cls, {**fields, "commands": commands})


HANDED_BACK = (
    "The person worked in your terminals and ran these commands themselves. They are reported only once:"
)
"""Stands above what `report_to_agent` gives."""


def report_to_agent(reports: Iterable[PersonReport]) -> str:
    """What the model is told; all of it is text from outside."""
    return "\n".join(_told(report) for report in reports)


def report_to_composer(report: PersonReport) -> str:
    """What the person may send along with words of their own."""
    return "\n".join(
        [f"I ran in the terminal {report.terminal}:", *_commands_of(report), *_folder_of(report)]
    )


def _told(report: PersonReport) -> str:
    while_ = "While the person held it" if report.handed_back else "The person ran there"
    into = f"; your `{_one_line(report.into)}` was running then" if report.into else ""
    lines = [f"[terminal:{report.terminal}] {while_}{into}:", *_commands_of(report)]
    if not report.commands:
        lines.append("no command was run")
    if report.handed_back:
        lines += _folder_of(report)
    return "\n".join(lines)


def _commands_of(report: PersonReport) -> list[str]:
    lines = [f"[{report.left_out} earlier commands are left out]"] if report.left_out else []
    for command in report.commands:
        lines.append(
            f"$ {command.text or '(a line that was not shown)'} → {_end_of(command)} in {command.folder}"
        )
        if command.output:
            lines += [f"  {line}" for line in command.output.splitlines()]
    return lines


def _end_of(command: PersonCommand) -> str:
    if command.running:
        return "still runs"
    code = "exit code unknown" if command.exit_code is None else f"exit {command.exit_code}"
    return f"{code} ({command.seconds:.0f} s)" if command.seconds >= 1 else code


def _folder_of(report: PersonReport) -> list[str]:
    if not report.folder:
        return []
    return (
        [f"The folder is {'now' if report.moved else 'still'} {report.folder}"] if report.handed_back else []
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalEvent:
    """Something happened to a terminal. `lost`: the host itself is gone, and every terminal with it."""

    kind: Literal[
        "opened", "closed", "state", "owner", "signal", "typed", "lost", "bell", "clipboard", "notice"
    ]
    name: str = ""
    state: State = "idle"
    command: str = ""
    exit_code: int | None = None
    cwd: str = ""
    seconds: float = 0.0
    owner: Owner = "free"
    primary: bool = False
    """clipboard: for the primary selection."""
    detail: str = ""
    """state waiting: for what. signal: its name. owner person: "wanted" by the agent. lost: why.

    clipboard, notice: the program's text. Nothing is done with it here, and a clipboard needs the person's yes.
    """
    count: int = 0
    """typed: how many commands of the person are offered now."""


def unknown_request(op: object) -> str:
    """What a host says of a request that it does not serve: an older one of the same protocol version may lack some."""
    return f"Unknown request {op!r}."


def as_wire(value: TerminalInfo | CommandResult | TerminalEvent | PersonReport | HostInfo) -> dict[str, Any]:
    """The fields of a value, for a frame."""
    return dataclasses.asdict(value)


def from_wire(kind: type[_Value], fields: Mapping[str, Any]) -> _Value:
    """The inverse of `as_wire`, also for what another release with the same protocol version sent.

    Fields that only the other release has are ignored; those that it lacks have their defaults.

    Args:
        kind: the dataclass.
        fields: what the frame holds of it.

    Raises:
        TerminalError: a field without a default is missing.
    """
    # Each list was a tuple before it was JSON.
    given = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in known_fields(kind, fields).items()
    }
    missing = required_fields(kind) - given.keys()
    if missing:
        raise TerminalError(f"A {kind.__name__} on the terminal socket lacks {', '.join(sorted(missing))}.")
    return kind(**given)
