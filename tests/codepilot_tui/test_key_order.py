"""What comes behind a key waits until all that has to do with the key has dealt with it."""

from __future__ import annotations

import itertools

import pytest
from textual import events
from textual.errors import NoWidget
from textual.widget import Widget
from textual.widgets import Input, TextArea

from codepilot_tui.held_keys import MOST
from codepilot_tui.key_order import after_key, behind_click


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


async def test_a_key_held_on_a_question_answers_that_question_only(program):
    question, composer = Place(answers=True), Place()
    focused = question
    program.time = 10.0
    after_key(program.keys, program.key_at(9.9), question, lambda: focused)
    for seconds in (9.9, 9.95, 10.0, 10.1):
        assert program.keys.takes(program.key_at(seconds))
    focused = composer
    while calls := [*question.calls, *composer.calls]:
        question.calls, composer.calls = [], []
        for call in calls:
            call()
    await program.next_message()
    assert program.done == ["n"], "the last was pressed when one could have seen what the first did"


async def test_what_a_key_does_by_way_of_the_application_is_waited_for(program):
    """Enter in a field: Textual runs what it is bound to from the top, and the field tells what is above it again."""
    top = Place()
    field, composer = Place(above=top), Place(above=top)
    focused = field

    def chosen() -> None:
        nonlocal focused
        focused = composer

    field.call_later(top.call_later, lambda: field.call_later(top.call_later, chosen))
    after_key(program.keys, events.Key("enter", None), field, lambda: focused)
    await program.type("h")
    while not program.waiting:
        for place in (field, composer, top):
            while place.calls:
                place.calls.pop(0)()
    assert focused is composer, "the letter would go to the field that is closed by now"
    await program.next_message()
    assert program.done == ["h"]


async def run_through(program, *places: Place) -> None:
    """Each place does what it has to do, until what was held is handed on."""
    while not program.waiting:
        next(place for place in places if place.calls).calls.pop(0)()
    await program.next_message()


@pytest.mark.parametrize("steps", [2, 3, 4, 5, 6])
async def test_the_keyboard_may_go_on_more_than_once_by_one_key(program, steps):
    """A letter that opens a field which opens a list: what follows is for the last of them."""
    places = [Place() for _ in range(steps + 1)]
    focused = places[0]

    def go_on_to(number: int) -> None:
        nonlocal focused
        focused = places[number]
        if number < steps:
            # It says to itself that something comes up, and that is told the same way.
            focused.call_later(focused.call_later, go_on_to, number + 1)

    places[0].call_later(go_on_to, 1)
    after_key(program.keys, events.Key("d", "d"), places[0], lambda: focused)
    await program.type("h")
    await run_through(program, *places)
    assert focused is places[-1] and program.done == ["h"]


async def test_a_keyboard_that_never_rests_holds_what_is_typed_for_a_while_only(program):
    one, other = Place(), Place()
    restless = itertools.cycle((one, other))
    after_key(program.keys, events.Key("d", "d"), one, lambda: next(restless))
    await program.type("h")
    await run_through(program, one, other)
    assert program.done == ["h"]


@pytest.mark.parametrize("end_here", [True, False])
async def test_what_takes_all_keys_in_their_order_holds_none_while_it_has_the_keyboard(program, end_here):
    terminal = Place()
    terminal.KEYS_END_HERE = end_here
    after_key(program.keys, events.Key("a", "a"), terminal, lambda: terminal)
    assert program.keys.takes(events.Key("b", "b")) is not end_here


async def test_a_paste_into_a_terminal_is_waited_for(program):
    """It may be asked about first."""
    terminal = Place()
    terminal.KEYS_END_HERE = True
    after_key(program.keys, events.Paste("words"), terminal, lambda: terminal)
    assert program.keys.takes(events.Key("b", "b"))


async def test_what_a_key_does_may_take_too_long_and_loses_nothing_that_was_typed_behind_it(program):
    stuck = Place()
    after_key(program.keys, events.Key("enter", "\r"), stuck, lambda: stuck)
    await program.type("a")
    await program.pass_time(MOST)
    assert program.done == ["a"] and program.said == []


