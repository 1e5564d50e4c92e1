"""The one way in which a tool changes a file: judge, ask, look again, write, remember, tell.

Every change goes to `permit` with the whole text before and after. Nothing is written that the agent's picture of
the file does not cover: a file that changed since it was shown, or while a person was thinking, is refused with the
difference.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from codepilot import diff
from codepilot.decision import PermissionRequest
from codepilot.errors import WorkspaceError
from codepilot.events import FileChanged
from codepilot.messages import KeptFile
from codepilot.ports import CallContext
from codepilot.tools.arguments import Refused, missing
from codepilot.tools.result import denial_reason
from codepilot.values import dataclass
from codepilot.workspace import FileMemory, FileText, Place, Splice, StaleFile, Workspace, short_diff
from codepilot.workspace.filetext import encode

_MAX_EVENT_CHARACTERS = 256 * 1024
_REGULAR = stat.S_IFREG


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A file that a call wants to change, as it is now."""

    given: str
    """The path for messages."""
    place: Place
    file: FileText | None
    """None: there is no such file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a call wants to write."""

    target: Target
    after: str
    """With line ends as `FileText.text`."""
    operation: str
    """For the permission's description: `full file`, `replace lines 3–4` …"""
    like: FileText | None = None
    """In what way to write; None: as the file is."""
    splices: tuple[Splice, ...] | None = None
    """What was replaced, from the top; None: the whole text."""


@dataclass(frozen=True, slots=True)
class Written:
    """A change that was carried out."""

    file: FileText
    added: int
    removed: int

    @property
    def figure(self) -> str:
        """``+3 −1``."""
        return f"+{self.added:,} −{self.removed:,}"


class FileChanges:
    """Changes in one work folder.

    Args:
        workspace: where.
        memory: what the agent has seen.
        require_permission: tool name → the agent file says to ask a person.
    """

    def __init__(
        self, workspace: Workspace, memory: FileMemory, require_permission: Mapping[str, bool] | None = None
    ) -> None:
        self.workspace = workspace
        self.memory = memory
        self._required = dict(require_permission or {})

    def target(self, path: str) -> Target:
        """Look at the file that a path names.

        Raises:
            WorkspaceError: it may not be opened.
        """
        place = self.workspace.locate(path)
        try:
            file = self.workspace.read_text(path)
        except FileNotFoundError:
            file = None
        return Target(given=self.workspace.display(path), place=place, file=file)

    def existing(self, path: str) -> tuple[Target, FileText]:
        """`target`, for what only an existing file can have.

        Raises:
            Refused: there is no such file.
        """
        target = self.target(path)
        if target.file is None:
            raise Refused(missing(self.workspace, path))
        return target, target.file

    def refuse_stale(self, target: Target) -> None:
        """The agent must know the file as it is, if it knows it at all.

        Raises:
            Refused: it changed since it was shown; with the difference.
        """
        difference = self.memory.difference(target.place.path, target.file, target.given)
        if difference:
            raise Refused(
                f"'{target.given}' changed since you last saw it, so nothing was written. "
                f'The difference:\n{difference}\nRead it again with read_file("{target.given}").',
                reason=_what_happened(target.given, target.file, "the agent read it"),
            )

    async def carry_out(self, context: CallContext, tool: str, change: Change) -> Written:
        """Ask for a change and make it.

        Raises:
            Refused: it was denied, or the file changed while the question stood.
            WorkspaceError: it cannot be written; the file is as it was.
        """
        target = change.target
        like = change.like or target.file
        # What cannot be written need not be asked for.
        encode(change.after, like or FileText(text=""), shown=target.given)
        before = target.file.text if target.file else None
        decision = await context.permit(
            PermissionRequest(
                id=os.urandom(16).hex(),
                call_id=context.call_id,
                tool=tool,
                description=f"Write '{target.given}' ({change.operation})",
                kind="edit",
                required=self._is_required(tool),
                path=target.place.shown,
                before=before,
                after=change.after,
            )
        )
        if not decision.allow:
            raise Refused(f"Permission denied for '{target.given}'.{denial_reason(decision)}", state="denied")
        data, rendered, _ = self.workspace.rendered(target.place.path, change.after, like)
        was = encode(target.file.text, target.file, shown=target.given) if target.file else None
        kept = await context.keep(target.place.shown, was, data)
        await context.begin(
            "write",
            path=target.place.path,
            before=target.file.digest if target.file else None,
            after=rendered.digest,
        )
        file = await self._write(context, change, like, kept)
        added, removed = await asyncio.to_thread(diff.counts, before or "", change.after)
        written = Written(file, added, removed)
        context.emit(_event(context.call_id, change, written, kept))
        return written

    async def _write(
        self, context: CallContext, change: Change, like: FileText | None, kept: KeptFile
    ) -> FileText:
        target = change.target
        expect: FileText | Literal["missing"] = target.file or "missing"
        # A folder or link swapped since then must not redirect the write: the place is what was judged and shown.
        work = asyncio.ensure_future(
            asyncio.to_thread(self.workspace.write_text, target.place.path, change.after, like, expect=expect)
        )
        try:
            file = await asyncio.shield(work)
        except asyncio.CancelledError:
            # The thread cannot be stopped half-way: wait for it, so that memory and events tell what happened.
            await asyncio.wait([work])
            if work.exception() is None:
                self._remember(change, work.result())
                written = Written(work.result(), 0, 0)
                context.emit(_event(context.call_id, change, written, kept, counted=False))
            raise
        except StaleFile as error:
            raise Refused(
                f"'{target.given}' changed while permission was being asked, so nothing was written. "
                f"The difference:\n{short_diff(target.file, error.now, target.given)}\n"
                f'Read it again with read_file("{target.given}").',
                reason=_what_happened(
                    target.given, error.now, "you were asked", was_there=target.file is not None
                ),
            ) from error
        self._remember(change, file)
        return file

    def _remember(self, change: Change, file: FileText) -> None:
        key = change.target.place.path
        if change.splices is None:
            self.memory.show(key, file)
        elif not self.memory.difference(key, change.target.file, change.target.given):
            self.memory.edited(key, file, list(change.splices))

    def _is_required(self, tool: str) -> bool:
        # An agent file that guards writing means every way of writing.
        return self._required.get(tool, self._required.get("write_file", False))


def _what_happened(path: str, now: FileText | None, since: str, *, was_there: bool = True) -> str:
    """For the person: what somebody else did to a file that the agent wanted to write."""
    what = "deleted" if now is None else "changed" if was_there else "created"
    return f"{path} was {what} on disk since {since}. Nothing was written."


def write_like(file: FileText, text: str) -> FileText:
    """The ways of a file for a text that replaces all of it: UTF-8 where its own encoding cannot hold the text."""
    try:
        encode(text, file, shown="")
    except WorkspaceError:
        return replace(file, encoding="utf-8", bom=b"")
    return file


def _event(
    call_id: str, change: Change, written: Written, kept: KeptFile, *, counted: bool = True
) -> FileChanged:
    before = change.target.file.text if change.target.file else None
    after = change.after
    coarse = not counted or max(len(before or ""), len(after)) > _MAX_EVENT_CHARACTERS
    return FileChanged(
        call_id=call_id,
        path=change.target.place.shown,
        before=("" if before is not None else None) if coarse else before,
        after="" if coarse else after,
        added=written.added,
        removed=written.removed,
        coarse=coarse,
        before_id=kept.before,
        after_id=kept.after,
        before_mode=_REGULAR | change.target.file.mode if change.target.file else 0,
        after_mode=_REGULAR | written.file.mode,
        folders=kept.folders,
    )


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
