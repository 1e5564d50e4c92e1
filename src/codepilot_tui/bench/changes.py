"""What the agent changed: of each file the text before its first change and after its last one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from codepilot import diff
from codepilot import events as ev
from codepilot.checkpoints.merge import merged


@dataclass(frozen=True, slots=True)
class FileChange:
    """What became of one file since the conversation began."""

    path: str
    before: str | None
    """Its first text, if `before_known`; None: it did not exist."""
    after: str
    """Its last text, if `after_known`."""
    added: int
    """Lines added from first to last text; where one is not known, of all writes together."""
    removed: int
    before_known: bool = True
    after_known: bool = True
    created: bool = False
    deleted: bool = False
    """It is gone; `after` is empty."""

    @property
    def coarse(self) -> bool:
        """A text over 256 KB was left out, so that the two cannot be laid side by side."""
        return not (self.before_known and self.after_known)


class ChangeBook:
    """The changed files in the order of their first change."""

    def __init__(self) -> None:
        self._files: dict[str, FileChange] = {}
        self._back: set[str] = set()
        """Files that somebody put back on the disk as they were."""

    @property
    def files(self) -> tuple[FileChange, ...]:
        """Those that are different from what they were; one that is as at first is not a change."""
        return tuple(each for each in self._files.values() if not self._unchanged(each))

    @property
    def written(self) -> tuple[str, ...]:
        """The paths of all files that the agent wrote and whose first text is known."""
        return tuple(each.path for each in self._files.values() if each.before_known)

    def get(self, path: str) -> FileChange | None:
        """The change of a file, if there is one."""
        found = self._files.get(path)
        return None if found is None or self._unchanged(found) else found

    def found(self, now: Mapping[str, str | None]) -> bool:
        """Take what is on the disk; True if the changes are others by that.

        Args:
            now: texts by path, None where there is no file; without those that cannot be read.
        """
        before = self.files
        for path, text in now.items():
            known = self._files.get(path)
            if known is not None and _is_back(known, text):
                self._back.add(path)
            else:
                self._back.discard(path)
        return self.files != before

    def _unchanged(self, change: FileChange) -> bool:
        if change.path in self._back:
            return True
        same = change.before == (None if change.deleted else change.after)
        return same and not change.coarse

    def apply(self, event: ev.Event) -> bool:
        """Take an event; True if the changes are others now."""
        match event:
            case ev.FileChanged():
                self._files[event.path] = _merged(self._files.get(event.path), event)
                self._back.discard(event.path)
            case ev.SessionCleared():
                self._files.clear()
                self._back.clear()
            case _:
                return False
        return True


def _merged(old: FileChange | None, event: ev.FileChanged) -> FileChange:
    if old is None:
        before, before_known, created = event.before, not event.coarse, event.before is None
        added, removed = event.added, event.removed
    else:
        before, before_known, created = _without_the_agents(old, event), old.before_known, old.created
        created = created or (before_known and before is None)
        added, removed = old.added + event.added, old.removed + event.removed
    before_known = before_known or created  # what did not exist has no text that could be unknown
    if before_known and not event.coarse:
        added, removed = diff.counts(before or "", event.after or "")
    return FileChange(
        event.path,
        before if before_known else "",
        event.after or "",
        added,
        removed,
        before_known=before_known,
        after_known=not event.coarse or event.after is None,
        created=created,
        deleted=event.after is None,
    )


def _without_the_agents(old: FileChange, event: ev.FileChanged) -> str | None:
    """What the file would hold if the agent had not changed it: its first text, with what others did since."""
    after = None if old.deleted else old.after
    if old.coarse or event.coarse or event.before == after:
        return old.before
    if event.before is None or after is None:
        return event.before  # somebody else deleted it, or made it again
    return _taken_back(old, event.before, otherwise=old.before)


def _taken_back(change: FileChange, now: str, otherwise: str | None) -> str | None:
    """A text with the agent's change to the file taken out; `otherwise` where others changed the same lines."""
    found = merged(change.after, now, change.before or "")
    return found if found is not None and change.before is not None else otherwise


def _is_back(change: FileChange, now: str | None) -> bool:
    """Nothing of the agent's change is left in what stands on the disk."""
    if change.before_known and change.before == now:
        return True
    if change.coarse:
        return False
    if change.deleted or now is None:
        return (now is None) != change.deleted
    # Lines that somebody wrote over stay listed: a program that lays text out anew does that, too.
    return change.before is not None and _taken_back(change, now, None) == now
