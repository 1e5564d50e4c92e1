"""The loop over a real worker and a real SDK against the scripted server; only the tools are the test's own."""

import asyncio
import gc

import pytest

from codepilot import events as e
from codepilot.agentfile import ModelConfig
from codepilot.decision import Decision
from codepilot.loop import AgentLoop, BlockPorts, LoopPorts, LoopSettings, Outlet
from codepilot.loop.conversation import Conversation
from codepilot.loop.inbox import Inbox
from codepilot.messages import NativeCall, TextDelta, ToolDescription
from codepilot.ports import CallContext
from codepilot.providers import provider_for
from codepilot.sandbox import WorkerExecutor
from codepilot.script import Fault, Turn
from codepilot.testing import ManualClock
from codepilot.testing.model_server import ModelServer


def block(code):
    return f"```codepilot\n{code}\n```\n"


class Tools:
    """Two tools that note what they were given."""

    def __init__(self):
        self.calls = []
        self.started = asyncio.Event()

    def names(self):
        return ("look", "write_file", "hang", "done")

    def describe(self):
        return [ToolDescription(name="look", signature="look(what)", text="Look.")]

    def begin_step(self):
        pass

    async def call(self, name, args, kwargs, context):
        self.calls.append((name, *args))
        context.emit(e.ToolStarted(call_id=context.call_id, tool=name, args={}))
        state, text = "ok", f"[{name}] {tuple(args)}"
        if name == "hang":
            self.started.set()
            try:
                await asyncio.Event().wait()
            finally:
                context.emit(e.ToolFinished(call_id=context.call_id, tool=name, result="", state="aborted"))
        if name == "write_file":
            payload = context.take_payload(args[0])
            text, state = (f"wrote {payload!r}", "ok") if payload is not None else ("no payload", "error")
        context.append(text)
        context.emit(e.ToolFinished(call_id=context.call_id, tool=name, result=text, state=state))
        return text


class Bench:
    def __init__(self, server, max_steps=6, clock=None, provider=None, wire="openai"):
        self.server = server
        self.clock = clock or ManualClock(auto=True)
        self.events, self.tools = [], Tools()
        self.executor = WorkerExecutor(allowed_imports=["json"])
        self.conversation = Conversation()
        self.inbox = Inbox(self.events.append)
        url = server.openai_url if wire == "openai" else server.anthropic_url
        model = ModelConfig(provider=wire, name="scripted", base_url=url, api_key_env="KEY")
        self.provider = provider or provider_for(model, environ={"KEY": "k"}, clock=self.clock)
        ports = LoopPorts(
            provider=self.provider,
            block=BlockPorts(executor=self.executor, toolset=self.tools, approver=self, permit=self._permit),
            outlet=Outlet(self.events.append, self._settled),
            clock=self.clock,
        )
        settings = LoopSettings(system=lambda: "You are tested.", max_steps=max_steps)
        self.loop = AgentLoop(ports, self.conversation, self.inbox, settings)

    async def _permit(self, request):
        return Decision(allow=True)

    async def _settled(self):
        pass

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]

    async def close(self):
        await self.executor.close()
        await self.provider.close()

    @property
    def said(self):
        return [(m["role"], m["content"]) for m in self.conversation.messages]


@pytest.fixture
async def bench():
    made = []

    def make(*turns, **more):
        server = ModelServer(list(turns))
        server.__enter__()
        bench = Bench(server, **more)
        made.append((server, bench))
        return bench

    yield make
    for server, bench in made:
        await bench.close()
        server.__exit__(None, None, None)


async def test_look_act_complete(bench):
    b = bench(
        "I look.\n\n" + block("look('a')"),
        block("write_file('a.txt')")
        + "\n```text filename=./a.txt\nhello\n```\n\n```completion\nWritten.\n```",
    )
    outcome = await b.loop.run("go")
    assert (outcome.status, outcome.summary, outcome.steps) == ("done", "Written.", 2)
    assert b.tools.calls == [("look", "a"), ("write_file", "a.txt")]
    assert b.said[0] == ("user", "[Task 1][USER INPUT]\ngo")
    assert b.said[1] == ("assistant", "I look.\n\n" + block("look('a')"))
    assert "[look] ('a',)" in b.said[2][1]
    assert "wrote 'hello\\n'" in b.said[4][1]
    assert b.events[-1].status == "done"


