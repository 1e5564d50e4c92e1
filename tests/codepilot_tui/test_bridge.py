"""The bridge with a real runtime on its thread, and a provider that answers when it is told."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from concurrent.futures import Future
from dataclasses import replace

import pytest

from codepilot import events as e
from codepilot.agentfile import AgentConfig
from codepilot.messages import ReplyEnd, TextDelta, Usage
from codepilot.paths import packaged_agent_file
from codepilot.runtime import AsyncRuntime
from codepilot_tui.bridge import Bridge, Callbacks

pytestmark = pytest.mark.slow
GUARD = 60
DONE = "```completion\nDone.\n```\n"


class Answering:
    """A model that says what is put into `reply`."""

    name = "told"
    model = "told"

    def __init__(self):
        self.reply = Future()
        self.asked = asyncio.Event()
        self.loop = asyncio.get_running_loop()

    async def stream(self, request):
        self.loop.call_soon_threadsafe(self.asked.set)
        yield TextDelta(await asyncio.wrap_future(self.reply))
        yield ReplyEnd(reason="stop", usage=Usage(input_tokens=1, output_tokens=1))

    async def close(self):
        """Nothing to let go of."""


class Told:
    """What the bridge tells its screen."""

    def __init__(self):
        self.events = []
        self.ready, self.idle = asyncio.Event(), asyncio.Event()
        self.working_when_idle = None
        self.bridge = None
        self.batches, self.times = 0, []
        self.working_at_the_end = None
        self.asked, self.withdrawn, self.failed = [], [], []

    async def until(self, condition):
        async with asyncio.timeout(GUARD):
            while not condition():
                await asyncio.sleep(0.01)

    def take(self, batch):
        self.batches += 1
        self.times.append(asyncio.get_running_loop().time())
        self.events += [stamped.event for stamped in batch]
        if isinstance(self.events[-1], e.TaskFinished):
            self.working_at_the_end = self.bridge.working

    def is_idle(self):
        self.working_when_idle = self.bridge.working
        self.idle.set()


@pytest.fixture
async def told(tmp_path):
    config = AgentConfig.load(packaged_agent_file())
    config = replace(config, runtime=replace(config.runtime, work_dir=str(tmp_path)))
    provider, told = Answering(), Told()
    runtime = AsyncRuntime(config, provider=provider, session="memory", use_stdin=False, on_exit="end")
    told.provider = provider
    told.bridge = Bridge(
        runtime,
        asyncio.get_running_loop(),
        Callbacks(
            events=told.take,
            asked=told.asked.append,
            withdrawn=told.withdrawn.append,
            ready=lambda _: told.ready.set(),
            failed=lambda what, hint: told.failed.append((what, hint)),
            idle=told.is_idle,
        ),
    )
    told.bridge.start()
    try:
        await asyncio.wait_for(told.ready.wait(), GUARD)
        yield told
        assert told.failed == []
    finally:
        await told.bridge.close("end")


async def test_it_works_until_the_screen_was_told_the_end(told):
    """Between the end of a task and the word of it a message would be sent as a task, and what waited be lost."""
    told.bridge.send("Do it")
    told.provider.reply.set_result(DONE)
    told.bridge._task.result(20)  # the screen's loop stands still meanwhile
    assert told.bridge.working and not told.idle.is_set()
    await asyncio.wait_for(told.idle.wait(), GUARD)
    assert told.working_at_the_end, "what the last events begin would be sent as a task before what waited"
    assert told.working_when_idle is False and not told.bridge.working
    assert isinstance(told.events[-1], e.TaskFinished)


async def test_a_second_task_waits_for_nothing_of_the_first(told):
    told.bridge.send("Do it")
    told.provider.reply.set_result(DONE)
    await asyncio.wait_for(told.idle.wait(), GUARD)
    told.idle.clear()
    told.provider.asked.clear()
    told.provider.reply = Future()
    told.bridge.send("And that")
    assert told.bridge.working
    await asyncio.wait_for(told.provider.asked.wait(), GUARD)
    told.bridge.stop()
    await asyncio.wait_for(told.idle.wait(), GUARD)
    assert told.events[-1].status == "aborted"


async def test_what_goes_with_a_task_is_read_at_its_first_step(told):
    ids = told.bridge.send("One", ("two", "three"))
    await asyncio.wait_for(told.provider.asked.wait(), GUARD)
    await told.until(lambda: len([each for each in told.events if isinstance(each, e.MessageInjected)]) == 2)
    assert [each.message_id for each in told.events if isinstance(each, e.MessageInjected)] == list(ids)
    told.provider.reply.set_result(DONE)
    await asyncio.wait_for(told.idle.wait(), GUARD)
    assert [type(each) for each in told.events].count(e.StepStarted) == 1


async def test_a_stop_right_after_the_send_stops_that_task(told):
    """The agent's thread may not have begun with it, and a stop that finds nothing would be lost."""
    busy = threading.Event()
    told.bridge._loop.call_soon_threadsafe(busy.wait, GUARD)
    told.provider.reply.set_result(DONE)
    told.bridge.send("Do it")
    told.bridge.stop()
    busy.set()
    await asyncio.wait_for(told.idle.wait(), GUARD)
    assert told.events[-1].status == "aborted"
    assert any(isinstance(event, e.TaskStarted) for event in told.events), "its words are kept"


