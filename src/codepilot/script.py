"""Scripted replies of a model: what the built-in demo plays and what the model server of the tests answers.

A script is a list of turns. The next turn is the first unused one whose `match` fits the last words of the
user side; a turn without `match` fits anything, so a plain list plays in order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from codepilot.messages import FinishReason, NativeCall, Usage

Match = str | Callable[[str], bool]
"""A regular expression to be found in, or a predicate on, the last user text."""

IDLE = ("delta", "ping", "comment")
"""What keeps a connection busy without saying anything: deltas without content, ping events (on the wire that has
them, else empty choices), comment lines."""

_PIECE = re.compile(r"\s*\S{1,12}|\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """How a turn fails; exactly one kind.

    The `…_at` numbers count the text pieces sent before it happens. Negative ones count the events of the wire from
    the end: with -1 only the very last one is missing.
    """

    status: int | None = None
    """Answer with this HTTP status, `headers` and `body` instead of a reply."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    """Of `status` (JSON, or a text sent as it is), the error object of `err_at`, or what `idle_at` sends."""
    cut_at: int | None = None
    """The connection is reset."""
    eof_at: int | None = None
    """The connection is closed in the middle of the body."""
    end_clean_at: int | None = None
    """The body ends as if all were well, without a finish reason."""
    bad_at: int | None = None
    """An event with broken JSON."""
    err_at: int | None = None
    """An error event, then the end."""
    hang_headers: bool = False
    """The request is read, nothing is ever answered."""
    stall_at: int | None = None
    """Silence, with the connection open."""
    idle_at: int | None = None
    """No more words, but the connection is kept busy for ever: by what `body` names, see `IDLE`."""

    def __post_init__(self) -> None:
        if self.idle_at is not None and self.body not in IDLE:
            raise ValueError(f"idle_at: body is one of {', '.join(IDLE)}")
        if len(self._kinds()) != 1:
            raise ValueError(f"a fault has exactly one kind, this one has {self._kinds() or 'none'}")

    def _kinds(self) -> list[str]:
        names = [f.name for f in fields(self) if f.name not in ("headers", "body", "hang_headers")]
        return [n for n in names if getattr(self, n) is not None] + ["hang_headers"] * self.hang_headers

    @property
    def kind(self) -> str:
        """The name of the field that is set: `status`, `cut_at`, `hang_headers` …"""
        return self._kinds()[0]

    @property
    def at(self) -> int | None:
        """After how many pieces; None for faults that come before the first."""
        return None if self.kind in ("status", "hang_headers") else int(getattr(self, self.kind))


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One reply."""

    text: str = ""
    chunks: tuple[str, ...] = ()
    """The reply, cut as it shall be streamed; instead of `text`."""
    thinking: str = ""
    """Streamed as reasoning before the text."""
    calls: tuple[NativeCall, ...] = ()
    """Function calls in the wire's own form, after the text. One without a name shows in the finish reason only."""
    match: Match | None = None
    usage: Usage | None = None
    """None: counted roughly from the texts."""
    finish: FinishReason = "stop"
    delay: float = 0.0
    """Seconds between two pieces."""
    split: int = 0
    """On a wire: send so many bytes at a time, across characters and events. 0: event by event."""
    fault: Fault | None = None
    repeat: bool = False
    """May be played more than once, and need not be played at all."""

    def __post_init__(self) -> None:
        if self.text and self.chunks:
            raise ValueError("a turn has a text or chunks, not both")
        if isinstance(self.match, str):
            re.compile(self.match)

    @property
    def whole(self) -> str:
        """The complete text."""
        return self.text or "".join(self.chunks)

    def pieces(self) -> tuple[str, ...]:
        """The text as it is streamed: the given chunks, or pieces of about a word."""
        return self.chunks or tuple(_PIECE.findall(self.text))

    def fits(self, user_text: str) -> bool:
        """Whether this turn answers these words."""
        if self.match is None:
            return True
        if isinstance(self.match, str):
            return re.search(self.match, user_text) is not None
        return self.match(user_text)


class Script:
    """Turns, and which of them were played."""

    def __init__(self, turns: Sequence[Turn | str] = ()) -> None:
        self._turns = [Turn(text=turn) if isinstance(turn, str) else turn for turn in turns]
        self._played: set[int] = set()

    def add(self, turn: Turn | str) -> None:
        """Append a turn, also while the script is being played."""
        self._turns.append(Turn(text=turn) if isinstance(turn, str) else turn)

    def take(self, user_text: str) -> Turn | None:
        """Play the next turn that fits; None if there is none."""
        for index, turn in enumerate(self._turns):
            if (turn.repeat or index not in self._played) and turn.fits(user_text):
                self._played.add(index)
                return turn
        return None

    def leftover(self) -> list[Turn]:
        """Turns that were meant to be played and were not."""
        return [t for i, t in enumerate(self._turns) if i not in self._played and not t.repeat]

    def __len__(self) -> int:
        return len(self._turns)

    @classmethod
    def load(cls, path: str | Path) -> Script:
        """Read a script from a JSON or YAML file: a list of turns, or a mapping with `turns`.

        Raises:
            ValueError: the file is not a script; the message names file and turn.
        """
        path = Path(path)
        text = path.read_text(encoding="utf-8")
        try:
            data = json.loads(text) if path.suffix == ".json" else _from_yaml(text)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
        if isinstance(data, Mapping):
            data = data.get("turns")
        if not isinstance(data, list):
            raise ValueError(f"{path}: expected a list of turns, or a mapping with 'turns'")
        turns = []
        for number, item in enumerate(data, 1):
            try:
                turns.append(turn_from(item))
            except (TypeError, ValueError, re.error) as error:
                raise ValueError(f"{path}: turn {number}: {error}") from error
        return cls(turns)


def turn_from(item: Any) -> Turn:
    """A turn from plain data: a text, or a mapping of the fields of `Turn`.

    Raises:
        ValueError: a field that a turn does not have, or a value that it cannot take.
    """
    if isinstance(item, str):
        return Turn(text=item)
    if not isinstance(item, Mapping):
        raise ValueError(f"expected a text or a mapping, found {type(item).__name__}")
    given = dict(item)
    _check(given)
    if "chunks" in given:
        given["chunks"] = tuple(str(chunk) for chunk in given["chunks"])
    if "calls" in given:
        given["calls"] = tuple(
            NativeCall(call["name"], json.dumps(call.get("arguments", {}))) for call in given["calls"]
        )
    if given.get("usage") is not None:
        given["usage"] = Usage(**given["usage"])
    if given.get("fault") is not None:
        given["fault"] = Fault(**given["fault"])
    return Turn(**given)


def _check(given: Mapping[str, Any]) -> None:
    known = {f.name for f in fields(Turn)}
    if unknown := sorted(set(given) - known):
        raise ValueError(f"unknown {', '.join(unknown)}; a turn has {', '.join(sorted(known))}")
    for name in ("text", "thinking", "match"):
        if given.get(name) is not None and not isinstance(given[name], str):
            raise ValueError(f"{name}: expected a text")
    if given.get("finish", "stop") not in ("stop", "length", "refusal"):
        raise ValueError("finish: expected stop, length or refusal")


def _from_yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
