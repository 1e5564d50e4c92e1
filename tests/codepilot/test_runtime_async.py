"""`AsyncRuntime` on its callers' loop: one loop, several one after the other, cancelled, called twice, left open."""

import asyncio
import gc
import os
import signal
import threading
from contextvars import ContextVar

import pytest

from codepilot import (
    AsyncBaseSession,
    AsyncRuntime,
    EventType,
    TimeoutConfig,
    on_finish,
    on_permission_request,
    on_stream,
    on_think,
    on_user_message_queued,
)
from codepilot import events as e
from codepilot.errors import UsageError
from codepilot.script import Fault, Turn
from codepilot.testing import ManualClock, ModelServer

PATIENCE = 60


def block(code):
    return f"```codepilot\n{code}\n```\n"


def done(summary="Done."):
    return f"```completion\n{summary}\n```\n"


@pytest.fixture
def server():
    with ModelServer() as server:
        yield server


@pytest.fixture
def build(server, tmp_path):
    """Makes runtimes that only the test itself closes."""

    def build(*turns, tools="", **options):
        for turn in turns:
            server.script.add(turn)
        file = tmp_path / "agent.yaml"
        file.write_text(
            f"agent:\n  name: Test\n  model: {{provider: openai, name: scripted, base_url: {server.openai_url}}}\n"
            f"  runtime: {{work_dir: ./work, max_steps: 6}}\n{tools}"
        )
        return AsyncRuntime(str(file), **options)

    return build


@pytest.fixture
async def make(build):
    made = []

    def make(*turns, **options):
        made.append(build(*turns, **options))
        return made[-1]

    yield make
    for runtime in made:
        await runtime.close()


def reached(runtime, kind):
    """An event that is set when a fact of this kind came."""
    event = asyncio.Event()
    runtime.subscribe(lambda stamped: event.set() if isinstance(stamped.event, kind) else None)
    return event


class AsyncStore(AsyncBaseSession):
    """A store that is awaited, as a database would be."""

    def __init__(self, messages=()):
        super().__init__("store")
        self.messages, self.calls = list(messages), []

    async def load(self):
        await asyncio.sleep(0)
        self.calls.append("load")
        return list(self.messages)

    async def save(self, messages):
        await asyncio.sleep(0)
        self.calls.append("save")
        self.messages = list(messages)

    async def reset(self):
        await asyncio.sleep(0)
        self.calls.append("reset")
        self.messages = []


async def test_run_returns_the_completion_and_events_come_in_order(make):
    runtime = make("Hello.\n\n" + block("think('x')"), done("Async."), stream=True)
    names = []
    for point in EventType:
        runtime.hooks.clear(point)
        runtime.hooks.register(point, lambda point=point, **_: names.append(point.name))
    assert await runtime.run("go") == "Async."
    shortened = [name for index, name in enumerate(names) if names[index - 1 : index] != [name]]
    assert shortened == ["START", "STEP", "STREAM", "THINK", "STEP", "STREAM", "FINISH"]


async def test_async_handlers_run_on_the_loop_and_sync_ones_do_not_block_it(make):
    runtime = make(block("think('x')"), done())
    threads = {}

    @on_think(runtime)
    async def think(**_):
        threads["async"] = threading.get_ident()

    @on_finish(runtime)
    def finish(**_):
        threads["sync"] = threading.get_ident()

    await runtime.run("go")
    assert threads["async"] == threading.get_ident() != threads["sync"]


async def test_all_handlers_have_run_when_run_returns(make):
    runtime = make(done())
    seen = []

    @on_finish(runtime)
    async def finish(**_):
        for _ in range(20):
            await asyncio.sleep(0)
        seen.append("finished")

    await runtime.run("go")
    assert seen == ["finished"]


async def test_an_async_permission_handler_can_wait_and_abort_ends_its_waiting(make):
    tools = "  tools:\n    - {name: write_file, config: {require_permission: true}}\n"
    runtime = make(
        Turn(match=r"\]\ngo\Z", text=block("write_file('a.txt')") + "```text filename=a.txt\nhi\n```\n"),
        done("Next."),
        tools=tools,
    )
    asked, cancelled = asyncio.Event(), []

    @on_permission_request(runtime)
    async def gate(tool, description, **_):
        asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(tool)
            raise

    working = asyncio.create_task(runtime.run("go"))
    async with asyncio.timeout(PATIENCE):
        await asked.wait()
        runtime.abort()
        assert await working is None
    assert cancelled == ["write_file"]
    assert not (runtime.work_dir / "a.txt").exists()
    assert await runtime.run("again") == "Next."


