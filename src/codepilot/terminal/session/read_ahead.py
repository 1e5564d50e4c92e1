"""Reads a terminal that is being flooded in a process of its own, so that reading and parsing happen side by side.

The kernel holds only some 12 KB of a program's output and gives it in pieces of 4 KB. While the host parses, a program
that writes fast would stand still; with this it goes on, up to a bound. A thread would do less for more: it needs the
interpreter's lock after each of those pieces, and a process with threads must not fork.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import os
import select
import signal
from collections.abc import Callable
from pathlib import Path

LIMIT = 524_288
"""Bytes read ahead. Not more: after a ^C they are all still shown first."""
PIECE = 65_536
"""Given at a time. With 256 KB the processor's cache is too small: all that is done with it takes twice as long."""
_QUIET_MS = 50
"""Milliseconds without output after which the flood is over."""
_GATHER = 0.001
"""Seconds that what is read ahead may gather, so that few turns of the loop take much."""


class FloodReader:
    """Has a process read a terminal ahead, and hands on what it reads, on the loop.

    Args:
        terminal: its descriptor, which does not block.
        on_output: takes what the terminal's program writes.
        on_end: called when all was handed on that was read ahead, and the flood is over.

    Raises:
        OSError: no pipe, or no process, is to be had.
    """

    def __init__(self, terminal: int, on_output: Callable[[bytes], None], on_end: Callable[[], None]) -> None:
        self._ahead = ReadAhead(terminal)
        self._on_output = on_output
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._next: asyncio.Handle | None = None
        """The next look at what was read ahead."""
        self._look_again(_GATHER)

    def hold(self, held: bool) -> None:
        """Hand on nothing, or go on. An emulator that cannot keep up gains nothing by more that is read ahead."""
        self._ahead.stop()
        if held:
            self._look_no_more()
        else:
            self._look_again(0)

    def drain(self) -> None:
        """Hand on all that was read ahead, now."""
        for data in self._ahead.rest():
            self._on_output(data)

    def close(self) -> None:
        """End the process; what was not handed on is lost."""
        self._look_no_more()
        self._ahead.close()

    def _take(self) -> None:
        data = self._ahead.take()
        if data is None:
            self._loop.add_reader(self._ahead.output, self._gather)
        elif not data:
            self._on_end()
        else:
            self._look_again(0 if len(data) == PIECE else _GATHER)
            self._on_output(data)

    def _gather(self) -> None:
        self._look_again(_GATHER)

    def _look_again(self, seconds: float) -> None:
        self._look_no_more()
        self._next = self._loop.call_later(seconds, self._take)

    def _look_no_more(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
        self._loop.remove_reader(self._ahead.output)


class ReadAhead:
    """One process that reads one terminal into a pipe, until the flood is over or it is told to stop.

    All that it has read comes out of the pipe, whatever ends it. How the terminal stands after that is not told: its
    owner reads on by itself, and sees.

    Args:
        terminal: its descriptor, which does not block.

    Raises:
        OSError: no pipe, or no process, is to be had.
    """

    def __init__(self, terminal: int) -> None:
        made: list[int] = []
        try:
            made += os.pipe()
            made += os.pipe()
            self._pid = os.fork()
        except OSError:
            for each in made:
                os.close(each)
            raise
        self.output, write_end, self._stop_there, self._stop_here = made
        if self._pid == 0:
            try:
                _become_pump(terminal, write_end, self._stop_there)
            finally:
                os._exit(0)
        os.close(write_end)
        os.close(self._stop_there)
        os.set_blocking(self.output, False)
        self._stopped = False

    def take(self) -> bytes | None:
        """The next piece of what was read; None while there is none, empty when none will come."""
        try:
            return os.read(self.output, PIECE)
        except BlockingIOError:
            return None

    def stop(self) -> None:
        """Have it read no more; what it has read can still be taken, and ends."""
        if not self._stopped:
            self._stopped = True
            os.close(self._stop_here)

    def rest(self) -> list[bytes]:
        """Stop, and give all that was read, in pieces."""
        self.stop()
        os.set_blocking(self.output, True)
        return list(iter(lambda: os.read(self.output, PIECE), b""))

    def close(self) -> None:
        """End the process; what was not taken is lost."""
        self.stop()
        os.close(self.output)
        # It cannot be busy with anything but ending. The host collects all its children, so this one may be gone.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._pid, 0)


def _become_pump(terminal: int, pipe: int, stop: int) -> None:
    """What the new process does: nothing of the host's, whose copy it is."""
    gc.disable()  # a collection would touch, and so copy, all of the host's memory
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    _close_all_but({terminal, pipe, stop})
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):  # of those who have many pipes already; then it stays at 64 KB
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, LIMIT)
    with contextlib.suppress(OSError):  # EIO: the program is gone. EPIPE: the host is.
        _pump(terminal, pipe, stop)


def _pump(terminal: int, pipe: int, stop: int) -> None:
    piece = memoryview(bytearray(PIECE))
    look = select.poll()
    look.register(terminal, select.POLLIN)
    look.register(stop, 0)  # its end is told unasked: told to stop, or the host is gone
    while True:
        ready = look.poll(_QUIET_MS)
        if not ready or any(descriptor == stop for descriptor, _ in ready):
            return
        size = os.readv(terminal, [piece])
        if not size:
            return
        rest = piece[:size]
        while rest:
            rest = rest[os.write(pipe, rest) :]


def _close_all_but(kept: set[int]) -> None:
    """Other terminals would not end, and other pumps not stop, as long as this process had them open."""
    for path in list(Path("/dev/fd").iterdir()):
        if int(path.name) not in kept:
            with contextlib.suppress(OSError):  # one is that of the listing itself, closed by now
                os.close(int(path.name))
