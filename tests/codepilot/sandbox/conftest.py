"""Real workers for the tests, and a clock that is moved by hand."""

import asyncio
import itertools
import sys
from pathlib import Path

import pytest

from codepilot.sandbox import WorkerExecutor

OLD_KERNEL = Path(__file__).with_name("old_kernel.py")


@pytest.fixture
def old_kernel(tmp_path, monkeypatch):
    """Workers start as under a kernel that has neither Landlock nor seccomp filters."""
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{OLD_KERNEL}" "$@" 2>/dev/null\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))


class ManualClock:
    """Time that passes when a test says so."""

    def __init__(self):
        self.now = 1_000.0
        self._sleepers = []
        self._order = itertools.count()
        self._changed = asyncio.Event()

    def time(self):
        return self.now

    def monotonic(self):
        return self.now

    async def sleep(self, seconds):
        woken = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.now + seconds, next(self._order), woken))
        self._changed.set()
        await woken

    async def somebody_sleeps(self):
        while not any(not woken.done() for _, _, woken in self._sleepers):
            self._changed.clear()
            await self._changed.wait()

    def advance(self, seconds):
        self.now += seconds
        due = [entry for entry in self._sleepers if entry[0] <= self.now]
        self._sleepers = [entry for entry in self._sleepers if entry[0] > self.now]
        for _, _, woken in sorted(due, key=lambda entry: entry[:2]):
            if not woken.done():
                woken.set_result(None)


class Tools:
    """Tools that note their calls: `echo` gives back what it got, `slow` waits for `release`, `fail` raises."""

    names = ("echo", "slow", "fail")

    def __init__(self):
        self.calls = []
        self.error = ValueError("as asked")
        self.slow_began = asyncio.Event()
        self.release = asyncio.Event()
        self.slow_ended = None

    async def __call__(self, name, args, kwargs):
        self.calls.append((name, args, kwargs))
        if name == "slow":
            self.slow_began.set()
            try:
                await self.release.wait()
            except asyncio.CancelledError:
                self.slow_ended = "cancelled"
                raise
            self.slow_ended = "released"
            return "slow is done"
        if name == "fail":
            raise self.error
        return args[0] if args else kwargs


class Bench:
    """An executor with tools, as the tests use it."""

    def __init__(self, **options):
        self.losses = []
        options.setdefault("on_lost", lambda reason, lost: self.losses.append((reason, lost)))
        self.executor = WorkerExecutor(**options)
        self.tools = Tools()

    async def __call__(self, code, names=Tools.names):
        return await self.executor.run(code, names=names, call=self.tools)

    async def good(self, code):
        result = await self(code)
        assert result.ok, result.error
        return result.printed


@pytest.fixture
async def make_bench():
    made = []

    def make(**options):
        made.append(Bench(**options))
        return made[-1]

    yield make
    for bench in made:
        await bench.executor.close()


@pytest.fixture
async def bench(make_bench):
    return make_bench(globals={"WORK_DIR": "/work/here"})


@pytest.fixture
def clock():
    return ManualClock()
