"""What is said of the call under way when the worker is gone."""

from codepilot.sandbox.report import CallList


def test_a_call_that_the_dying_worker_had_sent_was_not_begun():
    """It was said to have been called, though its tool heard nothing of it."""
    calls = CallList()
    calls.add("execute", ["main"])
    assert str(calls) == "execute('main') was not started."
    calls.begin()
    assert str(calls) == "execute('main') was called and had no result yet."
    calls.done()
    assert str(calls) == "Tools called already: execute('main')."


def test_calls_beyond_the_last_ones_are_counted():
    calls, look = CallList(), "look('a')"
    for count, hidden in ((8, ""), (9, "1 other, then "), (10, "2 others, then ")):
        while calls.count < count:
            calls.add("look", ["a"])
            calls.done()
        assert str(calls) == f"Tools called already: {hidden}{', '.join(8 * [look])}."
