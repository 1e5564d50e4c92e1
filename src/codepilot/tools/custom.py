"""How a tool of the embedding program is called."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from codepilot.caught import in_thread


async def run_custom(func: Callable[..., Any], bound: inspect.BoundArguments) -> Any:
    """Call it in a thread, or on the loop if it is asynchronous.

    Raises:
        RuntimeError, BaseException: as `in_thread`.
    """
    if inspect.iscoroutinefunction(func) or inspect.iscoroutinefunction(getattr(func, "__call__", None)):  # noqa: B004
        return await func(*bound.args, **bound.kwargs)

    value = await in_thread(lambda: func(*bound.args, **bound.kwargs))
    return await value if inspect.isawaitable(value) else value
