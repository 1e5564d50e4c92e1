"""The rules that all docks share."""

import pytest
from textual import events
from textual.widgets import Input, Static

from codepilot.decision import PermissionRequest
from codepilot_tui.docks.base import Dock
from codepilot_tui.docks.command import CommandDock
from codepilot_tui.docks.dock_host import dock_rows
from codepilot_tui.docks.paint import Choice
from codepilot_tui.keyboard import InputTranslator

NEVER = 3600.0
SOON = 0.02


class Asking(Dock[str]):
    title = "May it?"
    choices = (Choice("y", "yes", "ok"), Choice("n", "no", "bad"))

    def __init__(self, rows: int = 3, deaf: float = SOON) -> None:
        super().__init__(deaf=deaf)
        self._rows = rows

    def body(self):
        yield Static("\n".join(f"body {n}" for n in range(self._rows)), classes="dock-body")

    def body_rows(self, width):
        return self._rows

    def choose(self, key):
        self.finish(key)


class Wide(Asking):
    wide = True


async def test_it_stands_above_the_composer_in_the_chats_columns(bench, wait, screen_text):
    async with bench.run_test(size=(160, 40)) as pilot:
        dock = Asking()
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        chat = bench.query_one("#chat")
        assert dock.region.x == chat.region.x == 28
        assert dock.region.width == chat.region.width
        assert dock.region.bottom == bench.query_one("#composer").region.y
        assert chat.region.bottom == dock.region.y
        assert bench.query_one("#files").region.bottom == dock.region.bottom
        assert dock.region.height == 1 + 1 + 3 + 1
        text = screen_text(bench)
        assert "May it?" in text and "ready" in text and "Esc later" in text and "body 2" in text


@pytest.mark.parametrize(("size", "kind"), [((100, 30), Asking), ((160, 40), Wide)])
async def test_it_takes_all_columns_where_it_needs_them(bench, wait, size, kind):
    async with bench.run_test(size=size) as pilot:
        dock = kind()
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        assert dock.region.x == 0
        assert dock.region.width == size[0]
        for pane in ("#files", "#chat", "#term"):
            assert bench.query_one(pane).region.bottom == dock.region.y


async def test_it_follows_the_window(bench, wait):
    async with bench.run_test(size=(160, 40)) as pilot:
        dock = Asking(rows=50)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        assert dock.region.height == 24
        await pilot.resize_terminal(80, 24)
        await wait(pilot, lambda: dock.region.width == 80)
        assert dock.region.height == 16
        assert bench.query_one("#chat").region.height == 3


@pytest.mark.parametrize(
    ("wanted", "screen", "body", "share", "full", "rows"),
    [
        (8, 48, 42, 0.6, False, 8),
        (60, 48, 42, 0.6, False, 28),
        (60, 48, 42, 0.7, False, 33),
        (60, 24, 19, 0.6, False, 16),
        (60, 20, 15, 0.6, False, 15),
        (5, 20, 15, 0.6, False, 5),
        (5, 48, 42, 0.6, True, 42),
    ],
)
def test_how_many_rows_it_gets(wanted, screen, body, share, full, rows):
    assert dock_rows(wanted, screen, body, share, full=full) == rows


async def test_the_answers_are_deaf_at_first_and_the_letters_go_on(bench, wait):
    async with bench.run_test(size=(100, 30)) as pilot:
        bench.query_one("#composer").focus()
        await pilot.pause()
        dock = Asking(deaf=NEVER)
        bench.ask(dock)
        await wait(pilot, lambda: bench.focused is dock)
        await pilot.press("y", "e", "s", "enter", "space")
        assert bench.results == []
        assert "".join(bench.strays) == "yes "
        await pilot.press("escape")
        assert bench.results == [None]
        assert bench.focused is bench.query_one("#composer")


