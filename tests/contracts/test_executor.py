"""What every `Executor` must do, whichever way it keeps blocks apart."""

import asyncio

import pytest

from codepilot.ports import Executor
from codepilot.sandbox import WorkerExecutor

EXECUTORS = {"worker": WorkerExecutor}


@pytest.fixture(params=EXECUTORS)
async def executor(request):
    made = EXECUTORS[request.param]()
    yield made
    await made.close()


async def echo(name, args, kwargs):
    return (name, list(args), dict(kwargs))


def test_it_is_an_executor():
    def takes(executor: Executor) -> Executor:
        return executor

    assert takes(WorkerExecutor())


async def test_a_block_prints_calls_and_ends(executor):
    result = await executor.run("print(tool(1, a='b'))", names=["tool"], call=echo)
    assert (result.ok, result.kind, result.error, result.lost) == (True, "", "", ())
    assert result.printed == "('tool', [1], {'a': 'b'})\n"
    assert result.seconds >= 0


async def test_names_live_on_until_reset(executor):
    await executor.run("x = 1\ndef f(): return x", names=[], call=echo)
    assert (await executor.run("print(f())", names=[], call=echo)).printed == "1\n"
    await executor.reset()
    assert not (await executor.run("print(x)", names=[], call=echo)).ok


@pytest.mark.parametrize(
    ("code", "kind"),
    [("1 / 0", "exception"), ("x = (", "syntax"), ("import os", "lint"), ("raise SystemExit", "exception")],
)
async def test_what_a_block_does_never_raises(executor, code, kind):
    result = await executor.run(code, names=[], call=echo)
    assert (result.ok, result.kind) == (False, kind)
    assert result.error


async def test_an_exception_of_a_tool_is_raised_inside_the_block(executor):
    async def refuse(name, args, kwargs):
        raise TypeError("tool() takes no arguments")

    code = "try:\n    tool(1)\nexcept TypeError as error:\n    print(error)"
    assert (await executor.run(code, names=["tool"], call=refuse)).printed == "tool() takes no arguments\n"


async def test_kill_stops_a_block_that_computes(executor):
    started = asyncio.Event()

    async def note(name, args, kwargs):
        started.set()

    task = asyncio.create_task(executor.run("tool()\nwhile True: pass", names=["tool"], call=note))
    await asyncio.wait_for(started.wait(), 10)
    await executor.kill("enough")
    result = await asyncio.wait_for(task, 10)
    assert result.kind == "aborted"
    assert (await executor.run("print(1)", names=[], call=echo)).printed == "1\n"


async def test_cancelling_stops_the_block_and_its_call(executor):
    started, cancelled = asyncio.Event(), asyncio.Event()

    async def hang(name, args, kwargs):
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    task = asyncio.create_task(executor.run("tool()", names=["tool"], call=hang))
    await asyncio.wait_for(started.wait(), 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(cancelled.wait(), 10)
    assert (await executor.run("print(1)", names=[], call=echo)).printed == "1\n"


async def test_kill_without_a_block_is_not_kept_for_the_next(executor):
    await executor.kill("nothing runs")
    assert (await executor.run("print(1)", names=[], call=echo)).ok


async def test_it_says_how_blocks_are_kept_apart(executor):
    await executor.run("", names=[], call=echo)
    assert executor.isolation.level in ("bwrap", "landlock", "seccomp", "process")
    assert executor.isolation.detail


async def test_close_may_be_called_twice(executor):
    await executor.run("x = 1", names=[], call=echo)
    await executor.close()
    await executor.close()
