"""`edit_file`: replacing lines by naming them instead of counting them."""

from __future__ import annotations

import asyncio

from codepilot.errors import WorkspaceError
from codepilot.ports import CallContext
from codepilot.text import counted
from codepilot.tools.arguments import Refused, path_argument
from codepilot.tools.changes import Change, FileChanges, spliced
from codepilot.tools.report import failed, no_payload, report
from codepilot.tools.result import ToolResult
from codepilot.tools.searchreplace import FORM, locate_all, parse_blocks
from codepilot.workspace import Splice, lines_of


class EditTool:
    """SEARCH/REPLACE in one work folder.

    Args:
        changes: how files are changed (shared with `FileTools`).
    """

    def __init__(self, changes: FileChanges) -> None:
        self.changes = changes

    async def edit_file(self, context: CallContext, path: str) -> ToolResult:
        """Replace lines of a file by naming them. Prefer this to line numbers for small changes.

        A block of the same reply, ```text filename=<path>, holds one or more of

        <<<<<<< SEARCH
        lines exactly as they are now
        =======
        lines that replace them
        >>>>>>> REPLACE

        Whole lines only. Each SEARCH must match exactly one place: add lines around it until it does. All parts are
        matched against the file as it is before the call, and either all are applied or none.
        """
        try:
            path = path_argument(path)
            payload = context.take_payload(path)
            if payload is None:
                raise Refused(no_payload(self.changes.workspace.display(path), context, inside=FORM))
            change, tell = await asyncio.to_thread(self._plan, path, payload)
            written = await self.changes.carry_out(context, "edit_file", change)
            text = await asyncio.to_thread(report, "edit_file", change, written.file, tell)
            return ToolResult(text, figure=written.figure)
        except Refused as refused:
            return refused.result("edit_file")
        except WorkspaceError as error:
            return failed("edit_file", error)

    def _plan(self, path: str, payload: str) -> tuple[Change, str]:
        target = self.changes.target(path)
        blocks = parse_blocks(payload)
        if (target.file is None or not target.file.text) and len(blocks) == 1 and not blocks[0].search:
            text = "".join(line + "\n" for line in blocks[0].replace)
            tell = f"'{target.given}' created with {len(blocks[0].replace)} lines."
            return Change(target=target, after=text, operation="search/replace"), tell
        target, file = self.changes.existing(path)
        self.changes.refuse_stale(target)
        splices = locate_all(blocks, file.lines)
        if file.newline == "mixed":
            splices = [_with_ends(splice, file.lines, file.adds_cr) for splice in splices]
        text = spliced(file, splices)
        places = ", ".join(f"{splice.start + 1}–{splice.end}" for splice in splices)
        tell = f"'{target.given}' edited: {len(splices)} replacement(s), at former lines {places}. "
        tell += f"File now has {counted(len(lines_of(text)), 'line')} total."
        return Change(target=target, after=text, operation="search/replace", splices=tuple(splices)), tell


def _with_ends(splice: Splice, lines: list[str], adds_cr: bool) -> Splice:
    """New lines with the ends that the replaced ones have, where a file has both kinds."""
    old = lines[splice.start : splice.end]
    crlf = all(line.endswith("\r") for line in old) if old else adds_cr
    new = tuple(line if line.endswith("\r") or not crlf else line + "\r" for line in splice.lines)
    return Splice(splice.start, splice.end, new)
