"""Terminals that outlive the screen: killed, detached or dropped, what runs goes on, and the next start shows it."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from codepilot.testing import ModelServer, Turn

pytestmark = pytest.mark.slow

BUILD = (
    "echo first-$((40 + 2)); for i in $(seq 1 20000); do echo step-$i; echo $i > counter; sleep 0.05; done"
)
TURNS = [
    Turn(text=f'```codepilot\nexecute("main", "{BUILD}", timeout=900)\n```\n', match=r"\[Task 1\]"),
    Turn(text="Fine.", repeat=True),
]


class Shop:
    """Starts the workbench on a scripted model, and the command line beside it."""

    def __init__(self, place: Any, start: Any, driver: Any) -> None:
        self.place, self._start, self._driver = place, start, driver
        self.server = ModelServer(TURNS)
        self.server.__enter__()
        self.agent = place.agent_file(self.server.openai_url)
        self._starts = itertools.count(1)

    def bench(self, *options: str, **variables: str) -> Any:
        """Each start has a session of its own: it is the terminals that go on here."""
        begin = [*self._driver.TUI, "--agent", str(self.agent), "--session", f"s{next(self._starts)}"]
        made = self._start([*begin, *options], 150, 40, **variables)
        made.wait_for("○ ready")
        made.wait_for(lambda text: "main ○" in text or "main ●" in text)
        return made

    def building(self, *options: str, **variables: str) -> Any:
        made = self.bench(*options, **variables)
        made.say("Build.")
        made.answer("y", "Run this command?")
        made.wait_for("first-42")
        made.wait_until(lambda: self.count() > 60)
        return made

    def count(self) -> int:
        path = self.place.project / "counter"
        return int(path.read_text().strip() or 0) if path.exists() else 0

    def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "codepilot", *arguments],
            env=self.place.variables,
            cwd=self.place.project,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )

    def hosts(self) -> list[dict[str, Any]]:
        return list(json.loads(self.cli("terminals", "--json").stdout)["runtimes"])

    def goes_on(self, bench: Any) -> None:
        """The build counts on, below a host that no program keeps."""
        (host,) = self.hosts()
        assert not host["kept"] and host["clients"] == 0
        assert [each["name"] for each in host["terminals"] if each["running"]] == ["main"]
        before = self.count()
        end = bench.now() + 30
        while self.count() <= before + 5:
            assert bench.now() < end, "the build stands still"
            os.sched_yield()


@pytest.fixture
def shop(place: Any, start: Any, driver: Any) -> Iterator[Shop]:
    made = Shop(place, start, driver)
    yield made
    for host in made.hosts():
        made.cli("terminals", "--end", host["id"])
    made.server.__exit__(None, None, None)


def test_the_bench_is_killed_during_a_build(shop: Shop) -> None:
    first = shop.building()
    first.signal(signal.SIGKILL)
    assert first.wait_end() == -signal.SIGKILL
    shop.goes_on(first)
    bench = shop.bench()
    bench.wait_for("1 terminal from the earlier session")
    bench.wait_for("main runs echo first")
    # What it writes now comes to the screen, and what it wrote before the kill is above it.
    seen = shop.count()
    bench.wait_for(lambda text: f"step-{seen + 20}" in text)
    bench.press("f4")
    bench.wait_for("Esc back")  # the keys of the terminal: it has the focus
    bench.press("home")
    bench.wait_for("first-42")
    bench.wait_for(re.compile(r"step-1\s*\n.*step-2\s*\n.*step-3\s*\n"))
    # The next program keeps the host now: it is asked what shall become of the build, and ends it.
    (host,) = shop.hosts()
    assert host["kept"]
    bench.press("ctrl+q")
    bench.ready("Quit? This is still running:")
    bench.wait_for("main       echo first")
    bench.press("y")
    assert bench.wait_end() == 0
    bench.assert_clean_terminal()
    assert shop.hosts() == []
    assert list(shop.place.hosts.glob("[!.]*")) == []


def test_leaving_it_running(shop: Shop) -> None:
    bench = shop.building()
    bench.press("ctrl+q")
    bench.ready("Quit? The agent is working.")
    bench.press("d")
    assert bench.wait_end() == 0
    bench.assert_clean_terminal()
    (host,) = shop.hosts()
    assert f"codepilot attach {host['id']}" in bench.flat()
    shop.goes_on(bench)
    ended = shop.cli("terminals", "--end", host["id"])
    assert ended.returncode == 0 and host["id"] in ended.stderr
    assert shop.hosts() == []


def test_a_dropped_ssh_connection(shop: Shop) -> None:
    bench = shop.building(SSH_CONNECTION="10.0.0.1 50000 10.0.0.2 22")
    bench.hang_up()
    assert bench.collect() == 128 + signal.SIGHUP
    shop.goes_on(bench)


def test_a_second_program_sees_the_same_and_takes_over(shop: Shop, start: Any) -> None:
    bench = shop.building()
    other = start([sys.executable, "-m", "codepilot", "attach"], 150, 45)
    other.wait_for("agent types")
    seen = shop.count()
    for each in (bench, other):
        each.wait_for(lambda text: f"step-{seen + 5}" in text)
    other.type("x")
    other.wait_for("Ctrl+] t takes the keyboard")
    other.press("ctrl+]", "t")
    other.wait_for("you type")
    bench.wait_for("F6 hand back")
    pressed = shop.count()
    other.press("ctrl+c")

    def stopped(text: str) -> bool:
        nonlocal pressed
        # Just between two commands of the loop nobody hears a ^C, as in every terminal: then one presses again.
        if shop.count() > pressed + 10:
            pressed = shop.count()
            other.press("ctrl+c")
        return "idle" in text

    other.wait_for(stopped)
    other.say("echo taken-$((40 + 2))")
    for each in (bench, other):
        each.wait_for("taken-42")
    other.press("ctrl+]", "d")
    assert other.wait_end() == 0
    other.assert_clean_terminal()
    bench.wait_gone("F6 hand back")
