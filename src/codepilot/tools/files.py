"""`read_file` and `write_file`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codepilot.errors import WorkspaceError
from codepilot.journal.place import TEXTS
from codepilot.journal.texts import is_name
from codepilot.ports import CallContext
from codepilot.tools.arguments import Refused, line_argument, missing, path_argument
from codepilot.tools.changes import FileChanges
from codepilot.tools.modes import WriteModes
from codepilot.tools.numbered import numbered
from codepilot.tools.report import failed, no_payload, report
from codepilot.tools.result import ToolResult
from codepilot.workspace import FileMemory, FileText, Workspace
from codepilot.workspace.places import Place

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
        self._modes = WriteModes(self.changes, memory)

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
            plan = self._modes.plan(mode, start_line, end_line, after_line, edits)
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

    def _read(self, path: str, start: int, end: int | None) -> ToolResult:
        shown = self.workspace.display(path)
        shelf = self._shelf(path)
        place = None if shelf is not None else self.workspace.locate(path)
        try:
            file = self.workspace.read_text(path) if shelf is None else shelf.read_text(Path(path).name)
        except FileNotFoundError:
            raise Refused(missing(self.workspace, path)) from None
        lines = file.lines
        total = len(lines)
        if not total:
            self._saw(place, file)
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
        self._saw(place, file)
        footer = "[END OF FILE]" if last == total else f"[TRUNCATED: {total - last} lines remaining]"
        header = f"[read_file] '{shown}' (lines {start}–{last} of {total})"
        return ToolResult("\n".join([header, *rows, footer]), figure=f"{start}–{last} of {total}")

    def _saw(self, place: Place | None, file: FileText) -> None:
        if place is not None:  # a long result is no file that the agent could edit
            self.memory.show(place.path, file)

    def _shelf(self, path: str) -> Workspace | None:
        """The folder of long results that has this one: by its name, since a session may have moved or been forked."""
        name, folder = Path(path).name, Path(path).parent
        if not is_name(name):
            return None
        for shelf in self.workspace.shelves():
            if (folder == shelf or folder.name == shelf.name == TEXTS) and (shelf / name).is_file():
                return Workspace(shelf, protected=())
        return None


def _take(context: CallContext, path: str, number: int) -> list[str]:
    taken: list[str] = []
    while len(taken) < number and (payload := context.take_payload(path)) is not None:
        taken.append(payload)
    return taken
