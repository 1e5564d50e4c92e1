"""From the packed cells of libghostty-vt to `Row`s."""

from __future__ import annotations

from functools import reduce
from itertools import groupby
from operator import or_
from typing import NamedTuple

from codepilot.terminal import screen
from codepilot.terminal.engines.common import EMPTY, PLAIN, Look, Part, join_parts
from codepilot.terminal.engines.ghostty_raw import LAYOUT, NativeTerminal, read_style
from codepilot.terminal.engines.ghostty_screen import NativeScreen
from codepilot.terminal.screen import Row

_ATTRIBUTES = (
    screen.BOLD,
    screen.ITALIC,
    screen.FAINT,
    screen.BLINK,
    screen.INVERSE,
    screen.INVISIBLE,
    screen.STRIKE,
    screen.OVERLINE,
)
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
        if not kinds & LAYOUT.link and not any(value & LAYOUT.tag == LAYOUT.tag_cluster for value in values):
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
