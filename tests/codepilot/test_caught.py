"""What a function raises in a thread comes to whoever waits for it on the loop."""

import asyncio
import threading

import pytest

from codepilot.caught import Caught, caught, in_thread, value_of

NO_ERRORS_OF_A_COROUTINE = [StopIteration, GeneratorExit, asyncio.CancelledError]


async def test_a_function_runs_in_another_thread_and_gives_its_value():
    assert await in_thread(threading.get_ident) != threading.get_ident()
    assert value_of(caught(lambda: 3)) == 3
    assert value_of(Caught()) is None


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, StopAsyncIteration])
def test_what_it_raises_is_raised(error):
    def bad():
        raise error("own")

    with pytest.raises(error, match="own"):
        value_of(caught(bad))


@pytest.mark.parametrize("error", NO_ERRORS_OF_A_COROUTINE)
async def test_what_would_end_the_coroutine_that_waits_is_an_error_that_names_it(error):
    def bad():
        raise error("own")

    with pytest.raises(RuntimeError, match=f"the function raised {error.__name__}") as raised:
        await asyncio.wait_for(in_thread(bad), 20)
    assert isinstance(raised.value.__cause__, error)
