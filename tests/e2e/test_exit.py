"""However the program ends, the terminal is as it was and nothing of it lives on."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from codepilot.testing import ModelServer, Turn

pytestmark = pytest.mark.slow

BLOCK = '```codepilot\nexecute("main", "echo started-$((40 + 2)); sleep 600", timeout=600)\n```\n'
RAISES = """
from codepilot_tui import app
from codepilot_tui.__main__ import main

class Raising(app.WorkbenchApp):
    def on_key(self, event):
        if event.key == "f11":
            raise RuntimeError("raised in the middle")

app.WorkbenchApp = Raising
raise SystemExit(main())
"""


@pytest.fixture
def working(place: Any, start: Any, driver: Any) -> Iterator[Any]:
    """The workbench with a command that runs for ten minutes. `working(code="")`: instead of the plain program."""
    servers: list[ModelServer] = []

    def begin(*options: str, code: str = "", columns: int = 80, lines: int = 24) -> Any:
        server = ModelServer([Turn(text=BLOCK), Turn(text="Fine.", repeat=True)])
        server.__enter__()
        servers.append(server)
        argv = [sys.executable, "-c", code] if code else list(driver.TUI)
        agent = str(place.agent_file(server.openai_url))
        bench = start([*argv, "--agent", agent, *options], columns, lines)
        bench.wait_for_terminal()
        bench.say("Sleep.")
        bench.answer("y", "Run this command?")
        bench.wait_gone("allow once")
        bench.press("f4")  # the chat has a narrow window to itself
        bench.wait_for("started-42")
        assert bench.find_process("sleep 600")
        assert bench.find_process("codepilot.terminal.host")
        return bench

    yield begin
    for server in servers:
        server.__exit__(None, None, None)


def check(bench: Any) -> None:
    """The terminal is clean, and nothing is left."""
    bench.assert_clean_terminal()
    bench.assert_nothing_left()


def test_quit(working: Any) -> None:
    bench = working()
    bench.press("ctrl+q")
    bench.ready("Quit? The agent is working.")
    bench.note_processes()
    bench.press("y")
    assert bench.wait_end() == 0
    check(bench)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals(working: Any, number: int) -> None:
    bench = working()
    bench.signal(number)
    assert bench.wait_end() == 128 + number
    check(bench)


def test_a_signal_while_a_question_is_open(workbench: Any) -> None:
    with ModelServer([Turn(text=BLOCK)]) as server:
        bench = workbench(server, 80, 24)
        bench.wait_for_terminal()
        bench.say("Sleep.")
        bench.ready("Run this command?")
        bench.signal(signal.SIGTERM)
        assert bench.wait_end() == 128 + signal.SIGTERM
        check(bench)


def test_a_signal_at_the_welcome_screen(start: Any, driver: Any) -> None:
    bench = start(driver.TUI, 80, 24)
    bench.wait_for("Guided demo")
    bench.signal(signal.SIGTERM)
    assert bench.wait_end() == 128 + signal.SIGTERM
    check(bench)


def test_the_window_is_closed(working: Any) -> None:
    bench = working()
    bench.hang_up()
    bench.collect()
    bench.assert_nothing_left()


def test_an_exception_in_the_screen(working: Any) -> None:
    bench = working(code=RAISES)
    bench.note_processes()
    bench.press("f11")
    assert bench.wait_end() not in (0, None)
    check(bench)
    assert b"raised in the middle" in bytes(bench.raw)


def test_the_screen_is_killed_and_its_setting_says_end(working: Any) -> None:
    bench = working("--on-exit", "end")
    bench.signal(signal.SIGKILL)
    assert bench.wait_end() == -signal.SIGKILL
    bench.assert_nothing_left()


def test_the_demo_leaves_no_folder(place: Any, start: Any, driver: Any) -> None:
    bench = start([*driver.TUI, "--demo"], 80, 24)
    bench.ready("Run this command?")
    assert list(place.temporary.glob("codepilot-demo-*"))
    bench.signal(signal.SIGTERM)
    assert bench.wait_end() == 128 + signal.SIGTERM
    check(bench)


@pytest.mark.parametrize("variables", [{"TERM": "dumb"}, {}])
def test_without_a_screen_it_says_what_to_use(
    place: Any, start: Any, driver: Any, variables: dict[str, str]
) -> None:
    import subprocess

    if variables:
        bench = start(driver.TUI, 80, 24, **variables)
        assert bench.wait_end() == 2
        said = bench.screen_text()
    else:
        done = subprocess.run(
            driver.TUI, env=place.variables, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        assert done.returncode == 2
        said = done.stderr
    assert "codepilot run" in said


QUITS_EARLY = """
import asyncio
from codepilot_tui.screens import parts
from codepilot_tui.__main__ import main

mount = parts.Parts.mount

async def later(self):
    program = self._screen.program
    program.leave()
    while self._screen.is_attached:
        await asyncio.sleep(0)
    await mount(self)

parts.Parts.mount = later
raise SystemExit(main())
"""


def test_quit_while_the_panes_come(place: Any, start: Any) -> None:
    """They were put into a screen that was being taken away: a traceback over the shell's screen."""
    with ModelServer([Turn(text="Fine.", repeat=True)]) as server:
        agent = str(place.agent_file(server.openai_url))
        bench = start([sys.executable, "-c", QUITS_EARLY, "--agent", agent], 120, 40)
        assert bench.wait_end() == 0
        assert "Traceback" not in bench.tail(20_000) and "MountError" not in bench.tail(20_000)
        check(bench)


INTERRUPTED = """
from codepilot_tui import program
from codepilot_tui.__main__ import main

def run(options):
    raise KeyboardInterrupt

program.run = run
raise SystemExit(main())
"""


def test_ctrl_c_before_there_is_a_screen(start: Any) -> None:
    """It showed where in its imports the program was."""
    bench = start([sys.executable, "-c", INTERRUPTED], 80, 24)
    assert bench.wait_end() == 130
    assert bench.tail() in ("b''", "")
