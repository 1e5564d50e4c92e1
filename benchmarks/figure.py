"""A figure: what was measured, its bar, and the table of many."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["ok", "OVER", "FAILED", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number. `bar` is the most that it may be; None: told for context only."""

    what: str
    value: float
    unit: str = ""
    bar: float | None = None
    note: str = ""
    error: str = ""

    @property
    def verdict(self) -> Verdict:
        if self.error:
            return "FAILED"
        if self.bar is None:
            return ""
        return "ok" if self.value <= self.bar else "OVER"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"verdict": self.verdict}


@dataclass(frozen=True, slots=True)
class Options:
    """How thorough: at the sizes of the design, or smaller and less often."""

    quick: bool = False

    def pick(self, usual: int, quick: int) -> int:
        return quick if self.quick else usual


Measure = Callable[[Options], Sequence[Figure]]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` (0–1) of the values do not exceed; with few values the greatest."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 10_000) * len(ordered) // 10_000) - 1))]


def _number(value: float, unit: str) -> str:
    text = f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:,.3g}"
    return f"{text} {unit}".rstrip()


def table(figures: Sequence[Figure]) -> str:
    """Figure, measured, bar, verdict and a note, in columns."""
    rows = [("figure", "measured", "bar", "", "")]
    for each in figures:
        measured = each.error.strip().splitlines()[-1] if each.error else _number(each.value, each.unit)
        bar = "" if each.bar is None else f"≤ {_number(each.bar, each.unit)}"
        rows.append(
            (
                each.what,
                "—" if each.error else measured,
                bar,
                each.verdict,
                measured if each.error else each.note,
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = []
    for row in rows:
        name, measured, bar, verdict, note = row
        line = f"{name:<{widths[0]}}  {measured:>{widths[1]}}  {bar:>{widths[2]}}  {verdict:<{widths[3]}}  {note}"
        lines.append(line.rstrip())
    lines.insert(1, "─" * min(110, max(map(len, lines))))
    return "\n".join(lines)


def machine() -> str:
    """What it ran on, and how busy that was."""
    return f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}"
