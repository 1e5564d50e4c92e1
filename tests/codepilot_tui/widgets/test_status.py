import importlib.util
import re
from pathlib import Path

import pytest

from codepilot_tui.bench.footer import Hint
from codepilot_tui.state import Status
from codepilot_tui.widgets.status import StatusLine, whole_seconds

_spec = importlib.util.spec_from_file_location("bar_bench", Path(__file__).with_name("bar_bench.py"))
bar_bench = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(bar_bench)
Bench, FACTS, HINTS, text = bar_bench.Bench, bar_bench.FACTS, bar_bench.HINTS, bar_bench.text


async def test_the_status_line_while_it_works():
    app = Bench()
    async with app.run_test(size=(120, 10)) as pilot:
        app.line.hints = HINTS
        app.line.show(Status(activity="running", phase="running pytest -q", since=10.0))
        await pilot.pause()
        row = text(app.line)
        assert row[3:].startswith("running pytest -q  2 s      Esc stop   Enter next step   F1 keys")
        assert app.line._timer is not None
        app.now = 62.0
        assert text(app.line).index("Esc") == row.index("Esc")
        app.line.show(Status())
        assert app.line._timer is None
        assert text(app.line).strip().startswith("○ ready   Esc stop")


@pytest.mark.parametrize(
    ("draft", "shown"),
    [
        (False, ["Esc stop", "F1 keys"]),
        (True, ["Esc stop", "Enter next step"]),
    ],
)
async def test_in_a_narrow_line_the_stop_comes_first_and_what_happens_is_shortened(draft, shown):
    words = (Hint("Enter", "next step", "send"), Hint("Tab", "after task", "after_task")) if draft else ()
    app = Bench()
    async with app.run_test(size=(60, 10)) as pilot:
        app.line.hints = (HINTS[0], *words, HINTS[-1])
        app.line.show(Status(activity="running", phase="running for i in $(seq 1 100000)", since=10.0))
        await pilot.pause()
        row = text(app.line)
        assert "running for i" in row and "2 s" in row
        assert re.split(r" {3,}", row.partition("2 s")[2].strip()) == shown


async def test_words_are_cut_only_where_there_is_no_room():
    app = Bench()
    async with app.run_test(size=(80, 10)) as pilot:
        app.line.hints = (HINTS[0], Hint("/", "commands", "palette"), HINTS[-1])
        app.line.show(Status(activity="thinking", phase="waiting to ask again, try 2 of 6", since=10.0))
        await pilot.pause()
        row = text(app.line)
        assert row[3:].startswith("waiting to ask again, try 2 of 6  2 s") and row.endswith("F1 keys")
        app.line.show(Status(activity="running", phase="running " + "x" * 99, since=10.0))
        row = text(app.line)
        assert (
            len(row) == app.line.size.width - 1
            and "x…  2 s" in row
            and row.endswith("Esc stop   / commands   F1 keys")
        )


async def test_words_that_change_by_themselves_are_painted_whole():
    app = Bench()
    async with app.run_test(size=(120, 10)) as pilot:
        app.line.hints = HINTS
        status = Status(activity="thinking", phase="waiting to ask again, try 2 of 6", since=10.0)
        status.later = (app.now + 0.5, "asking again, try 2 of 6")
        app.line.show(status)
        await pilot.pause()
        assert text(app.line)[3:].startswith("waiting to ask again, try 2 of 6  2 s")
        app.now += 1
        app.line._exchange_repaint_regions()
        app.line._on_tick()
        assert [region.width for region in app.line._exchange_repaint_regions()] == [120]
        assert text(app.line)[3:].startswith("asking again, try 2 of 6  0 s      Esc stop")


async def test_nothing_ticks_while_a_question_waits():
    app = Bench()
    async with app.run_test(size=(120, 10)) as pilot:
        app.line.show(Status(activity="running", phase="running x", since=10.0))
        app.line.show(Status(activity="waiting", phase="waits for your answer", since=10.0))
        await pilot.pause()
        assert app.line._timer is None
        assert text(app.line).strip() == "? waits for your answer"


async def test_before_the_agent_is_up():
    app = Bench()
    async with app.run_test(size=(120, 10)) as pilot:
        app.line.show(Status(), starting=True)
        await pilot.pause()
        assert text(app.line).strip() == "○ starting"


async def test_a_tick_paints_only_the_left_end():
    app = Bench()
    async with app.run_test(size=(120, 10)) as pilot:
        app.line.hints = HINTS
        app.line.show(Status(activity="running", phase="running x", since=10.0))
        await pilot.pause()
        text(app.line)
        app.line._exchange_repaint_regions()
        app.line._on_tick()
        painted = app.line._exchange_repaint_regions()
        assert [region.width for region in painted] == [text(app.line).index("Esc") - 3]


async def test_a_notice_takes_the_place_of_the_hints():
    app = Bench()
    async with app.run_test(size=(80, 10)) as pilot:
        app.line.hints = HINTS
        app.line.say("No command /x.", "warn")
        await pilot.pause()
        assert text(app.line).strip() == "○ ready   No command /x."
        assert app.line.notice == "No command /x."
        app.line.say("")
        assert "F1 keys" in text(app.line)


async def test_a_long_notice_has_the_whole_line():
    said = "One sentence that needs more of the line than hints leave to it: 67"
    app = Bench()
    async with app.run_test(size=(80, 10)) as pilot:
        app.line.show(Status(activity="running", phase="running x", since=10.0))
        app.line.say(said)
        await pilot.pause()
        assert text(app.line).strip() == said
        app.line._exchange_repaint_regions()
        app.line._on_tick()
        painted = app.line._exchange_repaint_regions()
        assert not painted, "there is no clock on the line"


async def test_what_matters_most_stays_when_narrow():
    app = Bench()
    async with app.run_test(size=(60, 10)) as pilot:
        app.line.hints = HINTS
        app.line.show(Status(activity="running", phase="running " + "x" * 99, since=10.0))
        await pilot.pause()
        row = text(app.line)
        assert "running" in row and "2 s" in row and "Esc stop" in row and "F1 keys" not in row


async def test_a_hint_can_be_clicked():
    app = Bench()
    async with app.run_test(size=(80, 10)) as pilot:
        app.line.hints = (Hint("F6", "hand back", "take_over"),)
        await pilot.pause()
        await pilot.click(StatusLine, offset=(1 + text(app.line).index("F6"), 0))
        assert app.got == ["take_over"]


def test_the_clock_has_no_fractions():
    assert [whole_seconds(n) for n in (-1, 0.4, 3.2, 50, 300)] == ["0 s", "0 s", "3 s", "50 s", "5 min"]


async def test_what_is_told_again_is_not_drawn_again():
    """The screen tells the status at each batch of events, and most of them change nothing of this row."""
    drawn = []

    class Counted(StatusLine):
        def render_line(self, y):
            drawn.append(y)
            return super().render_line(y)

    app = Bench()
    app.line = Counted(clock=lambda: app.now)
    waits = Status(activity="waiting", phase="waits for you", since=10.0)
    async with app.run_test(size=(120, 10)) as pilot:
        app.line.show(waits)
        await pilot.pause()
        drawn.clear()
        app.line.show(waits)
        await pilot.pause()
        assert drawn == []
        app.line.show(Status())
        await pilot.pause()
        assert drawn
