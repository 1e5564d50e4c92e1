"""The one place that hands pointers to libghostty-vt.

The C interface takes `void *` and checks nothing: a value of the wrong C type overwrites the heap. So every
option and item that we use stands in a fixed table with its C type, and nothing outside this module and
`ghostty_input` builds a pointer. Where the bits of a packed cell stand is not promised by the library;
that is read from its own type description.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pyghostty._ffi import GhosttyError, check, ffi, lib, union_fn

CELL_PIXELS = (8, 16)
"""The size of a cell that is told to programs which ask for pixels."""

TERMINAL_ITEMS: dict[str, str] = {
    "COLS": "uint16_t",
    "ROWS": "uint16_t",
    "ACTIVE_SCREEN": "GhosttyTerminalScreen",
    "KITTY_KEYBOARD_FLAGS": "uint8_t",
    "TITLE": "GhosttyString",
    "SCROLLBACK_ROWS": "size_t",
}
TERMINAL_OPTIONS: dict[str, str] = {
    "COLOR_FOREGROUND": "GhosttyColorRgb",
    "COLOR_BACKGROUND": "GhosttyColorRgb",
    "SCROLLBACK_MAX_BYTES": "size_t",
    "APC_MAX_BYTES": "size_t",
    "CLIPBOARD_WRITE_MAX_BYTES": "size_t",
    "KITTY_IMAGE_STORAGE_LIMIT": "uint64_t",
    "MODE_DEFAULT": "GhosttyTerminalModeConfig",
}
TERMINAL_CALLBACKS: dict[str, str] = {
    "WRITE_PTY": "GhosttyTerminalWritePtyFn",
    "SIZE": "GhosttyTerminalSizeFn",
    "COLOR_SCHEME": "GhosttyTerminalColorSchemeFn",
}
STYLE_FLAGS = ("bold", "italic", "faint", "blink", "inverse", "invisible", "strikethrough", "overline")
"""In the order of the C struct."""
_SCROLL = "void(*)(GhosttyTerminal, CodepilotScrollViewport)"
_GRID_REF = "GhosttyResult(*)(GhosttyTerminal, GhosttyPointS, GhosttyGridRef*)"

# ABI mode cannot pass a union by value; this struct has the same shape.
ffi.cdef(
    "typedef struct { GhosttyTerminalScrollViewportTag tag; uint64_t row; uint64_t _pad; }"
    " CodepilotScrollViewport;"
)
if ffi.sizeof("CodepilotScrollViewport") != ffi.sizeof("GhosttyTerminalScrollViewport"):  # pragma: no cover
    raise ImportError(
        "the layout of GhosttyTerminalScrollViewport is not the one known here", name="pyghostty"
    )


@dataclass(frozen=True, slots=True)
class CellLayout:
    """Where the parts of a packed cell stand: shifts, and masks in place."""

    codepoint_shift: int
    codepoint_mask: int
    tag: int
    tag_cluster: int
    tag_palette: int
    tag_rgb: int
    content_shift: int
    style: int
    wide: int
    wide_head: int
    wide_tail: int
    wide_spacer: int
    link: int
    visible: int
    """What makes a cell other than a never-written one."""


def _read_layout() -> CellLayout:
    bits = json.loads(ffi.string(lib.ghostty_type_json()))["types"]["GhosttyCell"]["bits"]

    def mask(name: str) -> int:
        return int(((1 << bits[name]["width"]) - 1) << bits[name]["lsb"])

    tag, wide = bits["content_tag"]["lsb"], bits["wide"]["lsb"]
    codepoint = bits["content"]["arms"]["CODEPOINT"]["bits"]["codepoint"]
    return CellLayout(
        codepoint_shift=bits["content"]["lsb"] + codepoint["lsb"],
        codepoint_mask=(1 << codepoint["width"]) - 1,
        tag=mask("content_tag"),
        tag_cluster=lib.GHOSTTY_CELL_CONTENT_CODEPOINT_GRAPHEME << tag,
        tag_palette=lib.GHOSTTY_CELL_CONTENT_BG_COLOR_PALETTE << tag,
        tag_rgb=lib.GHOSTTY_CELL_CONTENT_BG_COLOR_RGB << tag,
        content_shift=bits["content"]["lsb"],
        style=mask("style_id"),
        wide=mask("wide"),
        wide_head=lib.GHOSTTY_CELL_WIDE_WIDE << wide,
        wide_tail=lib.GHOSTTY_CELL_WIDE_SPACER_TAIL << wide,
        wide_spacer=lib.GHOSTTY_CELL_WIDE_SPACER_HEAD << wide,
        link=mask("hyperlink"),
        visible=mask("content_tag") | mask("content") | mask("style_id") | mask("wide") | mask("hyperlink"),
    )


LAYOUT = _read_layout()


_STYLE = struct.Struct("=8xi4xBBB5xi4xBBB5x16x8?i")
"""`GhosttyStyle`: size, two colours (tag, value), the underline's colour, eight flags, the underline."""
_OFFSETS = {"fg_color": 8, "bg_color": 24, "underline_color": 40, "bold": 56, "overline": 63, "underline": 64}
if any(ffi.offsetof("GhosttyStyle", name) != at for name, at in _OFFSETS.items()):  # pragma: no cover
    raise ImportError("the layout of GhosttyStyle is not the one known here", name="pyghostty")
