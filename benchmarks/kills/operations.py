"""Counts what a program does to the disk, with whatever function it does it, and ends it at the n-th."""

from __future__ import annotations

import os
import signal
import stat
import threading
from typing import Any

from codepilot.workspace import beside

_CALLS = (
    *("write", "fsync", "fdatasync", "ftruncate", "truncate", "fchmod", "chmod", "utime"),
    *("rename", "replace", "unlink", "remove", "link", "symlink", "mkdir", "rmdir"),
)
MOMENTS = ("before", "in the middle", "after")


class Operations:
    """From its making on.

    Args:
        number: at which the program is killed; 0: never.
        moment: of `MOMENTS`; only a write has a middle.
    """

    def __init__(self, number: int = 0, moment: str = "before") -> None:
        self.count = 0
        self._number, self._moment = number, moment
        self._lock = threading.Lock()
        for name in _CALLS:
            setattr(os, name, self._counted(name, getattr(os, name)))
        beside.renameat2 = self._counted("renameat2", beside.renameat2)
        self._open = os.open
        os.open = self._opened  # type: ignore[assignment]

    def _counted(self, name: str, work: Any) -> Any:
        def done(*given: Any, **named: Any) -> Any:
            if name == "write" and not stat.S_ISREG(os.fstat(given[0]).st_mode):
                return work(*given, **named)  # a pipe
            return self._met(name, work, given, named)

        return done

    def _opened(self, path: Any, flags: int, *given: Any, **named: Any) -> int:
        if not flags & os.O_CREAT:
            return self._open(path, flags, *given, **named)
        return int(self._met("open", self._open, (path, flags, *given), named))

    def _met(self, name: str, work: Any, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        with self._lock:
            self.count += 1
            here = self.count == self._number
        if here and self._moment == "in the middle" and name == "write":
            work(given[0], bytes(given[1])[: len(given[1]) // 2])
        if here and self._moment != "after":
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            return work(*given, **named)
        finally:
            if here:
                os.kill(os.getpid(), signal.SIGKILL)
