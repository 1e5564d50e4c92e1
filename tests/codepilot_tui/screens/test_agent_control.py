"""The agent behind the session screen: what becomes of what the person says, sends, stops and takes back."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from codepilot import paths
from codepilot.testing import Turn
from codepilot_tui.keyfile import key_file
from codepilot_tui.transcript import UserTurn

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)

pytestmark = pytest.mark.slow
WRITES = Turn(text="```codepilot\nexecute('main', 'touch made')\n```\n")


async def test_a_task_is_asked_about_carried_out_and_finished(live):
    app = live([WRITES, stage.done("It is made.")])
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.send(pilot, "Make it.")
        await app.asks()
        assert app.session.facts().working
        assert app.attention._title == f"? {app.project.name} · asks"
        await pilot.press("y")
        await app.is_idle()
        await app.until(lambda: "It is made." in app.seen())
        assert (app.project / "made").exists()
        assert app.attention._title == app.project.name
        assert app.parts.agent.outbox.chips == ()


async def test_what_is_wrong_in_the_key_file_stands_in_the_chat_the_default_keys_first(live):
    paths.private_dir(key_file().parent)
    key_file().write_text("take_over: f11\nnonsense: f3\n")
    app = live([stage.done("Ready.")])
    async with app.run_test(size=(80, 24)) as pilot:
        await app.is_up()
        await app.until(lambda: "The default keys are used." in app.seen())
        assert "There is no action 'nonsense'." in " ".join(app.seen().split())
        await stage.send(pilot, "Go on.")
        await app.is_idle()
        assert "The default keys are used." in app.seen()


async def test_all_warnings_of_the_agent_file_stand_in_the_chat(live):
    app = live([])
    app.warnings = (
        "agent.yaml:3: agent.nmae: is not a setting here",
        "agent.yaml:9: memory: " + "has no effect " * 9,
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await app.is_up()
        await stage.settled(pilot)
        (item,) = app.parts.agent.transcript.items
        seen = " ".join(app.seen().split())
        assert (
            "! agent.yaml:3: agent.nmae: is not a setting here" in seen and seen.count("has no effect") == 9
        )
        assert item.kind == "warn" and "no effect" not in app.notice()


async def test_a_no_is_told_to_the_agent_and_nothing_runs(live):
    app = live([WRITES, stage.done("Then not.")])
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.send(pilot, "Make it.")
        await app.asks()
        await pilot.press("n")
        await app.until(lambda: "Then not." in app.seen())
        assert not (app.project / "made").exists()


async def test_the_answer_to_a_question_goes_to_the_agent(live):
    app = live([stage.ASKS, stage.done("Blue it is.")])
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.send(pilot, "Paint it.")
        await app.asks()
        assert "Which one?" in app.seen()
        await pilot.press(*"blue", "enter")
        await app.until(lambda: "Blue it is." in app.seen())
        assert "blue" in str(app.server.requests[-1].body["messages"][-1])


async def test_a_stop_takes_the_question_away_holds_what_waits_and_leaves_the_agent_fit(live):
    app = live([stage.ASKS, Turn(text="```completion\nYes.\n```", match="And now")])
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.send(pilot, "Paint it.")
        await app.asks()
        agent = app.parts.agent
        agent.say("And now?", "after_task")
        assert agent.outbox.queued == 1
        await app.session.run("stop")
        await app.is_idle()
        await app.until(lambda: app.session.docks.dock is None and agent.outbox.held == 1)
        assert app.session.facts().held == 1 and not app.session.facts().waiting
        await app.until(lambda: "1 message is held." in app.notice())
        assert len(app.server.requests) == 1, "a stop sends nothing"
        await app.session.run("send_held")
        assert agent.outbox.held == 0 and "held" not in app.notice()
        await app.until(lambda: "Yes." in app.seen())


async def test_what_waits_for_a_task_that_could_not_be_begun_is_held(live):
    """Nothing is sent on without the person: what they wrote was meant for after something that never was."""
    app = live([])
    async with app.run_test(size=(160, 48)):
        await app.is_up()
        agent = app.parts.agent
        agent.say(" ", "now")  # a task is some words
        agent.say("And then?", "after_task")
        await app.is_idle()
        await app.until(lambda: agent.outbox.held == 1)
        assert app.server.requests == []


async def test_the_notice_of_held_messages_counts_those_that_are_left(live):
    app = live([stage.ASKS])
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.send(pilot, "Paint it.")
        await app.asks()
        agent = app.parts.agent
        agent.say("alpha", "after_task")
        agent.say("beta", "after_task")
        await app.session.run("stop")
        await app.is_idle()
        await app.until(lambda: "2 messages are held." in app.notice())
        first, second = agent.outbox.chips
        agent.take_back(first.id)
        assert app.notice().startswith("1 message is held.")
        agent.take_back(second.id)
        assert "held" not in app.notice()


async def test_held_messages_are_read_in_their_order_and_those_for_after_the_task_after_it(live):
    both, later = (Turn(text=f"```completion\n{word}\n```") for word in ("Both.", "Later."))
    app = live([stage.ASKS, both, later])
    said = ["alpha", "gamma", "beta"]
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.send(pilot, "Paint it.")
        await app.asks()
        agent = app.parts.agent
        agent.say("alpha", "next_step")
        agent.say("beta", "after_task")
        agent.say("gamma", "next_step")
        await app.session.run("stop")
        await app.is_idle()
        await app.until(lambda: agent.outbox.held == 3)
        await app.session.run("send_held")
        await app.until(lambda: len(app.server.requests) == 3)  # two at its first step
        await app.until(lambda: "Later." in app.seen())
        await app.is_idle()
        shown = [item.text for item in agent.transcript.items if isinstance(item, UserTurn)]
        assert shown == ["Paint it.", *said]
        told = str(app.server.requests[1].body["messages"])
        assert "gamma" in told and "beta" not in told
        told = str(app.server.requests[2].body["messages"])
        assert sorted(said, key=told.index) == said


async def test_what_is_queued_for_after_the_task_goes_then(live):
    app = live(
        [stage.ASKS, stage.done("First."), Turn(text="```completion\nSecond.\n```", match="then this")]
    )
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.send(pilot, "Do one.")
        await app.asks()
        app.parts.agent.say("then this", "after_task")
        await pilot.press("x", "enter")
        await app.until(lambda: "First." in app.seen() and "Second." in app.seen())
        assert app.parts.agent.outbox.chips == ()


async def test_a_message_for_the_next_step_reaches_the_agent_and_can_be_taken_back_before(live):
    app = live([stage.ASKS, stage.done("So.")])
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.send(pilot, "Do one.")
        await app.asks()
        agent = app.parts.agent
        agent.say("keep it short", "next_step")
        agent.say("no, forget that", "next_step")
        await app.until(lambda: len(agent.outbox.chips) == 2)
        kept, dropped = agent.outbox.chips
        assert agent.take_back(dropped.id) == "no, forget that"
        assert [chip.text for chip in agent.outbox.chips] == ["keep it short"]
        await pilot.press("x", "enter")
        await app.until(lambda: "So." in app.seen())
        assert agent.take_back(kept.id) is None
        assert app.notice().startswith("Already delivered")
        told = str(app.server.requests[1].body["messages"])
        assert "keep it short" in told and "forget that" not in told


async def test_the_task_of_the_command_line_is_sent_before_what_is_typed_meanwhile(live):
    app = live([stage.ASKS, stage.done("Both.")], task="zero")
    async with app.run_test(size=(160, 48)) as pilot:
        await app.asks()
        assert "zero" in str(app.server.requests[0].body["messages"])
        await pilot.press("x", "enter")
        await app.until(lambda: "Both." in app.seen())


async def test_a_model_that_fails_is_told_in_the_chat_and_the_next_task_works(live):
    app = live([Turn(text="```completion\nThrough.\n```", match="again")])
    async with app.run_test(size=(160, 48)) as pilot:
        await app.is_up()
        await stage.send(pilot, "Fail.")
        await app.until(lambda: app.server.unmatched)
        await app.until(lambda: not app.parts.agent.working)
        await app.until(lambda: "599" in app.seen())
        await stage.send(pilot, "again")
        await app.until(lambda: "Through." in app.seen())


async def test_another_model_is_named_and_a_wrong_name_is_refused_with_its_reason(live):
    app = live([])
    async with app.run_test(size=(160, 48)) as pilot:
        await app.is_up()
        agent = app.parts.agent
        await app.session.run("model", "openai:other")
        await pilot.pause()
        assert agent.bridge.model.choice == "openai:other"
        assert "openai" in app.notice()
        await app.session.run("model", "opnai:other")
        await pilot.pause()
        assert "opnai" in app.notice()


async def test_a_new_conversation_forgets_the_old_one(live):
    app = live([stage.done("One."), Turn(text="```completion\nTwo.\n```", match="second")])
    async with app.run_test(size=(160, 48)) as pilot:
        await stage.send(pilot, "first words")
        await app.until(lambda: "One." in app.seen())
        await app.is_idle()
        await app.session.run("new_session")
        await app.asks()
        await pilot.press("y")
        await app.until(lambda: not app.parts.agent.transcript.items)
        await app.is_up()
        await app.until(lambda: "One." not in app.seen())
        await stage.send(pilot, "second words")
        await app.until(lambda: "Two." in app.seen())
        assert "first words" not in str(app.server.requests[-1].body["messages"])
