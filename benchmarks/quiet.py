"""What the workbench writes and computes while it waits: for an answer, for a command, for the model.

The real program in a PTY of 160 × 48, its model a server on the loopback interface.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import procs
from benchmarks.echo import KEYS, type_keys
from benchmarks.figure import Figure, Options, percentile
from benchmarks.ptys import READY, Screen
from codepilot.testing import Fault, ModelServer, Turn

SIZE = (48, 160)
ASKED = "quiet-marker"
"""Stands in the command that is asked for, and nowhere else."""
UNLOCKED = 2.5
"""Seconds after which a question takes keys: it is deaf to those that were meant for something else."""


def block(code: str) -> str:
    """A reply that is nothing but a control block."""
    return f"```codepilot\n{code}\n```\n"


@contextlib.contextmanager
def bench(turn: Turn) -> Iterator[Screen]:
    """The workbench, its first message sent to a model that answers with this turn."""
    with tempfile.TemporaryDirectory() as folder, ModelServer([turn]) as server:
        agent = Path(folder, "agent.yaml")
        agent.write_text(
            f"name: Quiet\nmodel: {{provider: openai, name: scripted, base_url: '{server.openai_url}'}}\n"
        )
        project = Path(folder, "project")
        project.mkdir()
        argv = ["-m", "codepilot_tui", str(project), "--agent", str(agent)]
        with Screen(argv, cwd=str(project), size=SIZE) as screen:
            screen.wait_for(READY)
            until_still(screen)
            screen.write(b"go\r")
            yield screen


def until_still(screen: Screen) -> None:
    """Until it has written nothing for a while."""
    screen.drain(3)
    while screen.drain(1.5):
        pass


def rates(screen: Screen, seconds: int) -> tuple[float, float]:
    """Bytes a second that it writes, and the share of a core in per cent that its process takes."""
    began, cpu = time.perf_counter(), procs.cpu_seconds(screen.pid)
    written = screen.drain(seconds)
    taken = time.perf_counter() - began
    return written / taken, (procs.cpu_seconds(screen.pid) - cpu) / taken * 100


def asked(screen: Screen) -> None:
    """Until the question stands there and takes keys."""
    screen.wait_for(ASKED)
    screen.drain(UNLOCKED)


def question(seconds: int) -> list[Figure]:
    with bench(Turn(text=block(f"execute('main', 'echo {ASKED}')"))) as screen:
        asked(screen)
        written, cpu = rates(screen, seconds)
        screen.write(b"d")  # no, and say why: what is typed now is the reason
        screen.drain(1)
        keys = type_keys(screen, KEYS)
    return [
        Figure(what=f"a question open for {seconds} s, written", value=written, unit="B/s", bar=0),
        Figure(what="  CPU", value=cpu, unit="%", bar=1),
        Figure(what="  key to echo in it, p95", value=percentile(keys, 0.95), unit="ms", bar=30,
               note=f"{len(keys)} keys, p50 {percentile(keys, 0.5):.0f} ms, most {max(keys):.0f} ms"),
    ]  # fmt: skip


def command(seconds: int) -> list[Figure]:
    with bench(Turn(text=block(f"execute('main', 'sleep 600  # {ASKED}', timeout=600)"))) as screen:
        asked(screen)
        screen.write(b"y")
        screen.wait_for("running")
        screen.drain(3)
        written, cpu = rates(screen, seconds)
    return [
        Figure(what=f"a command running for {seconds} s, written", value=written, unit="B/s", bar=512),
        Figure(what="  CPU", value=cpu, unit="%", bar=2),
    ]


def silence(seconds: int) -> list[Figure]:
    with bench(Turn(fault=Fault(hang_headers=True))) as screen:
        screen.drain(3)
        written, cpu = rates(screen, seconds)
    return [
        Figure(what=f"the model silent for {seconds} s, written", value=written, unit="B/s", bar=512),
        Figure(what="  CPU", value=cpu, unit="%", bar=2),
    ]


def measure(options: Options) -> list[Figure]:
    seconds = options.pick(30, 10)
    return [*question(seconds), *command(seconds), *silence(seconds)]
