"""The SQL of one session: what two programs do to its row at the same moment."""

import asyncio

import pytest
import sqlalchemy

from codepilot.errors import SessionBusy
from codepilot.sessions import DatabaseSession


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
