"""One suite for every store: what is saved is loaded, and of two writers the second is refused."""

import asyncio
import contextlib
import glob
import inspect
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from codepilot import AsyncDatabaseSession, AsyncRuntime, DatabaseSession, FileSession, InMemorySession
from codepilot.errors import SessionBusy, SessionError
from codepilot.sessions import create_session
from codepilot.sessions.database_tables import LOG
from codepilot.testing import RecordedProvider

MESSAGES = [
    {"role": "user", "content": "[Task 1][USER INPUT]\nhi \u2028 ☃ \0 \udc80"},
    {"role": "assistant", "content": "hello", "reasoning": {"provider": "p", "blocks": []}},
]
MORE = [*MESSAGES, {"role": "user", "content": "[Task 2][USER INPUT]\nmore"}]


class Place:
    """Where the sessions of a test are kept: `open` gives a new object each time, as another program would have it."""

    def __init__(self, kind, folder, url=""):
        self.kind = kind
        self._folder = folder
        self._url = url
        self._shared = {}
        self._engines = []

    def open(self, session_id="s", agent_name="Agent"):
        match self.kind:
            case "memory":
                return self._shared.setdefault(session_id, InMemorySession(session_id))
            case "file":
                return FileSession(session_id, agent_name, self._folder)
            case "db" | "postgres":
                return DatabaseSession(session_id, agent_name, engine=self.engine())
            case _:
                return AsyncDatabaseSession(session_id, agent_name, self.engine())

    def engine(self):
        url = (
            self._url
            or f"{'sqlite+aiosqlite' if 'async' in self.kind else 'sqlite'}:///{self._folder}/kept.db"
        )
        make = create_async_engine if "async" in self.kind else sqlalchemy.create_engine
        self._engines.append(make(url))
        return self._engines[-1]

    async def close(self):
        for engine in self._engines:
            await done(engine.dispose())


async def done(value):
    """What a method of a store gives, awaited where it is to be."""
    return await value if inspect.isawaitable(value) else value


