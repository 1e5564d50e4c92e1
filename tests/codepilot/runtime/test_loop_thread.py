"""The event loop on a thread of its own."""

import asyncio
import threading

from codepilot.runtime.loop_thread import LoopThread


async def where():
    return asyncio.get_running_loop(), threading.current_thread()


def test_it_is_closed_when_it_is_stopped():
    thread = LoopThread()
    loop, _ = thread.submit(where()).result(timeout=10)
    thread.stop()
    assert loop.is_closed() and not thread.started


def test_it_is_closed_when_it_is_stopped_on_itself():
    """As when a runtime is collected there: an open loop is told of as a ResourceWarning, much later."""
    thread = LoopThread()
    loop, runner = thread.submit(where()).result(timeout=10)

    async def stop():
        thread.stop()

    thread.submit(stop()).result(timeout=10)
    runner.join(timeout=10)
    assert not runner.is_alive() and loop.is_closed()
