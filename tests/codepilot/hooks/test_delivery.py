import asyncio

import pytest

from codepilot import events as e
from codepilot.hooks import EventType, HookSystem
from codepilot.hooks.delivery import HookDelivery


async def inline(job):
    return job()


def recorder(hooks, *points):
    seen = []
    for point in points:
        hooks.register(point, lambda point=point, **kw: seen.append((point.name, kw)))
    return seen


async def test_prose_is_one_text_a_reply_unless_it_is_streamed():
    hooks = HookSystem()
    seen = recorder(hooks, EventType.STREAM)
    delivery = HookDelivery(hooks, inline, stream=False)
    for event in (e.TextStreamed(text=" Hel"), e.TextStreamed(text="lo \n"), e.BlockOpened(kind="control")):
        delivery.take(event)
    await delivery.settled()
    assert seen == [("STREAM", {"text": "Hello"})]


async def test_streamed_prose_goes_out_piece_by_piece():
    hooks = HookSystem()
    seen = recorder(hooks, EventType.STREAM)
    delivery = HookDelivery(hooks, inline, stream=True)
    delivery.take(e.TextStreamed(text="Hel"))
    delivery.take(e.TextStreamed(text="lo"))
    await delivery.settled()
    assert [kw["text"] for _, kw in seen] == ["Hel", "lo"]


async def test_custom_tools_fire_no_tool_events():
    hooks = HookSystem()
    seen = recorder(hooks, EventType.TOOL_CALL, EventType.TOOL_RESULT)
    delivery = HookDelivery(hooks, inline, stream=True)
    delivery.take(e.ToolStarted(call_id="c1", tool="mine", args={}, builtin=False))
    delivery.take(e.ToolStarted(call_id="c2", tool="find", args={"pattern": "x"}, label="x"))
    await delivery.settled()
    assert seen == [("TOOL_CALL", {"tool": "find", "args": {"pattern": "x"}, "label": "x"})]


async def test_the_end_of_a_task_is_finish_max_steps_or_nothing():
    hooks = HookSystem()
    seen = recorder(hooks, EventType.FINISH, EventType.MAX_STEPS)
    delivery = HookDelivery(hooks, inline, stream=True)
    for status in ("done", "replied", "max_steps", "aborted", "failed"):
        delivery.take(e.TaskFinished(status=status, summary=status))
    await delivery.settled()
    assert [name for name, _ in seen] == ["FINISH", "FINISH", "MAX_STEPS"]


async def test_an_event_that_nobody_listens_to_starts_nothing():
    delivery = HookDelivery(HookSystem(defaults=False), inline, stream=True)
    tasks = asyncio.all_tasks()
    delivery.take(e.TaskStarted(task="t", number=1))
    assert asyncio.all_tasks() == tasks
    await delivery.settled()


async def test_a_queued_message_was_told_already():
    hooks = HookSystem()
    seen = recorder(hooks, EventType.USER_MESSAGE_QUEUED, EventType.USER_MESSAGE_INJECTED)
    delivery = HookDelivery(hooks, inline, stream=True)
    delivery.take(e.MessageQueued(message_id="1", message="m"))
    delivery.take(e.MessageInjected(message_id="1", message="m"))
    await delivery.settled()
    assert seen == [("USER_MESSAGE_INJECTED", {"message": "m"})]


@pytest.mark.parametrize(
    "end", [e.BlockOpened(kind="control"), e.ReplyFinished(text="", reason="stop")], ids=["block", "reply"]
)
async def test_gathered_prose_goes_out_once_at_a_block_or_at_the_end_of_the_reply(end):
    hooks = HookSystem()
    seen = recorder(hooks, EventType.STREAM, EventType.START)
    delivery = HookDelivery(hooks, inline, stream=False)
    for text in (" a", "b "):
        delivery.take(e.TextStreamed(text=text))
    delivery.take(e.TaskStarted(task="t", number=1))  # other events leave it where it is
    delivery.take(end)
    delivery.take(end)
    for text in (" ", "\n"):
        delivery.take(e.TextStreamed(text=text))
    delivery.take(end)
    await delivery.settled()
    assert seen == [("START", {"task": "t"}), ("STREAM", {"text": "ab"})]