async def test_each_letter_of_a_word_begins_the_deaf_time_anew(bench, wait):
    """Else the "y" of a word would answer that began before the dock opened and goes on for longer."""
    async with bench.run_test(size=(100, 30)) as pilot:
        dock = Asking(deaf=NEVER)
        bench.ask(dock)
        await wait(pilot, lambda: dock.arming.state == "wait" and bench.focused is dock)
        await pilot.pause()
        dock.arming.deaf = SOON  # for the time that begins next
        await pilot.press("b")
        await wait(pilot, lambda: dock.ready)
        dock.arming.deaf = NEVER
        dock.arm()
        assert not dock.ready
        await pilot.press("y")
        assert bench.results == []


async def test_a_paste_over_a_dock_is_no_answer_and_makes_it_deaf_again(bench, wait):
    async with bench.run_test(size=(100, 30)) as pilot:
        dock = Asking()
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        dock.arming.deaf = NEVER
        dock.post_message(events.Paste("y"))
        await pilot.press("y")
        assert bench.results == []
        assert not dock.ready


async def test_only_its_keys_answer_and_a_strange_letter_makes_it_deaf_again(bench, wait, screen_text):
    async with bench.run_test(size=(100, 30)) as pilot:
        dock = Asking()
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        await pilot.press("enter", "space", "f4", "tab", "up")
        assert bench.results == []
        dock.arming.deaf = NEVER
        await pilot.press("x", "y")
        assert bench.results == []
        assert "wait…" in screen_text(bench)
        dock.arming.deaf = SOON
        dock.arm()
        await wait(pilot, lambda: dock.ready)
        await pilot.press("y", "y", "n")
        assert bench.results == ["y"]
        assert not bench.host.display


async def test_clicks_answer_when_it_is_ready_and_bring_the_keyboard_back(bench, wait):
    async with bench.run_test(size=(100, 30)) as pilot:
        dock = Asking()
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        await pilot.click("#composer")
        assert dock.arming.state == "away"
        dock.arming.deaf = NEVER
        await pilot.click("HeadRow", offset=(3, 0))
        assert bench.focused is dock and dock.ready
        await pilot.click("#composer")
        await pilot.click("ChipRows", offset=(3, 0))
        assert bench.results == ["y"]


@pytest.mark.parametrize("focus", [True, False])
async def test_a_click_on_what_has_come_up_a_moment_ago_answers_nothing(bench, wait, focus):
    """It was meant for what stood there before, also where a draft keeps the keyboard."""
    async with bench.run_test(size=(100, 30)) as pilot:
        bench.query_one("#composer").focus()
        await pilot.pause()
        dock = Asking(deaf=NEVER)
        bench.host.open(dock, bench.results.append, focus=focus)
        await wait(pilot, lambda: dock.arming.state == ("wait" if focus else "away"))
        await pilot.pause()
        for _ in range(2):
            await pilot.click("ChipRows", offset=(3, 0))
        assert bench.results == [] and dock.arming.state == "wait"
        dock.arming.deaf = SOON
        bench.query_one("#composer").focus()
        await wait(pilot, lambda: dock.arming.seen)
        assert dock.arming.state == "away"
        await pilot.click("ChipRows", offset=(3, 0))
        assert bench.results == ["y"]


async def test_a_click_on_what_has_come_up_a_moment_ago_begins_its_deaf_time_anew(bench, wait):
    """Of a series of clicks that was begun before it came, none answers."""
    async with bench.run_test(size=(100, 30)) as pilot:
        dock = Asking(deaf=NEVER)
        bench.ask(dock)
        await wait(pilot, lambda: dock.arming.state == "wait")
        await pilot.pause()
        dock.arming.deaf = SOON
        await pilot.click("ChipRows", offset=(3, 0), button=3)
        assert dock.arming.state == "wait"
        await pilot.mouse_down("ChipRows", offset=(3, 0))
        await wait(pilot, lambda: dock.ready)
        await pilot.mouse_up("ChipRows", offset=(3, 0))
        await pilot.pause()
        assert bench.results == []  # the button was held until the answers were not deaf any more
        await pilot.click("ChipRows", offset=(3, 0))
        assert bench.results == ["y"]


