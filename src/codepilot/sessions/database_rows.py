"""The SQL of one session. The plain and the asynchronous store share it: each statement runs on a plain connection.

The documented table has one row for a session and no column more. What was said since that row was written stands in a
second table, row by row, until the next save deletes it in its own transaction. Two writers are told apart by
`updated_at` of the row and by the number of a row in the second table: whoever comes second is refused, and nothing is
overwritten.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from codepilot.errors import SessionBusy, SessionError
from codepilot.journal.fold import Saved, fold
from codepilot.journal.record import decode, type_of
from codepilot.journal.spent import Spent
from codepilot.sessions import holder
from codepilot.sessions.base import Messages
from codepilot.sessions.database_lines import already_there, logged, rows_of
from codepilot.sessions.database_tables import LOG, SESSIONS
from codepilot.sessions.figures import KEY, with_more_before
from codepilot.sessions.json_values import written
from codepilot.sessions.waiting import Records

_UNSEEN = -1.0  # the row was not read or written yet: a save then takes its place, whatever it is
CLAIMED = "session_claimed"  # the type of the record by which a writer says who it is


class SessionRows:
    """One session in the two tables.

    Args:
        session_id: its key.
        agent_name: noted in the row.
    """

    def __init__(self, session_id: str, agent_name: str) -> None:
        self.session_id = session_id
        self._agent_name = agent_name
        self._seen: float | None = _UNSEEN
        self._last = 0
        """The highest number in the log that we know of."""
        self._unsure = False
        """A transaction began that did not come back: its records may be there."""
        self._extra: dict[str, Any] = {}
        self._claim = ""
        self.figures: dict[str, Any] = {}
        """What is kept beside the messages; see `TaskLog.figures`."""
        self.saved_state = Saved()
        """The session as it was loaded last, the log included."""

    # -- the row ---------------------------------------------------------------------------------------------------

    def load(self, connection: Connection) -> Messages:
        """The messages of the row, and those of the log after them."""
        row = self._row(connection)
        document = self._document(row)
        lines = logged(connection, self.session_id)
        self._seen = None if row is None else row.updated_at
        self._extra = document["extra"]
        self._last, self._unsure = lines[-1][0] if lines else 0, False
        figures = document.get(KEY)
        self.figures = figures if isinstance(figures, dict) else {}
        encoded = (f"{line}\n".encode() for _, line in lines)
        self.saved_state = fold(encoded, spent=Spent.of(self.figures))
        with_more_before(self.saved_state, document["messages"], self.figures)
        return list(self.saved_state.messages)

    def save(
        self, connection: Connection, messages: Sequence[Any], words: Records, told: Records = ()
    ) -> float:
        """Write the row, and have the log hold nothing but some words; returns what `saved` is to be given.

        Args:
            connection: in a transaction.
            messages: all of the conversation.
            words: that stand in none of them.
            told: records that wait for the log.

        Raises:
            SessionBusy: another program works on it, or the row is not the one that was read or written last.
        """
        self._refuse_another_writer(connection)
        there = self._already_there(connection, told)
        extra = self._extra if self._seen != _UNSEEN else self._document(self._row(connection))["extra"]
        document = {
            "messages": list(messages),
            "extra": extra,
            **({KEY: self.figures} if self.figures else {}),
        }
        when = self._write(connection, document, seen=self._seen)
        old = (LOG.c.session_id == self.session_id) & (LOG.c.n <= self._last + there)
        connection.execute(sql.delete(LOG).where(old))
        self._insert(connection, words, after=0)
        return when

    def save_extra(self, connection: Connection, extra: Mapping[str, Any]) -> float:
        """Write the values of the program beside the messages that are stored; returns and raises as `save`."""
        self._refuse_another_writer(connection)
        document = self._document(self._row(connection))
        return self._write(connection, {**document, "extra": dict(extra)}, seen=self._seen)

    def saved(self, when: float, words: int) -> None:
        """A save is committed: what it returned, and how many words the log was left with."""
        self._seen, self._unsure = when, False
        self._last = words  # so that a later writer, who counts on from there, is noticed

    def saved_extra(self, when: float, extra: Mapping[str, Any]) -> None:
        """A save of the program's values is committed."""
        self._seen, self._extra = when, dict(extra)

    def load_extra(self, connection: Connection) -> dict[str, Any]:
        """What `save_extra` wrote."""
        extra: dict[str, Any] = self._document(self._row(connection))["extra"]
        return extra

    def reset(self, connection: Connection) -> None:
        """Delete the row and the log.

        Raises:
            SessionBusy: another program is working on it.
        """
        self._refuse_a_living_writer(logged(connection, self.session_id))
        connection.execute(sql.delete(SESSIONS).where(SESSIONS.c.session_id == self.session_id))
        connection.execute(sql.delete(LOG).where(LOG.c.session_id == self.session_id))

    def forgotten(self) -> None:
        """A reset is committed."""
        self._seen, self._last, self._extra, self.figures = None, 0, {}, {}

    def metadata(self, connection: Connection) -> dict[str, Any] | None:
        """Everything but the messages, or None without a row."""
        row = self._row(connection)
        if row is None:
            return None
        return {
            "session_id": row.session_id,
            "agent_name": row.agent_name,
            "created_at": row.created_at,
            "updated_at": row.updated_at,
            "extra": self._document(row)["extra"],
        }

    # -- the log ---------------------------------------------------------------------------------------------------

    def claim(self, connection: Connection) -> tuple[str, float]:
        """Become the one writer; returns what `claimed` is to be given once that is committed.

        Raises:
            SessionBusy: another program works on the session, or has gone on with it since it was loaded.
        """
        seen, claim = self._mine(connection), holder.begin()
        self._claim = str(claim["claim"])  # which `let_go` gives up, also where this fails
        # A new time, so that who looked for a claim a moment ago, and now saves, finds another row.
        now = self._update(connection, {}, seen)
        self._insert(connection, ((CLAIMED, claim),))
        return self._claim, now

    def _mine(self, connection: Connection) -> float:
        """The time of the row, if nobody else works on the session or has gone on with it; it is made if need be."""
        row, lines = self._row(connection), logged(connection, self.session_id)
        self._refuse_a_living_writer(lines)
        now: float | None = None if row is None else row.updated_at
        if self._seen not in (_UNSEEN, now) or (lines[-1][0] if lines else 0) > self._last:
            raise self._gone_on()
        if now is None:  # so that it is listed from now on, whatever happens
            return self._write(connection, {"messages": [], "extra": {}}, seen=None)
        return now

    def append_between(self, connection: Connection, records: Records) -> float:
        """Add records while nobody works on the session; returns the time of the row, for `appended`.

        Raises:
            SessionBusy: somebody works on it, or has gone on with it since it was loaded.
        """
        now = self._mine(connection)
        self._insert(connection, records)
        return now

    def append(self, connection: Connection, records: Records) -> None:
        """Add records to the log; raises SessionBusy where another writer has taken the session."""
        self._refuse_if_overtaken(connection)
        there = self._already_there(connection, records)
        self._insert(connection, records[there:], after=self._last + there)

    def appended(self, count: int, seen: float | None = None) -> None:
        """So many records are committed, by `append_between` with the time of the row."""
        self._last, self._unsure = self._last + count, False
        if seen is not None:
            self._seen = seen

    def claimed(self, claim: str, seen: float) -> None:
        """A claim is committed."""
        self._claim, self._seen = claim, seen
        self._last, self._unsure = self._last + 1, False

    def let_go(self) -> None:
        """Give the claim up."""
        holder.end(self._claim)

    def _insert(self, connection: Connection, records: Records, after: int | None = None) -> None:
        if not records:
            return
        rows = rows_of(self.session_id, records, self._last if after is None else after)
        try:
            connection.execute(sql.insert(LOG), rows)
        except IntegrityError:
            raise self._gone_on() from None

    def _already_there(self, connection: Connection, records: Records) -> int:
        """Asked only where the last try did not come back: it may have been committed all the same."""
        there = already_there(connection, self.session_id, records, self._last) if self._unsure else 0
        self._unsure = True  # until this one has
        return there

    def _refuse_if_overtaken(self, connection: Connection) -> None:
        # The numbers of the log do not tell it: a save of the other one makes them free again. Without a time the row
        # is none any more, which we did ourselves.
        mine = (SESSIONS.c.session_id == self.session_id) & (SESSIONS.c.updated_at == self._seen)
        same = sql.update(SESSIONS).where(mine).values(updated_at=self._seen)
        if self._seen is not None and connection.execute(same).rowcount == 0:
            raise self._gone_on()

    def _refuse_another_writer(self, connection: Connection) -> None:
        if not holder.held(self._claim):  # else the log is ours, and may be long
            self._refuse_a_living_writer(logged(connection, self.session_id))

    def _refuse_a_living_writer(self, lines: Sequence[tuple[int, str]]) -> None:
        claims = [line for _, line in lines if type_of(line.encode()) == CLAIMED]
        record = decode(claims[-1].encode()) if claims else None
        if record is not None and record.data.get("claim") != self._claim and holder.alive(record.data):
            who = f"process {record.data.get('pid')} on {record.data.get('host')}"
            raise SessionBusy(
                f"The session {self.session_id} is being worked on by {who}.",
                hint="Wait for the end of its task, or use another session_id.",
            )

    def _gone_on(self) -> SessionBusy:
        return SessionBusy(
            f"The session {self.session_id} was continued by another program since it was loaded here.",
            hint="Make a new runtime: it loads what is there. Or use another session_id.",
        )

    # -- reading and writing the row -------------------------------------------------------------------------------

    def _row(self, connection: Connection) -> Any:
        return connection.execute(
            sql.select(SESSIONS).where(SESSIONS.c.session_id == self.session_id)
        ).first()

    def _document(self, row: Any) -> dict[str, Any]:
        if row is None:
            return {"messages": [], "extra": {}}
        try:
            stored = json.loads(row.messages)
        except ValueError:
            stored = None
        if isinstance(stored, list):  # as the first versions of codepilot-ai wrote it
            stored = {"messages": stored}
        if not isinstance(stored, dict) or not isinstance(stored.get("messages"), list):
            raise SessionError(
                f"The session {self.session_id} in the database is damaged: its messages are no JSON list.",
                hint=f"Repair or delete its row of {SESSIONS.name}, or use another session_id.",
            )
        extra = stored.get("extra")
        return {**stored, "extra": extra if isinstance(extra, dict) else {}}

    def _write(self, connection: Connection, document: Mapping[str, Any], *, seen: float | None) -> float:
        text = written(document, f"The session {self.session_id}")
        if seen == _UNSEEN:
            row = self._row(connection)
            seen = None if row is None else row.updated_at
        if seen is not None:
            named = {"agent_name": self._agent_name} if self._agent_name else {}
            return self._update(connection, {"messages": text, **named}, seen)
        now = time.time()
        values: dict[str, Any] = {"messages": text, "created_at": now, "updated_at": now}
        values |= {"session_id": self.session_id, "agent_name": self._agent_name}
        try:
            connection.execute(sql.insert(SESSIONS).values(values))
        except IntegrityError:
            raise self._gone_on() from None
        return now

    def _update(self, connection: Connection, values: Mapping[str, Any], seen: float) -> float:
        """Change the row that has this time; returns its new one, which is always a later one."""
        now = max(time.time(), math.nextafter(seen, math.inf))
        mine = (SESSIONS.c.session_id == self.session_id) & (SESSIONS.c.updated_at == seen)
        done = connection.execute(sql.update(SESSIONS).where(mine).values(**values, updated_at=now))
        if done.rowcount == 0:
            raise self._gone_on()
        return now
