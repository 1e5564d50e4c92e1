"""Known faults, planted: what finds nothing of them would find nothing else."""

from __future__ import annotations

import time
from typing import Any

FAULTS = (
    *(
        "buffered",
        "told first",
        "no effect mark",
        "run again",
        "not healed",
        "queue cleared",
        "lease ignored",
    ),
)


def plant(fault: str) -> None:
    """Make the program wrong."""
    {
        "buffered": _buffered,
        "told first": _told_first,
        "no effect mark": _no_effect_mark,
        "run again": _run_again,
        "not healed": _not_healed,
        "queue cleared": _queue_cleared,
        "lease ignored": _lease_ignored,
    }[fault]()


def _buffered() -> None:
    from codepilot.journal import writer

    held: list[bytes] = []
    write = writer.JournalWriter._write

    def late(self: Any, handle: int, line: bytes) -> None:
        held.append(line)
        if len(held) >= 5:
            write(self, handle, b"".join(held))
            held.clear()

    writer.JournalWriter._write = late  # type: ignore[method-assign]


def _told_first() -> None:
    from codepilot.runtime import broadcast

    publish = broadcast.Broadcast.publish

    def told(self: Any, event: Any) -> None:
        keep, self.keep = self.keep, lambda event: 0
        publish(self, event)
        self.keep = keep
        time.sleep(0.01)
        keep(event)

    broadcast.Broadcast.publish = told  # type: ignore[method-assign]


def _no_effect_mark() -> None:
    from codepilot.loop.block import BlockRunner

    async def nothing(self: Any, emit: Any, effect: Any) -> None:
        return None

    BlockRunner._begin = nothing  # type: ignore[method-assign]


def _run_again() -> None:
    from codepilot.journal import unfinished

    unfinished.Unfinished.acted = property(lambda self: False)  # type: ignore[assignment,method-assign]


def _not_healed() -> None:
    from codepilot.journal import writer

    writer.JournalWriter._heal = lambda self, handle: setattr(self, "_torn", False)  # type: ignore[method-assign]


def _queue_cleared() -> None:
    from codepilot.loop.inbox import Inbox

    Inbox.restore = lambda self, queued, sent: None  # type: ignore[method-assign]


def _lease_ignored() -> None:
    from codepilot.journal import lease

    lease.lock_file = lambda handle: None  # type: ignore[assignment]
