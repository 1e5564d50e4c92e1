"""`codepilot run` killed with SIGKILL in a scripted run of 20 steps, and continued: what is lost, what is done twice.

Three books are compared. What the program acknowledged: the JSON lines that came through a pipe to this process, which
survives it. What the journal has. And a witness outside of session and work folder: each command of the script appends
one line to it in one write, and nothing else does.

`python -m benchmarks.kills [--kills N] [--every] [--fault NAME]`: `--every` kills at each write and sync of the journal
of a shorter run as well: before, after, in the middle of a write. `--fault` plants a known fault, which has to
be found (`not healed` only with `--every`: nothing else cuts a write).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure, Options
from codepilot.script import Script, Turn
from codepilot.testing import ModelServer

STEPS, FEW = 20, 2
"""Of a run, and of one of those that are killed at each operation in turn."""
PATIENCE = 60.0
"""Seconds that one start of the program may take."""
FAULTS = ("buffered", "told first", "no effect mark", "run again", "not healed")


def script(witness: Path, steps: int) -> Script:
    """Each step writes a file and runs a command; which step it is, the last words of the conversation tell."""

    def after(number: int) -> Callable[[str], bool]:
        def fits(text: str) -> bool:
            seen = [n for n in range(1, steps + 1) if f"step-{n}." in text]
            return max(seen, default=0) == number

        return fits

    turns = []
    for number in range(steps):
        step = number + 1
        text = (
            f"Now step {step} of the work.\n\n```codepilot\nwrite_file('step-{step}.txt')\n"
            f"run_command(\"printf '{step}\\\\n' >> {witness}; echo step-{step}.\")\n```\n\n"
            f"```text filename=step-{step}.txt\nwritten in step {step}\n```\n"
        )
        turns.append(Turn(text=text, match=after(number), repeat=True, delay=0.001))
    turns.append(Turn(text="```completion\nAll done.\n```\n", match=after(steps), repeat=True))
    return Script(turns)


@dataclass
class Books:
    """What was found over all runs."""

    runs: int = 0
    kills: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    where: Counter[str] = field(default_factory=Counter)

    @property
    def faults(self) -> int:
        return len(self.lost) + len(self.twice) + len(self.unreadable)


class Stage:
    """A folder with an agent, its state, and the witness beside them."""

    def __init__(self, folder: Path, server: ModelServer, fault: str) -> None:
        self.work, self.home, self.witness = folder / "work", folder / "home", folder / "witness"
        self.work.mkdir()
        self._agent = folder / "agent.yaml"
        self._agent.write_text(
            f"agent:\n  name: K\n  model: {{provider: openai, name: scripted, base_url: {server.openai_url}}}\n"
            f"  runtime: {{max_steps: {3 * STEPS}}}\n"
        )
        self._fault = fault

    def start(self, kill_at: str = "") -> subprocess.Popen[bytes]:
        """Begin the run, or go on with it."""
        command = [
            sys.executable,
            "-m",
            "benchmarks.kills",
            "--child",
            self._fault,
            "--kill-at",
            kill_at,
            "--",
        ]
        command += [
            "run",
            "--agent",
            str(self._agent),
            "--dir",
            str(self.work),
            "--format",
            "jsonl",
            "--allow",
            "all",
        ]
        command += ["--continue"] if self.begun else ["do it"]
        environment = {**os.environ, "CODEPILOT_HOME": str(self.home), "OPENAI_API_KEY": "none"}
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=Path(__file__).parents[1],
            start_new_session=True,
        )

    @property
    def begun(self) -> bool:
        """The task was acknowledged; a start that was killed before that is none, and is made again."""
        return any(record["type"] == "task_started" for record in self.journal())

    def journal(self) -> list[dict[str, Any]]:
        """The records that are whole, of the session that was begun last."""
        found = sorted(
            self.home.glob("state/sessions/*/journal.jsonl"), key=lambda path: path.stat().st_mtime
        )
        records = []
        for line in found[-1].read_bytes().split(b"\n") if found else ():
            try:
                records.append(json.loads(line))
            except ValueError:
                continue  # a torn end is allowed; a hole in the numbers is found below
        return records


KEPT = ("session_opened", "task_started", "task_resumed", "step_started", "message_stored", "reply_finished")
KEPT += (
    "control_started",
    "control_finished",
    "tool_started",
    "effect_started",
    "tool_finished",
    "file_changed",
)
KEPT += ("task_finished", "reply_part")


def mark(event: dict[str, Any]) -> tuple[Any, ...]:
    """What must be the same in an event that was told and its record."""
    names = (
        "type",
        "task",
        "step",
        "role",
        "kind",
        "reason",
        "call_id",
        "tool",
        "effect",
        "path",
        "result",
        "state",
    )
    text = event.get("text") if event["type"] in ("message_stored", "reply_part") else None
    return (*(event.get(name) or None for name in names), text)


def compare(stage: Stage, told: list[dict[str, Any]], since: int, books: Books, name: str) -> None:
    """The three books after a kill. `since`: how many records there were before this start."""
    records = stage.journal()
    numbers = [record["n"] for record in records]
    if numbers != list(range(1, len(numbers) + 1)):
        books.unreadable.append(f"{name}: the numbers have a hole: {numbers[-5:]}")
    new = [mark(record) for record in records[since:] if record["type"] in KEPT]
    acknowledged = [mark(event) for event in told if event["type"] in KEPT]
    if new[: len(acknowledged)] != acknowledged:
        there = [*new, *[None] * len(acknowledged)]
        missing = next(
            (each for each, found in zip(acknowledged, there, strict=False) if each != found), None
        )
        books.lost.append(f"{name}: {missing}")
    done = Counter(stage.witness.read_text().split()) if stage.witness.exists() else Counter()
    books.twice += [
        f"{name}: step {step} was done {count} times" for step, count in done.items() if count > 1
    ]


def _read(process: subprocess.Popen[bytes], told: list[dict[str, Any]]) -> threading.Thread:
    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if line.endswith(b"\n"):
                told.append(json.loads(line))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return thread


def _kill(process: subprocess.Popen[bytes], told: list[dict[str, Any]], rng: random.Random) -> None:
    """After some of its events, and a moment."""
    until = rng.randint(1, 60)
    while sum(event["type"] in KEPT for event in tuple(told)) < until and process.poll() is None:
        time.sleep(0.001)
    time.sleep(rng.uniform(0, 0.01))
    if process.poll() is None:
        (os.kill if rng.random() < 0.5 else os.killpg)(process.pid, signal.SIGKILL)


def one_run(
    folder: Path, books: Books, rng: random.Random, *, fault: str = "", most: int = 6, kill_at: str = ""
) -> None:
    """A run from its first start to its end, killed up to `most` times on the way."""
    name = f"run {books.runs + 1}{f' at {kill_at}' if kill_at else ''}"
    books.runs += 1
    kills, steps = 0, FEW if kill_at else STEPS
    with ModelServer(script(folder / "witness", steps)) as server:
        stage = Stage(folder, server, fault)
        for _ in range(most + 2):
            since, told = len(stage.journal()) if stage.begun else 0, []
            last = kills >= most
            with stage.start("" if last else kill_at) as process:
                reader = _read(process, told)
                if not last and not kill_at:
                    _kill(process, told, rng)
                assert process.stderr is not None
                error = process.stderr.read().decode()
                code = process.wait(timeout=PATIENCE)
                reader.join(timeout=PATIENCE)
            compare(stage, told, since, books, name)
            if code == -9:
                kills += 1
                books.kills += 1
                books.where[str(told[-1]["type"]) if told else "before the first event"] += 1
                continue
            if code != 0 and "none was cut" not in error:
                books.unreadable.append(f"{name}: exit {code}: {error[-300:]}")
            break
        done = set(stage.witness.read_text().split()) if stage.witness.exists() else set()
        if len(done) < steps - kills:
            books.lost.append(f"{name}: {steps - len(done)} steps were left out after {kills} kills")


def many(kills: int, *, every: bool = False, fault: str = "", seed: int = 1) -> Books:
    """Runs until there were so many kills; with `every` also one run for each operation of the journal."""
    books, rng = Books(), random.Random(seed)
    while books.kills < kills and books.runs < 3 * kills + 3 and not (fault and books.faults):
        with tempfile.TemporaryDirectory(prefix="kills-") as folder:
            one_run(Path(folder), books, rng, fault=fault)
    for at in range(1, 200) if every else ():
        for moment in ("before", "in the middle", "after"):
            before = books.kills
            with tempfile.TemporaryDirectory(prefix="kills-") as folder:
                one_run(Path(folder), books, rng, fault=fault, most=1, kill_at=f"{at}:{moment}")
            if books.kills == before and moment == "before":
                return books  # there are no more operations
    return books


def measure(options: Options) -> list[Figure]:
    """The counts, all of which have to be 0."""
    books = many(options.pick(200, 20))
    told = "; ".join([*books.lost, *books.twice, *books.unreadable][:3])
    where = ", ".join(f"{count} after {name}" for name, count in books.where.most_common(4))
    return [
        Figure(
            what="acknowledged events lost",
            value=len(books.lost),
            bar=0,
            note=f"{books.kills} kills: {where}",
        ),
        Figure(what="side effects done twice", value=len(books.twice), bar=0, note=told),
        Figure(
            what="sessions that cannot be read", value=len(books.unreadable), bar=0, note=f"{books.runs} runs"
        ),
    ]


# -- the program that is killed ------------------------------------------------------------------------------------


def child(fault: str, kill_at: str, arguments: list[str]) -> int:
    """`codepilot`, killed at an operation of its journal, or with a fault planted in it."""
    from codepilot.cli import main
    from codepilot.journal import writer
    from codepilot.testing.faults import KillingDisk

    if kill_at:
        number, _, moment = kill_at.partition(":")
        writer.SystemDisk = lambda: KillingDisk(int(number), moment)  # type: ignore[assignment,misc,arg-type]
    if fault:
        _plant(fault)
    return main(arguments)


def _plant(fault: str) -> None:
    from codepilot.journal import unfinished, writer
    from codepilot.loop.block import BlockRunner
    from codepilot.runtime import broadcast

    if fault == "buffered":
        held: list[bytes] = []
        write = writer.JournalWriter._write

        def late(self: Any, handle: int, line: bytes) -> None:
            held.append(line)
            if len(held) >= 5:
                write(self, handle, b"".join(held))
                held.clear()

        writer.JournalWriter._write = late  # type: ignore[method-assign]
    elif fault == "told first":
        publish = broadcast.Broadcast.publish

        def told(self: Any, event: Any) -> None:
            keep, self.keep = self.keep, lambda event: None
            publish(self, event)
            self.keep = keep
            time.sleep(0.01)
            keep(event)

        broadcast.Broadcast.publish = told  # type: ignore[method-assign]
    elif fault == "no effect mark":

        async def nothing(self: Any, emit: Any, effect: Any) -> None:
            return None

        BlockRunner._begin = nothing  # type: ignore[method-assign]
    elif fault == "run again":
        unfinished.Unfinished.acted = property(lambda self: False)  # type: ignore[assignment,method-assign]
    elif fault == "not healed":
        writer.JournalWriter._heal = lambda self, handle: setattr(self, "_torn", False)  # type: ignore[method-assign]
    else:
        raise SystemExit(f"no fault {fault!r}: {', '.join(FAULTS)}")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--every", action="store_true")
    parser.add_argument("--fault", default="", choices=("", *FAULTS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--child")
    parser.add_argument("--kill-at", default="")
    parser.add_argument("arguments", nargs="*")
    options = parser.parse_args()
    if options.child is not None:
        return child(options.child, options.kill_at, options.arguments)
    books = many(options.kills, every=options.every, fault=options.fault, seed=options.seed)
    for name in ("lost", "twice", "unreadable"):
        for each in getattr(books, name)[:10]:
            print(f"{name}: {each}")
    print(f"{books.runs} runs, {books.kills} kills: {dict(books.where)}")
    print(f"lost {len(books.lost)}, twice {len(books.twice)}, unreadable {len(books.unreadable)}")
    if options.fault:
        return 0 if books.faults else 1  # a planted fault has to be found
    return 1 if books.faults else 0


if __name__ == "__main__":
    sys.exit(main())