@contextlib.contextmanager
def postgres():
    """A server of the test's own, on a socket in a folder that goes with it; by its own user, since it refuses root."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin")) or [os.path.dirname(shutil.which("psql"))]
    folder = tempfile.mkdtemp(prefix="codepilot-pg-", dir="/tmp")
    user = {"user": "postgres", "group": "postgres"} if os.getuid() == 0 else {}
    if user:
        shutil.chown(folder, "postgres", "postgres")
    run = {"check": True, "cwd": folder, "stdout": subprocess.DEVNULL, **user}
    try:
        subprocess.run(
            [f"{found[-1]}/initdb", "-D", f"{folder}/data", "-U", "codepilot", "-A", "trust", "-E", "UTF8"],
            **run,
        )
        control = [f"{found[-1]}/pg_ctl", "-D", f"{folder}/data", "-w"]
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        subprocess.run([*control, "-l", f"{folder}/log", "-o", options, "start"], **run)
        try:
            yield f"codepilot@/postgres?host={folder}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **run)
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def server():
    if shutil.which("psql") is None:
        pytest.skip("psql is not installed")
    with postgres() as where:
        yield where


SLOW = pytest.mark.slow
LASTING = [
    *("file", "db", "db async"),
    *(pytest.param(kind, marks=SLOW) for kind in ("postgres", "postgres async", "postgres asyncpg")),
]
"""Stores that outlive their program."""


async def place_of(request, tmp_path):
    where = request.getfixturevalue("server") if "postgres" in request.param else ""
    if where:
        with psycopg.connect(f"postgresql://{where}", autocommit=True) as connection:
            connection.execute("drop table if exists codepilot_sessions, codepilot_session_log")
    driver = "asyncpg" if "asyncpg" in request.param else "psycopg"
    url = f"postgresql+{driver}://{where}" if where else ""
    place = Place(request.param, tmp_path, url)
    yield place
    await place.close()


place = pytest.fixture(place_of, params=["memory", *LASTING])
lasting = pytest.fixture(place_of, params=LASTING)
cancelled = pytest.fixture(place_of)
shared = pytest.fixture(place_of, params=[each for each in LASTING if each != "file"])
listed = pytest.fixture(place_of, params=["file", "db", pytest.param("postgres", marks=SLOW)])


async def test_what_was_saved_is_loaded_by_the_next(place):
    assert await done(place.open().load()) == []
    await done(place.open().save(MESSAGES))
    session = place.open()
    assert await done(session.load()) == MESSAGES
    await done(session.save(MORE))
    assert await done(place.open().load()) == MORE


async def test_those_who_begin_at_once_where_nothing_was_kept_before_are_all_kept(lasting):
    """In a new database each of them made the tables: one did, and the tasks of the others were lost."""
    several = [lasting.open(f"s{number}") for number in range(6)]
    ready = threading.Barrier(len(several))

    def save(session):
        ready.wait()
        return session.save(MESSAGES)

    if inspect.iscoroutinefunction(several[0].save):
        await asyncio.gather(*(session.save(MESSAGES) for session in several))
    else:
        with ThreadPoolExecutor(len(several)) as pool:
            await asyncio.gather(
                *(asyncio.get_running_loop().run_in_executor(pool, save, session) for session in several)
            )
    for session in several:
        assert await done(lasting.open(session.session_id).load()) == MESSAGES


async def test_what_is_loaded_or_saved_is_a_copy(place):
    session, mine = place.open(), [dict(each) for each in MESSAGES]
    await done(session.save(mine))
    mine[0]["content"] = "changed"
    (await done(session.load())).clear()
    assert await done(session.load()) == MESSAGES


async def test_a_reset_forgets_one_session_and_no_other(place):
    await done(place.open("other").save(MESSAGES))
    session = place.open()
    await done(session.save(MESSAGES))
    await done(session.reset())
    assert await done(session.load()) == []
    await done(session.save(MORE))
    assert await done(place.open().load()) == MORE
    assert await done(place.open("other").load()) == MESSAGES
    await done(place.open("other").reset())


@pytest.mark.parametrize("name", ["a/b:c", "a_b_c", "..", "日本語", "x" * 200])
async def test_each_id_is_a_session_of_its_own(place, name):
    session = place.open(name)
    assert session.session_id == name
    await done(session.save(MESSAGES))
    assert await done(place.open(f"{name}_").load()) == []
    assert await done(place.open(name).load()) == MESSAGES
    await done(place.open(name).reset())


async def test_values_of_the_program_stay_beside_the_messages(lasting):
    extra = {"memory_state": {"archive": {"store": {"1": MESSAGES}}}}
    session = lasting.open()
    assert await done(session.load_extra()) == {}
    await done(session.save_extra(extra))
    await done(session.save(MESSAGES))
    again = lasting.open()
    assert await done(again.load_extra()) == extra
    assert await done(again.load()) == MESSAGES
    await done(again.save_extra({"other": 1}))
    assert await done(lasting.open().load()) == MESSAGES
    assert await done(lasting.open().load_extra()) == {"other": 1}


async def test_a_store_that_was_continued_elsewhere_is_not_overwritten(lasting):
    await done(lasting.open().save(MESSAGES))
    one, other = lasting.open(), lasting.open()
    await done(one.load())
    await done(other.load())
    await done(other.save(MORE))
    with pytest.raises(SessionBusy, match="was continued by another program") as caught:
        await done(one.save(MESSAGES[:1]))
    assert "new runtime" in caught.value.hint
    assert await done(lasting.open().load()) == MORE
    assert await done(one.load()) == MORE
    await done(one.save(MESSAGES))  # now it knows
    assert await done(lasting.open().load()) == MESSAGES


async def test_a_value_that_json_cannot_hold_is_named_and_changes_nothing(lasting):
    session = lasting.open()
    await done(session.save(MESSAGES))
    with pytest.raises(SessionError, match=r"messages\[0\]\.content"):
        await done(session.save([{"role": "user", "content": {1}}]))
    assert await done(lasting.open().load()) == MESSAGES


# -- the log: what was said since the last save --------------------------------------------------------------------


async def claimed(place):
    """A session as a task has it."""
    session = place.open()
    await done(session.load())
    await session.task_log.claim()
    return session


def say(session, text, role="user", kind="task"):
    session.task_log.append("message_stored", {"role": role, "text": text, "kind": kind})


async def test_what_was_said_in_a_task_is_there_without_a_save(lasting):
    await done(lasting.open().save(MESSAGES))
    session = await claimed(lasting)
    say(session, "[Task 2][USER INPUT]\nmore")
    await session.task_log.barrier()
    assert await done(lasting.open().load()) == MORE
    await done(session.save(MORE))
    await session.task_log.release()
    assert await done(lasting.open().load()) == MORE


async def test_of_a_program_that_ended_it_is_known_where_its_task_stood(lasting):
    session = await claimed(lasting)
    for type, data in [
        ("task_started", {"task": "hi", "number": 1}),
        ("message_stored", {"role": "user", "text": "[Task 1][USER INPUT]\nhi", "kind": "task"}),
        ("message_queued", {"message_id": "m1", "message": "and this"}),
        ("step_started", {"step": 1, "max_steps": 9}),
        ("message_stored", {"role": "assistant", "text": "I run it.", "kind": "reply"}),
        ("control_started", {}),
        ("tool_started", {"call_id": "c1", "tool": "find", "label": "x"}),
        ("tool_finished", {"call_id": "c1", "tool": "find", "result": "[find] none"}),
        ("tool_started", {"call_id": "c2", "tool": "execute", "label": "main › make"}),
        ("effect_started", {"call_id": "c2", "effect": "command", "command": "make"}),
    ]:
        session.task_log.append(type, data)
    await session.task_log.barrier()
    await session.task_log.release()
    again = lasting.open()
    assert [each["content"] for each in await done(again.load())] == ["[Task 1][USER INPUT]\nhi", "I run it."]
    saved = again.task_log.saved
    assert saved.queued == {"m1": "and this"}
    assert [(call.tool, call.finished, call.effect) for call in saved.unfinished.calls] == [
        ("find", True, "none"),
        ("execute", False, "command"),
    ]
    assert (saved.unfinished.task, saved.unfinished.acted, saved.calls) == ("hi", True, 2)


async def test_a_second_writer_is_refused_while_the_first_works(lasting):
    first = await claimed(lasting)
    second = lasting.open()
    await done(second.load())
    with pytest.raises(SessionBusy, match="is being worked on") as caught:
        await second.task_log.claim()
    assert str(os.getpid()) in str(caught.value) and "session_id" in caught.value.hint
    for change in (second.reset, lambda: second.save(MORE), lambda: second.save_extra({"other": 1})):
        with pytest.raises(SessionBusy, match="is being worked on"):
            await done(change())
    say(first, "goes on")
    await first.task_log.barrier()
    await done(first.save(MESSAGES))
    await first.task_log.release()
    with pytest.raises(SessionBusy, match="was continued"):
        await second.task_log.claim()
    await done(second.load())
    await second.task_log.claim()
    await second.task_log.release()


async def made_elsewhere(place):
    """Has the claim of a session read as that of a program on another machine, of which nobody knows if it lives."""
    engine = place.engine()
    read = sqlalchemy.select(LOG.c.n, LOG.c.record).where(LOG.c.record.contains("session_claimed"))

    def change(connection):
        row = connection.execute(read).one()
        claim = {**json.loads(row.record), "host": "elsewhere", "process": "another"}
        connection.execute(sqlalchemy.update(LOG).where(LOG.c.n == row.n).values(record=json.dumps(claim)))

    if isinstance(engine, AsyncEngine):
        async with engine.begin() as connection:
            await connection.run_sync(change)
    else:
        with engine.begin() as connection:
            change(connection)


async def test_who_was_overtaken_from_another_machine_is_refused_before_its_next_effect(shared):
    """Seen: the other's save made the numbers of the log free again, so commands ran on until the save at the end."""
    first = await claimed(shared)
    say(first, "words of the first")
    await first.task_log.barrier()
    await made_elsewhere(shared)
    second = await claimed(shared)
    say(second, "words of the second")
    await second.task_log.barrier()
    await done(second.save(MORE))
    await second.task_log.release()
    for _ in range(2):
        first.task_log.append("effect_started", {"call_id": "c1", "effect": "command", "command": "rm x"})
        with pytest.raises(SessionBusy, match="was continued"):
            await first.task_log.barrier()
    with pytest.raises(SessionBusy, match="was continued"):
        await done(first.save(MESSAGES))
    assert await done(shared.open().load()) == MORE


