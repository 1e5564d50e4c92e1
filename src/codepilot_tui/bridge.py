"""The only driver of the runtime: it works on a thread of its own, and its facts come back to the screen in batches.

The screen's loop never waits for the agent: events are gathered and handed over at most 30 times a second, questions
come as values that can be answered at any time, and each verb (`send`, `stop` …) returns at once.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from codepilot import events as e
from codepilot.decision import ELSEWHERE, Decision, Mode, PermissionRequest
from codepilot.errors import CodepilotError
from codepilot.hooks import EventType
from codepilot.messages import Isolation
from codepilot.providers import ModelOffer, keyed_offers, local_offers
from codepilot.terminal.protocol import OnLeave, TerminalInfo
from codepilot_tui.last_words import LastWords
from codepilot_tui.past import Past
from codepilot_tui.pending import Pending as Pending
from codepilot_tui.window import ModelWindow

if TYPE_CHECKING:
    from codepilot.runtime import AsyncRuntime

log = logging.getLogger(__name__)
T = TypeVar("T")
FRAME = 1 / 30
"""Seconds between two batches of events."""
_ANSWER = 2.0
"""Seconds in which the terminal host has to say what runs, when the person wants to quit."""


@dataclass(frozen=True, slots=True)
class Callbacks:
    """What the bridge tells the screen, always on the screen's loop."""

    events: Callable[[list[e.Stamped]], None]
    asked: Callable[[Pending], None]
    withdrawn: Callable[[Pending], None]
    """Nobody waits for the answer any more: the task was stopped, or the worker died."""
    ready: Callable[[Path], None]
    """Worker and terminals are up; the terminal host's socket."""
    failed: Callable[[str, str], None]
    """What and what next: the bridge's own work failed."""
    idle: Callable[[], None]
    """A task ended and all its events were handed over."""


