"""A tool call: one row with columns; unfolded, its output first, then whatever the row does not say."""

from __future__ import annotations

from rich.style import Style

from codepilot_tui.figures import signed
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.highlight import highlight_lines
from codepilot_tui.state import seconds_text
from codepilot_tui.transcript import CallLine
from codepilot_tui.transcript.results import further_fields, shown_result, split_result
from codepilot_tui.widgets.chat.items.changes import draw_changes
from codepilot_tui.widgets.chat.items.look import (
    INSIDE,
    PREVIEW,
    VERB,
    Fold,
    Look,
    block,
    note,
    row,
    tail,
    whole,
)
from codepilot_tui.widgets.chat.lines import Line, Span, cells, prefixed, wrap
from codepilot_tui.widgets.chat.pen import Pen
from codepilot_tui.widgets.painted import middle_path

_SIGNS = {
    "running": (UNICODE.running, "warn"),
    "asks": (UNICODE.asks, "warn"),
    "waits": (UNICODE.asks, "warn"),
    "ok": (UNICODE.ok, "ok"),
    "failed": (UNICODE.bad, "bad"),
    "error": (UNICODE.bad, "bad"),
    "denied": (UNICODE.bad, "bad"),
    "aborted": (UNICODE.stopped, "muted"),
    "cut off": (UNICODE.partly, "muted"),
    "goes on": (UNICODE.partly, "warn"),
    "went on": (UNICODE.stopped, "muted"),
}
_PATHS = frozenset(("read_file", "write_file", "edit_file"))
"""Calls whose label is a path."""


def draw(item: CallLine, look: Look, fold: Fold) -> list[Line]:
    """The call's row, and as much below it as its folding allows."""
    left, right = _left(item, look), _right(item, look)
    lines = [row(_named(item, left, right, look), right, look)]
    if item.reason:
        lines.extend(_reason(item, look))
    if fold == "folded":
        return lines
    if fold == "open":
        cut_short = _size(left) + _size(right) + 2 > look.width - 4
        return [*lines, *_unfolded(item, look, cut_short)]
    if item.changes:
        lines.extend(draw_changes(item.changes, look, preview=True))
    elif item.state == "error" and not item.reason:  # else the result says the same to the model
        lines.extend(tail(split_result(item).output, "muted", look, PREVIEW))
    return lines


def _named(item: CallLine, left: list[Span], right: list[Span], look: Look) -> list[Span]:
    """The left half with a path that fits: its folders give way, so that the file's name can be read."""
    if item.tool not in _PATHS:
        return left
    others = _size(right) + _size(left) - cells(item.label)
    room = look.width - 4 - others - (2 if right else 0)
    return [(middle_path(text, max(1, room)) if text == item.label else text, ink) for text, ink in left]


def _left(item: CallLine, look: Look) -> list[Span]:
    style = look.tokens.style
    sign, ink = _SIGNS[item.state]
    verb = item.tool.ljust(VERB - 1) + " "
    left = [(f"{sign} ", style(ink, bold=item.state in ("asks", "waits"))), (verb, style("muted"))]
    left.append((item.label, style("ink")))
    if item.changes:
        added, removed = signed(
            sum(change.added for change in item.changes), sum(change.removed for change in item.changes)
        )
        left += [
            (f"  {added}" if added else " ", style("ok")),
            (f" {removed}" if removed else "", style("bad")),
        ]
    return left


def _right(item: CallLine, look: Look) -> list[Span]:
    """How it went and how long it took. One that has not returned, or was cut off, shows no seconds."""
    style = look.tokens.style
    match item.state:
        case "running":
            return [(f"waits: {item.terminal} is busy", style("muted"))] if item.behind else []
        case "asks":
            return [("asks", style("warn"))]
        case "waits":
            return [(f"waits: you hold {item.terminal}", style("warn"))]
        case "denied":
            return [("denied", style("bad"))]
        case "cut off":
            return [(item.figure or "cut off", style("muted"))]
    words: list[Span] = []
    if item.state == "aborted":
        words.append(("stopped", style("muted")))
    elif item.figure and not (item.changes and item.figure.startswith("+")):
        words.append((item.figure, style("muted")))
    elif item.note:
        words.append((item.note, style("muted")))
    return [*words, (seconds_text(item.seconds).rjust(8), style("muted"))] if item.timed else words


def _reason(item: CallLine, look: Look) -> list[Line]:
    """Why it did not go well, in full; who said so, if it was denied."""
    style = look.tokens.style
    who = "" if item.state != "denied" else "You" if item.note == "denied" else item.note
    said: list[Span] = [(f"{who}: ", style("muted"))] if who else []
    body = wrap([*said, (item.reason, style("ink"))], max(8, look.width - 6))
    return prefixed(body, [INSIDE])


def _unfolded(item: CallLine, look: Look, cut_short: bool) -> list[Line]:
    result = shown_result(item)
    lines: list[Line] = []
    if cut_short:
        lines.extend(block([item.label], "muted", look))
    lines.extend(draw_changes(item.changes, look, preview=False))
    if result.output.strip():
        lines.extend(whole(result.output, "ink", look))
    for each in result.notes:
        lines.extend(block([each], "muted", look))
    for name, value in further_fields(item):
        lines.extend(_field(name, value, look))
    if item.code:
        lines.append(note("code", look))
        pen = Pen(look.width - 7, look.tokens)
        body: list[Line] = []
        for source in highlight_lines(item.code.strip("\n").expandtabs(4), "python"):
            body.extend(pen.source_line(source))
        lines.extend(prefixed(body, [INSIDE]))
    no = item.state == "denied" and item.note == "denied" and not item.reason
    return lines or [note("you said no: nothing was done" if no else "nothing more to show", look)]


def _field(name: str, value: str, look: Look) -> list[Line]:
    style = look.tokens.style
    label = name.ljust(VERB - 1) + " "
    if look.width < 40:  # no room beside the name
        return [note(name, look), *whole(value, "ink", look)]
    body: list[Line] = []
    for each in value.expandtabs(4).split("\n"):
        body.extend(wrap([(each, style("ink"))], look.width - 6 - len(label)))
    pad = " " * (5 + len(label))
    return prefixed(body, [INSIDE, (label, style("muted"))], [(pad, Style.null())])


def _size(spans: list[Span]) -> int:
    return sum(cells(text) for text, _ in spans)
