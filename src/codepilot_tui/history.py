"""What was sent from the composer, of each folder: Up brings it back, after a new start too."""

from __future__ import annotations

import json
import logging
import os
import time
from pathlib import Path

from codepilot import paths

log = logging.getLogger(__name__)

KEPT = 1000
"""Messages of a folder that are kept."""
LONGEST = 50_000
"""Characters; longer messages are not written to disk."""


def history_file(folder: Path) -> Path:
    """Where the history of a folder is."""
    import hashlib  # not before the first frame

    name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    return paths.state_dir() / "history" / f"{name}.jsonl"


class PromptHistory:
    """One line a message in a file of its own, written at once, so that neither a crash nor a second program loses one.

    Args:
        path: the file; None: it is kept in memory only.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._texts: list[str] | None = None

    @property
    def on_disk(self) -> bool:
        """A message outlives the program."""
        return self._path is not None

    @property
    def texts(self) -> tuple[str, ...]:
        """What was sent, oldest first. Read when it is first asked for."""
        return tuple(self._read())

    def add(self, text: str) -> None:
        """Remember a message; the same one twice in a row is one."""
        texts = self._read()
        if texts and texts[-1] == text:
            return
        texts.append(text)
        if self._path is not None and len(text) <= LONGEST:
            try:
                self._append(self._path, text)
            except OSError:
                log.warning("the history %s cannot be kept", self._path, exc_info=True)

    def _read(self) -> list[str]:
        if self._texts is None:
            self._texts = self._load(self._path) if self._path is not None else []
        return self._texts

    def _load(self, path: Path) -> list[str]:
        try:
            lines = path.read_bytes().splitlines(keepends=True)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError:
            log.warning("the history %s cannot be read", path, exc_info=True)
            return []
        found = [(line, text) for line in lines if (text := _text_of(line)) is not None]
        kept = found[-KEPT:]
        if len(lines) > 2 * KEPT or len(found) < len(lines):
            try:
                paths.write_private(path, b"".join(line for line, _ in kept).decode())
            except OSError:
                log.warning("the history %s cannot be written anew", path, exc_info=True)
        return [text for _, text in kept]

    def _append(self, path: Path, text: str) -> None:
        paths.private_dir(path.parent)
        line = json.dumps({"text": text, "at": int(time.time())}) + "\n"
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.write(handle, line.encode())  # in one piece: another program may write there, too
        finally:
            os.close(handle)


def _text_of(line: bytes) -> str | None:
    """The message of a line; None for what is torn or strange."""
    if not line.endswith(b"\n"):
        return None
    try:
        data = json.loads(line)
    except ValueError:
        return None
    text = data.get("text") if isinstance(data, dict) else None
    return text if isinstance(text, str) else None
