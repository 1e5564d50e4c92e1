"""What libghostty-vt shows: its render state, row by row, and its packed cells as `Row`s."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import groupby
from operator import or_
from typing import Any, NamedTuple

from pyghostty._ffi import GhosttyError, check, ffi, lib

from codepilot.terminal import screen
from codepilot.terminal.engines.common import EMPTY, PLAIN, Look, Part, join_parts
from codepilot.terminal.engines.ghostty_raw import LAYOUT, NativeTerminal, read_style, sized
from codepilot.terminal.engines.ghostty_types import TYPES
from codepilot.terminal.screen import Row


class NativeScreen:
    """The library's render state: a copy of the viewport that knows which rows are dirty."""

    def __init__(self) -> None:
        self.state = self._new(
            "GhosttyRenderState", lib.ghostty_render_state_new, lib.ghostty_render_state_free
        )
        self._rows = self._new(
            "GhosttyRenderStateRowIterator",
            lib.ghostty_render_state_row_iterator_new,
            lib.ghostty_render_state_row_iterator_free,
        )
        self._cells = self._new(
            "GhosttyRenderStateRowCells",
            lib.ghostty_render_state_row_cells_new,
            lib.ghostty_render_state_row_cells_free,
        )
        self._rows_slot = ffi.new(TYPES["GhosttyRenderStateRowIterator*"], self._rows)
        self._cells_slot = ffi.new(TYPES["GhosttyRenderStateRowCells*"], self._cells)
        self._dirty = ffi.new(TYPES["GhosttyRenderStateDirty*"])
        self._cursor = sized("GhosttyRenderStateCursor")
        self._y = ffi.new(TYPES["uint16_t*"])
        self._view = ffi.new(TYPES["GhosttyCellsView*"])
        self._raw_row = ffi.new(TYPES["GhosttyRow*"])
        self._id = ffi.new(TYPES["GhosttyRenderStateRowId*"])
        self._flag = ffi.new(TYPES["bool*"])
        self._style = sized("GhosttyStyle")
        self._style_bytes = ffi.buffer(self._style)
        self._length = ffi.new(TYPES["uint32_t*"])
        # Called for every cell of a rich screen: looked up once.
        self._select = lib.ghostty_render_state_row_cells_select
        self._cells_get = lib.ghostty_render_state_row_cells_get
        self._style_item = lib.GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_STYLE

    @staticmethod
    def _new(ctype: str, new: Any, free: Any) -> Any:
        handle = ffi.new(TYPES[ctype + "*"])
        check(new(ffi.NULL, handle), ctype)
        return ffi.gc(handle[0], free)

    def update(self, terminal: NativeTerminal) -> int:
        """Copy what changed; 0 nothing, 1 some rows, 2 all rows are dirty."""
        check(lib.ghostty_render_state_update(self.state, terminal.handle), "render_state_update")
        check(
            lib.ghostty_render_state_get(self.state, lib.GHOSTTY_RENDER_STATE_DATA_DIRTY, self._dirty),
            "dirty",
        )
        return int(self._dirty[0])

    def clean(self) -> None:
        """Mark everything as seen."""
        check(lib.ghostty_render_state_clean(self.state), "render_state_clean")

    def cursor(self) -> tuple[int, int, bool, str]:
        """Column, line, visibility, and shape."""
        cursor = self._cursor
        check(
            lib.ghostty_render_state_get(self.state, lib.GHOSTTY_RENDER_STATE_DATA_CURSOR, cursor), "cursor"
        )
        shape = {
            lib.GHOSTTY_RENDER_STATE_CURSOR_VISUAL_STYLE_BAR: "bar",
            lib.GHOSTTY_RENDER_STATE_CURSOR_VISUAL_STYLE_UNDERLINE: "underline",
        }.get(cursor.visual_style, "block")
        visible = bool(cursor.visible and cursor.viewport_has_value)
        return int(cursor.viewport_x), int(cursor.viewport_y), visible, shape

    def rows(self, *, dirty_only: bool) -> Iterator[int]:
        """Walk the rows; while one is yielded the methods below speak of it."""
        item = lib.GHOSTTY_RENDER_STATE_DATA_ROW_ITERATOR
        check(lib.ghostty_render_state_get(self.state, item, self._rows_slot), "row_iterator")
        rows = self._rows
        if dirty_only:
            while lib.ghostty_render_state_row_iterator_next_dirty(rows, self._y):
                yield int(self._y[0])
            return
        y = 0
        while lib.ghostty_render_state_row_iterator_next(rows):
            yield y
            y += 1

    def row_cells(self) -> bytes:
        """The packed cells of the row, 8 bytes each."""
        view = self._view
        check(
            lib.ghostty_render_state_row_get(self._rows, lib.GHOSTTY_RENDER_STATE_ROW_DATA_CELLS_RAW, view),
            "cells",
        )
        return bytes(ffi.buffer(view.ptr, view.len * 8))

    def row_id(self) -> bytes:
        """The identity that a row keeps while it scrolls."""
        check(
            lib.ghostty_render_state_row_get(self._rows, lib.GHOSTTY_RENDER_STATE_ROW_DATA_ID, self._id),
            "row id",
        )
        return bytes(ffi.buffer(self._id))

    def row_wrapped(self) -> bool:
        """Whether the logical line goes on in the next row."""
        check(
            lib.ghostty_render_state_row_get(
                self._rows, lib.GHOSTTY_RENDER_STATE_ROW_DATA_RAW, self._raw_row
            ),
            "row",
        )
        check(lib.ghostty_row_get(self._raw_row[0], lib.GHOSTTY_ROW_DATA_WRAP, self._flag), "wrap")
        return bool(self._flag[0])

    def open_cells(self) -> None:
        """Needed once for a row before `style` and `cluster`."""
        item = lib.GHOSTTY_RENDER_STATE_ROW_DATA_CELLS
        check(lib.ghostty_render_state_row_get(self._rows, item, self._cells_slot), "row cells")

    def style(self, x: int) -> bytes:
        """The style of a cell as the bytes of its C struct: a key, and what `read_style` reads."""
        if self._select(self._cells, x) or self._cells_get(self._cells, self._style_item, self._style):
            raise GhosttyError(f"no style at column {x}")
        return bytes(self._style_bytes[:])

    def cluster(self, x: int) -> str:
        """All characters of a cell that holds more than one."""
        check(lib.ghostty_render_state_row_cells_select(self._cells, x), "select")
        item = lib.GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_GRAPHEMES_LEN
        check(lib.ghostty_render_state_row_cells_get(self._cells, item, self._length), "graphemes_len")
        if not self._length[0]:
            return ""
        buffer = ffi.new(TYPES["uint32_t[]"], self._length[0])
        item = lib.GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_GRAPHEMES_BUF
        check(lib.ghostty_render_state_row_cells_get(self._cells, item, buffer), "graphemes_buf")
        return "".join(map(chr, buffer))

    def close(self) -> None:
        """Free the native memory."""
        for handle in (self._cells, self._rows, self.state):
            ffi.release(handle)


