"""bittty as the engine needs it: without peripherals, bounded in memory and in work; and its cells as rows.

bittty is a faithful museum of terminals: it has printers, user-defined keys and macros that may call one another. What
runs today uses none of that, and a hostile program could type with it, or keep the host busy for ever. So the model is
cut down; long strings and sequences are bounded before they reach the parser; answers are let through by their form.
"""

from __future__ import annotations

import dataclasses
import logging
import re
import time
from collections.abc import Callable, Sequence
from typing import Any

from bittty import BITTTY, Board
from bittty import style as bittty_style
from bittty.options import DEC_EXTENDED_CPR, EDITING, KITTY_KEYBOARD, XTERM_MODIFY_KEYS
from bittty.parser import core as bittty_parser
from bittty.parser import csi as bittty_csi
from bittty.terminals import Terminal
from bittty.terminals.scrollback import MemoryScrollback

from codepilot.terminal import screen
from codepilot.terminal.engines.common import (
    CLIPBOARD_MAX,
    PLAIN,
    REPLIES_MAX,
    Effects,
    Look,
    Part,
    join_parts,
)
from codepilot.terminal.screen import Colour, Row

_log = logging.getLogger(__name__)
_VT52 = (True, 2)
_KEYBOARD_LOCK = (False, 2)
MODEL = dataclasses.replace(
    BITTTY,
    da1_response="\x1b[?62;22c",
    options=frozenset(),
    control_capabilities=EDITING | {KITTY_KEYBOARD, XTERM_MODIFY_KEYS, DEC_EXTENDED_CPR},
    unsupported_modes=frozenset({_VT52, _KEYBOARD_LOCK}),
    macro_space=None,
    upss=None,
    keyboard_types=None,
)

_PIECE = 4096
_LEAST_PIECE = 32
_ESCAPES, _SLOW_ESCAPES = 16, 2
"""Sequences in a piece; fewer after a piece that took long. Each may rewrite the screen: 25 ms."""
_LONG = 0.02
_STRING_MAX = CLIPBOARD_MAX // 3 * 4 + 64
"""Of a string, so much is kept: a clipboard in base64. bittty itself would keep all of it, and search it each time."""
_SEQUENCE_MAX = 1024
_LINES_MAX = 30_000
_STRING_END = re.compile(rb"[\x07\x18\x1a\x1b]|\xc2\x9c|\xc2\Z")
_LONG_SEQUENCE = re.compile(rb"\x1b\[[0-?]{200}|\x1b[\]P][^\x07\x1b]{1000}")
_CACHES = (
    bittty_parser.parse_string_sequence,
    bittty_csi.parse_csi_params,
    bittty_csi.parse_csi_operation,
    bittty_style.parse_sgr_sequence,
    bittty_style.parse_sgr_with_reset,
    bittty_style.interpret,
)
_REPLY = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # reports of position, state, size, modes
    r"|\x1b\](?:4;\d+|1\d);rgb:[0-9a-f/]+(?:\x07|\x1b\\)"  # colours
    r"|\x1bP[01][+$]r[^\x00-\x1f]*\x1b\\|\x1bP>\|[^\x00-\x1f]*\x1b\\|\x1bP!\|[0-9A-F]*\x1b\\"
)
"""Answers whose content the program cannot choose: a title or a font could be typed into the shell with the others."""


class _Line:
    """The far end of the board's cable: keeps what the board sends."""

    closed = False

    def __init__(self) -> None:
        self.sent = bytearray()
        self.replying = True
        """What is written now answers the program, and is not input of a person."""

    def write(self, data: str) -> int:
        if not self.replying or _REPLY.fullmatch(data):
            self.write_bytes(data.encode("utf-8", "replace"))
        return len(data)

    def write_bytes(self, data: bytes) -> int:
        if len(self.sent) + len(data) <= REPLIES_MAX:
            self.sent += data
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def resize(self, rows: int, cols: int) -> None:
        """The host owns the size of the PTY."""

    def configure_line(self, line: object) -> None:
        """A PTY has no line speed."""

    def take(self) -> bytes:
        data = bytes(self.sent)
        self.sent.clear()
        return data


class _History(MemoryScrollback):  # type: ignore[misc]  # bittty has no types
    """bittty counts cells; but a million empty lines would take 250 MB."""

    def _evict(self) -> None:
        while len(self._lines) > _LINES_MAX:
            self.cells -= len(self._lines.popleft()) + 1
            self.first += 1
        while len(self._open) > _LINES_MAX:
            row = self._open.popleft()
            self.cells -= len(row)
            self._open_width -= row.width
            self._joined = None
        super()._evict()


class _Display(Terminal):  # type: ignore[misc]  # bittty has no types
    """What the board tells its screen."""

    def __init__(self, board: Any, scrollback: Any, effects: Effects) -> None:
        super().__init__(board, scrollback)
        self._effects = effects
        self.address = ""
        """The last OSC 7."""

    def on_bell(self) -> None:
        self._effects.bell()

    def on_notify(self, text: str) -> None:
        self._effects.notice(text)

    def on_cwd(self, cwd: str) -> None:
        self.address = cwd

    def on_clipboard(self, selection: str, text: str) -> None:
        # The board would keep a text for each name that a program makes up.
        self.board.console.clipboard.clear()
        if not set(selection) <= set("cpsq01234567"):
            return
        self._effects.clipboard("clipboard" if "c" in selection or not selection else "primary", text)


