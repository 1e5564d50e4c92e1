from pathlib import Path

import pytest
from textual.app import App, ComposeResult

import codepilot_tui
from codepilot_tui.bench.jails import IN_THE_BAR
from codepilot_tui.theme import default_variables, install_themes
from codepilot_tui.transcript import Status
from codepilot_tui.widgets.chat.glyphs import ASCII
from codepilot_tui.widgets.status import Facts, Hint, StatusLine, TopBar, short_count

STYLES = Path(codepilot_tui.__file__).parent / "styles"
FACTS = Facts(
    folder="inventory", branch="main", dirty=True, mode="ask", model="claude-sonnet-4-5", jail=IN_THE_BAR
)


class Bench(App):
    CSS_PATH = [STYLES / "status.tcss"]

    def __init__(self, **more):
        super().__init__()
        install_themes(self)
        self.top = TopBar(**more)
        self.line = StatusLine(clock=lambda: 12.0, **more)
        self.got = []

    def get_theme_variable_defaults(self):
        return default_variables()

    def compose(self) -> ComposeResult:
        yield self.top
        yield self.line

    def on_top_bar_pressed(self, message):
        self.got.append(message.name)

    def on_status_line_pressed(self, message):
        self.got.append(message.name)


def text(bar):
    strip = bar.render_line(0)
    assert strip.cell_length == bar.size.width
    return strip.text.rstrip()


async def test_the_top_bar_at_full_width():
    app = Bench()
    async with app.run_test(size=(120, 10)) as pilot:
        app.top.facts = FACTS
        app.top.show(Status(tokens=12_400, window=200_000, cost=0.081))
        await pilot.pause()
        row = text(app.top)
        assert row.startswith(" ◆ codepilot   inventory   main ✱")
        assert row.endswith("ask · claude-sonnet-4-5 · shell jail off · ▰▱▱▱▱▱▱▱ 12.4k · $0.08")
        await pilot.click(TopBar, offset=(row.index("ask") + 1, 0))
        await pilot.click(TopBar, offset=(row.index("claude"), 0))
        assert app.got == ["mode", "model"]


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100])
async def test_the_mode_is_never_lost(width):
    app = Bench()
    async with app.run_test(size=(width, 10)) as pilot:
        app.top.facts = FACTS
        app.top.show(Status(tokens=12_400, window=200_000, cost=0.081))
        await pilot.pause()
        assert "ask" in text(app.top)


async def test_the_two_jails_are_told_apart():
    app = Bench()
    async with app.run_test(size=(80, 10)) as pilot:
        app.top.facts = Facts(jail=IN_THE_BAR, isolated=True)
        await pilot.pause()
        assert text(app.top).endswith("ask · shell jail off")
        app.top.facts = Facts(jail=IN_THE_BAR, isolated=False)
        await pilot.pause()
        assert text(app.top).endswith("ask · shell jail off · code jail off")


async def test_names_from_outside_are_cleaned():
    app = Bench()
    async with app.run_test(size=(120, 10)) as pilot:
        app.top.facts = Facts(folder="a\x1b[2J", branch="b\u202e", model="c\n")
        await pilot.pause()
        assert not set("\x1b\u202e\n") & set(app.top.render_line(0).text)


async def test_the_status_line_while_it_works():
    app = Bench()
    async with app.run_test(size=(120, 10)) as pilot:
        app.line.show(Status(activity="running", phase="running pytest -q", since=10.0))
        await pilot.pause()
        row = text(app.line)
        assert row[3:].startswith(
            "running pytest -q  2.0 s   Esc stop   Enter next step   Tab after this task"
        )
        assert row.endswith("Ctrl+P everything")
        assert app.line._timer is not None
        app.line.show(Status())
        assert app.line._timer is None
        assert "Enter send" in text(app.line)


async def test_what_matters_most_stays_when_narrow():
    app = Bench()
    async with app.run_test(size=(50, 10)) as pilot:
        app.line.show(Status(activity="running", phase="running " + "x" * 99, since=10.0))
        await pilot.pause()
        row = text(app.line)
        assert "running" in row and "2.0 s" in row


async def test_a_hint_can_be_clicked():
    app = Bench()
    async with app.run_test(size=(80, 10)) as pilot:
        app.line.show(Status(activity="waiting", phase="waits for your answer", since=10.0))
        await pilot.pause()
        row = text(app.line)
        assert "? waits for your answer" in row
        await pilot.click(StatusLine, offset=(1 + row.index("Esc"), 0))
        assert app.got == ["stop"]
        app.line.hints = (Hint("F6", "hand back", "take_over"),)
        assert "F6 hand back" in text(app.line)


async def test_ascii():
    app = Bench(glyphs=ASCII)
    async with app.run_test(size=(80, 10)) as pilot:
        app.top.facts = FACTS
        app.top.show(Status(tokens=10, window=100))
        app.line.show(Status(activity="thinking", phase="thinking", since=10.0))
        await pilot.pause()
        assert text(app.top).isascii() and text(app.line).isascii()


def test_counts():
    assert [short_count(n) for n in (0, 940, 12_400, 999_960, 1_234_000)] == [
        "0",
        "940",
        "12.4k",
        "1.0M",
        "1.2M",
    ]
