"""The hint "no, because…" keeps what it says, wherever it is shown and however it is chosen."""

from dataclasses import replace

import pytest

from codepilot.decision import Decision, PermissionRequest, PlannedEdit
from codepilot_tui.docks.command import CommandDock
from codepilot_tui.docks.edits import EditsDock

SOON = 0.02
COMMAND = PermissionRequest(
    id="1",
    call_id="c",
    tool="execute",
    description="Execute: git push",
    kind="command",
    command="git push",
    terminal="main",
    cwd="/home/u/shop",
    why="git push asks",
)
TYPED = replace(COMMAND, tool="send_input", description="Type: y", kind="input", command="y")
EDIT = PermissionRequest(
    id="1",
    call_id="c",
    tool="edit_file",
    description="Write 'a.py'",
    kind="edit",
    path="a.py",
    before="a\n",
    after="b\n",
    why="mode ask",
)
STEP = replace(
    EDIT,
    step=(
        PlannedEdit(path="a.py", before="a\n", after="b\n"),
        PlannedEdit(path="c.py", before=None, after="c\n"),
    ),
)
SHOWN = [
    (CommandDock, COMMAND, "no, because…"),
    (CommandDock, TYPED, "no, because…"),
    (EditsDock, EDIT, "no, because…"),
    (EditsDock, STEP, "none, because…"),
]


@pytest.mark.parametrize("size", [(160, 48), (80, 24), (60, 20)])
@pytest.mark.parametrize(
    ("kind", "request_", "hint"), SHOWN, ids=["a command", "input", "an edit", "edits of a step"]
)
@pytest.mark.parametrize("way", ["d", "a click"])
async def test_no_because_takes_words_and_refuses_with_them(
    bench, wait, screen_text, kind, request_, hint, way, size
):
    async with bench.run_test(size=size) as pilot:
        dock = kind(request_, deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready and hint in screen_text(bench))
        if way == "d":
            await pilot.press("d")
        else:
            rows = screen_text(bench).split("\n")
            at = next(number for number, row in enumerate(rows) if hint in row)
            await pilot.click(offset=(rows[at].index(hint), at))
        await wait(pilot, lambda: dock.writing and hint not in screen_text(bench))
        assert bench.results == []
        await pilot.press(*"not y")
        await wait(pilot, lambda: "not y" in screen_text(bench))
        await pilot.press("enter")
        assert bench.results == [Decision(allow=False, reason="not y", whole_step=bool(request_.step))]


async def test_the_reason_has_rows_of_its_own_as_far_as_there_is_room(bench, wait):
    async with bench.run_test(size=(100, 40)) as pilot:
        dock = CommandDock(COMMAND, deaf=SOON)
        bench.ask(dock)
        await wait(pilot, lambda: dock.ready)
        before = dock.region.height
        await pilot.press("d", *"use make")
        await wait(pilot, lambda: dock.region.height == before + 1)
        await pilot.press("ctrl+j", *"and then test")
        await wait(pilot, lambda: dock.region.height == before + 2)
        await pilot.press("escape")
        await wait(pilot, lambda: dock.region.height == before)
