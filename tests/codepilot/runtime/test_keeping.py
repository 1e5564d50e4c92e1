"""The session that keeps a conversation, before, after and between tasks."""

import asyncio

import pytest

from codepilot.errors import SessionError, UsageError
from codepilot.loop.conversation import Conversation
from codepilot.runtime.keeping import INTERRUPTED, Keeper, open_session
from codepilot.sessions import AsyncBaseSession, InMemorySession

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
        (StopIteration(), "The session could not be saved: RuntimeError: the function raised StopIteration"),
    ],
)
async def test_a_store_that_fails_is_told_and_loses_nothing_else(fault, text):
    class Broken(InMemorySession):
        def save(self, messages, metadata=None):
            raise fault

    kept, _, told = keeper(Broken("s"))
    await asyncio.wait_for(kept.save(), 20)
    assert [(event.error, event.source) for event in told] == [(text, "session")]


class Counted(InMemorySession):
    """A store of a program, which notes what it was given."""

    def __init__(self, *rows):
        super().__init__("s")
        super().save(list(rows))
        self.saved = []

    def save(self, messages):
        self.saved.append([each["content"] for each in messages])


async def test_a_store_of_a_program_is_saved_before_each_effect_and_after_each_step_if_something_was_said():
    session = Counted()
    kept, conversation, _ = keeper(session)
    await kept.begin()
    conversation.add_task(1, "go")
    await kept.durable()
    await kept.durable()
    conversation.add_reply("I go.")
    await kept.stepped()
    await kept.stepped()
    task = "[Task 1][USER INPUT]\ngo"
    assert session.saved == [[task], [task, "I go."]]


async def test_a_reply_without_a_result_reads_may_have_run():
    block = {"role": "assistant", "content": "I run it.\n```codepilot\nexecute('main', 'make')\n```\n"}
    kept, conversation, told = keeper(Counted(ROW, block))
    await kept.begin()
    assert "It may have run in whole, in part or not at all." in conversation.messages[-1]["content"]
    assert [event.error for event in told] == [INTERRUPTED]
    await kept.begin()
    assert len(conversation.messages) == 3, "once is enough"
    kept, conversation, told = keeper(Counted(ROW, {"role": "assistant", "content": "It is four."}))
    await kept.begin()
    assert (len(conversation.messages), told) == (2, [])


async def test_a_session_that_could_not_be_read_is_not_overwritten():
    class Down(Later):
        async def load(self):
            raise OSError("the base is down")

    session = Down([ROW])
    kept, _, _ = keeper(session)
    with pytest.raises(SessionError, match="the base is down"):
        await kept.begin()
    await kept.save()
    assert session.rows == [ROW]


def test_the_name_is_made_of_the_agents(tmp_path):
    session = open_session("My Agent", "file", None, tmp_path, None, None)
    assert session.session_id == "my-agent"
    own = InMemorySession("s")
    assert open_session("My Agent", own, None, None, None, None) is own
    with pytest.raises(UsageError, match="the session is kept in 'memory'"):
        open_session("My Agent", "memory", None, None, "sqlite://", None)


def gives(value, base=InMemorySession):
    """A store of a program whose `load()` gives this."""

    class Own(base):
        def load(self):
            return value

    return Own()


def test_a_store_that_gives_nothing_has_nothing():
    assert keeper(gives(None))[1].messages == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "Own.load() gave an object of type str, where a list of messages was expected."),
        ({"role": "user"}, "Own.load() gave an object of type dict, where a list of messages was expected."),
        (5, "Own.load() gave an object of type int, where a list of messages was expected."),
        ([ROW, 5], "Own.load() gave an object of type int as message 1, where a dict was expected."),
        ([{"role": "user"}], "Own.load() gave message 0 without content."),
        ([{"content": "x"}], "Own.load() gave message 0 without role."),
        ([{"role": 5, "content": "x"}], "Own.load() gave message 0 with an object of type int as role."),
    ],
)
def test_a_store_that_gives_no_messages_is_told_what_to_give(value, text):
    with pytest.raises(SessionError) as told:
        keeper(gives(value))
    assert told.value.message == text
    assert "dicts with role ('user' or 'assistant') and content, a text" in told.value.hint


async def test_so_is_an_asynchronous_one_by_its_first_task():
    async def load(self):
        return "x"

    session = type("Own", (Later,), {"load": load})()
    kept, _, _ = keeper(session)
    with pytest.raises(SessionError, match=r"Own\.load\(\) gave an object of type str"):
        await kept.begin()
    kept, _, _ = keeper(gives([], Later))
    with pytest.raises(SessionError, match=r"Own\.load\(\) is not async"):
        await kept.begin()


async def test_what_a_store_raises_is_named_by_its_method():
    def fail(self):
        raise RuntimeError("the base is down")

    async def fail_later(self):
        raise RuntimeError("the base is down")

    with pytest.raises(SessionError, match=r"Own\.load\(\) failed: RuntimeError: the base is down"):
        keeper(type("Own", (InMemorySession,), {"load": fail})())
    kept, _, _ = keeper(type("Own", (InMemorySession,), {"reset": fail})())
    for forget in (kept.forget_now, lambda: None):
        with pytest.raises(SessionError, match=r"Own\.reset\(\) failed: RuntimeError: the base is down"):
            forget() or await kept.forget()
    kept, _, _ = keeper(type("Own", (Later,), {"load": fail_later, "reset": fail_later})())
    with pytest.raises(SessionError, match=r"Own\.load\(\) failed"):
        await kept.begin()
    with pytest.raises(SessionError, match=r"Own\.reset\(\) failed"):
        await kept.forget()


@pytest.mark.parametrize("method", ["load", "save", "reset"])
def test_a_plain_store_with_an_async_method_is_refused(method):
    async def later(self, *_):
        raise AssertionError("nobody awaits it")

    own = type("Own", (InMemorySession,), {method: later})()
    with pytest.raises(UsageError, match=rf"Own\.{method}\(\) is async, and nobody would await it") as told:
        open_session("A", own, None, None, None, None)
    assert "AsyncBaseSession" in told.value.hint


async def test_an_asynchronous_store_that_saves_at_once_is_told():
    class Own(Later):
        def save(self, messages):
            pass

    kept, _, told = keeper(Own())
    await kept.save()
    assert [event.error for event in told] == [
        "Own.save() is not async, as those of an AsyncBaseSession are."
    ]
