"""How a tool of the embedding program is called."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

from codepilot.caught import Caught, in_thread, value_of


def is_async(func: Callable[..., Any]) -> bool:
    """Whether it runs on the loop; others run in a thread, where nothing can stop them."""
    return inspect.iscoroutinefunction(func) or inspect.iscoroutinefunction(getattr(func, "__call__", None))  # noqa: B004


async def run_custom(func: Callable[..., Any], bound: inspect.BoundArguments) -> Any:
    """Call it in a thread, or on the loop if it is asynchronous.

    Raises:
        RuntimeError, BaseException: as `in_thread`.
        CancelledError: the task that calls it is cancelled; one of the function's own is a RuntimeError.
    """
    try:
        if is_async(func):
            return await func(*bound.args, **bound.kwargs)
        value = await in_thread(lambda: func(*bound.args, **bound.kwargs))
        return await value if inspect.isawaitable(value) else value
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        return value_of(Caught(error=error))  # something of the program was cancelled, and not this call
