"""What the frames between host and worker carry: one JSON object each.

Both sides use this file; the worker loads it before its jail closes, so it may import the standard library only.
The host takes every frame for hostile: length, nesting, number of values and every type are checked before a value
reaches a tool, and whatever an honest worker would never send raises `FrameError`.

Beyond JSON, these values cross as themselves: bytes, tuple, set, frozenset, dicts with any key, datetime, date, time,
timedelta and integers of any length. Paths cross as text. Everything else crosses as its `repr` with a note.
"""

from __future__ import annotations

import base64
import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import PurePath
from typing import Any, Final

from codepilot import frames
from codepilot.frames import FrameError

MAX_FRAME: Final = 16 * 1024 * 1024
MAX_DEPTH: Final = 64
MAX_NODES: Final = 400_000
"""Values in one frame. Bounds what a small frame can blow up to in the host's memory."""
MAX_KEYS: Final = 5_000
"""Set members and dict keys that are not text. Their hashes can be made to collide, so few of them must do."""
MAX_REPR: Final = 100_000

_TAG: Final = "$"
_BIG: Final = 1 << 1024
_JSON: Final = json.JSONEncoder(separators=(",", ":")).encode
"""`json.dumps` makes an encoder for each message, which takes longer than to encode a call."""
_QUOTED: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


class NotPlain(ValueError):
    """A value that does not cross as itself (see `encode` with `strict`)."""


def pack(message: Mapping[str, Any]) -> bytes:
    """One message as a frame.

    Raises:
        FrameError: it is longer than a frame may be.
    """
    return frames.pack(_JSON(message).encode("ascii"), MAX_FRAME)


def parse(data: bytes) -> dict[str, Any]:
    """The JSON object of one frame, within the limits on its structure.

    Raises:
        FrameError: not JSON, not an object, or too many values.
    """
    if _separators(data) > MAX_NODES and _separators(_QUOTED.sub(b"", data)) > MAX_NODES:
        raise FrameError("too many values in one frame")
    try:
        message = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise FrameError(f"not JSON: {type(error).__name__}") from None
    if type(message) is not dict:
        raise FrameError("not an object")
    return message


def _separators(data: bytes) -> int:
    return data.count(b",") + data.count(b"[") + data.count(b"{")


class FrameCutter:
    """Cuts a byte stream into frames."""

    def __init__(self) -> None:
        self._cutter = frames.Cutter(MAX_FRAME)

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """Add bytes and give out the frames that are whole.

        Raises:
            FrameError: see `parse`; or a frame announces more than `MAX_FRAME` bytes.
        """
        return map(parse, self._cutter.feed(data))


def encode(value: Any, *, strict: bool = False, room: int = MAX_FRAME) -> Any:
    """A value as JSON with tags.

    Args:
        value: any value.
        strict: refuse what would cross as text only.
        room: characters that texts and bytes in it may have in all.

    Raises:
        NotPlain: `strict`, and some part of it is not plain data.
        FrameError: it is too big or too deep to be sent.
    """
    return _Encoder(strict, room).encode(value, 0)


