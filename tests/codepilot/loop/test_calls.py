"""Each call that was started is finished once, whatever becomes of its block."""

import pytest

from codepilot import events as e
from codepilot.loop.calls import BlockCalls


def started(number, tool="execute", label="main › make"):
    return e.ToolStarted(call_id=f"c{number}", tool=tool, args={}, label=label)


def finished(number, tool="execute", state="ok"):
    return e.ToolFinished(call_id=f"c{number}", tool=tool, result="", state=state)


def bench():
    events, read = [], []
    return BlockCalls(events.append, read.append), events, read


def test_a_call_that_does_not_say_its_end_in_time_is_finished_for_it():
    calls, events, read = bench()
    calls.emit(started(1))
    calls.close()
    text = "[execute] Call c1 was cut off before it had a result. It was started; it did not say in time what became of it."
    assert read == [text]
    assert [type(event).__name__ for event in events] == ["ToolStarted", "ToolFinished"]
    assert (events[1].call_id, events[1].state, events[1].result) == ("c1", "aborted", text)
    calls.append("late words")  # they would stand in the observation of the next block
    calls.emit(finished(1, state="aborted"))
    assert read == [text] and len(events) == 2


def test_a_call_that_came_too_late_has_no_events():
    calls, events, read = bench()
    calls.not_started("execute")
    calls.close()
    assert (events, read) == ([], ["[execute] The last call of the block was not started."])
    assert calls.told() == "No tool was called."


@pytest.mark.parametrize(("count", "hidden"), [(8, ""), (9, "1 other, "), (11, "3 others, ")])
def test_finished_calls_are_named_and_many_are_counted(count, hidden):
    calls, _, _ = bench()
    for number in range(1, count + 1):
        calls.emit(started(number, "think", ""))
        calls.emit(finished(number, "think"))
    named = ", ".join(f"c{number} think" for number in range(count - 7, count + 1))
    assert calls.told() == f"Finished calls: {hidden}{named}. No other call was started."
