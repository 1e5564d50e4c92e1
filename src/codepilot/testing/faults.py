"""A disk that fails, or ends the program, at the n-th operation: for tests of what must survive that."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from codepilot.journal.disk import SystemDisk

Moment = Literal["before", "in the middle", "after"]


class FaultyDisk(SystemDisk):
    """The system's disk, but for one operation or some.

    Args:
        fault: what happens at an operation: given its number, from 1, and its name (`open`, `write`, `sync`,
            `put_again`, `truncate`, `close`), returns an error number (`errno.ENOSPC`), or 0 for none.
        short: a write that fails with no space writes half of what it is given first.
    """

    def __init__(self, fault: Callable[[int, str], int], *, short: bool = False) -> None:
        self._fault = fault
        self._short = short
        self.operations = 0
        """How many there were."""

    def open(self, path: Path) -> int:
        """`open`."""
        self._meet("open")
        return super().open(path)

    def write(self, handle: int, data: bytes) -> int:
        """`write`."""
        try:
            self._meet("write")
        except OSError as error:
            if self._short and error.errno == errno.ENOSPC:
                return super().write(handle, data[: len(data) // 2])
            raise
        return super().write(handle, data)

    def sync(self, handle: int) -> None:
        """`sync`."""
        self._meet("sync")
        super().sync(handle)

    def put_again(self, path: Path, pieces: Sequence[tuple[int, bytes]]) -> None:
        """`put_again`."""
        self._meet("put_again")
        super().put_again(path, pieces)

    def truncate(self, handle: int, size: int) -> None:
        """`truncate`."""
        self._meet("truncate")
        super().truncate(handle, size)

    def _meet(self, name: str) -> None:
        self.operations += 1
        if number := self._fault(self.operations, name):
            raise OSError(number, os.strerror(number))


class KillingDisk(SystemDisk):
    """The system's disk; the process gets SIGKILL at one operation.

    Args:
        at: its number, from 1: writes and syncs count.
        moment: before it, after it, or in the middle of a write, which leaves half of the data.
    """

    def __init__(self, at: int, moment: Moment) -> None:
        self._at = at
        self._moment = moment
        self._operations = 0

    def write(self, handle: int, data: bytes) -> int:
        """`write`."""
        now = self._is_now()
        if now and self._moment == "in the middle":
            super().write(handle, data[: len(data) // 2])
        if now and self._moment != "after":
            _die()
        count = super().write(handle, data)
        if now:
            _die()
        return count

    def sync(self, handle: int) -> None:
        """`sync`."""
        now = self._is_now()
        if now and self._moment != "after":
            _die()
        super().sync(handle)
        if now:
            _die()

    def _is_now(self) -> bool:
        self._operations += 1
        return self._operations == self._at


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
