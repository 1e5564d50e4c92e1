"""The tree in a journal: a record follows the one before it, but after `rewound` the one to which that went back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

from codepilot.journal.fold import Saved, fold
from codepilot.journal.record import decode, number_of, type_of
from codepilot.journal.spent import Spent
from codepilot.values import dataclass

_MARK = b'"type":"rewound"'
_HEAD = 100
"""Bytes of a line in which its type stands."""
_ON_ANY_BRANCH = frozenset({"message_queued", "message_injected", "message_dropped", "session_opened"})
"""What holds whichever way the conversation went: queued words stay, and those that were read are read."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Words of the person that the agent has worked on."""

    record: int
    """Of its beginning."""
    before: int
    """The record to which one goes back to say something else instead."""
    end: int
    """The last record of what came of it, on its branch."""
    parent: int
    """The `record` of the prompt before it on its branch; 0: there is none."""
    kind: Literal["task", "message"]
    """It began a task, or was said while the agent worked."""
    text: str
    time: float
    """Seconds since 1970."""
    files: tuple[str, ...]
    """What changed in the work folder from it to the next one, in order."""
    active: bool
    """It belongs to the conversation as it is now."""


@dataclass(frozen=True, slots=True)
class PromptTree:
    """All prompts since the conversation was last cleared, in the order in which they were said."""

    prompts: tuple[Prompt, ...]
    tips: tuple[int, ...]
    """The last records of branches that were left, oldest first: where a rewind is taken back to."""
    undo: int = 0
    """Where the last rewind is taken back to, if nothing was said since; 0: something was, or there was none."""
    undo_restore: int = 0
    """The restore that brought the files back with that rewind; 0: they stayed."""

    @property
    def branches(self) -> int:
        """How many ends the tree has."""
        parents = {prompt.parent for prompt in self.prompts}
        return sum(prompt.record not in parents for prompt in self.prompts)


Ranges = list[tuple[int, int]]
"""First and last numbers of records."""


def left_ranges(lines: Iterable[bytes]) -> Ranges:
    """The records that the conversation has left by going back, in order.

    Args:
        lines: of a journal, from the first.
    """
    jumps = []
    for line in lines:
        if _MARK in line[:_HEAD] and (record := decode(line)) is not None and record.type == "rewound":
            to = record.data.get("to")
            if isinstance(to, int) and 0 < to < record.n:
                jumps.append((record.n, to))
    ranges: Ranges = []
    place = None
    for n, to in reversed(jumps):
        if place is None or n <= place:
            ranges.append((to + 1, n - 1))
            place = to
    return ranges[::-1]


def saved_of(lines: Callable[[], Iterable[bytes]], texts: Path | None = None) -> Saved:
    """Read a journal by the way that the conversation went.

    Numbers count on, and tokens were spent, on whichever branch that was.

    Args:
        lines: gives those of it, from the first, each time anew.
        texts: the folder of its long texts.
    """
    went_back = False

    def watched() -> Iterator[bytes]:
        nonlocal went_back
        for line in lines():
            went_back = went_back or line.find(_MARK, 0, _HEAD) >= 0
            yield line

    straight = fold(
        watched(), texts, after=0
    )  # at once, as most journals go: reading them twice is felt at the start
    ranges = left_ranges(lines()) if went_back else []
    if not ranges:
        return straight
    saved = fold(outside(lines(), ranges), texts)
    left = fold(_inside(lines(), ranges), texts)
    always = fold((line for line in lines() if _is_always(line)), texts)
    saved.queued, saved.mode = always.queued, always.mode
    for name in ("tasks", "calls", "questions", "sent"):
        setattr(saved, name, max(getattr(saved, name), getattr(left, name)))
    saved.skipped += left.skipped
    saved.missing = straight.missing
    saved.spent = _spent(lines())
    return saved


def _spent(lines: Iterable[bytes]) -> Spent:
    """On all branches: what was left was paid for as well."""
    spent = Spent()
    for line in lines:
        kind = type_of(line)
        if kind == "task_started":
            spent.begin_task()
        elif kind in ("reply_finished", "context_cut") and (record := decode(line)) is not None:
            try:
                spent.pay(record.data)
            except (TypeError, ValueError, OverflowError):
                continue  # damaged, and counted as such
    return spent


def _is_always(line: bytes) -> bool:
    kind = type_of(line)
    return kind in _ON_ANY_BRANCH or (kind == "message_stored" and b'"kind":"person"' in line)