WRITE = block("write_file('a.txt')") + "```text filename=a.txt\nhi\n```\n"
ASKING = "  tools:\n    - {name: write_file, config: {require_permission: true}}\n"


@pytest.mark.parametrize("error", [StopIteration, GeneratorExit, asyncio.CancelledError])
@pytest.mark.parametrize("event", [EventType.PERMISSION_REQUEST, EventType.TOOL_CALL])
async def test_a_plain_handler_that_raises_what_a_coroutine_ends_with_is_reported(make, error, event):
    runtime = make(WRITE, done(), tools=ASKING)
    faults = []

    def bad(**_):
        raise error("own")

    runtime.hooks.replace(EventType.PERMISSION_REQUEST, lambda **_: False)
    runtime.hooks.replace(event, bad)
    runtime.hooks.replace(EventType.RUNTIME_ERROR, lambda error, **_: faults.append(error))
    async with asyncio.timeout(PATIENCE):
        await runtime.run("go")
    assert runtime.last_outcome.status in ("done", "needs_person")
    assert faults == [
        f"A handler for {event.value} raised RuntimeError: the function raised {error.__name__}"
    ]
    assert not (runtime.work_dir / "a.txt").exists()


def test_sys_exit_in_a_plain_permission_handler_leaves_the_program(build):
    runtime = build(WRITE, done(), tools=ASKING)

    @on_permission_request(runtime)
    def leave(**_):
        raise SystemExit(7)

    async def main():
        async with asyncio.timeout(PATIENCE):
            await runtime.run("go")

    with pytest.raises(SystemExit) as caught:
        asyncio.run(main())
    assert caught.value.code == 7
    assert not (runtime.work_dir / "a.txt").exists()
    asyncio.run(runtime.close())


async def test_messages_may_be_sent_from_the_loop_with_async_handlers(make):
    runtime = make(block("think('x')"), Turn(match="faster", text=done("Faster.")))
    queued = []

    @on_user_message_queued(runtime)
    async def note(message, **_):
        queued.append(message)

    @on_think(runtime)
    async def steer(**_):
        runtime.send_message("faster")

    assert await runtime.run("go") == "Faster."
    assert queued == ["faster"]


async def test_two_tasks_at_once_take_turns(make):
    runtime = make(Turn(match="task a", text=done("A.")), Turn(match="task b", text=done("B.")))
    order = []
    runtime.hooks.register(EventType.START, lambda **_: order.append("start"))
    runtime.hooks.register(EventType.FINISH, lambda **_: order.append("finish"))
    assert await asyncio.gather(runtime.run("task a"), runtime.run("task b")) == ["A.", "B."]
    assert order == ["start", "finish"] * 2


async def test_run_from_a_handler_or_a_tool_is_refused_instead_of_waiting_forever(make):
    runtime = make(block("again()"), done())
    raised = []

    async def attempt(**_):
        with pytest.raises(UsageError) as caught:
            await runtime.run("nested")
        raised.append(str(caught.value))

    runtime.hooks.register(EventType.START, attempt)
    runtime.register_tool("again", attempt)
    async with asyncio.timeout(PATIENCE):
        assert await runtime.run("go") == "Done."
    assert len(raised) == 2


async def test_what_a_block_calls_sees_the_context_variables_of_its_own_task(make):
    """All later tasks had those of the first: a tool of a web service acted for another user's request."""
    runtime = make(*[block("act()\nplain()\nrun_command('true')\nnested()"), done()] * 2)
    user, seen, refused = ContextVar("user"), [], []

    async def act():
        seen.append(("tool", user.get()))

    def plain():
        seen.append(("plain tool", user.get()))

    async def nested():
        with pytest.raises(UsageError) as caught:
            await runtime.run("nested")
        refused.append(str(caught.value))

    runtime.register_tool("act", act)
    runtime.register_tool("plain", plain)
    runtime.register_tool("nested", nested)
    runtime.hooks.register(EventType.TOOL_CALL, lambda tool, **_: seen.append((tool, user.get())))
    async with asyncio.timeout(PATIENCE):
        for name in ("alice", "bob"):
            user.set(name)
            await runtime.run("go")
            assert sorted(seen) == [("plain tool", name), ("run_command", name), ("tool", name)]
            seen.clear()
    assert len(refused) == 2, "run() in a tool of the second task waited for itself"