ASKS = "```codepilot\nanswer = ask_user('Which one?')\n```\n"
RUNS = "```codepilot\nexecute('main', 'touch made')\n```\n"


async def test_a_question_waits_for_its_answer_and_takes_the_first_one(told):
    told.bridge.send("Paint it")
    told.provider.reply.set_result(ASKS)
    await told.until(lambda: told.asked)
    (pending,) = told.asked
    assert pending.open and (pending.request, pending.question) == (None, "Which one?")
    told.provider.reply = Future()
    pending.resolve("blue")
    pending.resolve("red")
    assert not pending.open
    told.provider.reply.set_result(DONE)
    await asyncio.wait_for(told.idle.wait(), GUARD)
    assert [event.answer for event in told.events if isinstance(event, e.QuestionAnswered)] == ["blue"]
    assert told.withdrawn == []


async def test_a_stop_withdraws_the_question(told):
    told.bridge.send("Paint it")
    told.provider.reply.set_result(ASKS)
    await told.until(lambda: told.asked)
    told.bridge.stop()
    await asyncio.wait_for(told.idle.wait(), GUARD)
    assert told.withdrawn == told.asked and told.asked[0].gone == "stopped"
    assert told.events[-1].status == "aborted"


async def test_the_death_of_the_worker_withdraws_the_question_but_stops_nothing(told):
    told.bridge.send("Paint it")
    told.provider.reply.set_result(ASKS)
    await told.until(lambda: told.asked)
    told.provider.reply = Future()
    os.kill(told.bridge.runtime._agent.executor._pool.process.pid, signal.SIGKILL)
    await told.until(lambda: told.withdrawn)
    assert told.withdrawn == told.asked and told.asked[0].gone == "lost"
    told.provider.reply.set_result(DONE)
    await asyncio.wait_for(told.idle.wait(), GUARD)
    assert told.events[-1].status != "aborted"


@pytest.mark.parametrize("answer", [None, "yes"])
async def test_a_permission_that_is_no_decision_is_a_refusal_by_nobody(told, answer, tmp_path):
    told.bridge.set_mode("ask")
    told.bridge.send("Make it")
    told.provider.reply.set_result(RUNS)
    await told.until(lambda: told.asked)
    (pending,) = told.asked
    assert pending.request.command == "touch made"
    told.provider.reply = Future()
    pending.resolve(answer)
    told.provider.reply.set_result(DONE)
    await asyncio.wait_for(told.idle.wait(), GUARD)
    (answered,) = [event for event in told.events if isinstance(event, e.PermissionAnswered)]
    assert (answered.allow, answered.by) == (False, "nobody")
    assert not (tmp_path / "made").exists()


