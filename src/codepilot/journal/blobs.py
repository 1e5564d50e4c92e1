"""The contents of files, by the digest of their bytes: what a change can be undone from.

One store for each work folder, shared by its sessions. A content is written once, whole or not at all, and durable when
`put` returns. It is exact, so it may hold secrets: only this user can read it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from codepilot import paths
from codepilot.journal.disk import Disk, SystemDisk
from codepilot.workspace.filetext import digest

_LEVEL = 1
"""Of zlib: half the size at a tenth of the time that the default takes."""


def checkpoints_root() -> Path:
    """The folder that holds the stores of all work folders."""
    return paths.state_dir() / "checkpoints"


def store_of(work_dir: Path | str) -> BlobStore:
    """The store of a work folder; it is made when something is put in."""
    real = os.path.realpath(work_dir)
    return BlobStore(checkpoints_root() / digest(os.fsencode(real)), real)


def pass_on(session: str, journal: Path) -> None:
    """Note that a session needs what another one needs: it was forked from it, or is the same at another place.

    Args:
        session: the name of the other one's folder.
        journal: of the session that needs it, too.

    Raises:
        OSError: the disk refuses.
    """
    for folder in checkpoints_root().iterdir() if checkpoints_root().is_dir() else ():
        store = BlobStore(folder)
        if any(noted.parent.name == session for _, noted in store.sessions()):
            store.register(journal)


class BlobStore:
    """Contents in ``<folder>/objects/ab/<digest>``.

    Args:
        folder: of the store.
        about: whose contents they are, noted in it for people who look.
        disk: how they are synced.
    """

    def __init__(self, folder: Path, about: str = "", disk: Disk | None = None) -> None:
        self.folder = folder
        self.objects = folder / "objects"
        self._about = about
        self._disk = disk or SystemDisk()
        self._made = False
        self._whole: set[str] = set()
        """Ids of what was put by this object, or is known to be as it should."""
        self._durable: set[str] = set()
        """Those that would survive a loss of power."""
        self.written = 0
        """Bytes that this program put in."""

    def put(self, *contents: bytes, durable: bool = True) -> tuple[str, ...]:
        """Keep contents; returns the id of each when all would survive a loss of power. From any thread.

        Args:
            contents: the bytes of files.
            durable: false: do not wait for the disk. The death of the program costs nothing then, either.

        Raises:
            OSError: the disk refuses.
        """
        ids = tuple(digest(content) for content in contents)
        unsynced = set()
        for key, content in dict(zip(ids, contents, strict=True)).items():
            if not self._used(key):
                self._durable.discard(key)
                self._write(key, content, durable=durable)
            elif durable and key not in self._durable:
                self._sync(self._path(key))  # somebody put it who did not wait for the disk, or who knows who
            self._whole.add(key)
            if durable and key not in self._durable:
                unsynced.add(key)
        for folder in {self._path(key).parent for key in unsynced}:
            with suppress(OSError):  # some systems cannot sync the names in a folder, and have nothing better
                self._sync(folder)
        self._durable |= unsynced
        return ids

    def get(self, key: str) -> bytes | None:
        """The content of this id; None if it is not kept any more, or damaged."""
        import zlib

        if not key:
            return None
        try:
            content = zlib.decompress(self._path(key).read_bytes())
        except (OSError, zlib.error):
            return None
        return content if digest(content) == key else None

    def has(self, key: str) -> bool:
        """Whether a content is kept, as far as its file tells."""
        return bool(key) and self._has(key)

    def register(self, journal: Path) -> None:
        """Note that a session needs contents of this store.

        Raises:
            OSError: the disk refuses.
        """
        note = self.folder / "sessions" / digest(os.fsencode(journal))
        if not note.exists():
            paths.write_private(note, f"{journal}\n")

    def sessions(self) -> Iterator[tuple[Path, Path]]:
        """The sessions that were registered, whether they are there still: each with its note, and its journal.

        Raises:
            OSError: the disk refuses.
        """
        folder = self.folder / "sessions"
        for note in list(folder.glob("[!.]*")):  # one that is being written begins with a dot
            with suppress(FileNotFoundError):  # forgotten meanwhile
                yield note, Path(os.fsdecode(note.read_bytes()).removesuffix("\n"))

    def _has(self, key: str) -> bool:
        try:
            return self._path(key).stat().st_size > 0  # none, where the power failed in the middle
        except OSError:
            return False

    def remove(self, key: str, seen: float) -> bool:
        """Remove a content that nobody put since somebody looked at it; returns whether it is gone.

        Args:
            key: its id.
            seen: when it was put last, as its file told it.

        Raises:
            OSError: the disk refuses.
        """
        path = self._path(key)
        aside = self._aside(path)
        try:
            # Out of the way first: whoever puts it from now on does not find it, and whoever did so before was noted.
            path.replace(aside)
        except FileNotFoundError:
            return True
        if aside.stat().st_mtime != seen:
            aside.replace(path)
            return False
        aside.unlink()
        return True

    def _used(self, key: str) -> bool:
        """Whether it is there and whole; then it is noted that somebody needs it now."""
        try:
            os.utime(self._path(key))
        except FileNotFoundError:
            return False
        except OSError:
            pass  # a disk that takes nothing: then nothing is removed, either
        # A loss of power may have left a part of it, as long as nobody waited for the disk.
        return self._has(key) if key in self._whole else self.get(key) is not None

    def _sync(self, path: Path) -> None:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        try:
            self._disk.sync(handle)
        finally:
            os.close(handle)

    @staticmethod
    def _aside(path: Path) -> Path:
        return path.with_name(f".{os.getpid()}-{os.urandom(6).hex()}")

    def _path(self, key: str) -> Path:
        return self.objects / key[:2] / key

    def _write(self, key: str, content: bytes, *, durable: bool) -> None:
        import zlib

        path = self._path(key)
        self._make(path.parent)
        aside = self._aside(path)
        packed = zlib.compress(content, _LEVEL)
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            try:
                view = memoryview(packed)
                while view:
                    view = view[os.write(handle, view) :]
                if durable:
                    self._disk.sync(handle)
            finally:
                os.close(handle)
            aside.replace(path)
        except BaseException:
            with suppress(OSError):
                aside.unlink()
            raise
        self.written += len(packed)

    def _make(self, folder: Path) -> None:
        if not self._made:
            paths.private_dir(self.objects)
            if self._about and not (note := self.folder / "folder").exists():
                paths.write_private(note, self._about + "\n")
            self._made = True
        paths.private_dir(folder)
