"""The fallback engine where no wheel of libghostty-vt exists: bittty, in pure Python."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import Any

from bittty import TerminalCaps
from bittty.devices.modes import MouseEncoding, MouseProtocol

from codepilot.terminal.engines import Feature, KeyAction
from codepilot.terminal.engines.bittty_board import BoundedBoard, RowReader
from codepilot.terminal.engines.bittty_input import Input
from codepilot.terminal.engines.common import (
    DEFAULT_BACKGROUND,
    DEFAULT_FOREGROUND,
    HOLD_SECONDS,
    SCROLLBACK_BYTES,
    TITLE_MAX,
    EdgeGuard,
    Effects,
    directory_of,
    encode_paste,
    feed_pieces,
    lines_of,
    logical_lines,
    reset_sequence,
    without_delete,
)
from codepilot.terminal.screen import Cursor, CursorShape, Effect, Modes, Row, ScreenUpdate

_CELL_PIXELS = (8, 16)
_CELL_BYTES = 9
"""About what a cell of the history takes: its character and a pointer to its style."""
_SHAPES: dict[str, CursorShape] = {"bar": "bar", "underline": "underline"}


class BitttyEngine:
    """`Engine` over bittty's own model, the one with reflow, 2026, 2027 and kitty's keyboard.

    Args:
        columns: width in cells.
        lines: height in cells.
        now: a monotonic clock; tells how long a program has held its output back.
    """

    name = "bittty"
    features: frozenset[Feature] = frozenset()

    def __init__(self, columns: int, lines: int, *, now: Callable[[], float] = time.monotonic) -> None:
        self._size = (columns, lines)
        self._now = now
        self._held_since: float | None = None
        self._effects = Effects()
        self._bounded = BoundedBoard(columns, lines, SCROLLBACK_BYTES // _CELL_BYTES, self._effects)
        self._board, self._display = self._bounded.board, self._bounded.display
        self._scrollback = self._bounded.scrollback
        self._edge = EdgeGuard(self._bounded.parse, lambda: bool(self._board.cursor.wrap_pending))
        self._tell_pixels()
        self._title_at_start = self._board.title.title
        self.set_default_colours(DEFAULT_FOREGROUND, DEFAULT_BACKGROUND)
        self._reader = RowReader()
        self._input = Input(self._bounded)
        self._rows: list[Row] = []
        self._last: tuple[Any, ...] = ()

    def feed(self, data: bytes, *, seconds: float | None = None) -> bytes:
        """Take the program's output, cut anywhere; gives back what the time was too short for."""
        return feed_pieces(data, self._parse, self._bounded.end_of_piece, seconds)

    def _parse(self, data: bytes) -> None:
        self._edge.feed(without_delete(data), self._size[0])
        if (self._board.width, self._board.height) != self._size:
            self._board.resize(*self._size)

    def take_update(self, *, full: bool = False) -> ScreenUpdate | None:
        """The rows changed since the last call."""
        if self.holding:
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
        folder = directory_of(self._display.address)
        now = (columns, lines, cursor, self._modes(), title, folder, self._history_rows())
        if not changed and now == self._last and not full:
            return None
        full = full or now[:2] != self._last[:2]
        self._last = now
        return self._as_update(dict(enumerate(self._rows)) if full else changed, full=full)

    @property
    def holding(self) -> bool:
        """Whether the program is between the marks of mode 2026; a forgotten end is not waited for."""
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
            row = self._reader.row(page.grid[y], page.is_line_wrapped(y))
            if y >= len(self._rows):
                self._rows.append(row)
            elif self._rows[y] == row:
                continue
            else:
                self._rows[y] = row
            changed[y] = row
        return changed

    def _as_update(self, rows: dict[int, Row], *, full: bool) -> ScreenUpdate:
        columns, lines, cursor, modes, title, directory, history = self._last
        return ScreenUpdate(
            columns=columns,
            lines=lines,
            rows=rows,
            cursor=cursor,
            modes=modes,
            title=title,
            directory=directory,
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
        return self._bounded.take_replies()

    def take_effects(self) -> Sequence[Effect]:
        """What the program asked for beyond its screen."""
        return self._effects.take()

    def resize(self, columns: int, lines: int) -> None:
        """Change the grid; long lines are wrapped anew, those of the history too."""
        board = self._board
        if lines <= board.cursor.y and not board.blitter.in_alt_screen:
            # bittty cuts the bottom off unless it wraps anew; so make it wrap, that the top goes into history.
            board.resize(columns + 1, lines)
        before, self._size = self._size[0], (columns, lines)
        at_edge = board.cursor.wrap_pending
        board.resize_from_frontend(columns, lines)
        if at_edge and board.cursor.x < columns - 1:
            board.cursor.x += 1  # else the next character would replace the last one
        board.cursor.tab_stops |= {stop for stop in range(8, columns, 8) if stop >= before}
        self._board.modes.synchronized_output = False
        self._tell_pixels()
        self._rows.clear()

    def reset_modes(self) -> None:
        """Put in order what a killed program left behind; the text stays."""
        self.feed(b"\x1b[?1047l")
        self.feed(reset_sequence(self._board.cursor.display_x, self._board.cursor.y))

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
            rows.append(self._reader.row(view[at], wrapped))
        return rows

    def _last_goes_on(self) -> bool:
        return bool(self._scrollback._open)  # no public word for "the line is still arriving"

    def text(self, *, history: bool = False) -> str:
        """The screen as shown; with `history` everything kept, as logical lines."""
        page = self._board.display.page
        rows = [self._reader.row(page.grid[y], page.is_line_wrapped(y)) for y in range(page.height)]
        if not history:
            return lines_of(rows)
        return logical_lines([*self.history(0, self._history_rows()), *rows], self._size[0])

    def encode_key(self, key: str, *, text: str = "", action: KeyAction = "press") -> bytes:
        """Bytes for a key in the modes now in force."""
        return self._input.key(key, text=text, action=action)

    def encode_paste(self, text: str) -> bytes:
        """Bytes for pasted text."""
        return encode_paste(text, bracketed=bool(self._board.modes.bracketed_paste))

    def encode_mouse(self, action: str, button: int, x: int, y: int, modifiers: Sequence[str] = ()) -> bytes:
        """Bytes for a mouse event at a cell counted from 0; empty if not asked for."""
        return self._input.mouse(action, button, x, y, modifiers)

    def encode_focus(self, focused: bool) -> bytes:
        """Bytes for the focus coming or going; empty if not asked for."""
        return (b"\x1b[I" if focused else b"\x1b[O") if self._modes().focus_events else b""

    def set_default_colours(self, foreground: tuple[int, int, int], background: tuple[int, int, int]) -> None:
        """What queries for colours are answered with."""
        palette = self._board.palette
        for name, colour in (("foreground", foreground), ("background", background)):
            if getattr(palette, name) == getattr(palette._defaults, name):
                setattr(palette, name, colour)  # the program has not set its own
        # There is no public word for the colours that OSC 110 and 111 go back to.
        palette._defaults = dataclasses.replace(
            palette._defaults, foreground=foreground, background=background
        )

    def close(self) -> None:
        """Nothing native is held; let the history go."""
        self._bounded.close()
