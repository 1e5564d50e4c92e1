"""A session in one JSON file, in the format of codepilot-ai: readable by it, and it by us.

A crash leaves the old or the new text, never half of one (`whole`); what was said since it was written stands in a log
beside it (`file_log`). Who writes holds a lock. A file that is damaged is set aside under a name of its own, never
overwritten.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from codepilot.errors import UsageError
from codepilot.paths import expanded, sessions_dir
from codepilot.sessions.base import BaseSession, Messages
from codepilot.sessions.file_log import FileLog
from codepilot.sessions.file_place import FilePlace, Stamp, stamp_of
from codepilot.sessions.json_values import written
from codepilot.sessions.whole import write_whole

_MOVE = "Repair it, move it away, or use another session_id or session_dir."


class FileSession(BaseSession):
    """``<folder>/<id>.json`` with session_id, agent_name, created_at, updated_at and messages.

    While a task is worked on, `<id>.lock` keeps other writers away, and `<id>.log.jsonl` has what is not in the file.

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
            folder = expanded(session_dir) if session_dir is not None else sessions_dir()
        except ValueError as error:
            raise UsageError(f"session_dir: {error}.") from None
        self._place = FilePlace(folder, session_id)
        self._read_as: Stamp | None = None
        self.set_aside: Path | None = None
        """Where the damaged file went that was found last; the messages in it that are whole are kept."""
        self.task_log: FileLog = FileLog(self._place, lambda messages: self._write(messages, {}))

    @property
    def path(self) -> Path:
        """The session's file; which one that is stays as it was when it was first asked."""
        return self._place.path

    def exists(self) -> bool:
        """Whether there is a file."""
        return self.path.is_file()

    def load(self) -> Messages:
        """The stored messages, those of the log included; empty if there is no file.

        Raises:
            SessionError: the file is there and cannot be read at all, or is damaged and cannot be set aside.
        """
        for _ in range(2):
            document = self._read()
            messages = self.task_log.over(document["messages"] if document else [])
            if self.task_log.fits:
                break  # else another program may just have saved it, so that log and file are of two times
        self._place.note_read(self._read_as, self.task_log.stamp)
        return messages

    def save(self, messages: Messages) -> None:
        """Write all messages; the old file stays until the new one is on the disk.

        Raises:
            SessionBusy: another program works on it, or has gone on with it since it was loaded or saved here.
            SessionError: the disk is full, the folder read-only, a value none of JSON's …; the old state stays.
        """
        with self._alone():
            self._write(messages, self.metadata() or {})
            self.task_log.note_saved(messages)
            self._place.note_written()

    def save_extra(self, extra: Mapping[str, Any]) -> None:
        """Keep values of the program beside the messages, in place of the old ones: JSON, under `extra`.

        Raises:
            SessionBusy, SessionError: as `save`.
        """
        with self._alone():
            document = self._read() or {}
            messages = document.pop("messages", [])
            self._write(messages, {**document, "extra": dict(extra)})
            self._place.note_written()

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
            SessionBusy: another program works on it.
            SessionError: it is there and cannot be deleted.
        """
        if self._place.folder.is_dir():
            with self._alone("deleted", "Delete it by hand, or use another session_id.", whatever=True):
                self.path.unlink(missing_ok=True)
                self.task_log.clear()
        self._place.note_written()

    def metadata(self) -> dict[str, Any] | None:
        """Everything but the messages, or None without a file."""
        document = self._read()
        return (
            None if document is None else {key: value for key, value in document.items() if key != "messages"}
        )

    def list_sessions(self) -> list[dict[str, Any]]:
        """The sessions of the folder: session_id, agent_name, created_at, updated_at, messages (count), path."""
        found = []
        for path in sorted(self._place.folder.glob("*.json")):
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

    @contextlib.contextmanager
    def _alone(self, verb: str = "saved", hint: str = "", *, whatever: bool = False) -> Iterator[None]:
        """Write while nobody else does, by the lock of the task or by one for the moment.

        Args:
            verb: what is done to the session, for the text of an error.
            hint: what helps if the disk fails.
            whatever: also if another program has gone on with it.
        """
        try:
            self._place.make_folder()
            with self.task_log.locked():
                if not self.task_log.held and not whatever:
                    self._place.check_unchanged()
                yield
        except OSError as error:
            raise self._place.failed(verb, error, hint) from error

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
        write_whole(self.path, written(document, f"The session {self.path}", indent=2))

    def _read(self) -> dict[str, Any] | None:
        """The document, its messages whole; what is damaged is set aside first."""
        try:
            content = self._place.read()
        except (FileNotFoundError, NotADirectoryError):
            self._read_as = None
            return None
        except OSError as error:
            raise self._place.failed("read", error, _MOVE) from error
        data, document, self._read_as = content.data, content.document, content.stamp
        if document is None:
            self._set_aside(data)
            self.path.unlink(missing_ok=True)
            self._read_as = None
            return None
        stored = document.get("messages")
        listed = stored if isinstance(stored, list) else []
        messages = [message for message in listed if _is_message(message)]
        if stored is not None and messages != stored:
            self._set_aside(data)
            self._write(messages, document)
            self._read_as = stamp_of(self.path)
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
                raise self._place.failed("set aside", error, _MOVE) from error
            self.set_aside = aside
            return


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _is_message(message: Any) -> bool:
    return isinstance(message, dict) and message.get("role") in ("user", "assistant") and "content" in message
