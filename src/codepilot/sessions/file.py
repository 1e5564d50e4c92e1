"""A session in one JSON file, in the format of codepilot-ai: readable by it, and it by us.

Written as a temporary file, synced, then renamed over the old one, so that a crash leaves the old or the new text,
never half of one. A file that is damaged is set aside under a name of its own, never overwritten.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codepilot.errors import SessionError
from codepilot.paths import sessions_dir
from codepilot.sessions.base import BaseSession, Messages


class FileSession(BaseSession):
    """``<folder>/<id>.json`` with session_id, agent_name, created_at, updated_at and messages.

    Args:
        session_id: letters, digits and ``-_.`` stay, all else becomes ``_`` in the file's name, as do the dots of a
            name that has nothing else.
        agent_name: noted in the file.
        session_dir: the folder, created when needed; default ``~/.codepilot/sessions``.
    """

    def __init__(
        self, session_id: str, agent_name: str = "agent", session_dir: Path | str | None = None
    ) -> None:
        super().__init__(session_id)
        self._agent_name = agent_name
        self._folder = Path(session_dir).expanduser() if session_dir is not None else sessions_dir()
        self.set_aside: Path | None = None
        """Where the damaged file went that was found last; the messages in it that are whole are kept."""

    @property
    def path(self) -> Path:
        """The session's file."""
        name = re.sub(r"[^A-Za-z0-9\-_.]", "_", self.session_id)
        if not name.strip("."):
            name = "_" * max(1, len(name))
        return self._folder / f"{name}.json"

    def exists(self) -> bool:
        """Whether there is a file."""
        return self.path.is_file()

    def load(self) -> Messages:
        """The stored messages; empty if there is no file.

        Raises:
            SessionError: the file is there and cannot be read at all, or is damaged and cannot be set aside.
        """
        document = self._read()
        return document["messages"] if document else []

    def save(self, messages: Messages) -> None:
        """Write all messages; the old file stays until the new one is on the disk.

        Raises:
            SessionError: the disk is full, the folder read-only …; the old state is untouched.
        """
        self._write(messages, self.metadata() or {})

    def save_extra(self, extra: Mapping[str, Any]) -> None:
        """Keep values of the program beside the messages, in place of the old ones: JSON, under `extra`.

        Raises:
            SessionError: as `save`.
        """
        document = self._read() or {}
        messages = document.pop("messages", [])
        self._write(messages, {**document, "extra": dict(extra)})

    def load_extra(self) -> dict[str, Any]:
        """What `save_extra` kept; empty if there is nothing.

        Raises:
            SessionError: the file is there and cannot be read at all.
        """
        extra = (self._read() or {}).get("extra")
        return extra if isinstance(extra, dict) else {}

    def reset(self) -> None:
        """Delete the file."""
        self.path.unlink(missing_ok=True)

    def metadata(self) -> dict[str, Any] | None:
        """Everything but the messages, or None without a file."""
        document = self._read()
        return (
            None if document is None else {key: value for key, value in document.items() if key != "messages"}
        )

    def list_sessions(self) -> list[dict[str, Any]]:
        """The sessions of the folder: session_id, agent_name, created_at, updated_at, messages (count), path."""
        found = []
        for path in sorted(self._folder.glob("*.json")):
            try:
                document = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue  # one damaged file must not hide the others
            if isinstance(document, dict) and isinstance(document.get("messages") or [], list):
                found.append(
                    {
                        "session_id": document.get("session_id", path.stem),
                        "agent_name": document.get("agent_name", ""),
                        "created_at": document.get("created_at", 0.0),
                        "updated_at": document.get("updated_at", 0.0),
                        "messages": len(document.get("messages") or ()),
                        "path": str(path),
                    }
                )
        return found

    def _write(self, messages: Messages, old: Mapping[str, Any]) -> None:
        now = time.time()
        document = {
            **old,
            "session_id": self.session_id,
            "agent_name": self._agent_name or old.get("agent_name", ""),
            "created_at": old.get("created_at", now),
            "updated_at": now,
            "messages": messages,
        }
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            import tempfile

            handle, temporary = tempfile.mkstemp(
                dir=self._folder, prefix=f".{self.path.stem}.", suffix=".tmp"
            )
        except OSError as error:
            raise self._failed("saved", error) from error
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as stream:
                json.dump(document, stream, ensure_ascii=False, indent=2)
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).replace(self.path)
        except OSError as error:
            Path(temporary).unlink(missing_ok=True)
            raise self._failed("saved", error) from error

    def _read(self) -> dict[str, Any] | None:
        """The document, its messages whole; what is damaged is set aside first."""
        try:
            data = self.path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._failed("read", error) from error
        try:
            document = json.loads(data)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            self._set_aside(data)
            self.path.unlink(missing_ok=True)
            return None
        stored = document.get("messages")
        listed = stored if isinstance(stored, list) else []
        messages = [message for message in listed if _is_message(message)]
        if stored is not None and messages != stored:
            self._set_aside(data)
            self._write(messages, document)
        return {**document, "messages": messages}

    def _set_aside(self, data: bytes) -> None:
        """Keep a damaged file's bytes under a name that nothing has yet."""
        name = f"{self.path.stem}.damaged-{int(time.time())}"
        for number in itertools.count(1):
            aside = self.path.with_name(name if number == 1 else f"{name}-{number}")
            try:
                with open(aside, "xb", opener=_private) as stream:
                    stream.write(data)
            except FileExistsError:
                continue
            except OSError as error:
                raise self._failed("set aside", error) from error
            self.set_aside = aside
            return

    def _failed(self, verb: str, error: OSError) -> SessionError:
        return SessionError(
            f"The session {self.path} could not be {verb}: {error.strerror or error}.",
            hint="The conversation goes on in memory; it is saved again after the next task.",
        )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _is_message(message: Any) -> bool:
    return isinstance(message, dict) and message.get("role") in ("user", "assistant") and "content" in message
