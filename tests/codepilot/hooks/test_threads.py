"""The thread that is lent to the handlers while it waits."""

import asyncio
import sys
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
        assert not lent.is_this_one
        assert await lent(lambda: lent.is_this_one)
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


def raises(error):
    def job():
        raise error("own")

    return job


def test_the_end_of_an_iterator_in_a_job_raises_in_the_loop(loop):
    """`next(answers)` of a handler whose answers are used up; a future takes no StopIteration."""
    lent = CallersThread()

    async def work():
        with pytest.raises(RuntimeError, match="StopIteration"):
            await asyncio.wait_for(lent(raises(StopIteration)), 20)
        return "went on"

    assert lent.lend_while(on(loop, work()), no_stop) == "went on"
    assert asyncio.run_coroutine_threadsafe(work(), loop).result(30) == "went on"  # in the pool


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, asyncio.CancelledError])
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


def test_the_stop_comes_before_the_answer_of_a_job_that_was_interrupted(loop):
    """Else the agent goes on with an answer that nobody gave, until the stop reaches it."""
    lent, order = CallersThread(), []

    class Noted(Future):
        def set_result(self, result):
            order.append("answer")
            super().set_result(result)

    def begin():
        ended, answer = Future(), Noted()
        answer.add_done_callback(lambda _: ended.set_result(None))
        lent._jobs.put((lambda: sys.exit(3), answer))
        return ended

    with pytest.raises(SystemExit):
        lent.lend_while(begin, lambda: order.append("stop"))
    assert order == ["stop", "answer"]


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
    faults = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: faults.append(context))
    (thread,) = (thread for thread in threading.enumerate() if thread.name == "codepilot-question")
    assert thread.daemon
    question.cancel()
    with pytest.raises(asyncio.CancelledError):
        await question
    answered.set()
    await asyncio.to_thread(thread.join, 20)
    await asyncio.sleep(0)  # the answer that nobody wants any more comes to the loop here
    assert faults == []


async def test_a_question_on_a_daemon_thread_gives_its_answer_or_its_error():
    assert await on_daemon_thread(lambda: "yes") == "yes"
    with pytest.raises(ZeroDivisionError):
        await on_daemon_thread(lambda: 1 / 0)


@pytest.mark.parametrize("error", [StopIteration, GeneratorExit, asyncio.CancelledError])
async def test_a_question_that_raises_what_a_coroutine_ends_with_ends_all_the_same(error):
    with pytest.raises(RuntimeError, match=error.__name__):
        await asyncio.wait_for(on_daemon_thread(raises(error)), 20)


def test_a_question_whose_loop_is_gone_is_answered_in_vain_and_quietly(capsys):
    answered, threads = threading.Event(), []

    def ask():
        threads.append(threading.current_thread())
        answered.wait(20)

    async def main():
        question = asyncio.create_task(on_daemon_thread(ask))
        while not threads:
            await asyncio.sleep(0)
        question.cancel()

    asyncio.run(main())
    answered.set()
    threads[0].join(20)
    assert capsys.readouterr().err == ""


def test_a_second_interrupt_is_raised_at_once_and_stops_no_more(loop):
    lent, stops, ends = CallersThread(), [], Future()

    def interrupted(error):
        raise error

    async def work():
        await lent(lambda: interrupted(KeyboardInterrupt()))
        await lent(lambda: interrupted(SystemExit(3)))
        await asyncio.wrap_future(ends)

    with pytest.raises(SystemExit):
        lent.lend_while(on(loop, work()), lambda: stops.append(1))
    assert stops == [1]
    assert not lent.is_this_one
    ends.set_result(None)


def test_a_job_that_was_given_up_is_not_run(loop):
    lent, ran = CallersThread(), []
    busy = threading.Event()

    async def work():
        first = asyncio.ensure_future(lent(lambda: busy.wait(20)))
        await asyncio.sleep(0)
        second = asyncio.ensure_future(lent(lambda: ran.append("second")))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.sleep(0)
        busy.set()
        await first
        return await lent(lambda: "third")

    assert lent.lend_while(on(loop, work()), no_stop) == "third"
    assert ran == []


def test_a_job_that_comes_with_the_end_is_run_all_the_same(loop):
    lent, late = CallersThread(), []

    class Ended(Future):
        """Done already; a job comes after the lender was told so and before it has left."""

        def add_done_callback(self, callback):
            super().add_done_callback(callback)
            asked = threading.Event()

            async def ask():
                asked_for = asyncio.ensure_future(lent(threading.get_ident))
                await asyncio.sleep(0)
                asked.set()
                late.append(await asked_for)

            late.append(asyncio.run_coroutine_threadsafe(ask(), loop))
            assert asked.wait(20)

    ended = Ended()
    ended.set_result("end")
    assert lent.lend_while(lambda: ended, no_stop) == "end"
    late[0].result(20)
    assert late[1] == threading.get_ident()


def test_a_job_that_was_given_up_before_it_began_does_not_run_and_those_after_it_do(loop):
    lent, ran = CallersThread(), []

    async def work():
        entered, go_on = threading.Event(), threading.Event()
        first = asyncio.ensure_future(lent(lambda: (entered.set(), go_on.wait(20))))
        await asyncio.to_thread(entered.wait, 20)  # the lent thread is busy
        given_up = asyncio.ensure_future(lent(lambda: ran.append("given up")))
        await asyncio.sleep(0)
        given_up.cancel()
        last = asyncio.ensure_future(lent(threading.get_ident))
        await asyncio.sleep(0)
        go_on.set()
        await first
        return await last

    assert lent.lend_while(on(loop, work()), no_stop) == threading.get_ident()
    assert ran == []
