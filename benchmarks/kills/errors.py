"""An operation of the disk that fails once, in whatever way the session is written."""

from __future__ import annotations

import errno
import os
import sqlite3
from typing import Any

from codepilot.journal import writer
from codepilot.testing.faults import FaultyDisk

_CALLS = ("write", "fsync", "fdatasync", "ftruncate", "replace")


class Failing:
    """Counts the operations, and has one of them fail.

    Args:
        number: which, from 1.
        error: with this number of the system (`errno.EIO`, `errno.ENOSPC`).
        way: how the session is kept: `file`, `db`, else a journal.
        place: the folder of a file session.
    """

    def __init__(self, number: int, error: int, way: str, place: str) -> None:
        self.operations = 0
        self._number, self._error, self._place = number, error, place
        if way == "file":
            for name in _CALLS:
                setattr(os, name, self._failing(getattr(os, name)))
        elif way == "db":
            self._watch_statements()
        else:
            disk = FaultyDisk(lambda n, name: self._fault(), short=True)
            writer.SystemDisk = lambda: disk  # type: ignore[assignment,misc]

    def _fault(self) -> int:
        self.operations += 1
        return self._error if self.operations == self._number else 0

    def _failing(self, work: Any) -> Any:
        def done(what: Any, *given: Any, **named: Any) -> Any:
            path = os.readlink(f"/proc/self/fd/{what}") if isinstance(what, int) else os.fspath(what)
            if str(path).startswith(self._place) and (number := self._fault()):
                raise OSError(number, os.strerror(number))
            return work(what, *given, **named)

        return done

    def _watch_statements(self) -> None:
        from sqlalchemy import event
        from sqlalchemy.engine import Engine
        from sqlalchemy.exc import OperationalError

        text = {errno.ENOSPC: "database or disk is full"}.get(self._error, "disk I/O error")

        def fail(statement: str) -> None:
            if self._fault():
                raise OperationalError(statement, None, sqlite3.OperationalError(text))

        def executes(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if not statement.lstrip().upper().startswith(("SELECT", "PRAGMA")):
                fail(statement)

        event.listen(Engine, "before_cursor_execute", executes)
        event.listen(Engine, "commit", lambda _c: fail("COMMIT"))
