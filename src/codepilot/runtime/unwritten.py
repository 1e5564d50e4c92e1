"""What waits in memory for the disk of a session: told once, tried again, and at the end told as lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Any

from codepilot import events as e
from codepilot.journal.log import JournalLog

_AGAIN = 5.0
"""Seconds after which a disk that took nothing is tried again."""
_EARLY = 1_000
"""Events before the first word of the person that are kept: a program that is only looked at makes no session."""
_HELD = 20_000
"""Records that are kept where no journal can be made."""
LOST = "What is said and done from here on is only in memory, and lost if the program ends before it can be written."
_MADE_AGAIN = "The folder of this session was removed, moved or replaced while the session is open."
_AS_IT_WAS = "was made again with what was recorded, but texts of more than 32 KB from before are cut."
_Record = tuple[str, dict[str, Any]]


class Early:
    """Records for which there is no journal: nothing was said yet, or none can be made."""

    def __init__(self) -> None:
        self._records: deque[_Record] = deque()
        self.dropped = 0
        """Of a session that was begun, for which there was no room."""

    def __len__(self) -> int:
        return len(self._records) + self.dropped

    def put(self, record: _Record, *, begun: bool) -> None:
        """Keep a record; where there are too many the oldest goes.

        Args:
            record: its type and fields.
            begun: the session has words of the person, so that what goes is counted.
        """
        if len(self._records) >= (_HELD if begun else _EARLY):
            self._records.popleft()
            self.dropped += begun
        self._records.append(record)

    def write_to(self, log: JournalLog) -> None:
        """Write them in their order.

        Raises:
            SessionError: the journal cannot be opened; what was not written stays.
        """
        while self._records:
            log.append(*self._records[0])
            self._records.popleft()

    def clear(self) -> None:
        """Forget them."""
        self._records.clear()
        self.dropped = 0


class Unwritten:
    """Tells what the disk of a session does not take.

    Args:
        log: gives the log that is written now.
        publish: takes what is told.
    """

    def __init__(self, log: Callable[[], JournalLog], publish: Callable[[e.Event], None]) -> None:
        self._log = log
        self._publish = publish
        self._trouble = ""
        self._trying: asyncio.Task[None] | None = None
        self.lost = 0
        """Records of sessions that ended, and that no disk took."""

    async def barrier(self) -> None:
        """Return when all that was recorded is durable, or the disk refuses, which is told."""
        log = self._log()
        before = log.made_again
        await log.barrier()
        if log.made_again > before:
            self._publish(
                e.RuntimeFailed(error=_MADE_AGAIN, source="session", hint=f"{log.folder} {_AS_IT_WAS}")
            )
        self.tell()

    def tell(self) -> None:
        """Once for each trouble; later than the event that met it, so that events keep their order."""
        if (trouble := self._log().trouble) == self._trouble:
            return
        self._trouble = trouble
        told: list[e.Event] = [e.SessionTrouble(why=trouble)]
        if trouble:
            error = f"The session cannot be written: {trouble}."
            told.append(e.RuntimeFailed(error=error, source="session", hint=LOST))
        for event in told:
            try:
                asyncio.get_running_loop().call_soon(self._publish, event)
            except RuntimeError:  # outside any loop, or on the thread of a `send_message()`
                self._publish(event)

    def try_later(self) -> None:
        """The trouble may have been met on any thread; where it is told, there is a loop, if there is one at all."""
        if self._trouble and (self._trying is None or self._trying.done()):
            with contextlib.suppress(RuntimeError):
                self._trying = asyncio.get_running_loop().create_task(self._try_again())

    async def _try_again(self) -> None:
        """Also while nothing happens: what waits in memory is lost with the program."""
        while self._trouble and not self._log().closed:
            await asyncio.sleep(_AGAIN)
            await self.barrier()

    def stop_trying(self) -> None:
        """The session ends."""
        if self._trying is not None:
            self._trying.cancel()

    def tell_lost(self, log: JournalLog, held: int, why: str) -> None:
        """The session has ended, with one last try to write it: tell what was not written.

        Args:
            log: which was closed.
            held: records for which no journal could be made.
            why: it could not be made or written.
        """
        lost = held + log.unwritten
        if not lost:
            return
        self.lost += lost
        what = "1 record was" if lost == 1 else f"{lost:,} records were"
        they = "it is lost" if lost == 1 else "they are lost"
        error = f"The session has ended, and {what} not written to {log.path}: {they}."
        rest = "What was written before is there." if log.last > lost else "Nothing of the session is kept."
        self._publish(e.RuntimeFailed(error=error, source="session", hint=f"{why}. {rest}"))
