"""Links in a terminal are opened with Ctrl and a click, by the person's own browser."""

from __future__ import annotations

import re
from typing import Any

import pytest

from codepilot.testing import ModelServer

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "printed",
    ["http://127.0.0.1:1/page", r"\033]8;;http://127.0.0.1:1/page\033\\written\033]8;;\033\\"],
    ids=["written out", "marked by the program"],
)
def test_ctrl_click_opens_a_link(place: Any, start: Any, driver: Any, printed: str) -> None:
    browser, opened = place.root / "browser", place.root / "opened"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}.new && mv {opened}.new {opened}\n')
    browser.chmod(0o755)
    with ModelServer(["Hello."]) as server:
        agent = ["--agent", str(place.agent_file(server.openai_url))]
        bench = start([*driver.TUI, *agent], OPENAI_API_KEY="k", BROWSER=f"{browser} %s")
        bench.wait_for(re.compile("free|idle"))
        bench.press("f6")
        bench.wait_for("hand back")
        bench.type(f"clear; printf 'see {printed} now\\n'\r")
        shown = "page" if "8;;" not in printed else "written"
        # Not the command itself, which is cleared away: its row would be another one.
        bench.wait_for(lambda text: f"{shown} now" in text and "printf" not in text)
        row, line = next(
            (y, text) for y, text in enumerate(bench.screen_text().splitlines()) if f"{shown} now" in text
        )
        column = line.index(f"{shown} now")
        bench.mouse("press", 1, column, row)
        bench.mouse("release", 1, column, row)
        assert not opened.exists()
        bench.mouse("press", 1, column, row, "ctrl")
        bench.mouse("release", 1, column, row, "ctrl")
        bench.wait_until(opened.exists)
        assert opened.read_text() == "http://127.0.0.1:1/page\n"
        bench.wait_for("Opened http://127.0.0.1:1/page")


@pytest.mark.parametrize("known", [True, False])
def test_underlines_of_all_kinds_reach_a_terminal_that_draws_them(
    place: Any, start: Any, driver: Any, known: bool
) -> None:
    """The others get a plain line."""
    with ModelServer(["Hello."]) as server:
        agent = ["--agent", str(place.agent_file(server.openai_url))]
        asked = {} if known else {"TEXTUAL_DISABLE_KITTY_KEY": "1"}
        bench = start([*driver.TUI, *agent], OPENAI_API_KEY="k", **asked)
        bench.wait_for(re.compile("free|idle"))
        bench.press("f6")
        bench.wait_for("hand back")
        bench.type(r"clear; printf '\033[4:3;58:2::255:10:20mcur%s\033[m \033[4mpl%s\033[m\n' ly ain" + "\r")
        bench.wait_for("curly plain")
        assert (b"4:3;58:2::255:10:20mcurly" in bytes(bench.raw)) is known
        assert re.search(rb"\x1b\[4;[\d;]*mplain", bytes(bench.raw))
