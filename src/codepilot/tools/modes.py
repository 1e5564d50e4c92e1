"""The modes of `write_file`: what each makes of a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

from codepilot.text import counted, shorten
from codepilot.tools.arguments import Refused, line_argument
from codepilot.tools.changes import Change, FileChanges, Target, spliced, write_like
from codepilot.tools.searchreplace import is_search_replace
from codepilot.workspace import FileMemory, FileText, LineMap, Overlap, Splice, lines_of
from codepilot.workspace.filetext import encode

MODES = ("w", "a", "edit", "insert", "multi_edit")
Plan = Callable[[str, list[str]], tuple[Change, str]]
"""Makes the change from path and payloads; with it what is told of it."""


class WriteModes:
    """Plans changes; carries none out.

    Args:
        changes: knows the files.
        memory: what the agent has seen of them.
    """

    def __init__(self, changes: FileChanges, memory: FileMemory) -> None:
        self._changes = changes
        self._memory = memory

    def plan(self, mode: Any, start_line: Any, end_line: Any, after_line: Any, edits: Any) -> Plan:
        """Check the arguments against the mode; gives what makes the change.

        Raises:
            Refused: they do not belong together.
        """
        if mode not in MODES:
            raise Refused(f"mode {shorten(repr(mode), 40)} does not exist. Modes: {', '.join(MODES)}.")
        given = {"start_line": start_line, "end_line": end_line, "after_line": after_line, "edits": edits}
        belong = {"edit": {"start_line", "end_line"}, "insert": {"after_line"}, "multi_edit": {"edits"}}
        for name, value in given.items():
            if value is not None and name not in belong.get(mode, set()):
                home = next(other for other, names in belong.items() if name in names)
                raise Refused(f"{name} belongs to mode='{home}', not to mode='{mode}'.")
        if mode == "w":
            return self._whole
        if mode == "a":
            return self._append
        if mode == "insert":
            after = line_argument(after_line, "after_line", least=0)
            return lambda path, payloads: self._insert(path, payloads[0], after)
        if mode == "edit":
            ranges = [_range(start_line, end_line, "start_line", "end_line")]
        else:
            ranges = _ranges(edits)
        return lambda path, payloads: self._replace(path, payloads, ranges, mode)

    def _whole(self, path: str, payloads: list[str]) -> tuple[Change, str]:
        target = self._changes.target(path)
        if is_search_replace(payloads[0]):
            raise Refused(
                f"the block for '{target.given}' holds SEARCH/REPLACE parts, which would become the file itself. "
                f'Use edit_file("{target.given}") for them.'
            )
        self._changes.refuse_stale(target)
        like, after = target.file, payloads[0]
        if like is not None:
            after = like.fit(after.removeprefix("\ufeff") if like.bom else after)
            like = write_like(like, after)
        data = encode(after, like or FileText(text=""), shown=target.given)
        note = " It is UTF-8 now." if like is not None and like != target.file else ""
        size = f"{counted(len(data), 'byte')}, {counted(len(lines_of(after)), 'line')}"
        tell = f"'{target.given}' written ({size}).{note}"
        return Change(target=target, after=after, operation="full file", like=like), tell

    def _append(self, path: str, payloads: list[str]) -> tuple[Change, str]:
        target = self._changes.target(path)
        file = target.file
        if file is None or not file.text:
            before, added = "", payloads[0] if file is None else file.fit(payloads[0])
        else:
            before, added = file.text, file.fit(payloads[0])
            if added and not before.endswith("\n"):
                before += file.fit("\n")
        after = before + added
        size = len(encode(added, replace(file, bom=b"") if file else FileText(text=""), shown=target.given))
        new = lines_of(added)
        total = len(lines_of(after))
        splices = (
            None if file is None else (Splice(len(lines_of(before)), len(lines_of(before)), tuple(new)),)
        )
        tell = (
            f"'{target.given}' appended ({counted(size, 'byte')}, {counted(len(new), 'line')}). "
            f"File now has {counted(total, 'line')} total."
        )
        return Change(target=target, after=after, operation="append", splices=splices), tell

    def _insert(self, path: str, payload: str, after: int) -> tuple[Change, str]:
        target, file, known = self._known(path)
        if after > known.total:
            raise _out_of_range("after_line", after, target, known)
        try:
            at = known.gap(after)
        except Overlap as overlap:
            raise _overlapping(overlap, target) from None
        new = file.fit_lines(payload)
        splice = Splice(at, at, new, after=after)
        text = spliced(file, [splice])
        tell = f"'{target.given}' inserted {len(new)} line(s) after line {after}."
        tell += f" File now has {counted(len(lines_of(text)), 'line')} total."
        if after < known.total:
            try:
                tell += f" Former line {after + 1} is now line {known.span(after + 1, after + 1)[0] + len(new) + 1}."
            except Overlap:
                pass
        operation = f"insert after line {after}"
        return Change(target=target, after=text, operation=operation, splices=(splice,)), tell

    def _replace(
        self, path: str, payloads: list[str], ranges: list[tuple[int, int]], mode: str
    ) -> tuple[Change, str]:
        target, file, known = self._known(path)
        found: list[tuple[int, int, Splice]] = []
        for (start, end), payload in zip(ranges, payloads, strict=True):
            if end > known.total:
                raise _out_of_range(
                    "end_line" if mode == "edit" else f"range ({start}, {end})", end, target, known
                )
            try:
                at, to = known.span(start, end)
            except Overlap as overlap:
                raise _overlapping(overlap, target) from None
            found.append((start, end, Splice(at, to, file.fit_lines(payload))))
        splices = tuple(sorted((splice for _, _, splice in found), key=lambda splice: splice.start))
        text = spliced(file, list(splices))
        total = f"File now has {counted(len(lines_of(text)), 'line')} total."
        if mode == "edit":
            start, end, splice = found[0]
            tell = f"'{target.given}' edited: replaced lines {start}–{end} "
            tell += f"({end - start + 1} → {counted(len(splice.lines), 'line')}). {total}"
            operation = f"replace lines {start}–{end}"
        else:
            parts = ", ".join(
                f"L{start}–{end} → {counted(len(splice.lines), 'line')}" for start, end, splice in found
            )
            tell = (
                f"'{target.given}' multi-edited: applied {len(found)} block replacements ([{parts}]). {total}"
            )
            operation = "multi edit"
        return Change(target=target, after=text, operation=operation, splices=splices), tell

    def _known(self, path: str) -> tuple[Target, FileText, LineMap]:
        """A file that the agent has seen as it is."""
        target, file = self._changes.existing(path)
        known = self._memory.seen(target.place.path)
        if known is None:
            raise Refused(
                f"you have not read '{target.given}' yet, so its line numbers mean nothing. "
                f'First read_file("{target.given}"), then edit in your next reply.'
            )
        self._changes.refuse_stale(target)
        return target, file, known.lines


def _range(start: Any, end: Any, first: str, last: str) -> tuple[int, int]:
    start, end = line_argument(start, first), line_argument(end, last)
    if end < start:
        raise Refused(f"{last} {end} is before {first} {start}.")
    return start, end


def _ranges(edits: Any) -> list[tuple[int, int]]:
    if not isinstance(edits, list | tuple) or not edits:
        raise Refused("mode='multi_edit' needs edits=[(start_line, end_line), ...], one pair for each block.")
    ranges: list[tuple[int, int]] = []
    for pair in edits:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise Refused(
                f"edits holds {shorten(repr(pair), 60)}, which is not a pair (start_line, end_line)."
            )
        ranges.append(_range(pair[0], pair[1], "start_line", "end_line"))
    ordered = sorted(ranges)
    for (start, end), (following, until) in pairwise(ordered):
        if following <= end:
            raise Refused(f"edits ({start}, {end}) and ({following}, {until}) overlap. Nothing was written.")
    return ranges


def _out_of_range(name: str, line: int, target: Target, known: LineMap) -> Refused:
    return Refused(
        f"{name} {'' if name.startswith('range') else f'{line} '}is out of range: '{target.given}' had "
        f"{known.total} lines when you last saw it. Nothing was written."
    )


def _overlapping(overlap: Overlap, target: Target) -> Refused:
    return Refused(
        f"'{target.given}': {overlap}, so this call was not carried out (the calls before it were). "
        "Read the file again and edit in your next reply."
    )
