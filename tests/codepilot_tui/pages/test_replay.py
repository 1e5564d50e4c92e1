"""A session shown again on its page, over a session on the disk."""

import pytest

from codepilot.journal.library import find_session
from codepilot.journal.overview import overview_of
from codepilot.sessions.journal import JournalSession
from codepilot_tui.pages.replay import ReplayPage


@pytest.fixture
def session(tmp_path):
    """Two tasks of one reply each."""
    made = JournalSession("one", "Agent", work_dir=tmp_path)
    for number, words in ((1, "First words"), (2, "Second words")):
        made.log.append("task_started", {"task": words, "number": number})
        made.log.append("step_started", {"step": 1, "max_steps": 9})
        said = {"role": "assistant", "text": f"Reply {number}.\n", "kind": "reply", "reason": "stop"}
        made.log.append("message_stored", said)
        made.log.append("reply_finished", {"reason": "stop"})
        made.log.append("task_finished", {"status": "replied", "summary": "", "steps": 1})
    made.close()
    return overview_of(find_session("one"))


@pytest.mark.parametrize("size", [(120, 34), (80, 24)])
async def test_it_plays_to_its_end_and_again(bench, wait, screen_text, session, size):
    async with bench.run_test(size=size) as pilot:
        page = ReplayPage(session)
        bench.look(page)
        await wait(pilot, lambda: "Replay: First words" in screen_text(bench))
        await wait(pilot, lambda: "at the end · 1× · prompt 2 of 2" in screen_text(bench))
        await wait(pilot, lambda: "Reply 1." in screen_text(bench) and "Reply 2." in screen_text(bench))
        await wait(pilot, lambda: "Space again" in screen_text(bench))
        await pilot.press("space", "space")
        await wait(pilot, lambda: "paused" in screen_text(bench) or page.playing.ended)
        await pilot.press("escape")
        assert bench.results == [None]


async def test_each_key_of_the_foot_does_what_it_says(bench, wait, screen_text, session):
    async with bench.run_test(size=(120, 34)) as pilot:
        page = ReplayPage(session)
        bench.look(page)
        await wait(pilot, lambda: "at the end" in screen_text(bench))
        await pilot.press("ctrl+up", "ctrl+up")
        await wait(pilot, lambda: "paused · 1× · prompt 1 of 2" in screen_text(bench))
        await wait(
            pilot, lambda: "First words" in screen_text(bench) and "Reply 1." not in screen_text(bench)
        )
        await pilot.press("right", "right")
        await wait(
            pilot, lambda: "Reply 1." in screen_text(bench) and "Second words" not in screen_text(bench)
        )
        await pilot.press("left", "left", "left")
        await wait(pilot, lambda: "prompt 0 of 2" in screen_text(bench) and page.playing.at == 0)
        await wait(pilot, lambda: "This is the beginning of the session." in screen_text(bench))
        assert "Space    play it" in screen_text(bench) and "is ready" not in screen_text(bench)
        await pilot.press("ctrl+down", "ctrl+down")
        await wait(
            pilot, lambda: "Second words" in screen_text(bench) and "Reply 2." not in screen_text(bench)
        )
        await pilot.press("plus", "plus", "minus")
        await wait(pilot, lambda: "paused · 2× · prompt 2 of 2" in screen_text(bench))
        for label in ("→ ←", "Ctrl+↓ Ctrl+↑", "+ -", "↑ ↓"):
            page.press_shown(label)
        await wait(pilot, lambda: page.playing.ended and page.playing.speed == 4.0)
        await pilot.press("space")
        await wait(
            pilot, lambda: "at the end · 4×" in screen_text(bench) and "Reply 2." in screen_text(bench)
        )


WAYS = {"right", "left", "ctrl+down", "ctrl+up"}


async def test_the_lists_of_keys_name_the_ways_that_lead_somewhere(bench, wait, screen_text, session):
    """Found at its end: the foot had the arrows to go back, and F1 none of them."""
    async with bench.run_test(size=(120, 34)) as pilot:
        page = ReplayPage(session)
        bench.look(page)
        await wait(pilot, lambda: "at the end" in screen_text(bench) and page.playing.ended)
        assert page.offered() & WAYS == {"left", "ctrl+up"}
        assert {"←", "Ctrl+↑"} <= set(dict(page.keys()))
        await pilot.press("left")
        await wait(pilot, lambda: "paused" in screen_text(bench))
        assert page.offered() & WAYS == WAYS
        await pilot.press("ctrl+up", "ctrl+up", "ctrl+up", "ctrl+up")
        await wait(pilot, lambda: "prompt 1 of 2" in screen_text(bench) and page.playing.at == 1)
        assert page.offered() & WAYS == WAYS - {"ctrl+up"}
        await wait(pilot, lambda: "Ctrl+↓ prompt" in screen_text(bench))
        await pilot.press("left")
        await wait(pilot, lambda: "prompt 0 of 2" in screen_text(bench))
        assert page.offered() & WAYS == {"right", "ctrl+down"}
        page.press_shown("Ctrl+↓")
        assert page.playing.prompts == (1, 2)


async def test_without_pauses_it_is_there_at_once(bench, wait, screen_text, session):
    async with bench.run_test(size=(120, 34)) as pilot:
        page = ReplayPage(session)
        bench.look(page)
        await wait(pilot, lambda: "at the end" in screen_text(bench))
        await pilot.press(*["plus"] * 5, "space")
        await wait(
            pilot, lambda: "at the end · no pauses" in screen_text(bench) and "Reply 2." in screen_text(bench)
        )


async def test_one_that_cannot_be_read_says_so(bench, wait, screen_text, session):
    session.info.path.unlink()
    async with bench.run_test(size=(120, 34)) as pilot:
        bench.look(ReplayPage(session))
        await wait(pilot, lambda: "✗ The journal" in screen_text(bench))
        await pilot.press("space", "right", "escape")
        assert bench.results == [None]