async def test_a_question_that_is_open_at_the_end_is_withdrawn_and_has_no_answer(told):
    """An answer of nobody would let the agent go on with it, until the stop reaches it."""
    told.bridge.send("Paint it")
    told.provider.reply.set_result(ASKS)
    await told.until(lambda: told.asked)
    await told.bridge.close("end")
    assert told.withdrawn == told.asked and not told.asked[0].open
    await told.until(lambda: isinstance(told.events[-1], e.TaskFinished))
    assert told.events[-1].status == "aborted"
    await told.bridge.close("end")  # nothing is left to be closed


async def test_the_agent_prints_nothing_over_the_screen(told, capfd):
    told.bridge.send("Do it")
    told.provider.reply.set_result(DONE)
    await asyncio.wait_for(told.idle.wait(), GUARD)
    assert capfd.readouterr() == ("", "")


async def test_a_burst_of_events_comes_in_few_batches(told):
    """Each turn of the screen's loop in between could be a batch; it is drawn at most thirty times a second."""
    before = told.batches, len(told.events)
    for _ in range(200):
        told.bridge.steer("a message is an event")
        await asyncio.sleep(0)
    await told.until(lambda: len(told.events) >= before[1] + 200)
    assert 1 <= told.batches - before[0] < 60


async def test_batches_are_a_frame_apart(told):
    """However quick the machine and the model are, the screen is drawn thirty times a second at most."""
    first = told.batches
    while told.batches < first + 4:
        told.bridge.steer("a message is an event")
        await asyncio.sleep(0)
    times = told.times[first:]
    gaps = [after - before for before, after in zip(times, times[1:], strict=False)]
    assert all(gap >= 1 / 30 - 0.0005 for gap in gaps), gaps  # a timer is never early


async def test_a_message_that_is_queued_can_be_taken_back_once(told):
    told.bridge.send("Do it")
    await asyncio.wait_for(told.provider.asked.wait(), GUARD)
    message = told.bridge.steer("never mind")
    assert told.bridge.take_back(message) == "never mind"
    assert told.bridge.take_back(message) is None
    told.provider.reply.set_result(DONE)
    await asyncio.wait_for(told.idle.wait(), GUARD)


async def test_a_task_that_cannot_be_begun_is_told_with_what_to_do(told):
    told.bridge.send(7)
    await asyncio.wait_for(told.idle.wait(), GUARD)
    await told.until(lambda: told.failed)
    ((what, hint),) = told.failed
    assert what.startswith("The task failed: task: expected a text")
    assert "log" not in hint, "the log says nothing more of a mistake like that"
    told.failed.clear()
    assert not told.bridge.working


async def test_nothing_runs_in_terminals_that_were_not_used(told):
    assert await told.bridge.terminals_in_use() == ()


async def test_after_a_reset_the_screen_hears_of_the_new_session_and_its_terminals_can_be_found(told):
    told.bridge.reset()
    await told.until(lambda: any(isinstance(event, e.SessionCleared) for event in told.events))
    told.ready.clear()
    answers = asyncio.Queue()
    told.bridge.find_terminals(lambda there: answers.put_nowait((there, told.ready.is_set())))
    assert await asyncio.wait_for(answers.get(), GUARD) == (True, True)


async def test_a_bridge_that_was_never_started_is_closed_at_once(told, tmp_path):
    other = Bridge(told.bridge.runtime, asyncio.get_running_loop(), told.bridge._callbacks)
    await other.close("end")
    assert not other.working
    other._loop.close()


async def test_the_thread_ends_with_the_bridge(told):
    thread = told.bridge._thread
    assert thread.is_alive() and thread.daemon
    await told.bridge.close("end")
    assert not thread.is_alive()


async def test_what_is_said_while_it_is_closed_goes_nowhere(told):
    """The runtime refuses it, which would end the screen in the middle of its own end."""
    await told.bridge.close("end")
    assert told.bridge.steer("more") == ""
    assert told.bridge.send("more", ("and more",)) == ()
