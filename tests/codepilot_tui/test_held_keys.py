"""Keys wait for what they are meant for, in the order in which they came."""

from __future__ import annotations

from textual import events
from textual.widget import Widget

from codepilot_tui.held_keys import MOST, Ahead, HeldKeys


class Timer:
    """What runs out when the test says so."""

    def __init__(self, program: Program, at: float, call) -> None:
        self.program, self.at, self.call = program, at, call

    def cancel(self) -> None:
        self.program.timers.remove(self)


class Program:
    """Takes keys as the application does."""

    def __init__(self) -> None:
        self.time = 0.0
        self.done: list[str] = []
        self.waiting = []
        self.said: list[str] = []
        self.timers: list[Timer] = []
        ahead = Ahead({"quit"}, {"interrupt"}, "leader", {"s"})
        self.keys = HeldKeys(
            self.handle,
            self.waiting.append,
            ahead,
            lambda: self.said.append("dropped"),
            lambda: self.time,
            self.after,
        )
        self.over = []

    def after(self, seconds: float, call) -> Timer:
        self.timers.append(Timer(self, self.time + seconds, call))
        return self.timers[-1]

    async def pass_time(self, seconds: float) -> None:
        self.time += seconds
        for timer in [each for each in self.timers if each.at <= self.time]:
            self.timers.remove(timer)
            timer.call()
        while self.waiting:
            await self.next_message()

    async def handle(self, typed) -> None:
        self.done.append(typed.text if isinstance(typed, events.Paste) else typed.key)
        if self.done[-1] == "open":
            self.over.append(self.keys.hold())

    async def type(self, *keys: str) -> None:
        for key in keys:
            event = events.Paste(key[1:]) if key.startswith("=") else events.Key(key, None)
            if not self.keys.takes(event):
                await self.handle(event)

    async def next_message(self) -> None:
        waiting, self.waiting[:] = list(self.waiting), []
        for call in waiting:
            await call()


async def test_nothing_waits_without_a_reason():
    program = Program()
    await program.type("a", "=b")
    assert program.done == ["a", "b"]


async def test_what_comes_meanwhile_is_handed_on_in_its_order():
    program = Program()
    await program.type("open", "a", "=b", "c")
    assert program.done == ["open"]
    program.over.pop()(True)
    await program.type("d")  # it may not overtake the others, which are handed on with the next message
    await program.next_message()
    assert program.done == ["open", "a", "b", "c", "d"]
    await program.type("e")
    assert program.done[-1] == "e"


async def test_what_is_opened_by_a_key_that_waited_is_waited_for_too():
    program = Program()
    await program.type("open", "a", "open", "b")
    program.over.pop()(True)
    await program.next_message()
    assert program.done == ["open", "a", "open"]
    program.over.pop()(True)
    await program.next_message()
    assert program.done == ["open", "a", "open", "b"]


async def test_what_was_meant_for_something_that_does_not_come_goes_nowhere():
    program = Program()
    await program.type("open", "a")
    program.over.pop()(False)
    await program.next_message()
    await program.type("b")
    assert program.done == ["open", "b"]


async def test_quitting_does_not_wait():
    program = Program()
    await program.type("open", "a", "quit")
    assert program.done == ["open", "quit"]


async def test_nothing_waits_for_ever():
    program = Program()
    await program.type("open", "a")
    program.time += MOST
    await program.type("b")
    await program.next_message()
    assert program.done == ["open", "b"], "what was meant for it is not done elsewhere"
    program.over.pop()(True)
    await program.next_message()
    await program.type("c")
    assert program.done == ["open", "b", "c"]


async def test_what_is_known_to_take_longer_is_waited_for_longer():
    program = Program()
    over = program.keys.hold(2 * MOST)
    await program.type("a")
    program.time += MOST
    await program.type("b")
    over(True)
    await program.next_message()
    assert program.done == ["a", "b"]


async def test_a_key_that_takes_too_long_loses_none_of_those_behind_it():
    program = Program()
    over = program.keys.hold(only=False)
    await program.type("a")
    program.time += MOST
    await program.type("b")
    await program.next_message()
    assert program.done == ["a", "b"]
    over(True)
    await program.type("c")
    assert program.done == ["a", "b", "c"]


