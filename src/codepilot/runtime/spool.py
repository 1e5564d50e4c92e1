"""Results that are too long for the model, in files that it may read."""

from __future__ import annotations

import os
import weakref
from pathlib import Path


class ResultSpool:
    """A private folder, made with its first file and gone with this object."""

    def __init__(self) -> None:
        self._folder: Path | None = None

    def write(self, text: str) -> str:
        """Keep a text; returns its file, or nothing where it cannot be kept: the disk is full, the folder gone."""
        import tempfile

        path = ""
        try:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="codepilot-results-"))
                weakref.finalize(self, _remove, self._folder, os.getpid())
            handle, path = tempfile.mkstemp(dir=self._folder, suffix=".txt")
            with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as stream:
                stream.write(text)
        except OSError:  # told to the model in place of the file; half of a text would pass for the whole
            if path:
                Path(path).unlink(missing_ok=True)
            return ""
        return path

    def close(self) -> None:
        """Remove all."""
        if self._folder is not None:
            _remove(self._folder, os.getpid())
            self._folder = None


def _remove(folder: Path, owner: int) -> None:
    import shutil

    if os.getpid() == owner:  # a fork of the program has the folder's name, but not the folder
        shutil.rmtree(folder, ignore_errors=True)
