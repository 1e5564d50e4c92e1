"""Thirty traces of the state machine (`bench/test_machine.py`) through the real screen, its bridge and a real runtime.

A seeded person types, queues, answers, puts off, stops and looks round; the model says what the trace lets it say. After
each act nothing is lost, said twice or out of order, a stop has sent nothing, one dock is open at most, and the facts
are those that can be counted.
"""

from __future__ import annotations

import asyncio
import importlib.util
import random
import re
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pytest

from codepilot.agentfile import AgentConfig
from codepilot.messages import ReplyEnd, TextDelta, Usage
from codepilot.paths import packaged_agent_file
from codepilot.runtime import AsyncRuntime
from codepilot_tui.docks.ask import AskDock
from codepilot_tui.docks.base import Dock
from codepilot_tui.docks.confirm import ConfirmDock
from codepilot_tui.docks.quit import QuitDock
from codepilot_tui.facts import READING
from codepilot_tui.plan import AgentPlan
from codepilot_tui.theme import register_themes

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)

pytestmark = pytest.mark.slow
SIZES = [(160, 48), (80, 24), (60, 20)]
TRACES = 10
"""At each size."""
ACTS = 14
WORD = re.compile(r"\bw\d+\b")
DONE = "```completion\nDone.\n```\n"
STEP = "```codepilot\nx = 1\n```\n"
ASK = "```codepilot\nprint(ask_user('Which one?'))\n```\n"
RUN = "```codepilot\nrun_command('true')\n```\n"


class Told:
    """A model that says what the trace gives it, and keeps what it was asked."""

    name = "told"
    model = "told"

    def __init__(self):
        self.reply = None
        self.requests = []

    async def stream(self, request):
        reply = Future()
        self.requests.append([m.text for m in request.messages if m.role == "user"])
        self.reply = reply
        try:
            text = await asyncio.wrap_future(reply)
        finally:
            self.reply = None
        yield TextDelta(text)
        yield ReplyEnd(reason="stop", usage=Usage(input_tokens=1, output_tokens=1))

    async def close(self):
        """Nothing to let go of."""


class Live(stage.Stage):
    """The workbench with an agent that lives."""

    def __init__(self, folder):
        super().__init__(folder)
        self.told = Told()
        self.left = []

    async def show_session(self):
        await self.tabs.show_first()
        register_themes(self)
        await self.session.furnish()
        plan = AgentPlan(
            name="Told", model="told", mode="ask", work_dir=self.project, make=self.make, on_exit="end"
        )
        await self.session.build(plan)

    def make(self):
        config = AgentConfig.load(packaged_agent_file())
        config = replace(config, runtime=replace(config.runtime, work_dir=str(self.project)))
        return AsyncRuntime(
            config, provider=self.told, session="memory", mode="ask", use_stdin=False, on_exit="end"
        )


