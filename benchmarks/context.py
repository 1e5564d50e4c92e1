"""A conversation that outgrows the model's window: what is still known after the cuts, and whether a task fails."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure, Options
from codepilot import AsyncRuntime, EventType
from codepilot import events as e
from codepilot.context.search import reveal
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


def measure(options: Options) -> list[Figure]:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        return [
            *asyncio.run(facts(Path(one), 100)),
            *asyncio.run(refused(Path(other), options.pick(30, 12))),
        ]
