"""What the model thinks, folded to one row."""

from __future__ import annotations

from rich.style import Style

from codepilot_tui.glyphs import UNICODE
from codepilot_tui.transcript import Thinking
from codepilot_tui.widgets.chat.items.look import Fold, Look, bar, paragraphs
from codepilot_tui.widgets.chat.lines import Line, halves, line, prefixed


def draw(item: Thinking, look: Look, fold: Fold) -> list[Line]:
    """One row: the last words while it thinks, the first ones after; unfolded, all of it."""
    style = look.tokens.style
    thought = style("muted", italic=True)
    if fold == "open":
        body = paragraphs(item.text, thought, look.text_width - 2)
        first = line([(f"{UNICODE.unfolded} {_verb(item)}", style("muted"))])
        return prefixed([first, *prefixed(body, [("  ", Style.null())])], bar(look, "agent"))
    rows = [each for each in item.text.expandtabs(4).split("\n") if each.strip()] or [""]
    shown = rows[-1] if item.streaming else rows[0]
    left = [(f"{UNICODE.folded} {_verb(item)} ", style("muted")), (shown, thought)]
    figure = f"{len(rows)} lines" if len(rows) > 1 else ""
    return prefixed([line(halves(left, [(figure, style("muted"))], look.width - 4))], bar(look, "agent"))


def _verb(item: Thinking) -> str:
    return "thinking" if item.streaming else "thought"
