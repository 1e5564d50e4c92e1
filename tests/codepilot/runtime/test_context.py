"""`compact()`, `context_report()` and `leave_out()` of both runtimes, over the stores."""

import asyncio
import json
import time

import pytest

from codepilot import AsyncRuntime, EventType, Runtime
from codepilot import events as e
from codepilot.context.report import Compacted
from codepilot.errors import UsageError
from codepilot.script import Turn
from codepilot.testing import ModelServer

pytestmark = pytest.mark.slow
OWN_WORDS = Turn(text="I found the cause.", match="about to be cut here", repeat=True)


def block(code):
    return Turn(text=f"I look.\n```codepilot\n{code}\n```\n")


def done(words="Done."):
    return Turn(text=f"```completion\n{words}\n```\n")


LONG = [block(f"print('{n}', 'result ' * 300)") for n in range(12)]


@pytest.fixture
def make(tmp_path):
    made, servers = [], []

    def make(*turns, kind=AsyncRuntime, **options):
        servers.append(ModelServer([OWN_WORDS, *turns]))
        servers[-1].__enter__()
        (tmp_path / "agent.yaml").write_text(
            "agent:\n  name: A\n  runtime: {work_dir: ./work, max_steps: 60}\n"
            f"  model: {{provider: openai, name: scripted, base_url: {servers[-1].openai_url}}}\n"
        )
        options = {"session_id": "s", "session_dir": tmp_path / "kept", **options}
        runtime = kind(str(tmp_path / "agent.yaml"), use_stdin=False, **options)
        for event in EventType:
            runtime.hooks.clear(event)
        runtime.seen = []
        runtime.subscribe(lambda stamped: runtime.seen.append(stamped.event))
        made.append(runtime)
        return runtime, servers[-1]

    yield make
    for runtime in made:
        if isinstance(runtime, Runtime):
            runtime.close()
    for server in servers:
        server.__exit__(None, None, None)


@pytest.mark.parametrize("kept", ["memory", "file", "journal"])
async def test_a_conversation_is_made_shorter_and_stays_so(make, kept):
    runtime, server = make(*LONG, done(), done(), session=kept)
    async with runtime:
        await runtime.run("Find the cause")
        count = len(runtime.messages)
        report = runtime.context_report()
        assert abs(report.used - sum(entry.tokens for entry in report.entries)) < 30
        assert report.cut_at is None
        began = time.time()
        saved = await runtime.compact()
        cut_at = runtime.context_report().cut_at
        assert began <= cut_at <= time.time()
        assert saved.freed > saved.before / 2 and saved.after == runtime.context_report().used
        assert e.ContextCompacted(tokens_before=saved.before, tokens_after=saved.after) in runtime.seen
        assert len(runtime.messages) == count + 1, "the conversation stays whole"
        again = await runtime.compact()
        assert again.freed == 0 and len(runtime.messages) == count + 1
        if kept != "memory":
            await runtime.close()
            runtime, server = make(done(), session=kept)
        if kept == "journal":
            assert abs(runtime.context_report().cut_at - cut_at) < 5, "the record has the time"
        await runtime.run("Go on")
        assert "[GLOBAL SUMMARY]" in json.dumps(server.requests[-1].body)
        assert "I found the cause." in json.dumps(server.requests[-1].body)
        await runtime.close()


async def test_while_the_agent_works_it_is_done_before_the_next_request(make):
    runtime, server = make(*LONG[:8], done())
    async with runtime:
        asked = []

        def ask(stamped):
            if isinstance(stamped.event, e.ObservationMade) and len(server.requests) == 6:
                asked.append(runtime._tasks.loop.create_task(runtime.compact()))

        runtime.subscribe(ask)
        await runtime.run("Find the cause")
        assert await asked[0] is None
    [told] = [event for event in runtime.seen if isinstance(event, e.ContextCompacted)]
    assert told.tokens_after < told.tokens_before / 2
    assert "[GLOBAL SUMMARY]" not in json.dumps(server.requests[5].body)
    assert "[GLOBAL SUMMARY]" in json.dumps(server.requests[-1].body)


async def test_nothing_said_or_little_said_is_nothing_to_make_shorter(make):
    runtime, server = make(Turn(text="Hello."), session="journal")
    async with runtime:
        assert await runtime.compact() == Compacted(0, 0)
        assert runtime.messages == [] and not runtime.session.path.exists()
        await runtime.run("Hi")
        saved = await runtime.compact()
        assert saved.before == saved.after > 0
        assert len(server.requests) == 1, "the model is not asked for a summary that saves nothing"
    with pytest.raises(UsageError, match="closed"):
        await runtime.compact()


async def test_a_report_says_what_each_message_is(make):
    runtime, _ = make(
        block("write_file('a.py')"), block("run_command('echo counted')"), done(), allow=("all",)
    )
    (runtime.work_dir).mkdir(exist_ok=True)
    async with runtime:
        assert runtime.context_report().entries == () and runtime.context_report().system > 500
        runtime.hooks.replace(EventType.PERMISSION_REQUEST, lambda **_: True)
        await runtime.run("Find the cause\nof it")
        report = runtime.context_report()
        said = [(entry.message, entry.kind, entry.label) for entry in report.entries]
        assert said[0] == (1, "words", "Find the cause") and said[1] == (2, "reply", "I look.")
        assert (5, "result", "echo counted") in said
        assert report.counted and report.window == 0 and report.summarised == 0
        assert report.total == report.system + report.used and 0 < report.tools < report.system
        assert report.usage.input_tokens > 0 and report.cost is None


@pytest.mark.parametrize("kept", ["file", "journal"])
async def test_a_result_is_left_out_at_will(make, kept):
    runtime, server = make(*LONG[:3], done(), session=kept)
    async with runtime:
        await runtime.run("Find the cause")
        first = next(entry for entry in runtime.context_report().entries if entry.kind == "result")
        assert await runtime.leave_out(first.message) and not await runtime.leave_out(first.message)
        for number in (0, 1, 2, 7, 99):
            assert not await runtime.leave_out(number)
        [told] = [event for event in runtime.seen if isinstance(event, e.ContextPruned)]
        assert told.messages == (first.message,) and told.tokens_after < told.tokens_before
    again, server = make(done(), session=kept)
    async with again:
        entry = next(each for each in again.context_report().entries if each.message == first.message)
        assert entry.left_out and entry.tokens < first.tokens / 5
        await again.run("Go on")
        assert f'reveal_context(\\"m{first.message}\\")' in json.dumps(server.requests[-1].body)


def test_the_runtime_of_ordinary_code_has_them_too(make):
    runtime, server = make(*LONG, done(), kind=Runtime)
    results = []

    def ask(**_):
        if len(server.requests) == 6:
            results.append(runtime.compact())
            with pytest.raises(UsageError, match="idle"):
                runtime.leave_out(3)

    runtime.hooks.register(EventType.STEP, ask)
    runtime.run("Find the cause")
    assert results == [None] and any(isinstance(event, e.ContextCompacted) for event in runtime.seen)
    assert isinstance(runtime.compact(), Compacted)
    result = next(each for each in runtime.context_report().entries if each.kind == "result")
    assert runtime.leave_out(result.message) != result.left_out


async def test_a_task_waits_for_a_compaction_that_was_begun(make):
    runtime, _ = make(*LONG, done(), done())
    async with runtime:
        await runtime.run("Find the cause")
        saved, words = await asyncio.gather(runtime.compact(), runtime.run("Go on"))
        assert saved.freed and words == "Done."
