"""What a program shows of the session that an earlier one left."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from codepilot.journal import log
from codepilot.journal.blobs import store_of
from codepilot.journal.log import lines_of
from codepilot.journal.record import type_of
from codepilot.sessions.journal import JournalSession
from codepilot.testing import Turn

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)


def write(path, text):
    return f"```codepilot\nwrite_file({path!r})\n```\n\n```text filename={path}\n{text}```\n"


async def test_the_files_that_an_earlier_program_changed_are_listed_still(live):
    """Found by use: the list said that there are no changes."""
    turns = [
        write("a.txt", "one\n"),
        write("a.txt", "two\nmore\n"),
        write("b.txt", "b\n"),
        stage.done("Done."),
    ]
    app = live([Turn(text=each) if isinstance(each, str) else each for each in turns], kept="one")
    async with app.run_test(size=(140, 40)) as pilot:
        await app.is_up()
        app.parts.agent.bridge.set_mode("auto-edit")
        await stage.send(pilot, "work")
        await app.until(lambda: "Done." in app.seen())
        await app.is_idle()
    (app.project / "b.txt").unlink()  # put back by somebody as it was
    again = live([], kept="one")
    async with again.run_test(size=(140, 40)):
        await again.is_up()
        await again.until(lambda: [each.path for each in again.parts.agent.changes.files] == ["a.txt"])
        (change,) = again.parts.agent.changes.files
        assert (change.before, change.after, change.created) == (None, "two\nmore\n", True)
        await again.until(lambda: "CHANGES · 1" in again.seen())


def cut_restore(app, **more):
    """A session whose program ended when one of two files was back."""
    store = store_of(app.project)
    before, after = store.put(b"before\n", b"of the agent\n")
    (app.project / "a.txt").write_text("before\n")
    (app.project / "b.txt").write_text("of the agent\n")
    session = JournalSession("cut", "BackendEngineer", work_dir=app.project)
    session.log.append("task_started", {"task": "mend it", "number": 1})
    session.log.append("task_finished", {"status": "done", "summary": "Done."})
    mode = 0o100644
    row = {"now_id": after, "now_mode": mode, "then_id": before, "then_mode": mode}
    rows = [{"path": path, **row} for path in ("a.txt", "b.txt")]
    for path in ("a.txt", "b.txt"):
        (app.project / path).chmod(0o644)
    session.log.append("restore_started", {"to": 2, "rows": rows, "folders": {}, **more})
    change = {"before_id": after, "before_mode": mode, "after_id": before, "after_mode": mode}
    session.log.append("file_changed", {"call_id": "", "path": "a.txt", "source": "restore", **change})
    session.close()


@pytest.mark.parametrize(
    ("key", "text", "says"),
    [
        ("y", "before\n", "Rewind finished: 1 file restored"),
        ("b", "of the agent\n", "Rewind undone: 1 file restored"),
        ("n", None, ""),
    ],
)
async def test_a_rewind_that_was_cut_is_finished_or_taken_back(live, key, text, says):
    app = live([], kept="cut")
    cut_restore(app)
    async with app.run_test(size=(120, 40)) as pilot:
        await app.asks()
        assert "Finish restoring the files?" in app.seen() and "1 file is not restored yet" in app.seen()
        assert "b.txt" in app.seen()
        await pilot.press(key)
        await app.until(lambda: "Finish restoring" not in app.seen() and says in app.seen())
        found = {path: (app.project / path).read_text() for path in ("a.txt", "b.txt")}
        assert set(found.values()) == ({text} if text else {"before\n", "of the agent\n"})
        bridge = app.parts.agent.bridge
        while await bridge.ask(bridge.runtime.unfinished_restore()) is not None:
            await pilot.pause()


async def test_a_rewind_that_was_cut_is_finished_with_the_conversation(live):
    """Found by use: the files were as before the prompt, and the conversation stood at its end."""
    app = live([], kept="cut")
    cut_restore(app, rewinds=1)
    async with app.run_test(size=(120, 40)) as pilot:
        await app.asks()
        assert "rewinds the conversation, too" in app.seen()
        await pilot.press("y")
        await app.until(lambda: "Rewind finished: 1 file restored, conversation rewound." in app.seen())
        bridge = app.parts.agent.bridge
        tree = await bridge.ask(bridge.runtime.prompts())
        assert [each.active for each in tree.prompts] == [False] and tree.undo
        back = await bridge.ask(bridge.runtime.plan_restore(record=tree.undo_restore))
        assert {row.path for row in back.changes} == {"a.txt", "b.txt"}


async def test_a_rewind_that_was_cut_before_the_conversation_followed_is_finished(live):
    """A kill between the two left files and conversation at different places, and nobody said so."""
    app = live([], kept="cut")
    cut_restore(app, rewinds=1)
    session = JournalSession("cut", "BackendEngineer", work_dir=app.project)
    session.log.append("restore_finished", {"done": ["a.txt"], "kept": {"b.txt": "it was wanted"}})
    session.close()
    async with app.run_test(size=(120, 40)) as pilot:
        await app.asks()
        assert "Finish the rewind?" in app.seen() and "All files are restored." in app.seen()
        await pilot.press("y")
        await app.until(lambda: "Rewind finished: conversation rewound." in app.seen())
        bridge = app.parts.agent.bridge
        tree = await bridge.ask(bridge.runtime.prompts())
        assert [each.active for each in tree.prompts] == [False] and tree.undo
        assert await bridge.ask(bridge.runtime.unfinished_restore()) is None


async def test_a_rewind_that_was_cut_is_asked_about_before_the_task_of_the_command_line(live):
    """It was left without a word: the task began at once, over files of which some were back and some were not."""
    app = live([stage.done("Mended.")], kept="cut", task="now mend it")
    cut_restore(app)
    async with app.run_test(size=(120, 40)) as pilot:
        await app.asks()
        assert "Finish restoring the files?" in app.seen()
        await app.is_up()
        app.parts.agent.say("and then this", "now")
        assert not app.parts.agent.working and not app.server.requests
        await pilot.press("y")
        await app.until(lambda: "Mended." in app.seen())
        await app.is_idle()
        assert [(app.project / path).read_text() for path in ("a.txt", "b.txt")] == ["before\n"] * 2
        types = [type_of(line) for line in lines_of(app.parts.agent.bridge.runtime.session.path)]
        assert types.index("restore_finished") < types.index("task_started", types.index("restore_started"))
        sent = str(app.server.requests[0].body)
        assert sent.index("now mend it") < sent.index("and then this")


async def test_a_task_that_is_left_ends_in_the_chat(live):
    app = live([], kept="cut")
    session = JournalSession("cut", "BackendEngineer", work_dir=app.project)
    session.log.append("task_started", {"task": "mend it", "number": 1})
    session.log.append("message_stored", {"role": "user", "text": "mend it", "kind": "task", "number": 1})
    session.log.append("step_started", {"step": 1, "max_steps": 9})
    session.close()
    async with app.run_test(size=(120, 40)) as pilot:
        await app.asks()
        assert "Continue this task?" in app.seen()
        await pilot.press("n")
        await app.until(lambda: "left at the beginning of step 1" in app.seen())
        await app.until(lambda: app.session.facts().conversation and not app.parts.agent.working)


def large(app):
    """A session in which something was said; the limit is lowered below it."""
    session = JournalSession("large", "BackendEngineer", work_dir=app.project)
    session.log.append("task_started", {"task": "mend it", "number": 1})
    words = {"role": "user", "text": "[Task 1][USER INPUT]\nmend it", "kind": "task", "number": 1}
    session.log.append("message_stored", words)
    session.log.append("task_finished", {"status": "done", "summary": "Mended."})
    session.close()
    return session.path


async def test_a_session_that_has_become_large_is_gone_on_with_in_a_new_one(live, monkeypatch):
    monkeypatch.setattr(log, "_LARGE", 100)
    app = live([stage.done("Painted.")], kept="large")
    path = large(app)
    before = path.read_bytes()
    async with app.run_test(size=(120, 40)) as pilot:
        await app.asks()
        assert "Go on in a new session?" in app.seen()
        await pilot.press("y")
        await app.until(lambda: len(app.tabs.all) == 2 and app.session is app.tabs.all[1].session)
        await app.is_up()
        assert path.read_bytes().startswith(before)
        await app.until(lambda: "mend it (cont" in app.seen())
        monkeypatch.setattr(log, "_LARGE", 1_000_000_000)
        await stage.send(pilot, "and paint it")
        await app.until(lambda: "Painted." in app.seen())
        await app.is_idle()
        sent = app.server.requests[0].body["messages"]
        assert "Of the session large" in str(sent) and "mend it" in str(sent)


async def test_it_is_asked_once_after_the_task_that_made_it_large(live, monkeypatch):
    monkeypatch.setattr(log, "_LARGE", 100)
    app = live([stage.done("Painted."), stage.done("Swept.")], kept="one")
    async with app.run_test(size=(120, 40)) as pilot:
        await app.is_up()
        await stage.send(pilot, "paint it")
        await app.asks()
        assert "Painted." in app.seen() and "Go on in a new session?" in app.seen()
        await pilot.press("n")
        await app.until(lambda: app.session.docks.dock is None)
        await app.is_idle()
        await stage.send(pilot, "sweep it")
        await app.until(lambda: "Swept." in app.seen())
        await app.is_idle()
        assert app.session.docks.dock is None and app.parts.questions.waiting == 0
        assert app.seen().count("The journal of this session takes") == 1
        assert len(app.tabs.all) == 1
