"""Each kind of item drawn as lines: state sign, verb, object, and figures at the right edge."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.style import Style

from codepilot_tui.highlight import highlight_lines
from codepilot_tui.state import seconds_text
from codepilot_tui.theme import Tokens
from codepilot_tui.transcript import (
    AgentTurn,
    CallLine,
    Change,
    Completion,
    Item,
    Notice,
    Payload,
    Prose,
    Question,
    Thinking,
    UserTurn,
)
from codepilot_tui.widgets.chat.glyphs import Glyphs
from codepilot_tui.widgets.chat.lines import Line, Span, cells, cut, fold, halves, line, prefixed, wrap
from codepilot_tui.widgets.chat.markdown import MarkdownText, Pen

Fold = Literal["auto", "folded", "open"]
"""`auto`: failures and edits show a part of what is in them, everything else its one line."""

READABLE = 100
"""Prose is not set wider than this; the eye loses the line."""
_VERB = 11
_PREVIEW = 12
_DIFF_PREVIEW = 40
_MOST = 2_000
_AUTO_DIFF = 120_000
_INDENT: Span = ("   ", Style.null())
_INSIDE: Span = ("     ", Style.null())


@dataclass(frozen=True, slots=True)
class Look:
    """How to draw: room, colours, signs. Nothing here moves by itself: the chat has no clock."""

    width: int
    tokens: Tokens
    glyphs: Glyphs


def foldable(item: Item) -> bool:
    """Whether Enter shows more of it."""
    match item:
        case CallLine():
            return bool(item.args or item.result or item.code or item.changes)
        case Thinking() | Payload():
            return bool(item.text.strip())
    return False


def starts_turn(item: Item) -> bool:
    """Whether a blank row stands above it."""
    return isinstance(item, UserTurn | AgentTurn)


def draw(item: Item, look: Look, fold_state: Fold, markdown: MarkdownText) -> list[Line]:
    """The lines of one item."""
    if item.hidden:
        return []
    match item:
        case UserTurn():
            return _user(item, look)
        case AgentTurn():
            return [_head(item.name, f"step {item.step}", "agent", look)]
        case Prose():
            return _prose(item, look, markdown)
        case Thinking():
            return _thinking(item, look, fold_state)
        case Payload():
            return _payload(item, look, fold_state)
        case CallLine():
            return _call(item, look, fold_state)
        case Notice():
            return _notice(item, look)
        case Completion():
            return _completion(item, look, markdown)
        case Question():
            return _question(item, look)
    return []


def estimate(item: Item, width: int) -> int:
    """About how many rows it takes; for items that nobody has looked at yet."""
    if item.hidden:
        return 0
    gap = 1 if starts_turn(item) else 0
    match item:
        case UserTurn(text=text) | Prose(text=text) | Completion(text=text):
            room = max(8, min(width, READABLE) - 4)
            return 1 + gap + len(text) // room + text.count("\n")
        case CallLine(state="error", result=result):
            return 1 + min(_PREVIEW, result.count("\n") + 1)
        case CallLine(changes=changes) if changes:
            return 1 + sum(min(_DIFF_PREVIEW, change.added + change.removed + 6) for change in changes)
    return 1 + gap


# -- turns --


def _bar(look: Look, who: str) -> list[Span]:
    return [(" ", Style.null()), (look.glyphs.bar + " ", look.tokens.style(who))]


def _head(name: str, right: str, who: str, look: Look) -> Line:
    style = look.tokens.style
    # The name gives way, never the hour or the step beside it.
    shown = cut(name, max(4, look.width - 4 - len(right) - 2), look.glyphs.more)
    row = halves([(shown, style(who, bold=True))], [(right, style("faint"))], look.width - 4)
    return prefixed([line(row)], _bar(look, who))[0]


def _text_width(look: Look) -> int:
    return min(look.width - 4, READABLE)


def _user(item: UserTurn, look: Look) -> list[Line]:
    hour = time.strftime("%H:%M", time.localtime(item.at))
    right = f"delivered at step {item.step} {look.glyphs.dot} {hour}" if item.step else hour
    ink = look.tokens.style("ink")
    body: list[Line] = []
    for row in item.text.strip("\n").expandtabs(4).split("\n"):
        body.extend(wrap([(row, ink)], _text_width(look)))
    return [_head("You", right, "you", look), *prefixed(body, _bar(look, "you"))]


def _prose(item: Prose, look: Look, markdown: MarkdownText) -> list[Line]:
    return markdown.draw(item.text, not item.streaming, _pen(look), _bar(look, "agent"))


def _pen(look: Look, less: int = 0) -> Pen:
    return Pen(_text_width(look) - less, look.tokens, look.glyphs)


def _thinking(item: Thinking, look: Look, fold_state: Fold) -> list[Line]:
    style = look.tokens.style
    text = item.text.strip("\n").expandtabs(4)
    rows = text.split("\n")
    bar = _bar(look, "agent")
    if fold_state == "open":
        body: list[Line] = []
        for row in rows:
            body.extend(wrap([(row, style("muted", italic=True))], _text_width(look) - 2))
        head = line([(look.glyphs.unfolded + " thought", style("muted"))])
        return prefixed([head, *prefixed(body, [("  ", Style.null())])], bar)
    shown = rows[-1] if item.streaming else rows[0]
    verb = "thinking " if item.streaming else "thought "
    left = [
        (f"{look.glyphs.folded} ", style("muted")),
        (verb, style("muted")),
        (shown, style("muted", italic=True)),
    ]
    figure = f"{len(rows)} lines" if len(rows) > 1 else ""
    return prefixed([line(halves(left, [(figure, style("faint"))], look.width - 4))], bar)


# -- calls --


def _sign(item: CallLine, look: Look) -> Span:
    glyphs, style = look.glyphs, look.tokens.style
    match item.state:
        case "running":
            return glyphs.running, style("warn")
        case "asks":
            return glyphs.asks, style("warn", bold=True)
        case "ok":
            return glyphs.ok, style("ok")
        case "aborted":
            return glyphs.stopped, style("muted")
        case "goes on":
            return glyphs.partly, style("warn")
        case _:
            return glyphs.bad, style("bad")


def _row(left: list[Span], right: list[Span], look: Look) -> Line:
    """A row of the state column: its sign stands where prose begins, its figures end where the hour does."""
    spans = halves(left, right, look.width - 4, look.glyphs.more)
    return line([_INDENT, *spans], 3)


def _call(item: CallLine, look: Look, fold_state: Fold) -> list[Line]:
    style = look.tokens.style
    sign = _sign(item, look)
    verb = item.tool.ljust(_VERB - 1) + " "
    left: list[Span] = [(sign[0] + " ", sign[1]), (verb, style("muted")), (item.label, style("ink"))]
    added = sum(change.added for change in item.changes)
    removed = sum(change.removed for change in item.changes)
    if item.changes:
        left.append(("  ", Style.null()))
        left.append((f"+{added}", style("ok")))
        if removed:
            left.append((f" −{removed}", style("bad")))
    lines = [_row(left, _figures(item, look, bool(item.changes)), look)]
    if fold_state == "folded":
        return lines
    if fold_state == "open":
        lines.extend(_diffs(item.changes, look, None))
        lines.extend(_details(item, look))
    elif item.changes:
        lines.extend(_diffs(item.changes, look, _DIFF_PREVIEW))
    elif item.state == "error":
        lines.extend(_excerpt(item.result, look, _PREVIEW))
    return lines


def _figures(item: CallLine, look: Look, changed: bool) -> list[Span]:
    style = look.tokens.style
    words = []
    if item.state == "running":
        return []
    if item.state == "asks":
        return [("asks", style("warn"))]
    if item.state == "aborted":
        words.append(("stopped", style("muted")))
    elif item.state == "denied":
        # A long reason must not cost the word itself: figures that find no room are left out.
        words.append((cut(item.note or "denied", max(8, look.width // 3), look.glyphs.more), style("bad")))
    elif item.figure and not (changed and item.figure.startswith("+")):
        words.append((item.figure, style("muted" if item.state == "error" else "faint")))
    elif item.note:
        words.append((cut(item.note, max(8, look.width // 3), look.glyphs.more), style("faint")))
    return [*words, (seconds_text(item.seconds).rjust(8), style("faint"))]


def _diffs(changes: Sequence[Change], look: Look, most: int | None) -> list[Line]:
    from codepilot_tui.widgets.diff import diff_strips

    lines: list[Line] = []
    for change in changes:
        if change.coarse or (most is not None and len(change.before or "") + len(change.after) > _AUTO_DIFF):
            lines.append(_note("a large change; the file pane shows it", look))
            continue
        if len(changes) > 1:
            lines.append(_note(change.path, look))
        strips = diff_strips(change.before or "", change.after, change.path, look.width - 6, look.tokens)
        shown = strips[: most or _MOST]
        lines.extend(prefixed((Line(list(strip)) for strip in shown), [_INSIDE]))
        if len(strips) > len(shown):
            lines.append(_more(len(strips) - len(shown), look))
    return lines


def _details(item: CallLine, look: Look) -> list[Line]:
    lines: list[Line] = []
    for name, value in item.args.items():
        lines.extend(_field(name, value, look))
    if item.note:
        lines.extend(_field("permission", item.note, look))
    if item.code:
        lines.append(_note("code", look))
        pen = Pen(look.width - 7, look.tokens, look.glyphs)
        body: list[Line] = []
        for row in highlight_lines(item.code.strip("\n").expandtabs(4), "python"):
            body.extend(pen.source_line(row))
        lines.extend(prefixed(body, [_INSIDE]))
    if item.result.strip():
        lines.append(_note("result", look))
        lines.extend(_excerpt(item.result, look, _MOST))
    return lines


def _field(name: str, value: str, look: Look) -> list[Line]:
    style = look.tokens.style
    label = name.ljust(_VERB - 1) + " "
    rows = value.expandtabs(4).split("\n")
    if look.width < 40:  # no room beside the name
        return [_note(name, look), *_excerpt(value, look, _MOST)]
    body: list[Line] = []
    for row in rows[:_MOST]:
        body.extend(fold([(row, style("ink"))], max(8, look.width - 6 - len(label))))
    pad = " " * (5 + len(label))
    return prefixed(body, [_INSIDE, (label, style("muted"))], [(pad, Style.null())])


def _note(text: str, look: Look) -> Line:
    return line([_INSIDE, (cut(text, look.width - 6), look.tokens.style("muted"))], 5)


def _more(count: int, look: Look) -> Line:
    style = look.tokens.style
    rows = "row" if count == 1 else "rows"
    spans = [(f"{look.glyphs.more} {count} more {rows}  ", style("muted"))]
    keys = [("Enter", style("ink", bold=True)), (" all", style("muted"))]
    row = line([_INSIDE, *spans, *keys], 5)
    row.opens = True
    return row


def _excerpt(text: str, look: Look, most: int) -> list[Line]:
    """The end of a result, where failures say what went wrong; all of it if there is room."""
    rows = text.strip("\n").expandtabs(4).split("\n")
    hidden = max(0, len(rows) - most)
    ink = look.tokens.style("muted")
    lines = [_more(hidden, look)] if hidden else []
    body: list[Line] = []
    for row in rows[hidden:]:
        body.extend(fold([(row, ink)], max(8, look.width - 6)))
    return lines + prefixed(body, [_INSIDE])


def _payload(item: Payload, look: Look, fold_state: Fold) -> list[Line]:
    style = look.tokens.style
    rows = f"{item.lines} line{'' if item.lines == 1 else 's'}"
    if item.unused:
        sign: Span = (look.glyphs.stopped, style("muted"))
        verb, right = "payload", f"{rows}, not written"
    elif item.closed:
        sign, verb, right = (look.glyphs.running, style("muted")), "received", rows
    else:
        sign, verb, right = (look.glyphs.running, style("warn")), "writing", rows
    left = [(sign[0] + " ", sign[1]), (verb.ljust(_VERB), style("muted")), (item.path, style("ink"))]
    lines = [_row(left, [(right, style("faint"))], look)]
    if fold_state == "open":
        lines.extend(_excerpt(item.text, look, _MOST))
    return lines


# -- what is said about the work --


def _notice(item: Notice, look: Look) -> list[Line]:
    style, glyphs = look.tokens.style, look.glyphs
    ink = {"error": "bad", "warn": "warn", "info": "muted"}[item.kind]
    sign = ({"error": glyphs.bad, "warn": "!", "info": glyphs.dot}[item.kind] + " ", style(ink))
    room = look.width - 4
    whole = [sign, (item.what, style("ink"))]
    if item.where:
        whole.append((f"  {item.where}", style("muted")))
    if (
        "\n" not in item.what + item.where
        and sum(cells(text) for text, _ in whole) + cells(item.next) + 4 <= room
    ):
        return [_row(whole, [(item.next, style("muted"))] if item.next else [], look)]
    body: list[Line] = []
    for text, weight in ((item.what, "ink"), (item.where, "muted"), (item.next, "muted")):
        for row in text.strip("\n").expandtabs(4).split("\n") if text else ():
            body.extend(wrap([(row, style(weight))], _text_width(look) - 2))
    return prefixed(body, [_INDENT, sign], [_INSIDE])


def _completion(item: Completion, look: Look, markdown: MarkdownText) -> list[Line]:
    style = look.tokens.style
    body = markdown.draw(item.text, item.done, _pen(look, 2), [_INSIDE])
    if not item.done:
        return body
    steps = f"{item.steps} step{'' if item.steps == 1 else 's'} {look.glyphs.dot} "
    right = (steps if item.steps else "") + seconds_text(item.seconds)
    head = _row([(look.glyphs.ok + " done", style("ok", bold=True))], [(right, style("faint"))], look)
    return [head, *body]


def _question(item: Question, look: Look) -> list[Line]:
    style = look.tokens.style
    ink = "warn" if item.open else "muted"
    body: list[Line] = []
    for row in item.question.strip("\n").expandtabs(4).split("\n"):
        body.extend(wrap([(row, style("ink"))], _text_width(look) - 2))
    lines = prefixed(body, [_INDENT, (look.glyphs.asks + " ", style(ink, bold=True))], [_INSIDE])
    if item.open:
        return [*lines, _note("asks", look)]
    if item.answer is None:
        return [*lines, _note("nobody answered", look)]
    answer: list[Line] = []
    for row in item.answer.expandtabs(4).split("\n"):
        answer.extend(wrap([(row, style("ink"))], _text_width(look) - 6))
    you = [_INSIDE, ("You ", style("you", bold=True))]
    return lines + prefixed(answer, you, [(" " * 9, Style.null())])


def empty_state(width: int, tokens: Tokens, agent: str) -> list[Line]:
    """What will be here, and how to get it."""
    style = tokens.style
    keys = (("Enter", "send"), ("/", "commands"), ("Ctrl+P", "everything that can be done"), ("F1", "keys"))
    rows: list[list[Span]] = [
        [(agent, style("agent", bold=True)), (" is ready.", style("ink"))],
        [],
        [("What it says and does will stand here: its words, each command, each edit.", style("muted"))],
        [("Say below what you want done, for example", style("muted"))],
        [("  Find out why the tests fail, and fix it", style("ink"))],
        [],
        *([(key.ljust(8), style("ink", bold=True)), (word, style("muted"))] for key, word in keys),
    ]
    lines: list[Line] = []
    for row in rows:
        lines.extend(prefixed(wrap(row, max(8, width - 4)), [_INDENT]))
    return lines
