"""How a dock's own rows look: its head, its answers, its facts. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len, chop_cells
from textual.strip import Strip

from codepilot_tui.docks.arming import State
from codepilot_tui.figures import signed
from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.painted import Cell, Picture, Place, middle_path, row_of, spread

Tone = Literal["ok", "bad", "plain"]
PLANE = "raised"
_GAP = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """A key that answers, and its word."""

    key: str
    word: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Head:
    """The first row of a dock."""

    title: str
    path: str = ""
    """The part of the title that is a path: where it is too long, its folders give way and the file's name stays."""
    whole: bool = False
    """A path that had to give way stands once more below, all of it."""
    detail: str = ""
    """Where or what, muted, behind the title."""
    figures: tuple[int, int] | None = None
    """Lines added and removed."""
    count: tuple[int, int] = (1, 1)
    """Which of the waiting questions it is, and how many there are."""
    notes: tuple[str, ...] = ()
    """More for the right edge, before the state."""
    state: Literal["wait", "ready", "away", "none"] = "wait"
    recall: str = ""
    """The key that comes back to it while it is `away`."""


def head_row(head: Head, width: int, tokens: Tokens) -> Strip:
    """Title and detail left; count and state right."""
    ground = tokens.style("", PLANE)
    right = _head_right(head, tokens)
    left = _head_left(head, tokens)
    if head.path:
        taken = sum(cell_len(text) for text, _ in [*left, *right]) - cell_len(head.path)
        title, style = left[0]
        left[0] = (title.replace(head.path, middle_path(head.path, max(1, width - taken))), style)
    return spread(left, right, width, ground)


def path_rows(head: Head, width: int, tokens: Tokens) -> list[Strip]:
    """The whole path on rows of its own, if the head had to cut it and is to show all."""
    if not head.whole or not head.path or head.path in head_row(head, width, tokens).text:
        return []
    style, ground = tokens.style("ink", PLANE), tokens.style("", PLANE)
    pieces = chop_cells(head.path, max(2, width - 2))
    return [row_of([(" ", ground), (piece, style)], width, ground) for piece in pieces]


def _head_left(head: Head, tokens: Tokens) -> list[Cell]:
    style = tokens.style
    left: list[Cell] = [(f" {head.title}", style("warn", PLANE, bold=True))]
    if head.detail:
        left.append((f"   {head.detail}", style("muted", PLANE)))
    if head.figures is not None:
        added, removed = signed(*head.figures)
        left.append((f"   {added}" if added else "  ", style("ok", PLANE)))
        left.append((f" {removed}" if removed else "", style("bad", PLANE)))
    return left


def _head_right(head: Head, tokens: Tokens) -> list[Cell]:
    style = tokens.style
    ground = style("", PLANE)
    words: list[Cell] = [(note, style("muted", PLANE)) for note in head.notes]
    position, total = head.count
    if total > 1:
        words.append((f"{position} of {total}", style("muted", PLANE)))
    states: dict[str, list[Cell]] = {
        "wait": [("wait…", style("warn", PLANE))],
        "ready": [("ready", style("ok", PLANE))],
        "away": [(head.recall, style("ink", PLANE, bold=True)), (" answer", style("muted", PLANE))],
        "none": [],
    }
    right: list[Cell] = [("  ", ground)]
    for each in [[word] for word in words] + [states[head.state]]:
        if each:
            right.extend([(" · ", style("faint", PLANE))] if len(right) > 1 else [])
            right.extend(each)
    return [*right, (" ", ground)]


def chips(
    choices: Sequence[Choice], tail: Sequence[tuple[str, str]], width: int, tokens: Tokens, *, state: State
) -> Picture:
    """The answers as chips and, at the right edge of the last row, keys that are no answers; wrapped where narrow.

    Args:
        choices: the answers.
        tail: keys with their words.
        width: columns.
        tokens: the colours.
        state: once ready, the keys answer; until then the chips are grey. While the keyboard is elsewhere all is grey:
            Esc means something else there.
    """
    live = state == "ready"
    style = tokens.style
    ground = style("", PLANE)
    rows: list[list[Cell]] = [[(" ", ground)]]
    places: list[Place] = []
    used = 1

    def put(cells: list[Cell], name: str) -> None:
        nonlocal used
        size = sum(cell_len(text) for text, _ in cells)
        gap = _GAP if used > 1 else 0
        if used > 1 and used + gap + size > width - 1:
            rows.append([(" ", ground)])
            used, gap = 1, 0
        rows[-1].extend([(" " * gap, ground), *cells])
        places.append(Place(len(rows) - 1, used + gap, used + gap + size, name))
        used += gap + size

    for choice in choices:
        tone = "line" if choice.tone == "plain" or not live else choice.tone
        ink = "muted" if not live else "ink" if choice.tone == "plain" else "ground"
        word = style("ink" if live else "muted", PLANE)
        put([(f" {choice.key} ", style(ink, tone, bold=True)), (f" {choice.word}", word)], choice.key)
    tail_cells = [keys_cells(key, word, tokens, grey=state == "away") for key, word in tail]
    size = sum(cell_len(text) for cells in tail_cells for text, _ in cells) + _GAP * max(0, len(tail) - 1)
    if tail and used + _GAP + size <= width - 1:
        rows[-1].append((" " * (width - 1 - used - size - _GAP), ground))
        used = width - 1 - size - _GAP
    for (key, _), cells in zip(tail, tail_cells, strict=True):
        put(cells, key)
    return Picture(tuple(row_of(cells, width, ground) for cells in rows), tuple(places))


def keys_cells(key: str, word: str, tokens: Tokens, *, grey: bool = False) -> list[Cell]:
    """A key and its word; `grey` where it means something else now."""
    ink = "muted" if grey else "ink"
    return [(key, tokens.style(ink, PLANE, bold=True)), (f" {word}", tokens.style("muted", PLANE))]