@pytest.mark.parametrize("session", ["memory", "file", "journal"])
def test_close_on_a_loop_of_its_own_lets_the_session_go(build, session):
    runtime = build(block("run_command('echo x > a')"), done("One."), session=session, session_id="one")
    assert asyncio.run(runtime.run("go")) == "One."
    asyncio.run(runtime.close())
    again = build(done("Two."), session=session, session_id="one")
    assert asyncio.run(again.run("go on")) == "Two."
    asyncio.run(again.close())


async def test_abort_from_another_thread(make):
    runtime = make(Turn(match=r"\]\ngo\Z", text=block("while True: pass")), done("Next."))
    started = reached(runtime, e.ControlStarted)
    working = asyncio.create_task(runtime.run("go"))
    async with asyncio.timeout(PATIENCE):
        await started.wait()
        await asyncio.to_thread(runtime.abort)
        assert await working is None
    assert await runtime.run("again") == "Next."


async def test_a_cancelled_caller_stops_the_task_and_the_session_is_saved(make, tmp_path):
    runtime = make(
        Turn(match=r"\]\ngo\Z", text="I begin. " * 5, fault=Fault(stall_at=4)),
        done("Next."),
        session="file",
        session_id="s",
        session_dir=tmp_path,
    )
    begun, said = asyncio.Event(), []

    def listen(stamped):
        if isinstance(stamped.event, e.TextStreamed):
            said.append(stamped.event.text)
            if "".join(said).startswith("I begin."):
                begun.set()

    runtime.subscribe(listen)
    working = asyncio.create_task(runtime.run("go"))
    async with asyncio.timeout(PATIENCE):
        await begun.wait()
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working
    assert runtime.last_outcome.status == "aborted"
    stored = runtime.session.load()
    assert stored[0]["content"] == "[Task 1][USER INPUT]\ngo"
    assert stored[1]["content"].startswith("I begin.")
    assert await runtime.run("again") == "Next."


async def test_a_time_limit_around_run(make):
    runtime = make(Turn(match=r"\]\ngo\Z", fault=Fault(hang_headers=True)), done("Next."))
    step = reached(runtime, e.StepStarted)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(None) as limit:
            asyncio.get_running_loop().create_task(step.wait()).add_done_callback(
                lambda _: limit.reschedule(0)
            )
            await runtime.run("go")
    assert await runtime.run("again") == "Next."


async def test_a_program_says_how_long_a_silent_model_is_waited_for(make, server):
    """M1: half an hour, and nothing could be set."""
    clock = ManualClock()
    limits = TimeoutConfig(first_word=30.0, between_words=7.0)
    runtime = make(
        Turn(fault=Fault(hang_headers=True)),
        Turn(text="a b", fault=Fault(stall_at=1)),
        timeout=limits,
        clock=clock,
    )
    seen = []
    runtime.subscribe(lambda stamped: seen.append(stamped.event))
    working = asyncio.create_task(runtime.run("go"))
    async with asyncio.timeout(PATIENCE):
        while not server.requests:
            await asyncio.sleep(0.01)
        await clock.limited(30)
        clock.advance(30)
        await clock.sleeping()
        clock.advance(1)
        while not any(isinstance(event, e.TextStreamed) for event in seen):
            await asyncio.sleep(0.01)
        await clock.limited(7)
        clock.advance(7)
        assert await working is None
    assert runtime.config.model.timeout == limits
    assert runtime.last_outcome.status == "failed" and "no word for 7 s" in runtime.last_outcome.error
    assert [m["content"] for m in runtime.messages if m["role"] == "assistant"] == ["a"]


async def test_areset_forgets_all_and_fires_its_event(make, tmp_path):
    runtime = make(
        block("kept = 1"), done(), block("print(kept)"), done(), session="file", session_dir=tmp_path
    )
    seen = []
    runtime.hooks.register(EventType.SESSION_RESET, lambda **_: seen.append("reset"))
    await runtime.run("go")
    await runtime.areset()
    assert seen == ["reset"]
    assert runtime.messages == []
    assert not runtime.session.exists()
    await runtime.run("anew")
    assert runtime.messages[0]["content"] == "[Task 1][USER INPUT]\nanew"
    assert "NameError" in runtime.messages[2]["content"]


