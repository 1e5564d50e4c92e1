import pytest

from codepilot.decision import Decision, PermissionRequest
from codepilot_tui.modals.ask import AskModal
from codepilot_tui.modals.edit_review import EditModal, modal_for
from codepilot_tui.modals.panel import Chip
from codepilot_tui.modals.permission import PermissionModal

NEVER = 3600.0
SOON = 0.02


def command(text: str = "git push --force", **more: str) -> PermissionRequest:
    fields = {"terminal": "main", "cwd": "/home/u/shop", "why": "git push asks", **more}
    return PermissionRequest(
        id="1",
        call_id="c",
        tool="execute",
        description=f"Execute: {text}",
        kind="command",
        command=text,
        **fields,
    )


def edit(before: str | None = "a\nb\nc\n", after: str | None = "a\nB\nc\n") -> PermissionRequest:
    return PermissionRequest(
        id="2", call_id="c", tool="edit_file", description="Write 'x.py' (edit)", kind="edit", path="src/x.py",
        before=before, after=after, why="mode ask",
    )  # fmt: skip


async def test_it_says_all_that_matters(bench, wait, screen_text):
    async with bench.run_test(size=(100, 30)) as pilot:
        modal = PermissionModal(
            command(), position=2, total=3, jail="none: it runs as you", home="/home/u", deaf=NEVER
        )
        bench.ask(modal)
        await pilot.pause()
        text = screen_text(bench)
        for words in (
            "The agent asks to run a command", "2 of 3", "main in ~/shop", "git push --force",
            "rewrites a remote branch", "git push asks", "none: it runs as you", "once", "no, and say why", "wait…",
            "your draft is kept", "decide later",
        ):  # fmt: skip
            assert words in text
        for chip in modal.query(Chip):
            assert chip.has_class("-deaf")
        modal.ready = True
        await pilot.pause()
        assert "ready" in screen_text(bench)


async def test_deaf_keys_answer_nothing_and_go_on_where_they_were_meant(bench, wait):
    stray: list[str] = []
    async with bench.run_test(size=(80, 24)) as pilot:
        modal = PermissionModal(command(), deaf=NEVER, stray=stray.append)
        bench.ask(modal)
        await pilot.pause()
        await pilot.press("y", "e", "s", "space", "n", "d", "enter")
        await pilot.click("#chip-y")
        await pilot.pause()
        assert bench.results == []
        assert bench.screen is modal
        assert "".join(stray) == "yes nd"


async def test_once_ready_only_the_answer_keys_answer(bench, wait):
    async with bench.run_test(size=(80, 24)) as pilot:
        modal = PermissionModal(command(), deaf=SOON)
        bench.ask(modal)
        await wait(pilot, lambda: modal.ready)
        await pilot.press("enter", "space", "x", "Y", "e", "s", "p", "tab", "f5", "up", "down")
        await pilot.pause()
        assert bench.results == []
        await wait(pilot, lambda: modal.ready)
        await pilot.press("y")
        await pilot.pause()
        assert bench.results == [Decision(allow=True)]


async def test_a_word_typed_over_it_does_not_answer_with_its_letters(bench, wait):
    stray: list[str] = []
    async with bench.run_test(size=(80, 24)) as pilot:
        modal = PermissionModal(command(), deaf=SOON, stray=stray.append)
        bench.ask(modal)
        await wait(pilot, lambda: modal.ready)
        modal._deaf = NEVER
        await pilot.press("a", "g", "a", "i", "n")
        await pilot.pause()
        assert bench.results == []
        assert "".join(stray) == "again"


@pytest.mark.parametrize(("key", "result"), [("n", Decision(allow=False)), ("escape", None)])
async def test_no_and_later(bench, wait, key, result):
    async with bench.run_test(size=(80, 24)) as pilot:
        modal = PermissionModal(command(), deaf=SOON)
        bench.ask(modal)
        await wait(pilot, lambda: modal.ready)
        await pilot.press(key)
        await pilot.pause()
        assert bench.results == [result]


async def test_a_click_answers_when_ready(bench, wait):
    async with bench.run_test(size=(80, 24)) as pilot:
        modal = PermissionModal(command(), deaf=SOON)
        bench.ask(modal)
        await wait(pilot, lambda: modal.ready)
        await pilot.click("#chip-n")
        await pilot.pause()
        assert bench.results == [Decision(allow=False)]


async def test_escape_hides_it_even_while_it_is_deaf(bench, wait):
    async with bench.run_test(size=(80, 24)) as pilot:
        bench.ask(PermissionModal(command(), deaf=NEVER))
        await pilot.pause()
        await pilot.press("escape")
        await pilot.pause()
        assert bench.results == [None]


