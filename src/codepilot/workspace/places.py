"""Where a path really is: followed link by link to a place free of links, and whether tools may go there.

Links that stay inside the work folder are fine; whatever leads out, or belongs to git or to us, is refused, even when
it does not exist yet.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from codepilot.errors import WorkspaceError
from codepilot.values import dataclass

PROTECTED = (".git", ".codepilot")
"""Control folders: what is in them steers git or this program, so tools neither read nor write there."""

_MAX_LINKS = 40
_INVISIBLE = dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF])
PathLike = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path really is: absolute, without links. It need not exist."""

    path: str
    inside: bool
    parts: tuple[str, ...]
    """Names below the work folder, or below ``/`` for a place outside."""
    shown: str
    """For messages: the path below the work folder, or the absolute one."""


class Places:
    """The paths of one work folder; opens none of them.

    Args:
        root: the work folder; must exist.
        unsafe: allow places outside it.
        protected: names (or paths of several names) that are closed at any depth.

    Raises:
        WorkspaceError: there is no such folder.
    """

    def __init__(self, root: PathLike, *, unsafe: bool, protected: Iterable[str]) -> None:
        self.root = Path(os.path.realpath(root))
        self.unsafe = unsafe
        self.protected = tuple(protected)
        if not self.root.is_dir():
            raise WorkspaceError(
                f"The work folder '{root}' is not a folder.", hint="Create it, or name another."
            )
        self._given = Path(root).absolute()
        self._root_parts = self.root.parts[1:]
        self._closed = [tuple(map(_plain, entry.strip("/").split("/"))) for entry in self.protected]

    def locate(self, path: PathLike) -> Place:
        """Follow every link to where a path really is.

        Raises:
            WorkspaceError: outside the work folder, a control file, a circle of links, or no path at all.
        """
        given = os.fspath(path)
        if not isinstance(given, str) or not given.strip():
            raise WorkspaceError("The path is empty.", hint="Name a file in the work folder.")
        if "\0" in given:
            raise WorkspaceError("The path holds a NUL character.", hint="Name a file in the work folder.")
        try:
            parts = self._resolve(given)
        except (OSError, UnicodeError) as error:
            raise cannot("open", given, error) from error
        depth = len(self._root_parts)
        inside = parts[:depth] == self._root_parts
        below = parts[depth:] if inside else parts
        whole = "/" + "/".join(parts)
        if not inside and not self.unsafe:
            raise WorkspaceError(
                f"'{given}' is outside the work folder '{self.root}'"
                + ("" if _lexically(given, self.root) == whole else f" (it leads to '{whole}')"),
                hint="Use a path inside it, or ask the user.",
            )
        place = Place(whole, inside, below, ("/".join(below) or ".") if inside else whole)
        if self.is_protected(below):
            raise WorkspaceError(
                f"'{given}' is a control file of git or of this program, which tools do not open.",
                hint="Change git's state with git commands in a terminal.",
            )
        return place

    def is_protected(self, parts: Iterable[str]) -> bool:
        """Names below the work folder lead into a control folder. Case and invisible characters do not
        matter.
        """
        names = tuple(map(_plain, parts))
        return any(
            names[at : at + len(closed)] == closed
            for closed in self._closed
            for at in range(len(names) - len(closed) + 1)
        )

    def display(self, path: PathLike) -> str:
        """A path as messages show it: relative to the work folder where it is written inside; links
        unresolved.
        """
        given = os.fspath(path)
        whole = Path(_lexically(given, self.root))
        for base in (self.root, self._given):
            if whole.is_relative_to(base):
                return str(whole.relative_to(base))
        return str(whole)

    def _resolve(self, given: str) -> tuple[str, ...]:
        """Absolute names without links. Names below one that does not exist are taken as they are."""
        given = _expanded(given)
        done: list[str] = [] if given.startswith("/") else list(self._root_parts)
        pending = deque(given.split("/"))
        links = 0
        while pending:
            name = pending.popleft()
            if name in ("", "."):
                continue
            if name == "..":
                if done:
                    done.pop()
                continue
            here = "/" + "/".join([*done, name])
            try:
                target = os.readlink(here)  # noqa: PTH115 - for every part of every path
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.ENOENT, errno.ENOTDIR):
                    raise
                done.append(name)
                continue
            links += 1
            if links > _MAX_LINKS:
                raise OSError(errno.ELOOP, "the links form a loop")
            if target.startswith("/"):
                done.clear()
            pending.extendleft(reversed(target.split("/")))
        return tuple(done)


def _lexically(given: str, root: Path) -> str:
    """The absolute path as written, links unresolved."""
    return os.path.normpath(root / _expanded(given))


def _expanded(given: str) -> str:
    """With the home folder in place of ``~``, if there is such a user."""
    if not given.startswith("~"):
        return given
    try:
        return str(Path(given).expanduser())
    except RuntimeError:
        return given


def _plain(name: str) -> str:
    """A name as case-insensitive file systems compare it; some also skip invisible characters."""
    return name.translate(_INVISIBLE).casefold()


def cannot(verb: str, shown: str, error: OSError | UnicodeError) -> WorkspaceError:
    """What the system refused, as an error with its remedy."""
    reason = (error.strerror or str(error)) if isinstance(error, OSError) else "the path is not valid text"
    hints = {
        errno.EACCES: "Check the permissions of the file and its folders.",
        errno.ENOTDIR: "A part of the path is a file, not a folder.",
        errno.ENOSPC: "Make room on the disk, then write again.",
        errno.EROFS: "Nothing can be written on this file system.",
        errno.ENAMETOOLONG: "Use a shorter name.",
    }
    return WorkspaceError(
        f"Cannot {verb} '{shown}': {reason}.",
        hint=hints.get(error.errno or 0, "") if isinstance(error, OSError) else "",
    )