async def test_areset_stops_a_task_that_is_being_worked_on(make):
    runtime = make(Turn(match=r"\]\ngo\Z", text=block("while True: pass")), done("Fresh."))
    started = reached(runtime, e.ControlStarted)
    working = asyncio.create_task(runtime.run("go"))
    async with asyncio.timeout(PATIENCE):
        await started.wait()
        await runtime.areset()
        assert await working is None
    assert runtime.messages == []
    assert await runtime.run("again") == "Fresh."


async def test_areset_from_a_handler_ends_the_task_and_then_wipes(make):
    runtime = make(block("think('now')\nthink('more')"), Turn(match="again", text=done("Fresh.")))

    @on_think(runtime)
    async def start_over(**_):
        await runtime.areset()

    async with asyncio.timeout(PATIENCE):
        assert await runtime.run("go") is None
    assert runtime.messages == []
    assert await runtime.run("again") == "Fresh."


async def test_an_async_session_is_loaded_saved_and_reset(make):
    earlier = [
        {"role": "user", "content": "[Task 4][USER INPUT]\nearlier"},
        {"role": "assistant", "content": "Yes."},
    ]
    store = AsyncStore(earlier)
    runtime = make(done("One."), done("Two."), session=store)
    assert await runtime.run("go") == "One."
    assert runtime.messages[:2] == earlier
    assert runtime.messages[2]["content"] == "[Task 5][USER INPUT]\ngo"
    assert store.messages == runtime.messages
    assert store.calls == ["load", *["save"] * 3], "with the task, with the step, and at the end"
    with pytest.raises(UsageError, match="areset"):
        runtime.reset()
    await runtime.areset()
    assert (store.messages, runtime.messages) == ([], [])
    await runtime.run("again")
    assert store.calls == ["load", *["save"] * 3, "reset", *["save"] * 3]


async def test_closing_ends_a_running_task_and_saves_it(make, tmp_path):
    runtime = make(block("while True: pass"), session="file", session_id="s", session_dir=tmp_path)
    started = reached(runtime, e.ControlStarted)
    working = asyncio.create_task(runtime.run("go"))
    async with asyncio.timeout(PATIENCE):
        await started.wait()
        await runtime.close()
        assert await working is None
    assert len(runtime.session.load()) == 3
    await runtime.close()
    with pytest.raises(UsageError, match="closed"):
        await runtime.run("again")


async def test_it_is_an_async_context_manager(build):
    async with build(done("In and out.")) as runtime:
        assert await runtime.run("go") == "In and out."
    assert runtime._tasks.closed
    with pytest.raises(UsageError, match="closed"):
        await runtime.areset()
    with pytest.raises(UsageError, match="closed"):
        runtime.reset()


@pytest.mark.parametrize("used", [True, False])
async def test_a_closed_runtime_starts_nothing(build, used):
    runtime = build(done("Done."))
    if used:
        await runtime.run("go")
    await runtime.close()
    model = runtime.provider
    for refused in (
        runtime.start,
        runtime.terminal_socket,
        lambda: asyncio.to_thread(runtime.use_model, "ollama:m"),
    ):
        with pytest.raises(UsageError, match="This runtime is closed"):
            await refused()
    assert runtime.provider is model


async def test_the_stream_pieces_of_the_quick_start(make, capsys):
    runtime = make("One two three four five.\n\n" + done("Six."), stream=True)

    @on_stream(runtime)
    def stream(text: str, **_):
        print(text, end="", flush=True)

    @on_finish(runtime)
    def finish(summary: str, **_):
        print(f"\nDone: {summary}\n")

    assert await runtime.run("Inspect the project.") == "Six."
    assert capsys.readouterr().out == "One two three four five.\n\nSix.\nDone: Six.\n\n"


# -- one loop after the other --------------------------------------------------------------------------------------


