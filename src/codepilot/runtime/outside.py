"""Files that the agent knows and that something else has changed: told once, before the next step."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from codepilot import events as e
from codepilot.caught import in_thread
from codepilot.context.extract import Known
from codepilot.errors import SessionError, WorkspaceError
from codepilot.protocol import environment_change
from codepilot.values import dataclass
from codepilot.workspace import FileMemory, FileText, Workspace
from codepilot.workspace.memory import short_diff

if TYPE_CHECKING:
    from codepilot.runtime.rewinding import Rewinding

log = logging.getLogger("codepilot")

_LOOKED_AT = 200
"""Files that are looked at before each step, those that the agent saw last."""
_DIFFS = 5
"""Files of which the difference is shown; of the others the names."""
_NAMES = 20
_LINES = 40
"""Lines of a difference; of a longer one the agent has to read the file."""
_RACY = 50_000_000
"""Nanoseconds in which a file may be written twice without its times showing it."""
WORDS = (
    "Files that you know are not as you last saw them. Something else than your own edits changed them: a command, or "
    "somebody who works here, too. Do not undo that."
)


@dataclass(frozen=True, slots=True)
class _Change:
    key: str
    now: FileText | None
    text: str
    whole: bool
    """The text shows all of it."""


async def joined(*sources: Callable[[], Awaitable[str]]) -> str:
    """What there is of several kinds of news, asked for one after the other."""
    return "\n\n".join([news for source in sources if (news := await source())])


class FileNews:
    """Compares what the agent knows of files with what they are.

    Args:
        workspace: the work folder.
        memory: what the agent knows.
        publish: takes the event that it was told.
    """

    def __init__(self, workspace: Workspace, memory: FileMemory, publish: Callable[[e.Event], None]) -> None:
        self._workspace = workspace
        self._memory = memory
        self._publish = publish
        self._same: dict[str, tuple[tuple[int, ...], str]] = {}
        """What the system says of a file that was found as the agent knows it, and the digest of that."""
        self._told: dict[str, str] = {}
        """Digests of changes that were told in part only."""

    async def news(self) -> str:
        """What has changed, as the model reads it; empty if nothing."""
        known = self._memory.known(_LOOKED_AT)
        changes = await in_thread(lambda: self._changes(known)) if known else []
        return self._tell(changes) if changes else ""

    async def known(self, history: Rewinding | None) -> dict[str, Known]:
        """What the journal and the agent's memory tell of files, by their paths as the agent is shown them.

        Args:
            history: of the session; None: it keeps none, and what an earlier program changed is not known.
        """
        edited: dict[str, tuple[int, int]] = {}
        try:
            edited = await history.lines_edited() if history is not None else {}
        except SessionError:  # a summary can do without, and without one the task would end here
            log.warning("The journal cannot be read; a summary does not say what was changed.", exc_info=True)
        seen = {self._workspace.display(key): file.digest for key, file in self._memory.known(_LOOKED_AT)}
        return {
            path: Known(*edited.get(path, (0, 0)), seen=seen.get(path, ""))
            for path in dict.fromkeys((*edited, *seen))
        }

    def _changes(self, known: list[tuple[str, FileText]]) -> list[_Change]:
        """On a thread: a file may lie on a slow disk."""
        found = []
        for key, file in known:
            try:
                status = Path(key).stat()
            except OSError:
                found.append(_Change(key, None, "It is gone.", True))
                continue
            mark = (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)
            if self._same.get(key) == (mark, file.digest):
                continue
            began = time.time_ns()
            now = self._read(key)
            if now is not None and now.digest == file.digest:
                if began - status.st_ctime_ns > _RACY:
                    self._same[key] = (mark, file.digest)
            elif self._told.get(key) != (now.digest if now is not None else ""):
                found.append(self._change(key, file, now))
        return found

    def _read(self, key: str) -> FileText | None:
        try:
            return self._workspace.read_text(key)
        except (OSError, WorkspaceError):
            return None

    def _change(self, key: str, file: FileText, now: FileText | None) -> _Change:
        if now is None:
            return _Change(key, None, "It is no text any more, or may not be read.", False)
        if not file.size:  # known from an earlier program, by its digest only; or it was empty
            return _Change(key, now, "Read it again before you use it.", False)
        text = short_diff(file, now, self._workspace.display(key))
        return _Change(key, now, text, len(text.splitlines()) <= _LINES)

    def _tell(self, changes: list[_Change]) -> str:
        said, names = [], []
        for number, change in enumerate(changes):
            name, shown = self._workspace.display(change.key), number < _DIFFS
            if shown:
                said.append(f"{name}:\n{change.text}")
            else:
                names.append(name)
            gone = change.now is None and change.whole
            if gone or (shown and change.whole):
                self._memory.told(change.key, change.now)
            else:
                self._told[change.key] = change.now.digest if change.now is not None else ""
        if names:
            more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
            said.append(
                f"Changed as well: {', '.join(names[:_NAMES])}{more}. Read what you need of them again."
            )
        text = environment_change(WORDS, "\n\n".join(said))
        files = tuple(self._workspace.display(change.key) for change in changes)
        self._publish(e.FileChangesTold(files=files, text=text))
        return text
