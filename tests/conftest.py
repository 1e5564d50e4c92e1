"""Shared by all tests: no NO_COLOR, no real home, no keys of the person who runs them."""

from __future__ import annotations

import gc
import importlib.util
import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from textual import events
from textual.geometry import Offset

HERE = Path(__file__).parent
_spec = importlib.util.spec_from_file_location("settling", HERE / "settling.py")
settling = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(settling)
settling.install()

# How long an example takes, or its making, says how busy the machine is and nothing else.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

os.environ["TZ"] = "UTC"
time.tzset()
for name in ("NO_COLOR", "COLORTERM", "TEXTUAL_THEME"):
    os.environ.pop(name, None)  # snapshots break when NO_COLOR is set, even to nothing

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # `make test &` in a script: what the tests start would be deaf to Ctrl+C as well.
    signal.signal(signal.SIGINT, signal.default_int_handler)

LOOKS = (5_000, 20, 30)
"""New objects until Python's collector looks at them, and its looks until it looks at the older ones.

By itself it looks at each 700, and now and then at all that ten thousand tests and their modules are: a third of the time
that tests of the screen take. Where garbage is what a test is about, it collects by itself or sets its own numbers.
"""
gc.set_threshold(*LOOKS)


def pytest_collection_finish() -> None:
    """The tests themselves live to the end: the collector need not look at them again."""
    gc.collect()
    gc.freeze()


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """What a file of slow tests dropped without closing it ends with the file: hosts and workers hold processes."""
    if item.get_closest_marker("slow") and (nextitem is None or nextitem.path != item.path):
        gc.collect()


@pytest.fixture(autouse=True)
def private_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """State, configuration, sessions and shell history of a test go into a folder of its own.

    The home too: what the person's start-up files do takes its time, and a shell that is killed meanwhile leaves its
    traces there. Seen: the lock of a version manager, with which each further shell took a minute to start.
    """
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("CODEPILOT_HOME", str(home / "codepilot"))
    monkeypatch.setenv(
        "HISTFILE", str(home / "history")
    )  # what tests type into shells is no history of theirs
    for name in tuple(os.environ):
        if name.endswith(("_API_KEY", "_BASE_URL")):
            monkeypatch.delenv(name)


@pytest.fixture
def drag():
    """Press, move and let go at two cells of a widget, as a terminal tells it.

    The app sees each event, and makes a click where the button went down and up in one widget. What the pilot's
    `mouse_up` sends does not come to the app, so it never clicks.
    """

    async def from_to(pilot, widget, start, end, *, button=1):
        where = [Offset(*cell) + widget.region.offset for cell in (start, end)]
        made = [(events.MouseDown, where[0]), (events.MouseMove, where[1]), (events.MouseUp, where[1])]
        for kind, (x, y) in made:
            pilot.app.post_message(kind(None, x, y, 0, 0, button, False, False, False, x, y))
            await pilot.pause()
        await pilot.pause()

    return from_to


def _says_slow(path: Path) -> bool:
    """A file of tests, or what its folders add to it, speaks of slow ones at all."""
    above = (folder / "conftest.py" for folder in path.parents if HERE in folder.parents)
    return any("slow" in each.read_text(encoding="utf-8") for each in (path, *above) if each.exists())


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where only the slow tests run, leave the other files alone: each process would load all of them."""
    only_slow = config.getoption("markexpr") == "slow" and collection_path.match("test_*.py")
    return True if only_slow and not _says_slow(collection_path) else None


LIMIT, SLOW_LIMIT = 120, 300
"""Seconds after which a test hangs: it is named, and its process ends. So much that under load no other meets it."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give each test its limit, unless it has one of its own, and see that `-m slow` finds each that is slow.

    By a thread, since Find in a terminal takes SIGALRM for itself. An environment that was set up before
    pytest-timeout was among its packages goes without.
    """
    for path in {item.path for item in items if item.get_closest_marker("slow")}:
        if not _says_slow(path):
            raise pytest.UsageError(
                f"{path} has slow tests and nowhere says so: `-m slow` would leave it out."
            )
    if not config.pluginmanager.hasplugin("timeout"):
        return
    for item in items:
        if not item.get_closest_marker("timeout"):
            limit = SLOW_LIMIT if item.get_closest_marker("slow") else LIMIT
            item.add_marker(pytest.mark.timeout(limit, method="thread"))


SKIP_NOTHING = os.environ.get("CODEPILOT_TESTS_SKIP_NOTHING") == "1"
"""Set by `.ci/run` where it installed all programs that the tests drive."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """Where everything is there, a test that is left out is a failure: green must say something."""
    report = yield
    if SKIP_NOTHING and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"left out, where nothing may be: {_reason(report)}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count what was left out, by its reason."""
    reasons = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", ()))
    if reasons:
        told = ", ".join(f"{reason} ({count})" for reason, count in reasons.most_common())
        terminalreporter.write_line(f"left out: {reasons.total()} tests: {told}", yellow=True)


def _reason(report: pytest.TestReport) -> str:
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")
