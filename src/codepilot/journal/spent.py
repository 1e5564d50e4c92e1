"""What the requests of a session cost, as its records tell it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from codepilot.messages import Usage
from codepilot.values import dataclass


@dataclass(slots=True)
class Spent:
    """Tokens, and dollars where the price is known."""

    input: int = 0
    """Tokens of the session, as are the three that follow; see `Usage`."""
    output: int = 0
    cached: int = 0
    cache_written: int = 0
    cost: float | None = None
    """Of the session; None: of no request the price is known."""
    before_task: Usage = Usage()
    """Of the session when its last task began."""
    task_cost: float | None = None
    """Of that task."""
    last: Usage = Usage()
    """Of the last request: what the next one takes is reckoned from it."""

    @property
    def usage(self) -> Usage:
        """Of the session."""
        return Usage(
            input_tokens=self.input,
            output_tokens=self.output,
            cache_read=self.cached,
            cache_write=self.cache_written,
        )

    @classmethod
    def of(cls, stored: object) -> Spent:
        """What `stored` gave; nothing where that is not what it gives."""
        found = cls()
        if isinstance(stored, Mapping):
            try:
                found.pay(stored)
                last = stored.get("last")
                found.last = _usage(last if isinstance(last, Mapping) else {})
            except (TypeError, ValueError):
                return cls()
        found.task_cost = None
        return found

    def stored(self) -> dict[str, Any]:
        """The totals as JSON values."""
        return {**_fields(self.usage), "cost": self.cost, "last": _fields(self.last)}

    def begin_task(self) -> None:
        """A task began."""
        self.before_task, self.task_cost = self.usage, None

    def pay(self, data: Mapping[str, Any]) -> None:
        """A request was answered: the fields of its record."""
        self.last = _usage(data)
        self.input += self.last.input_tokens
        self.output += self.last.output_tokens
        self.cached += self.last.cache_read
        self.cache_written += self.last.cache_write
        if data.get("cost") is not None:
            self.cost, self.task_cost = float(data["cost"]), data.get("task_cost")


def _usage(data: Mapping[str, Any]) -> Usage:
    return Usage(
        input_tokens=int(data.get("input_tokens", 0)),
        output_tokens=int(data.get("output_tokens", 0)),
        cache_read=int(data.get("cached_tokens", 0)),
        cache_write=int(data.get("cache_write_tokens", 0)),
    )


def _fields(usage: Usage) -> dict[str, int]:
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cached_tokens": usage.cache_read,
        "cache_write_tokens": usage.cache_write,
    }