class _Encoder:
    __slots__ = ("_keys", "_nodes", "_room", "_strict")

    def __init__(self, strict: bool, room: int) -> None:
        self._strict = strict
        self._room = room
        self._nodes = 0
        self._keys = 0

    def encode(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind is str:
            self._spend(len(value))
            return value
        if value is None or kind is bool or kind is float:
            return value
        if kind is int:
            return value if -_BIG < value < _BIG else self._big(value)
        if depth > MAX_DEPTH:
            raise FrameError(f"nested deeper than {MAX_DEPTH} levels")
        if kind is list:
            return self._items(value, depth)
        if kind is dict:
            return self._mapping(value, depth)
        return self._tagged(value, kind, depth)

    def _tagged(self, value: Any, kind: type, depth: int) -> Any:
        if kind is tuple:
            return {_TAG: "tuple", "v": self._items(value, depth)}
        if kind is set or kind is frozenset:
            self._keys += sum(type(item) is not str for item in value)
            self._check_keys()
            return {_TAG: kind.__name__, "v": self._items(value, depth)}
        if kind is bytes or kind is bytearray or kind is memoryview:
            self._spend(len(value) * 4 // 3)
            return {_TAG: "bytes", "v": base64.b64encode(value).decode("ascii")}
        if kind is datetime or kind is date or kind is time:
            return {_TAG: kind.__name__, "v": value.isoformat()}
        if kind is timedelta:
            return {_TAG: "timedelta", "v": [value.days, value.seconds, value.microseconds]}
        if self._strict:
            raise NotPlain(kind.__name__)
        return self._kin(value, kind, depth)

    def _kin(self, value: Any, kind: type, depth: int) -> Any:
        """Relatives of the plain types lose their class; strangers become text."""
        if isinstance(value, PurePath):
            return self.encode(str(value), depth)
        if isinstance(value, bool | int | float | str) and kind.__module__ != "enum":
            base = next(base for base in (int, float, str) if isinstance(value, base))
            return self.encode(getattr(base, f"__{'str' if base is str else base.__name__}__")(value), depth)
        if isinstance(value, tuple):
            return {_TAG: "tuple", "v": self._items(list(tuple.__iter__(value)), depth)}
        if isinstance(value, dict):
            return self._mapping(dict(dict.items(value)), depth)
        if isinstance(value, list):
            return self._items(list(list.__iter__(value)), depth)
        if isinstance(value, range | deque) and len(value) <= MAX_NODES:
            return self._items(list(value), depth)
        text = repr(value)[:MAX_REPR]
        self._spend(len(text))
        return {_TAG: "text", "v": text, "type": kind.__name__}

    def _items(self, items: Any, depth: int) -> list[Any]:
        self._nodes += len(items) + 1
        if self._nodes > MAX_NODES // 3:  # a tagged value costs up to three separators on the wire
            raise FrameError("too many values to pass at once")
        return [self.encode(item, depth + 1) for item in items]

    def _mapping(self, value: dict[Any, Any], depth: int) -> dict[str, Any]:
        strange = sum(type(key) is not str for key in value)
        if not strange and _TAG not in value:
            self._nodes += len(value) + 1
            if self._nodes > MAX_NODES // 3:
                raise FrameError("too many values to pass at once")
            self._spend(sum(map(len, value)))
            return {key: self.encode(item, depth + 1) for key, item in value.items()}
        self._keys += strange
        self._check_keys()
        pairs = [
            [self.encode(key, depth + 1), self.encode(item, depth + 1)]
            for key, item in zip(value, self._held(value), strict=True)
        ]
        return {_TAG: "dict", "v": pairs}

    def _held(self, value: dict[Any, Any]) -> Iterator[Any]:
        self._nodes += 3 * len(value) + 1
        if self._nodes > MAX_NODES // 3:
            raise FrameError("too many values to pass at once")
        return iter(value.values())

    def _big(self, value: int) -> dict[str, str]:
        text = hex(value)
        self._spend(len(text))
        return {_TAG: "int", "v": text}

    def _check_keys(self) -> None:
        if self._keys > MAX_KEYS:
            raise FrameError(f"more than {MAX_KEYS:,} set members or keys that are not text; pass a list")

    def _spend(self, size: int) -> None:
        self._room -= size
        if self._room < 0:
            raise FrameError("too much data to pass at once")


def decode(value: Any) -> Any:
    """The value that `encode` was given.

    Raises:
        FrameError: it is nothing that `encode` makes.
    """
    try:
        return _Decoder().decode(value, 0)
    except FrameError:
        raise
    except (TypeError, ValueError, OverflowError, KeyError) as error:
        raise FrameError(f"a malformed value: {type(error).__name__}") from None


class _Decoder:
    __slots__ = ("_keys",)

    def __init__(self) -> None:
        self._keys = 0

    def decode(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind is not list and kind is not dict:
            return value
        if depth > 3 * MAX_DEPTH:  # a tag adds up to two levels to what `encode` counts as one
            raise FrameError("nested too deeply")
        if kind is list:
            return [self.decode(item, depth + 1) for item in value]
        if _TAG not in value:
            return {key: self.decode(item, depth + 1) for key, item in value.items()}
        return self._tagged(value[_TAG], value, depth)

    def _tagged(self, tag: Any, value: dict[str, Any], depth: int) -> Any:
        held = value["v"]
        if tag in ("tuple", "set", "frozenset", "dict", "timedelta"):
            if type(held) is not list:
                raise FrameError("a malformed value")
            items = [self.decode(item, depth + 1) for item in held]
            return self._collection(tag, items)
        if type(held) is not str:
            raise FrameError("a malformed value")
        if tag == "text":
            return f"{held} ({str(value['type'])[:100]}, passed as text)"
        make = _FROM_TEXT.get(tag)
        if make is None:
            raise FrameError("an unknown tag")
        return make(held)

    def _collection(self, tag: str, items: list[Any]) -> Any:
        if tag == "tuple":
            return tuple(items)
        if tag == "timedelta":
            return timedelta(*items)
        keys = [key for key, _ in items] if tag == "dict" else items
        self._keys += sum(type(key) is not str for key in keys)
        if self._keys > MAX_KEYS:
            raise FrameError("too many keys that are not text")
        if tag == "dict":
            return dict(items)
        return set(items) if tag == "set" else frozenset(items)


_FROM_TEXT: Final[dict[str, Callable[[str], Any]]] = {
    "bytes": lambda text: base64.b64decode(text, validate=True),
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "int": lambda text: int(text, 16),
}
