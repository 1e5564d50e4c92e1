"""A session with a log: what is kept in the middle of a task, and what of a disk that refuses."""

import asyncio
import contextlib
import json
import resource
import sqlite3
import threading

import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine

from codepilot import events as e
from codepilot.errors import SessionBusy
from codepilot.loop.conversation import Conversation
from codepilot.loop.inbox import Inbox
from codepilot.messages import Usage
from codepilot.runtime import log_keeping
from codepilot.runtime.log_keeping import LogKeeper
from codepilot.secrets import SecretBook
from codepilot.sessions import AsyncDatabaseSession, DatabaseSession, FileSession

SECRETS = SecretBook({"MY_KEY": "s3cr3t-of-mine"})


class Stage:
    """A keeper with all that is around it."""

    def __init__(self, session):
        self.told, self.restored = [], []
        self.conversation = Conversation([], lambda event: self.keeper.take(event))
        self.inbox = Inbox(
            lambda event: self.keeper.take(event),
            lambda event: self.keeper.record(event),
            lambda: self.keeper.words_kept(),
        )
        self.session = session
        self.publish = self.told.append
        self.keeper = LogKeeper(
            session,
            self.conversation,
            self.inbox,
            lambda event: self.publish(event),
            self.restore,
            SECRETS,
        )

    def restore(self, saved):
        self.restored.append(saved)
        self.conversation.messages.extend(saved.messages)
        self.inbox.restore(saved.queued, saved.sent)


@pytest.fixture
def stage(tmp_path):
    return lambda: Stage(FileSession("s", "T", tmp_path))


def contents(stage):
    return [each["content"] for each in stage.conversation.messages]


async def test_each_word_is_kept_before_anybody_is_told_of_it(stage):
    first = stage()
    await first.keeper.begin()
    first.conversation.add_task(1, "go")
    first.conversation.add_reply("I go.")
    assert contents(stage()) == ["[Task 1][USER INPUT]\ngo", "I go."]
    first.conversation.add_observation("[EXECUTION RESULT]\ndone")
    await first.keeper.durable()
    assert len(contents(stage())) == 3
    await first.keeper.save()
    assert len(contents(stage())) == 3
    assert [path.name for path in first.session.path.parent.iterdir()] == ["s.json"]


async def test_queued_words_wait_again_those_sent_before_the_task_too(stage):
    first = stage()
    first.inbox.put("before")
    await first.keeper.begin()
    first.inbox.put("while")
    first.inbox.put("taken back")
    first.inbox.drop("m3")
    assert [each.text for each in stage().inbox.waiting] == ["before", "while"]


async def test_a_small_file_is_written_after_each_step_and_says_the_same_with_the_log(stage):
    first = stage()
    await first.keeper.begin()
    first.conversation.add_task(1, "go")
    await first.keeper.stepped()
    document = json.loads(first.session.path.read_text())
    assert [each["content"] for each in document["messages"]] == ["[Task 1][USER INPUT]\ngo"]
    first.conversation.add_reply("I go.")
    again = stage()
    assert contents(again) == ["[Task 1][USER INPUT]\ngo", "I go."]


async def test_a_second_keeper_is_refused_and_saves_nothing(stage):
    first, second = stage(), stage()
    await first.keeper.begin()
    first.conversation.add_task(1, "go")
    with pytest.raises(SessionBusy):
        await second.keeper.begin()
    second.conversation.add_task(1, "mine")
    await second.keeper.save()
    await first.keeper.save()
    assert contents(stage()) == ["[Task 1][USER INPUT]\ngo"]
    with pytest.raises(SessionBusy, match="was continued"):
        await second.keeper.begin()


async def test_what_a_program_did_to_the_messages_is_saved_before_the_task(stage):
    first = stage()
    first.conversation.messages.append({"role": "user", "content": "by hand"})
    await first.keeper.begin()
    first.conversation.add_task(1, "go")
    assert contents(stage()) == ["by hand", "[Task 1][USER INPUT]\ngo"]


