"""One worker process as the host holds it: its socket, its death, and the bytes in between.

Nothing here knows what frames mean. The process is watched through a pidfd (a thread where there is none), so it
works in any loop of any thread, touches no signal handler and reaps no child but its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple

from codepilot.errors import SandboxError
from codepilot.frames import FrameError
from codepilot.sandbox.codec import FrameCutter

_BOOT: Final = str(Path(__file__).with_name("boot.py"))
_ENVIRONMENT: Final = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
_READ: Final = 1 << 16
"""A buffer of 256 KB is mapped and unmapped for each frame: half of the time that a call takes in the worker."""
_MAX_WORDS: Final = 1 << 16

Frame = dict[str, Any]


class Death(NamedTuple):
    """How a worker ended."""

    status: int
    """As of `subprocess`: negative is a signal."""
    words: str
    """What it wrote to stderr; hostile text."""
    broken: str
    """Not empty: it was killed because it broke the protocol, and how."""


class WorkerProcess:
    """A running worker. Use it from one loop at a time.

    Args:
        setup: the packed frame that tells it what it may do.
        on_frame: called for every frame.
        on_death: called once, after the process is reaped.

    Raises:
        SandboxError: it could not be started.
    """

    def __init__(
        self,
        setup: bytes,
        *,
        on_frame: Callable[[WorkerProcess, Frame], None],
        on_death: Callable[[WorkerProcess, Death], None],
    ) -> None:
        if sys.platform == "win32":
            raise SandboxError("Control blocks cannot run on Windows yet.", hint="Use WSL.")
        self._on_frame = on_frame
        self._on_death = on_death
        self._cutter = FrameCutter()
        self._unsent = bytearray()
        self._broken = ""
        self._reading = False
        self._dying = False
        self.dead = asyncio.Event()
        self._spawn()
        self._loop = asyncio.get_running_loop()
        self._watch()
        self.send(setup)

    # -- life ------------------------------------------------------------------------------------------------------

    def _spawn(self) -> None:
        if not sys.executable:
            raise SandboxError(
                "There is no Python interpreter to run control blocks with (sys.executable is empty)."
            )
        with ExitStack() as ours:  # let go again if any of it fails
            try:
                self._open(ours)
            except OSError as error:
                few = error.errno in (errno.EMFILE, errno.ENFILE)
                raise SandboxError(
                    f"The worker for control blocks could not be started: {error.strerror if few else error}.",
                    hint="Raise the limit (ulimit -n), or have this program close files and sockets."
                    if few
                    else "",
                ) from error
            ours.pop_all()

    def _open(self, ours: ExitStack) -> None:
        """Start the process; `ours` takes what is to be ended should something fail later."""
        import tempfile

        with ExitStack() as theirs:  # what the worker has, and its host need not keep
            self._socket, their_socket = socket.socketpair()
            ours.callback(self._socket.close)
            theirs.callback(their_socket.close)
            self._stderr, their_stderr = os.pipe()
            ours.callback(os.close, self._stderr)
            theirs.callback(os.close, their_stderr)
            os.set_blocking(self._stderr, False)
            os.set_blocking(their_stderr, False)  # so that a flood of words cannot stop the worker
            folder = tempfile.mkdtemp(prefix="codepilot-worker-")
            theirs.callback(os.rmdir, folder)  # the worker keeps a working folder that no longer exists
            self._process = subprocess.Popen(
                (sys.executable, *("-I", "-S", "-B", "-W", "ignore"), _BOOT, str(their_socket.fileno())),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=their_stderr,
                cwd=folder,
                env=_ENVIRONMENT,
                pass_fds=(their_socket.fileno(),),
                start_new_session=True,
            )
            ours.callback(self._process.wait)
            ours.callback(self._process.kill)
        self._socket.setblocking(False)
        self._pidfd = os.pidfd_open(self._process.pid) if hasattr(os, "pidfd_open") else -1

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def _watch(self) -> None:
        self._loop.add_reader(self._socket, self._readable)
        self._reading = True
        if self._unsent:
            self._loop.add_writer(self._socket, self._writable)
        if self._pidfd >= 0:
            self._loop.add_reader(self._pidfd, self._died)
        else:
            self._loop.run_in_executor(None, self._process.wait).add_done_callback(lambda _: self._died())

    def move(self) -> None:
        """Belong to the running loop from now on; the loop of before must not be running."""
        old, self._loop = self._loop, asyncio.get_running_loop()
        if not old.is_closed():
            self._forget(old)
        self.dead = asyncio.Event()
        if self._reading:
            self._watch()
        elif self._pidfd >= 0:
            self._loop.add_reader(self._pidfd, self._died)

    def _forget(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.remove_reader(self._socket)
        loop.remove_writer(self._socket)
        if self._pidfd >= 0:
            loop.remove_reader(self._pidfd)

    def kill(self) -> None:
        """End it with SIGKILL. From now on no frame of it is seen; `on_death` follows when it is reaped."""
        self.mute()
        self._signal(signal.SIGKILL)

    def mute(self) -> None:
        """Hear no more of it."""
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)

    def _signal(self, number: int) -> None:
        if self._dying or self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):  # it has just died by itself
            os.killpg(self._process.pid, number)

    def _died(self) -> None:
        if self._dying:
            return
        self._dying = True
        if self._reading:
            self._drain()
        self.mute()
        if self._pidfd >= 0:
            self._loop.remove_reader(self._pidfd)
        death = self._reap()
        self.dead.set()
        self._on_death(self, death)

    def _drain(self) -> None:
        """Take what it had still sent before it died: output, mostly."""
        while self._reading and self._read():
            pass

    def _reap(self) -> Death:
        self._dying = True
        status = self._process.wait()
        words = self.words()
        self._socket.close()
        os.close(self._stderr)
        if self._pidfd >= 0:
            os.close(self._pidfd)
        return Death(status, words, self._broken)

    def dispose(self) -> None:
        """Kill and reap it here and now, without a loop; `on_death` is not called."""
        if self._dying:
            return
        self._signal(signal.SIGKILL)
        if not self._loop.is_closed():
            self._forget(self._loop)
        self._reading = False
        self._reap()

    # -- bytes -----------------------------------------------------------------------------------------------------

    def ask_where(self) -> None:
        """Have it write to stderr which line it is at, even in the middle of a computation."""
        self._signal(signal.SIGUSR1)

    def words(self) -> str:
        """What it wrote to stderr since the last time."""
        try:
            return os.read(self._stderr, _MAX_WORDS).decode("utf-8", "replace")
        except BlockingIOError:
            return ""

    def send(self, frame: bytes) -> None:
        """Send a packed frame; what the socket does not take at once follows later."""
        if self._dying or not self._reading:
            return
        if not self._unsent:
            try:
                frame = frame[self._socket.send(frame) :]
            except BlockingIOError:
                pass
            except OSError:
                return  # it is dying; `on_death` follows
        if frame:
            self._unsent += frame
            self._loop.add_writer(self._socket, self._writable)

    def _writable(self) -> None:
        try:
            sent = self._socket.send(self._unsent)
        except BlockingIOError:
            return
        except OSError:
            self._unsent.clear()
        else:
            del self._unsent[:sent]
        if not self._unsent:
            self._loop.remove_writer(self._socket)

    def _readable(self) -> None:
        self._read()

    def _read(self) -> bool:
        try:
            data = self._socket.recv(_READ)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            if not self._dying:  # it closed the socket and may live on: it must not
                self.kill()
            return False
        try:
            for frame in self._cutter.feed(data):
                self._on_frame(self, frame)
                if not self._reading:
                    return False
        except FrameError as error:
            self.break_with(str(error))
            return False
        return True

    def break_with(self, reason: str) -> None:
        """It broke the protocol: kill it, and say so in its `Death`."""
        self._broken = self._broken or reason
        self.kill()
