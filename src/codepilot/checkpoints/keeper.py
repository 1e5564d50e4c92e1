"""Keeps what calls change: the port `Checkpoints` of a session with a journal."""

from __future__ import annotations

import asyncio
import os
import time
import weakref
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codepilot import events as e
from codepilot.caught import in_thread
from codepilot.checkpoints.heads import Heads, head_of
from codepilot.checkpoints.known import Limit
from codepilot.checkpoints.prune import CAP, prune
from codepilot.checkpoints.states import NotCovered, WorkFiles
from codepilot.errors import SessionError, WorkspaceError
from codepilot.journal.blobs import BlobStore
from codepilot.journal.place import on_network
from codepilot.messages import KeptFile

if TYPE_CHECKING:
    from codepilot.checkpoints.capture import Capture

CANNOT_KEEP = "Until there is space again, only some of the agent's changes can be undone."
OPEN_NEED = "What a session needs goes when it is closed and another one has begun."
CANNOT_PRUNE = "They may take more than 1 GB until they can."
SEED_WAIT = 1.8
"""Seconds for which a command waits for the first look at the folder; with what a busy machine adds, less than 2."""
SAID_AFTER = 0.3
"""Seconds of that wait after which it is told."""
TICK = 10_000_000
"""Nanoseconds by which the times of a file system may be behind the clock."""
ABSORB_WAIT = 1.0
"""Seconds for which a command waits for a look that takes milliseconds, if the machine is not busy."""
CAPTURE_WAIT = 0.05
"""Seconds for which a command waits for other looks at what changed before it; what takes longer goes on beside it."""
PRUNE_EVERY = 16 * 1024 * 1024
"""Bytes that are written until the size of the store is looked at again."""
WATCH_KEPT = 60.0
"""Seconds after a task for which the folder is watched still: each folder costs the kernel memory."""


_keepers: weakref.WeakSet[FileKeeper] = weakref.WeakSet()
"""Those of all sessions of this program: several may work in one folder."""


