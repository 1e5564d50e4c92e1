"""A call that was started is told as such when it is cut off: by the person, or by the death of the worker."""

import asyncio
import os
import signal

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from codepilot import AsyncRuntime, DatabaseSession, EventType
from codepilot import events as e
from codepilot.journal.place import folder_of
from codepilot.script import Fault, Turn
from codepilot.testing import ModelServer

pytestmark = pytest.mark.slow


def block(code):
    return f"```codepilot\n{code}\n```\n"


DONE = "```completion\nDone.\n```\n"
STUBBORN = "trap '' INT; touch started; sleep 600; sleep 600"


class Bench:
    """A runtime whose events are kept.

    Args:
        work: the work folder.
        runtime: its model is scripted.
        server: that plays the model.
    """

    def __init__(self, work, runtime, server):
        self.work, self.runtime, self.server = work, runtime, server
        self.events = []
        runtime.subscribe(lambda stamped: self.events.append(stamped.event))

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]

    async def begin(self):
        """Start a task; gives it when its command has begun, which makes a file."""
        task = asyncio.create_task(self.runtime.run("go"))
        async with asyncio.timeout(60):
            while not (self.work / "started").exists():
                await asyncio.sleep(0.01)
        return task

    def kill_worker(self):
        os.kill(self.runtime._agent.executor._pool.process.pid, signal.SIGKILL)

    @property
    def observed(self):
        return self.of(e.ObservationMade)[0].text

    def each_started_call_is_finished_once(self):
        started = [event.call_id for event in self.of(e.ToolStarted)]
        assert started == [event.call_id for event in self.of(e.ToolFinished)]
        assert len(set(started)) == len(started) > 0
        blocks = (e.ControlStarted, e.ControlFinished)
        ends = [isinstance(event, e.ControlFinished) for event in self.events if isinstance(event, blocks)]
        assert ends == [False, True] * (len(ends) // 2)


@pytest.fixture
async def make(tmp_path):
    made = []
    with ModelServer() as server:

        def make(*turns, **options):
            for turn in turns:
                server.script.add(turn)
            file = tmp_path / "agent.yaml"
            file.write_text(
                f"agent:\n  name: T\n  model: {{provider: openai, name: scripted, base_url: {server.openai_url}}}\n"
                "  runtime: {work_dir: ./work, max_steps: 6}\n"
            )
            runtime = AsyncRuntime(str(file), **options)
            made.append(runtime)
            return Bench(tmp_path / "work", runtime, server)

        yield make
        for runtime in made:
            await runtime.close("end")


@pytest.mark.parametrize("cut", ["abort", "worker"])
@pytest.mark.parametrize("tool", ["execute('main', ", "run_command("])
async def test_a_command_that_was_cut_off_was_started(make, cut, tool):
    """Found by use: "What is above happened; the rest did not run", of a command that ran."""
    bench = make(
        block(f"{tool}'echo words; touch started; sleep 600', timeout=600)\nthink('never')"), DONE, DONE
    )
    task = await bench.begin()
    bench.runtime.abort() if cut == "abort" else bench.kill_worker()
    await task
    (finished,) = bench.of(e.ToolFinished)
    name = tool.partition("(")[0]
    assert (finished.call_id, finished.state) == ("c1", "aborted")
    assert finished.reason.startswith("It was started")
    head = f"[{name}] Call c1 was cut off before it had a result. {finished.reason}\n"
    assert finished.result.startswith(head) and "\nwords\n" in finished.result
    assert finished.result in bench.observed
    assert "did not run" not in bench.observed
    bench.each_started_call_is_finished_once()
    await bench.runtime.run("again")  # the model reads it
    assert any(head in message["content"] for message in bench.server.requests[-1].body["messages"])


async def test_a_command_that_does_not_end_is_said_to_go_on(make):
    bench = make(block(f"execute('main', {STUBBORN!r}, timeout=600)"), DONE)
    task = await bench.begin()
    bench.runtime.abort()
    await task
    (finished,) = bench.of(e.ToolFinished)
    assert finished.reason == (
        "It was started and sent ^C, and had not ended yet; if it goes on, SIGTERM and SIGKILL follow."
    )
    assert "[status: running | " in finished.result


async def test_the_model_is_told_which_calls_there_were(make):
    code = "deploy()\nexecute('main', 'touch started; sleep 600', timeout=600)\nthink('never')"
    bench = make(block(code), DONE)
    bench.runtime.register_tool("deploy", lambda: None)  # its value goes to the block only
    task = await bench.begin()
    bench.runtime.abort()
    await task
    assert (
        "\nFinished calls: c1 deploy. Started and cut off: c2 execute; "
        "what is known of it is above. No other call was started."
    ) in bench.observed
    bench.each_started_call_is_finished_once()


@pytest.mark.parametrize("cut", ["abort", "worker"])
async def test_a_command_that_nobody_has_allowed_yet_is_not_said_to_have_started(make, cut):
    bench = make(block("execute('main', 'touch started')"), DONE, mode="ask")
    asked = asyncio.Event()

    async def wait(**_):
        asked.set()
        await asyncio.Event().wait()

    bench.runtime.hooks.register(EventType.PERMISSION_REQUEST, wait)
    task = asyncio.create_task(bench.runtime.run("go"))
    await asyncio.wait_for(asked.wait(), 20)
    bench.runtime.abort() if cut == "abort" else bench.kill_worker()
    await task
    told = (
        "Call c1 was cut off before it had a result. It waited for an answer of the person; nothing was done."
    )
    assert told in bench.observed
    assert not (bench.work / "started").exists()
    bench.each_started_call_is_finished_once()


async def test_a_command_that_waits_for_its_terminal_was_not_started(make):
    bench = make(
        block(
            "execute('main', 'touch started; sleep 600', timeout=0)\nexecute('main', 'touch never', timeout=600)"
        ),
        DONE,
    )
    second = asyncio.Event()
    bench.runtime.subscribe(
        lambda stamped: second.set() if getattr(stamped.event, "label", "") == "main › touch never" else None
    )
    task = await bench.begin()
    await asyncio.wait_for(second.wait(), 20)
    client = await bench.runtime._agent.shells.service.client()
    async with asyncio.timeout(60):
        while not client._answers._commands:  # it looks at the terminal first
            await asyncio.sleep(0.01)
    await client.list()  # behind the request of the second call
    bench.runtime.abort()
    await task
    finished = bench.of(e.ToolFinished)[-1]
    assert finished.reason == "It had not been started, and will not be."
    assert finished.result.endswith(f"{finished.reason}\n[terminal:main] $ touch never")
    bench.each_started_call_is_finished_once()
    assert not (bench.work / "never").exists()


async def test_a_host_that_dies_with_the_task_leaves_the_command_unknown(make):
    bench = make(block("execute('main', 'touch started; sleep 600', timeout=600)"), DONE)
    task = await bench.begin()
    client = await bench.runtime._agent.shells.service.client()
    os.kill(client.host_pid, signal.SIGSTOP)
    bench.runtime.abort()
    await task
    os.kill(client.host_pid, signal.SIGKILL)
    (finished,) = bench.of(e.ToolFinished)
    assert finished.reason == "It may have been started; what became of it is not known."
    bench.each_started_call_is_finished_once()


async def test_a_command_in_terminals_that_stay_is_said_to_go_on(make):
    bench = make(block("execute('main', 'touch started; sleep 600', timeout=600)"), DONE)
    task = await bench.begin()
    client = await bench.runtime._agent.shells.service.client()
    await bench.runtime.close("detach")
    await task
    os.kill(client.host_pid, signal.SIGTERM)
    (finished,) = bench.of(e.ToolFinished)
    assert finished.reason == "It may have been started, and was left to go on."
    bench.each_started_call_is_finished_once()


async def test_no_number_is_given_twice_when_the_model_changes(make):
    bench = make(block("read_file('a')"), DONE, block("read_file('b')"), DONE)
    await bench.runtime.run("go")
    bench.runtime.use_model("other")
    await bench.runtime.run("again")
    assert [event.call_id for event in bench.of(e.ToolStarted)] == ["c1", "c2"]


async def test_a_reply_that_was_stopped_never_runs_also_where_nothing_was_written_behind_it(make):
    """Seen: of a program that was killed between the half reply and the words about it, `resume()` ran the block."""
    half = block("execute('main', 'touch ran')")
    said = Turn(chunks=(f"I do it.\n\n{half}\nWait, ", "no"), fault=Fault(stall_at=1))
    bench = make(said, DONE, session="journal", session_id="s")
    task = asyncio.create_task(bench.runtime.run("go"))
    async with asyncio.timeout(60):
        while not bench.of(e.BlockClosed):
            await asyncio.sleep(0.01)
    bench.runtime.abort()
    await task
    await bench.runtime.close("end")
    journal = folder_of("s") / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    (reply,) = (at for at, line in enumerate(lines) if b'"kind":"reply"' in line)
    journal.write_bytes(b"".join(lines[: reply + 1]))
    again = make(session="journal", session_id="s")
    await again.runtime.resume()
    assert not (bench.work / "ran").exists() and not again.of(e.ToolStarted)
    assert "Nothing of it ran" in str(again.server.requests[-1].body["messages"])


@pytest.mark.parametrize("first", ["start", "resume"])
async def test_a_cut_task_of_an_asynchronous_database_is_gone_on_with(make, tmp_path, first):
    """Seen: `unfinished` was None and `resume()` returned at once, since nothing had loaded the session."""
    left = DatabaseSession("s", "T", f"sqlite:///{tmp_path}/kept.db")
    left.load()
    await left.task_log.claim()
    left.task_log.append("task_started", {"task": "go", "number": 1})
    text = "[Task 1][USER INPUT]\ngo"
    left.task_log.append("message_stored", {"role": "user", "text": text, "kind": "task"})
    await left.task_log.barrier()
    left.task_log.let_go()
    left.dispose()
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/kept.db")
    bench = make(DONE, session="db", session_id="s", db=engine)
    try:
        if first == "start":
            await bench.runtime.start()
            assert bench.runtime.unfinished.task == "go" and len(bench.runtime.messages) == 1
        assert await bench.runtime.resume() == "Done."
        assert bench.runtime.unfinished is None and await bench.runtime.resume() is None
        assert "go" in bench.server.requests[0].body["messages"][-1]["content"]
        await bench.runtime.close("end")
    finally:
        await engine.dispose()


def test_what_each_task_changed_is_told_where_each_has_a_loop_of_its_own(tmp_path):
    """Seen: of every second `asyncio.run()` nothing was kept, or it was told as a change of the task after it."""
    turns = [Turn(text=block(f"execute('main', 'echo new > {name}.txt')")) for name in "abc"]
    script = [turn for each in turns for turn in (each, Turn(text=DONE))]
    with ModelServer(script) as server:
        (tmp_path / "agent.yaml").write_text(
            f"agent:\n  name: T\n  model: {{provider: openai, name: scripted, base_url: {server.openai_url}}}\n"
            "  runtime: {work_dir: ./work}\n"
        )
        runtime = AsyncRuntime(str(tmp_path / "agent.yaml"), session="journal", session_id="s")
        told = []
        runtime.subscribe(lambda stamped: told.append(stamped.event))
        for task in "abc":
            asyncio.run(runtime.run(task))
            assert [each.path for each in told if isinstance(each, e.FileChanged)] == [f"{task}.txt"]
            assert not [each for each in told if isinstance(each, e.RuntimeFailed)]
            told.clear()
        asyncio.run(runtime.close("end"))
