"""The messages that wait, over the end of a program: what is left for the person is held, said, and sent by them."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from codepilot import events as ev
from codepilot.journal.place import WAITING, folder_of
from codepilot.journal.record import of_event
from codepilot.sessions.journal import JournalSession
from codepilot.testing import Turn

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)

pytestmark = pytest.mark.slow


@pytest.fixture
def earlier():
    """An earlier program wrote these events, and ended."""

    def write(*events):
        session = JournalSession("s")
        for event in events:
            session.log.append(*of_event(event))
        session.close()

    return write


CUT = ev.TaskStarted(task="first words", number=1)
ENDED = ev.TaskFinished(status="aborted", steps=0)
WAITS = ev.MessageQueued(message_id="m1", message="one word")


async def test_words_that_wait_are_held_when_the_task_is_left(live, earlier):
    """Found by use: they stood there as "next step" with no task, and Alt+G said that none is held."""
    earlier(CUT, WAITS)
    app = live([Turn(text="As you say.", match="one word")], kept="s")
    async with app.run_test(size=(120, 40)) as pilot:
        await app.asks()
        await pilot.press("n")
        await app.until(lambda: app.notice().startswith("1 message is held."))
        assert [(chip.text, chip.when) for chip in app.parts.agent.outbox.chips] == [("one word", "held")]
        await app.is_up()
        await app.session.run("send_held")
        await app.until(lambda: "As you say." in app.seen())
        assert app.parts.agent.outbox.chips == ()


async def test_words_that_wait_are_read_by_the_task_that_goes_on(live, earlier):
    earlier(CUT, WAITS)
    app = live([Turn(text="As you say.", match="one word")], kept="s")
    async with app.run_test(size=(120, 40)) as pilot:
        await app.asks()
        await pilot.press("y")
        await app.until(lambda: "As you say." in app.seen())
        assert "held" not in app.notice()


async def test_words_that_wait_for_no_task_are_held(live, earlier):
    earlier(CUT, WAITS, ENDED)
    app = live([], kept="s")
    async with app.run_test(size=(120, 40)):
        await app.until(lambda: app.notice().startswith("1 message is held."))
        await app.is_up()  # the screen is not taken away while its panes come


async def test_words_of_a_program_that_reads_along_begin_a_task(live):
    """Found by use: they waited for a next step that never came, and neither program said so."""
    app = live([Turn(text="One."), Turn(text="As you say.", match="from elsewhere")], kept="s")
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.send(pilot, "Paint it.")
        await app.until(lambda: "One." in app.seen())
        await app.is_idle()
        app.parts.agent.bridge.runtime.send_message("from elsewhere")
        await app.until(lambda: "As you say." in app.seen())
        await app.is_idle()
        assert app.parts.agent.outbox.chips == () and app.seen().count("from elsewhere") == 1


async def test_words_of_a_program_that_reads_along_wait_for_the_answer_about_a_cut_task(live, earlier):
    earlier(CUT)
    app = live([Turn(text="As you say.", match="from elsewhere")], kept="s")
    async with app.run_test(size=(120, 40)) as pilot:
        await app.asks()
        app.parts.agent.bridge.runtime.send_message("from elsewhere")
        await app.until(lambda: [chip.text for chip in app.parts.agent.outbox.chips] == ["from elsewhere"])
        assert not app.server.requests
        await pilot.press("y")
        await app.until(lambda: "As you say." in app.seen())


def kept():
    """What stands beside the journal."""
    file = folder_of("s") / WAITING
    return [each["text"] for each in json.loads(file.read_text())] if file.exists() else []


async def asks_with_two_that_wait(app, pilot):
    await stage.send(pilot, "Paint it.")
    await app.asks()
    app.parts.agent.say("at the next step", "next_step")
    app.parts.agent.say("after the task", "after_task")


async def comes_back(live, texts, last):
    """The next program has them as held, sends them, and keeps nothing then."""
    app = live([Turn(text="So be it.", repeat=True)], kept="s")
    async with app.run_test(size=(120, 40)):
        await app.until(lambda: "held." in app.notice())
        chips = app.parts.agent.outbox.chips
        assert [(chip.text, chip.when) for chip in chips] == [(text, "held") for text in texts]
        await app.is_up()
        await app.session.run("send_held")
        await app.until(lambda: app.server.requests and last in str(app.server.requests[-1].body["messages"]))
        await app.is_idle()
        await app.until(lambda: not kept())


async def test_what_a_stop_held_comes_back(live):
    """Found by use: after a stop, quitting and a start both messages were gone."""
    app = live([stage.ASKS], kept="s")
    async with app.run_test(size=(120, 40)) as pilot:
        await asks_with_two_that_wait(app, pilot)
        await app.session.run("stop")
        await app.until(lambda: app.notice().startswith("2 messages are held."))
    await comes_back(live, ["at the next step", "after the task"], "after the task")


async def test_what_waits_when_the_person_quits_comes_back_as_held(live):
    app = live([stage.ASKS], kept="s")
    async with app.run_test(size=(120, 40)) as pilot:
        await asks_with_two_that_wait(app, pilot)
    await comes_back(live, ["at the next step", "after the task"], "after the task")


async def test_what_waits_for_the_end_of_the_task_is_kept_at_once(live):
    app = live([stage.ASKS], kept="s")
    async with app.run_test(size=(120, 40)) as pilot:
        await asks_with_two_that_wait(app, pilot)
        await app.until(lambda: kept() == ["after the task"])  # the journal has the other one
        app.parts.agent.take_back(app.parts.agent.outbox.chips[-1].id)
        await app.until(lambda: kept() == [])