@pytest.mark.parametrize(
    "end",
    [e.ReplyFinished(text="", reason="stop"), e.TaskFinished(status="failed")],
    ids=["reply", "task"],
)
async def test_the_parts_of_a_reply_that_came_to_its_limit_go_out_as_one(end):
    hooks = HookSystem()
    seen = recorder(hooks, EventType.STREAM)
    delivery = HookDelivery(hooks, inline, stream=False)
    for event in (
        e.TextStreamed(text="Part one, "),
        e.ReplyFinished(text="Part one, ", reason="length"),
        e.TextStreamed(text="part two."),
        end,
    ):
        delivery.take(event)
    await delivery.settled()
    assert seen[:1] == [("STREAM", {"text": "Part one, part two."})]


@pytest.mark.parametrize("stream", [True, False])
async def test_the_completion_goes_out_as_a_stream_too_but_not_to_the_default_handler(stream, capsys):
    for listens in (True, False):
        hooks = HookSystem()
        seen = recorder(hooks, EventType.STREAM) if listens else []
        delivery = HookDelivery(hooks, inline, stream=stream)
        for status in ("done", "replied", "failed"):
            delivery.take(e.TaskFinished(status=status, summary=status))
        await delivery.settled()
        assert seen == ([("STREAM", {"text": "done"})] if listens else [])
        assert capsys.readouterr().out == "✓ done\n✓ replied\n"


async def test_settled_waits_for_what_came_meanwhile():
    hooks = HookSystem()
    go, seen = asyncio.Event(), []

    async def slow(step, **_):
        if step == 1:
            await go.wait()
        seen.append(step)

    hooks.register(EventType.STEP, slow)
    delivery = HookDelivery(hooks, inline, stream=True)
    delivery.take(e.StepStarted(step=1, max_steps=3))
    waiting = asyncio.create_task(delivery.settled())
    await asyncio.sleep(0)
    delivery.take(e.StepStarted(step=2, max_steps=3))
    assert not waiting.done()
    go.set()
    await waiting
    assert seen == [1, 2]
    delivery.take(e.StepStarted(step=3, max_steps=3))
    await delivery.settled()
    assert seen == [1, 2, 3]


async def test_giving_up_the_wait_does_not_end_the_delivery():
    hooks = HookSystem()
    go, seen = asyncio.Event(), []

    async def slow(**_):
        await go.wait()
        seen.append("done")

    hooks.register(EventType.STEP, slow)
    delivery = HookDelivery(hooks, inline, stream=True)
    delivery.take(e.StepStarted(step=1, max_steps=3))
    waiting = asyncio.create_task(delivery.settled())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    go.set()
    await delivery.settled()
    assert seen == ["done"]


def test_a_loop_that_ended_in_the_middle_holds_nobody_up():
    hooks = HookSystem()
    seen = []

    async def slow(step, **_):
        if step == 1:
            await asyncio.Event().wait()
        seen.append(step)

    hooks.register(EventType.STEP, slow)
    delivery = HookDelivery(hooks, inline, stream=True)

    async def begin():
        delivery.take(e.StepStarted(step=1, max_steps=3))
        await asyncio.sleep(0)

    async def go_on():
        async with asyncio.timeout(60):
            delivery.take(e.StepStarted(step=2, max_steps=3))
            await delivery.settled()

    asyncio.run(begin())
    asyncio.run(go_on())
    assert seen == [2]


def test_a_handler_that_a_loop_left_unfinished_holds_up_no_other_loop():
    """A library user may call `asyncio.run` per task, and end one while a handler of its is at work."""
    hooks = HookSystem()
    delivery = HookDelivery(hooks, inline, stream=True)
    begun, seen = [], []

    async def handler(text, **_):
        if not begun:
            begun.append(text)
            await asyncio.Event().wait()
        seen.append(text)

    hooks.register(EventType.STREAM, handler)
    ended = asyncio.new_event_loop()

    async def take(text):
        delivery.take(e.TextStreamed(text=text))
        while not begun:
            await asyncio.sleep(0)

    ended.run_until_complete(take("one"))  # and nobody cancels what is under way in it

    async def again():
        delivery.take(e.TextStreamed(text="two"))
        await delivery.settled()

    asyncio.run(again())
    assert (begun, seen) == (["one"], ["two"])
    left = asyncio.all_tasks(ended)
    for task in left:
        task.cancel()
    ended.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    ended.close()