_ATTRIBUTES = (
    screen.BOLD, screen.ITALIC, screen.FAINT, screen.BLINK,
    screen.INVERSE, screen.INVISIBLE, screen.STRIKE, screen.OVERLINE,
)  # fmt: skip
"""In the order of `STYLE_FLAGS`."""
_UNDERLINES = (
    0,
    screen.UNDERLINE,
    *(screen.UNDERLINE | style for style in (screen.DOUBLE, screen.CURLY, screen.DOTTED, screen.DASHED)),
)
"""In the order of the library's enumeration."""
_STYLES_KEPT = 16_384

_SPECIAL = LAYOUT.tag | LAYOUT.wide | LAYOUT.link
_SHIFT, _MASK, _STYLE = LAYOUT.codepoint_shift, LAYOUT.codepoint_mask, LAYOUT.style


class _Known(NamedTuple):
    """A decoded row, and what it was decoded from."""

    cells: bytes
    wrapped: bool
    styles: tuple[tuple[int, bytes], ...]
    """A column for each style of the row, and the style it had there."""
    row: Row


class RowDecoder:
    """Decodes the rows of a render state; one that only moved is known by its identity, and reused."""

    def __init__(self, terminal: NativeTerminal, native: NativeScreen) -> None:
        self._terminal = terminal
        self._native = native
        self._styles: dict[bytes, Look] = {}
        self._known: dict[bytes, _Known] = {}
        self._found: dict[bytes, _Known] = {}

    def begin(self, *, keep: bool) -> None:
        """Start a pass; without `keep`, rows that it does not meet are forgotten."""
        self._found = self._known if keep else {}

    def end(self) -> None:
        """End the pass."""
        self._known = self._found

    def decode(self, y: int) -> Row:
        """The row at which the render state stands."""
        native = self._native
        cells = native.row_cells()
        filled = cells.rstrip(b"\0")
        wrapped = native.row_wrapped()
        if not filled and not wrapped:
            return EMPTY
        identity = native.row_id()
        known = self._known.get(identity)
        if (
            known is not None
            and known.cells == cells
            and known.wrapped == wrapped
            and self._same_styles(known)
        ):
            self._found[identity] = known
            return known.row
        values = memoryview(cells[: -(-len(filled) // 8) * 8]).cast("Q").tolist()
        while values and not values[-1] & LAYOUT.visible:
            values.pop()
        kinds = reduce(or_, values, 0)
        styles: dict[int, tuple[int, bytes]] = {}
        if kinds & (_SPECIAL | _STYLE):
            native.open_cells()
        if kinds & _STYLE:
            for x, value in enumerate(values):
                number = value & _STYLE
                if number and number not in styles:
                    styles[number] = (x, native.style(x))
        looks = {0: PLAIN} | {number: self._read(style) for number, (_, style) in styles.items()}
        row = (
            self._mixed(values, looks, y, wrapped)
            if kinds & _SPECIAL
            else self._simple(values, looks, wrapped)
        )
        # Clusters and link targets stand outside the cells, so equal cells would prove nothing.
        clusters = kinds & LAYOUT.tag and any(value & LAYOUT.tag == LAYOUT.tag_cluster for value in values)
        if not kinds & LAYOUT.link and not clusters:
            self._found[identity] = _Known(cells, wrapped, tuple(styles.values()), row)
        return row

    def _same_styles(self, known: _Known) -> bool:
        """Style numbers are given again once free, so the styles behind them are compared too."""
        if not known.styles:
            return True
        self._native.open_cells()
        return all(self._native.style(x) == style for x, style in known.styles)

    def _read(self, style: bytes) -> Look:
        look = self._styles.get(style)
        if look is None:
            native = read_style(style)
            attributes = _UNDERLINES[native.underline]
            for flag, bit in zip(native.flags, _ATTRIBUTES, strict=True):
                if flag:
                    attributes |= bit
            if len(self._styles) >= _STYLES_KEPT:
                self._styles.clear()
            colour = native.underline_colour if native.underline else None
            look = self._styles[style] = (native.foreground, native.background, attributes, colour)
        return look

    def _simple(self, values: list[int], looks: dict[int, Look], wrapped: bool) -> Row:
        """A row of narrow single characters without links."""
        text = "".join([chr(value >> _SHIFT & _MASK or 32) for value in values])
        if len(looks) == 1:
            return join_parts([(text, 1, PLAIN, "")], wrapped)
        parts: list[Part] = []
        start = 0
        for number, group in groupby(values, key=_STYLE.__and__):
            width = len(list(group))
            parts.append((text[start : start + width], 1, looks[number], ""))
            start += width
        return join_parts(parts, wrapped)

    def _mixed(self, values: list[int], looks: dict[int, Look], y: int, wrapped: bool) -> Row:
        parts: list[Part] = []
        for x, value in enumerate(values):
            wide = value & LAYOUT.wide
            if wide == LAYOUT.wide_tail or wide == LAYOUT.wide_spacer:
                continue
            tag = value & LAYOUT.tag
            look = looks[value & _STYLE]
            text = " "
            if tag == LAYOUT.tag_palette:
                look = (look[0], value >> LAYOUT.content_shift & 0xFF, *look[2:])
            elif tag == LAYOUT.tag_rgb:
                content = value >> LAYOUT.content_shift
                look = (look[0], (content & 0xFF, content >> 8 & 0xFF, content >> 16 & 0xFF), *look[2:])
            elif tag == LAYOUT.tag_cluster:
                text = self._native.cluster(x) or " "
            else:
                text = chr(value >> _SHIFT & _MASK or 32)
            link = self._terminal.link(x, y) if value & LAYOUT.link else ""
            kind = 2 if wide == LAYOUT.wide_head else 1
            parts.append((text, kind if len(text) == 1 else -kind, look, link))
        return join_parts(parts, wrapped)
