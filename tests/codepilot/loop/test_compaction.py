"""A conversation that outgrows the model's window: what is sent, what stays, and what a service says that is full."""

import asyncio
import hashlib

import pytest

from codepilot import AsyncRuntime, EventType
from codepilot import events as e
from codepilot.script import Fault, Script, Turn
from codepilot.sessions import create_session
from codepilot.testing import ModelServer
from codepilot.testing.wires import characters

pytestmark = pytest.mark.slow

ASKED = "The conversation is about to be cut here"
OWN_WORDS = Turn(text="I found the cause in stock.py.", match=ASKED, repeat=True)


def block(code):
    return f"I look.\n```codepilot\n{code}\n```\n"


def done(words="Done."):
    return Turn(text=f"```completion\n{words}\n```\n")


class Stage:
    """A runtime on a scripted model, with what it was asked."""

    def __init__(self, folder, server, memory="", **options):
        self.server, self.folder, self.events = server, folder, []
        (folder / "agent.yaml").write_text(
            f"agent:\n  name: A\n  model: {{provider: openai, name: scripted, base_url: {server.openai_url}}}\n"
            f"  runtime: {{work_dir: ./work, max_steps: 60}}\n{memory}"
        )
        self.runtime = AsyncRuntime(str(folder / "agent.yaml"), use_stdin=False, **options)
        for event in EventType:
            self.runtime.hooks.clear(event)
        self.runtime.subscribe(lambda stamped: self.events.append(stamped.event))

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]

    def sent(self, number=-1):
        """The texts of a request, the system prompt apart."""
        messages = self.server.requests[number].body["messages"]
        return "\n".join(each["content"] for each in messages if each["role"] != "system")


@pytest.fixture
async def stage(tmp_path):
    made = []

    def make(*turns, memory="", largest=0, **options):
        server = ModelServer([OWN_WORDS, *turns], largest=largest)
        server.__enter__()
        made.append((server, Stage(tmp_path, server, memory, **options)))
        return made[-1][1]

    yield make
    for server, each in made:
        await each.runtime.close()
        server.__exit__(None, None, None)


MEMORY = "  memory: {max_context_tokens: 9000}\n"
BIG = block("print('line of output\\n' * 500)")


async def test_what_is_sent_stays_below_the_limit_and_the_conversation_stays_whole(stage):
    turns = [Turn(text=BIG) for _ in range(20)]
    it = stage(*turns, done(), memory=MEMORY)
    assert await it.runtime.run("Count the lines of `stock.py`, and mind the ünïcode.") == "Done."
    longest = max(
        characters(each.body) - len(each.body["messages"][0]["content"]) for each in it.server.requests
    )
    assert longest < 9_000 * 5.0, "tokens of the service are four characters here"
    assert it.of(e.ContextPruned) or it.of(e.ContextCut)
    assert len(it.runtime.messages) >= 1 + 20 * 2 + 1
    assert "mind the ünïcode" in it.sent(), "the words of the task that is being worked on are always there"
    assert it.of(e.RuntimeFailed) == []


async def test_a_cut_keeps_words_files_and_commands_and_asks_the_model_for_the_rest(stage):
    (it := stage(memory="  memory: {max_context_tokens: 4000, global_summary_max_tokens: 200}\n"))
    (it.folder / "work").mkdir(exist_ok=True)
    (it.folder / "work" / "stock.py").write_text("MOST = 12\n")
    for text in (
        block("read_file('stock.py')\nrun_command('echo counted')"),
        *[block(f"print('{n}', 'result ' * 300)") for n in range(12)],
    ):
        it.server.script.add(Turn(text=text))
    it.server.script.add(done())
    assert await it.runtime.run("Find the cause") == "Done."
    assert it.of(e.ContextCut), "the last steps alone are too much"
    sent = it.sent()
    for part in (
        "[GLOBAL SUMMARY]",
        "[Task 1][USER INPUT]\nFind the cause",
        "- stock.py: read 1×",
        "- echo counted: Return Code: 0",
        "I found the cause in stock.py.",
        "stock.py as it is now:\n    1 | MOST = 12",
        "reveal_context",
    ):
        assert part in sent, part
    asked = [each for each in it.server.requests if ASKED in each.user_text]
    assert asked and all(each.body["max_completion_tokens"] == 200 for each in asked)
    for cut in it.of(e.ContextCut):
        assert cut.tokens_after < cut.tokens_before * 0.8


@pytest.mark.parametrize("kind", ["file", "db", "journal"])
async def test_the_request_after_a_restart_has_the_same_summary(stage, tmp_path, kind):
    turns = [Turn(text=block(f"print('{n}', 'result ' * 300)")) for n in range(14)]
    url = f"sqlite:///{tmp_path}/kept.db" if kind == "db" else None
    kept = {"session": kind, "session_id": "s", "session_dir": tmp_path / "kept", "db_url": url}
    it = stage(*turns, done(), memory="  memory: {max_context_tokens: 4000}\n", **kept)
    await it.runtime.run("Find the cause")
    assert it.of(e.ContextCut)
    await it.runtime.close()
    again = stage(done("Again."), memory="  memory: {max_context_tokens: 4000}\n", **kept)
    assert await again.runtime.run("Go on") == "Again."
    summary = it.sent().partition("[GLOBAL SUMMARY]")[2][:400]
    assert summary and summary in again.sent()