async def test_no_with_words(bench, wait):
    async with bench.run_test(size=(80, 24)) as pilot:
        modal = PermissionModal(command(), deaf=SOON)
        bench.ask(modal)
        await wait(pilot, lambda: modal.ready)
        await pilot.press("d", "enter", "n", "o", "y", "escape")
        assert bench.results == []
        assert not modal.typing
        await pilot.press("d", "!", "enter")
        await pilot.pause()
        assert bench.results == [Decision(allow=False, reason="noy!")]


async def test_it_is_deaf_again_when_something_above_it_was_closed(bench, wait):
    async with bench.run_test(size=(80, 24)) as pilot:
        below = PermissionModal(command(), deaf=SOON)
        bench.ask(below)
        await wait(pilot, lambda: below.ready)
        below._deaf = NEVER
        bench.ask(PermissionModal(command(), deaf=NEVER))
        await pilot.pause()
        await pilot.press("escape")
        await wait(pilot, lambda: bench.screen is below)
        await pilot.press("y")
        await pilot.pause()
        assert bench.results == [None]


async def test_a_long_command_scrolls_and_its_end_can_be_seen(bench, wait, screen_text):
    text = "\n".join(f"echo line {number}" for number in range(60)) + "\nrm -rf /tmp/x"
    async with bench.run_test(size=(80, 24)) as pilot:
        modal = PermissionModal(command(text), deaf=SOON)
        bench.ask(modal)
        await wait(pilot, lambda: modal.ready and "more lines" in screen_text(bench))
        seen = screen_text(bench)
        assert "more lines" in seen
        assert "deletes files" in seen
        assert "no, and say why" in seen
        assert "ready" in seen
        await pilot.press("end")
        await pilot.pause()
        seen = screen_text(bench)
        assert "rm -rf /tmp/x" in seen
        assert "the end" in seen


async def test_a_long_word_is_wrapped_not_cut(bench, wait, screen_text):
    text = "echo " + "".join(f"{number:04}" for number in range(50))
    async with bench.run_test(size=(80, 24)) as pilot:
        bench.ask(PermissionModal(command(text), deaf=NEVER))
        await pilot.pause()
        seen = "".join(line.strip("│ ") for line in screen_text(bench).splitlines())
        assert text.split()[1] in seen.replace(" ", "")


@pytest.mark.parametrize(
    ("request_", "heading", "shown"),
    [
        (
            PermissionRequest(id="1", call_id="c", tool="deploy", description="deploy('[b]x[/b]')"),
            "The agent asks to use deploy",
            "deploy('[b]x[/b]')",
        ),
        (
            PermissionRequest(
                id="1",
                call_id="c",
                tool="send_input",
                description="",
                kind="input",
                command="y\n",
                terminal="main",
            ),
            "The agent asks to type into a terminal",
            "y Enter",
        ),
    ],
)
async def test_other_kinds(bench, screen_text, request_, heading, shown):
    async with bench.run_test(size=(80, 24)) as pilot:
        bench.ask(PermissionModal(request_, deaf=NEVER))
        await pilot.pause()
        text = screen_text(bench)
        assert heading in text
        assert shown in text


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_an_edit_shows_its_whole_difference(bench, wait, screen_text, size):
    async with bench.run_test(size=size) as pilot:
        modal = EditModal(edit(), deaf=SOON)
        bench.ask(modal)
        await wait(pilot, lambda: modal.ready)
        text = screen_text(bench)
        for words in (
            "The agent asks to change a file",
            "src/x.py",
            "+1",
            "−1",
            "once",
            "ready",
            "decide later",
        ):
            assert words in text
        assert " b" in text and " B" in text
        assert modal._diff.split == (size[0] > 100)
        await pilot.press(
            "right_square_bracket", "left_square_bracket", "j", "k", "f", "enter", "space", "left"
        )
        await pilot.pause()
        assert bench.results == []
        await pilot.press("y")
        await pilot.pause()
        assert bench.results == [Decision(allow=True)]


async def test_an_edit_refused_with_words(bench, wait):
    async with bench.run_test(size=(80, 24)) as pilot:
        modal = EditModal(edit(None, "x\n"), deaf=SOON)
        bench.ask(modal)
        await wait(pilot, lambda: modal.ready)
        assert modal.heading == "The agent asks to create a file"
        await pilot.press("d", "n", "o", "enter")
        await pilot.pause()
        assert bench.results == [Decision(allow=False, reason="no")]


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        (command(), PermissionModal),
        (edit(), EditModal),
        (edit(None, "x"), EditModal),
        (edit("x", None), EditModal),
        (edit(None, None), PermissionModal),
    ],
)
def test_the_modal_that_fits(request_: PermissionRequest, kind: type[AskModal]):
    assert type(modal_for(request_)) is kind
