"""Keeps what calls change: the port `Checkpoints` of a session with a journal."""

from __future__ import annotations

from collections.abc import Callable

from codepilot import events as e
from codepilot.caught import in_thread
from codepilot.checkpoints.states import WorkFiles
from codepilot.errors import WorkspaceError
from codepilot.journal.blobs import BlobStore
from codepilot.messages import KeptFile

CANNOT_KEEP = "What the agent changes can be undone only in part until there is space again."


class FileKeeper:
    """What tools write is kept before they write it.

    Args:
        files: of the work folder.
        store: where contents are kept.
        publish: takes what goes wrong as an event.
    """

    def __init__(self, files: WorkFiles, store: BlobStore, publish: Callable[[e.Event], None]) -> None:
        self._files = files
        self._store = store
        self._publish = publish
        self._trouble = ""

    async def keep(self, path: str, before: bytes | None, after: bytes) -> KeptFile:
        """Keep the bytes of a file that a tool is about to write; see `ports.Checkpoints`."""
        kept: KeptFile | OSError = await in_thread(lambda: self._keep(path, before, after))
        if isinstance(kept, KeptFile):
            self._trouble = ""
            return kept
        self._tell(kept)
        return KeptFile()

    def _keep(self, path: str, before: bytes | None, after: bytes) -> KeptFile | OSError:
        try:
            ids = self._store.put(*(() if before is None else (before,)), after)
        except OSError as error:
            return error
        try:
            folders = self._files.missing_folders(path) if before is None else 0
        except WorkspaceError:
            folders = 0  # it cannot be looked at: what writes there says so
        return KeptFile(None if before is None else ids[0], ids[-1], folders)

    def _tell(self, error: OSError) -> None:
        """Once for each trouble."""
        trouble = str(error.strerror or error)
        if trouble != self._trouble:
            self._trouble = trouble
            text = f"The contents of changed files cannot be kept: {trouble}."
            self._publish(e.RuntimeFailed(error=text, source="session", hint=CANNOT_KEEP))

    async def begin(self, call_id: str) -> None:
        """A call is about to do what nobody can foresee; see `ports.Checkpoints`."""

    def end(self, call_id: str) -> None:
        """That call is over; see `ports.Checkpoints`."""

    async def settle(self) -> None:
        """Return when all that was changed is told."""