async def test_a_summary_counts_what_was_changed_by_earlier_programs_too(stage, tmp_path):
    """By the journal, whose summary is a message: only its making needs to know."""
    write = "```codepilot\nwrite_file('made.txt')\n```\n```text filename=made.txt\none\ntwo\nthree\n```\n"
    kept = {"session": "journal", "session_id": "s", "session_dir": tmp_path / "kept"}
    memory = "  memory: {max_context_tokens: 4000}\n"
    first = stage(Turn(text=write), done(), memory=memory, **kept)
    assert await first.runtime.run("Make it") == "Done."
    await first.runtime.close()
    assert not first.of(e.ContextCut)
    more = [
        Turn(text=block("run_command('echo four >> made.txt; echo new > other.txt')")),
        *[Turn(text=block(f"print('{n}', 'result ' * 300)")) for n in range(14)],
    ]
    it = stage(*more, done(), memory=memory, **kept)
    assert await it.runtime.run("Find the cause") == "Done."
    assert it.of(e.ContextCut)
    made = next(line for line in it.sent().splitlines() if line.startswith("- made.txt: "))
    seen = hashlib.blake2b(b"one\ntwo\nthree\nfour\n", digest_size=16).hexdigest()
    assert "+4 −0 lines by you" in made and f"hash {seen[:12]}" in made
    assert "- other.txt: changed by commands; +1 −0 lines by you" in it.sent()
    requests = [each.body["messages"] for each in it.server.requests if ASKED not in each.user_text]
    summaries = [
        each["content"]
        for sent in requests
        for each in sent
        if str(each["content"]).startswith("[GLOBAL SUMMARY]")
    ]
    await it.runtime.close()
    again = stage(done("Again."), memory=memory, **kept)
    await again.runtime.run("Go on")
    assert summaries[-1] in again.sent()


def look_often(times):
    """Steps that show one file again and again: all but the last showings are overtaken, and come free together."""
    return [Turn(text=block("read_file('stock.py')")) for _ in range(times)]


@pytest.mark.parametrize("kind", ["file", "db", "journal"])
async def test_the_request_after_a_restart_is_byte_for_byte_the_one_before(stage, tmp_path, kind):
    url = f"sqlite:///{tmp_path}/kept.db" if kind == "db" else None
    kept = {"session": kind, "session_id": "s", "session_dir": tmp_path / "kept", "db_url": url}
    memory = "  memory: {max_context_tokens: 9000}\n"
    it = stage(*look_often(7), done(), memory=memory, **kept)
    (it.folder / "work").mkdir(exist_ok=True)
    (it.folder / "work" / "stock.py").write_text("MOST = 12  # in a box\n" * 120)
    await it.runtime.run("Find the cause")
    assert it.of(e.ContextPruned) and it.of(e.ContextCut) == []
    assert "a later step shows these files" in it.sent()
    await it.runtime.close()
    again = stage(done("Again."), memory=memory, **kept)
    assert await again.runtime.run("Go on") == "Again."
    before, after = (each.server.requests[-1].body["messages"] for each in (it, again))
    assert after[: len(before)] == before and len(after) == len(before) + 2
    assert again.runtime.messages[: len(it.runtime.messages)] == it.runtime.messages


async def test_no_second_cut_follows_within_three_steps(stage):
    turns = [Turn(text=block(f"print('{n}', 'result ' * 300)")) for n in range(40)]
    it = stage(*turns, done(), memory="  memory: {max_context_tokens: 5000}\n")
    assert await it.runtime.run("Find the cause") == "Done."
    steps = [event for event in it.events if isinstance(event, e.StepStarted | e.ContextCut)]
    cuts = [number for number, event in enumerate(steps) if isinstance(event, e.ContextCut)]
    assert len(cuts) > 2 and min(b - a for a, b in zip(cuts, cuts[1:], strict=False)) > 3
    for cut in it.of(e.ContextCut):
        assert cut.tokens_after <= min(0.6 * 5000, 0.8 * cut.tokens_before)


async def test_what_a_summary_does_not_make_shorter_ends_the_task(stage):
    huge = block("print('line of output\\n' * 900)")
    it = stage(Turn(text=huge), Turn(text=huge), done(), memory="  memory: {max_context_tokens: 4500}\n")
    assert await it.runtime.run("Find the cause") is None
    assert it.runtime.last_outcome.error_source == "context"
    [told] = it.of(e.RuntimeFailed)
    assert told.source == "context" and "/compact" in told.hint and "/new" in told.hint
    assert len(it.of(e.ContextCut)) <= 1


