"""Keys that come faster than the screen follows: held keys, words right after `d`, a command and Enter at once."""

from __future__ import annotations

import os
import re
import signal
from typing import Any

import pytest

from codepilot.testing import ModelServer, Turn

pytestmark = pytest.mark.slow


@pytest.fixture
def demo(start: Any, driver: Any) -> Any:
    """The demo at its first question."""
    bench = start([*driver.TUI, "--demo"], 160, 48)
    bench.ready("Run this command?")
    return bench


@pytest.fixture
def later(demo: Any) -> Any:
    """The demo with its first question in the banner."""
    demo.press("escape")
    demo.wait_gone("allow once")
    return demo


def test_a_held_answer_key(demo: Any) -> None:
    demo.type("nnnn")
    demo.ready("The agent asks you")


def test_words_that_begin_with_one_letter_twice(demo: Any) -> None:
    """They are no answer, so nothing of them is taken for a key that is held."""
    demo.type("oops that is wrong")
    demo.wait_for("oops that is wrong")


def test_a_held_enter_in_a_list(later: Any) -> None:
    later.press("ctrl+p")
    later.wait_for("type to find")
    later.type("keys")
    later.wait_gone("Choose the theme")
    later.press("enter", "enter", "enter")
    later.wait_for("then a letter")


def test_two_leaders(later: Any) -> None:
    later.press("ctrl+x", "z", "ctrl+x", "s")
    later.wait_for("Stopped")


def test_a_leader_and_its_letter_in_one_read(later: Any) -> None:
    later.type("\x18z")
    later.wait_for("F9 restore")
    later.type("\x18iwords")
    later.wait_for("words")
    assert "iwords" not in later.screen_text()


def test_words_right_after_d(demo: Any) -> None:
    demo.type("dNot now.")
    demo.wait_for("Not now.", guard=10)


def test_a_held_escape(demo: Any) -> None:
    demo.press("escape", "escape", "escape", "escape")
    demo.wait_gone("allow once")
    # The first puts the question off. The others are repeats of it where they came before it was done, and go nowhere;
    # else the second one stops. Nothing answers or ends.
    demo.wait_for(re.compile("Ctrl\\+O answer|Stopped"))
    if "Stopped" not in demo.screen_text():
        demo.press("escape")
    demo.wait_for("Stopped")


def test_a_command_and_enter_at_once(later: Any) -> None:
    later.say("/help")
    later.wait_for("then a letter")


@pytest.mark.parametrize(("columns", "lines"), [(160, 48), (60, 20)])
def test_a_terminal_that_is_asked_for_while_the_program_starts(
    workbench: Any, columns: int, lines: int
) -> None:
    """Its letter and what followed were sent to the model."""
    with ModelServer([Turn(text="Hello.")]) as server:
        bench = workbench(server, columns, lines)
        bench.wait_for("Ask, or")
        bench.type("\x18oecho $((6*7))early\r")
        bench.wait_for("42early")
        assert "oecho" not in bench.screen_text() and not server.requests


def test_the_leader_while_the_program_starts(workbench: Any) -> None:
    with ModelServer([]) as server:
        bench = workbench(server, 160, 48)
        bench.wait_for("Ask, or")
        bench.type("\x18hterminal")  # all keys, found by typing
        bench.wait_for("then a letter")
        bench.wait_for("ready")
        assert not server.requests


@pytest.mark.parametrize(("columns", "lines"), [(160, 48), (60, 20)])
def test_what_is_typed_behind_enter_in_the_palette(workbench: Any, columns: int, lines: int) -> None:
    """It went to the palette that was just closed, and was lost."""
    with ModelServer([]) as server:
        bench = workbench(server, columns, lines)
        bench.wait_for("ready")
        bench.type("\x10go to the comp\rhello you")
        bench.wait_for("hello you")
        bench.press("ctrl+c")
        bench.wait_gone("hello you")
        bench.type("\x10choose the theme\rpap")
        bench.wait_for("paper")
        bench.wait_gone("dusk")
        bench.press("escape")
        bench.type("\x10keys\rtheme")
        bench.wait_for("Choose the theme")
        bench.wait_gone("Go to the composer")
        bench.press("escape", "escape")
        bench.wait_for("Ask, or")
        bench.type("\x10new ter\recho $((6*7))typed\r")
        bench.wait_for("42typed")
        bench.type("\x18pfind in the ter\r42ty")  # Ctrl+P is the program's there
        bench.wait_for(re.compile("42ty.*\\d of \\d"))
        assert not server.requests


def test_stopping_does_not_wait_for_a_terminal_that_does_not_come(later: Any) -> None:
    """The host is stuck, and with it the terminal that is asked for."""
    host = later.find_process("host.server")
    os.kill(host, signal.SIGSTOP)
    try:
        later.press("ctrl+x", "o")
        later.type("words")
        later.press("ctrl+x", "s")
        later.wait_for("Waiting for the new terminal.")
        later.wait_for("Stopped")
        later.wait_for("What you typed was dropped")
    finally:
        os.kill(host, signal.SIGCONT)


def test_a_message_that_is_typed_before_there_is_a_screen(workbench: Any) -> None:
    """The terminal still makes a line feed of Enter then, and the message got a second line."""
    with ModelServer([Turn(text="Hello.")]) as server:
        bench = workbench(server, 160, 48)
        bench.type("first message\r")
        bench.wait_for("Hello.")
        server.check()


def test_what_is_typed_for_a_command_that_is_refused_goes_nowhere(workbench: Any) -> None:
    """It went to the composer, and Enter sent it to the model."""
    with ModelServer([Turn(text="Hello.")]) as server:
        bench = workbench(server, 80, 24)
        bench.wait_for_terminal()
        bench.wait_for("terminal ○")
        bench.press("ctrl+x", "w")
        bench.wait_gone("terminal ○")
        for typed, why in (
            ("\x18trm -rf x\r", "No terminal yet"),
            ("\x18Fquick\r", "Nothing has been said yet"),  # another sentence, so that each is waited for
            ("\x18recho no\r", "No terminal yet"),
        ):
            bench.type(typed)
            bench.wait_for(why)
            bench.type("after")
            bench.wait_for("│ after ")
            bench.press("ctrl+c")
            bench.wait_gone("│ after ")
        assert not server.requests
        bench.say("hello")
        bench.wait_for("Hello.")
        assert len(server.requests) == 1


def test_what_is_typed_behind_a_paste_that_is_asked_about(later: Any) -> None:
    """The leader's letter was nowhere, and its list stood over the question."""
    later.press("f6")
    later.wait_for("hand back")
    later.say("echo cat-$((40 + 2)); cat")  # which asked for no brackets around a paste
    later.wait_for("cat-42")
    later.type("\x1b[200~m1\nm2\x1b[201~\x18ihello")
    later.wait_for("Paste 2 lines into main?")
    later.wait_for(re.compile("│ hello "))
