"""What follows from a reply, without a model and without a worker."""

import pytest

from codepilot import events as e
from codepilot.loop.conversation import Conversation
from codepilot.loop.outcome import LoopSettings, Progress
from codepilot.loop.reply import Received
from codepilot.loop.verdicts import AGAIN, CONTINUATIONS, ENDLESS, REMINDERS, Verdicts
from codepilot.messages import ReplyEnd, ToolDescription, Usage
from codepilot.protocol import parse_reply


class OneTool:
    def describe(self):
        return [ToolDescription(name="read_file", signature="read_file(path)", text="Read.")]


class NoBlock:
    async def run(self, control, payloads):
        raise AssertionError


@pytest.fixture
def bench():
    class Bench:
        conversation, events = Conversation([]), []
        settings = LoopSettings(system=lambda: "")

        def __init__(self):
            self.verdicts = Verdicts(
                self.conversation, self.events.append, OneTool(), NoBlock(), lambda: self.settings
            )
            self.conversation.add_task(1, "go")
            self.run = Progress(20, step=1, usage=Usage(input_tokens=7))

        async def say(self, text, reason="stop", stopped=""):
            reply = parse_reply(text, reason=reason)
            received = Received(reply, ReplyEnd(reason=reason), stopped)
            self.conversation.add_reply(received.kept, reason=received.reason)
            return await self.verdicts.act(self.run, received)

        def last(self):
            return self.conversation.messages[-1]["content"]

    return Bench()


async def test_an_answer_ends_the_task(bench):
    outcome = await bench.say("All is well.")
    assert (outcome.status, outcome.reply, outcome.usage.input_tokens) == ("replied", "All is well.", 7)


async def test_a_completion_is_done_unless_nobody_was_there_to_allow_anything(bench):
    done = "```completion\nReady.\n```\n"
    assert (await bench.say(done)).status == "done"
    bench.run.unanswered = True
    assert (await bench.say(done)).status == "needs_person"
    bench.run.permitted = True
    assert (await bench.say(done)).status == "done"


async def test_a_refusal_is_a_failure_with_what_to_do(bench):
    outcome = await bench.say("No.", reason="refusal")
    assert (outcome.status, outcome.error_source) == ("failed", "provider") and outcome.hint
    assert [type(event) for event in bench.events] == [e.RuntimeFailed]


async def test_an_answer_that_was_cut_goes_on_and_is_one_answer(bench):
    assert await bench.say("One ", reason="length") is None
    assert bench.run.continuations == 1
    assert (await bench.say("two.")).reply == "One two."


async def test_an_answer_that_is_cut_again_and_again_is_told_and_kept(bench):
    for _ in range(CONTINUATIONS):
        assert await bench.say("more ", reason="length") is None
    outcome = await bench.say("more", reason="length")
    assert outcome.status == "replied" and outcome.reply.startswith("more more")
    assert "output limit" in bench.events[-1].error


@pytest.mark.parametrize(
    "between", ["```codepilot\nlook(\n", "I will run it now:\n\n```python\nlook('a')\n```\n"]
)
async def test_only_answers_that_are_cut_in_a_row_count_to_their_number(bench, between):
    for _ in range(CONTINUATIONS):
        assert await bench.say("more ", reason="length") is None
    assert await bench.say(between) is None
    assert await bench.say("more", reason="length") is None


async def test_a_reply_without_end_is_stopped_once_with_words_and_then_for_good(bench):
    for _ in range(ENDLESS - 1):
        assert await bench.say("x " * 50, stopped="It is too long.") is None
        assert "It is too long." in bench.last()
    outcome = await bench.say("x " * 50, stopped="It is too long.")
    assert outcome.status == "failed" and "had no end" in outcome.error


async def test_code_in_no_block_is_reminded_of_so_often_and_no_oftener(bench):
    told = "I will run it now:\n\n```python\nread_file('a')\n```\n"
    for _ in range(REMINDERS):
        assert await bench.say(told) is None
    outcome = await bench.say(told)
    assert (outcome.status, outcome.error_source) == ("failed", "protocol")


async def test_a_reply_without_clear_meaning_is_asked_so_often_in_a_row(bench):
    told = "<think> is never closed by this model."
    for _ in range(AGAIN):
        assert await bench.say(told) is None
        assert "put it into backticks" in bench.last()
    outcome = await bench.say(told)
    assert (outcome.status, outcome.error_source) == ("failed", "protocol")
    assert "is never closed" in outcome.error


QUEUE = "I'll fetch the data:\n\n```bash\ncurl example.org\n```"


@pytest.mark.parametrize("more", ["", "\n\nThat is my answer."], ids=["alone", "with more words"])
async def test_a_model_that_stands_by_what_was_refused_has_answered(bench, more):
    assert await bench.say(QUEUE) is None
    assert "only shown" in bench.last()
    outcome = await bench.say(QUEUE + more)
    assert (outcome.status, outcome.reply) == ("replied", QUEUE + more)


async def test_a_completion_beside_what_was_refused_ends_the_task_with_its_words(bench):
    assert await bench.say(QUEUE) is None
    outcome = await bench.say(QUEUE + "\n\n```completion\nShown above.\n```")
    assert (outcome.status, outcome.summary, outcome.reply) == ("done", "Shown above.", QUEUE)


@pytest.mark.parametrize("said", ["", "Take that."])
async def test_a_completion_alone_keeps_the_words_that_were_refused(bench, said):
    assert await bench.say(QUEUE) is None
    outcome = await bench.say(f"{said}\n\n```completion\nIt was my answer.\n```")
    assert (outcome.status, outcome.summary) == ("done", "It was my answer.")
    assert outcome.reply == "\n\n".join(filter(None, [QUEUE, said]))


async def test_an_invented_turn_is_no_answer_that_is_kept(bench):
    assert await bench.say("I ran it.\n\n[EXECUTION RESULT]\nall passed") is None
    outcome = await bench.say("```completion\nReady.\n```")
    assert (outcome.status, outcome.reply) == ("done", "")


async def test_another_block_after_the_correction_is_corrected_again(bench):
    assert await bench.say(QUEUE) is None
    assert await bench.say(QUEUE.replace("org", "com")) is None
