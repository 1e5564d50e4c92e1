"""Git's objects: commits and trees, loose or packed, read from their files. Nothing is started, nothing is fetched."""

from __future__ import annotations

import contextlib
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from codepilot.errors import WorkspaceError
from codepilot.workspace.git import packs
from codepilot.workspace.git.packs import MAX_OBJECT
from codepilot.workspace.regular import only_regular, read

MAX_PACKS: Final = 500
_MAX_BASES: Final = 50
_MAX_ALTERNATES: Final = 8


class ObjectUnreadable(Exception):
    """The object is not there (as in a partial clone), damaged, or too large."""


def read_small(path: Path, limit: int) -> bytes | None:
    """All of a regular file; None if it is none, cannot be read, or is larger than `limit`. Never blocks on a pipe."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        only_regular(os.fstat(descriptor), path.name)
        return read(descriptor, path.name, limit)[0]
    except (OSError, WorkspaceError):
        return None
    finally:
        os.close(descriptor)


class ObjectStore:
    """The objects of one repository and of those it borrows from.

    Args:
        folder: ``.git/objects``.
        id_bytes: how long an object's name is: 20 for SHA-1, 32 for SHA-256.
    """

    def __init__(self, folder: Path, id_bytes: int) -> None:
        self._id_bytes = id_bytes
        self._folders = list(_with_alternates(folder))

    def tree_of(self, commit: bytes) -> bytes:
        """The name of a commit's tree.

        Raises:
            ObjectUnreadable: there is no such commit here.
        """
        kind, body = self.read(commit)
        first, _, _ = body.partition(b"\n")
        word, _, name = first.partition(b" ")
        try:
            tree = bytes.fromhex(name.decode("ascii"))
        except ValueError:
            tree = b""
        if kind != b"commit" or word != b"tree" or len(tree) != self._id_bytes:
            raise ObjectUnreadable(f"{commit.hex()} is not a commit")
        return tree

    def entries_of(self, tree: bytes) -> dict[bytes, tuple[int, bytes]]:
        """What a tree holds: name → mode and object.

        Raises:
            ObjectUnreadable: there is no such tree here.
        """
        kind, body = self.read(tree)
        if kind != b"tree":
            raise ObjectUnreadable(f"{tree.hex()} is not a tree")
        found: dict[bytes, tuple[int, bytes]] = {}
        at = 0
        try:
            while at < len(body):
                space = body.index(b" ", at)
                end = body.index(b"\0", space)
                mode = int(body[at:space], 8)
                at = end + 1 + self._id_bytes
                found[body[space + 1 : end]] = (mode, body[end + 1 : at])
        except ValueError as error:
            raise ObjectUnreadable(f"{tree.hex()} is damaged") from error
        return found

    def read(self, object_id: bytes) -> tuple[bytes, bytes]:
        """Kind and content of an object.

        Raises:
            ObjectUnreadable: it is not here, or cannot be read.
        """
        try:
            found = self._loose(object_id) or self._packed(object_id, 0)
        except (OSError, WorkspaceError, zlib.error, struct.error, IndexError, ValueError) as error:
            raise ObjectUnreadable(f"{object_id.hex()}: {error}") from error
        if found is None:
            raise ObjectUnreadable(f"{object_id.hex()} is not here")
        return found

    def _loose(self, object_id: bytes) -> tuple[bytes, bytes] | None:
        name = object_id.hex()
        for folder in self._folders:
            packed = read_small(folder / name[:2] / name[2:], MAX_OBJECT)
            if packed is not None:
                head, _, body = packs.inflated(packed).partition(b"\0")
                return head.partition(b" ")[0], body
        return None

    def _base(self, name: bytes, depth: int) -> tuple[bytes, bytes]:
        found = self._loose(name) or self._packed(name, depth + 1) if depth < _MAX_BASES else None
        if found is None:
            raise ValueError("the base of a delta is not here")
        return found

    def _packed(self, object_id: bytes, depth: int) -> tuple[bytes, bytes] | None:
        for folder in self._folders:
            for index in _pack_indexes(folder / "pack"):
                with _opened(index) as descriptor:
                    offset = packs.offset_in(descriptor, object_id, self._id_bytes)
                if offset is not None:
                    with _opened(index.with_suffix(".pack")) as pack:
                        return packs.object_at(
                            pack, offset, self._id_bytes, lambda name: self._base(name, depth)
                        )
        return None


def _with_alternates(folder: Path) -> Iterator[Path]:
    """The folder, and those that it borrows objects from."""
    pending = [folder]
    seen: set[Path] = set()
    while pending and len(seen) < _MAX_ALTERNATES:
        here = pending.pop(0)
        if here in seen:
            continue
        seen.add(here)
        yield here
        text = read_small(here / "info" / "alternates", 1 << 16) or b""
        pending += [
            here / os.fsdecode(line) for line in text.splitlines() if line and not line.startswith(b"#")
        ]


def _pack_indexes(folder: Path) -> list[Path]:
    try:
        return sorted(folder.glob("*.idx"))[:MAX_PACKS]
    except OSError:
        return []


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        only_regular(os.fstat(descriptor), path.name)
        yield descriptor
    finally:
        os.close(descriptor)
