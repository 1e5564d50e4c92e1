"""Keys as the terminals send them that nobody taught kitty's protocol (tmux is one), in the real workbench."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from codepilot.testing import ModelServer

pytestmark = pytest.mark.slow
DONE = "```completion\nAll seen.\n```\n"
PROBE = """
import os, sys, termios, tty
kept = termios.tcgetattr(0)
tty.setraw(0)
sys.stdout.write(sys.argv[1].encode().decode("unicode_escape") + "probe up\\r\\n")
sys.stdout.flush()
while (data := os.read(0, 1000)) != b"Q":
    sys.stdout.write("got " + data.hex() + " end\\r\\n")
    sys.stdout.flush()
termios.tcsetattr(0, termios.TCSANOW, kept)
"""


@pytest.fixture
def bench(place: Any, workbench: Any) -> Iterator[Any]:
    (place.project / "probe.py").write_text(PROBE)
    with ModelServer([DONE, DONE]) as server:
        made = workbench(server, OPENAI_API_KEY="k")
        made.server = server
        made.wait_for(re.compile("free|idle"))
        yield made


def composer(bench: Any) -> list[str]:
    """The rows of what stands in the composer."""
    return [row.strip() for row in re.findall(r"^ *│ (.*?) │ *$", bench.screen_text(), re.M)]


def probe(bench: Any, driver: Any, modes: str = "") -> None:
    """Show every byte that comes to the terminal's program."""
    bench.press("f6")
    bench.wait_for("hand back")
    bench.type(f"{driver.TUI[0]} probe.py '{modes}'\r")
    bench.wait_for("probe up")


def test_alt_enter_is_a_new_line(bench: Any) -> None:
    bench.type("one\x1b\rtwo")
    bench.wait_for(lambda _: composer(bench) == ["one", "two"])
    assert not bench.server.requests
    bench.press("enter")
    bench.wait_for("All seen.")
    assert "one\ntwo" in bench.server.requests[0].user_text


def test_alt_and_a_letter_is_no_letter(bench: Any) -> None:
    bench.type("ab\x1bt")
    bench.wait_for("type to find")  # the choice of the theme
    bench.press("escape")
    bench.wait_for(lambda _: composer(bench) == ["ab"])
    # By words, as in a shell, and one word away.
    bench.type(" cd\x1bbX\x1bfY\x1b\x7f")
    bench.wait_for(lambda _: composer(bench) == ["ab"])


def test_a_word_its_correction_and_the_next_come_in_order(bench: Any) -> None:
    bench.type("teh\x7f\x7fhe\x1b[D\x1b[D\x1b[DX\x05Y\x01\x1b[3~")
    bench.wait_for(lambda _: composer(bench) == ["theY"])
    bench.type("\x05\x15\x1b\rlast\x1b[A\x1b[Hfirst")
    bench.wait_for(lambda _: composer(bench) == ["first", "last"])


@pytest.mark.parametrize("known", [True, False])
def test_help_and_palette_show_keys_that_this_terminal_can_send(
    place: Any, start: Any, driver: Any, known: bool
) -> None:
    """The driver's screen knows kitty's protocol, and says so where it is asked."""
    asked = {} if known else {"TEXTUAL_DISABLE_KITTY_KEY": "1"}
    agent = ["--agent", str(place.agent_file("http://127.0.0.1:9/v1"))]
    bench = start([*driver.TUI, *agent], 120, 80, OPENAI_API_KEY="k", **asked)
    bench.wait_for(re.compile("free|idle"))
    bench.press("f1")
    bench.wait_for("Open a new terminal")
    assert ("Ctrl+Shift+T" in bench.screen_text()) is known
    assert "Alt+M" in bench.screen_text()
    bench.press("escape")
    bench.wait_gone("Open a new terminal")
    bench.press("ctrl+p")
    bench.wait_for("Open a new terminal")
    bench.type("open a new")
    bench.wait_for(re.compile("Open a new terminal +" + (r"Ctrl\+Shift\+T" if known else r"Ctrl\+X o")))


