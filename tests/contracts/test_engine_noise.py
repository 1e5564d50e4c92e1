"""Hostile output, in a process of its own: no crash, no exception, bounded memory, and a working engine at the end.

`python -m benchmarks.fuzz_engines` does the same with more. bittty gets less of what is costly: it takes what it takes
in pieces that keep the host alive, but a sequence that rewrites the screen costs it a thousand times what it costs
libghostty-vt. Its windows stay small for the same reason.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from codepilot.terminal.engines import available

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
GUARD = 300
MOST_MEGABYTES = 64
"""Of resident memory, above that of a fresh engine; the history alone may take 10 MB of cells."""

MEGABYTES = {
    "ghostty": {"random": 5, "mutated": 5, "strings": 20, "marks": 8, "hoard": 2, "costly": 0.3},
    "bittty": {"random": 3, "mutated": 3, "strings": 20, "marks": 8, "hoard": 1, "costly": 0.01},
}
RUNS = [(name, kind, size) for name, kinds in MEGABYTES.items() for kind, size in kinds.items()]


@pytest.mark.parametrize(
    ("name", "kind", "megabytes"), RUNS, ids=[f"{name}-{kind}" for name, kind, _ in RUNS]
)
def test_noise(name: str, kind: str, megabytes: float) -> None:
    if name not in available():
        pytest.skip(f"{name} cannot be loaded here")
    command = [sys.executable, "-W", "error", "-m", "benchmarks.fuzz_engines", name, "--here"]
    command += ["--kind", kind, "--megabytes", str(megabytes), "--seed", "3"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=GUARD, cwd=ROOT)
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stderr[-3000:]}"
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    outcome = json.loads(done.stdout)
    assert outcome["megabytes"] > 0.9 * megabytes
    assert outcome["grown_mb"] < MOST_MEGABYTES
