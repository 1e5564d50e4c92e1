"""Shows a session again: its events, each with the time that passed before it. Knows no screen, waits for nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from codepilot import events as e
from codepilot.errors import UsageError
from codepilot.journal.blobs import store_of
from codepilot.journal.expand import expand
from codepilot.journal.listing import SessionInfo
from codepilot.journal.pages import page_before

LONGEST = 2.0
"""Seconds that are waited at most between two events: nobody wants to watch a person think."""
SLOWEST = 0.001
"""Of the speeds; two seconds take half an hour."""
_PIECES = re.compile(r"\S+\s*|\s+")
_WORDS_AT_ONCE = 4
"""Words of a reply that come together."""
_STREAMS = (e.TextStreamed, e.ThinkingStreamed, e.BlockStreamed)


def shown_events(info: SessionInfo) -> Iterator[e.Stamped]:
    """The events of a session as a screen showed them, from the first; what was left by going back is not among them.

    Args:
        info: the session.

    Raises:
        SessionError: it cannot be read.
    """
    pages, end, more = [], None, True
    while more:
        page = page_before(info.path, end)
        pages.append(page.records)
        end, more = page.start, page.more
    for records in reversed(pages):
        yield from expand(records, store_of(info.folder).get)


class Player:
    """The events of a session at the speed of the recording, or another one.

    Iterating gives pairs: seconds to wait, and the event to show then. A reply, which a journal has as one, comes in
    pieces over the time that it took.

    Args:
        events: as `expand` gives them.
        speed: 2.0 is twice as fast as it was; 0: without any wait, and replies as a whole.
        longest: seconds that are waited at most between two events, at speed 1.

    Raises:
        UsageError: the speed is negative, no number, or below `SLOWEST`.
    """

    def __init__(self, events: Iterable[e.Stamped], speed: float = 1.0, longest: float = LONGEST) -> None:
        if not (speed == 0 or SLOWEST <= speed < math.inf):
            raise UsageError(f"The speed of a replay is 0, or {SLOWEST:g} or more, not {speed:g}.")
        self.speed = speed
        """May be changed while it plays."""
        self._events = events
        self._longest = longest

    def __iter__(self) -> Iterator[tuple[float, e.Stamped]]:
        last: float | None = None
        held: list[e.Stamped] = []
        for stamped in self._events:
            if held and stamped.time != held[0].time:
                yield from self._spread(held, last)
                last, held = held[0].time, []
            held.append(stamped)
        yield from self._spread(held, last)

    def _spread(self, held: list[e.Stamped], last: float | None) -> Iterator[tuple[float, e.Stamped]]:
        """Events of one moment; the pieces of a stream among them share the time before it."""
        if not held:
            return
        wait = min(max(held[0].time - last, 0.0), self._longest) if last is not None else 0.0
        pieces = [piece for stamped in held for piece in self._pieces(stamped)]
        streamed = sum(isinstance(piece.event, _STREAMS) for piece in pieces)
        for index, piece in enumerate(pieces):
            streams = isinstance(piece.event, _STREAMS)
            share = (wait / streamed if streams else 0.0) if streamed else (wait if index == 0 else 0.0)
            yield (share / self.speed if self.speed else 0.0), piece

    def _pieces(self, stamped: e.Stamped) -> Iterator[e.Stamped]:
        event = stamped.event
        if not self.speed or not isinstance(event, _STREAMS):
            yield stamped
            return
        words = _PIECES.findall(event.text)
        for start in range(0, len(words), _WORDS_AT_ONCE):
            text = "".join(words[start : start + _WORDS_AT_ONCE])
            yield replace(stamped, event=replace(event, text=text))
