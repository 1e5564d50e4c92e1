"""Work that blocks, away from the event loop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from codepilot.caught import in_thread


async def off_loop(job: Callable[[], Any]) -> Any:
    """Do it in a thread; at the end of the program, when no thread can be started any more, on the spot.

    Raises:
        BaseException: whatever it raised; see `caught.value_of`.
    """
    if threading.main_thread().is_alive():
        return await in_thread(job)
    return job()
