"""A session that is shown again: which of its events are on the screen, what comes next, and when. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from codepilot import events as e
from codepilot.journal.player import Player
from codepilot_tui.transcript import Transcript

SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 0.0)
"""Times as fast as it was; 0: without pauses."""
_STEPS = (e.TaskStarted, e.MessageInjected, e.StepStarted, e.ToolFinished, e.QuestionAnswered, e.TaskFinished)
"""What a step ends with or begins with: where one stops that goes step by step."""
_PROMPTS = (e.TaskStarted, e.MessageInjected)
_NOT_PLAYED = (e.Rewound, e.SessionCleared)
"""What they left is not among the events, so there is nothing to be taken away."""


class Playing:
    """The events of a session, and the place in them.

    Args:
        events: as `journal.player.shown_events` gives them.
        agent: the agent's name.
    """

    def __init__(self, events: Sequence[e.Stamped], agent: str) -> None:
        kept = [each for each in events if not isinstance(each.event, _NOT_PLAYED)]
        self.events = [replace(each, sequence=at) for at, each in enumerate(kept)]
        self.agent = agent
        self.transcript = Transcript(agent=agent)
        self.at = 0
        """How many of the events are shown whole."""
        self.speed = 1.0
        self.plays = False
        self._player: Player | None = None
        self._pieces: Iterator[tuple[float, e.Stamped]] = iter(())
        self._next: tuple[float, e.Stamped] | None = None
        self._partly = False
        """A part of the event behind them is shown, too."""

    @property
    def ended(self) -> bool:
        """All is shown."""
        return self.at >= len(self.events)

    @property
    def prompts(self) -> tuple[int, int]:
        """The number of the prompt that was shown last, and how many there are."""
        places = self._places(_PROMPTS)
        return sum(place < self.at for place in places), len(places)

    @property
    def can_step_back(self) -> bool:
        """Something is shown."""
        return self.at > 0 or self._partly

    @property
    def has_former_prompt(self) -> bool:
        """There is a prompt to go back to: of the first one, its beginning."""
        return self._former(_PROMPTS) is not None

    # -- playing ---------------------------------------------------------------------------------------------------

    def wait(self) -> float | None:
        """Seconds until `step_on` is to be called; None: all is shown."""
        coming = self._coming()
        return coming[0] if coming is not None else None

    def _coming(self) -> tuple[float, e.Stamped] | None:
        if self._player is None:
            self._player = Player(iter(self.events[self.at :]), self.speed)
            self._pieces = iter(self._player)
        if self._next is None:
            self._next = next(self._pieces, None)
        return self._next

    def step_on(self) -> set[int]:
        """Show what is next, a few words of a reply or an event; returns the ids of changed items."""
        coming = self._coming()
        if coming is None:
            return set()
        self._next, piece = None, coming[1]
        following = self._coming()
        whole = following is None or following[1].sequence != piece.sequence
        self.at, self._partly = piece.sequence + whole, not whole
        return self.transcript.apply(piece)

    def change_speed(self, by: int) -> None:
        """Be faster or slower, by steps of `SPEEDS`."""
        at = SPEEDS.index(self.speed) + by
        self.speed = SPEEDS[min(max(at, 0), len(SPEEDS) - 1)]
        if self._player is not None:
            self._player.speed = self.speed

    # -- moving ----------------------------------------------------------------------------------------------------

    def go_to(self, place: int) -> set[int] | None:
        """Show so many events and no more; returns the ids of changed items, or None: the transcript is a new one."""
        place = min(max(place, 0), len(self.events))
        changed: set[int] | None = set()
        if place < self.at or self._partly:
            self.transcript, self.at, changed = Transcript(agent=self.agent), 0, None
        for stamped in self.events[self.at : place]:
            more = self.transcript.apply(stamped)
            if changed is not None:
                changed |= more
        self.at, self._partly = place, False
        self._player, self._next = None, None
        return changed

    def step(self, by: int) -> set[int] | None:
        """Go a step forward (1) or back (-1); see `go_to`."""
        return self._move(_STEPS, by)

    def prompt(self, by: int) -> set[int] | None:
        """Go to the next prompt (1) or the one before (-1), if there is one; see `go_to`."""
        if by < 0 and not self.has_former_prompt:
            return set()
        return self._move(_PROMPTS, by)

    def _move(self, kinds: tuple[type, ...], by: int) -> set[int] | None:
        if by < 0:
            return self.go_to(self._former(kinds) or 0)
        ends = (place + 1 for place in self._places(kinds))
        return self.go_to(next((end for end in ends if end > self.at), len(self.events)))

    def _former(self, kinds: tuple[type, ...]) -> int | None:
        ends = (place + 1 for place in reversed(self._places(kinds)))
        return next((end for end in ends if end < self.at), None)

    def _places(self, kinds: tuple[type, ...]) -> list[int]:
        return [at for at, each in enumerate(self.events) if isinstance(each.event, kinds)]
