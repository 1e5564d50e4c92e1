"""A file's text on its way."""

from __future__ import annotations

from codepilot_tui.glyphs import UNICODE
from codepilot_tui.transcript import Payload
from codepilot_tui.widgets.chat.items.look import VERB, Fold, Look, row, whole
from codepilot_tui.widgets.chat.lines import Line, Span


def draw(item: Payload, look: Look, fold: Fold) -> list[Line]:
    """One row that counts lines; unfolded, the text."""
    style = look.tokens.style
    figure = f"{item.lines} line{'' if item.lines == 1 else 's'}"
    if item.unused:
        sign: Span = (UNICODE.stopped, style("muted"))
        verb, figure = "unused", f"{figure}, not written"
    elif item.closed:
        sign, verb = (UNICODE.running, style("muted")), "received"
    else:
        sign, verb = (UNICODE.running, style("warn")), "writing"
    left = [(sign[0] + " ", sign[1]), (verb.ljust(VERB), style("muted")), (item.path, style("ink"))]
    lines = [row(left, [(figure, style("muted"))], look)]
    return lines + whole(item.text, "ink", look) if fold == "open" and item.text.strip() else lines
