"""Work that blocks, away from the event loop; and work that a cancelled caller must not leave half done."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from codepilot.caught import in_thread

T = TypeVar("T")


async def off_loop(job: Callable[[], Any]) -> Any:
    """Do it in a thread; at the end of the program, when no thread can be started any more, on the spot.

    Raises:
        BaseException: whatever it raised; see `caught.value_of`.
    """
    if threading.main_thread().is_alive():
        return await in_thread(job)
    return job()


async def to_its_end(work: Coroutine[Any, Any, T]) -> T:
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
