"""The person's hands in the terminal, by keyboard in the real workbench: what is offered, and what is handed back."""

from __future__ import annotations

import re
from typing import Any

import pytest

from codepilot.testing import ModelServer

pytestmark = pytest.mark.slow
DONE = "```completion\nAll seen.\n```\n"


def heard(server: ModelServer) -> list[str]:
    return [request.user_text for request in server.requests]


def test_what_is_typed_into_a_free_terminal_is_offered(workbench: Any) -> None:
    with ModelServer([DONE]) as server:
        bench = workbench(server, OPENAI_API_KEY="k")
        bench.wait_for_terminal()
        bench.press("f4")
        bench.wait_for("F6 take over")  # the terminal has the focus
        bench.type("echo some w''ords; false\r")
        bench.wait_for("add what you ran · main: 1 command")
        bench.press("ctrl+x", "e")
        bench.wait_for("I ran in the terminal main:")
        bench.wait_gone("add what you ran")
        bench.say("See?")
        bench.wait_for("All seen.")
        (text,) = heard(server)
        assert "→ exit 1 in " in text and "some words" in text and "See?" in text
        assert "[ENVIRONMENT CHANGE]" not in text
        bench.press("ctrl+q")
        assert bench.wait_end() == 0


def test_what_is_run_in_a_taken_terminal_is_told_at_the_hand_back(workbench: Any) -> None:
    with ModelServer([DONE, DONE]) as server:
        bench = workbench(server, OPENAI_API_KEY="k")
        bench.wait_for_terminal()
        bench.press("f6")
        bench.wait_for("hand back")
        bench.type("mkdir deeper; cd deeper; echo some w''ords; (exit 3)\r")
        bench.wait_for("some words")
        bench.wait_for(re.compile(r"/deeper[#$] *$", re.M))
        bench.press("f6")
        bench.wait_for_terminal()
        bench.say("Go on.")
        bench.wait_for("All seen.")
        bench.say("And now?")
        bench.wait_until(lambda: len(server.requests) == 2)
        bench.wait_for(re.compile(r"All seen\..*And now\?.*All seen\.", re.S))
        first, second = heard(server)
        assert "[ENVIRONMENT CHANGE]" in first and "→ exit 3 in " in first and "deeper" in first
        assert first.count("some words") == 1 and "ran these commands themselves" in first
        assert "[ENVIRONMENT CHANGE]" not in second and "And now?" in second
        bench.wait_for("○ ready")
        bench.press("ctrl+q")
        assert bench.wait_end() == 0
