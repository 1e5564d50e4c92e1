"""How a program's own tools are called."""

import asyncio
import inspect
import threading

import pytest

from codepilot.tools.custom import run_custom


def bound(func, *args):
    return inspect.signature(func).bind(*args)


async def test_a_plain_function_runs_in_a_thread_and_a_coroutine_on_the_loop():
    def plain(word):
        return word, threading.current_thread()

    async def native(word):
        await asyncio.sleep(0)
        return word, threading.current_thread()

    word, thread = await run_custom(plain, bound(plain, "a"))
    assert word == "a" and thread is not threading.current_thread()
    assert await run_custom(native, bound(native, "b")) == ("b", threading.current_thread())


async def test_an_awaitable_that_a_plain_function_gives_is_awaited():
    async def later():
        return 3

    assert await run_custom(lambda: later(), bound(lambda: None)) == 3


async def test_what_it_raises_is_raised_and_an_end_of_iteration_hangs_nobody():
    def broken():
        raise ValueError("odd")

    def empty():
        return next(iter(()))

    with pytest.raises(ValueError, match="odd"):
        await run_custom(broken, bound(broken))
    with pytest.raises(RuntimeError, match="StopIteration"):
        await run_custom(empty, bound(empty))
