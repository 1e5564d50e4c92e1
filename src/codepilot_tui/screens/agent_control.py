"""The agent's side of the session screen: its life, the person's messages to it, and what comes of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from codepilot import events as ev
from codepilot.errors import CodepilotError
from codepilot.terminal.protocol import OnLeave, TerminalInfo
from codepilot_tui.bench.changes import ChangeBook
from codepilot_tui.bench.notices import SENT_LATER
from codepilot_tui.bench.outbox import Submission
from codepilot_tui.bridge import Bridge, Callbacks, Pending
from codepilot_tui.past import Past
from codepilot_tui.plan import AgentPlan
from codepilot_tui.screens.contracts import Host
from codepilot_tui.screens.messages import Messages
from codepilot_tui.transcript import Transcript


class AgentControl:
    """One agent, driven through the bridge.

    Args:
        plan: the agent.
        host: the screen.
        shown: told the ids of the transcript's items that are to be drawn anew.
        joined: told the terminal host's socket once it is there.
        log_file: named where an error has details there.
    """

    def __init__(
        self,
        plan: AgentPlan,
        host: Host,
        *,
        shown: Callable[[set[int]], None],
        joined: Callable[[Path], None],
        log_file: Path | None = None,
    ) -> None:
        self.plan = plan
        self.transcript = Transcript(agent=plan.name)
        self.messages = Messages(host, lambda: self.bridge)
        self.outbox = self.messages.outbox
        self.changes = ChangeBook()
        self.bridge: Bridge | None = None
        """There once the runtime is made."""
        self.runtime_id = ""
        """By which `codepilot attach` finds the terminals."""
        self.ready = False
        """Worker and terminals are up."""
        self.listeners: list[Callable[[ev.Event], None]] = []
        """Told each event, in order, before the transcript is drawn."""
        self._host = host
        self._shown = shown
        self._joined = joined
        self._log_file = log_file
        self._last_end: ev.TaskFinished | None = None
        self._left = False  # whether it is settled what becomes of the task that was cut
        self._reading: asyncio.Task[None] | None = None
        """The page that is on its way."""
        self._asked_early: list[Callable[[bool], None]] = []
        """Wait to be told whether there is a terminal host, before the runtime is made."""

    # -- its life --------------------------------------------------------------------------------------------------

    async def start(self, asked: Callable[[Pending], None], withdrawn: Callable[[Pending], None]) -> None:
        """Make the runtime on a thread, then start it.

        Args:
            asked: told each question of the agent.
            withdrawn: told that one of them means nothing any more.

        Raises:
            CodepilotError: there is no such agent; the text says why.
        """
        runtime = await asyncio.to_thread(self.plan.make)
        self.bridge = Bridge(
            runtime,
            asyncio.get_running_loop(),
            Callbacks(
                events=self.take_events,
                asked=asked,
                withdrawn=withdrawn,
                ready=self._is_ready,
                failed=self._failed,
                idle=self._idle,
            ),
        )
        await self._restore(self.bridge.past)
        self.messages.wait = self.bridge.past.restoring
        self.bridge.start()
        for then in self._asked_early:
            self.bridge.find_terminals(then)
        self._asked_early.clear()
        self.warn(runtime.config.warnings)

    async def _restore(self, past: Past) -> None:
        """Show the end of what was said before, and what waits since."""
        await self._read_older(past)
        self.messages.restore(past)
        try:
            await past.read_name()
            changes = await past.changes()
        except CodepilotError as error:
            self._failed(error.message, error.hint)
            return
        for event in changes:
            self.changes.apply(event)
            for listener in self.listeners:
                listener(event)

    def older(self) -> None:
        """Show the page before what is shown, if there is one and it is not on its way."""
        if self.bridge is not None and self.bridge.past.pages.more:
            self._reading = asyncio.create_task(self._read_older(self.bridge.past))

    async def _read_older(self, past: Past) -> None:
        try:
            events = await past.pages.older()
        except CodepilotError as error:
            self._failed(error.message, error.hint)
            return
        page = Transcript(agent=self.plan.name)
        for stamped in events:
            page.apply(stamped)
        self._shown(self.transcript.put_before(page))

    @property
    def past(self) -> Past | None:
        """What was said before; there once the runtime is made."""
        return self.bridge.past if self.bridge is not None else None

    @property
    def cut(self) -> str:
        """Where the last task was cut, in words; empty: it was not."""
        unfinished = self.bridge.past.unfinished if self.bridge is not None else None
        return unfinished.where if unfinished is not None else ""

    def go_on(self) -> None:
        """Go on with the task that was cut."""
        self._left = True
        if self.bridge is not None:
            self.bridge.resume()
        self.messages.tell_held()

    def leave(self) -> None:
        """No task of an earlier program goes on: what waited for it is held, and the chat says where it ended."""
        self._left = True
        if self.cut and not self.working:
            ended = ev.TaskFinished(status="aborted", summary=f"left {self.cut}")
            self._shown(self.transcript.apply(ev.Stamped(0, time.time(), ended)))
        if not self.working:  # a message that was sent meanwhile takes along what waits
            self.messages.leave()

    def warn(self, warnings: Sequence[str]) -> None:
        """Show warnings in the conversation, where they stay to be read."""
        self._shown(self.transcript.warn(warnings))

    def _is_ready(self, socket: Path) -> None:
        self.ready = True
        self.runtime_id = socket.parent.name
        self._joined(socket)
        self._host.untrue("starting")
        self.messages.start()

    async def close(self, terminals: OnLeave = "") -> None:
        """End the agent and everything it started.

        Args:
            terminals: end them, or detach and let them go on; default: as the setting has it.
        """
        if self.bridge is not None:
            await self.messages.close()
            await self.bridge.close(terminals)

    @property
    def doing(self) -> str:
        """What the agent does, in a few words; empty: it is idle."""
        phase = self.transcript.status.at(time.time())[0] if self.working else ""
        return "waiting" + phase.removeprefix("waits") if phase.startswith("waits") else phase

    async def terminals_in_use(self) -> tuple[TerminalInfo, ...]:
        """The terminals in which something runs."""
        return await self.bridge.terminals_in_use() if self.bridge is not None else ()

    @property
    def working(self) -> bool:
        """A task is under way."""
        return self.bridge is not None and self.bridge.working

    # -- what the bridge tells -------------------------------------------------------------------------------------

    def take_events(self, batch: Sequence[ev.Stamped]) -> None:
        """Show what happened."""
        changed: set[int] = set()
        for stamped in batch:
            event = stamped.event
            changed |= self.transcript.apply(stamped)
            self.outbox.apply(event)
            self.changes.apply(event)
            if isinstance(event, ev.TaskFinished):
                self._last_end = event
            elif isinstance(event, ev.SessionCleared) and self.bridge is not None:
                self.bridge.past.cleared()
            elif isinstance(event, ev.Rewound) and self.bridge is not None:
                self.bridge.past.go_back_to(event.to_offset)
                self.older()
            for listener in self.listeners:
                listener(event)
        said = any(isinstance(each.event, ev.MessageQueued) for each in batch)
        if said and self.messages.go and not self.working and (self._left or not self.cut):
            self.messages.end(stopped=False)  # by a program that reads along: an idle agent begins with it
        self.messages.keep()
        self._shown(changed)
        self._host.changed()

    def terminals_do(
        self, states: Mapping[str, str], wanted: frozenset[str], others: Mapping[str, str]
    ) -> None:
        """What each terminal does, which ones the agent has asked the person for, and in which others' commands run:
        calls say what they wait for.
        """
        self._shown(self.transcript.terminals_do(states, wanted, others, time.time()))

    def _idle(self) -> None:
        end, self._last_end = self._last_end, None
        self.messages.end(stopped=end is None or end.status not in ("done", "replied"))

    def _failed(self, what: str, hint: str) -> None:
        """The bridge's own work failed: the chat has room for all of it, which one line of the status has not."""
        where = f" The log is {self._log_file}." if self._log_file is not None else ""
        failed = ev.RuntimeFailed(error=what, source="session", hint=f"{hint}{where}")
        self.take_events([ev.Stamped(0, time.time(), failed)])

    # -- what the person does --------------------------------------------------------------------------------------

    def say(self, text: str, when: Submission) -> None:
        """The person sent a message from the composer."""
        order = self.outbox.say(text, when, working=self.working)
        if order is not None:
            self.messages.carry_out((order,))
        elif not self.ready:
            self._host.tell(SENT_LATER, about="starting")
        self.messages.keep()
        self._host.changed()

    def take_back(self, message_id: str) -> str | None:
        """Take a queued message back, if the model has not read it; says so where it has."""
        text = self.messages.take_back(message_id)
        if text is None:
            step = self.transcript.status.step
            self._host.tell(f"Already delivered at step {step}." if step else "Already delivered.")
            self._host.changed()
        else:
            self.messages.tell_held()
        return text

    def stop(self) -> None:
        """Stop the agent at once."""
        if self.working and self.bridge is not None:
            self.bridge.stop()

    def send_held(self) -> None:
        """Send what a stop gave back."""
        self.messages.release(working=self.working)

    def reset(self) -> None:
        """Begin a new conversation; the model and the screen forget this one, its session stays."""
        if self.bridge is not None:
            self.messages.begin_anew()
            self.bridge.reset()

    def use_model(self, choice: str) -> None:
        """Go on with another model, `provider:name`."""
        if self.bridge is None:
            self._host.tell("Starting. Choose the model when the agent is ready.", about="starting")
            return
        try:
            self.bridge.use_model(choice)
        except CodepilotError as error:
            self._host.tell(f"{error.message} {error.hint}".strip(), "error")
            return
        self._host.tell(f"The model is now {self.bridge.model.choice}.")
        self._host.changed()

    def find_terminals(self, then: Callable[[bool], None] = lambda _: None) -> None:
        """The terminal host is gone, or is a new one: ask where it is, and have one started if there is none.

        Args:
            then: told whether there is one, once that is known.
        """
        if self.bridge is not None:
            self.bridge.find_terminals(then)
        else:
            self._asked_early.append(then)
