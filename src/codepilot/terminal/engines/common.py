"""What both engines share: limits, pastes, output in pieces, cells joined to rows, and what programs ask for."""

from __future__ import annotations

import re
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Literal
from urllib.parse import unquote, urlsplit

from codepilot.terminal.screen import Colour, Effect, Row, Run

SCROLLBACK_BYTES = 10_000_000
REPLIES_MAX = 1 << 20
"""A program that asks without reading gets no more than this."""
HOLD_SECONDS = 1.0
"""How long synchronised output may keep the screen still."""
TITLE_MAX = 256
_IN_ORDER = (
    b"\x1b[?2026;9;1000;1002;1003;1004;1005;1006;1015;1016;2004;2031;2048;1;5;45;66;69l\x1b[?7;25h"
    b"\x1b[4;20l\x1b>\x1b[<99u\x1b[>4m\x1b[m\x1b(B\x1b)B\x0f\x1b[0 q\x1b]8;;\x1b\\"
    b"\x1b]104\x1b\\\x1b]110\x1b\\\x1b]111\x1b\\\x1b[?6l\x1b[r"
)
DEFAULT_FOREGROUND = (0xD5, 0xDB, 0xE3)
DEFAULT_BACKGROUND = (0x0C, 0x0F, 0x13)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_ERASE = re.compile(rb"\x1b\[(?=0?K)")
_CUT_ERASES = (b"\x1b", b"\x1b[", b"\x1b[0")
_LAST_OF_CUT = (b"\x1b", b"[", b"0")
_NOTHING = b"\x1b\\"
"""Ends a string, as any escape sequence does, and does nothing else."""

Look = tuple[Colour, Colour, int, Colour]
"""Foreground, background, attributes, and the colour of the underline."""
Part = tuple[str, int, Look, str]
"""Text, kind, look, link.

The kind says how many cells each character takes; where it is negative, the text is one cluster in so many cells.
"""

PLAIN: Look = (None, None, 0, None)
EMPTY = Row()


def feed_pieces(
    data: bytes,
    parse: Callable[[bytes], None],
    end_of_piece: Callable[[bytes, int], int],
    seconds: float | None,
) -> bytes:
    """Parse `data` until it or the time is used up; gives what is left. At least one piece is parsed.

    Args:
        data: the output.
        parse: takes a piece.
        end_of_piece: where the piece that begins at an index of `data` ends.
        seconds: the time; None for all that it takes.
    """
    end = None if seconds is None else time.perf_counter() + seconds
    start = 0
    while start < len(data):
        stop = end_of_piece(data, start)
        parse(data if start == 0 and stop == len(data) else data[start:stop])
        start = stop
        if end is not None and time.perf_counter() >= end:
            break
    return data[start:]


class EdgeGuard:
    """Has the character at the right edge survive an erase to the end of the line (EL) while the cursor waits to wrap.

    grep and gcc erase behind each coloured word, also where a word ends at the edge. The emulators take the cursor to
    stand on the last character then and erase it; a program means the place behind it, which is not there.

    Args:
        parse: feeds the emulator.
        waits: whether the cursor waits to wrap.
    """

    def __init__(self, parse: Callable[[bytes], None], waits: Callable[[], bool]) -> None:
        self._parse = parse
        self._waits = waits
        self._cut = b""
        """What may be the beginning of such an erase, until more comes."""

    def feed(self, data: bytes, columns: int) -> None:
        """Take output, cut anywhere; the screen is so wide."""
        if self._cut:
            data, self._cut = self._cut + data, b""
        if data[-1:] in _LAST_OF_CUT and data.endswith(_CUT_ERASES):
            start = data.rindex(b"\x1b")
            data, self._cut = data[:start], data[start:]
        begin = 0
        for erase in _far_erases(data, columns) if b"\x1b" in data else ():
            self._parse(data[begin:erase])
            begin = erase
            if self._waits():
                self._parse(_NOTHING)
                begin = data.index(b"K", erase) + 1
        self._parse(data[begin:] if begin else data)


def _far_erases(data: bytes, columns: int) -> Iterator[int]:
    """Where erases stand that may come at the edge: a line does not get there with fewer bytes than columns."""
    end = data.find(b"\n", 0, columns)
    end = columns if end < 0 else end
    for erase in _ERASE.finditer(data, 0, end + 4):
        if erase.start() < end:  # where its line began is not in the data
            yield erase.start()
    for erase in _far_erase(columns).finditer(data):
        yield erase.start()


@lru_cache(maxsize=16)
def _far_erase(columns: int) -> re.Pattern[bytes]:
    """An erase with that many bytes before it and no end of a line among them."""
    return re.compile(rb"\x1b\[(?=0?K)(?<=[^\n]{%d}\x1b\[)" % columns)


def reset_sequence(x: int, y: int) -> bytes:
    """What puts all modes in order and leaves the text, and the cursor at a cell counted from 0."""
    return _IN_ORDER + b"\x1b[%d;%dH" % (y + 1, x + 1)


