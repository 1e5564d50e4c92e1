"""What is said of the call under way when the worker is gone."""

from codepilot.sandbox.report import CallList


def test_a_call_that_the_dying_worker_had_sent_was_not_begun():
    """It was said to have been called, though its tool heard nothing of it."""
    calls = CallList()
    calls.add("execute", ["main"])
    assert str(calls) == "execute('main') was not begun any more."
    calls.begin()
    assert str(calls) == "execute('main') was called and had no result yet."
    calls.done()
    assert str(calls) == "Tools called already: execute('main')."
