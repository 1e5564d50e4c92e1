"""The thread that is lent to the handlers while it waits."""

import asyncio
import threading
from concurrent.futures import Future

import pytest

from codepilot.hooks.threads import CallersThread, on_daemon_thread


@pytest.fixture
def loop():
    """A loop on a thread of its own."""
    made = asyncio.new_event_loop()
    thread = threading.Thread(target=made.run_forever)
    thread.start()
    yield made
    made.call_soon_threadsafe(made.stop)
    thread.join()
    made.close()


def on(loop, work):
    return lambda: asyncio.run_coroutine_threadsafe(work, loop)


def no_stop():
    raise AssertionError("nothing is to be stopped")


def test_jobs_run_on_the_lent_thread_even_those_that_come_at_once(loop):
    lent = CallersThread()

    async def work():
        return [await lent(threading.get_ident) for _ in range(5)]

    def begin():
        future = asyncio.run_coroutine_threadsafe(work(), loop)
        started = threading.Event()
        loop.call_soon_threadsafe(started.set)
        assert started.wait(20)  # the first job was asked for before anybody waits
        return future

    assert lent.lend_while(begin, no_stop) == [threading.get_ident()] * 5
    assert not lent.is_this_one


def test_without_a_lent_thread_jobs_run_in_a_pool(loop):
    lent = CallersThread()
    ident = asyncio.run_coroutine_threadsafe(lent(threading.get_ident), loop).result(20)
    assert ident != threading.get_ident()


def test_a_job_that_raises_raises_in_the_loop(loop):
    lent = CallersThread()

    async def work():
        with pytest.raises(ZeroDivisionError):
            await lent(lambda: 1 / 0)
        return "went on"

    assert lent.lend_while(on(loop, work()), no_stop) == "went on"


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_in_a_job_stops_and_is_raised_at_the_end(loop, error):
    lent, stopped = CallersThread(), Future()

    def interrupted():
        raise error

    async def work():
        answer = await lent(interrupted)
        await asyncio.wrap_future(stopped)
        return answer

    with pytest.raises(error):
        lent.lend_while(on(loop, work()), lambda: stopped.set_result(None))
    assert stopped.done()


def test_what_is_begun_but_fails_to_begin_leaves_nothing_lent(loop):
    lent = CallersThread()

    def begin():
        raise LookupError

    with pytest.raises(LookupError):
        lent.lend_while(begin, no_stop)
    assert not lent.is_this_one


async def test_a_question_on_a_daemon_thread_can_be_given_up():
    asked, answered = threading.Event(), threading.Event()

    def ask():
        asked.set()
        answered.wait(20)
        return "too late"

    question = asyncio.create_task(on_daemon_thread(ask))
    await asyncio.to_thread(asked.wait, 20)
    (thread,) = (thread for thread in threading.enumerate() if thread.name == "codepilot-question")
    assert thread.daemon
    question.cancel()
    with pytest.raises(asyncio.CancelledError):
        await question
    answered.set()
    await asyncio.to_thread(thread.join, 20)


async def test_a_question_on_a_daemon_thread_gives_its_answer_or_its_error():
    assert await on_daemon_thread(lambda: "yes") == "yes"
    with pytest.raises(ZeroDivisionError):
        await on_daemon_thread(lambda: 1 / 0)
