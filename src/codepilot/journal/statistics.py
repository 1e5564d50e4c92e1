"""What sessions have used: tasks, steps, tokens and cost, per day, model and folder, from their journals."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from codepilot.errors import SessionError
from codepilot.journal.listing import SessionInfo
from codepilot.journal.log import lines_of
from codepilot.journal.record import Record, decode, type_of
from codepilot.values import dataclass

_OF_INTEREST = frozenset(
    {"session_opened", "session_forked", "task_started", "step_started", "reply_finished", "context_cut"}
)


@dataclass(slots=True)
class Used:
    """A sum."""

    tasks: int = 0
    steps: int = 0
    replies: int = 0
    unpriced: int = 0
    """Replies of models whose price is not known: their cost is in no sum."""
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost: float = 0.0
    """In dollars."""

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "cost": round(self.cost, 6)}


@dataclass(slots=True)
class Statistics:
    """Sums by what they belong to; each in the order of its names."""

    total: Used
    days: dict[str, Used]
    """By local date, `2026-11-22`."""
    models: dict[str, Used]
    """By `provider:name`; empty: not recorded."""
    folders: dict[str, Used]
    sessions: int = 0

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        groups = {"days": self.days, "models": self.models, "folders": self.folders}
        return {
            "sessions": self.sessions,
            "total": self.total.as_dict(),
            **{key: {name: used.as_dict() for name, used in group.items()} for key, group in groups.items()},
        }


def statistics_of(sessions: Iterable[SessionInfo], since: float = 0.0) -> Statistics:
    """Count what sessions have used. What a fork shares with its parent counts once, with the parent.

    Args:
        sessions: of `sessions_of()`.
        since: seconds since 1970; what was before is left out.
    """
    found = Statistics(Used(), {}, {}, {})
    for info in sessions:
        try:
            counting = _Counting(found, info.folder, since)
            records = list(_records(info))
        except SessionError:
            continue  # it was deleted meanwhile
        own = max(
            (index for index, record in enumerate(records) if record.type == "session_forked"), default=0
        )
        for index, record in enumerate(records):
            counting.take(record, shared=index < own)
        found.sessions += counting.counted
    for name in ("days", "models", "folders"):
        setattr(found, name, dict(sorted(getattr(found, name).items())))
    return found


def _records(info: SessionInfo) -> Iterable[Record]:
    for line in lines_of(info.path):
        if type_of(line) in _OF_INTEREST and (record := decode(line)) is not None:
            yield record


class _Counting:
    """Counts one session."""

    def __init__(self, found: Statistics, folder: str, since: float) -> None:
        self._found = found
        self._folder = folder
        self._since = since
        self._model = ""
        self._cost = 0.0
        """Of the session, as the last reply told it."""
        self.counted = False

    def take(self, record: Record, *, shared: bool) -> None:
        """Count a record.

        Args:
            record: the next one.
            shared: with the session that this one was forked from.
        """
        data = record.data
        if record.type == "session_opened":
            self._model = str(data.get("model", ""))
        told = data.get("cost")
        own = data.get("step_cost")
        spent = max(told - self._cost, 0.0) if isinstance(told, int | float) else 0.0
        if isinstance(told, int | float):
            self._cost = float(told)
        if isinstance(own, int | float):  # exact also where the model was changed, so that the sum is anew
            spent = float(own)
        if shared or record.time < self._since or self._model.startswith("recorded:"):
            return  # of a replay: it asks no model
        if record.type == "task_started":
            self._add(record, lambda used: setattr(used, "tasks", used.tasks + 1))
        elif record.type == "step_started":
            self._add(record, lambda used: setattr(used, "steps", used.steps + 1))
        elif record.type == "reply_finished":
            self._add(record, lambda used: _reply(used, data, spent))
        elif record.type == "context_cut":
            self._add(record, lambda used: _spent(used, data, spent))

    def _add(self, record: Record, add: Callable[[Used], None]) -> None:
        self.counted = True
        day = time.strftime("%Y-%m-%d", time.localtime(record.time))
        found = self._found
        add(found.total)
        for group, name in ((found.days, day), (found.models, self._model), (found.folders, self._folder)):
            add(group.setdefault(name, Used()))


def _reply(used: Used, data: dict[str, Any], spent: float) -> None:
    used.replies += 1
    used.unpriced += data.get("cost") is None
    _spent(used, data, spent)


def _spent(used: Used, data: dict[str, Any], spent: float) -> None:
    used.cost += spent
    for name in ("input_tokens", "output_tokens", "cached_tokens"):
        given = data.get(name)
        setattr(used, name, getattr(used, name) + (given if isinstance(given, int) else 0))