class Place(Widget):
    """Something that has the keyboard, and messages of its own."""

    def __init__(self, *, answers: bool = False, above: Place | None = None) -> None:
        super().__init__()
        self.KEYS_ANSWER = answers
        self.above = above
        self.calls = []

    @property
    def ancestors_with_self(self):
        return [self, *([self.above] if self.above is not None else [])]

    def call_later(self, callback, *args) -> bool:
        self.calls.append(lambda: callback(*args))
        return True


def key_at(seconds: float) -> events.Key:
    key = events.Key("n", "n")
    key.time = seconds
    return key


async def test_a_key_held_on_a_question_answers_that_question_only():
    program, question, composer = Program(), Place(answers=True), Place()
    focused = question
    program.time = 10.0
    program.keys.settle(key_at(9.9), question, lambda: focused)
    for seconds in (9.9, 9.95, 10.1):
        assert program.keys.takes(key_at(seconds))
    focused = composer
    while calls := [*question.calls, *composer.calls]:
        question.calls, composer.calls = [], []
        for call in calls:
            call()
    await program.next_message()
    assert program.done == ["n"], "the last was pressed when one could have seen what the first did"


async def test_what_a_key_does_by_way_of_the_application_is_waited_for():
    """Enter in a field: Textual runs what it is bound to from the top, and the field tells what is above it again."""
    program, top = Program(), Place()
    field, composer = Place(above=top), Place(above=top)
    focused = field

    def chosen() -> None:
        nonlocal focused
        focused = composer

    field.call_later(top.call_later, lambda: field.call_later(top.call_later, chosen))
    program.keys.settle(events.Key("enter", None), field, lambda: focused)
    await program.type("h")
    while not program.waiting:
        for place in (field, composer, top):
            while place.calls:
                place.calls.pop(0)()
    assert focused is composer, "the letter would go to the field that is closed by now"
    await program.next_message()
    assert program.done == ["h"]


async def test_a_wait_ends_by_itself_and_it_is_said_that_what_was_typed_is_dropped():
    program = Program()
    await program.type("open", "a")
    await program.pass_time(MOST / 2)
    await program.type("b")
    assert program.said == []
    await program.pass_time(MOST / 2)
    assert program.said == ["dropped"] and program.done == ["open"] and program.timers == []
    await program.type("c")
    assert program.done == ["open", "c"]


async def test_nothing_is_said_where_nothing_was_typed():
    program = Program()
    await program.type("open")
    await program.pass_time(2 * MOST)
    await program.type("a")
    while program.waiting:
        await program.next_message()
    assert program.said == [] and program.done == ["open", "a"]


async def test_what_waits_for_a_key_only_is_handed_on_when_the_time_is_up():
    program = Program()
    program.keys.hold(only=False)
    await program.type("a")
    await program.pass_time(MOST)
    assert program.done == ["a"] and program.said == []


async def test_what_came_in_time_leaves_no_timer():
    program = Program()
    await program.type("open", "a")
    program.over.pop()(True)
    await program.next_message()
    assert program.done == ["open", "a"] and program.timers == []


async def test_stopping_the_agent_does_not_wait_for_what_is_on_its_way():
    program = Program()
    await program.type("open", "w", "leader", "s", "leader", "w")
    await program.next_message()
    assert program.done == ["open", "leader", "s"], "the rest is about what was opened"
    program.over.pop()(True)
    await program.next_message()
    assert program.done == ["open", "leader", "s", "w", "leader", "w"]


async def test_the_letter_behind_two_leaders_is_text():
    program = Program()
    await program.type("open", "leader", "leader", "s")
    assert program.waiting == [] and program.done == ["open"]


async def test_interrupting_waits_only_behind_what_was_typed():
    program = Program()
    await program.type("open", "interrupt", "interrupt", "a", "interrupt")
    assert program.done == ["open", "interrupt", "interrupt"]


async def test_stopping_waits_for_what_the_keys_before_it_do():
    """Among keys that are read in one piece each has its turn; then it no longer waits for what is on its way."""
    program = Program()
    over = program.keys.hold(only=False)
    await program.type("interrupt", "open", "leader", "s")
    assert program.done == []
    over(True)
    await program.next_message()
    assert program.done == ["interrupt", "open", "leader", "s"]
