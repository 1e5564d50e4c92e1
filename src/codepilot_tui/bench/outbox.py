"""The person's messages between the composer and the agent: none is lost, none goes twice, their order is kept.

A message waits for the agent to start, for the next step, for the end of the task, or (`held`) for the person: a stop
sends nothing, so whatever waited then is held, and only the person sends it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from codepilot import events as ev
from codepilot_tui.state import Queued

Submission = Literal["now", "next_step", "after_task"]


@dataclass(frozen=True, slots=True)
class Send:
    """Begin a task with this, and say `steered` for each of `then`."""

    text: str
    then: tuple[str, ...] = ()
    """What the agent reads right behind it, at its first step."""


@dataclass(frozen=True, slots=True)
class Steer:
    """Hand this to the agent for its next step, then say `steered` with the id it gave."""

    text: str


@dataclass(frozen=True, slots=True)
class Recall:
    """Ask the runtime for this message back, then say `recalled` with what it answered."""

    id: str


Order = Send | Steer | Recall


class Outbox:
    """What waits, in the order in which it was said."""

    def __init__(self) -> None:
        self._messages: list[Queued] = []
        self._numbers = itertools.count(1)
        self._later: set[str] = set()
        """The ids of those held that waited for the end of the task."""
        self._started = False

    @property
    def chips(self) -> tuple[Queued, ...]:
        """Copies of the messages that wait, and of those that went in at this step."""
        return tuple(Queued(each.id, each.text, each.state, each.when) for each in self._messages)

    @property
    def queued(self) -> int:
        """How many wait for the agent."""
        return sum(each.state == "queued" and each.when != "held" for each in self._messages)

    @property
    def held(self) -> int:
        """How many wait for the person."""
        return sum(each.when == "held" for each in self._messages)

    @property
    def own(self) -> list[tuple[str, bool]]:
        """What waits and the runtime does not have: the text, and whether it waits for the end of a task."""
        return [
            (each.text, each.when == "after task" or each.id in self._later)
            for each in self._messages
            if each.state == "queued" and each.id.startswith("own-")
        ]

    def say(self, text: str, when: Submission, *, working: bool) -> Order | None:
        """The person sent something from the composer.

        Args:
            text: what was said.
            when: the key that sent it; `after_task` means nothing while idle.
            working: a task is under way.
        """
        if not self._started:
            self._wait(text, "next step")
            return None
        if not working:
            return Send(text)
        if when == "after_task":
            self._wait(text, "after task")
            return None
        return Steer(text)

    def start(self) -> tuple[Order, ...]:
        """The agent is up: what was said meanwhile goes to it, the first as its task, the rest at the next step."""
        if self._started:
            return ()
        self._started = True
        return self._all_of("next step", own=True)

    def still_wait(self, messages: Iterable[tuple[str, str]]) -> None:
        """The runtime has these from an earlier program, by their ids: the agent reads them with the next task."""
        for message_id, text in messages:
            self.steered(message_id, text)

    def still_held(self, messages: Iterable[tuple[str, bool]]) -> None:
        """An earlier program kept these, as `own` has them: the person sends them."""
        for text, later in messages:
            held = Queued(self._own_id(), text, when="held")
            self._messages.append(held)
            if later:
                self._later.add(held.id)

    def steered(self, message_id: str, text: str) -> None:
        """The runtime took a message for the next step, under this id."""
        if self._find(message_id) is None:
            self._messages.append(Queued(message_id, text))

    def apply(self, event: ev.Event) -> bool:
        """Take an event of the runtime; True if the chips changed."""
        match event:
            case ev.MessageQueued(message_id=message_id, message=message):
                self.steered(message_id, message)
            case ev.MessageInjected(message_id=message_id):
                found = self._find(message_id)
                if found is None:
                    return False
                found.state = "in context"
            case ev.MessageDropped(message_id=message_id):
                return self._remove(message_id) is not None
            case ev.TaskStarted() | ev.StepStarted() | ev.TaskFinished():
                waiting = [each for each in self._messages if each.state != "in context"]
                changed = len(waiting) != len(self._messages)
                self._messages[:] = waiting
                return changed
            case _:
                return False
        return True

    def recalls(self) -> tuple[Recall, ...]:
        """The task ended: which messages the runtime still has, to be asked back before `end`."""
        return tuple(
            Recall(each.id)
            for each in self._messages
            if each.when == "next step" and each.state == "queued" and not each.id.startswith("own-")
        )

    def recalled(self, message_id: str, text: str | None) -> None:
        """What the runtime answered to a `Recall`; None: the model has read it."""
        if text is None:
            self._remove(message_id)
        elif (found := self._find(message_id)) is not None:
            found.id = (
                self._own_id()
            )  # the runtime's word that it dropped this id must not take the message away

    def hold(self, message_id: str, text: str | None) -> None:
        """As `recalled`; and from now on the message waits for the person."""
        found = self._find(message_id)
        self.recalled(message_id, text)
        if found is not None:
            found.when = "held"

    def end(self, *, stopped: bool) -> tuple[Order, ...]:
        """The task ended, and the runtime has no message any more.

        Args:
            stopped: by the person, a limit or a failure. Nothing is sent then; what waited is held.
        """
        if stopped:
            for each in self._messages:
                if each.when == "after task":
                    self._later.add(each.id)
                each.when = "held"
            return ()
        late = self._all_of("next step")
        if late:
            return late
        return self._following()

    def release(self, *, working: bool) -> tuple[Order, ...]:
        """The person sends what is held: the first as a task, if none is under way, the rest at the next step.

        What waited for the end of a task when it was held waits for that of the one which begins now.
        """
        for each in self._messages:
            if each.when == "held" and each.id in self._later:
                each.when = "after task"
        self._later.clear()
        if not self._started:  # they go with what is said meanwhile
            for each in self._messages:
                if each.when == "held":
                    each.when = "next step"
            return ()
        orders = self._all_of("held", first_steers=working)
        return orders if orders or working else self._following()

    def take_back(self, message_id: str) -> str | Recall | None:
        """The person wants a message back: its text, or the runtime has to be asked first; None: it is gone."""
        found = self._find(message_id)
        if found is None or found.state != "queued":
            return None
        if found.when == "next step" and not found.id.startswith("own-"):
            return Recall(message_id)
        self._messages.remove(found)
        return found.text

    def _wait(self, text: str, when: Literal["next step", "after task"]) -> None:
        self._messages.append(Queued(self._own_id(), text, when=when))

    def _following(self) -> tuple[Order, ...]:
        """The first that waits for the end of a task, as the next task."""
        following = next((each for each in self._messages if each.when == "after task"), None)
        if following is None:
            return ()
        self._messages.remove(following)
        return (Send(following.text),)

    def _own_id(self) -> str:
        return f"own-{next(self._numbers)}"

    def _all_of(self, when: str, *, first_steers: bool = False, own: bool = False) -> tuple[Order, ...]:
        """Orders for all that wait so; with `own` but for those that the runtime has."""
        meant = [
            each
            for each in self._messages
            if each.when == when and each.state == "queued" and (not own or each.id.startswith("own-"))
        ]
        texts = [each.text for each in meant]
        self._messages[:] = [each for each in self._messages if each not in meant]
        if first_steers:
            return tuple(Steer(text) for text in texts)
        return (Send(texts[0], tuple(texts[1:])),) if texts else ()

    def _find(self, message_id: str) -> Queued | None:
        return next((each for each in self._messages if each.id == message_id), None)

    def _remove(self, message_id: str) -> Queued | None:
        found = self._find(message_id)
        if found is not None:
            self._messages.remove(found)
        return found
