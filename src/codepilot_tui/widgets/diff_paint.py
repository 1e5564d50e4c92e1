"""The rows of a difference drawn as strips: gutter, tints, changed words, source colours, two halves and a rule."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from codepilot.diff_words import Span
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.highlight import LIMIT, Run, SourceLine, colouring, highlight_line, language_for
from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.diff_rows import DiffDocument, Mode, Row, is_split, layout

COLOURED_AT_ONCE = 60_000
"""Characters up to which a text is coloured while it is drawn; more would hold up the screen."""
_NO_NEWLINE = "  no newline at the end"


@dataclass(frozen=True, slots=True)
class Look:
    """What a row's picture depends on beside the row."""

    width: int
    split: bool
    plane: str = "ground"
    """The token of the plane that it lies on."""
    offset: int = 0
    """How far the source is scrolled to the left."""
    rejected: frozenset[int] = frozenset()
    """The hunks that are left out."""
    current: int = -1
    """The hunk that the keys mean; -1: none is shown."""
    part: int = 0
    """Which part of a wrapped line: its first, or one that goes on below it."""
    wrapped: bool = False
    """Long lines go on below instead of being cut."""


class DiffPainter:
    """Draws rows of one document in the colours of one theme."""

    def __init__(self, document: DiffDocument, path: str, tokens: Tokens) -> None:
        self._document = document
        self._tokens = tokens
        self._language = language_for(path)
        old, new = document.old_source, document.new_source
        self._colours = {True: colouring(old, self._language), False: colouring(new, self._language)}
        sides = ((True, old), (False, new))
        self.late = {is_old for is_old, source in sides if COLOURED_AT_ONCE < len(source) <= LIMIT}
        """The sides whose lines are coloured each by itself until `colour` was there: old (True), new."""
        self._digits = document.numbers_width

    def gutter_width(self) -> int:
        """Columns before the source: a bar, the number, the sign."""
        return 1 + self._digits + 3

    def source_width(self, width: int, split: bool) -> int:
        """Columns that the source has, in the narrower half."""
        return max(1, (((width - 3) // 2) if split else width) - self.gutter_width())

    def paint(self, row: Row, look: Look) -> Strip:
        """One row, exactly `look.width` columns wide."""
        style = self._tokens.style
        if row.kind == "note":
            return self._text_row(f" {row.note}", look, style("muted", look.plane))
        if row.kind == "fold":
            lines = "line" if row.count == 1 else "lines"
            blank = " " * (self._digits + 1)
            return self._text_row(
                f"{blank}{UNICODE.gap} {row.count} unchanged {lines}", look, style("muted", look.plane)
            )
        if not look.split:
            is_old = row.old is not None and row.kind == "change" and row.new is None
            return Strip(self._half(row, look, is_old, look.width), look.width)
        left = (look.width - 3) // 2
        rule = [
            Segment(" ", style("", look.plane)),
            Segment(UNICODE.quote, style("line", look.plane)),
            Segment(" ", style("", look.plane)),
        ]
        right = look.width - 3 - left
        return Strip(
            [*self._half(row, look, True, left), *rule, *self._half(row, look, False, right)], look.width
        )

    def _text_row(self, text: str, look: Look, style: Style) -> Strip:
        return Strip([Segment(set_cell_size(text, look.width), style)], look.width)

    def _half(self, row: Row, look: Look, is_old: bool, width: int) -> list[Segment]:
        style = self._tokens.style
        line = row.old if is_old else row.new
        current = row.hunk >= 0 and row.hunk == look.current
        bar = Segment(UNICODE.cursor if current else " ", style("you", look.plane))
        if line is None:
            return [
                bar,
                Segment(" " * (width - 1), style("", "raised" if look.plane != "raised" else "line")),
            ]
        changed = row.kind == "change"
        rejected = row.hunk in look.rejected
        plane = look.plane if not changed or rejected else "removed" if is_old else "added"
        sign = " " if not changed else UNICODE.bad if rejected else "−" if is_old else "+"
        sign_ink = "muted" if rejected or not changed else "bad" if is_old else "ok"
        number, sign = (
            (f"{line + 1:>{self._digits}} ", sign) if not look.part else (" " * (self._digits + 1), " ")
        )
        gutter = [
            bar if current else Segment(" ", style("", plane)),
            Segment(number, style("muted", plane)),
            Segment(f"{sign} ", style(sign_ink, plane)),
        ]
        room = width - self.gutter_width()
        runs = self._runs(line, is_old)
        if rejected:
            runs = tuple((text, "muted") for text, _ in runs)
        marks = self._marks(row, is_old) if changed and not rejected else ()
        pieces = list(_marked(runs, marks))
        if changed and self._document.lacks_newline(
            old=line if is_old else None, new=None if is_old else line
        ):
            pieces.append((_NO_NEWLINE, "muted", False))
        strong = f"{plane}-word" if plane in ("added", "removed") else plane
        source = [
            Segment(text, style(kind or "ink", strong if marked else plane)) for text, kind, marked in pieces
        ]
        blank = style("", plane)
        if look.wrapped:
            text = (self._document.old_lines if is_old else self._document.new_lines)[line]
            parts = wrapped(text, self.source_width(look.width, look.split))
            if look.part >= len(parts):
                return [*gutter, Segment(" " * room, blank)]
            start, end = parts[look.part]
            return [*gutter, *_cut(_cut(source, start, end - start, blank), 0, room, blank)]
        return [*gutter, *_fitted(source, look.offset, room, blank)]

    def _runs(self, line: int, is_old: bool) -> SourceLine:
        colours = self._colours[is_old]
        if is_old not in self.late:
            return colours.line(line)
        if line < colours.ready:
            return colours.line_now(line)  # `line` would wait for the thread that colours the rest
        # By itself it may look like code where it is text, but plain it would look like no code at all.
        return highlight_line(
            (self._document.old_lines if is_old else self._document.new_lines)[line], self._language
        )

    def colour(self) -> None:
        """Colour what is too large to do so while drawing. May run on a thread."""
        for is_old in tuple(self.late):
            self._colours[is_old].advance(len(self._colours[is_old]))
            self.late.discard(is_old)

    def parts(self, row: Row, look: Look) -> int:
        """How many rows of the screen it takes where long lines are wrapped."""
        if row.kind in ("note", "fold"):
            return 1
        document, room = self._document, self.source_width(look.width, look.split)
        texts = []
        if row.old is not None and (look.split or row.new is None):
            texts.append(document.old_lines[row.old])
        if row.new is not None:
            texts.append(document.new_lines[row.new])
        return max((len(wrapped(text, room)) for text in texts), default=1)

    def _marks(self, row: Row, is_old: bool) -> Collection[Span]:
        old, new = row.old, row.new
        if old is None:
            old = row.mate
        elif new is None:
            new = row.mate
        if old is None or new is None:
            return ()
        return self._document.marks(old, new)[0 if is_old else 1]


def diff_strips(
    before: str | None,
    after: str | None,
    path: str,
    width: int,
    tokens: Tokens,
    *,
    mode: Mode = "auto",
    folded: bool = True,
    plane: str = "ground",
    limit: int | None = None,
    left_out: Callable[[int], None] | None = None,
) -> list[Strip]:
    """The whole difference as strips of `width` columns, for a place that does its own scrolling.

    Args:
        before: the old text; None: there was no file.
        after: the new text; None: there is no file any more.
        path: decides the language.
        width: columns.
        tokens: the colours.
        mode: side by side, below each other, or whichever fits.
        folded: hide unchanged lines far from a change.
        plane: the token of the plane behind it.
        limit: the most rows; one more says how many were left out.
        left_out: told that number, in place of the row that says it.
    """
    document = DiffDocument(before, after)
    split = is_split(mode, width, document)
    painter = DiffPainter(document, path, tokens)
    look = Look(width, split, plane)
    rows = layout(document, split=split, folded=folded)
    shown = rows if limit is None else rows[:limit]
    strips = [painter.paint(row, look) for row in shown]
    if len(rows) > len(shown) and left_out is not None:
        left_out(len(rows) - len(shown))
    elif len(rows) > len(shown):
        note = Row("note", note=f"{UNICODE.gap} {len(rows) - len(shown)} more rows")
        strips.append(painter.paint(note, look))
    return strips


@lru_cache(maxsize=1024)
def wrapped(text: str, room: int) -> tuple[tuple[int, int], ...]:
    """The first column of each part of a wrapped line, and the one behind it: broken behind a blank where there is one.

    A line with characters of other widths than one is broken where the room ends.
    """
    columns = cell_len(text)
    parts = []
    at = 0
    while columns - at > room:
        blank = text.rfind(" ", at + room // 2, at + room) if text.isascii() else -1
        end = blank + 1 if blank >= 0 else at + room
        parts.append((at, end))
        at = end
    return (*parts, (at, at + room))


def _marked(runs: Iterable[Run], marks: Collection[Span]) -> Iterable[tuple[str, str, bool]]:
    """The runs cut at the borders of the marks: text, kind, marked."""
    position = 0
    for text, kind in runs:
        start, end = position, position + len(text)
        position = end
        at = start
        for first, last in marks:
            if last <= at or first >= end:
                continue
            if first > at:
                yield text[at - start : first - start], kind, False
                at = first
            stop = min(last, end)
            yield text[at - start : stop - start], kind, True
            at = stop
        if at < end:
            yield text[at - start :], kind, False


def _cut(source: list[Segment], start: int, width: int, blank: Style) -> list[Segment]:
    """Exactly `width` columns of the source from `start` on, then blanks."""
    total = sum(cell_len(segment.text) for segment in source)
    if total <= start:
        return [Segment(" " * width, blank)]
    out = list(Strip(source, total).crop(start, start + width))
    missing = width - sum(cell_len(segment.text) for segment in out)
    return [*out, Segment(" " * missing, blank)] if missing > 0 else out


def _fitted(source: list[Segment], offset: int, width: int, blank: Style) -> list[Segment]:
    """As `_cut`, with `…` at the end where the source goes on."""
    total = sum(cell_len(segment.text) for segment in source)
    if total <= offset + width or width <= 1:
        return _cut(source, offset, width, blank)
    return [*_cut(source, offset, width - 1, blank), Segment("…", blank)]
