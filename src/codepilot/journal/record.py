"""One line of a journal: `{"n":17,"time":…,"type":"tool_started",…}`.

A record is a typed event with a number, which counts from 1 without gaps, so that a hole is known to be damage. Readers
ignore types and keys that they do not know: a journal that a newer program wrote opens in an older one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from math import isfinite
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from codepilot import events as e
from codepilot.journal.texts import put_back
from codepilot.text import well_formed
from codepilot.values import dataclass

FORMAT: Final = 1
"""Of the journals that this program writes. One with a higher number is read, but not added to."""
CREATED: Final = "session_created"
"""The type of the first record, which has the format."""

LAST_TIME = 1e11
"""Seconds since 1970: no clock goes as far, and the calendar hardly."""
_HEAD = re.compile(rb'\{"n":(\d{1,18}),"time":(-?[\d.]+),"type":"(\w+)"')
_NOT_KEPT: Final = (
    e.TextStreamed,
    e.ThinkingStreamed,
    e.BlockOpened,
    e.BlockStreamed,
    e.BlockClosed,
    e.ObservationMade,
    e.ProviderSilent,
    e.PersonCommandsOffered,
    e.SessionCleared,
    e.SessionTrouble,
)
"""What comes back from other records: from the reply through the parser, or from the message. The one of a cleared
session is written by the session itself, also where no runtime is there to tell."""


@dataclass(frozen=True, slots=True)
class Record:
    """One line, read."""

    n: int
    time: float
    type: str
    data: dict[str, Any]


def encode(n: int, time: float, type: str, data: dict[str, Any]) -> bytes:
    """A record as the line that is written, its newline included. What JSON cannot hold is put as text."""
    whole = {"n": n, "time": round(time, 6), "type": type, **data}
    try:
        text = json.dumps(whole, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        text = json.dumps(_plain(whole), ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:  # half a character of a model or a tool: it must not cost the record
        return well_formed(text).encode() + b"\n"


def _plain(value: Any, deep: int = 0) -> Any:
    if deep < 50 and isinstance(value, dict):
        return {str(key): _plain(each, deep + 1) for key, each in value.items()}
    if deep < 50 and isinstance(value, list | tuple):
        return [_plain(each, deep + 1) for each in value]
    if value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and isfinite(value)):
        return value
    return str(value)


_read = json.JSONDecoder().raw_decode


def decode(line: bytes, texts: Path | None = None) -> Record | None:
    """A line, read; None if it is no record.

    Args:
        line: of a journal.
        texts: the folder of the long texts; None: what the record shows of them stands for them.
    """
    try:
        text = line.decode("utf-8", "surrogatepass")  # else it looks for the encoding first
        data, end = _read(text)  # half of the time of `json.loads`, which looks for blanks around it
        if text[end:] not in ("\n", ""):
            data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    n, time, type_ = data.pop("n", None), data.pop("time", None), data.pop("type", None)
    if type(n) is not int or type(time) not in (int, float) or not isinstance(type_, str):
        return None
    if n >= 10**18 or not abs(time) < LAST_TIME:
        return None
    return Record(n, time, type_, put_back(data, line, texts))


def is_newer(header: Mapping[str, Any]) -> bool:
    """Whether a newer program wrote a journal, in a format that this one must not add to.

    Args:
        header: the fields of its first record.
    """
    told = header.get("format", FORMAT)
    return isinstance(told, int) and told > FORMAT


def type_of(line: bytes) -> str:
    """The type of a line without reading all of it; empty if it does not begin as a record."""
    found = _HEAD.match(line)
    return found[3].decode() if found else ""


def head_of(line: bytes) -> tuple[int, str]:
    """Number and type of a line without reading all of it; 0 and empty if it does not begin as a record."""
    found = _HEAD.match(line)
    return (int(found[1]), found[3].decode()) if found else (0, "")


def number_of(line: bytes) -> int:
    """The number of a line without reading all of it; 0 if it does not begin as a record."""
    found = _HEAD.match(line)
    return int(found[1]) if found else 0


def of_event(event: e.Event) -> tuple[str, dict[str, Any]] | None:
    """Type and fields of the record of an event; None: it is not kept."""
    if isinstance(event, _NOT_KEPT):
        return None
    data = {field.name: getattr(event, field.name) for field in fields(event)}
    if isinstance(event, e.ControlStarted):
        data.pop("code")  # it stands in the reply
    elif isinstance(event, e.ReplyFinished) and event.reason != "cut":
        data.pop("text")
    elif isinstance(event, e.FileChanged) and (event.before_id or event.after_id):
        data.pop("before"), data.pop("after")  # they are kept by their ids
    elif isinstance(event, e.EffectStarted):
        data = {key: value for key, value in data.items() if value not in ("", None)}
    return e.type_name(event), data


_EVENTS: Final = {e.type_name_of(kind): kind for kind in get_args(e.Event)}


def to_event(record: Record) -> e.Event | None:
    """The event of a record; None where it has none, one that this program does not know, or fields of other types."""
    kind = _EVENTS.get(record.type)
    if kind is None:
        return None
    known = _types_of(kind)
    if not all(_fits(known[key], value) for key, value in record.data.items() if key in known):
        return None
    given = {key: _value(known[key], value) for key, value in record.data.items() if key in known}
    if kind is e.ControlStarted:
        given.setdefault("code", "")
    elif kind is e.ReplyFinished:
        given.setdefault("text", "")
    elif kind is e.FileChanged and "before" not in given:  # see `expand`, which may have the texts
        given["before"] = None if given.get("before_id") is None else ""
        given["after"] = None if given.get("after_id") is None else ""
        given["coarse"] = True
    try:
        event: e.Event = kind(**given)
    except TypeError:  # a field that it needs is missing: written by another program
        return None
    return event


@cache
def _types_of(kind: type[e.Event]) -> dict[str, Any]:
    return get_type_hints(kind)


def _fits(declared: Any, value: Any) -> bool:
    """Whether a JSON value can stand in a field. A word that this program does not know can: others may know it."""
    of, inner = get_origin(declared), get_args(declared)
    if of is Literal:
        return isinstance(value, str)
    if of in (Union, UnionType):
        return any(_fits(each, value) for each in inner)
    if of is tuple:
        return isinstance(value, list | tuple) and all(_fits(inner[0], each) for each in value)
    if of is dict:
        return isinstance(value, dict) and all(_fits(inner[1], each) for each in value.values())
    if declared is float:
        return type(value) in (int, float) and isfinite(value)
    if declared in (int, str, bool, NoneType):
        return type(value) is declared
    return True


def _value(declared: Any, value: Any) -> Any:
    """JSON has lists only."""
    return tuple(value) if isinstance(value, list) and get_origin(declared) is tuple else value
