"""Files that stand beside a place while they change places with what is there, and what is left of such.

A look at a file and its replacement are two calls, and somebody may save in between. So the two files change places in
one call, and what came away is looked at: if it is not what was expected, they change places again. A program that is
killed in between leaves there what somebody saved: the name of such a file says which contents may be deleted.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from codepilot.workspace.beneath import open_beneath

if TYPE_CHECKING:
    import hashlib

CANNOT = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EPERM})
"""This system, or this file system, cannot do that."""
NOTHING = "0" * 32
"""Instead of a digest: there is no such content."""
_NO_REPLACE, _EXCHANGE = 1, 2
"""What `renameat2` is asked for."""
_DRAFT = re.compile(r"\.codepilot-(\d+)-[0-9a-f]{16}\.tmp")
"""A file that is being written, with the process that writes it."""
_ASIDE = re.compile(r"\.codepilot-(\d+)-[0-9a-f]{16}-([0-9a-f]{32})-([0-9a-f]{32})-(.*)\.tmp", re.DOTALL)
"""One that changes places, with the process, the digests that it may have, and the name of the place."""
_LONGEST = 255
"""Bytes of a file's name."""


def draft() -> str:
    """A name for a file that is being written: `sweep` deletes what is left of it."""
    return f".codepilot-{os.getpid()}-{os.urandom(8).hex()}.tmp"


def aside(name: str, *digests: str) -> str:
    """A name for a file that changes places with another: `sweep` deletes it only if it holds one of two contents.

    Args:
        name: the place.
        digests: of what takes the place, and of what is expected there; as `filetext.digest` gives them.
    """
    first, second = ([each or NOTHING for each in digests] + [NOTHING] * 2)[:2]
    start = f".codepilot-{os.getpid()}-{os.urandom(8).hex()}-{first}-{second}-"
    fits = len(os.fsencode(start + name)) + len(".tmp") <= _LONGEST
    return f"{start}{name if fits else ''}.tmp"


def swap(folder: int, aside: str, name: str, look: Callable[[str], object], expect: object) -> bool:
    """Let a file take the place of another, if that is what is expected; afterwards that one has the other name.

    Args:
        folder: open.
        aside: the name of what takes the place.
        name: the place.
        look: what stands by a name.
        expect: what must stand in the place.

    Returns:
        Whether it did. If not it stands there still, or what was saved there since.

    Raises:
        FileNotFoundError: nothing stands there.
        OSError: the disk refuses; `errno` in `CANNOT`: this system has no such call.
    """
    placed = look(aside)
    renameat2(folder, aside, name, _EXCHANGE)
    found = look(aside)
    if found == expect:
        return True
    with suppress(FileNotFoundError):  # deleted since
        while True:
            renameat2(folder, aside, name, _EXCHANGE)
            came = look(aside)
            if came == placed:
                break
            placed, found = found, came  # saved while the one before was put back, so it is newer
    return False


def move_new(folder: int, old: str, name: str) -> None:
    """Give a file a name that is free.

    Raises:
        FileExistsError: it is not.
        OSError: the disk refuses; `errno` in `CANNOT`: this system cannot do it in one step.
    """
    try:
        renameat2(folder, old, name, _NO_REPLACE)
    except OSError as error:
        if error.errno not in CANNOT:
            raise
        os.link(old, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        os.unlink(old, dir_fd=folder)


def let_go(folder: int, aside: str) -> str:
    """Delete a file that changed places; what somebody saved in that moment is kept by a name that they see.

    Returns:
        That name; empty: there was nothing to keep.

    Raises:
        OSError: the disk refuses.
    """
    found = _ASIDE.fullmatch(aside)
    content = digest_of(folder, aside) if found is not None else ""
    if content is None:
        return ""
    if found is None or content in (found[2], found[3]):
        with suppress(FileNotFoundError):
            os.unlink(aside, dir_fd=folder)
        return ""
    # Never by its own name: whoever made the folder could have such a file become `.git` or `agent.yaml`.
    end = f".saved-{os.urandom(4).hex()}"
    place = os.fsdecode(os.fsencode(found[4])[: _LONGEST - len(end)])
    kept = f"{place or 'file'}{end}"
    move_new(folder, aside, kept)
    return kept


def sweep(folder: int) -> None:
    """Remove what writers that were killed left in the folder, but not what somebody saved; see `let_go`."""
    for name in os.listdir(folder):
        if not name.startswith(".codepilot-"):  # costs next to nothing
            continue
        found = _DRAFT.fullmatch(name) or _ASIDE.fullmatch(name)
        if found is None:
            continue
        try:
            os.kill(int(found[1]), 0)
        except (ProcessLookupError, OverflowError):
            with suppress(OSError):  # another writer swept it
                let_go(folder, name)
        except PermissionError:
            continue  # it lives, and is somebody else's


def renameat2(folder: int, old: str, new: str, flags: int) -> None:
    """The call of Linux.

    Raises:
        OSError: it failed; `errno` in `CANNOT`: there is none.
    """
    call = _call() if sys.platform.startswith("linux") else None
    if call is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if call(folder, os.fsencode(old), folder, os.fsencode(new), flags) != 0:
        import ctypes

        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


@cache
def _call() -> Any:
    """The function of the C library; None: it has none."""
    import ctypes  # 2 ms: with the first file, not with the library

    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is not None:
        call.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    return call


def digest_of(folder: int, name: str) -> str | None:
    """Of what stands there, as `filetext.digest`; empty: it cannot be read; None: nothing stands there."""
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            return _hash(os.readlink(os.fsencode(name), dir_fd=folder)).hexdigest()
        if not stat.S_ISREG(status.st_mode):
            return ""
        hashed = _hash()
        with os.fdopen(open_beneath(folder, [name], os.O_RDONLY), "rb") as stream:
            while piece := stream.read(1 << 20):
                hashed.update(piece)
        return hashed.hexdigest()
    except FileNotFoundError:
        return None
    except OSError:
        return ""


def _hash(data: bytes = b"") -> hashlib.blake2b:
    import hashlib

    return hashlib.blake2b(data, digest_size=16)
