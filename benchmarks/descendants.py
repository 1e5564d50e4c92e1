"""Commands that leave processes behind in every way there is; what of them is there after the terminal's end."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path

from benchmarks.figure import Figure, Options
from codepilot.terminal.client import HostOptions, TerminalClient

NAP = 86_399.5
"""Seconds, by which they are found again."""
AFTER = 2.0
WAYS = (
    "sleep {nap} &",
    "(sleep {nap} &)",
    "nohup sleep {nap} >/dev/null 2>&1 &",
    "setsid sleep {nap} >/dev/null 2>&1 &",
    "setsid -f sleep {nap} </dev/null >/dev/null 2>&1",
    "sh -c 'setsid sh -c \"sleep {nap} & sleep {nap} &\" &'",
    "sh -c 'trap \"\" HUP INT TERM; sleep {nap} & wait' >/dev/null 2>&1 &",
    "true & (exit 3) & sleep 0.01 &",
    "sleep {nap} | sleep {nap} &",
    "disown -a; sleep {nap} & disown",
)


def _left() -> tuple[int, int]:
    """How many of them are there, and how many zombies below this process."""
    alive = 0
    parents: dict[int, tuple[int, str]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        parents[int(entry.name)] = (int(fields[1]), fields[0])
        alive += words[:2] == [b"sleep", str(NAP).encode()]
    return alive, sum(state == "Z" and _below(pid, parents) for pid, (_, state) in parents.items())


def _below(pid: int, parents: dict[int, tuple[int, str]]) -> bool:
    while pid in parents:
        pid = parents[pid][0]
        if pid == os.getpid():
            return True
    return False


async def _measure(count: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        client = await TerminalClient.launch(HostOptions(work_dir=Path(folder)))
        try:
            await client.open("main")
            await client.execute("main", "true", timeout=30)
            wrong = 0
            for number in range(count):
                way = WAYS[number % len(WAYS)].format(nap=NAP)
                result = await client.execute("main", way, timeout=30)
                wrong += result.status != "completed" or result.exit_code != 0
            began, zombies_meanwhile = _left()
            started = time.perf_counter()
            await client.terminate("main")
            taken = time.perf_counter() - started
            await asyncio.sleep(max(0.0, AFTER - taken))
            left, zombies = _left()
        finally:
            await client.close()
        left_after, zombies_after = _left()
    return [
        Figure(what=f"{count} commands that leave processes: not completed", value=wrong, bar=0),
        Figure(what="  zombies while the terminal lives", value=zombies_meanwhile, bar=0, note=f"{began} alive"),
        Figure(what=f"  alive {AFTER:.0f} s after the terminal's end", value=left, bar=0,
               note=f"the end took {taken:.2f} s"),
        Figure(what="  zombies then", value=zombies, bar=0),
        Figure(what="  alive after the host's end", value=left_after + zombies_after, bar=0),
    ]  # fmt: skip


def measure(options: Options) -> list[Figure]:
    return asyncio.run(_measure(options.pick(500, 100)))
