"""Reading along in a session of another program."""

import json
import os
import socket
import subprocess
import sys

import pytest

from codepilot import events as e
from codepilot.journal.blobs import store_of
from codepilot.journal.holder import Holder
from codepilot.journal.listing import SessionInfo
from codepilot.journal.overview import Figures, Overview
from codepilot.journal.record import of_event
from codepilot.journal.writer import JournalWriter
from codepilot.runtime.door import Door, Within
from codepilot_tui.pages.reading import ReadingPage

STEP = ("step_started", {"step": 1, "max_steps": 9})
REPLY = (
    "message_stored",
    {"role": "assistant", "text": "I look at the tests.\n", "kind": "reply", "reason": "stop"},
)
MORE = ("reply_finished", {"reason": "stop"})
DONE = ("task_finished", {"status": "done", "summary": "It is fixed.", "steps": 1})


def task(words, number=1):
    return ("task_started", {"task": words, "number": number})


def replied(words):
    return ("message_stored", {"role": "assistant", "text": words, "kind": "reply", "reason": "stop"})


@pytest.fixture
def journal(tmp_path):
    """Writes a session; gives the page of it."""
    path = tmp_path / "one" / "journal.jsonl"
    path.parent.mkdir()
    writer = JournalWriter(path)

    def overview(title=""):
        info = SessionInfo("one\x1b", str(tmp_path), "Agent", 0.0, 0.0, path)
        return Overview(info, Figures(title=title), Holder(17, "here", "codepilot", 0))

    writer.path, writer.overview = path, overview
    yield writer
    writer.close()


async def test_a_session_in_which_nothing_was_said_says_so(bench, wait, screen_text, journal):
    async with bench.run_test(size=(90, 24)) as pilot:
        bench.look(ReadingPage(journal.overview()))
        await wait(pilot, lambda: "Nothing was said in this session yet." in screen_text(bench))
        assert "is ready" not in screen_text(bench)
        journal.append(*task("Fix it"))
        await wait(pilot, lambda: "Fix it" in screen_text(bench))
        assert "Nothing was said" not in screen_text(bench)


async def test_what_is_there_is_shown_and_what_comes(bench, wait, screen_text, journal):
    for record in (task("Fix it"), STEP, ("reply_part", {"step": 1, "text": "I look", "thinking": ""})):
        journal.append(*record)
    async with bench.run_test(size=(90, 24)) as pilot:
        bench.look(ReadingPage(journal.overview()))
        await wait(pilot, lambda: "Fix it" in screen_text(bench))
        assert "Reading along: one" in screen_text(bench)
        for record in (REPLY, MORE, DONE):
            journal.append(*record)
        await wait(pilot, lambda: "It is fixed." in screen_text(bench))
        assert screen_text(bench).count("I look at the tests.") == 1
        await pilot.press("end", "up", "escape")
        await wait(pilot, lambda: bench.results == [None])
    assert all(json.loads(line) for line in journal.path.read_bytes().splitlines())


async def test_its_title_is_that_of_the_session(bench, wait, screen_text, journal):
    journal.append(*task("Fix it"))
    async with bench.run_test(size=(90, 24)) as pilot:
        bench.look(ReadingPage(journal.overview("The\nstock")))
        await wait(pilot, lambda: "Reading along: The stock" in screen_text(bench))


def gone_back_and_redone(journal):
    """Two tasks; the second is left, and then gone back to."""
    journal.append(*task("First words"))
    journal.append(*replied("One."))
    journal.append(*MORE)
    first = journal.append(*DONE)
    at = journal.path.stat().st_size
    for record in (task("Second words", 2), replied("Two."), MORE):
        journal.append(*record)
    last = journal.append(*DONE)
    end = journal.path.stat().st_size
    left = journal.append("rewound", {"to": first, "to_offset": at, "left": last, "words": "Second words"})
    return lambda: journal.append("rewound", {"to": last, "to_offset": end, "left": left, "words": ""})


async def test_one_that_went_back_and_forth_again_is_shown_as_it_is_now(bench, wait, screen_text, journal):
    gone_back_and_redone(journal)()
    async with bench.run_test(size=(90, 40)) as pilot:
        bench.look(ReadingPage(journal.overview()))
        await wait(pilot, lambda: "First words" in screen_text(bench) and "Two." in screen_text(bench))
        text = screen_text(bench)
        assert text.count("Second words") == 1 and "Rewind undone" in text
        assert text.index("One.") < text.index("Two.") < text.index("Rewind undone")


async def test_going_back_is_followed(bench, wait, screen_text, journal):
    redo = gone_back_and_redone(journal)
    async with bench.run_test(size=(90, 40)) as pilot:
        bench.look(ReadingPage(journal.overview()))
        await wait(pilot, lambda: "One." in screen_text(bench) and "Rewound" in screen_text(bench))
        assert "Two." not in screen_text(bench)
        redo()
        await wait(pilot, lambda: "One." in screen_text(bench) and "Two." in screen_text(bench))
        journal.append("session_cleared", {})
        journal.append(*task("Third words", 3))
        await wait(pilot, lambda: "Third words" in screen_text(bench) and "Two." not in screen_text(bench))