async def test_a_draft_in_the_thinking_never_runs_and_the_block_after_it_does(bench):
    b = bench(
        f"<think>\nI try:\n{block('look(1)')}No, that is wrong.</think>\nI look.\n{block('look(2)')}",
        f"I try:\n{block('look(3)')}No.\n</think>\n```completion\nOk.\n```",
    )
    assert (await b.loop.run("go")).summary == "Ok."
    assert b.tools.calls == [("look", 2)]
    assert "".join(event.text for event in b.of(e.ThinkingStreamed)).startswith("I try:")
    assert "".join(event.text for event in b.of(e.TextStreamed)).startswith("I look.\n")
    assert b.said[1][1].startswith("<think>")  # stored as it was said


async def test_thinking_without_an_end_runs_nothing(bench):
    b = bench(f"<think>\nI try:\n{block('look(1)')}", "```completion\nOk.\n```")
    assert (await b.loop.run("go")).summary == "Ok."
    assert b.tools.calls == []
    assert "never closed" in b.said[2][1]


async def test_a_completion_waits_for_a_result_that_was_not_seen(bench):
    b = bench(block("look('tests')") + "```completion\nAll green.\n```", "```completion\nNow I know.\n```")
    outcome = await b.loop.run("go")
    assert outcome.summary == "Now I know."
    assert "completion was not accepted" in b.said[2][1]


async def test_a_completion_is_withheld_when_the_block_failed(bench):
    b = bench(block("1/0") + "```completion\nFine.\n```", "```completion\nIt failed.\n```")
    assert (await b.loop.run("go")).summary == "It failed."
    assert "ZeroDivisionError" in b.said[2][1]


async def test_a_plain_reply_ends_the_run_without_a_summary(bench):
    b = bench("Hello! `look()` looks.")
    outcome = await b.loop.run("hi")
    assert (outcome.status, outcome.summary) == ("replied", None)
    assert b.events[-1].summary == "Agent replied. Standing by for next task."


async def test_a_reply_that_means_to_act_is_corrected_twice_and_never_run(bench):
    wrong = '```python\nlook("x")\n```\n'
    b = bench(wrong, wrong, wrong)
    outcome = await b.loop.run("go")
    assert (outcome.status, outcome.error_source) == ("failed", "protocol")
    assert "The model keeps to a form that does not run" in outcome.error
    assert "fenced as `python`" in outcome.error
    assert outcome.reply == wrong.strip()
    assert b.tools.calls == []
    assert len(b.of(e.RuntimeFailed)) == 3
    assert "Write it like this" in b.said[2][1]
    assert "Write it like this" not in b.of(e.RuntimeFailed)[0].error
    assert b.of(e.RuntimeFailed)[0].hint == "The model was shown the right form."
    assert b.events[-1].summary == outcome.error


@pytest.mark.parametrize(
    ("turn", "words"),
    [
        (Turn(calls=(NativeCall("look", '{"what": "x"}'),)), 'look("x")'),
        (Turn(text="I look.", calls=(NativeCall("look", '{"what": "x"}'),)), 'look("x")'),
        (Turn(calls=(NativeCall("", ""),)), "native function call"),
        (Turn(text="  \n\n"), "the reply is empty"),
        (Turn(), "the reply is empty"),
        (Turn(text='[TOOL_CALLS][{"name": "look", "arguments": {"what": "x"}}]'), 'look("x")'),
    ],
)
@pytest.mark.parametrize("wire", ["openai", "anthropic"])
async def test_a_call_in_another_form_is_corrected_and_the_task_goes_on(bench, wire, turn, words):
    b = bench(turn, "```completion\nOk.\n```", wire=wire)
    assert (await b.loop.run("go")).summary == "Ok."
    assert words in b.said[2][1]
    assert b.tools.calls == []


async def test_empty_replies_without_end_are_a_failure_and_no_answer(bench):
    b = bench(Turn(), Turn(), Turn())
    outcome = await b.loop.run("go")
    assert outcome.status == "failed"
    assert "empty" in outcome.error


async def test_an_empty_reply_is_not_sent_back_to_the_model(bench):
    b = bench(Turn(), "```completion\nOk.\n```")
    await b.loop.run("go")
    sent = b.server.requests[1].body["messages"]
    assert [message["role"] for message in sent] == ["system", "user"]


async def test_a_completion_beside_a_fence_that_means_to_act_is_not_accepted(bench):
    b = bench(
        '```python\nlook("x")\n```\n```completion\ndone it\n```',
        "```bash\nls\n```\n```completion\ndone it\n```",
        "```completion\nOnly now.\n```",
    )
    outcome = await b.loop.run("go")
    assert outcome.summary == "Only now."
    assert "only a `codepilot` block runs" in b.said[2][1]
    assert "completion was not accepted" in b.said[2][1]
    assert "completion was not accepted" in b.said[4][1]


