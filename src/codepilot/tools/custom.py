"""How a tool of the embedding program is called."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any


async def run_custom(func: Callable[..., Any], bound: inspect.BoundArguments) -> Any:
    """Call it in a thread, or on the loop if it is asynchronous.

    Raises:
        RuntimeError: it raised StopIteration, which no future can hold.
        BaseException: whatever else it raised.
    """
    if inspect.iscoroutinefunction(func) or inspect.iscoroutinefunction(getattr(func, "__call__", None)):  # noqa: B004
        return await func(*bound.args, **bound.kwargs)

    def guarded() -> tuple[Any, BaseException | None]:
        # Handed over as a value: a StopIteration put into a future would hang whoever waits for it.
        try:
            return func(*bound.args, **bound.kwargs), None
        except BaseException as error:  # noqa: BLE001 - raised again on the other side
            return None, error

    value, error = await asyncio.to_thread(guarded)
    if isinstance(error, StopIteration):
        raise RuntimeError("the tool raised StopIteration") from error
    if error is not None:
        raise error
    return await value if inspect.isawaitable(value) else value
