"""Taking the changes of one file back, from the newest to the oldest, beside what others did to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from codepilot import diff
from codepilot.checkpoints.history import Change
from codepilot.checkpoints.merge import merged
from codepilot.checkpoints.replacing import Found, State
from codepilot.checkpoints.telling import text_of
from codepilot.errors import CodepilotError, UsageError, WorkspaceError
from codepilot.journal.blobs import BlobStore
from codepilot.values import dataclass
from codepilot.workspace.filetext import FileText, digest, encode

LOST = "its earlier contents are no longer kept"
UNKNOWN = "its earlier contents are not known"
CHANGED = "the same lines were changed since"
NO_TEXT = "it was changed since, and is not text that can be merged"
MADE = "the agent created it, and it was changed since"
THERE_AGAIN = "the agent deleted it, and a new one exists"
DELETED = "it was deleted since"


@dataclass(slots=True)
class Undoing:
    """Where the undoing of one file stands.

    Args:
        state: what stands there; None: nothing.
        data: its bytes; None: they are in the store.
        store: of the contents.
    """

    state: State | None
    data: bytes | None
    store: BlobStore
    merged: bool = False
    """Somebody else's lines are in it."""

    def undo(self, changes: Sequence[Change]) -> str:
        """Take changes back, given in the order in which they were made; returns why not, or nothing."""
        for change in reversed(changes):
            if why := self._step(change):
                return why
        if self.state is not None and self.data is None:
            self.data = self.store.get(self.state.id)
            return LOST if self.data is None else ""
        return ""

    def become(self, before: State | None) -> bool:
        """Be what was there before, whatever stands there now; returns whether that is known and kept."""
        data = self.store.get(before.id) if before is not None else None
        if before is not None and data is None:
            return False
        mode = self.state.mode if self.state is not None else 0
        self.state = State(before.id, before.mode or mode) if before is not None else None
        self.data, self.merged = data, False
        return True

    def _step(self, change: Change) -> str:
        before, after, state = change.before, change.after, self.state
        if _same(state, after):
            if before is not None and not before.id:
                return UNKNOWN
            self._become(before, after)
            return ""
        if change.maybe or _same(state, before):
            return ""  # it did not happen, or is undone already
        if after is None:
            return THERE_AGAIN
        if before is None:
            return MADE if state is not None else ""
        if state is None:
            return DELETED
        return self._merge(before, after, state)

    def _become(self, before: State | None, after: State | None) -> None:
        state = self.state
        if before is None:
            self.state, self.data = None, None
            return
        mode = before.mode
        if state is not None and (not mode or (after is not None and after.mode not in (0, state.mode))):
            mode = state.mode  # somebody else changed it, or nobody knows what it was
        if state is None or state.id != before.id:
            self.data = None
        self.state = State(before.id, mode)

    def _merge(self, before: State, after: State, state: State) -> str:
        if not before.id or not after.id:
            return UNKNOWN
        mine = text_of(state, self.data if self.data is not None else self.store.get(state.id))
        base = text_of(replace(after, mode=after.mode or state.mode), self.store.get(after.id))
        other = text_of(replace(before, mode=before.mode or state.mode), self.store.get(before.id))
        if mine is None or base is None or other is None:
            return NO_TEXT
        text = merged(base.text, mine.text, other.text)
        if text is None:
            return CHANGED
        try:
            self.data = encode(text, mine, shown="")
        except WorkspaceError:
            return CHANGED
        self.state, self.merged = State(digest(self.data), state.mode), True
        return ""


def joined(changes: Sequence[Change]) -> list[Change]:
    """Changes with those made one that follow each other directly: nobody else had a hand in between."""
    chain: list[Change] = []
    for change in changes:
        last = chain[-1] if chain else None
        if last is None or change.maybe or last.maybe or last.after != change.before:
            chain.append(change)
        else:
            chain[-1] = replace(
                last, after=change.after, folders=max(last.folders, change.folders), joined=change.joined
            )
    return chain


def only_hunks(change: Change, hunks: Sequence[int], store: BlobStore) -> Change:
    """A change that undoes, when taken back, only some of its hunks, numbered from 0 as `diff.hunks` gives them.

    Raises:
        UsageError: it has no such hunk, or none at all.
    """
    texts = [
        text_of(each, store.get(each.id)) if each is not None else None
        for each in (change.before, change.after)
    ]
    before, after = texts
    if before is None or after is None or change.after is None:
        raise UsageError("This change has no hunks to undo one by one.", hint="Undo the whole change.")
    many = len(diff.hunks(diff.line_diff(before.text, after.text)))
    if wrong := [each for each in hunks if not 0 <= each < many]:
        raise UsageError(f"There is no hunk {wrong[0]}: this change has {many}.")
    text = diff.apply_hunks(before.text, after.text, [each for each in range(many) if each not in hunks])
    return replace(change, before=State(_kept(text, after, store), change.after.mode))


def _kept(text: str, like: FileText, store: BlobStore) -> str:
    try:
        return store.put(encode(text, like, shown=""))[0]
    except (OSError, CodepilotError) as error:
        raise UsageError(f"The hunk cannot be undone: {error}.") from error


def begin(found: Found, store: BlobStore) -> Undoing:
    """From what stands on the disk."""
    return Undoing(found.state, found.data if found.state is not None else None, store)


def _same(one: State | None, other: State | None) -> bool:
    """The same content; what is not known is the same as nothing."""
    if one is None or other is None:
        return one is other
    return bool(one.id) and one.id == other.id
