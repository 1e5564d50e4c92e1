"""A folder with an agent, its state and the witness; the program that works there, however it is started."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codepilot.journal.fold import Saved, fold
from codepilot.journal.texts import put_back
from codepilot.sessions import DatabaseSession, create_session
from codepilot.testing import ModelServer

WAYS = ("run", "bench", "journal", "file", "db")
JOURNALS = ("run", "bench", "journal")
_SINCE_A_BARRIER = {"file": 0, "db": 2}
"""Messages that may be told before they are kept: a result and the reply after it."""


@dataclass(frozen=True)
class Plan:
    """What happens to the program, beside a kill from outside."""

    kill_at: str = ""
    """`17:before`, `17:after`, `17:in the middle`: at an operation of the disk."""
    kill_on: str = ""
    """`tool_finished:2`: when the second such event was told."""
    fail_at: str = ""
    """`17:28`: the operation fails with this error."""
    fault: str = ""
    """A known one, planted."""

    @property
    def arguments(self) -> list[str]:
        pairs = (("--kill-at", self.kill_at), ("--kill-on", self.kill_on), ("--fail-at", self.fail_at))
        return [word for name, value in (*pairs, ("--fault", self.fault)) if value for word in (name, value)]


@dataclass
class Running:
    """A program that works, and what it told."""

    process: subprocess.Popen[bytes]
    told: list[dict[str, Any]] = field(default_factory=list)
    readers: list[threading.Thread] = field(default_factory=list)
    error: bytearray = field(default_factory=bytearray)

    def count(self, kinds: tuple[str, ...]) -> int:
        return sum(event["type"] in kinds for event in tuple(self.told))

    def wait(self, patience: float) -> int:
        """Its exit code, when all that it told was read."""
        code = self.process.wait(timeout=patience)
        for reader in self.readers:
            reader.join(timeout=patience)
        return code

    def read(self, descriptor: int, take: Any) -> None:
        thread = threading.Thread(target=_read, args=(descriptor, take), daemon=True)
        self.readers.append(thread)
        thread.start()


def _read(descriptor: int, take: Any) -> None:
    held = b""
    with contextlib.suppress(OSError):  # the other side of a PTY is gone
        while data := os.read(descriptor, 65536):
            held += data
            *lines, held = held.split(b"\n")
            for line in lines:
                take(line)
    os.close(descriptor)


class Stage:
    """One folder.

    Args:
        way: how the program is started.
        folder: empty.
        server: the model.
        whole: the program has a tool, and answers questions.
    """

    def __init__(self, way: str, folder: Path, server: ModelServer, *, whole: bool = False) -> None:
        self.way = way
        self.folder, self.home, self.witness = folder, folder / "home", folder / "witness"
        self.work = folder / "work"
        self.whole = whole
        self.work.mkdir()
        self.kept = folder / "kept"
        """Where sessions in a file or a database lie."""
        self.kept.mkdir(exist_ok=True)
        self.home.mkdir(exist_ok=True)
        self.agent = folder / "agent.yaml"
        self.agent.write_text(
            f"agent:\n  name: K\n  model: {{provider: openai, name: scripted, base_url: {server.openai_url}}}\n"
            "  runtime: {max_steps: 60}\n  terminals: {on_exit: detach, idle_minutes: 0.02}\n"
        )

    def start(self, plan: Plan) -> Running:
        """Begin the task, or go on with it."""
        command = [sys.executable, "-m", "benchmarks.kills.program", *plan.arguments]
        environment = {**os.environ, "CODEPILOT_HOME": str(self.home), "OPENAI_API_KEY": "none"}
        begun = self.begun
        if self.way == "bench":
            return self._in_pty([*command, "bench", "--", *self._told(begun)], environment)
        if self.way == "run":
            command += ["run", "--", *self._told(begun)]
        else:
            command += ["library", "--", self.way, str(self.folder), "whole" if self.whole else ""]
        running = Running(self._popen(command, environment, subprocess.PIPE))
        assert running.process.stdout is not None
        assert running.process.stderr is not None
        running.read(
            os.dup(running.process.stdout.fileno()), lambda line: running.told.append(json.loads(line))
        )
        running.read(os.dup(running.process.stderr.fileno()), lambda line: running.error.extend(line + b"\n"))
        running.process.stdout.close()
        running.process.stderr.close()
        return running

    def _told(self, begun: bool) -> list[str]:
        words = ["--agent", str(self.agent), *(["--continue"] if begun else [])]
        task = [] if begun else ["do it"]
        if self.way == "bench":
            return [*words, str(self.work), *task]
        return ["run", *words, "--dir", str(self.work), "--format", "jsonl", "--allow", "all", *task]

    def _popen(self, command: list[str], environment: dict[str, str], out: int, **more: Any) -> Any:
        return subprocess.Popen(
            command,
            stdin=more.pop("stdin", subprocess.DEVNULL),
            stdout=out,
            stderr=more.pop("stderr", subprocess.PIPE),
            env=environment,
            cwd=Path(__file__).parents[2],
            start_new_session=True,
            **more,
        )

    def _in_pty(self, command: list[str], environment: dict[str, str]) -> Running:
        ours, theirs = pty.openpty()
        read, write = os.pipe()
        environment |= {"KILLS_TELL": str(write), "TERM": "xterm-256color", "LINES": "40", "COLUMNS": "120"}
        process = self._popen(command, environment, theirs, stdin=theirs, stderr=theirs, pass_fds=(write,))
        os.close(theirs)
        os.close(write)
        running = Running(process)
        running.read(read, lambda line: running.told.append(json.loads(line)))
        # Nobody waits for its end: a process that outlives the program may hold the other side.
        seen = lambda line: running.error.extend(line[-200:] + b"\n")  # noqa: E731
        threading.Thread(target=_read, args=(os.dup(ours), seen), daemon=True).start()
        threading.Thread(target=_press_yes, args=(ours, running), daemon=True).start()
        return running

    # -- what is there ---------------------------------------------------------------------------------------------

    @property
    def begun(self) -> bool:
        """The task was acknowledged; a start that was killed before that is none, and is made again."""
        if self.way not in JOURNALS:
            return bool(self.messages)
        return any(record["type"] == "task_started" for record in self.records())

    def _journal(self) -> Path | None:
        found = sorted(
            self.home.glob("state/sessions/*/journal.jsonl"), key=lambda path: path.stat().st_mtime
        )
        return found[-1] if found else None

    def records(self) -> list[dict[str, Any]]:
        """The records that are whole, of the session that was begun last."""
        path = self._journal()
        records = []
        for line in path.read_bytes().split(b"\n") if path is not None else ():
            try:
                records.append(put_back(json.loads(line), line, path.with_name("texts") if path else None))
            except ValueError:
                continue  # a torn end is allowed; a hole in the numbers is found
        return records

    def saved(self) -> Saved:
        """The session as the next program reads it."""
        if self.way in JOURNALS:
            path = self._journal()
            if path is None:
                return Saved()
            return fold(
                (line + b"\n" for line in path.read_bytes().split(b"\n")[:-1]), path.with_name("texts")
            )
        with self._store() as session:
            session.load()
            return session.task_log.saved

    @property
    def messages(self) -> list[str]:
        """Those that the next program has."""
        if self.way in JOURNALS:
            return [each["content"] for each in self.saved().messages]
        with self._store() as session:
            return [each["content"] for each in session.load()]

    @contextlib.contextmanager
    def _store(self) -> Iterator[Any]:
        url = f"sqlite:///{self.folder}/kept/kept.db" if self.way == "db" else None
        session = create_session(
            self.way, "s", "K", self.folder / "kept" if self.way == "file" else None, url
        )
        try:
            yield session
        finally:
            if isinstance(session, DatabaseSession):
                session.dispose()

    @property
    def may_be_missing(self) -> int:
        """Messages of the end that may have been told and are not kept, because nothing followed from them."""
        return _SINCE_A_BARRIER.get(self.way, 0)


def _press_yes(descriptor: int, running: Running) -> None:
    """The workbench asks whether the task goes on; a letter that comes later is a draft, and does nothing."""
    with contextlib.suppress(OSError):
        while running.process.poll() is None:
            if not running.count(("task_started", "task_resumed")):
                os.write(descriptor, b"y")
            time.sleep(1.2)  # in which no key is pressed, or the answers stay deaf
    os.close(descriptor)
