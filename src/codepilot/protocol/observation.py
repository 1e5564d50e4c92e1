"""Builds what the model reads back after a step. The one place that makes tool output shorter.

The text begins with `[EXECUTION RESULT]`. Everything that was printed, returned or raised stands between two
marker lines that carry a random nonce: it is data, and since the nonce is chosen after the data is there,
nothing inside can close the fence. The runtime's own words follow below it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from codepilot.messages import ExecutionResult
from codepilot.protocol.notes import outcome
from codepilot.protocol.tags import CHANGE_TAG, RESULT_TAG
from codepilot.text import head_and_tail, well_formed

NO_OUTPUT = "[Control block executed with no output.]"

Spool = Callable[[str], str]
"""Keeps a full text somewhere the model can read, and gives the path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of a step's output the model reads, in characters."""

    total: int = 30_000
    part: int = 12_000
    """Of one printed text, one result or one error."""
    least: int = 600
    """When the parts would have to be cut to less than this, they are cut as one text instead."""


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
        limits: Limits = Limits(),
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
        parts = [well_formed(part).strip("\n") for part in (*self._printed, *self._results, *self._errors)]
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
        where = f"the full text: {self._spool(text)}" if self._spool is not None else "the rest was not kept"

        def note(left_out: int) -> str:
            return f"[… {left_out:,} of {len(text):,} characters left out; {where} …]"

        return head_and_tail(text, limit, note=note)


def build_observation(
    *,
    execution: ExecutionResult | None = None,
    results: Iterable[str] = (),
    notes: Iterable[str] = (),
    spool: Spool | None = None,
    limits: Limits = Limits(),
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


def _fair_share(lengths: list[int], total: int) -> int:
    """The most that each part may have so that all fit: short ones leave their rest to the long ones."""
    left, share = max(total, 0), total
    for index, length in enumerate(sorted(lengths)):
        share = left // (len(lengths) - index)
        if length > share:
            return share
        left -= length
    return max(share, max(lengths, default=0))
