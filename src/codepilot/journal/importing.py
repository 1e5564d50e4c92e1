"""Writes a session of another program as a journal: it is listed, shown, searched and gone on with as any other."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from codepilot import credentials, paths
from codepilot.errors import SessionError
from codepilot.journal.foreign import Foreign, read_foreign, time_of
from codepilot.journal.listing import SessionInfo, look_at, sessions_of
from codepilot.journal.making import session_made
from codepilot.journal.place import JOURNAL, folder_of, new_session_id
from codepilot.journal.record import CREATED, FORMAT
from codepilot.journal.redaction import redacted
from codepilot.journal.writer import JournalWriter
from codepilot.protocol import MESSAGE_TAG, RESULT_TAG, task_message
from codepilot.secrets import book_of
from codepilot.values import dataclass

_TASK = "[USER INPUT]\n"
_NUMBERS = 10**15
"""A record of an export has a number below this, or that is not taken for one."""
_LABEL = 200
"""Characters of a call's main argument."""


@dataclass(frozen=True, slots=True)
class ImportedSession:
    """What became of one session."""

    program: str
    source: Path
    source_id: str
    """What that program calls it."""
    info: SessionInfo
    """As it is now."""
    new: bool
    """False: it had been imported before, and nothing was written."""


def import_sessions(
    path: Path | str, work_dir: Path | str = "", root: Path | None = None
) -> list[ImportedSession]:
    """Import the sessions that other programs saved. Their files stay as they are; one that was imported is not again.

    Args:
        path: a file or folder of codepilot-ai (JSON or SQLite), pyopencode, pygent, or a session that was exported as
            JSON.
        work_dir: where the agent works on them, if they do not say it.
        root: the folder that gets those of the sessions; default `sessions_root()`.

    Raises:
        UsageError: there is nothing at that path, or nothing that is a session.
        SessionError: it cannot be read, or no session be written.
    """
    source = paths.expanded(path)
    known = {_origin(each): each for each in sessions_of(None, root) if _origin(each)}
    found = []
    for foreign in read_foreign(source):
        origin = (foreign.program, foreign.id, os.path.realpath(foreign.source))
        info = known.get(origin)
        new = info is None
        if info is None:
            info = known[origin] = _written(foreign, work_dir, root)
        found.append(ImportedSession(foreign.program, foreign.source, foreign.id, info, new))
    return found


def _origin(info: SessionInfo) -> tuple[str, str, str]:
    with info.path.open("rb") as stream:
        try:
            imported = json.loads(stream.readline())["imported"]
            return imported["program"], imported["id"], imported["path"]
        except (ValueError, KeyError, TypeError):
            return ("", "", "")


def _written(foreign: Foreign, work_dir: Path | str, root: Path | None) -> SessionInfo:
    begun = foreign.created or foreign.updated or time.time()
    folder = folder_of(new_session_id(begun), root)
    secrets = book_of(credentials.environment())
    records = _exported(foreign) if foreign.records else _told(foreign)
    header = {
        "format": FORMAT,
        "id": folder.name,
        "agent": foreign.agent,
        "folder": str(foreign.folder or (Path(work_dir).absolute() if work_dir else "")),
    }
    imported = {"program": foreign.program, "id": foreign.id, "path": os.path.realpath(foreign.source)}
    at = begun
    try:
        with session_made(folder) as journal:
            writer = JournalWriter(journal, now=lambda: at)
            try:
                for kind, when, data, n in records:
                    at = when or begun
                    writer.skip_to(n)
                    more = {} if writer.last else {**header, **data, "imported": imported}
                    writer.append(kind, redacted(secrets, kind, more or data))
                if not writer.sync():
                    raise SessionError(f"{foreign.source} cannot be imported: {writer.trouble}.")
            finally:
                writer.close()
            os.utime(journal, (begun, foreign.updated or begun))
    except OSError as error:
        raise SessionError(f"{foreign.source} cannot be imported: {error.strerror or error}.") from error
    info = look_at(folder / JOURNAL)
    if info is None:
        raise SessionError(f"{foreign.source} cannot be imported: its journal cannot be read.")
    return info


_Made = tuple[str, float, dict[str, Any], int]
"""Type, time (0: that of the session), fields and number (0: the next one) of a record."""


def _exported(foreign: Foreign) -> Iterator[_Made]:
    """The records of an export, with their numbers, by which others name them: what was lost is missing here, too."""
    kept = [each for each in foreign.records if isinstance(each.get("type"), str)]
    if not kept or kept[0]["type"] != CREATED:
        yield (CREATED, 0.0, {}, 0)
    for each in kept:
        data = {key: value for key, value in each.items() if key not in ("n", "time", "type", "id")}
        if each["type"] != CREATED:
            data = {key: value for key, value in each.items() if key not in ("n", "time", "type")}
        if each["type"] == "session_opened":
            data["mode"] = ""  # what is allowed here, no file from elsewhere says
        n = each.get("n")
        number = n if isinstance(n, int) and n < _NUMBERS else 0
        yield (each["type"], time_of(each.get("time")) or 0.0, data, number)


def _told(foreign: Foreign) -> Iterator[_Made]:
    yield (CREATED, 0.0, {}, 0)
    telling = _Telling(tagged=foreign.program == "codepilot-ai")
    for message in foreign.messages:
        for kind, data in telling.take(message):
            yield (kind, 0.0, data, 0)
    for kind, data in telling.end():
        yield (kind, 0.0, data, 0)


