"""Keys wait for what they are meant for, in the order in which they came."""

from __future__ import annotations

import pytest
from textual import events
from textual.widget import Widget
from textual.widgets import Input, TextArea

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


async def test_what_was_typed_behind_a_refused_command_goes_nowhere():
    program = Program()
    over = program.keys.hold(only=False)
    assert program.keys.takes(key_at(9.8)) and program.keys.takes(key_at(10.1, "later"))
    program.time = 10.0
    program.keys.drop()
    assert program.keys.takes(key_at(9.9)), "it was read before, and comes only now"
    over(True)
    await program.next_message()
    assert program.done == ["later"]
    assert not program.keys.takes(key_at(10.3)), "typed by somebody who could read why"


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
        self.answered = answers
        self.above = above
        self.calls = []

    @property
    def ancestors_with_self(self):
        return [self, *([self.above] if self.above is not None else [])]

    def call_later(self, callback, *args) -> bool:
        self.calls.append(lambda: callback(*args))
        return True


def key_at(seconds: float, name: str = "n") -> events.Key:
    key = events.Key(name, name)
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


async def test_keys_of_a_fresh_wait_outlive_one_that_ran_out():
    program = Program()
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


async def run_through(program: Program, *places: Place) -> None:
    """Each place does what it has to do, until what was held is handed on."""
    while not program.waiting:
        next(place for place in places if place.calls).calls.pop(0)()
    await program.next_message()


@pytest.mark.parametrize("steps", [2, 3, 4])
async def test_the_keyboard_may_go_on_more_than_once_by_one_key(steps):
    """A letter that opens a field which opens a list: what follows is for the last of them."""
    program = Program()
    places = [Place() for _ in range(steps + 1)]
    focused = places[0]

    def go_on_to(number: int) -> None:
        nonlocal focused
        focused = places[number]
        if number < steps:
            # It says to itself that something comes up, and that is told the same way.
            focused.call_later(focused.call_later, go_on_to, number + 1)

    places[0].call_later(go_on_to, 1)
    program.keys.settle(events.Key("d", "d"), places[0], lambda: focused)
    await program.type("h")
    await run_through(program, *places)
    assert focused is places[-1] and program.done == ["h"]


@pytest.mark.parametrize("end_here", [True, False])
async def test_what_takes_all_keys_in_their_order_holds_none_while_it_has_the_keyboard(end_here):
    program, terminal = Program(), Place()
    terminal.KEYS_END_HERE = end_here
    program.keys.settle(events.Key("a", "a"), terminal, lambda: terminal)
    assert program.keys.takes(events.Key("b", "b")) is not end_here


async def test_a_key_by_which_the_keyboard_leaves_a_terminal_is_waited_for():
    program, terminal, composer = Program(), Place(), Place()
    terminal.KEYS_END_HERE = True
    program.keys.settle(events.Key("f2", None), terminal, lambda: composer)
    assert program.keys.takes(events.Key("b", "b"))


class Line(Place, Input):
    """A field of one line."""


class Lines(Place, TextArea):
    """A field of many."""


@pytest.mark.parametrize("kind", [Line, Lines])
async def test_a_field_takes_text_in_its_order_and_enter_is_waited_for(kind):
    program, field = Program(), kind()
    for typed in (events.Key("a", "a"), events.Paste("words")):
        program.keys.settle(typed, field, lambda: field)
        assert not program.keys.takes(events.Key("b", "b"))
    program.keys.settle(events.Key("enter", "\r"), field, lambda: field)
    assert program.keys.takes(events.Key("b", "b"))
    await run_through(program, field)
    assert program.done == ["b"]


async def test_nothing_that_has_the_keyboard_is_nothing_to_wait_for():
    program, closed = Program(), Place()
    program.keys.settle(events.Key("escape", None), closed, lambda: None)
    await program.type("a")
    await program.next_message()
    assert program.done == ["a"]


async def test_what_is_gone_is_not_waited_for():
    """A page that was closed takes no message any more; what it stood on does."""
    program, top = Program(), Place()
    page = Gone(above=top)
    program.keys.settle(events.Key("escape", None), page, lambda: page)
    await program.type("a")
    await run_through(program, page, top)
    assert program.done == ["a"]


class Gone(Place):
    """It was taken off the screen."""

    def call_later(self, callback, *args) -> bool:
        return False


@pytest.mark.parametrize(
    ("answers", "keys", "done"),
    [
        (True, ("n", "n", "y", "n"), ["y", "n"]),  # another key between: it is not held any more
        (True, ("y", "n"), ["y", "n"]),
        (False, ("n", "n"), ["n", "n"]),  # not a question: a key is held to do something many times
    ],
)
async def test_only_repeats_of_the_key_that_answered_go_nowhere(answers, keys, done):
    program, question, composer = Program(), Place(answers=answers), Place()
    focused = question
    program.time = 10.0
    program.keys.settle(key_at(9.0), question, lambda: focused)
    for key in keys:
        assert program.keys.takes(key_at(9.0, key))
    focused = composer
    await run_through(program, question, composer)
    assert program.done == done


async def test_a_key_held_on_a_question_that_stays_is_for_that_question():
    """It went on to the next change, not away."""
    program, question = Program(), Place(answers=True)
    program.time = 10.0
    program.keys.settle(key_at(9.0), question, lambda: question)
    assert program.keys.takes(key_at(9.0))
    await run_through(program, question)
    assert program.done == ["n"]
