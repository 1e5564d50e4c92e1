"""What fills the model's window, as the person sees it."""

import time

import pytest

from codepilot.context.report import ContextEntry, ContextReport
from codepilot.messages import Usage
from codepilot_tui.pages.context import ContextPage, Wishes, entry_row, note_of, parts_of
from codepilot_tui.theme import load_theme


def entry(message, kind, label, tokens, left_out=False):
    return ContextEntry(message=message, kind=kind, label=label, tokens=tokens, left_out=left_out)


ENTRIES = (
    entry(9, "summary", "Of messages 1 to 8", 1_200),
    entry(10, "words", "Fix the failing test", 400),
    entry(11, "reply", "I look.", 900),
    entry(12, "result", "stock.py", 2_000),
    entry(14, "result", "pytest -q", 40, left_out=True),
)


def report(entries=ENTRIES, **changes):
    given = {
        "window": 200_000,
        "room": 190_000,
        "used": sum(each.tokens for each in entries),
        "system": 3_100,
        "tools": 2_200,
        "counted": True,
        "entries": entries,
        "summarised": 8,
        "usage": Usage(input_tokens=50_000, output_tokens=2_000, cache_read=46_000),
        "cost": 0.14,
    }
    return ContextReport(**(given | changes))


class Asked:
    def __init__(self):
        self.asked, self.idle = [], True
        self.wishes = Wishes(
            lambda message, title: self.asked.append(("show", message, title)),
            lambda message: self.asked.append(("leave out", message)),
            lambda: self.asked.append("compact"),
            lambda: self.idle,
        )


def test_the_note_says_how_full_it_is_what_it_cost_and_what_came_from_the_cache():
    assert note_of(report()) == "7.6k of 200k · $0.14 · cache 92 %"
    assert (
        note_of(report(window=0, counted=False, cost=None))
        == "about 7.6k tokens · price unknown · cache 92 %"
    )
    assert note_of(report((), usage=Usage(), summarised=0)) == "3.1k of 200k"


def test_each_part_has_its_size_and_what_it_consists_of():
    assert parts_of(report()) == [
        ("rules and tools", 3_100, "tools 2.2k"),
        ("summary", 1_200, "of the first 8 messages"),
        ("your words", 400, "1 message"),
        ("replies", 900, "1 reply"),
        ("results", 2_040, "2 results, 1 left out"),
    ]
    assert [name for name, _, _ in parts_of(report((), summarised=0))] == [
        *("rules and tools", "your words", "replies", "results"),
    ]


def test_the_summary_says_when_it_was_made():
    now = time.time()
    said = parts_of(report(cut_at=now))[1][2]
    assert said == f"of the first 8 messages, cut at {time.strftime('%H:%M', time.localtime(now))}"
    then = time.mktime((2024, 3, 1, 14, 10, 0, 0, 0, -1))
    assert parts_of(report(cut_at=then))[1][2] == "of the first 8 messages, cut at 2024-03-01 14:10"
    assert "cut at" not in str(parts_of(report(cut_at=now, summarised=0)))


@pytest.mark.parametrize("width", [120, 80, 40])
def test_a_row_is_exactly_as_wide_as_asked_and_holds_nothing_raw(width):
    for each in (None, *ENTRIES, entry(15, "result", "a\x1b[31m" + "long " * 90, 12)):
        strip = entry_row(each, 3_100, width, load_theme("dusk"), True)
        assert strip.cell_length == width and "\x1b" not in strip.text


@pytest.mark.parametrize("size", [(120, 34), (80, 24), (60, 20)])
async def test_the_largest_comes_first_and_the_keys_do_what_they_say(bench, wait, screen_text, size):
    asked = Asked()
    async with bench.run_test(size=size) as pilot:
        page = ContextPage(report(), asked.wishes)
        bench.look(page)
        await wait(pilot, lambda: "7.6k of 200k" in screen_text(bench) and "results" in screen_text(bench))
        text = screen_text(bench)
        assert (
            text.index("stock.py")
            < text.index("Of messages")
            < text.index("Fix the")
            < text.index("left out:")
        )
        assert "Del" not in text and "Ctrl+K" in text and "▰▰▰▰" in text
        await pilot.press("enter")
        await pilot.press("delete")  # not of the rules
        await pilot.press("down")
        await wait(pilot, lambda: "Del" in screen_text(bench))
        assert "delete" in page.offered()
        await pilot.press("delete", "enter", "ctrl+k")
        assert asked.asked == [
            ("show", 0, "Rules and tools"),
            ("leave out", 12),
            ("show", 12, "Message 12: result"),
            "compact",
        ]
        asked.idle = False
        page.keys_changed()
        await wait(pilot, lambda: "Del" not in screen_text(bench))
        await pilot.press("delete")
        assert len(asked.asked) == 4
        await pilot.press("escape")
        assert bench.results == [None]


async def test_the_cursor_stays_with_its_message_when_others_come(bench, wait, screen_text):
    async with bench.run_test(size=(80, 24)) as pilot:
        page = ContextPage(report(), Asked().wishes)
        bench.look(page)
        await wait(pilot, lambda: page.rows.size.height > 0)
        await pilot.press("down", "down")
        assert page.rows.chosen.message == 9
        page.show(report((*ENTRIES, entry(16, "result", "large", 9_000)), summarised=8))
        assert page.rows.chosen.message == 9
        await wait(pilot, lambda: "16.6k of 200k" in screen_text(bench))
        page.show(report(()))
        assert page.rows.chosen is None