def without_delete(data: bytes) -> bytes:
    """Output without DEL, which is passed over wherever it stands; no character of UTF-8 holds that byte."""
    return data.replace(b"\x7f", b"") if b"\x7f" in data else data


def is_dark(colour: tuple[int, int, int]) -> bool:
    """Whether light text belongs on this background."""
    red, green, blue = colour
    return 299 * red + 587 * green + 114 * blue < 128_000


def lines_of(rows: Iterable[Row]) -> str:
    """Rows as they stand, blank ends and blank last lines cut."""
    return "\n".join(row.text.rstrip() for row in rows).rstrip("\n")


def logical_lines(rows: Sequence[Row], columns: int) -> str:
    """Rows joined where a line was only wrapped, blank ends and blank last lines cut."""
    lines: list[str] = []
    parts: list[str] = []
    for row in rows:
        parts.append(row.text)
        if not row.wrapped:
            lines.append("".join(parts).rstrip())
            parts.clear()
    if parts:
        lines.append("".join(parts).rstrip())
    return "\n".join(lines).rstrip("\n")


def encode_paste(text: str, *, bracketed: bool) -> bytes:
    """The bytes of a paste: control characters taken out, line ends as Enter would send them."""
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if not text:
        return b""
    if bracketed:
        return b"\x1b[200~" + text.encode() + b"\x1b[201~"
    return text.replace("\n", "\r").encode()


def join_parts(parts: Iterable[Part], wrapped: bool) -> Row:
    """Join neighbours that look alike, and cut the blank end unless the line goes on.

    A run holds characters of one look and one kind: narrow ones, wide ones, or a single cluster of several code
    points. So a viewer knows the cell of every character without measuring it again.
    """
    runs: list[Run] = []
    texts: list[str] = []
    width, kind, look, link = 0, 0, PLAIN, ""
    for text, new_kind, new_look, new_link in parts:
        taken = len(text) * new_kind if new_kind > 0 else -new_kind
        if texts and new_kind == kind > 0 and new_look == look and new_link == link:
            texts.append(text)
            width += taken
            continue
        if texts:
            runs.append(Run("".join(texts), width, *look[:3], link, look[3]))
        texts, width, kind, look, link = [text], taken, new_kind, new_look, new_link
    if texts:
        runs.append(Run("".join(texts), width, *look[:3], link, look[3]))
    while runs and not wrapped:
        last = runs[-1]
        if last.foreground is not None or last.background is not None or last.attributes or last.link:
            break
        kept = last.text.rstrip(" ")
        if kept:
            runs[-1] = Run(kept, last.width - (len(last.text) - len(kept)))
            break
        runs.pop()
    return Row(tuple(runs), wrapped) if runs or wrapped else EMPTY


CLIPBOARD_MAX = 1 << 20
"""A longer text for the clipboard is not taken: half of it would be worse than nothing."""
_NOTICES = 8
_NOTICE_MAX = 1000
_DIRECTORY_MAX = 4096
_NOT_A_NOTICE = re.compile(r"\d{1,2}(?:;|\Z)")
"""OSC 9 with a number is ConEmu's: progress, sleep, a tab's title."""


class Effects:
    """Collects until `take`: one bell, the last text for each clipboard, the last few notices."""

    def __init__(self) -> None:
        self._bell = False
        self._clipboards: dict[Literal["clipboard", "primary"], str] = {}
        self._notices: deque[str] = deque(maxlen=_NOTICES)

    def bell(self) -> None:
        """The bell rang."""
        self._bell = True

    def clipboard(self, target: Literal["clipboard", "primary"], text: str) -> None:
        """A program wants to write to the clipboard. A request to empty it is ignored."""
        if 0 < len(text) <= CLIPBOARD_MAX:
            self._clipboards[target] = text

    def notice(self, text: str) -> None:
        """A program wants to tell something."""
        if text and not _NOT_A_NOTICE.match(text):
            self._notices.append(text[:_NOTICE_MAX])

    def take(self) -> tuple[Effect, ...]:
        """What came since the last call."""
        taken = (
            *((Effect("bell"),) if self._bell else ()),
            *(Effect("clipboard", text, target) for target, text in self._clipboards.items()),
            *(Effect("notice", text) for text in self._notices),
        )
        self._bell = False
        self._clipboards.clear()
        self._notices.clear()
        return taken


def directory_of(address: str) -> str:
    """The folder that an OSC 7 names: a path, `host:path` if of another machine, empty if it names none."""
    if len(address) > _DIRECTORY_MAX:
        return ""
    if address.startswith("/"):
        return address
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return ""
    path = unquote(parts.path)
    if parts.scheme not in ("file", "kitty-shell-cwd") or not path.startswith("/"):
        return ""
    return path if host in ("", "localhost") or _is_here(host) else f"{host}:{path}"


def _is_here(host: str) -> bool:
    return host.partition(".")[0] == socket.gethostname().lower().partition(".")[0]