async def test_values_that_another_thread_keeps_take_no_message_away(tmp_path):
    """Found by a program: what a save or the end of a task wrote in between was written over."""
    place, stop, failed = Place("file", tmp_path), threading.Event(), []
    session = place.open()
    await done(session.load())

    def keep():
        try:
            while not stop.is_set():
                session.save_extra({"kept": True})
        except BaseException as error:
            failed.append(error)
            raise

    thread = threading.Thread(target=keep)
    thread.start()
    try:
        said = []
        for number in range(12):
            await session.task_log.claim()
            said.append({"role": "user", "content": f"words {number}"})
            say(session, said[-1]["content"])
            await session.task_log.barrier()
            session.save(said)
            await session.task_log.release()
            assert place.open().load() == said
    finally:
        stop.set()
        thread.join()
    assert not failed and place.open().load_extra() == {"kept": True}
    await place.close()


async def test_one_store_works_on_task_after_task(lasting):
    session = lasting.open()
    await done(session.load())
    for number in range(3):
        await session.task_log.claim()
        say(session, f"{number}")
        await session.task_log.barrier()
        await done(session.save([{"role": "user", "content": f"{each}"} for each in range(number + 1)]))
        await session.task_log.release()
    assert [each["content"] for each in await done(lasting.open().load())] == ["0", "1", "2"]


