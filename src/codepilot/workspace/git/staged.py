"""What the index has and the last commit has not: folder by folder, those known to be equal left out."""

from __future__ import annotations

import bisect
from typing import Final

from codepilot.workspace.git.index import Index, IndexEntry
from codepilot.workspace.git.objects import ObjectStore, ObjectUnreadable

_MAX_TREES: Final = 2_000
_MAX_DEPTH: Final = 200
_FOLDER: Final = 0o040000


def staged_changes(index: Index, tree: bytes, store: ObjectStore) -> dict[bytes, str]:
    """Path → ``M``, ``A`` or ``D`` for each file whose entry in the index is not that of the commit.

    Args:
        index: as it is now.
        tree: of the commit; empty before the first one.
        store: where the trees are.

    Raises:
        ObjectUnreadable: a tree is not here, or there are too many to read.
    """
    return _Comparison(index, store).run(tree)


class _Comparison:
    """One walk down both sides."""

    def __init__(self, index: Index, store: ObjectStore) -> None:
        self._entries = index.entries
        self._paths = [entry.path for entry in index.entries]
        self._trees = index.trees
        self._store = store
        self._left = _MAX_TREES
        self._found: dict[bytes, str] = {}

    def run(self, tree: bytes) -> dict[bytes, str]:
        self._folder(b"", 0, len(self._entries), tree)
        return self._found

    def _folder(self, prefix: bytes, low: int, high: int, tree: bytes) -> None:
        """The entries from `low` to `high` all lie below `prefix`; `tree` is what the commit has there."""
        if tree and self._trees.get(prefix.rstrip(b"/")) == tree:
            return
        if prefix.count(b"/") > _MAX_DEPTH:
            raise ObjectUnreadable("folders too deep")
        committed = self._read(tree) if tree else {}
        at = low
        while at < high:
            entry = self._entries[at]
            name, slash, _ = entry.path[len(prefix) :].partition(b"/")
            mode, object_id = committed.pop(name, (0, b""))
            if not slash:
                following = bisect.bisect_right(self._paths, entry.path, at, high)
                self._file(entry, mode, object_id)
            else:
                below = prefix + name + b"/"
                following = bisect.bisect_left(self._paths, prefix + name + b"0", at, high)  # "0" follows "/"
                if mode and mode != _FOLDER:
                    self._found[prefix + name] = "D"  # a file made way for a folder
                if entry.mode == _FOLDER:  # of a sparse checkout: not there, not unfolded
                    if entry.object_id != object_id:
                        raise ObjectUnreadable("a folder of a sparse index changed")
                else:
                    self._folder(below, at, following, object_id if mode == _FOLDER else b"")
            at = following
        for name, (mode, object_id) in committed.items():
            self._deleted(prefix + name, mode, object_id)

    def _file(self, entry: IndexEntry, mode: int, object_id: bytes) -> None:
        if entry.conflict:
            return  # the work tree says so
        if mode == _FOLDER:
            self._deleted(entry.path, mode, object_id)
            mode = 0
        if not mode or entry.intent_to_add:
            self._found[entry.path] = "A"
        elif (mode, object_id) != (entry.mode, entry.object_id):
            self._found[entry.path] = "M"

    def _deleted(self, path: bytes, mode: int, object_id: bytes) -> None:
        if mode != _FOLDER:
            self._found[path] = "D"
            return
        if path.count(b"/") > _MAX_DEPTH:
            raise ObjectUnreadable("folders too deep")
        for name, (below, inner) in self._read(object_id).items():
            self._deleted(path + b"/" + name, below, inner)

    def _read(self, tree: bytes) -> dict[bytes, tuple[int, bytes]]:
        self._left -= 1
        if self._left < 0:
            raise ObjectUnreadable("too many trees")
        return self._store.entries_of(tree)
