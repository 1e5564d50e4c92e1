"""Resident memory with 10,000 messages in the conversation and on the screen, and one SDK loaded."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from benchmarks.figure import Figure, Options
from benchmarks.ptys import Screen


def measure(options: Options) -> list[Figure]:
    del options
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder, "result")
        with Screen(["-m", "benchmarks.stage", "memory", str(result)], cwd=folder) as screen:
            facts = json.loads(screen.wait_for_file(result))
    return [
        Figure(what="memory at 10,000 messages, RSS", value=facts["filled"], unit="MB", bar=180,
               note=f"empty {facts['empty']:.0f}, with the SDK {facts['loaded']:.0f}; {facts['items']:,} items;"
                    f" worker, spare, host and shell {facts['others']:.0f} MB more"),
    ]  # fmt: skip
