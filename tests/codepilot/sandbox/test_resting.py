"""An executor that gives its workers back while nothing is to be done, and has them again with the next block."""

import asyncio
import contextlib
import os
import sys
from pathlib import Path

import pytest

from codepilot.errors import UsageError
from codepilot.sandbox import BlockLimits

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def workers():
    """The pids of the children that this process has, those that are dead and not yet waited for included."""
    found = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has just gone
            after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            if int(after_name[1]) == os.getpid():
                found.add(int(pid))
    return found


@pytest.fixture
def before():
    return workers()


async def test_nothing_is_left_and_the_names_are_there_again(bench, before):
    await bench.good("import json\nfrom pathlib import PurePath\nn, rows = 1, [{'a': (1, {2})}, b'x']")
    assert len(workers() - before) == 2
    assert await bench.executor.rest() is True
    assert workers() == before
    said = await bench("n += 1\nprint(n, rows, json.dumps([n]), PurePath('a'))")
    assert (said.printed, said.lost) == ("2 [{'a': (1, {2})}, b'x'] [2] a\n", ())
    assert bench.losses == [], "nobody is told"
    assert len(workers() - before) == 2


async def test_a_worker_that_never_ran_a_block_is_given_back(bench, before):
    await bench.executor.start()
    assert await bench.executor.rest() is True
    assert workers() == before
    assert await bench.executor.rest() is True
    assert bench.executor.isolation.level != "", "what is known of the jail stays known"
    assert await bench.good("print(1)") == "1\n"


async def test_one_that_never_started_has_nothing_to_give_back(bench, before):
    assert await bench.executor.rest() is True
    assert workers() == before


@pytest.mark.parametrize(
    "code",
    [
        "def helper(): return 7",
        "class Thing: pass",
        "import re\npattern = re.compile('a')",
        "big = 'x' * 2_000_000",
        "rows = []\nthe_same = rows",
        "rows = []\nboth = (rows, {'also': rows})",
        "inner = {}\nouter = [inner, inner]",
        "data = bytearray(b'x')",
        "__hidden = 1",
        "for number in range(2100): globals()[f'name_{number}'] = number",
    ],
)
async def test_a_worker_whose_names_could_not_be_put_back_stays(bench, before, code):
    await bench.good(code)
    kept = bench.executor._pool.process.pid
    assert await bench.executor.rest() is False
    assert workers() - before == {kept}
    assert await bench.good("print('on')") == "on\n"
    assert bench.executor._pool.process.pid == kept


async def test_what_was_in_the_way_is_no_longer(bench, before):
    await bench.good("rows = []\nthe_same = rows\ndef f(): pass")
    assert await bench.executor.rest() is False
    await bench.good("del f, the_same")
    assert await bench.executor.rest() is True
    assert await bench.good("print(rows)") == "[]\n"


async def test_values_that_cannot_change_may_have_two_names(bench):
    await bench.good("one = (1, 2)\nother = one\ntext = word = 'x' * 100\nx: int = 5")
    assert await bench.executor.rest() is True
    assert await bench.good("print(one, other, word == text, x)") == "(1, 2) (1, 2) True 5\n"


async def test_what_was_lost_before_is_still_told(make_bench):
    bench = make_bench(limits=BlockLimits(seconds=0.3))
    await bench.good("x = 1\ndef f(): pass")
    process = bench.executor._pool.process
    os.kill(process.pid, 9)
    await asyncio.wait_for(process.dead.wait(), 10)
    assert await bench.executor.rest() is True
    said = await bench("print(x)")
    assert (said.printed, said.lost) == ("1\n", ("f",))


async def test_not_while_a_block_runs(bench):
    task = asyncio.create_task(bench("print(slow())"))
    await asyncio.wait_for(bench.tools.slow_began.wait(), 10)
    with pytest.raises(UsageError):
        await bench.executor.rest()
    bench.tools.release.set()
    assert (await task).printed == "slow is done\n"


async def test_without_a_spare_there_is_one_worker_only(bench, before):
    bench.executor.keep_spare(False)
    await bench.good("x = 1")
    first = workers() - before
    assert first == {bench.executor._pool.process.pid}
    process = bench.executor._pool.process
    os.kill(process.pid, 9)
    await asyncio.wait_for(process.dead.wait(), 10)
    assert workers() == before
    assert await bench.good("print(x)") == "1\n"
    assert len(workers() - before) == 1
    bench.executor.keep_spare(True)
    assert len(workers() - before) == 2


async def test_the_spare_goes_at_once_and_the_worker_stays(bench, before):
    await bench.good("def f(): return 7")
    kept, spare = bench.executor._pool.process, bench.executor._pool._spare.process
    bench.executor.keep_spare(False)
    await asyncio.wait_for(spare.dead.wait(), 10)
    assert workers() - before == {kept.pid}
    assert await bench.good("print(f())") == "7\n"
    assert workers() - before == {kept.pid}


async def test_a_rested_executor_gets_no_spare_by_being_told_to_keep_one(bench, before):
    await bench.good("x = 1")
    bench.executor.keep_spare(False)
    await bench.executor.rest()
    bench.executor.keep_spare(True)
    assert workers() == before
    assert await bench.good("print(x)") == "1\n"
    assert len(workers() - before) == 2


async def test_a_reset_after_a_rest_forgets_the_names(bench, before):
    await bench.good("x = 1")
    await bench.executor.rest()
    await bench.executor.reset()
    assert (await bench("x")).error.startswith("NameError")
