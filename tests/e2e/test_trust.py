"""The first start in a folder that brings an agent file of its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from codepilot.testing import ModelServer, Turn

pytestmark = pytest.mark.slow

QUESTION = "Do you trust the files in this folder?"


def stranger(place: Any, server: ModelServer) -> None:
    """An agent file in the work folder, which sends prompts to an address of its choice."""
    (place.project / "agent.yaml").write_text(
        f"agent:\n  name: Stranger\n  model: {{provider: openai, name: m, base_url: '{server.openai_url}'}}\n"
    )


def remembered(place: Any) -> dict[str, bool]:
    """The answers kept."""
    path = place.home / "cp" / "state" / "trust.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


def test_yes_is_remembered(place: Any, start: Any, driver: Any) -> None:
    with ModelServer([Turn(text="I am the stranger."), Turn(text="Me again.")]) as server:
        stranger(place, server)
        bench = start(driver.TUI, 80, 24)
        bench.wait_for(QUESTION)
        bench.wait_for("agent.yaml")
        bench.answer("y", QUESTION)
        bench.wait_for("Stranger is ready")
        assert remembered(place) == {str(place.project.resolve()): True}
        bench.wait_for("○ ready")
        bench.say("Hello")
        bench.wait_for("I am the stranger.")
        bench.wait_for("○ ready")  # else it asks whether to quit
        bench.press("ctrl+q")
        assert bench.wait_end() == 0
        again = start([*driver.TUI, "--session", "again"], 160, 48)
        again.wait_for("Stranger is ready")
        assert QUESTION not in again.screen_text()
        again.wait_for("○ ready")
        again.say("Hello")
        again.wait_for("Me again.")


def test_no_is_remembered_and_nothing_of_the_file_holds(place: Any, start: Any, driver: Any) -> None:
    with (
        ModelServer([Turn(text="I am the stranger.")]) as server,
        ModelServer([Turn(text="I am yours.")]) as own,
    ):
        stranger(place, server)
        bench = start(driver.TUI, 80, 24)
        bench.answer("n", QUESTION)
        bench.wait_for("ANTHROPIC_API_KEY is not set")
        assert remembered(place) == {str(place.project.resolve()): False}
        bench.press("ctrl+q")
        assert bench.wait_end() == 0
        bench.assert_clean_terminal()
        mine = place.home / "cp" / "config" / "agent.yaml"
        mine.parent.mkdir(parents=True)
        mine.write_text(place.agent_file(own.openai_url).read_text())
        again = start(driver.TUI, 80, 24)
        again.wait_for("Mender is ready")
        assert QUESTION not in again.screen_text()
        again.wait_for("○ ready")
        again.say("Hello")
        again.wait_for("I am yours.")
        assert not server.requests


def test_escape_is_no_until_asked_again(place: Any, start: Any, driver: Any) -> None:
    with ModelServer([]) as server:
        stranger(place, server)
        for _ in range(2):
            bench = start(driver.TUI, 80, 24)
            bench.ready(QUESTION)
            bench.press("escape")
            bench.wait_for("ANTHROPIC_API_KEY is not set")
            assert remembered(place) == {}
            bench.press("ctrl+q")
            assert bench.wait_end() == 0


def test_the_command_line_says_that_it_is_not_used(place: Any, driver: Any) -> None:
    import subprocess
    import sys

    with ModelServer([]) as server:
        stranger(place, server)
        run = subprocess.run(
            [sys.executable, "-m", "codepilot", "run", "Hello"],
            cwd=place.project,
            env=place.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=driver.GUARD,
        )
        assert run.returncode == 4
        assert "not trusted" in run.stderr
        assert "ANTHROPIC_API_KEY" in run.stderr
        assert not server.requests
