"""The primary engine: libghostty-vt, as fast as a PTY can write and bounded under attack."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from codepilot.terminal.engines import Feature, KeyAction
from codepilot.terminal.engines.common import (
    CLIPBOARD_MAX,
    DEFAULT_BACKGROUND,
    DEFAULT_FOREGROUND,
    HOLD_SECONDS,
    REPLIES_MAX,
    SCROLLBACK_BYTES,
    TITLE_MAX,
    EdgeGuard,
    Effects,
    directory_of,
    encode_paste,
    feed_pieces,
    is_dark,
    lines_of,
    logical_lines,
    reset_sequence,
    without_delete,
)
from codepilot.terminal.engines.ghostty_input import InputEncoder
from codepilot.terminal.engines.ghostty_raw import NativeTerminal
from codepilot.terminal.engines.ghostty_screen import NativeScreen, RowDecoder
from codepilot.terminal.screen import Cursor, CursorShape, Effect, Modes, Row, ScreenUpdate

_SHAPES: dict[str, CursorShape] = {"bar": "bar", "underline": "underline"}
_SYNCHRONISED = 2026
_GRAPHEMES = 2027
_STRING_BYTES = 1 << 20
"""How much of an APC string is kept while it comes in."""
_PIECE = 8192
"""Few sequences take the library longer than a microsecond, but 64 KB of the worst take 0.7 s."""


class GhosttyEngine:
    """`Engine` over libghostty-vt.

    Args:
        columns: width in cells.
        lines: height in cells.
        now: a monotonic clock; tells how long a program has held its output back.
    """

    name = "ghostty"
    features: frozenset[Feature] = frozenset({"colour-scheme", "colour-lists"})

    def __init__(self, columns: int, lines: int, *, now: Callable[[], float] = time.monotonic) -> None:
        self._size = (columns, lines)
        self._now = now
        self._held_since: float | None = None
        self._replies = bytearray()
        self._background = DEFAULT_BACKGROUND
        self._terminal = terminal = NativeTerminal(columns, lines)
        terminal.resize(columns, lines)  # tells it the pixels of a cell too
        terminal.set("SCROLLBACK_MAX_BYTES", SCROLLBACK_BYTES)
        terminal.set("APC_MAX_BYTES", _STRING_BYTES)
        terminal.set("CLIPBOARD_WRITE_MAX_BYTES", CLIPBOARD_MAX)
        terminal.set("KITTY_IMAGE_STORAGE_LIMIT", 0)
        terminal.set("MODE_DEFAULT", {"mode": _GRAPHEMES, "value": True})
        self.set_default_colours(DEFAULT_FOREGROUND, DEFAULT_BACKGROUND)
        replies = self._replies

        def reply(data: bytes) -> None:
            if len(replies) + len(data) <= REPLIES_MAX:
                replies.extend(data)

        terminal.on_reply(reply)
        terminal.answer_size()
        terminal.answer_colour_scheme(lambda: is_dark(self._background))
        self._effects = effects = Effects()
        terminal.on_bell(effects.bell)
        terminal.on_clipboard(
            lambda primary, text: effects.clipboard("primary" if primary else "clipboard", text)
        )
        terminal.on_notice(lambda title, text: effects.notice(f"{title}; {text}" if title else text))
        self._edge = EdgeGuard(terminal.feed, lambda: bool(terminal.get("CURSOR_PENDING_WRAP")))
        self._screen = NativeScreen()
        self._decoder = RowDecoder(terminal, self._screen)
        self._input = InputEncoder(terminal)
        self._rows: list[Row] = []
        self._decode_all = True
        self._last: tuple[object, ...] = ()
        self._address = self._folder = ""
        """The last OSC 7, and the folder that it names."""

    def feed(self, data: bytes, *, seconds: float | None = None) -> bytes:
        """Take the program's output, cut anywhere; gives back what the time was too short for."""
        if seconds is None:
            self._parse(data)
            return b""
        return feed_pieces(data, self._parse, lambda _, start: start + _PIECE, seconds)

    def _parse(self, data: bytes) -> None:
        self._edge.feed(without_delete(data), self._size[0])
        if self._terminal.get("COLS") != self._size[0]:
            # DECCOLM narrowed the grid; the viewer's size rules.
            self._terminal.resize(*self._size)

    def take_update(self, *, full: bool = False) -> ScreenUpdate | None:
        """The rows changed since the last call."""
        if self.holding:
            return self._whole() if full and self._rows else None
        dirty = self._screen.update(self._terminal)
        whole = self._decode_all or dirty == 2
        changed = self._read_rows(whole) if whole or dirty else {}
        self._screen.clean()
        self._decode_all = False
        x, y, visible, shape = self._screen.cursor()
        cursor = Cursor(x, y, visible, _SHAPES.get(shape, "block"))
        columns, lines = self._size
        now = (
            columns,
            lines,
            cursor,
            self._modes(),
            self._terminal.text("TITLE")[:TITLE_MAX],
            self._directory(),
            self._history_rows(),
        )
        if not changed and now == self._last and not full:
            return None
        resized = now[:2] != self._last[:2]
        self._last = now
        return self._whole() if full or resized else self._as_update(changed, full=False)

    @property
    def holding(self) -> bool:
        """Whether the program is between the marks of mode 2026; a forgotten end is not waited for."""
        if not self._terminal.mode(_SYNCHRONISED):
            self._held_since = None
            return False
        if self._held_since is None:
            self._held_since = self._now()
        return self._now() - self._held_since < HOLD_SECONDS

    def _read_rows(self, whole: bool) -> dict[int, Row]:
        lines = self._size[1]
        del self._rows[lines:]
        decoder, rows = self._decoder, self._rows
        changed: dict[int, Row] = {}
        decoder.begin(keep=not whole)
        for y in self._screen.rows(dirty_only=not whole):
            row = decoder.decode(y)
            if y >= len(rows):
                rows.append(row)
            elif rows[y] is row or rows[y] == row:
                continue
            else:
                rows[y] = row
            changed[y] = row
        decoder.end()
        return changed

    def _whole(self) -> ScreenUpdate:
        return self._as_update(dict(enumerate(self._rows)), full=True)

    def _as_update(self, rows: dict[int, Row], *, full: bool) -> ScreenUpdate:
        columns, lines, cursor, modes, title, directory, history = self._last
        return ScreenUpdate(
            columns=columns,  # type: ignore[arg-type]
            lines=lines,  # type: ignore[arg-type]
            rows=rows,
            cursor=cursor,  # type: ignore[arg-type]
            modes=modes,  # type: ignore[arg-type]
            title=title,  # type: ignore[arg-type]
            directory=directory,  # type: ignore[arg-type]
            history=history,  # type: ignore[arg-type]
            full=full,
        )

    def _directory(self) -> str:
        address = self._terminal.text("PWD")
        if address != self._address:
            self._address = address
            self._folder = directory_of(address)
        return self._folder

    def _history_rows(self) -> int:
        return int(self._terminal.get("SCROLLBACK_ROWS"))

    def _modes(self) -> Modes:
        mode = self._terminal.mode
        return Modes(
            alternate=bool(self._terminal.get("ACTIVE_SCREEN")),
            application_cursor=mode(1),
            bracketed_paste=mode(2004),
            focus_events=mode(1004),
            mouse="motion"
            if mode(1003)
            else "drag"
            if mode(1002)
            else "click"
            if mode(1000) or mode(9)
            else "off",
            mouse_sgr=mode(1006) or mode(1016),
        )

    def take_replies(self) -> bytes:
        """Answers to the program's queries."""
        replies = bytes(self._replies)
        self._replies.clear()
        return replies

    def take_effects(self) -> Sequence[Effect]:
        """What the program asked for beyond its screen."""
        return self._effects.take()

    def resize(self, columns: int, lines: int) -> None:
        """Change the grid; long lines are wrapped anew, those of the history too."""
        self._size = (columns, lines)
        self._terminal.resize(columns, lines)
        self._rows.clear()
        self._decode_all = True

    def reset_modes(self) -> None:
        """Put in order what a killed program left behind; the text stays."""
        self.feed(b"\x1b[?1047l")
        self.feed(reset_sequence(self._terminal.get("CURSOR_X"), self._terminal.get("CURSOR_Y")))

    def history(self, start: int, count: int) -> Sequence[Row]:
        """Rows of the scrollback; 0 is the oldest."""
        end = min(max(start, 0) + count, self._history_rows())
        at = max(start, 0)
        rows: list[Row] = []
        if at >= end:
            return rows
        try:
            while at < end:
                self._terminal.scroll_to(at)
                self._screen.update(self._terminal)
                seen = 0
                self._decoder.begin(keep=True)
                for y in self._screen.rows(dirty_only=False):
                    if at + y >= end:
                        break
                    rows.append(self._decoder.decode(y))
                    seen += 1
                self._decoder.end()
                at += seen
        finally:
            self._terminal.scroll_to(None)
            # The look back has used up the marks of what is dirty on the screen.
            self._decode_all = True
        return rows

    def text(self, *, history: bool = False) -> str:
        """The screen as shown; with `history` everything kept, as logical lines."""
        self._screen.update(self._terminal)
        self._decoder.begin(keep=True)
        rows = [self._decoder.decode(y) for y in self._screen.rows(dirty_only=False)]
        self._decoder.end()
        self._decode_all = True
        if not history:
            return lines_of(rows)
        return logical_lines([*self.history(0, self._history_rows()), *rows], self._size[0])

    def encode_key(self, key: str, *, text: str = "", action: KeyAction = "press") -> bytes:
        """Bytes for a key in the modes now in force."""
        return self._input.key(key, text, action)

    def encode_paste(self, text: str) -> bytes:
        """Bytes for pasted text."""
        return encode_paste(text, bracketed=self._terminal.mode(2004))

    def encode_mouse(self, action: str, button: int, x: int, y: int, modifiers: Sequence[str] = ()) -> bytes:
        """Bytes for a mouse event at a cell counted from 0; empty if not asked for."""
        return self._input.mouse(action, button, x, y, modifiers)

    def encode_focus(self, focused: bool) -> bytes:
        """Bytes for the focus coming or going; empty if not asked for."""
        return (b"\x1b[I" if focused else b"\x1b[O") if self._terminal.mode(1004) else b""

    def set_default_colours(self, foreground: tuple[int, int, int], background: tuple[int, int, int]) -> None:
        """What queries for colours are answered with."""
        self._background = background
        self._terminal.set("COLOR_FOREGROUND", dict(zip("rgb", foreground, strict=True)))
        self._terminal.set("COLOR_BACKGROUND", dict(zip("rgb", background, strict=True)))

    def close(self) -> None:
        """Free native memory."""
        self._input.close()
        self._screen.close()
        self._terminal.close()
