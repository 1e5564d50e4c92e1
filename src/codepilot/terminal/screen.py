"""A terminal's screen as plain values: what crosses from an engine to a viewer, and what of it may be drawn.

No colours of any toolkit, no IO.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Literal

from codepilot.text import visible
from codepilot.values import dataclass

Colour = int | tuple[int, int, int] | None
"""Palette index 0–255, an RGB triple, or None for the default."""

BOLD, FAINT, ITALIC, UNDERLINE, BLINK, INVERSE, INVISIBLE, STRIKE, OVERLINE = (1 << bit for bit in range(9))
"""Bits of `Run.attributes`."""
DOUBLE, CURLY, DOTTED, DASHED = (style << 9 for style in (2, 3, 4, 5))
"""How an underline is drawn, one of these beside `UNDERLINE`; with none of them it is a plain line."""

CursorShape = Literal["block", "underline", "bar"]

_CUBE = (0, 95, 135, 175, 215, 255)
_SOFT_HYPHEN = "\u00ad"
_NON_JOINER = "\u200c"


def palette_rgb(index: int) -> tuple[int, int, int]:
    """The colours 16 to 255, which no theme changes."""
    if index >= 232:
        grey = 8 + 10 * (index - 232)
        return (grey, grey, grey)
    index -= 16
    return (_CUBE[index // 36], _CUBE[index // 6 % 6], _CUBE[index % 6])


def nearest_index(colour: tuple[int, int, int]) -> int:
    """The colour of the palette's cube that is most like this one."""
    levels = (min(range(6), key=lambda index: abs(_CUBE[index] - part)) for part in colour)
    return 16 + sum(factor * level for factor, level in zip((36, 6, 1), levels, strict=True))


def underline_style(attributes: int) -> int:
    """How an underline is drawn, as SGR 4 counts it: 0 none, 1 plain, 2 double, 3 curly, 4 dotted, 5 dashed."""
    return (attributes >> 9 & 7 or 1) if attributes & UNDERLINE else 0


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring cells of one style. `width` counts cells: a wide character fills two."""

    text: str
    width: int
    foreground: Colour = None
    background: Colour = None
    attributes: int = 0
    link: str = ""
    underline: Colour = None
    """The colour of the underline; None: that of the text."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the grid. Trailing blank cells of default style are left out."""

    runs: tuple[Run, ...] = ()
    wrapped: bool = False
    """The logical line goes on in the next row."""

    @property
    def text(self) -> str:
        """The row's characters."""
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next character goes."""

    x: int = 0
    y: int = 0
    visible: bool = True
    shape: CursorShape = "block"


@dataclass(frozen=True, slots=True)
class Modes:
    """What the program asked of its terminal, as far as a viewer needs it."""

    alternate: bool = False
    application_cursor: bool = False
    bracketed_paste: bool = False
    focus_events: bool = False
    mouse: Literal["off", "click", "drag", "motion"] = "off"
    mouse_sgr: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """What a program asks of the world around its screen. An engine does none of it, and answers none of it."""

    kind: Literal["bell", "clipboard", "notice"]
    """A bell; a text for the clipboard (OSC 52), which only a person may allow; a notification (OSC 9, 777)."""
    text: str = ""
    target: Literal["clipboard", "primary"] = "clipboard"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenUpdate:
    """What changed since the last one. `full` means: forget everything before."""

    columns: int
    lines: int
    rows: dict[int, Row] = field(default_factory=dict)
    """Row number on the screen (from 0) → its new content."""
    cursor: Cursor = Cursor()
    modes: Modes = Modes()
    title: str = ""
    """As the program set it: a viewer takes out what it would not show."""
    directory: str = ""
    """Where the program says that it works (OSC 7); of another machine as `host:path`."""
    history: int = 0
    """Rows above the screen that can be asked for."""
    full: bool = False


def cell_width(run: Run) -> int:
    """How many cells each character of a run fills, or its one cluster."""
    each, rest = divmod(run.width, len(run.text) or 1)
    return run.width if rest or each not in (1, 2) else each


def cell_texts(run: Run) -> Iterator[tuple[str, int]]:
    """The characters of a run, or its one cluster, each with its cells."""
    if not run.text:
        return
    each, rest = divmod(run.width, len(run.text))
    if rest or each not in (1, 2):
        yield run.text, run.width
        return
    for character in run.text:
        yield character, each


def drawn(cell: str) -> str:
    """What is drawn of a cell's characters: nothing that steers a terminal, turns a line round or cannot be seen."""
    if cell == _SOFT_HYPHEN:
        return "-"  # it has a cell of its own, as in any terminal
    if cell.endswith(_NON_JOINER):
        # It parts the last letter from one of the same script in the next cell.
        return visible(cell + cell[0])[:-1]
    return visible(cell)
