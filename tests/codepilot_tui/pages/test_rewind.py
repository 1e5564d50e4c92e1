"""The page of going back: each key that its foot names, over a tree and plans without a runtime."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

from codepilot.checkpoints.plan import RestorePlan, RestoreRow
from codepilot.checkpoints.replacing import State
from codepilot.errors import SessionError
from codepilot.journal.branches import PromptTree
from codepilot_tui.pages.rewind import RewindPage

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)


class Said(stage.Said):
    """As on the stage; what was asked for is noted."""

    def __init__(self):
        self.asked = []

    async def plan(self, record, overwrite=()):
        self.asked.append((record, tuple(overwrite)))
        return await super().plan(record, overwrite)


@pytest.fixture
def opened(bench, wait, screen_text):
    """Opens the page; gives it when the plan for the prompt under the cursor is there."""

    async def open_it(pilot, past):
        page = RewindPage(past, lambda over: bench.host.open(over))
        bench.look(page)
        await wait(pilot, lambda: page.list.chosen is not None)
        await wait(pilot, lambda: "reading…" not in screen_text(bench))
        return page

    return open_it


class WithoutLines(stage.Said):
    """A plan of files whose lines stay."""

    async def plan(self, record, overwrite=()):
        file, link = State("a", 0o100644), State("b", 0o120777)
        rows = (
            RestoreRow(path="run.sh", now=file, then=State("a", 0o100755)),
            RestoreRow(path="picture.png", now=file, then=State("c", 0o100644)),
            RestoreRow(path="link", now=link, then=State("d", 0o120777)),
        )
        return RestorePlan(to=record, rows=rows)


async def test_of_files_whose_lines_stay_it_is_said_what_is_another(bench, wait, screen_text, opened):
    async with bench.run_test(size=(160, 44)) as pilot:
        await opened(pilot, WithoutLines())
        await wait(pilot, lambda: "run.sh  mode changed" in screen_text(bench))
        seen = screen_text(bench)
        assert "picture.png  changed" in seen and "link  link changed" in seen and "+0" not in seen


SIZES = [(160, 44), (80, 24)]


@pytest.mark.parametrize("size", SIZES)
async def test_enter_says_what_goes_and_again_does_it(bench, wait, screen_text, opened, size):
    async with bench.run_test(size=size) as pilot:
        page = await opened(pilot, Said())
        await wait(
            pilot, lambda: page._planned is not None and "Undoes 1 prompt, 1 file" in screen_text(bench)
        )
        await pilot.press("enter")
        await wait(pilot, lambda: "Enter yes, rewind conversation and files" in screen_text(bench))
        assert not bench.results
        await pilot.press("escape")
        await wait(pilot, lambda: "Enter rewind" in screen_text(bench))
        await pilot.press("enter", "enter")
        (wanted,) = bench.results
        assert (wanted.does, wanted.prompt.record, wanted.conversation) == ("rewind", 21, True)
        assert [row.path for row in wanted.plan.changes] == ["inventory/stock.py"]


@pytest.mark.parametrize("yours", ["yours too", "keep yours"])
async def test_all_keys_have_room_at_120_columns(bench, wait, screen_text, opened, yours):
    async with bench.run_test(size=(120, 40)) as pilot:
        await opened(pilot, Said())
        await wait(pilot, lambda: "Ctrl+K yours too" in screen_text(bench))
        if yours == "keep yours":
            await pilot.press("ctrl+k")
        foot = ("Enter rewind", "Tab what: both", "→ diff", f"Ctrl+K {yours}", "Ctrl+E edit", "Ctrl+F fork")
        row = "   ".join((*foot, "Ctrl+Z redo", "Esc back"))
        await wait(pilot, lambda: row in screen_text(bench))


async def test_tab_chooses_what_goes_back(bench, wait, screen_text, opened):
    async with bench.run_test(size=(160, 44)) as pilot:
        page = await opened(pilot, Said())
        await wait(pilot, lambda: page._planned is not None)
        for word in ("conversation", "files", "both"):
            await pilot.press("tab")
            await wait(pilot, lambda word=word: f"Tab what: {word}" in screen_text(bench))
        await pilot.press("tab", "tab")
        await wait(
            pilot, lambda: "Tab what: files" in screen_text(bench) and "Undoes 1 file" in screen_text(bench)
        )
        await pilot.press("ctrl+e")
        await wait(pilot, lambda: "Tab chooses what to rewind" in screen_text(bench))
        await pilot.press("enter", "enter")
        assert [(each.does, each.conversation, each.plan is None) for each in bench.results] == [
            ("rewind", False, False)
        ]


async def test_only_the_conversation_goes_without_a_plan(bench, wait, screen_text, opened):
    async with bench.run_test(size=(160, 44)) as pilot:
        await opened(pilot, Said())
        await pilot.press("tab", "enter", "enter")
        (wanted,) = bench.results
        assert wanted.plan is None and wanted.conversation


async def test_right_shows_the_difference_and_esc_comes_back(bench, wait, screen_text, opened):
    async with bench.run_test(size=(160, 44)) as pilot:
        page = await opened(pilot, Said())
        await wait(pilot, lambda: "→ diff" in screen_text(bench))
        await pilot.press("right")
        await wait(pilot, lambda: bench.host.page is not page and "OutOfStock" in screen_text(bench))
        await pilot.press("escape")
        await wait(pilot, lambda: bench.host.page is page and "Enter rewind" in screen_text(bench))


@pytest.mark.parametrize(("key", "does"), [("ctrl+e", "edit"), ("ctrl+f", "fork")])
async def test_a_prompt_is_edited_or_forked_before(bench, wait, screen_text, opened, key, does):
    async with bench.run_test(size=(160, 44)) as pilot:
        page = await opened(pilot, Said())
        await pilot.press("up", "up")
        await wait(pilot, lambda: page.list.chosen.prompt.record == 4 and page._planned is not None)
        await pilot.press(key)
        if does == "edit":  # files would change: what goes is said first, and Esc takes it back
            yes = "Enter yes, rewind conversation and files, and edit the prompt"
            await wait(pilot, lambda: yes in screen_text(bench))
            await pilot.press("escape")
            await wait(pilot, lambda: "Ctrl+E edit" in screen_text(bench))
            assert not bench.results
            await pilot.press(key, "enter")
        (wanted,) = bench.results
        assert (wanted.does, wanted.prompt.record) == (does, 4)
        assert (wanted.plan is None, wanted.conversation) == (
            (True, False) if does == "fork" else (False, True)
        )


async def test_the_last_rewind_is_taken_back(bench, wait, screen_text, opened):
    async with bench.run_test(size=(160, 44)) as pilot:
        await opened(pilot, Said())
        await wait(pilot, lambda: "Ctrl+Z redo" in screen_text(bench))
        await pilot.press("ctrl+z")
        (wanted,) = bench.results
        assert (wanted.does, wanted.undo) == ("redo", 19)


async def test_what_the_person_changed_goes_only_where_that_is_wanted(bench, wait, screen_text, opened):
    past = Said()
    async with bench.run_test(size=(160, 44)) as pilot:
        page = await opened(pilot, past)
        await wait(pilot, lambda: "report.py  kept: you changed it since" in screen_text(bench))
        await pilot.press("ctrl+k")
        await wait(pilot, lambda: "overwrites your changes" in screen_text(bench))
        assert past.asked[-1] == (21, ("report.py",)) and "Undoes 1 prompt, 2 files" in screen_text(bench)
        await wait(pilot, lambda: "Ctrl+K keep yours" in screen_text(bench))
        await pilot.press("ctrl+k")
        await wait(pilot, lambda: "report.py  kept: you changed it since" in screen_text(bench))
        await pilot.press("ctrl+k")
        await wait(pilot, lambda: len(page._planned.changes) == 2)
        await pilot.press("enter", "enter")
        assert [len(each.plan.changes) for each in bench.results] == [2]


async def test_esc_goes_back_and_nothing_is_done(bench, wait, screen_text, opened):
    async with bench.run_test(size=(80, 24)) as pilot:
        await opened(pilot, Said())
        await wait(pilot, lambda: "Esc back" in screen_text(bench))
        await pilot.press("escape")
        assert bench.results == [None]


class Nothing(Said):
    tree_ = PromptTree((), (), 0)


class Broken(Said):
    async def plan(self, record, overwrite=()):
        raise SessionError("The journal cannot be read.")


class Same(Said):
    async def plan(self, record, overwrite=()):
        return RestorePlan(to=record, rows=())


async def test_keys_that_would_do_nothing_are_not_named(bench, wait, screen_text):
    async with bench.run_test(size=(160, 44)) as pilot:
        page = RewindPage(Nothing(), lambda over: None)
        bench.look(page)
        await wait(pilot, lambda: "Nothing was said yet." in screen_text(bench))
        assert page.offered() == {"escape"}
        await pilot.press("enter", "right", "ctrl+e", "ctrl+f", "ctrl+z", "ctrl+k")
        assert not bench.results


async def test_no_diff_and_nothing_to_keep_where_no_file_is_another(bench, wait, screen_text, opened):
    async with bench.run_test(size=(160, 44)) as pilot:
        page = await opened(pilot, Same())
        await wait(pilot, lambda: "No files have changed since then." in screen_text(bench))
        assert {"right", "ctrl+k"}.isdisjoint(page.offered())
        await pilot.press("right", "ctrl+k")
        await pilot.pause()
        assert bench.host.page is page


async def test_where_there_is_no_plan_it_is_said_and_the_conversation_can_go(
    bench, wait, screen_text, opened
):
    async with bench.run_test(size=(160, 44)) as pilot:
        await opened(pilot, Broken())
        await wait(pilot, lambda: "The journal cannot be read." in screen_text(bench))
        await pilot.press("enter", "enter")
        assert [each.plan for each in bench.results] == [None]


async def test_a_command_during_which_the_program_ended_is_named(bench, wait, screen_text, opened):
    """Found by use: the page said that no file had changed."""

    class Cut(Said):
        async def plan(self, record, overwrite=()):
            return RestorePlan(to=record, rows=(), commands=("make it",), unseen=("make it",))

    async with bench.run_test(size=(160, 44)) as pilot:
        await opened(pilot, Cut())
        await wait(pilot, lambda: "The program ended during or right after these" in screen_text(bench))
        assert "No files are known to have changed since then." in screen_text(bench)


async def test_commands_that_are_not_named_are_counted(bench, wait, screen_text, opened):
    """Found by use: the first of six was missing without a word."""

    class Busy(Said):
        async def plan(self, record, overwrite=()):
            plan = await super().plan(record, overwrite)
            return replace(plan, commands=tuple(f"make part-{n}." for n in range(14)))

    async with bench.run_test(size=(160, 44)) as pilot:
        await opened(pilot, Busy())
        await wait(pilot, lambda: "make part-13." in screen_text(bench))
        assert "and 2 more before these" in screen_text(bench)
        assert "make part-2." in screen_text(bench) and "make part-1." not in screen_text(bench)


async def test_the_command_that_brings_gits_head_back_is_named(bench, wait, screen_text, opened):
    """Found by use: the agent had committed, and no word of it stood there."""

    class Committed(Said):
        async def plan(self, record, overwrite=()):
            return replace(await super().plan(record, overwrite), head="git reset --soft eb9588c0aaaa")

    async with bench.run_test(size=(160, 44)) as pilot:
        await opened(pilot, Committed())
        await wait(pilot, lambda: "git reset --soft eb9588c0aaaa" in screen_text(bench))
        assert "Git's HEAD was moved and stays. To bring it back:" in screen_text(bench)