async def test_one_that_was_covered_has_to_stand_there_anew(bench, wait):
    async with bench.run_test(size=(100, 30)) as pilot:
        first, second = Asking(), Asking()
        bench.ask(first)
        await wait(pilot, lambda: first.ready)
        bench.ask(second)
        await wait(pilot, lambda: second.ready)
        first.arming.deaf = NEVER
        await pilot.press("y")
        await wait(pilot, lambda: bench.host.dock is first and first.arming.state == "wait")
        await pilot.pause()
        await pilot.click(first.query_one("ChipRows"), offset=(3, 0))
        assert bench.results == ["y"]


async def test_leaving_it_is_a_peek(bench, wait, screen_text):
    async with bench.run_test(size=(100, 30)) as pilot:
        dock = Asking()
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        await pilot.click("#composer")
        await pilot.press("y")
        assert bench.results == []
        assert bench.query_one("#composer").value == "y"
        assert "Ctrl+O answer" in screen_text(bench)
        assert bench.host.recall()
        assert dock.ready, "the person asked for it"
        await wait(pilot, lambda: dock.ready)
        await pilot.press("n")
        assert bench.results == ["n"]
        assert bench.focused is None or bench.focused is bench.query_one("#composer")


async def test_another_one_comes_first_and_this_one_comes_back_deaf(bench, wait):
    async with bench.run_test(size=(100, 30)) as pilot:
        first, second = Asking(), Asking()
        bench.ask(first)
        await wait(pilot, lambda: first.ready)
        bench.ask(second)
        await wait(pilot, lambda: second.ready)
        assert not first.display
        first.arming.deaf = NEVER
        await pilot.press("n")
        await wait(pilot, lambda: bench.focused is first)
        assert bench.results == ["n"]
        assert first.display
        assert not first.ready
        await pilot.press("y")
        assert bench.results == ["n"]


@pytest.mark.parametrize("gone", ["removed", "disabled"])
async def test_the_keyboard_goes_home_where_the_place_it_came_from_takes_it_no_more(bench, wait, gone):
    async with bench.run_test(size=(100, 30)) as pilot:
        place = Input()
        await bench.mount(place)
        place.focus()
        await wait(pilot, lambda: bench.focused is place)
        dock = Asking()
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        if gone == "removed":
            await place.remove()
        else:
            place.disabled = True
        await pilot.press("y")
        assert bench.results == ["y"]
        assert bench.focused is bench.query_one("#composer")


async def test_the_keyboard_stays_where_the_person_went_from_a_question_that_ends(bench, wait):
    async with bench.run_test(size=(100, 30)) as pilot:
        elsewhere = Input()
        await bench.mount(elsewhere)
        bench.query_one("#composer").focus()
        await pilot.pause()
        dock = Asking()
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        elsewhere.focus()
        await wait(pilot, lambda: bench.focused is elsewhere)
        dock.finish(None)
        await wait(pilot, lambda: not dock.is_attached)
        assert bench.focused is elsewhere


async def test_a_key_in_it_does_not_lay_the_screen_out(bench, wait):
    async with bench.run_test(size=(100, 30)) as pilot:
        dock = Asking()
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        await pilot.pause()
        layouts = []
        bench.screen.screen_layout_refresh_signal.subscribe(bench, layouts.append)
        dock.arming.deaf = NEVER
        await pilot.press("x")
        assert not dock.ready
        dock.arming.deaf = SOON
        dock.arm()
        await wait(pilot, lambda: dock.ready)
        await pilot.pause()
        assert layouts == []


async def test_a_question_that_waits_writes_nothing(bench, wait):
    async with bench.run_test(size=(100, 30)) as pilot:
        dock = Asking()
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        await pilot.pause()
        assert not bench.screen._compositor._dirty_regions
        assert not list(dock._timers) or all(timer._active is None for timer in dock._timers)


