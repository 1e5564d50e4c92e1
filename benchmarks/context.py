"""A conversation that outgrows the model's window: what is still known after the cuts, and whether a task fails."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.agent import ROOT
from benchmarks.figure import Figure, Options
from codepilot import AsyncRuntime, EventType
from codepilot import events as e
from codepilot.agentfile import AgentConfig
from codepilot.context.search import reveal
from codepilot.messages import ModelEvent, ModelRequest, ReplyEnd, TextDelta, Usage
from codepilot.script import Turn
from codepilot.testing import ModelServer

FACTS = 30
LARGEST = 60_000
"""Characters that the second service takes."""
PLACES = "harbour lighthouse quarry orchard foundry"
THINGS = ("launch code", "door number", "old name", "keeper", "boat", "wall colour")
KEYS = [f"{thing} of the {place}" for place in PLACES.split() for thing in THINGS]
VALUES = [f"{place[:3].upper()}-{number * 7919 % 9973}" for number, place in enumerate(PLACES.split() * 6)]
SENTENCES = [f"The {key} is {value}." for key, value in zip(KEYS, VALUES, strict=True)]
FILES = [f"part_{number}.py" for number in range(8)]


def steps(count: int) -> list[str]:
    """Replies, of which every third plants a fact: in its own words, in what it prints, or in a file that it writes."""
    replies = []
    for number in range(count):
        fact = SENTENCES[number // 3] if number % 3 == 0 and number // 3 < FACTS - 6 else ""
        kind = number // 3 % 3
        said = f"I note: {fact}" if fact and kind == 0 else f"Step {number}."
        name = FILES[number % len(FILES)]
        code = [f"read_file({name!r})"]
        if fact and kind == 1:
            code.append(f"print({fact!r})")
        if fact and kind == 2:
            code.append(f"run_command({f'echo {fact!r}'!r})")
        code.append(f"print('line {number} of the output\\n' * 60)")
        payload = ""
        if number % 5 == 4:
            code.append(f"write_file({name!r})")
            payload = f"\n```python filename={name}\nVERSION = {number}\n" + "x = 1\n" * 20 + "```\n"
        body = "\n".join(code)
        replies.append(f"{said}\n```codepilot\n{body}\n```\n{payload}")
    return replies


class Watched:
    """A runtime on a scripted model, and what it told.

    Args:
        folder: where it lies and works.
        server: the model.
        memory: the section of the agent file.
    """

    def __init__(self, folder: Path, server: ModelServer, memory: str) -> None:
        self.server, self.work = server, folder / "work"
        self.work.mkdir()
        for name in FILES:
            (self.work / name).write_text(f"NAME = {name!r}\n")
        file = folder / "agent.yaml"
        file.write_text(
            f"agent:\n  name: A\n  model: {{provider: openai, name: scripted, base_url: {server.openai_url}}}\n"
            f"  runtime: {{work_dir: ./work, max_steps: 200}}\n{memory}"
        )
        self.runtime = AsyncRuntime(str(file), use_stdin=False)
        for event in EventType:
            self.runtime.hooks.clear(event)
        self.cuts = 0
        self.used: list[str] = []
        self.missing = 0
        self._due: list[tuple[int, dict[str, str]]] = []
        self.runtime.subscribe(self._take)

    def _take(self, stamped: e.Stamped) -> None:
        match stamped.event:
            case e.ToolFinished(tool="read_file" | "write_file", state="ok", result=result):
                name = result.split("'")[1]
                self.used = [*(each for each in self.used if each != name), name]
            case e.ContextCut():
                self.cuts += 1
                last = {name: (self.work / name).read_text() for name in self.used[-5:]}
                self._due.append((len(self.server.requests), last))

    def sent(self, number: int) -> str:
        """The texts of a request but the system prompt."""
        messages: list[dict[str, Any]] = self.server.requests[number].body["messages"]
        return "\n".join(each["content"] for each in messages if each["role"] != "system")

    def files_missing(self) -> int:
        """Of the files used last before each cut, how many the request after it does not show as they were then."""
        missing = 0
        for number, files in self._due:
            text = self.sent(number)
            for content in files.values():
                missing += any(line not in text for line in content.splitlines())
        return missing


async def facts(folder: Path, count: int) -> list[Figure]:
    replies = [Turn(text=text) for text in steps(count)]
    own = Turn(text="I noted what I found.", match="about to be cut here", repeat=True)
    memory = "  memory: {max_context_tokens: 6000}\n"
    with ModelServer([own, *replies, Turn(text="```completion\nDone.\n```\n")]) as server:
        it = Watched(folder, server, memory)
        later = iter(SENTENCES[FACTS - 5 :])

        def speak(stamped: e.Stamped) -> None:
            if isinstance(stamped.event, e.StepStarted) and stamped.event.step % (count // 6) == 3:
                words = next(later, "")
                if words:
                    it.runtime.send_message(words)

        it.runtime.subscribe(speak)
        await it.runtime.run(f"Look after all of it. {SENTENCES[FACTS - 6]}")
        await it.runtime.close()
        sent, messages, view = it.sent(-1), it.runtime.messages, it.runtime._agent.conversation.view
        pairs = list(zip(KEYS, VALUES, strict=True))
        planted = [each for each in pairs if any(each[1] in str(m["content"]) for m in messages)]
        there = [each for each in planted if each[1] in sent]
        back = [each for each in planted if each not in there and each[1] in reveal(messages, view, each[0])]
        status = it.runtime.last_outcome.status if it.runtime.last_outcome else "none"
        missing, cuts = it.files_missing(), it.cuts
    return [
        Figure(
            what=f"facts of {FACTS} not found again", value=FACTS - len(there) - len(back), bar=1,
            note=f"{len(planted)} planted, {len(there)} in the next request, {len(back)} by reveal_context",
        ),
        Figure(what="  cuts short of three", value=max(0, 3 - cuts), bar=0, note=f"{cuts} cuts, task {status}"),
        Figure(what="  files used last that a cut left out", value=missing, bar=0),
    ]  # fmt: skip


async def refused(folder: Path, tasks: int) -> list[Figure]:
    block = "I look.\n```codepilot\nprint('line of the output\\n' * 600)\n```\n"
    turns = [
        turn
        for number in range(tasks)
        for turn in [*[Turn(text=block)] * 3, Turn(text=f"```completion\nDone {number}.\n```\n")]
    ]
    failed = 0
    own = Turn(text="I noted what I found.", match="about to be cut here", repeat=True)
    with ModelServer([own, *turns], largest=LARGEST) as server:
        it = Watched(folder, server, "")
        for number in range(tasks):
            failed += await it.runtime.run(f"task {number}") is None
        await it.runtime.close()
        asked = len(server.requests)
    note = f"of {tasks}, {it.cuts} cuts in {asked} requests"
    return [Figure(what=f"tasks failed at {LARGEST:,} characters", value=failed, bar=0, note=note)]


class Endless:
    """Prints a little in each step, in so many of them."""

    name = "bench"
    model = "bench"

    def __init__(self, steps: int) -> None:
        self.left = steps

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        size = len(request.system) + sum(len(message.text) for message in request.messages)
        cut = "about to be cut here" in request.messages[-1].text
        self.left -= not cut
        over = "```completion\nDone.\n```\n"
        yield TextDelta("I noted it." if cut else BLOCK if self.left else over)
        yield ReplyEnd(reason="stop", usage=Usage(input_tokens=size // 4, output_tokens=30))

    async def close(self) -> None:
        return None


BLOCK = "I look.\n```codepilot\nread_file('part_1.py')\nprint('line of the output\\n' * 40)\n```\n"
CYCLE = 250
"""Steps from one cut to the next: what a step costs goes up and down with what the request holds."""


async def long_task(folder: Path, steps: int) -> list[Figure]:
    """What a step costs late in a task, beside an early one; each is the median of those between two cuts."""
    (folder / "part_1.py").write_text("x = 1\n" * 30)
    config = AgentConfig.load(ROOT / "agent.yaml")
    config.memory.max_context_tokens, config.max_context_given = 20_000, True
    config.runtime.max_steps, config.runtime.work_dir = steps + 1, str(folder)
    kept: dict[str, Any] = {"session": "journal", "session_id": "long", "session_dir": folder / "kept"}
    runtime = AsyncRuntime(config, provider=Endless(steps), use_stdin=False, **kept)
    for event in EventType:
        runtime.hooks.clear(event)
    began: list[float] = []
    cuts = 0

    def take(stamped: e.Stamped) -> None:
        nonlocal cuts
        if isinstance(stamped.event, e.StepStarted):
            began.append(time.process_time())
        cuts += isinstance(stamped.event, e.ContextCut)

    runtime.subscribe(take)
    async with runtime:
        await runtime.run("Look.")
    took = [after - before for before, after in pairwise(began)]
    early, late = (median(part) * 1e3 for part in (took[10 : CYCLE + 10], took[-CYCLE:]))
    note = f"CPU {early:.2f} and {late:.2f} ms, {cuts} cuts"
    return [Figure(what=f"step {steps:,} as a multiple of step 100", value=late / early, bar=1.3, note=note)]


def measure(options: Options) -> list[Figure]:
    made = tempfile.TemporaryDirectory
    with made() as one, made() as other, made() as third:
        return [
            *asyncio.run(facts(Path(one), 100)),
            *asyncio.run(refused(Path(other), options.pick(30, 12))),
            *asyncio.run(long_task(Path(third), options.pick(2_000, 600))),
        ]
