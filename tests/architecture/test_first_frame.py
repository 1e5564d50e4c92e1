"""What may not be imported before the first frame: each of these costs the person more than it gives."""

from __future__ import annotations

import json
import subprocess
import sys

FORBIDDEN = (
    "anthropic", "argon2", "codepilot.agentfile", "codepilot.events", "codepilot.hooks", "codepilot.loop",
    "codepilot.permissions", "codepilot.providers", "codepilot.runtime", "codepilot.sandbox", "codepilot.terminal.client",
    "codepilot.tools", "codepilot.workspace", "codepilot_tui.bridge", "codepilot_tui.docks", "codepilot_tui.opening",
    "codepilot_tui.pages", "codepilot_tui.popups", "codepilot_tui.screens.parts", "codepilot_tui.terminals",
    "codepilot_tui.transcript", "codepilot_tui.watcher", "codepilot_tui.widgets.chat.view", "codepilot_tui.widgets.diff",
    "codepilot_tui.widgets.files", "codepilot_tui.widgets.terminal", "difflib", "httpx", "markdown_it", "openai", "pydantic",
    "pygments.lexers.python", "ssl", "subprocess", "textual.widgets._input", "textual.widgets._markdown", "watchfiles", "yaml",
)  # fmt: skip
SCRIPT = """
import json, sys
from codepilot_tui.__main__ import parser
from codepilot_tui.app import WorkbenchApp
BARE = set(json.loads(sys.argv[1]))

class First(WorkbenchApp):
    def _open(self):
        print(json.dumps(sorted(set(sys.modules) - BARE)))
        self.exit(0)

First(parser().parse_args([])).run(headless=True)
"""
BARE = """
import json, sys
from textual.app import App
from textual.widgets import TextArea, Static

class Bare(App):
    def compose(self):
        yield Static("x")
        yield TextArea()

    def on_mount(self):
        self.call_after_refresh(self.exit)

Bare().run(headless=True)
print(json.dumps(sorted(sys.modules)))
"""


def run(script: str, *words: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_the_first_frame_waits_for_nothing_that_it_does_not_show():
    loaded = run(SCRIPT, json.dumps(run(BARE)))
    assert [
        name
        for name in loaded
        if name in FORBIDDEN or name.startswith(tuple(f"{each}." for each in FORBIDDEN))
    ] == []
