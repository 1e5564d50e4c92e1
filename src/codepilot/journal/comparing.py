"""A recorded session and what its calls do now, compared: call by call, by hash."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence

from codepilot.journal.replay_report import Difference, DifferenceKind, Masks, ReplayReport, class_of
from codepilot.journal.steps import RecordedCall, RecordedStep

_DIFF_LINES = 40
_MOST = 5_000
"""Lines of a text that are compared line by line."""


class Comparison:
    """Takes steps as they were and as they are now, and files; makes the report.

    Args:
        session: its id.
        masks: for both sides.
        live: tools that are carried out although they act outside.
    """

    def __init__(self, session: str, masks: Masks, live: Iterable[str] = ()) -> None:
        self.report = ReplayReport(session)
        self.masks = masks
        """For both sides."""
        self._live = frozenset(live)
        self.suspects: Callable[[], Iterable[tuple[str, str]]] = tuple
        """Gives files of which it is not recorded how they were, but that were changed since the session ended, each
        with its digest; asked when a command says something else without a cause that is known."""
        self._suspected = False
        self._files: dict[str, int] = {}
        self._terminals: dict[str, int] = {}
        self._step_first = 0

    def start_file(self, path: str, expected: str | None, got: str | None, diff: Sequence[str] = ()) -> None:
        """A file is not as it was when the first step began."""
        self._add(
            Difference("start_file", path=path, expected=expected or "", got=got or "", diff=_cut(diff))
        )

    def step(self, was: RecordedStep, now: RecordedStep | None) -> None:
        """Compare the calls of a step.

        Args:
            was: recorded.
            now: None: it was not reached.
        """
        self._step_first = 0
        made = now.calls if now is not None else []
        self.report.calls += len(was.calls)
        keys = [self._key(call) for call in was.calls], [self._key(call) for call in made]
        for tag, a, b, c, d in difflib.SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
            if tag == "equal":
                for before, after in zip(was.calls[a:b], made[c:d], strict=True):
                    self._pair(was, before, after)
                continue
            for before in was.calls[a:b]:
                self._missing(was, before)
            for after in made[c:d]:
                self._add(self._of("extra", was, after, got=_shown(after)), after)
        if now is not None:
            self._printed(was, now)

    def file(
        self, was: RecordedStep, path: str, expected: str | None, got: str | None, diff: Sequence[str]
    ) -> None:
        """A file holds something else after a step than it did."""
        self._add(
            Difference(
                "file",
                was.n,
                was.task,
                was.number,
                path=path,
                expected=expected or "",
                got=got or "",
                diff=_cut(diff),
                follows=self._files.get(path, 0) or self._step_first or self._first_file(),
            )
        )

    # -- calls -------------------------------------------------------------------------------------------------

    def _key(self, call: RecordedCall) -> str:
        args = self.masks.masked(json.dumps(call.args, sort_keys=True, default=str))
        return f"{call.tool} {args}"

    def _pair(self, step: RecordedStep, was: RecordedCall, now: RecordedCall) -> None:
        if not was.state or was.state == "aborted":
            self.report.skipped += 1
            return
        kind = class_of(was, self._live)
        if kind == "recorded":
            self.report.recorded += 1
            return
        mask = self.masks.masked if kind == "masked" else self.masks.exact
        before, after = mask(was.result), mask(now.result)
        if was.state != now.state or _exit(was) != _exit(now):
            expected, got = (f"{each.state} {_exit(each)}".strip() for each in (was, now))
            self._add(
                self._of("state", step, was, expected=expected, got=got, diff=_diff(before, after)), was
            )
        elif before != after:
            told = self._of(
                "result", step, was, expected=_hash(before), got=_hash(after), diff=_diff(before, after)
            )
            self._add(told, was)
        elif self.masks.exact(was.result) == self.masks.exact(now.result):
            self.report.same += 1
        else:
            self.report.masked += 1

    def _missing(self, step: RecordedStep, was: RecordedCall) -> None:
        if not was.state or was.state == "aborted":
            self.report.skipped += 1
        else:
            self._add(self._of("missing", step, was, expected=_shown(was)), was)

    def _printed(self, was: RecordedStep, now: RecordedStep) -> None:
        before, after = self.masks.masked(was.printed), self.masks.masked(now.printed)
        if before == after or not was.whole:
            return
        self._add(
            Difference(
                "result",
                was.n,
                was.task,
                was.number,
                tool="print",
                expected=_hash(before),
                got=_hash(after),
                diff=_diff(before, after),
                follows=self._step_first,
            )
        )

    def _of(
        self,
        kind: DifferenceKind,
        step: RecordedStep,
        call: RecordedCall,
        *,
        expected: str = "",
        got: str = "",
        diff: Sequence[str] = (),
    ) -> Difference:
        return Difference(
            kind,
            call.n if kind != "extra" else step.n,
            step.task,
            step.number,
            call.call_id,
            call.tool,
            _path(call),
            expected,
            got,
            tuple(diff),
            self._cause(kind, call),
        )

    def _cause(self, kind: DifferenceKind, call: RecordedCall) -> int:
        """The earlier difference that this one may come from."""
        path = _path(call)
        if path and path in self._files:
            return self._files[path]
        if call.terminal and call.terminal in self._terminals:
            return self._terminals[call.terminal]
        if kind in ("missing", "extra"):  # what a block calls may hang on all that it saw
            return self._step_first or len(self.report.differences)
        return 0 if path else self._first_file()

    def _first_file(self) -> int:
        """The first file that differs: a command, a search may have read any."""
        if not self._files and not self._suspected:
            self._suspected = True
            for path, digest in self.suspects():
                self.start_file(path, None, digest)
        return min(self._files.values(), default=0)

    def _add(self, difference: Difference, call: RecordedCall | None = None) -> None:
        self.report.differences.append(difference)
        number = len(self.report.differences)
        if difference.kind != "start_file":
            self._step_first = self._step_first or number
        if difference.path:
            self._files.setdefault(difference.path, number)
        if call is not None and call.terminal:
            self._terminals.setdefault(call.terminal, number)


def _path(call: RecordedCall) -> str:
    path = call.args.get("path")
    return path.removeprefix("./") if isinstance(path, str) and call.tool != "find" else ""


def _exit(call: RecordedCall) -> str:
    return call.figure if call.figure.startswith("exit ") else ""


def _shown(call: RecordedCall) -> str:
    return f"{call.tool} {call.label}".strip()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _diff(before: str, after: str) -> tuple[str, ...]:
    return lines_of_diff(before.splitlines(), after.splitlines())


def lines_of_diff(before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    """The difference of two texts as lines, at most 40."""
    lines = difflib.unified_diff(before[:_MOST], after[:_MOST], "recorded", "now", lineterm="", n=1)
    return _cut(list(lines)[2:])


def _cut(lines: Sequence[str]) -> tuple[str, ...]:
    if len(lines) <= _DIFF_LINES:
        return tuple(lines)
    return (*lines[: _DIFF_LINES - 1], f"… {len(lines) - _DIFF_LINES + 1} more lines")
