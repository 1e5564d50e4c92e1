"""The one place that hands pointers to libghostty-vt.

The C interface takes `void *` and checks nothing: a value of the wrong C type overwrites the heap. So every
option and item that we use stands in a fixed table with its C type, and nothing outside this module, `ghostty_screen`
and `ghostty_input` builds a pointer. Where the bits of a packed cell stand is not promised by the library;
that is read from its own type description.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pyghostty._ffi import check, ffi, lib, union_fn

from codepilot.terminal.engines.ghostty_types import GRID_REF, SCROLL, TYPES

CELL_PIXELS = (8, 16)
"""The size of a cell that is told to programs which ask for pixels."""

TERMINAL_ITEMS: dict[str, str] = {
    "COLS": "uint16_t",
    "ROWS": "uint16_t",
    "CURSOR_X": "uint16_t",
    "CURSOR_Y": "uint16_t",
    "CURSOR_PENDING_WRAP": "bool",
    "ACTIVE_SCREEN": "GhosttyTerminalScreen",
    "KITTY_KEYBOARD_FLAGS": "uint8_t",
    "TITLE": "GhosttyString",
    "PWD": "GhosttyString",
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
    "BELL": "GhosttyTerminalBellFn",
    "CLIPBOARD_WRITE": "GhosttyTerminalClipboardWriteFn",
    "DESKTOP_NOTIFICATION": "GhosttyTerminalDesktopNotificationFn",
}
STYLE_FLAGS = ("bold", "italic", "faint", "blink", "inverse", "invisible", "strikethrough", "overline")
"""In the order of the C struct."""
if ffi.sizeof(TYPES["CodepilotScrollViewport"]) != ffi.sizeof(
    TYPES["GhosttyTerminalScrollViewport"]
):  # pragma: no cover
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


_STYLE = struct.Struct("=8xi4xBBB5xi4xBBB5xi4xBBB5x8?i")
"""`GhosttyStyle`: size, two colours (tag, value), the underline's colour, eight flags, the underline."""
_OFFSETS = {"fg_color": 8, "bg_color": 24, "underline_color": 40, "bold": 56, "overline": 63, "underline": 64}
if any(ffi.offsetof(TYPES["GhosttyStyle"], name) != at for name, at in _OFFSETS.items()):  # pragma: no cover
    raise ImportError("the layout of GhosttyStyle is not the one known here", name="pyghostty")
_PALETTE_TAG, _RGB_TAG = lib.GHOSTTY_STYLE_COLOR_PALETTE, lib.GHOSTTY_STYLE_COLOR_RGB

_Colour = int | tuple[int, int, int] | None


class NativeStyle(NamedTuple):
    """A style of the library, read."""

    foreground: _Colour
    background: _Colour
    underline: int
    """0 none, 1 plain, 2 double, 3 curly, 4 dotted, 5 dashed."""
    underline_colour: _Colour
    flags: tuple[bool, ...]
    """`STYLE_FLAGS`."""


def read_style(style: bytes) -> NativeStyle:
    """Read a style as `NativeScreen.style` gives it."""
    values = _STYLE.unpack_from(style)
    *flags, underline = values[12:]
    return NativeStyle(
        _colour(values[0:4]), _colour(values[4:8]), underline, _colour(values[8:12]), tuple(flags)
    )


def _colour(values: Sequence[int]) -> _Colour:
    tag, red, green, blue = values
    return (red, green, blue) if tag == _RGB_TAG else red if tag == _PALETTE_TAG else None


def _text(text: Any) -> str:
    """A string of the library, with what is not UTF-8 replaced."""
    return bytes(ffi.buffer(text.ptr, text.len)).decode("utf-8", "replace") if text.len else ""


def sized(ctype: str) -> Any:
    """A struct that says its own size, as the library wants it."""
    value = ffi.new(TYPES[ctype + "*"])
    value.size = ffi.sizeof(TYPES[ctype])
    return value