class BoundedBoard:
    """A board, its line, and its screen; `parse` takes output in pieces that `end_of_piece` cuts."""

    def __init__(self, columns: int, lines: int, scrollback_cells: int, effects: Effects) -> None:
        self.board: Any = Board(width=columns, height=lines, model=MODEL)
        self.scrollback: Any = _History(scrollback_cells)
        self.display = _Display(self.board, self.scrollback, effects)
        self.display.attach()
        self._line = _Line()
        self.board.host.attach(self._line)
        self._string = bytearray()
        self._in_string = self._escaped = False
        self._slow = False

    def end_of_piece(self, data: bytes, start: int) -> int:
        """Where a piece ends that cannot take very long."""
        stop = min(start + _PIECE, len(data))
        allowed = _SLOW_ESCAPES if self._slow else _ESCAPES
        # C2 begins the two bytes of an eight-bit control.
        while stop - start > _LEAST_PIECE and (
            data.count(b"\x1b", start, stop) + data.count(b"\xc2", start, stop) > allowed
        ):
            stop = start + (stop - start) // 2
        return stop

    def parse(self, data: bytes) -> None:
        """Take a piece of the program's output."""
        if self._in_string:
            if not self._escaped and _STRING_END.search(data) is None:
                self._string += data[: _STRING_MAX - len(self._string)]
                return
            data = bytes(self._string) + data
            self._string.clear()
        parser = self.board.parser
        began = time.perf_counter()
        try:
            self.board.feed_host_data(data)
        except Exception:  # noqa: BLE001 - foreign parser; no output of a program may end the host
            _log.warning("bittty could not take a part of the output", exc_info=True)
            parser.reset()
        self._slow = time.perf_counter() - began > _LONG
        self._escaped = data.endswith((b"\x1b", b"\xc2"))
        if parser.mode == "csi" and len(parser.buffer) > _SEQUENCE_MAX:
            parser.buffer = parser.buffer[: _SEQUENCE_MAX // 2]
        self._in_string = parser.mode not in (None, "csi")
        if len(data) > _PIECE or _LONG_SEQUENCE.search(data):
            # They would be kept as keys, ten thousand of them.
            for cached in _CACHES:
                cached.cache_clear()
            parser._csi_memo.clear()

    def take_replies(self) -> bytes:
        """Answers to the program's queries."""
        return self._line.take()

    def typed(self, send: Callable[[], None]) -> bytes:
        """What the board sends for an input event; the replies that wait stay."""
        waiting = self._line.take()
        self._line.replying = False
        try:
            send()
        finally:
            self._line.replying = True
        encoded = self._line.take()
        self._line.sent += waiting
        return encoded

    def close(self) -> None:
        """Nothing native is held; let the history go."""
        self.display.detach()
        self.scrollback.clear()


_LOOKS_KEPT = 4096
_ATTRIBUTES = (
    ("bold", screen.BOLD),
    ("dim", screen.FAINT),
    ("italic", screen.ITALIC),
    ("underline", screen.UNDERLINE),
    ("blink", screen.BLINK),
    ("reverse", screen.INVERSE),
    ("conceal", screen.INVISIBLE),
    ("strike", screen.STRIKE),
    ("overline", screen.OVERLINE),
)
_UNDERLINES = {
    "double": screen.DOUBLE, "curly": screen.CURLY, "dotted": screen.DOTTED, "dashed": screen.DASHED,
}  # fmt: skip


class RowReader:
    """Reads rows; equal styles are looked up once."""

    def __init__(self) -> None:
        self._looks: dict[Any, Look] = {}

    def row(self, cells: Sequence[Any], wrapped: bool) -> Row:
        """The cells as a row, which goes on in the next one if it is wrapped."""
        parts: list[Part] = []
        last: Any = None
        look: Look = PLAIN
        link = plain = ""
        for at, (style, text) in enumerate(cells):
            if not text:  # the second cell of a wide character
                continue
            if style is not last:
                if plain:
                    parts.append((plain, 1, look, link))
                    plain = ""
                last = style
                look, link = self._look(style), style.hyperlink or ""
            wide = at + 1 < len(cells) and not cells[at + 1][1]
            if len(text) == 1 and not wide:
                plain += text
                continue
            if plain:
                parts.append((plain, 1, look, link))
                plain = ""
            kind = 2 if wide else 1
            parts.append((str(text), kind if len(text) == 1 else -kind, look, link))
        if plain:
            parts.append((plain, 1, look, link))
        return join_parts(parts, wrapped)

    def _look(self, style: Any) -> Look:
        look = self._looks.get(style)
        if look is None:
            attributes = 0
            for name, bit in _ATTRIBUTES:
                if getattr(style, name):
                    attributes |= bit
            colour = None
            if style.underline:
                attributes |= _UNDERLINES.get(style.underline_style, 0)
                colour = _colour(style.underline_color)
            if len(self._looks) > _LOOKS_KEPT:
                self._looks.clear()
            look = self._looks[style] = (_colour(style.fg), _colour(style.bg), attributes, colour)
        return look


def _colour(colour: Any) -> Colour:
    if colour is None or colour.mode == "default":
        return None
    return colour.value  # type: ignore[no-any-return]
