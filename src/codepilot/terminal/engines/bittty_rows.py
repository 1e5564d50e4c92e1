"""Cells of bittty's screen and history, read as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from codepilot.terminal import screen
from codepilot.terminal.engines.common import PLAIN, Look, Part, join_parts
from codepilot.terminal.screen import Colour, Row

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
    "double": screen.DOUBLE,
    "curly": screen.CURLY,
    "dotted": screen.DOTTED,
    "dashed": screen.DASHED,
}


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
