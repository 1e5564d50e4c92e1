"""What a session may cost, given on the command line of the workbench: asked about, kept, and counted on over a restart."""

from __future__ import annotations

from typing import Any

import pytest

from codepilot.messages import Usage
from codepilot.testing import ModelServer, Turn

pytestmark = pytest.mark.slow
COSTLY = Usage(input_tokens=100_000, output_tokens=1_000)
"""Of gpt-4o: 26 cents."""


def test_a_budget_is_asked_about_and_counts_on_after_a_restart(place: Any, start: Any, driver: Any) -> None:
    steps = [Turn(text="I look.\n\n```codepilot\nprint(1)\n```\n", usage=COSTLY)] * 6
    with ModelServer(steps) as server:
        command = [
            *driver.TUI,
            "--agent",
            str(place.agent_file(server.openai_url)),
            "--model",
            "openai:gpt-4o",
        ]
        bench = start([*command, "--max-cost", "0.6"], 120, 34)
        bench.wait_for("○ ready")
        bench.say("Find it")
        bench.ready("This session has cost $0.26 of $0.60")
        bench.say("no")
        bench.wait_for("Stopped to keep to the budget")
        bench.wait_for("○ ready")
        bench.press("ctrl+q")
        assert bench.wait_end() == 0
        again = start([*command, "--continue", "--max-cost", "0.3"], 120, 34)
        again.wait_for("Find it")
        again.wait_for("○ ready")
        again.say("Go on")
        again.ready("This session has cost $0.26 of $0.30.")
        again.wait_for("waits for you")
        again.say("no")
        again.wait_until(lambda: again.screen_text().count("Stopped to keep to the budget") == 2)
        again.wait_for("○ ready")
        again.press("ctrl+q")
        assert again.wait_end() == 0
        assert len(server.requests) == 1
