import importlib.util
from pathlib import Path

import pytest

from codepilot_tui.state import Status
from codepilot_tui.widgets.top_bar import BarFacts, PaneTab, TopBar, short_count

_spec = importlib.util.spec_from_file_location("bar_bench", Path(__file__).with_name("bar_bench.py"))
bar_bench = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(bar_bench)
Bench, FACTS, HINTS, text = bar_bench.Bench, bar_bench.FACTS, bar_bench.HINTS, bar_bench.text


async def test_the_top_bar_at_full_width():
    app = Bench()
    async with app.run_test(size=(140, 10)) as pilot:
        app.top.facts = FACTS
        app.top.show(Status(tokens=12_400, window=200_000, cost=0.081))
        await pilot.pause()
        row = text(app.top)
        assert row.startswith(" ◆ codepilot   inventory   main ✱")
        assert row.endswith("mode ask · claude-sonnet-4-5 · shell jail off · ▰▱▱▱▱▱▱▱ 12.4k of 200k · $0.08")


async def test_where_the_window_is_unknown_the_figure_has_its_unit():
    """It was a bare "9.1k" that explained nothing."""
    app = Bench()
    async with app.run_test(size=(140, 10)) as pilot:
        app.top.facts = FACTS
        app.top.show(Status(tokens=9_100))
        await pilot.pause()
        assert text(app.top).endswith("shell jail off · 9.1k tokens")


async def test_only_what_does_something_can_be_clicked():
    app = Bench()
    async with app.run_test(size=(140, 10)) as pilot:
        app.top.facts = FACTS
        app.top.show(Status(tokens=12_400, window=200_000, cost=0.081))
        await pilot.pause()
        row = text(app.top)
        for column in range(len(row)):
            await pilot.click(TopBar, offset=(column, 0))
        assert set(app.got) == {"model"}
        assert len(app.got) == len("claude-sonnet-4-5")


async def test_the_panes_are_tabs_where_there_is_no_room():
    app = Bench()
    async with app.run_test(size=(60, 10)) as pilot:
        app.top.facts = FACTS
        app.top.tabs = (
            PaneTab("focus_chat", "chat", True),
            PaneTab("focus_files", "files"),
            PaneTab("focus_terminal", "terminal ?", asks=True),
        )
        await pilot.pause()
        row = text(app.top)
        assert row.startswith(" chat   files   terminal ?")
        await pilot.click(TopBar, offset=(row.index("files") + 1, 0))
        await pilot.click(TopBar, offset=(row.index("terminal"), 0))
        assert app.got == ["focus_files", "focus_terminal"]


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100])
async def test_the_mode_is_never_lost(width):
    app = Bench()
    async with app.run_test(size=(width, 10)) as pilot:
        app.top.facts = FACTS
        app.top.show(Status(tokens=12_400, window=200_000, cost=0.081))
        await pilot.pause()
        assert "mode ask" in text(app.top)


@pytest.mark.parametrize(
    ("width", "right"),
    [
        (80, "mode ask · scripted · shell jail off"),
        (60, "mode ask · shell jail off"),
        (40, "mode ask"),
    ],
)
async def test_tokens_and_model_give_way_before_what_keeps_the_person_safe(width, right):
    app = Bench()
    async with app.run_test(size=(width, 10)) as pilot:
        app.top.facts = BarFacts(folder="inventory", mode="ask", model="scripted", jail="shell jail off")
        app.top.tabs = tuple(PaneTab(f"focus_{name}", name) for name in ("chat", "files", "terminal ○"))
        app.top.show(Status(tokens=3_200))
        await pilot.pause()
        assert text(app.top).removeprefix(" chat   files   terminal ○").lstrip() == right


async def test_a_missing_code_jail_is_said():
    app = Bench()
    async with app.run_test(size=(80, 10)) as pilot:
        app.top.facts = BarFacts(mode="ask", jail="shell jail off", isolated=False)
        await pilot.pause()
        assert "shell jail off · code jail off" in text(app.top)


async def test_names_from_outside_are_cleaned():
    app = Bench()
    async with app.run_test(size=(120, 10)) as pilot:
        app.top.facts = BarFacts(folder="a\x1b[2J", branch="b\u202e", model="c\n", mode="ask\x1b")
        app.line.say("d\x1b[2J\u202e")
        await pilot.pause()
        assert not set("\x1b\u202e\n") & set(app.top.render_line(0).text + app.line.render_line(0).text)


def test_counts():
    counts = [short_count(n) for n in (0, 940, 12_400, 200_000, 999_960, 1_234_000)]
    assert counts == ["0", "940", "12.4k", "200k", "1M", "1.2M"]