def test_one_asyncio_run_for_each_task(build):
    runtime = build(
        block("count = 1\ndef more(): return count + 1"),
        done("One."),
        block("print('count', more())"),
        done("Two."),
        done("Three."),
    )
    assert asyncio.run(runtime.run("first")) == "One."
    assert asyncio.run(runtime.run("second")) == "Two."
    assert "count 2" in runtime.messages[6]["content"]

    async def two_at_once():
        return await asyncio.gather(runtime.run("third"), runtime.areset())

    asyncio.run(two_at_once())
    asyncio.run(runtime.close())
    gc.collect()


async def test_the_terminal_of_a_single_command_that_ended_is_not_kept_by_areset(make):
    runtime = make(block("run_command('true')"), done())
    found = []
    runtime.subscribe(
        lambda stamped: found.append(stamped.event) if isinstance(stamped.event, e.TerminalsFound) else None
    )
    await runtime.run("first")
    await runtime.areset(keep_terminals=True)
    assert found == []


@pytest.mark.slow
async def test_areset_may_keep_the_terminals(make):
    runtime = make(
        block(
            "execute('main', 'HERE=kept; sleep 600 &', timeout=20)\nexecute('jobs', 'sleep 600', new_terminal=True, timeout=0.1)"
        ),
        done(),
        block("execute('main', 'echo [$HERE]', timeout=20)"),
        done(),
    )
    found = []
    runtime.subscribe(
        lambda stamped: found.append(stamped.event) if isinstance(stamped.event, e.TerminalsFound) else None
    )
    await runtime.run("first")
    await runtime.areset(keep_terminals=True)
    assert runtime.messages == []
    assert found[-1].running == ("jobs runs sleep 600",)
    await runtime.run("second")
    assert "[kept]" in runtime.messages[2]["content"]
    await runtime.areset()
    assert [each.name for each in await runtime._agent.shells.service.current.list()] == ["main"]


@pytest.mark.slow
def test_terminals_live_on_over_several_asyncio_runs(build):
    runtime = build(
        block("execute('main', 'mkdir -p sub; cd sub; HERE=kept; sleep 600 &', timeout=20)"),
        done(),
        block("execute('main', 'echo $HERE $(basename $PWD) $(jobs -r | wc -l)', timeout=20)"),
        done(),
        block("execute('main', 'echo [$HERE]', timeout=20)"),
        done(),
    )
    asyncio.run(runtime.run("first"))
    host = runtime._agent.shells.service.current.host_pid
    asyncio.run(runtime.run("second"))
    assert "kept sub 1" in runtime.messages[6]["content"]
    assert runtime._agent.shells.service.current.host_pid == host
    asyncio.run(runtime.areset())
    asyncio.run(runtime.run("third"))
    assert "[]" in runtime.messages[2]["content"]
    place = runtime._agent.shells.service.current.socket_path.parent
    asyncio.run(runtime.close())
    assert not place.exists()
    gc.collect()


@pytest.mark.slow
def test_a_host_that_died_between_two_loops_is_started_anew_and_the_model_is_told(build):
    runtime = build(
        block("execute('main', 'echo one', timeout=20)"),
        done(),
        block("execute('main', 'echo two', timeout=20)"),
        done(),
    )
    asyncio.run(runtime.run("first"))
    process = runtime._agent.shells.service.current._process
    os.kill(runtime._agent.shells.service.current.host_pid, signal.SIGKILL)
    assert process._ended.wait(PATIENCE)
    asyncio.run(runtime.run("second"))
    assert "a new one was started" in runtime.messages[6]["content"]
    assert "two" in runtime.messages[6]["content"]
    asyncio.run(runtime.close())
    gc.collect()


async def test_work_on_two_loops_at_once_is_refused(make):
    runtime = make(block("while True: pass"))
    started = reached(runtime, e.ControlStarted)
    working = asyncio.create_task(runtime.run("go"))
    async with asyncio.timeout(PATIENCE):
        await started.wait()
        with pytest.raises(UsageError, match="another event loop"):
            await asyncio.to_thread(lambda: asyncio.run(runtime.run("elsewhere")))
        runtime.abort()
        await working


async def test_closing_from_another_loop_happens_on_its_own(make):
    runtime = make(block("while True: pass"))
    started = reached(runtime, e.ControlStarted)
    working = asyncio.create_task(runtime.run("go"))
    async with asyncio.timeout(PATIENCE):
        await started.wait()
        await asyncio.to_thread(lambda: asyncio.run(runtime.close()))
        assert await working is None
    assert runtime.last_outcome.status == "aborted"
