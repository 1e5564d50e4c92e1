"""The page of sessions, over sessions on the disk."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from codepilot.journal.library import find_session
from codepilot.journal.overview import overview_of
from codepilot.sessions.journal import JournalSession
from codepilot_tui.bench.session_rows import age, rows_of
from codepilot_tui.pages.session_rows import session_row
from codepilot_tui.pages.sessions import SessionsPage
from codepilot_tui.session_store import SessionStore
from codepilot_tui.theme import load_theme

NOW = 1_790_000_000.0


def keep(name, words, folder, *, hours=1.0, reply="I reproduced it."):
    session = JournalSession(name, "Agent", work_dir=folder)
    session.log.append("task_started", {"task": words, "number": 1})
    session.log.append("message_stored", {"role": "user", "text": words, "kind": "task"})
    session.log.append("step_started", {"step": 1, "max_steps": 9})
    session.log.append("message_stored", {"role": "assistant", "text": reply, "kind": "reply"})
    session.log.append("task_finished", {"status": "replied", "summary": "", "steps": 1})
    session.close()
    os.utime(session.path, (NOW - hours * 3600,) * 2)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder, elsewhere = tmp_path / "work", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    keep("one", "Fix the stock", folder, hours=1)
    keep("two", "Write the report", folder, hours=30, reply="It counts the *shortages* now.")
    keep("three", "Look at the docs", elsewhere, hours=50)
    return folder


@pytest.fixture
def page(work):
    open_in = {}
    made = SessionsPage(SessionStore(work), lambda name: open_in.get(name, 0), clock=lambda: NOW)
    made.open_in = open_in
    return made


def ids(page):
    return [row.id for row in page.list.rows]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "now"), (150, "2 min"), (3 * 3600, "3 h"), (24 * 3600, "yesterday"), (40 * 86_400, "2026-08-12")],
)
def test_an_age_is_said_shortly(seconds, words):
    assert age(NOW - seconds, NOW) == words
    assert age(NOW - 3 * 86_400, NOW) == time.strftime("%a", time.localtime(NOW - 3 * 86_400))


@pytest.mark.parametrize("width", [160, 80, 40, 20])
def test_a_row_is_exactly_as_wide_as_asked(work, width):
    (row,) = rows_of([overview_of(find_session("one"))], "stock", {})
    strip = session_row(row, width, load_theme("dusk"), "stock", at_cursor=True, tab=0, now=NOW)
    assert strip.cell_length == width
    assert width < 80 or ("Fix the stock" in strip.text and "done" in strip.text and "1 h" in strip.text)


async def test_the_sessions_of_this_folder_and_then_those_of_all(bench, wait, screen_text, page):
    async with bench.run_test(size=(120, 30)) as pilot:
        bench.look(page)
        await wait(pilot, lambda: ids(page) == ["one", "two"] and "2 · this folder" in screen_text(bench))
        await wait(pilot, lambda: "I reproduced it." in screen_text(bench))
        await pilot.press("tab")
        await wait(pilot, lambda: ids(page) == ["one", "two", "three"])
        assert "3 · all folders" in screen_text(bench)


async def test_words_find_titles_at_once_and_messages_a_moment_later(bench, wait, screen_text, page):
    async with bench.run_test(size=(120, 30)) as pilot:
        bench.look(page)
        await wait(pilot, lambda: ids(page) == ["one", "two"])
        await pilot.press(*"report")
        await wait(pilot, lambda: ids(page) == ["two"])
        page.field.value = "shortages"
        await wait(pilot, lambda: ids(page) == ["two"] and page.list.rows[0].hit)
        await wait(pilot, lambda: "… " in screen_text(bench) and "1 of 2 · this folder" in screen_text(bench))
        page.field.value = "nothing like it"
        await wait(pilot, lambda: "No session has these words." in screen_text(bench))
        await pilot.press("enter", "escape")
        await wait(pilot, lambda: ids(page) == ["one", "two"])
        await pilot.press("down", "enter")
        assert [each.id for each in bench.results] == ["two"]


async def test_a_session_is_renamed_and_esc_leaves_its_name(bench, wait, screen_text, page):
    async with bench.run_test(size=(120, 30)) as pilot:
        bench.look(page)
        await wait(pilot, lambda: page.list.count == 2)
        await pilot.press("f2")
        await wait(pilot, lambda: page.entry.field.has_focus and "Enter rename" in screen_text(bench))
        await pilot.press(*" again", "escape")
        await wait(pilot, lambda: page.field.has_focus and not page.entry.asks)
        assert not bench.results and overview_of(find_session("one")).figures.title == ""
        await pilot.press("f2")
        await wait(pilot, lambda: page.entry.field.has_focus)
        page.entry.field.value = "Stock below zero"
        await pilot.press("enter")
        await wait(pilot, lambda: "Stock below zero" in screen_text(bench) and page.field.has_focus)
        assert overview_of(find_session("one")).figures.title == "Stock below zero"


@pytest.mark.parametrize("size", [(160, 30), (60, 20)])
async def test_a_session_goes_to_the_bin_and_comes_back(bench, wait, screen_text, page, size):
    """The foot of a narrow window has no room for the key that undoes it."""
    async with bench.run_test(size=size) as pilot:
        bench.look(page)
        await wait(pilot, lambda: page.list.count == 2)
        assert "Ctrl+Z" not in screen_text(bench)
        await pilot.press("delete")
        await wait(pilot, lambda: ids(page) == ["two"] and "in the bin · Ctrl+Z undoes" in screen_text(bench))
        await pilot.press("ctrl+z")
        await wait(pilot, lambda: ids(page) == ["one", "two"] and page.list.chosen.id == "one")
        await wait(pilot, lambda: "Ctrl+Z" not in screen_text(bench))


async def test_one_that_is_open_is_no_place_for_the_bin(bench, wait, screen_text, page):
    page.open_in["one"] = 2
    async with bench.run_test(size=(120, 30)) as pilot:
        bench.look(page)
        await wait(pilot, lambda: page.list.count == 2 and "Enter go to tab 2" in screen_text(bench))
        await pilot.press("delete")
        await wait(pilot, lambda: "open in tab 2" in screen_text(bench))
        assert ids(page) == ["one", "two"]


@pytest.fixture
def held():
    """Another program has a session."""
    holds = "import sys; from codepilot.sessions.journal import JournalSession as J; s = J(sys.argv[1]); print(1, flush=True); sys.stdin.read()"
    started = []

    def hold(name):
        argv = [sys.executable, "-c", holds, name]
        process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(process)
        process.stdout.readline()
        return process.pid

    yield hold
    for process in started:
        process.communicate()


async def test_what_another_program_has_is_read_along_and_forked_into_a_tab(
    bench, wait, screen_text, work, held
):
    pid = held("two")
    page = SessionsPage(
        SessionStore(work),
        lambda name: 0,
        open_page=lambda other, done: bench.host.open(other, done),
        clock=lambda: NOW,
    )
    async with bench.run_test(size=(160, 30)) as pilot:
        bench.look(page)
        await wait(pilot, lambda: page.list.count == 2 and f"in use ({pid})" in screen_text(bench))
        assert "Enter open" in screen_text(bench) and "F2 rename" in screen_text(bench)
        await pilot.press("end")
        await wait(pilot, lambda: "Enter read along" in screen_text(bench))
        assert "F2" not in screen_text(bench) and "Del" not in screen_text(bench), "they would be refused"
        await pilot.press("enter")
        await wait(pilot, lambda: "Reading along: Write the report" in screen_text(bench))
        await wait(pilot, lambda: "It counts the shortages now." in screen_text(bench))
        await pilot.press("escape")
        await wait(pilot, lambda: bench.host.page is page and "Enter read along" in screen_text(bench))
        await pilot.press("enter")
        await wait(pilot, lambda: "Ctrl+F fork" in screen_text(bench) and bench.host.page is not page)
        await pilot.press("ctrl+f")
        await wait(pilot, lambda: bench.results and bench.results[0].figures.parent == "two")


async def test_a_fork_stands_beside_its_parent(bench, wait, page):
    async with bench.run_test(size=(120, 30)) as pilot:
        bench.look(page)
        await wait(pilot, lambda: page.list.count == 2)
        await pilot.press("ctrl+f")
        await wait(pilot, lambda: page.list.count == 3 and page.list.chosen.overview.figures.parent == "one")


@pytest.mark.parametrize(
    ("presses", "ending", "begins", "said"),
    [
        (0, "md", "# ", "Markdown"),
        (1, "html", "<!", "HTML"),
        (2, "json", "{", "JSON"),
        (3, "md", "# ", "Markdown"),
    ],
)
async def test_a_session_is_exported_in_the_form_that_is_chosen(
    bench, wait, screen_text, page, work, presses, ending, begins, said
):
    async with bench.run_test(size=(120, 30)) as pilot:
        bench.look(page)
        await wait(pilot, lambda: page.list.count == 2)
        await pilot.press("ctrl+e")
        await wait(pilot, lambda: page.entry.field.has_focus)
        assert page.entry.field.value == str(work / "session-one.md")
        await pilot.press(*["tab"] * presses)
        await wait(pilot, lambda: f"Enter export as {said}   Tab format   Esc back" in screen_text(bench))
        assert page.entry.field.value == str(work / f"session-one.{ending}")
        page.entry.field.value = f"out.{ending}"
        await pilot.press("enter")
        await wait(pilot, lambda: "written: " in screen_text(bench))
        assert f"out.{ending}" in screen_text(bench)
    text = (work / f"out.{ending}").read_text()
    assert text.startswith(begins) and "Fix the stock" in text
    assert ending != "json" or json.loads(text)


async def test_a_session_that_is_open_here_is_exported_too(bench, wait, screen_text, page, work):
    session = JournalSession("one")
    session.log.append("task_started", {"task": "And this", "number": 2})
    page.open_in["one"] = 2
    async with bench.run_test(size=(120, 30)) as pilot:
        bench.look(page)
        await wait(pilot, lambda: page.list.count == 2)
        await pilot.press("ctrl+e")
        await wait(pilot, lambda: page.entry.field.has_focus)
        await pilot.press("enter")
        await wait(pilot, lambda: "written: " in screen_text(bench))
    assert "And this" in (work / "session-one.md").read_text()
    session.close()


async def test_a_session_is_played_again_and_esc_comes_back(bench, wait, screen_text, work):
    page = SessionsPage(
        SessionStore(work), lambda name: 0, open_page=lambda other, done: bench.host.open(other, done)
    )
    async with bench.run_test(size=(160, 30)) as pilot:
        bench.look(page)
        await wait(pilot, lambda: page.list.count == 2 and "Ctrl+P play" in screen_text(bench))
        await pilot.press("ctrl+p")
        await wait(pilot, lambda: "Replay: Fix the stock" in screen_text(bench))
        await wait(
            pilot, lambda: "at the end" in screen_text(bench) and "I reproduced it." in screen_text(bench)
        )
        await pilot.press("escape")
        await wait(pilot, lambda: bench.host.page is page and "Enter open" in screen_text(bench))


async def test_a_new_session_is_begun(bench, wait, screen_text, page):
    async with bench.run_test(size=(120, 30)) as pilot:
        bench.look(page)
        await wait(pilot, lambda: "Ctrl+N new" in screen_text(bench))
        await pilot.press("ctrl+n")
        assert bench.results == ["new"]


async def test_no_file_is_written_over_and_no_other_form_is_made(bench, wait, screen_text, page, work):
    (work / "there.md").write_text("mine")
    async with bench.run_test(size=(120, 30)) as pilot:
        bench.look(page)
        await wait(pilot, lambda: page.list.count == 2)
        for name, said in (("there.md", "Already exists: "), ("there.pdf", "A session is exported as")):
            await pilot.press("ctrl+e")
            await wait(pilot, lambda: page.entry.field.has_focus)
            page.entry.field.value = name
            await pilot.press("enter")
            await wait(pilot, lambda said=said: said in screen_text(bench))
    assert (work / "there.md").read_text() == "mine" and not (work / "there.pdf").exists()


@pytest.mark.parametrize("size", [(160, 48), (80, 24), (60, 20)])
async def test_the_list_is_there_at_each_size(bench, wait, screen_text, page, size):
    async with bench.run_test(size=size) as pilot:
        bench.look(page)
        await wait(pilot, lambda: "Fix the stock" in screen_text(bench))
        assert ("│" in screen_text(bench)) == (size[0] >= 110)
        assert "Esc back" in screen_text(bench)
        await pilot.press("escape")
        assert bench.results == [None]
