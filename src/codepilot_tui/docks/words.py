"""The body of docks that say something in sentences: wrapped, and scrolled where they are too long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from textual.strip import Strip
from textual.widget import Widget

from codepilot.text import clean
from codepilot_tui.docks.arming import DEAF_SECONDS
from codepilot_tui.docks.base import Dock
from codepilot_tui.docks.paint import PLANE, Choice
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.theme import Tokens, tokens_for
from codepilot_tui.widgets.chat.lines import Span, cells, cut, wrap
from codepilot_tui.widgets.painted import Cell, Filled, Picture, row_of
from codepilot_tui.widgets.row_selection import SelectableRows

Said = tuple[str, str]
"""A piece of text and the token of its colour."""
Result = TypeVar("Result")
INDENT = 3
"""Blank columns at each side."""


class OneRow(tuple[Said, ...]):
    """A line that is cut where it is too long, not wrapped: it names something among others."""


Laid = tuple[Strip, str | None]
"""A row, and what stood between it and the one above where a line was wrapped; None: a line begins."""


def said_rows(lines: Sequence[Sequence[Said]], width: int, tokens: Tokens) -> list[Laid]:
    """Each line wrapped or cut to the width; an empty one is a blank row."""
    ground = tokens.style("", PLANE)
    rows, room = [], max(1, width - 2 * INDENT)
    for line in lines:
        said = [(clean(text), tokens.style(ink, PLANE)) for text, ink in line]
        for part in wrap(_fitting(said, room) if isinstance(line, OneRow) else said, room):
            text: list[Cell] = [(segment.text, segment.style or ground) for segment in part.segments]
            rows.append((row_of([(" " * INDENT, ground), *text], width, ground), part.joint))
    return rows


def _fitting(spans: Sequence[Span], room: int) -> list[Span]:
    """The spans, the last one that has any room cut."""
    kept: list[Span] = []
    for text, style in spans:
        kept.append((cut(text, room), style))
        room = max(0, room - cells(text))
    return kept


def said_picture(
    lines: Sequence[Sequence[Said]], width: int, height: int, top: int, tokens: Tokens
) -> Picture:
    """The rows of these lines that are in sight; see `in_sight`."""
    return in_sight(said_rows(lines, width, tokens), width, height, top, tokens)


def in_sight(laid: Sequence[Laid], width: int, height: int, top: int, tokens: Tokens) -> Picture:
    """The rows in sight; where there are more, the last one says how many."""
    rows, joints = [row for row, _ in laid], tuple(joint for _, joint in laid)
    if len(rows) <= height:
        return Picture(tuple(rows), joints=joints, indent=INDENT)
    shown = max(1, height - 1)
    top = max(0, min(top, len(rows) - shown))
    left = len(rows) - top - shown
    says = (
        f"{UNICODE.gap} {left} more line{'' if left == 1 else 's'} · ↓"
        if left
        else f"{UNICODE.gap} the end · ↑"
    )
    more = row_of([(f"{' ' * INDENT}{says}", tokens.style("warn", PLANE))], width, tokens.style("", PLANE))
    seen = (*rows[top : top + shown], more)[:height]
    return Picture(seen, joints=joints[top : top + shown], indent=INDENT)


def _kept(lines: Sequence[Sequence[Said]]) -> tuple[tuple[Said, ...], ...]:
    return tuple(line if isinstance(line, OneRow) else tuple(line) for line in lines)


class WordsBody(SelectableRows, Filled):
    """Sentences. `press` scrolls them."""

    def __init__(self, lines: Sequence[Sequence[Said]]) -> None:
        super().__init__(classes="dock-body")
        self.lines = _kept(lines)
        self._top = 0

    def say(self, lines: Sequence[Sequence[Said]]) -> bool:
        """Other sentences; False if they are the same."""
        if (kept := _kept(lines)) == self.lines:
            return False
        self.lines, self._top = kept, 0
        self.repaint()
        return True

    def picture_in(self, width: int, height: int, tokens: Tokens) -> Picture:
        """What is in sight of them."""
        return in_sight(self.rows(width, tokens), width, height, self._top, tokens)

    def rows(self, width: int, tokens: Tokens) -> list[Laid]:
        """All of it."""
        return said_rows(self.lines, width, tokens)

    def rows_in(self, width: int) -> int:
        """How many rows all of it takes."""
        return len(self.rows(width, tokens_for(self.app)))

    def scrolls(self) -> frozenset[str]:
        """↓ where there is more than can be seen."""
        return frozenset(("down",) if self.rows_in(self.size.width) > self.size.height else ())

    def press(self, key: str) -> bool:
        """Scroll; True if the key does."""
        page = max(1, self.size.height - 2)
        steps = {"up": -1, "down": 1, "pageup": -page, "pagedown": page, "home": -(10**6), "end": 10**6}
        if key not in steps:
            return False
        most = max(0, self.rows_in(self.size.width) - max(1, self.size.height - 1))
        top = max(0, min(self._top + steps[key], most))
        if top != self._top:
            self._top = top
            self.repaint()
        return True


class WordsDock(Dock[Result]):
    """A question in sentences, answered with a letter. Subclasses give `choose`.

    Args:
        title: the question.
        lines: what it is about, line by line.
        choices: the answers.
        detail: behind the title.
        deaf: for how many quiet seconds the answers are deaf.
    """

    def __init__(
        self,
        title: str,
        lines: Sequence[Sequence[Said]],
        choices: Sequence[Choice],
        *,
        detail: str = "",
        deaf: float = DEAF_SECONDS,
    ) -> None:
        self.title, self.detail, self.choices = title, detail, tuple(choices)
        self._words = WordsBody(lines)
        super().__init__(deaf=deaf)

    def say(self, title: str, lines: Sequence[Sequence[Said]], choices: Sequence[Choice]) -> None:
        """What it is about became something else."""
        changed = self._words.say(lines)
        if changed or (title, tuple(choices)) != (self.title, self.choices):
            self.title, self.choices = title, tuple(choices)
            self.repaint()
            self.resized()

    def body(self) -> Iterable[Widget]:
        """The sentences."""
        yield self._words

    def body_rows(self, width: int) -> int:
        """All of them."""
        return self._words.rows_in(width)

    def scrolls(self) -> frozenset[str]:
        """A long text."""
        return self._words.scrolls()

    def other_key(self, key: str) -> bool:
        """Scroll what is too long."""
        return self._words.press(key)