class FileKeeper:
    """What tools write is kept before they write it, what commands change when they are over.

    Args:
        files: of the work folder.
        store: where contents are kept.
        publish: takes events.
        journal: gives the file of the session, which needs what is kept.
        make: makes what finds the changes of commands; called in a thread when the first task begins.
    """

    def __init__(
        self,
        files: WorkFiles,
        store: BlobStore,
        publish: Callable[[e.Event], None],
        make: Callable[[], Capture],
        journal: Callable[[], Path],
    ) -> None:
        self._files = files
        self._store = store
        self._publish = publish
        self._make = make
        self._journal = journal
        self._noted: Path | None = None
        self._pruned: int | None = None
        """How much had been written when the store was pruned last."""
        self._over = False
        """It was said that the store stays too large."""
        self._pruning: asyncio.Task[None] | None = None
        self._capture: Capture | None = None
        self._covered = True
        self._heads = Heads(files.root)
        self._trouble = ""
        self._seeding: asyncio.Task[None] | None = None
        self._look: asyncio.Task[None] | None = None
        """The last one; it waits for those before."""
        self._limits: list[Limit] = []
        """Of the looks that are not done."""
        self._began: dict[str, bool] = {}
        """Calls that may change anything now, each with whether the folder was known when it began."""
        _keepers.add(self)
        self._drop: asyncio.TimerHandle | None = None

    # -- tools -------------------------------------------------------------------------------------------------

    async def keep(self, path: str, before: bytes | None, after: bytes) -> KeptFile:
        """Keep the bytes of a file that a tool is about to write; see `loop.checkpoints`."""
        await self._wait_for(self._look, CAPTURE_WAIT)
        kept: KeptFile | OSError = await in_thread(lambda: self._keep(path, before, after))
        if isinstance(kept, KeptFile):
            self._trouble = ""
            for keeper in list(_keepers):  # what another session's command changes meanwhile is not this
                if keeper._capture is not None and keeper._files.root == self._files.root:
                    keeper._capture.written[path] = kept.after or ""
            return kept
        self._tell(kept)
        return KeptFile()

    def _keep(self, path: str, before: bytes | None, after: bytes) -> KeptFile | OSError:
        try:
            ids = self._store.put(*(() if before is None else (before,)), after)
            self._note()
        except OSError as error:
            return error
        try:
            folders = self._files.missing_folders(path) if before is None else 0
        except WorkspaceError:
            folders = 0  # it cannot be looked at: what writes there says so
        return KeptFile(None if before is None else ids[0], ids[-1], folders)

    def _note(self) -> None:
        """That this session needs what is kept."""
        if (journal := self._journal()) != self._noted:
            self._store.register(journal)
            self._noted = journal

    def _tell(self, error: OSError) -> None:
        """Once for each trouble."""
        if (trouble := str(error.strerror or error)) != self._trouble:
            self._trouble = trouble
            text = f"The contents of changed files cannot be saved: {trouble}."
            self._publish(e.RuntimeFailed(error=text, source="session", hint=CANNOT_KEEP))

    # -- commands ----------------------------------------------------------------------------------------------

    def open(self) -> None:
        """A task begins: look at the folder in the background, unless it is watched still."""
        if self._drop is not None:
            self._drop.cancel()
            self._drop = None
        if not self._covered or (self._capture is not None and self._capture.watching):
            return
        if why := not_covered(self._files.root):
            self._give_up(why)
            return
        self._seeding = asyncio.create_task(self._seed())

    async def _seed(self) -> None:
        began = time.monotonic()
        try:
            if self._capture is None:
                self._capture = await in_thread(self._make)
                if not self._covered:
                    return
            seeded: e.CheckpointSeeded = await in_thread(self._capture.seed)
            await in_thread(self._note)
        except (NotCovered, OSError) as error:
            self._give_up(str(error))
        else:
            head = await in_thread(lambda: head_of(self._files.root))
            seconds = round(time.monotonic() - began, 3)
            if self._covered:  # else it was closed meanwhile, and nothing is found any more
                self._publish(replace(seeded, head=head.commit, branch=head.branch, seconds=seconds))

    def _give_up(self, why: str) -> None:
        """Only what tools change is kept from now on."""
        if self._covered:
            self._covered = False
            self._publish(e.CheckpointSeeded(method="none", left_out={".": why}))
        if self._capture is not None:
            self._capture.close()
            self._capture = None

    async def begin(self, call_id: str) -> None:
        """A call is about to do what nobody can foresee; see `loop.checkpoints`."""
        known = await self._first_look_done()
        capture = self._capture
        if not self._covered or capture is None:
            return
        for other in list(self._began):  # of code of the program, which does not say when it is over
            self.end(other)
        patience = ABSORB_WAIT if capture.small else CAPTURE_WAIT
        if known and await self._wait_for(self._look, patience):
            if not capture.quiet():
                self._add(self._absorb)
            if capture.watching:  # some files are read, and no more
                patience = ABSORB_WAIT
        elif known:
            self._add(self._absorb)
        if await self._wait_for(self._look, patience):
            capture.written.clear()
        else:
            for limit in self._limits:
                limit.until = time.time_ns() - TICK
        self._heads.look()
        self._began[call_id] = known

    def _add(self, look: Callable[[Capture, Limit], Coroutine[Any, Any, None]], call_id: str = "") -> None:
        """Look at the folder when the looks before are done; `call_id`: behind that call."""
        capture = self._capture
        if capture is None:
            return
        earlier, limit = self._look, Limit()
        self._limits.append(limit)

        async def in_order() -> None:
            if earlier is not None and not earlier.done():  # one that is over may be of a loop that is, too
                await asyncio.wait([earlier])
            try:
                await look(capture, limit)
                if call_id:
                    self._publish(e.ChangesTold(call_id=call_id))
            except NotCovered as error:
                self._give_up(str(error))
            finally:
                self._limits.remove(limit)

        self._look = asyncio.create_task(in_order())

    async def _absorb(self, capture: Capture, limit: Limit) -> None:
        await in_thread(lambda: capture.absorb(limit))

    async def _first_look_done(self) -> bool:
        if await self._wait_for(self._seeding, SAID_AFTER):
            return True
        self._publish(e.CheckpointAwaited(seconds=SEED_WAIT))
        return await self._wait_for(self._seeding, SEED_WAIT - SAID_AFTER)

    def end(self, call_id: str) -> None:
        """That call is over; see `loop.checkpoints`."""
        known = self._began.pop(call_id, None)
        if known is not None:
            self._add(partial(self._collect, call_id) if known else self._look_first, call_id)

    async def _look_first(self, capture: Capture, limit: Limit) -> None:
        """Behind a command in a folder that nobody had seen before: what it was is not known."""
        if self._seeding is not None and not self._seeding.done():
            await asyncio.wait([self._seeding])
        await self._absorb(capture, limit)

    async def _collect(self, call_id: str, capture: Capture, limit: Limit) -> None:
        changes: list[e.FileChanged] = await in_thread(lambda: capture.collect(call_id, limit))
        for change in changes:
            self._publish(change)
        if (moved := self._heads.moved(call_id)) is not None:
            self._publish(moved)

    async def _wait_for(self, task: asyncio.Task[None] | None, seconds: float) -> bool:
        if task is not None and not task.done():
            await asyncio.wait([task], timeout=seconds)
        return task is None or task.done()

    async def settle(self) -> None:
        """Return when all that was changed is told; see `loop.checkpoints`."""
        for call_id in list(self._began):
            self.end(call_id)
        if self._look is not None and not self._look.done():
            await asyncio.wait([self._look])
        written = self._store.written
        if written > (self._pruned or 0) + PRUNE_EVERY or (written and self._pruned is None):
            self._pruned = written
            self._pruning = asyncio.create_task(self._prune())
        if self._drop is None and self._capture is not None and self._seeding is not None:
            self._drop = asyncio.get_running_loop().call_later(WATCH_KEPT, self._capture.drop)

    async def _prune(self) -> None:
        hint = CANNOT_PRUNE
        try:
            left = (await in_thread(lambda: prune(self._store))).left
            if left <= CAP or self._over:
                return
            self._over, hint = True, OPEN_NEED
            why = f"The contents of changed files take {left / 1e9:.1f} GB, and open sessions need them all"
        except (OSError, SessionError) as error:
            why = f"The contents of changed files cannot be made fewer: {error}".rstrip(".")
        self._publish(e.RuntimeFailed(error=f"{why}.", source="session", hint=hint))

    async def close(self) -> None:
        """End the watch and what looks at the folder."""
        if self._drop is not None:
            self._drop.cancel()
        self._covered = False
        if self._capture is not None:
            self._capture.close()
            self._capture = None
        for task in (self._seeding, self._look, self._pruning):
            # One of a loop that ended is over, and could not be waited for here.
            if task is not None and task.get_loop() is asyncio.get_running_loop():
                await asyncio.wait([task])


def not_covered(root: str) -> str:
    """Why what commands change in this folder is not looked for; empty: it is."""
    if root == "/" or os.path.realpath(Path("~").expanduser()) == root:
        return "it is the home folder or the root folder"
    if on_network(Path(root)):
        return "it lies on a network file system"
    return ""
