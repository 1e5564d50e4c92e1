"""What the agent last saw of each file, so that it never edits a text that is no longer there."""

from __future__ import annotations

from codepilot import diff
from codepilot.text import shorten
from codepilot.values import dataclass
from codepilot.workspace.filetext import FileText
from codepilot.workspace.linemap import LineMap

_MAX_BYTES = 64 * 1024 * 1024
_MAX_DIFF_LINES = 40
_MAX_DIFF_COLUMNS = 200


@dataclass(slots=True)
class Seen:
    """A file as the agent knows it."""

    file: FileText
    lines: LineMap
    """From the numbers that it was shown to where those lines are now."""


@dataclass(frozen=True, slots=True)
class Splice:
    """Lines `start` to `end` of the text before (from 0, end excluded) became `lines`."""

    start: int
    end: int
    lines: tuple[str, ...]
    after: int | None = None
    """The shown line after which they were inserted, if nothing was replaced."""


class FileMemory:
    """Files by their real path (`Place.path`). The oldest are forgotten when all texts together grow too
    large.
    """

    def __init__(self, *, max_bytes: int = _MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._files: dict[str, Seen] = {}
        self._new: dict[str, str] = {}

    def seen(self, key: str) -> Seen | None:
        """What the agent knows of a file; None: it was never shown."""
        return self._files.get(key)

    def known(self, most: int) -> list[tuple[str, FileText]]:
        """The files that the agent saw last, by their real paths: at most so many."""
        return [(key, seen.file) for key, seen in list(self._files.items())[-most:]]

    def told(self, key: str, now: FileText | None) -> None:
        """The agent was told all of how a file has changed; None: that it is gone."""
        if now is None:
            self.forget(key)
        elif key in self._files:
            self._files[key] = Seen(now, LineMap(len(now.lines)))
            self._new[key] = now.digest

    def show(self, key: str, file: FileText) -> None:
        """The agent was shown the file with line numbers, or wrote all of it."""
        self._files.pop(key, None)
        self._files[key] = Seen(file, LineMap(len(file.lines)))
        self._new[key] = file.digest
        size = sum(seen.file.size for seen in self._files.values())
        while size > self._max_bytes and len(self._files) > 1:
            size -= self._files.pop(next(iter(self._files))).file.size

    def edited(self, key: str, file: FileText, splices: list[Splice]) -> None:
        """The agent changed parts of a file; for the rest of the block its old numbers stay good.

        Args:
            key: the real path.
            file: the file as it is now.
            splices: what was replaced, from the top, in lines of the text before.
        """
        known = self._files.get(key)
        if known is None:
            return
        for splice in reversed(splices):
            known.lines.splice(splice.start, splice.end, len(splice.lines), after=splice.after)
        known.file = file
        self._new[key] = file.digest

    def take_new(self) -> dict[str, str]:
        """The digests of the files that were shown or edited since this was asked last; empty: known no more."""
        new, self._new = self._new, {}
        return new

    def recall(self, key: str, digest: str, now: FileText | None) -> None:
        """The agent knew a file in an earlier program; one that is another now counts as changed since.

        Args:
            key: the real path.
            digest: of what it knew.
            now: the file as it is; None: it is gone.
        """
        known = now if now is not None and now.digest == digest else FileText(text="", digest=digest)
        self._files[key] = Seen(known, LineMap(len(known.lines)))

    def fork(self) -> FileMemory:
        """The same knowledge, to try something out: what changes in one leaves the other as it is."""
        made = FileMemory(max_bytes=self._max_bytes)
        made._files = {key: Seen(seen.file, seen.lines.copy()) for key, seen in self._files.items()}
        return made

    def forget(self, key: str) -> None:
        """The agent knows the file no more."""
        self._files.pop(key, None)
        self._new[key] = ""

    def clear(self) -> None:
        """A new conversation: nothing was shown yet."""
        self._files.clear()
        self._new.clear()

    def begin_step(self) -> None:
        """A new block begins: numbers mean the files as they are now (its results said how lines moved)."""
        for known in self._files.values():
            known.lines = LineMap(len(known.file.lines))

    def difference(self, key: str, now: FileText | None, shown: str) -> str:
        """How a file differs from what the agent last saw, as a short unified diff; empty: not at all."""
        known = self._files.get(key)
        if known is None or (now is not None and known.file.digest == now.digest):
            return ""
        return short_diff(known.file, now, shown)


def short_diff(before: FileText | None, after: FileText | None, shown: str) -> str:
    """A unified diff that stays short; never empty, as it is asked for where bytes differ."""
    text = diff.unified(before.text if before else None, after.text if after else None, shown)
    if not text:
        return "(only line ends, encoding or byte-order mark differ)"
    lines = [shorten(line, _MAX_DIFF_COLUMNS) for line in text.split("\n")[:-1]]
    if len(lines) > _MAX_DIFF_LINES:
        left = len(lines) - _MAX_DIFF_LINES
        lines[_MAX_DIFF_LINES:] = [f"… ({left} more lines of difference)"]
    return "\n".join(lines)