def outside(lines: Iterable[bytes], ranges: Ranges) -> Iterator[bytes]:
    """The lines that the conversation has not left."""
    return (line for line, left in _with_place(lines, ranges) if not left)


def _inside(lines: Iterable[bytes], ranges: Ranges) -> Iterator[bytes]:
    return (line for line, left in _with_place(lines, ranges) if left)


def _with_place(lines: Iterable[bytes], ranges: Ranges) -> Iterator[tuple[bytes, bool]]:
    """Each line, and whether it was left."""
    waiting = list(reversed(ranges))
    left = False
    for line in lines:
        n = number_of(line)
        if n:  # a line that is no record is where the one before it is
            while waiting and n > waiting[-1][1]:
                waiting.pop()
            left = bool(waiting) and waiting[-1][0] <= n
        yield line, left


def offset_of(lines: Iterable[bytes], record: int) -> int:
    """Bytes to the end of a record; 0: there is none of that number."""
    at = 0
    for line in lines:
        at += len(line)
        if number_of(line) == record:
            return at
    return 0


class _Growing:
    """A prompt, while the records after it are read."""

    def __init__(self, record: int, parent: int, kind: Literal["task", "message"], time: float) -> None:
        self.record, self.parent, self.time = record, parent, time
        self.kind: Literal["task", "message"] = kind
        self.end = record
        self.text = ""
        self.files: dict[str, None] = {}


_OF_INTEREST = frozenset(
    {
        *("task_started", "message_injected", "file_changed", "restore_started", "restore_finished"),
        *("session_cleared", "rewound"),
    }
)


class _Tree:
    def __init__(self) -> None:
        self.prompts: dict[int, _Growing] = {}
        self.tips: list[int] = []
        self._undo = (0, 0)
        self._here = 0
        """The prompt that is worked on; 0: none yet."""
        self._were: list[tuple[int, int]] = []
        """From which record on which prompt was."""
        self._person = 0
        """The record of the message of words that are about to be told of as injected."""
        self._restoring = False

    def take(self, line: bytes) -> None:
        kind, n = type_of(line), number_of(line)
        if not n:
            return
        if kind == "message_stored" and b'"kind":"person"' in line:
            self._person = n
        if kind in _OF_INTEREST and (record := decode(line)) is not None:
            try:
                self._interesting(kind, n, record.time, record.data)
            except (KeyError, TypeError, ValueError, OverflowError):
                return  # fields are missing, or of another type
        if kind != "rewound" and self._here:
            self.prompts[self._here].end = n

    def _interesting(self, kind: str, n: int, time: float, data: dict[str, Any]) -> None:
        match kind:
            case "task_started":
                self._restoring = False  # one that did not come to its end was left
                self._begin(n, "task", str(data["task"]), time)
            case "message_injected":
                self._begin(self._person or n, "message", str(data["message"]), time)
                self._person = 0
            case "restore_started":
                self._restoring = True
            case "restore_finished":
                self._restoring = False
            case "file_changed" if self._here and not self._restoring:
                self.prompts[self._here].files[str(data["path"])] = None
            case "session_cleared":
                self.prompts.clear()
                self.tips.clear()
                self._were.clear()
                self._here, self._undo = 0, (0, 0)
            case "rewound":
                self.tips.append(n - 1)
                self._undo = (n - 1, int(data.get("restore", 0)))
                to = int(data["to"])
                self._here = next((prompt for begun, prompt in reversed(self._were) if begun <= to), 0)
                self._were.append((n, self._here))

    def _begin(self, n: int, kind: Literal["task", "message"], text: str, time: float) -> None:
        made = _Growing(n, self._here, kind, time)
        made.text = text
        self.prompts[n] = made
        self._here = n
        self._were.append((n, n))
        self._undo = (0, 0)

    def done(self) -> PromptTree:
        active, at = set(), self._here
        while at:
            active.add(at)
            at = self.prompts[at].parent
        made = tuple(
            Prompt(
                *(each.record, each.record - 1, each.end, each.parent, each.kind, each.text, each.time),
                files=tuple(each.files),
                active=each.record in active,
            )
            for each in self.prompts.values()
        )
        return PromptTree(made, tuple(self.tips), *self._undo)


def prompt_tree(lines: Iterable[bytes]) -> PromptTree:
    """The tree of prompts.

    Args:
        lines: of a journal, from the first.
    """
    tree = _Tree()
    for line in lines:
        tree.take(line)
    return tree.done()
