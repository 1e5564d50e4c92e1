"""What the model reads: the user turns of a conversation, and what came of a step. The one place that makes a tool's
output shorter (`LIMITS`).

An observation begins with `[EXECUTION RESULT]`. Everything that was printed, returned or raised stands between two
marker lines that carry a random nonce: it is data, and since the nonce is chosen after the data is there,
nothing inside can close the fence. The runtime's own words (notes) follow below it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from codepilot.messages import ExecutionResult
from codepilot.protocol.blocks import Reply
from codepilot.text import head_and_tail, well_formed
from codepilot.values import dataclass

RESULT_TAG = "[EXECUTION RESULT]"
MESSAGE_TAG = "[USER MESSAGE]"
CHANGE_TAG = "[ENVIRONMENT CHANGE]"
SUMMARY_TAG = "[GLOBAL SUMMARY]"
_REPEATED: Final = 40
"""Characters from which on a text that is there twice is worth leaving out once."""
NO_OUTPUT = "[Control block executed with no output.]"

_TASK = re.compile(r"\[Task (\d{1,9})\]\[USER INPUT\](?:\n|\Z)")
_WHAT_RAN = {
    "syntax": "The control block is not valid Python. What ran: nothing.",
    "lint": "The control block was refused before it ran. What ran: nothing.",
    "exception": "The control block stopped at the error above; nothing after it ran.",
    "timeout": (
        "The control block took too long and was stopped. Effects of finished calls stay. Time spent in "
        "tools does not count: look for an endless loop in the block."
    ),
    "aborted": "The person stopped the control block. Effects of finished calls stay; do not repeat it "
    "unasked.",
    "crashed": "The worker that ran the control block died. Effects of finished calls stay.",
    "output_limit": "The control block printed too much and was stopped. Effects of finished calls stay. "
    "Print less.",
}

Spool = Callable[[str], str]
"""Keeps a full text somewhere the model can read, and gives the path; empty: it cannot be kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of a step's output the model reads, in characters."""

    total: int = 30_000
    part: int = 12_000
    """Of one printed text, one result or one error."""
    least: int = 600
    """When the parts would have to be cut to less than this, they are cut as one text instead."""
    command: int = 10_000
    """Of what one command printed, unless the agent file says otherwise. The terminal host cuts there already, so
    that a flood never crosses its socket; the full text is in a file whose path is told."""
    event: int = 4_000
    """Of what a custom tool returned, in its event; the block gets all of it."""

    def with_command(self, characters: int) -> Limits:
        """These limits where the agent file says how much of a command's output is shown."""
        part = max(self.part, characters + 500)  # a result has a head and a status, too
        return Limits(total=max(self.total, part), part=part, command=characters)


LIMITS: Final = Limits()


def _new_nonce() -> str:
    return os.urandom(4).hex()


class Observation:
    """Collects what a step brought; `text` composes it once.

    Args:
        spool: keeps the full text of what is cut; without one the rest is said to be lost.
        limits: how much is shown.
        nonce: gives a fresh random word.
    """

    def __init__(
        self,
        *,
        spool: Spool | None = None,
        limits: Limits = LIMITS,
        nonce: Callable[[], str] = _new_nonce,
    ) -> None:
        self._spool = spool
        self._limits = limits
        self._nonce = nonce
        self._printed: list[str] = []
        self._results: list[str] = []
        self._errors: list[str] = []
        self._notes: list[str] = []
        self._failed = False

    def add_result(self, text: str) -> None:
        """Add what a tool reports; kept in the order of the calls."""
        if text:
            self._results.append(text)

    def add_execution(self, result: ExecutionResult) -> None:
        """Add how the control block went: what it printed, its error, what was lost."""
        if result.printed:
            self._printed.append(result.printed)
        if result.error:
            self._errors.append(result.error)
        self._failed = self._failed or not result.ok
        self.add_notes(outcome(result))

    def add_notes(self, notes: Iterable[str]) -> None:
        """Add words of the runtime itself (see `notes`); never text from outside."""
        self._notes.extend(note for note in notes if note)

    def text(self) -> str:
        """The whole observation."""
        sections = [RESULT_TAG]
        printed = [_without(text, self._results) for text in self._printed]
        parts = [well_formed(part).strip("\n") for part in (*printed, *self._results, *self._errors)]
        body = self._fit([part for part in parts if part.strip()])
        if body:
            sections.append(self._fence(body))
        elif not self._failed:
            sections.append(NO_OUTPUT)
        notes = "\n".join(dict.fromkeys(map(well_formed, self._notes)))
        if notes:
            sections.append(f"\n{notes}" if body else notes)
        return "\n".join(sections)

    def _fence(self, body: str) -> str:
        nonce = self._nonce()
        while nonce in body:
            nonce = _new_nonce()
        return f"⟦output {nonce}⟧\n{body}\n⟦end {nonce}⟧"

    def _fit(self, parts: list[str]) -> str:
        limits = self._limits
        share = _fair_share([min(len(part), limits.part) for part in parts], limits.total - 2 * len(parts))
        if share < limits.least and any(len(part) > share for part in parts):
            return self._cut("\n\n".join(parts), limits.total)
        return "\n\n".join(self._cut(part, min(share, limits.part)) for part in parts)

    def _cut(self, text: str, limit: int) -> str:
        if len(text) <= limit:
            return text
        path = self._spool(text) if self._spool is not None else ""
        where = f"the full text: {path}" if path else "the rest was not kept"

        def note(left_out: int) -> str:
            return f"[… {left_out:,} of {len(text):,} characters left out; {where} …]"

        return head_and_tail(text, limit, note=note)


