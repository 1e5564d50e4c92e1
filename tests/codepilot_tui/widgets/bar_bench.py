"""The top bar and the status line by themselves, for the tests of both."""

from __future__ import annotations

from pathlib import Path

from textual.app import App, ComposeResult

import codepilot_tui
from codepilot_tui.bench.footer import Hint
from codepilot_tui.theme import install_themes
from codepilot_tui.widgets.status import StatusLine
from codepilot_tui.widgets.top_bar import BarFacts, TopBar

STYLES = Path(codepilot_tui.__file__).parent / "styles"
FACTS = BarFacts(
    folder="inventory",
    branch="main",
    dirty=True,
    mode="ask",
    model="claude-sonnet-4-5",
    jail="shell jail off",
)
HINTS = (Hint("Esc", "stop", "back"), Hint("Enter", "next step", "send"), Hint("F1", "keys", "help"))


class Bench(App):
    CSS_PATH = [STYLES / "status.tcss"]

    def __init__(self):
        super().__init__()
        install_themes(self)
        self.now = 12.0
        self.top = TopBar()
        self.line = StatusLine(clock=lambda: self.now)
        self.got = []

    def compose(self) -> ComposeResult:
        yield self.top
        yield self.line

    def on_action_clicked(self, message):
        self.got.append(message.action)


def text(bar):
    strip = bar.render_line(0)
    assert strip.cell_length == bar.size.width
    return strip.text.rstrip()
