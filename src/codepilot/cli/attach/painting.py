"""Rows to what an xterm shows them by. Only cells are drawn: nothing that the program sent goes through.

A screen that was watched from the middle of its life starts clean, because each row is drawn whole with its own styles.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from codepilot.terminal import screen
from codepilot.terminal.screen import Colour, Row, Run, cell_texts, drawn

_ATTRIBUTES = (
    (screen.BOLD, "1"),
    (screen.FAINT, "2"),
    (screen.ITALIC, "3"),
    (screen.UNDERLINE, "4"),
    (screen.BLINK, "5"),
    (screen.INVERSE, "7"),
    (screen.INVISIBLE, "8"),
    (screen.STRIKE, "9"),
    (screen.OVERLINE, "53"),
)
_STAND_IN = "\ufffd"
_LINK = re.compile(r"https?://[!-~]{1,2000}")
"""Link targets that are passed on: web pages, in ASCII. Text with any other target is drawn without a link."""


class Painter:
    """Draws rows.

    Args:
        environment: tells by COLORTERM whether the terminal has all colours.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._all_colours = environment.get("COLORTERM", "") in ("truecolor", "24bit")

    def row(self, row: Row | None, left: int, width: int) -> str:
        """The columns from `left` on, from the beginning of a line to its end; the cursor stays somewhere in it."""
        parts: list[str] = []
        look = link = ""
        at = 0
        shift = False
        """The terminal may count cells otherwise than the program's did: say the column."""
        for run in row.runs if row is not None else ():
            start, at = at, at + run.width
            text = _between(run, left - start, left + width - start)
            if not text:
                continue
            if shift:
                parts.append(f"\x1b[{max(start, left) - left + 1}G")
            shift = not run.text.isascii()
            style = self._style(run)
            if style != look:
                parts.append(style or "\x1b[0m")
                look = style
            target = run.link if _LINK.fullmatch(run.link) else ""
            if target != link:
                parts.append(f"\x1b]8;;{target}\x1b\\")
                link = target
            parts.append(text)
        if link:
            parts.append("\x1b]8;;\x1b\\")
        if look:
            parts.append("\x1b[0m")
        if at < left + width:
            if shift:
                parts.append(f"\x1b[{max(at, left) - left + 1}G")
            parts.append("\x1b[K")
        return "\r" + "".join(parts)

    def _style(self, run: Run) -> str:
        codes = [code for bit, code in _ATTRIBUTES if run.attributes & bit]
        codes += self._colour(run.foreground, 30) + self._colour(run.background, 40)
        look = f"\x1b[0;{';'.join(codes)}m" if codes else ""
        # In sequences of their own: a terminal that does not know the colons draws the plain line of the first one.
        underline, colour = screen.underline_style(run.attributes), run.underline
        if underline > 1:
            look += f"\x1b[4:{underline}m"
        if isinstance(colour, tuple):
            look += f"\x1b[{':'.join(('58:2:', *map(str, colour)))}m"
        elif colour is not None:
            look += f"\x1b[58:5:{colour}m"
        return look

    def _colour(self, colour: Colour, base: int) -> list[str]:
        if colour is None:
            return []
        if isinstance(colour, tuple):
            if self._all_colours:
                return [str(base + 8), "2", *map(str, colour)]
            colour = screen.nearest_index(colour)
        if colour < 8:
            return [str(base + colour)]
        if colour < 16:
            return [str(base + 52 + colour)]
        return [str(base + 8), "5", str(colour)]


def _between(run: Run, start: int, end: int) -> str:
    """What stands in these columns of a run; of a wide character that is cut in two a blank stays."""
    if end <= 0 or start >= run.width:
        return ""
    text = run.text
    if text.isascii() and len(text) == run.width:
        text = text[max(0, start) : end]
        return text if text.isprintable() else "".join(drawn(each) or _STAND_IN for each in text)
    out, at = [], 0
    for part, width in cell_texts(run):
        begin, at = at, at + width
        if begin >= start and at <= end:
            out.append(drawn(part) or _STAND_IN + " " * (width - 1))
        elif at > start and begin < end:
            out.append(" " * (min(at, end) - max(begin, start)))
    return "".join(out)