async def test_what_is_further_up_comes_where_one_scrolls(bench, wait, screen_text, journal):
    for number in range(1, 60):
        journal.append(*task(f"Words {number}. " + "much " * 2_000, number))
        journal.append(*DONE)
    async with bench.run_test(size=(90, 24)) as pilot:
        page = ReadingPage(journal.overview())
        bench.look(page)
        await wait(pilot, lambda: "It is fixed." in screen_text(bench))
        while "Words 1. " not in screen_text(bench):
            await pilot.press("home")
            await pilot.pause()
        assert not page._pages.more


async def test_files_are_shown_with_their_texts(bench, wait, screen_text, journal, tmp_path):
    store = store_of(tmp_path)
    before, after = store.put(b"old line\n", b"new line\n")
    journal.append(*task("Fix it"))
    for event in (
        e.ControlStarted(code="write_file('a.txt')"),
        e.ToolStarted(call_id="c1", tool="write_file", args={"path": "a.txt"}, label="a.txt"),
        e.FileChanged(
            call_id="c1",
            path="a.txt",
            before="old line\n",
            after="new line\n",
            added=1,
            removed=1,
            before_id=before,
            after_id=after,
        ),
        e.ToolFinished(call_id="c1", tool="write_file", state="ok", seconds=0.1, result=""),
    ):
        journal.append(*of_event(event))
    async with bench.run_test(size=(90, 40)) as pilot:
        bench.look(ReadingPage(journal.overview()))
        await wait(pilot, lambda: "new line" in screen_text(bench))


@pytest.fixture
def held(journal):
    """Another program has the session, and listens: what it is told is noted."""
    said = []
    within = Within(
        journal.path, lambda text: (said.append(text), "m1")[1], lambda: None, lambda key, text: True
    )
    door = Door(journal.path.parent, within, lambda take: lambda: None)
    lock = journal.path.with_name("lock")
    told = {"pid": os.getpid(), "host": socket.gethostname(), "program": "another", "door": str(door.path)}
    lock.write_text(json.dumps(told))
    holds = "import fcntl,sys; f=open(sys.argv[1]); fcntl.flock(f,2); print(1,flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holds, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        yield said
        process.stdin.close()
    door.close()


async def test_something_is_said_to_the_agent_there(bench, wait, screen_text, journal, held):
    journal.append(*task("Fix it"))
    journal.append(*STEP)
    async with bench.run_test(size=(90, 24)) as pilot:
        page = ReadingPage(journal.overview())
        bench.look(page)
        await wait(pilot, lambda: "Fix it" in screen_text(bench))
        await pilot.press("enter")
        await wait(pilot, lambda: page.entry.field.has_focus and "Enter send" in screen_text(bench))
        await pilot.press(*"mind", "space", *"this", "enter")
        await wait(pilot, lambda: held == ["mind this"])
        await wait(pilot, lambda: "the agent reads it at its next step" in screen_text(bench))
        await pilot.press("enter", *"half", "escape")
        await wait(pilot, lambda: not page.entry.asks)
        assert not bench.results and held == ["mind this"]


async def test_what_was_said_is_shown_until_the_agent_has_read_it(bench, wait, screen_text, journal, held):
    """The next record took the word of it away, and people said it again."""
    journal.append(*task("Fix it"))
    async with bench.run_test(size=(90, 24)) as pilot:
        bench.look(ReadingPage(journal.overview()))
        await wait(pilot, lambda: "Fix it" in screen_text(bench))
        await pilot.press("enter", *"mind", "space", *"this", "enter")
        await wait(pilot, lambda: held == ["mind this"])
        journal.append(*of_event(e.MessageQueued(message_id="m1", message="mind this")))
        await wait(pilot, lambda: "not read by the agent yet: mind this" in screen_text(bench))
        journal.append(*STEP)
        await wait(pilot, lambda: "records · not read" in screen_text(bench))
        journal.append(*of_event(e.MessageInjected(message_id="m1", message="mind this")))
        await wait(pilot, lambda: "not read" not in screen_text(bench))


async def test_words_that_cannot_be_sent_are_kept(bench, wait, screen_text, journal):
    journal.append(*task("Fix it"))
    async with bench.run_test(size=(90, 24)) as pilot:
        page = ReadingPage(journal.overview())
        bench.look(page)
        await wait(pilot, lambda: "Fix it" in screen_text(bench))
        await pilot.press("enter", *"mind", "enter")
        await wait(pilot, lambda: "no program has this session open any more" in screen_text(bench))
        await wait(pilot, lambda: page.entry.asks and page.entry.field.value == "mind")


async def test_it_is_forked(bench, wait, screen_text, journal):
    journal.append(*task("Fix it"))
    async with bench.run_test(size=(90, 24)) as pilot:
        bench.look(ReadingPage(journal.overview()))
        await wait(pilot, lambda: "Ctrl+F fork" in screen_text(bench))
        await pilot.press("ctrl+f")
        await wait(pilot, lambda: bench.results == ["fork"])
