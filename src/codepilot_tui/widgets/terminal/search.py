"""Search through a terminal's whole history: from the newest line up, so that what is near is found first."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from codepilot.clock import TimeLimitReached, time_limit
from codepilot.terminal.screen import Row
from codepilot_tui.widgets.terminal.logical import LogicalLine, Span

Match = tuple[Span, ...]
"""The cells of one match, a span for each row it stands on."""
FetchRows = Callable[[int, int], Awaitable[Sequence[Row]]]
"""Rows of the document: from a line on, so many."""

_BLOCK = 500
_MOST = 100_000
PATIENCE = 0.5
"""Seconds that a pattern may take for one block: one can be written so that it never ends, and no key would work."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for. Lower case finds both; a capital makes it exact."""

    text: str
    regex: bool = False

    def compiled(self) -> re.Pattern[str] | None:
        """The pattern, or None if it is empty or wrong."""
        if not self.text:
            return None
        flags = re.NOFLAG if any(letter.isupper() for letter in self.text) else re.IGNORECASE
        try:
            return re.compile(self.text if self.regex else re.escape(self.text), flags)
        except (re.error, OverflowError, RecursionError):
            return None


def matches_in(rows: Sequence[Row], first: int, columns: int, pattern: re.Pattern[str]) -> list[Match]:
    """The matches in whole logical lines whose first row is document line `first`."""
    found: list[Match] = []
    at = 0
    while at < len(rows):
        end = at
        while rows[end].wrapped and end + 1 < len(rows):
            end += 1
        if end > at or rows[at].runs:
            line = LogicalLine(first + at, rows[at : end + 1], columns)
            for match in pattern.finditer(line.text):
                if match.end() > match.start() and (spans := line.spans(*match.span())):
                    found.append(spans)
        at = end + 1
    return found


class Search:
    """The matches of one query, oldest first, and which one is looked at."""

    def __init__(self, query: Query, columns: int) -> None:
        self.query = query
        self.pattern = query.compiled()
        self.matches: list[Match] = []
        self.at = -1
        """The match that is shown; -1 for none."""
        self.complete = False
        self.too_slow = False
        """The pattern was given up; the matches are those found until then."""
        self._columns = columns
        self._by_line: dict[int, list[tuple[Span, Match]]] = {}

    async def run(self, fetch: FetchRows, start: int, end: int, told: Callable[[], None]) -> None:
        """Look through the document lines from `start` to `end` (excluded), from the end up.

        Args:
            fetch: gives rows.
            start: the first line; it begins a logical line.
            end: the line after the last one.
            told: called after each block.
        """
        self.complete = False
        if self.pattern is None or self.too_slow:
            return
        shown = self.current
        self._drop_from(start)
        kept = len(self.matches)
        carried: list[Row] = []
        while end > start and len(self.matches) < _MOST:
            low = max(start, end - _BLOCK)
            rows = [*await fetch(low, end - low)]
            if len(rows) < end - low:
                return  # the history moved meanwhile: who asked asks again
            rows += carried
            begin = 0
            if low > start:
                # The first line may have begun further up.
                while begin < len(rows) - 1 and rows[begin].wrapped:
                    begin += 1
                begin += 1
            carried = rows[:begin] if begin < len(rows) else rows
            if begin < len(rows):
                try:
                    with time_limit(PATIENCE):
                        found = matches_in(rows[begin:], low + begin, self._columns, self.pattern)
                except TimeLimitReached:
                    self.too_slow = True
                    return
                self._add(found, kept, shown)
            end = low
            told()
        self.complete = True

    def _add(self, found: list[Match], at: int, shown: Match | None) -> None:
        """Put matches before those that stand further down; the one that is shown stays so."""
        self.matches[at:at] = found
        if shown in found:
            self.at = at + found.index(shown)
        elif self.at >= at:
            self.at += len(found)
        for match in found:
            for span in match:
                self._by_line.setdefault(span.line, []).append((span, match))

    def _drop_from(self, line: int) -> None:
        """Forget the matches from a line on: they are looked for again."""
        keep = bisect_left(self.matches, line, key=lambda match: match[0].line)
        del self.matches[keep:]
        self._by_line = {number: spans for number, spans in self._by_line.items() if number < line and spans}
        self.at = min(self.at, keep - 1)

    def spans(self, line: int) -> list[tuple[Span, bool]]:
        """The cells to mark on a line, and whether they are of the match that is shown."""
        current = self.current
        return [(span, match is current) for span, match in self._by_line.get(line, ())]

    @property
    def current(self) -> Match | None:
        """The match that is shown."""
        return self.matches[self.at] if 0 <= self.at < len(self.matches) else None

    def go(self, step: int) -> Match | None:
        """The next match (1: newer, -1: older), round the end."""
        if self.matches:
            self.at = (self.at + step) % len(self.matches) if self.at >= 0 else len(self.matches) - 1
        return self.current

    def go_near(self, line: int) -> Match | None:
        """The match on this line or the next older one, else the newest."""
        if self.matches:
            at = bisect_left(self.matches, line + 1, key=lambda match: match[0].line) - 1
            self.at = at if at >= 0 else len(self.matches) - 1
        return self.current
