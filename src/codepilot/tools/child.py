"""A program that a tool runs by itself, ended so that nothing of it is left, whatever is cancelled meanwhile.

It leads a process group, which is killed as a whole: ripgrep may be a script that has ripgrep as its child. What left
the group may still hold the pipes, so that nothing here waits for one without looking whether the run is over.

Not by asyncio's own subprocesses: a transport that is closed while its process runs, as when everything on a loop is
cancelled, looks whether that is gone. The look may reap it before asyncio's watcher does, which then writes "Unknown
child process" to the program's stderr. What runs in a thread is no task, so that nothing cancels it but `run` here.
"""

from __future__ import annotations

import asyncio
import io
import os
import select
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any

from codepilot.values import dataclass

_LONGEST_COMPLAINT = 65536


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


class _Flag:
    """Something that happens once, and that a wait for a pipe sees."""

    def __init__(self) -> None:
        self._seen, self._told = os.pipe()

    def set(self) -> None:
        """It has happened."""
        os.write(self._told, b"!")  # never read, so that everybody sees it; it happens a few times at most

    def comes_before(self, pipe: int, event: int) -> bool:
        """Wait for the flag or the pipe; says whether the flag is set.

        Args:
            pipe: a file descriptor.
            event: `select.POLLIN` or `select.POLLOUT`.
        """
        look = select.poll()
        look.register(pipe, event)
        look.register(self._seen, select.POLLIN)
        return any(ready == self._seen for ready, _ in look.poll())

    def close(self) -> None:
        """Give its descriptors back."""
        os.close(self._seen)
        os.close(self._told)


class _Output(io.RawIOBase):
    """What a program writes; at its end when all of the program have closed it, or a flag is set."""

    def __init__(self, pipe: int, stop: _Flag) -> None:
        self._pipe = pipe
        self._stop = stop

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        return 0 if self._stop.comes_before(self._pipe, select.POLLIN) else os.readv(self._pipe, [buffer])


class _Child:
    """One run, in a thread; `stop` comes from another one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopped = False
        self._stop: _Flag | None = None
        """While its process is there: that it is not wanted any more."""
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, command: list[str], folder: str, stdin: bytes, take: Callable[[IO[bytes]], bool]) -> End:
        """From its start until it is reaped."""
        pipe = subprocess.PIPE
        with self._lock:
            if self._stopped:
                return End()
            process = self._process = subprocess.Popen(
                command, bufsize=0, cwd=folder, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
            )
            stop = self._stop = _Flag()
        assert process.stdin and process.stdout and process.stderr  # they were asked for
        over, complaint = _Flag(), bytearray()
        reader = threading.Thread(
            target=_read_all, args=(process.stderr.fileno(), over, complaint), daemon=True
        )
        reader.start()
        try:
            with process.stdin as given:
                _write_all(given.fileno(), stop, stdin)
            whole = take(io.BufferedReader(_Output(process.stdout.fileno(), stop), 1 << 16))
            if whole:
                _await_exit(process)
        finally:
            self._end()
            over.set()
            reader.join()
            over.close()
            process.stdout.close()
            process.stderr.close()
        code = process.returncode if whole else 0
        return End(code, complaint.decode("utf-8", "replace").strip()) if code else End()

    def stop(self) -> None:
        """Kill it; one that has not begun never does."""
        with self._lock:
            self._stopped = True
            if self._process is not None and self._stop is not None:
                _kill(self._process)
                self._stop.set()

    def _end(self) -> None:
        """Kill what is left of it, and reap it. Only then is its number free, which `stop` must not use any more."""
        assert self._process is not None and self._stop is not None
        _kill(self._process)
        _await_exit(self._process)
        with self._lock:
            self._process.wait()
            self._stop.close()
            self._stop = None


def _kill(process: subprocess.Popen[bytes]) -> None:
    """It and what it started. It is not reaped yet, so that its number is still that of its group."""
    with suppress(ProcessLookupError):  # the embedding program leaves the reaping to the system
        os.killpg(process.pid, signal.SIGKILL)


def _await_exit(process: subprocess.Popen[bytes]) -> None:
    """Wait until it has ended, and leave it to be reaped."""
    with suppress(ChildProcessError):  # as above
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)


def _write_all(pipe: int, stop: _Flag, data: bytes) -> None:
    """As far as it is read, or until the flag is set."""
    os.set_blocking(pipe, False)
    rest = memoryview(data)
    with suppress(BrokenPipeError):
        while rest and not stop.comes_before(pipe, select.POLLOUT):
            rest = rest[os.write(pipe, rest) :]


def _read_all(pipe: int, over: _Flag, kept: bytearray) -> None:
    """To its end, so that whoever writes never waits, or what is there when the flag is set; the first part is kept."""
    os.set_blocking(pipe, False)
    last = False
    while not last:
        last = over.comes_before(pipe, select.POLLIN)
        with suppress(BlockingIOError):  # nothing there
            piece = os.read(pipe, 1 << 16)
            last = last or not piece
            if len(kept) < _LONGEST_COMPLAINT:
                kept += piece
