"""What becomes of what is written in the composer."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path

import pytest

from codepilot_tui.history import PromptHistory, history_file

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)


async def test_tab_in_an_idle_composer_stays_and_says_so(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        await pilot.press("h", "i", "tab")
        await stage.settled(pilot)
        assert app.place() == "composer" and app.session.composer.text == "hi"
        assert app.notice() == "Tab sends after the current task: no task is under way, Enter sends."


async def test_tab_in_an_empty_composer_says_that_there_is_nothing_to_send_later(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.settled(pilot)
        app.play(stage.TASK)
        await stage.settled(pilot)
        assert app.session.facts().working and app.place() == "composer"
        await pilot.press("tab")
        await stage.settled(pilot)
        assert app.place() == "composer"
        assert app.notice() == "Tab sends after the current task: write it first."


async def test_there_are_no_toasts(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        await pilot.press(*"/nothing", "enter")
        await stage.settled(pilot)
        assert app.notice().startswith("No command /nothing.")
        assert app.session.composer.text == "/nothing"
        assert list(app._notifications) == []


@pytest.mark.parametrize("size", [(160, 48), (60, 20)])
async def test_what_was_said_before_the_panes_stood_is_not_lost(tmp_path, size):
    """Found by use: at 60 columns the sentence that it waits for the agent was cut."""

    class Early(stage.Stage):
        async def show_session(self):
            await self.tabs.show_first()

    app = Early(tmp_path)
    async with app.run_test(size=size) as pilot:
        await pilot.press(*"one", "enter", *"two", "enter")
        await pilot.pause()
        assert app.session.composer.early == ["one", "two"]
        line = "".join(segment.text for segment in app.session.query_one("#status").render_line(0))
        assert app.notice().startswith("Starting.") and app.notice() in line
        plan = stage.AgentPlan(
            name="A", model="m", mode="ask", work_dir=app.project, make=lambda: None, live=False, task="zero"
        )
        await app.session.furnish()
        await app.session.build(plan)
        assert [chip.text for chip in app.parts.agent.outbox.chips] == ["zero", "one", "two"]
        assert app.session.composer.history.texts == ("one", "two")


async def test_only_commands_that_mean_something_are_offered(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.settled(pilot)
        before = {command.name for command in app.session.composer.commands()}
        await stage.begin(app, pilot)
        after = {command.name for command in app.session.composer.commands()}
        assert before < after


async def test_words_typed_for_a_question_that_is_over_do_not_take_the_keyboard(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.begin(app, pilot)
        await pilot.press("f3")
        app.session.composer.insert("late")
        await stage.settled(pilot)
        assert app.session.composer.text == "late" and app.place() == "chat"


@pytest.mark.parametrize("way", ["ctrl+q", "signal"])
async def test_a_draft_is_in_the_history_after_quitting(tmp_path, way):
    """Found by trying: it was gone. One that was left for an earlier message is kept too."""
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        app.session.composer.history.add("an earlier message")
        await pilot.press(*"a draft", "up")
        assert app.session.composer.text == "an earlier message"
        await pilot.press("!")
        if way == "ctrl+q":
            await pilot.press("ctrl+q")
        else:
            app._quit(0)
        async with asyncio.timeout(60):
            while app._exit is False:
                await pilot.pause(0.01)
    kept = PromptHistory(history_file(app.project)).texts
    assert kept == ("an earlier message", "a draft", "an earlier message!")


class Unknown(stage.Stage):
    """Its folder is not known yet, as in the first second after the start."""

    def __init__(self, folder, *words):
        super().__init__(folder)
        self.tabs.all[0].options = stage.parser().parse_args([*words])

    async def show_session(self):
        await self.tabs.show_first()


@pytest.mark.parametrize("way", ["ctrl+q", "signal"])
async def test_a_draft_from_before_the_folder_is_known_is_in_its_history_after_quitting(tmp_path, way):
    """Found by trying: it was gone, and so was what had been sent or cleared meanwhile."""
    app = Unknown(tmp_path / "demo", str(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"sent", "enter", *"cleared", "ctrl+c", *"a draft")
        if way == "ctrl+q":
            await pilot.press("ctrl+q")
        else:
            app._quit(0)
        async with asyncio.timeout(60):
            while app._exit is False:
                await pilot.pause(0.01)
    assert PromptHistory(history_file(tmp_path)).texts == ("sent", "cleared", "a draft")


async def test_it_goes_to_the_folder_that_the_agent_file_names(tmp_path):
    agent = tmp_path / "other.yaml"
    agent.write_text(
        "agent:\n  name: A\n  model: {provider: openai, name: m}\n  runtime: {work_dir: there}\n"
    )
    app = Unknown(tmp_path / "demo", "--agent", str(agent))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"a draft", "ctrl+q")
        async with asyncio.timeout(60):
            while app._exit is False:
                await pilot.pause(0.01)
    assert PromptHistory(history_file(tmp_path / "there")).texts == ("a draft",)
    assert not (tmp_path / "there").exists(), "nothing is made of a folder in which nothing was begun"


@pytest.mark.parametrize("words", [("{folder}/nowhere",), ("{folder}", "--agent", "{folder}/no.yaml")])
async def test_it_goes_to_the_folder_that_was_given_where_no_agent_can_work_in_it(tmp_path, words):
    given = [word.format(folder=tmp_path) for word in words]
    app = Unknown(tmp_path / "demo", *given)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"a draft", "ctrl+q")
        async with asyncio.timeout(60):
            while app._exit is False:
                await pilot.pause(0.01)
    assert PromptHistory(history_file(Path(given[0]))).texts == ("a draft",)


async def test_without_a_draft_quitting_puts_nothing_into_the_history(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.settled(pilot)
        await pilot.press("space", "ctrl+q")
        async with asyncio.timeout(60):
            while app._exit is False:
                await pilot.pause(0.01)
    assert PromptHistory(history_file(app.project)).texts == ()
