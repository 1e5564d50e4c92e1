"""A file to read: line numbers, the colours of its language, and what was searched for. It is painted line by line."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, islice

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events, work
from textual.geometry import Offset, Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from codepilot.text import clean
from codepilot_tui.highlight import SourceLine, highlight_line, highlight_lines, language_for
from codepilot_tui.theme import Tokens, tokens_for
from codepilot_tui.widgets.clicked import LEFT
from codepilot_tui.widgets.painted import Cell
from codepilot_tui.widgets.word_at import word_at

TAB = 4
WHOLE_FILE_LIMIT = 60_000
"""Characters up to which a file is coloured as a whole; a larger one line by line, as lines come into sight."""
STEP = 8
"""Columns that ← and → move."""
MOST_FOUND = 20_000
"""Places that a search marks: a single letter stands millions of times in a file without line ends."""
PART = 1_000
"""Characters of a line that are measured at once: only the parts in sight are drawn."""


@dataclass(frozen=True, slots=True)
class Found:
    """A place that holds the words searched for."""

    line: int
    start: int
    end: int


def shown_lines(text: str) -> tuple[str, ...]:
    """The lines of a file, safe to show; the newline at its end begins no further one."""
    lines = clean(text).split("\n")
    if len(lines) > 1 and not lines[-1]:
        lines.pop()
    return tuple(line.expandtabs(TAB) for line in lines)


def find_all(lines: Sequence[str], words: str) -> tuple[Found, ...]:
    """Where the words stand, the first `MOST_FOUND` places. Lower case finds both cases; a capital makes it exact."""
    if not words:
        return ()
    flags = re.NOFLAG if words != words.lower() else re.IGNORECASE
    pattern = re.compile(re.escape(words), flags)
    places = (
        Found(number, *match.span()) for number, line in enumerate(lines) for match in pattern.finditer(line)
    )
    return tuple(islice(places, MOST_FOUND))


@lru_cache(maxsize=256)
def part_columns(line: str) -> tuple[int, ...]:
    """The column at which each part of a line begins, `PART` characters each; at last its whole width."""
    parts = (line[at : at + PART] for at in range(0, len(line), PART))
    return tuple(accumulate(map(cell_len, parts), initial=0))


def column_of(line: str, index: int) -> int:
    """The column, from 0, at which a character of a line stands."""
    part = index // PART
    return part_columns(line)[part] + cell_len(line[part * PART : index])


def in_sight(line: str, left: int, room: int) -> tuple[int, int, int]:
    """The parts of a line that hold the columns from `left` on: first character, end, and the first one's column."""
    columns = part_columns(line)
    first = max(0, min(bisect_right(columns, left) - 1, len(columns) - 1))
    last = bisect_left(columns, left + room)
    return first * PART, min(last * PART, len(line)), columns[first]


def between(runs: SourceLine, start: int, end: int) -> SourceLine:
    """The runs of a line from one character to another, which is not among them."""
    pieces: list[tuple[str, str]] = []
    at = 0
    for text, kind in runs:
        if at >= end:
            break
        if piece := text[max(0, start - at) : end - at]:
            pieces.append((piece, kind))
        at += len(text)
    return tuple(pieces)


def cut_at(runs: SourceLine, marks: Sequence[tuple[int, int, str]]) -> list[tuple[str, str, str]]:
    """The runs of a line cut at the borders of marks: text, kind, mark (empty outside of them)."""
    borders = sorted({border for start, end, _ in marks for border in (start, end)})
    pieces: list[tuple[str, str, str]] = []
    at = 0
    for text, kind in runs:
        cuts = [border - at for border in borders if at < border < at + len(text)]
        for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
            middle = at + begin
            mark = next((name for start, stop, name in marks if start <= middle < stop), "")
            pieces.append((text[begin:end], kind, mark))
        at += len(text)
    return pieces


