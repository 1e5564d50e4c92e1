"""What libghostty-vt shows: its render state, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyghostty._ffi import GhosttyError, check, ffi, lib

from codepilot.terminal.engines.ghostty_raw import NativeTerminal, sized


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
        self._rows_slot = ffi.new("GhosttyRenderStateRowIterator*", self._rows)
        self._cells_slot = ffi.new("GhosttyRenderStateRowCells*", self._cells)
        self._dirty = ffi.new("GhosttyRenderStateDirty*")
        self._cursor = sized("GhosttyRenderStateCursor")
        self._y = ffi.new("uint16_t*")
        self._view = ffi.new("GhosttyCellsView*")
        self._raw_row = ffi.new("GhosttyRow*")
        self._id = ffi.new("GhosttyRenderStateRowId*")
        self._flag = ffi.new("bool*")
        self._style = sized("GhosttyStyle")
        self._style_bytes = ffi.buffer(self._style)
        self._length = ffi.new("uint32_t*")
        # Called for every cell of a rich screen: looked up once.
        self._select = lib.ghostty_render_state_row_cells_select
        self._cells_get = lib.ghostty_render_state_row_cells_get
        self._style_item = lib.GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_STYLE

    @staticmethod
    def _new(ctype: str, new: Any, free: Any) -> Any:
        handle = ffi.new(ctype + "*")
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
        buffer = ffi.new("uint32_t[]", self._length[0])
        item = lib.GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_GRAPHEMES_BUF
        check(lib.ghostty_render_state_row_cells_get(self._cells, item, buffer), "graphemes_buf")
        return "".join(map(chr, buffer))

    def close(self) -> None:
        """Free the native memory."""
        for handle in (self._cells, self._rows, self.state):
            ffi.release(handle)
