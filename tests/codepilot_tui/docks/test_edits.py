from dataclasses import replace

import pytest

from codepilot.decision import Decision, PermissionRequest, PlannedEdit
from codepilot_tui.docks.edits import EditsDock

SOON = 0.02
LONG = "".join(f"line {number}\n" for number in range(60))
TWO_CHANGES = LONG.replace("line 3\n", "LINE 3\n").replace("line 50\n", "LINE 50\nand more\n")


def edit(path="src/x.py", before="a\nb\nc\n", after="a\nB\nc\n", number="1") -> PermissionRequest:
    return PermissionRequest(
        id=number, call_id=f"c{number}", tool="edit_file", description=f"Write '{path}' (edit)", kind="edit",
        path=path, before=before, after=after, why="mode ask",
    )  # fmt: skip


STEP = replace(
    edit("src/stock.py", LONG, TWO_CHANGES),
    step=(
        PlannedEdit(path="src/stock.py", before=LONG, after=TWO_CHANGES),
        PlannedEdit(path="src/report.py", before="x\n", after="y\n"),
        PlannedEdit(path="NEWS.md", before=None, after="new\n"),
    ),
)


# -- on the screen --


@pytest.mark.parametrize("size", [(160, 48), (120, 40), (80, 24), (60, 20)])
async def test_one_edit_shows_its_whole_difference(bench, wait, screen_text, size):
    async with bench.run_test(size=size) as pilot:
        dock = EditsDock(edit(), deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready and " B" in screen_text(bench))
        text = screen_text(bench)
        for words in (
            "Change src/x.py?",
            "+1 −1",
            "allow once",
            "no, because…",
            "ready",
            "Esc later",
            "mode ask",
        ):
            assert words in text
        assert " b" in text
        assert dock.browser.diff.split == (size[0] > 100)
        for absent in ("file 1", "change 1", ", .", "< >"):
            assert absent not in text


@pytest.mark.parametrize(
    ("before", "after", "title"),
    [
        ("a\n", "b\n", "Change src/x.py?"),
        (None, "b\n", "Create src/x.py?"),
        ("a\n", None, "Delete src/x.py?"),
    ],
)
async def test_what_is_asked(bench, wait, screen_text, before, after, title):
    async with bench.run_test(size=(80, 24)) as pilot:
        bench.ask(EditsDock(edit(before=before, after=after), deaf=SOON))
        await wait(pilot, lambda: title in screen_text(bench))


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_the_name_of_a_file_far_down_is_read_before_it_is_answered(bench, wait, screen_text, size):
    name = "a_really_quite_long_name_of_a.py"
    path = "a/very/deep/path/that/goes/on/and/on/and/on/with/" + name
    async with bench.run_test(size=size) as pilot:
        dock = EditsDock(edit(path), deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready and "ready" in screen_text(bench))
        head = next(row for row in screen_text(bench).splitlines() if "Change " in row)
        assert "…" in head and "name_of_a.py?" in head and "+1 −1" in head
        await pilot.press("f5")
        await wait(pilot, lambda: path in "".join(row.strip() for row in screen_text(bench).splitlines()))
        assert "Esc later" in screen_text(bench)
        await pilot.press("f5")
        await wait(pilot, lambda: "a/very/deep/path/that/goes" not in screen_text(bench))


@pytest.mark.parametrize("size", [(160, 48), (80, 24), (60, 20)])
async def test_all_edits_of_a_step_stand_in_one_dock(bench, wait, screen_text, size):
    async with bench.run_test(size=size) as pilot:
        dock = EditsDock(STEP, deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready and "LINE 3" in screen_text(bench))
        text = screen_text(bench)
        for words in (
            "Change 3 files?",
            "+5 −3",
            "change 1 of 4",
            "allow all 3",
            "none, because…",
        ):
            assert words in text
        assert ("F5 full" in text) is (size != (60, 20)), "there it has all rows as it is"
        listed = size[0] >= 100
        assert ("○ report.py" in text) is listed
        await pilot.press("full_stop")
        await wait(pilot, lambda: "change 2 of 4" in screen_text(bench) and "LINE 50" in screen_text(bench))
        await pilot.press("full_stop")
        await wait(pilot, lambda: "change 3 of 4" in screen_text(bench))
        assert dock.browser.file == 1
        assert "○ report.py" not in screen_text(bench) and "✓" not in screen_text(bench)
        await pilot.press("comma")
        await wait(pilot, lambda: "change 2 of 4" in screen_text(bench) and "LINE 50" in screen_text(bench))
        await pilot.press(">", ">", ">")
        await wait(pilot, lambda: "change 4 of 4" in screen_text(bench) and "new" in screen_text(bench))
        await pilot.press("<")
        await wait(pilot, lambda: "change 3 of 4" in screen_text(bench))
        await pilot.press("y")
        assert bench.results == [Decision(allow=True, whole_step=True)]