_PALETTE_TAG, _RGB_TAG = lib.GHOSTTY_STYLE_COLOR_PALETTE, lib.GHOSTTY_STYLE_COLOR_RGB

_Colour = int | tuple[int, int, int] | None


def read_style(style: bytes) -> tuple[_Colour, _Colour, int, tuple[bool, ...]]:
    """Foreground, background, underline and `STYLE_FLAGS` of a style as `NativeScreen.style` gives it."""
    fg, fg_r, fg_g, fg_b, bg, bg_r, bg_g, bg_b, *flags, underline = _STYLE.unpack_from(style)
    foreground: _Colour = (fg_r, fg_g, fg_b) if fg == _RGB_TAG else fg_r if fg == _PALETTE_TAG else None
    background: _Colour = (bg_r, bg_g, bg_b) if bg == _RGB_TAG else bg_r if bg == _PALETTE_TAG else None
    return foreground, background, underline, tuple(flags)


def _sized(ctype: str) -> Any:
    value = ffi.new(ctype + "*")
    value.size = ffi.sizeof(ctype)
    return value


class NativeTerminal:
    """A terminal of the library: bytes in, state out by the tables above."""

    def __init__(self, columns: int, lines: int) -> None:
        handle = ffi.new("GhosttyTerminal*")
        check(lib.ghostty_terminal_new(ffi.NULL, handle, columns, lines), "terminal_new")
        self.handle = ffi.gc(handle[0], lib.ghostty_terminal_free)
        self._callbacks: dict[str, Any] = {}
        self._out = {name: ffi.new(ctype + "*") for name, ctype in TERMINAL_ITEMS.items()}
        self._item = {name: getattr(lib, f"GHOSTTY_TERMINAL_DATA_{name}") for name in TERMINAL_ITEMS}
        self._mode = ffi.new("GhosttyTerminalModeConfig*")
        self._ref = _sized("GhosttyGridRef")
        self._point = ffi.new("GhosttyPointS*", {"tag": lib.GHOSTTY_POINT_TAG_VIEWPORT})
        self._grid_ref = union_fn("ghostty_terminal_grid_ref", _GRID_REF)
        self._scroll = union_fn("ghostty_terminal_scroll_viewport", _SCROLL)
        self.size = [columns, lines]

    def set(self, option: str, value: Any) -> None:
        """Set an option of the table; structs are given as dicts."""
        pointer = ffi.new(TERMINAL_OPTIONS[option] + "*", value)
        check(
            lib.ghostty_terminal_set(self.handle, getattr(lib, f"GHOSTTY_TERMINAL_OPT_{option}"), pointer),
            option,
        )

    def get(self, item: str) -> Any:
        """An item of the table."""
        out = self._out[item]
        check(lib.ghostty_terminal_get(self.handle, self._item[item], out), item)
        return out[0]

    def title(self) -> str:
        """The window title, with what is not UTF-8 replaced."""
        text = self.get("TITLE")
        return bytes(ffi.buffer(text.ptr, text.len)).decode("utf-8", "replace") if text.len else ""

    def mode(self, number: int) -> bool:
        """Whether a DEC private mode is set."""
        self._mode.mode = number
        check(
            lib.ghostty_terminal_get(self.handle, lib.GHOSTTY_TERMINAL_DATA_MODE, self._mode),
            f"mode {number}",
        )
        return bool(self._mode.value)

    def _callback(self, option: str, function: Callable[..., Any]) -> None:
        pointer = ffi.callback(TERMINAL_CALLBACKS[option], function)
        self._callbacks[option] = pointer  # must live as long as the terminal
        check(
            lib.ghostty_terminal_set(self.handle, getattr(lib, f"GHOSTTY_TERMINAL_OPT_{option}"), pointer),
            option,
        )

    def on_reply(self, take: Callable[[bytes], None]) -> None:
        """Where answers to the program's queries go. `take` must not raise."""
        self._callback("WRITE_PTY", lambda _t, _u, data, length: take(bytes(ffi.buffer(data, length))))

    def answer_size(self) -> None:
        """Answer CSI 14/16/18 t with the current size."""
        size = self.size

        def answer(_terminal: Any, _user: Any, out: Any) -> bool:
            out.columns, out.rows = size
            out.cell_width, out.cell_height = CELL_PIXELS
            return True

        self._callback("SIZE", answer)

    def answer_colour_scheme(self, dark: Callable[[], bool]) -> None:
        """Answer CSI ? 996 n."""

        def answer(_terminal: Any, _user: Any, out: Any) -> bool:
            out[0] = lib.GHOSTTY_COLOR_SCHEME_DARK if dark() else lib.GHOSTTY_COLOR_SCHEME_LIGHT
            return True

        self._callback("COLOR_SCHEME", answer)

    def feed(self, data: bytes) -> None:
        """Parse the program's output."""
        lib.ghostty_terminal_vt_write(self.handle, data, len(data))

    def resize(self, columns: int, lines: int) -> None:
        """Change the grid."""
        self.size[:] = columns, lines
        check(lib.ghostty_terminal_resize(self.handle, columns, lines, *CELL_PIXELS), "resize")

    def scroll_to(self, row: int | None) -> None:
        """Move the viewport to a row of the history, or back to the screen with None."""
        tag = lib.GHOSTTY_SCROLL_VIEWPORT_BOTTOM if row is None else lib.GHOSTTY_SCROLL_VIEWPORT_ROW
        self._scroll(self.handle, ffi.new("CodepilotScrollViewport*", {"tag": tag, "row": row or 0})[0])

    def link(self, x: int, y: int) -> str:
        """The target of the hyperlink at a cell of the viewport."""
        self._point.value.x, self._point.value.y = x, y
        if self._grid_ref(self.handle, self._point[0], self._ref):
            return ""
        length = ffi.new("size_t*")
        lib.ghostty_grid_ref_hyperlink_uri(self._ref, ffi.NULL, 0, length)
        if not length[0]:
            return ""
        buffer = ffi.new("uint8_t[]", length[0])
        check(lib.ghostty_grid_ref_hyperlink_uri(self._ref, buffer, length[0], length), "hyperlink_uri")
        return bytes(ffi.buffer(buffer, length[0])).decode("utf-8", "replace")

    def close(self) -> None:
        """Free the native memory; the object must not be used after."""
        ffi.release(self.handle)
        self._callbacks.clear()


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
        self._cursor = _sized("GhosttyRenderStateCursor")
        self._y = ffi.new("uint16_t*")
        self._view = ffi.new("GhosttyCellsView*")
        self._raw_row = ffi.new("GhosttyRow*")
        self._id = ffi.new("GhosttyRenderStateRowId*")
        self._flag = ffi.new("bool*")
        self._style = _sized("GhosttyStyle")
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