def build_observation(
    *,
    execution: ExecutionResult | None = None,
    results: Iterable[str] = (),
    notes: Iterable[str] = (),
    spool: Spool | None = None,
    limits: Limits = LIMITS,
) -> str:
    """Compose an observation at once."""
    observation = Observation(spool=spool, limits=limits)
    for result in results:
        observation.add_result(result)
    if execution is not None:
        observation.add_execution(execution)
    observation.add_notes(notes)
    return observation.text()


def environment_change(words: str, text: str) -> str:
    """What changed while the model was not looking.

    Args:
        words: of the runtime itself.
        text: from outside; it is fenced, and cut where it is long.
    """
    change = Observation()
    change.add_result(text)
    return change.text().replace(RESULT_TAG, f"{CHANGE_TAG}\n{well_formed(words)}", 1)


def protocol_observation(correction: str) -> str:
    """The observation of a reply of which nothing ran: a refusal or a reminder."""
    return f"{RESULT_TAG}\n{well_formed(correction)}"


def _without(printed: str, results: Iterable[str]) -> str:
    """Printed text without the results that stand below it: `print(read_file(x))` shows the file once."""
    whole = [text for result in results if (text := result.strip("\n"))]
    if sorted(printed.strip().splitlines()) == sorted(line for text in whole for line in text.splitlines()):
        return ""  # also short ones, which among other words stay where they were printed
    left = printed
    for text in whole:
        if len(text) >= _REPEATED and text in left:
            head = text.splitlines()[0].rstrip(".:")
            printed = printed.replace(text, f"({head}: see below)", 1)
            left = left.replace(text, "", 1)
    return printed if left.strip() else ""


def _fair_share(lengths: list[int], total: int) -> int:
    """The most that each part may have so that all fit: short ones leave their rest to the long ones."""
    left, share = max(total, 0), total
    for index, length in enumerate(sorted(lengths)):
        share = left // (len(lengths) - index)
        if length > share:
            return share
        left -= length
    return max(share, max(lengths, default=0))


# -- notes: the runtime's own words, one sentence or two for each thing that the model has to know


def outcome(result: ExecutionResult) -> tuple[str, ...]:
    """How a control block ended, where it did not end well, and what was lost with it."""
    notes: list[str] = []
    if not result.ok:
        notes.append(_WHAT_RAN.get(result.kind, "The control block failed. Effects of finished calls stay."))
    if result.ok and result.lost:  # a failed block's error says it already
        notes.append(
            f"The worker was restarted. These names are gone: {_list(result.lost)}. Define them again "
            "before use; plain values were kept."
        )
    return tuple(notes)


def surplus_controls(reply: Reply) -> tuple[str, ...]:
    """Say that only the first control block of a reply ran."""
    if not reply.surplus_controls:
        return ()
    lines = ", ".join(str(control.line) for control in reply.surplus_controls)
    plural = len(reply.surplus_controls) > 1
    return (
        f"One reply runs one `codepilot` block. The {'ones' if plural else 'one'} at line {lines} did not "
        f"run; send {'them' if plural else 'it'} again, one a reply, if still needed.",
    )


def unused_payloads(paths: Sequence[str]) -> tuple[str, ...]:
    """Say that payloads were not written."""
    if not paths:
        return ()
    return (
        f"Not written, because no call took {'them' if len(paths) > 1 else 'it'}: payload {_list(paths)}. "
        f"Use write_file(path) or edit_file(path) with the same path, and send the payload again.",
    )


def completion_withheld(reason: str) -> tuple[str, ...]:
    """Say why a completion did not end the task: the block failed, or a result has still to be seen."""
    return (
        f"The completion was not accepted: {reason}. Look at the result, then complete in a reply of its "
        f"own.",
    )


def _list(names: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


# -- user turns, with the tags of codepilot-ai


def task_message(number: int, task: str) -> str:
    """The turn that opens a task; `number` counts from 1 in a session."""
    return f"[Task {number}][USER INPUT]\n{well_formed(task)}"


def user_message(message: str) -> str:
    """The turn for words that the person sent while a task runs."""
    return f"{MESSAGE_TAG}\n{well_formed(message)}"


def task_number(content: object) -> int:
    """The number of the task that a user turn opens; 0 if it opens none."""
    match = _TASK.match(content) if isinstance(content, str) else None
    return int(match[1]) if match else 0


def highest_task_number(messages: Iterable[Mapping[str, object]]) -> int:
    """The number of the last task in a conversation of dicts with `role` and `content`; 0 without any."""
    return max(
        (task_number(message.get("content")) for message in messages if message.get("role") == "user"),
        default=0,
    )