_Fields = tuple[str, dict[str, Any]]


class _Telling:
    """Messages → the records that a runtime would have written.

    Args:
        tagged: the program says by a tag what a message of the user is; else each is a task.
    """

    def __init__(self, *, tagged: bool) -> None:
        self._tagged = tagged
        self._task = self._step = self._call = 0
        self._open = self._acted = False
        self._summary = ""
        self._calls: dict[str, tuple[str, str, str]] = {}
        """Id of ours, tool and arguments, by the ids of that program."""
        self._results: list[str] = []

    def take(self, message: Mapping[str, Any]) -> Iterator[_Fields]:
        role, text = message["role"], _text(message["content"])
        if role == "tool":
            yield from self._result(message, text)
            return
        yield from self._observed()
        if role == "assistant":
            yield from self._reply(message, text)
        elif role == "user":
            yield from self._words(text)
        elif (
            message.get("name") == "pyopencode_summary"
        ):  # other prompts of that program are none of this one's
            yield from self._stored("observation", text)

    def _words(self, text: str) -> Iterator[_Fields]:
        if not self._tagged or not text.startswith("[") or _TASK in text[:40]:
            yield from self._new_task(text)
        elif text.startswith(MESSAGE_TAG):
            yield from self._stored("person", text)
            yield ("message_injected", {"message_id": "", "message": text[len(MESSAGE_TAG) :].strip()})
        else:
            yield from self._stored("observation", text)

    def end(self) -> Iterator[_Fields]:
        yield from self._observed()
        yield from self._finished()

    def _new_task(self, text: str) -> Iterator[_Fields]:
        yield from self._finished()
        words = text.partition(_TASK)[2] if self._tagged and _TASK in text[:40] else text
        self._task += 1
        self._step, self._open, self._summary = 0, True, ""
        yield ("task_started", {"task": words, "number": self._task})
        yield (
            "message_stored",
            {"role": "user", "text": task_message(self._task, words), "kind": "task", "number": self._task},
        )

    def _finished(self) -> Iterator[_Fields]:
        if self._open:
            self._open = False
            ended = "aborted" if self._acted else "done" if self._summary else "replied"
            yield ("task_finished", {"status": ended, "summary": self._summary, "steps": self._step})

    def _stored(self, kind: str, text: str) -> Iterator[_Fields]:
        self._acted = False
        yield ("message_stored", {"role": "user", "text": text, "kind": kind})

    def _reply(self, message: Mapping[str, Any], text: str) -> Iterator[_Fields]:
        from codepilot.protocol import parse_reply  # the grammar is for these only

        calls = list(_calls(message))
        self._step += 1
        yield ("step_started", {"step": self._step, "max_steps": 0})
        named = ", ".join(name for _, name, _ in calls)
        text = text or (f"(Called {named}.)" if named else "")
        reasoning = {"reasoning": message["reasoning"]} if isinstance(message.get("reasoning"), dict) else {}
        yield ("message_stored", {"role": "assistant", "text": text, "kind": "reply", **reasoning})
        yield ("reply_finished", {"reason": "stop"})
        reply = parse_reply(text)
        self._acted = reply.runnable or bool(calls)
        self._summary = reply.completion.text.strip() if reply.completion is not None else ""
        self._calls.clear()
        for theirs, name, arguments in calls:
            self._call += 1
            self._calls[theirs] = (f"c{self._call}", name, arguments)

    def _result(self, message: Mapping[str, Any], text: str) -> Iterator[_Fields]:
        # pygent's restored histories have no ids of calls; their results come in the order of the calls.
        theirs = str(message.get("tool_call_id") or next(iter(self._calls), ""))
        ours, name, arguments = self._calls.pop(theirs, ("", str(message.get("name") or "tool"), ""))
        if not ours:
            self._call += 1
            ours = f"c{self._call}"
        yield ("tool_started", {"call_id": ours, "tool": name, "args": {}, "label": _label(arguments)})
        yield ("tool_finished", {"call_id": ours, "tool": name, "result": text, "state": "ok"})
        self._results.append(f"[{name}] {arguments}\n{text}".rstrip())

    def _observed(self) -> Iterator[_Fields]:
        """What the calls of a reply gave, as one message of ours."""
        if self._results:
            text = "\n\n".join((RESULT_TAG, *self._results))
            self._results = []
            yield from self._stored("observation", text)


def _text(content: Any) -> str:
    """Of a message: a text, or a list of parts of which some are text."""
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _calls(message: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Id, name and arguments of the native calls of a reply."""
    given = message.get("tool_calls")
    for call in given if isinstance(given, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            yield str(call.get("id") or ""), str(function.get("name") or "tool"), _arguments(function)


def _arguments(function: Mapping[str, Any]) -> str:
    given = function.get("arguments")
    return given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)


def _label(arguments: str) -> str:
    """The first argument that is a text: the command, the path."""
    try:
        given = json.loads(arguments)
    except ValueError:
        return arguments[:_LABEL]
    texts = [each for each in given.values() if isinstance(each, str)] if isinstance(given, dict) else []
    return texts[0].partition("\n")[0][:_LABEL] if texts else ""
