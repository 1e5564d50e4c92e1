"""Keys that come faster than the screen follows: held keys, words right after `d`, a command and Enter at once."""

from __future__ import annotations

import re
from typing import Any

import pytest

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
    # Read together they are one key, which only puts the question off; a second one stops. Nothing answers or ends.
    demo.wait_for(re.compile("Ctrl\\+O answer|Stopped"))
    if "Stopped" not in demo.screen_text():
        demo.press("escape")
    demo.wait_for("Stopped")


def test_a_command_and_enter_at_once(later: Any) -> None:
    later.say("/help")
    later.wait_for("then a letter")
