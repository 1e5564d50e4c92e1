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