class SourceView(ScrollView, can_focus=False):
    """A file's text with numbers and colours. `press` scrolls, `find` marks.

    Args:
        path: decides the language.
        text: what is in the file.
    """

    ALLOW_SELECT = True
    DEFAULT_CSS = """
    SourceView { background: $ground; scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0; overflow-x: auto; }
    """

    def __init__(self, path: str, text: str, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self.lines = shown_lines(text)
        self.found: tuple[Found, ...] = ()
        self.current = -1
        """Which of them is meant, from 0; -1: none."""
        self._language = language_for(path)
        self._whole = len(text) <= WHOLE_FILE_LIMIT
        self._coloured: tuple[SourceLine, ...] | None = None
        self._digits = max(3, len(str(len(self.lines))))
        self._by_line: dict[int, list[Found]] = {}
        self._longest = max((cell_len(line) for line in self.lines), default=0)

    @property
    def number_columns(self) -> int:
        """Columns of the line numbers."""
        return self._digits + 3

    def on_mount(self) -> None:
        """Colours come from a thread: a large file's would hold up the screen."""
        self._measure()
        if self._whole:
            self._colour()

    @work(thread=True, group="colours")
    def _colour(self) -> None:
        coloured = highlight_lines("\n".join(self.lines), self._language)
        self.app.call_from_thread(self._take_colours, coloured)

    def _take_colours(self, coloured: tuple[SourceLine, ...]) -> None:
        self._coloured = coloured
        self.refresh()

    def on_resize(self) -> None:
        """Another width, another way to the right edge."""
        self._measure()

    def _measure(self) -> None:
        self.virtual_size = Size(self.number_columns + self._longest + 1, len(self.lines))

    # -- what the page calls --

    def press(self, key: str) -> bool:
        """Scroll; True if the key does."""
        page = max(1, self.scrollable_content_region.height - 1)
        rows = {"up": -1, "down": 1, "pageup": -page, "pagedown": page, "home": -(10**9), "end": 10**9}
        columns = {"left": -STEP, "right": STEP}
        if key in rows:
            self.scroll_relative(y=rows[key], animate=False)
        elif key in columns:
            self.scroll_relative(x=columns[key], animate=False)
        else:
            return False
        return True

    def find(self, words: str) -> None:
        """Mark the words everywhere and go to the first place from the top of what is in sight."""
        self.found = find_all(self.lines, words)
        self._by_line = {}
        for place in self.found:
            self._by_line.setdefault(place.line, []).append(place)
        top = self.scroll_offset.y
        self.current = next(
            (index for index, place in enumerate(self.found) if place.line >= top), 0 if self.found else -1
        )
        if self.found:
            self._show_current()
        else:
            self.scroll_to(x=0, animate=False)  # what lies there was shown for words that are no more
        self.refresh()

    def step(self, by: int) -> None:
        """Mean the next place, or with -1 the one before; behind the last comes the first."""
        if self.found:
            self.current = (self.current + by) % len(self.found)
            self._show_current()
            self.refresh()

    def _show_current(self) -> None:
        if self.current < 0:
            return
        place, region = self.found[self.current], self.scrollable_content_region
        top, left = self.scroll_offset.y, self.scroll_offset.x
        if not top <= place.line < top + region.height:
            self.scroll_to(y=max(0, place.line - region.height // 3), animate=False)
        line = self.lines[place.line]
        column = column_of(line, place.end)
        room = max(1, region.width - self.number_columns)
        if column > left + room or column_of(line, place.start) < left:
            self.scroll_to(x=max(0, column - room + STEP), animate=False)

    # -- drawing --

    def render_line(self, y: int) -> Strip:
        """One line of what is in sight."""
        tokens, width = tokens_for(self.app), self.scrollable_content_region.width
        ground = tokens.style("", "ground")
        number = y + self.scroll_offset.y
        if number >= len(self.lines):
            return Strip([Segment(" " * width, ground)], width)
        gutter = Strip([Segment(f" {number + 1:>{self._digits}}  ", tokens.style("muted", "ground"))])
        left, room = self.scroll_offset.x, width - self.number_columns
        start, end, column = in_sight(self.lines[number], left, room)
        cells = self._cells(number, start, end, tokens)
        source = Strip([Segment(*cell) for cell in cells]).apply_offsets(start, number)
        return Strip.join([gutter, source.crop_extend(left - column, left - column + room, ground)])

    def _cells(self, number: int, first: int, last: int, tokens: Tokens) -> list[Cell]:
        """The characters of a line from `first` to `last`, which is not among them."""
        places = self._by_line.get(number, [])
        begin = bisect_right(places, first, key=lambda place: place.end)
        end = bisect_left(places, last, key=lambda place: place.start)
        marks = [
            (place.start - first, place.end - first, "current" if self._is_current(place) else "found")
            for place in places[begin:end]
        ]
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(number)) is not None:
            start, stop = span
            stop = len(self.lines[number]) if stop == -1 else stop
            marks.insert(0, (start - first, stop - first, "selected"))
        runs = between(self._runs(number), first, last)
        return [(text, _look(kind, mark, tokens)) for text, kind, mark in cut_at(runs, marks)]

    def _is_current(self, place: Found) -> bool:
        return self.current >= 0 and self.found[self.current] is place

    def _runs(self, number: int) -> SourceLine:
        if self._coloured is not None:
            return self._coloured[number]
        line = self.lines[number]
        return ((line, ""),) if self._whole else highlight_line(line, self._language)

    # -- selecting --

    def on_click(self, event: events.Click) -> None:
        """Two clicks select the word under the mouse, more its line."""
        if event.button != LEFT or event.chain < 2:
            return
        event.prevent_default()  # Textual would select all of the file
        widget, at = self.screen.get_widget_and_offset_at(*event.screen_offset)
        if widget is not self or at is None:
            return
        line = self.lines[at.y]
        word = word_at(line, at.x) if event.chain == 2 else (0, len(line))
        if word is not None:
            self.screen.selections = {self: Selection(Offset(word[0], at.y), Offset(word[1], at.y))}

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The marked text, without the numbers."""
        return selection.extract("\n".join(self.lines)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """The mouse marked something else."""
        self.refresh()


def _look(kind: str, mark: str, tokens: Tokens) -> Style:
    if mark == "current":
        return tokens.style("ground", "warn")
    if mark in ("found", "selected"):
        return tokens.style(kind or "ink", "line")
    return tokens.style(kind or "ink", "ground")