class Person:
    """Whoever sits before the screen, and what they know of their words."""

    def __init__(self, app, pilot):
        self.app, self.pilot = app, pilot
        self.chance = random.Random()
        self.said, self.taken = [], []
        self.past = 0
        """So many requests belong to conversations that are over."""
        self.gone = set()
        """What was read in those."""
        self.question = ""
        self.acts = []

    # -- what can be seen ------------------------------------------------------------------------------------------

    @property
    def agent(self):
        return self.app.parts.agent

    @property
    def session(self):
        return self.app.session

    @property
    def composer(self):
        return self.session.composer

    @property
    def chips(self):
        return [chip for chip in self.agent.outbox.chips if chip.state == "queued"]

    @property
    def dock(self):
        return self.session.docks.dock

    @property
    def place(self):
        return self.session.facts().place

    def read(self):
        """What the model of this conversation was given, in order."""
        found = []
        for request in self.app.told.requests[self.past :]:
            words = [word for text in request for word in WORD.findall(text)]
            assert len(words) == len(set(words)), f"the model was told twice: {words}"
            assert not self.gone & set(words), "a new conversation knows words of the one before"
            new = [word for word in words if word not in found]
            assert new == sorted(new, key=number), f"out of order: {new}"
            found += new
        return found

    async def until(self, condition, what):
        try:
            async with asyncio.timeout(60):
                while not condition():
                    await self.pilot.pause(0.01)
        except TimeoutError:
            raise AssertionError(
                f"{what}: {self.acts} {self.session.facts()} {self.agent.outbox.chips}"
            ) from None

    async def press(self, *keys):
        await self.pilot.press(*keys)

    # -- the person ------------------------------------------------------------------------------------------------

    def possible(self):
        """The acts that mean something now."""
        if self.place == "question":
            return ["answer", "answer", "refuse", "later"]
        acts = ["say", "say", "look_round"]
        chips = self.chips
        if chips:
            acts.append("take_back")
        if self.agent.outbox.held:
            acts += ["send_held", "send_held"]
        if not self.agent.working:
            return [*acts, "say", "nearly_quit", "new"]
        acts += ["queue", "stop", "quit_and_stay"]
        if self.question:
            return [*acts, "recall", "recall"]
        return [*acts, "done", "step", "ask", "ask"]

    async def play(self, seed):
        """One trace."""
        self.chance, self.acts = random.Random(seed), []
        for _ in range(ACTS):
            act = self.chance.choice(self.possible())
            self.acts.append(act)
            await getattr(self, act)()
            await self.check()

    async def say(self):
        await self.write()
        begun, asked = self.agent.working, len(self.app.told.requests)
        await self.press("enter")
        if not begun:
            await self.until(lambda: len(self.app.told.requests) > asked, "the task did not begin")

    async def queue(self):
        await self.write()
        await self.press("tab")
        await self.until(lambda: any(c.text == self.said[-1] for c in self.chips), "it does not wait")
        assert self.chips[-1].when == "after task"

    async def write(self):
        """Letters go to the composer, from wherever one reads."""
        if self.composer.text:
            await self.back()
            await self.press("ctrl+c")
        self.said.append(f"w{len(self.said)}")
        await self.press(*self.said[-1])
        await self.until(lambda: self.composer.text == self.said[-1], "the words are not there")

    async def take_back(self):
        await self.back()
        if self.composer.text:
            await self.press("ctrl+c")
        last = self.chips[-1].text
        await self.press("up")
        await self.until(lambda: self.composer.text == last, "it did not come back")
        self.taken.append(last)
        working = self.agent.working
        await self.press("ctrl+c")
        assert self.composer.text == "" and self.agent.working == working

    async def send_held(self):
        held = [chip.text for chip in self.chips if chip.when == "held"]
        begun, asked = self.agent.working, len(self.app.told.requests)
        await self.press("ctrl+x", "g")
        await self.until(lambda: not self.agent.outbox.held, "it is still held")
        if not begun:
            await self.until(lambda: len(self.app.told.requests) > asked, "the task did not begin")
            await self.until(lambda: held[0] in self.read(), "another one was sent first")

    async def look_round(self):
        await self.press(self.chance.choice(("f2", "f3")))
        assert self.place in READING

    async def back(self):
        """One Esc leads from a pane to the composer, and stops nothing."""
        working = self.agent.working
        if self.place != "composer":
            await self.press("escape")
        assert self.place == "composer" and self.agent.working == working

    async def stop(self):
        await self.back()
        waited = [chip.text for chip in self.chips]
        asked = len(self.app.told.requests)
        await self.press("escape")
        await self.until(lambda: not self.agent.working, "it did not stop")
        self.question = ""
        assert len(self.app.told.requests) == asked, "a stop sent something"
        kept = [chip.text for chip in self.chips]
        assert kept == [text for text in waited if text not in self.read()]
        assert all(chip.when == "held" for chip in self.chips)

    async def nearly_quit(self):
        """Only the press that was announced quits, and another key takes that back."""
        await self.back()
        if self.composer.text:
            await self.press("ctrl+c")
        await self.press("ctrl+c")
        assert not self.app.left
        await self.press("x", "ctrl+c")
        assert not self.app.left and not self.composer.text

    async def quit_and_stay(self):
        await self.press("ctrl+q")
        await self.answered(QuitDock, "n")
        assert not self.app.left and self.agent.working

    async def new(self):
        if not self.agent.transcript.items:
            return
        held = [chip.text for chip in self.chips]
        await self.press("alt+n")
        await self.answered(ConfirmDock, "y")
        await self.until(lambda: not self.agent.transcript.items, "the conversation is still there")
        self.gone |= set(self.read())
        self.past = len(self.app.told.requests)
        assert [chip.text for chip in self.chips] == held

    async def answered(self, kind, key):
        """Answer a question of the workbench itself."""
        await self.until(lambda: isinstance(self.dock, kind) and self.dock.ready, f"no {kind.__name__}")
        await self.press(key)
        await self.until(lambda: not isinstance(self.dock, kind), "the question stays")

    # -- the model, and its questions ------------------------------------------------------------------------------

    async def reply(self, text):
        """Let it say this; it is asked again, asks the person, or is done."""
        asked = len(self.app.told.requests)
        self.app.told.reply.set_result(text)
        await self.until(
            lambda: (
                len(self.app.told.requests) > asked
                or self.app.parts.questions.waiting
                or not self.agent.working
            ),
            f"nothing followed {text}",
        )

    async def done(self):
        following = [chip.text for chip in self.chips if chip.when != "held"]
        await self.reply(DONE)
        assert self.agent.working == bool(following), "what waited for the end was not sent"

    async def step(self):
        await self.reply(STEP)
        assert self.app.told.reply is not None

    async def ask(self):
        self.question = self.chance.choice((ASK, RUN))
        await self.reply(self.question)
        assert self.app.parts.questions.waiting == 1
        await self.recall()

    async def recall(self):
        await self.press("ctrl+o")
        await self.until(lambda: self.place == "question", "the question does not open")

    async def answer(self, key="y"):
        asked, dock = len(self.app.told.requests), self.dock
        if not dock.ready:
            await self.press(key)
            assert dock.ready or self.app.parts.questions.waiting == 1, "answered while it was deaf"
        await self.until(lambda: dock.ready or self.dock is not dock, "it stays deaf")
        if self.dock is dock:
            await self.press(*(("o", "k", "enter") if isinstance(dock, AskDock) else (key,)))
        await self.until(lambda: len(self.app.told.requests) > asked, "the answer did not arrive")
        self.question = ""

    async def refuse(self):
        await self.answer("n")

    async def later(self):
        await self.press("escape")
        await self.until(lambda: self.dock is None, "it stays open")
        assert self.app.parts.questions.waiting == 1 and self.agent.working

    # -- what always holds -----------------------------------------------------------------------------------------

    async def check(self):
        """Nothing is lost; what is shown and what is true are the same."""
        await self.until(
            lambda: not set(self.read()) & {chip.text for chip in self.chips},
            "a chip stays though it was read",
        )
        waits = [chip.text for chip in self.chips]
        everywhere = [*self.gone, *self.read(), *waits, *self.taken]
        assert sorted(everywhere) == sorted(self.said), self.acts
        for when in ("held", "after task"):
            texts = [chip.text for chip in self.chips if chip.when == when]
            assert texts == sorted(texts, key=number), f"{when}: {texts}"
        await self.until(lambda: self.composer.queue == self.agent.outbox.chips, "the chips are others")
        assert len(self.session.query(Dock)) <= 1
        facts, asks = self.session.facts(), self.app.parts.questions.waiting
        assert asks == bool(self.question)
        assert facts.working == (self.app.told.reply is not None or bool(asks)), f"{self.acts} {facts}"
        assert (facts.waiting, facts.held) == (asks, sum(chip.when == "held" for chip in self.chips))
        assert facts.question_open == (self.dock is not None)
        if facts.place == "composer":
            assert facts.draft == bool(self.composer.text.strip())
        assert not self.app.left

    async def end(self):
        """Leave nothing to the next trace."""
        if self.place == "question":
            await self.later()
        await self.back()
        if self.agent.working:
            await self.stop()
        while self.chips:
            await self.take_back()
        await self.check()


def number(word):
    return int(word[1:])


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_traces(tmp_path, size):
    app = Live(tmp_path)
    async with asyncio.timeout(600), app.run_test(size=size) as pilot:
        try:
            async with asyncio.timeout(60):
                while app.session.parts is None or not app.parts.agent.ready:
                    await pilot.pause(0.02)
            person = Person(app, pilot)
            for seed in range(TRACES):
                try:
                    await person.play(f"{size} {seed}")
                    await person.end()
                except AssertionError as error:
                    raise AssertionError(f"trace {seed} of {size}, {person.acts}: {error}") from error
        finally:
            await app.parts.agent.close("end")
