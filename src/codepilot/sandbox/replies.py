"""What a worker may say, checked: hostile frames in, typed values out.

Whatever does not fit raises `FrameError`, and the worker that sent it is killed.
"""

from __future__ import annotations

from typing import Any, Final, Literal, TypeVar

from codepilot.frames import FrameError
from codepilot.sandbox.codec import MAX_DEPTH, decode
from codepilot.values import dataclass

_Kind = TypeVar("_Kind")
DoneKind = Literal["", "lint", "syntax", "exception", "output_limit"]

MAX_MIRROR: Final = 1_100_000
"""Somewhat more than an honest worker sends (`namespace.MIRROR_LIMIT`)."""
_MAX_LIST: Final = 5_000
_MAX_WORDS: Final = 20_000
_ENDINGS: Final[dict[str, DoneKind]] = {
    "": "",
    "lint": "lint",
    "syntax": "syntax",
    "exception": "exception",
    "output_limit": "output_limit",
}


@dataclass(frozen=True, slots=True)
class Hello:
    """The jail is closed; blocks may come."""

    layers: tuple[str, ...]
    notes: tuple[str, ...]
    missing: tuple[str, ...]
    """Allowed imports that do not exist."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A piece of output."""

    text: str


@dataclass(frozen=True, slots=True)
class Called:
    """The block called a tool and waits."""

    name: str
    args: list[Any]
    kwargs: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Raised:
    """The exception that ended a block."""

    type: str
    text: str
    stack: tuple[tuple[int, int, str], ...]
    """Block number, line and function, outermost first."""
    causes: tuple[str, ...]
    hint: str


@dataclass(frozen=True, slots=True)
class Done:
    """A block ended."""

    number: int
    kind: DoneKind
    values: dict[str, str]
    """Plain values that changed, as text for `restore`."""
    gone: tuple[str, ...]
    opaque: tuple[str, ...] | None
    """Names that live in the worker only; None: nothing ran, so nothing changed."""
    whole: bool
    """Another worker that is given the values of all others has them as they are in this one."""
    raised: Raised | None
    violations: tuple[tuple[int, str, str], ...]
    line: int
    text: str
    """kind syntax: where and what."""


Reply = Hello | Printed | Called | Done


def read(frame: dict[str, Any]) -> Reply:
    """Check one frame.

    Raises:
        FrameError: it is nothing that a worker may say.
    """
    match frame.get("t"):
        case "call":
            return _called(frame)
        case "out":
            return Printed(_filled(frame.get("s")))
        case "done":
            return _done(frame)
        case "hello":
            return Hello(_texts(frame, "layers"), _texts(frame, "notes"), _texts(frame, "missing"))
    raise FrameError("a frame of an unknown kind")


def _called(frame: dict[str, Any]) -> Called:
    args = _of(frame.get("args"), list)
    kwargs = _of(frame.get("kwargs"), dict)
    return Called(
        _of(frame.get("name"), str),
        [decode(item) for item in args],
        {key: decode(kwargs[key]) for key in kwargs},
    )


def _done(frame: dict[str, Any]) -> Done:
    kind = _ENDINGS.get(_of(frame.get("kind"), str))
    if kind is None:
        raise FrameError("a block with an unknown ending")
    ran = kind not in ("lint", "syntax")
    return Done(
        number=_of(frame.get("n"), int),
        kind=kind,
        values=_values(frame.get("set", {})),
        gone=_texts(frame, "gone") if ran else (),
        opaque=_texts(frame, "opaque") if ran else None,
        whole=_of(frame.get("whole", False), bool),
        raised=_raised(_of(frame.get("error"), dict)) if kind == "exception" else None,
        violations=_violations(frame.get("violations")) if kind == "lint" else (),
        line=_of(frame.get("line"), int) if kind == "syntax" else 0,
        text=_words(frame.get("text")) if kind == "syntax" else "",
    )


def _values(held: Any) -> dict[str, str]:
    values = _of(held, dict)
    if len(values) > _MAX_LIST or any(type(text) is not str for text in values.values()):
        raise FrameError("malformed values")
    if sum(map(len, values.values())) + sum(map(len, values)) > MAX_MIRROR:
        raise FrameError("more values than a worker may hand over")
    return values


def _raised(error: dict[str, Any]) -> Raised:
    stack = []
    for entry in _of(error.get("stack"), list)[:MAX_DEPTH]:
        block, line, name = _of(entry, list)
        stack.append((_of(block, int), _of(line, int), _words(name)))
    return Raised(
        type=_words(error.get("type")),
        text=_words(error.get("text")),
        stack=tuple(stack),
        causes=_texts(error, "causes"),
        hint=_words(error.get("hint")),
    )


def _violations(held: Any) -> tuple[tuple[int, str, str], ...]:
    found = []
    for entry in _of(held, list)[:MAX_DEPTH]:
        if len(_of(entry, list)) != 3:
            raise FrameError("a malformed violation")
        found.append((_of(entry[0], int), _words(entry[1]), _words(entry[2])))
    return tuple(found)


def _texts(frame: dict[str, Any], key: str) -> tuple[str, ...]:
    held = _of(frame.get(key), list)
    if len(held) > _MAX_LIST:
        raise FrameError("too long a list")
    return tuple(_words(item) for item in held)


def _words(value: Any) -> str:
    text = _of(value, str)
    if len(text) > _MAX_WORDS:
        raise FrameError("too long a text")
    return text.encode("utf-8", "replace").decode("utf-8")


def _filled(value: Any) -> str:
    text = _of(value, str)
    if not text:
        raise FrameError("an empty piece of output")
    return text


def _of(value: Any, kind: type[_Kind]) -> _Kind:
    if type(value) is not kind:
        raise FrameError(f"a {type(value).__name__} where a {kind.__name__} belongs")
    return value