class NativeTerminal:
    """A terminal of the library: bytes in, state out by the tables above."""

    def __init__(self, columns: int, lines: int) -> None:
        handle = ffi.new(TYPES["GhosttyTerminal*"])
        check(lib.ghostty_terminal_new(ffi.NULL, handle, columns, lines), "terminal_new")
        self.handle = ffi.gc(handle[0], lib.ghostty_terminal_free)
        self._callbacks: dict[str, Any] = {}
        self._out = {name: ffi.new(TYPES[ctype + "*"]) for name, ctype in TERMINAL_ITEMS.items()}
        self._item = {name: getattr(lib, f"GHOSTTY_TERMINAL_DATA_{name}") for name in TERMINAL_ITEMS}
        self._mode = ffi.new(TYPES["GhosttyTerminalModeConfig*"])
        self._ref = sized("GhosttyGridRef")
        self._point = ffi.new(TYPES["GhosttyPointS*"], {"tag": lib.GHOSTTY_POINT_TAG_VIEWPORT})
        self._grid_ref = union_fn("ghostty_terminal_grid_ref", TYPES[GRID_REF])
        self._scroll = union_fn("ghostty_terminal_scroll_viewport", TYPES[SCROLL])
        self.size = [columns, lines]

    def set(self, option: str, value: Any) -> None:
        """Set an option of the table; structs are given as dicts."""
        pointer = ffi.new(TYPES[TERMINAL_OPTIONS[option] + "*"], value)
        check(
            lib.ghostty_terminal_set(self.handle, getattr(lib, f"GHOSTTY_TERMINAL_OPT_{option}"), pointer),
            option,
        )

    def get(self, item: str) -> Any:
        """An item of the table."""
        out = self._out[item]
        check(lib.ghostty_terminal_get(self.handle, self._item[item], out), item)
        return out[0]

    def text(self, item: str) -> str:
        """An item of the table that is text."""
        return _text(self.get(item))

    def mode(self, number: int) -> bool:
        """Whether a DEC private mode is set."""
        self._mode.mode = number
        check(
            lib.ghostty_terminal_get(self.handle, lib.GHOSTTY_TERMINAL_DATA_MODE, self._mode),
            f"mode {number}",
        )
        return bool(self._mode.value)

    def _callback(self, option: str, function: Callable[..., Any]) -> None:
        pointer = ffi.callback(TYPES[TERMINAL_CALLBACKS[option]], function)
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

    def on_bell(self, ring: Callable[[], None]) -> None:
        """What is told of a bell. None of these may raise."""
        self._callback("BELL", lambda _t, _u: ring())

    def on_clipboard(self, write: Callable[[bool, str], None]) -> None:
        """What is told of a text for the clipboard: whether for the primary selection, and the text.

        There is no callback for reads, so the library answers none.
        """

        def take(_terminal: Any, _user: Any, asked: Any) -> None:
            for content in asked.contents[0 : asked.contents_len]:
                if _text(content.mime).startswith("text/plain"):
                    write(asked.location != lib.GHOSTTY_CLIPBOARD_LOCATION_STANDARD, _text(content.data))
                    return

        self._callback("CLIPBOARD_WRITE", take)

    def on_notice(self, tell: Callable[[str, str], None]) -> None:
        """What is told of a notification: its title, if it has one, and its text."""
        self._callback("DESKTOP_NOTIFICATION", lambda _t, _u, note: tell(_text(note.title), _text(note.body)))

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
        self._scroll(
            self.handle, ffi.new(TYPES["CodepilotScrollViewport*"], {"tag": tag, "row": row or 0})[0]
        )

    def link(self, x: int, y: int) -> str:
        """The target of the hyperlink at a cell of the viewport."""
        self._point.value.x, self._point.value.y = x, y
        if self._grid_ref(self.handle, self._point[0], self._ref):
            return ""
        length = ffi.new(TYPES["size_t*"])
        lib.ghostty_grid_ref_hyperlink_uri(self._ref, ffi.NULL, 0, length)
        if not length[0]:
            return ""
        buffer = ffi.new(TYPES["uint8_t[]"], length[0])
        check(lib.ghostty_grid_ref_hyperlink_uri(self._ref, buffer, length[0], length), "hyperlink_uri")
        return bytes(ffi.buffer(buffer, length[0])).decode("utf-8", "replace")

    def close(self) -> None:
        """Free the native memory; the object must not be used after."""
        ffi.release(self.handle)
        self._callbacks.clear()
