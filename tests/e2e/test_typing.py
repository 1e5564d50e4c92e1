"""Keys that were meant for the composer never answer a question, and none of them is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest

from codepilot.testing import ModelServer, Turn

pytestmark = pytest.mark.slow

BLOCK = "```codepilot\nexecute('main', 'touch ran')\n```\n"
WORDS = "yes, do it now; n or d, y and y! "
"""Full of answer keys."""


def composer(bench: Any) -> str:
    """What stands in the composer, without white space."""
    rows = re.findall(r"^ *│ (.*?) │ *$", bench.screen_text(), re.M)
    return "".join("".join(rows).split())


@pytest.mark.parametrize(("columns", "lines"), [(160, 48), (80, 24)])
def test_typing_on_while_the_question_comes(place: Any, workbench: Any, columns: int, lines: int) -> None:
    prose = "One word after the other. " * 12 + "\n\n"
    with ModelServer([Turn(text=prose + BLOCK, delay=0.01), Turn(text="Enough.")]) as server:
        bench = workbench(server, columns, lines)
        bench.wait_for("ready")
        bench.say("Go.")
        bench.wait_for("One word after")
        typed, after = "", 0
        for character in WORDS * 6:
            bench.type(character)
            typed += character
            bench.pump(0.02)
            if "Ctrl+O answer ·" in bench.screen_text():  # the banner: the question is there
                after += 1
                if after == 40:
                    break
        assert after == 40, f"no question came while typing\n{bench.screen_text()}"
        assert "Run this command?" not in bench.screen_text(), "the question covers what is being typed"
        bench.wait_for("Run this command?")  # now that the keyboard rests; the draft keeps it
        for character in "ynd":
            bench.type(character)
        typed += "ynd"
        expected = "".join(typed.split())
        # The smallest screen shows the last rows only.
        bench.wait_for(
            lambda _: composer(bench) == (expected if columns == 160 else expected[-len(composer(bench)) :])
        )
        assert len(server.requests) == 1, "the question was answered"
        assert not (place.project / "ran").exists()
        bench.press("ctrl+o")
        bench.ready("Run this command?")
        bench.press("n")
        bench.wait_for("Enough.")
        assert not (place.project / "ran").exists()
        assert "Permission denied" in server.requests[-1].user_text
