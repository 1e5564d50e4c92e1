"""From rows to strips, with the colours of the theme. Every cell of the grid gets exactly its place."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from codepilot.terminal import screen
from codepilot.terminal.screen import Colour, CursorShape, Row, Run, cell_texts, drawn
from codepilot.text import visible
from codepilot_tui.widgets.terminal.cells import cell_at
from codepilot_tui.widgets.terminal.underlines import underlined

_STAND_IN = "\ufffd"
_LOOKS_KEPT = 16_384


def fitted(run: Run) -> str:
    """The run's text such that it takes exactly its cells here too."""
    text = run.text
    if text.isascii() and text.isprintable() and len(text) == run.width:
        return text
    if cell_len(text) == run.width and visible(text) == text:
        return text
    return "".join(_fitted_cell(part, width) for part, width in cell_texts(run))


def _fitted_cell(text: str, width: int) -> str:
    text = drawn(text)
    for candidate in (text, text[:1]):
        if candidate and cell_len(candidate) == width:
            return candidate
    return _STAND_IN + " " * (width - 1)


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours that a painter works with."""

    base: Style
    """Foreground and background of plain cells."""
    ansi: tuple[Color, ...]
    """The colours 0 to 15."""
    cursor: Color
    """Of the cursor that takes keys."""
    idle: Color
    """Of the cursor that takes none."""
    all_underlines: bool = False
    """The person's terminal draws curly and coloured underlines; else they are plain."""


class Painter:
    """Makes strips; remembers the styles it has made."""

    def __init__(self, palette: Palette) -> None:
        self.palette = palette
        self._styles: dict[tuple[Colour, Colour, int, bool, Colour], Style] = {}

    def strip(self, row: Row) -> Strip:
        """A row without cursor, as long as its runs."""
        segments, width = [], 0
        for run in row.runs:
            segments.append(Segment(fitted(run), self.style(run)))
            width += run.width
        return Strip(segments, width)

    def style(self, run: Run) -> Style:
        """The look of a run."""
        key = (run.foreground, run.background, run.attributes, bool(run.link), run.underline)
        style = self._styles.get(key)
        if style is None:
            if len(self._styles) >= _LOOKS_KEPT:
                self._styles.clear()
            style = self._styles[key] = self._make(*key[:4])
            kind = screen.underline_style(run.attributes)
            if self.palette.all_underlines and (kind > 2 or (kind and run.underline is not None)):
                style = self._styles[key] = underlined(style, kind, self._rgb(run.underline))
        return style

    def _rgb(self, colour: Colour) -> tuple[int, int, int] | None:
        return None if colour is None else self._colour(colour).get_truecolor()

    def _make(self, foreground: Colour, background: Colour, attributes: int, linked: bool) -> Style:
        base = self.palette.base
        ink = base.color if foreground is None else self._colour(foreground)
        plane = base.bgcolor if background is None else self._colour(background)
        reverse = False
        if attributes & screen.INVERSE:
            if _known(ink) and _known(plane):
                ink, plane = plane, ink
            else:
                reverse = True  # the terminal's own default colours: only it can swap them
        if attributes & screen.INVISIBLE:
            ink = plane
        # Rich draws a plain and a double line; see `underlines` for the others.
        underline = screen.underline_style(attributes)
        return Style(
            color=ink,
            bgcolor=plane,
            bold=bool(attributes & screen.BOLD) or None,
            dim=bool(attributes & screen.FAINT) or None,
            italic=bool(attributes & screen.ITALIC) or None,
            underline=(underline not in (0, 2) or (linked and not underline)) or None,
            underline2=underline == 2 or None,
            blink=bool(attributes & screen.BLINK) or None,
            strike=bool(attributes & screen.STRIKE) or None,
            overline=bool(attributes & screen.OVERLINE) or None,
            reverse=reverse or None,
        )

    def _colour(self, colour: int | tuple[int, int, int]) -> Color:
        if not isinstance(colour, int):
            return Color.from_rgb(*colour)
        return self.palette.ansi[colour] if colour < 16 else Color.from_rgb(*screen.palette_rgb(colour))

    def with_cursor(self, strip: Strip, row: Row, x: int, shape: CursorShape, ink: Color | None) -> Strip:
        """The strip with a cursor drawn on the cell that holds column `x`; without ink it takes no keys."""
        start, width = cell_at(row, x)
        if strip.cell_length < start + width:
            strip = strip.extend_cell_length(start + width, self.palette.base)
        before, cell, after = (
            strip.crop(0, start),
            strip.crop(start, start + width),
            strip.crop(start + width),
        )
        text = cell.text or " "
        under = next(iter(cell), Segment(" ", self.palette.base)).style or self.palette.base
        colour = ink or self.palette.idle
        if shape == "bar" and not text.strip() and ink is not None:
            drawn = [Segment("▏" + " " * (width - 1), under + Style(color=colour))]
        elif shape == "block" or ink is None:
            drawn = [Segment(text, Style(color=self.palette.base.bgcolor, bgcolor=colour, bold=under.bold))]
        else:
            drawn = [Segment(text, under + Style(color=colour, underline=True))]
        return Strip.join([before, Strip(drawn, width), after])


def _known(colour: Color | None) -> bool:
    return colour is not None and not colour.is_default
