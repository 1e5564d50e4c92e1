"""The theme of the workbench and what programs in its terminals are told of it."""

from __future__ import annotations

from typing import Any

import pytest

from codepilot.testing import ModelServer

pytestmark = pytest.mark.slow

ASK = r"""clear; stty -echo; printf '\e]11;?\e\\'; IFS= read -rs -d '\' answer; stty echo; echo "told ${answer#*;}" """


def test_a_program_that_asks_for_the_background_gets_the_theme_of_now(start: Any, driver: Any) -> None:
    bench = start([*driver.TUI, "--demo"], 160, 48)
    bench.ready("Run this command?")
    bench.press("escape")
    bench.wait_gone("allow once")
    bench.press("f6")
    bench.wait_for("hand back")
    bench.say(ASK)
    bench.wait_for("told rgb:0c0c/0f0f/1313")
    bench.press("f6")
    bench.wait_for("take")
    bench.press("ctrl+p")
    bench.wait_for("type to find")
    bench.say("theme")
    bench.wait_for("paper")
    bench.say("paper")
    bench.wait_gone("dusk")
    bench.press("f6")
    bench.wait_for("hand back")
    bench.say(ASK)
    bench.wait_for("told rgb:ffff/ffff/ffff")


def test_the_theme_of_a_folder_is_there_at_the_next_start(place: Any, start: Any, driver: Any) -> None:
    with ModelServer([]) as server:
        agent = place.agent_file(server.openai_url)

        def begin(*options: str) -> Any:
            bench = start([*driver.TUI, "--agent", str(agent), *options], 160, 48)
            bench.wait_for("○ ready")
            bench.wait_for_terminal()
            return bench

        def background(bench: Any, wanted: str) -> None:
            bench.press("f6")
            bench.wait_for("hand back")
            bench.say(ASK)
            bench.wait_for(f"told rgb:{wanted}")
            bench.press("f6")
            bench.wait_for("take")

        first = begin()
        background(first, "0c0c/0f0f/1313")
        first.press("ctrl+p")
        first.wait_for("type to find")
        first.say("theme")
        first.wait_for("paper")
        first.say("paper")
        first.wait_gone("dusk")
        first.press("ctrl+q")
        first.wait_end()
        second = begin()
        background(second, "ffff/ffff/ffff")
        second.press("ctrl+q")
        second.wait_end()
        background(begin("--theme", "dusk"), "0c0c/0f0f/1313")
