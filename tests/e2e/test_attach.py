"""`codepilot attach` at a real terminal: what it shows, what it types, and that it leaves the terminal as it was."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ATTACH = [sys.executable, "-m", "codepilot", "attach"]
EMBEDDER = """
import asyncio, pathlib, sys
from codepilot.terminal.client import HostOptions, TerminalClient

async def main():
    client = await TerminalClient.launch(HostOptions(work_dir=pathlib.Path.cwd(), agent="Embedder"))
    await client.open("main")
    await client.open("other")
    await client.execute("main", "PS1='$ '; seq 1 100; printf 'the \\\\033[31mred\\\\033[0m end\\\\n'", timeout=20)
    print("up", flush=True)
    for line in sys.stdin:
        asyncio.ensure_future(client.execute("main", line.strip(), timeout=60))
        await asyncio.sleep(0)
        while (await client.list())[0].state not in ("busy", "waiting"):
            await asyncio.sleep(0.01)
        print("runs", flush=True)
        await asyncio.to_thread(lambda: None)
    await client.close()

asyncio.run(main())
"""


class Embedder:
    """A program with two terminals, which runs what it is told to."""

    def __init__(self, place: Any) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", EMBEDDER],
            cwd=place.project,
            env=place.variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None and self.process.stdout.readline() == "up\n"

    def run(self, command: str) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "runs\n"

    def end(self) -> None:
        if self.process.stdin is not None and not self.process.stdin.closed:
            self.process.stdin.close()
        self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()


@pytest.fixture
def embedder(place: Any) -> Iterator[Embedder]:
    made = Embedder(place)
    yield made
    made.end()


@pytest.fixture
def attached(start: Any, embedder: Embedder) -> Any:
    bench = start(ATTACH, 80, 24)
    bench.wait_for("the red end")
    bench.wait_for("Ctrl+] keys")
    return bench


def test_typing_takes_a_free_terminal_and_keys_are_shown(attached: Any) -> None:
    attached.wait_for("free")
    attached.press("ctrl+]")
    attached.wait_for("t take over")
    attached.wait_for("Esc back")  # the end of the line, in 80 columns
    attached.press("escape")
    attached.wait_gone("d detach")
    attached.say("echo hi-$((40 + 2)); stty size")
    attached.wait_for("hi-42")
    attached.wait_for("23 80")
    attached.wait_for("you type")
    attached.resize(100, 30)
    # The signal and the keys come by two ways; once it is drawn anew, what is typed comes after.
    attached.wait_for(lambda text: "you type" in "".join(text.splitlines()[29:]))
    attached.say("stty size")
    attached.wait_for("29 100")
    attached.press("ctrl+]")
    attached.wait_for("t hand back")
    attached.press("escape")
    attached.wait_gone("d detach")
    attached.press("ctrl+]", "d")
    assert attached.wait_end() == 0
    attached.assert_clean_terminal()
    assert "Detached from main; it keeps running." in attached.flat()


def test_the_agents_terminal_is_taken_only_on_purpose(attached: Any, embedder: Embedder) -> None:
    embedder.run("cat")
    attached.wait_for("agent types")
    attached.type("q")
    attached.wait_for("Ctrl+] t takes the keyboard")
    attached.press("ctrl+]", "t")
    attached.wait_for("you type")
    attached.say("by-hand")
    attached.wait_for(lambda text: text.count("by-hand") == 2)
    attached.press("ctrl+]", "t")
    attached.wait_for("agent types")
    attached.press("ctrl+]", "t")
    attached.wait_for("you type")
    attached.press("ctrl+d")
    attached.wait_for("idle")


def test_a_full_screen_program_and_its_modes(attached: Any) -> None:
    attached.say(
        r"printf '\033[?1049h\033[?1000h\033[?1006h\033[2Jfull'; cat -v; printf '\033[?1000l\033[?1049l'"
    )
    attached.wait_for("full")
    attached.wait_until(lambda: b"\x1b[?1000h" in attached.raw)
    attached.type("\x1b[<0;7;9M")
    attached.wait_for("[<0;7;9M")
    attached.press("up")
    attached.press("ctrl+d", "ctrl+d")
    attached.wait_for("the red end")
    attached.wait_until(lambda: attached.raw.rfind(b"\x1b[?1000l") > attached.raw.rfind(b"\x1b[?1000h"))
    # What the program asks of its terminal is not asked of the person's.
    before = len(attached.raw)
    attached.say(
        r"printf '\033]0;title\007\033]52;c;eA==\007\033[5n\033[c\033]8;;http://x\007link\033]8;;\007-'$((1+1))'\n'"
    )
    attached.wait_for("link-2")
    sent = bytes(attached.raw[before:])
    assert b"\x1b[5n" not in sent and b"\x1b[c" not in sent
    assert sent.replace(b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", b"").count(b"\x1b]") == 0


def test_history_and_the_next_terminal(attached: Any) -> None:
    attached.press("ctrl+]", "[")
    attached.wait_for("rows back")
    attached.press("home")
    attached.wait_for("1 2 3 4 5")
    attached.press("q")
    attached.wait_for("the red end")
    attached.press("ctrl+]", "n")
    attached.wait_for("other of")
    attached.wait_gone("the red end")


def test_who_only_looks_types_nothing(start: Any, embedder: Embedder) -> None:
    bench = start([*ATTACH, "--read-only"], 80, 24)
    bench.wait_for("the red end")
    bench.wait_for("read-only")
    bench.type("x")
    bench.wait_for("Read-only: nothing is typed")
    bench.press("ctrl+]", "t")
    bench.wait_for("Read-only: nothing is typed")
    bench.press("ctrl+]", "d")
    assert bench.wait_end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_leave_a_clean_terminal_and_a_free_keyboard(
    attached: Any, start: Any, number: signal.Signals
) -> None:
    attached.say("echo mine-$((40 + 2))")
    attached.wait_for("mine-42")
    attached.signal(number)
    assert attached.wait_end() == 128 + number
    attached.assert_clean_terminal()
    again = start(ATTACH, 80, 24)
    again.wait_for("free")


def test_a_window_that_is_closed(attached: Any, start: Any) -> None:
    attached.hang_up()
    assert attached.collect() == 128 + signal.SIGHUP
    start(ATTACH, 80, 24).wait_for("free")


def test_it_ends_with_the_shell_and_with_the_runtime(attached: Any, start: Any, embedder: Embedder) -> None:
    attached.say("exit 3")
    assert attached.wait_end() == 0
    assert "main has ended with exit code 3" in attached.flat()
    attached.assert_clean_terminal()
    other = start([*ATTACH, "project", "other"], 80, 24)
    other.wait_for("other of")
    embedder.end()
    assert other.wait_end() == 0
    assert "the terminal host is gone" in other.flat()
    other.assert_clean_terminal()


def test_an_error_is_told_on_a_whole_terminal(start: Any, embedder: Embedder) -> None:
    code = (
        "import sys\nfrom codepilot.cli.attach import view\n"
        "def broken(*_, **__): raise RuntimeError('raised in the middle')\n"
        "view.View.draw = broken\nfrom codepilot.cli import main\nsys.exit(main(['attach']))"
    )
    bench = start([sys.executable, "-c", code], 80, 24)
    assert bench.wait_end() == 1
    assert b"raised in the middle" in bytes(bench.raw)
    bench.assert_clean_terminal()


def test_a_floods_screen_is_the_last_one(attached: Any) -> None:
    attached.say("seq 1 300000; echo done-$((40 + 2))")
    attached.wait_for("299999 300000 done-42")