async def test_a_service_that_says_too_long_is_asked_once_more_with_less(stage):
    turns = [Turn(text=block("print('line of output\\n' * 700)")) for _ in range(30)]
    it = stage(*turns, done(), largest=60_000)
    assert await it.runtime.run("Find the cause") == "Done."
    assert it.of(e.ContextCut) and it.of(e.RuntimeFailed) == []
    assert "[Task 1][USER INPUT]\nFind the cause" in it.sent()


async def test_a_model_without_words_of_its_own_does_not_keep_the_conversation_from_being_cut(stage):
    turns = [Turn(text=block(f"print('{n}', 'result ' * 300)")) for n in range(14)]
    it = stage(memory="  memory: {max_context_tokens: 4000}\n")
    it.server.script = Script([Turn(fault=Fault(status=400), match=ASKED, repeat=True), *turns, done()])
    assert await it.runtime.run("Find the cause") == "Done."
    assert it.of(e.ContextCut) and it.of(e.RuntimeFailed) == []
    assert "In your own words" not in it.sent()


async def test_a_stop_while_the_model_sums_up_is_a_stop(stage):
    turns = [Turn(text=block(f"print('{n}', 'result ' * 300)")) for n in range(14)]
    it = stage(memory="  memory: {max_context_tokens: 4000}\n")
    it.server.script = Script([Turn(fault=Fault(hang_headers=True), match=ASKED, repeat=True), *turns])
    working = asyncio.create_task(it.runtime.run("Find the cause"))
    async with asyncio.timeout(60):
        while not any(ASKED in each.user_text for each in it.server.requests):
            await asyncio.sleep(0)
        it.runtime.abort()
        assert await working is None
    assert it.runtime.last_outcome.status == "aborted" and it.of(e.ContextCut) == []


async def test_what_stays_too_long_fails_with_what_to_do(stage):
    too_long = Fault(status=400, body={"error": {"message": "prompt is too long"}})
    it = stage(Turn(fault=too_long, repeat=True))
    assert await it.runtime.run("Find the cause") is None
    outcome = it.runtime.last_outcome
    assert (outcome.status, outcome.error_source) == ("failed", "provider")
    assert (
        outcome.hint
        == "Make it shorter (/compact), begin a new conversation (/new), or choose a model with a larger window."
    )
    assert len(it.server.requests) == 1, "nothing was there to shorten"


async def test_a_question_that_does_not_fit_fails_and_the_next_task_works(stage):
    it = stage(done(), memory="  memory: {max_context_tokens: 2000}\n")
    assert await it.runtime.run("x" * 20_000) is None
    assert it.runtime.last_outcome.error_source == "context"
    assert it.server.requests == []
    assert await it.runtime.run("Now something short") == "Done."


async def test_the_model_archives_a_task_and_looks_things_up(stage):
    it = stage(
        Turn(text="The number is 4711."),
        Turn(text=block("archive_context(1, 'A number was found.')\nlist_archived_context()")),
        Turn(text=block("reveal_context('number is')")),
        done(),
    )
    await it.runtime.run("Find the number")
    assert await it.runtime.run("Use it") == "Done."
    texts = [each["content"] for each in it.runtime.messages if each["role"] == "user"]
    assert any("[list_archived_context]\ntask 1: A number was found." in text for text in texts)
    assert "m2: The number is 4711." in texts[-1]
    second = it.sent(2)
    assert "[ARCHIVED TASK 1]\nA number was found." in second and "4711" not in second
    assert "The number is 4711." in it.runtime.messages[1]["content"]


@pytest.mark.parametrize("kind", ["file", "db"])
async def test_what_codepilot_ai_has_archived_is_found(stage, tmp_path, kind):
    url = f"sqlite:///{tmp_path}/kept.db"
    session = create_session(kind, "s", "A", tmp_path / "kept", url)
    session.save([{"role": "user", "content": "[ARCHIVED TASK 1]\nA number was found."}])
    task = [
        {"role": "user", "content": "[Task 1][USER INPUT]\nfind it"},
        {"role": "assistant", "content": "It is 4711."},
    ]
    session.save_extra({"memory_state": {"archive": {"store": {"1": task}}}})
    kept = {"session": kind, "session_id": "s", "session_dir": tmp_path / "kept"}
    it = stage(Turn(text=block("reveal_context(1)")), done(), **kept, db_url=url if kind == "db" else None)
    assert await it.runtime.run("Use it") == "Done."
    assert "[ARCHIVED TASK 1]\nA number was found." in it.sent(0) and "4711" not in it.sent(0)
    assert "It is 4711." in it.sent(1)
    if kind == "db":
        session.dispose()


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("archive_context(2, 'x')", "task 2 is the one that you are working on"),
        ("archive_context(7, 'x')", "there is no task 7; tasks: 1, 2."),
        ("archive_context(1, ' ')", "the summary is empty"),
        ("archive_context(1, 'x')\narchive_context(1, 'y')", "task 1 is archived already"),
        ("list_archived_context()", "No task is archived."),
    ],
)
async def test_what_cannot_be_archived_is_said(stage, call, told):
    it = stage(Turn(text="One."), Turn(text=block(call)), done())
    await it.runtime.run("one")
    await it.runtime.run("two")
    assert told in it.runtime.messages[-2]["content"]
