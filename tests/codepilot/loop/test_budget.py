"""What a session may cost and how many steps a task may have: asked about in time, kept without a person."""

import pytest

from codepilot import AsyncRuntime, EventType, Runtime
from codepilot import events as e
from codepilot.errors import UsageError
from codepilot.messages import Usage
from codepilot.script import Turn
from codepilot.testing import ModelServer

pytestmark = pytest.mark.slow
DOLLAR = Usage(input_tokens=100_000, output_tokens=1_000)
"""What a step takes: of gpt-4o, 0.25 + 0.01 dollars."""


def block(code, usage=DOLLAR):
    return Turn(text=f"I look.\n```codepilot\n{code}\n```\n", usage=usage)


DONE = Turn(text="```completion\nDone.\n```\n", usage=DOLLAR)


@pytest.fixture
def make(tmp_path):
    servers = []

    def make(*turns, model="gpt-4o", limits="", answers=None, kind=AsyncRuntime, **options):
        servers.append(ModelServer(turns))
        servers[-1].__enter__()
        (tmp_path / "agent.yaml").write_text(
            f"agent:\n  name: A\n  runtime: {{work_dir: ./work{limits}}}\n"
            f"  model: {{provider: openai, name: {model}, base_url: {servers[-1].openai_url}}}\n"
        )
        options = {"session_id": "s", "session_dir": tmp_path / "kept", **options}
        runtime = kind(str(tmp_path / "agent.yaml"), use_stdin=False, **options)
        for event in EventType:
            runtime.hooks.clear(event)
        runtime.asked, runtime.seen = [], []
        if answers is not None:

            def answer(question, **_):
                runtime.asked.append(question)
                return answers.pop(0)

            runtime.hooks.register(EventType.ASK_USER, answer)
        runtime.subscribe(lambda stamped: runtime.seen.append(stamped.event))
        return runtime, servers[-1]

    yield make
    for server in servers:
        server.__exit__(None, None, None)


def of(runtime, kind):
    return [event for event in runtime.seen if isinstance(event, kind)]


def steps(count):
    return [block("print(1)") for _ in range(count)]


async def test_tokens_and_dollars_are_told_for_each_step_the_task_and_the_session(make):
    runtime, _ = make(*steps(1), DONE, DONE)
    async with runtime:
        await runtime.run("one")
        await runtime.run("two")
        replies, ends = of(runtime, e.ReplyFinished), of(runtime, e.TaskFinished)
        assert [round(each.step_cost, 2) for each in replies] == [0.26] * 3
        assert [round(each.task_cost, 2) for each in replies] == [0.26, 0.52, 0.26]
        assert [round(each.cost, 2) for each in replies] == [0.26, 0.52, 0.78]
        assert [(each.input_tokens, each.output_tokens) for each in ends] == [
            (200_000, 2_000),
            (100_000, 1_000),
        ]
        assert [round(each.cost, 2) for each in ends] == [0.52, 0.26]
        assert round(ends[1].session_cost, 2) == 0.78 and ends[1].prices_of.count("-") == 2
        assert (
            runtime.last_outcome.usage.input_tokens == 300_000 and round(runtime.last_outcome.cost, 2) == 0.78
        )


async def test_without_a_person_it_stops_before_the_request_that_would_go_beyond(make):
    runtime, server = make(*steps(5), DONE, limits=", max_cost: 0.9")
    async with runtime:
        assert await runtime.run("go") is None
        assert runtime.last_outcome.status == "max_cost" and len(server.requests) == 3
        near, over = of(runtime, e.BudgetReached)
        assert (near.go_on, over.go_on) == (True, False) and near.kind == over.kind == "cost"
        assert (round(near.used, 2), near.limit) == (0.52, 0.9)
        assert of(runtime, e.TaskFinished)[-1].status == "max_cost"
        assert await runtime.run("more") is None and len(server.requests) == 3, (
            "nothing is left for another task"
        )


@pytest.mark.parametrize(
    ("answers", "status", "requests", "limit"),
    [
        (["no"], "max_cost", 2, 0.9),
        (["yes", "no"], "max_cost", 3, 0.9),
        (["Yes, go on.", "yes", "Y"], "done", 6, None),
        (["$2"], "done", 6, 2.0),
        (["what?", "0.1", "yes", "n"], "max_cost", 3, 0.9),
        (["?", "?", "?"], "max_cost", 2, 0.9),
    ],
)
async def test_the_person_is_asked_at_four_fifths_and_again_at_the_limit(
    make, answers, status, requests, limit
):
    runtime, server = make(*steps(5), DONE, max_cost=0.9, answers=list(answers))
    async with runtime:
        await runtime.run("go")
        assert (runtime.last_outcome.status, len(server.requests)) == (status, requests)
        assert len(runtime.asked) == len(answers)
        why = "This session has cost $0.52 of $0.90, and with the next step (about $0.26) it passes 80 %. Answer yes"
        assert why in runtime.asked[0]
        if limit:
            assert of(runtime, e.BudgetReached)[-1].limit == limit


async def test_after_a_no_the_next_task_is_asked_about_as_well(make):
    """It went on without a word: the question had been put, and nobody had ever said yes."""
    runtime, server = make(*steps(2), DONE, max_cost=0.9, answers=["no", "no", "yes"])
    async with runtime:
        for number in (1, 2):
            await runtime.run("go")
            assert (runtime.last_outcome.status, len(runtime.asked)) == ("max_cost", number)
        assert len(server.requests) == 2 and runtime.asked[1] == runtime.asked[0]
        assert await runtime.run("go on") == "Done."
        assert len(runtime.asked) == 3


