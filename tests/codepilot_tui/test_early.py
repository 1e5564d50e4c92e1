"""What is asked for before what it needs is there is done then, and what was typed behind it comes after it."""

from __future__ import annotations

from textual import events

from codepilot_tui.early import Early
from codepilot_tui.held_keys import HeldKeys


class Starting:
    """A program in which `there` can be run."""

    focused = None

    def __init__(self) -> None:
        self.there: set[str] = set()
        self.done: list[str] = []
        self.told: list[str] = []
        self.waiting = []
        self.keys = HeldKeys(self.handle, self.waiting.append)
        self.early = Early(self.keys, self.there.__contains__, self.run, self)

    async def handle(self, typed: events.Key) -> None:
        self.done.append(typed.key)

    async def run(self, name: str, argument: str) -> None:
        self.done.append(f"{name} {argument}".strip())

    def tell(self, text: str, *, about: str) -> None:
        self.told.append(text)

    async def type(self, keys: str) -> None:
        for key in keys:
            event = events.Key(key, key)
            if not self.keys.takes(event):
                await self.handle(event)

    async def comes(self, name: str, *, asked: bool = False) -> None:
        self.there.add(name)
        self.early.look(asked=asked)
        while self.waiting:
            await self.waiting.pop(0)()


async def test_an_action_waits_for_what_it_needs_and_keys_wait_for_the_action():
    starting = Starting()
    starting.early.ask("open", "it", asked=False)
    await starting.type("ab")
    await starting.comes("something else")
    assert starting.done == []
    await starting.comes("open")
    assert starting.done == ["open it", "a", "b"] and not starting.told
    await starting.comes("open")
    assert starting.done == ["open it", "a", "b"]


async def test_only_the_first_waits():
    starting = Starting()
    starting.early.ask("one", "", asked=False)
    starting.early.ask("two", "", asked=False)
    assert starting.told == ["Starting. Try again when the agent is ready."]
    await starting.comes("two")
    await starting.comes("one")
    assert starting.done == ["one"]


async def test_what_was_typed_for_it_answers_no_question_that_comes_first():
    """Whether to trust the folder: nobody knows when the agent will be there."""
    starting = Starting()
    starting.early.ask("open", "", asked=False)
    await starting.type("y")
    await starting.comes("nothing", asked=True)
    assert starting.told == ["Starting. Try again when the agent is ready."]
    await starting.type("n")
    assert starting.done == ["n"]
    starting.early.ask("open", "", asked=True)
    assert len(starting.told) == 2
    await starting.comes("open")
    assert starting.done == ["n"]
