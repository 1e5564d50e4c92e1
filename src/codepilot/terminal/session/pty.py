"""One pseudo-terminal on the event loop: never blocks on either side."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import select
import signal
import struct
import sys
import termios
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ptyprocess

from codepilot.errors import TerminalError
from codepilot.terminal.session.read_ahead import FloodReader

_READ_AT_ONCE = 65_536
"""Bytes taken per turn of the loop, so that other terminals and keys get theirs.

The kernel holds only some 12 KB of a program's output; what we do between two reads keeps the program waiting beyond
that. With more at once a flood takes longer, though there are fewer turns.
"""
_FLOOD_AFTER = 3
"""Full turns in a row after which a process of its own reads ahead."""
_WRITE_LIMIT = 8 * 1024 * 1024
_TIOCGPTN = 0x80045430


@dataclass(frozen=True, slots=True)
class LineModes:
    """How the terminal's line discipline stands."""

    canonical: bool
    echo: bool
    signals: bool


class Pty:
    """A process on a pseudo-terminal. Its exit is learned from the `Reaper`, not here.

    Args:
        argv: the command line; the program as an absolute path.
        cwd: where it starts.
        environment: all of its variables.
        size: columns and lines of the window.
        umask: for the process (the host's own is stricter).
        on_output: takes what the process writes.

    Raises:
        TerminalError: the process cannot be started.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: str,
        environment: Mapping[str, str],
        size: tuple[int, int],
        umask: int,
        on_output: Callable[[bytes], None],
    ) -> None:
        def prepare() -> None:
            os.umask(umask)
            for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
                # Python and the asyncio loop change some; a shell must find all as at login.
                with contextlib.suppress(OSError, ValueError):
                    signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            os.chdir(cwd)

        try:
            process = ptyprocess.PtyProcess.spawn(
                list(argv), env=dict(environment), dimensions=size[::-1], preexec_fn=prepare
            )
        except Exception as error:  # ptyprocess raises the child's exceptions, bare ones among them
            raise TerminalError(f"Cannot start {argv[0]} in {cwd}: {error}.") from error
        self.pid: int = process.pid
        self.fd: int = process.fd
        self._process = process
        self._on_output = on_output
        self._queue: deque[memoryview] = deque()
        self._queued = 0
        self._writing = False
        self._reading = True
        self._held = False
        self._ahead: FloodReader | None = None
        self._full_turns = 0
        self._loop = asyncio.get_running_loop()
        self.path = _slave_path(self.fd)
        os.set_blocking(self.fd, False)
        self._loop.add_reader(self.fd, self._readable)

    @property
    def closed(self) -> bool:
        """The descriptor is gone."""
        return self._process.closed is True

    @property
    def queued(self) -> int:
        """Bytes of input that the terminal has not taken yet."""
        return self._queued

    @property
    def has_output(self) -> bool:
        """The process has written something that was not taken yet."""
        if self._ahead is not None:
            return True
        if not self._reading:
            return False
        look = select.poll()
        look.register(self.fd, select.POLLIN)
        return bool(look.poll(0))

    @property
    def unread(self) -> bool:
        """There is input that the program has not read, here or in the kernel (where that can be seen)."""
        if self._queue:
            return True
        slave = self._open_slave()
        if slave < 0:
            return False
        try:
            (count,) = struct.unpack("i", fcntl.ioctl(slave, termios.FIONREAD, b"\0" * 4))
            return bool(count)
        except OSError:
            return False
        finally:
            os.close(slave)

    def write(self, data: bytes) -> None:
        """Queue input. An interrupt character drops what waits before it, as a terminal does.

        Raises:
            TerminalError: the program does not read, and too much is waiting already.
        """
        if self.closed:
            raise TerminalError("The terminal is closed.")
        stroke = data.rfind(b"\x03")
        if stroke >= 0 and self.modes().signals:
            self.discard_input()
            data = data[stroke:]
        if self._queued + len(data) > _WRITE_LIMIT:
            raise TerminalError(
                "The program in the terminal does not read its input, and too much is waiting."
            )
        if data:
            self._queue.append(memoryview(data))
            self._queued += len(data)
            self._writable()

    def discard_input(self) -> None:
        """Discard input that the program has not read: ours and the kernel's."""
        self._queue.clear()
        self._queued = 0
        slave = self._open_slave()
        if slave < 0:
            return
        try:
            termios.tcflush(slave, termios.TCIFLUSH)
        except termios.error:
            return
        finally:
            os.close(slave)

    def _open_slave(self) -> int:
        """The program's side of the terminal; -1 where it cannot be had."""
        if not self.path:
            return -1
        try:
            return os.open(self.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError:
            return -1

    def resize(self, columns: int, lines: int) -> None:
        """Tell the kernel, which tells the program (SIGWINCH)."""
        if not self.closed:
            fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def foreground(self) -> int:
        """The process group that has the keyboard; 0 if there is none."""
        try:
            return os.tcgetpgrp(self.fd)
        except OSError:
            return 0

    def modes(self) -> LineModes:
        """How the line discipline stands now."""
        try:
            flags = termios.tcgetattr(self.fd)[3]
        except termios.error:
            return LineModes(True, True, True)
        return LineModes(bool(flags & termios.ICANON), bool(flags & termios.ECHO), bool(flags & termios.ISIG))

    def hold(self, held: bool) -> None:
        """Read nothing until told to go on; the program waits as soon as the kernel's buffer is full."""
        if held == self._held:
            return
        self._held = held
        if self._ahead is not None:
            self._ahead.hold(held)
        elif not self._reading or self.closed:
            return
        elif held:
            self._full_turns = 0
            self._loop.remove_reader(self.fd)
        else:
            self._loop.add_reader(self.fd, self._readable)

    def drain(self) -> None:
        """Read what is there now, for the last time."""
        if self._ahead is not None:
            self._ahead.drain()
            self._end_ahead()
        for _ in range(64):
            if not self._reading or not self._read():
                return

    def close(self) -> None:
        """Close the terminal; the kernel sends its processes SIGHUP."""
        if self.closed:
            return
        self._end_ahead()
        self._stop_reading()
        self._queue.clear()
        self._queued = 0
        self._update_writer()
        # Not PtyProcess.close(): that sleeps, kills and reaps.
        self._process.fileobj.close()
        self._process.closed = True
        self._process.fd = -1

    def _readable(self) -> None:
        full = self._read() >= _READ_AT_ONCE
        self._full_turns = self._full_turns + 1 if full and not self._held else 0
        if self._full_turns >= _FLOOD_AFTER and self._reading:
            self._full_turns = 0
            self._begin_ahead()

    def _begin_ahead(self) -> None:
        """Have it read ahead, where that can be done: poll of macOS knows no terminals."""
        if sys.platform != "linux":
            return
        try:
            self._ahead = FloodReader(self.fd, self._on_output, self._end_ahead)
        except OSError:  # no process or pipe is to be had: slower, and nothing lost
            return
        self._loop.remove_reader(self.fd)

    def _end_ahead(self) -> None:
        """Read by ourselves again."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead.close()
            if not self._held:
                self._loop.add_reader(self.fd, self._readable)

    def _read(self) -> int:
        parts = []
        size = 0
        ended = False
        while size < _READ_AT_ONCE:
            try:
                data = os.read(self.fd, 65536)
            except BlockingIOError:
                break
            except InterruptedError:
                continue
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                data = b""
            if not data:
                ended = True
                break
            parts.append(data)
            size += len(data)
        if ended:
            self._stop_reading()
        if parts:
            self._on_output(b"".join(parts))
        return size

    def _stop_reading(self) -> None:
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self.fd)

    def _writable(self) -> None:
        while self._queue:
            part = self._queue[0]
            try:
                written = os.write(self.fd, part[:65536])
            except (BlockingIOError, InterruptedError):
                break
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                self._queue.clear()
                self._queued = 0
                break
            self._queued -= written
            if written < len(part):
                self._queue[0] = part[written:]
            else:
                self._queue.popleft()
        self._update_writer()

    def _update_writer(self) -> None:
        wanted = bool(self._queue)
        if wanted != self._writing:
            self._writing = wanted
            if wanted:
                self._loop.add_writer(self.fd, self._writable)
            else:
                self._loop.remove_writer(self.fd)


def _slave_path(master: int) -> str:
    """The path of the other side, where the platform tells it."""
    if sys.platform != "linux":
        return ""
    number = struct.unpack("I", fcntl.ioctl(master, _TIOCGPTN, b"\0\0\0\0"))[0]
    path = f"/dev/pts/{number}"
    return path if Path(path).exists() else ""