@pytest.mark.parametrize(
    ("pasted", "rows"),
    [
        ("a \x1b[31m b\rc", ["a ␛[31m b", "c"]),
        ("a\r\nb\nc\rd", ["a", "b", "c", "d"]),
        ("x\x1bm\x03y", ["x␛m␃y"]),
    ],
)
def test_a_paste_into_the_composer_is_text_only(bench: Any, pasted: str, rows: list[str]) -> None:
    bench.type(f"\x1b[200~{pasted}\x1b[201~.")
    bench.wait_for(lambda _: composer(bench) == [*rows[:-1], rows[-1] + "."])
    assert not bench.server.requests


KEYS = (
    ("\x1b.", "1b2e"),
    ("\x1b:", "1b3a"),
    ("\x1b1", "1b31"),
    ("\x1b9", "1b39"),
    ("\x1bf", "1b66"),
    ("\x1bb", "1b62"),
    ("\x1b\x7f", "1b7f"),
    ("\x1b\r", "1b0d"),
    ("\x1b\x01", "1b01"),
    ("\x08", "08"),
    ("\x00", "00"),
    ("\x1b", "1b"),
    ("\x1b[13;2u", "0d"),
    ("\x1b[9;5u", "09"),
    ("\x10", "10"),
    ("\x11", "11"),
    ("\x1d", "1d"),
    ("\x0f", "0f"),
    ("\x18\x18", "18"),  # the leader twice
)


def types_and_gets(bench: Any, keys: tuple[tuple[str, str], ...]) -> None:
    """One key after the other; what the program got is that and nothing else, or not in another order."""
    for number, (typed, _) in enumerate(keys, 1):
        wanted = [got for _, got in keys[:number]]
        bench.type(typed)
        try:
            bench.wait_for(lambda text, wanted=wanted: re.findall(r"got (\w+) end", text) == wanted)
        except AssertionError as error:
            raise AssertionError(f"{typed!r} should come as {wanted[-1]}") from error


def test_a_program_gets_the_keys_that_were_pressed(bench: Any, driver: Any) -> None:
    """In one program: to start it takes longer than all keys."""
    probe(bench, driver)
    types_and_gets(bench, KEYS)


def test_the_letter_after_the_leader_is_no_key_for_the_program(bench: Any, driver: Any) -> None:
    probe(bench, driver)
    bench.type("\x18/")
    bench.wait_for(re.compile("Find +.*older"))
    assert "got" not in bench.screen_text()


@pytest.mark.parametrize(
    ("modes", "keys"),
    [
        (
            r"\033[>4;2m",
            [
                ("\x00", "\x1b[27;5;32~"),
                ("\x1b:", "\x1b:"),  # vim: Esc and `:` that were read together leave insert mode
                ("\x1b[46;3u", "\x1b[27;3;46~"),  # a terminal that tells Alt apart
            ],
        ),
        (
            r"\033[>1u",
            [("\x00", "\x1b[32;5u"), ("\x1b[13;2u", "\x1b[13;2u"), ("\x1b[9;5u", "\x1b[9;5u")],
        ),
    ],
)
def test_a_program_that_asked_for_a_keyboard_protocol(
    bench: Any, driver: Any, modes: str, keys: list[tuple[str, str]]
) -> None:
    probe(bench, driver, modes)
    types_and_gets(bench, tuple((typed, got.encode().hex()) for typed, got in keys))


def test_a_paste_into_a_terminal_stays_within_its_brackets(bench: Any, place: Any) -> None:
    """Seen: what came after the ESC was typed, and ran."""
    bench.press("f6")
    bench.wait_for("hand back")
    bench.type("\x1b[200~echo safe \x1b[31m\rid>f\r\x1b[201~")
    bench.wait_for(re.compile(r"echo safe \[31m.*id>f", re.DOTALL))
    bench.type("\x03")
    # What comes in one read with the ^C bash takes for the line that it is to drop, and runs all of it.
    bench.wait_for(re.compile(r"\^C.*/project[#$] *$", re.DOTALL | re.M))
    bench.type("echo lo''ok\r")
    bench.wait_for("look")
    assert not (place.project / "f").exists()
