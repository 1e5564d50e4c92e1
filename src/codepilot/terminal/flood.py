"""Reads a terminal that is being flooded from a thread of its own, so that reading and parsing happen side by side.

The kernel holds only some 12 KB of a program's output and gives it in pieces of 4 KB. While the host parses, a program
that writes fast would stand still; with this it goes on, up to a bound.

A process with threads must not fork (the child would inherit locks that nobody lets go of), so `end_floods` comes
before every fork. The loop reads the terminal again by itself then, as it does when the flood is over.
"""

from __future__ import annotations

import errno
import os
import select
import threading
from collections.abc import Callable

LIMIT = 524_288
"""Bytes read ahead. Not more: after a ^C they are all still shown first."""
PIECE = 65_536
"""Given at a time. With 256 KB the processor's cache is too small: all that is done with it takes twice as long."""
_TELL_AT = 65_536
"""So much is worth a turn of the loop."""
_LULL_MS = 1
"""After so long without output the loop is told of less, too."""
_QUIET_MS = 50
"""After so long without output the flood is over."""

_running: set[FloodReader] = set()


class FloodReader:
    """One thread that reads one descriptor, until the flood is over or somebody stops it.

    Args:
        descriptor: of the terminal; does not block.
        tell: called from the thread when `take` gives something, or it is at its end; not again before
            `take` gave nothing.
    """

    def __init__(self, descriptor: int, tell: Callable[[], object]) -> None:
        self._descriptor = descriptor
        self._tell = tell
        self._read_ahead = bytearray()
        self._told = False
        self._stopping = False
        self._room = threading.Condition()
        self._stop_here, self._stop_there = os.pipe()
        self.over = False
        """The thread reads no more; nothing that it has read is lost."""
        self.ended = False
        """The terminal gave its last byte."""
        self.error: OSError | None = None
        """Why the terminal cannot be read."""
        self._thread = threading.Thread(target=self._run, name="flood", daemon=True)
        _running.add(self)
        self._thread.start()

    @property
    def waits(self) -> bool:
        """Something was read and not taken."""
        return bool(self._read_ahead)

    def take(self) -> bytes:
        """The next piece of what was read; empty if there is none, and then `tell` will be called again."""
        with self._room:
            data = bytes(self._read_ahead[:PIECE])
            del self._read_ahead[:PIECE]
            self._told = bool(data)
            self._room.notify()
        return data

    def stop(self) -> None:
        """End the thread; what it has read can still be taken."""
        if self in _running:
            with self._room:
                self._stopping = True
                self._room.notify()
            os.write(self._stop_there, b"\0")
            self._thread.join()
            os.close(self._stop_here)
            os.close(self._stop_there)
            _running.discard(self)

    def _run(self) -> None:
        try:
            self._read()
        except OSError as error:
            self.ended = True
            if error.errno != errno.EIO:  # so Linux says that the other side is closed
                self.error = error
        finally:
            self.over = True
            self._tell()

    def _read(self) -> None:
        piece = memoryview(bytearray(PIECE))  # one for all reads: allocating costs as much as reading
        look = select.poll()
        look.register(self._descriptor, select.POLLIN)
        look.register(self._stop_here, select.POLLIN)
        while not self._stopping:
            try:
                size = os.readv(self._descriptor, [piece])
            except BlockingIOError:
                if look.poll(_LULL_MS):
                    continue
                self._say()
                if not look.poll(_QUIET_MS):
                    return
                continue
            if not size:
                self.ended = True
                return
            with self._room:
                self._read_ahead += piece[:size]
                ahead = len(self._read_ahead)
            if ahead >= _TELL_AT and not self._told:
                self._say()
            if ahead >= LIMIT:
                with self._room:
                    self._room.wait_for(lambda: len(self._read_ahead) < LIMIT or self._stopping)

    def _say(self) -> None:
        with self._room:
            tell = self.waits and not self._told
            self._told = self._told or tell
        if tell:
            self._tell()


def end_floods() -> None:
    """Stop all threads that read; the loop goes on in their place."""
    for reader in list(_running):
        reader.stop()
