"""`cat` of 50 MB in the shown terminal against a bare read of the same from a PTY, and the chat's keys meanwhile."""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path

import ptyprocess

from benchmarks.echo import KEYS
from benchmarks.figure import Figure, Options, percentile
from benchmarks.ptys import SIZE, Screen

SIZE_MB = 50


def write_file(path: Path) -> None:
    """50 MB of lines of different lengths."""
    lines = "".join(
        f"{number:>7} " + "the quick brown fox jumps over the lazy dog "[: 8 + number % 37] * 2 + "\n"
        for number in range(20_000)
    )
    with path.open("w") as file:
        for _ in range(SIZE_MB * 1_000_000 // len(lines) + 1):
            file.write(lines)
        file.write("this is the very end\n")


def bare_read(path: Path) -> float:
    """Seconds until `cat` is read to its end from a PTY that nobody draws."""
    began = time.perf_counter()
    process = ptyprocess.PtyProcess.spawn(["cat", str(path)], dimensions=SIZE)
    try:
        while os.read(process.fd, 1 << 16):
            pass
    except OSError:
        pass  # so Linux says that the other end is closed
    taken = time.perf_counter() - began
    process.close(force=True)
    return taken


def measure(options: Options) -> list[Figure]:
    del options
    with tempfile.TemporaryDirectory() as folder:
        path, result = Path(folder, "flood.txt"), Path(folder, "result")
        write_file(path)
        bare = [bare_read(path)]
        taken: list[float] = []
        with Screen(["-m", "benchmarks.stage", "flood", str(result)], cwd=folder) as screen:
            screen.wait_for_file(result.with_name("typing"))
            for key in KEYS:
                if result.exists():
                    break
                taken.append(screen.echo(key) * 1000)
                screen.drain(0.03)
            facts = json.loads(screen.wait_for_file(result))
        bare.append(bare_read(path))
    before, least = facts["before"], min(facts["times"])
    grown = facts["host"] - before["host"] + facts["ui"] - before["ui"]
    return [
        Figure(what="cat of 50 MB, × bare PTY read", value=least / min(bare), bar=1.5,
               note=f"{least:.2f} s against {min(bare):.2f} s; UI {min(facts['ui_cpu']):.2f} CPU s"),
        Figure(what="  key to echo meanwhile, p95", value=percentile(taken, 0.95), unit="ms", bar=50,
               note=f"{len(taken)} keys, p50 {percentile(taken, 0.5):.0f} ms"),
        Figure(what="  RSS growth, host and UI", value=grown, unit="MB", bar=64,
               note=f"host {before['host']:.0f} → {facts['host']:.0f}, UI {before['ui']:.0f} → {facts['ui']:.0f} MB"),
    ]  # fmt: skip
