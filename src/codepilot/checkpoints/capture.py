"""What commands change: the files as they are known, and the difference that a look at the touched ones makes.

Nothing here knows of event loops: its methods are called in a thread, one at a time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from codepilot.checkpoints.git import GitFailed
from codepilot.checkpoints.known import (
    CHANGED_BYTES,
    CHANGED_FILES,
    NO_STAMP,
    SAME_TICK,
    SEED_ALL,
    SEED_BYTES,
    SEED_FILES,
    TOO_BIG,
    TOO_MANY,
    UNKNOWN,
    Known,
    Limit,
    above,
    is_folder,
    shortened,
    stamp_at,
    stamp_of,
)
from codepilot.checkpoints.replacing import MOST, State
from codepilot.checkpoints.states import NotCovered, WorkFiles
from codepilot.checkpoints.telling import change_of
from codepilot.checkpoints.tree import TooMany, Tree
from codepilot.checkpoints.watch import CannotWatch, Touched, Watch
from codepilot.errors import WorkspaceError
from codepilot.events import CheckpointSeeded, FileChanged
from codepilot.journal.blobs import BlobStore
from codepilot.text import well_formed
from codepilot.workspace.regular import TooLarge


class Capture:
    """Knows how the files of one work folder are.

    Args:
        files: of the work folder.
        store: where contents are kept.
        tree: which files count, and what git has of them.
    """

    def __init__(self, files: WorkFiles, store: BlobStore, tree: Tree) -> None:
        self._files = files
        self._store = store
        self._tree = tree
        self._watch: Watch | None = None
        self._table: dict[str, Known] = {}
        self._left_out: dict[str, str] = {}
        self.written: dict[str, str] = {}
        """What tools wrote, and tell of themselves, since the last look: ids by path."""
        self._later: set[str] = set()
        """Touched while a look went on beside a command; the look behind that command has them."""
        self._mixed: set[str] = set()
        """Those of them that the command before may have changed, too."""
        self._new: set[str] = set()
        """Folders that are new since the last look behind a command."""
        self._unchecked: set[str] = set()
        """In the table, and not known to count."""
        self._lock = threading.Lock()
        self._stopping = False

    def seed(self) -> CheckpointSeeded:
        """The first look: watch the folder, and capture what git does not have.

        Raises:
            NotCovered: it cannot be looked at, or has too many files.
        """
        with self._looking():
            for each in (self.written, self._later, self._mixed, self._new, self._unchecked):
                each.clear()
            self._tree.sweep()
            self._tree.refresh_rules()
            self._arm()
            survey = self._tree.survey()
            self._left_out = dict(survey.left_out)
            return CheckpointSeeded(
                method="watch" if self._watch is not None else "scan",
                captured=self._capture_all(survey.files),
                left_out=shortened(self._left_out),
            )

    def quiet(self) -> bool:
        """Whether surely nothing was touched since the last look; costs one look at the watch."""
        return self._watch is not None and self._watch.quiet()

    def absorb(self, limit: Limit) -> None:
        """Know the files as they are now, whoever changed them. Git is not asked: a command waits for this.

        Raises:
            NotCovered: as `seed`.
        """
        with self._looking():
            for path in self._due(self._touched(), limit):
                if path not in self._table:
                    if self._tree.hides(path) or is_folder(self._files, path):
                        continue
                    self._unchecked.add(path)
                self._look(path, MOST)
                self.written.pop(path, None)
            self._new.clear()

    def collect(self, call_id: str, limit: Limit) -> list[FileChanged]:
        """What changed since the last look, as a call's changes.

        Args:
            call_id: of the call.
            limit: set when another call begins meanwhile.

        Raises:
            NotCovered: as `seed`.
        """
        with self._looking():
            mixed, self._mixed = self._mixed, set()
            later = set(self._later)
            before = self._before(list(self._due(self._touched(), limit)))
            many, room = len(before) > CHANGED_FILES, CHANGED_BYTES
            changes: list[FileChanged] = []
            for path in self._due(before, limit):
                if self._stopping:
                    break
                own = self.written.pop(path, None)
                if len(changes) == CHANGED_FILES:
                    self._look(path, 0)  # too many to tell, but what was known of it holds no longer
                    continue
                was = before[path]
                data = self._look(path, 0 if many else min(MOST, room))
                now = self._table[path].state
                room -= len(data or b"")
                if own is not None and now is not None and own == now.id:
                    continue  # a tool wrote it meanwhile, and tells of it itself
                if now == was and (now is None or now.id):
                    continue
                more: dict[str, Any] = {"call_id": call_id, "source": "command", "joined": path in mixed}
                made = sum(1 for each in above(path) if each in self._new) if was is None else 0
                old = self._store.get(was.id) if was is not None and not many else None
                changes.append(change_of(path, (was, old), (now, data), folders=made, **more))
            self._mixed |= self._later - later
            if not self._later:
                self._new.clear()
            return changes

    def drop(self) -> None:
        """Watch no more, unless somebody looks just now; the next task looks again."""
        if self._lock.acquire(blocking=False):
            self._end_watch()
            self._lock.release()

    @property
    def watching(self) -> bool:
        """Whether the folder is watched."""
        return self._watch is not None

    @property
    def small(self) -> bool:
        """Whether any look takes some milliseconds only."""
        return self._tree.small and len(self._table) <= SEED_FILES

    def close(self) -> None:
        """End what is under way. From any thread."""
        self._stopping = True
        self._tree.end()
        self.drop()

    @contextmanager
    def _looking(self) -> Iterator[None]:
        """One at a time; what goes wrong is said in one way."""
        with self._lock:
            try:
                yield
            except TooMany:
                raise NotCovered("over 50,000 files and no git") from None
            except (GitFailed, OSError) as error:
                raise NotCovered(f"it cannot be looked at: {error}") from error

    # -- inside ------------------------------------------------------------------------------------------------

    def _end_watch(self) -> None:
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    def _arm(self) -> None:
        """Watch all folders, where the system can; else the folder is looked through each time."""
        self._end_watch()
        with suppress(CannotWatch):
            self._watch = Watch(self._files.root, self._tree.leaves_out)

    def _due(self, touched: Iterable[str], limit: Limit) -> Iterator[str]:
        """Those of the paths that are other than they are known to be, by their stamps, and not written too late."""
        for path in sorted(touched):
            stamp = stamp_at(self._files, path)
            known = self._table.get(path)
            if limit.leaves(self._files, path, stamp):
                self._later.add(path)
            elif (known is None or known.stamp != stamp) and well_formed(path) == path:
                yield path  # a name that is no text cannot stand in a journal

    def _touched(self) -> set[str]:
        """Paths that may be others than they are known to be."""
        touched = self._watch.take() if self._watch is not None else Touched(lost=True)
        found = touched.files | self._later
        self._later.clear()
        self._new |= touched.new
        if self._watch is None or any(path.rpartition("/")[2] == ".gitignore" for path in found):
            self._tree.refresh_rules()
            touched.lost = True  # what was ignored may count now
        if touched.lost:
            if self._watch is not None:  # there may be folders that it does not know of
                self._arm()
            found |= self._tree.changed() | set(self._table)
        elif touched.gone:
            inside = tuple(folder + "/" for folder in touched.gone)
            found.update(path for path in self._table if path.startswith(inside))
            found.update(self._tree.indexed_below(touched.gone))
        return found

    def _before(self, touched: Collection[str]) -> dict[str, State | None]:
        """How these paths are known to have been; those that do not count are missing."""
        before = {path: self._table[path].state for path in touched if path in self._table}
        asked = [path for path in touched if path not in before or path in self._unchecked]
        of_git = self._tree.known(asked)
        for path, content in of_git.items():
            if path in before:
                continue
            if content is None:
                before[path] = UNKNOWN
                continue
            before[path] = content[0]
            self._store.put(content[1])
        # One that is known to have been a file may be a folder now; of others a folder is no file.
        others = [path for path in asked if path in before or not is_folder(self._files, path)]
        counting = self._tree.counting([path for path in others if path not in of_git])
        for path in counting:
            unknown = {path, *above(path)} & self._left_out.keys()
            before.setdefault(path, UNKNOWN if unknown else None)
        for path in self._unchecked.intersection(asked).difference(of_git, counting):
            before.pop(path)
        self._unchecked.difference_update(asked)
        for path in self.written.keys() & set(touched):  # not looked at since a tool wrote it
            if path in before or not self._tree.hides(path):
                before[path] = State(self.written[path], 0)
        return before

    def _look(self, path: str, most: int, *, durable: bool = True) -> bytes | None:
        """Know a path as it is now; returns its bytes, if they are kept: up to `most` of them."""
        stamp, state, data = stamp_at(self._files, path), None, None
        if stamp:
            try:
                found = self._files.look(path, max(most, 0)) if most else None
                if found is not None and found.status is not None:
                    state, data, stamp = found.state, found.data, stamp_of(found.status)
                    self._store.put(data, durable=durable)
                elif found is None:
                    state = State("", stamp[-1])
                else:
                    stamp = ()
            except TooLarge:
                state = State("", stamp[-1])
            except WorkspaceError:
                state = None if is_folder(self._files, path) else UNKNOWN
        if stamp and (state is None or state.id) and time.time_ns() - max(stamp[:2]) < SAME_TICK:
            stamp = NO_STAMP  # it could be written again at the same time; only kept contents can be compared then
        self._table[path] = Known(state, stamp)
        return data

    def _capture_all(self, survey: Collection[str]) -> int:
        """Know these files, the newest first, as far as there is room."""
        earlier, self._table = self._table, {}
        stamped = [(path, stamp_at(self._files, path)) for path in survey]
        stamped.sort(key=lambda each: each[1][:1], reverse=True)
        room, count = SEED_ALL, 0
        for path, stamp in stamped:
            if self._stopping:
                raise OSError("the program ends")
            known = earlier.get(path)
            if known is not None and known.stamp == stamp and (known.state is None or known.state.id):
                self._table[path] = known
                continue
            size = stamp[2] if stamp else 0
            if size > SEED_BYTES or count == SEED_FILES or size > room:
                self._left_out[path] = TOO_BIG if size > SEED_BYTES else TOO_MANY
                continue
            self._look(path, SEED_BYTES, durable=False)
            room, count = room - size, count + 1
        return count
