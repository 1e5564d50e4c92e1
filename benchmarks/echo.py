"""Key to echo with 10,000 messages in the chat, while a reply streams. Measured outside, in a real PTY."""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path

from benchmarks.figure import Figure, Options, percentile
from benchmarks.ptys import Screen

KEYS = "АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЫЭЮЯбгджзклмнптфцчшщъыьэюя"


def type_keys(screen: Screen, keys: str, *, pause: float = 0.08) -> list[float]:
    """Milliseconds of each key, at the pace of a quick typist."""
    chance = random.Random(7)
    taken = []
    for key in keys:
        taken.append(screen.echo(key) * 1000)
        end = time.perf_counter() + pause * (0.5 + chance.random())
        while (left := end - time.perf_counter()) > 0:
            screen.read(left)
    return taken


def measure(options: Options) -> list[Figure]:
    del options
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder, "result")
        with Screen(["-m", "benchmarks.stage", "echo", str(result)], cwd=folder) as screen:
            screen.wait_for_file(result.with_name("typing"))
            screen.drain(1.0)
            cpu, began = screen.cpu, time.perf_counter()
            taken = type_keys(screen, KEYS)
            busy = (screen.cpu - cpu) / (time.perf_counter() - began)
    return [
        Figure(what="key to echo, 10,000 messages, p95", value=percentile(taken, 0.95), unit="ms", bar=30,
               note=f"{len(taken)} keys; a core {busy:.0%} busy meanwhile; most {max(taken):.0f} ms"),
        Figure(what="  p50", value=percentile(taken, 0.5), unit="ms"),
    ]  # fmt: skip