async def test_the_keys_that_move_in_it(bench, wait, screen_text):
    wide = LONG.replace("line 30\n", "line 30 " + "x" * 200 + "END\n")
    async with bench.run_test(size=(100, 30)) as pilot:
        dock = EditsDock(edit("a.txt", LONG, wide), deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready and "unchanged" in screen_text(bench))
        view = dock.browser.diff
        await pilot.press("f")
        await wait(pilot, lambda: view.row_count > 55)
        await pilot.press("home")
        assert view.scroll_offset.y == 0
        await pilot.press("down", "down", "up")
        assert view.scroll_offset.y == 1
        await pilot.press("pagedown")
        assert view.scroll_offset.y > 5
        await pilot.press("pageup", "end")
        assert view.scroll_offset.y == view.max_scroll_y
        await pilot.press("right", "right", "left")
        assert view.scroll_offset.x == 8
        await pilot.press("f")
        await wait(pilot, lambda: view.row_count < 20)
        height = dock.region.height
        await pilot.press("f5")
        await wait(pilot, lambda: dock.region.height == bench.query_one("#body").region.height > height)
        assert "F5 less" in screen_text(bench)
        await pilot.press("f5")
        await wait(pilot, lambda: dock.region.height == height)
        assert bench.results == []


async def test_f5_is_offered_where_it_changes_what_is_seen_and_else_says_why_not(bench, wait, screen_text):
    """In a low window a question has all rows from the start: the key was offered, and nothing happened."""
    async with bench.run_test(size=(60, 20)) as pilot:
        dock = EditsDock(edit("a.txt", LONG, LONG.replace("line", "LINE")), deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready and "ready" in screen_text(bench))
        assert dock.region.height == bench.query_one("#body").region.height
        assert "F5" not in screen_text(bench) and "f5" not in dock.offered()
        seen = screen_text(bench)
        await pilot.press("f5")
        await pilot.pause()
        assert screen_text(bench) == seen and not dock.full
        assert bench.told == ["The question has all rows of the window. ↓ scrolls it."]
        await pilot.resize_terminal(60, 40)
        await wait(pilot, lambda: "F5 full" in screen_text(bench))
        await pilot.press("f5")
        await wait(pilot, lambda: "F5 less" in screen_text(bench))
        await pilot.resize_terminal(60, 20)
        await wait(pilot, lambda: "F5" not in screen_text(bench))
        await pilot.press("y")
        assert len(bench.told) == 1 and len(bench.results) == 1


