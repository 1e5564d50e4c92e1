"""The fallback engine where no wheel of libghostty-vt exists: bittty, in pure Python."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from bittty import BITTTY, Board, KeyEvent, KeyModifiers, TerminalCaps
from bittty.devices.modes import MouseEncoding, MouseProtocol
from bittty.terminals import Terminal
from bittty.terminals.scrollback import MemoryScrollback

from codepilot.terminal import screen
from codepilot.terminal.engines.paste import encode_paste
from codepilot.terminal.engines.plain import (
    DEFAULT_BACKGROUND,
    DEFAULT_FOREGROUND,
    HOLD_SECONDS,
    REPLIES_MAX,
    SCROLLBACK_BYTES,
    TITLE_MAX,
    lines_of,
    logical_lines,
)
from codepilot.terminal.engines.runs import PLAIN, Look, Part, join_parts
from codepilot.terminal.keys import ALT, CTRL, SHIFT, SUPER, key_bytes, parse_key
from codepilot.terminal.screen import Colour, Cursor, CursorShape, Modes, Row, ScreenUpdate

_log = logging.getLogger(__name__)
_CHUNK = 65_536
_STRING_MAX = 1 << 18
_CELL_PIXELS = (8, 16)
_CELL_BYTES = 9
"""About what a cell of the history takes: its character and a pointer to its style."""
_SHAPES: dict[str, CursorShape] = {"bar": "bar", "underline": "underline"}
_BUTTONS = {1: 0, 2: 1, 3: 2, 4: 64, 5: 65, 6: 66, 7: 67}
_MODIFIER_WORDS = {"shift": "shift", "ctrl": "ctrl", "alt": "meta", "meta": "meta"}
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
_KEY_MODIFIERS = (
    (SHIFT, KeyModifiers.SHIFT),
    (ALT, KeyModifiers.ALT),
    (CTRL, KeyModifiers.CTRL),
    (SUPER, KeyModifiers.SUPER),
)
# A program could set the title and have it typed back into the shell.
_TITLE_REPORTS = ("\x1b]l", "\x1b]L", "\x9dl", "\x9dL")


class _Line:
    """The far end of the board's cable: keeps what the board sends."""

    closed = False

    def __init__(self) -> None:
        self.sent = bytearray()

    def write(self, data: str) -> int:
        if not data.startswith(_TITLE_REPORTS):
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


