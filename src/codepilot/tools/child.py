"""A program that a tool runs by itself, ended so that nothing of it is left, whatever is cancelled meanwhile.

Not by asyncio's own subprocesses: a transport that is closed while its process runs, as when everything on a loop is
cancelled, looks whether that is gone. The look may reap it before asyncio's watcher does, which then writes "Unknown
child process" to the program's stderr. What runs in a thread is no task, so that nothing cancels it but `run` here.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO

from codepilot.values import dataclass

_LONGEST_COMPLAINT = 65536
_COMPLAINS = 1.0
"""Seconds in which its last words are there. What it left running may hold its stderr open for ever."""


@dataclass(frozen=True, slots=True)
class End:
    """How a program ended."""

    code: int = 0
    """Its exit code, or -n if signal n killed it; 0 also where we ended it, as its output was no longer read."""
    complaint: str = ""
    """What it wrote to stderr, if it failed."""

    @property
    def why(self) -> str:
        """What it did not do well, in words."""
        if self.complaint:
            return self.complaint.splitlines()[-1]
        return f"signal {-self.code} ended its process" if self.code < 0 else f"exit code {self.code}"


async def run(command: list[str], folder: str, stdin: bytes, take: Callable[[IO[bytes]], bool]) -> End:
    """Run a program until it ends or its output is no longer read; gives how it ended.

    Args:
        command: the program and its arguments.
        folder: where it runs.
        stdin: what it reads.
        take: reads its output, in a thread; says whether it read all. Else the program is killed.

    Raises:
        OSError: it cannot be started.
    """
    child, loop = _Child(), asyncio.get_running_loop()
    ended: asyncio.Future[End] = loop.create_future()

    def settle(end: End, error: Exception | None) -> None:
        if error is not None:
            ended.set_exception(error)
        else:
            ended.set_result(end)

    def work() -> None:
        end, error = End(), None
        try:
            end = child.run(command, folder, stdin, take)
        except Exception as raised:  # noqa: BLE001 - raised again on the loop
            error = raised
        with suppress(RuntimeError):  # the loop was closed without waiting for us
            loop.call_soon_threadsafe(settle, end, error)

    # A daemon: the program's exit would wait for a thread of an executor before it stops the runtime.
    threading.Thread(target=work, name="codepilot-search", daemon=True).start()
    try:
        return await asyncio.shield(ended)
    finally:
        child.stop()
        await _over(ended)


async def _over(ended: asyncio.Future[End]) -> None:
    """Wait until it is, however often that is cancelled; a cancellation is raised afterwards."""
    cancelled = False
    while not ended.done():
        try:
            await asyncio.wait([ended])
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        ended.exception()  # nobody else asks for it
        raise asyncio.CancelledError


class _Child:
    """One run, in a thread; `stop` comes from another one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopped = False
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, command: list[str], folder: str, stdin: bytes, take: Callable[[IO[bytes]], bool]) -> End:
        """From its start until it is reaped."""
        pipe = subprocess.PIPE
        with self._lock:
            if self._stopped:
                return End()
            complaints, stderr = os.pipe()
            try:
                self._process = subprocess.Popen(
                    command, cwd=folder, stdin=pipe, stdout=pipe, stderr=stderr, process_group=0
                )
            except BaseException:
                os.close(complaints)
                raise
            finally:
                os.close(stderr)
        with self._process as process:
            complaint: list[bytes] = []
            reader = threading.Thread(target=_read_all, args=(complaints, complaint), daemon=True)
            reader.start()
            try:
                with suppress(BrokenPipeError), process.stdin as given:  # type: ignore[union-attr]
                    given.write(stdin)
                code = process.wait() if take(process.stdout) else 0  # type: ignore[arg-type]
            finally:
                _kill(process)
                reader.join(_COMPLAINS)
        return End(code, b"".join(complaint).decode("utf-8", "replace").strip()) if code else End()

    def stop(self) -> None:
        """Kill it; one that has not begun never does."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                _kill(self._process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End it with what it started: a script's own children hold its output open, and we would read on for ever."""
    if process.returncode is None:  # the number of one that was reaped may be another's
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _read_all(source: int, pieces: list[bytes]) -> None:
    """To its end, so that whoever writes never waits; the first part is kept."""
    size = 0
    try:
        while piece := os.read(source, 65536):
            if size < _LONGEST_COMPLAINT:
                pieces.append(piece)
                size += len(piece)
    finally:
        os.close(source)