@pytest.mark.parametrize("opened", ["file", "db"], indirect=True)
async def test_it_is_not_while_another_program_works(opened):
    """Its messages were in the database already when its task was refused; the other one's task was then, too."""
    first, second = opened(), opened()
    await first.keeper.begin()
    first.conversation.add_task(1, "go")
    second.conversation.messages.append({"role": "user", "content": "by hand"})
    with pytest.raises(SessionBusy, match="is being worked on"):
        await second.keeper.begin()
    first.conversation.add_reply("I go.")
    await first.keeper.durable()
    await first.keeper.save()
    assert first.told == []
    assert contents(opened()) == ["[Task 1][USER INPUT]\ngo", "I go."]


async def test_a_disk_that_refuses_is_told_once_and_the_task_goes_on(stage):
    first = stage()
    await first.keeper.begin()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, hard))  # a file that grows beyond this is refused
    try:
        first.conversation.add_task(1, "x" * 500)
        first.conversation.add_reply("I go.")
        await first.keeper.durable()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [event.error.partition(": ")[2] for event in first.told] == ["File too large."]
    await first.keeper.stepped()
    assert len(contents(stage())) == 2, "the file itself has all, now that it can be written"
    first.conversation.add_observation("[EXECUTION RESULT]\ndone")
    await first.keeper.save()
    assert len(contents(stage())) == 3


async def test_a_secret_is_replaced_before_it_is_written(stage, tmp_path):
    first = stage()
    await first.keeper.begin()
    first.conversation.add_task(1, "the key is s3cr3t-of-mine")
    await first.keeper.stepped()
    assert contents(stage()) == ["[Task 1][USER INPUT]\nthe key is [secret MY_KEY]"]
    first.conversation.add_reply("I see.")
    await first.keeper.save()
    assert contents(first)[0].endswith("s3cr3t-of-mine"), "the conversation itself stays"
    assert not any(b"s3cr3t" in path.read_bytes() for path in tmp_path.iterdir())
    await first.keeper.begin()
    first.conversation.add_task(2, "go on")
    assert contents(stage())[0].endswith("[secret MY_KEY]") and len(contents(stage())) == 3


async def test_a_reset_in_a_task_leaves_nothing(stage):
    first = stage()
    await first.keeper.begin()
    first.conversation.add_task(1, "go")
    await first.keeper.forget()
    assert list(first.session.path.parent.iterdir()) == []
    await stage().keeper.begin()


class Noted(DatabaseSession):
    """Notes when it is closed."""

    closed = False

    def dispose(self):
        super().dispose()
        self.closed = True


async def test_the_database_that_a_session_opened_is_closed_with_the_runtime(tmp_path):
    it = Stage(Noted("s", "T", f"sqlite:///{tmp_path}/kept.db"))
    await it.keeper.begin()
    await it.keeper.save()
    assert not it.session.closed
    it.keeper.close()
    assert it.session.closed and it.session.load() == [], "a session of the program can still be read"
    it.session.dispose()


async def test_a_damaged_file_is_told_once(stage, tmp_path):
    (tmp_path / "s.json").write_text("{ not json")
    first = stage()
    assert first.told == []  # nobody listens yet
    for _ in range(2):
        await first.keeper.begin()
        await first.keeper.save()
    assert [type(event) for event in first.told] == [e.RuntimeFailed]
    assert "was damaged" in first.told[0].error


async def test_a_log_of_another_state_of_the_file_is_set_aside_and_told(stage, tmp_path):
    first = stage()
    await first.keeper.begin()
    first.conversation.add_task(1, "go")
    await first.session.task_log.release()  # killed
    row = {"role": "user", "content": "of another program"}
    (tmp_path / "s.json").write_text(json.dumps({"session_id": "s", "messages": [row]}))
    second = stage()
    assert contents(second) == ["of another program"]
    await second.keeper.begin()
    [event] = second.told
    [aside] = tmp_path.glob("s.other-*.log.jsonl")
    assert str(aside) in event.hint and "USER INPUT" in aside.read_text()
    second.conversation.add_task(1, "mine")
    await second.keeper.save()
    assert contents(stage()) == ["of another program", "[Task 1][USER INPUT]\nmine"]


# -- words that are sent, and read by no step ------------------------------------------------------------------------


