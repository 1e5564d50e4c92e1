"""What crosses the terminal host's socket: requests, answers, what the host tells unasked, and the frames around them.

A frame is a length (four bytes, big-endian) and that many bytes of JSON. Bytes of a terminal travel as Latin-1 text, so
nothing is lost. Screens travel as the rows that changed, each a short list of style runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Literal, TypedDict

from codepilot import frames
from codepilot.errors import TerminalError
from codepilot.messages import OnExit
from codepilot.terminal.protocol import Hand, OnLeave, Owner
from codepilot.terminal.screen import Colour, Cursor, CursorShape, Modes, Row, Run, ScreenUpdate

MAX_FRAME = 32 * 1024 * 1024
"""No honest frame is longer; a longer one ends the connection."""

PackedRow = list[Any]  # see `pack_row`


class Hello(TypedDict, total=False):
    """The first message of a client."""

    hello: int
    """The version of the protocol that it speaks."""
    keep: bool
    """The host is to stay at least as long as this client."""
    read_only: bool
    replaces: int
    """An earlier connection of the same client."""


class Welcome(TypedDict, total=False):
    """The host's answer to that."""

    hello: int
    client: int
    """The number of this connection."""
    pid: int
    socket: str
    error: str
    """It speaks another version."""


class Request(TypedDict, total=False):
    """What a client asks: `op`, and some of the others as its arguments (docs/multiplexer.md)."""

    id: int
    op: str
    name: str
    """Of the terminal."""
    cwd: str
    columns: int
    lines: int
    limit: int
    argv: list[str] | None
    shell: str | None
    command: str
    timeout: float
    wait_for: str
    wait_port: int
    data: str  # packed bytes
    keys: list[str]
    kind: Literal["key", "paste", "mouse", "focus"]
    arguments: list[Any]
    """As the engine's encoder of that kind takes them."""
    start: int
    count: int
    history: bool
    foreground: tuple[int, int, int]
    background: bool | tuple[int, int, int]
    """run: do not wait. colours: the colour."""
    owner: Owner
    by_typing: bool
    by: Hand | None
    identity: str
    """read, closed_by: of the terminal that is meant, open or closed; empty: the one that has the name."""
    what: Literal["due", "offered", "take"]
    call: str
    known: list[str]
    """The client's name for what it begins, by which `call` asks what came of it; those that need be kept no more."""
    request: int
    """abandon: the `id` of the request."""
    on_exit: OnExit
    idle: float
    agent: str
    session: str
    then: OnLeave


class Answer(TypedDict, total=False):
    """To one request: a `result` or an `error`."""

    id: int | None
    result: Any
    error: str
    hint: str


class PackedUpdate(TypedDict):
    """A `ScreenUpdate`."""

    size: tuple[int, int]
    rows: list[tuple[int, PackedRow]]
    cursor: tuple[int, int, bool, CursorShape]
    modes: tuple[bool, bool, bool, bool, Literal["off", "click", "drag", "motion"], bool]
    title: str
    directory: str
    history: int
    full: bool


class ScreenPush(TypedDict):
    """A watched screen has changed."""

    push: Literal["screen"]
    name: str
    update: PackedUpdate


class OutputPush(TypedDict):
    """A followed terminal has written something."""

    push: Literal["output"]
    name: str
    data: str
    """Packed bytes."""
    missed: int
    """Bytes before these that were left out."""


class EventPush(TypedDict):
    """Something happened: the fields of a `TerminalEvent`."""

    push: Literal["event"]
    event: dict[str, Any]


class ByePush(TypedDict):
    """The host ends."""

    push: Literal["bye"]
    why: str


Message = Hello | Welcome | Request | Answer | ScreenPush | OutputPush | EventPush | ByePush


def encode_frame(message: Message) -> bytes:
    """Length and JSON.

    Raises:
        TerminalError: it is too long for a frame.
    """
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    try:
        return frames.pack(body, MAX_FRAME)
    except frames.FrameError as error:
        raise TerminalError(f"Too much for one frame on the terminal socket: {error}.") from error


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
            raise TerminalError(f"{error} came over the terminal socket.") from error


def _decode(body: bytes) -> dict[str, Any]:
    try:
        message = json.loads(body.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise TerminalError(f"A frame on the terminal socket is not JSON: {error}.") from error
    if not isinstance(message, dict):
        raise TerminalError("A frame on the terminal socket is not an object.")
    return message


def pack_bytes(data: bytes) -> str:
    """Bytes as text of the same length."""
    return data.decode("latin-1")


def unpack_bytes(text: str) -> bytes:
    """The inverse of `pack_bytes`."""
    return text.encode("latin-1")


def _pack_colour(colour: int | tuple[int, int, int]) -> int:
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


def pack_row(row: Row) -> PackedRow:
    """A row as ``[wrapped, run …]``, a run as ``[text, width, foreground, background, attributes, link, underline]``.

    What is last and says nothing is left out: the colour of the underline, the link, the style.
    """
    packed: list[Any] = [int(row.wrapped)]
    for run in row.runs:
        fields: list[Any] = [run.text, run.width]
        foreground, background, underline = run.foreground, run.background, run.underline
        more = underline is not None or bool(run.link)
        if more or run.attributes or foreground is not None or background is not None:
            # Most have one colour: a call for each that is None is a third of the time.
            fields.append(-1 if foreground is None else _pack_colour(foreground))
            fields.append(-1 if background is None else _pack_colour(background))
            fields.append(run.attributes)
        if more:
            fields.append(run.link)
        if underline is not None:
            fields.append(_pack_colour(underline))
        packed.append(fields)
    return packed


def unpack_row(packed: PackedRow) -> Row:
    """The inverse of `pack_row`."""
    return Row(tuple([_unpack_run(*fields[:7]) for fields in packed[1:]]), bool(packed[0]))


@lru_cache(maxsize=2048)
def _unpack_run(
    text: str,
    width: int,
    front: int = -1,
    back: int = -1,
    attributes: int = 0,
    link: str = "",
    under: int = -1,
) -> Run:
    """One run of a row. Kept, since the rows of a screen that scrolls come again and again, and are compared then."""
    return Run(
        text, width, _unpack_colour(front), _unpack_colour(back), attributes, link, _unpack_colour(under)
    )


def pack_update(update: ScreenUpdate) -> PackedUpdate:
    """A screen update for a frame."""
    modes, cursor = update.modes, update.cursor
    return {
        "size": (update.columns, update.lines),
        "rows": [(number, pack_row(row)) for number, row in update.rows.items()],
        "cursor": (cursor.x, cursor.y, cursor.visible, cursor.shape),
        "modes": (
            modes.alternate,
            modes.application_cursor,
            modes.bracketed_paste,
            modes.focus_events,
            modes.mouse,
            modes.mouse_sgr,
        ),
        "title": update.title,
        "directory": update.directory,
        "history": update.history,
        "full": update.full,
    }


def unpack_update(packed: PackedUpdate) -> ScreenUpdate:
    """The inverse of `pack_update`. What a later release adds at the end of a list is left out."""
    columns, lines = packed["size"]
    return ScreenUpdate(
        columns=columns,
        lines=lines,
        rows={number: unpack_row(row) for number, row in packed["rows"]},
        cursor=Cursor(*packed["cursor"][:4]),
        modes=Modes(*packed["modes"][:6]),
        title=packed["title"],
        directory=packed.get("directory", ""),
        history=packed["history"],
        full=packed["full"],
    )
