"""Programs that a tool runs by itself: started and ended so that none is left behind, whatever is cancelled meanwhile.

A transport that asyncio closes while its process runs kills it and looks whether it is gone. That look may reap the
process before asyncio's own watcher does, which then prints "Unknown child process" into the program's stderr.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any


@asynccontextmanager
async def running(*command: str, **options: Any) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program, killed and reaped when the block is left; what reads its output must have ended by then.

    Args:
        command: the program and its arguments.
        options: as `asyncio.create_subprocess_exec` has them.
    """
    child = await _start(command, options)
    try:
        yield child
    finally:
        await _reap(child)


async def _start(command: tuple[str, ...], options: dict[str, Any]) -> asyncio.subprocess.Process:
    starting = asyncio.ensure_future(asyncio.create_subprocess_exec(*command, **options))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        try:
            await to_the_end(starting)
        finally:
            if not starting.cancelled() and starting.exception() is None:
                await _reap(starting.result())
        raise


async def to_the_end(task: asyncio.Future[Any]) -> None:
    """Wait until a task is over, however often that is cancelled; the cancellation is raised afterwards."""
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        raise asyncio.CancelledError


async def _reap(child: asyncio.subprocess.Process) -> None:
    """Kill it, and wait until it is gone: a cancellation that comes meanwhile is raised afterwards."""
    with suppress(ProcessLookupError):
        child.kill()
    cancelled = False
    while True:
        try:
            # asyncio tells the end only when all output is read. Not by communicate(): its readers are tasks, and of
            # two one may go on reading when the other is cancelled.
            for output in filter(None, (child.stdout, child.stderr)):
                await output.read()
            await child.wait()
        except asyncio.CancelledError:
            cancelled = True
        else:
            break
    if cancelled:
        raise asyncio.CancelledError
