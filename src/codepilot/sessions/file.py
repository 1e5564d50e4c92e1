"""A session in one JSON file, in the format of codepilot-ai: readable by it, and it by us.

codepilot-ai puts `_` for every character that it does not like in a file's name, so that `a/b` and `a_b`, or any two
names in Japanese of the same length, are one conversation. Here a name that cannot stand as it is gets a hash.

A crash leaves the old or the new text, never half of one (`whole`). A file that is damaged is set aside under a name of
its own, never overwritten.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codepilot.errors import SessionError, UsageError
from codepilot.paths import expanded, sessions_dir
from codepilot.sessions.base import BaseSession, Messages
from codepilot.sessions.json_values import first_unwritable
from codepilot.sessions.whole import write_whole

_LONGEST = 150
"""Characters of a file's name, which with all endings must not be longer than 255 bytes."""

_MOVE = "Repair it, move it away, or use another session_id or session_dir."


@dataclass(frozen=True)
class _Content:
    """What a file holds: read once, for the choice of the file and for its messages."""

    data: bytes
    document: dict[str, Any] | None
    """None: it is damaged."""

    @classmethod
    def of(cls, path: Path) -> _Content:
        data = path.read_bytes()
        try:
            document = json.loads(data, parse_constant=_nothing)
        except (ValueError, RecursionError):
            document = None
        return cls(data, document if isinstance(document, dict) else None)

    @property
    def owner(self) -> str | None:
        """The id of the session that it says it is, if it says so."""
        owner = self.document.get("session_id") if self.document is not None else None
        return owner if isinstance(owner, str) else None


class FileSession(BaseSession):
    """``<folder>/<id>.json`` with session_id, agent_name, created_at, updated_at and messages.

    Args:
        session_id: the file's name, if it is made of letters, digits and ``-_.``; else those stay, all other
            characters become ``_``, and ``~`` and a hash of the id follow, so that two ids never share a file.
        agent_name: noted in the file.
        session_dir: the folder, created when needed; default ``~/.codepilot/sessions``.

    Raises:
        UsageError: `session_dir` is no path.
    """

    def __init__(
        self, session_id: str, agent_name: str = "agent", session_dir: Path | str | None = None
    ) -> None:
        super().__init__(session_id)
        self._agent_name = agent_name
        try:
            self._folder = expanded(session_dir) if session_dir is not None else sessions_dir()
        except ValueError as error:
            raise UsageError(f"session_dir: {error}.") from None
        self._path: Path | None = None
        self.set_aside: Path | None = None
        """Where the damaged file went that was found last; the messages in it that are whole are kept."""

    @property
    def path(self) -> Path:
        """The session's file; which one that is stays as it was when it was first asked."""
        if self._path is None:
            self._path, _ = self._choose()
        return self._path

    def _choose(self) -> tuple[Path, _Content | None]:
        """The plain name or the one with a hash; the latter has a sign that no plain name has.

        With it comes what the file holds, where that had to be read in order to choose.
        """
        plain = self._folder / f"{_plain(self.session_id)}.json"
        hashed = self._folder / f"{_hashed(self.session_id)}.json"
        if hashed.exists():
            return hashed, None
        try:
            content = _Content.of(plain)
        except OSError:
            content = None  # whoever reads it tells what is wrong with it
        owner = content.owner if content is not None else None
        if owner == self.session_id:  # also one that codepilot-ai wrote under a name that it changed
            return plain, content
        if plain.stem != self.session_id:
            return hashed, None
        # A file that was copied or renamed by hand tells another id, too, but not one that would be named like this.
        shared = owner is not None and _plain(owner).casefold() == plain.stem.casefold()
        return (hashed, None) if shared else (plain, content)

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
            SessionError: the disk is full, the folder read-only, a value none of JSON's …; the old state stays.
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
        """Delete the file.

        Raises:
            SessionError: it is there and cannot be deleted.
        """
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise self._failed("deleted", error, "Delete it by hand, or use another session_id.") from error

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
            text = json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            why = f"{first_unwritable(document)} cannot be written as JSON: {error}"
            raise SessionError(
                f"The session {self.path} could not be saved: {why}.",
                hint="JSON has texts, finite numbers, True, False, None, lists, and dicts whose keys are texts.",
            ) from error
        try:
            write_whole(self.path, text)
        except OSError as error:
            raise self._failed("saved", error) from error

    def _read(self) -> dict[str, Any] | None:
        """The document, its messages whole; what is damaged is set aside first."""
        content = None
        if self._path is None:
            self._path, content = self._choose()
        try:
            content = content or _Content.of(self._path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._failed("read", error, _MOVE) from error
        data, document = content.data, content.document
        if document is None:
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
                raise self._failed("set aside", error, _MOVE) from error
            self.set_aside = aside
            return

    def _failed(self, verb: str, error: OSError, hint: str = "") -> SessionError:
        return SessionError(
            f"The session {self.path} could not be {verb}: {error.strerror or error}.",
            hint=hint or "The conversation continues in memory; it is saved again after the next task.",
        )


def _plain(session_id: str) -> str:
    """The name that codepilot-ai gives the file, but for names too long for a file system."""
    name = re.sub(r"[^A-Za-z0-9\-_.]", "_", session_id)[:_LONGEST]
    return name if name.strip(".") else "_" * max(1, len(name))


def _hashed(session_id: str) -> str:
    import hashlib

    digest = hashlib.sha256(session_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{_plain(session_id)}~{digest[:16]}"


def _nothing(name: str) -> None:
    """NaN and Infinity are no JSON, though Python reads them: in a file that has them a save would fail for ever."""
    del name


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _is_message(message: Any) -> bool:
    return isinstance(message, dict) and message.get("role") in ("user", "assistant") and "content" in message
