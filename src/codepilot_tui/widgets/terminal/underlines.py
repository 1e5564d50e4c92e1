"""Curly, dotted and dashed underlines, and coloured ones, which Rich has no names for."""

from __future__ import annotations

from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip


def underlined(style: Style, kind: int, colour: tuple[int, int, int] | None) -> Style:
    """A style with such an underline in the place of its own; where styles are mixed, the plain one is left.

    Args:
        style: with a plain underline, or a double one.
        kind: as SGR 4 counts it: 1 plain, 2 double, 3 curly, 4 dotted, 5 dashed.
        colour: of the line; None: that of the text.
    """
    bare = style + Style(underline=False, underline2=False)
    codes = [Strip.render_ansi(bare, ColorSystem.TRUECOLOR), f"4:{kind}"]
    if colour is not None:
        codes.append("58:2::{}:{}:{}".format(*colour))
    # The meta keeps it apart from the style with the plain line, which would else be taken for the same.
    made = style + Style(meta={"underline": (kind, colour)})
    made._ansi = ";".join(filter(None, codes))
    return made
