"""The rows of a difference drawn as strips: gutter, tints, changed words, source colours, two halves and a rule."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from codepilot.diff_words import Span
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.highlight import LIMIT, Colouring, SourceLine, colouring, highlight_line, language_for
from codepilot_tui.theme import Tokens
from codepilot_tui.widgets.diff_cells import (
    cut,
    fitted_source,
    gutter_columns,
    marked,
    row_parts,
    source_columns,
    wrapped,
)
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
    """Draws rows of one document in the colours of one theme.

    Args:
        document: the rows are its.
        path: decides the language.
        tokens: the theme.
        at_once: characters up to which a text is coloured while it is drawn; a longer one waits for `colour`.
    """

    def __init__(
        self, document: DiffDocument, path: str, tokens: Tokens, *, at_once: int = COLOURED_AT_ONCE
    ) -> None:
        self._document = document
        self.tokens = tokens
        self._language = language_for(path)
        self._sources = {True: document.old_source, False: document.new_source}
        self._colours: dict[bool, Colouring] = {}
        self.late = {is_old for is_old, source in self._sources.items() if at_once < len(source) <= LIMIT}
        """The sides that are not coloured while they are drawn, until `colour` was there: old (True), new."""
        self._digits = document.numbers_width

    def gutter_width(self) -> int:
        """Columns before the source: a bar, the number, the sign."""
        return gutter_columns(self._document)

    def source_width(self, width: int, split: bool) -> int:
        """Columns that the source has, in the narrower half."""
        return source_columns(self._document, width, split)

    def paint(self, row: Row, look: Look) -> Strip:
        """One row, exactly `look.width` columns wide."""
        style = self.tokens.style
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
        style = self.tokens.style
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
        pieces = list(marked(runs, marks))
        if changed and self._document.lacks_newline(
            old=line if is_old else None, new=None if is_old else line
        ):
            pieces.append((_NO_NEWLINE, "muted", False))
        strong = f"{plane}-word" if plane in ("added", "removed") else plane
        source = [
            Segment(text, style(kind or "ink", strong if is_marked else plane))
            for text, kind, is_marked in pieces
        ]
        blank = style("", plane)
        if look.wrapped:
            text = (self._document.old_lines if is_old else self._document.new_lines)[line]
            parts = wrapped(text, self.source_width(look.width, look.split))
            if look.part >= len(parts):
                return [*gutter, Segment(" " * room, blank)]
            start, end = parts[look.part]
            return [*gutter, *cut(cut(source, start, end - start, blank), 0, room, blank)]
        return [*gutter, *fitted_source(source, look.offset, room, blank)]

    def _colouring(self, is_old: bool) -> Colouring:
        if is_old not in self._colours:
            self._colours[is_old] = colouring(self._sources[is_old], self._language)
        return self._colours[is_old]

    def _runs(self, line: int, is_old: bool) -> SourceLine:
        if is_old not in self.late:
            return self._colouring(is_old).line(line)
        large = len(self._sources[is_old]) > COLOURED_AT_ONCE
        # One that is not large is coloured in a moment: the thread makes its colouring, and reads Pygments for it.
        colours = self._colouring(is_old) if large else self._colours.get(is_old)
        if colours is not None and line < colours.ready:
            return colours.line_now(line)  # `line` would wait for the thread that colours the rest
        text = (self._document.old_lines if is_old else self._document.new_lines)[line]
        # By itself it may look like code where it is text, but plain it would look like no code at all.
        return highlight_line(text, self._language) if large else ((text, ""),) if text else ()

    def colour(self, lines: int = 10**9) -> bool:
        """Colour so many lines more of what is not coloured while it is drawn. May run on a thread.

        Returns:
            Whether all lines are coloured.
        """
        for is_old in sorted(self.late):
            colours = self._colouring(is_old)
            until = min(len(colours), colours.ready + lines)
            colours.advance(until)
            if until < len(colours):
                return False
            self.late.discard(is_old)
        return True

    def parts(self, row: Row, look: Look) -> int:
        """How many rows of the screen it takes where long lines are wrapped."""
        return row_parts(self._document, row, self.source_width(look.width, look.split), look.split)

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