async def test_a_question_says_only_what_is_so(make):
    runtime, _ = make(
        *steps(1), *[block("print(1)", Usage(input_tokens=100, output_tokens=10))] * 3, DONE,
        max_cost=0.32, answers=["yes", "no"],
    )  # fmt: skip
    async with runtime:
        await runtime.run("go")
        assert (
            "This session has cost $0.26 of $0.32, and the next step costs about $0.26." in runtime.asked[0]
        )
    cheap, _ = make(
        *[block("print(1)", Usage(input_tokens=10_000, output_tokens=1_000))] * 5, max_cost=0.16, answers=["no"], session_id="t",
    )  # fmt: skip
    async with cheap:  # 3.5 cents a step
        await cheap.run("go")
        assert (
            "This session has cost $0.105 of $0.160, and with the next step (about $0.035)" in cheap.asked[0]
        )


async def test_what_a_session_cost_before_counts_after_a_restart_and_with_another_model(make):
    runtime, _ = make(*steps(1), DONE, session="journal")
    async with runtime:
        await runtime.run("one")
    again, server = make(*steps(1), DONE, session="journal", max_cost=0.9)
    async with again:
        again.use_model("openai:gpt-4o-mini")
        await again.run("two")
        assert again.last_outcome.status == "done" and len(server.requests) == 2
        assert 0.52 < of(again, e.TaskFinished)[-1].session_cost < 0.6, "the other model is far cheaper"
        assert again.last_outcome.usage.input_tokens == 400_000
        assert again.context_report().cost == again.last_outcome.cost


async def test_a_task_that_is_resumed_goes_on_with_what_it_has_cost(make):
    runtime, _ = make(*steps(2), session="journal")

    def cut(stamped):
        if (
            isinstance(stamped.event, e.ToolStarted | e.ControlStarted)
            and len(of(runtime, e.ReplyFinished)) == 2
        ):
            runtime.session.log.close()
            runtime.abort()

    runtime.subscribe(cut)
    async with runtime:
        await runtime.run("one")
    again, _ = make(DONE, session="journal")
    async with again:
        assert again.unfinished is not None
        assert await again.resume() == "Done."
        [end] = of(again, e.TaskFinished)
        assert round(end.cost, 2) == 0.78 and end.input_tokens == 300_000


async def test_a_model_without_a_price_is_said_and_only_steps_count(make):
    runtime, server = make(*steps(3), DONE, DONE, model="own-model", max_cost=0.01)
    async with runtime:
        assert await runtime.run("go") == "Done."
        assert await runtime.run("and again") == "Done."
        [told] = of(runtime, e.RuntimeFailed)  # once, not with each task
        assert told.source == "budget" and "price of this model is unknown" in told.error
        assert of(runtime, e.TaskFinished)[-1].cost is None and of(runtime, e.BudgetReached) == []


async def test_steps_that_were_given_are_asked_about_before_they_are_used_up(make):
    runtime, server = make(*steps(8), DONE, max_steps=5, answers=["9"])
    async with runtime:
        assert await runtime.run("go") == "Done."
        assert len(runtime.asked) == 1 and "4 of the 5 steps" in runtime.asked[0]
        assert of(runtime, e.BudgetReached) == [e.BudgetReached(kind="steps", used=4, limit=9, go_on=True)]
    runtime, server = make(*steps(8), DONE, max_steps=5, answers=["no"])
    async with runtime:
        await runtime.run("go")
        assert runtime.last_outcome.status == "max_steps" and len(server.requests) == 4
    runtime, server = make(*steps(8), DONE, max_steps=5)
    async with runtime:
        await runtime.run("go")
        assert runtime.last_outcome.status == "max_steps" and len(server.requests) == 5
        assert of(runtime, e.BudgetReached) == []
    runtime, server = make(*steps(4), DONE, limits=", max_steps: 5", answers=[])
    async with runtime:
        assert await runtime.run("go") == "Done.", "those of the agent file are no budget of this run"


def test_limits_that_are_none_are_refused(make):
    for wrong in (
        {"max_cost": 0},
        {"max_cost": "1"},
        {"max_cost": True},
        {"max_steps": 0},
        {"max_steps": 1.5},
    ):
        with pytest.raises(UsageError, match=next(iter(wrong))):
            make(kind=Runtime, **wrong)
    runtime, _ = make(DONE, kind=Runtime, max_cost=1, max_steps=3)
    with runtime:
        assert (runtime.config.runtime.max_cost, runtime.config.runtime.max_steps) == (1.0, 3)
        assert runtime.run("go") == "Done."


@pytest.mark.parametrize("session", ["journal", "file"])
async def test_the_next_program_reckons_the_next_step_from_the_last_request_too(make, session):
    """It took a reply of a usual length, so it went over the limit without asking."""
    long = Usage(input_tokens=1_000, output_tokens=20_000)  # 20 cents, nearly all of them for the reply
    limits = {"max_cost": 0.38, "session": session, "answers": ["no"]}
    first, _ = make(Turn(text=DONE.text, usage=long), **{**limits, "max_cost": 1.0})
    async with first:
        await first.run("one")
    second, server = make(DONE, **limits)
    async with second:
        await second.run("two")
    assert len(second.asked) == 1 and "the next step costs about $0.21" in second.asked[0]
    assert not server.requests