async def test_what_is_typed_at_once_after_it_opened_answers_nothing_below(bench, wait):
    async with bench.run_test(size=(100, 30)) as pilot:
        bench.query_one("#composer").focus()
        await pilot.pause()
        dock = Asking(deaf=NEVER)
        bench.ask(dock)
        for character in "yes":
            bench.post_message(events.Key(character, character))
        await wait(pilot, lambda: "".join(bench.strays) == "yes")
        assert bench.query_one("#composer").value == ""


async def test_one_that_is_asked_for_before_it_stands_gets_the_keyboard(bench, wait):
    """It is opened beside a draft without the keyboard, and the key that asks for it comes a moment later."""
    async with bench.run_test(size=(100, 30)) as pilot:
        bench.screen.set_focus(bench.query_one("#composer"))
        dock = Asking()
        bench.host.open(dock, bench.results.append, focus=False)
        assert not dock.is_mounted and bench.host.recall()
        await wait(pilot, lambda: dock.ready and dock.holds_focus)
        await pilot.press("y")
        assert bench.results == ["y"]


async def test_a_reason_that_comes_in_one_piece_loses_no_letter(bench, wait):
    """ "don't do that" opened the field of "no, because…", which then said "on't do that"."""
    async with bench.run_test(size=(120, 40)) as pilot:
        request = PermissionRequest(
            id="1", call_id="1", tool="execute", description="Execute: x", kind="command", command="x"
        )
        asked = CommandDock(request, deaf=0)
        bench.ask(asked)
        await wait(pilot, lambda: asked.ready)
        for each in InputTranslator().feed(b"don't do that"):
            bench.post_message(each)
        await wait(pilot, lambda: "".join(bench.strays) == "don't do that")
        assert bench.results == [] and not asked.writing


async def test_only_its_first_end_counts(bench, wait):
    async with bench.run_test(size=(100, 30)) as pilot:
        dock = Asking()
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        dock.finish("y")
        dock.finish("n")
        await wait(pilot, lambda: not dock.is_attached)
        assert bench.results == ["y"]


async def test_a_click_on_esc_puts_it_off_though_its_answers_are_deaf(bench, wait):
    async with bench.run_test(size=(100, 30)) as pilot:
        dock = Asking(deaf=NEVER)
        bench.ask(dock)
        await wait(pilot, lambda: dock.arming.state == "wait")
        await pilot.pause()
        chips = dock.query_one("ChipRows")
        place = next(place for place in chips.made(chips.size.width).places if place.name == "Esc")
        await pilot.click(chips, offset=(place.start + 1, place.row))
        assert bench.results == [None]


async def test_a_button_that_goes_down_on_one_without_the_keyboard_arms_nothing(bench, wait):
    """Such as on one that was answered by a key, and still stands on the screen."""
    async with bench.run_test(size=(100, 30)) as pilot:
        dock = Asking()
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        bench.query_one("#composer").focus()
        await wait(pilot, lambda: dock.arming.state == "away")
        dock.on_mouse_down(events.MouseDown(dock, 3, 3, 0, 0, 1, False, False, False))
        assert dock.arming.state == "away"


async def test_one_that_was_asked_for_and_is_covered_comes_back_deaf(bench, wait):
    """The wish of the person was for the moment in which it was asked for."""
    async with bench.run_test(size=(100, 30)) as pilot:
        bench.query_one("#composer").focus()
        await pilot.pause()
        first, second = Asking(deaf=NEVER), Asking()
        bench.host.open(first, bench.results.append, focus=False)
        first.asked_for()
        bench.ask(second)
        await wait(pilot, lambda: second.ready)
        await pilot.press("n")
        await wait(pilot, lambda: bench.focused is first)
        assert bench.results == ["n"] and not first.ready
