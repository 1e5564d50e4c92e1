"""Every event of a runtime: stamped, then given to its readers and to the hooks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from codepilot import events as e
from codepilot.errors import UsageError
from codepilot.hooks import HookSystem, project
from codepilot.hooks.delivery import HookDelivery
from codepilot.ports import Clock

Sink = Callable[[e.Stamped], None]


class Broadcast:
    """One stream of events, in order.

    Args:
        hooks: handlers, called on the spot where there is no loop.
        delivery: calls them where there is one.
        clock: for the stamps.
    """

    def __init__(self, hooks: HookSystem, delivery: HookDelivery, clock: Clock) -> None:
        self._hooks = hooks
        self._delivery = delivery
        self._clock = clock
        self._sinks: dict[object, Sink] = {}
        """By a mark of each: the same function may read twice."""
        self._sequence = 0
        self.keep: Callable[[e.Event], int] = lambda event: 0
        """Given each event first of all: whatever anybody sees is kept already. Must not raise. Returns the number of
        its record; 0: there is none."""
        self.keep_at_once: Callable[[e.Event], object] = lambda event: None
        """The same for what a call does on whatever thread; what it raises, the caller gets."""
        self.words_kept: Callable[[], None] = lambda: None
        """Returns when the person's words that were given to that are kept."""
        self.home: asyncio.AbstractEventLoop | None = None
        """The loop on which readers are called while it runs."""

    def subscribe(self, sink: Sink) -> Callable[[], None]:
        """Give every event to `sink`; returns a function that ends it, and does nothing the second time.

        Raises:
            UsageError: it cannot be called.
        """
        if not callable(sink):
            raise UsageError(
                f"subscribe: expected a function, found {sink!r}.", hint="It is called with each event."
            )
        mark = object()
        self._sinks[mark] = sink

        def end() -> None:
            self._sinks.pop(mark, None)

        return end

    def publish(self, event: e.Event) -> None:
        """Stamp an event and give it to all readers; from another thread it is handed to the loop first.

        A reader that raises is reported as handlers are, and the rest still read.
        """
        home, here = self.home, _running_loop()
        if here is not home and home is not None and home.is_running():
            home.call_soon_threadsafe(self.publish, event)
            return
        record = self.keep(event)
        self._sequence += 1
        stamped = e.Stamped(self._sequence, self._clock.time(), event, record)
        raised = []
        for sink in tuple(self._sinks.values()):
            try:
                sink(stamped)
            except Exception as error:  # noqa: BLE001 - seam: a reader's fault must not stop the agent
                raised.append((sink, error))
        if here is not None:
            self._delivery.take(event)
        elif not isinstance(event, e.MessageQueued):
            self._emit_now(event)
        for sink, fault in raised:  # not before all have this event: what is told is an event, too
            self._hooks.report(None, sink, fault)

    def _emit_now(self, event: e.Event) -> None:
        """Outside any loop (e.g. `reset()` before the first run) handlers are called on the spot."""
        point = project(event)
        if point is not None:
            self._hooks.emit(point[0], **point[1])


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