async def test_a_completion_is_withheld_where_a_fence_beside_the_block_means_to_act(bench):
    b = bench(
        block("write_file('a')")
        + "```text filename=a\nx\n```\nNow I'll run the tests.\n```bash\npytest\n```\n"
        + "```completion\nAll tests pass.\n```",
        "```completion\nOnly now.\n```",
    )
    assert (await b.loop.run("go")).summary == "Only now."
    assert "the `bash` block at line 8 did not run" in b.said[2][1]


async def test_a_block_of_a_reply_that_the_service_filtered_never_runs(bench):
    b = bench(Turn(text=block("look(1)"), finish="refusal"))
    assert (await b.loop.run("go")).status == "failed"
    assert b.tools.calls == []


async def test_an_answer_that_is_cut_goes_on_and_is_no_failure(bench):
    b = bench(Turn(text="It is a long ", finish="length"), "story.")
    outcome = await b.loop.run("go")
    assert (outcome.status, outcome.reply, outcome.steps) == ("replied", "It is a long story.", 2)
    assert "Go on exactly where it stopped" in b.said[2][1]
    assert b.of(e.RuntimeFailed) == []


async def test_an_answer_that_never_ends_is_delivered_once(bench):
    b = bench(*[Turn(text=f"part {n} ", finish="length") for n in range(5)])
    outcome = await b.loop.run("go")
    assert outcome.status == "replied"
    assert outcome.reply == "part 0 part 1 part 2 part 3 part 4"
    (failed,) = b.of(e.RuntimeFailed)
    assert "output limit" in failed.error


async def test_a_cut_answer_at_the_last_step_is_an_answer(bench):
    b = bench(Turn(text="It is a long", finish="length"), max_steps=1)
    outcome = await b.loop.run("go")
    assert (outcome.status, outcome.reply) == ("replied", "It is a long")


async def test_a_reply_without_end_is_stopped_and_says_so(bench):
    b = bench(Turn(chunks=("words " * 1_000,) * 60), "```completion\nShort.\n```")
    assert (await b.loop.run("go")).summary == "Short."
    (failed,) = b.of(e.RuntimeFailed)
    assert "200,000 characters" in failed.error
    assert len(b.said[1][1]) < 10_000
    assert sum(len(event.text) for event in b.of(e.TextStreamed)) < 250_000


async def test_a_model_whose_replies_have_no_end_is_asked_twice_and_told_as_such(bench):
    endless = Turn(chunks=("words " * 1_000,) * 60)
    b = bench(endless, endless)
    outcome = await b.loop.run("go")
    assert (outcome.status, outcome.error_source) == ("failed", "provider")
    assert "no end" in outcome.error and "output limit" not in outcome.error
    assert "another model" in outcome.hint


async def test_the_step_limit(bench):
    b = bench(*[block("look(1)")] * 2, max_steps=2)
    assert (await b.loop.run("go")).status == "max_steps"


async def test_words_typed_meanwhile_reach_the_next_step_and_keep_a_finished_task_open(bench):
    b = bench("```completion\nDone.\n```", Turn(match="also this", text="```completion\nThat too.\n```"))
    running = asyncio.create_task(b.loop.run("go"))
    while not b.of(e.TextStreamed) and not b.of(e.BlockOpened):
        await asyncio.sleep(0)
    b.inbox.put("also this")
    assert (await running).summary == "That too."
    assert ("user", "[USER MESSAGE]\nalso this") in b.said


async def test_a_stop_in_a_tool_keeps_what_happened_and_the_next_task_works(bench):
    b = bench(block("look(1)\nhang()"), "```completion\nGood.\n```")
    running = asyncio.create_task(b.loop.run("go"))
    async with asyncio.timeout(60):
        await b.tools.started.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert b.events[-1].status == "aborted"
    assert "[look] (1,)" in b.said[-1][1]
    assert "stopped" in b.said[-1][1]
    assert (await b.loop.run("again")).summary == "Good."


async def test_the_output_limit_holds_closed_payloads_and_goes_on(bench):
    cut = Turn(text="```text filename=a.txt\nkept\n```\n\n```text filename=b.txt\nhal", finish="length")
    b = bench(
        cut,
        block("write_file('a.txt')\nwrite_file('b.txt')") + "```text filename=b.txt\nwhole\n```\n",
        "```completion\nBoth.\n```",
    )
    assert (await b.loop.run("go")).summary == "Both."
    assert "wrote 'kept\\n'" in b.said[4][1]
    assert "wrote 'whole\\n'" in b.said[4][1]