class BitttyEngine:
    """`Engine` over bittty's own model, the one with reflow, 2026, 2027 and kitty's keyboard.

    Args:
        columns: width in cells.
        lines: height in cells.
        now: a monotonic clock; tells how long a program has held its output back.
    """

    name = "bittty"

    def __init__(self, columns: int, lines: int, *, now: Callable[[], float] = time.monotonic) -> None:
        self._size = (columns, lines)
        self._now = now
        self._held_since: float | None = None
        self._board = board = Board(width=columns, height=lines, model=BITTTY)
        self._scrollback = MemoryScrollback(SCROLLBACK_BYTES // _CELL_BYTES)
        self._display = Terminal(board, self._scrollback)
        self._display.attach()
        self._line = _Line()
        board.host.attach(self._line)
        self._tell_pixels()
        self._title_at_start = board.title.title
        self.set_default_colours(DEFAULT_FOREGROUND, DEFAULT_BACKGROUND)
        self._looks: dict[Any, Look] = {}
        self._rows: list[Row] = []
        self._last: tuple[Any, ...] = ()

    def feed(self, data: bytes) -> None:
        """Take the program's output, cut anywhere."""
        parser = self._board.parser
        for start in range(0, len(data), _CHUNK):
            try:
                self._board.feed_host_data(data[start : start + _CHUNK])
            except Exception:  # noqa: BLE001 - foreign parser; no output of a program may end the host
                _log.warning("bittty could not take a part of the output", exc_info=True)
                parser.reset()
            if parser.mode is not None and len(parser.buffer) > _STRING_MAX:
                # A string without an end: bittty would keep all of it. Its head is enough.
                parser.buffer = parser.buffer[: _STRING_MAX // 2]
        if (self._board.width, self._board.height) != self._size:
            self._board.resize(*self._size)

    def take_update(self, *, full: bool = False) -> ScreenUpdate | None:
        """The rows changed since the last call."""
        if self._holding():
            return self._as_update(dict(enumerate(self._rows)), full=True) if full and self._rows else None
        changed = self._read_rows()
        board = self._board
        columns, lines = self._size
        x, y = board.cursor.display_x, board.cursor.y
        cursor = Cursor(
            min(x, columns - 1),
            min(y, lines - 1),
            board.display.cursor is not None,
            _SHAPES.get(board.cursor.shape, "block"),
        )
        title = "" if board.title.title == self._title_at_start else board.title.title[:TITLE_MAX]
        now = (columns, lines, cursor, self._modes(), title, self._history_rows())
        if not changed and now == self._last and not full:
            return None
        full = full or now[:2] != self._last[:2]
        self._last = now
        return self._as_update(dict(enumerate(self._rows)) if full else changed, full=full)

    def _holding(self) -> bool:
        if not self._board.modes.synchronized_output:
            self._held_since = None
            return False
        if self._held_since is None:
            self._held_since = self._now()
        return self._now() - self._held_since < HOLD_SECONDS

    def _read_rows(self) -> dict[int, Row]:
        page = self._board.display.page
        changed: dict[int, Row] = {}
        damaged = self._display.damaged_rows() if self._rows else range(page.height)
        for y in damaged:
            row = self._row(page.grid[y], page.is_line_wrapped(y))
            if y >= len(self._rows):
                self._rows.append(row)
            elif self._rows[y] == row:
                continue
            else:
                self._rows[y] = row
            changed[y] = row
        return changed

    def _row(self, cells: Sequence[Any], wrapped: bool) -> Row:
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
            if len(self._looks) > 4096:
                self._looks.clear()
            look = self._looks[style] = (_colour(style.fg), _colour(style.bg), attributes)
        return look

    def _as_update(self, rows: dict[int, Row], *, full: bool) -> ScreenUpdate:
        columns, lines, cursor, modes, title, history = self._last
        return ScreenUpdate(
            columns=columns,
            lines=lines,
            rows=rows,
            cursor=cursor,
            modes=modes,
            title=title,
            history=history,
            full=full,
        )

    def _history_rows(self) -> int:
        return 0 if self._board.blitter.in_alt_screen else len(self._scrollback.width(self._size[0]))

    def _modes(self) -> Modes:
        modes, mouse = self._board.modes, self._board.mouse
        tracked = {
            MouseProtocol.X10: "click",
            MouseProtocol.NORMAL: "click",
            MouseProtocol.BUTTON: "drag",
            MouseProtocol.ANY: "motion",
        }
        return Modes(
            alternate=self._board.blitter.in_alt_screen,
            application_cursor=bool(modes.cursor_application_mode),
            bracketed_paste=bool(modes.bracketed_paste),
            focus_events=bool(modes.focus_reporting),
            mouse=tracked.get(mouse.protocol, "off"),  # type: ignore[arg-type]
            mouse_sgr=mouse.encoding in (MouseEncoding.SGR, MouseEncoding.SGR_PIXELS),
        )

    def take_replies(self) -> bytes:
        """Answers to the program's queries."""
        return self._line.take()

    def resize(self, columns: int, lines: int) -> None:
        """Change the grid; long lines are wrapped anew, those of the history too."""
        board = self._board
        if lines <= board.cursor.y and not board.blitter.in_alt_screen:
            # bittty cuts the bottom off unless it wraps anew; so make it wrap, that the top goes into history.
            board.resize(columns + 1, lines)
        self._size = (columns, lines)
        board.resize_from_frontend(columns, lines)
        self._board.modes.synchronized_output = False
        self._tell_pixels()
        self._rows.clear()

    def _tell_pixels(self) -> None:
        (columns, lines), (width, height) = self._size, _CELL_PIXELS
        self._board.set_caps(
            TerminalCaps(
                cell_px=_CELL_PIXELS,
                window_px=(columns * width, lines * height),
                grapheme_mode="permanently-set",  # clusters whole, as the primary engine does
            )
        )

    def history(self, start: int, count: int) -> Sequence[Row]:
        """Rows of the scrollback; 0 is the oldest."""
        view = self._scrollback.width(self._size[0])
        total = self._history_rows()
        rows = []
        for at in range(max(start, 0), min(max(start, 0) + count, total)):
            wrapped = (
                view.line_at(at)[0] == view.line_at(at + 1)[0] if at + 1 < total else self._last_goes_on()
            )
            rows.append(self._row(view[at], wrapped))
        return rows

    def _last_goes_on(self) -> bool:
        return bool(self._scrollback._open)  # no public word for "the line is still arriving"

    def text(self, *, history: bool = False) -> str:
        """The screen as shown; with `history` everything kept, as logical lines."""
        page = self._board.display.page
        rows = [self._row(page.grid[y], page.is_line_wrapped(y)) for y in range(page.height)]
        if not history:
            return lines_of(rows)
        return logical_lines([*self.history(0, self._history_rows()), *rows], self._size[0])

    def encode_key(self, key: str, *, text: str = "") -> bytes:
        """Bytes for a key in the modes now in force."""
        if key == "text":
            return text.encode()
        parsed = parse_key(key)
        if parsed is None:
            return text.encode() if text.isprintable() else b""
        commanded = parsed.modifiers & (CTRL | ALT | SUPER)
        if self._board.display.kitty_flags:
            modifiers = KeyModifiers.NONE
            for ours, theirs in _KEY_MODIFIERS:
                if parsed.modifiers & ours:
                    modifiers |= theirs
            base = " " if parsed.base == "space" else parsed.base
            typed = (text or base) if len(base) == 1 and not commanded else None
            event = KeyEvent(base.lower() if len(base) == 1 else base, modifiers, text=typed)
            return self._encoded(lambda: self._board.input_key_event(event))
        if text and text.isprintable() and not commanded:
            return text.encode()
        return key_bytes(key, application_cursor=bool(self._board.modes.cursor_application_mode)) or b""

    def _encoded(self, send: Callable[[], None]) -> bytes:
        """What the board sends for an input event; the replies that wait stay."""
        waiting = self._line.take()
        send()
        encoded = self._line.take()
        self._line.sent += waiting
        return encoded

    def encode_paste(self, text: str) -> bytes:
        """Bytes for pasted text."""
        return encode_paste(text, bracketed=bool(self._board.modes.bracketed_paste))

    def encode_mouse(self, action: str, button: int, x: int, y: int, modifiers: Sequence[str] = ()) -> bytes:
        """Bytes for a mouse event at a cell counted from 0; empty if not asked for."""
        if action not in ("press", "release", "move") or x < 0 or y < 0:
            return b""
        if self._board.mouse.protocol is MouseProtocol.OFF:
            return b""
        if action == "release" and button in (4, 5):
            return b""
        held = {_MODIFIER_WORDS[word] for word in modifiers if word in _MODIFIER_WORDS}
        code = _BUTTONS.get(button, 0)
        return self._encoded(lambda: self._board.input_mouse(x + 1, y + 1, code, action, held))

    def encode_focus(self, focused: bool) -> bytes:
        """Bytes for the focus coming or going; empty if not asked for."""
        return (b"\x1b[I" if focused else b"\x1b[O") if self._modes().focus_events else b""

    def set_default_colours(self, foreground: tuple[int, int, int], background: tuple[int, int, int]) -> None:
        """What OSC 10/11 queries are answered with."""
        palette = self._board.palette
        self._board.palette_overrides |= {"foreground": foreground, "background": background}
        palette.foreground, palette.background = foreground, background

    def close(self) -> None:
        """Nothing native is held; let the history go."""
        self._display.detach()
        self._scrollback.clear()


def _colour(colour: Any) -> Colour:
    if colour is None or colour.mode == "default":
        return None
    return colour.value  # type: ignore[no-any-return]
