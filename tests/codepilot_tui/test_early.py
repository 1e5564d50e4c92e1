"""What is asked for before what it needs is there is done then, and what was typed behind it comes after it."""

from __future__ import annotations

import pytest
from textual import events
from textual.widget import Widget

from codepilot_tui.early import STARTS, Early, ahead_of
from codepilot_tui.held_keys import HeldKeys
from codepilot_tui.keymap import Keymap

REFUSED = "Answer the question first, then try again."
WAITS = "Open it: still waiting. Esc gives up."
GIVEN_UP = "Open it: given up. What you typed for it is dropped."


class Timer:
    """What was to be called after so many seconds."""

    def __init__(self, seconds: float, call) -> None:
        self.seconds, self.call, self.cancelled = seconds, call, False

    def cancel(self) -> None:
        self.cancelled = True


class Pane(Widget):
    """What was opened, with messages of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = []

    @property
    def ancestors_with_self(self):
        return [self]

    def call_later(self, callback, *args) -> bool:
        self.calls.append(lambda: callback(*args))
        return True


class Starting:
    """A program in which what is `there` can be run."""

    def __init__(self) -> None:
        self.focused: Pane | None = None
        self.there: set[str] = set()
        self.done: list[str] = []
        self.told: list[str] = []
        self.about: list[str] = []
        self.untold: list[str] = []
        self.timers: list[Timer] = []
        self.waiting = []
        self.time = 0.0
        self.dropped: list[float] = []
        self.keys = HeldKeys(
            self.handle,
            self.waiting.append,
            dropped=lambda: self.dropped.append(self.time),
            now=lambda: self.time,
            after=Timer,
        )
        self.early = Early(self.keys, self, self.after)

    def after(self, seconds: float, call) -> Timer:
        self.timers.append(Timer(seconds, call))
        return self.timers[-1]

    async def handle(self, typed: events.Key) -> None:
        self.done.append(typed.key)

    def ask(self, name: str, *, asked: bool = False, sync: bool = False) -> bool:
        async def run() -> None:
            self.done.append(name)

        return self.early.ask(
            lambda: name in self.there,
            (lambda: self.done.append(name)) if sync else run,
            f"{name.capitalize()} it",
            asked=asked,
        )

    def tell(self, text: str, kind: str = "info", *, about: str = "") -> None:
        self.told.append(text if kind == "info" else f"{kind}: {text}")
        self.about.append(about)

    def untrue(self, about: str) -> None:
        self.untold.append(about)

    async def type(self, *keys: str) -> None:
        for key in keys:
            event = events.Key(key, key if len(key) == 1 else None)
            if not (self.early.takes(event) or self.keys.takes(event)):
                await self.handle(event)

    async def comes(self, name: str, *, asked: bool = False) -> None:
        self.there.add(name)
        self.early.look(asked=asked)
        await self.go_on()

    async def go_on(self) -> None:
        while self.waiting:
            await self.waiting.pop(0)()


@pytest.mark.parametrize("sync", [False, True])
async def test_an_action_waits_for_what_it_needs_and_keys_wait_for_the_action(sync):
    starting = Starting()
    assert starting.ask("open", sync=sync)
    await starting.type("a", "b")
    await starting.comes("something else")
    assert starting.done == []
    await starting.comes("open")
    assert starting.done == ["open", "a", "b"] and not starting.told
    assert starting.untold == ["starting"], "what was said of it meanwhile"
    await starting.comes("open")
    assert starting.done == ["open", "a", "b"], "it is done once"
    assert starting.ask("open"), "and may be asked for again"


async def test_only_the_first_waits():
    """The agent may be ready for long, as where a terminal is asked for twice after their host died."""
    starting = Starting()
    assert starting.ask("open")
    assert not starting.ask("two") and not starting.ask("open")
    assert starting.told == [WAITS] * 2 and starting.about == ["starting"] * 2, "untrue once it is there"
    await starting.comes("two")
    await starting.comes("open")
    assert starting.done == ["open"]


async def test_what_was_typed_for_it_answers_no_question_that_comes_first():
    """Whether to trust the folder: nobody knows when the agent will be there."""
    starting = Starting()
    starting.ask("open")
    await starting.type("y")
    await starting.comes("nothing", asked=True)
    assert starting.told == [REFUSED]
    await starting.type("n")
    assert starting.done == ["n"]
    assert not starting.ask("open", asked=True)
    assert starting.told == [REFUSED] * 2
    await starting.comes("open")
    assert starting.done == ["n"]


async def test_esc_gives_up_what_waits_and_drops_what_was_typed_for_it():
    starting = Starting()
    starting.ask("open")
    await starting.type("a", "escape", "b")
    await starting.go_on()
    assert starting.told == [GIVEN_UP] and starting.done == ["b"]
    await starting.type("escape")
    assert starting.done == ["b", "escape"], "nothing waits: it is an Esc like any other"
    await starting.comes("open")
    assert starting.done == ["b", "escape"]


async def test_what_takes_too_long_is_not_done_later_where_the_person_does_something_else():
    starting = Starting()
    starting.ask("open")
    await starting.type("a")
    (timer,) = starting.timers
    assert timer.seconds == STARTS
    timer.call()
    await starting.go_on()
    assert starting.told == [GIVEN_UP]
    await starting.type("b")
    await starting.comes("open")
    assert starting.done == ["b"]


async def test_what_will_never_be_possible_is_given_up_with_the_reason():
    starting = Starting()
    starting.early.give_up("Nothing waits.")
    assert not starting.told
    starting.ask("open")
    await starting.type("a")
    starting.early.give_up("It broke.", "error")
    await starting.type("b")
    await starting.comes("open")
    assert starting.told == ["error: It broke."] and starting.done == ["b"]


async def test_nothing_is_given_up_any_more_once_it_is_done():
    starting = Starting()
    starting.ask("open")
    await starting.comes("open")
    assert starting.timers[0].cancelled
    starting.early.give_up("It broke.")
    assert not starting.told


async def test_what_is_typed_in_its_last_moment_is_still_for_it():
    """Its own end drops that and says so; the keys' would have said something else, and done it elsewhere."""
    starting = Starting()
    starting.ask("open")
    await starting.type("a")
    starting.time = STARTS
    await starting.type("b")
    starting.timers[0].call()
    await starting.go_on()
    assert starting.told == [GIVEN_UP] and starting.dropped == [] and starting.done == []


async def test_keys_wait_until_what_was_opened_has_done_what_it_has_to():
    starting, pane = Starting(), Pane()
    starting.ask("open")
    await starting.type("a")
    starting.focused = pane
    pane.call_later(lambda: starting.done.append("ready for keys"))
    await starting.comes("open")
    await starting.type("b")
    assert starting.done == ["open"]
    while pane.calls:
        pane.calls.pop(0)()
    await starting.go_on()
    assert starting.done == ["open", "ready for keys", "a", "b"]


def test_what_stops_the_agent_or_quits_waits_for_nothing_that_is_on_its_way():
    keymap = Keymap()
    ahead = ahead_of(keymap)
    assert ahead.always == {keymap["quit"].key} and ahead.first == {keymap["interrupt"].key}
    assert ahead.leader == keymap.leader
    assert ahead.letters == {keymap["stop"].leader, keymap["quit"].leader}
