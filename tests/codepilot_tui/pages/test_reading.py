"""Reading along in a session of another program."""

import json

from codepilot.journal.writer import JournalWriter
from codepilot_tui.pages.reading import ReadingPage

TASK = ("task_started", {"task": "Fix it", "number": 1})
STEP = ("step_started", {"step": 1, "max_steps": 9})
REPLY = (
    "message_stored",
    {"role": "assistant", "text": "I look at the tests.\n", "kind": "reply", "reason": "stop"},
)
MORE = ("reply_finished", {"reason": "stop"})
DONE = ("task_finished", {"status": "done", "summary": "It is fixed.", "steps": 1})


async def test_what_is_there_is_shown_and_what_comes(bench, wait, screen_text, tmp_path):
    path = tmp_path / "journal.jsonl"
    writer = JournalWriter(path)
    for record in (TASK, STEP, ("reply_part", {"step": 1, "text": "I look", "thinking": ""})):
        writer.append(*record)
    async with bench.run_test(size=(90, 24)) as pilot:
        page = ReadingPage("one\x1b", path, "Agent")
        bench.look(page)
        await wait(pilot, lambda: "Fix it" in screen_text(bench))
        assert "Reading along: one" in screen_text(bench)
        for record in (REPLY, MORE, DONE):
            writer.append(*record)
        await wait(pilot, lambda: "It is fixed." in screen_text(bench))
        assert screen_text(bench).count("I look at the tests.") == 1
        await pilot.press("end", "up", "escape")
        await wait(pilot, lambda: bench.results == [None])
    writer.close()
    assert all(json.loads(line) for line in path.read_bytes().splitlines())