class Bridge:
    """Runs one `AsyncRuntime` for a screen.

    Args:
        runtime: made, not started.
        screen_loop: where the callbacks run.
        callbacks: what to tell.
    """

    def __init__(
        self, runtime: AsyncRuntime, screen_loop: asyncio.AbstractEventLoop, callbacks: Callbacks
    ) -> None:
        self.runtime = runtime
        self._screen_loop = screen_loop
        self._callbacks = callbacks
        self._events: deque[e.Stamped] = deque()
        self._scheduled = False
        self._schedule_lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="codepilot-agent", daemon=True)
        self._task: Future[str | None] | None = None
        self._stopped = self._leaving = False
        self.past = Past(runtime)
        """What was said before."""
        self.window, self.last_words = ModelWindow(runtime, self._loop), LastWords(runtime)
        for point in runtime.hooks.default_events():
            runtime.hooks.clear(point)  # they print, and the screen is ours
        runtime.hooks.replace(EventType.PERMISSION_REQUEST, self._on_permission)
        runtime.hooks.replace(EventType.ASK_USER, self._on_question)
        runtime.hooks.ask_outcome_by(lambda call: self._words(Pending.about(call)))
        runtime.subscribe(self._on_event)

    # -- verbs of the screen -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the thread, the worker and the terminal host."""
        self._thread.start()
        self._submit(self._start(), "The agent could not be started")

    def send(self, task: str, then: Sequence[str] = ()) -> tuple[str, ...]:
        """Begin a task; does nothing while one is under way (use `steer`), and when this is being closed.

        Args:
            task: what the person wrote.
            then: messages that the agent reads right behind it, at its first step.

        Returns:
            The ids of `then`; empty if nothing was done.
        """
        if self.working or self._leaving:
            return ()
        self._stopped = False
        self.runtime.expect_run()  # a stop may come before the agent's thread has begun
        queued = tuple(map(self.runtime.send_message, then))  # first: a quick step may be the last
        self._work(self.runtime.run(task))
        return queued

    def resume(self) -> None:
        """Go on with the task that was cut; does nothing while one is under way."""
        if self.working:
            return
        self._stopped = False
        self.runtime.expect_run()
        self._work(self.runtime.resume())

    def _work(self, task: Coroutine[Any, Any, str | None]) -> None:
        self._task = self._submit(task, "The task failed")
        self._task.add_done_callback(lambda _: self._on_screen(self._deliver_then_idle))

    def steer(self, message: str) -> str:
        """Queue words for the next step; returns their id, or nothing when this is being closed."""
        return "" if self._leaving else self.runtime.send_message(message)

    def take_back(self, message_id: str) -> str | None:
        """Take queued words back, if the model has not read them yet."""
        return self.runtime.cancel_message(message_id)

    def stop(self) -> None:
        """Stop whatever runs, at once."""
        self._stopped = True
        self.runtime.abort()

    def reset(self) -> None:
        """Begin a new conversation in the same terminals; only when idle."""
        self._submit(self.runtime.areset(keep_terminals=True), "The new conversation could not be started")

    async def ask(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something on the agent's thread, and wait for what comes of it."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    def use_model(self, choice: str) -> None:
        """Go on with another model, `provider:name`; only when idle.

        Raises:
            CodepilotError: no such provider, or its key is missing.
        """
        self.runtime.use_model(choice)

    @property
    def mode(self) -> Mode | None:
        """The permission mode."""
        return self.runtime.mode

    @property
    def isolation(self) -> Isolation:
        """How what the model runs is jailed; known once the worker is up."""
        return self.runtime.isolation

    @property
    def model(self) -> ModelOffer:
        """The model that answers now."""
        provider = self.runtime.provider
        return ModelOffer(provider.name, provider.model, "in use")

    async def models(self) -> list[ModelOffer]:
        """The models that could answer: those whose key is there, and those that run on this machine."""
        return [*keyed_offers(self.runtime.config.model), *await asyncio.to_thread(local_offers)]

    def find_terminals(self, then: Callable[[bool], None] = lambda _: None) -> None:
        """Say again, by `ready`, where the terminal host is; a new one is started if there is none.

        Args:
            then: called on the screen's loop, after `ready` or `failed`, with whether there is one.
        """
        asked = self._submit(self._start(), "The terminals could not be started")

        def answer(done: Future[None]) -> None:
            there = not done.cancelled() and done.exception() is None
            self._on_screen(lambda: then(there))

        asked.add_done_callback(answer)

    def set_mode(self, mode: Mode) -> None:
        """Change the permission mode."""
        self.runtime.mode = mode

    @property
    def working(self) -> bool:
        """A task is under way, or the screen was not told yet that it ended: what waits for its end comes first."""
        return self._task is not None

    async def terminals_in_use(self) -> tuple[TerminalInfo, ...]:
        """The terminals in which something runs; none if they cannot be asked in time."""
        try:
            return await asyncio.wait_for(self.ask(self.runtime.terminals_in_use()), _ANSWER)
        except (TimeoutError, CodepilotError):
            log.warning("the terminal host does not say what runs in it", exc_info=True)
            return ()

    async def close(self, terminals: OnLeave = "") -> None:
        """End the runtime and its thread; returns when no process of ours is left that was not to stay.

        A task is stopped, and its open questions are withdrawn.

        Args:
            terminals: end them, or detach and let what runs in them go on; default: as the setting has it.
        """
        if not self._thread.is_alive():
            return
        self._stopped = self._leaving = True
        try:
            await asyncio.wait_for(self.ask(self._close(terminals)), timeout=8)
        except TimeoutError:
            log.error("the runtime did not close within 8 s")
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join, 2)
        if not self._thread.is_alive():
            self._loop.close()

    # -- on the agent's thread ---------------------------------------------------------------------------------

    async def _start(self) -> None:
        await self.runtime.start()
        socket = await self.runtime.terminal_socket()
        self._on_screen(lambda: self._callbacks.ready(socket))

    async def _close(self, terminals: OnLeave) -> None:
        await self.runtime.close(terminals)
        await self._loop.shutdown_default_executor()

    async def _on_permission(self, request: PermissionRequest, **_: Any) -> Decision:
        answer = await self._ask(Pending(request, ""))
        if isinstance(answer, Decision):
            return answer
        return Decision(allow=False, by="nobody", reason="The question was closed without an answer.")

    async def _on_question(self, question: str, **_: Any) -> str | None:
        return await self._words(Pending(None, question))

    async def _words(self, pending: Pending) -> str | None:
        answer = await self._ask(pending)
        return answer if isinstance(answer, str) else None

    async def _ask(self, pending: Pending) -> Decision | str | None:
        self._on_screen(lambda: self._callbacks.asked(pending))
        try:
            answer: Decision | str | None = await asyncio.wrap_future(pending.future)
        except asyncio.CancelledError as why:
            pending.gone = "stopped" if self._stopped else "answered" if ELSEWHERE in why.args else "lost"
            self._on_screen(lambda: self._callbacks.withdrawn(pending))
            raise
        return answer

    def _on_event(self, stamped: e.Stamped) -> None:
        self._events.append(stamped)
        with self._schedule_lock:
            scheduled, self._scheduled = self._scheduled, True
        if not scheduled:
            self._on_screen(self._schedule)

    # -- on the screen's loop ----------------------------------------------------------------------------------

    def _schedule(self) -> None:
        self._screen_loop.call_later(FRAME, self._deliver)

    def _deliver(self) -> None:
        with self._schedule_lock:
            self._scheduled = False
        batch = [self._events.popleft() for _ in range(len(self._events))]
        if batch:
            self._callbacks.events(batch)

    def _deliver_then_idle(self) -> None:
        self._deliver()
        self._task = None
        self._callbacks.idle()

    def _submit(self, work: Coroutine[Any, Any, T], what: str) -> Future[T]:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)

        def report(done: Future[T]) -> None:
            error = None if done.cancelled() else done.exception()
            if error is not None:
                log.error(what, exc_info=error)
                hint = error.hint if isinstance(error, CodepilotError) else "The log has the details."
                self._on_screen(lambda: self._callbacks.failed(f"{what}: {error}", hint))

        future.add_done_callback(report)
        return future

    def _on_screen(self, work: Callable[[], None]) -> None:
        if not self._screen_loop.is_closed():
            self._screen_loop.call_soon_threadsafe(work)
