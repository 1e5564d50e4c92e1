"""Registration of handlers, and the calling of them in order, errors kept apart."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from codepilot.errors import UsageError, named_error
from codepilot.hooks.defaults import DEFAULT_HANDLERS
from codepilot.hooks.points import EventType
from codepilot.text import counted

Handler = Callable[..., Any]
Runner = Callable[[Callable[[], Any]], Awaitable[Any]]
"""Runs a sync handler on a thread where it may block, e.g. the one that called `Runtime.run()`."""

log = logging.getLogger(__name__)


class Answers(NamedTuple):
    """The answers of an event's handlers."""

    values: tuple[Any, ...]
    """In order, without None."""
    raised: bool
    """At least one handler raised."""


class HookSystem:
    """Handlers by event. An event has a default handler, which prints, until one is registered or the event is cleared.

    A handler that raises is reported in the log and on `on_error`, and the rest still run. What it raises again is
    counted, and told by `sum_up`: a stream whose reader is gone fails at every piece.
    """

    def __init__(self, *, defaults: bool = True) -> None:
        self._handlers: dict[EventType, list[Handler]] = {}
        self._defaults: dict[EventType, Handler] = dict(DEFAULT_HANDLERS) if defaults else {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._raised: dict[tuple[EventType | None, int, type[BaseException]], int] = {}
        """How often a handler raised an error of a kind since `sum_up`; handlers by their id."""
        self._counting = threading.Lock()
        self.on_error: Callable[[str], None] | None = None
        """Called with a message when a handler raises."""
        self.ask_outcome: Callable[[str], Awaitable[str | None]] | None = None
        """See `ask_outcome_by`."""

    def ask_outcome_by(self, ask: Callable[[str], Awaitable[str | None]]) -> None:
        """Have the person asked what became of a call in which an earlier program ended, and nobody else can know.

        Args:
            ask: given the call in words; gives ``"ran"``, ``"not run"``, or anything else for not known.
        """
        self.ask_outcome = ask

    def register(self, event: EventType | str, callback: Handler) -> None:
        """Add a handler; the event's default handler is no longer called.

        Args:
            event: an `EventType` or its value, e.g. ``"stream"``.
            callback: called with the event's keyword arguments; take ``**_`` for those to come.

        Raises:
            UsageError: there is no such event, or the handler cannot be called.
        """
        point = known_event(event)
        self._handlers.setdefault(point, []).append(_callable(point, callback))

    def clear(self, event: EventType | str) -> None:
        """Remove all handlers of an event, the default one too.

        Raises:
            UsageError: there is no such event.
        """
        self._handlers[known_event(event)] = []

    def replace(self, event: EventType | str, callback: Handler) -> None:
        """Make this the only handler of an event.

        Args:
            event: an `EventType` or its value.
            callback: as for `register`.

        Raises:
            UsageError: as for `register`.
        """
        point = known_event(event)
        self._handlers[point] = [_callable(point, callback)]

    def has_handlers(self, event: EventType) -> bool:
        """Whether a handler other than the default one is registered."""
        return bool(self._handlers.get(known_event(event)))

    def handlers(self, event: EventType) -> tuple[Handler, ...]:
        """The handlers that an event calls, in order."""
        known = self._handlers.get(event)
        if known is not None:
            return tuple(known)
        default = self._defaults.get(event)
        return () if default is None else (default,)

    def default_events(self) -> tuple[EventType, ...]:
        """The events that have a default handler."""
        return tuple(self._defaults)

    def is_default(self, handler: Handler) -> bool:
        """Whether this is a default handler; those never block."""
        return handler in self._defaults.values()

    def emit(self, event: EventType | str, **kwargs: Any) -> Any:
        """Call all handlers on this thread; returns the last answer that is not None.

        An async handler runs to completion on a new loop. If a loop is already running, it becomes a task of that
        loop, and its answer is not awaited.

        Args:
            event: an `EventType` or its value.
            kwargs: what the handlers are called with.
        """
        answer, point = None, known_event(event)
        for handler in self.handlers(point):
            try:
                value = handler(**kwargs)
                if inspect.isawaitable(value):
                    value = self._finish(point, handler, value)
            except Exception as error:  # noqa: BLE001 - seam: a handler's fault must not stop the agent
                self.report(point, handler, error)
                continue
            if value is not None:
                answer = value
        return answer

    def _finish(self, event: EventType, handler: Handler, value: Awaitable[Any]) -> Any:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(_await(value))

        async def guarded() -> None:
            try:
                await value
            except Exception as error:  # noqa: BLE001 - seam: a handler's fault must not stop the agent
                self.report(event, handler, error)

        task = loop.create_task(guarded())
        self._under_way.add(task)  # a loop holds its tasks only weakly
        task.add_done_callback(self._under_way.discard)
        return None

    async def dispatch(self, event: EventType, kwargs: dict[str, Any], run_sync: Runner) -> Answers:
        """Call all handlers in order from the runtime's loop.

        Args:
            event: whose handlers.
            kwargs: what they are called with.
            run_sync: runs those that may block.
        """
        values, raised = [], False
        for handler in self.handlers(event):
            try:
                if inspect.iscoroutinefunction(handler):
                    value = await handler(**kwargs)
                elif self.is_default(handler):
                    value = handler(**kwargs)
                else:
                    value = await run_sync(lambda handler=handler: handler(**kwargs))  # type: ignore[misc]
                    if inspect.isawaitable(value):
                        value = await value
            except BaseException as error:
                if not _is_fault(handler, error):
                    raise
                self.report(event, handler, error)
                raised = True
                continue
            if value is not None:
                values.append(value)
        return Answers(tuple(values), raised)

    def report(self, event: EventType | None, handler: Handler, error: BaseException) -> None:
        """Log that a handler raised, and call `on_error`; only the first time for errors of its type.

        Args:
            event: that it handled; None: it reads all typed events.
            handler: which one.
            error: what it raised.
        """
        key = (event, id(handler), type(error))
        with self._counting:
            times = self._raised[key] = self._raised.get(key, 0) + 1
        if times == 1:
            self.tell(event, f"{_who(event)} raised {named_error(error)}", error)

    def sum_up(self) -> None:
        """Tell how often each handler raised again after it was reported, and report anew; for the end of a task."""
        with self._counting:
            raised = dict(self._raised)
        for (event, _, kind), times in raised.items():
            if times > 1:
                again = counted(times - 1, "more time")
                self.tell(event, f"{_who(event)} raised {kind.__name__} {again} in this task.")
        with self._counting:  # only now: who reads all events raises at those told here, too
            self._raised.clear()

    def tell(self, event: EventType | None, text: str, error: BaseException | None = None) -> None:
        """Log a mistake of a handler, and call `on_error`.

        Args:
            event: that it handled, if it is for one.
            text: what is wrong, a sentence.
            error: what it raised, if it did.
        """
        log.error(text, exc_info=error)
        if self.on_error is not None and event is not EventType.RUNTIME_ERROR:
            self.on_error(text)


def _is_fault(handler: Handler, error: BaseException) -> bool:
    """Whether what a handler raised in `dispatch` is a fault of its own, which must not stop the agent."""
    if isinstance(error, asyncio.CancelledError):
        # A dialogue of the program was cancelled, unless it is the task itself.
        task = asyncio.current_task()
        return task is None or not task.cancelling()
    if isinstance(error, KeyboardInterrupt | SystemExit):
        return inspect.iscoroutinefunction(handler)  # let go, it would end the loop and not the task
    return isinstance(error, Exception)


def _who(event: EventType | None) -> str:
    return "A function given to subscribe()" if event is None else f"A handler for {event.value}"


def known_event(event: object) -> EventType:
    """The event of this name.

    Raises:
        UsageError: there is none; the text says which there are.
    """
    try:
        return EventType(event)
    except ValueError:
        import difflib

        names = [each.value for each in EventType]
        near = difflib.get_close_matches(str(event).lower(), names, n=1)
        guess = f"Did you mean {near[0]!r}? " if near else ""
        raise UsageError(
            f"There is no event {event!r}.", hint=f"{guess}The events are: {', '.join(names)}."
        ) from None


def _callable(event: EventType, callback: Handler) -> Handler:
    if not callable(callback):
        raise UsageError(
            f"A handler for {event.value} must be a function, not {callback!r}.",
            hint=f"As in hooks.register(EventType.{event.name}, function).",
        )
    return callback


async def _await(value: Awaitable[Any]) -> Any:
    return await value
