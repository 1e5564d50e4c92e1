"""One mutant before the tests that run its line, in a process forked from one that has imported everything else."""

from __future__ import annotations

import asyncio
import ctypes
import importlib
import os
import select
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

from benchmarks.mutants.faults import Mutant

GUARD = 5.0
"""Seconds to which the hang guards of the tests are cut; twice as many where a test is tried once more."""
FIRST = 5
"""Tests that are run by themselves before the others."""
PATIENCE = 12.0
"""Seconds beyond ten times what a test needs without a fault; longer is a hang, which is noticed."""
PASSED, FAILED, INTERRUPTED, USAGE, BROKEN = 0, 1, 2, 4, 99
"""Pytest's exit codes; a module that cannot be imported ends the collection: interrupted."""


class Judge:
    """Holds the copy of the project in which faults are planted."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._prepare()

    def _prepare(self) -> None:
        """Import what no fault is planted in, once for all."""
        os.environ["TZ"] = "UTC"
        os.environ["PYTHONPATH"] = str(self._place / "src")
        for name in ("NO_COLOR", "COLORTERM", "TEXTUAL_THEME"):
            os.environ.pop(name, None)
        asked = "import sys, codepilot_tui.program, codepilot_tui.app, pytest_textual_snapshot, hypothesis, pexpect"
        listed = subprocess.run(
            [sys.executable, "-c", f"{asked}; print(*sys.modules)"],
            check=True,
            capture_output=True,
            text=True,
            cwd=self._place,
        ).stdout.split()
        for name in listed:
            if not name.startswith(("codepilot", "_", "__main__", "benchmarks", "tests")):
                importlib.import_module(name)
        sys.path.insert(0, str(self._place / "src"))
        sys.path.insert(0, str(self._place))
        sys.dont_write_bytecode = True
        if sys.platform == "linux":
            # What a test leaves behind comes to this process, which can then end it.
            ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)

    def source(self, mutant: Mutant) -> str:
        """The file without the fault, as it was copied: the tree itself may go on to change."""
        return (self._place / mutant.path).read_text(encoding="utf-8")

    def try_on(self, mutant: Mutant, tests: list[str], seconds: dict[str, float]) -> tuple[str, str]:
        """The verdict (killed, survived) and the test that failed first."""
        file = self._place / mutant.path
        whole, times = file.read_bytes(), file.stat()
        file.write_text(mutant.code, encoding="utf-8")
        os.utime(file, (times.st_atime, times.st_mtime + 100))
        try:
            code, test = self._until_one_fails(tests, seconds)
        finally:
            file.write_bytes(whole)
            os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
        if code == PASSED:
            return "survived", ""
        if code in (FAILED, INTERRUPTED):
            return "killed", test or "(not importable)"
        if code is None:
            return "killed", f"(hang) {test}"
        if code == BROKEN and "unraisable" in self._log():
            return "killed", "(a warning at the end of the tests)"
        return "broken", str(code)

    def _until_one_fails(self, tests: list[str], seconds: dict[str, float]) -> tuple[int | None, str]:
        """The first few by themselves: most faults end there, and the other files need not be collected."""
        code: int | None = PASSED
        test = ""
        for some in (tests[:FIRST], tests[FIRST:]):
            if some and code == PASSED:
                code, test = self._surely(some, seconds)
                there = some
                while code == USAGE and len(left := self._without_gone(there)) < len(there):
                    there = left
                    code, test = self._surely(there, seconds) if there else (PASSED, "")
        return code, test

    def checked(self, tests: list[str]) -> tuple[set[str], set[str]]:
        """Which of these tests pass without a fault, and which fail; those that are gone are in neither."""
        there = tests
        code, failed = self._run(there, {}, "--maxfail=1000")
        while code == USAGE and there and len(left := self._without_gone(there)) < len(there):
            there = left
            code, failed = self._run(there, {}, "--maxfail=1000")
        if code not in (PASSED, FAILED):
            return set(), set(failed)
        return set(there) - set(failed), set(failed)

    def _surely(self, tests: list[str], seconds: dict[str, float]) -> tuple[int | None, str]:
        """As `run`, but what only ran out of time counts when it does so again, by itself and with more of it."""
        while True:
            code, test = self.run(tests, seconds)
            slow = code is None or (code == FAILED and "TimeoutError" in self._log())
            if not slow or test not in tests:
                return code, test
            again, _ = self.run([test], seconds, patience=2.0)
            if again != PASSED:
                return code, test
            tests = tests[tests.index(test) + 1 :]
            if not tests:
                return PASSED, ""

    def _log(self) -> str:
        return (self._place.parent / "last.log").read_text(encoding="utf-8", errors="replace")

    def _without_gone(self, tests: list[str]) -> list[str]:
        """Tests were renamed since they were watched: pytest says which it does not find, and runs none."""
        log = self._log()
        return [test for test in tests if f"/{test}\n" not in log and f"not found: {test}\n" not in log]

    def run(
        self, tests: list[str], seconds: dict[str, float], patience: float = 1.0
    ) -> tuple[int | None, str]:
        """Pytest's exit code, none after a hang, and the first test that failed or hung."""
        code, failed = self._run(tests, seconds, "-x", patience)
        return code, failed[0] if failed else ""

    def _run(
        self, tests: list[str], seconds: dict[str, float], until: str, patience: float = 1.0
    ) -> tuple[int | None, list[str]]:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _be_pytest(self._place, tests, writing, until, GUARD * patience)
        os.close(writing)
        in_time, failed = _followed(reading, child, seconds, patience)
        if not in_time:
            os.killpg(child, signal.SIGKILL)
        os.close(reading)
        _, status = os.waitpid(child, 0)
        _end_what_is_left()
        return (os.waitstatus_to_exitcode(status) if in_time else None), failed