async def test_a_cut_stream_is_asked_again_and_nothing_of_it_ran(bench):
    b = bench(
        Turn(text=block("look('cut')") + "and more words here", fault=Fault(cut_at=6)),
        block("look('whole')"),
        "```completion\nOk.\n```",
    )
    outcome = await b.loop.run("go")
    assert (outcome.summary, outcome.steps) == ("Ok.", 2)
    assert b.tools.calls == [("look", "whole")]
    (retried,) = b.of(e.ProviderRetried)
    assert (retried.attempt, retried.attempts) == (2, 6) and "broke" in retried.reason
    assert 0 < b.clock.slept[0] <= 0.5
    assert not any("cut" in text for _, text in b.said)  # the same question was asked again


async def test_the_words_of_a_cut_reply_are_told_apart_from_those_that_hold(bench):
    b = bench(Turn(text="I begin and", fault=Fault(eof_at=2)), "All of it.")
    await b.loop.run("go")
    told = [
        event for event in b.events if isinstance(event, e.TextStreamed | e.ReplyFinished | e.ProviderRetried)
    ]
    at = [type(event) for event in told].index(e.ProviderRetried)
    assert (told[at - 1].reason, told[at - 1].text) == ("cut", "I begin")
    assert "".join(event.text for event in told[at:] if isinstance(event, e.TextStreamed)) == "All of it."
    assert told[-1].reason == "stop"
    assert len(b.of(e.StepStarted)) == 1


async def test_words_that_a_failed_service_said_are_kept(bench):
    """M2: after five broken streams nothing of what the person had read was in the conversation."""
    turns = [Turn(text=f"Try {n}: I look at the files.", fault=Fault(eof_at=3)) for n in range(5)]
    b = bench(*turns, Turn(fault=Fault(status=500)), "Now.")
    outcome = await b.loop.run("go")
    assert (outcome.status, outcome.error_source) == ("failed", "provider")
    assert b.said[1] == ("assistant", "Try 4: I")
    assert (
        "broke off" in b.said[2][1]
        and "connection" not in b.said[2][1]
        and "Nothing of that reply ran" in b.said[2][1]
    )
    assert len(b.of(e.RuntimeFailed)) == 1
    assert (await b.loop.run("again")).status == "replied"


async def test_a_stop_while_it_waits_to_ask_again_keeps_the_words_too(bench):
    clock = ManualClock()
    b = bench(Turn(text="I begin and", fault=Fault(eof_at=2)), clock=clock)
    running = asyncio.create_task(b.loop.run("go"))
    async with asyncio.timeout(60):
        await clock.sleeping()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert b.said[1] == ("assistant", "I begin")
    assert "stopped" in b.said[2][1]


async def test_silence_is_told_once_and_the_model_is_waited_for(bench):
    clock = ManualClock()
    b = bench(Turn(text="one two", fault=Fault(stall_at=1)), Turn(text="Hello."), clock=clock)
    running = asyncio.create_task(b.loop.run("go"))
    async with asyncio.timeout(60):
        while not b.of(e.TextStreamed):
            await asyncio.sleep(0)
        await clock.limited(20)
        clock.advance(20)
        await clock.limited(40)  # the model's own limit of 60 s between words
        while not b.of(e.ProviderSilent):
            await asyncio.sleep(0)
        assert b.of(e.ProviderSilent) == [e.ProviderSilent(seconds=20.0, begun=True)]
        clock.advance(40)
        await clock.sleeping()  # before it asks again
        clock.advance(1)
        assert (await running).reply == "Hello."
    assert len(b.of(e.ProviderSilent)) == 1


async def test_silence_before_the_first_word_is_told_as_such(bench):
    clock = ManualClock()
    b = bench(Turn(fault=Fault(hang_headers=True)), clock=clock)
    running = asyncio.create_task(b.loop.run("go"))
    async with asyncio.timeout(60):
        await clock.limited(180)
        await clock.limited(20)
        clock.advance(19)
        await clock.limited(1)
        clock.advance(6)
        while not b.of(e.ProviderSilent):
            await asyncio.sleep(0)
        assert b.of(e.ProviderSilent) == [e.ProviderSilent(seconds=25.0, begun=False)]
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


async def test_a_reply_without_an_end_is_no_reply(bench):
    """A provider of one's own that forgets `ReplyEnd` must not be taken at its word."""

    class Forgetful:
        name = model = "forgetful"

        async def stream(self, request):
            yield TextDelta("```completion\nDone.\n```\n")

        async def close(self):
            pass

    b = bench(provider=Forgetful())
    outcome = await b.loop.run("go")
    assert outcome.status == "failed" and "without" in outcome.error


