"""Keys wait for what they are meant for, in the order in which they came."""

from __future__ import annotations

from codepilot_tui.held_keys import MOST


async def test_nothing_waits_without_a_reason(program):
    await program.type("a", "=b")
    assert program.done == ["a", "b"]


async def test_what_comes_meanwhile_is_handed_on_in_its_order(program):
    await program.type("open", "a", "=b", "c")
    assert program.done == ["open"]
    program.over.pop()(True)
    await program.type("d")  # it may not overtake the others, which are handed on with the next message
    await program.next_message()
    assert program.done == ["open", "a", "b", "c", "d"]
    await program.type("e")
    assert program.done[-1] == "e"


async def test_what_is_opened_by_a_key_that_waited_is_waited_for_too(program):
    await program.type("open", "a", "open", "b")
    program.over.pop()(True)
    await program.next_message()
    assert program.done == ["open", "a", "open"]
    program.over.pop()(True)
    await program.next_message()
    assert program.done == ["open", "a", "open", "b"]


async def test_what_was_meant_for_something_that_does_not_come_goes_nowhere(program):
    await program.type("open", "a")
    program.over.pop()(False)
    await program.next_message()
    await program.type("b")
    assert program.done == ["open", "b"]


async def test_quitting_does_not_wait(program):
    await program.type("open", "a", "quit")
    assert program.done == ["open", "quit"]


async def test_nothing_waits_for_ever(program):
    await program.type("open", "a")
    program.time += MOST
    await program.type("b")
    await program.next_message()
    assert program.done == ["open", "b"], "what was meant for it is not done elsewhere"
    program.over.pop()(True)
    await program.next_message()
    await program.type("c")
    assert program.done == ["open", "b", "c"]


async def test_what_was_typed_behind_a_refused_command_goes_nowhere(program):
    over = program.keys.hold(only=False)
    for seconds, name in ((9.8, "n"), (10.0, "n"), (10.1, "later")):
        assert program.keys.takes(program.key_at(seconds, name))
    program.time = 10.0
    program.keys.drop()
    for seconds in (9.9, 10.0):
        assert program.keys.takes(program.key_at(seconds)), "it was read before, and comes only now"
    over(True)
    await program.next_message()
    assert program.done == ["later"]
    assert not program.keys.takes(program.key_at(10.3)), "typed by somebody who could read why"


async def test_what_is_known_to_take_longer_is_waited_for_longer(program):
    over = program.keys.hold(2 * MOST)
    await program.type("a")
    program.time += MOST
    await program.type("b")
    over(True)
    await program.next_message()
    assert program.done == ["a", "b"]


async def test_a_key_that_takes_too_long_loses_none_of_those_behind_it(program):
    over = program.keys.hold(only=False)
    await program.type("a")
    program.time += MOST
    await program.type("b")
    await program.next_message()
    assert program.done == ["a", "b"]
    over(True)
    await program.type("c")
    assert program.done == ["a", "b", "c"]


async def test_a_wait_ends_by_itself_and_it_is_said_that_what_was_typed_is_dropped(program):
    await program.type("open", "a")
    await program.pass_time(MOST / 2)
    await program.type("b")
    assert program.said == []
    await program.pass_time(MOST / 2)
    assert program.said == ["dropped"] and program.done == ["open"] and program.timers == []
    await program.type("c")
    assert program.done == ["open", "c"]


async def test_nothing_is_said_where_nothing_was_typed(program):
    await program.type("open")
    await program.pass_time(2 * MOST)
    await program.type("a")
    while program.waiting:
        await program.next_message()
    assert program.said == [] and program.done == ["open", "a"]


async def test_what_waits_for_a_key_only_is_handed_on_when_the_time_is_up(program):
    program.keys.hold(only=False)
    await program.type("a")
    await program.pass_time(MOST)
    assert program.done == ["a"] and program.said == []


async def test_what_came_in_time_leaves_no_timer(program):
    await program.type("open", "a")
    program.over.pop()(True)
    await program.next_message()
    assert program.done == ["open", "a"] and program.timers == []


async def test_stopping_the_agent_does_not_wait_for_what_is_on_its_way(program):
    await program.type("open", "w", "leader", "s", "leader", "w")
    await program.next_message()
    assert program.done == ["open", "leader", "s"], "the rest is about what was opened"
    program.over.pop()(True)
    await program.next_message()
    assert program.done == ["open", "leader", "s", "w", "leader", "w"]


async def test_the_letter_behind_two_leaders_is_text(program):
    await program.type("open", "leader", "leader", "s")
    assert program.waiting == [] and program.done == ["open"]


async def test_interrupting_waits_only_behind_what_was_typed(program):
    await program.type("open", "interrupt", "interrupt", "a", "interrupt")
    assert program.done == ["open", "interrupt", "interrupt"]


async def test_stopping_waits_for_what_the_keys_before_it_do(program):
    """Among keys that are read in one piece each has its turn; then it no longer waits for what is on its way."""
    over = program.keys.hold(only=False)
    await program.type("interrupt", "open", "leader", "s")
    assert program.done == []
    over(True)
    await program.next_message()
    assert program.done == ["interrupt", "open", "leader", "s"]


async def test_keys_of_a_fresh_wait_outlive_one_that_ran_out(program):
    program.keys.hold()
    await program.type("a")
    program.time += MOST / 2
    over = program.keys.hold()
    await program.type("b")
    await program.pass_time(MOST / 2)
    await program.type("c")
    assert program.said == [] and program.done == []
    over(True)
    await program.next_message()
    assert program.done == ["a", "b", "c"]


async def test_interrupting_waits_for_what_the_key_before_it_does_and_then_for_nothing_on_its_way(program):
    program.keys.hold()
    over = program.keys.hold(only=False)
    await program.type("interrupt", "interrupt", "a")
    assert program.done == []
    over(True)
    await program.next_message()
    assert program.done == ["interrupt", "interrupt"]


async def test_a_wait_that_began_behind_the_last_key_is_looked_at_when_its_time_is_up_too(program):
    program.keys.hold()
    await program.type("a")
    program.time += 1
    program.keys.hold()
    await program.pass_time(MOST - 1)
    assert program.said == []
    await program.pass_time(1)
    assert program.said == ["dropped"] and program.done == [] and program.timers == []


async def test_what_was_typed_for_something_that_does_not_come_goes_nowhere_however_slow_a_key_was_too(
    program,
):
    program.keys.hold()
    program.keys.hold(only=False)
    await program.type("a")
    await program.pass_time(MOST)
    assert program.said == ["dropped"] and program.done == []
