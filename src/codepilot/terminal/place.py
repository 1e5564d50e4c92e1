"""The private folder of a host: its socket, and the files that its shells read."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from codepilot.errors import TerminalError

SOCKET = "host.sock"
FILES = "files"
"""Commands on their way to a shell, and spooled output. The socket is beside it, so that a jail can show only this."""
_LONGEST_SOCKET_PATH = 107


def make_place(directory: Path | None) -> Path:
    """A new private folder, or the given one if it is fit.

    Raises:
        TerminalError: it is not.
    """
    if directory is None:
        base = os.environ.get("XDG_RUNTIME_DIR", "")
        if not base or not Path(base).is_dir() or not os.access(base, os.W_OK):
            base = tempfile.gettempdir()
        directory = Path(tempfile.mkdtemp(prefix="codepilot-", dir=base))
        try:
            check_place(directory)
        except TerminalError:
            directory.rmdir()
            raise
        return directory
    directory = directory.absolute()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    check_place(directory)
    return directory


def check_place(directory: Path) -> None:
    """Ours, empty, closed to everybody else, not a link, and near enough to the root for a socket.

    Raises:
        TerminalError: it is not so.
    """
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) != 0o700:
        raise TerminalError(f"{directory} is not a private folder (mode 0700, owned by this user)")
    if any(directory.iterdir()):
        raise TerminalError(f"{directory} is not empty")
    if len(os.fsencode(directory / SOCKET)) > _LONGEST_SOCKET_PATH:
        raise TerminalError(
            f"the path of the terminal socket is too long: {directory / SOCKET}",
            hint="Set XDG_RUNTIME_DIR or TMPDIR to a shorter path.",
        )
