"""The SQL of one session: what two programs do to its row at the same moment."""

import asyncio
import time

import pytest
import sqlalchemy

from codepilot.errors import SessionBusy, SessionError
from codepilot.sessions import DatabaseSession

FIRST, SECOND = ({"role": "user", "content": text} for text in ("first", "second"))


@pytest.fixture
def opened(tmp_path):
    engines = []

    def make():
        engines.append(sqlalchemy.create_engine(f"sqlite:///{tmp_path}/kept.db"))
        return DatabaseSession("s", "T", engine=engines[-1]), engines[-1]

    yield make
    for engine in engines:
        engine.dispose()


def test_who_saves_notices_a_claim_that_came_after_its_look(opened):
    (first, _), (second, engine) = opened(), opened()
    first.save([{"role": "user", "content": "hi"}])
    second.load()
    claimed = []

    @sqlalchemy.event.listens_for(engine, "before_cursor_execute")
    def meanwhile(connection, cursor, statement, *more):
        if statement.startswith("UPDATE codepilot_sessions") and not claimed:
            claimed.append(statement)
            asyncio.run(first.task_log.claim())

    with pytest.raises(SessionBusy, match="was continued"):
        second.save([])
    assert claimed
    first.task_log.append("message_stored", {"role": "assistant", "text": "I go.", "kind": "reply"})
    asyncio.run(first.task_log.barrier())
    assert [each["content"] for each in opened()[0].load()] == ["hi", "I go."]
    asyncio.run(first.task_log.release())


def queue(session, message_id, text):
    data = {"message_id": message_id, "message": text}
    session.task_log.waiting.note("message_queued", data)
    session.task_log.append("message_queued", data)


def waiting(session):
    session.load()
    return list(session.task_log.saved.queued.values())


def test_words_that_a_save_leaves_do_not_stand_in_the_way_of_the_next_task(opened):
    session, _ = opened()
    session.load()
    for number in (1, 2):
        asyncio.run(session.task_log.claim())
        queue(session, f"m{number}", f"later {number}")
        asyncio.run(session.task_log.barrier())
        session.save([FIRST])
        asyncio.run(session.task_log.release())
    assert waiting(opened()[0]) == ["later 1", "later 2"]


def test_a_save_leaves_the_words_that_came_by_another_program_meanwhile(opened):
    (first, _), (second, _) = opened(), opened()
    first.load()
    first.save([FIRST])
    second.load()
    queue(second, "m1", "from elsewhere")
    second.task_log.flush()
    first.save([FIRST])
    assert waiting(opened()[0]) == ["from elsewhere"]


@pytest.mark.parametrize("step", [0.0, -3_600.0])
def test_a_second_writer_is_seen_also_by_a_clock_that_stands_or_goes_back(opened, monkeypatch, step):
    now = [1_000_000_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    (first, _), (second, _) = opened(), opened()
    first.load()
    first.save([FIRST])
    second.load()
    now[0] += step
    second.save([FIRST, SECOND])
    with pytest.raises(SessionBusy, match="was continued"):
        first.save([FIRST])
    assert opened()[0].load() == [FIRST, SECOND]


async def test_what_was_committed_though_the_answer_was_lost_is_not_written_twice(opened):
    session, engine = opened()
    session.load()
    await session.task_log.claim()
    fails = [True, True]

    @sqlalchemy.event.listens_for(engine, "commit")
    def lost(connection):
        if fails.pop():
            connection.connection.dbapi_connection.commit()
            raise sqlalchemy.exc.OperationalError("commit", None, Exception("the connection is lost"))

    def say(text):
        session.task_log.append("message_stored", {"role": "user", "text": text, "kind": "task"})

    say("first")
    with pytest.raises(SessionError):
        await session.task_log.barrier()
    say("second")
    with pytest.raises(SessionError):
        await session.task_log.barrier()
    fails.append(False)
    say("third")
    await session.task_log.barrier()
    said = [{"role": "user", "content": text} for text in ("first", "second", "third")]
    assert opened()[0].load() == said
    fails.extend([False, True])
    say("fourth")
    with pytest.raises(SessionError):
        await session.task_log.barrier()
    said.append({"role": "user", "content": "fourth"})
    session.save(said)
    assert opened()[0].load() == said, "what the row has is not in the log as well"
    fails.append(False)
    await session.task_log.release()
