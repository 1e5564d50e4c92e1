"""What crosses the terminal host's socket: the values, and the frames that carry them.

A frame is a length (four bytes, big-endian) and that many bytes of JSON. Bytes of a terminal travel as Latin-1 text, so
nothing is lost. Screens travel as the rows that changed, each a short list of style runs.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from codepilot import frames
from codepilot.errors import TerminalError
from codepilot.messages import OnExit
from codepilot.terminal.screen import Colour, Cursor, Modes, Row, Run, ScreenUpdate
from codepilot.values import dataclass

VERSION = 1
MAX_FRAME = 32 * 1024 * 1024
"""No honest frame is longer; a longer one ends the connection."""

State = Literal["starting", "idle", "busy", "waiting", "exited"]
Owner = Literal["agent", "person", "free"]
OnLeave = Literal["", "end", "detach"]
"""What a client says of the host when it leaves; empty: as the setting has it."""
Status = Literal["completed", "running", "waiting", "idle", "exited", "busy", "refused"]


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
    one_shot: bool = False
    """A tab of `run_command`: one process, no shell to go back to."""
    viewers: int = 0
    """How many clients watch its screen or follow its output."""


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
    """A program works with it; else it goes on by itself."""
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


Hand = Literal["agent", "person"]
"""Who types."""


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
        commands = tuple(PersonCommand(**command) for command in fields["commands"])
        return cls(**{**fields, "commands": commands})


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


def as_wire(value: TerminalInfo | CommandResult | TerminalEvent | PersonReport | HostInfo) -> dict[str, Any]:
    """The fields of a value, for a frame."""
    return dataclasses.asdict(value)


def known_fields(kind: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that we know: a host of a later version may say more."""
    names = {field.name for field in dataclasses.fields(kind)}
    return {name: value for name, value in values.items() if name in names}


def encode_frame(message: Mapping[str, Any]) -> bytes:
    """Length and JSON.

    Raises:
        TerminalError: it is too long for a frame.
    """
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    try:
        return frames.pack(body, MAX_FRAME)
    except frames.FrameError as error:
        raise TerminalError(f"too much for one frame on the terminal socket: {error}") from error


class FrameReader:
    """Cuts a byte stream into messages, however it is sliced."""

    def __init__(self) -> None:
        self._cutter = frames.Cutter(MAX_FRAME)

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """Take bytes, yield the messages that are complete.

        Raises:
            TerminalError: the peer breaks the protocol.
        """
        try:
            yield from map(_decode, self._cutter.feed(data))
        except frames.FrameError as error:
            raise TerminalError(f"{error} came over the terminal socket") from error


def _decode(body: bytes) -> dict[str, Any]:
    try:
        message = json.loads(body.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise TerminalError(f"a frame on the terminal socket is not JSON: {error}") from error
    if not isinstance(message, dict):
        raise TerminalError("a frame on the terminal socket is not an object")
    return message


def pack_bytes(data: bytes) -> str:
    """Bytes as text of the same length."""
    return data.decode("latin-1")


def unpack_bytes(text: str) -> bytes:
    """The inverse of `pack_bytes`."""
    return text.encode("latin-1")


def _pack_colour(colour: Colour) -> int:
    if colour is None:
        return -1
    if isinstance(colour, int):
        return colour
    red, green, blue = colour
    return 256 + (red << 16 | green << 8 | blue)


def _unpack_colour(number: int) -> Colour:
    if number < 0:
        return None
    if number < 256:
        return number
    number -= 256
    return number >> 16 & 255, number >> 8 & 255, number & 255


def pack_row(row: Row) -> list[Any]:
    """A row as ``[wrapped, run …]``, a run as ``[text, width, foreground, background, attributes, link, underline]``.

    What is last and says nothing is left out: the colour of the underline, the link, the style.
    """
    packed: list[Any] = [int(row.wrapped)]
    for run in row.runs:
        fields: list[Any] = [
            run.text,
            run.width,
            _pack_colour(run.foreground),
            _pack_colour(run.background),
            run.attributes,
            run.link,
            _pack_colour(run.underline),
        ]
        if run.underline is None:
            fields.pop()
            if not run.link:
                fields.pop()
                if not run.attributes and fields[2] == fields[3] == -1:
                    del fields[2:]
        packed.append(fields)
    return packed


def unpack_row(packed: Sequence[Any]) -> Row:
    """The inverse of `pack_row`."""
    runs = []
    for fields in packed[1:]:
        if len(fields) == 2:
            runs.append(Run(fields[0], fields[1]))
            continue
        text, width, foreground, background, attributes, *more = fields
        link = more[0] if more else ""
        underline = _unpack_colour(more[1]) if len(more) > 1 else None
        colours = _unpack_colour(foreground), _unpack_colour(background)
        runs.append(Run(text, width, *colours, attributes, link, underline))
    return Row(tuple(runs), bool(packed[0]))


def pack_update(update: ScreenUpdate) -> dict[str, Any]:
    """A screen update for a frame."""
    modes, cursor = update.modes, update.cursor
    return {
        "size": [update.columns, update.lines],
        "rows": [[number, pack_row(row)] for number, row in update.rows.items()],
        "cursor": [cursor.x, cursor.y, cursor.visible, cursor.shape],
        "modes": [
            modes.alternate,
            modes.application_cursor,
            modes.bracketed_paste,
            modes.focus_events,
            modes.mouse,
            modes.mouse_sgr,
        ],
        "title": update.title,
        "directory": update.directory,
        "history": update.history,
        "full": update.full,
    }


def unpack_update(packed: Mapping[str, Any]) -> ScreenUpdate:
    """The inverse of `pack_update`."""
    columns, lines = packed["size"]
    return ScreenUpdate(
        columns=columns,
        lines=lines,
        rows={number: unpack_row(row) for number, row in packed["rows"]},
        cursor=Cursor(*packed["cursor"]),
        modes=Modes(*packed["modes"]),
        title=packed["title"],
        directory=packed["directory"],
        history=packed["history"],
        full=packed["full"],
    )
