"""The person's messages on their way to the agent: carries out what the outbox orders, and says what is held."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from codepilot import events as ev
from codepilot_tui.bench.outbox import Order, Outbox, Recall, Send, Steer
from codepilot_tui.bridge import Bridge
from codepilot_tui.past import Past
from codepilot_tui.screens.contracts import Host


class Messages:
    """The messages of one agent.

    Args:
        host: the screen.
        bridge: gives that of the agent; None before its runtime is made.
    """

    def __init__(self, host: Host, bridge: Callable[[], Bridge | None]) -> None:
        self.outbox = Outbox()
        self._host = host
        self._bridge = bridge
        self._past: Past | None = None
        """There once what an earlier program left is shown: nothing is written over it before."""
        self._kept: list[tuple[str, bool]] | None = []
        """What is on the disk; None: not known."""
        self._keeping: asyncio.Task[None] | None = None
        self._up = False
        self.wait = False
        """For what the person says of a rewind that was cut: a task would leave it as it is."""

    @property
    def go(self) -> bool:
        """They go to the agent: it is up, and nothing is to be settled first."""
        return self._up and not self.wait

    def start(self) -> None:
        """The agent is up: what waits goes to it, as soon as it may."""
        self._up = True
        self._start()

    def waited(self) -> None:
        """What was to be settled first is: what waits goes to the agent, as soon as it is up."""
        self.wait = False
        self._start()

    def _start(self) -> None:
        if self.go:
            self.carry_out(self.outbox.start())
        self._host.changed()

    def restore(self, past: Past) -> None:
        """Show what waits since an earlier program."""
        self.outbox.still_wait((message.id, message.text) for message in past.queued)
        self._past, self._kept = past, past.waiting
        self.outbox.still_held(self._kept)

    def keep(self) -> None:
        """Keep what only this program has, if that is something else now: it may be killed."""
        if self._past is not None and self._keeping is None and self.outbox.own != self._kept:
            self._keeping = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        past = self._past
        while past is not None and (own := self.outbox.own) != self._kept:
            self._kept = own
            if not await asyncio.to_thread(past.keep_waiting, own):
                self._kept = None if own else []  # tried again; where nothing waits there is nothing to keep
                break
        self._keeping = None

    def begin_anew(self) -> None:
        """Another session begins; what waits goes along, and no longer belongs to this one."""
        if self._past is not None:
            self._past.keep_waiting([])
            self._kept = None

    async def close(self) -> None:
        """The program ends: what waits is held, also what the runtime had, and comes back with the session."""
        for recall in self.outbox.recalls():
            self.outbox.hold(recall.id, self._recall(recall.id))
        self.outbox.end(stopped=True)
        if self._keeping is not None:
            await self._keeping
        await self._keep()

    def leave(self) -> None:
        """No task goes on: what an earlier program left to be read by it waits for the person."""
        for recall in self.outbox.recalls():
            self.outbox.hold(recall.id, self._recall(recall.id))
        self.tell_held()

    def end(self, *, stopped: bool) -> None:
        """The task ended.

        Args:
            stopped: by the person, a limit or a failure.
        """
        for recall in self.outbox.recalls():
            self.outbox.recalled(recall.id, self._recall(recall.id))
        self.carry_out(self.outbox.end(stopped=stopped))
        self.tell_held()

    def release(self, *, working: bool) -> None:
        """The person sends what is held."""
        self.carry_out(self.outbox.release(working=working))
        self.tell_held()

    def carry_out(self, orders: Iterable[Order]) -> None:
        """Do what the outbox orders; only once there is a bridge."""
        bridge = self._bridge()
        assert bridge is not None
        for order in orders:
            match order:
                case Send(text=text, then=then):
                    for message_id, follower in zip(bridge.send(text, then), then, strict=False):
                        self.outbox.steered(message_id, follower)
                case Steer(text=text):
                    self.outbox.steered(bridge.steer(text), text)
                case Recall(id=message_id):
                    self.outbox.recalled(message_id, bridge.take_back(message_id))

    def take_back(self, message_id: str) -> str | None:
        """Take a queued message back; None: the model has read it."""
        text = self.outbox.take_back(message_id)
        if isinstance(text, Recall):
            text = self._recall(message_id)
            self.outbox.apply(ev.MessageDropped(message_id=message_id, message=text or ""))
        return text

    def tell_held(self) -> None:
        """Say how many messages are held; what was said of them before holds no more."""
        self._host.untrue("held")
        if held := self.outbox.held:
            said, what = ("1 message is held", "it") if held == 1 else (f"{held} messages are held", "them")
            key = self._host.keymap.shown_key(self._host.keymap["send_held"], "composer")
            self._host.tell(f"{said}. {key} sends {what}.", about="held")
        self.keep()
        self._host.changed()

    def _recall(self, message_id: str) -> str | None:
        bridge = self._bridge()
        return bridge.take_back(message_id) if bridge is not None else None
