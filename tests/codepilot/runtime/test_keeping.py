"""The session that keeps a conversation, before, after and between tasks."""

import pytest

from codepilot import events as e
from codepilot.errors import SessionError, UsageError
from codepilot.loop.conversation import Conversation
from codepilot.runtime.keeping import Keeper, open_session
from codepilot.sessions import AsyncBaseSession, FileSession, InMemorySession

ROW = {"role": "user", "content": "hello"}


class Later(AsyncBaseSession):
    """An asynchronous store in memory."""

    def __init__(self, rows=()):
        self.rows, self.loads = list(rows), 0

    async def load(self):
        self.loads += 1
        return list(self.rows)

    async def save(self, messages):
        self.rows = messages

    async def reset(self):
        self.rows = []


def keeper(session):
    conversation, told = Conversation([]), []
    return Keeper(session, conversation, told.append), conversation, told


def test_what_was_stored_is_there_at_once():
    session = InMemorySession("s")
    session.save([ROW])
    assert keeper(session)[1].messages == [ROW]


async def test_an_asynchronous_session_is_loaded_by_the_first_task_and_only_once():
    session = Later([ROW])
    kept, conversation, _ = keeper(session)
    assert conversation.messages == []
    await kept.begin()
    await kept.begin()
    assert (conversation.messages, session.loads) == ([ROW], 1)


async def test_what_was_forgotten_is_not_loaded_again():
    session = Later([ROW])
    kept, conversation, _ = keeper(session)
    with pytest.raises(UsageError, match="areset"):
        kept.forget_now()
    await kept.forget()
    session.rows = [ROW]
    await kept.begin()
    assert conversation.messages == []


@pytest.mark.parametrize("make", [lambda: InMemorySession("s"), Later])
async def test_a_task_is_saved_and_forgotten(make):
    session = make()
    kept, conversation, told = keeper(session)
    conversation.messages.append(ROW)
    await kept.save()
    assert keeper(session)[1].messages == ([ROW] if isinstance(session, InMemorySession) else [])
    await kept.forget()
    assert (session.rows if isinstance(session, Later) else session.load()) == []
    assert told == []


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (SessionError("The disk is full.", hint="Make room."), "The disk is full."),
        (ValueError("odd"), "The session could not be saved: ValueError: odd"),
    ],
)
async def test_a_store_that_fails_is_told_and_loses_nothing_else(fault, text):
    class Broken(InMemorySession):
        def save(self, messages, metadata=None):
            raise fault

    kept, _, told = keeper(Broken("s"))
    await kept.save()
    assert [(event.error, event.source) for event in told] == [(text, "session")]


async def test_a_damaged_file_is_told_once(tmp_path):
    (tmp_path / "s.json").write_text("{ not json")
    kept, _, told = keeper(FileSession("s", "T", tmp_path))
    assert told == []  # nobody listens yet
    await kept.begin()
    await kept.begin()
    assert [type(event) for event in told] == [e.RuntimeFailed]
    assert "was damaged" in told[0].error


def test_the_name_is_made_of_the_agents(tmp_path):
    session = open_session("My Agent", "file", None, tmp_path, None, None)
    assert session.session_id == "my-agent"
    own = InMemorySession("s")
    assert open_session("My Agent", own, None, None, None, None) is own
    with pytest.raises(UsageError, match="Database"):
        open_session("My Agent", "memory", None, None, "sqlite://", None)