def _followed(reading: int, child: int, seconds: dict[str, float], times: float) -> tuple[bool, list[str]]:
    """Whether each test ended in time, and those that failed; the one that hung is the last of them."""
    ended = os.pidfd_open(child)
    at = ""
    failed: list[str] = []
    try:
        while True:
            patience = times * (PATIENCE + 10 * seconds.get(at, 1.0 if at else 3.0))
            ready, _, _ = select.select([reading, ended], [], [], patience)
            if not ready:
                return False, [*failed, at]
            told = os.read(reading, 65536).decode().splitlines() if reading in ready else []
            for line in told:
                what, _, at = line.partition(" ")
                if what == "failed":
                    failed.append(at)
            if ended in ready and not told:
                return True, failed
    finally:
        os.close(ended)


class _Teller:
    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._tell("at", nodeid)

    def pytest_runtest_logreport(self, report: object) -> None:
        if getattr(report, "failed", False):
            self._tell("failed", getattr(report, "nodeid", ""))

    def _tell(self, what: str, nodeid: str) -> None:
        os.write(self._pipe, f"{what} {nodeid}\n".encode())


def _be_pytest(place: Path, tests: list[str], pipe: int, until: str, guard: float) -> None:
    """Never returns."""
    code = BROKEN
    try:
        os.setsid()
        os.chdir(place)
        log = os.open(place.parent / "last.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        import pytest

        _shorten_guards(guard)
        options = ["-q", until, "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov", "--tb=short"]
        options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
        code = int(pytest.main([*options, *tests], plugins=[_Teller(pipe)]))
    except BaseException:  # noqa: BLE001 - seam: said in the log, and told as broken
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _shorten_guards(guard: float) -> None:
    """What a test waits for at most: with a fault in it that is most of the time."""
    whole = asyncio.timeout
    asyncio.timeout = lambda delay: whole(delay if delay is None else min(delay, guard))  # type: ignore[misc,assignment]


def _end_what_is_left() -> None:
    """Hosts, shells and workers whose test ended before them."""
    for _ in range(20):
        left = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        if not left:
            return
        for each in left:
            os.kill(int(each), signal.SIGKILL)
            os.waitpid(int(each), 0)
        time.sleep(0.01)
