"""Recorded runs carried out again without a model: do they come out the same, and is a changed file found?"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figure import Figure, Options
from benchmarks.kills.story import STEPS, story
from codepilot import AgentConfig
from codepilot.journal.library import find_session
from codepilot.journal.replay_report import ReplayReport
from codepilot.runtime.replaying import Replay
from codepilot.testing import ModelServer

SESSION = "the-run"


def measure(options: Options) -> list[Figure]:
    """Record a run of 20 steps, replay it, replay it with each file changed first; then runs that were killed."""
    changed, killed = options.pick(10, 3), options.pick(10, 2)
    with tempfile.TemporaryDirectory() as place:
        os.environ["CODEPILOT_HOME"] = f"{place}/home"
        report, wrong, seconds = _whole(Path(place), changed)
    other = 0
    for number in range(killed):
        with tempfile.TemporaryDirectory() as place:
            os.environ["CODEPILOT_HOME"] = f"{place}/home"
            told = _killed(Path(place), random.Random(number))
            other += bool(told.differences)
            for each in told.differences:
                print(number, each, file=sys.stderr)
    note = f"{report.calls} calls, {report.same} the same, {report.masked} but for times, {seconds:.1f} s"
    files, runs = f"{changed} files", f"{killed} runs"
    return [
        Figure(
            what=f"calls of a run of {STEPS} steps that differ",
            value=len(report.differences),
            bar=0,
            note=note,
        ),
        Figure(what="a file changed first, told otherwise than as that file", value=wrong, bar=0, note=files),
        Figure(what="replays of killed runs that differ", value=other, bar=0, note=runs),
    ]


def _whole(place: Path, changed: int) -> tuple[ReplayReport, int, float]:
    work = place / "work"
    with ModelServer() as server:
        server.script = story(place / "witness", STEPS)
        agent = _agent(place, server)
        _run(agent, "--session", SESSION, "go").wait()
    config = AgentConfig.load(agent)
    began = time.monotonic()
    report = asyncio.run(Replay(find_session(SESSION)).run(config))
    seconds = time.monotonic() - began
    wrong = 0
    for path in sorted(work.glob("step-*.txt"))[:changed]:
        before = path.read_bytes()
        path.write_bytes(before + b"and one line more\n")
        told = asyncio.run(Replay(find_session(SESSION)).run(config))
        causes = [(each.kind, each.path) for each in told.differences if not each.follows]
        wrong += causes != [("start_file", path.name)]
        path.write_bytes(before)
    return report, wrong, seconds


def _killed(place: Path, chance: random.Random) -> ReplayReport:
    with ModelServer() as server:
        server.script = story(place / "witness", STEPS)
        agent = _agent(place, server)
        words: tuple[str, ...] = ("go",)
        while True:
            process = _run(agent, "--session", SESSION, *words)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0.8, 3.0))
                if process.returncode == 0:
                    break
            process.send_signal(signal.SIGKILL)
            process.wait()
            if (place / "home" / "state" / "sessions" / SESSION).is_dir():
                words = ()
    return asyncio.run(Replay(find_session(SESSION)).run(AgentConfig.load(agent)))


def _agent(place: Path, server: ModelServer) -> Path:
    (place / "work").mkdir()
    agent = place / "agent.yaml"
    agent.write_text(
        f"agent:\n  name: A\n  model: {{provider: openai, name: m, base_url: {server.openai_url}}}\n"
        f"  runtime: {{work_dir: {place / 'work'}, max_steps: 100}}\n"
    )
    return agent


def _run(agent: Path, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "codepilot", "run", "--agent", str(agent), "--allow", "all", *words],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
