"""What the agent asked, and the answer."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style

from codepilot_tui.glyphs import UNICODE
from codepilot_tui.transcript import Question
from codepilot_tui.widgets.chat.items.look import INDENT, INSIDE, Look, note, paragraphs
from codepilot_tui.widgets.chat.lines import Line, prefixed
from codepilot_tui.widgets.chat.markdown import MarkdownText, line_by_line
from codepilot_tui.widgets.chat.pen import Pen

_ASKS = "  asks"


def draw(item: Question, look: Look, markdown: MarkdownText) -> list[Line]:
    """The question in Markdown, with `asks` at the right edge while it is open; then the answer, or that none came."""
    style = look.tokens.style
    sign = (f"{UNICODE.asks} ", style("warn" if item.open else "muted", bold=True))
    edge = look.width - 1  # where the times of the calls end
    most = look.text_width - 2
    room = max(4, min(most, edge - len(INSIDE[0]) - len(_ASKS))) if item.open else most
    words = markdown.draw(line_by_line(item.question), True, Pen(room, look.tokens))
    lines = prefixed(words or paragraphs(item.question, style("ink"), room), [INDENT, sign], [INSIDE])
    if item.open:
        first = lines[0]
        first.pad = max(len(_ASKS), edge - first.width)
        first.segments = [*first.segments, Segment(_ASKS.rjust(first.pad), style("warn"))]
        return lines
    if item.answer is None:
        return [*lines, note("no answer", look)]
    answer = paragraphs(item.answer, style("ink"), look.text_width - 7)
    you = [INSIDE, ("You: ", style("you", bold=True))]
    return lines + prefixed(answer, you, [(" " * 10, Style.null())])