BETWEEN = pytest.mark.parametrize("opened", ["file", "db"], indirect=True)
"""An asynchronous engine belongs to a loop, which it has from the first task on."""


@pytest.fixture(params=["file", "db", "db async"])
async def opened(request, tmp_path):
    """A stage each time, as another program would have it."""
    engines = []

    def make():
        if request.param == "file":
            return Stage(FileSession("s", "T", tmp_path))
        if request.param == "db":
            engines.append(sqlalchemy.create_engine(f"sqlite:///{tmp_path}/kept.db"))
            return Stage(DatabaseSession("s", "T", engine=engines[-1]))
        engines.append(create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/kept.db"))
        return Stage(AsyncDatabaseSession("s", "T", engines[-1]))

    make.kind = request.param
    yield make
    for engine in engines:
        gone = engine.dispose()
        if gone is not None:
            await gone


async def waiting(stage):
    """The words that wait when a session is opened again."""
    if stage.keeper.loads_later:
        await stage.session.load()
        return list(stage.session.task_log.saved.queued.values())
    return [each.text for each in stage.inbox.waiting]


async def test_words_that_a_task_did_not_read_outlive_its_end(opened):
    first = opened()
    await first.keeper.begin()
    first.conversation.add_task(1, "go")
    first.inbox.put("late")
    first.inbox.put("taken back")
    first.inbox.drop("m2")
    await first.keeper.save()
    first.keeper.close()
    assert await waiting(opened()) == ["late"]
    assert len(await loaded(opened())) == 1, "and they stand in no message before a step reads them"


async def loaded(stage):
    found = stage.session.load()
    return await found if asyncio.iscoroutine(found) else found


async def test_they_are_gone_when_the_next_task_has_read_them(opened):
    first = opened()
    await first.keeper.begin()
    first.inbox.put("late")
    await first.keeper.save()
    second = opened()
    await second.keeper.begin()
    assert [each.text for each in second.inbox.waiting] == ["late"]
    second.inbox.take(lambda message: second.conversation.add_user_message(message.text, message.id))
    second.conversation.add_task(1, "go")
    await second.keeper.save()
    assert await waiting(opened()) == []
    assert [each["content"] for each in await loaded(opened())][0].endswith("late")


async def test_they_outlive_the_tasks_after_that_of_the_same_program_too(opened):
    first = opened()
    for word in ("one", "two", "three"):
        await first.keeper.begin()
        first.inbox.put(word)
        await first.keeper.save()
    assert await waiting(opened()) == ["one", "two", "three"]
    await first.keeper.begin()
    assert await waiting(opened()) == ["one", "two", "three"], "a program that is killed in the task"


async def test_words_of_another_thread_are_kept_when_the_call_returns(opened):
    """Whoever gets the number may be killed at once."""
    first, found = opened(), []
    await first.keeper.begin()
    first.conversation.add_task(1, "go")

    def send():
        first.inbox.put("from a thread")
        found.append(asyncio.run(waiting(opened())))

    thread = threading.Thread(target=send)
    thread.start()
    await asyncio.to_thread(thread.join)
    assert found == [["from a thread"]]
    await first.keeper.save()


async def test_words_sent_on_the_loop_are_kept_at_once_or_by_an_asynchronous_engine_with_its_next_turn(
    opened,
):
    first = opened()
    await first.keeper.begin()
    first.inbox.put("from the loop")
    if opened.kind == "db async":
        await first.session.task_log.soon
    assert await waiting(opened()) == ["from the loop"]
    await first.keeper.save()


@BETWEEN
async def test_words_that_are_sent_while_no_task_is_worked_on_are_kept_at_once(opened):
    first = opened()
    first.inbox.put("before any task")
    assert await waiting(opened()) == ["before any task"]
    await first.keeper.begin()
    first.conversation.add_task(1, "go")
    await first.keeper.save()
    first.inbox.put("after one")
    first.inbox.drop("m1")
    assert await waiting(opened()) == ["after one"]
    second = opened()
    await second.keeper.begin()
    await second.keeper.save()
    assert len(await loaded(opened())) == 1


@pytest.mark.parametrize("opened", ["db async"], indirect=True)
async def test_words_before_the_first_task_of_an_asynchronous_engine_are_kept_with_that_task(opened):
    """Until then they are in memory only; the load at the beginning of the first task took them away."""
    first = opened()
    first.inbox.put("before any task")
    assert await waiting(opened()) == [] and first.told == []
    await first.keeper.begin()
    first.conversation.add_task(1, "go")
    await first.keeper.durable()
    assert await waiting(opened()) == ["before any task"]
    first.inbox.drop("m1")
    await first.keeper.save()
    first.inbox.put("after one")
    await first.session.task_log.soon
    assert await waiting(opened()) == ["after one"], "between two tasks at once"
    await asyncio.to_thread(first.inbox.put, "of a thread")
    assert await waiting(opened()) == ["after one", "of a thread"]
    first.inbox.drop("m3")
    await first.keeper.begin()
    await first.keeper.durable()
    assert await waiting(opened()) == ["after one"]
    await first.keeper.save()
    assert await waiting(opened()) == ["after one"], "and over its end"
    second = opened()
    for words in ("a", "b"):
        second.inbox.put(words)
    await second.keeper.begin()
    assert [each.text for each in second.inbox.waiting] == ["after one", "a", "b"]
    assert len({each.id for each in second.inbox.waiting}) == 3, "each has an id of its own"
    await second.keeper.save()


async def test_words_that_are_all_taken_back_leave_nothing(stage, tmp_path):
    first = stage()
    first.inbox.put("a")
    first.inbox.drop("m1")
    assert stage().inbox.waiting == ()
    await first.keeper.begin()
    await first.keeper.save()
    assert [path.name for path in tmp_path.iterdir()] == ["s.json"]


@BETWEEN
async def test_words_between_tasks_are_told_where_another_program_works(opened):
    first, second = opened(), opened()
    await first.keeper.begin()
    second.inbox.put("mine")
    assert [type(event) for event in second.told] == [e.RuntimeFailed]
    assert "is being worked on" in second.told[0].error
    assert await waiting(opened()) == []
    await first.keeper.save()


async def test_words_that_are_sent_before_the_end_are_kept(opened):
    """With an asynchronous engine it may be the very next thing that the program does."""
    first = opened()
    await first.keeper.begin()
    first.conversation.add_task(1, "go")
    await first.keeper.save()
    first.inbox.put("last words")
    await first.keeper.finish()
    first.keeper.close()
    assert await waiting(opened()) == ["last words"]
    second = opened()
    second.inbox.put("without a task")
    await second.keeper.finish()
    second.keeper.close()
    assert await waiting(opened()) == ["last words", "without a task"]
    assert len(await loaded(opened())) == 1 and first.told == second.told == []


@pytest.mark.parametrize("opened", ["db async"], indirect=True)
async def test_words_to_an_idle_session_that_another_program_took_are_told_and_told_as_lost(opened):
    first, second = opened(), opened()
    await first.keeper.begin()
    await first.keeper.save()
    await second.keeper.begin()
    first.inbox.put("mine")
    await asyncio.gather(first.session.task_log.soon, return_exceptions=True)
    await first.keeper.finish()
    assert ["is being worked on" in event.error for event in first.told] == [True, True]
    assert "words that were sent are lost" in first.told[-1].error
    await second.keeper.save()


async def test_a_reset_forgets_them(opened):
    first = opened()
    await first.keeper.begin()
    first.inbox.put("late")
    await first.keeper.save()
    await first.keeper.forget()
    first.inbox.clear()
    assert await waiting(opened()) == []
    await first.keeper.begin()
    await first.keeper.save()
    assert await waiting(opened()) == []


@pytest.fixture
def full_disk():
    """A disk that takes no file of more than 200 bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    @contextlib.contextmanager
    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limited


async def test_words_that_met_a_full_disk_between_tasks_are_written_at_the_end(stage, full_disk):
    first = stage()
    await first.keeper.begin()
    await first.keeper.save()
    with full_disk():
        for words in ("x" * 500, "y" * 500):
            first.inbox.put(words)
    assert await waiting(stage()) == [] and len(first.told) == 1
    await first.keeper.finish()
    first.keeper.close()
    assert await waiting(stage()) == ["x" * 500, "y" * 500] and len(first.told) == 1


async def test_words_that_met_a_full_disk_are_written_where_no_loop_ever_ran(stage, full_disk):
    first = stage()
    with full_disk():
        first.inbox.put("x" * 500)
    first.keeper.close()
    assert await waiting(stage()) == ["x" * 500]


async def test_words_are_told_as_lost_where_the_disk_is_full_to_the_end(stage, full_disk):
    first = stage()
    with full_disk():
        first.inbox.put("x" * 500)
        await first.keeper.finish()
        first.keeper.close()
    assert len(first.told) == 2 and "words that were sent are lost" in first.told[-1].error


async def test_what_a_disk_did_not_take_at_the_end_of_a_task_is_saved_at_the_end_of_all(stage, full_disk):
    first = stage()
    await first.keeper.begin()
    with full_disk():
        first.conversation.add_task(1, "x" * 500)
        await first.keeper.save()
        first.inbox.put("late")
    await first.keeper.finish()
    first.keeper.close()
    assert len(contents(stage())) == 1 and await waiting(stage()) == ["late"]


@pytest.mark.parametrize("thread", [False, True])
async def test_words_that_met_a_full_disk_are_tried_again_until_there_is_space(
    stage, full_disk, monkeypatch, thread
):
    monkeypatch.setattr(log_keeping, "_AGAIN", 0.01)
    first, loop = stage(), asyncio.get_running_loop()
    first.publish = lambda event: loop.call_soon_threadsafe(first.keeper.take, event)
    await first.keeper.begin()
    await first.keeper.save()
    with full_disk():
        if thread:
            await asyncio.to_thread(first.inbox.put, "x" * 500)
        else:
            first.inbox.put("x" * 500)
        await asyncio.sleep(0)
    while await waiting(stage()) != ["x" * 500]:
        await asyncio.sleep(0.01)
    await first.keeper.finish()


async def test_what_a_full_disk_did_not_take_is_written_before_what_follows(stage, full_disk):
    """What came after a gap would be read as if nothing were missing."""
    first = stage()
    await first.keeper.begin()
    with full_disk():
        first.conversation.add_task(1, "x" * 500)
        first.conversation.add_reply("I go.")
        first.inbox.put("while it is full")
    assert contents(stage()) == []
    await asyncio.to_thread(first.inbox.put, "words")
    assert len(contents(stage())) == 2
    assert await waiting(stage()) == ["while it is full", "words"], "a program that is killed now"
    assert len(first.told) == 1
    await first.keeper.durable()
    document = json.loads(first.session.path.read_text())
    assert document["messages"] == [], "the log has it all: there is no need to write the file"
    first.conversation.add_observation("[EXECUTION RESULT]\ndone")
    assert len(contents(stage())) == 3
    await first.keeper.save()
    assert len(contents(stage())) == 3 and await waiting(stage()) == ["while it is full", "words"]


async def test_a_disk_that_stays_full_costs_what_no_save_had(stage, full_disk):
    first = stage()
    await first.keeper.begin()
    with full_disk():
        first.conversation.add_task(1, "x" * 500)
        await first.keeper.durable()
        await first.keeper.save()
    assert contents(stage()) == []
    await first.keeper.begin()
    assert len(contents(stage())) == 1, "the next task saves it"


@pytest.mark.parametrize("opened", ["db", "db async"], indirect=True)
async def test_a_later_writer_is_noticed_also_by_one_whose_log_was_longer(opened):
    first = opened()
    await first.keeper.begin()
    first.conversation.add_task(1, "go")
    first.conversation.add_reply("I go.")
    await first.keeper.durable()
    await first.keeper.save()
    second = opened()
    await second.keeper.begin()
    second.conversation.add_task(2, "mine")
    await second.keeper.durable()
    await second.session.task_log.release()  # killed
    with pytest.raises(SessionBusy, match="was continued"):
        await first.keeper.begin()


async def test_a_keeper_that_is_cancelled_as_it_begins_lets_go(opened):
    first = opened()
    for beginning in (asyncio.create_task(first.keeper.begin()) for _ in range(2)):
        await asyncio.sleep(0)  # it has asked for the session
        beginning.cancel()
        assert isinstance(*await asyncio.gather(beginning, return_exceptions=True), asyncio.CancelledError)
        await first.keeper.save()
    assert first.told == []
    await first.keeper.begin()
    first.conversation.add_task(1, "go")
    await first.keeper.save()
    second = opened()
    await second.keeper.begin()
    assert contents(second) == ["[Task 1][USER INPUT]\ngo"]
    await second.keeper.save()


async def test_a_keeper_that_is_closed_in_a_task_is_no_writer_any_more(opened):
    first = opened()
    await first.keeper.begin()
    first.conversation.add_task(1, "go")
    await first.keeper.durable()
    first.keeper.close()
    second = opened()
    await second.keeper.begin()
    assert contents(second) == ["[Task 1][USER INPUT]\ngo"]
    await second.keeper.save()


async def test_a_save_that_is_cancelled_lets_go_all_the_same(opened):
    first = opened()
    await first.keeper.begin()
    first.conversation.add_task(1, "go")
    saving = asyncio.create_task(first.keeper.save())
    await asyncio.sleep(0)
    saving.cancel()
    await asyncio.gather(saving, return_exceptions=True)
    second = opened()
    await second.keeper.begin()
    assert contents(second) == ["[Task 1][USER INPUT]\ngo"]
    await second.keeper.save()


# -- what is kept beside the messages --------------------------------------------------------------------------------


def reply(stage, number, cost=0.5):
    """A task with one reply of a service that counts."""
    stage.keeper.take(e.TaskStarted(task="go", number=number))
    stage.conversation.add_task(number, "go")
    stage.conversation.add_reply("I go.")
    told = {"input_tokens": 100 * number, "output_tokens": 10, "cached_tokens": 5, "cost": cost * number}
    stage.keeper.take(e.ReplyFinished(text="I go.", reason="stop", **told))


async def restored(stage):
    """The session as it is read."""
    await loaded(stage)
    return stage.session.task_log.saved


async def test_what_a_session_cost_and_the_length_of_its_requests_outlive_its_program(opened):
    first = opened()
    await first.keeper.begin()
    reply(first, 1)
    await first.keeper.durable()
    in_a_task = await restored(opened())
    await first.keeper.save()
    over = await restored(opened())
    for saved in (in_a_task, over):
        assert (saved.spent.input, saved.spent.output, saved.spent.cached, saved.spent.cost) == (
            100,
            10,
            5,
            0.5,
        )
        assert (saved.counted, saved.counted_at) == (100, 1)
        assert saved.spent.last == Usage(input_tokens=100, output_tokens=10, cache_read=5)
    second = opened()
    await second.keeper.begin()
    reply(second, 2)
    await second.keeper.stepped()  # a file is saved now, with the log beside it: nothing counts twice
    saved = await restored(opened())
    assert (saved.spent.input, saved.spent.cost, saved.counted, saved.counted_at) == (300, 1.0, 200, 3)
    second.inbox.put("late")
    await second.keeper.save()
    saved = await restored(opened())
    assert (saved.spent.input, saved.spent.cost, saved.counted, saved.counted_at) == (300, 1.0, 200, 3)
    assert saved.spent.last == Usage(input_tokens=200, output_tokens=10, cache_read=5), (
        "the last, not their sum"
    )


async def test_a_reset_forgets_them_with_the_messages(opened):
    first = opened()
    await first.keeper.begin()
    reply(first, 1)
    await first.keeper.save()
    await first.keeper.forget()
    saved = await restored(opened())
    assert (saved.spent.input, saved.counted) == (0, 0)


async def test_another_program_that_saves_the_file_in_between_costs_the_figures_only(stage, tmp_path):
    first = stage()
    await first.keeper.begin()
    reply(first, 1)
    await first.keeper.save()
    document = json.loads(first.session.path.read_text())
    assert list(document) == ["session_id", "agent_name", "created_at", "updated_at", "messages"]
    row = {"role": "user", "content": "of another program"}
    first.session.path.write_text(json.dumps({**document, "messages": [row]}))
    second = stage()
    assert contents(second) == ["of another program"]
    await second.keeper.begin()
    assert second.told == [] and not list(tmp_path.glob("s.other-*"))
    saved = await restored(stage())
    assert (saved.spent.input, saved.counted) == (0, 0)


@pytest.mark.parametrize("wrong", [[], "x", {"input_tokens": "many"}, {"counted": 5, "counted_at": 99}])
async def test_figures_of_another_form_are_none(stage, tmp_path, wrong):
    first = stage()
    await first.keeper.begin()
    reply(first, 1)
    await first.keeper.save()
    log = tmp_path / "s.log.jsonl"
    log.write_text(json.dumps({**json.loads(log.read_text()), "figures": wrong}) + "\n")
    saved = await restored(stage())
    assert (saved.spent.input, saved.counted) == (0, 0)


# -- a database that fails once --------------------------------------------------------------------------------------


async def test_a_write_that_a_database_refused_is_made_up_for_and_the_session_stays_taken(tmp_path):
    """Seen: the next save deleted the log in the middle of the task, and with it who worked on what."""
    file = tmp_path / "kept.db"
    engines = [sqlalchemy.create_engine(f"sqlite:///{file}", connect_args={"timeout": 0}) for _ in range(2)]
    first = Stage(DatabaseSession("s", "T", engine=engines[0]))
    try:
        await first.keeper.begin()
        first.conversation.add_task(1, "go")
        await first.keeper.durable()
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("begin exclusive")
            first.conversation.add_reply("I go.")
            await first.keeper.durable()
            await first.keeper.stepped()
            other.execute("rollback")
        assert ["locked" in each.error for each in first.told] == [True], "once"
        first.conversation.add_observation("done")
        await first.keeper.durable()
        second = Stage(DatabaseSession("s", "T", engine=engines[1]))
        assert contents(second) == contents(first)
        with pytest.raises(SessionBusy, match="is being worked on"):
            await second.keeper.begin()
        await first.keeper.save()
        assert contents(Stage(DatabaseSession("s", "T", engine=engines[1]))) == contents(first)
    finally:
        for engine in engines:
            engine.dispose()


# -- one object for two runtimes ------------------------------------------------------------------------------------


@pytest.fixture(params=["file", "db"])
def session(request, tmp_path):
    made = FileSession("s", "T", tmp_path)
    if request.param == "db":
        made = DatabaseSession("s", "T", f"sqlite:///{tmp_path}/kept.db")
    yield made
    if request.param == "db":
        made.dispose()


async def test_of_two_with_one_session_object_the_second_is_refused_while_the_first_works(session):
    """Seen: both worked, and the turn of one was written over without a word."""
    first, second = Stage(session), Stage(session)
    await first.keeper.begin()
    first.conversation.add_task(1, "of the first")
    with pytest.raises(SessionBusy, match="worked on by another runtime of this program"):
        await second.keeper.begin()
    await second.keeper.save()
    await first.keeper.durable()
    await first.keeper.save()
    with pytest.raises(SessionBusy, match="continued by another runtime"):
        await second.keeper.begin()
    third = Stage(session)
    assert contents(third) == contents(first)
    await third.keeper.begin()
    third.conversation.add_task(2, "of the third")
    await third.keeper.save()
    with pytest.raises(SessionBusy, match="continued by another runtime"):
        await first.keeper.begin()
    assert contents(Stage(session)) == contents(third)


async def test_a_runtime_that_forgot_or_ended_leaves_the_object_to_the_next(session):
    first = Stage(session)
    await first.keeper.begin()
    first.keeper.close()
    second = Stage(session)
    await second.keeper.begin()
    await second.keeper.forget()
    third = Stage(session)
    await third.keeper.begin()
    await third.keeper.save()
    await third.keeper.begin()
    await third.keeper.save()


async def test_a_task_that_another_program_keeps_from_beginning_holds_nobody_up(tmp_path):
    session, elsewhere = (FileSession("s", "T", tmp_path) for _ in range(2))
    first, other = Stage(session), Stage(elsewhere)
    await other.keeper.begin()
    with pytest.raises(SessionBusy, match="by process"):
        await first.keeper.begin()
    await other.keeper.forget()
    session.load()
    await Stage(session).keeper.begin()
