"""The files of a terminal in the host's folder: commands on their way, and what they write."""

from __future__ import annotations

import os
import shutil
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from codepilot.errors import TerminalError
from codepilot.terminal.session.capture import Capture

_KEPT = 20
"""How many earlier commands' spool files are kept."""


class SessionFiles:
    """Names in the host's folder that were never used before.

    Args:
        folder: the host's.
        number: the terminal's, unique in the host. Its name is never part of a path.
        limit: characters that a result may hold.
    """

    def __init__(self, folder: Path, number: int, limit: int) -> None:
        self._folder = folder
        self._number = number
        self._limit = limit
        self._count = 0
        self._spools: deque[Path] = deque()

    def new(self, suffix: str) -> Path:
        """A fresh path."""
        self._count += 1
        return self._folder / f"{self._number}-{self._count}{suffix}"

    def write(self, suffix: str, text: str) -> Path:
        """A fresh file with this text, for this user only.

        Raises:
            TerminalError: it cannot be written: the disk is full, …
        """
        path = self.new(suffix)
        with _made(path, self._folder):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(text.encode("utf-8", "replace"))
        return path

    def folder(self, suffix: str, texts: Mapping[str, str]) -> Path:
        """A fresh folder with files of these names and texts, for this user only.

        Raises:
            TerminalError: as `write`.
        """
        path = self.new(suffix)
        with _made(path, self._folder):
            path.mkdir(mode=0o700)
            for name, text in texts.items():
                (path / name).write_text(text, encoding="utf-8")
        return path

    def capture(self) -> Capture:
        """Collects output, and spools it into a fresh file when it is long."""
        return Capture(self._limit, self.new(".log"))

    def retire(self, capture: Capture) -> None:
        """The command is over; its spool file is kept until there are enough newer ones."""
        capture.close()
        if capture.spool:
            self._spools.append(Path(capture.spool))
        while len(self._spools) > _KEPT:
            self._spools.popleft().unlink(missing_ok=True)


@contextmanager
def _made(path: Path, folder: Path) -> Iterator[None]:
    """All of it, or nothing and an error that can be told."""
    try:
        yield
    except OSError as error:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        raise TerminalError(
            f"What the shell reads could not be written to {folder}: {error.strerror or error}. Nothing ran.",
            hint="Make room there, or set XDG_RUNTIME_DIR or TMPDIR to another folder and start again.",
        ) from error