async def test_a_key_by_which_the_keyboard_leaves_a_terminal_is_waited_for(program):
    terminal, composer = Place(), Place()
    terminal.KEYS_END_HERE = True
    after_key(program.keys, events.Key("f2", None), terminal, lambda: composer)
    assert program.keys.takes(events.Key("b", "b"))


class Line(Place, Input):
    """A field of one line."""


class Lines(Place, TextArea):
    """A field of many."""


@pytest.mark.parametrize("kind", [Line, Lines])
async def test_a_field_takes_text_in_its_order_and_enter_is_waited_for(program, kind):
    field = kind()
    for typed in (events.Key("a", "a"), events.Paste("words")):
        after_key(program.keys, typed, field, lambda: field)
        assert not program.keys.takes(events.Key("b", "b"))
    after_key(program.keys, events.Key("enter", "\r"), field, lambda: field)
    assert program.keys.takes(events.Key("b", "b"))
    await run_through(program, field)
    assert program.done == ["b"]


async def test_nothing_that_has_the_keyboard_is_nothing_to_wait_for(program):
    closed = Place()
    after_key(program.keys, events.Key("escape", None), closed, lambda: None)
    await program.type("a")
    await program.next_message()
    assert program.done == ["a"]


async def test_what_is_gone_is_not_waited_for(program):
    """A page that was closed takes no message any more; what it stood on does."""
    top = Place()
    page = Gone(above=top)
    after_key(program.keys, events.Key("escape", None), page, lambda: page)
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
async def test_only_repeats_of_the_key_that_answered_go_nowhere(program, answers, keys, done):
    question, composer = Place(answers=answers), Place()
    focused = question
    program.time = 10.0
    after_key(program.keys, program.key_at(9.0), question, lambda: focused)
    for key in keys:
        assert program.keys.takes(program.key_at(9.0, key))
    focused = composer
    await run_through(program, question, composer)
    assert program.done == done


async def test_a_key_held_on_a_question_that_stays_is_for_that_question(program):
    """It went on to the next change, not away."""
    question = Place(answers=True)
    program.time = 10.0
    after_key(program.keys, program.key_at(9.0), question, lambda: question)
    assert program.keys.takes(program.key_at(9.0))
    await run_through(program, question)
    assert program.done == ["n"]


class Bench:
    """What a click comes to: one place, in the first row."""

    def __init__(self, place: Place) -> None:
        self.place, self.focused = place, Place()

    def get_widget_at(self, x: int, y: int):
        if y:
            raise NoWidget
        return self.place, None


def mouse(kind=events.MouseUp, row: int = 0):
    return kind(None, 0, row, 0, 0, 1, False, False, False)


async def click(program, bench: Bench, event) -> None:
    with behind_click(program.keys, event, bench):
        pass
    await program.type("a")


async def test_what_is_typed_behind_a_click_waits_for_what_it_opens(program):
    opened = Place()
    bench = Bench(Place())
    composer = bench.focused

    def clicked() -> None:
        bench.focused = opened
        opened.call_later(lambda: program.done.append("opened"))

    bench.place.call_later(lambda: bench.place.call_later(clicked))
    await click(program, bench, mouse())
    assert program.done == []
    await run_through(program, composer, bench.place, opened)
    assert program.done == ["opened", "a"]


async def test_a_click_that_takes_too_long_loses_nothing_that_was_typed_behind_it(program):
    await click(program, Bench(Place()), mouse())
    await program.pass_time(MOST)
    assert program.done == ["a"] and program.said == []


async def test_what_is_no_click_is_not_waited_for(program):
    """The same event comes by once for each of those above what was clicked."""
    passed_on = mouse()
    passed_on._set_forwarded()
    for event in (mouse(events.MouseDown), mouse(row=1), passed_on, events.Key("b", "b")):
        await click(program, Bench(Place()), event)
    assert program.done == ["a"] * 4
