"""The transcript's door: all text of an event is made safe here, once, so that no later code has to.

Nothing that is drawn, copied or exported later contains a control sequence. Two things pass unchanged: ids, which are
only compared, and the texts of changed files, because a diff must be exact (they are cleaned when drawn).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Literal, get_origin, get_type_hints

from codepilot import events as ev
from codepilot.text import clean, clean_line

_AS_THEY_ARE = frozenset(
    ("call_id", "request_id", "question_id", "message_id", "before", "after", "before_id", "after_id")
)
_ONE_LINE = frozenset(("path", "label", "tool", "terminal", "name", "figure", "by"))
FOR_THE_JOURNAL: tuple[type, ...] = (
    *(ev.MessageStored, ev.ReplyPart, ev.EffectStarted),
    *(ev.SessionOpened, ev.SessionClosed, ev.ContextPruned, ev.TitleChanged),
    *(ev.RestoreStarted, ev.HeadMoved, ev.ChangesTold),
)
"""Told in other events, too; these come in the middle of what streams, and must not end it."""
_STREAMS = (ev.TextStreamed, ev.ThinkingStreamed, ev.BlockStreamed)

_Clean = Callable[[Any], Any]


class Door:
    """Passes events on with safe text."""

    def __init__(self) -> None:
        self._stream = ""
        self._cleaner = _StreamCleaner()
        self._last: ev.TextStreamed | ev.ThinkingStreamed | ev.BlockStreamed | None = None

    def admit(self, event: ev.Event) -> Iterator[ev.Event]:
        """The event with safe text, preceded by what a stream that ends here had held back."""
        if isinstance(event, FOR_THE_JOURNAL) or _is_routine(event):
            return
        if isinstance(event, _STREAMS):
            key = type(event).__name__ + getattr(event, "kind", "")
            if key != self._stream:
                yield from self._end_stream()
                self._stream = key
            self._last = event
            yield dataclasses.replace(event, text=self._cleaner.feed(event.text))
            return
        yield from self._end_stream()
        yield _cleaned(event)

    def _end_stream(self) -> Iterator[ev.Event]:
        if self._last is not None and (rest := self._cleaner.end()):
            yield dataclasses.replace(self._last, text=rest)
        self._stream, self._cleaner, self._last = "", _StreamCleaner(), None


def _is_routine(event: ev.Event) -> bool:
    """The folder was looked at as ever, which may be in the middle of what streams."""
    return isinstance(event, ev.CheckpointSeeded) and event.method != "none"


class _StreamCleaner:
    """Cleans a text that comes in pieces as if it were whole: what happens to a character depends on its neighbours."""

    def __init__(self) -> None:
        self._before = ""
        self._held = ""
        self._blank = True

    def feed(self, piece: str) -> str:
        """The next piece, but for a trailing character that may join the piece after it."""
        raw = self._held + piece
        body = raw.rstrip("\r\u200c\u200d")
        self._held = raw[len(body) :]
        return self._clean(body)

    def end(self) -> str:
        """What was held back; nothing if the stream was blank, because blank text is not shown."""
        body, self._held = self._held, ""
        return "" if self._blank else self._clean(body)

    def _clean(self, body: str) -> str:
        if not body:
            return ""
        shown = clean(self._before + body)[len(clean(self._before)) :]
        self._before = body[-1]
        self._blank = self._blank and not body.strip()
        return shown


def _cleaned(event: ev.Event) -> ev.Event:
    changed = {}
    kind: type = type(event)
    for name, make_safe in _fields(kind):
        value = getattr(event, name)
        safe = make_safe(value)
        if safe != value:
            changed[name] = safe
    return dataclasses.replace(event, **changed) if changed else event


@lru_cache(maxsize=64)
def _fields(kind: type) -> tuple[tuple[str, _Clean], ...]:
    """The fields of an event that hold text from outside, each with what makes it safe."""
    hints = get_type_hints(kind)
    chosen: list[tuple[str, _Clean]] = []
    for name, hint in hints.items():
        if name in _AS_THEY_ARE or get_origin(hint) is Literal:
            continue
        if get_origin(hint) is dict:
            chosen.append((name, _arguments))
        elif get_origin(hint) is tuple:
            chosen.append((name, _rows))
        elif str in (hint, *getattr(hint, "__args__", ())):
            chosen.append((name, clean_line if name in _ONE_LINE else _text))
    return tuple(chosen)


def _text(text: str | None) -> str | None:
    return None if text is None else clean(text)


def _rows(rows: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(clean_line(row) for row in rows)


def _arguments(args: dict[str, Any]) -> dict[str, Any]:
    return {
        clean_line(str(name)): clean(value if isinstance(value, str) else repr(value))
        for name, value in args.items()
    }