@pytest.mark.parametrize("key", ["n", "d", "escape"])
async def test_no(bench, wait, screen_text, key):
    async with bench.run_test(size=(80, 24)) as pilot:
        dock = EditsDock(STEP, deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        await pilot.press(key)
        if key == "d":
            await pilot.press("t", "a", "b", "s", ",", ".", "enter")
        expected = {
            "n": Decision(allow=False, whole_step=True),
            "d": Decision(allow=False, reason="tabs,.", whole_step=True),
            "escape": None,
        }
        assert bench.results == [expected[key]]


async def test_what_is_shown_can_be_clicked(bench, wait, screen_text):
    async with bench.run_test(size=(160, 48)) as pilot:
        dock = EditsDock(STEP, deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready and dock.browser.list.region.width > 0)
        await pilot.click("FileList", offset=(4, 2))
        await wait(pilot, lambda: dock.ready and dock.browser.file == 2)
        await pilot.click("FileList", offset=(4, 0))
        await wait(pilot, lambda: dock.ready and dock.browser.file == 0)
        places = {place.name: place for place in dock._chips.made(160).places}
        await pilot.click("ChipRows", offset=(places[", ."].start, 0))
        await wait(pilot, lambda: "change 2 of 4" in screen_text(bench))
        await pilot.click("ChipRows", offset=(places["< >"].start, 0))
        await wait(pilot, lambda: dock.browser.file == 1)
        await pilot.click("ChipRows", offset=(places["F5"].start, 0))
        await wait(pilot, lambda: dock.full)
        await pilot.click("ChipRows", offset=(places["y"].start, 0))
        assert bench.results == [Decision(allow=True, whole_step=True)]


# -- a file that changed on the disk meanwhile --


@pytest.mark.parametrize("size", [(160, 48), (80, 24), (60, 20)])
async def test_a_file_that_changed_on_disk_is_a_conflict(bench, wait, screen_text, size):
    looked = []
    async with bench.run_test(size=size) as pilot:
        dock = EditsDock(edit("src/x.py"), look=lambda *texts: looked.append(texts), deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        await pilot.press("o")
        assert looked == []
        dock.on_disk({"src/x.py": "by hand\n"})
        await wait(pilot, lambda: "✗ x.py changed on disk since the agent read it" in screen_text(bench))
        assert "allow" not in screen_text(bench) and " no " in screen_text(bench)
        await wait(pilot, lambda: dock.ready)
        await pilot.press("y")
        assert bench.results == []
        await wait(pilot, lambda: dock.ready)
        await pilot.press("o")
        assert looked == [("src/x.py", "a\nb\nc\n", "by hand\n")]
        await pilot.press("n")
        (answer,) = bench.results
        assert not answer.allow and answer.by == "rule", "these are not the person's words"
        assert answer.reason == "src/x.py changed on disk. Read it again before changing it."


@pytest.mark.parametrize("size", [(160, 48), (60, 20)])
async def test_a_file_that_was_created_meanwhile_is_called_so_and_can_be_looked_at(
    bench, wait, screen_text, size
):
    """Found by use: it said that the agent had read it, and at 60 columns the words of `o` were cut."""
    async with bench.run_test(size=size) as pilot:
        request = replace(edit("src/x.py"), before=None)
        dock = EditsDock(request, look=lambda *texts: None, deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        dock.on_disk({"src/x.py": "by hand\n"})
        await wait(pilot, lambda: "✗ x.py was created on disk since you were asked" in screen_text(bench))
        assert "o show" in screen_text(bench) and "since the agent read it" not in screen_text(bench)
        assert "…" not in next(row for row in screen_text(bench).split("\n") if "✗ x.py" in row)


async def test_only_keys_that_do_something_are_named(bench, wait, screen_text):
    """Found by use: `f` and `w` beside two new lines."""
    async with bench.run_test(size=(160, 48)) as pilot:
        two = tuple(PlannedEdit(path=name, before=None, after="a\nb\n") for name in ("a.txt", "b.txt"))
        request = replace(edit("a.txt"), before=None, after="a\nb\n", step=two)
        dock = EditsDock(request, deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        text = screen_text(bench)
        assert "< > file" in text and not any(each in text for each in ("f fold", "w wrap"))
        assert not {"f", "w"} & dock.offered()
        assert ", . change" in text
        await pilot.press(".")
        await wait(pilot, lambda: dock.browser.file == 1)
        await pilot.press(",")
        await wait(pilot, lambda: dock.browser.file == 0)


async def test_of_several_files_the_others_can_be_allowed(bench, wait, screen_text):
    async with bench.run_test(size=(160, 48)) as pilot:
        dock = EditsDock(STEP, deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        dock.on_disk({"src/report.py": None, "src/stock.py": LONG})
        await wait(
            pilot, lambda: "✗ report.py" in screen_text(bench) and "allow the other 2" in screen_text(bench)
        )
        assert "changed on disk" not in screen_text(bench), "the file that is shown is as it was"
        await pilot.press(">")
        await wait(pilot, lambda: "✗ report.py changed on disk" in screen_text(bench))
        dock.on_disk({"src/report.py": "x\n"})
        await wait(pilot, lambda: "allow all 3" in screen_text(bench) and "✗" not in screen_text(bench))
        dock.on_disk({"src/report.py": "z\n"})
        await wait(pilot, lambda: "allow the other 2" in screen_text(bench))
        await pilot.press("y")
        assert bench.results == [Decision(allow=True, whole_step=True)]
