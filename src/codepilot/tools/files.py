"""`read_file` and `write_file`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from codepilot.errors import WorkspaceError
from codepilot.ports import CallContext
from codepilot.text import counted, shorten
from codepilot.tools.arguments import Refused, line_argument, missing, path_argument
from codepilot.tools.changes import Change, FileChanges, Target, write_like
from codepilot.tools.numbered import numbered, regions
from codepilot.tools.result import ToolResult
from codepilot.tools.searchreplace import is_search_replace
from codepilot.tools.syntax import syntax_problem
from codepilot.workspace import (
    FileMemory,
    FileText,
    LineMap,
    Overlap,
    Splice,
    Workspace,
    lines_of,
)
from codepilot.workspace.filetext import encode

MODES = ("w", "a", "edit", "insert", "multi_edit")
_MAX_LINES = 2_000
_MAX_CHARACTERS = 100_000


class FileTools:
    """Reading and writing in one work folder.

    Args:
        workspace: where.
        memory: what the agent has seen.
        require_permission: tool name → the agent file says to ask a person.
    """

    def __init__(
        self,
        workspace: Workspace,
        memory: FileMemory,
        *,
        require_permission: Mapping[str, bool] | None = None,
    ) -> None:
        self.workspace = workspace
        self.memory = memory
        self.changes = FileChanges(workspace, memory, require_permission)

    async def read_file(
        self, context: CallContext, path: str, start_line: int = 1, end_line: int | None = None
    ) -> ToolResult:
        """Show a text file, or lines start_line to end_line of it, with line numbers.

        Lines are numbered from 1 and both ends are included. A long file ends with
        "[TRUNCATED: <n> lines remaining]"; go on with start_line. Read a file before you edit it by line numbers.
        """
        try:
            path = path_argument(path)
            start = line_argument(start_line, "start_line")
            end = None if end_line is None else line_argument(end_line, "end_line")
            if end is not None and end < start:
                raise Refused(f"end_line {end} is before start_line {start}.")
            return await asyncio.to_thread(self._read, path, start, end)
        except Refused as refused:
            return refused.result("read_file")
        except WorkspaceError as error:
            return failed("read_file", error)

    async def write_file(
        self,
        context: CallContext,
        path: str,
        start_line: int | None = None,
        end_line: int | None = None,
        after_line: int | None = None,
        mode: str = "w",
        edits: Any = None,
    ) -> ToolResult:
        """Write a file. Its content stands in a block of the same reply: ```text filename=<path>

        mode="w" replaces or creates the whole file; "a" appends. mode="edit" replaces lines start_line to end_line
        (an empty block deletes them); "insert" puts lines after after_line (0: at the top); "multi_edit" replaces
        several ranges, edits=[(2, 5), (9, 9)], with one block for each in that order. Line numbers are those you
        last saw, from 1, both ends included; several calls in one block all use these same numbers. An edit of
        lines needs a file that you have read. The result shows the changed region.
        """
        try:
            path = path_argument(path)
            many = len(edits) if isinstance(edits, list | tuple) and mode == "multi_edit" else 1
            # Taken first, whatever comes of the call: a later call must never get this one's content.
            payloads = _take(context, path, max(1, many))
            plan = self._plan(mode, start_line, end_line, after_line, edits)
            if len(payloads) < many:
                raise Refused(no_payload(self.workspace.display(path), context, many, len(payloads)))
            change, tell = await asyncio.to_thread(plan, path, payloads)
            written = await self.changes.carry_out(context, "write_file", change)
            text = await asyncio.to_thread(report, "write_file", change, written.file, tell)
            return ToolResult(text, figure=written.figure)
        except Refused as refused:
            return refused.result("write_file")
        except WorkspaceError as error:
            return failed("write_file", error)

    # -- reading -------------------------------------------------------------------------------------------------

    def _read(self, path: str, start: int, end: int | None) -> ToolResult:
        shown = self.workspace.display(path)
        place = self.workspace.locate(path)
        try:
            file = self.workspace.read_text(path)
        except FileNotFoundError:
            raise Refused(missing(self.workspace, path)) from None
        lines = file.lines
        total = len(lines)
        if not total:
            self.memory.show(place.path, file)
            return ToolResult(f"[read_file] '{shown}' (lines 1-0 of 0)\n[END OF FILE]", figure="empty")
        if start > total:
            raise Refused(f"start_line {start} is out of range: '{shown}' has {total} lines.")
        last = min(total, end if end is not None else start + _MAX_LINES - 1)
        rows: list[str] = []
        room = _MAX_CHARACTERS
        for row in numbered(lines[start - 1 : last], start):
            room -= len(row) + 1
            if room < 0 and rows:
                break
            rows.append(row)
        last = start + len(rows) - 1
        self.memory.show(place.path, file)
        footer = "[END OF FILE]" if last == total else f"[TRUNCATED: {total - last} lines remaining]"
        header = f"[read_file] '{shown}' (lines {start}–{last} of {total})"
        return ToolResult("\n".join([header, *rows, footer]), figure=f"{start}–{last} of {total}")

    # -- writing -------------------------------------------------------------------------------------------------

    def _plan(
        self, mode: Any, start_line: Any, end_line: Any, after_line: Any, edits: Any
    ) -> Callable[[str, list[str]], tuple[Change, str]]:
        """Check the arguments against the mode; gives what makes the change from path and payloads."""
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
        target = self.changes.target(path)
        if is_search_replace(payloads[0]):
            raise Refused(
                f"the block for '{target.given}' holds SEARCH/REPLACE parts, which would become the file itself. "
                f'Use edit_file("{target.given}") for them.'
            )
        self.changes.refuse_stale(target)
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
        target = self.changes.target(path)
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
        target, file = self.changes.existing(path)
        known = self.memory.seen(target.place.path)
        if known is None:
            raise Refused(
                f"you have not read '{target.given}' yet, so its line numbers mean nothing. "
                f'First read_file("{target.given}"), then edit in your next reply.'
            )
        self.changes.refuse_stale(target)
        return target, file, known.lines


def report(tool: str, change: Change, file: FileText, tell: str) -> str:
    """The result of a change: what was done, the region as it is now, and broken syntax."""
    rows = [f"[{tool}] {tell}"]
    lines = lines_of(change.after)
    if change.splices is not None:
        shift, spans = 0, []
        for splice in change.splices:
            spans.append((splice.start + shift, splice.start + shift + len(splice.lines)))
            shift += len(splice.lines) - (splice.end - splice.start)
        rows += regions(lines, spans)
        if shift and spans[-1][1] < len(lines):
            rows.append(f"[moved] The lines below line {spans[-1][1]} moved by {shift:+d}.".replace("-", "−"))
    problem = syntax_problem(change.target.place.path, file.text)
    if problem:
        rows.append(f"[syntax] {problem}")
    return "\n".join(rows)


def spliced(file: FileText, splices: list[Splice]) -> str:
    """A file's text with lines replaced; whether it ends with a newline stays as it is."""
    lines = file.lines
    for splice in reversed(splices):
        lines[splice.start : splice.end] = splice.lines
    if not lines:
        return ""
    if not file.final_newline and file.text and lines[-1].endswith("\r") and not file.text.endswith("\r"):
        # The new last line has no line end, so it has no half of one either.
        lines[-1] = lines[-1][:-1]
    return "\n".join(lines) + ("\n" if file.final_newline or not file.text else "")


def no_payload(
    shown: str, context: CallContext, wanted: int = 1, found: int = 0, *, inside: str = "..."
) -> str:
    """What to say when a call has no block to take its content from."""
    what = "no block with its content" if wanted == 1 else f"only {found} of {wanted} blocks"
    each = "it" if wanted == 1 else "one for each range"
    unused = ", ".join(f"'{path}'" for path in context.payload_paths())
    name = f'"{shown}"' if " " in shown else shown
    return (
        f"there is {what} for '{shown}' in this reply, so nothing was written. Put {each} into a fence of its own, "
        f"outside of the codepilot block:\n```text filename={name}\n{inside}\n```"
        + (f"\nBlocks that no call has taken: {unused}." if unused else "")
    )


def failed(tool: str, error: WorkspaceError) -> ToolResult:
    """A path or file that cannot be used, as the call's result."""
    words = [f"[{tool}] ERROR: {error.told}"]
    if tool != "read_file":
        words.append("No file was changed.")
    return ToolResult(" ".join(word for word in words if word), "error")


def _take(context: CallContext, path: str, number: int) -> list[str]:
    taken: list[str] = []
    while len(taken) < number and (payload := context.take_payload(path)) is not None:
        taken.append(payload)
    return taken


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
            raise Refused(f"edits holds {shorten(repr(pair), 60)}, which is no pair (start_line, end_line).")
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
