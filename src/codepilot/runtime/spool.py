"""Results that are too long for the model, in files that it may read."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from pathlib import Path

from codepilot.journal.disk import SystemDisk
from codepilot.journal.texts import Texts, name_of
from codepilot.secrets import SecretBook

_LONGEST = 16 * 1024 * 1024
"""Bytes of a command's output that are kept beside a session."""


class ResultSpool:
    """A folder of texts: that of the session, which lasts as it does; else a private one, gone with this object.

    Args:
        secrets: gives those that are known now; their names stand for them in each text.
    """

    def __init__(self, secrets: Callable[[], SecretBook]) -> None:
        self._secrets = secrets
        self._made: Path | None = None
        self._lasting: Callable[[], Path | None] = lambda: None

    def last_in(self, folder: Callable[[], Path | None]) -> None:
        """Keep texts there from now on.

        Args:
            folder: of the texts of the session that is worked in.
        """
        self._lasting = folder

    @property
    def folders(self) -> list[Path]:
        """Where texts may lie, the lasting ones first."""
        return [folder for folder in (self._lasting(), self._made) if folder is not None]

    def write(self, text: str) -> str:
        """Keep a text; returns its file, or nothing where it cannot be kept: the disk is full, the folder gone."""
        return self._put(text)

    def take_over(self, path: str) -> str:
        """Keep the output of a command, which its terminal has in a file for as long as it lives; returns its new file.

        One that is too long, or cannot be kept, stays where it is.
        """
        try:
            source = Path(path)
            if not path or source.stat().st_size > _LONGEST:
                return path
            return self._put(source.read_bytes().decode("utf-8", "surrogateescape")) or path
        except OSError:
            return path

    def _put(self, text: str) -> str:
        content = _bytes_of(self._secrets().replaced(text))
        try:
            folder = self._lasting() or self._private()
            # Whole or not at all: half of a text would pass for the whole.
            return str(Texts(folder, SystemDisk()).put(name_of(content), content))
        except OSError:  # told to the model in place of the file
            return ""

    def _private(self) -> Path:
        import tempfile

        if self._made is None:
            self._made = Path(tempfile.mkdtemp(prefix="codepilot-results-"))
            weakref.finalize(self, _remove, self._made, os.getpid())
        elif not self._made.exists():
            raise FileNotFoundError(
                self._made
            )  # somebody cleaned up: a folder of that name may be another's by now
        return self._made

    def close(self) -> None:
        """Remove what does not last."""
        if self._made is not None:
            _remove(self._made, os.getpid())
            self._made = None


def _bytes_of(text: str) -> bytes:
    """As they were read; half a character of a model or a tool becomes a question mark."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _remove(folder: Path, owner: int) -> None:
    import shutil

    if os.getpid() == owner:  # a fork of the program has the folder's name, but not the folder
        shutil.rmtree(folder, ignore_errors=True)