async def test_a_refused_key_ends_the_task_with_one_clear_error(bench):
    b = bench(Turn(fault=Fault(status=401, body={"error": {"message": "bad key"}})))
    outcome = await b.loop.run("go")
    assert (outcome.status, outcome.error_source) == ("failed", "provider")
    failed = b.of(e.RuntimeFailed)
    assert len(failed) == 1
    assert failed[0].hint


async def test_a_second_control_block_never_runs(bench):
    b = bench(block("look(1)") + block("look(2)"), "```completion\nOk.\n```")
    await b.loop.run("go")
    assert b.tools.calls == [("look", 1)]
    assert "did not run" in b.said[2][1]


async def test_an_example_in_prose_is_never_executed(bench):
    b = bench("You could write:\n\n    ```codepilot\n    look(1)\n    ```\n\nbut I do not.")
    await b.loop.run("go")
    assert b.tools.calls == []


async def test_a_killed_worker_is_named_and_the_next_block_runs(bench):
    import os
    import signal

    b = bench(block("x = 1\nhang()"), block("look(x)"), "```completion\nOk.\n```")
    running = asyncio.create_task(b.loop.run("go"))
    async with asyncio.timeout(60):
        await b.tools.started.wait()
        os.kill(b.executor._pool.process.pid, signal.SIGKILL)
        outcome = await running
    assert outcome.summary == "Ok."
    assert "worker" in b.said[2][1]


async def test_payloads_with_a_completion_but_no_control_block_are_not_lost_in_silence(bench):
    b = bench(
        "```text filename=a.txt\nhello\n```\n\n```completion\nWritten.\n```", "```completion\nNow.\n```"
    )
    assert (await b.loop.run("go")).summary == "Now."
    assert "a.txt" in b.said[2][1]


async def test_a_payload_that_is_sent_again_takes_the_place_of_the_held_one(bench):
    cut = Turn(text="```text filename=a.txt\nold\n```\n\nand", finish="length")
    b = bench(cut, block("write_file('a.txt')") + "```text filename=a.txt\nnew\n```\n```completion\nOk.\n```")
    assert (await b.loop.run("go")).summary == "Ok."
    assert "wrote 'new\\n'" in b.said[4][1]


async def test_a_stopped_call_says_so_before_the_task_ends(bench):
    b = bench(block("hang()"))
    running = asyncio.create_task(b.loop.run("go"))
    async with asyncio.timeout(60):
        await b.tools.started.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    kinds = [type(event).__name__ for event in b.events]
    assert kinds.index("ToolFinished") < kinds.index("TaskFinished")


async def test_a_stopped_block_is_finished_before_what_is_observed_of_it(bench):
    """Who pairs ControlStarted and ControlFinished would wait for ever: a screen, a journal."""
    b = bench(block("hang()"))
    running = asyncio.create_task(b.loop.run("go"))
    async with asyncio.timeout(60):
        await b.tools.started.wait()
        b.clock.advance(5)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    kinds = [type(event).__name__ for event in b.events]
    assert kinds[kinds.index("ControlStarted") :] == [
        "ControlStarted", "ToolStarted", "ToolFinished", "ControlFinished", "ObservationMade", "TaskFinished",
    ]  # fmt: skip
    assert b.of(e.ControlFinished) == [e.ControlFinished(ok=False, kind="aborted", seconds=5.0)]


async def test_a_block_that_no_worker_takes_is_finished_too(bench):
    b = bench(block("look('a')"))
    await b.executor.close()
    outcome = await b.loop.run("go")
    assert outcome.status == "failed"
    kinds = [type(event).__name__ for event in b.events]
    assert kinds[kinds.index("ControlStarted") :] == [
        "ControlStarted", "ControlFinished", "RuntimeFailed", "TaskFinished",
    ]  # fmt: skip
    assert b.of(e.ControlFinished) == [e.ControlFinished(ok=False, kind="crashed")]


async def test_calls_leave_nothing_to_be_collected(bench):
    """A circle for each call has the collector stop everything for 20 ms in the middle of a long block."""
    b = bench(block("for i in range(20): look(i)"), "```completion\nOk.\n```")
    gc.collect()
    gc.disable()
    try:
        await b.loop.run("go")
        left = sum(isinstance(each, CallContext) for each in gc.get_objects())
    finally:
        gc.enable()
    assert len(b.tools.calls) == 20
    assert left == 0
