"""What the records of a session say of it in numbers: tasks, steps, tokens, cost, and how its last task ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from pathlib import Path
from typing import Any, Final, Literal

from codepilot.journal.damage import Gaps
from codepilot.journal.record import decode, head_of
from codepilot.values import dataclass

SessionState = Literal["new", "open", "cut", "asks", "done", "stopped", "failed"]
"""No task yet; a program works in it; its program ended in the middle of a task; the last task ended because nobody
answered; it is done; was stopped, or came to a limit; failed."""
_STATES: Final[dict[str, SessionState]] = {
    "done": "done",
    "replied": "done",
    "aborted": "stopped",
    "max_steps": "stopped",
    "max_cost": "stopped",
    "needs_person": "asks",
    "failed": "failed",
}
_PIECE = 1024 * 1024


@dataclass(slots=True)
class Figures:
    """What the records say, so far as they were read."""

    title: str = ""
    """Given by a person or a program; empty: it has none."""
    first: str = ""
    """The person's first words."""
    state: SessionState = "new"
    """Of its last task; `cut` while it runs."""
    tasks: int = 0
    steps: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost: float | None = None
    """In dollars; None where no price is known."""
    model: str = ""
    """Of the last program that worked in it: `provider:name`."""
    parent: str = ""
    """The session that it was forked from."""
    parent_n: int = 0
    """The last record that it shares with that one."""
    imported: str = ""
    """The program that wrote it, if it was imported."""
    files: list[str] = field(default_factory=list)
    """Paths that its agent changed, in order; relative to the folder where they are in it."""
    missing: int = 0
    """Records between others that are not there: damage."""
    last: int = 0
    """The number of the last record."""


_LONGEST_TITLE = 200
_MOST_FILES = 500


def _created(figures: Figures, data: dict[str, Any]) -> None:
    imported = data.get("imported")
    if isinstance(imported, dict):
        figures.imported = str(imported.get("program", ""))


def _forked(figures: Figures, data: dict[str, Any]) -> None:
    figures.parent, figures.parent_n = str(data["parent"]["id"]), int(data["parent"]["n"])


def _opened(figures: Figures, data: dict[str, Any]) -> None:
    figures.model = str(data.get("model", ""))


def _titled(figures: Figures, data: dict[str, Any]) -> None:
    figures.title = str(data["title"])


def _task_started(figures: Figures, data: dict[str, Any]) -> None:
    figures.first = figures.first or str(data["task"])[:_LONGEST_TITLE]
    figures.tasks += 1
    figures.state = "cut"


def _task_finished(figures: Figures, data: dict[str, Any]) -> None:
    figures.state = _STATES.get(data["status"], "done")


def _step_started(figures: Figures, data: dict[str, Any]) -> None:
    del data
    figures.steps += 1


def _used(figures: Figures, data: dict[str, Any]) -> None:
    figures.input_tokens += int(data.get("input_tokens", 0))
    figures.output_tokens += int(data.get("output_tokens", 0))
    figures.cached_tokens += int(data.get("cached_tokens", 0))
    if data.get("cost") is not None:
        figures.cost = float(data["cost"])


def _file_changed(figures: Figures, data: dict[str, Any]) -> None:
    path = str(data["path"])
    if path not in figures.files and len(figures.files) < _MOST_FILES:
        figures.files.append(path)


_HANDLERS: Final[dict[str, Callable[[Figures, dict[str, Any]], None]]] = {
    "session_created": _created,
    "session_forked": _forked,
    "session_opened": _opened,
    "title_changed": _titled,
    "task_started": _task_started,
    "task_finished": _task_finished,
    "step_started": _step_started,
    "reply_finished": _used,
    "context_cut": _used,
    "file_changed": _file_changed,
}


def read_on(path: Path, figures: Figures, start: int = 0) -> int:
    """Take what was written since into the figures.

    Args:
        path: of the journal.
        figures: of what stands before.
        start: bytes that were read already.

    Returns:
        Bytes that are read now: up to the last whole line.

    Raises:
        OSError: it cannot be read.
    """
    gaps = Gaps(figures.last, figures.missing)
    with path.open("rb") as stream:
        stream.seek(start)
        held = b""
        while piece := stream.read(_PIECE):
            lines = (held + piece).split(b"\n")
            held = lines.pop()
            for line in lines:
                start += len(line) + 1
                number, kind = head_of(line)
                if number:  # a line that is no record is seen by the number that is missing with it
                    gaps.look_at(number)
                _take(figures, kind, line)
    figures.missing, figures.last = gaps.missing, gaps.last or 0
    return start


def _take(figures: Figures, kind: str, line: bytes) -> None:
    if (handler := _HANDLERS.get(kind)) is not None and (record := decode(line)) is not None:
        try:
            handler(figures, record.data)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            pass  # a record of another program, or a damaged one: the rest still tells
