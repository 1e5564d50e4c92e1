"""CPU of streamed Markdown, and how it grows."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from benchmarks.figure import Figure, Options
from benchmarks.ptys import Screen


def cpu_of(scene: str) -> float:
    """CPU seconds of the screen's process for the stream."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder, "result")
        with Screen(["-m", "benchmarks.stage", scene, str(result)], cwd=folder) as screen:
            return float(json.loads(screen.wait_for_file(result))["cpu"])


def measure(options: Options) -> list[Figure]:
    rounds = [(cpu_of("stream_100k"), cpu_of("stream_200k")) for _ in range(options.pick(2, 1))]
    one, two = min(each[0] for each in rounds), min(each[1] for each in rounds)
    return [
        Figure(
            what="100 KB of streamed Markdown, CPU",
            value=one,
            unit="s",
            bar=1.5,
            note="16 characters an event, 30 KB/s",
        ),
        Figure(what="  200 KB × that", value=two / one, bar=2.3, note=f"{two:.2f} s"),
    ]
