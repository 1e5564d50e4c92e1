"""Calls of foreign functions in threads, so that whoever waits on the loop learns of whatever they raise.

What they raise comes over as a value: a future refuses a StopIteration, and whoever waits for it would wait for ever.
Beside them: work that a cancelled caller must not leave half done.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple, TypeVar

_T = TypeVar("_T")


class Caught(NamedTuple):
    """What came of a call."""

    value: Any = None
    error: BaseException | None = None


def caught(job: Callable[[], Any]) -> Caught:
    """Call it, in the thread where it belongs."""
    try:
        return Caught(job())
    except BaseException as error:  # noqa: BLE001 - raised again by `value_of`
        return Caught(error=error)


def value_of(result: Caught) -> Any:
    """What the call gave, where it is waited for.

    Raises:
        RuntimeError: it raised what a coroutine would take for its own end (StopIteration, GeneratorExit) or for its
            cancellation.
        BaseException: whatever else it raised.
    """
    value, error = result
    try:
        if isinstance(error, StopIteration | GeneratorExit | asyncio.CancelledError):
            raise RuntimeError(f"the function raised {type(error).__name__}") from error
        if error is not None:
            raise error
        return value
    finally:
        del result, error  # the error knows this frame, which must not know it


async def in_thread(job: Callable[[], Any]) -> Any:
    """Call it in a thread of the loop's pool; here, where the program is ending and no thread can begin any more.

    Raises:
        RuntimeError, BaseException: as `value_of`.
    """
    if not threading.main_thread().is_alive():
        return value_of(caught(job))
    return value_of(await asyncio.to_thread(caught, job))


async def to_its_end(work: Coroutine[Any, Any, _T]) -> _T:
    """Return when it is done, also where the caller is cancelled meanwhile, which is passed on then.

    What is half done in a database, and not known to be, looks like the work of another program later.

    Raises:
        CancelledError: the caller was cancelled; the work is over all the same.
        Exception: what the work raised.
    """
    task, cancelled = asyncio.ensure_future(work), None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled from (None if task.cancelled() else task.exception())
    return task.result()