async def test_a_writer_that_ended_hinders_nobody(lasting):
    first = await claimed(lasting)
    say(first, "kept")
    await first.task_log.barrier()
    await first.task_log.release()  # as after a kill: nothing was saved
    second = await claimed(lasting)
    assert await done(lasting.open().load()) == [{"role": "user", "content": "kept"}]
    say(second, "and more")
    await second.task_log.barrier()
    await second.task_log.release()
    assert [each["content"] for each in await done(lasting.open().load())] == ["kept", "and more"]


async def test_a_session_that_was_begun_is_listed_at_once(listed):
    session = await claimed(listed)
    assert listed.open().exists()
    assert [(row["session_id"], row["messages"]) for row in session.list_sessions()] == [("s", 0)]
    await session.task_log.release()
    listed.open().reset()
    assert not listed.open().exists() and listed.open().metadata() is None


HOLDS = """
import asyncio, sys
from codepilot.sessions import create_session

kind, folder = sys.argv[1:]
session = create_session(kind, "s", "A", folder, f"sqlite:///{folder}/kept.db")
session.load()
asyncio.run(session.task_log.claim())
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["file", "db"])
async def test_another_process_is_refused_until_the_one_that_works_is_gone(kind, tmp_path):
    command = [sys.executable, "-c", HOLDS, kind, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        here = create_session(kind, "s", "A", tmp_path, f"sqlite:///{tmp_path}/kept.db")
        here.load()
        with pytest.raises(SessionBusy, match=f"is being worked on by process {holder.pid} on "):
            await here.task_log.claim()
        with pytest.raises(SessionBusy):
            here.reset()
        holder.kill()
    here.load()
    await here.task_log.claim()
    await here.task_log.release()
    if kind == "db":
        here.dispose()


# -- the documented table ------------------------------------------------------------------------------------------


@pytest.fixture
def table(tmp_path):
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/kept.db")
    yield engine
    engine.dispose()


def row_of(engine):
    with engine.begin() as connection:
        return connection.execute(sqlalchemy.text("select * from codepilot_sessions")).mappings().one()


def test_the_table_is_the_documented_one(table):
    session = DatabaseSession("s", "Backend", engine=table)
    session.save(MESSAGES)
    first = row_of(table)
    session.save_extra({"a": 1})
    second = row_of(table)
    assert list(first) == ["session_id", "agent_name", "messages", "created_at", "updated_at"]
    assert json.loads(second["messages"]) == {"messages": MESSAGES, "extra": {"a": 1}}
    assert first["created_at"] == second["created_at"] < second["updated_at"] <= time.time()
    columns = {each["name"]: each for each in sqlalchemy.inspect(table).get_columns("codepilot_sessions")}
    assert {name: str(each["type"]) for name, each in columns.items()} == {
        "session_id": "VARCHAR(255)",
        "agent_name": "VARCHAR(255)",
        "messages": "TEXT",
        "created_at": "FLOAT",
        "updated_at": "FLOAT",
    }
    assert not any(each["nullable"] for each in columns.values())
    assert sqlalchemy.inspect(table).get_pk_constraint("codepilot_sessions")["constrained_columns"] == [
        "session_id"
    ]


def test_a_bare_list_of_old_versions_is_read_and_the_newest_comes_first(table):
    for name in ("old", "new"):
        DatabaseSession(name, "A", engine=table).save(MESSAGES)
    with table.begin() as connection:
        connection.execute(
            sqlalchemy.text("update codepilot_sessions set messages=:text where session_id='old'"),
            {"text": json.dumps(MESSAGES[:1])},
        )
    session = DatabaseSession("old", "A", engine=table)
    assert session.load() == MESSAGES[:1]
    assert session.metadata()["extra"] == {}
    assert [(row["session_id"], row["messages"]) for row in session.list_sessions()] == [
        ("new", 2),
        ("old", 1),
    ]


def test_a_damaged_row_is_told_and_left_alone(table):
    DatabaseSession("s", "A", engine=table).save(MESSAGES)
    with table.begin() as connection:
        connection.execute(sqlalchemy.text("update codepilot_sessions set messages='{half'"))
    with pytest.raises(SessionError, match="damaged"):
        DatabaseSession("s", "A", engine=table).load()
    assert row_of(table)["messages"] == "{half"
    assert DatabaseSession("s", "A", engine=table).list_sessions() == []


def test_a_database_that_is_not_there_is_a_session_error(tmp_path):
    session = DatabaseSession("s", "A", f"sqlite:///{tmp_path}/no/such/folder/x.db")
    with pytest.raises(SessionError, match="could not be read in the database: OperationalError"):
        session.load()
    session.dispose()


def test_a_database_in_memory_is_one_for_all_threads():
    session = DatabaseSession("s", "A", "sqlite://")
    session.save(MESSAGES)
    assert session.load() == MESSAGES
    session.dispose()


def test_the_engine_of_the_program_is_left_alone(table):
    session = DatabaseSession("s", "A", engine=table)
    session.save(MESSAGES)
    pool = table.pool
    session.dispose()
    assert table.pool is pool


class Elsewhere(AsyncEngine):
    """An engine whose connections belong to a loop that is gone."""

    def begin(self):
        raise RuntimeError("Task got Future <Future pending> attached to a different loop")


async def test_connections_of_another_loop_are_told_as_such():
    engine = create_async_engine("sqlite+aiosqlite://")
    with pytest.raises(SessionError, match="connections of another event loop") as told:
        await AsyncDatabaseSession("s", "A", Elsewhere(engine.sync_engine)).load()
    assert "dispose()" in told.value.hint
    await engine.dispose()


def test_an_asynchronous_session_needs_an_asynchronous_engine(table):
    with pytest.raises(ValueError, match="expected an engine"):
        AsyncDatabaseSession("s", "A", None)
    with pytest.raises(TypeError, match="DatabaseSession takes plain engines"):
        AsyncDatabaseSession("s", "A", table)


@pytest.fixture(
    params=["db async", *(pytest.param(kind, marks=SLOW) for kind in ("postgres async", "postgres asyncpg"))]
)
async def from_loops(request, tmp_path):
    async for place in place_of(request, tmp_path):
        yield place


async def test_a_runtime_works_on_an_engine_for_event_loops(from_loops, tmp_path):
    (tmp_path / "agent.yaml").write_text(
        "agent:\n  name: A\n  model: {provider: openai, name: m}\n  runtime: {work_dir: ./work}\n"
    )

    def runtime(*replies):
        made = AsyncRuntime(
            tmp_path / "agent.yaml",
            session="db",
            db=from_loops.engine(),
            session_id="s",
            provider=RecordedProvider(replies),
            use_stdin=False,
        )
        for point in made.hooks.default_events():
            made.hooks.clear(point)
        return made

    async with runtime("```codepilot\nprint(6 * 7)\n```\n", "```completion\nOne.\n```\n") as first:
        assert await first.run("one") == "One."
        kept = first.messages
    async with runtime("```completion\nTwo.\n```\n") as second:
        assert await second.run("two") == "Two."
        assert second.messages[: len(kept)] == kept
        assert "[Task 1][USER INPUT]" in str(second.provider.requests[-1].messages)


@pytest.mark.parametrize(
    "cancelled",
    ["db async", *(pytest.param(kind, marks=SLOW) for kind in ("postgres async", "postgres asyncpg"))],
    indirect=True,
)
async def test_a_run_that_is_cancelled_at_any_moment_leaves_its_session_to_the_next(cancelled, tmp_path):
    """Each round cancels it at one statement or commit later, until it is through before that."""
    (tmp_path / "agent.yaml").write_text(
        "agent: {name: A, model: {provider: openai, name: n, api_key_env: HOME}}\n"
    )
    engine = cancelled.engine()

    def runtime(session_id, reply):
        made = AsyncRuntime(
            *(tmp_path / "agent.yaml",),
            **{"session": "db", "db": engine, "session_id": session_id, "use_stdin": False},
            provider=RecordedProvider([f"```completion\n{reply}\n```\n"] * 2),
        )
        for point in made.hooks.default_events():
            made.hooks.clear(point)
        return made

    async with runtime("first", "Tables.") as first:
        await first.run("make the tables")
    cut, number = True, 0
    while cut:
        number, session_id = number + 1, f"s{number}"
        async with runtime(session_id, "One.") as one:
            run = asyncio.create_task(one.run("one"))
            with at_operation(engine, number, run.cancel):
                [ended] = await asyncio.gather(run, return_exceptions=True)
            cut = isinstance(ended, asyncio.CancelledError)
            assert cut or ended == "One."
            assert await one.run("two") == "One.", number
        async with runtime(session_id, "Three.") as three:
            assert await three.run("three") == "Three.", number
            assert "two" in str(three.messages)
    assert number > 5


@contextlib.contextmanager
def at_operation(engine, number, act):
    """Act in the middle of the so manyth statement or commit of an engine."""
    done = iter(range(1, number))

    def begun(*told):
        if next(done, None) is None and not acted:
            acted.append(told)
            act()

    acted = []
    for name in ("before_cursor_execute", "commit"):
        sqlalchemy.event.listen(engine.sync_engine, name, begun)
    try:
        yield
    finally:
        for name in ("before_cursor_execute", "commit"):
            sqlalchemy.event.remove(engine.sync_engine, name, begun)


LEFT = """
import asyncio, os, sys
from sqlalchemy.ext.asyncio import create_async_engine
from codepilot import AsyncDatabaseSession
from codepilot.errors import SessionError
engine = create_async_engine(sys.argv[1])
asyncio.run(AsyncDatabaseSession("left", "A", engine).load())
try:
    asyncio.run(AsyncDatabaseSession("left", "A", engine).load())
except SessionError as error:
    print(error, error.hint, flush=True)
os._exit(0)  # the connection that is left cannot be closed any more
"""


@pytest.mark.slow
def test_connections_that_another_loop_has_left_are_told_as_such(server):
    command = [sys.executable, "-W", "ignore", "-c", LEFT, f"postgresql+asyncpg://{server}"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "connections of another event loop" in told and "dispose()" in told
