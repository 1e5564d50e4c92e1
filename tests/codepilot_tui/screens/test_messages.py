"""The messages that wait, over the end of a program: what is left for the person is held, said, and sent by them."""

from __future__ import annotations

import pytest

from codepilot import events as ev
from codepilot.journal.record import of_event
from codepilot.sessions.journal import JournalSession
from codepilot.testing import Turn

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
