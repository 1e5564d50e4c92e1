"""What was found: losses, repetitions, and in which places of a task the kills were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codepilot.journal.fold import Saved
from codepilot.journal.unfinished import Unfinished
from codepilot.protocol import parse_reply

ROWS = (
    "idle",
    "words queued",
    "before the first step",
    "step begun",
    "reply cut",
    "reply not executed",
    "reply completes",
    "only reads",
    "write open",
    "command open",
    "outside open",
    "effect, then the end",
    "permission asked",
    "question asked",
    "between steps",
)
"""Where a task can be cut, as the design's table of what resuming does."""


@dataclass
class Books:
    """Over all runs."""

    runs: int = 0
    kills: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    rows: Counter[str] = field(default_factory=Counter)
    """Kills by the place in the task."""

    @property
    def faults(self) -> int:
        return len(self.lost) + len(self.twice) + len(self.unreadable)

    @property
    def all(self) -> list[str]:
        return [f"{name}: {each}" for name in ("lost", "twice", "unreadable") for each in getattr(self, name)]


def row_of(saved: Saved) -> str:
    """The place of a task in which its program ended."""
    task = saved.unfinished
    if saved.queued and (task is None or task.step == 0):
        return "words queued"
    if task is None:
        return "idle"
    if task.step == 0:
        return "before the first step"
    if task.reply is None:
        return "reply cut" if task.part else "step begun"
    if task.told:
        return "between steps"
    if not task.executing:
        return "reply completes" if parse_reply(task.reply).control is None else "reply not executed"
    return _in_block(task)


def _in_block(task: Unfinished) -> str:
    for call in task.calls:
        if call.finished:
            continue
        if call.asking:
            return "permission asked"
        if call.question and not call.answered:
            return "question asked"
        if call.may_have_happened:
            return f"{call.effect} open"
    return "effect, then the end" if task.acted else "only reads"


KEPT = (
    *("session_opened", "task_started", "task_resumed", "step_started", "message_stored", "reply_finished"),
    *(
        "control_started",
        "control_finished",
        "tool_started",
        "effect_started",
        "tool_finished",
        "file_changed",
    ),
    *("task_finished", "reply_part"),
)
"""Events that the books compare one by one."""
_NAMES = ("task", "step", "role", "kind", "reason", "call_id", "tool", "effect", "path", "result", "state")


def _mark(event: dict[str, Any]) -> tuple[Any, ...]:
    """What must be the same in an event that was told and its record."""
    text = event.get("text") if event["type"] in ("message_stored", "reply_part") else None
    return (event["type"], *(event.get(name) or None for name in _NAMES), text)


def compare_records(
    records: Sequence[dict[str, Any]], told: Sequence[dict[str, Any]], since: int, books: Books, name: str
) -> None:
    """A journal and what was acknowledged.

    Args:
        records: all that are whole.
        told: by the program that was killed.
        since: how many records there were before it began.
        books: get what is wrong.
        name: of the run.
    """
    numbers = [record["n"] for record in records]
    if numbers != list(range(1, len(numbers) + 1)):
        books.unreadable.append(f"{name}: the numbers have a hole: {numbers[-5:]}")
    new = [_mark(record) for record in records[since:] if record["type"] in KEPT]
    acknowledged = [_mark(event) for event in told if event["type"] in KEPT]
    if new[: len(acknowledged)] != acknowledged:
        there = [*new, *[None] * len(acknowledged)]
        missing = next((one for one, found in zip(acknowledged, there, strict=False) if one != found), None)
        books.lost.append(f"{name}: {str(missing)[:300]}")


def compare_witness(witness: Path, books: Books, name: str) -> Counter[str]:
    """What was done; nothing may be done twice."""
    done = Counter(witness.read_text().split()) if witness.exists() else Counter[str]()
    books.twice += [f"{name}: step {step} was done {many} times" for step, many in done.items() if many > 1]
    return done
