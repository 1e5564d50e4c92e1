"""Floods in the shown terminal, each against a bare read of the same from a PTY, and the chat's keys meanwhile."""

from __future__ import annotations

import json
import os
import tempfile
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import ptyprocess

from benchmarks import procs
from benchmarks.echo import KEYS
from benchmarks.figure import Figure, Options, percentile
from benchmarks.ptys import SIZE, Screen

SIZE_MB = 50
ALL_KEYS = KEYS + "".join(map(chr, (*range(0x561, 0x587), *range(0x10D0, 0x10F1))))
"""Each is typed once, so that its echo is that of this key."""
PAUSE = 0.06
"""Seconds between an echo and the next key."""


@dataclass
class Flood:
    """A command that writes much."""

    name: str
    command: str
    first: str
    last: str
    bare: list[float] = field(default_factory=list)
    done: list[dict[str, Any]] = field(default_factory=list)

    def ratios(self) -> list[float]:
        """Each time beside the mean of the bare reads before and after it, so that a busy minute meets both."""
        around = [(a + b) / 2 for a, b in pairwise(self.bare)]
        return [each["seconds"] / bare for each, bare in zip(self.done, around, strict=True)]

    def wrong(self) -> int:
        """How often exit code, head or tail of the result, or the shell after it was not right."""
        return sum(
            not (
                each["code"] == 0
                and each["alive"]
                and each["head"].startswith(self.first)
                and each["tail"].endswith(self.last)
            )
            for each in self.done
        )


def floods(yes: str) -> list[Flood]:
    """Those of the bar; `yes` smaller in a quick run, as the kernel takes a second for 5 MB of it."""
    return [
        Flood(f"cat of {SIZE_MB} MB", "cat flood.txt", "      0 the qui", "this is the very end"),
        Flood("seq 1 2000000", "seq 1 2000000", "1\n2\n3\n", "1999999\n2000000"),
        Flood(f"yes | head -c {yes}", f"yes | head -c {yes}", "y\ny\ny\n", "y\ny"),
    ]


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


def bare_read(command: str, folder: str) -> float:
    """Seconds until a command is read to its end from a PTY that nobody draws."""
    began = time.perf_counter()
    process = ptyprocess.PtyProcess.spawn(["/bin/sh", "-c", command], dimensions=SIZE, cwd=folder)
    try:
        while os.read(process.fd, 1 << 16):
            pass
    except OSError:
        pass  # so Linux says that the other end is closed
    taken = time.perf_counter() - began
    process.close(force=True)
    return taken


class Play:
    """The scene of floods, and the keys typed into its composer."""

    def __init__(self, screen: Screen, folder: str) -> None:
        self._screen = screen
        self._folder = Path(folder)
        self._number = 0
        self._keys = iter(ALL_KEYS)
        self.echoes: list[float] = []
        """Milliseconds from key to echo."""
        self.ahead = 0.0
        """The most that the process which reads ahead had for itself, in MB."""
        self.before = json.loads(screen.wait_for_file(self._folder / "typing"))

    def run(self, flood: Flood) -> None:
        """One command, and keys until it is done."""
        self._order(flood.command, flood.last.rpartition("\n")[2])
        done = self._folder / f"done{self._number}"
        while not done.exists() and (key := next(self._keys, "")):
            self.echoes.append(self._screen.echo(key) * 1000)
            readers = procs.forks(self.before["host_pid"])
            self.ahead = max(self.ahead, sum(map(procs.own_memory, readers)))
            self._screen.drain(PAUSE)
        flood.done.append(json.loads(self._screen.wait_for_file(done)))
        self._number += 1

    def end(self) -> dict[str, Any]:
        """The facts of the scene."""
        self._order("", "")
        facts: dict[str, Any] = json.loads(self._screen.wait_for_file(self._folder / "result"))
        return facts

    def _order(self, command: str, last: str) -> None:
        new = self._folder / "go.new"
        new.write_text(json.dumps({"command": command, "last": last}))
        new.rename(self._folder / f"go{self._number}")


def measure(options: Options) -> list[Figure]:
    return [
        *_floods(options.pick(3, 2), "10M" if options.quick else "100M"),
        *_slow_engine(),
    ]


def _floods(rounds: int, yes: str) -> list[Figure]:
    all_floods = floods(yes)
    with tempfile.TemporaryDirectory() as folder:
        write_file(Path(folder, "flood.txt"))
        with Screen(["-m", "benchmarks.stage", "flood", f"{folder}/result"], cwd=folder) as screen:
            play = Play(screen, folder)
            for _ in range(rounds):
                for flood in all_floods:
                    flood.bare.append(bare_read(flood.command, folder))
                    play.run(flood)
            for flood in all_floods:
                flood.bare.append(bare_read(flood.command, folder))
            facts = play.end()
    before, keys = play.before, play.echoes
    grown = facts["host"] - before["host"] + facts["ui"] - before["ui"] + play.ahead
    figures = []
    for flood in all_floods:
        cpu = [median(each[who] for each in flood.done) for who in ("ui_cpu", "host_cpu")]
        figures.append(
            Figure(what=f"{flood.name}, × bare PTY read", value=median(flood.ratios()), bar=1.5,
                   note=f"{', '.join(f'{each:.2f}' for each in flood.ratios())}; bare {median(flood.bare):.2f} s; "
                        f"CPU: UI {cpu[0]:.2f} s, host {cpu[1]:.2f} s")
        )  # fmt: skip
    return [
        *figures,
        Figure(what="  wrong heads, tails, codes, shells", value=sum(flood.wrong() for flood in all_floods), bar=0,
               note=f"of {sum(len(flood.done) for flood in all_floods)}"),
        Figure(what="  key to echo meanwhile, p95", value=percentile(keys, 0.95), unit="ms", bar=50,
               note=f"{len(keys)} keys, p50 {percentile(keys, 0.5):.0f} ms, most {max(keys):.0f} ms"),
        Figure(what="  RSS growth: host, its reader ahead, UI", value=grown, unit="MB", bar=64,
               note=f"host {before['host']:.0f} → {facts['host']:.0f}, UI {before['ui']:.0f} → {facts['ui']:.0f}, "
                    f"reader {play.ahead:.0f} MB of its own"),
    ]  # fmt: skip


def _slow_engine() -> list[Figure]:
    """A smaller flood through bittty: what it must not do is stall the interface."""
    flood = Flood("seq 1 100000", "seq 1 100000", "1\n2\n3\n", "99999\n100000")
    with tempfile.TemporaryDirectory() as folder:
        argv = ["-m", "benchmarks.stage", "flood", f"{folder}/result"]
        with Screen(argv, cwd=folder, more={"CODEPILOT_TERMINAL_ENGINE": "bittty"}) as screen:
            play = Play(screen, folder)
            play.run(flood)
            play.end()
    longest = max(play.echoes)
    (done,) = flood.done
    return [
        Figure(what=f"{flood.name} through bittty: longest key to echo", value=longest, unit="ms", bar=250,
               note=f"{done['seconds']:.1f} s, {len(play.echoes)} keys, p95 {percentile(play.echoes, 0.95):.0f} ms; "
                    f"{flood.wrong()} wrong"),
    ]  # fmt: skip
