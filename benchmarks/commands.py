"""Many commands with random gaps between them, in one shell: what is told about them must be exactly so."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from pathlib import Path

from benchmarks.figure import Figure, Options, percentile
from codepilot.terminal.client import HostOptions, TerminalClient
from codepilot.terminal.protocol import TerminalEvent

LONGEST_GAP = {200: 0.08, 1000: 0.35}


async def _measure(count: int) -> list[Figure]:
    chance = random.Random(11)
    false_running = phantoms = wrong_codes = wrong_output = 0
    taken: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        client = await TerminalClient.launch(HostOptions(work_dir=Path(folder)))
        told: list[TerminalEvent] = []
        client.on_event(told.append)
        try:
            await client.open("main")
            await client.execute("main", "true", timeout=30)
            for number in range(count):
                code = chance.choice((0, 0, 1, 2, 42, 127, 130, 255))
                nap = f"sleep 0.0{chance.randrange(1, 5)}; " if number % 5 == 0 else ""
                result = await client.execute("main", f"{nap}echo word {number}; (exit {code})", timeout=20)
                false_running += result.status != "completed"
                wrong_codes += result.exit_code != code
                wrong_output += result.output != f"word {number}"
                told.clear()
                await asyncio.sleep(chance.random() * LONGEST_GAP[count])
                phantoms += sum(event.kind == "state" and event.state != "idle" for event in told)
                if number % 4 == 0:
                    after = await client.read("main", timeout=0)
                    phantoms += after.status not in ("idle", "completed") or bool(after.output)
            for _ in range(count // 2):
                began = time.perf_counter()
                await client.execute("main", "true", timeout=20)
                taken.append((time.perf_counter() - began) * 1e3)
        finally:
            await client.close()
    return [
        Figure(what=f"{count:,} commands: false “running”", value=false_running, bar=0),
        Figure(what="  phantom notices", value=phantoms, bar=0),
        Figure(what="  wrong exit codes", value=wrong_codes, bar=0),
        Figure(what="  wrong output", value=wrong_output, bar=0),
        Figure(what="  `execute true`, p50", value=percentile(taken, 0.5), unit="ms", bar=8,
               note=f"gaps of 0 to {LONGEST_GAP[count] * 1e3:.0f} ms between the commands"),
        Figure(what="  `execute true`, p99", value=percentile(taken, 0.99), unit="ms", bar=30, note=f"of {len(taken)}"),
    ]  # fmt: skip


def measure(options: Options) -> list[Figure]:
    return asyncio.run(_measure(options.pick(1000, 200)))
